//! Playing a rehearsal.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Event, EventKind, Rehearsal, Totals,
    invent::{answers, person},
};
use crate::{
    app::{App, WritesLetter},
    clock::Clock,
    config::Config,
    db::{self, Conn, Db, Tx},
    error::Error,
    jobs::{self, Work},
    mail::Letter,
    people::{self, Person, audit::By},
    programs::{
        self, After, Draft, ImportError, PublishError,
        application::{
            self, Application, CohortRole, Decision,
            apply::{self, ApplyError, Wanted},
            form,
        },
        cohort::{self, Cohort},
        file::{Mode, Part, ProgramFile, Severity},
        jobs::{ApplicationReceived, DatesChanged, ResultReleased, SeatOffered, StaffAppointed},
        phase::Phase,
        reread::reread,
        selection::{decide, letter, release, seat},
    },
};

/// How many people may take part.
pub const PEOPLE: std::ops::RangeInclusive<usize> = 2..=2000;
/// How long a program that is always open is played.
const EVERGREEN: TimeDelta = TimeDelta::days(60);

#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// What blocks publishing, a sentence each.
    #[error("the program cannot be published as it is:\n{}", .0.join("\n"))]
    Blocked(Vec<String>),
    #[error("sessions of this program are booked one by one: there is no cohort to rehearse")]
    NoCohort,
    #[error("the cohort is only planned, and nobody can apply: set cohort.status to \"confirmed\"")]
    Planned,
    #[error("{0}")]
    Failed(String),
}

