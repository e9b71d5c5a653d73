//! Every query about applications.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use super::{Agreed, Answers, Application, ApplicationStatus, CohortRole, Decision};
use crate::{
    db::{
        ApplicationId, BatchId, CohortId, Conn, PersonId, ProgramId, Tx,
        schema::{
            application_changes, application_reviews, applications, cohorts, people, programs,
        },
    },
    people::Person,
    programs::cohort::Cohort,
};

/// The application of somebody in a role, locked; a new draft if there is none.
///
/// # Errors
///
/// `applications_one_role` where they have one in the other role and may have no two.
pub fn lock_or_insert(
    tx: &mut Tx,
    cohort: &Cohort,
    person: PersonId,
    role: CohortRole,
    is_only: bool,
) -> QueryResult<Application> {
    let now = tx.now()?;
    diesel::insert_into(applications::table)
        .values((
            applications::id.eq(ApplicationId::random()),
            applications::cohort_id.eq(cohort.id),
            applications::person_id.eq(person),
            applications::role.eq(role),
            applications::status.eq(ApplicationStatus::Draft),
            applications::version.eq(cohort.version),
            applications::answers.eq(Answers::default()),
            applications::agreed.eq(Agreed::default()),
            applications::is_only.eq(is_only),
            applications::started_at.eq(now),
            applications::saved_at.eq(now),
        ))
        .on_conflict((
            applications::cohort_id,
            applications::person_id,
            applications::role,
        ))
        .do_nothing()
        .execute(&mut **tx)?;
    let found = applications::table
        .filter(applications::cohort_id.eq(cohort.id))
        .filter(applications::person_id.eq(person))
        .filter(applications::role.eq(role))
        .select(Application::as_select())
        .for_update()
        .first(&mut **tx)?;
    tx.locked();
    Ok(found)
}

