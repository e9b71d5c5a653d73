//! What is known to be right, and what has to hold for whatever comes.

use proptest::prelude::*;

use super::{
    Assignment, Instance, Reason,
    assign::assign,
    check::{Refused, check},
    stable::{Lists, stable, stable_for_receivers},
};

fn instance(scores: &[&[i32]], capacities: &[u32]) -> Instance {
    let rows: Vec<Vec<Option<i32>>> = scores
        .iter()
        .map(|row| row.iter().map(|score| Some(*score)).collect())
        .collect();
    Instance::new(&rows, capacities.to_vec()).unwrap()
}

fn best(of: &Instance) -> Assignment {
    let best = assign(of).unwrap();
    assert_eq!(check(of, &best), Ok(()));
    best
}

#[test]
fn the_optima_that_are_known_are_found() {
    let five: [&[i32]; 5] = [
        &[7, 53, 183, 439, 863],
        &[497, 383, 563, 79, 973],
        &[287, 63, 343, 169, 583],
        &[627, 343, 773, 959, 943],
        &[767, 473, 103, 699, 303],
    ];
    assert_eq!(best(&instance(&five, &[1; 5])).total, 3315);
    let least = |scores: &[&[i32]], capacities: &[u32]| {
        let negated: Vec<Vec<i32>> = scores
            .iter()
            .map(|row| row.iter().map(|s| -s).collect())
            .collect();
        let rows: Vec<&[i32]> = negated.iter().map(Vec::as_slice).collect();
        -best(&instance(&rows, capacities)).total
    };
    let four: [&[i32]; 4] = [
        &[90, 75, 75, 80],
        &[35, 85, 55, 65],
        &[125, 95, 90, 105],
        &[45, 110, 95, 115],
    ];
    assert_eq!(least(&four, &[1; 4]), 275);
    assert_eq!(
        least(
            &[&[400, 150, 400], &[400, 450, 600], &[300, 225, 300]],
            &[1; 3]
        ),
        850
    );
    assert_eq!(
        least(
            &[
                &[400, 150, 400, 1],
                &[400, 450, 600, 2],
                &[300, 225, 300, 3]
            ],
            &[1; 4]
        ),
        452
    );
    assert_eq!(least(&[&[10, 10, 8], &[9, 8, 1], &[9, 7, 4]], &[1; 3]), 18);
    // Neither who comes first nor which pair is best of all decides.
    assert_eq!(best(&instance(&[&[8, 5], &[9, 4]], &[1; 2])).total, 14);
    assert_eq!(best(&instance(&[&[10, 9], &[9, 1]], &[1; 2])).total, 18);
}

#[test]
fn whoever_is_left_over_is_told_why() {
    let rows = vec![vec![Some(5), None], vec![Some(4), None], vec![None, None]];
    let mut of = Instance::new(&rows, vec![1, 1]).unwrap();
    assert_eq!(
        best(&of).reasons(&of),
        [(1, Reason::MentorsFull), (2, Reason::NobodyPossible)]
    );
    of.capacities = vec![3, 1];
    of.seats = Some(1);
    assert_eq!(
        best(&of).reasons(&of),
        [(1, Reason::SeatsTaken), (2, Reason::NobodyPossible)]
    );
    let nobody = Instance::new(&[], vec![]).unwrap();
    assert_eq!(best(&nobody).total, 0);
}

/// Pairs before points: more of them, even if they are worth less.
#[test]
fn as_many_pairs_as_can_be_come_before_points() {
    let rows = vec![vec![Some(100), Some(-50)], vec![Some(90), None]];
    let of = Instance::new(&rows, vec![1, 1]).unwrap();
    assert_eq!(best(&of).total, 40);
}

