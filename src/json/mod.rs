//! What the JSON API's rooms share: bodies, cursors, schemas of errors.

pub mod endpoints;

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::StreamExt;
use serde::{Serialize, de::DeserializeOwned};

use crate::{db::Paging, error::Error, html::form::Fields, input::Problems};

const LARGEST_BODY: usize = 256 * 1024;

/// A JSON body of that shape; unknown members are refused by the shapes themselves.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.content_type().to_ascii_lowercase();
        let mut payload = payload.take();
        Box::pin(async move {
            if kind != "application/json" {
                return Err(Error::UnsupportedMedia);
            }
            let mut body = web::BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| Error::bad_request("body", "was incomplete"))?;
                if body.len() + chunk.len() > LARGEST_BODY {
                    return Err(Error::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            // Postgres keeps no NUL, and no text of ours needs one.
            if body.windows(6).any(|w| w.eq_ignore_ascii_case(b"\\u0000")) {
                return Err(Error::bad_request("body", "must have no NUL characters"));
            }
            // A list would be read as the members of an object in order.
            if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
                return Err(Error::bad_request("body", "must be a JSON object"));
            }
            serde_json::from_slice(&body)
                .map(Self)
                .map_err(|e| Error::bad_request("body", &e.to_string()))
        })
    }
}

/// An error of the API (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: String,
    pub status: u16,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub detail: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// Only with `slot_taken`: the nearest free times, each with `start` and `end`.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    #[schema(value_type = Option<Vec<Alternative>>)]
    pub alternatives: serde_json::Value,
}

/// A free time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Alternative {
    pub start: chrono::DateTime<chrono::Utc>,
    pub end: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    pub field: String,
    pub problem: String,
}

pub fn fields(problems: &Problems) -> Vec<FieldProblem> {
    let field = |(field, problem): (&str, &str)| FieldProblem {
        field: field.into(),
        problem: problem.into(),
    };
    problems.iter().map(field).collect()
}

impl Paging {
    /// From `limit` (1 to `most`) and `cursor`.
    pub fn read(query: &Fields, default: i64, most: i64) -> Result<Self, Error> {
        let limit = limit(query, default, most)?;
        let offset = match query.some("cursor")? {
            None => 0,
            Some(cursor) => opened_cursor(cursor)
                .and_then(|text| text.parse().ok())
                .filter(|n| (0..=1_000_000).contains(n))
                .ok_or_else(odd_cursor)?,
        };
        Ok(Self { limit, offset })
    }

    /// The cursor of the page after this one.
    pub fn next(self) -> String {
        cursor(&(self.offset + self.limit).to_string())
    }
}

/// From `limit`, 1 to `most`.
pub fn limit(query: &Fields, default: i64, most: i64) -> Result<i64, Error> {
    let Some(text) = query.some("limit")? else {
        return Ok(default);
    };
    let number = text.parse().ok().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| Error::bad_request("limit", &format!("must be a number from 1 to {most}")))
}

/// Where a list goes on, as clients are given it: not for reading.
pub fn cursor(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// What a cursor was made from.
pub fn opened_cursor(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

pub fn odd_cursor() -> Error {
    Error::bad_request("cursor", "must be a cursor from an earlier response")
}

/// Refuses a query with members nobody knows.
pub fn only(query: &Fields, known: &[&str]) -> Result<(), Error> {
    match query.names().find(|name| !known.contains(name)) {
        Some(unknown) => Err(Error::bad_request(
            &crate::input::line(unknown),
            "is not a parameter of this endpoint",
        )),
        None => Ok(()),
    }
}
