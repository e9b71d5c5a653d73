//! The background worker: one exhaustive `match`, from a `Job` to the room that does it.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use actix_web::web::Data;
use futures_util::FutureExt;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    app::App,
    bookings::{
        self,
        aftercare::{self, report},
        away,
        change::{answer, cancel},
        event::{self, Site},
        preparation::{self, prepare},
        remind,
        waitlist::{self, offer},
    },
    busy::{self, importer},
    db::{Conn, DbError, PersonId, limits},
    error::Error,
    html::form,
    jobs::{self, AfterNews, Job, Leased},
    keys::Purpose,
    mail::{
        Letter, MailError, Mailer,
        report::{Report, Trouble, is_about_mailbox},
    },
    people::{self, email, mail::Envelope, sign_in, trouble, unsubscribe},
    personal_data::{erase, retention},
    schedule::zone,
    slots::index,
    uploads,
    webhooks::{self, deliver},
};

/// Letters under way at once.
const AT_ONCE: usize = 8;
/// How long the worker sleeps when nobody rings.
const NAP: Duration = Duration::from_secs(2);
/// Letters are tried for so long.
const PATIENCE: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// Works until the program ends, whatever fails on the way.
pub async fn run(app: Data<App>, mailer: Mailer) {
    let mailer = Arc::new(mailer);
    let letters = supervise(&app, "the worker", NAP, |app| {
        work(app, Arc::clone(&mailer))
    });
    let calendars = supervise(&app, "the import of calendars", NAP, importer::run);
    let webhooks = supervise(&app, "the delivery of webhooks", NAP, deliver::run);
    futures_util::future::join3(letters, calendars, webhooks).await;
}

/// Begins a loop again when a fault of ours has ended it; that is counted and told.
async fn supervise<F: Future<Output = ()>>(
    app: &Data<App>,
    name: &'static str,
    nap: Duration,
    begin: impl Fn(Data<App>) -> F,
) {
    loop {
        // Nothing of the loop outlives it but the database and `App`, whose locks bear a panic.
        let ended = AssertUnwindSafe(begin(Data::clone(app)))
            .catch_unwind()
            .await;
        tracing::error!(
            name,
            is_panic = ended.is_err(),
            "background work ended; it begins again"
        );
        metrics::counter!("background_restarts_total", "name" => name).increment(1);
        app.pulse.stumble(name);
        tokio::time::sleep(nap).await;
    }
}

async fn work(app: Data<App>, mailer: Arc<Mailer>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    let mut next_sweep = tokio::time::Instant::now();
    let mut next_hour = tokio::time::Instant::now();
    loop {
        if tokio::time::Instant::now() >= next_hour {
            hourly(&app).await;
            next_hour = tokio::time::Instant::now() + Duration::from_secs(3600);
        }
        if tokio::time::Instant::now() >= next_sweep {
            sweep(&app).await;
            next_sweep = tokio::time::Instant::now() + Duration::from_secs(5);
        }
        app.pulse.beat();
        let free = places.available_permits();
        let leased = if free == 0 {
            Vec::new()
        } else {
            lease(&app, free).await
        };
        let is_idle = leased.is_empty();
        for job in leased {
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .expect("never closed");
            let (app, mailer) = (Data::clone(&app), Arc::clone(&mailer));
            under_way.spawn_local(async move {
                attempt(&app, &mailer, job).await;
                drop(place);
                app.bell.notify_one();
            });
        }
        while under_way.try_join_next().is_some() {}
        if is_idle {
            // A bell rung meanwhile is not lost: it is remembered until somebody waits.
            let _ = tokio::time::timeout(NAP, app.bell.notified()).await;
        }
    }
}

async fn lease(app: &App, most: usize) -> Vec<Leased> {
    let leased = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            Ok(jobs::lease(tx, most as i64, now)?)
        })
        .await;
    leased.unwrap_or_else(|error| {
        tracing::warn!(%error, "the outbox cannot be read; trying again");
        Vec::new()
    })
}

