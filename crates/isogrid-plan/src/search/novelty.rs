//! Novelty of states: the size of the smallest tuple of facts that no state of the same class had before (Lipovetzky
//! and Geffner, ECAI 2012 and AAAI 2017).

mod rows;
mod triangles;

use isogrid_num::bits::BitSet;
use isogrid_num::hash::FastMap;

use rows::Rows;
use triangles::Triangles;

use crate::heuristic::{Declared, Properties};
use crate::task::FactId;

/// Bytes that pairs may take; facts of classes that come later are told apart alone.
const MAX_BYTES: usize = 128 << 20;

/// Facts that are looked up in the time that a word of 64 takes.
const LOOKUPS: usize = 2;

/// The novelty of states with nothing new up to pairs.
pub(crate) const NOTHING_NEW: u8 = 3;

/// What was seen, by class of states.
pub(crate) struct Novelty {
    n_facts: usize,
    classes: FastMap<u64, u32>,
    /// Single facts, by class.
    seen: Vec<BitSet>,
    pairs: Pairs,
}

/// How pairs are kept.
enum Pairs {
    /// Not at all.
    None,
    /// For states of few facts among many.
    Sparse(Triangles),
    /// For states of many facts.
    Dense(Rows),
}

impl Pairs {
    /// Whether a state has a new pair with one of the changed facts.
    fn note(&mut self, class: u32, facts: &[FactId], changed: &[FactId]) -> bool {
        match self {
            Pairs::None => false,
            Pairs::Sparse(triangles) => triangles.note(class, facts, changed),
            Pairs::Dense(rows) => rows.note(class, facts, changed),
        }
    }
}

impl Declared for Novelty {
    const NAME: &'static str = "novelty";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Novelty {
    /// For states of `n_variables` facts out of `n_facts`; `width` is 1 or 2.
    pub(crate) fn new(n_variables: usize, n_facts: usize, width: u8) -> Novelty {
        let pairs = match width {
            ..=1 => Pairs::None,
            _ if n_variables < LOOKUPS * n_facts.div_ceil(64) => Pairs::Sparse(Triangles::new(n_facts)),
            _ => Pairs::Dense(Rows::new(n_facts)),
        };
        Novelty { n_facts, classes: FastMap::default(), seen: Vec::new(), pairs }
    }

    /// Notes a state's tuples and returns its novelty: 1, 2 or [`NOTHING_NEW`]. Only tuples with a fact of `changed` are
    /// looked at; the others must be known to have been seen.
    pub(crate) fn note(&mut self, class: u64, facts: &[FactId], changed: &[FactId]) -> u8 {
        let at = self.class(class);
        let seen = &mut self.seen[at as usize];
        let mut novelty = NOTHING_NEW;
        for &fact in changed {
            if seen.insert(fact as usize) {
                novelty = 1;
            }
        }
        let has_pair = self.pairs.note(at, facts, changed);
        if has_pair { novelty.min(2) } else { novelty }
    }

    /// The work of noting a state.
    pub(crate) fn ticks(&self, n_facts: usize, n_changed: usize) -> u64 {
        let looked_at = match self.pairs {
            Pairs::None => 1,
            Pairs::Sparse(_) => n_facts,
            Pairs::Dense(_) => self.n_facts.div_ceil(64),
        };
        (n_changed * looked_at) as u64 / 8
    }

    /// Whether some state of a class had a fact.
    pub(crate) fn has_seen(&self, class: u64, fact: FactId) -> bool {
        self.classes.get(&class).is_some_and(|&at| self.seen[at as usize].contains(fact as usize))
    }

    fn class(&mut self, class: u64) -> u32 {
        let next = self.seen.len() as u32;
        let at = *self.classes.entry(class).or_insert(next);
        if at == next {
            self.seen.push(BitSet::new(self.n_facts));
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use isogrid_num::rng::Rng;

    use super::*;

    /// A walk through states, noted in one of two classes, against sets of sets.
    #[test]
    fn novelty_is_that_of_the_definition() {
        for (seed, n_variables, n_values) in [(1, 3, 2), (2, 6, 5), (3, 2, 700), (4, 40, 3)] {
            let mut rng = Rng::new(seed, 0);
            let mut novelty = Novelty::new(n_variables, n_variables * n_values, 2);
            let mut known: [HashSet<(FactId, FactId)>; 2] = Default::default();
            let mut state: Vec<FactId> = (0..n_variables).map(|at| (at * n_values) as FactId).collect();
            let mut last = 2;
            for _ in 0..400 {
                let at = rng.below(n_variables as u64) as usize;
                state[at] = (at * n_values) as FactId + rng.below(n_values as u64) as FactId;
                let class = rng.below(4) as usize / 3;
                let changed = if class == last { vec![state[at]] } else { state.clone() };
                let found = novelty.note(class as u64, &state, &changed);
                let pairs = state.iter().flat_map(|&a| state.iter().map(move |&b| (a, b)));
                let new: Vec<_> = pairs.filter(|pair| known[class].insert(*pair)).collect();
                let is_single = new.iter().any(|(a, b)| a == b);
                let expected = if is_single {
                    1
                } else if new.is_empty() {
                    NOTHING_NEW
                } else {
                    2
                };
                assert_eq!(found, expected, "seed {seed}");
                last = class;
            }
        }
    }
}