fn instances(most: usize) -> impl Strategy<Value = Instance> {
    (1..=most, 1..=most).prop_flat_map(|(n, m)| {
        let score = prop_oneof![1 => Just(None), 4 => (-3i32..12).prop_map(Some)];
        let scores = prop::collection::vec(prop::collection::vec(score, m), n);
        let capacities = prop::collection::vec(0u32..3, m);
        let seats = prop::option::of(0..=n);
        let pins = prop::collection::vec((0..n, 0..m), 0..3);
        (scores, capacities, seats, pins, any::<u64>()).prop_map(
            |(scores, capacities, seats, pins, seed)| {
                let mut of = Instance::new(&scores, capacities).unwrap();
                of.seats = seats;
                of.seed = seed;
                for pin in pins {
                    of.pins.push(pin);
                    if of.check_pins().is_err() {
                        of.pins.pop();
                    }
                }
                of
            },
        )
    })
}

/// The best by trying everything: the number of pairs and the total.
fn by_force(of: &Instance) -> (usize, i64) {
    fn go(
        of: &Instance,
        mentee: usize,
        room: &mut [u32],
        pairs: usize,
        total: i64,
        best: &mut Option<(usize, i64)>,
    ) {
        if mentee == of.mentees() {
            if of.seats.is_none_or(|seats| pairs <= seats) {
                *best = (*best).max(Some((pairs, total)));
            }
            return;
        }
        let pin = of.pins.iter().find(|(pinned, _)| *pinned == mentee);
        if pin.is_none() {
            go(of, mentee + 1, room, pairs, total, best);
        }
        for mentor in 0..of.mentors() {
            if let (true, Some(score)) = (
                room[mentor] > 0 && pin.is_none_or(|(_, p)| *p == mentor),
                of.score(mentee, mentor),
            ) {
                room[mentor] -= 1;
                go(
                    of,
                    mentee + 1,
                    room,
                    pairs + 1,
                    total + i64::from(score),
                    best,
                );
                room[mentor] += 1;
            }
        }
    }
    let mut best = None;
    go(of, 0, &mut of.capacities.clone(), 0, 0, &mut best);
    best.unwrap()
}

