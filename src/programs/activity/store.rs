//! Every query about activities, and who comes to them.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, upsert::excluded};

use super::{Activity, ActivityKind, Rsvp, rules::Wanted};
use crate::{
    db::{
        ActivityId, CohortId, Conn, PersonId, Tx,
        schema::{activities, applications, attendances, cohorts, people, programs},
    },
    people::Person,
    programs::{
        application::{ApplicationStatus, Decision},
        cohort::Cohort,
    },
};

/// An activity as somebody sees it.
#[derive(Clone, Debug, Queryable)]
pub struct Listed {
    pub activity: Activity,
    /// What they have said.
    pub answer: Option<Rsvp>,
}

/// How long an event that is over stays in lists.
const STAYS: TimeDelta = TimeDelta::days(1);

/// What is on in a cohort: events that are not over, soonest first, then prompts, the latest first.
pub fn upcoming(
    conn: &mut Conn,
    cohort: CohortId,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Listed>> {
    activities::table
        .left_join(
            attendances::table.on(attendances::activity_id
                .eq(activities::id)
                .and(attendances::person_id.eq(person))),
        )
        .filter(activities::cohort_id.eq(cohort))
        .filter(
            activities::ends_at
                .is_null()
                .or(activities::ends_at.gt(now - STAYS)),
        )
        .filter(
            activities::cancelled_at
                .is_null()
                .or(activities::ends_at.is_not_null()),
        )
        .order((
            activities::starts_at.asc().nulls_last(),
            activities::created_at.desc(),
            activities::id,
        ))
        .limit(100)
        .select((Activity::as_select(), attendances::answer.nullable()))
        .load(conn)
}

/// Everything that was ever on in a cohort, the latest first.
pub fn all(conn: &mut Conn, cohort: CohortId) -> QueryResult<Vec<Activity>> {
    activities::table
        .filter(activities::cohort_id.eq(cohort))
        .order((
            activities::starts_at.desc().nulls_first(),
            activities::created_at.desc(),
            activities::id,
        ))
        .limit(500)
        .select(Activity::as_select())
        .load(conn)
}

pub fn activity(
    conn: &mut Conn,
    cohort: CohortId,
    id: ActivityId,
) -> QueryResult<Option<Activity>> {
    activities::table
        .find(id)
        .filter(activities::cohort_id.eq(cohort))
        .select(Activity::as_select())
        .first(conn)
        .optional()
}

/// The activity, locked.
pub fn lock(tx: &mut Tx, cohort: CohortId, id: ActivityId) -> QueryResult<Option<Activity>> {
    let found = activities::table
        .find(id)
        .filter(activities::cohort_id.eq(cohort))
        .select(Activity::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(found)
}

pub fn insert(
    conn: &mut Conn,
    id: ActivityId,
    cohort: CohortId,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (starts_at, ends_at) = wanted.span.unzip();
    diesel::insert_into(activities::table)
        .values((
            activities::id.eq(id),
            activities::cohort_id.eq(cohort),
            activities::kind.eq(wanted.kind),
            activities::role.eq(wanted.role),
            activities::title.eq(&wanted.title),
            activities::words.eq(&wanted.words),
            activities::starts_at.eq(starts_at),
            activities::ends_at.eq(ends_at),
            activities::location.eq(&wanted.location),
            activities::created_at.eq(now),
            activities::changed_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

pub fn update(
    conn: &mut Conn,
    id: ActivityId,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (starts_at, ends_at) = wanted.span.unzip();
    diesel::update(activities::table.find(id))
        .set((
            activities::kind.eq(wanted.kind),
            activities::role.eq(wanted.role),
            activities::title.eq(&wanted.title),
            activities::words.eq(&wanted.words),
            activities::starts_at.eq(starts_at),
            activities::ends_at.eq(ends_at),
            activities::location.eq(&wanted.location),
            activities::changed_at.eq(now),
            activities::sequence.eq(activities::sequence + 1),
        ))
        .execute(conn)
        .map(drop)
}

pub fn cancel(conn: &mut Conn, id: ActivityId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(activities::table.find(id))
        .set((
            activities::cancelled_at.eq(now),
            activities::changed_at.eq(now),
            activities::sequence.eq(activities::sequence + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Keeps what somebody says. Returns what they had said.
pub fn put_answer(
    conn: &mut Conn,
    id: ActivityId,
    person: PersonId,
    answer: Rsvp,
    now: DateTime<Utc>,
) -> QueryResult<Option<Rsvp>> {
    let before: Option<Option<Rsvp>> = attendances::table
        .find((id, person))
        .select(attendances::answer)
        .first(conn)
        .optional()?;
    diesel::insert_into(attendances::table)
        .values((
            attendances::activity_id.eq(id),
            attendances::person_id.eq(person),
            attendances::answer.eq(answer),
            attendances::answered_at.eq(now),
        ))
        .on_conflict((attendances::activity_id, attendances::person_id))
        .do_update()
        .set((
            attendances::answer.eq(excluded(attendances::answer)),
            attendances::answered_at.eq(excluded(attendances::answered_at)),
        ))
        .execute(conn)?;
    Ok(before.flatten())
}

/// Those who have said that they come, or may.
pub fn coming(conn: &mut Conn, id: ActivityId) -> QueryResult<Vec<PersonId>> {
    attendances::table
        .filter(attendances::activity_id.eq(id))
        .filter(attendances::answer.eq_any([Rsvp::Yes, Rsvp::Maybe]))
        .order(attendances::person_id)
        .select(attendances::person_id)
        .load(conn)
}

/// What somebody has said, and when.
pub fn answer(
    conn: &mut Conn,
    id: ActivityId,
    person: PersonId,
) -> QueryResult<Option<(Rsvp, DateTime<Utc>)>> {
    let found: Option<(Option<Rsvp>, Option<DateTime<Utc>>)> = attendances::table
        .find((id, person))
        .select((attendances::answer, attendances::answered_at))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(answer, at)| answer.zip(at)))
}

/// What somebody has said about an event, and whether they came.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Answered {
    pub person: PersonId,
    pub answer: Option<Rsvp>,
    pub attended: Option<bool>,
}

/// What each has said, and whether they came.
pub fn answers(conn: &mut Conn, id: ActivityId) -> QueryResult<Vec<Answered>> {
    attendances::table
        .filter(attendances::activity_id.eq(id))
        .order(attendances::person_id)
        .select((
            attendances::person_id,
            attendances::answer,
            attendances::attended,
        ))
        .load(conn)
}

/// Notes who of everybody came.
pub fn set_attended(
    conn: &mut Conn,
    id: ActivityId,
    present: &[PersonId],
    everybody: &[PersonId],
) -> QueryResult<()> {
    let rows: Vec<_> = everybody
        .iter()
        .map(|person| {
            (
                attendances::activity_id.eq(id),
                attendances::person_id.eq(*person),
                attendances::attended.eq(present.contains(person)),
            )
        })
        .collect();
    diesel::insert_into(attendances::table)
        .values(rows)
        .on_conflict((attendances::activity_id, attendances::person_id))
        .do_update()
        .set(attendances::attended.eq(excluded(attendances::attended)))
        .execute(conn)
        .map(drop)
}

/// An event that somebody said they come to, with where it is.
#[derive(Clone, Debug, Queryable)]
pub struct Attended {
    pub activity: Activity,
    pub answer: Rsvp,
    pub answered_at: DateTime<Utc>,
    pub cohort: Cohort,
    /// The slug and the name of the program.
    pub program: String,
    pub program_name: String,
}

/// The events of somebody since a moment, by start: those that they said something about, in cohorts that they are in.
pub fn of_person(
    conn: &mut Conn,
    person: PersonId,
    since: DateTime<Utc>,
) -> QueryResult<Vec<Attended>> {
    let is_in = applications::table
        .filter(applications::cohort_id.eq(activities::cohort_id))
        .filter(applications::person_id.eq(person))
        .filter(applications::status.eq(ApplicationStatus::Submitted))
        .filter(applications::decision.eq(Decision::Selected))
        .filter(applications::released_at.is_not_null());
    attendances::table
        .inner_join(activities::table)
        .inner_join(cohorts::table.on(cohorts::id.eq(activities::cohort_id)))
        .inner_join(programs::table.on(programs::id.eq(cohorts::program_id)))
        .filter(attendances::person_id.eq(person))
        .filter(attendances::answer.is_not_null())
        .filter(attendances::answered_at.is_not_null())
        .filter(activities::kind.eq(ActivityKind::Event))
        .filter(activities::ends_at.gt(since))
        .filter(diesel::dsl::exists(is_in))
        .order((activities::starts_at, activities::id))
        .limit(1000)
        .select((
            Activity::as_select(),
            attendances::answer.assume_not_null(),
            attendances::answered_at.assume_not_null(),
            Cohort::as_select(),
            programs::slug,
            programs::name,
        ))
        .load(conn)
}

/// An event with its cohort and program, and somebody with what they said about it.
pub fn news(
    conn: &mut Conn,
    id: ActivityId,
    person: PersonId,
) -> QueryResult<Option<(Attended, Person)>> {
    let found = attendances::table
        .inner_join(activities::table)
        .inner_join(people::table)
        .inner_join(cohorts::table.on(cohorts::id.eq(activities::cohort_id)))
        .inner_join(programs::table.on(programs::id.eq(cohorts::program_id)))
        .filter(attendances::activity_id.eq(id))
        .filter(attendances::person_id.eq(person))
        .filter(attendances::answer.is_not_null())
        .filter(attendances::answered_at.is_not_null())
        .select((
            Activity::as_select(),
            attendances::answer.assume_not_null(),
            attendances::answered_at.assume_not_null(),
            Cohort::as_select(),
            programs::slug,
            programs::name,
            Person::as_select(),
        ))
        .first::<(
            Activity,
            Rsvp,
            DateTime<Utc>,
            Cohort,
            String,
            String,
            Person,
        )>(conn)
        .optional()?;
    Ok(found.map(
        |(activity, answer, answered_at, cohort, program, program_name, person)| {
            let attended = Attended {
                activity,
                answer,
                answered_at,
                cohort,
                program,
                program_name,
            };
            (attended, person)
        },
    ))
}
