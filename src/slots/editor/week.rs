//! A week as a picture: what is offered, what is booked, and what keeps busy elsewhere.

use chrono::{Datelike, Days, NaiveDate};
use maud::{Markup, html};

use crate::schedule::{Rules, Span, Zone};

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
        let once = once.filter(|span| zone.local(span.start).date_naive() == date);
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
fn part(span: Span, date: NaiveDate, zone: &Zone) -> Option<(u32, u32)> {
    let parts = zone.minutes_of(span);
    let part = parts.iter().find(|part| part.0 == date)?;
    Some((part.1.into(), part.2.into()))
}

pub fn picture(week: &Week) -> Markup {
    let zone = &week.rules.zone;
    let y = |minute: u32| 24 + minute * 192 / 1440;
    let height = |(from, until): (u32, u32), least: u32| (y(until) - y(from)).max(least);
    html! {
        div.scroll tabindex="0" role="region" aria-label="The week" {
            svg .picture
                viewBox="0 0 756 220"
                role="img"
                aria-label="Offered hours, sessions and busy times of seven days"
            {
                @for hour in [0, 6, 12, 18, 24] {
                    line.rule x1="42" x2="756" y1=(y(hour * 60)) y2=(y(hour * 60)) {}
                    text x="36" y=(y(hour * 60) + 4) text-anchor="end" { (format!("{hour:02}")) }
                }
                @for day in 0..7u64 {
                    @let date = week.first + Days::new(day);
                    @let x = 44 + day * 102;
                    text.is-today[date == week.today] x=(x + 49) y="14" text-anchor="middle" {
                        (date.format("%a"))
                        " "
                        (date.day())
                    }
                    @for part in {
                        week.offered(date)
                            .into_iter()
                            .filter_map(|span| part(span, date, zone))
                    } {
                        rect.offered x=(x) width="98" y=(y(part.0)) height=(height(part, 2)) rx="4" {}
                    }
                    @for part in week.busy.iter().filter_map(|span| part(*span, date, zone)) {
                        rect
                            .elsewhere
                            x=(x + 4)
                            width="90"
                            y=(y(part.0))
                            height=(height(part, 2))
                            rx="2"
                        {
                            title { "busy in another calendar" }
                        }
                    }
                    @for (part, entry) in {
                        week.sessions
                            .iter()
                            .filter_map(|entry| Some((
                                part(entry.span, date, zone)?,
                                entry,
                            )))
                    } {
                        rect
                            .booked
                            .is-asked[entry.is_asked]
                            x=(x + 8)
                            width="82"
                            y=(y(part.0))
                            height=(height(part, 4))
                            rx="2"
                        {
                            title { (entry.title) }
                        }
                    }
                }
            }
        }
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
                span.key.is-elsewhere {}
                "busy elsewhere"
            }
        }
    }
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
