//! The audit log: who changed or saw what of whom.

pub mod record;
pub mod store;

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::{db::PersonId, people::Person, word_enum};

word_enum! {
    /// What is noted.
    AuditAction {
        RolesChanged = "roles_changed",
        StandingChanged = "standing_changed",
        DomainAdded = "domain_added",
        DomainRemoved = "domain_removed",
        RequestApproved = "request_approved",
        RequestDeclined = "request_declined",
        RequestReopened = "request_reopened",
        PeopleInvited = "people_invited",
        InvitationWithdrawn = "invitation_withdrawn",
        ProgramChanged = "program_changed",
        ProgramPublished = "program_published",
        ProgramUnpublished = "program_unpublished",
        StaffChanged = "staff_changed",
        CohortArchived = "cohort_archived",
        ApplicationsListed = "applications_listed",
        ApplicationViewed = "application_viewed",
        ApplicationsDecided = "applications_decided",
        ResultsReleased = "results_released",
        SettingsChanged = "settings_changed",
        DisputeDecided = "dispute_decided",
        SessionsCancelled = "sessions_cancelled",
        PeopleListed = "people_listed",
        BookingsListed = "bookings_listed",
        PersonViewed = "person_viewed",
        RecordViewed = "record_viewed",
        SessionsViewed = "sessions_viewed",
        TokenMade = "token_made",
        TokenRevoked = "token_revoked",
        SecondFactorAdded = "second_factor_added",
        SecondFactorRemoved = "second_factor_removed",
        PasskeyAdded = "passkey_added",
        PasskeyRemoved = "passkey_removed",
        AppRemoved = "app_removed",
        RecoveryCodesMade = "recovery_codes_made",
        RecoveryCodeUsed = "recovery_code_used",
        SignedOutEverywhere = "signed_out_everywhere",
        MailViewed = "mail_viewed",
        MailRetried = "mail_retried",
        MailDiscarded = "mail_discarded",
        DataExported = "data_exported",
        PersonErased = "person_erased",
        EmailChanged = "email_changed",
        ServiceKindChanged = "service_kind_changed",
        TopicsChanged = "topics_changed",
    }
}

impl AuditAction {
    /// As a sentence goes on after a name.
    pub fn words(self) -> &'static str {
        match self {
            Self::RolesChanged => "changed roles",
            Self::StandingChanged => "changed standing",
            Self::DomainAdded => "added a domain",
            Self::DomainRemoved => "removed a domain",
            Self::RequestApproved => "approved a request to join",
            Self::RequestDeclined => "declined a request to join",
            Self::RequestReopened => "reopened a declined request to join",
            Self::PeopleInvited => "invited people",
            Self::InvitationWithdrawn => "withdrew an invitation",
            Self::ProgramChanged => "changed a program",
            Self::ProgramPublished => "published a program",
            Self::ProgramUnpublished => "took a program off the site",
            Self::StaffChanged => "changed who runs a program",
            Self::CohortArchived => "archived a cohort",
            Self::ApplicationsListed => "viewed a list of applications",
            Self::ApplicationViewed => "looked at an application",
            Self::ApplicationsDecided => "decided about applications",
            Self::ResultsReleased => "released results",
            Self::SettingsChanged => "changed settings",
            Self::DisputeDecided => "settled a disputed session",
            Self::SessionsCancelled => "cancelled all upcoming sessions",
            Self::PeopleListed => "viewed the list of people",
            Self::BookingsListed => "viewed the list of bookings",
            Self::PersonViewed => "looked at an account",
            Self::RecordViewed => "looked at a record",
            Self::SessionsViewed => "looked at disputes and reliability",
            Self::TokenMade => "created an API token",
            Self::TokenRevoked => "revoked an API token",
            Self::SecondFactorAdded => "set up an authenticator app",
            Self::PasskeyAdded => "added a passkey",
            Self::PasskeyRemoved => "removed a passkey",
            Self::AppRemoved => "removed the authenticator app",
            Self::RecoveryCodesMade => "made new recovery codes",
            Self::SecondFactorRemoved => "turned two-step verification off",
            Self::RecoveryCodeUsed => "used a recovery code",
            Self::SignedOutEverywhere => "signed out everywhere",
            Self::MailViewed => "looked at emails that could not be sent",
            Self::MailRetried => "retried an email",
            Self::MailDiscarded => "discarded an email",
            Self::DataExported => "downloaded personal data",
            Self::PersonErased => "deleted an account",
            Self::EmailChanged => "changed an email address",
            Self::ServiceKindChanged => "changed a kind of service",
            Self::TopicsChanged => "changed the topics",
        }
    }
}

/// Who does something, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// None: the command line, or Almanac by itself.
    pub person: Option<PersonId>,
    pub network: Option<IpAddr>,
}

impl By {
    /// The command line, or Almanac by itself.
    pub const MACHINE: Self = Self {
        person: None,
        network: None,
    };
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub network: String,
    pub action: AuditAction,
    pub detail: String,
    pub actor: Option<Person>,
    pub subject: Option<Person>,
}
