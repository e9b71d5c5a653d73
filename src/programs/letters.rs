//! The letters about programs as they stand when they are sent.

use chrono::{DateTime, Utc};

use super::{
    activity::{self, event::Origin},
    application::{self, Application, ApplicationStatus, Decision},
    cohort::{self, Cohort, store::Running},
    digest,
    file::ProgramFile,
    jobs::{
        ApplicationReceived, CohortDigest, DatesChanged, EventNews, MilestonesChanged,
        ReleaseBlocked, ResultReleased, SeatOffered, StaffAppointed,
    },
    mail::{self, About},
    member,
    reread::reread,
    selection::letter::{self, Facts},
    staff::{self, StaffRole},
    store,
};
use crate::{
    app::{App, WritesLetter},
    db::{ApplicationId, CohortId, Conn, PersonId},
    error::Error,
    html::time,
    mail::{Envelope, Letter},
    people::{self, Person},
};

impl WritesLetter for StaffAppointed {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let reader = people::store::person(conn, self.person)?;
        let all = staff::store::all(conn, self.program)?;
        let Some((_, role)) = all.iter().find(|(person, _)| person.id == self.person) else {
            return Ok(None);
        };
        let Some(program) = store::program_of(conn, self.program)? else {
            return Ok(None);
        };
        let page = match role {
            StaffRole::Lead => "",
            _ => "/cohorts",
        };
        let url = app
            .config
            .link(&format!("/coordinate/programs/{}{page}", program.slug));
        let id = format!("staff.{}.{}", self.program, self.at.timestamp_micros());
        Ok(Some(mail::appointed(
            envelope(&reader, id, self.at),
            &program.name,
            *role,
            url,
        )))
    }
}

/// Somebody who is written to about a cohort, and the cohort with its file.
struct OfCohort {
    reader: Person,
    cohort: Cohort,
    /// The slug of the program.
    program: String,
    file: ProgramFile,
}

impl OfCohort {
    fn by(conn: &mut Conn, cohort: CohortId, reader: PersonId) -> Result<Self, Error> {
        let running = cohort::store::running_of(conn, cohort)?;
        Ok(Self {
            reader: people::store::person(conn, reader)?,
            file: reread(&running.text)?,
            cohort: running.cohort,
            program: running.program,
        })
    }

    fn about(&self) -> About<'_> {
        About {
            file: &self.file,
            cohort: &self.cohort,
            zone: self.reader.zone(),
        }
    }
}

impl WritesLetter for DatesChanged {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let of = OfCohort::by(conn, self.cohort, self.person)?;
        let id = format!("dates.{}.{}", self.cohort, self.at.timestamp_micros());
        let id = format!("{id}.{}", self.person);
        let url = app.config.link(&format!("/programs/{}", of.program));
        Ok(Some(mail::dates_changed(
            envelope(&of.reader, id, self.at),
            &of.about(),
            url,
        )))
    }
}

impl WritesLetter for MilestonesChanged {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let of = OfCohort::by(conn, self.cohort, self.person)?;
        let roles = member::store::roles(conn, self.cohort, self.person)?;
        if roles.is_empty() {
            return Ok(None);
        }
        let at = self.at.timestamp_micros();
        let id = format!("milestones.{}.{}.{at}", self.cohort, self.person);
        let url = app
            .config
            .link(&format!("/cohorts/{}/{}", of.program, of.cohort.slug));
        let due = member::rules::milestones(&of.file, &roles, of.cohort.starts_on);
        let envelope = envelope(&of.reader, id, self.at);
        Ok(Some(mail::milestones_changed(
            envelope,
            &of.about(),
            &due,
            url,
        )))
    }
}

impl WritesLetter for CohortDigest {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let reader = people::store::person(conn, self.person)?;
        // What was removed, or missed by leaving, meanwhile is not told.
        let news = digest::store::news(conn, self.person, self.since, self.at)?;
        let id = format!("digest.{}.{}", self.person, self.at.timestamp_micros());
        let link = |path: &str| app.config.link(path);
        let zone = reader.zone();
        let envelope = envelope(&reader, id, self.at);
        Ok(mail::digest(envelope, &news, &zone, link))
    }
}

/// An application, its author, and the cohort with its file.
struct Found {
    application: Application,
    author: Person,
    running: Running,
    file: ProgramFile,
    url: String,
}

