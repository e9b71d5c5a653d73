//! The best pairs: pins kept, then as many pairs as can be up to the seats, then the largest total.
//!
//! Shortest augmenting paths with potentials (Jonker & Volgenant 1987; Edmonds & Karp 1972), for mentors who take
//! several. Without a cap on seats mentees are taken in one after the other, each with a way out at a price that nobody
//! pays who need not. Under a cap each path begins at whichever mentee is best, so that the pairs after k paths are the
//! best k pairs: taking mentees in one after the other would not do there. Dense, O(k·n·m) at worst.

use super::{
    Assignment, BadInstance, Certificate, Instance,
    tie::{NONE, Weights},
};

/// How often, for each mentee, places are bid for.
const BIDS_EACH: usize = 2;
/// A distance that is none.
const FAR: i64 = i64::MAX;

/// # Errors
///
/// Where the pins cannot all be kept.
///
/// ```
/// use almanac::matching::{Instance, assign::assign, check::check};
/// let scores = [vec![Some(8), Some(5)], vec![Some(9), Some(4)]];
/// let instance = Instance::new(&scores, vec![1, 1]).unwrap();
/// let best = assign(&instance).unwrap();
/// assert_eq!((best.total, best.mentors.as_slice()), (14, &[Some(1), Some(0)][..]));
/// assert_eq!(check(&instance, &best), Ok(()));
/// ```
pub fn assign(of: &Instance) -> Result<Assignment, BadInstance> {
    of.check_pins()?;
    let weights = Weights::new(of);
    let mut search = Search::new(of, &weights);
    search.without_cap();
    let pairs = search.mentor_of.iter().flatten().count();
    let seats = of.seats.map(|seats| seats - of.pins.len());
    if let Some(seats) = seats.filter(|seats| pairs > *seats) {
        search = Search::new(of, &weights);
        search.under_cap(seats);
    }
    Ok(search.done())
}

/// What the search knows. Potentials are such that no path that is open is shorter than they say: for a mentee `i` and
/// a mentor `j` who may be paired, weight(i, j) ≤ mentee(i) - mentor(j), and equal where they are.
struct Search<'a> {
    of: &'a Instance,
    weights: &'a Weights,
    /// Pairs that are not pinned.
    mentor_of: Vec<Option<usize>>,
    mentees_of: Vec<Vec<usize>>,
    /// What is left besides pins.
    capacities: Vec<usize>,
    is_pinned: Vec<bool>,
    mentees: Vec<i64>,
    mentors: Vec<i64>,
    /// What comes before all mentees is at zero; what comes after all mentors is here.
    end: i64,
    /// Of being left over, above any path; none: under a cap.
    penalty: Option<i64>,
    distance: Vec<i64>,
    /// From which mentee a mentor was reached.
    from: Vec<usize>,
    /// The mentors whom the search has not looked at.
    open: Vec<usize>,
    /// The nearest of them: the place in that list, and the distance.
    nearest: Option<(usize, i64)>,
}

impl<'a> Search<'a> {
    fn new(of: &'a Instance, weights: &'a Weights) -> Self {
        let (n, m) = (of.mentees(), of.mentors());
        let mut is_pinned = vec![false; n];
        let mut capacities: Vec<usize> = of.capacities.iter().map(|c| *c as usize).collect();
        for (mentee, mentor) in &of.pins {
            is_pinned[*mentee] = true;
            capacities[*mentor] -= 1;
        }
        Self {
            of,
            weights,
            mentor_of: vec![None; n],
            mentees_of: vec![Vec::new(); m],
            capacities,
            is_pinned,
            mentees: vec![0; n],
            mentors: vec![0; m],
            end: 0,
            penalty: None,
            distance: vec![FAR; m],
            from: vec![0; m],
            open: Vec::with_capacity(m),
            nearest: None,
        }
    }

    fn has_room(&self, mentor: usize) -> bool {
        self.mentees_of[mentor].len() < self.capacities[mentor]
    }

    fn pair(&mut self, mentee: usize, mentor: usize) {
        self.mentor_of[mentee] = Some(mentor);
        self.mentees_of[mentor].push(mentee);
    }

