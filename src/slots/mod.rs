//! Services, weekly hours, overrides, one-off times, claims on time; the slots that follow from
//! them; the board and the calendar page.
//!
//! A slot is derived, never stored. What a guest does with one is `bookings`.

pub mod api;
pub mod availability;
pub mod board;
pub mod calendar;
pub mod catalogue;
pub mod claims;
pub mod editor;
pub mod filter;
pub mod finder;
pub mod index;
pub mod pages;
pub mod rules;
pub mod search;
pub mod service;
pub mod set_up;
pub mod settings;
pub mod store;
pub mod web;

use std::{collections::HashMap, ops::RangeInclusive};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    db::{BookingId, OneOffId, PersonId, ProgramId, ServiceId, schema},
    input,
    people::{Person, PublishedProfile, Role},
    schedule::{Diary, Engagement, Limits, Offer, Policy, Refusal, Rules, Span},
};

/// On which terms sessions are booked: those of the marketplace, or those of a program.
#[derive(Clone, Debug)]
pub struct Terms {
    /// None: the marketplace.
    pub program: Option<ProgramId>,
    /// Who may book.
    pub audience: Role,
    /// How long a session may be, in minutes. The database bounds it to 15 minutes and 8 hours.
    pub minutes: RangeInclusive<i64>,
}

/// Students book 30 to 60 minutes.
pub const MARKETPLACE: Terms = Terms {
    program: None,
    audience: Role::Student,
    minutes: 30..=60,
};

/// The id of a kind of service, such as `cover_letter`. `/api/v1/service-kinds` lists them.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, example = "cover_letter")]
pub struct ServiceKind(String);

impl ServiceKind {
    /// Longest word, in characters.
    pub const LONGEST: usize = 40;

    /// None unless it is lower-case letters, digits and `_`, from a letter on. Whether there is such a kind, the
    /// catalogue knows.
    pub fn parse(word: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_word = word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.len() <= Self::LONGEST
            && word.chars().all(is_plain);
        is_word.then(|| Self(word.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB>
    for ServiceKind
where
    String: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
{
    fn to_sql<'b>(
        &'b self,
        out: &mut diesel::serialize::Output<'b, '_, DB>,
    ) -> diesel::serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB>
    for ServiceKind
where
    String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        String::from_sql(bytes).map(Self)
    }
}

/// A question that a service asks whoever books it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub label: String,
    #[serde(default)]
    pub required: bool,
}

/// The questions of a service, in order; `jsonb` in the database.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
pub struct Questions(pub Vec<Question>);

crate::stored_as_json!(Questions);

impl Questions {
    /// As people type them: one a line, with `*` at the end of those that must be answered.
    pub fn typed(&self) -> String {
        let line = |q: &Question| format!("{}{}", q.label, if q.required { " *" } else { "" });
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// What was typed, not yet judged.
    pub fn read(typed: &str) -> Vec<Question> {
        let question = |text: &str| {
            let text = input::line(text);
            let (label, required) = match text.strip_suffix('*') {
                Some(label) => (label.trim(), true),
                None => (text.as_str(), false),
            };
            (!label.is_empty()).then(|| Question {
                label: label.to_owned(),
                required,
            })
        };
        typed.lines().filter_map(question).collect()
    }
}

/// What an alumnus offers.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, Identifiable, AsChangeset)]
#[diesel(table_name = schema::services)]
#[diesel(treat_none_as_null = true)]
pub struct Service {
    pub id: ServiceId,
    pub person_id: PersonId,
    pub slug: String,
    pub kind: ServiceKind,
    pub title: String,
    pub description: String,
    pub duration_minutes: i16,
    pub increment_minutes: i16,
    pub location: String,
    pub questions: Questions,
    pub needs_file: bool,
    /// Bookings are requests that the host answers, within this many hours.
    pub approval: bool,
    pub answer_within_hours: i16,
    /// How many hours before the start a session can be moved, or cancelled without counting as late.
    pub change_notice_hours: i16,
    /// How many guests share one session; None: one.
    pub seats: Option<i16>,
    pub created_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    /// The program whose rules it follows; None: the marketplace.
    pub program_id: Option<ProgramId>,
}

impl Service {
    pub fn duration(&self) -> TimeDelta {
        TimeDelta::minutes(self.duration_minutes.into())
    }

