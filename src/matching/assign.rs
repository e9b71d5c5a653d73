//! The best pairs: pins kept, then as many pairs as can be up to the seats, then the largest total.
//!
//! Shortest augmenting paths with potentials (Jonker & Volgenant 1987; Edmonds & Karp 1972), for mentors who take
//! several. Without a cap on seats mentees are taken in one after the other, each with a way out at a price that nobody
//! pays who need not. Under a cap each path begins at whichever mentee is best, so that the pairs after k paths are the
//! best k pairs: taking mentees in one after the other would not do there. Dense, O(k·n·m) at worst.

use super::{Assignment, BadInstance, Certificate, Instance, tie::Weights};

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
    if seats.is_some_and(|seats| pairs > seats) {
        search = Search::new(of, &weights);
        search.under_cap(seats.unwrap_or(usize::MAX));
    }
    Ok(search.done())
}

/// What the search knows. Potentials are such that no path that is open is shorter than they say: for a mentee `i` and
/// a mentor `j` who may be paired, weight(i, j) ≤ mentee(i) - mentor(j), and equal where they are.
struct Search<'a> {
    of: &'a Instance,
    weights: &'a Weights<'a>,
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
    is_scanned: Vec<bool>,
}

impl<'a> Search<'a> {
    fn new(of: &'a Instance, weights: &'a Weights<'a>) -> Self {
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
            is_scanned: vec![false; m],
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

    /// Each mentee in turn finds a mentor, or pays the penalty, whichever leaves all of them best.
    fn without_cap(&mut self) {
        let (n, m) = (self.of.mentees(), self.of.mentors());
        let mut largest = 0;
        for score in &self.of.scores {
            if *score != super::FORBIDDEN {
                largest = largest.max(i64::from(score.unsigned_abs()));
            }
        }
        // Whatever a pair costs others, it is worth less than being left over.
        let penalty = (2 * largest + 2) * self.weights.point * (n.min(m) as i64 + 2);
        self.penalty = Some(penalty);
        for mentee in (0..n)
            .filter(|mentee| !self.is_pinned[*mentee])
            .collect::<Vec<_>>()
        {
            // The best that there is at the prices as they are, or being left over.
            let mut best = (-penalty, None);
            for mentor in 0..m {
                if let Some(weight) = self.weights.of(mentee, mentor) {
                    let value = weight + self.mentors[mentor];
                    if value > best.0 && self.capacities[mentor] > 0 {
                        best = (value, Some(mentor));
                    }
                }
            }
            self.mentees[mentee] = best.0;
            match best.1 {
                None => {}
                Some(mentor) if self.has_room(mentor) => self.pair(mentee, mentor),
                Some(_) => self.take_in(mentee),
            }
        }
        self.end = 0;
    }

    /// Finds a place for a mentee by a shortest path, at the end of which is a mentor with room or somebody who is left
    /// over.
    fn take_in(&mut self, mentee: usize) {
        let penalty = self.penalty.expect("without a cap there is one");
        self.distance.fill(FAR);
        self.is_scanned.fill(false);
        // The end of the shortest path so far: its length, and who is left over there.
        let mut out = (self.mentees[mentee] + penalty, mentee);
        self.reach_from(mentee, 0);
        let mut scanned = Vec::new();
        let (length, end) = loop {
            let next = self.nearest();
            match next {
                Some((mentor, distance)) if distance <= out.0 => {
                    if self.has_room(mentor) {
                        break (distance, Some(mentor));
                    }
                    self.is_scanned[mentor] = true;
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
        let mut at = match end {
            Some(mentor) => mentor,
            None if out.1 == mentee => return,
            None => {
                let mentor = self.mentor_of[out.1].expect("who was reached has one");
                self.part(out.1, mentor);
                mentor
            }
        };
        self.shift_back_to(mentee, &mut at);
    }

    /// Passes mentees on along the path that ends at a mentor, back to where it began.
    fn shift_back_to(&mut self, begin: usize, at: &mut usize) {
        loop {
            let mentee = self.from[*at];
            let before = self.mentor_of[mentee];
            if let Some(before) = before {
                self.part(mentee, before);
            }
            self.pair(mentee, *at);
            match before {
                Some(before) if mentee != begin => *at = before,
                _ => return,
            }
        }
    }

    /// What can be reached from a mentee at that distance.
    fn reach_from(&mut self, mentee: usize, distance: i64) {
        let base = distance + self.mentees[mentee];
        for mentor in 0..self.of.mentors() {
            if self.is_scanned[mentor] || self.capacities[mentor] == 0 {
                continue;
            }
            if let Some(weight) = self.weights.of(mentee, mentor) {
                let reached = base - weight - self.mentors[mentor];
                if reached < self.distance[mentor] {
                    self.distance[mentor] = reached;
                    self.from[mentor] = mentee;
                }
            }
        }
    }

    /// The nearest mentor who has not been looked at; among equally near ones, one who has room.
    fn nearest(&self) -> Option<(usize, i64)> {
        let mut nearest: Option<(usize, i64)> = None;
        for (mentor, &distance) in self.distance.iter().enumerate() {
            if distance == FAR || self.is_scanned[mentor] {
                continue;
            }
            let is_nearer = nearest.is_none_or(|(other, least)| {
                distance < least
                    || distance == least && self.has_room(mentor) && !self.has_room(other)
            });
            if is_nearer {
                nearest = Some((mentor, distance));
            }
        }
        nearest
    }

    /// The best pairs, one more with each path, up to the seats.
    fn under_cap(&mut self, seats: usize) {
        let (n, m) = (self.of.mentees(), self.of.mentors());
        for mentor in 0..m {
            let free = (0..n).filter(|mentee| !self.is_pinned[*mentee]);
            let best = free
                .filter_map(|mentee| self.weights.of(mentee, mentor))
                .max();
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
        self.distance.fill(FAR);
        self.is_scanned.fill(false);
        let free: Vec<usize> = (0..self.of.mentees())
            .filter(|mentee| self.mentor_of[*mentee].is_none() && !self.is_pinned[*mentee])
            .collect();
        for mentee in &free {
            self.reach_from(*mentee, -self.mentees[*mentee]);
        }
        let mut best: Option<(i64, usize)> = None;
        let mut ways = vec![FAR; self.of.mentees()];
        while let Some((mentor, distance)) = self.nearest() {
            if best.is_some_and(|(length, _)| distance >= length) {
                break;
            }
            self.is_scanned[mentor] = true;
            if self.has_room(mentor) {
                let length = distance + self.mentors[mentor] - self.end;
                if best.is_none_or(|(least, _)| length < least) {
                    best = Some((length, mentor));
                }
            }
            for at in 0..self.mentees_of[mentor].len() {
                let other = self.mentees_of[mentor][at];
                ways[other] = distance;
                self.reach_from(other, distance);
            }
        }
        let Some((length, mut at)) = best else {
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
        self.shift_back_to(begin, &mut at);
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
