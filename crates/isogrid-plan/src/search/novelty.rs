//! Novelty of states: the size of the smallest tuple of facts that no state of the same class had before (Lipovetzky
//! and Geffner, ECAI 2012 and AAAI 2017).

use isogrid_num::bits::BitSet;
use isogrid_num::hash::FastMap;

use crate::heuristic::{Declared, Properties};
use crate::task::FactId;

/// Bytes that the tables of pairs may take; classes that come later are told apart by single facts only.
const MAX_BYTES: usize = 512 << 20;

/// The novelty of states with nothing new up to pairs.
pub(crate) const NOTHING_NEW: u8 = 3;

/// What was seen, by class of states.
pub(crate) struct Novelty {
    n_facts: usize,
    /// The largest tuples looked at.
    width: u8,
    classes: FastMap<u64, usize>,
    seen: Vec<Seen>,
    bytes_left: usize,
}

struct Seen {
    facts: BitSet,
    pairs: Option<BitSet>,
}

impl Declared for Novelty {
    const NAME: &'static str = "novelty";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Novelty {
    /// `width` is 1 or 2.
    pub(crate) fn new(n_facts: usize, width: u8) -> Novelty {
        Novelty { n_facts, width, classes: FastMap::default(), seen: Vec::new(), bytes_left: MAX_BYTES }
    }

    /// Notes a state's tuples and returns its novelty: 1, 2 or [`NOTHING_NEW`]. Only tuples with a fact of `changed` are
    /// looked at; the others must be known to have been seen.
    pub(crate) fn note(&mut self, class: u64, facts: &[FactId], changed: &[FactId]) -> u8 {
        let at = self.class(class);
        let seen = &mut self.seen[at];
        let mut novelty = NOTHING_NEW;
        for &fact in changed {
            if seen.facts.insert(fact as usize) {
                novelty = 1;
            }
            let Some(pairs) = &mut seen.pairs else { continue };
            for &other in facts {
                let (low, high) = (fact.min(other) as usize, fact.max(other) as usize);
                if pairs.insert(high * (high + 1) / 2 + low) {
                    novelty = novelty.min(2);
                }
            }
        }
        novelty
    }

    /// Whether some state of a class had a fact.
    pub(crate) fn has_seen(&self, class: u64, fact: FactId) -> bool {
        self.classes.get(&class).is_some_and(|&at| self.seen[at].facts.contains(fact as usize))
    }

    fn class(&mut self, class: u64) -> usize {
        if let Some(&at) = self.classes.get(&class) {
            return at;
        }
        let at = self.seen.len();
        let n_pairs = self.n_facts * (self.n_facts + 1) / 2;
        let bytes = n_pairs / 8 + 8;
        let pairs = (self.width > 1 && bytes <= self.bytes_left).then(|| {
            self.bytes_left -= bytes;
            BitSet::new(n_pairs)
        });
        self.seen.push(Seen { facts: BitSet::new(self.n_facts), pairs });
        self.classes.insert(class, at);
        at
    }
}
