//! Routes of calendars that keep their owner busy.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    calendar::{self, BusyCalendarError},
    pages::{self, NewCalendar},
    store,
};
use crate::{
    app::App,
    db::BusyCalendarId,
    error::Error,
    fetch::Source,
    html::Notice,
    input::{self, Problems},
    people::visitor::{Form, Upload, Visitor, page, see_other},
    uploads,
};

const LONGEST_LABEL: usize = 60;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/busy")
                .route(get().to(calendars_page))
                .route(post().to(add)),
        )
        .service(resource("/me/busy/file").route(post().to(upload)))
        .service(resource("/me/busy/{id}/choices").route(post().to(choose)))
        .service(resource("/me/busy/{id}/read").route(post().to(read_now)))
        .service(resource("/me/busy/{id}/remove").route(post().to(remove)));
}

async fn calendars_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let typed = NewCalendar::default();
    show(&app, &visitor, &typed, &Problems::default(), StatusCode::OK).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    typed: &NewCalendar,
    problems: &Problems,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let id = visitor.signed_in()?.id;
    let calendars = app
        .read::<_, Error>(move |conn| Ok(store::of(conn, id)?))
        .await?;
    let markup = pages::calendars(visitor, &calendars, typed, problems, app.now());
    Ok(page(status, markup))
}

async fn add(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = form.visitor.signed_in()?.id;
    app.limits.booking(id)?;
    let mut reader = input::Reader::default();
    let label = reader.line("label", form.fields.one("label")?, LONGEST_LABEL);
    let typed = NewCalendar {
        label,
        address: form.fields.one("address")?.trim().to_owned(),
        user: form
            .fields
            .some("user")?
            .unwrap_or_default()
            .trim()
            .to_owned(),
    };
    let password = form.fields.one("password")?;
    let source = Source::typed(&typed.address, &typed.user, password)
        .filter(|_| typed.user.len() + password.len() < 500);
    if let Some(Source {
        url,
        login: Some(_),
    }) = &source
        && url.scheme() == "http"
        && app.config.import_allow.is_empty()
    {
        reader.problems.add(
            "address",
            "must begin with https:// to keep your password private",
        );
    }
    // A password within an address that is refused is not shown again.
    let is_secret = typed
        .address
        .split('/')
        .nth(2)
        .is_some_and(|host| host.contains('@'));
    let typed = NewCalendar {
        address: if is_secret {
            String::new()
        } else {
            typed.address
        },
        ..typed
    };
    if source.is_none() {
        reader.problems.add(
            "address",
            "must look like https://calendar.example.org/secret/basic.ics",
        );
    }
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(source) = source.filter(|_| reader.problems.is_empty()) else {
        return show(&app, &form.visitor, &typed, &reader.problems, refused).await;
    };
    let label = match typed.label.as_str() {
        "" => source.url.host_str().unwrap_or("Calendar").to_owned(),
        label => label.to_owned(),
    };
    let shared = Data::clone(&app);
    let added = app
        .transaction(move |conn| calendar::add_address(conn, &shared.keys, id, &label, &source))
        .await;
    match added {
        Ok(()) => Ok(see_other(
            &request,
            "/me/busy",
            Some(Notice::new(
                "Calendar connected. Nobody can book you while it shows you as busy.",
            )),
        )),
        Err(error @ (BusyCalendarError::TooMany | BusyCalendarError::Twice)) => {
            let problems = Problems::whole("address", &error);
            show(&app, &form.visitor, &typed, &problems, refused).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn upload(
    app: Data<App>,
    upload: Upload,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = upload.form.visitor;
    let owner = visitor.signed_in()?.clone();
    app.limits.booking(owner.id)?;
    let is_missing = upload.file.is_none();
    let name = upload.file.as_ref().map(|file| file.name.clone());
    let mut label: String = name
        .unwrap_or_default()
        .chars()
        .take(LONGEST_LABEL)
        .collect();
    if label.is_empty() {
        label = "Uploaded file".to_owned();
    }
    let (now, id) = (app.now(), owner.id);
    let own = app
        .read::<_, Error>(move |conn| Ok(calendar::own_uids(conn, id)?))
        .await?;
    let work = move || {
        let bytes = upload.file.map(|file| file.content.read()).transpose();
        let bytes = bytes.map_err(uploads::failed)?.unwrap_or_default();
        Ok(calendar::read(&bytes, &owner, &own, false, now))
    };
    let reading = app.workshop.run(work).await?;
    let problem = match &reading {
        _ if is_missing => Some("is missing; choose a file first".to_owned()),
        Ok(reading) if reading.is_cut_off => Some("is incomplete; export it again".to_owned()),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    let (Ok(reading), None) = (reading, &problem) else {
        let problems = Problems::one("file", problem.unwrap_or_default());
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(&app, &visitor, &NewCalendar::default(), &problems, status).await;
    };
    app.transaction(move |tx| calendar::add_file(tx, id, &label, &reading))
        .await?;
    Ok(see_other(
        &request,
        "/me/busy",
        Some(Notice::new(
            "Calendar connected. Nobody can book you while it shows you as busy.",
        )),
    ))
}

fn id_of(path: &str) -> Result<BusyCalendarId, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

async fn choose(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (of, id) = (form.visitor.signed_in()?.id, id_of(&path)?);
    let keep_offering = !form.fields.is_ticked("stop");
    let count_free = form.fields.is_ticked("count_free");
    app.transaction(move |tx| calendar::change(tx, id, of, keep_offering, count_free))
        .await?;
    Ok(see_other(&request, "/me/busy", Some(Notice::SAVED)))
}

async fn read_now(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (of, id) = (form.visitor.signed_in()?.id, id_of(&path)?);
    app.transaction(move |tx| calendar::hurry(tx, id, of))
        .await?;
    Ok(see_other(
        &request,
        "/me/busy",
        Some(Notice::new("We will refresh the calendar in a moment.")),
    ))
}

async fn remove(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (of, id) = (form.visitor.signed_in()?.id, id_of(&path)?);
    app.transaction(move |tx| calendar::remove(tx, id, of))
        .await?;
    Ok(see_other(&request, "/me/busy", Some(Notice::REMOVED)))
}
