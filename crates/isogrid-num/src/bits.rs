//! Sets of small numbers and matrices of bits, packed into 64-bit words.
//!
//! Lengths are fixed at construction, bits beyond the length are always zero, and words are open to kernels through
//! [`BitSet::words`] and [`BitMatrix::row`]. Left out: growth, compression, vector instructions.

use std::ops::Range;

/// A set of numbers below a fixed length.
///
/// ```
/// use isogrid_num::bits::BitSet;
/// let mut set = BitSet::new(100);
/// set.insert(3);
/// set.insert(70);
/// assert_eq!(set.ones().collect::<Vec<_>>(), [3, 70]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BitSet {
    len: usize,
    words: Vec<u64>,
}

impl BitSet {
    /// The empty set over `0..len`.
    pub fn new(len: usize) -> BitSet {
        BitSet { len, words: vec![0; len.div_ceil(64)] }
    }

    /// The full set over `0..len`.
    pub fn full(len: usize) -> BitSet {
        let mut set = BitSet { len, words: vec![u64::MAX; len.div_ceil(64)] };
        if let Some(last) = set.words.last_mut() {
            *last = tail_mask(len);
        }
        set
    }

    /// The number of places, in the set or not.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Adds `index`; true if it was not there.
    ///
    /// # Panics
    /// If `index` is not below the length.
    #[inline]
    pub fn insert(&mut self, index: usize) -> bool {
        let mask = self.mask(index);
        let word = &mut self.words[index / 64];
        let is_new = *word & mask == 0;
        *word |= mask;
        is_new
    }

    /// Takes `index` out; true if it was there.
    ///
    /// # Panics
    /// If `index` is not below the length.
    #[inline]
    pub fn remove(&mut self, index: usize) -> bool {
        let mask = self.mask(index);
        let word = &mut self.words[index / 64];
        let was_there = *word & mask != 0;
        *word &= !mask;
        was_there
    }

    /// Whether `index` is in the set.
    ///
    /// # Panics
    /// If `index` is not below the length.
    #[inline]
    pub fn contains(&self, index: usize) -> bool {
        self.words[index / 64] & self.mask(index) != 0
    }

    #[inline]
    fn mask(&self, index: usize) -> u64 {
        assert!(index < self.len, "bit {index} of a set of length {}", self.len);
        1 << (index % 64)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// How many numbers are in the set.
    pub fn count(&self) -> usize {
        count(&self.words)
    }

    /// The numbers in the set, ascending.
    pub fn ones(&self) -> Ones<'_> {
        ones(&self.words)
    }

    /// Adds everything of a set of the same length; true if that changed this set.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn union_with(&mut self, other: &BitSet) -> bool {
        self.zip_with(other, |a, b| a | b)
    }

    /// Keeps only what is also in a set of the same length; true if that changed this set.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn intersect_with(&mut self, other: &BitSet) -> bool {
        self.zip_with(other, |a, b| a & b)
    }

    fn zip_with(&mut self, other: &BitSet, join: impl Fn(u64, u64) -> u64) -> bool {
        assert_eq!(self.len, other.len, "sets of different lengths");
        let mut changed = 0;
        for (word, &theirs) in self.words.iter_mut().zip(&other.words) {
            let joined = join(*word, theirs);
            changed |= *word ^ joined;
            *word = joined;
        }
        changed != 0
    }

    /// Whether every number of this set is in a set of the same length.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn is_subset_of(&self, other: &BitSet) -> bool {
        assert_eq!(self.len, other.len, "sets of different lengths");
        self.words.iter().zip(&other.words).all(|(ours, theirs)| ours & !theirs == 0)
    }

    /// The packed words; bit `i` is bit `i % 64` of word `i / 64`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

/// Rows of bits of one width, in one allocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BitMatrix {
    n_rows: usize,
    n_cols: usize,
    words: Vec<u64>,
}

impl BitMatrix {
    /// All zeros.
    pub fn new(n_rows: usize, n_cols: usize) -> BitMatrix {
        BitMatrix { n_rows, n_cols, words: vec![0; n_rows * n_cols.div_ceil(64)] }
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The number of columns (bits in a row).
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// The number of words in a row.
    pub fn row_words(&self) -> usize {
        self.n_cols.div_ceil(64)
    }

    /// The packed words of a row; bits beyond the width are zero.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    pub fn row(&self, row: usize) -> &[u64] {
        assert!(row < self.n_rows, "row {row} of {}", self.n_rows);
        let width = self.row_words();
        &self.words[row * width..][..width]
    }

    /// The packed words of some rows, one row after another.
    ///
    /// # Panics
    /// If there are no such rows.
    #[inline]
    pub fn rows(&self, rows: Range<usize>) -> &[u64] {
        let width = self.row_words();
        &self.words[rows.start * width..rows.end * width]
    }

