//! Letters about connected calendars.

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
            "As you have chosen, none of your times are offered until we can read it again."
                .to_owned()
        }
        (Some(at), true) => format!(
            "Until we can, we use the copy from {}.",
            time::moment(at, zone)
        ),
        (None, true) => "Until we can, people can book you while it shows you as busy.".to_owned(),
    };
    let blocks = [
        Block::Paragraph(format!(
            "We have not been able to read your calendar \u{201c}{}\u{201d} since {}, {}. {meanwhile}",
            calendar.label,
            time::moment(since, zone),
            time::zone_in_words(zone, since),
        )),
        Block::Paragraph("Usually the address has changed. Look it up in your calendar’s settings and connect the calendar again.".into()),
        Block::Button {
            label: "See your calendars",
            url,
        },
    ];
    envelope.letter("We cannot read your calendar", &blocks)
}