    /// The step of the grid on which slots start.
    pub fn increment(&self) -> TimeDelta {
        TimeDelta::minutes(self.increment_minutes.into())
    }
}

/// The policy of a host. Without one on record the defaults hold.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::availability)]
#[diesel(treat_none_as_null = true)]
pub struct HostPolicy {
    pub buffer_before_minutes: i16,
    pub buffer_after_minutes: i16,
    pub minimum_notice_minutes: i32,
    pub horizon_days: i16,
    pub max_per_day: Option<i16>,
    pub max_per_week: Option<i16>,
    /// Sessions a month that the host would like; below it the host is shown first.
    pub wished_per_month: Option<i16>,
}

impl Default for HostPolicy {
    fn default() -> Self {
        Self {
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            minimum_notice_minutes: 720,
            horizon_days: 60,
            max_per_day: None,
            max_per_week: None,
            wished_per_month: None,
        }
    }
}

impl HostPolicy {
    /// What is taken within this decides over the slots in `span`: a cap by the week counts whole weeks,
    /// a cap by the day and buffers reach less than two days.
    pub fn around(&self, span: Span) -> Span {
        let margin = TimeDelta::days(if self.max_per_week.is_some() { 9 } else { 2 });
        span.widened(margin, margin)
    }

    /// The policy for one service.
    pub fn for_service(&self, service: &Service) -> Policy {
        let limits = self.limits();
        Policy {
            length: service.duration(),
            increment: service.increment(),
            buffer_before: limits.buffer_before,
            buffer_after: limits.buffer_after,
            minimum_notice: TimeDelta::minutes(self.minimum_notice_minutes.into()),
            horizon: self.horizon(),
            max_per_day: limits.max_per_day,
            max_per_week: limits.max_per_week,
        }
    }

    /// What decides about free time.
    pub fn limits(&self) -> Limits {
        let cap = |cap: Option<i16>| cap.map(|n| u32::from(n.unsigned_abs()));
        Limits {
            buffer_before: TimeDelta::minutes(self.buffer_before_minutes.into()),
            buffer_after: TimeDelta::minutes(self.buffer_after_minutes.into()),
            max_per_day: cap(self.max_per_day),
            max_per_week: cap(self.max_per_week),
        }
    }

    pub fn horizon(&self) -> TimeDelta {
        TimeDelta::days(self.horizon_days.into())
    }
}

/// A window offered once.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::one_off_times)]
pub struct OneOff {
    pub id: OneOffId,
    pub person_id: PersonId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// A person's time taken by a booking or hold.
#[derive(Clone, Debug)]
pub struct Claim {
    pub person_id: PersonId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub as_host: bool,
    pub buffer_before_minutes: i16,
    pub buffer_after_minutes: i16,
    /// Only for holds.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The claims of a booking on the time of its host and of its guest.
#[derive(Clone, Copy, Debug)]
pub struct Pledge<'a> {
    pub booking: BookingId,
    /// The host's, then the guest's.
    pub claims: &'a [Claim; 2],
    /// How many sessions more it makes in the host's load.
    pub sessions: i32,
}

impl Claim {
    pub fn span(&self) -> Span {
        Span::new(self.starts_at, self.ends_at)
    }

