//! A trained machine laid out for answering: for one row at a time of each clause only the words that hold literals.
//!
//! Misses of one row are a population count over packed words, which stops at the clause's last word or when no vote is
//! left. The clauses of large machines are sparse, so most words of a row are never looked at. Many rows are answered
//! side by side. Patches are left out: [`Machine::sums`] answers those.

use isogrid_num::bits::BitMatrix;

use crate::kernels::tally::Program;
use crate::{Machine, TsetlinError};

/// From so many rows on they are answered side by side.
const MANY: usize = 64;

/// A machine that answers with the same votes as [`Machine::sums`], and sooner: everything is laid out beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledMachine {
    n_features: usize,
    n_outputs: usize,
    words: Vec<Word>,
    clauses: Vec<Clause>,
    /// `(output, weight)`, clause after clause.
    weights: Vec<(u32, i32)>,
    /// The same for many rows.
    program: Program,
}

/// The literals of a clause in one word of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    place: u32,
    /// Features that must be true.
    needed: u64,
    /// Features that must be false.
    forbidden: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clause {
    /// Votes without misses.
    most: u32,
    /// Where its words end.
    words_end: u32,
    /// Where its weights end.
    weights_end: u32,
}

impl CompiledMachine {
    /// Lays a machine out; `None` for one that looks at patches. Clauses that never vote are left out.
    pub fn new(machine: &Machine) -> Option<CompiledMachine> {
        if machine.patches().is_some() {
            return None;
        }
        let mut compiled = CompiledMachine {
            n_features: machine.n_features(),
            n_outputs: machine.n_outputs(),
            words: Vec::new(),
            clauses: Vec::new(),
            weights: Vec::new(),
            program: machine.program(),
        };
        for clause in (0..machine.n_clauses()).filter(|&clause| !machine.literals(clause).is_empty()) {
            compiled.add(machine, clause);
        }
        Some(compiled)
    }

    fn add(&mut self, machine: &Machine, clause: usize) {
        let literals = machine.literals(clause);
        let n_features = machine.n_features() as u32;
        let first = self.words.len();
        let split = literals.partition_point(|&literal| literal < n_features);
        for &literal in &literals[..split] {
            self.word(first, literal / 64).needed |= 1 << (literal % 64);
        }
        for feature in literals[split..].iter().map(|literal| literal - n_features) {
            self.word(first, feature / 64).forbidden |= 1 << (feature % 64);
        }
        let voted = machine.weights(clause).filter(|(_, weight)| *weight != 0);
        self.weights.extend(voted.map(|(output, weight)| (output as u32, weight)));
        self.clauses.push(Clause {
            most: (literals.len() as u32).min(machine.fuzziness()),
            words_end: self.words.len() as u32,
            weights_end: self.weights.len() as u32,
        });
    }

    /// The word of this place among those from `first` on, new if there is none yet.
    fn word(&mut self, first: usize, place: u32) -> &mut Word {
        let found = self.words[first..].iter().position(|word| word.place == place);
        let at = found.map_or(self.words.len(), |at| first + at);
        if found.is_none() {
            self.words.push(Word { place, needed: 0, forbidden: 0 });
        }
        &mut self.words[at]
    }

    /// The words that a row's answer looks at, at most.
    pub fn n_clause_words(&self) -> usize {
        self.words.len()
    }

    /// The votes for each output on one packed row, not clamped. Cost: about six operations a clause word.
    ///
    /// # Panics
    /// If the row does not have the machine's number of words, or `sums` not its number of outputs.
    pub fn sum_row(&self, row: &[u64], sums: &mut [i32]) {
        let shape = (self.n_features.div_ceil(64), self.n_outputs);
        assert_eq!((row.len(), sums.len()), shape, "words of a row, and outputs");
        sum_row(self, row, sums);
    }

    /// The votes on every row: `[row][output]`.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn sums(&self, rows: &BitMatrix) -> Result<Vec<i32>, TsetlinError> {
        if rows.n_cols() != self.n_features {
            return Err(TsetlinError::FeatureCount { expected: self.n_features, found: rows.n_cols() });
        }
        let mut all = vec![0; rows.n_rows() * self.n_outputs];
        if rows.n_rows() >= MANY {
            self.program.sums((rows, 0), &mut all);
            return Ok(all);
        }
        let each = all.chunks_exact_mut(self.n_outputs).enumerate();
        each.for_each(|(row, sums)| self.sum_row(rows.row(row), sums));
        Ok(all)
    }
}

isogrid_num::vectorized_wide! {
    fn sum_row(machine: &CompiledMachine, row: &[u64], sums: &mut [i32]) {
        sums.fill(0);
        let (mut first_word, mut first_weight) = (0, 0);
        for clause in &machine.clauses {
            let words = &machine.words[first_word..clause.words_end as usize];
            let weights = &machine.weights[first_weight..clause.weights_end as usize];
            (first_word, first_weight) = (clause.words_end as usize, clause.weights_end as usize);
            let votes = clause.most.saturating_sub(misses(words, row, clause.most)) as i32;
            if votes > 0 {
                for &(output, weight) in weights {
                    let sum = &mut sums[output as usize];
                    *sum = sum.wrapping_add(weight.wrapping_mul(votes));
                }
            }
        }
    }
}

/// False literals of a clause; no more than `enough` need to be found.
#[inline(always)]
fn misses(words: &[Word], row: &[u64], enough: u32) -> u32 {
    let mut misses = 0;
    for word in words {
        let bits = row[word.place as usize];
        misses += ((word.needed & !bits) | (word.forbidden & bits)).count_ones();
        if misses >= enough {
            return enough;
        }
    }
    misses
}
