//! The route of the search for a time.

use std::{collections::HashMap, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, resource},
};
use chrono::TimeDelta;

use super::{
    Form, FreeTimeQuery, MOST_DAYS, Place, find,
    pages::{self, Findings},
};
use crate::{
    app::App,
    error::Error,
    html::form::{Fields, address},
    people::{
        profile,
        visitor::{MayBrowse, Visitor, page},
    },
    schedule::Span,
    slots::finder::{Finder, Overview, View},
};

const PER_PAGE: usize = 30;
/// Of what would nearly do.
const NEAREST: usize = 6;

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/find").route(get().to(find_page)));
}

async fn find_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let form = Form::read(&query)?;
    let place = Place::read(&query)?;
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let (wanted, problems) = form.judged(&visitor.zone, now);
    let relaxed: Vec<(&'static str, Form, FreeTimeQuery)> = form
        .relaxed()
        .into_iter()
        .filter_map(|(lets_go, form)| {
            let mut wanted = form.checked(&visitor.zone, now).ok()?;
            if form.from.is_empty() {
                // Without days: as far ahead as is planned.
                wanted.ranges = vec![Span::new(now, now + TimeDelta::days(MOST_DAYS))];
            }
            Some((lets_go, form, wanted))
        })
        .collect();
    let (asked, zone, recent) = (form.clone(), visitor.zone.clone(), Arc::clone(&app.recent));
    let found = app
        .read::<_, Error>(move |conn| {
            let overview = Overview::read(conn, &recent, &asked, &zone, guest, now)?;
            let Some(wanted) = &wanted else {
                return Ok((overview, (Vec::new(), None), None, HashMap::new()));
            };
            let answers = find::find(conn, wanted, guest, PER_PAGE, place, now)?;
            let mut nearest = None;
            if answers.0.is_empty() && place.is_none() {
                for (lets_go, form, wanted) in &relaxed {
                    let (near, _) = find::find(conn, wanted, guest, NEAREST, None, now)?;
                    if !near.is_empty() {
                        nearest = Some((*lets_go, form.clone(), near));
                        break;
                    }
                }
            }
            let near = nearest.iter().flat_map(|(_, _, near)| near);
            let shown = answers.0.iter().chain(near).map(|found| found.person);
            let faces = profile::store::thumbnails(conn, &shown.collect::<Vec<_>>())?;
            Ok((overview, answers, nearest, faces))
        })
        .await?;
    let (overview, (answers, next), nearest, faces) = found;
    let next = next.map(|place| {
        let cursor = place.cursor();
        let pairs = form
            .query()
            .into_iter()
            .chain([("cursor", cursor.as_str())]);
        address("/find", &pairs.collect::<Vec<_>>())
    });
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let finder = Finder {
        view: View::Times,
        form: &form,
        problems: &problems,
        overview: &overview,
        now,
    };
    let findings = Findings {
        answers: &answers,
        next,
        is_first: place.is_none(),
        nearest,
        faces,
    };
    Ok(page(status, pages::find(&visitor, &finder, &findings)))
}
