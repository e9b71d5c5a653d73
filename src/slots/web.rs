//! Routes of the board, of alumni, and of what explains them.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_SECURITY_POLICY, HeaderValue},
    },
    web::{Data, Path, ServiceConfig, get, resource},
};

use super::{
    board::{self, pages::Board},
    catalogue,
    finder::{Finder, Overview, View},
    pages,
    search::Form,
    store,
};
use crate::{
    app::App,
    db::Paging,
    error::Error,
    html::{
        form::{self, Fields},
        pager,
    },
    input,
    people::visitor::{MayBrowse, Visitor, page, recent_zones},
    schedule::zone,
};

const PER_PAGE: i64 = 12;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/").route(get().to(board_page)))
        .service(resource("/alumni").route(get().to(board_page)))
        .service(resource("/alumni/{handle}").route(get().to(alumnus_page)))
        .service(resource("/embed/{handle}").route(get().to(embedded_page)))
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
    let form = Form::read(&query)?;
    let number = pager::page_number(&query)?;
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let (wanted, problems) = form.judged(&visitor.zone, now);
    let (asked, zone, recent) = (form.clone(), visitor.zone.clone(), Arc::clone(&app.recent));
    let paging = Paging {
        limit: PER_PAGE,
        offset: (number - 1) * PER_PAGE,
    };
    let (found, overview) = app
        .read::<_, Error>(move |conn| {
            let overview = Overview::read(conn, &recent, &asked, &zone, guest, now)?;
            let found = match &wanted {
                None => (Vec::new(), None, false),
                Some(wanted) if asked.has_times() => {
                    let (cards, has_more) = board::free_within(conn, wanted, paging, guest, now)?;
                    (cards, None, has_more)
                }
                Some(_) => {
                    let search = &asked.search;
                    // Strangers all see the same.
                    let question = guest
                        .is_none()
                        .then(|| format!("board {number} {search:?}"));
                    let top = recent
                        .or_read(question, now, || store::board(conn, search, paging, now))?;
                    let cards = board::cards_of(conn, &top.people, search, guest, now)?;
                    (
                        cards,
                        Some(top.total),
                        top.total > paging.offset + paging.limit,
                    )
                }
            };
            Ok((found, overview))
        })
        .await?;
    let (cards, total, has_more) = found;
    if cards.is_empty() && number > 1 && problems.is_empty() {
        return Err(Error::NotFound);
    }
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let finder = Finder {
        view: View::People,
        form: &form,
        problems: &problems,
        overview: &overview,
        now,
    };
    let shown = Board {
        cards: &cards,
        total,
        page: number,
        has_more,
    };
    Ok(page(status, board::pages::board(&visitor, &finder, &shown)))
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

/// An alumnus's next times, for a page of another site: the only page that may stand in a frame.
async fn embedded_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    handle: Path<String>,
) -> Result<HttpResponse, Error> {
    const POLICY: &str =
        "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors *";
    let now = app.now();
    let card = app
        .read::<_, Error>(move |conn| {
            let host = store::listed(conn, &handle)?;
            let card = board::fill(conn, vec![host], None, None, now)?.pop();
            card.ok_or(Error::NotFound)
        })
        .await?;
    // In a frame a browser keeps nothing, so nobody has chosen a zone unless the address says so.
    let zone = match visitor.zone_is_chosen {
        true => visitor.zone.clone(),
        false => card.host.person.zone(),
    };
    let markup = board::pages::embedded(&visitor.chrome, &card, &zone, now);
    let mut answer = page(StatusCode::OK, markup);
    let policy = HeaderValue::from_static(POLICY);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

async fn about_page(visitor: Visitor) -> HttpResponse {
    page(StatusCode::OK, pages::about(&visitor.chrome))
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
    let own = visitor.person.as_ref().map(|person| person.zone());
    let likely: Vec<_> = std::iter::once(visitor.zone.clone())
        .chain(own)
        .chain(recent_zones(&request))
        .collect();
    Ok(page(
        StatusCode::OK,
        pages::zones(&visitor.chrome, &likely, &words, &found, next, app.now()),
    ))
}
