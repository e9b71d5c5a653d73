//! Letters about foreign calendars.

use chrono::{DateTime, Utc};

use super::BusyCalendar;
use crate::{
    html::time,
    mail::{Envelope, Letter, body::Block},
    schedule::Zone,
};

/// A calendar cannot be read any more.
pub fn failing(
    envelope: Envelope,
    calendar: &BusyCalendar,
    since: DateTime<Utc>,
    zone: &Zone,
    url: String,
) -> Letter {
    let meanwhile = match (calendar.read_at, calendar.keep_offering) {
        (_, false) => {
            "As you have chosen, none of your times are offered until it can be read again."
                .to_owned()
        }
        (Some(at), true) => format!("Until then the copy of {} counts.", time::moment(at, zone)),
        (None, true) => "Until then it keeps nobody from booking you.".to_owned(),
    };
    let blocks = [
        Block::Paragraph(format!(
            "Your calendar \u{201c}{}\u{201d} could not be read since {}, {}. {meanwhile}",
            calendar.label,
            time::moment(since, zone),
            time::zone_in_words(zone, since),
        )),
        Block::Paragraph("Mostly the address has changed: look it up in your calendar's settings and add it anew.".into()),
        Block::Button {
            label: "See my calendars",
            url,
        },
    ];
    envelope.letter("Your calendar cannot be read", &blocks)
}
