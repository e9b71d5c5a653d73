//! The route of an alumnus's week.

use std::collections::HashSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, resource},
};
use chrono::Days;

use super::pages;
use crate::{
    app::App,
    bookings::{self, Meeting, Status, event},
    error::Error,
    html::form::Fields,
    input,
    people::{
        Role,
        visitor::{Visitor, page},
    },
    schedule::slots::monday,
    slots::{
        self, claims,
        editor::week::{Entry, Week},
    },
};

/// How far from now weeks reach, either way.
const FURTHEST: Days = Days::new(730);

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/me/week").route(get().to(week)));
}

async fn week(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    let query = Fields::parse(request.query_string())?;
    let from = query
        .some("from")?
        .map(|from| {
            input::date(from)
                .ok_or_else(|| Error::bad_request("from", "must be a date such as 2026-11-23"))
        })
        .transpose()?;
    let now = app.now();
    let (first, chosen, today, rules, meetings, busy) = app
        .read::<_, Error>(move |conn| {
            let host = slots::store::own(conn, id)?;
            let zone = host.person.zone();
            let today = zone.local(now).date_naive();
            let chosen = from.unwrap_or(today);
            let chosen = chosen.clamp(today - FURTHEST, today + FURTHEST);
            let first = monday(chosen);
            let span = Week::span(first, &zone);
            let rules = slots::store::rules_of(conn, &host, span.start)?;
            let meetings = bookings::store::meetings_within(conn, id, span)?;
            let taken = claims::store::taken_within(conn, &[id], span, now, None)?;
            Ok((first, chosen, today, rules, meetings, taken.busy))
        })
        .await?;
    // A group is one session to its host.
    let mut groups = HashSet::new();
    let is_first = |m: &&Meeting| {
        let own = m.booking.group_id.filter(|_| m.booking.host_id == id);
        own.is_none_or(|group| groups.insert(group))
    };
    let sessions: Vec<_> = meetings
        .iter()
        .filter(is_first)
        .map(|meeting| {
            let booking = &meeting.booking;
            let is_asked = booking.status == Status::Pending;
            let title = event::title(meeting, id);
            Entry {
                span: booking.span(),
                path: bookings::path(booking),
                title: if is_asked {
                    format!("Request: {title}")
                } else {
                    title
                },
                is_asked,
            }
        })
        .collect();
    let busy: Vec<_> = busy.into_iter().map(|busy| busy.span).collect();
    let shown = Week {
        first,
        today,
        rules: &rules,
        sessions: &sessions,
        busy: &busy,
    };
    Ok(page(
        StatusCode::OK,
        pages::week(&visitor.chrome, &shown, chosen),
    ))
}