/// The instance with its mentees and mentors in another order.
fn shuffled(of: &Instance, mentees: &[usize], mentors: &[usize]) -> Instance {
    let rows: Vec<Vec<Option<i32>>> = mentees
        .iter()
        .map(|i| mentors.iter().map(|j| of.score(*i, *j)).collect())
        .collect();
    let mut other =
        Instance::new(&rows, mentors.iter().map(|j| of.capacities[*j]).collect()).unwrap();
    let at = |all: &[usize], wanted: usize| all.iter().position(|one| *one == wanted).unwrap();
    other.seats = of.seats;
    other.seed = of.seed;
    other.pins = of
        .pins
        .iter()
        .map(|(i, j)| (at(mentees, *i), at(mentors, *j)))
        .collect();
    let (a, b) = of.keys.clone().unwrap();
    other.keys = Some((
        mentees.iter().map(|i| a[*i]).collect(),
        mentors.iter().map(|j| b[*j]).collect(),
    ));
    other
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn nothing_is_better_than_what_is_found(of in instances(6)) {
        let found = assign(&of).unwrap();
        prop_assert_eq!(check(&of, &found), Ok(()));
        prop_assert_eq!((found.pairs().count(), found.total), by_force(&of));
    }

    #[test]
    fn a_certificate_of_which_a_number_is_another_is_refused(of in instances(6), at in any::<prop::sample::Index>(), by in prop_oneof![-9i64..=-1, 1i64..9]) {
        let mut found = assign(&of).unwrap();
        let count = found.certificate.mentee_duals.len() + found.certificate.mentor_duals.len() + 2;
        let at = at.index(count);
        let (n, m) = (of.mentees(), of.mentors());
        // What counts zero times proves nothing.
        let is_idle = at >= n && at < n + m && of.capacities[at - n] == 0 || at == n + m && found.pairs().count() == 0;
        match at {
            at if at < n => found.certificate.mentee_duals[at] += by,
            at if at < n + m => found.certificate.mentor_duals[at - n] += by,
            at if at == n + m => found.certificate.seat_dual += by,
            _ => found.total += by,
        }
        prop_assert!(is_idle || check(&of, &found).is_err());
    }

    #[test]
    fn whoever_comes_first_decides_nothing(mut of in instances(7), seed in any::<u64>()) {
        let (n, m) = (of.mentees(), of.mentors());
        of.keys = Some(((0..n as u64).map(|i| i * 7 + 1).collect(), (0..m as u64).map(|j| j * 11 + 5).collect()));
        let order = |count: usize| {
            let mut all: Vec<usize> = (0..count).collect();
            all.sort_by_key(|one| (*one as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
            all
        };
        let (mentees, mentors) = (order(n), order(m));
        let pairs: Vec<_> = assign(&of).unwrap().pairs().collect();
        let other = assign(&shuffled(&of, &mentees, &mentors)).unwrap();
        let mut again: Vec<_> = other.pairs().map(|(i, j)| (mentees[i], mentors[j])).collect();
        again.sort_unstable();
        prop_assert_eq!(pairs, again);
    }

    #[test]
    fn one_more_place_never_makes_it_worse(of in instances(6), at in any::<prop::sample::Index>()) {
        let before = assign(&of).unwrap();
        let mut more = of.clone();
        more.capacities[at.index(of.mentors())] += 1;
        let after = assign(&more).unwrap();
        let size = |of: &Assignment| (of.pairs().count(), of.total);
        prop_assert!(size(&after) >= size(&before));
    }

    #[test]
    fn stable_pairs_leave_nobody_a_better_one(lists in lists()) {
        prop_assert_eq!(lists.check(), Ok(()));
        let (theirs, others) = (stable(&lists), stable_for_receivers(&lists));
        prop_assert_eq!(lists.blocking(&theirs), []);
        prop_assert_eq!(lists.blocking(&others), []);
        // Rural Hospitals: the same people have somebody, and as many.
        for (one, other) in theirs.iter().zip(&others) {
            prop_assert_eq!(one.is_some(), other.is_some());
        }
        for receiver in 0..lists.receivers.len() {
            let count = |of: &[Option<usize>]| of.iter().filter(|r| **r == Some(receiver)).count();
            prop_assert_eq!(count(&theirs), count(&others));
        }
        // No proposer has it better where receivers propose.
        for (proposer, list) in lists.proposers.iter().enumerate() {
            let rank = |of: &[Option<usize>]| of[proposer].map(|r| list.iter().position(|one| *one == r));
            prop_assert!(rank(&theirs) <= rank(&others));
        }
    }
}

fn lists() -> impl Strategy<Value = Lists> {
    (1usize..7, 1usize..5).prop_flat_map(|(n, m)| {
        let list = |of: usize| {
            let all: Vec<usize> = (0..of).collect();
            prop::sample::subsequence(all, 0..=of).prop_shuffle()
        };
        let proposers = prop::collection::vec(list(m), n);
        let receivers = prop::collection::vec(list(n), m);
        let capacities = prop::collection::vec(0u32..4, m);
        (proposers, receivers, capacities).prop_map(|(proposers, receivers, capacities)| Lists {
            proposers,
            receivers,
            capacities,
        })
    })
}

/// Lists by names, the first letters of which tell them apart.
fn named(
    proposers: &str,
    receivers: &str,
    capacities: &[u32],
) -> (Lists, Vec<String>, Vec<String>) {
    let read = |text: &str| -> Vec<(String, Vec<String>)> {
        let one = |line: &str| {
            let (name, list) = line.split_once(':').unwrap();
            (
                name.trim().to_owned(),
                list.split_whitespace().map(str::to_owned).collect(),
            )
        };
        text.split(';').map(one).collect()
    };
    let (p, r) = (read(proposers), read(receivers));
    let names = |all: &[(String, Vec<String>)]| -> Vec<String> {
        all.iter().map(|(name, _)| name.clone()).collect()
    };
    let (pn, rn) = (names(&p), names(&r));
    let at = |all: &[String], name: &String| all.iter().position(|one| one == name).unwrap();
    let lists = Lists {
        proposers: p
            .iter()
            .map(|(_, list)| list.iter().map(|one| at(&rn, one)).collect())
            .collect(),
        receivers: r
            .iter()
            .map(|(_, list)| list.iter().map(|one| at(&pn, one)).collect())
            .collect(),
        capacities: capacities.to_vec(),
    };
    (lists, pn, rn)
}

#[test]
fn the_stable_pairs_that_are_known_are_found() {
    let cases: [(&str, &str, &[u32], &str); 7] = [
        (
            "A:C; S:C M; D:C M G; J:C G M; L:M C G",
            "M:D L S J; C:D A S L J; G:D J L",
            &[2, 2, 2],
            "A-C S-M D-C J-G L-M",
        ),
        (
            "Anderson:City; Chen:City Mercy; Ford:City General Mercy; Davis:Mercy City General; Eastman:City Mercy General",
            "Mercy:Chen Ford; City:Eastman Anderson Chen Davis Ford; General:Eastman Anderson Ford Davis",
            &[2, 2, 2],
            "Anderson-City Chen-Mercy Ford-General Davis-General Eastman-City",
        ),
        (
            "Able:B A; Baker:A B C; Charles:B A",
            "A:Charles Baker Able; B:Baker Charles Able; C:Baker",
            &[2, 1, 1],
            "Able-A Baker-A Charles-B",
        ),
        (
            "G1:IP Pr; G2:Pr Fa; G3:Pr So",
            "Fa:G2; IP:G1; Pr:G3 G2 G1; So:G3",
            &[2, 2, 2, 2],
            "G1-IP G2-Pr G3-Pr",
        ),
        ("A:X; B:X Y", "X:B A; Y:B", &[1, 1], "B-X"),
        (
            "B:J E L C; Co:J E L C; D:E J C L; W:L J E C",
            "C:B D Co W; E:W D B Co; J:B W D Co; L:B W D Co",
            &[1; 4],
            "B-J Co-C D-E W-L",
        ),
        (
            "A:D E F; B:D F E; C:F D E",
            "D:B C A; E:A C B; F:C B A",
            &[1; 3],
            "A-E B-D C-F",
        ),
    ];
    for (proposers, receivers, capacities, expected) in cases {
        let (lists, p, r) = named(proposers, receivers, capacities);
        for found in [stable(&lists), stable_for_receivers(&lists)] {
            let pairs = found
                .iter()
                .enumerate()
                .filter_map(|(i, j)| Some(format!("{}-{}", p[i], r[(*j)?])));
            assert_eq!(pairs.collect::<Vec<_>>().join(" "), expected);
        }
    }
}

#[test]
fn pins_that_cannot_be_are_named() {
    use super::BadInstance::*;
    let rows = vec![vec![Some(5), None], vec![Some(4), Some(3)]];
    let with = |pins: &[(usize, usize)], seats| {
        let mut of = Instance::new(&rows, vec![1, 1]).unwrap();
        of.pins = pins.to_vec();
        of.seats = seats;
        assign(&of).map(|found| found.total)
    };
    assert_eq!(with(&[(0, 1)], None), Err(Forbidden(0)));
    assert_eq!(with(&[(1, 0), (1, 1)], None), Err(Twice(1)));
    assert_eq!(with(&[(1, 0), (0, 0)], None), Err(Full(1)));
    assert_eq!(with(&[(2, 0)], None), Err(Unknown(0)));
    assert_eq!(with(&[(1, 1)], Some(0)), Err(Seats));
    assert_eq!(
        with(&[(1, 0)], None),
        Ok(4),
        "a pin is kept whatever it costs"
    );
    assert_eq!(
        check(
            &instance(&[&[1]], &[1]),
            &Assignment {
                mentors: vec![None],
                ..best(&instance(&[&[1]], &[1]))
            }
        ),
        Err(Refused::Total)
    );
}
