//! Routes of preparations: files, agenda, notes.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    keep::keep,
    pages::Typed,
    prepare::{self, PrepareError},
    store,
};
use crate::{
    app::App,
    bookings::{
        aftercare,
        web::{id_of, show_booking},
    },
    db::{BookingId, FileId, NoteId, PersonId},
    error::Error,
    html::Notice,
    input::{Problems, Reader},
    people::visitor::{Form, Upload, Visitor, see_other},
    uploads,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/bookings/{id}/files").route(post().to(add_file)))
        .service(resource("/bookings/{id}/files/{file}").route(get().to(download)))
        .service(resource("/bookings/{id}/files/{file}/remove").route(post().to(remove_file)))
        .service(resource("/bookings/{id}/agenda").route(post().to(set_agenda)))
        .service(resource("/bookings/{id}/notes").route(post().to(add_note)))
        .service(resource("/bookings/{id}/notes/{note}/remove").route(post().to(remove_note)));
}

/// The page of the booking again, with what was typed and why it will not do.
async fn again(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    typed: Typed,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    show_booking(
        app,
        visitor,
        id,
        (&aftercare::pages::Typed::default(), &typed),
        status,
    )
    .await
}

async fn add_file(
    app: Data<App>,
    upload: Upload,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let visitor = &upload.form.visitor;
    let by = visitor.signed_in()?.id;
    app.limits.booking(by)?;
    let problem = match upload.file {
        None => Problems::one("file", "is missing; choose a file first"),
        Some(file) => match keep(&app, id, by, file).await {
            Ok(()) => {
                let path = format!("/bookings/{id}");
                return Ok(see_other(&request, &path, Some(Notice::SAVED)));
            }
            Err(error) => error.at_field()?,
        },
    };
    let typed = Typed {
        problems: problem,
        ..Typed::default()
    };
    again(&app, visitor, id, typed, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// The content of a file, as an attachment whatever it is.
pub async fn send(
    app: &App,
    id: BookingId,
    file: FileId,
    reader: PersonId,
) -> Result<HttpResponse, Error> {
    let found = app
        .read::<_, Error>(move |conn| store::file(conn, id, file, reader)?.ok_or(Error::NotFound))
        .await?;
    let folder = app.config.data_dir.clone();
    let bytes = uploads::blocking(move || uploads::read(&folder, file)).await?;
    Ok(uploads::attachment(found.name, found.kind, bytes))
}

fn ids(path: &(String, String)) -> Result<(BookingId, FileId), Error> {
    let file = path.1.parse().map_err(|_| Error::NotFound)?;
    Ok((id_of(&path.0)?, file))
}

async fn download(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let reader = visitor.signed_in()?.id;
    let (id, file) = ids(&path)?;
    send(&app, id, file, reader).await
}

async fn remove_file(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let by = form.visitor.signed_in()?.id;
    let (id, file) = ids(&path)?;
    app.transaction(move |tx| prepare::remove_file(tx, id, file, by))
        .await?;
    let back = format!("/bookings/{id}");
    Ok(see_other(&request, &back, Some(Notice::REMOVED)))
}

async fn set_agenda(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let by = form.visitor.signed_in()?.id;
    let typed = form.fields.one("agenda")?;
    let version: i32 = form
        .fields
        .one("version")?
        .parse()
        .map_err(|_| Error::bad_request("version", "must be a number"))?;
    let mut reader = Reader::default();
    let words = super::agenda(&mut reader, "agenda", typed);
    let again_with = |problems| Typed {
        agenda: Some(typed.to_owned()),
        problems,
        ..Typed::default()
    };
    if !reader.problems.is_empty() {
        let typed = again_with(reader.problems);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return again(&app, &form.visitor, id, typed, status).await;
    }
    match app
        .transaction(move |tx| prepare::set_agenda(tx, id, by, &words, version))
        .await
    {
        Ok(()) => Ok(see_other(
            &request,
            &format!("/bookings/{id}"),
            Some(Notice::SAVED),
        )),
        Err(error @ PrepareError::Overtaken) => {
            let typed = again_with(Problems::whole("agenda", &error));
            again(&app, &form.visitor, id, typed, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn add_note(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let by = form.visitor.signed_in()?.id;
    app.limits.booking(by)?;
    let typed = form.fields.one("remark")?;
    let is_shared = match form.fields.one("shared")? {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::bad_request("shared", "must be yes or no")),
    };
    let mut reader = Reader::default();
    let words = super::note(&mut reader, "remark", typed);
    if !reader.problems.is_empty() {
        let typed = Typed {
            note: typed.to_owned(),
            problems: reader.problems,
            ..Typed::default()
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return again(&app, &form.visitor, id, typed, status).await;
    }
    app.transaction(move |tx| prepare::add_note(tx, id, by, &words, is_shared))
        .await?;
    let back = format!("/bookings/{id}");
    Ok(see_other(&request, &back, Some(Notice::SAVED)))
}

async fn remove_note(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let by = form.visitor.signed_in()?.id;
    let id = id_of(&path.0)?;
    let note: NoteId = path.1.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| prepare::remove_note(tx, id, note, by))
        .await?;
    let back = format!("/bookings/{id}");
    Ok(see_other(&request, &back, Some(Notice::REMOVED)))
}
