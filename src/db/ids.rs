//! Ids with types, so that a booking's cannot be handed over as a person's.

/// Declares a typed id around a random UUID, as it is stored, sent and shown.
macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[derive(diesel::AsExpression, diesel::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new one, random: it tells nothing and cannot be counted.
            pub fn random() -> Self {
                Self(uuid::Uuid::new_v4())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                diesel::deserialize::FromSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::from_sql(bytes)
                    .map(Self)
            }
        }
    )*};
}

typed_id! {
    PersonId;
    SignInLinkId;
    JoinRequestId;
    InvitationId;
    ApiTokenId;
    PasskeyId;
    ServiceId;
    ProgramId;
    CohortId;
    ApplicationId;
    /// What a member of a cohort wrote: a thread or a reply.
    PostId;
    /// A prompt, or an event; also the UID of its calendar event.
    ActivityId;
    /// A filter that somebody saved.
    FilterId;
    /// Decisions that were made together.
    BatchId;
    MentorshipId;
    OneOffId;
    BusyCalendarId;
    WishId;
    /// A file of a preparation.
    FileId;
    NoteId;
    /// A session with several guests; also the UID of its calendar event.
    GroupId;
    WebhookId;
    /// One event for one webhook; also its webhook-id.
    DeliveryId;
    /// A booking or a hold; also the UID of its calendar event.
    BookingId;
}