/// Tidies what has run out: holds, links, sessions.
async fn sweep(app: &App) {
    app.limits.forget_the_quiet();
    if let Some(recorder) = crate::server::health::start_measuring() {
        recorder.run_upkeep();
    }
    let swept = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            let hosts = bookings::store::sweep(tx, now)?;
            index::store::note_growth(tx, &hosts, now)?;
            limits::forget(tx, now)?;
            Ok(people::store::sweep(tx, now)?)
        })
        .await;
    if let Err(error) = swept {
        tracing::warn!(%error, "tidying failed; trying again");
    }
    if let Err(error) = expire_requests(app).await {
        tracing::warn!(%error, "requests do not expire; trying again");
    }
    if let Err(error) = settle(app).await {
        tracing::warn!(%error, "sessions that are over are not settled; trying again");
    }
    let prepared = app
        .db
        .transaction::<_, Error>(move |tx| Ok(prepare::tell(tx)?))
        .await;
    if let Err(error) = prepared {
        tracing::warn!(%error, "nobody hears of preparations; trying again");
    }
    let told = app
        .db
        .transaction::<_, Error>(move |tx| Ok(away::tell(tx)?))
        .await;
    if let Err(error) = told {
        tracing::warn!(%error, "nobody hears who is away; trying again");
    }
    let reminded = app
        .db
        .transaction::<_, Error>(move |tx| Ok(remind::remind(tx)?))
        .await;
    if let Err(error) = reminded {
        tracing::warn!(%error, "nobody is reminded; trying again");
    }
    if let Err(error) = keep_index(app).await {
        tracing::warn!(%error, "free times are not kept up; trying again");
    }
    if let Err(error) = offer(app).await {
        tracing::warn!(%error, "the waitlist is not served; trying again");
    }
}

/// Ends requests that nobody has answered, each in its own transaction.
async fn expire_requests(app: &App) -> Result<(), Error> {
    while app.transaction(answer::expire_one).await? {}
    Ok(())
}

/// Asks how sessions went, and settles, each in its own transaction, those about which no more is said.
async fn settle(app: &App) -> Result<(), Error> {
    app.db
        .transaction::<_, Error>(move |tx| Ok(report::ask(tx)?))
        .await?;
    while app.transaction(report::settle_one).await? {}
    Ok(())
}

/// Offers what has become free to those who wait for it, one host in each transaction.
async fn offer(app: &App) -> Result<(), Error> {
    app.db
        .transaction::<_, Error>(move |tx| Ok(waitlist::store::look_at_nobody(tx)?))
        .await?;
    while app.db.transaction::<_, DbError>(offer::look_at_one).await? {}
    Ok(())
}

/// Frees what expired holds have taken, and carries free times on, a few people in each transaction.
async fn keep_index(app: &App) -> Result<(), Error> {
    while app
        .db
        .transaction::<_, Error>(move |tx| Ok(index::sweep(tx)?))
        .await?
    {}
    while app
        .db
        .transaction::<_, Error>(move |tx| Ok(index::renew_some(tx)?))
        .await?
        > 0
    {}
    Ok(())
}

/// What is due every hour.
async fn hourly(app: &App) {
    let done = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            index::store::outdate(tx, zone::version(), now)?;
            bookings::store::forget_reminders(tx, now)?;
            waitlist::store::end_old(tx, now)?;
            prepare::nudge(tx)?;
            webhooks::store::forget(tx, now, webhooks::LOG_STAYS)?;
            Ok(index::store::renew_loads(tx, now)?)
        })
        .await;
    if let Err(error) = done {
        tracing::warn!(%error, "what is due hourly failed; trying again in an hour");
    }
    let erased = app
        .db
        .transaction::<_, Error>(move |tx| Ok(erase::erase_again(tx)?))
        .await;
    if let Err(error) = erased {
        tracing::warn!(%error, "what came after an account was erased stays; trying again in an hour");
    }
    if let Err(error) = forget_words(app).await {
        tracing::warn!(%error, "old words are not forgotten; trying again in an hour");
    }
    if let Err(error) = forget_files(app).await {
        tracing::warn!(%error, "old files are not deleted; trying again in an hour");
    }
}

