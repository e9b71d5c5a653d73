//! The JSON API of preparations.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Payload},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    keep::{KeepError, keep},
    prepare,
    store::{self, Prepared},
    web::send,
};
use crate::{
    app::App,
    bookings::{self, web::id_of},
    db::{BookingId, FileId, NoteId, PersonId},
    error::Error,
    html::form::Fields,
    input::Reader,
    json::{self, Json, Problem, endpoints::Endpoint},
    people::visitor::{ApiCaller, File, announced},
    uploads::{self, kind::FileKind},
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![
        get_preparation,
        put_agenda,
        create_note,
        delete_note,
        create_file,
        get_file,
        delete_file
    ]
}

/// What the two have prepared, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreparationBody {
    agenda: String,
    /// Send this along with a change to the agenda; 0 if there is none yet.
    agenda_version: i32,
    files: Vec<FileBody>,
    notes: Vec<NoteBody>,
    /// Whether the service asks for a document.
    needs_file: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FileBody {
    id: FileId,
    name: String,
    kind: FileKind,
    /// Size in bytes.
    bytes: i32,
    /// Whether the caller added it.
    own: bool,
    added_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NoteBody {
    id: NoteId,
    words: String,
    shared: bool,
    /// Whether it is the caller's.
    own: bool,
    at: DateTime<Utc>,
}

impl PreparationBody {
    fn new(prepared: Prepared, reader: PersonId) -> Self {
        let file = |file: crate::bookings::preparation::store::File| FileBody {
            id: file.id,
            name: file.name,
            kind: file.kind,
            bytes: file.bytes,
            own: file.person_id == reader,
            added_at: file.added_at,
        };
        let note = |note: crate::bookings::preparation::store::Note| NoteBody {
            id: note.id,
            words: note.words,
            shared: note.is_shared,
            own: note.person_id == reader,
            at: note.at,
        };
        let (agenda, agenda_version) = prepared
            .agenda
            .map_or((String::new(), 0), |agenda| (agenda.words, agenda.version));
        Self {
            agenda,
            agenda_version,
            files: prepared.files.into_iter().map(file).collect(),
            notes: prepared.notes.into_iter().map(note).collect(),
            needs_file: prepared.needs_file,
        }
    }
}

async fn answer(app: &App, id: BookingId, reader: PersonId) -> Result<PreparationBody, Error> {
    app.read(move |conn| {
        let meeting = bookings::store::meeting_of_person(conn, id, reader)?;
        if !meeting.booking.is_event() {
            return Err(Error::NotFound);
        }
        Ok(PreparationBody::new(
            store::prepared(conn, id, reader)?,
            reader,
        ))
    })
    .await
}

#[utoipa::path(get, path = "/api/v1/bookings/{id}/preparation", tag = "preparation", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, body = PreparationBody), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_preparation(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(answer(&app, id_of(&path)?, caller.person.id).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutAgenda {
    words: String,
    /// As it was when the caller read it.
    version: i32,
}

#[utoipa::path(put, path = "/api/v1/bookings/{id}/agenda", tag = "preparation", security(("token" = [])), params(("id" = String, Path)), request_body = PutAgenda,
    responses((status = 200, body = PreparationBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`overtaken`: the other person has changed it in the meantime; or `wrong_state`"), (status = 422, body = Problem)))]
pub async fn put_agenda(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<PutAgenda>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let mut reader = Reader::default();
    let words = super::agenda(&mut reader, "words", &body.0.words);
    let words = reader.problems.or(words).map_err(Error::Unprocessable)?;
    let version = body.0.version;
    app.transaction(move |tx| prepare::set_agenda(tx, id, by, &words, version))
        .await?;
    Ok(HttpResponse::Ok().json(answer(&app, id, by).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateNote {
    words: String,
    /// Whether the other person can read it too.
    shared: bool,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/notes", tag = "preparation", security(("token" = [])), params(("id" = String, Path)), request_body = CreateNote,
    responses((status = 201, body = PreparationBody), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_note(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<CreateNote>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let mut reader = Reader::default();
    let words = super::note(&mut reader, "words", &body.0.words);
    let words = reader.problems.or(words).map_err(Error::Unprocessable)?;
    let is_shared = body.0.shared;
    app.transaction(move |tx| prepare::add_note(tx, id, by, &words, is_shared))
        .await?;
    Ok(HttpResponse::Created().json(answer(&app, id, by).await?))
}

#[utoipa::path(delete, path = "/api/v1/bookings/{id}/notes/{note}", tag = "preparation", security(("token" = [])),
    params(("id" = String, Path), ("note" = String, Path)),
    responses((status = 204, description = "Removed"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_note(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path.0)?, caller.person.id);
    let note: NoteId = path.1.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| prepare::remove_note(tx, id, note, by))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/files", tag = "preparation", security(("token" = [])),
    params(("id" = String, Path), ("name" = String, Query, description = "Its name; the extension follows from the content")),
    request_body(content = String, content_type = "application/octet-stream", description = "A PDF, DOCX, PNG or JPEG, at most 10 MB"),
    responses((status = 201, body = PreparationBody), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem, description = "The content is of another type")))]
pub async fn create_file(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    request: HttpRequest,
    content: Payload,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let query = Fields::parse(request.query_string())?;
    json::only(&query, &["name"])?;
    let cut_off = |_| Error::bad_request("body", "was incomplete");
    let content = uploads::receive(&app, by, announced(&request), content, cut_off).await?;
    let file = File {
        field: "file".to_owned(),
        name: query.one("name")?.to_owned(),
        content,
    };
    match keep(&app, id, by, file).await {
        Ok(()) => Ok(HttpResponse::Created().json(answer(&app, id, by).await?)),
        Err(KeepError::Invalid(problems)) => Err(Error::Unprocessable(problems)),
        Err(KeepError::Refused(error)) => Err(error.into()),
        Err(KeepError::Other(error)) => Err(error),
    }
}

fn file_of(path: &(String, String)) -> Result<(BookingId, FileId), Error> {
    let file = path.1.parse().map_err(|_| Error::NotFound)?;
    Ok((id_of(&path.0)?, file))
}

#[utoipa::path(get, path = "/api/v1/bookings/{id}/files/{file}", tag = "preparation", security(("token" = [])),
    params(("id" = String, Path), ("file" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = String, description = "The content, as an attachment"),
        (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_file(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, file) = file_of(&path)?;
    send(&app, id, file, caller.person.id).await
}

#[utoipa::path(delete, path = "/api/v1/bookings/{id}/files/{file}", tag = "preparation", security(("token" = [])),
    params(("id" = String, Path), ("file" = String, Path)),
    responses((status = 204, description = "Removed"), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete_file(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let ((id, file), by) = (file_of(&path)?, caller.person.id);
    app.transaction(move |tx| prepare::remove_file(tx, id, file, by))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
