//! The background worker: periodic work, and the jobs that rooms have queued.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::web::Data;
use futures_util::FutureExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    app::{App, WritesLetter},
    bookings::{
        self,
        aftercare::{self, report},
        away,
        change::answer,
        preparation::{self, prepare},
        remind,
        waitlist::{self, offer},
    },
    busy::{self, importer},
    db::{DbError, limits},
    error::Error,
    jobs::{self, Leased},
    mail::{
        MailError, Mailer,
        report::{Report, Trouble, is_about_mailbox},
    },
    people::{self, trouble},
    personal_data::{self, erase, retention},
    programs::{
        self,
        application::attachment::attach,
        digest,
        selection::{release, seat},
    },
    schedule::zone,
    slots::index,
    uploads,
    webhooks::{self, deliver},
};

/// Letters under way at once.
const AT_ONCE: usize = 8;
/// How long the worker sleeps when nobody rings.
const NAP: Duration = Duration::from_secs(2);
/// How long letters are tried.
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

/// Restarts a loop that a bug has ended, and counts and reports it.
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
            if let Err(error) = app.refresh_brand().await {
                tracing::warn!(%error, "the site's name and look could not be read");
            }
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
        while let Some(ended) = under_way.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a job panicked; it is tried again when its lease ends");
                app.pulse.stumble("the worker");
            }
        }
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
            people::profile::store::resume(tx, now)?;
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
        tracing::warn!(%error, "preparation emails cannot be queued; trying again");
    }
    let told = app
        .db
        .transaction::<_, Error>(move |tx| Ok(away::tell(tx)?))
        .await;
    if let Err(error) = told {
        tracing::warn!(%error, "emails about who is away cannot be queued; trying again");
    }
    let reminded = app
        .db
        .transaction::<_, Error>(move |tx| Ok(remind::remind(tx)?))
        .await;
    if let Err(error) = reminded {
        tracing::warn!(%error, "reminders cannot be queued; trying again");
    }
    if let Err(error) = select(app).await {
        tracing::warn!(%error, "results and seats of programs cannot be processed; trying again");
    }
    if let Err(error) = keep_index(app).await {
        tracing::warn!(%error, "free times are not kept up; trying again");
    }
    if let Err(error) = offer(app).await {
        tracing::warn!(%error, "the waitlist cannot be processed; trying again");
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

/// Releases results that are due, and passes on seats that nobody has taken, each in its own transaction.
async fn select(app: &App) -> Result<(), Error> {
    while app.transaction(release::release_due).await? {}
    while app.transaction(seat::lapse_one).await? {}
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
            people::sign_in::store::forget_errands(tx, now)?;
            people::invitation::store::forget_old(tx, now)?;
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
    let told = app
        .transaction::<_, Error>(move |tx| Ok(digest::tell::tell(tx)?))
        .await;
    if let Err(error) = told {
        tracing::warn!(%error, "daily emails of cohorts cannot be queued; trying again in an hour");
    }
    if let Err(error) = forget_words(app).await {
        tracing::warn!(%error, "old texts cannot be deleted; trying again in an hour");
    }
    if let Err(error) = forget_files(app).await {
        tracing::warn!(%error, "old files cannot be deleted; trying again in an hour");
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

/// Deletes the contents of files that are kept no longer, and gives back the space they use.
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
            gone.extend(attach::outdated(tx, now)?);
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

/// Reads the work of a job.
type Read = fn(&Value) -> serde_json::Result<Arc<dyn WritesLetter>>;

fn kind<W: WritesLetter + DeserializeOwned + 'static>() -> (&'static str, Read) {
    (W::kind(), |job| Ok(Arc::new(W::deserialize(job)?)))
}

/// Every kind of work, and what reads it.
static KINDS: LazyLock<BTreeMap<&str, Read>> = LazyLock::new(|| {
    BTreeMap::from([
        kind::<people::jobs::SignInLink>(),
        kind::<people::jobs::JoinAsked>(),
        kind::<people::jobs::JoinDecided>(),
        kind::<people::jobs::Invited>(),
        kind::<people::jobs::AccountChanged>(),
        kind::<people::jobs::ConfirmEmail>(),
        kind::<people::jobs::MailTrouble>(),
        kind::<bookings::jobs::BookingLetter>(),
        kind::<bookings::jobs::Reminder>(),
        kind::<preparation::jobs::Digest>(),
        kind::<preparation::jobs::Nudge>(),
        kind::<waitlist::jobs::WaitlistOffer>(),
        kind::<aftercare::jobs::AfterLetter>(),
        kind::<aftercare::jobs::Strikes>(),
        kind::<away::jobs::Away>(),
        kind::<away::jobs::AwayWithSessions>(),
        kind::<busy::jobs::CalendarFailing>(),
        kind::<personal_data::jobs::AccountErased>(),
        kind::<programs::jobs::StaffAppointed>(),
        kind::<programs::jobs::DatesChanged>(),
        kind::<programs::jobs::MilestonesChanged>(),
        kind::<programs::jobs::CohortDigest>(),
        kind::<programs::jobs::ApplicationReceived>(),
        kind::<programs::jobs::ResultReleased>(),
        kind::<programs::jobs::SeatOffered>(),
        kind::<programs::jobs::ReleaseBlocked>(),
        kind::<programs::jobs::EventNews>(),
    ])
});

fn read(job: &Value) -> Result<Arc<dyn WritesLetter>, String> {
    let kind = jobs::kind(job);
    let read = KINDS
        .get(kind)
        .ok_or_else(|| format!("no such work as {kind}"))?;
    read(job).map_err(|error| error.to_string())
}

/// Does one job, and says what became of it.
pub async fn attempt(app: &Data<App>, mailer: &Mailer, leased: Leased) {
    match read(&leased.job) {
        Ok(work) => send(app, mailer, leased, work).await,
        Err(error) => put_off(app, leased, error).await,
    }
}

/// What this version cannot read waits: a newer one may have queued it before this one was put back.
async fn put_off(app: &Data<App>, leased: Leased, error: String) {
    let id = leased.id;
    let noted = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            Ok(jobs::put_off_unread(tx, &leased, &error, now)?)
        })
        .await;
    if let Err(error) = noted {
        tracing::warn!(job = id, %error, "a job’s outcome cannot be recorded");
    }
}

