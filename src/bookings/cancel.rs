//! Cancelling, by either side.

use chrono::{DateTime, Utc};

use super::{Booking, book::tell_both, rules, rules::NoCancel, store};
use crate::{
    app::{Keys, Purpose},
    db::{BookingId, Conn, DbError, PersonId},
    error::Error,
    jobs::News,
    people,
    slots::{free_times, store as slot_store, store_free},
};

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("{0}")]
    Refused(NoCancel),
    #[error("there is no such booking")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(CancelError);

impl From<CancelError> for Error {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Refused(reason) => Self::Conflict {
                code: "wrong_state",
                detail: reason.to_string(),
                alternatives: serde_json::Value::Null,
            },
            CancelError::NotFound => Self::NotFound,
            CancelError::Database(error) => error.into(),
        }
    }
}

/// Cancels a booking of `by`, frees the time and queues the letters. Nobody else's is found.
pub fn cancel(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Booking, CancelError> {
    let booking = store::booking(conn, id)?
        .filter(|b| b.involves(by))
        .ok_or(CancelError::NotFound)?;
    people::store::lock(conn, &[booking.host_id, booking.guest_id])?;
    let booking = store::booking(conn, id)?.ok_or(CancelError::NotFound)?;
    rules::may_cancel(&booking, now).map_err(CancelError::Refused)?;
    let cancelled =
        store::cancel(conn, id, by, reason, now)?.ok_or(CancelError::Refused(NoCancel::Already))?;
    let dropped = slot_store::drop_claims(conn, id)?;
    free_times::refresh_people(conn, &dropped, now)?;
    store_free::add_load(conn, cancelled.host_id, cancelled.starts_at, -1, now)?;
    tell_both(conn, &cancelled, News::Cancelled, now)?;
    Ok(cancelled)
}

/// The key in a mail's link: it lets its reader cancel this booking as it stands now, nothing else.
pub fn key(keys: &Keys, booking: BookingId, reader: PersonId, sequence: i32) -> String {
    let context = [booking.0.as_bytes().as_slice(), &sequence.to_be_bytes()].concat();
    keys.seal(Purpose::CancelBooking, reader.0.as_bytes(), &context)
}

/// Whose key that is; nobody's once the booking has changed.
pub fn key_owner(keys: &Keys, key: &str, booking: &Booking) -> Option<PersonId> {
    let context = [
        booking.id.0.as_bytes().as_slice(),
        &booking.sequence.to_be_bytes(),
    ]
    .concat();
    let reader = keys.open(Purpose::CancelBooking, key, &context)?;
    let reader = PersonId(uuid::Uuid::from_slice(&reader).ok()?);
    booking.involves(reader).then_some(reader)
}
