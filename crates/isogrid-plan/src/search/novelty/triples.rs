//! Triples of facts: a set of those seen.

use isogrid_num::hash::FastSet;

use super::MAX_BYTES;
use crate::task::FactId;

/// A set's bytes for each triple while it doubles, at most.
const BYTES: usize = 52;

/// Which facts were seen together by three, by class, ascending.
#[derive(Default)]
pub(super) struct Triples {
    seen: FastSet<[u32; 4]>,
    is_full: bool,
}

impl Triples {
    /// Whether there was no room for some triple; nothing more is noted then.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Notes triples of changed facts with all facts of a state; whether one is new.
    pub(super) fn note(&mut self, class: u32, facts: &[FactId], changed: &[FactId]) -> bool {
        let mut is_new = false;
        for &fact in changed {
            for (at, &second) in facts.iter().enumerate().filter(|(_, second)| **second != fact) {
                for &third in facts[at + 1..].iter().filter(|third| **third != fact) {
                    let mut triple = [fact, second, third];
                    triple.sort_unstable();
                    is_new |= self.insert([class, triple[0], triple[1], triple[2]]);
                }
            }
        }
        is_new
    }

    fn insert(&mut self, triple: [u32; 4]) -> bool {
        if self.seen.len() < MAX_BYTES / BYTES {
            return self.seen.insert(triple);
        }
        self.is_full |= !self.seen.contains(&triple);
        false
    }
}