/// Forgets what people wrote so long ago that the site keeps it no longer, a part in each transaction.
async fn forget_words(app: &App) -> Result<(), Error> {
    let days = app.config.retention_days;
    while app
        .db
        .transaction::<_, Error>(move |tx| Ok(retention::forget(tx, days)?))
        .await?
    {}
    let before = app.now() - chrono::TimeDelta::days(days.into());
    let folder = app.config.data_dir.clone();
    uploads::blocking(move || retention::forget_letters(&folder, before)).await
}

/// Deletes the contents of files that are kept no longer, and gives back the room they take.
async fn forget_files(app: &App) -> Result<(), Error> {
    // A younger file without a row may be one whose row is about to be written.
    let old = app.now() - chrono::TimeDelta::days(1);
    let folder = app.config.data_dir.clone();
    let in_folder = uploads::blocking(move || uploads::older_than(&folder, old)).await?;
    let gone = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            let mut gone = prepare::outdated(tx, now)?;
            gone.extend(uploads::strays(tx, &in_folder, now)?);
            Ok(gone)
        })
        .await?;
    let (folder, removed) = (app.config.data_dir.clone(), gone.clone());
    uploads::blocking(move || {
        removed
            .iter()
            .try_for_each(|id| uploads::remove(&folder, *id))
    })
    .await?;
    app.db
        .transaction::<_, Error>(move |tx| Ok(uploads::forget_all(tx, &gone)?))
        .await
}

/// Does one job, and says what became of it.
pub async fn attempt(app: &Data<App>, mailer: &Mailer, leased: Leased) {
    let Leased {
        id,
        job,
        attempts,
        created_at,
    } = leased;
    let is_of_erased = job.is_of_erased();
    let mut reader = None;
    let longest_wait = job.longest_wait();
    let mut is_written = true;
    let outcome = match compose(app, id, job).await {
        // It is of no use any more, or what it was about is gone.
        Ok(None) | Err(Error::NotFound) => {
            is_written = false;
            Ok(())
        }
        Ok(Some(letter)) if people::is_erased(&letter.to_email) => {
            is_written = false;
            Ok(())
        }
        Ok(Some(letter)) => {
            let sent = mailer.send(&letter, &app.config).await;
            reader = Some(letter.to_email);
            sent
        }
        Err(error) => Err(MailError::Temporary(error.to_string())),
    };
    let kind = match &outcome {
        Ok(()) if !is_written => "dropped",
        Ok(()) => "sent",
        Err(MailError::Permanent(_)) => "refused",
        Err(MailError::Temporary(_)) => "delayed",
    };
    metrics::counter!("mail_total", "outcome" => kind).increment(1);
    let noted = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            match &outcome {
                Ok(()) => jobs::finish(tx, id)?,
                Err(MailError::Temporary(error)) if now - created_at < PATIENCE => {
                    jobs::put_back(
                        tx,
                        id,
                        error,
                        now + jobs::backoff(attempts, rand::random()).min(longest_wait),
                    )?;
                }
                // Nothing of somebody erased is kept for an administrator to look at.
                Err(_) if is_of_erased => jobs::finish(tx, id)?,
                Err(MailError::Temporary(error) | MailError::Permanent(error)) => {
                    jobs::give_up(tx, id, error, now)?;
                    if let (Err(MailError::Permanent(said)), Some(email)) = (&outcome, &reader)
                        && is_about_mailbox(said)
                    {
                        let report = Report {
                            email: email.clone(),
                            trouble: Trouble::Bounce,
                            detail: said.clone(),
                        };
                        trouble::note(tx, &report)?;
                    }
                }
            }
            Ok(())
        })
        .await;
    match noted {
        Ok(()) => tracing::info!(job = id, outcome = kind, attempts, "mail"),
        // The lease runs out, and the letter goes once more under the same Message-ID.
        Err(error) => tracing::warn!(job = id, %error, "what became of a job cannot be noted"),
    }
}