    fn part(&mut self, mentee: usize, mentor: usize) {
        self.mentees_of[mentor].retain(|other| *other != mentee);
        self.mentor_of[mentee] = None;
    }

    /// Each mentee finds a mentor, or pays the penalty, whichever leaves all of them best.
    fn without_cap(&mut self) {
        let (n, m) = (self.of.mentees(), self.of.mentors());
        // Whatever a pair costs others, it is worth less than being left over.
        let points = (2 * self.weights.largest + 2) * (n.min(m) as i64 + 2);
        let penalty = points * self.weights.point;
        self.penalty = Some(penalty);
        let mut free: Vec<usize> = (0..n).filter(|mentee| !self.is_pinned[*mentee]).collect();
        // Most find a place by prices alone (augmenting row reduction).
        for _ in 0..2 {
            free = self.bid(free);
        }
        for mentee in free {
            let (best, _) = self.best_two(mentee);
            self.mentees[mentee] = best.0;
            match best.1 {
                None => {}
                Some(mentor) if self.has_room(mentor) => self.pair(mentee, mentor),
                Some(_) => self.take_in(mentee),
            }
        }
    }

    /// The best that there is for a mentee at the prices as they are, with the mentor, none: to be left over; and the
    /// second best.
    fn best_two(&self, mentee: usize) -> ((i64, Option<usize>), i64) {
        let left_over = -self.penalty.expect("without a cap there is one");
        let (mut best, mut at, mut second) = (left_over, None, left_over);
        let rows = self
            .weights
            .of(mentee)
            .iter()
            .zip(&self.mentors)
            .zip(&self.capacities);
        for (mentor, ((weight, price), capacity)) in rows.enumerate() {
            if *weight == NONE || *capacity == 0 {
                continue;
            }
            let value = weight + price;
            if value > second {
                if value > best {
                    (second, best, at) = (best, value, Some(mentor));
                } else {
                    second = value;
                }
            }
        }
        ((best, at), second)
    }

    /// Each takes the best, and pays by how much it is better than the second best. Returns who has none.
    fn bid(&mut self, free: Vec<usize>) -> Vec<usize> {
        let mut left = Vec::new();
        // Two who are worth nearly the same to a third would outbid each other for ever.
        let mut bids = BIDS_EACH * free.len();
        for begin in free {
            let mut mentee = begin;
            loop {
                let ((value, best), second) = self.best_two(mentee);
                let Some(mentor) = best else {
                    // To be left over may be better for all: a path will tell.
                    left.push(mentee);
                    break;
                };
                if self.has_room(mentor) {
                    self.mentees[mentee] = value;
                    self.pair(mentee, mentor);
                    break;
                }
                // The price of several places is one: a path will tell.
                bids = bids.saturating_sub(1);
                let is_bid = second < value && bids > 0;
                let Some(other) = self.only_mentee_of(mentor).filter(|_| is_bid) else {
                    left.push(mentee);
                    break;
                };
                self.mentees[mentee] = second;
                self.mentors[mentor] -= value - second;
                self.part(other, mentor);
                self.pair(mentee, mentor);
                mentee = other;
            }
        }
        left
    }

    /// Who has the one place of a mentor who takes one.
    fn only_mentee_of(&self, mentor: usize) -> Option<usize> {
        match self.mentees_of[mentor].as_slice() {
            [one] if self.capacities[mentor] == 1 => Some(*one),
            _ => None,
        }
    }

    /// Begins a search.
    fn begin(&mut self) {
        self.distance.fill(FAR);
        self.open.clear();
        let possible = self
            .capacities
            .iter()
            .enumerate()
            .filter(|(_, capacity)| **capacity > 0);
        self.open.extend(possible.map(|(mentor, _)| mentor));
        self.nearest = None;
    }

