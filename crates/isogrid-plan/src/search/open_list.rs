//! A priority queue of small integer keys: buckets, first in first out inside each.

use std::collections::{BTreeMap, VecDeque};

/// Keys below this have a bucket in an array; larger ones live in a tree.
const DIRECT: u64 = 1 << 12;

/// Entries by key, smallest first.
pub(crate) struct OpenList<T> {
    direct: Vec<VecDeque<T>>,
    /// No direct bucket below this one has entries.
    lowest: usize,
    rest: BTreeMap<u64, VecDeque<T>>,
    len: usize,
}

impl<T> OpenList<T> {
    pub(crate) fn new() -> OpenList<T> {
        OpenList { direct: Vec::new(), lowest: 0, rest: BTreeMap::new(), len: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(crate) fn push(&mut self, key: u64, entry: T) {
        self.len += 1;
        if key >= DIRECT {
            self.rest.entry(key).or_default().push_back(entry);
            return;
        }
        let at = key as usize;
        if at >= self.direct.len() {
            self.direct.resize_with(at + 1, VecDeque::new);
        }
        self.direct[at].push_back(entry);
        self.lowest = self.lowest.min(at);
    }

    /// The entry that [`OpenList::pop`] gives next.
    #[inline]
    pub(crate) fn first_mut(&mut self) -> Option<&mut T> {
        self.skip_empty();
        let direct = self.direct.get_mut(self.lowest);
        direct.or_else(|| self.rest.values_mut().next()).and_then(VecDeque::front_mut)
    }

    /// Goes to the first direct bucket with entries.
    #[inline]
    fn skip_empty(&mut self) {
        while let Some(bucket) = self.direct.get_mut(self.lowest).filter(|bucket| bucket.is_empty()) {
            // A search may leave thousands of emptied buckets behind; their memory goes back at once.
            *bucket = VecDeque::new();
            self.lowest += 1;
        }
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u64, T)> {
        self.skip_empty();
        if let Some(entry) = self.direct.get_mut(self.lowest).and_then(VecDeque::pop_front) {
            self.len -= 1;
            return Some((self.lowest as u64, entry));
        }
        let mut first = self.rest.first_entry()?;
        let key = *first.key();
        let entry = first.get_mut().pop_front()?;
        if first.get().is_empty() {
            first.remove();
        }
        self.len -= 1;
        Some((key, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_come_out_sorted_and_ties_in_order(keys in prop::collection::vec(0u64..9000, 0..200)) {
            let mut list = OpenList::new();
            keys.iter().enumerate().for_each(|(i, &key)| list.push(key, i));
            let mut expected: Vec<(u64, usize)> = keys.iter().copied().zip(0..).collect();
            expected.sort();
            let mut popped = Vec::new();
            while let Some(first) = list.first_mut().map(|first| *first) {
                let (key, entry) = list.pop().expect("the first one");
                prop_assert_eq!(first, entry);
                popped.push((key, entry));
            }
            prop_assert_eq!(popped, expected);
            prop_assert!(list.is_empty());
        }
    }
}
