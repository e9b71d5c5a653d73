//! Accounts, inviting, joining, sign-in and its second factor, API tokens, roles and standing, the audit log, alumni
//! profiles, students.
//!
//! Who somebody is, what they may be and how they prove it. What an alumnus offers is `slots`.

pub mod arrival;
pub mod audit;
pub mod coordinate;
pub mod email;
pub mod errand;
pub mod introduction;
pub mod invitation;
pub mod jobs;
pub mod join;
pub mod letters;
pub mod mail;
pub mod pages;
pub mod privacy;
pub mod profile;
pub mod rules;
pub mod second_factor;
pub mod sign_in;
pub mod store;
pub mod token;
pub mod topic;
pub mod trouble;
pub mod unsubscribe;
pub mod visitor;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    prelude::*,
    serialize::{self, Output, ToSql},
    sql_types::{Array, Nullable, Text},
};

use crate::{
    db::{JoinRequestId, PersonId, schema, types::Words},
    error::Error,
    schedule::{HourCycle, Zone},
    word_enum,
};

word_enum! {
    /// What somebody is on this site; one person may be any combination.
    Role {
        Student = "student",
        Alumnus = "alumnus",
        Coordinator = "coordinator",
        Admin = "admin",
    }
}

impl Role {
    /// As in “to join as …”.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Student => "a student",
            Self::Alumnus => "an alumnus",
            Self::Coordinator => "a coordinator",
            Self::Admin => "an administrator",
        }
    }
}

word_enum! {
    /// Whether somebody takes part.
    Standing {
        Active = "active",
        /// A pause: may sign in, but neither books nor is booked; nothing is deleted.
        Lapsed = "lapsed",
        /// Shut out: cannot sign in.
        Suspended = "suspended",
    }
}

impl Role {
    /// Whether it is a power over others.
    pub fn is_about_others(self) -> bool {
        matches!(self, Self::Coordinator | Self::Admin)
    }

    /// Those who have it, in a sentence.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Student => "students",
            Self::Alumnus => "alumni",
            Self::Coordinator => "coordinators",
            Self::Admin => "administrators",
        }
    }
}

/// The roles of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = Array<Nullable<Text>>)]
pub struct Roles(Vec<Role>);

impl Roles {
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Self {
        let mut roles: Vec<Role> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromSql<Array<Nullable<Text>>, Pg> for Roles {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <Vec<Role> as FromSql<Array<Text>, Pg>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<Array<Nullable<Text>>, Pg> for Roles {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Vec<Role> as ToSql<Array<Text>, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

/// Somebody with an account.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::people)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    pub zone: String,
    pub roles: Roles,
    pub standing: Standing,
    pub graduates_on: Option<NaiveDate>,
    pub joined_at: DateTime<Utc>,
    /// Whether they read `2:30 pm` rather than `14:30`.
    pub twelve_hours: bool,
}

impl Person {
    /// The person's zone, its times as they read them; UTC should the zone data have lost its name.
    pub fn zone(&self) -> Zone {
        let zone = Zone::named(&self.zone).unwrap_or_else(|_| {
            tracing::error!(person = %self.id, zone = self.zone, "the zone data do not know this zone; UTC is used");
            Zone::utc()
        });
        zone.written(self.hour_cycle())
    }

    /// Their zone for somebody else, its times as that reader's are.
    pub fn zone_for(&self, reader: &Zone) -> Zone {
        self.zone().written(reader.hour_cycle())
    }

    pub fn hour_cycle(&self) -> HourCycle {
        match self.twelve_hours {
            true => HourCycle::H12,
            false => HourCycle::H23,
        }
    }

    pub fn is(&self, role: Role) -> bool {
        self.roles.has(role)
    }

    /// Takes away the powers over others that take a second factor, until there is one. Whether there were any.
    pub fn lay_down_powers(&mut self) -> bool {
        let kept = self.roles.iter().filter(|role| !role.is_about_others());
        let kept = Roles::new(kept);
        let had_some = kept != self.roles;
        self.roles = kept;
        had_some
    }

    /// Whether this is what is left of somebody whose account was erased.
    pub fn is_erased(&self) -> bool {
        is_erased(&self.email)
    }

    /// The one place that says who may act in a role, in the browser and by the API. Whoever lapsed keeps
    /// what is their own, and loses what is about others.
    pub fn having(&self, role: Role) -> Result<&Self, Error> {
        let is_shut_out = match self.standing {
            Standing::Active => false,
            Standing::Lapsed => role.is_about_others(),
            Standing::Suspended => true,
        };
        if self.is(role) && !is_shut_out {
            return Ok(self);
        }
        Err(Error::Forbidden(match role {
            Role::Alumnus => {
                "This is for alumni. If you are an alumnus, ask a coordinator to add that role."
                    .into()
            }
            Role::Student => {
                "This is for students. If you are a student, ask a coordinator to add that role."
                    .into()
            }
            Role::Coordinator | Role::Admin => {
                "This is for coordinators and administrators.".into()
            }
        }))
    }

    /// As `having`, for reviewing requests and roles, which administrators do, too.
    pub fn coordinating(&self) -> Result<&Self, Error> {
        let found = self
            .having(Role::Coordinator)
            .or_else(|_| self.having(Role::Admin));
        found.map_err(|_| Error::Forbidden("This is for coordinators.".into()))
    }
}

/// Whether that is the address of somebody whose account was erased: nobody reads mail there (RFC 2606).
pub fn is_erased(email: &str) -> bool {
    email.ends_with("@erased.invalid")
}

/// What an alumnus shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = schema::profiles)]
pub struct Profile {
    pub headline: String,
    pub employer: String,
    pub field: String,
    pub topics: Words,
    pub languages: Words,
    /// Markdown, as typed.
    pub bio: String,
    pub links: Words,
}

/// A profile with what the owner does not type into the form.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::profiles)]
pub struct PublishedProfile {
    pub handle: String,
    #[diesel(embed)]
    pub profile: Profile,
    pub thumbnail: Option<Vec<u8>>,
    pub paused_at: Option<DateTime<Utc>>,
    /// When a pause ends by itself.
    pub paused_until: Option<DateTime<Utc>>,
    pub unlisted_at: Option<DateTime<Utc>>,
}

/// Somebody who asks to join.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::join_requests)]
pub struct JoinRequest {
    pub id: JoinRequestId,
    pub email: String,
    pub name: String,
    pub zone: String,
    pub role: Role,
    pub message: String,
    pub asked_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub approved: Option<bool>,
    /// What the coordinator says to somebody who was declined.
    pub reason: String,
}