    /// Finds a place for a mentee by a shortest path, at the end of which is a mentor with room or somebody who is left
    /// over.
    fn take_in(&mut self, mentee: usize) {
        let penalty = self.penalty.expect("without a cap there is one");
        self.begin();
        // The end of the shortest path so far: its length, and who is left over there.
        let mut out = (self.mentees[mentee] + penalty, mentee);
        self.reach_from(mentee, 0);
        let mut scanned = Vec::new();
        let (length, end) = loop {
            match self.nearest {
                Some((at, distance)) if distance <= out.0 => {
                    let mentor = self.open[at];
                    if self.has_room(mentor) {
                        break (distance, Some(mentor));
                    }
                    self.open.swap_remove(at);
                    self.nearest = None;
                    scanned.push(mentor);
                    for at in 0..self.mentees_of[mentor].len() {
                        let other = self.mentees_of[mentor][at];
                        let way_out = distance + self.mentees[other] + penalty;
                        if way_out < out.0 {
                            out = (way_out, other);
                        }
                        self.reach_from(other, distance);
                    }
                }
                _ => break (out.0, None),
            }
        };
        // Prices rise by what was saved on the way.
        self.mentees[mentee] -= length;
        for mentor in scanned {
            let saved = length - self.distance[mentor];
            self.mentors[mentor] -= saved;
            for at in 0..self.mentees_of[mentor].len() {
                let other = self.mentees_of[mentor][at];
                self.mentees[other] -= saved;
            }
        }
        let at = match end {
            Some(mentor) => mentor,
            None if out.1 == mentee => return,
            None => {
                let mentor = self.mentor_of[out.1].expect("who was reached has one");
                self.part(out.1, mentor);
                mentor
            }
        };
        self.shift_back_to(mentee, at);
    }

    /// Passes mentees on along the path that ends at a mentor, back to where it began.
    fn shift_back_to(&mut self, begin: usize, mut at: usize) {
        loop {
            let mentee = self.from[at];
            let before = self.mentor_of[mentee];
            if let Some(before) = before {
                self.part(mentee, before);
            }
            self.pair(mentee, at);
            match before {
                Some(before) if mentee != begin => at = before,
                _ => return,
            }
        }
    }

    /// What can be reached from a mentee at that distance, and who is nearest then; among equally near ones, one who
    /// has room.
    fn reach_from(&mut self, mentee: usize, distance: i64) {
        let base = distance + self.mentees[mentee];
        let weights = self.weights.of(mentee);
        let (prices, distances) = (
            &self.mentors[..weights.len()],
            &mut self.distance[..weights.len()],
        );
        let (mut nearest, mut least, mut has_room) = (None, FAR, false);
        for (at, mentor) in self.open.iter().copied().enumerate() {
            let weight = weights[mentor];
            let mut known = distances[mentor];
            if weight != NONE {
                let reached = base - weight - prices[mentor];
                if reached < known {
                    known = reached;
                    distances[mentor] = reached;
                    self.from[mentor] = mentee;
                }
            }
            if known <= least && known != FAR {
                let room = self.mentees_of[mentor].len() < self.capacities[mentor];
                if known < least || room && !has_room {
                    (nearest, least, has_room) = (Some(at), known, room);
                }
            }
        }
        self.nearest = nearest.map(|at| (at, least));
    }

    /// The nearest once no mentee was reached by the last mentor who was looked at.
    fn look_again(&mut self) {
        let least = self
            .open
            .iter()
            .enumerate()
            .min_by_key(|(_, mentor)| self.distance[**mentor]);
        self.nearest = least
            .map(|(at, mentor)| (at, self.distance[*mentor]))
            .filter(|(_, distance)| *distance != FAR);
    }

    /// The best pairs, one more with each path, up to the seats.
    fn under_cap(&mut self, seats: usize) {
        let (n, m) = (self.of.mentees(), self.of.mentors());
        for mentor in 0..m {
            let free = (0..n).filter(|mentee| !self.is_pinned[*mentee]);
            let weights = free.map(|mentee| self.weights.of(mentee)[mentor]);
            let best = weights.filter(|weight| *weight != NONE).max();
            self.mentors[mentor] = -best.unwrap_or(0);
        }
        let possible = (0..m).filter(|mentor| self.capacities[*mentor] > 0);
        self.end = possible
            .map(|mentor| self.mentors[mentor])
            .min()
            .unwrap_or(0);
        for _ in 0..seats {
            if !self.one_more() {
                return;
            }
        }
    }

