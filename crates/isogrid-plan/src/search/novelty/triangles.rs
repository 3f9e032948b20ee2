//! Pairs of facts for states of few facts among many: a bit for each pair, by class.

use isogrid_num::bits::BitSet;

use super::MAX_BYTES;
use crate::task::FactId;

/// Which facts were seen together: bit `high * (high + 1) / 2 + low`.
pub(super) struct Triangles {
    n_pairs: usize,
    /// By class; of later ones nothing is known.
    seen: Vec<BitSet>,
    max_classes: usize,
    is_full: bool,
}

impl Triangles {
    pub(super) fn new(n_facts: usize) -> Triangles {
        let n_pairs = n_facts * (n_facts + 1) / 2;
        let max_classes = MAX_BYTES / (n_pairs / 8 + 8);
        Triangles { n_pairs, seen: Vec::new(), max_classes, is_full: false }
    }

    /// Whether there was no room for some class.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Notes pairs of changed facts with all facts of a state; whether one is new.
    pub(super) fn note(&mut self, class: u32, facts: &[FactId], changed: &[FactId]) -> bool {
        if class as usize >= self.max_classes {
            self.is_full = true;
            return false;
        }
        while self.seen.len() <= class as usize {
            self.seen.push(BitSet::new(self.n_pairs));
        }
        let seen = &mut self.seen[class as usize];
        let mut is_new = false;
        for &fact in changed {
            for &other in facts {
                let (low, high) = (fact.min(other) as usize, fact.max(other) as usize);
                is_new |= seen.insert(high * (high + 1) / 2 + low);
            }
        }
        is_new
    }
}
