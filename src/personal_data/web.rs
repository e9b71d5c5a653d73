//! Routes of the copy of one's data and of deleting an account: one's own, and somebody else's for
//! coordinators.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::{
        StatusCode,
        header::{ContentDisposition, DispositionParam, DispositionType},
    },
    web::{Bytes, Data, Path, ServiceConfig, get, post, resource},
};
use futures_util::stream;

use super::{
    erase::{self, EraseError},
    export,
    pages::{self, Subject},
    store,
};
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::Notice,
    input::Problems,
    people::{
        self, Person,
        rules::may_act_for,
        visitor::{CookieName, Form, Visitor, page, see_other, set_cookie},
    },
    uploads,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me/data").route(get().to(own_page)))
        .service(resource("/me/data/export").route(post().to(own_export)))
        .service(
            resource("/me/data/delete")
                .route(get().to(own_delete_page))
                .route(post().to(own_delete)),
        )
        .service(resource("/coordinate/people/{id}/data").route(get().to(their_page)))
        .service(resource("/coordinate/people/{id}/data/export").route(post().to(their_export)))
        .service(
            resource("/coordinate/people/{id}/data/delete")
                .route(get().to(their_delete_page))
                .route(post().to(their_delete)),
        );
}

/// The person of a coordinator's path, whom they may act for.
async fn find(app: &App, visitor: &Visitor, id: &str) -> Result<Person, Error> {
    let by = visitor.coordinating()?.clone();
    let id: PersonId = id.parse().map_err(|_| Error::NotFound)?;
    let person = app
        .read::<_, Error>(move |conn| Ok(people::store::person(conn, id)?))
        .await?;
    if person.is_erased() {
        return Err(Error::NotFound);
    }
    if !may_act_for(&by, &person) {
        let detail = "Only an administrator can do this for a coordinator or an administrator.";
        return Err(Error::Forbidden(detail.into()));
    }
    Ok(person)
}

fn subject<'a>(visitor: &Visitor, person: &'a Person) -> Subject<'a> {
    let own = visitor.person.as_ref().map(|p| p.id);
    Subject {
        person,
        is_own: own == Some(person.id),
    }
}

async fn own_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?.clone();
    show(&app, &visitor, person).await
}

async fn their_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let person = find(&app, &visitor, &id).await?;
    show(&app, &visitor, person).await
}

async fn show(app: &App, visitor: &Visitor, person: Person) -> Result<HttpResponse, Error> {
    let id = person.id;
    let may_delete = app
        .read::<_, Error>(move |conn| {
            let is_admin = people::store::person(conn, id)?.is(people::Role::Admin);
            Ok(!is_admin || people::store::other_admins(conn, id)? > 0)
        })
        .await?;
    let markup = pages::overview(&visitor.chrome, &subject(visitor, &person), may_delete);
    Ok(page(StatusCode::OK, markup))
}

async fn own_export(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    let person = form.visitor.fresh(app.now())?.clone();
    send(&app, &form.visitor, person).await
}

async fn their_export(app: Data<App>, form: Form, id: Path<String>) -> Result<HttpResponse, Error> {
    let person = find(&app, &form.visitor, &id).await?;
    form.visitor.fresh(app.now())?;
    send(&app, &form.visitor, person).await
}

/// Writes the file aside, then sends it as it is read, so that it is never in memory as a whole.
async fn send(app: &App, visitor: &Visitor, person: Person) -> Result<HttpResponse, Error> {
    let by = visitor.by();
    let name = format!("almanac-{}.zip", app.now().format("%Y-%m-%d"));
    let gathered = app
        .transaction::<_, Error>(move |tx| Ok(export::gather(tx, &by, &person)?))
        .await?;
    let folder = app.config.data_dir.clone();
    let file = uploads::blocking(move || export::packed(&gathered, &folder)).await?;
    let content = stream::try_unfold(file, |mut file| async {
        let (chunk, file) = uploads::blocking(move || {
            let chunk = export::next_chunk(&mut file)?;
            Ok((chunk, file))
        })
        .await?;
        Ok::<_, Error>((!chunk.is_empty()).then(|| (Bytes::from(chunk), file)))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .insert_header(("cache-control", "private, no-store"))
        .streaming(content))
}

async fn own_delete_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let person = visitor.fresh(app.now())?.clone();
    ask(&app, &visitor, person, StatusCode::OK, &Problems::default()).await
}

async fn their_delete_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let person = find(&app, &visitor, &id).await?;
    visitor.fresh(app.now())?;
    ask(&app, &visitor, person, StatusCode::OK, &Problems::default()).await
}

async fn ask(
    app: &App,
    visitor: &Visitor,
    person: Person,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (id, now) = (person.id, app.now());
    let ahead = app
        .read::<_, Error>(move |conn| Ok(store::count_ahead(conn, id, now)?))
        .await?;
    let markup = pages::delete(&visitor.chrome, &subject(visitor, &person), ahead, problems);
    Ok(page(status, markup))
}

async fn own_delete(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.fresh(app.now())?.clone();
    delete(&app, &form, person, &request).await
}

async fn their_delete(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = find(&app, &form.visitor, &id).await?;
    form.visitor.fresh(app.now())?;
    delete(&app, &form, person, &request).await
}

async fn delete(
    app: &App,
    form: &Form,
    person: Person,
    request: &HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if !form.fields.is_ticked("confirmation") {
        let problems = Problems::one(
            "confirmation",
            "Tick “I understand that this cannot be undone” first",
        );
        return ask(app, visitor, person, status, &problems).await;
    }
    let (by, id) = (visitor.by(), person.id);
    let erased = app.transaction(move |tx| erase::erase(tx, &by, id)).await;
    let contents = match erased {
        Ok(contents) => contents,
        Err(error @ EraseError::LastAdmin) => {
            let problems = Problems::whole("this_account", &error);
            return ask(app, visitor, person, status, &problems).await;
        }
        Err(EraseError::NotFound) => return Err(Error::NotFound),
        Err(error @ EraseError::NotYours) => return Err(Error::Forbidden(error.to_string())),
        Err(EraseError::Change(error)) => return Err(error.into()),
        Err(EraseError::Database(error)) => return Err(error.into()),
    };
    let folder = app.config.data_dir.clone();
    let removed = uploads::blocking(move || {
        contents
            .iter()
            .try_for_each(|file| uploads::remove(&folder, *file))
    })
    .await;
    if let Err(error) = removed {
        tracing::warn!(%error, "the files of somebody erased are deleted within a day");
    }
    if !subject(visitor, &person).is_own {
        let notice = Some(Notice::new(
            "The account has been deleted. We have sent them an email to confirm it.",
        ));
        return Ok(see_other(request, "/coordinate/people", notice));
    }
    set_cookie(
        request,
        CookieName::Session.bake(&app.config, "", Duration::ZERO),
    );
    Ok(see_other(
        request,
        "/",
        Some(Notice::new(
            "Your account has been deleted. We have sent you an email to confirm it.",
        )),
    ))
}
