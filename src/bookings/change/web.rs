//! What the routes that change a booking share: who acts, also by a link in a letter, whose key stands for signing
//! in; and the answer to what cannot be done.

use actix_web::{HttpResponse, http::StatusCode};
use chrono::{DateTime, Utc};

use super::{cancel, pages};
use crate::{
    app::App,
    bookings::{
        self, Meeting,
        state::{self, Action, Actor},
    },
    db::{BookingId, PersonId},
    error::Error,
    keys::Purpose,
    people::visitor::{Visitor, page},
};

/// Who acts: the one the mail's key belongs to, else who is signed in. Anybody else finds nothing.
pub async fn actor(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    purpose: Purpose,
    key: &str,
) -> Result<(Meeting, PersonId), Error> {
    if key.is_empty() {
        visitor.signed_in()?;
    }
    let meeting = app
        .read::<_, Error>(move |conn| bookings::store::meeting(conn, id)?.ok_or(Error::NotFound))
        .await?;
    let reader = match key {
        "" => visitor
            .person
            .as_ref()
            .map(|p| p.id)
            .filter(|id| meeting.booking.involves(*id)),
        key => cancel::key_owner(&app.keys, purpose, key, &meeting.booking),
    };
    let reader = reader.ok_or(Error::NotFound)?;
    let (own, _) = meeting.sides(reader);
    if own.standing == crate::people::Standing::Suspended {
        return Err(Error::NotFound);
    }
    Ok((meeting, reader))
}

/// None if `reader` may do it to that booking now; else the page that says why not.
pub fn refused(
    visitor: &Visitor,
    meeting: &Meeting,
    reader: PersonId,
    action: Action,
    now: DateTime<Utc>,
) -> Option<HttpResponse> {
    let side = Actor::of(reader, &meeting.booking).expect("a reader is one of the two");
    let reason = state::may(&meeting.booking, action, side, now).err()?;
    Some(cannot(visitor, meeting, reader, action, &reason))
}

/// The page that says why `reader` cannot do it.
pub fn cannot(
    visitor: &Visitor,
    meeting: &Meeting,
    reader: PersonId,
    action: Action,
    reason: &impl ToString,
) -> HttpResponse {
    let reason = reason.to_string();
    let markup = pages::cannot(&visitor.chrome, meeting, reader, action, &reason);
    page(StatusCode::CONFLICT, markup)
}
