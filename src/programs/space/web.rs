//! Routes of the spaces of a cohort.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    Space, of,
    pages::{self, Talk},
    speak::{self, SpeakError, Words},
    store,
};
use crate::{
    app::App,
    db::PostId,
    error::Error,
    html::{Notice, form::Fields, pager},
    input::{Problems, Reader},
    people::visitor::{Form, Visitor, page, see_other},
    programs::member::{Inside, access::inside},
};

const PER_PAGE: i64 = 30;
const LONGEST: usize = 5000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/cohorts/{slug}/{cohort}/spaces/{space}")
                .route(get().to(space_page))
                .route(post().to(begin)),
        )
        .service(
            resource("/cohorts/{slug}/{cohort}/posts/{id}")
                .route(get().to(thread_page))
                .route(post().to(reply)),
        )
        .service(resource("/cohorts/{slug}/{cohort}/posts/{id}/remove").route(post().to(remove)));
}

/// A space that a path names, to who is in it.
async fn open(
    app: &App,
    visitor: &Visitor,
    (slug, cohort, space): &(String, String, String),
) -> Result<(Inside, Space), Error> {
    let inside = inside(app, visitor, (slug, cohort)).await?;
    let space = Space::parse(space).filter(|space| of(&inside).contains(space));
    Ok((inside, space.ok_or(Error::NotFound)?))
}

async fn space_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let number = pager::page_number(&Fields::parse(request.query_string())?)?;
    let typed = Words {
        title: String::new(),
        words: String::new(),
        is_announcement: false,
    };
    let status = StatusCode::OK;
    show(
        &app,
        &visitor,
        &path,
        (number, status),
        &typed,
        &Problems::default(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    path: &(String, String, String),
    (number, status): (i64, StatusCode),
    typed: &Words,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (inside, space) = open(app, visitor, path).await?;
    let cohort = inside.cohort.id;
    let mut threads = app
        .read::<_, Error>(move |conn| {
            let paging = pager::and_one_more(number, PER_PAGE);
            Ok(store::threads(conn, cohort, space, paging)?)
        })
        .await?;
    let talk = Talk {
        inside: &inside,
        space,
        paging: (number, pager::cut(&mut threads, PER_PAGE)),
        threads: &threads,
    };
    let markup = pages::space(visitor, &talk, typed, problems);
    Ok(page(status, markup))
}

async fn begin(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (inside, space) = open(&app, &form.visitor, &path).await?;
    let mut reader = Reader::default();
    let words = Words {
        title: reader.required_line("title", form.fields.one("title")?, 150),
        words: reader.required_paragraphs("words", form.fields.one("words")?, LONGEST),
        is_announcement: form.fields.is_ticked("announcement") && inside.leads(),
    };
    if !reader.problems.is_empty() {
        let at = (1, StatusCode::UNPROCESSABLE_ENTITY);
        return show(&app, &form.visitor, &path, at, &words, &reader.problems).await;
    }
    let (author, cohort) = (inside.person.id, inside.cohort.id);
    let begun = app
        .transaction(move |tx| speak::begin(tx, author, cohort, space, &words))
        .await;
    let id = answered(begun)?;
    Ok(see_other(
        &request,
        &inside.at(&format!("/posts/{id}")),
        None,
    ))
}

fn answered<T>(done: Result<T, SpeakError>) -> Result<T, Error> {
    done.map_err(|error| match error {
        SpeakError::NotFound => Error::NotFound,
        SpeakError::Database(error) => error.into(),
    })
}

async fn thread_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id) = path.into_inner();
    let inside = inside(&app, &visitor, (&slug, &cohort)).await?;
    let status = StatusCode::OK;
    show_thread(
        &app,
        &visitor,
        &inside,
        &id,
        status,
        ("", &Problems::default()),
    )
    .await
}

async fn show_thread(
    app: &App,
    visitor: &Visitor,
    inside: &Inside,
    id: &str,
    status: StatusCode,
    (typed, problems): (&str, &Problems),
) -> Result<HttpResponse, Error> {
    let id: PostId = id.parse().map_err(|_| Error::NotFound)?;
    let cohort = inside.cohort.id;
    let posts = app
        .read::<_, Error>(move |conn| Ok(store::thread(conn, cohort, id)?))
        .await?;
    let first = posts.first().filter(|post| post.thread_id.is_none());
    if !first.is_some_and(|post| of(inside).contains(&post.space)) {
        return Err(Error::NotFound);
    }
    let markup = pages::thread(visitor, inside, &posts, typed, problems);
    Ok(page(status, markup))
}

async fn reply(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id) = path.into_inner();
    let inside = inside(&app, &form.visitor, (&slug, &cohort)).await?;
    let thread: PostId = id.parse().map_err(|_| Error::NotFound)?;
    let mut reader = Reader::default();
    let typed = form.fields.one("words")?;
    let words = reader.required_paragraphs("words", typed, LONGEST);
    if !reader.problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let again = (typed, &reader.problems);
        return show_thread(&app, &form.visitor, &inside, &id, status, again).await;
    }
    let (author, cohort, spaces) = (inside.person.id, inside.cohort.id, of(&inside));
    let done = app
        .transaction(move |tx| speak::reply(tx, author, cohort, &spaces, thread, &words))
        .await;
    answered(done)?;
    Ok(see_other(
        &request,
        &inside.at(&format!("/posts/{thread}")),
        None,
    ))
}

async fn remove(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id) = path.into_inner();
    let inside = inside(&app, &form.visitor, (&slug, &cohort)).await?;
    let id: PostId = id.parse().map_err(|_| Error::NotFound)?;
    let (by, cohort, may_any) = (inside.person.id, inside.cohort.id, inside.leads());
    let done = app
        .transaction(move |tx| speak::remove(tx, by, cohort, id, may_any))
        .await;
    let thread = answered(done)?;
    let notice = Some(Notice::new("Removed."));
    Ok(see_other(
        &request,
        &inside.at(&format!("/posts/{thread}")),
        notice,
    ))
}
