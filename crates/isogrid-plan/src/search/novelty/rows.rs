//! Pairs of facts for states of many facts: rows of bits, made as they are needed and looked at a word at a time.

use isogrid_num::bits::ones;

use super::MAX_BYTES;
use crate::task::FactId;

/// Rows that are allocated at once.
const ROWS_AT_ONCE: usize = 256;

/// Which facts were seen together: for each that changed in some state, a row of those beside it. A pair is known by one
/// of its two rows.
pub(super) struct Rows {
    n_words: usize,
    /// By class, the row of each fact, counted from 1; of later classes nothing is known.
    rows: Vec<Box<[u32]>>,
    blocks: Vec<Box<[u64]>>,
    n_rows: u32,
    /// The state's facts as bits, while it is noted.
    state: Vec<u64>,
    is_full: bool,
}

impl Rows {
    pub(super) fn new(n_facts: usize) -> Rows {
        let n_words = n_facts.div_ceil(64).max(1);
        let state = vec![0; n_words];
        Rows { n_words, rows: Vec::new(), blocks: Vec::new(), n_rows: 0, state, is_full: false }
    }

    /// Whether there was no room for some row.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Notes pairs of changed facts with all facts of a state; whether one is new.
    pub(super) fn note(&mut self, class: u32, facts: &[FactId], changed: &[FactId]) -> bool {
        for &fact in facts {
            self.state[fact as usize / 64] |= 1 << (fact % 64);
        }
        let mut is_new = false;
        for &fact in changed {
            let Some(row) = self.row(class, fact) else {
                self.is_full = true;
                continue;
            };
            for word in 0..self.n_words {
                let state = self.state[word];
                let place = &mut self.words_mut(row)[word];
                let new = state & !*place;
                *place |= new;
                // The other fact's row may have the pair.
                is_new = is_new || ones(&[new]).any(|at| !self.has(class, (64 * word + at) as FactId, fact));
            }
        }
        self.state.fill(0);
        is_new
    }

    /// Whether a fact's row has another one.
    fn has(&self, class: u32, fact: FactId, other: FactId) -> bool {
        // A fact alone is no pair: whether it is new is asked elsewhere.
        let row = self.rows[class as usize][fact as usize];
        fact == other || row > 0 && self.words(row - 1)[other as usize / 64] >> (other % 64) & 1 != 0
    }

    fn words(&self, row: u32) -> &[u64] {
        let start = row as usize % ROWS_AT_ONCE * self.n_words;
        &self.blocks[row as usize / ROWS_AT_ONCE][start..start + self.n_words]
    }

    #[inline]
    fn words_mut(&mut self, row: u32) -> &mut [u64] {
        let start = row as usize % ROWS_AT_ONCE * self.n_words;
        &mut self.blocks[row as usize / ROWS_AT_ONCE][start..start + self.n_words]
    }

    /// The row of a fact, made if there is room.
    #[inline]
    fn row(&mut self, class: u32, fact: FactId) -> Option<u32> {
        match self.rows.get(class as usize).map(|rows| rows[fact as usize]) {
            Some(row) if row > 0 => Some(row - 1),
            _ => self.new_row(class, fact),
        }
    }

    #[cold]
    fn new_row(&mut self, class: u32, fact: FactId) -> Option<u32> {
        let n_facts = 64 * self.n_words;
        while class as usize >= self.rows.len() {
            if 4 * n_facts * (self.rows.len() + 1) > MAX_BYTES / 2 {
                return None;
            }
            self.rows.push(vec![0; n_facts].into());
        }
        if 8 * self.n_words * (self.n_rows as usize + 1) > MAX_BYTES / 2 {
            return None;
        }
        if (self.n_rows as usize).is_multiple_of(ROWS_AT_ONCE) {
            self.blocks.push(vec![0; ROWS_AT_ONCE * self.n_words].into());
        }
        self.n_rows += 1;
        self.rows[class as usize][fact as usize] = self.n_rows;
        Some(self.n_rows - 1)
    }
}
