//! Routes of an alumnus's own profile, and of photos.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    photo::{self, NotAPicture, Portrait},
    store,
};
use crate::{
    app::App,
    error::Error,
    html::{Notice, form},
    input::Problems,
    keys::hex,
    people::{
        self, PublishedProfile, Role, profile,
        rules::{ProfileForm, pause_end},
        visitor::{File, Form, MayBrowse, Upload, Visitor, kept_for_a_while, page, see_other},
    },
    uploads,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/profile")
                .route(get().to(profile_page))
                .route(post().to(save)),
        )
        .service(resource("/me/profile/photo").route(post().to(upload_photo)))
        .service(resource("/me/profile/photo/remove").route(post().to(remove_photo)))
        .service(resource("/me/profile/listing").route(post().to(set_listing)))
        .service(resource("/me/profile/pause").route(post().to(set_pause)))
        .service(resource("/alumni/{handle}/photo.jpg").route(get().to(photo_file)));
}

async fn load(app: &App, visitor: &Visitor) -> Result<PublishedProfile, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    app.read::<_, Error>(move |conn| Ok(store::profile(conn, id)?))
        .await
}

async fn profile_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let own = load(&app, &visitor).await?;
    let values = ProfileForm::of(&own.profile);
    show(
        &app,
        &visitor,
        &own,
        &values,
        StatusCode::OK,
        &Problems::default(),
    )
}

fn show(
    app: &App,
    visitor: &Visitor,
    own: &PublishedProfile,
    values: &ProfileForm,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    Ok(page(
        status,
        people::profile::pages::profile(
            &visitor.chrome,
            own,
            values,
            !app.config.is_board_for_members,
            problems,
        ),
    ))
}

async fn save(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let owner = form.visitor.having(Role::Alumnus)?.clone();
    let values = ProfileForm::read(&form.fields)?;
    match values.checked() {
        Err(problems) => {
            let own = load(&app, &form.visitor).await?;
            show(
                &app,
                &form.visitor,
                &own,
                &values,
                StatusCode::UNPROCESSABLE_ENTITY,
                &problems,
            )
        }
        Ok(checked) => {
            app.transaction(move |tx| profile::save(tx, &owner, &checked))
                .await?;
            Ok(see_other(&request, "/me/profile", Some(Notice::SAVED)))
        }
    }
}

async fn upload_photo(
    app: Data<App>,
    upload: Upload,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = upload.form.visitor;
    let owner = visitor.having(Role::Alumnus)?.clone();
    app.limits.photo(owner.id)?;
    match uploaded_portrait(&app, upload.file).await? {
        Ok(portrait) => {
            app.transaction(move |tx| profile::save_photo(tx, &owner, &portrait))
                .await?;
            Ok(see_other(&request, "/me/profile", Some(Notice::SAVED)))
        }
        Err(reason) => {
            let own = load(&app, &visitor).await?;
            let values = ProfileForm::of(&own.profile);
            let problems = Problems::one("file", reason.to_string());
            show(
                &app,
                &visitor,
                &own,
                &values,
                StatusCode::UNPROCESSABLE_ENTITY,
                &problems,
            )
        }
    }
}

async fn remove_photo(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let owner = form.visitor.having(Role::Alumnus)?.clone();
    app.transaction(move |tx| profile::remove_photo(tx, &owner))
        .await?;
    Ok(see_other(&request, "/me/profile", Some(Notice::REMOVED)))
}

async fn set_listing(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let owner = form.visitor.having(Role::Alumnus)?.clone();
    let since = (form.fields.one("listed")? != "yes").then(|| app.now());
    app.transaction(move |tx| profile::unlist(tx, &owner, since))
        .await?;
    Ok(see_other(&request, "/me/profile", Some(Notice::SAVED)))
}

async fn set_pause(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let owner = form.visitor.having(Role::Alumnus)?.clone();
    let is_paused = form.fields.one("paused")? == "yes";
    let now = app.now();
    let until = match form.fields.some("until")?.filter(|_| is_paused) {
        Some(text) => {
            let end = pause_end(text, &owner.zone(), now);
            Some(end.map_err(Error::Unprocessable)?)
        }
        None => None,
    };
    let since = is_paused.then_some(now);
    app.transaction(move |tx| profile::pause(tx, &owner, since, until))
        .await?;
    let notice = match (is_paused, until) {
        (true, None) => Notice::new(
            "Bookings are paused: nobody can book new times with you. Existing bookings stay.",
        ),
        (true, Some(_)) => Notice::new(
            "Bookings are paused until that day, and resume by themselves. Existing bookings stay.",
        ),
        (false, _) => Notice::new("You can be booked again."),
    };
    Ok(see_other(
        &request,
        form::own_path(form.fields.one("next")?),
        Some(notice),
    ))
}

async fn photo_file(
    _: MayBrowse,
    app: Data<App>,
    handle: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let handle = handle.into_inner();
    let photo = app
        .read::<_, Error>(move |conn| Ok(store::photo(conn, &handle)?))
        .await?;
    Ok(picture(&request, photo, kept_for_a_while(&app.config)))
}

/// The portrait in what was sent.
pub async fn uploaded_portrait(
    app: &App,
    file: Option<File>,
) -> Result<Result<Portrait, NotAPicture>, Error> {
    let work = move || {
        let bytes = file.map(|file| file.content.read()).transpose();
        let bytes = bytes.map_err(uploads::failed)?;
        Ok(photo::portrait(&bytes.unwrap_or_default()))
    };
    app.workshop.run(work).await
}

/// A JPEG, unless the browser has the one with that fingerprint.
pub fn picture(
    request: &HttpRequest,
    (jpeg, print): (Vec<u8>, Vec<u8>),
    kept: &'static str,
) -> HttpResponse {
    let print = hex(&print[..12]);
    let tag = header::EntityTag::new_strong(print);
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v == tag.to_string());
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(header::ETag(tag))
        .insert_header((header::CACHE_CONTROL, kept))
        .content_type("image/jpeg");
    if known {
        response.finish()
    } else {
        response.body(jpeg)
    }
}
