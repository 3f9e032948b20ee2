//! Sets of facts of which most are small: the words of a bit set that are not zero.

use crate::task::FactId;

/// A set of facts. Memory: 16 bytes for each word of 64 facts that has some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FactSet {
    /// Numbers of words, ascending, and the words.
    words: Vec<(u32, u64)>,
}

impl FactSet {
    /// Words that are not zero.
    pub(crate) fn n_words(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn clear(&mut self) {
        self.words.clear();
    }

    pub(crate) fn contains(&self, fact: FactId) -> bool {
        let found = self.words.binary_search_by_key(&(fact / 64), |&(at, _)| at);
        found.is_ok_and(|place| self.words[place].1 >> (fact % 64) & 1 != 0)
    }

    /// This set and one fact, in no more memory than it needs.
    pub(crate) fn with(&self, fact: FactId) -> FactSet {
        let mut words = Vec::with_capacity(self.words.len() + 1);
        words.extend_from_slice(&self.words);
        let mut set = FactSet { words };
        set.insert(fact);
        set
    }

    fn insert(&mut self, fact: FactId) {
        let (at, bit) = (fact / 64, 1 << (fact % 64));
        match self.words.binary_search_by_key(&at, |&(at, _)| at) {
            Ok(place) => self.words[place].1 |= bit,
            Err(place) => self.words.insert(place, (at, bit)),
        }
    }

    /// Adds all of `other`; `room` is for the work and holds nothing of use before or after.
    pub(crate) fn union_with(&mut self, other: &FactSet, room: &mut Vec<(u32, u64)>) {
        room.clear();
        let (mut mine, mut theirs) = (self.words.as_slice(), other.words.as_slice());
        while let ([(a, left), more @ ..], [(b, right), others @ ..]) = (mine, theirs) {
            room.push((
                (*a).min(*b),
                if a < b {
                    *left
                } else if a > b {
                    *right
                } else {
                    left | right
                },
            ));
            if a <= b {
                mine = more;
            }
            if b <= a {
                theirs = others;
            }
        }
        room.extend_from_slice(mine);
        room.extend_from_slice(theirs);
        std::mem::swap(&mut self.words, room);
    }

    /// Keeps what is in `other` too, and one fact in any case; true if something was dropped.
    pub(crate) fn keep_common(&mut self, other: &FactSet, in_any_case: Option<FactId>) -> bool {
        let mut rest = other.words.as_slice();
        let mut has_dropped = false;
        self.words.retain_mut(|(at, word)| {
            while let [(b, _), others @ ..] = rest
                && *b < *at
            {
                rest = others;
            }
            let theirs = rest.first().filter(|(b, _)| *b == *at).map_or(0, |&(_, word)| word);
            let own = in_any_case.filter(|fact| fact / 64 == *at).map_or(0, |fact| 1 << (fact % 64));
            let common = *word & (theirs | own);
            has_dropped |= common != *word;
            *word = common;
            common != 0
        });
        has_dropped
    }

    /// The facts, ascending.
    pub(crate) fn facts(&self) -> impl Iterator<Item = FactId> + '_ {
        let of_word = |&(at, word): &(u32, u64)| {
            (0..64).filter(move |bit| word >> bit & 1 != 0).map(move |bit| 64 * at + bit)
        };
        self.words.iter().flat_map(of_word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(facts: &BTreeSet<FactId>) -> FactSet {
        facts.iter().rev().fold(FactSet::default(), |set, &fact| set.with(fact))
    }

    proptest! {
        #[test]
        fn sets_do_what_sets_do(
            a in prop::collection::btree_set(0u32..700, 0..80),
            b in prop::collection::btree_set(0u32..700, 0..80),
            fact in 0u32..700,
        ) {
            let mut both = set(&a);
            both.union_with(&set(&b), &mut Vec::new());
            prop_assert_eq!(both.facts().collect::<BTreeSet<_>>(), &a | &b);
            let mut common = set(&a);
            let has_dropped = common.keep_common(&set(&b), Some(fact));
            let expected: BTreeSet<_> = a.iter().copied().filter(|one| b.contains(one) || *one == fact).collect();
            prop_assert_eq!(has_dropped, expected.len() < a.len());
            prop_assert_eq!(common.facts().collect::<BTreeSet<_>>(), expected);
            prop_assert!(set(&a).n_words() <= a.len());
            prop_assert_eq!(set(&a).contains(fact), a.contains(&fact));
        }
    }
}
