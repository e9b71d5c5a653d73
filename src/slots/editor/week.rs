//! A week as a picture: what is offered, what is booked, and what keeps busy elsewhere.

use chrono::{Datelike, Days, NaiveDate};
use maud::{Markup, html};

use crate::{
    html::{
        time,
        week::{Block, Day, Hours, dots, grid},
    },
    schedule::{Rules, Span, Zone},
};

/// A session in a week.
#[derive(Clone, Debug)]
pub struct Entry {
    pub span: Span,
    /// The address of its page.
    pub path: String,
    pub title: String,
    /// Whether it is a request that waits for an answer.
    pub is_asked: bool,
}

/// Seven days of one host.
pub struct Week<'a> {
    pub first: NaiveDate,
    pub today: NaiveDate,
    /// Their zone is the picture's.
    pub rules: &'a Rules,
    pub sessions: &'a [Entry],
    pub busy: &'a [Span],
}

impl Week<'_> {
    /// The whole of it, as instants.
    pub fn span(first: NaiveDate, zone: &Zone) -> Span {
        Span::new(
            zone.instant(first, 0),
            zone.instant(first + Days::new(6), 1440),
        )
    }

    /// The windows that are offered on a date, those offered once among them.
    pub fn offered(&self, date: NaiveDate) -> Vec<Span> {
        let zone = &self.rules.zone;
        let once = self.rules.one_off.iter().copied();
        let once = once.filter(|span| part(*span, date, zone).is_some());
        let mut all: Vec<Span> = self
            .rules
            .windows_on(date)
            .into_iter()
            .chain(once)
            .collect();
        all.sort_unstable();
        all
    }
}

/// The part of a span that lies on a date, as minutes; None if nothing of it does.
fn part(span: Span, date: NaiveDate, zone: &Zone) -> Option<(u16, u16)> {
    let parts = zone.minutes_of(span);
    let (_, from, until) = parts.into_iter().find(|part| part.0 == date)?;
    Some((from, until))
}

/// The week as its host sees it. A phone shows all days as small columns, or the chosen one by itself.
pub fn picture(week: &Week, chosen: Option<NaiveDate>) -> Markup {
    let days: Vec<Day> = (0..7)
        .map(|day| week.day(week.first + Days::new(day), chosen))
        .collect();
    let class = match chosen {
        Some(_) => "is-own",
        None => "is-own is-whole",
    };
    html! {
        (grid(class, &days, week.rules.zone.hour_cycle(), Hours::All))
        p.legend {
            span.key.is-offered {}
            "offered"
            span.key.is-booked {}
            "booked"
            @if week.sessions.iter().any(|entry| entry.is_asked) {
                span.key.is-asked {}
                "requested"
            }
            @if !week.busy.is_empty() {
                span.key.is-busy {}
                "busy in another calendar"
            }
        }
    }
}

impl Week<'_> {
    fn day(&self, date: NaiveDate, chosen: Option<NaiveDate>) -> Day {
        let zone = &self.rules.zone;
        let place = |span: Span| part(span, date, zone);
        let offered = self.offered(date).into_iter().filter_map(place);
        let offered = offered.map(|(from, until)| Block {
            from,
            until,
            class: "is-offered",
            content: html! {
                "Offered: "
                (hours(from, until, zone))
            },
        });
        let busy = self.busy.iter().filter_map(|span| place(*span));
        let busy = busy.map(|(from, until)| Block {
            from,
            until,
            class: "is-busy",
            content: html! {
                "Busy: "
                (hours(from, until, zone))
            },
        });
        let session = |entry: &Entry| {
            let (from, until) = place(entry.span)?;
            Some(Block {
                from,
                until,
                class: if entry.is_asked {
                    "is-asked"
                } else {
                    "is-session"
                },
                content: html! {
                    a.entry href=(entry.path) {
                        strong { (entry.title) }
                        " "
                        span {
                            (time::clock(entry.span.start, zone))
                            " to "
                            (time::clock(entry.span.end, zone))
                        }
                    }
                },
            })
        };
        let sessions: Vec<Block> = self.sessions.iter().filter_map(session).collect();
        let heading = html! {
            @let count = sessions.len();
            @if chosen.is_some() {
                a   .day
                    .is-today[date == self.today]
                    href={ "/me/week?from=" (date) }
                    aria-current=[(chosen == Some(date)).then_some("date")]
                {
                    span { (date.format("%a")) }
                    strong { (date.day()) }
                    (dots(count))
                    span.sr-only {
                        ", "
                        (count)
                        @if count == 1 { " session" } @else { " sessions" }
                    }
                }
            } @else {
                span.day.is-today[date == self.today] {
                    span { (date.format("%a")) }
                    strong { (date.day()) }
                }
            }
        };
        Day {
            name: time::long_date(date),
            heading,
            is_chosen: chosen == Some(date),
            blocks: offered.chain(busy).chain(sessions).collect(),
            none: "No hours offered.",
        }
    }
}

/// As in `09:00 to 12:30`.
fn hours(from: u16, until: u16, zone: &Zone) -> String {
    let clock = |minute| time::minute_of_day(minute, zone.hour_cycle());
    format!("{} to {}", clock(from), clock(until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    #[test]
    fn a_picture_shows_what_the_clock_shows() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let date = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap(); // Clocks jump from 2 to 3.
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let nine = Span::new(at("2026-03-29T07:00:00Z"), at("2026-03-29T08:00:00Z"));
        assert_eq!(part(nine, date, &zone), Some((9 * 60, 10 * 60)));
        let night = Span::new(at("2026-03-28T22:00:00Z"), at("2026-03-28T23:30:00Z"));
        assert_eq!(part(night, date, &zone), Some((0, 30)));
        assert_eq!(part(night, date + Days::new(1), &zone), None);
    }
}
