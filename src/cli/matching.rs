//! `almanac match`: pairs as the site makes them, as a tool; and the proof of them, checked without the solver.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::matching::{
    Assignment, Certificate, Instance,
    assign::assign,
    check::check,
    stable::{Lists, stable},
};

/// The largest instance that is read, in bytes.
const LARGEST: u64 = 1024 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
enum Wanted {
    Assign {
        capacities: Vec<u32>,
        scores: Vec<Vec<Option<i32>>>,
        #[serde(default)]
        seats: Option<usize>,
        #[serde(default)]
        pins: Vec<(usize, usize)>,
        #[serde(default)]
        seed: u64,
    },
    Stable {
        proposers: Vec<Vec<usize>>,
        receivers: Vec<Vec<usize>>,
        capacities: Vec<u32>,
    },
}

/// Mentees, mentors, and their score.
type Pair = (usize, usize, i64);

#[derive(Serialize, Deserialize)]
struct Unmatched {
    mentee: usize,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct Duals {
    mentee_duals: Vec<i64>,
    mentor_duals: Vec<i64>,
    seat_dual: i64,
}

/// What is printed, and read to be checked.
#[derive(Serialize, Deserialize)]
struct Assigned {
    pairs: Vec<Pair>,
    total: i64,
    #[serde(default)]
    unmatched: Vec<Unmatched>,
    certificate: Duals,
    #[serde(default)]
    optimal: bool,
}

#[derive(Serialize, Deserialize)]
struct Paired {
    pairs: Vec<(usize, usize)>,
}

pub fn run(file: Option<&Path>, result: Option<&Path>) -> Result<(), Failure> {
    let wanted: Wanted = serde_json::from_slice(&content(file)?)
        .map_err(|error| format!("the instance cannot be read: {error}"))?;
    match (wanted, result) {
        (
            Wanted::Assign {
                capacities,
                scores,
                seats,
                pins,
                seed,
            },
            result,
        ) => {
            let mut instance = Instance::new(&scores, capacities)?;
            drop(scores);
            instance.seats = seats;
            instance.pins = pins;
            instance.seed = seed;
            match result {
                Some(result) => verify(&instance, &content(Some(result))?),
                None => print(&assigned(&instance)?),
            }
        }
        (
            Wanted::Stable {
                proposers,
                receivers,
                capacities,
            },
            result,
        ) => {
            let lists = Lists {
                proposers,
                receivers,
                capacities,
            };
            lists.check()?;
            match result {
                Some(result) => verify_stable(&lists, &content(Some(result))?),
                None => {
                    let pairs = stable(&lists).into_iter().enumerate();
                    let pairs = pairs.filter_map(|(one, other)| Some((one, other?)));
                    print(&Paired {
                        pairs: pairs.collect(),
                    })
                }
            }
        }
    }
}

fn content(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match file {
        Some(file) => {
            let opened =
                File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
            opened.take(LARGEST).read_to_end(&mut bytes)?;
        }
        None => drop(io::stdin().lock().take(LARGEST).read_to_end(&mut bytes)?),
    }
    Ok(bytes)
}

fn print(result: &impl Serialize) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut out, result)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn assigned(instance: &Instance) -> Result<Assigned, Failure> {
    let best = assign(instance)?;
    let score = |mentee, mentor| i64::from(instance.score(mentee, mentor).unwrap_or_default());
    let pairs = best.pairs().map(|(i, j)| (i, j, score(i, j)));
    let unmatched = best.reasons(instance).into_iter();
    Ok(Assigned {
        pairs: pairs.collect(),
        total: best.total,
        unmatched: unmatched
            .map(|(mentee, reason)| Unmatched {
                mentee,
                reason: reason.as_str().to_owned(),
            })
            .collect(),
        optimal: check(instance, &best).is_ok(),
        certificate: Duals {
            mentee_duals: best.certificate.mentee_duals,
            mentor_duals: best.certificate.mentor_duals,
            seat_dual: best.certificate.seat_dual,
        },
    })
}

fn verify(instance: &Instance, bytes: &[u8]) -> Result<(), Failure> {
    instance.check_pins()?;
    let result: Assigned = serde_json::from_slice(bytes)
        .map_err(|error| format!("the result cannot be read: {error}"))?;
    let mut mentors = vec![None; instance.mentees()];
    for (mentee, mentor, score) in &result.pairs {
        let known = mentors
            .get_mut(*mentee)
            .ok_or_else(|| format!("there is no mentee {mentee}"))?;
        if known.replace(*mentor).is_some() {
            return Err(format!("mentee {mentee} is paired twice").into());
        }
        let worth = (*mentor < instance.mentors()).then(|| instance.score(*mentee, *mentor));
        if worth.flatten().map(i64::from) != Some(*score) {
            return Err(format!("the pair {mentee}, {mentor} is not worth {score}").into());
        }
    }
    let found = Assignment {
        mentors,
        total: result.total,
        certificate: Certificate {
            mentee_duals: result.certificate.mentee_duals,
            mentor_duals: result.certificate.mentor_duals,
            seat_dual: result.certificate.seat_dual,
        },
    };
    let mut named: Vec<usize> = result.unmatched.iter().map(|one| one.mentee).collect();
    named.sort_unstable();
    let left: Vec<usize> = found
        .reasons(instance)
        .iter()
        .map(|(mentee, _)| *mentee)
        .collect();
    if !named.is_empty() && named != left {
        return Err("unmatched does not name those who are left over".into());
    }
    check(instance, &found).map_err(|refused| format!("refused: {refused}"))?;
    println!(
        "These {} pairs are the best: no others, as many, are worth more than {}.",
        result.pairs.len(),
        result.total
    );
    Ok(())
}

fn verify_stable(lists: &Lists, bytes: &[u8]) -> Result<(), Failure> {
    let result: Paired = serde_json::from_slice(bytes)
        .map_err(|error| format!("the result cannot be read: {error}"))?;
    let mut receiver_of = vec![None; lists.proposers.len()];
    let mut room = lists.capacities.clone();
    for (proposer, receiver) in &result.pairs {
        let is_possible = lists
            .proposers
            .get(*proposer)
            .is_some_and(|list| list.contains(receiver))
            && lists
                .receivers
                .get(*receiver)
                .is_some_and(|list| list.contains(proposer));
        if !is_possible
            || receiver_of[*proposer].replace(*receiver).is_some()
            || room[*receiver] == 0
        {
            return Err(format!("refused: {proposer} and {receiver} cannot be a pair").into());
        }
        room[*receiver] -= 1;
    }
    match lists.blocking(&receiver_of).first() {
        Some((proposer, receiver)) => {
            Err(format!("refused: {proposer} and {receiver} would rather have each other").into())
        }
        None => {
            println!("These {} pairs are stable.", result.pairs.len());
            Ok(())
        }
    }
}
