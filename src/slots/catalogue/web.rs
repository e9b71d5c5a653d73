//! Routes of the catalogue, for coordinators.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    edit::{self, EditError},
    pages,
    rules::EntryForm,
    store,
};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::{self, Problems},
    people::visitor::{Form, Visitor, page, see_other},
};

const LIST: &str = "/coordinate/services";

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/coordinate/services").route(get().to(list)))
        .service(
            resource("/coordinate/services/{kind}")
                .route(get().to(entry_page))
                .route(post().to(save)),
        )
        .service(resource("/coordinate/services/{kind}/offered").route(post().to(set_offered)))
        .service(resource("/coordinate/services/{kind}/merge").route(post().to(merge)))
        .service(resource("/coordinate/services/{kind}/up").route(post().to(move_up)));
}

async fn list(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let catalogue = app
        .read::<_, Error>(move |conn| Ok(store::all(conn)?))
        .await?;
    Ok(page(
        StatusCode::OK,
        pages::list(&visitor.chrome, &catalogue),
    ))
}

async fn entry_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let word = input::unless_new(&path);
    let catalogue = app
        .read::<_, Error>(move |conn| Ok(store::all(conn)?))
        .await?;
    let values = match &word {
        None => EntryForm::default(),
        Some(word) => EntryForm::of(catalogue.find(word).ok_or(Error::NotFound)?),
    };
    let word = word.as_deref();
    let markup = pages::entry(
        &visitor.chrome,
        word,
        &catalogue,
        &values,
        &Problems::default(),
    );
    Ok(page(StatusCode::OK, markup))
}

async fn save(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    let word = input::unless_new(&path);
    let values = EntryForm::read(&form.fields)?;
    let again = async |problems: &Problems| {
        let catalogue = app
            .read::<_, Error>(move |conn| Ok(store::all(conn)?))
            .await?;
        let (chrome, word) = (&form.visitor.chrome, word.as_deref());
        let markup = pages::entry(chrome, word, &catalogue, &values, problems);
        Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
    };
    let wanted = match values.checked() {
        Ok(wanted) => wanted,
        Err(problems) => return again(&problems).await,
    };
    let asked = word.clone();
    let saved = app
        .transaction(move |tx| edit::put(tx, &by, asked.as_deref(), &wanted))
        .await;
    match saved {
        Ok(_) => Ok(see_other(&request, LIST, Some(Notice::SAVED))),
        Err(error @ (EditError::TitleTaken | EditError::TooMany)) => {
            again(&Problems::one("title", error.to_string())).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn set_offered(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    let is_offered = match form.fields.one("offered")? {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::bad_request("offered", "must be yes or no")),
    };
    app.transaction(move |tx| edit::set_offered(tx, &by, &path, is_offered))
        .await?;
    Ok(see_other(&request, LIST, Some(Notice::SAVED)))
}

async fn merge(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let (by, into) = (form.visitor.by(), form.fields.one("into")?.to_owned());
    app.transaction(move |tx| edit::merge(tx, &by, &path, &into))
        .await?;
    Ok(see_other(&request, LIST, Some(Notice::SAVED)))
}

async fn move_up(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    app.transaction(move |tx| edit::move_up(tx, &by, &path))
        .await?;
    Ok(see_other(&request, LIST, Some(Notice::SAVED)))
}
