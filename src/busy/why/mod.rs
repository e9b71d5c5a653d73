//! Why a time is offered or not, in words for its host: the same facts that the engine decides by.

pub mod pages;
pub mod web;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    schedule::{Offer, Refusal, Rules, Span, slots::monday},
    slots::{Booked, Host, Service, Taken, diary},
};

/// What speaks against a stretch of a host's time, or for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Paused,
    /// Before now.
    Past,
    TooSoon,
    TooFar,
    OutsideHours,
    /// This date has hours of its own, and these are not among them.
    OutsideOverride,
    DayFull,
    WeekFull,
    /// Of a calendar of that name.
    Busy(String),
    Booked {
        title: String,
        with: String,
        path: String,
    },
    Held,
    /// A session in which the host is the guest.
    OwnSession,
    Buffer,
}

/// A stretch of a day and everything that speaks against it; nothing if it is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub span: Span,
    pub reasons: Vec<Reason>,
}

/// What is known of a host's day.
pub struct Facts<'a> {
    pub host: &'a Host,
    pub rules: &'a Rules,
    pub taken: &'a Taken,
    pub booked: &'a [Booked],
    /// Busy spans, each with the name of its calendar.
    pub busy: &'a [(Span, String)],
    pub now: DateTime<Utc>,
}

impl Facts<'_> {
    /// The day as a line of stretches, in order, without gaps.
    pub fn day(&self, date: NaiveDate) -> Vec<Stretch> {
        let zone = &self.rules.zone;
        let day = Span::new(zone.instant(date, 0), zone.instant(date, 1440));
        let marks = self.marks(day);
        let mut edges: Vec<DateTime<Utc>> = marks
            .iter()
            .flat_map(|(span, _)| [span.start, span.end])
            .chain([day.start, day.end])
            .filter(|at| day.start <= *at && *at <= day.end)
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let mut line: Vec<Stretch> = Vec::new();
        for pair in edges.windows(2) {
            let span = Span::new(pair[0], pair[1]);
            let against = marks.iter().filter(|(mark, _)| mark.meets(&span));
            let mut reasons: Vec<Reason> = against.map(|(_, reason)| reason.clone()).collect();
            reasons.sort_unstable();
            reasons.dedup();
            match line.last_mut() {
                Some(last) if last.reasons == reasons => last.span.end = span.end,
                _ => line.push(Stretch { span, reasons }),
            }
        }
        line
    }

    /// Every stretch around `day` that something speaks against.
    fn marks(&self, day: Span) -> Vec<(Span, Reason)> {
        let Self {
            host, rules, now, ..
        } = self;
        let policy = &host.policy;
        let mut marks = Vec::new();
        if !host.is_open() {
            marks.push((day, Reason::Paused));
        }
        let notice = *now + TimeDelta::minutes(policy.minimum_notice_minutes.into());
        marks.push((Span::new(day.start, *now), Reason::Past));
        marks.push((Span::new(day.start.max(*now), notice), Reason::TooSoon));
        marks.push((Span::new(*now + policy.horizon(), day.end), Reason::TooFar));
        let date = rules.zone.local(day.start).date_naive();
        let outside = match rules.overrides.contains_key(&date) {
            true => Reason::OutsideOverride,
            false => Reason::OutsideHours,
        };
        let mut at = day.start;
        let windows = crate::schedule::Spans::merged(rules.windows_around(day.start, day.end));
        for window in windows.as_slice() {
            marks.push((Span::new(at, window.start), outside.clone()));
            at = at.max(window.end);
        }
        marks.push((Span::new(at, day.end), outside));
        let limits = policy.limits();
        let own = |span: Span| span.widened(limits.buffer_after, limits.buffer_before);
        for (span, label) in self.busy {
            marks.push((*span, Reason::Busy(label.clone())));
            marks.push((own(*span), Reason::Buffer));
        }
        let host_id = host.person.id;
        let (mut on_day, mut in_week) = (0, 0);
        for claim in self.taken.claims.iter().filter(|c| c.person_id == host_id) {
            let booked = self.booked.iter().find(|b| b.span == claim.span());
            let reason = match booked {
                _ if !claim.as_host => Reason::OwnSession,
                Some(booked) => Reason::Booked {
                    title: booked.title.clone(),
                    with: booked.with.clone(),
                    path: booked.path.clone(),
                },
                None => Reason::Held,
            };
            let minutes = |n: i16| TimeDelta::minutes(n.into());
            let guarded = claim.span().widened(
                minutes(claim.buffer_before_minutes),
                minutes(claim.buffer_after_minutes),
            );
            marks.push((claim.span(), reason));
            marks.push((own(claim.span()), Reason::Buffer));
            marks.push((guarded, Reason::Buffer));
            if claim.as_host {
                let own_date = rules.zone.local(claim.starts_at).date_naive();
                on_day += u32::from(own_date == date);
                in_week += u32::from(monday(own_date) == monday(date));
            }
        }
        if limits.max_per_day.is_some_and(|cap| on_day >= cap) {
            marks.push((day, Reason::DayFull));
        }
        if limits.max_per_week.is_some_and(|cap| in_week >= cap) {
            marks.push((day, Reason::WeekFull));
        }
        marks.retain(|(span, _)| !span.is_empty());
        marks
    }

    /// What the engine says of a start, for each service.
    pub fn verdicts<'s>(
        &self,
        services: &'s [Service],
        at: DateTime<Utc>,
    ) -> Vec<(&'s Service, Result<Span, Refusal>)> {
        let diary = diary(self.host.person.id, None, self.taken);
        let verdict = |service: &'s Service| {
            let policy = self.host.policy.for_service(service);
            let offer = Offer {
                rules: self.rules,
                policy: &policy,
                diary: &diary,
                now: self.now,
            };
            (service, offer.may_book(at))
        };
        services.iter().map(verdict).collect()
    }

    /// What speaks against sessions at that instant.
    pub fn at(&self, at: DateTime<Utc>) -> Vec<Reason> {
        let date = self.rules.zone.local(at).date_naive();
        let day = self.day(date);
        let stretch = day.into_iter().find(|stretch| stretch.span.contains(at));
        stretch.map(|stretch| stretch.reasons).unwrap_or_default()
    }
}
