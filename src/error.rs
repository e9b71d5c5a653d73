//! `Error`: what a request is told when it cannot have what it asked for.
//!
//! Handlers return it; `server::answers` renders it, as a page or, below `/api`, as
//! `application/problem+json` (RFC 9457).

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use crate::{
    db::{AsQueryError, DbError},
    input::Problems,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Also for what belongs to somebody else: the two are not told apart.
    #[error("there is nothing at this address")]
    NotFound,
    #[error("{0}")]
    Forbidden(String),
    /// A form without the token of its browser: another site sent it, or it was open too long.
    #[error(
        "it was open too long or came from another site. Go back, reload the page and send it again"
    )]
    FormExpired,
    /// Pages send the visitor to sign in and back; the API answers 401.
    #[error("sign in first")]
    SignInFirst,
    /// Pages ask the visitor to prove who they are again, and send them back.
    #[error("sign in again first, to confirm it’s you")]
    ProveAgain,
    /// Pages send the visitor to turn two-step verification on.
    #[error(
        "turn on two-step verification first: this site requires it of coordinators and administrators"
    )]
    SecondFirst,
    #[error("we could not read the request; {0}")]
    BadRequest(Problems),
    #[error("{0}")]
    Unprocessable(Problems),
    /// A state that excludes the request, with a stable code and, for a taken slot, what else is free.
    #[error("{detail}")]
    Conflict {
        code: &'static str,
        detail: String,
        alternatives: serde_json::Value,
    },
    /// A rule refused, with a stable code.
    #[error("{detail}")]
    Refused { code: &'static str, detail: String },
    #[error("too many requests; try again in {seconds} seconds")]
    TooMany { seconds: u64 },
    #[error("this is too large: a file can be up to 10 MB, the text of a form up to 256 KB")]
    TooLarge,
    #[error("this kind of content is not supported here")]
    UnsupportedMedia,
    #[error(
        "the site is busy or its database is not available; check whether your change was saved, then try again"
    )]
    Unavailable,
    /// It may still be going on, but nobody waits for it any more.
    #[error("this is taking too long; check whether it was done before you try again")]
    TooSlow,
    /// Ours to fix: logged once, never shown.
    #[error("something went wrong on our side: {0}")]
    Internal(String),
    /// A query failed, as it is: a transaction may be worth repeating.
    #[error(transparent)]
    Query(diesel::result::Error),
}

/// What is said of a fault of ours. It may have come after a change was saved.
pub const WENT_WRONG: &str =
    "Something went wrong on our side. Check whether your change was saved before you try again.";

impl Error {
    pub fn bad_request(field: &str, problem: &str) -> Self {
        Self::BadRequest(Problems::one(field, problem))
    }

    pub fn unprocessable(field: &str, problem: &str) -> Self {
        Self::Unprocessable(Problems::one(field, problem))
    }

    /// The stable word of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden(_) | Self::FormExpired => "forbidden",
            Self::SignInFirst => "unauthorized",
            Self::ProveAgain => "prove_again",
            Self::SecondFirst => "two_step_required",
            Self::BadRequest(_) => "bad_request",
            Self::Unprocessable(_) => "invalid",
            Self::Conflict { code, .. } | Self::Refused { code, .. } => code,
            Self::TooMany { .. } => "too_many_requests",
            Self::TooLarge => "too_large",
            Self::UnsupportedMedia => "unsupported_media_type",
            Self::Unavailable => "unavailable",
            Self::TooSlow => "timeout",
            Self::Query(error) if is_passing(error) => "unavailable",
            Self::Internal(_) | Self::Query(_) => "internal",
        }
    }

    /// What may be said to whoever asked.
    pub fn detail(&self) -> String {
        match self {
            Self::Query(error) if is_passing(error) => Self::Unavailable.to_string(),
            Self::Internal(_) | Self::Query(_) => WENT_WRONG.into(),
            other => other.to_string(),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::FormExpired => StatusCode::FORBIDDEN,
            Self::SignInFirst => StatusCode::UNAUTHORIZED,
            Self::ProveAgain | Self::SecondFirst => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unprocessable(_) | Self::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Query(error) if is_passing(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) | Self::Query(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::TooMany { seconds } => {
                response.insert_header(("Retry-After", *seconds));
            }
            _ if self.status_code() == StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header(("Retry-After", 2));
            }
            Self::SignInFirst => {
                response.insert_header(("WWW-Authenticate", "Bearer"));
            }
            _ => {}
        }
        response.finish()
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy | DbError::Unavailable(_) => {
                tracing::warn!(%error, "the database gave no answer");
                Self::Unavailable
            }
            DbError::Panicked => Self::Internal(error.to_string()),
            DbError::Query(error) => error.into(),
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::NotFound,
            error => Self::Query(error),
        }
    }
}

/// Whether the database could not answer just now, and may well in a moment.
fn is_passing(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind as Kind, Error as Query};
    match error {
        Query::DatabaseError(Kind::ReadOnlyTransaction | Kind::ClosedConnection, _)
        | Query::BrokenTransactionManager => true,
        // Only the system says this, and only in words.
        Query::DatabaseError(_, info) => info.message().contains("No space left on device"),
        _ => false,
    }
}

impl AsQueryError for Error {
    fn as_query_error(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Query(error) => Some(error),
            _ => None,
        }
    }
}

/// Lets a verb's error enum with a variant `Database(DbError)` be used with `?` in transactions.
#[macro_export]
macro_rules! verb_error {
    ($name:ty) => {
        impl From<diesel::result::Error> for $name {
            fn from(error: diesel::result::Error) -> Self {
                Self::Database(error.into())
            }
        }

        impl $crate::db::AsQueryError for $name {
            fn as_query_error(&self) -> Option<&diesel::result::Error> {
                match self {
                    Self::Database(error) => error.as_query_error(),
                    _ => None,
                }
            }
        }
    };
}
