//! Routes of the calendar of a service.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, resource},
};
use maud::Markup;

use super::{Calendar, CalendarView, errand, load, pages};
use crate::{
    app::App,
    error::Error,
    html::form::Fields,
    input,
    people::{
        sign_in::pages::Asking,
        visitor::{MayBrowse, Visitor, page},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/alumni/{handle}/{service}").route(get().to(calendar_page)));
}

async fn calendar_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (handle, slug) = path.into_inner();
    let query = Fields::parse(request.query_string())?;
    let view = CalendarView {
        handle,
        slug,
        at: read(
            &query,
            "at",
            "must be a date and time such as 2026-11-26T14:00:00Z",
            input::instant,
        )?,
        day: read(
            &query,
            "day",
            "must be a date such as 2026-11-26",
            input::date,
        )?,
    };
    let calendar = find(&app, &visitor, view).await?;
    Ok(page(
        StatusCode::OK,
        render(&app, &visitor, &calendar, None),
    ))
}

/// The page; for a stranger with what they sign in for.
fn render(app: &App, visitor: &Visitor, calendar: &Calendar, problem: Option<&str>) -> Markup {
    let is_stranger = visitor.person.is_none() && visitor.awaited.is_none();
    let wanted = calendar
        .wanted
        .filter(|(_, is_free)| *is_free && is_stranger);
    let errand = wanted.map(|(at, _)| errand(&calendar.host, &calendar.service, at, &visitor.zone));
    let sealed = errand.as_ref().map(|errand| errand.sealed(&app.keys));
    let asking = errand
        .as_ref()
        .zip(sealed.as_deref())
        .map(|(errand, sealed)| Asking { errand, sealed });
    pages::calendar(visitor, calendar, asking.as_ref(), problem)
}

fn read<T>(
    query: &Fields,
    name: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(text) = query.some(name)? else {
        return Ok(None);
    };
    parse(text)
        .map(Some)
        .ok_or_else(|| Error::bad_request(name, expected))
}

/// The calendar as this visitor sees it.
async fn find(app: &App, visitor: &Visitor, view: CalendarView) -> Result<Calendar, Error> {
    let (now, zone) = (app.now(), visitor.zone.clone());
    let guest = visitor.person.as_ref().map(|p| p.id);
    app.read::<_, Error>(move |conn| Ok(load::calendar(conn, &view, guest, &zone, now)?))
        .await
}

/// The calendar at a time that could not be had, and why.
pub async fn show_refused(
    app: &App,
    visitor: &Visitor,
    view: CalendarView,
    status: StatusCode,
    problem: &str,
) -> Result<HttpResponse, Error> {
    let calendar = find(app, visitor, view).await?;
    Ok(page(status, render(app, visitor, &calendar, Some(problem))))
}