/// The application, locked.
pub fn lock(tx: &mut Tx, id: ApplicationId) -> QueryResult<Option<Application>> {
    let found = applications::table
        .find(id)
        .select(Application::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(found)
}

/// Keeps what was typed.
pub fn save(
    conn: &mut Conn,
    id: ApplicationId,
    version: i32,
    answers: &Answers,
    agreed: &Agreed,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set((
            applications::version.eq(version),
            applications::answers.eq(answers),
            applications::agreed.eq(agreed),
            applications::saved_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

/// What was typed has been agreed to anew.
pub fn set_agreed(conn: &mut Conn, id: ApplicationId, agreed: &Agreed) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set(applications::agreed.eq(agreed))
        .execute(conn)
        .map(drop)
}

/// Takes an application back to a draft, as one that was withdrawn.
pub fn begin_again(conn: &mut Conn, id: ApplicationId, is_only: bool) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set((
            applications::status.eq(ApplicationStatus::Draft),
            applications::is_only.eq(is_only),
            applications::withdrawn_at.eq(None::<DateTime<Utc>>),
            applications::submitted_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .map(drop)
}

/// Marks an application as received; what had been decided about other answers no longer holds.
pub fn submit(
    conn: &mut Conn,
    id: ApplicationId,
    doubts: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set((
            applications::status.eq(ApplicationStatus::Submitted),
            applications::submitted_at.eq(now),
            applications::doubts.eq(doubts),
            // Reviews of earlier answers do not count.
            applications::score.eq(None::<i32>),
            applications::reviews.eq(0),
        ))
        .execute(conn)?;
    decide(conn, id, None, None, None, now)
}

/// Ends an application; a seat that it had is free.
pub fn withdraw(conn: &mut Conn, id: ApplicationId, now: DateTime<Utc>) -> QueryResult<()> {
    decide(conn, id, None, None, None, now)?;
    diesel::update(applications::table.find(id))
        .set((
            applications::status.eq(ApplicationStatus::Withdrawn),
            applications::withdrawn_at.eq(now),
            applications::released_at.eq(None::<DateTime<Utc>>),
            applications::offered_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .map(drop)
}

/// Sets what is decided, with the seat or the place on the wait-list that goes with it.
///
/// # Errors
///
/// `applications_seat_is_one_persons` where somebody else has the seat.
pub fn decide(
    conn: &mut Conn,
    id: ApplicationId,
    decision: Option<Decision>,
    seat: Option<i32>,
    place: Option<i32>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set((
            applications::decision.eq(decision),
            applications::seat.eq(seat),
            applications::place.eq(place),
            applications::decided_at.eq(decision.map(|_| now)),
        ))
        .execute(conn)
        .map(drop)
}

/// Keeps a seat for somebody on the wait-list until a moment.
pub fn offer(
    conn: &mut Conn,
    id: ApplicationId,
    seat: i32,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set((
            applications::decision.eq(Decision::Offered),
            applications::seat.eq(seat),
            applications::place.eq(None::<i32>),
            applications::decided_at.eq(now),
            applications::offered_until.eq(until),
        ))
        .execute(conn)
        .map(drop)
}

/// The first seat of a role that nobody has; none: all are taken. Without a limit there is always one. The cohort
/// is locked.
pub fn free_seat(conn: &mut Conn, cohort: &Cohort, role: CohortRole) -> QueryResult<Option<i32>> {
    Ok(free_seats(conn, cohort, role, 1)?.into_iter().next())
}

/// As [`free_seat`], as many as are wanted and free.
pub fn free_seats(
    conn: &mut Conn,
    cohort: &Cohort,
    role: CohortRole,
    wanted: usize,
) -> QueryResult<Vec<i32>> {
    let limit = match role {
        CohortRole::Mentee => cohort.mentee_seats,
        CohortRole::Mentor => cohort.mentor_seats,
    };
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    let free: Vec<Seat> = diesel::sql_query(
        "select s.number from seats s where s.cohort_id = $1 and s.role = $2 \
           and not exists (select from applications a \
               where a.cohort_id = s.cohort_id and a.role = s.role and a.seat = s.number) \
         order by s.number limit $3",
    )
    .bind::<sql_types::Uuid, _>(cohort.id)
    .bind::<sql_types::Text, _>(role.as_str())
    .bind::<sql_types::BigInt, _>(wanted)
    .load(conn)?;
    let mut numbers: Vec<i32> = free.into_iter().map(|seat| seat.number).collect();
    let missing = wanted - numbers.len() as i64;
    if missing > 0 && limit.is_none() {
        let made: Vec<Seat> = diesel::sql_query(
            "insert into seats (cohort_id, role, number) \
             select $1, $2, n + (select coalesce(max(number), 0) from seats where cohort_id = $1 and role = $2) \
             from generate_series(1, $3::int) n returning number",
        )
        .bind::<sql_types::Uuid, _>(cohort.id)
        .bind::<sql_types::Text, _>(role.as_str())
        .bind::<sql_types::BigInt, _>(missing)
        .load(conn)?;
        numbers.extend(made.into_iter().map(|seat| seat.number));
    }
    Ok(numbers)
}

#[derive(QueryableByName)]
struct Seat {
    #[diesel(sql_type = sql_types::Integer)]
    number: i32,
}

/// The last place on the wait-list of a role.
pub fn last_place(conn: &mut Conn, cohort: CohortId, role: CohortRole) -> QueryResult<i32> {
    let last: Option<i32> = applications::table
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::role.eq(role))
        .select(diesel::dsl::max(applications::place))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// Who is next on the released wait-list of a role, locked.
pub fn head_of_wait_list(
    tx: &mut Tx,
    cohort: CohortId,
    role: CohortRole,
) -> QueryResult<Option<Application>> {
    let head = applications::table
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::role.eq(role))
        .filter(applications::decision.eq(Decision::WaitListed))
        .filter(applications::released_at.is_not_null())
        .order((applications::place, applications::id))
        .select(Application::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(head)
}

/// An offer that nobody has answered in time.
pub fn lapsed_offer(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Option<ApplicationId>> {
    applications::table
        .filter(applications::decision.eq(Decision::Offered))
        .filter(applications::offered_until.le(now))
        .order((applications::offered_until, applications::id))
        .select(applications::id)
        .first(conn)
        .optional()
}

/// Lets everybody know whose decision has been made and who has not been told. Returns what they hear.
pub fn release(
    conn: &mut Conn,
    cohort: CohortId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(ApplicationId, Decision)>> {
    diesel::update(
        applications::table
            .filter(applications::cohort_id.eq(cohort))
            .filter(applications::status.eq(ApplicationStatus::Submitted))
            .filter(applications::decision.is_not_null())
            .filter(applications::released_at.is_null()),
    )
    .set(applications::released_at.eq(now))
    .returning((applications::id, applications::decision.assume_not_null()))
    .get_results(conn)
}

/// Notes for the history that decisions have been released.
pub fn note_released(
    conn: &mut Conn,
    told: &[(ApplicationId, Decision)],
    by: Option<PersonId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let rows: Vec<_> = told
        .iter()
        .map(|(id, decision)| {
            (
                application_changes::application_id.eq(*id),
                application_changes::at.eq(now),
                application_changes::by.eq(by),
                application_changes::what.eq("released"),
                application_changes::before.eq(decision.as_str()),
                application_changes::after.eq(decision.as_str()),
                application_changes::is_heard.eq(false),
            )
        })
        .collect();
    diesel::insert_into(application_changes::table)
        .values(rows)
        .execute(conn)
        .map(drop)
}

pub fn set_released(conn: &mut Conn, id: ApplicationId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set(applications::released_at.eq(now))
        .execute(conn)
        .map(drop)
}

/// A change for the history.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    pub application: ApplicationId,
    pub at: DateTime<Utc>,
    /// None: time did it.
    pub by: Option<PersonId>,
    pub what: &'a str,
    /// The decision before it, and after it.
    pub decisions: (Option<Decision>, Option<Decision>),
}

pub fn note(conn: &mut Conn, change: &Change) -> QueryResult<()> {
    diesel::insert_into(application_changes::table)
        .values((
            application_changes::application_id.eq(change.application),
            application_changes::at.eq(change.at),
            application_changes::by.eq(change.by),
            application_changes::what.eq(change.what),
            application_changes::before.eq(change.decisions.0.map(Decision::as_str)),
            application_changes::after.eq(change.decisions.1.map(Decision::as_str)),
            application_changes::is_heard.eq(false),
        ))
        .execute(conn)
        .map(drop)
}

/// A decision that is to be kept, with the seat or the place that goes with it.
#[derive(Clone, Debug)]
pub struct Staged {
    pub id: ApplicationId,
    pub role: CohortRole,
    pub decision: Option<Decision>,
    pub seat: Option<i32>,
    pub place: Option<i32>,
    /// What had been decided before, and the place on the wait-list.
    before: (Option<Decision>, Option<i32>),
}

impl Staged {
    pub fn new(
        of: &Application,
        decision: Option<Decision>,
        seat: Option<i32>,
        place: Option<i32>,
    ) -> Self {
        Self {
            id: of.id,
            role: of.role,
            decision,
            seat,
            place,
            before: (of.decision, of.place),
        }
    }
}

/// Sets what is decided about several applications.
pub fn decide_many(conn: &mut Conn, staged: &[Staged], now: DateTime<Utc>) -> QueryResult<()> {
    let ids: Vec<ApplicationId> = staged.iter().map(|one| one.id).collect();
    let decisions: Vec<Option<&str>> = staged
        .iter()
        .map(|one| one.decision.map(Decision::as_str))
        .collect();
    let seats: Vec<Option<i32>> = staged.iter().map(|one| one.seat).collect();
    let places: Vec<Option<i32>> = staged.iter().map(|one| one.place).collect();
    diesel::sql_query(
        "update applications a set decision = n.decision, seat = n.seat, place = n.place, \
             decided_at = case when n.decision is null then null else $5 end \
         from unnest($1, $2, $3, $4) n (id, decision, seat, place) where a.id = n.id",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(decisions)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Integer>>, _>(seats)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Integer>>, _>(places)
    .bind::<sql_types::Timestamptz, _>(now)
    .execute(conn)
    .map(drop)
}

/// Notes decisions for the history.
pub fn note_decisions(
    conn: &mut Conn,
    staged: &[Staged],
    by: Option<PersonId>,
    batch: Option<BatchId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let rows: Vec<_> = staged
        .iter()
        .map(|one| {
            (
                application_changes::application_id.eq(one.id),
                application_changes::at.eq(now),
                application_changes::by.eq(by),
                application_changes::what.eq("decided"),
                application_changes::before.eq(one.before.0.map(Decision::as_str)),
                application_changes::after.eq(one.decision.map(Decision::as_str)),
                application_changes::place_before.eq(one.before.1),
                application_changes::batch.eq(batch),
                application_changes::is_heard.eq(false),
            )
        })
        .collect();
    diesel::insert_into(application_changes::table)
        .values(rows)
        .execute(conn)
        .map(drop)
}

/// A decision that was made together with others.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Decided {
    #[diesel(sql_type = sql_types::Uuid)]
    pub application: ApplicationId,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub before: Option<Decision>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Integer>)]
    pub place_before: Option<i32>,
    /// Whether nothing has happened to the application since.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_latest: bool,
}

/// The decisions of a batch in a cohort, in the order in which they were made.
pub fn batch(conn: &mut Conn, cohort: CohortId, batch: BatchId) -> QueryResult<Vec<Decided>> {
    diesel::sql_query(
        "select c.application_id as application, c.before, c.place_before, \
             not exists (select from application_changes l \
                 where l.application_id = c.application_id and l.id > c.id) as is_latest \
         from application_changes c join applications a on a.id = c.application_id \
         where c.batch = $1 and a.cohort_id = $2 order by c.id",
    )
    .bind::<sql_types::Uuid, _>(batch)
    .bind::<sql_types::Uuid, _>(cohort)
    .load(conn)
}

/// The applications of a cohort, locked.
pub fn lock_many(
    tx: &mut Tx,
    cohort: CohortId,
    ids: &[ApplicationId],
) -> QueryResult<Vec<Application>> {
    let found = applications::table
        .filter(applications::id.eq_any(ids))
        .filter(applications::cohort_id.eq(cohort))
        .order(applications::id)
        .select(Application::as_select())
        .for_update()
        .load(&mut **tx)?;
    tx.locked();
    Ok(found)
}

/// Something that happened to an application.
#[derive(Clone, Debug, Queryable)]
pub struct Happened {
    pub at: DateTime<Utc>,
    pub what: String,
    /// The decision after it.
    pub decision: Option<Decision>,
    /// The name of whoever did it; none: time did.
    pub by: Option<String>,
}

/// What became of an application so far, the first change first.
pub fn history(conn: &mut Conn, id: ApplicationId) -> QueryResult<Vec<Happened>> {
    application_changes::table
        .left_join(people::table)
        .filter(application_changes::application_id.eq(id))
        .order(application_changes::id)
        .limit(200)
        .select((
            application_changes::at,
            application_changes::what,
            application_changes::after,
            people::name.nullable(),
        ))
        .load(conn)
}

/// An application of somebody, with where it is.
#[derive(Clone, Debug, Queryable)]
pub struct Own {
    pub application: Application,
    pub cohort: Cohort,
    /// The slug of the program.
    pub program: String,
    pub program_name: String,
}

/// The applications of somebody, the latest first.
pub fn of_person(conn: &mut Conn, person: PersonId) -> QueryResult<Vec<Own>> {
    applications::table
        .inner_join(cohorts::table.inner_join(programs::table))
        .filter(applications::person_id.eq(person))
        .order((applications::started_at.desc(), applications::id))
        .limit(200)
        .select((
            Application::as_select(),
            Cohort::as_select(),
            programs::slug,
            programs::name,
        ))
        .load(conn)
}

/// The application of its author.
pub fn own(conn: &mut Conn, id: ApplicationId, person: PersonId) -> QueryResult<Option<Own>> {
    applications::table
        .inner_join(cohorts::table.inner_join(programs::table))
        .filter(applications::id.eq(id))
        .filter(applications::person_id.eq(person))
        .select((
            Application::as_select(),
            Cohort::as_select(),
            programs::slug,
            programs::name,
        ))
        .first(conn)
        .optional()
}

/// How many people have answered the form of the cohort of a program that is under way.
pub fn count_answered(conn: &mut Conn, program: ProgramId) -> QueryResult<i64> {
    applications::table
        .inner_join(cohorts::table)
        .filter(cohorts::program_id.eq(program))
        .filter(cohorts::archived_at.is_null())
        .filter(applications::status.ne(ApplicationStatus::Withdrawn))
        .count()
        .get_result(conn)
}

/// What somebody has answered in a cohort, in either role.
pub fn in_cohort(
    conn: &mut Conn,
    cohort: CohortId,
    person: PersonId,
) -> QueryResult<Vec<Application>> {
    applications::table
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::person_id.eq(person))
        .order(applications::role)
        .select(Application::as_select())
        .load(conn)
}

/// An application with who wrote it.
pub fn with_author(
    conn: &mut Conn,
    id: ApplicationId,
) -> QueryResult<Option<(Application, Person)>> {
    applications::table
        .inner_join(people::table.on(people::id.eq(applications::person_id)))
        .filter(applications::id.eq(id))
        .select((Application::as_select(), Person::as_select()))
        .first(conn)
        .optional()
}

/// Whom dates of a cohort concern: whoever has begun an application, and has not withdrawn it.
pub fn concerned(conn: &mut Conn, cohort: CohortId) -> QueryResult<Vec<PersonId>> {
    applications::table
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::status.ne(ApplicationStatus::Withdrawn))
        .order(applications::person_id)
        .select(applications::person_id)
        .distinct()
        .load(conn)
}

/// How many applications a role has in a cohort, by how far they are.
#[derive(Clone, Copy, Debug, Default, QueryableByName)]
pub struct Funnel {
    #[diesel(sql_type = sql_types::BigInt)]
    pub started: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub received: i64,
    /// Received, and it is not plain that they may apply.
    #[diesel(sql_type = sql_types::BigInt)]
    pub doubtful: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub undecided: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub selected: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub wait_listed: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub not_selected: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub offered: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub withdrawn: i64,
    /// Decided, and not told yet.
    #[diesel(sql_type = sql_types::BigInt)]
    pub untold: i64,
}

#[derive(QueryableByName)]
struct FunnelOf {
    #[diesel(sql_type = sql_types::Text)]
    role: String,
    #[diesel(embed)]
    funnel: Funnel,
}

/// The numbers of mentees and mentors in a cohort.
pub fn funnel(conn: &mut Conn, cohort: CohortId) -> QueryResult<[Funnel; 2]> {
    let found: Vec<FunnelOf> = diesel::sql_query(
        "select role, count(*) started, \
             count(*) filter (where status = 'submitted') received, \
             count(*) filter (where status = 'submitted' and doubts <> '') doubtful, \
             count(*) filter (where status = 'submitted' and decision is null) undecided, \
             count(*) filter (where decision = 'selected') selected, \
             count(*) filter (where decision = 'wait_listed') wait_listed, \
             count(*) filter (where decision in ('not_selected', 'declined')) not_selected, \
             count(*) filter (where decision = 'offered') offered, \
             count(*) filter (where status = 'withdrawn') withdrawn, \
             count(*) filter (where decision is not null and released_at is null) untold \
         from applications where cohort_id = $1 group by role",
    )
    .bind::<sql_types::Uuid, _>(cohort)
    .load(conn)?;
    let of = |role: CohortRole| {
        let found = found.iter().find(|found| found.role == role.as_str());
        found.map(|found| found.funnel).unwrap_or_default()
    };
    Ok([of(CohortRole::Mentee), of(CohortRole::Mentor)])
}

/// The cohort that an application is for.
pub fn cohort_of(conn: &mut Conn, id: ApplicationId) -> QueryResult<Option<CohortId>> {
    applications::table
        .find(id)
        .select(applications::cohort_id)
        .first(conn)
        .optional()
}

/// How many applications somebody is to read and has not reviewed.
pub fn to_read(conn: &mut Conn, cohort: CohortId, reader: PersonId) -> QueryResult<i64> {
    let reviewed = application_reviews::table
        .filter(application_reviews::application_id.eq(applications::id))
        .filter(application_reviews::reviewer_id.eq(reader))
        .filter(
            application_reviews::saved_at
                .nullable()
                .ge(applications::submitted_at),
        );
    applications::table
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::reviewer_id.eq(reader))
        .filter(applications::status.eq(ApplicationStatus::Submitted))
        .filter(diesel::dsl::not(diesel::dsl::exists(reviewed)))
        .count()
        .get_result(conn)
}

/// The applications of somebody with their cohorts, by cohort.
pub fn ids_of(conn: &mut Conn, person: PersonId) -> QueryResult<Vec<(CohortId, ApplicationId)>> {
    applications::table
        .filter(applications::person_id.eq(person))
        .order((applications::cohort_id, applications::id))
        .select((applications::cohort_id, applications::id))
        .load(conn)
}

/// Deletes an application with what was thought of it.
pub fn delete(conn: &mut Conn, id: ApplicationId) -> QueryResult<()> {
    diesel::delete(applications::table.find(id))
        .execute(conn)
        .map(drop)
}

/// What has been sent in a role, by the addresses of authors.
pub fn submitted(
    conn: &mut Conn,
    cohort: CohortId,
    role: CohortRole,
) -> QueryResult<Vec<Application>> {
    applications::table
        .inner_join(people::table.on(people::id.eq(applications::person_id)))
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::role.eq(role))
        .filter(applications::status.eq(ApplicationStatus::Submitted))
        .order(people::email)
        .select(Application::as_select())
        .load(conn)
}