/// The letter that a job asks for; none if it is no longer of use.
async fn compose(app: &Data<App>, id: i64, job: Job) -> Result<Option<Letter>, Error> {
    let shared = Data::clone(app);
    app.read(move |conn| letter(conn, &shared, id, &job)).await
}

/// Where a coordinator can leave letters about what waits for a decision.
fn leave(app: &App, reader: PersonId) -> String {
    app.config.link(&unsubscribe::path(&app.keys, reader))
}

fn letter(conn: &mut Conn, app: &App, id: i64, job: &Job) -> Result<Option<Letter>, Error> {
    let config = &app.config;
    let message_id = |kind: &str, unique: String| format!("{kind}.{unique}");
    match job {
        Job::SignInLink { link } => {
            let Some(link) = people::store::link(conn, *link)? else {
                return Ok(None);
            };
            if link.used_at.is_some() || link.expires_at <= app.now() {
                return Ok(None);
            }
            let envelope = Envelope {
                name: String::new(),
                email: link.email,
                id: message_id("sign-in", link.id.to_string()),
                date: link.created_at,
            };
            let url = config.link(&sign_in::path(&app.keys, link.id));
            Ok(Some(people::mail::sign_in_link(envelope, url)))
        }
        Job::JoinAsked {
            request,
            coordinator,
        } => {
            let request = people::store::request(conn, *request)?;
            let reader = people::store::person(conn, *coordinator)?;
            if request.approved.is_some() {
                return Ok(None);
            }
            let envelope = Envelope {
                name: reader.name,
                email: reader.email,
                id: message_id("join-asked", format!("{}.{}", request.id, reader.id)),
                date: request.asked_at,
            };
            let url = config.link("/coordinate");
            let letter = people::mail::join_asked(envelope, &request, url);
            Ok(Some(letter.leaving_at(leave(app, *coordinator))))
        }
        Job::JoinDecided { request } => {
            let request = people::store::request(conn, *request)?;
            let Some(approved) = request.approved else {
                return Ok(None);
            };
            let envelope = Envelope {
                name: request.name.clone(),
                email: request.email.clone(),
                id: message_id("join-decided", format!("{}.{id}", request.id)),
                date: request.asked_at,
            };
            let url = config.link(&form::address("/sign-in", &[("next", "/me")]));
            Ok(Some(people::mail::join_decided(envelope, approved, url)))
        }
        Job::CalendarFailing { calendar } => {
            let Some(calendar) = busy::store::calendar(conn, *calendar)? else {
                return Ok(None);
            };
            let (Some(since), Some(told_at)) = (calendar.failing_since, calendar.told_at) else {
                return Ok(None); // It can be read again.
            };
            let reader = people::store::person(conn, calendar.person_id)?;
            let zone = reader.zone();
            let envelope = Envelope {
                name: reader.name,
                email: reader.email,
                id: message_id(
                    "calendar",
                    format!("{}.{}", calendar.id, told_at.timestamp()),
                ),
                date: told_at,
            };
            let letter =
                busy::mail::failing(envelope, &calendar, since, &zone, config.link("/me/busy"));
            Ok(Some(letter))
        }
        Job::Reminder(job) => {
            let Some(meeting) = remind::standing(conn, job, app.now())? else {
                return Ok(None);
            };
            let url = config.link(&event::path(&meeting, job.reader));
            let letter = bookings::mail::reminder(&meeting, job, url, app.now());
            Ok(Some(letter))
        }
        Job::Digest {
            booking,
            reader,
            since,
            at,
        } => {
            let Some(meeting) = bookings::store::meeting(conn, *booking)? else {
                return Ok(None);
            };
            let prepared = preparation::store::prepared(conn, *booking, *reader)?;
            let url = config.link(&bookings::path(&meeting.booking));
            let about = (&meeting, &prepared, *reader);
            Ok(preparation::mail::digest(about, *since, *at, url))
        }
        Job::Nudge { booking, at } => {
            let Some(meeting) = bookings::store::meeting(conn, *booking)? else {
                return Ok(None);
            };
            let is_missing = preparation::store::count_files(conn, *booking)? == 0;
            let url = config.link(&bookings::path(&meeting.booking));
            let letter = preparation::mail::nudge(&meeting, *at, url);
            Ok(letter.filter(|_| is_missing))
        }
        Job::WaitlistOffer { booking, at } => {
            let Some(meeting) = bookings::store::meeting(conn, *booking)? else {
                return Ok(None);
            };
            let url = config.link(&format!("/holds/{booking}"));
            let list = config.link("/me/waitlist");
            let is_held = meeting.booking.is_held(app.now());
            Ok(is_held.then(|| waitlist::mail::offer(&meeting, *at, url, list)))
        }
        Job::After(job) => {
            let reader = people::store::person(conn, job.reader)?;
            let Some(meeting) = bookings::store::meeting(conn, job.booking)? else {
                return Ok(None);
            };
            let reports = aftercare::store::reports(conn, &[job.booking])?;
            let path = match job.news {
                AfterNews::Disputed => "/coordinate/sessions".to_owned(),
                _ => bookings::path(&meeting.booking),
            };
            let about = aftercare::mail::About {
                meeting: &meeting,
                reports: &reports,
                reader: &reader,
                url: &config.link(&path),
            };
            let letter = aftercare::mail::letter(&about, job);
            Ok(match job.news {
                AfterNews::Disputed => letter.map(|l| l.leaving_at(leave(app, job.reader))),
                _ => letter,
            })
        }
        Job::Away {
            booking,
            reader,
            at,
        } => {
            let Some(meeting) = bookings::store::meeting(conn, *booking)? else {
                return Ok(None);
            };
            let (_, away) = meeting.sides(*reader);
            let is_over = away.standing == people::Standing::Active
                || !away::is_ahead(&meeting.booking, app.now());
            let url = config.link(&event::path(&meeting, *reader));
            let letter = || away::mail::to_other(&meeting, *reader, *at, url);
            Ok((!is_over).then(letter))
        }
        Job::AccountChanged {
            person,
            change,
            at,
            to,
        } => {
            let reader = people::store::person(conn, *person)?;
            let envelope = Envelope {
                name: reader.name,
                email: to.clone().unwrap_or(reader.email),
                id: message_id("account", format!("{person}.{id}")),
                date: *at,
            };
            let url = config.link("/me/settings");
            let contact = config.contact.as_ref();
            let letter = people::mail::account_changed(envelope, *change, url, contact);
            Ok(Some(letter))
        }
        Job::ConfirmEmail {
            person,
            from,
            email,
            at,
        } => {
            let person = people::store::person(conn, *person)?;
            let envelope = Envelope {
                name: person.name.clone(),
                email: email.clone(),
                id: message_id("email", id.to_string()),
                date: *at,
            };
            let path = email::path(&app.keys, person.id, (from, email), *at);
            let url = config.link(&path);
            Ok(Some(people::mail::confirm_email(
                envelope,
                &person.name,
                url,
            )))
        }
        Job::AccountErased {
            email,
            at,
            by_other,
            cancelled,
        } => {
            let envelope = Envelope {
                name: String::new(),
                email: email.clone(),
                id: message_id("erased", id.to_string()),
                date: *at,
            };
            let contact = config.contact.as_ref();
            let letter = people::mail::account_erased(envelope, *by_other, *cancelled, contact);
            Ok(Some(letter))
        }
        Job::AwayWithSessions {
            person,
            reader,
            count,
            at,
        } => {
            let reader = people::store::person(conn, *reader)?;
            let away = people::store::person(conn, *person)?;
            let unique = format!("{person}.{}.{}", reader.id, at.timestamp_micros());
            let envelope = Envelope {
                name: reader.name.clone(),
                email: reader.email.clone(),
                id: message_id("away", unique),
                date: *at,
            };
            let url = config.link(&format!("/coordinate/people/{person}/record"));
            let letter = away::mail::to_coordinator(envelope, &away, *count, url);
            Ok(Some(letter.leaving_at(leave(app, reader.id))))
        }
        Job::MailTrouble { person, reader, at } => {
            let Some((trouble, detail, _)) = people::store::trouble(conn, *person)? else {
                return Ok(None);
            };
            let reader = people::store::person(conn, *reader)?;
            let whose = people::store::person(conn, *person)?;
            let unique = format!("{person}.{}.{}", reader.id, at.timestamp_micros());
            let envelope = Envelope {
                name: reader.name,
                email: reader.email,
                id: message_id("trouble", unique),
                date: *at,
            };
            let url = config.link(&format!("/coordinate/people/{person}"));
            let letter = people::mail::trouble(envelope, &whose, (trouble, &detail), url);
            Ok(Some(letter.leaving_at(leave(app, reader.id))))
        }
        Job::Strikes {
            person,
            strikes,
            at,
        } => {
            let reader = people::store::person(conn, *person)?;
            let envelope = Envelope {
                name: reader.name,
                email: reader.email,
                id: message_id("strikes", format!("{person}.{}", at.timestamp_micros())),
                date: *at,
            };
            let url = config.link("/me/record");
            Ok(Some(aftercare::mail::strikes(envelope, *strikes, url)))
        }
        Job::BookingLetter(job) => {
            let Some(mut meeting) = bookings::store::meeting(conn, job.booking)? else {
                return Ok(None);
            };
            for erased in &job.erased {
                meeting.remember(erased);
            }
            let origin = config.address();
            let site = Site {
                organizer: &config.mail_from,
                origin: &origin,
            };
            let url = |purpose, page| {
                if let Some(group) = job.group.filter(|_| job.reader == meeting.booking.host_id) {
                    return config.link(&format!("/bookings/{group}"));
                }
                let key = cancel::key(&app.keys, purpose, job.booking, job.reader, job.sequence);
                let path = format!("/bookings/{}/{page}", job.booking);
                config.link(&form::address(&path, &[("key", &key)]))
            };
            let urls = bookings::mail::Urls {
                cancel: url(Purpose::CancelBooking, "cancel"),
                answer: url(Purpose::AnswerBooking, "answer"),
            };
            Ok(Some(bookings::mail::letter(&meeting, job, &site, &urls)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{clock::Clock, config::Config, db::Db};

    #[actix_web::test]
    async fn a_loop_that_panics_begins_again_and_is_told() {
        let config = Config::from_vars(&[]).expect("the defaults");
        let db = Db::start("postgres://nobody@127.0.0.1:1/none", 1, Clock::System);
        let app = Data::new(App::new(config, db, &[7; 32]));
        let begun = Cell::new(0);
        let runs_well = tokio::sync::Notify::new();
        let supervised = supervise(&app, "a loop", Duration::ZERO, |_| {
            begun.set(begun.get() + 1);
            async {
                assert!(begun.get() > 3, "as faults of ours do");
                runs_well.notify_one();
                std::future::pending().await
            }
        });
        tokio::select! {
            () = supervised => unreachable!("it never ends"),
            () = runs_well.notified() => {}
        }
        assert_eq!(app.pulse.stumbles().get("a loop"), Some(&3));
    }
}