    /// The bit at (`row`, `col`).
    ///
    /// # Panics
    /// If there is no such place.
    #[inline]
    pub fn get(&self, row: usize, col: usize) -> bool {
        let (word, mask) = self.place(row, col);
        self.words[word] & mask != 0
    }

    /// Sets the bit at (`row`, `col`) to one.
    ///
    /// # Panics
    /// If there is no such place.
    #[inline]
    pub fn insert(&mut self, row: usize, col: usize) {
        let (word, mask) = self.place(row, col);
        self.words[word] |= mask;
    }

    /// Sets the bit at (`row`, `col`) to zero.
    ///
    /// # Panics
    /// If there is no such place.
    #[inline]
    pub fn remove(&mut self, row: usize, col: usize) {
        let (word, mask) = self.place(row, col);
        self.words[word] &= !mask;
    }

    #[inline]
    fn place(&self, row: usize, col: usize) -> (usize, u64) {
        let (n_rows, n_cols) = (self.n_rows, self.n_cols);
        assert!(row < n_rows && col < n_cols, "bit ({row}, {col}) of a {n_rows} x {n_cols} matrix");
        (row * self.row_words() + col / 64, 1 << (col % 64))
    }

    /// The columns of the ones in a row, ascending.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn ones(&self, row: usize) -> Ones<'_> {
        ones(self.row(row))
    }

    /// How many ones the matrix holds.
    pub fn count(&self) -> usize {
        count(&self.words)
    }
}

/// The places of the ones in packed words, ascending.
pub fn ones(words: &[u64]) -> Ones<'_> {
    Ones { words, next: 0, left: words.first().copied().unwrap_or(0) }
}

/// How many ones packed words hold.
pub fn count(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// The mask of the places in use in the last word of `len` bits; all ones when it is full.
pub fn tail_mask(len: usize) -> u64 {
    if len.is_multiple_of(64) { u64::MAX } else { (1 << (len % 64)) - 1 }
}

/// Iterator over the places of ones; see [`ones`].
#[derive(Debug, Clone)]
pub struct Ones<'a> {
    words: &'a [u64],
    next: usize,
    left: u64,
}

impl Iterator for Ones<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.next += 1;
            self.left = *self.words.get(self.next)?;
        }
        let bit = self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(self.next * 64 + bit)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn filled(len: usize, items: &BTreeSet<usize>) -> BitSet {
        let mut set = BitSet::new(len);
        for &item in items {
            assert!(set.insert(item) && !set.insert(item));
        }
        set
    }

    #[test]
    fn empty_and_full_sets_of_any_length() {
        for len in [0, 1, 63, 64, 65, 128] {
            let full = BitSet::full(len);
            assert_eq!((full.count(), full.ones().count()), (len, len), "length {len}");
            assert!(BitSet::new(len).is_empty() && BitSet::new(len).is_subset_of(&full));
        }
    }

    #[test]
    #[should_panic(expected = "bit 65 of a set of length 65")]
    fn places_beyond_the_length_are_refused() {
        BitSet::new(65).insert(65);
    }

    proptest! {
        #[test]
        fn a_bit_set_is_a_set(
            a in prop::collection::btree_set(0_usize..150, 0..60),
            b in prop::collection::btree_set(0_usize..150, 0..60),
        ) {
            let (left, right) = (filled(150, &a), filled(150, &b));
            prop_assert!(left.ones().eq(a.iter().copied()) && left.count() == a.len());
            prop_assert_eq!(left.is_subset_of(&right), a.is_subset(&b));
            let (mut union, mut both) = (left.clone(), left.clone());
            prop_assert_eq!(union.union_with(&right), !b.is_subset(&a));
            prop_assert_eq!(both.intersect_with(&right), !a.is_subset(&b));
            prop_assert!(union.ones().eq(a.union(&b).copied()));
            prop_assert!(both.ones().eq(a.intersection(&b).copied()));
            for &item in &b {
                prop_assert_eq!(union.remove(item), true);
            }
            prop_assert!(union.ones().eq(a.difference(&b).copied()));
        }

        #[test]
        fn a_matrix_is_rows_of_sets(places in prop::collection::btree_set((0_usize..5, 0_usize..130), 0..90)) {
            let mut matrix = BitMatrix::new(5, 130);
            for &(row, col) in &places {
                matrix.insert(row, col);
            }
            prop_assert_eq!(matrix.count(), places.len());
            for row in 0..5 {
                let expected = places.iter().filter(|place| place.0 == row).map(|place| place.1);
                prop_assert!(matrix.ones(row).eq(expected));
            }
            for &(row, col) in &places {
                prop_assert!(matrix.get(row, col));
                matrix.remove(row, col);
            }
            prop_assert_eq!(matrix.count(), 0);
        }
    }
}