    /// One more pair by the shortest path from any mentee without a mentor. Whether there was one.
    fn one_more(&mut self) -> bool {
        self.begin();
        let free: Vec<usize> = (0..self.of.mentees())
            .filter(|mentee| self.mentor_of[*mentee].is_none() && !self.is_pinned[*mentee])
            .collect();
        for mentee in &free {
            self.reach_from(*mentee, -self.mentees[*mentee]);
        }
        let mut best: Option<(i64, usize)> = None;
        let mut ways = vec![FAR; self.of.mentees()];
        while let Some((at, distance)) = self.nearest {
            if best.is_some_and(|(length, _)| distance >= length) {
                break;
            }
            let mentor = self.open.swap_remove(at);
            if self.has_room(mentor) {
                let length = distance + self.mentors[mentor] - self.end;
                if best.is_none_or(|(least, _)| length < least) {
                    best = Some((length, mentor));
                }
            }
            if self.mentees_of[mentor].is_empty() {
                self.look_again();
            }
            for at in 0..self.mentees_of[mentor].len() {
                let other = self.mentees_of[mentor][at];
                ways[other] = distance;
                self.reach_from(other, distance);
            }
        }
        let Some((length, at)) = best else {
            return false;
        };
        for mentee in &free {
            ways[*mentee] = -self.mentees[*mentee];
        }
        for (potential, way) in self.mentees.iter_mut().zip(ways) {
            *potential += way.min(length);
        }
        for (potential, way) in self.mentors.iter_mut().zip(&self.distance) {
            *potential += (*way).min(length);
        }
        self.end += length;
        let begin = {
            let mut at = at;
            loop {
                let mentee = self.from[at];
                match self.mentor_of[mentee] {
                    Some(before) => at = before,
                    None => break mentee,
                }
            }
        };
        self.shift_back_to(begin, at);
        true
    }

    /// The pairs with the duals in points.
    fn done(self) -> Assignment {
        let of = self.of;
        let shift = self.penalty.unwrap_or(0);
        let points = |weight: i64| self.weights.points(weight);
        let mut mentee_duals: Vec<i64> = self
            .mentees
            .iter()
            .map(|potential| points((potential + shift).max(0)))
            .collect();
        let mut mentor_duals: Vec<i64> = self
            .mentors
            .iter()
            .map(|potential| points((self.end - potential).max(0)))
            .collect();
        let mut seat_dual = points(-self.end) - points(shift);
        let mut mentors = self.mentor_of.clone();
        for (mentee, mentor) in &of.pins {
            mentors[*mentee] = Some(*mentor);
        }
        let pairs = mentors.iter().flatten().count();
        // Where nobody is left over, seats need not be paid for.
        let free = (0..of.mentees()).filter(|mentee| !self.is_pinned[*mentee]);
        if free.clone().all(|mentee| mentors[mentee].is_some()) && seat_dual < 0 {
            let least = free.clone().map(|mentee| mentee_duals[mentee]).min();
            let less = least.unwrap_or(0).min(-seat_dual);
            for mentee in free {
                mentee_duals[mentee] -= less;
            }
            seat_dual += less;
        }
        let mut total = 0;
        for (mentee, mentor) in mentors.iter().enumerate() {
            total += mentor.map_or(0, |mentor| i64::from(of.score(mentee, mentor).unwrap_or(0)));
        }
        // Of mentors whom nobody could have, or only those who are pinned, the price follows from who would.
        for mentor in (0..of.mentors()).filter(|mentor| self.capacities[*mentor] == 0) {
            let free = (0..of.mentees()).filter(|mentee| !self.is_pinned[*mentee]);
            let worth = free.filter_map(|mentee| {
                Some(i64::from(of.score(mentee, mentor)?) - mentee_duals[mentee] - seat_dual)
            });
            mentor_duals[mentor] = worth.max().unwrap_or(0).max(0);
        }
        for (mentee, mentor) in &of.pins {
            let score = i64::from(of.score(*mentee, *mentor).unwrap_or(0));
            mentee_duals[*mentee] = score - mentor_duals[*mentor] - seat_dual;
        }
        debug_assert!(pairs <= of.seats.unwrap_or(usize::MAX));
        Assignment {
            mentors,
            total,
            certificate: Certificate {
                mentee_duals,
                mentor_duals,
                seat_dual,
            },
        }
    }
}
