//! A week as a grid: days beside each other, hours below each other. On a phone, one day at a time.

use maud::{Markup, html};

use super::time::{half, hour_of_half};
use crate::schedule::HourCycle;

/// Hours that are always shown; others only where they are used.
const DAYTIME: (u16, u16) = (7, 22);

/// Rows of the grid are as many minutes apart.
pub const ROW: u16 = 5;

/// Something at its place in a day.
#[derive(Clone, Debug)]
pub struct Block {
    /// Minutes of the local day.
    pub from: u16,
    /// At most 1440.
    pub until: u16,
    pub class: &'static str,
    pub content: Markup,
}

/// One column, and what stands above it.
#[derive(Clone, Debug)]
pub struct Day {
    /// What the column is called where it cannot be seen.
    pub name: String,
    pub heading: Markup,
    /// Whether it is the day that a phone shows.
    pub is_chosen: bool,
    pub blocks: Vec<Block>,
    /// What a phone says where there are no blocks.
    pub none: &'static str,
}

/// The grid of these days. `class` tells its uses apart.
pub fn grid(class: &str, days: &[Day], hour_cycle: HourCycle) -> Markup {
    let (first, last) = hours(days);
    let row = |minute: u16| (minute - first * 60) / ROW + 1;
    html! {
        div.week-grid.(class) {
            div.strip {
                span.corner {}
                @for day in days { (day.heading) }
            }
            div.body {
                div.hours aria-hidden="true" {
                    @for hour in first..last {
                        span class={ "for-" (60 / ROW) " at-" (row(hour * 60)) } {
                            @match hour_cycle {
                                HourCycle::H23 => {
                                    (format!("{hour:02}"))
                                    i { ":00" }
                                }
                                HourCycle::H12 => {
                                    (hour_of_half(hour))
                                    i { "\u{a0}" (half(hour)) }
                                }
                            }
                        }
                    }
                }
                @for day in days {
                    section.is-chosen[day.is_chosen] aria-label=(day.name) {
                        @if day.blocks.is_empty() {
                            p.none { (day.none) }
                        } @else {
                            ul.blocks {
                                @for block in &day.blocks {
                                    @let rows = block.until.div_ceil(ROW) - block.from / ROW;
                                    li  class={
                                            (block.class)
                                            " at-"
                                            (row(block.from))
                                            " for-"
                                            (rows.max(1))
                                        }
                                    { (block.content) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The hours from the first to the last that have to be seen.
fn hours(days: &[Day]) -> (u16, u16) {
    let blocks = || days.iter().flat_map(|day| &day.blocks);
    let first = blocks().map(|block| block.from / 60);
    let last = blocks().map(|block| block.until.div_ceil(60));
    (
        first.min().unwrap_or(DAYTIME.0).min(DAYTIME.0),
        last.max().unwrap_or(DAYTIME.1).max(DAYTIME.1),
    )
}

/// Styles that put blocks into their rows: pages may not carry styles of their own.
pub fn styles() -> String {
    (1..=1440 / ROW)
        .map(|n| format!(".at-{n}{{grid-row-start:{n}}}.for-{n}{{grid-row-end:span {n}}}\n"))
        .collect()
}

/// How much there is on a day, as dots: one for a little, four for a lot.
pub fn dots(count: usize) -> Markup {
    let shown = match count {
        0 => 0,
        1..=2 => 1,
        3..=5 => 2,
        6..=9 => 3,
        _ => 4,
    };
    html! {
        span.dots aria-hidden="true" {
            @for _ in 0..shown {
                i {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(blocks: &[(u16, u16)]) -> Day {
        let block = |&(from, until): &(u16, u16)| Block {
            from,
            until,
            class: "is-free",
            content: html! {
                "x"
            },
        };
        Day {
            name: "Monday".into(),
            heading: html! {},
            is_chosen: false,
            blocks: blocks.iter().map(block).collect(),
            none: "",
        }
    }

    #[test]
    fn hours_of_the_night_are_shown_where_they_are_used() {
        assert_eq!(hours(&[day(&[])]), (7, 22));
        assert_eq!(hours(&[day(&[(540, 600)])]), (7, 22));
        assert_eq!(hours(&[day(&[(350, 400)]), day(&[(1380, 1440)])]), (5, 24));
    }

    #[test]
    fn a_block_stands_in_the_rows_of_its_minutes() {
        let shown = grid("", &[day(&[(540, 570), (610, 650)])], HourCycle::H23).into_string();
        assert!(shown.contains("is-free at-25 for-6"), "{shown}");
        assert!(shown.contains("is-free at-39 for-8"), "{shown}");
    }
}
