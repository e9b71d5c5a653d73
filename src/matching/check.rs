//! Verifies that pairs are the best, from their certificate. Shares no code with the solver: whoever doubts one need not
//! trust the other. O(n·m).

use std::collections::VecDeque;

use super::{Assignment, Instance};

/// What is wrong with a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the result must have an entry for each mentee and a dual for each mentee and mentor")]
    Shape,
    #[error("mentee {0} is paired with a mentor who is forbidden or not there")]
    Pair(usize),
    #[error("mentor {0} has more mentees than they take")]
    Capacity(usize),
    #[error("there are more pairs than seats")]
    Seats,
    #[error("the pin of mentee {0} is not kept")]
    Pin(usize),
    #[error("the total is not the sum of the scores")]
    Total,
    #[error("the dual of mentee {0} is negative")]
    MenteeDual(usize),
    #[error("the dual of mentor {0} is negative")]
    MentorDual(usize),
    #[error("the duals of mentee {0} and mentor {1} are less than their score")]
    Edge(usize, usize),
    #[error("the sum of the duals is not the total")]
    Sum,
    #[error("one more pair is possible")]
    MorePairs,
}

/// # Errors
///
/// The first thing that is wrong.
pub fn check(of: &Instance, result: &Assignment) -> Result<(), Refused> {
    let (n, m) = (of.mentees(), of.mentors());
    let certificate = &result.certificate;
    if result.mentors.len() != n
        || certificate.mentee_duals.len() != n
        || certificate.mentor_duals.len() != m
        || of.capacities.len() != m
    {
        return Err(Refused::Shape);
    }
    let mut has = vec![0u32; m];
    let mut total = 0i128;
    let mut pairs = 0usize;
    for (mentee, mentor) in result.mentors.iter().enumerate() {
        let Some(mentor) = *mentor else { continue };
        let score = (mentor < m).then(|| of.score(mentee, mentor)).flatten();
        total += i128::from(score.ok_or(Refused::Pair(mentee))?);
        has[mentor] += 1;
        pairs += 1;
    }
    for (mentor, count) in has.iter().enumerate() {
        if *count > of.capacities[mentor] {
            return Err(Refused::Capacity(mentor));
        }
    }
    if of.seats.is_some_and(|seats| pairs > seats) {
        return Err(Refused::Seats);
    }
    for (mentee, mentor) in &of.pins {
        if result.mentors.get(*mentee) != Some(&Some(*mentor)) {
            return Err(Refused::Pin(*mentee));
        }
    }
    if total != i128::from(result.total) {
        return Err(Refused::Total);
    }
    duals(of, result, pairs)?;
    let is_full = of.seats == Some(pairs);
    match !is_full && more_is_possible(of, result, &has) {
        true => Err(Refused::MorePairs),
        false => Ok(()),
    }
}

/// That the duals are feasible, and that their sum is the total: then no pairs, as many as these, are worth more.
fn duals(of: &Instance, result: &Assignment, pairs: usize) -> Result<(), Refused> {
    let certificate = &result.certificate;
    let pinned: Vec<Option<usize>> = {
        let mut pinned = vec![None; of.mentees()];
        for (mentee, mentor) in &of.pins {
            pinned[*mentee] = Some(*mentor);
        }
        pinned
    };
    let mut sum = i128::from(certificate.seat_dual) * pairs as i128;
    for (mentor, dual) in certificate.mentor_duals.iter().enumerate() {
        if *dual < 0 {
            return Err(Refused::MentorDual(mentor));
        }
        sum += i128::from(*dual) * i128::from(of.capacities[mentor]);
    }
    for (mentee, dual) in certificate.mentee_duals.iter().enumerate() {
        if *dual < 0 && pinned[mentee].is_none() {
            return Err(Refused::MenteeDual(mentee));
        }
        sum += i128::from(*dual);
        for (mentor, other) in certificate.mentor_duals.iter().enumerate() {
            if pinned[mentee].is_some_and(|pinned| pinned != mentor) {
                continue;
            }
            let bound = i128::from(*dual) + i128::from(*other) + i128::from(certificate.seat_dual);
            if of
                .score(mentee, mentor)
                .is_some_and(|score| bound < i128::from(score))
            {
                return Err(Refused::Edge(mentee, mentor));
            }
        }
    }
    match sum == i128::from(result.total) {
        true => Ok(()),
        false => Err(Refused::Sum),
    }
}

/// Whether somebody who is left over could have a mentor if others, who are not pinned, had another one (Berge 1957).
fn more_is_possible(of: &Instance, result: &Assignment, has: &[u32]) -> bool {
    let is_pinned = |mentee: usize| of.pins.iter().any(|(pinned, _)| *pinned == mentee);
    let mut mentees_of: Vec<Vec<usize>> = vec![Vec::new(); of.mentors()];
    let mut open = VecDeque::new();
    for (mentee, mentor) in result.mentors.iter().enumerate() {
        match mentor {
            Some(mentor) if !is_pinned(mentee) => mentees_of[*mentor].push(mentee),
            Some(_) => {}
            None => open.push_back(mentee),
        }
    }
    let mut is_seen = vec![false; of.mentors()];
    while let Some(mentee) = open.pop_front() {
        for mentor in 0..of.mentors() {
            if is_seen[mentor] || of.score(mentee, mentor).is_none() {
                continue;
            }
            is_seen[mentor] = true;
            if has[mentor] < of.capacities[mentor] {
                return true;
            }
            open.extend(&mentees_of[mentor]);
        }
    }
    false
}
