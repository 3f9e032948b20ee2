//! A bucket queue of facts, with a heap for large keys.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::task::FactId;

/// Facts by cost: of the lowest cost the one that came last.
#[derive(Default)]
pub(crate) struct Buckets {
    buckets: Vec<Vec<FactId>>,
    /// No bucket below holds anything.
    at: usize,
    len: usize,
    large: BinaryHeap<Reverse<(u32, FactId)>>,
}

impl Buckets {
    /// Keys from here on go to the heap.
    pub(crate) const DIRECT: u32 = 1 << 14;

    pub(crate) fn clear(&mut self) {
        if self.len > 0 {
            self.buckets[self.at..].iter_mut().for_each(Vec::clear);
        }
        self.large.clear();
        self.at = 0;
        self.len = 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, key: u32, fact: FactId) {
        let Some(bucket) = self.buckets.get_mut(key as usize) else { return self.push_far(key, fact) };
        bucket.push(fact);
        self.at = self.at.min(key as usize);
        self.len += 1;
    }

    /// The first of its key, or one for the heap.
    #[cold]
    fn push_far(&mut self, key: u32, fact: FactId) {
        if key >= Buckets::DIRECT {
            return self.large.push(Reverse((key, fact)));
        }
        self.buckets.resize_with(key as usize + 1, Vec::new);
        self.push(key, fact);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u32, FactId)> {
        if self.len == 0 {
            return self.large.pop().map(|Reverse(entry)| entry);
        }
        loop {
            if let Some(fact) = self.buckets[self.at].pop() {
                self.len -= 1;
                return Some((self.at as u32, fact));
            }
            self.at += 1;
        }
    }
}
