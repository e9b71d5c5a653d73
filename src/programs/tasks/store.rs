//! The query about what waits for somebody in programs.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::db::{Conn, Kept, PersonId};

/// Something that waits.
#[derive(Clone, Debug, QueryableByName)]
pub struct Pending {
    /// `draft`, `offer`, `review` or `decide`.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// The slug of the program.
    #[diesel(sql_type = sql_types::Text)]
    pub program: String,
    #[diesel(sql_type = sql_types::Text)]
    pub name: String,
    /// The slug of the cohort.
    #[diesel(sql_type = sql_types::Text)]
    pub cohort: String,
    /// Of a draft its role, of an offer the application.
    #[diesel(sql_type = sql_types::Text)]
    pub object: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    #[diesel(sql_type = sql_types::BigInt)]
    pub count: i64,
}

/// What waits for somebody, the most urgent first: drafts while applications are taken, places to answer for, and to
/// those who run a program what they are to read and to decide about.
pub fn pending(conn: &mut Conn, person: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Pending>> {
    Kept(
        diesel::sql_query(
            "select kind, program, name, cohort, object, until, count from ( \
                 select 'draft' as kind, g.slug as program, g.name, c.slug as cohort, a.role as object, \
                     c.closes_at as until, 1::bigint as count \
                 from applications a join cohorts c on c.id = a.cohort_id join programs g on g.id = c.program_id \
                 where a.person_id = $1 and a.status = 'draft' and c.archived_at is null and c.released_at is null \
                   and g.cohort_id = c.id and (c.is_rolling or c.opens_at <= $2 and c.closes_at > $2) \
             union all \
                 select 'offer', g.slug, g.name, c.slug, a.id::text, a.offered_until, 1 \
                 from applications a join cohorts c on c.id = a.cohort_id join programs g on g.id = c.program_id \
                 where a.person_id = $1 and a.decision = 'offered' and a.released_at is not null and a.offered_until > $2 \
             union all \
                 select 'review', g.slug, g.name, c.slug, '', null, count(*) \
                 from applications a join cohorts c on c.id = a.cohort_id join programs g on g.id = c.program_id \
                     join program_staff f on f.program_id = g.id and f.person_id = $1 \
                 where a.reviewer_id = $1 and a.status = 'submitted' and a.decision is null and c.archived_at is null \
                   and not exists (select from application_reviews v \
                       where v.application_id = a.id and v.reviewer_id = $1 and v.saved_at >= a.submitted_at) \
                 group by g.slug, g.name, c.slug \
             union all \
                 select 'decide', g.slug, g.name, c.slug, '', c.results_at, count(*) \
                 from program_staff f join programs g on g.id = f.program_id join cohorts c on c.program_id = g.id \
                     join applications a on a.cohort_id = c.id \
                 where f.person_id = $1 and f.role = 'lead' and a.status = 'submitted' and a.decision is null \
                   and c.archived_at is null and (c.is_rolling or c.closes_at <= $2) \
                 group by g.slug, g.name, c.slug, c.results_at \
             ) pending order by until nulls last, kind, program, object limit 20",
        )
        .bind::<sql_types::Uuid, _>(person)
        .bind::<sql_types::Timestamptz, _>(now),
    )
    .load(conn)
}