impl Found {
    fn by(conn: &mut Conn, app: &App, id: ApplicationId) -> Result<Option<Self>, Error> {
        let Some((application, author)) = application::store::with_author(conn, id)? else {
            return Ok(None);
        };
        let running = cohort::store::running_of(conn, application.cohort_id)?;
        Ok(Some(Self {
            file: reread(&running.text)?,
            url: app.config.link(&format!("/applications/{id}")),
            application,
            author,
            running,
        }))
    }

    fn written(&self, decision: Decision) -> Result<letter::Written, Error> {
        let until = self.application.offered_until;
        let until = until.filter(|_| decision == Decision::Offered);
        let zone = self.author.zone();
        let facts = Facts {
            name: &self.author.name,
            role: self.application.role,
            url: &self.url,
            until: until.map(|at| format!("{}, {} time", time::moment(at, &zone), zone.city())),
        };
        letter::written(&self.file, &self.running.cohort, decision, &facts).map_err(|variable| {
            Error::Internal(format!("a letter names {{{variable}}}, which is not there"))
        })
    }
}

impl WritesLetter for ApplicationReceived {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(found) = Found::by(conn, app, self.application)? else {
            return Ok(None);
        };
        if found.application.status != ApplicationStatus::Submitted {
            return Ok(None);
        }
        let at = self.at.timestamp_micros();
        let id = format!("received.{}.{at}", self.application);
        let about = About {
            file: &found.file,
            cohort: &found.running.cohort,
            zone: found.author.zone(),
        };
        Ok(Some(mail::received(
            envelope(&found.author, id, self.at),
            &about,
            found.application.role,
            found.url.clone(),
        )))
    }
}

impl WritesLetter for ResultReleased {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(found) = Found::by(conn, app, self.application)? else {
            return Ok(None);
        };
        let application = &found.application;
        let is_of_this = [application.released_at, application.decided_at].contains(&Some(self.at));
        if application.released() != Some(self.decision) || !is_of_this {
            return Ok(None);
        }
        let decision = self.decision;
        let at = self.at.timestamp_micros();
        let id = format!("result.{}.{}.{at}", self.application, decision.as_str());
        let written = found.written(decision)?;
        let envelope = envelope(&found.author, id, self.at);
        Ok(Some(letter::mail(envelope, &written, &found.url)))
    }
}

impl WritesLetter for SeatOffered {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(found) = Found::by(conn, app, self.application)? else {
            return Ok(None);
        };
        if found.application.released() != Some(Decision::Offered) {
            return Ok(None);
        }
        let at = self.at.timestamp_micros();
        let id = format!("seat.{}.{at}", self.application);
        let written = found.written(Decision::Offered)?;
        let envelope = envelope(&found.author, id, self.at);
        Ok(Some(letter::mail(envelope, &written, &found.url)))
    }
}

impl WritesLetter for ReleaseBlocked {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let of = OfCohort::by(conn, self.cohort, self.person)?;
        let path = format!(
            "/coordinate/programs/{}/cohorts/{}/results",
            of.program, of.cohort.slug
        );
        let at = self.at.timestamp_micros();
        let id = format!("blocked.{}.{}.{at}", self.cohort, self.person);
        Ok(Some(mail::release_blocked(
            envelope(&of.reader, id, self.at),
            &of.about(),
            &self.blocks,
            app.config.link(&path),
        )))
    }
}

impl WritesLetter for EventNews {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some((attended, reader)) = activity::store::news(conn, self.activity, self.person)?
        else {
            return Ok(None);
        };
        let about = &attended.activity;
        let path = format!(
            "/cohorts/{}/{}/activities/{}",
            attended.program, attended.cohort.slug, about.id
        );
        let url = app.config.link(&path);
        let origin = Origin {
            program: &attended.program_name,
            url: url.clone(),
            organizer: app.organizer(),
        };
        let answer = Some((attended.answer, attended.answered_at));
        let Some(event) = activity::event::event(about, answer, origin, &reader, true) else {
            return Ok(None);
        };
        let at = self.at.timestamp_micros();
        let id = format!("event.{}.{}.{at}", self.activity, self.person);
        let zone = reader.zone();
        let envelope = envelope(&reader, id, self.at);
        Ok(Some(mail::event_news(
            envelope, &attended, &event, &zone, url,
        )))
    }
}

fn envelope(reader: &Person, id: String, date: DateTime<Utc>) -> Envelope {
    Envelope {
        name: reader.name.clone(),
        email: reader.email.clone(),
        id,
        date,
    }
}