impl From<Error> for RehearsalError {
    fn from(error: Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<diesel::result::Error> for RehearsalError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Plays a cohort of `people` in the empty database of that address. The same seed plays the same.
pub fn rehearse(
    url: &str,
    config: &Config,
    text: &str,
    people: usize,
    seed: u64,
) -> Result<Rehearsal, RehearsalError> {
    let failed = |error: &dyn std::fmt::Display| RehearsalError::Failed(error.to_string());
    let mut conn = db::connect(url).map_err(|error| failed(&error))?;
    db::migrate(&mut conn).map_err(|error| failed(&error))?;
    let draft = Draft::read(text, None).map_err(|error| match error {
        ImportError::Unreadable(findings) => {
            RehearsalError::Blocked(findings.into_iter().map(|f| f.message).collect())
        }
        error => failed(&error),
    })?;
    let file = reread(text)?;
    // A fixed moment, so that what the file leaves to “today” is the same each time.
    let begins = file
        .cohort
        .as_ref()
        .and_then(|cohort| cohort.applications_open)
        .map(|moment| moment.at - TimeDelta::days(1));
    let begins = begins.unwrap_or_else(|| at_nine(&file, NaiveDate::default()));
    let clock = Clock::standing_at(begins);
    let mut stage = Stage {
        app: App::new(config.clone(), Db::start(url, 1, clock.clone()), &[0; 32]),
        conn,
        clock,
        file: Arc::new(file),
        rng: StdRng::seed_from_u64(seed),
        events: Vec::new(),
        totals: Totals::default(),
    };
    stage.publish(&draft)?;
    let cohort = stage.cohort(&draft.slug)?;
    let cast = stage.cast(people)?;
    if cohort.is_rolling {
        stage.play_rolling(&cohort, &cast)?;
    } else {
        stage.play(&cohort, &cast)?;
    }
    stage.tasks(&cohort);
    // Of one moment, as it happened.
    stage.events.sort_by_key(|event| event.at);
    stage.totals.problems = stage.count(EventKind::Problem);
    stage.totals.mails = stage.count(EventKind::Mail);
    Ok(Rehearsal {
        events: stage.events,
        totals: stage.totals,
    })
}

/// Nine in the morning of a day, on the program's clocks.
fn at_nine(file: &ProgramFile, day: NaiveDate) -> DateTime<Utc> {
    file.zone.instant(day, 9 * 60)
}

struct Stage {
    app: App,
    conn: Conn,
    clock: Clock,
    file: Arc<ProgramFile>,
    rng: StdRng,
    events: Vec<Event>,
    totals: Totals,
}

/// Somebody who takes part, and in what.
struct Actor {
    person: Person,
    role: CohortRole,
    number: usize,
}

impl Stage {
    fn publish(&mut self, draft: &Draft) -> Result<(), RehearsalError> {
        let slug = draft.slug.clone();
        let taken = db::transaction(&mut self.conn, &self.clock, |tx| {
            programs::import(tx, &By::MACHINE, draft, After::Nothing)
        });
        taken.map_err(|error| RehearsalError::Failed(error.to_string()))?;
        let published = db::transaction(&mut self.conn, &self.clock, |tx| {
            programs::publish(tx, &By::MACHINE, &slug, 1)
        });
        published.map_err(|error| match error {
            PublishError::Blocked(findings) => RehearsalError::Blocked(
                findings
                    .into_iter()
                    .filter(|finding| finding.severity == programs::file::lint::Weight::Blocks)
                    .map(|finding| format!("{}: {}", finding.place, finding.message))
                    .collect(),
            ),
            error => RehearsalError::Failed(error.to_string()),
        })
    }

    fn cohort(&mut self, slug: &str) -> Result<Cohort, RehearsalError> {
        if self.file.mode == Mode::Slots {
            return Err(RehearsalError::NoCohort);
        }
        let running = cohort::store::current(&mut self.conn, slug)?;
        let cohort = running.ok_or(RehearsalError::NoCohort)?.cohort;
        match cohort.phase(self.clock.now()) {
            Phase::Planned => Err(RehearsalError::Planned),
            _ => Ok(cohort),
        }
    }

    /// Four mentees to three mentors, as they come to such programs.
    fn cast(&mut self, people: usize) -> Result<Vec<Actor>, RehearsalError> {
        let mentees = (people * 4).div_ceil(7).clamp(1, people - 1);
        self.totals.mentees = mentees;
        self.totals.mentors = people - mentees;
        let now = self.clock.now();
        let cast: Vec<Actor> = (0..people)
            .map(|number| {
                let role = match number < mentees {
                    true => CohortRole::Mentee,
                    false => CohortRole::Mentor,
                };
                Actor {
                    person: person(role, number, now),
                    role,
                    number,
                }
            })
            .collect();
        let all: Vec<Person> = cast.iter().map(|actor| actor.person.clone()).collect();
        people::store::insert_many(&mut self.conn, &all)?;
        Ok(cast)
    }

    /// Moves the clock on; it never goes back.
    fn go_to(&mut self, at: DateTime<Utc>) {
        let now = self.clock.now();
        if at > now {
            self.clock.advance(at - now);
        }
    }

    fn tell(&mut self, kind: EventKind, who: &str, what: impl Into<String>) {
        let event = Event {
            at: self.clock.now(),
            kind,
            who: who.to_owned(),
            what: what.into(),
        };
        self.events.push(event);
    }

    fn count(&self, kind: EventKind) -> usize {
        self.events
            .iter()
            .filter(|event| event.kind == kind)
            .count()
    }

    /// Does something, and reads the letters that came of it.
    fn act<T, E>(&mut self, work: impl FnOnce(&mut Tx) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        db::transaction(&mut self.conn, &self.clock, work)
    }

    /// Reads the letters that wait.
    fn mails(&mut self) -> Result<(), RehearsalError> {
        loop {
            let now = self.clock.now();
            let leased = jobs::lease(&mut self.conn, 10_000, now)?;
            if leased.is_empty() {
                return Ok(());
            }
            let mut letters = Vec::new();
            for job in leased {
                let kind = jobs::kind(&job.job).to_owned();
                match letter_of(&mut self.conn, &self.app, &job.job, job.id) {
                    Ok(Some(letter)) => {
                        let what = format!("{kind}: {}", letter.subject);
                        letters.push((letter.to_email, letter.to_name, what));
                    }
                    Ok(None) => (),
                    Err(error) => {
                        let what = format!("the letter {kind} cannot be written: {error}");
                        self.tell(EventKind::Problem, "", what);
                    }
                }
                jobs::finish(&mut self.conn, job.id)?;
            }
            // Those of one moment are in no order of their own.
            letters.sort();
            for (_, name, what) in letters {
                self.tell(EventKind::Mail, &name, what);
            }
        }
    }

    /// Somebody saves a draft or sends an application.
    fn apply(
        &mut self,
        cohort: &Cohort,
        actor: &Actor,
        is_sent: bool,
    ) -> Result<(), RehearsalError> {
        let file = Arc::clone(&self.file);
        let today = cohort.zone().local(self.clock.now()).date_naive();
        let wanted = Wanted {
            role: actor.role,
            answers: answers(&file, actor.role, actor.number, today),
            agreed: form::acknowledgements(&file, actor.role)
                .map(|one| one.name.clone())
                .collect(),
            cohort,
            file: &file,
        };
        let person = actor.person.clone();
        let done = db::transaction(&mut self.conn, &self.clock, |tx| match is_sent {
            true => apply::submit(tx, &person, &wanted, true),
            false => apply::save(tx, &person, &wanted),
        });
        let role = actor.role.as_str();
        let name = &actor.person.name;
        match done {
            Ok(_) if is_sent => self.tell(EventKind::Action, name, format!("applies as a {role}")),
            Ok(_) => self.tell(
                EventKind::Action,
                name,
                format!("begins to apply as a {role}"),
            ),
            Err(ApplyError::Database(error)) => return Err(Error::from(error).into()),
            Err(ApplyError::Invalid(problems)) => {
                let what = format!("the form cannot be filled in: {problems}");
                self.tell(EventKind::Problem, name, what);
            }
            Err(error) => self.tell(EventKind::Refused, name, error.to_string()),
        }
        self.mails()
    }

    /// A cohort with dates.
    fn play(&mut self, cohort: &Cohort, cast: &[Actor]) -> Result<(), RehearsalError> {
        self.tell(EventKind::State, "", Phase::Announced.as_str());
        if let Some(first) = cast.first() {
            self.apply(cohort, first, true)?;
        }
        let (Some(opens), Some(closes)) = (cohort.opens_at, cohort.closes_at) else {
            let what = "without an opening and a close of applications nobody can apply";
            self.tell(EventKind::Problem, "", what);
            return Ok(());
        };
        self.go_to(opens);
        self.tell(EventKind::State, "", Phase::Open.as_str());
        self.window(cohort, cast, (opens, closes))?;
        self.go_to(closes);
        self.tell(EventKind::Deadline, "", "applications close");
        self.tell(EventKind::State, "", Phase::Reviewing.as_str());
        // One second too late is too late.
        if let Some(last) = cast.last() {
            self.apply(cohort, last, true)?;
        }
        let results = cohort.results_at.unwrap_or(closes + TimeDelta::days(7));
        self.go_to(closes + (results - closes) / 2);
        self.decide(cohort)?;
        self.go_to(results);
        let told = self.act(|tx| release::release(tx, &By::MACHINE, cohort.id));
        match told {
            Ok(count) => {
                self.totals.results = count;
                self.tell(EventKind::State, "", Phase::Decided.as_str());
            }
            Err(release::ReleaseError::Blocked(blocks)) => {
                for block in blocks {
                    self.tell(EventKind::Problem, "", block);
                }
            }
            Err(error) => return Err(Error::from(error).into()),
        }
        self.mails()?;
        self.withdrawals(cohort, results)?;
        for (day, phase) in [
            (cohort.starts_on, Phase::Running),
            (cohort.ends_on.and_then(|day| day.succ_opt()), Phase::Closed),
        ] {
            if let Some(day) = day {
                self.go_to(cohort.zone().instant(day, 0));
                self.tell(EventKind::State, "", phase.as_str());
            }
        }
        Ok(())
    }

    /// Everybody applies some time in a window; some begin and finish later.
    fn window(
        &mut self,
        cohort: &Cohort,
        cast: &[Actor],
        (from, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), RehearsalError> {
        let seconds = (until - from).num_seconds().max(2);
        let mut visits: Vec<(DateTime<Utc>, usize, bool)> = Vec::new();
        for index in 0..cast.len() {
            let at = self.rng.random_range(0..seconds);
            let at = from + TimeDelta::seconds(at);
            if self.rng.random_ratio(1, 4) {
                let later = self.rng.random_range(0..(until - at).num_seconds().max(1));
                visits.push((at, index, false));
                visits.push((at + TimeDelta::seconds(later), index, true));
            } else {
                visits.push((at, index, true));
            }
        }
        visits.sort();
        for (at, index, is_sent) in visits {
            self.go_to(at);
            self.apply(cohort, &cast[index], is_sent)?;
        }
        Ok(())
    }

    /// The staff decides: as many as there are seats, then some for the wait-list.
    fn decide(&mut self, cohort: &Cohort) -> Result<(), RehearsalError> {
        let mut taken = BTreeMap::new();
        for role in CohortRole::ALL {
            let mut all: Vec<Application> = self.applications(cohort, *role)?;
            all.shuffle(&mut self.rng);
            let seats = match role {
                CohortRole::Mentee => cohort.mentee_seats,
                CohortRole::Mentor => cohort.mentor_seats,
            };
            let seats = seats.map_or(all.len(), |seats| usize::try_from(seats).unwrap_or(0));
            let chosen = all.len().min(seats);
            let waiting = (all.len() - chosen).min(chosen.div_ceil(4));
            taken.insert(role.as_str(), chosen);
            for (decision, some) in [
                (Decision::Selected, &all[..chosen]),
                (Decision::WaitListed, &all[chosen..chosen + waiting]),
                (Decision::NotSelected, &all[chosen + waiting..]),
            ] {
                let ids: Vec<_> = some.iter().map(|application| application.id).collect();
                for ids in ids.chunks(decide::MOST) {
                    let decided = self
                        .act(|tx| decide::decide(tx, &By::MACHINE, cohort.id, ids, Some(decision)));
                    if let Err(error) = decided {
                        self.tell(EventKind::Problem, "", error.to_string());
                    }
                }
            }
        }
        self.totals.selected = taken.values().sum();
        let words: Vec<String> = taken
            .iter()
            .map(|(role, count)| format!("{count} {role}s"))
            .collect();
        self.tell(
            EventKind::Action,
            "Staff",
            format!("selects {}", words.join(" and ")),
        );
        self.mails()
    }

    /// The applications of a role that have been sent, in the order of their authors' addresses: ids are random.
    fn applications(
        &mut self,
        cohort: &Cohort,
        role: CohortRole,
    ) -> Result<Vec<Application>, RehearsalError> {
        let all = application::store::submitted(&mut self.conn, cohort.id, role)?;
        self.totals.applications += all.len();
        Ok(all)
    }

    /// One who is in withdraws in each role; the first to whom the place is offered lets it lapse.
    fn withdrawals(&mut self, cohort: &Cohort, after: DateTime<Utc>) -> Result<(), RehearsalError> {
        self.go_to(after + TimeDelta::days(1));
        for role in CohortRole::ALL {
            let all = application::store::submitted(&mut self.conn, cohort.id, *role)?;
            let Some(first) = all.iter().find(|application| application.is_in()) else {
                continue;
            };
            let author = people::store::person(&mut self.conn, first.person_id)?;
            let (id, name) = (first.id, author.name.clone());
            let done = self.act(|tx| seat::withdraw(tx, &author, id));
            done.map_err(Error::from)?;
            self.tell(EventKind::Action, &name, "withdraws");
            self.mails()?;
        }
        self.go_to(after + TimeDelta::days(1) + seat::OFFER_LASTS);
        while self.act(seat::lapse_one).map_err(Error::from)? {
            let what = "a place was not taken in time and is passed on";
            self.tell(EventKind::Deadline, "", what);
        }
        self.mails()?;
        self.go_to(after + TimeDelta::days(2) + seat::OFFER_LASTS);
        for role in CohortRole::ALL {
            let all = application::store::submitted(&mut self.conn, cohort.id, *role)?;
            let offered = all
                .iter()
                .filter(|application| application.decision == Some(Decision::Offered));
            for application in offered {
                let author = people::store::person(&mut self.conn, application.person_id)?;
                let (id, name) = (application.id, author.name.clone());
                let done = self.act(|tx| seat::answer(tx, &author, id, true));
                done.map_err(Error::from)?;
                self.tell(EventKind::Action, &name, "takes the place");
                self.mails()?;
            }
        }
        Ok(())
    }

    /// A program that is always open, for two months.
    fn play_rolling(&mut self, cohort: &Cohort, cast: &[Actor]) -> Result<(), RehearsalError> {
        self.tell(EventKind::State, "", Phase::AlwaysOpen.as_str());
        let from = self.clock.now();
        self.window(cohort, cast, (from, from + EVERGREEN))?;
        self.go_to(from + EVERGREEN);
        if !self.file.takes_everybody() {
            self.decide(cohort)?;
            let told = self.act(|tx| release::release(tx, &By::MACHINE, cohort.id));
            match told {
                Ok(count) => self.totals.results = count,
                Err(error) => self.tell(EventKind::Problem, "", error.to_string()),
            }
            return self.mails();
        }
        for role in CohortRole::ALL {
            let all = self.applications(cohort, *role)?;
            self.totals.selected += all.iter().filter(|found| found.is_in()).count();
        }
        self.totals.results = self.totals.selected;
        Ok(())
    }

    /// What is due after the start, and what is wrong with the letters.
    fn tasks(&mut self, cohort: &Cohort) {
        let starts = cohort.starts_on.unwrap_or_else(|| {
            let now = self.clock.now();
            cohort.zone().local(now).date_naive()
        });
        let file = Arc::clone(&self.file);
        for milestone in &file.milestones {
            if milestone.severity == Severity::Off {
                continue;
            }
            let day = milestone.after.and_then(|after| after.after(starts));
            let Some(day) = day else {
                continue;
            };
            let who = match milestone.role {
                Part::Mentee => "Mentees",
                Part::Mentor => "Mentors",
                Part::Both => "Everybody",
            };
            self.events.push(Event {
                at: at_nine(&file, day),
                kind: EventKind::Task,
                who: who.into(),
                what: format!("{}: {}", milestone.name, milestone.words),
            });
        }
        for (name, problem) in letter::problems(&file, cohort).iter() {
            self.tell(
                EventKind::Problem,
                "",
                format!("the letter “{name}” {problem}"),
            );
        }
    }
}

/// The letter of a job about programs.
fn letter_of(conn: &mut Conn, app: &App, job: &Value, id: i64) -> Result<Option<Letter>, Error> {
    fn read<W: WritesLetter + DeserializeOwned>(
        conn: &mut Conn,
        app: &App,
        job: &Value,
        id: i64,
    ) -> Result<Option<Letter>, Error> {
        let work = W::deserialize(job).map_err(|error| Error::Internal(error.to_string()))?;
        work.letter(conn, app, id)
    }
    let kind = jobs::kind(job);
    if kind == ApplicationReceived::kind() {
        read::<ApplicationReceived>(conn, app, job, id)
    } else if kind == ResultReleased::kind() {
        read::<ResultReleased>(conn, app, job, id)
    } else if kind == SeatOffered::kind() {
        read::<SeatOffered>(conn, app, job, id)
    } else if kind == DatesChanged::kind() {
        read::<DatesChanged>(conn, app, job, id)
    } else if kind == StaffAppointed::kind() {
        read::<StaffAppointed>(conn, app, job, id)
    } else {
        Ok(None)
    }
}