    fn engagement(&self) -> Engagement {
        Engagement {
            span: self.span(),
            buffer_before: TimeDelta::minutes(self.buffer_before_minutes.into()),
            buffer_after: TimeDelta::minutes(self.buffer_after_minutes.into()),
            as_host: self.as_host,
        }
    }
}

/// A booking as the editor mentions it.
#[derive(Clone, Debug)]
pub struct Booked {
    pub path: String,
    pub title: String,
    pub with: String,
    pub span: Span,
}

/// A host as the engine and the pages need it.
#[derive(Clone, Debug)]
pub struct Host {
    pub person: Person,
    pub profile: PublishedProfile,
    pub policy: HostPolicy,
}

impl Host {
    /// Whether new bookings are taken at all.
    pub fn is_open(&self) -> bool {
        self.profile.paused_at.is_none()
    }
}

/// Rules by host.
pub type RulesOf = HashMap<PersonId, Rules>;

/// A span of one person's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonTime {
    pub person: PersonId,
    pub span: Span,
}

/// What is taken of some people's time: by bookings and holds, and by what their own calendars say.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub claims: Vec<Claim>,
    pub busy: Vec<PersonTime>,
}

impl Taken {
    /// Leaves what counts at `now` and drops holds that have expired. Returns whether there were any.
    pub fn drop_expired(&mut self, now: DateTime<Utc>) -> bool {
        let before = self.claims.len();
        self.claims
            .retain(|claim| claim.expires_at.is_none_or(|end| end > now));
        self.claims.len() < before
    }

    /// All of it, in no order.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        let busy = self.busy.iter().map(|busy| busy.span);
        self.claims.iter().map(Claim::span).chain(busy)
    }

    /// What of it is that person's, in no order.
    pub fn spans_of(&self, person: PersonId) -> impl Iterator<Item = Span> {
        let claims = self.claims.iter().filter(move |c| c.person_id == person);
        let busy = self.busy.iter().filter(move |busy| busy.person == person);
        claims.map(Claim::span).chain(busy.map(|busy| busy.span))
    }

    /// Parted by person.
    pub fn by_person(self) -> HashMap<PersonId, Self> {
        let mut parted: HashMap<PersonId, Self> = HashMap::new();
        for claim in self.claims {
            parted
                .entry(claim.person_id)
                .or_default()
                .claims
                .push(claim);
        }
        for busy in self.busy {
            parted.entry(busy.person).or_default().busy.push(busy);
        }
        parted
    }
}

/// The diary of `host` for `guest`, out of what is taken of both.
pub fn diary(host: PersonId, guest: Option<PersonId>, taken: &Taken) -> Diary {
    let claims = taken.claims.iter().filter(|c| c.person_id == host);
    let engagements: Vec<Engagement> = claims.map(Claim::engagement).collect();
    let busy = taken.busy.iter().filter(|busy| busy.person == host);
    let guest = guest.filter(|guest| *guest != host);
    let guests = guest.into_iter().flat_map(|guest| taken.spans_of(guest));
    Diary::new(busy.map(|busy| busy.span), &engagements, guests)
}

/// The slots of one service of an open host within `[from, until)`; none while the host is paused.
pub fn offered(
    host: &Host,
    service: &Service,
    rules: &Rules,
    diary: &Diary,
    now: DateTime<Utc>,
    window: Span,
) -> Vec<Span> {
    if !host.is_open() {
        return Vec::new();
    }
    let policy = host.policy.for_service(service);
    Offer {
        rules,
        policy: &policy,
        diary,
        now,
    }
    .slots(window.start, window.end)
}

/// A session with several guests that has seats left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenGroup {
    pub span: Span,
    pub seats_left: i64,
}

/// The slots, and the times at which a group meets that can still be joined, in order.
pub fn with_groups(
    mut slots: Vec<Span>,
    groups: &[OpenGroup],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Vec<Span> {
    let joinable = groups.iter().map(|group| group.span);
    slots.extend(joinable.filter(|span| may_join(span.start, policy, now).is_ok()));
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// Whether notice and horizon allow joining a group that meets at `start`.
pub fn may_join(start: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Result<(), Refusal> {
    if start < now {
        Err(Refusal::Past)
    } else if start < now + policy.minimum_notice {
        Err(Refusal::TooSoon)
    } else if start > now + policy.horizon {
        Err(Refusal::TooFar)
    } else {
        Ok(())
    }
}
