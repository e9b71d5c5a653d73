//! An order among what is worth the same, which does not depend on who came first.
//!
//! Each pair gets a small number from a seed and from who the two are: by their keys, or else by what they are worth to
//! whom. Scores are multiplied so that no sum of these numbers outweighs one point; the optimum of the sums is then one
//! optimum of the scores, almost always the only one (Mulmuley, Vazirani & Vazirani 1987, the isolation lemma).

use super::{FORBIDDEN, Instance};

/// A pair that is forbidden.
pub const NONE: i64 = i64::MIN;

/// Scores made into weights.
pub struct Weights {
    mentors: usize,
    /// By mentee, then by mentor.
    all: Vec<i64>,
    /// What a point weighs.
    pub point: i64,
    /// The largest score, to either side of zero.
    pub largest: i64,
}

impl Weights {
    pub fn new(of: &Instance) -> Self {
        let (n, m) = (of.mentees as i64, of.mentors as i64);
        let known = of.scores.iter().filter(|score| **score != FORBIDDEN);
        let largest = known.map(|score| i64::from(score.unsigned_abs())).max();
        let largest = largest.unwrap_or(0);
        // Sums along a path, and the penalty for being left over, stay far from the ends of the number line.
        let steps = (n + m + 4) * 16;
        let room = i64::MAX / 8 / steps / (2 * largest + 2) / steps;
        let bits = room.max(1).ilog2().min(32);
        let point = steps << bits;
        let (mentees, mentors) = keys(of);
        let mut all = Vec::with_capacity(of.scores.len());
        for (mentee, key) in mentees.iter().enumerate() {
            all.extend(of.row(mentee).iter().zip(&mentors).map(|(score, other)| {
                if *score == FORBIDDEN {
                    return NONE;
                }
                let small = match bits {
                    0 => 0,
                    _ => (mix(key ^ other.rotate_left(32)) >> (64 - bits)) as i64,
                };
                i64::from(*score) * point + small
            }));
        }
        Self {
            mentors: of.mentors,
            all,
            point,
            largest,
        }
    }

    /// The weights of the pairs of a mentee; [`NONE`]: forbidden.
    #[inline]
    pub fn of(&self, mentee: usize) -> &[i64] {
        &self.all[mentee * self.mentors..(mentee + 1) * self.mentors]
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

/// As [`mix`], as far as sums of many need it.
#[inline]
fn blend(x: u64) -> u64 {
    let y = (x ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    y ^ (y >> 32)
}

/// Who everybody is. Without keys, mentees are told apart by the scores of their pairs and the mentors in these, mentors
/// likewise, in two rounds (colour refinement); sums do not depend on an order.
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
    for _ in 0..2 {
        let mut sums = vec![0u64; of.mentors];
        let mut next = vec![0u64; of.mentees];
        for (mentee, sum) in next.iter_mut().enumerate() {
            for (mentor, score) in of.row(mentee).iter().enumerate() {
                let score = blend(*score as u32 as u64);
                *sum = sum.wrapping_add(blend(score ^ mentors[mentor]));
                sums[mentor] =
                    sums[mentor].wrapping_add(blend(score ^ mentees[mentee].rotate_left(7)));
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
