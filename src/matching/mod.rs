//! Matching, pure and in integers: who is paired with whom.
//!
//! `assign` finds the best pairs under capacities, a cap on seats, pins and forbidden pairs, with a certificate;
//! `check` verifies that without a line of the solver; `stable` pairs by ranked lists; `tie` breaks ties by what is
//! asked for, never by who came first.

pub mod assign;
pub mod check;
pub mod stable;
mod tie;

#[cfg(test)]
mod tests;

/// The largest score of a pair, to either side of zero.
pub const LARGEST_SCORE: i32 = 1_000_000;
/// A pair that is forbidden.
const FORBIDDEN: i32 = i32::MIN;

/// Mentees, mentors, and what each pair of them is worth.
#[derive(Clone, Debug)]
pub struct Instance {
    mentees: usize,
    mentors: usize,
    /// By mentee, then by mentor.
    scores: Vec<i32>,
    /// How many mentees each mentor takes.
    pub capacities: Vec<u32>,
    /// The most pairs; none: as many as can be.
    pub seats: Option<usize>,
    /// Pairs that have to be, of a mentee and a mentor.
    pub pins: Vec<(usize, usize)>,
    /// Of the order among what is worth the same.
    pub seed: u64,
    /// Names of mentees and mentors that stay the same in whatever order they come. Without any, they are told apart by
    /// what they are worth to each other.
    pub keys: Option<(Vec<u64>, Vec<u64>)>,
}

/// What is wrong with an instance, by the part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInstance {
    #[error("scores[{0}] must have one entry for each capacity")]
    Row(usize),
    #[error("scores[{0}][{1}] must be from -1,000,000 to 1,000,000, or null")]
    Score(usize, usize),
    #[error("pins[{0}] must be a mentee and a mentor that there are")]
    Unknown(usize),
    #[error("pins[{0}] is a pair that is forbidden")]
    Forbidden(usize),
    #[error("pins[{0}] pairs a mentee who is pinned already")]
    Twice(usize),
    #[error("pins[{0}] gives a mentor more mentees than they take")]
    Full(usize),
    #[error("seats is less than the number of pins")]
    Seats,
}

impl Instance {
    /// `scores`: a row for each mentee with an entry for each mentor; none: the pair is forbidden.
    ///
    /// # Errors
    ///
    /// Where rows differ in length from `capacities`, or a score is too large.
    pub fn new(scores: &[Vec<Option<i32>>], capacities: Vec<u32>) -> Result<Self, BadInstance> {
        let mut flat = Vec::with_capacity(scores.len() * capacities.len());
        for (mentee, row) in scores.iter().enumerate() {
            if row.len() != capacities.len() {
                return Err(BadInstance::Row(mentee));
            }
            for (mentor, score) in row.iter().enumerate() {
                match score {
                    Some(score) if score.unsigned_abs() > LARGEST_SCORE.unsigned_abs() => {
                        return Err(BadInstance::Score(mentee, mentor));
                    }
                    score => flat.push(score.unwrap_or(FORBIDDEN)),
                }
            }
        }
        Ok(Self {
            mentees: scores.len(),
            mentors: capacities.len(),
            scores: flat,
            capacities,
            seats: None,
            pins: Vec::new(),
            seed: 0,
            keys: None,
        })
    }

    pub fn mentees(&self) -> usize {
        self.mentees
    }

    pub fn mentors(&self) -> usize {
        self.mentors
    }

    /// What a pair is worth; none: it is forbidden.
    pub fn score(&self, mentee: usize, mentor: usize) -> Option<i32> {
        let score = self.scores[mentee * self.mentors + mentor];
        (score != FORBIDDEN).then_some(score)
    }

    fn row(&self, mentee: usize) -> &[i32] {
        &self.scores[mentee * self.mentors..(mentee + 1) * self.mentors]
    }

    /// Whether the pins can all be kept.
    ///
    /// # Errors
    ///
    /// The first that cannot.
    pub fn check_pins(&self) -> Result<(), BadInstance> {
        let mut taken = vec![0; self.mentors];
        let mut pinned = vec![false; self.mentees];
        for (number, &(mentee, mentor)) in self.pins.iter().enumerate() {
            if mentee >= self.mentees || mentor >= self.mentors {
                return Err(BadInstance::Unknown(number));
            }
            if self.score(mentee, mentor).is_none() {
                return Err(BadInstance::Forbidden(number));
            }
            if std::mem::replace(&mut pinned[mentee], true) {
                return Err(BadInstance::Twice(number));
            }
            taken[mentor] += 1;
            if taken[mentor] > self.capacities[mentor] {
                return Err(BadInstance::Full(number));
            }
        }
        match self.seats {
            Some(seats) if seats < self.pins.len() => Err(BadInstance::Seats),
            _ => Ok(()),
        }
    }
}

/// Why a mentee has no mentor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Every pair with them is forbidden.
    NobodyPossible,
    /// There are no more seats.
    SeatsTaken,
    /// Everybody who is possible has as many mentees as they take.
    MentorsFull,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NobodyPossible => "nobody_possible",
            Self::SeatsTaken => "seats_taken",
            Self::MentorsFull => "mentors_full",
        }
    }
}

/// What proves that no other pairs, as many as these, are worth more: the duals of the linear program. For each pair
/// that is possible, mentee + mentor + seat ≥ score; and the sum of all, mentors by their capacities and the seat by
/// the number of pairs, is the total. A pinned mentee has that pair alone, and a dual of either sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub mentee_duals: Vec<i64>,
    /// What one more place of a mentor would add, at most.
    pub mentor_duals: Vec<i64>,
    /// What one more pair would add, at most, of either sign.
    pub seat_dual: i64,
}

/// The best pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The mentor of each mentee.
    pub mentors: Vec<Option<usize>>,
    pub total: i64,
    pub certificate: Certificate,
}

impl Assignment {
    /// Pairs of a mentee and a mentor, by mentee.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let mentors = self.mentors.iter().enumerate();
        mentors.filter_map(|(mentee, mentor)| Some((mentee, (*mentor)?)))
    }

    /// Why each mentee who has no mentor has none.
    pub fn reasons(&self, of: &Instance) -> Vec<(usize, Reason)> {
        let pairs = self.pairs().count();
        let is_capped = of.seats == Some(pairs);
        let unmatched = (0..of.mentees()).filter(|mentee| self.mentors[*mentee].is_none());
        let reason = |mentee: usize| match of.row(mentee).iter().all(|score| *score == FORBIDDEN) {
            true => Reason::NobodyPossible,
            false if is_capped => Reason::SeatsTaken,
            false => Reason::MentorsFull,
        };
        unmatched.map(|mentee| (mentee, reason(mentee))).collect()
    }
}