async fn send(app: &Data<App>, mailer: &Mailer, leased: Leased, work: Arc<dyn WritesLetter>) {
    let Leased {
        id,
        attempts,
        created_at,
        ..
    } = leased;
    let is_of_erased = work.is_of_erased();
    let mut reader = None;
    let longest_wait = work.longest_wait();
    let mut is_written = true;
    let shared = Data::clone(app);
    let letter = app.read(move |conn| work.letter(conn, &shared, id)).await;
    let outcome = match letter {
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
            let sent =
                unless_it_panics(mailer.send(&letter, &app.sender(), &app.brand().identity)).await;
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
        Err(error) => tracing::warn!(job = id, %error, "a job’s outcome cannot be recorded"),
    }
}

/// A letter that makes us panic is tried as long as others and then given up, not leased for ever.
async fn unless_it_panics(
    sending: impl Future<Output = Result<(), MailError>>,
) -> Result<(), MailError> {
    let sent = AssertUnwindSafe(sending).catch_unwind().await;
    sent.unwrap_or_else(|_| Err(MailError::Temporary("writing it panicked".into())))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;
    use crate::{clock::Clock, config::Config, db::Db};

    /// What was queued by the version before is still done after an update.
    #[test]
    fn work_is_read_as_it_was_first_written() {
        let id = "5b1c4e1e-93a3-4c55-8a0e-1f6a3ad1c001";
        let at = "2026-03-02T08:00:00Z";
        let kept = [
            json!({ "kind": "sign_in_link", "link": id }),
            json!({ "kind": "join_asked", "request": id, "coordinator": id }),
            json!({ "kind": "join_decided", "request": id }),
            json!({ "kind": "invited", "invitation": id, "at": at }),
            json!({ "kind": "account_changed", "person": id, "change": "passkey_added", "at": at, "to": null }),
            json!({ "kind": "confirm_email", "person": id, "from": "a@example.org", "email": "b@example.org", "at": at }),
            json!({ "kind": "mail_trouble", "person": id, "reader": id, "at": at }),
            json!({ "kind": "booking_letter", "booking": id, "reader": id, "news": "seat_taken", "sequence": 2,
                    "starts_at": at, "ends_at": at, "at": at }),
            json!({ "kind": "reminder", "booking": id, "reader": id, "minutes": 60, "starts_at": at, "at": at }),
            json!({ "kind": "digest", "booking": id, "reader": id, "since": at, "at": at }),
            json!({ "kind": "nudge", "booking": id, "at": at }),
            json!({ "kind": "waitlist_offer", "booking": id, "at": at }),
            json!({ "kind": "after", "booking": id, "reader": id, "news": "said_no_show", "note": "", "at": at }),
            json!({ "kind": "strikes", "person": id, "strikes": 2, "at": at }),
            json!({ "kind": "away", "booking": id, "reader": id, "at": at }),
            json!({ "kind": "away_with_sessions", "person": id, "reader": id, "count": 3, "at": at }),
            json!({ "kind": "calendar_failing", "calendar": id }),
            json!({ "kind": "account_erased", "email": "a@example.org", "at": at }),
            json!({ "kind": "staff_appointed", "program": id, "person": id, "at": at }),
            json!({ "kind": "dates_changed", "cohort": id, "person": id, "at": at }),
            json!({ "kind": "milestones_changed", "cohort": id, "person": id, "at": at }),
            json!({ "kind": "cohort_digest", "person": id, "since": at, "at": at }),
            json!({ "kind": "application_received", "application": id, "at": at }),
            json!({ "kind": "result_released", "application": id, "decision": "selected", "at": at }),
            json!({ "kind": "seat_offered", "application": id, "at": at }),
            json!({ "kind": "event_news", "activity": id, "person": id, "at": at }),
            json!({ "kind": "release_blocked", "cohort": id, "person": id, "blocks": ["x"], "at": at }),
        ];
        for job in &kept {
            assert_eq!(read(job).map(drop), Ok(()), "{job}");
        }
        assert_eq!(KINDS.len(), kept.len(), "new work is read here as well");
        for kind in KINDS.keys() {
            assert_ne!(
                crate::server::admin::title(kind),
                crate::server::admin::title(""),
                "{kind}"
            );
        }
        assert!(read(&json!({ "kind": "of_tomorrow" })).is_err());
    }

    #[actix_web::test]
    async fn a_letter_that_panics_is_tried_again_and_given_up_in_the_end() {
        let sent = unless_it_panics(async { panic!("as faults of ours do") }).await;
        assert!(matches!(sent, Err(MailError::Temporary(_))));
        assert!(unless_it_panics(async { Ok(()) }).await.is_ok());
    }

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
