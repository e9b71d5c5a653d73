//! The route of the list of bookings.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, resource},
};

use super::{Wanted, pages, store};
use crate::{
    app::App,
    bookings::Status,
    error::Error,
    html::{form::Fields, pager},
    input,
    people::{
        audit::{AuditAction, record},
        visitor::{Visitor, page},
    },
};

const PER_PAGE: i64 = 50;

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/coordinate/bookings").route(get().to(ledger_page)));
}

async fn ledger_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let query = Fields::parse(request.query_string())?;
    let status = query
        .some("status")?
        .map(|word| {
            Status::parse(word)
                .filter(|status| pages::LISTED.contains(status))
                .ok_or_else(|| Error::bad_request("status", "must be one of those listed"))
        })
        .transpose()?;
    let from = query
        .some("from")?
        .map(|text| {
            input::date(text)
                .ok_or_else(|| Error::bad_request("from", "must be a date such as 2026-11-26"))
        })
        .transpose()?;
    let number = pager::page_number(&query)?;
    let wanted = Wanted {
        words: input::line(query.one("q")?).chars().take(100).collect(),
        status,
        from,
    };
    let (asked, by) = (wanted.clone(), visitor.by());
    let since = from.map(|date| visitor.zone.instant(date, 0));
    let mut entries = app
        .transaction::<_, Error>(move |tx| {
            let detail = format!("page {number}");
            record::record(tx, &by, AuditAction::BookingsListed, None, &detail)?;
            let paging = pager::and_one_more(number, PER_PAGE);
            Ok(store::page(tx, &asked, since, paging)?)
        })
        .await?;
    let paging = (number, pager::cut(&mut entries, PER_PAGE));
    let markup = pages::ledger(&visitor.chrome, &wanted, &entries, paging, &visitor.zone);
    Ok(page(StatusCode::OK, markup))
}
