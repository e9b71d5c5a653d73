//! Keeps foreign calendars up to date: fetches what is due, one fetch for everybody who has the same
//! address, one at a time from each host.

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};

use super::{
    BusyCalendar,
    calendar::{self, BusyCalendarError, READ_AGAIN},
    download::download,
    store,
};
use crate::{
    app::App,
    error::Error,
    fetch::{self, Failed, Fetched, Source, Validators},
    people,
};

const NAP: Duration = Duration::from_secs(2);
/// Hosts that are asked at once.
const HOSTS: usize = 4;
/// Addresses taken at once.
const MOST: i64 = 20;
/// How long other calendars of a host that failed wait.
const SPARED: TimeDelta = TimeDelta::minutes(5);

/// Works until the program ends.
pub async fn run(app: Data<App>) {
    loop {
        match round(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, "foreign calendars cannot be looked after; trying again")
            }
        }
        tokio::time::sleep(NAP).await;
    }
}

/// Looks after what is due. Returns how many calendars were.
pub async fn round(app: &Data<App>) -> Result<usize, Error> {
    let due = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            Ok(store::lease(tx, MOST, now)?)
        })
        .await?;
    let count = due.len();
    let mut by_host: HashMap<String, HashMap<Vec<u8>, Vec<BusyCalendar>>> = HashMap::new();
    for calendar in due {
        let Some(hash) = calendar.address_hash.clone() else {
            continue;
        };
        let of_host = by_host.entry(calendar.host.clone()).or_default();
        of_host.entry(hash).or_default().push(calendar);
    }
    stream::iter(by_host)
        .for_each_concurrent(HOSTS, |(host, addresses)| async move {
            for calendars in addresses.into_values() {
                match look_after(app, &calendars).await {
                    Ok(true) => {}
                    // One wait for a host that does not answer is enough.
                    Ok(false) => return spare(app, host).await,
                    Err(error) => {
                        tracing::warn!(%error, "a foreign calendar cannot be looked after; trying again");
                    }
                }
            }
        })
        .await;
    Ok(count)
}

/// Lets the other calendars of a host that does not answer wait a while.
async fn spare(app: &Data<App>, host: String) {
    let until = app.now() + SPARED;
    let spared = app
        .db
        .transaction::<_, Error>(move |conn| Ok(store::spare_host(conn, &host, until)?))
        .await;
    if let Err(error) = spared {
        tracing::warn!(%error, "calendars of a host are not put off");
    }
}

/// Looks after the calendars of one address. Returns whether their host answers.
async fn look_after(app: &Data<App>, calendars: &[BusyCalendar]) -> Result<bool, Error> {
    let now = app.now();
    let address = calendars
        .first()
        .and_then(|calendar| app.keys.decrypt(calendar.address.as_deref()?))
        .and_then(|bytes| Source::from_text(&String::from_utf8(bytes).ok()?));
    let known = common(calendars, now);
    let window = calendar::window(now);
    let fetched = match &address {
        Some(source) => download(source, &known, window, &app.config.import_allow).await,
        None => Err(Failed::default()), // Encrypted with another key.
    };
    let outcome = match &fetched {
        Ok(Fetched::Body(..)) => "read",
        Ok(Fetched::NotModified) => "unchanged",
        Ok(Fetched::Gone) => "gone",
        Err(_) => "failed",
    };
    metrics::counter!("calendar_fetches_total", "outcome" => outcome).increment(1);
    tracing::info!(outcome, calendars = calendars.len(), "foreign calendar");
    let now = app.now();
    match fetched {
        Ok(Fetched::Body(bytes, validators)) => {
            let bytes = Arc::new(bytes);
            for calendar in calendars {
                read(app, calendar, Arc::clone(&bytes), &validators).await?;
            }
        }
        Ok(Fetched::NotModified) => {
            for calendar in calendars.iter().cloned() {
                app.db
                    .transaction::<_, BusyCalendarError>(move |conn| {
                        Ok(store::note_unchanged(
                            conn,
                            calendar.id,
                            in_an_hour(now),
                            now,
                        )?)
                    })
                    .await?;
            }
        }
        Ok(Fetched::Gone) => fail(app, calendars, |_| None).await?,
        Err(failed) => {
            fail(app, calendars, |calendar| {
                Some(fetch::next_try(
                    calendar.failures + 1,
                    &failed,
                    rand::random(),
                    now,
                ))
            })
            .await?;
            return Ok(!failed.is_of_host);
        }
    }
    Ok(true)
}

/// What all these calendars know of their common copy; nothing if one of them has to read it anew.
fn common(calendars: &[BusyCalendar], now: DateTime<Utc>) -> Validators {
    let of = |calendar: &BusyCalendar| Validators {
        etag: calendar.etag.clone(),
        last_modified: calendar.last_modified.clone(),
    };
    let is_fresh = |c: &BusyCalendar| {
        c.failing_since.is_none() && c.read_at.is_some_and(|at| at + READ_AGAIN > now)
    };
    match calendars.split_first() {
        Some((first, rest))
            if calendars.iter().all(is_fresh) && rest.iter().all(|c| of(c) == of(first)) =>
        {
            of(first)
        }
        _ => Validators::default(),
    }
}

/// Next time: in an hour, ten minutes more or less, so that not all come at once.
fn in_an_hour(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::seconds(3000 + i64::from(rand::random::<u16>()) % 1200)
}

async fn read(
    app: &Data<App>,
    calendar: &BusyCalendar,
    bytes: Arc<Vec<u8>>,
    validators: &Validators,
) -> Result<(), Error> {
    let now = app.now();
    let of = calendar.person_id;
    let (owner, own) = app
        .read::<_, Error>(move |conn| {
            let owner = people::store::person(conn, of)?;
            Ok((owner, calendar::own_uids(conn, of)?))
        })
        .await?;
    let count_free = calendar.count_free;
    let work = move || Ok(calendar::read(&bytes, &owner, &own, count_free, now));
    // A fault of ours in reading it is told to the owner like any other, and not tried without end.
    let reading = app.workshop.run(work).await;
    match reading.and_then(|reading| reading.map_err(|e| Error::Internal(e.to_string()))) {
        // Half a calendar would make half of somebody's time free.
        Ok(reading) if !reading.is_cut_off => {
            let (calendar, validators) = (calendar.clone(), validators.clone());
            app.transaction(move |conn| {
                let next = Some(in_an_hour(now));
                calendar::keep(conn, &calendar, &reading, &validators, next)
            })
            .await?;
            Ok(())
        }
        _ => {
            let failed = Failed::default();
            fail(app, std::slice::from_ref(calendar), |calendar| {
                Some(fetch::next_try(
                    calendar.failures + 1,
                    &failed,
                    rand::random(),
                    now,
                ))
            })
            .await
        }
    }
}

async fn fail(
    app: &Data<App>,
    calendars: &[BusyCalendar],
    next: impl Fn(&BusyCalendar) -> Option<DateTime<Utc>>,
) -> Result<(), Error> {
    for calendar in calendars {
        let (next, calendar) = (next(calendar), calendar.clone());
        app.transaction(move |tx| calendar::note_failure(tx, &calendar, next))
            .await?;
    }
    Ok(())
}
