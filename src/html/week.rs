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

/// Which hours of the day are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// All of the daytime, and others that are used.
    All,
    /// Those, but several in a row that nothing uses become one.
    Folded,
}

/// Hours that are folded into one, so many are empty at least.
const FOLDS: u16 = 3;
/// Rows of an hour.
const HOUR: u16 = 60 / ROW;

/// What stands beside the rows of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Hour(u16),
    /// From which to which hour nothing is.
    Fold(u16, u16),
}

impl Line {
    fn has(self, hour: u16) -> bool {
        match self {
            Self::Hour(own) => own == hour,
            Self::Fold(from, until) => (from..until).contains(&hour),
        }
    }
}

/// The grid of these days. `class` tells its uses apart.
pub fn grid(class: &str, days: &[Day], hour_cycle: HourCycle, shown: Hours) -> Markup {
    let lines = lines(days, shown);
    let row = |minute: u16| {
        let line = lines.iter().position(|line| line.has(minute / 60));
        line.unwrap_or_default() as u16 * HOUR + minute % 60 / ROW + 1
    };
    let label = |hour: u16| {
        html! {
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
    };
    html! {
        div.week-grid.(class) {
            div.strip {
                span.corner {}
                @for day in days { (day.heading) }
            }
            div.body {
                div.hours aria-hidden="true" {
                    @for (at, line) in lines.iter().enumerate() {
                        @let place = format!("for-{HOUR} at-{}", at as u16 * HOUR + 1);
                        @match line {
                            Line::Hour(hour) => span class=(place) { (label(*hour)) },
                            Line::Fold(..) => span class=(place) { "⋮" },
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
                @if lines.iter().any(|line| matches!(line, Line::Fold(..))) {
                    div.folds aria-hidden="true" {
                        @for (at, line) in lines.iter().enumerate() {
                            @if let Line::Fold(from, until) = line {
                                span class={ "for-" (HOUR) " at-" (at as u16 * HOUR + 1) } {
                                    "Nothing from "
                                    (label(*from))
                                    " to "
                                    (label(*until))
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

/// What stands beside the grid, from the top.
fn lines(days: &[Day], shown: Hours) -> Vec<Line> {
    let (first, last) = hours(days);
    let is_used = |hour: &u16| {
        let blocks = days.iter().flat_map(|day| &day.blocks);
        let (from, until) = (hour * 60, hour * 60 + 60);
        blocks
            .into_iter()
            .any(|block| block.from < until && from < block.until)
    };
    let all: Vec<u16> = (first..last).collect();
    let runs = all.chunk_by(|one, next| is_used(one) == is_used(next));
    runs.flat_map(|run| {
        let is_folded = shown == Hours::Folded && !is_used(&run[0]) && run.len() as u16 >= FOLDS;
        match is_folded {
            true => vec![Line::Fold(run[0], run[run.len() - 1] + 1)],
            false => run.iter().map(|hour| Line::Hour(*hour)).collect(),
        }
    })
    .collect()
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
        let shown = grid(
            "",
            &[day(&[(540, 570), (610, 650)])],
            HourCycle::H23,
            Hours::All,
        )
        .into_string();
        assert!(shown.contains("is-free at-25 for-6"), "{shown}");
        assert!(shown.contains("is-free at-39 for-8"), "{shown}");
    }

    #[test]
    fn hours_that_nothing_uses_are_folded() {
        let days = [day(&[(540, 600)]), day(&[(1080, 1140)])];
        let folded = lines(&days, Hours::Folded);
        let [before, between, after] = [Line::Hour(7), Line::Fold(10, 18), Line::Fold(19, 22)];
        assert_eq!(
            folded,
            [
                before,
                Line::Hour(8),
                Line::Hour(9),
                between,
                Line::Hour(18),
                after
            ]
        );
        assert_eq!(lines(&days, Hours::All).len(), 15);
        let shown = grid("", &days, HourCycle::H23, Hours::Folded).into_string();
        // 18:00 stands below 07, 08, 09 and what is folded.
        assert!(shown.contains("is-free at-49 for-12"), "{shown}");
    }
}
