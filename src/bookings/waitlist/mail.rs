//! The letter that offers a time from the waitlist, made from values already loaded.

use chrono::{DateTime, Utc};

use crate::{
    bookings::{self, Meeting},
    html::time,
    mail::{Envelope, Letter, body::Block},
};

pub fn offer(meeting: &Meeting, at: DateTime<Utc>, url: String, list: String) -> Letter {
    let booking = &meeting.booking;
    let zone = meeting.guest.zone();
    let until = booking
        .hold_expires_at
        .map_or_else(String::new, |end| time::moment(end, &zone));
    let mut facts = bookings::mail::when(meeting, booking.guest_id);
    facts.push(("With", meeting.host.name.clone()));
    facts.push(("Held until", until.clone()));
    let blocks = [
        Block::Paragraph(format!(
            "A time from your waitlist is free. It is held for you until {until}. Then it goes to the \
             next person."
        )),
        Block::Facts(facts),
        Block::Button {
            label: "Take this time",
            url,
        },
        Block::Link {
            label: "Your waitlist",
            url: list,
        },
    ];
    let envelope = Envelope {
        name: meeting.guest.name.clone(),
        email: meeting.guest.email.clone(),
        id: format!("{}.offer", booking.id),
        date: at,
    };
    let subject = format!(
        "A time for you: {} with {}",
        booking.service_title, meeting.host.name
    );
    envelope.letter(&subject, &blocks)
}
