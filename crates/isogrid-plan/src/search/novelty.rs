//! Novelty of states: the size of the smallest tuple of facts that no state of the same class had before (Lipovetzky
//! and Geffner, ECAI 2012 and AAAI 2017).

mod rows;
mod triangles;
mod triples;

use isogrid_num::bits::BitSet;
use isogrid_num::hash::FastMap;

use rows::Rows;
use triangles::Triangles;
use triples::Triples;

use crate::heuristic::{Declared, Properties};
use crate::task::FactId;

/// Bytes that pairs may take, and triples; where they are used up, new ones are not told apart any more.
const MAX_BYTES: usize = 128 << 20;

/// Facts that are looked up in the time that a word of 64 takes.
const LOOKUPS: usize = 2;

/// The novelty of states with nothing new up to triples, or to where tuples are looked at.
pub(crate) const NOTHING_NEW: u8 = 4;

/// What was seen, by class of states.
pub(crate) struct Novelty {
    n_facts: usize,
    classes: FastMap<u64, u32>,
    /// Single facts, by class.
    seen: Vec<BitSet>,
    pairs: Pairs,
    triples: Option<Triples>,
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

    fn is_full(&self) -> bool {
        match self {
            Pairs::None => false,
            Pairs::Sparse(triangles) => triangles.is_full(),
            Pairs::Dense(rows) => rows.is_full(),
        }
    }
}

/// As the complete best-first width search uses it: it orders states, and drops none.
impl Declared for Novelty {
    const NAME: &'static str = "novelty";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Novelty {
    /// For states of `n_variables` facts out of `n_facts`, by tuples of at most `width` facts, at most three.
    pub(crate) fn new(n_variables: usize, n_facts: usize, width: u8) -> Novelty {
        let pairs = match width {
            ..=1 => Pairs::None,
            _ if n_variables < LOOKUPS * n_facts.div_ceil(64) => Pairs::Sparse(Triangles::new(n_facts)),
            _ => Pairs::Dense(Rows::new(n_facts)),
        };
        let triples = (width >= 3).then(Triples::default);
        Novelty { n_facts, classes: FastMap::default(), seen: Vec::new(), pairs, triples }
    }

    /// Notes a state's tuples and returns its novelty: 1, 2, 3 or [`NOTHING_NEW`]. Only tuples with a fact of `changed`
    /// are looked at; the others must be known to have been seen.
    pub(crate) fn note(&mut self, class: u64, facts: &[FactId], changed: &[FactId]) -> u8 {
        let at = self.class(class);
        let seen = &mut self.seen[at as usize];
        let mut novelty = NOTHING_NEW;
        for &fact in changed {
            if seen.insert(fact as usize) {
                novelty = 1;
            }
        }
        if self.triples.as_mut().is_some_and(|triples| triples.note(at, facts, changed)) {
            novelty = novelty.min(3);
        }
        if self.pairs.note(at, facts, changed) {
            novelty = novelty.min(2);
        }
        novelty
    }

    /// Whether there was no room for some tuple, so that a state may be taken for one with nothing new.
    pub(crate) fn is_full(&self) -> bool {
        self.pairs.is_full() || self.triples.as_ref().is_some_and(Triples::is_full)
    }

    /// The work of noting a state.
    pub(crate) fn ticks(&self, n_facts: usize, n_changed: usize) -> u64 {
        let looked_at = match self.pairs {
            Pairs::None => 1,
            Pairs::Sparse(_) => n_facts,
            Pairs::Dense(_) => self.n_facts.div_ceil(64),
        };
        let triples = if self.triples.is_some() { n_facts * n_facts } else { 0 };
        (n_changed * (looked_at + triples)) as u64 / 8
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

    /// All sets of at most `width` facts.
    fn tuples(facts: &[FactId], width: u8) -> impl Iterator<Item = Vec<FactId>> {
        let mut all: Vec<Vec<FactId>> = vec![Vec::new()];
        for &fact in facts {
            let room = all.iter().filter(|tuple| tuple.len() < usize::from(width));
            let longer: Vec<_> = room.map(|tuple| tuple.iter().copied().chain([fact]).collect()).collect();
            all.extend(longer);
        }
        all.into_iter().skip(1)
    }

    /// A walk through states, noted in one of two classes, against sets of sets.
    #[test]
    fn novelty_is_that_of_the_definition() {
        let sizes = [(1, 3, 2, 2), (2, 6, 5, 2), (3, 2, 700, 2), (4, 40, 3, 2), (5, 7, 4, 3), (6, 3, 3, 3)];
        for (seed, n_variables, n_values, width) in sizes {
            let mut rng = Rng::new(seed, 0);
            let mut novelty = Novelty::new(n_variables, n_variables * n_values, width);
            let mut known: [HashSet<Vec<FactId>>; 2] = Default::default();
            let mut state: Vec<FactId> = (0..n_variables).map(|at| (at * n_values) as FactId).collect();
            let mut last = 2;
            for _ in 0..400 {
                let at = rng.below(n_variables as u64) as usize;
                state[at] = (at * n_values) as FactId + rng.below(n_values as u64) as FactId;
                let class = rng.below(4) as usize / 3;
                let changed = if class == last { vec![state[at]] } else { state.clone() };
                let found = novelty.note(class as u64, &state, &changed);
                let new = tuples(&state, width).filter(|tuple| known[class].insert(tuple.clone()));
                let expected = new.map(|tuple| tuple.len() as u8).min().unwrap_or(NOTHING_NEW);
                assert_eq!(found, expected, "seed {seed}");
                last = class;
            }
            assert!(!novelty.is_full());
        }
    }

    #[test]
    fn where_there_is_no_room_nothing_is_new_and_that_is_known() {
        let facts: Vec<FactId> = (0..400).collect();
        let mut novelty = Novelty::new(facts.len(), 800, 3);
        assert_eq!(novelty.note(0, &facts, &facts), 1);
        assert!(novelty.is_full());
        let mut pairs = Novelty::new(2, 100_000, 2);
        assert_eq!(pairs.note(0, &[0, 50_000], &[0, 50_000]), 1);
        assert!(pairs.is_full());
    }
}
