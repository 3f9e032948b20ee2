//! A hash index over states that are stored elsewhere: four bytes a slot, any capacity, no copy while it grows.
//!
//! A slot holds a state's number plus one. Bits that the numbers do not need carry a piece of the hash, so that most
//! unequal states are told apart without looking at them. Open addressing with linear probing.

const EMPTY: u32 = 0;

/// The index.
#[derive(Default)]
pub(crate) struct Index {
    slots: Vec<u32>,
    len: usize,
    /// Low bits of a slot that hold the number; the rest is a piece of the hash.
    number_bits: u32,
}

impl Index {
    /// The state with this hash for which `equal` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, equal: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let (mask, mark) = (self.mask(), self.mark(hash));
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                return None;
            }
            if slot & !mask == mark && equal((slot & mask) - 1) {
                return Some((slot & mask) - 1);
            }
            at = self.after(at);
        }
    }

    /// Adds state number `len`, which must be absent; `hash_of` gives the hashes of the states added before.
    #[inline]
    pub(crate) fn push(&mut self, hash: u64, hash_of: impl Fn(u32) -> u64) {
        if (self.len + 1) * 5 > self.slots.len() * 4 {
            self.grow(hash_of);
        }
        self.place(hash, self.len as u32);
        self.len += 1;
    }

    #[cold]
    fn grow(&mut self, hash_of: impl Fn(u32) -> u64) {
        let capacity = (self.slots.len() * 3 / 2).max(64);
        // The old slots go first: everything in them can be computed again.
        self.slots = Vec::new();
        self.slots = vec![EMPTY; capacity];
        self.number_bits = (usize::BITS - capacity.leading_zeros()).min(32);
        for number in 0..self.len as u32 {
            self.place(hash_of(number), number);
        }
    }

    #[inline]
    fn place(&mut self, hash: u64, number: u32) {
        let slot = self.mark(hash) | (number + 1);
        let mut at = self.home(hash);
        while self.slots[at] != EMPTY {
            at = self.after(at);
        }
        self.slots[at] = slot;
    }

    /// Where probing starts: the hash scaled to the capacity (Lemire's multiply and shift).
    #[inline]
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    #[inline]
    fn mask(&self) -> u32 {
        u32::MAX >> (32 - self.number_bits)
    }

    /// The piece of the hash; from its low end, as the high end decides the place.
    #[inline]
    fn mark(&self, hash: u64) -> u32 {
        (hash as u32) & !self.mask()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isogrid_num::hash::hash_words;

    #[test]
    fn what_was_pushed_is_found_and_nothing_else() {
        let hash_of = |number: u32| hash_words(&[u64::from(number) / 2]);
        let mut index = Index::default();
        for number in 0..5_000 {
            assert_eq!(index.find(hash_of(number), |other| other == number), None, "{number}");
            index.push(hash_of(number), hash_of);
        }
        for number in 0..5_000 {
            assert_eq!(index.find(hash_of(number), |other| other == number), Some(number));
        }
        assert_eq!(index.find(hash_of(6_000), |_| true), None);
    }
}
