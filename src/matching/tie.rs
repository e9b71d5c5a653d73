//! An order among what is worth the same, which does not depend on who came first.
//!
//! Each pair gets a small number from a seed and from who the two are: by their keys, or else by what they are worth to
//! whom. Scores are multiplied so that no sum of these numbers outweighs one point; the optimum of the sums is then one
//! optimum of the scores, almost always the only one (Mulmuley, Vazirani & Vazirani 1987, the isolation lemma).

use super::{FORBIDDEN, Instance};

/// How scores are made into weights.
pub struct Weights<'a> {
    of: &'a Instance,
    mentees: Vec<u64>,
    mentors: Vec<u64>,
    /// What a point weighs.
    pub point: i64,
    /// How many bits the small numbers have.
    bits: u32,
}

impl<'a> Weights<'a> {
    pub fn new(of: &'a Instance) -> Self {
        let (n, m) = (of.mentees as i64, of.mentors as i64);
        let known = of.scores.iter().filter(|score| **score != FORBIDDEN);
        let largest = known.map(|score| i64::from(score.unsigned_abs())).max();
        // Sums along a path, and the penalty for being left over, stay far from the ends of the number line.
        let steps = (n + m + 4) * 16;
        let room = i64::MAX / 8 / steps / (2 * largest.unwrap_or(0) + 2) / steps;
        let bits = room.max(1).ilog2().min(32);
        let (mentees, mentors) = keys(of);
        Self {
            of,
            mentees,
            mentors,
            point: steps << bits,
            bits,
        }
    }

    /// The weight of a pair; none: it is forbidden.
    #[inline]
    pub fn of(&self, mentee: usize, mentor: usize) -> Option<i64> {
        let score = self.of.scores[mentee * self.of.mentors + mentor];
        (score != FORBIDDEN).then(|| i64::from(score) * self.point + self.small(mentee, mentor))
    }

    #[inline]
    pub fn small(&self, mentee: usize, mentor: usize) -> i64 {
        if self.bits == 0 {
            return 0;
        }
        let mixed = mix(self.mentees[mentee] ^ self.mentors[mentor].rotate_left(32));
        (mixed >> (64 - self.bits)) as i64
    }

    /// The points in a weight, the small numbers left away.
    pub fn points(&self, weight: i64) -> i64 {
        (weight + self.point / 2).div_euclid(self.point)
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014).
#[inline]
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Who everybody is. Without keys, mentees are told apart by the scores of their pairs and the mentors in these, mentors
/// likewise, in three rounds (colour refinement); sums do not depend on an order.
fn keys(of: &Instance) -> (Vec<u64>, Vec<u64>) {
    let seeded = |key: &u64| mix(key ^ mix(of.seed));
    if let Some((mentees, mentors)) = &of.keys {
        let apart = |key: &u64| mix(!seeded(key));
        return (
            mentees.iter().map(seeded).collect(),
            mentors.iter().map(apart).collect(),
        );
    }
    let mut mentees = vec![seeded(&1); of.mentees];
    let mut mentors: Vec<u64> = of
        .capacities
        .iter()
        .map(|capacity| mix(seeded(&2) ^ u64::from(*capacity)))
        .collect();
    for (mentee, mentor) in of.pins.iter() {
        mentees[*mentee] = mix(mentees[*mentee] ^ 3);
        mentors[*mentor] = mentors[*mentor].wrapping_add(mix(4));
    }
    for _ in 0..3 {
        let mut sums = vec![0u64; of.mentors];
        let mut next = vec![0u64; of.mentees];
        for (mentee, sum) in next.iter_mut().enumerate() {
            for (mentor, score) in of.row(mentee).iter().enumerate() {
                let score = mix(*score as u32 as u64);
                *sum = sum.wrapping_add(mix(score ^ mentors[mentor]));
                sums[mentor] =
                    sums[mentor].wrapping_add(mix(score ^ mentees[mentee].rotate_left(7)));
            }
        }
        let apply = |keys: &mut [u64], sums: Vec<u64>| {
            for (key, sum) in keys.iter_mut().zip(sums) {
                *key = mix(*key ^ sum);
            }
        };
        apply(&mut mentees, next);
        apply(&mut mentors, sums);
    }
    (mentees, mentors)
}
