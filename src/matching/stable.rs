//! Pairs by ranked lists: nobody is left for whom somebody else, who would have them, is better.
//!
//! Deferred acceptance (Gale & Shapley 1962) with capacities (hospitals and residents; Roth 1984). What proposers get
//! is the best for each of them that any stable pairs give, and to name a false order does not help them; the same people
//! are paired whichever side proposes (the Rural Hospitals theorem, Roth 1986).

/// Ranked lists, the best one first. Whoever is not on a list is not acceptable; a pair has to be on both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Receivers, for each proposer.
    pub proposers: Vec<Vec<usize>>,
    /// Proposers, for each receiver.
    pub receivers: Vec<Vec<usize>>,
    /// How many proposers each receiver takes.
    pub capacities: Vec<u32>,
}

/// What is wrong with lists, by the part of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLists {
    #[error("capacities must have one entry for each receiver")]
    Capacities,
    #[error("proposers[{0}] must name receivers that there are, each once")]
    Proposer(usize),
    #[error("receivers[{0}] must name proposers that there are, each once")]
    Receiver(usize),
}

impl Lists {
    /// # Errors
    ///
    /// The first list that names somebody twice, or somebody who is not there.
    pub fn check(&self) -> Result<(), BadLists> {
        if self.capacities.len() != self.receivers.len() {
            return Err(BadLists::Capacities);
        }
        let is_list = |list: &[usize], of: usize| {
            let mut seen = vec![false; of];
            list.iter()
                .all(|one| *one < of && !std::mem::replace(&mut seen[*one], true))
        };
        let bad =
            |lists: &[Vec<usize>], of: usize| lists.iter().position(|list| !is_list(list, of));
        if let Some(at) = bad(&self.proposers, self.receivers.len()) {
            return Err(BadLists::Proposer(at));
        }
        match bad(&self.receivers, self.proposers.len()) {
            Some(at) => Err(BadLists::Receiver(at)),
            None => Ok(()),
        }
    }

    /// Where each receiver has each proposer on their list, for all that are.
    fn ranks(&self) -> Vec<std::collections::HashMap<usize, usize>> {
        let rank = |list: &Vec<usize>| {
            list.iter()
                .enumerate()
                .map(|(rank, one)| (*one, rank))
                .collect()
        };
        self.receivers.iter().map(rank).collect()
    }

    /// Pairs of a proposer and a receiver who would both rather have each other than whom they have.
    pub fn blocking(&self, receiver_of: &[Option<usize>]) -> Vec<(usize, usize)> {
        let ranks = self.ranks();
        let mut worst: Vec<Vec<usize>> = vec![Vec::new(); self.receivers.len()];
        for (proposer, receiver) in receiver_of.iter().enumerate() {
            if let Some((receiver, rank)) =
                receiver.and_then(|receiver| Some((receiver, *ranks[receiver].get(&proposer)?)))
            {
                worst[receiver].push(rank);
            }
        }
        let mut blocking = Vec::new();
        for (proposer, list) in self.proposers.iter().enumerate() {
            for receiver in list {
                if receiver_of[proposer] == Some(*receiver) {
                    break;
                }
                let Some(rank) = ranks[*receiver].get(&proposer) else {
                    continue;
                };
                let has_room = worst[*receiver].len() < self.capacities[*receiver] as usize;
                if has_room || worst[*receiver].iter().any(|other| other > rank) {
                    blocking.push((proposer, *receiver));
                }
            }
        }
        blocking
    }
}

/// The best stable pairs for the proposers: the receiver of each. Lists are as [`Lists::check`] has them.
///
/// ```
/// use almanac::matching::stable::{Lists, stable};
/// let lists = Lists {
///     proposers: vec![vec![0], vec![0, 1]],
///     receivers: vec![vec![1, 0], vec![1]],
///     capacities: vec![1, 1],
/// };
/// assert_eq!(stable(&lists), [None, Some(0)]);
/// ```
pub fn stable(lists: &Lists) -> Vec<Option<usize>> {
    let ranks = lists.ranks();
    let mut receiver_of = vec![None; lists.proposers.len()];
    let mut next = vec![0; lists.proposers.len()];
    // Of each receiver, whom they hold, by rank: the last one goes first.
    let mut held: Vec<std::collections::BTreeMap<usize, usize>> =
        vec![std::collections::BTreeMap::new(); lists.receivers.len()];
    let mut free: Vec<usize> = (0..lists.proposers.len()).rev().collect();
    while let Some(proposer) = free.pop() {
        let Some(receiver) = lists.proposers[proposer].get(next[proposer]).copied() else {
            continue;
        };
        next[proposer] += 1;
        let Some(rank) = ranks[receiver].get(&proposer) else {
            free.push(proposer);
            continue;
        };
        held[receiver].insert(*rank, proposer);
        receiver_of[proposer] = Some(receiver);
        if held[receiver].len() > lists.capacities[receiver] as usize
            && let Some((_, refused)) = held[receiver].pop_last()
        {
            receiver_of[refused] = None;
            free.push(refused);
        }
    }
    receiver_of
}

/// The best stable pairs for the receivers: the receiver of each proposer. Receivers propose, one place at a time.
pub fn stable_for_receivers(lists: &Lists) -> Vec<Option<usize>> {
    let rank = |list: &Vec<usize>| -> std::collections::HashMap<usize, usize> {
        list.iter()
            .enumerate()
            .map(|(rank, one)| (*one, rank))
            .collect()
    };
    let ranks: Vec<_> = lists.proposers.iter().map(rank).collect();
    let mut receiver_of: Vec<Option<usize>> = vec![None; lists.proposers.len()];
    let mut next = vec![0; lists.receivers.len()];
    let mut room: Vec<u32> = lists.capacities.clone();
    let mut open: Vec<usize> = (0..lists.receivers.len()).rev().collect();
    while let Some(receiver) = open.pop() {
        while room[receiver] > 0 {
            let Some(proposer) = lists.receivers[receiver].get(next[receiver]).copied() else {
                break;
            };
            next[receiver] += 1;
            let Some(wanted) = ranks[proposer].get(&receiver) else {
                continue;
            };
            match receiver_of[proposer] {
                Some(has) if ranks[proposer].get(&has) < Some(wanted) => continue,
                Some(has) => {
                    room[has] += 1;
                    open.push(has);
                }
                None => {}
            }
            receiver_of[proposer] = Some(receiver);
            room[receiver] -= 1;
        }
    }
    receiver_of
}
