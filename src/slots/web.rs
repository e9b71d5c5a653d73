//! Routes of the board, of alumni, and of what explains them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, resource},
};

use super::{board, catalogue, filter::Search, store};
use crate::{
    app::App,
    db::Paging,
    error::Error,
    html::form::{self, Fields},
    input,
    people::visitor::{MayBrowse, Visitor, page},
    schedule::zone,
};

const PER_PAGE: i64 = 12;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/").route(get().to(board_page)))
        .service(resource("/alumni").route(get().to(board_page)))
        .service(resource("/alumni/{handle}").route(get().to(alumnus_page)))
        .service(resource("/about").route(get().to(about_page)))
        .service(resource("/zones").route(get().to(zones_page)));
}

async fn board_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let search = Search::read(&query)?;
    let number = match query.some("page")? {
        None => 1,
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|n| (1..=100_000).contains(n))
            .ok_or_else(|| Error::bad_request("page", "must be a number from 1"))?,
    };
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let asked = search.clone();
    let (cards, total, catalogue, topics, languages) = app
        .read::<_, Error>(move |conn| {
            asked.check_kind(conn)?;
            let (cards, total) = board::cards(
                conn,
                &asked,
                Paging {
                    limit: PER_PAGE,
                    offset: (number - 1) * PER_PAGE,
                },
                guest,
                now,
            )?;
            let (topics, languages) = store::vocabulary(conn)?;
            Ok((
                cards,
                total,
                catalogue::store::all(conn)?,
                topics,
                languages,
            ))
        })
        .await?;
    if cards.is_empty() && number > 1 {
        return Err(Error::NotFound);
    }
    let board = board::pages::Board {
        search: &search,
        catalogue: &catalogue,
        topics: &topics,
        languages: &languages,
        total,
        page: number,
        per_page: PER_PAGE,
        now,
    };
    Ok(page(
        StatusCode::OK,
        board::pages::board(&visitor, &cards, &board),
    ))
}

async fn alumnus_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    handle: Path<String>,
) -> Result<HttpResponse, Error> {
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let (card, catalogue) = app
        .read::<_, Error>(move |conn| {
            let host = store::listed(conn, &handle)?;
            let card = board::fill(conn, vec![host], None, guest, now)?.pop();
            Ok((card.ok_or(Error::NotFound)?, catalogue::store::all(conn)?))
        })
        .await?;
    Ok(page(
        StatusCode::OK,
        board::pages::alumnus(&visitor, &card, &catalogue, now),
    ))
}

async fn about_page(visitor: Visitor) -> HttpResponse {
    page(StatusCode::OK, board::pages::about(&visitor.chrome))
}

async fn zones_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let next = match query.some("next")? {
        Some(next) => form::own_path(next),
        None => "/alumni",
    };
    let words: String = input::line(query.one("q")?).chars().take(100).collect();
    let found = zone::search(&words, 700);
    Ok(page(
        StatusCode::OK,
        board::pages::zones(&visitor.chrome, &words, &found, next, app.now()),
    ))
}
