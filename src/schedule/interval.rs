//! Spans of time and sets of them. Half-open, so neighbours touch without overlapping.

use chrono::{DateTime, TimeDelta, Utc};

/// A half-open span `[start, end)`; empty when `end <= start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Span {
    pub const fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self { start, end }
    }

    /// The span that begins at `start` and lasts `length`; ends at the end of time at the latest.
    pub fn lasting(start: DateTime<Utc>, length: TimeDelta) -> Self {
        Self::new(start, later(start, length))
    }

    /// Whether it takes no time.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether the two share an instant. An empty span meets nothing.
    pub fn meets(&self, other: &Self) -> bool {
        !self.is_empty() && !other.is_empty() && self.start < other.end && other.start < self.end
    }

    /// Grown by quiet time on both sides.
    pub fn widened(&self, before: TimeDelta, after: TimeDelta) -> Self {
        Self::new(later(self.start, -before), later(self.end, after))
    }

    pub fn length(&self) -> TimeDelta {
        self.end - self.start
    }
}

/// `at + by`, stopping at the ends of representable time instead of overflowing.
pub fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by)
        .unwrap_or(if by > TimeDelta::zero() {
            DateTime::<Utc>::MAX_UTC
        } else {
            DateTime::<Utc>::MIN_UTC
        })
}

/// Spans in order that neither overlap nor touch, so that a question costs a binary search, or a step where
/// questions come in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// Merges spans given in any order; empty ones vanish.
    pub fn merged(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut all: Vec<Span> = spans.into_iter().filter(|s| !s.is_empty()).collect();
        all.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(all.len());
        for span in all {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    /// Whether any of them meets `span`.
    pub fn meets(&self, span: &Span) -> bool {
        let next = self.0.partition_point(|s| s.end <= span.start);
        self.0.get(next).is_some_and(|s| s.meets(span))
    }

    /// As `meets`, for spans that come by their starts; `place` is where to look on, 0 at first.
    pub fn meets_next(&self, span: &Span, place: &mut usize) -> bool {
        let over = self.0[*place..].iter().take_while(|s| s.end <= span.start);
        *place += over.count();
        self.0.get(*place).is_some_and(|s| s.meets(span))
    }

    pub fn as_slice(&self) -> &[Span] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start: i64, end: i64) -> Span {
        let at = |s| DateTime::from_timestamp(s, 0).expect("small");
        Span::new(at(start), at(end))
    }

    #[test]
    fn touching_is_no_overlap() {
        assert!(!span(0, 10).meets(&span(10, 20)));
        assert!(span(0, 11).meets(&span(10, 20)));
        assert!(!span(5, 5).meets(&span(0, 10)));
    }

    proptest! {
        #[test]
        fn a_merged_set_meets_what_its_parts_meet(
            parts in prop::collection::vec((0i64..60, -2i64..9), 0..12),
            start in 0i64..60, length in 0i64..9,
        ) {
            let parts: Vec<_> = parts.into_iter().map(|(s, l)| span(s, s + l)).collect();
            let asked = span(start, start + length);
            let plain = parts.iter().any(|p| p.meets(&asked));
            prop_assert_eq!(Spans::merged(parts).meets(&asked), plain);
        }

        #[test]
        fn questions_in_order_are_answered_as_any_other(
            parts in prop::collection::vec((0i64..60, -2i64..9), 0..12),
            mut asked in prop::collection::vec((0i64..60, 0i64..9), 0..12),
        ) {
            let spans = Spans::merged(parts.into_iter().map(|(s, l)| span(s, s + l)));
            asked.sort_unstable();
            let mut place = 0;
            for (start, length) in asked {
                let asked = span(start, start + length);
                prop_assert_eq!(spans.meets_next(&asked, &mut place), spans.meets(&asked));
            }
        }
    }
}
