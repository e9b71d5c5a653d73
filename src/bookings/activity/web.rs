//! Routes of the numbers.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, resource},
};
use chrono::TimeDelta;

use super::{Activity, pages, store};
use crate::{
    app::App,
    bookings::aftercare,
    error::Error,
    people::{
        audit::{AuditAction, record},
        visitor::{Visitor, csv_file, page},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/coordinate/activity").route(get().to(activity_page)))
        .service(resource("/coordinate/activity.csv").route(get().to(activity_file)));
}

async fn read(app: &App, visitor: &Visitor) -> Result<Activity, Error> {
    visitor.coordinating()?;
    let (by, now) = (visitor.by(), app.now());
    let weeks = super::weeks(&visitor.zone, now);
    app.transaction::<_, Error>(move |tx| {
        record::record(tx, &by, AuditAction::BookingsListed, None, "in numbers")?;
        Ok(Activity {
            weeks: store::weeks(tx, &weeks)?,
            demand: store::demand(tx, now)?,
            load: store::load(tx, now)?,
            helped: aftercare::store::helped(tx, now - TimeDelta::days(365))?,
        })
    })
    .await
}

async fn activity_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let activity = read(&app, &visitor).await?;
    let markup = pages::activity(&visitor.chrome, &activity, app.now());
    Ok(page(StatusCode::OK, markup))
}

/// One table below the other, as spreadsheet programs take it.
async fn activity_file(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let activity = read(&app, &visitor).await?;
    let heads = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut rows: Vec<Vec<String>> = vec![heads(&["week", "sessions", "no_shows"])];
    rows.extend(activity.weeks.iter().map(|week| {
        let numbers = [week.sessions, week.no_shows].map(|n| n.to_string());
        std::iter::once(week.monday.to_string())
            .chain(numbers)
            .collect()
    }));
    rows.push(heads(&[
        "service",
        "alumni",
        "with_free_time",
        "sessions",
        "waiting",
        "waiting_since",
    ]));
    rows.extend(activity.demand.iter().map(|kind| {
        let numbers = [kind.hosts, kind.free, kind.sessions, kind.waiting];
        std::iter::once(kind.title.clone())
            .chain(numbers.map(|n| n.to_string()))
            .chain([kind
                .waiting_since
                .map_or_else(String::new, |at| at.format("%Y-%m-%d").to_string())])
            .collect()
    }));
    rows.push(heads(&["alumnus", "sessions", "aims_for"]));
    rows.extend(activity.load.iter().map(|host| {
        let wished = host.wished.map_or_else(String::new, |n| n.to_string());
        vec![host.name.clone(), host.sessions.to_string(), wished]
    }));
    csv_file("activity.csv", &rows)
}
