//! Routes of the catalogue of topics, for coordinators.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{
    edit::{self, TopicError},
    pages::{self, Typed},
    store,
};
use crate::{
    app::App,
    db::Tx,
    error::Error,
    html::{
        Notice,
        form::{Fields, address},
    },
    input::{Problems, Reader},
    people::{
        audit::By,
        visitor::{Form, Visitor, page, see_other},
    },
};

const LIST: &str = "/coordinate/topics";

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/topics")
                .route(get().to(list_page))
                .route(post().to(add)),
        )
        .service(resource("/coordinate/topics/edit").route(get().to(edit_page)))
        .service(resource("/coordinate/topics/rename").route(post().to(rename)))
        .service(resource("/coordinate/topics/merge").route(post().to(merge)))
        .service(resource("/coordinate/topics/remove").route(post().to(remove)));
}

async fn list_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    list(&app, &visitor, StatusCode::OK, "", &Problems::default()).await
}

async fn list(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    typed: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let (topics, others) = app
        .read::<_, Error>(move |conn| Ok((store::all(conn)?, store::others(conn)?)))
        .await?;
    let markup = pages::list(&visitor.chrome, &topics, &others, typed, problems);
    Ok(page(status, markup))
}

async fn edit_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let query = Fields::parse(request.query_string())?;
    let word = query.some("topic")?.ok_or(Error::NotFound)?;
    let typed = Typed {
        name: word,
        into: "",
    };
    edit(
        &app,
        &visitor,
        word,
        &typed,
        StatusCode::OK,
        &Problems::default(),
    )
    .await
}

async fn edit(
    app: &App,
    visitor: &Visitor,
    word: &str,
    typed: &Typed<'_>,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (topics, others) = app
        .read::<_, Error>(move |conn| Ok((store::all(conn)?, store::others(conn)?)))
        .await?;
    let is_known = topics.iter().any(|topic| topic.name == word)
        || others.iter().any(|(other, _)| other == word);
    if !is_known && problems.is_empty() {
        return Err(Error::NotFound);
    }
    let markup = pages::edit(&visitor.chrome, word, &topics, typed, problems);
    Ok(page(status, markup))
}

/// A name as it is kept, without what separates several.
fn name(fields: &Fields, field: &str) -> Result<Result<String, Problems>, Error> {
    let mut reader = Reader::default();
    let name = reader.required_line(field, fields.one(field)?, 40);
    if name.contains([',', ';']) {
        let problem = "must be one topic, without commas";
        return Ok(Err(Problems::one(field, problem)));
    }
    Ok(reader.problems.or(name))
}

async fn add(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let again = async |problems: Problems| {
        let typed = form.fields.one("topic")?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        list(&app, &form.visitor, status, typed, &problems).await
    };
    let wanted = match name(&form.fields, "topic")? {
        Ok(name) => name,
        Err(problems) => return again(problems).await,
    };
    let by = form.visitor.by();
    match changed(&app, move |tx| edit::add(tx, &by, &wanted)).await? {
        None => Ok(see_other(&request, LIST, Some(Notice::SAVED))),
        Some(problem) => again(Problems::one("topic", problem)).await,
    }
}

/// Changes the catalogue. Returns what is wrong at the field of the form, if something is.
async fn changed(
    app: &App,
    change: impl Fn(&mut Tx) -> Result<(), TopicError> + Send + 'static,
) -> Result<Option<String>, Error> {
    match app.transaction(change).await {
        Ok(()) => Ok(None),
        Err(error) => error.at_field().map(Some),
    }
}

async fn rename(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let word = form.fields.one("topic")?.to_owned();
    let typed = form.fields.one("name")?;
    let again = async |problems: Problems| {
        let typed = Typed {
            name: typed,
            into: "",
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        edit(&app, &form.visitor, &word, &typed, status, &problems).await
    };
    let wanted = match name(&form.fields, "name")? {
        Ok(name) => name,
        Err(problems) => return again(problems).await,
    };
    let (by, old, new): (By, _, _) = (form.visitor.by(), word.clone(), wanted.clone());
    match changed(&app, move |tx| edit::rename(tx, &by, &old, &new)).await? {
        None => {
            let path = address("/coordinate/topics/edit", &[("topic", &wanted)]);
            Ok(see_other(&request, &path, Some(Notice::SAVED)))
        }
        Some(problem) => again(Problems::one("name", problem)).await,
    }
}

async fn merge(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let word = form.fields.one("topic")?.to_owned();
    let into = form.fields.one("into")?.to_owned();
    let (by, old, new) = (form.visitor.by(), word.clone(), into.clone());
    let problem = match into.is_empty() {
        true => Some("is required".to_owned()),
        false => changed(&app, move |tx| edit::merge(tx, &by, &old, &new)).await?,
    };
    match problem {
        None => {
            let notice = Notice::saying(format!("{word} is {into} now."));
            Ok(see_other(&request, LIST, Some(notice)))
        }
        Some(problem) => {
            let typed = Typed {
                name: &word,
                into: &into,
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let problems = Problems::one("into", problem);
            edit(&app, &form.visitor, &word, &typed, status, &problems).await
        }
    }
}

async fn remove(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let (by, word) = (form.visitor.by(), form.fields.one("topic")?.to_owned());
    let removed = changed(&app, move |tx| edit::remove(tx, &by, &word)).await?;
    debug_assert!(removed.is_none());
    Ok(see_other(&request, LIST, Some(Notice::SAVED)))
}
