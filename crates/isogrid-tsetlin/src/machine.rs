//! A trained machine: the literals and weights of its clauses, and the votes they give.
//!
//! Rows are answered in blocks of as many samples as a vector has bits, one bit a sample; over patches one by one. Left
//! out: states of automata, which only training needs.

use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::TsetlinError;
use crate::blocks::RowShape;
use crate::kernels::fit::Filter;
use crate::kernels::lanes::BLOCK;
use crate::kernels::tally::{MOST_LANES, Program};
use crate::options::{MAX_CLAUSES, MAX_FEATURES, MAX_OUTPUTS, Options, Pool};
use crate::patched::best_fit;
use crate::patches::{Grid, Patches};
use crate::team::Team;

/// A trained machine over boolean features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Machine {
    n_features: usize,
    n_outputs: usize,
    patches: Option<Patches>,
    /// `[output]`: where its clauses end; empty if all outputs share them.
    owned: Vec<u32>,
    fuzziness: u8,
    /// Literals of all clauses, clause by clause, ascending: features of what a clause sees, then their negations.
    literals: Vec<u32>,
    /// `[clause]`: where its literals end.
    ends: Vec<u32>,
    /// `[clause][output of its team]`.
    weights: Vec<i32>,
}

impl Machine {
    pub(crate) fn new(n_features: usize, n_outputs: usize, options: &Options, teams: &[Team]) -> Machine {
        let n_clause_features = options.n_clause_features(n_features);
        let half = RowShape::new(n_clause_features).half() as u32;
        let (mut literals, mut ends, mut weights, mut owned) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for team in teams {
            for clause in 0..team.n_clauses() {
                let number = |literal| {
                    if literal < half { literal } else { literal - half + n_clause_features as u32 }
                };
                literals.extend(team.literals(clause).map(number));
                ends.push(literals.len() as u32);
                weights.extend_from_slice(team.weights(clause));
            }
            if options.pool == Pool::PerOutput {
                owned.push(ends.len() as u32);
            }
        }
        Machine {
            n_features,
            n_outputs,
            patches: options.patches,
            owned,
            fuzziness: options.fuzziness as u8,
            literals,
            ends,
            weights,
        }
    }

    /// The number of boolean features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The number of features that a clause sees: all, or those of a patch.
    pub fn n_clause_features(&self) -> usize {
        self.patches.map_or(self.n_features, |patches| patches.n_clause_features(self.n_features))
    }

    /// How samples are cut into patches, if they are.
    pub fn patches(&self) -> Option<Patches> {
        self.patches
    }

    /// The number of outputs: classes, labels, or one for a number.
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// The number of all clauses.
    pub fn n_clauses(&self) -> usize {
        self.ends.len()
    }

    /// False literals at which a clause stops voting.
    pub fn fuzziness(&self) -> u32 {
        u32::from(self.fuzziness)
    }

    /// The literals of a clause, ascending: `k` below [`Machine::n_clause_features`] is that feature, another is
    /// the negation of the feature with so much less.
    ///
    /// # Panics
    /// If there is no such clause.
    pub fn literals(&self, clause: usize) -> &[u32] {
        let start = clause.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.literals[start..self.ends[clause] as usize]
    }

    /// The votes of a clause without misses.
    fn votes_of(&self, clause: usize) -> u8 {
        self.literals(clause).len().min(usize::from(self.fuzziness)) as u8
    }

    /// The outputs that a clause votes for or against, with its weight for each.
    ///
    /// # Panics
    /// If there is no such clause.
    pub fn weights(&self, clause: usize) -> impl Iterator<Item = (usize, i32)> {
        let (n_columns, first) = if self.is_shared() {
            (self.n_outputs, 0)
        } else {
            (1, self.owned.partition_point(|&end| end as usize <= clause))
        };
        let weights = &self.weights[clause * n_columns..][..n_columns];
        weights.iter().enumerate().map(move |(column, &weight)| (first + column, weight))
    }

    /// Whether all outputs share the clauses.
    pub fn is_shared(&self) -> bool {
        self.owned.is_empty()
    }

    /// The machine of these clauses alone, with other literals and weights, in the order given; each stays with the
    /// outputs that it has.
    pub(crate) fn with_clauses(&self, clauses: impl Iterator<Item = Kept>) -> Machine {
        let mut kept = Machine { literals: vec![], ends: vec![], weights: vec![], ..self.clone() };
        let mut owned = vec![0; self.owned.len()];
        for Kept { clause, literals, weights } in clauses {
            if let Some((output, _)) = self.weights(clause).next().filter(|_| !self.is_shared()) {
                owned[output] += 1;
            }
            kept.literals.extend(literals);
            kept.ends.push(kept.literals.len() as u32);
            kept.weights.extend(weights);
        }
        let mut end = 0;
        kept.owned = owned
            .into_iter()
            .map(|n| {
                end += n;
                end
            })
            .collect();
        kept
    }

    /// The votes for each output on every row, not clamped: `[row][output]`. Cost for as many rows as a vector has bits:
    /// two to six vector operations a literal.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn sums(&self, rows: &BitMatrix) -> Result<Vec<i32>, TsetlinError> {
        self.sums_on(rows, 1)
    }

    /// [`Machine::sums`] on so many threads, with the same result.
    ///
    /// # Errors
    /// As [`Machine::sums`].
    pub fn sums_on(&self, rows: &BitMatrix, n_threads: usize) -> Result<Vec<i32>, TsetlinError> {
        if rows.n_cols() != self.n_features {
            return Err(TsetlinError::FeatureCount { expected: self.n_features, found: rows.n_cols() });
        }
        let mut all = vec![0; rows.n_rows() * self.n_outputs];
        let n_blocks = rows.n_rows().div_ceil(MOST_LANES);
        let n_rows = n_blocks.div_ceil(n_threads.max(1)).max(1) * MOST_LANES;
        let parts = (0..).step_by(n_rows).zip(all.chunks_mut(n_rows * self.n_outputs));
        match self.patches.map(|patches| Grid::new(patches, self.n_features)) {
            None => {
                let program = self.program();
                each_in_a_thread(parts, |start, sums| program.sums((rows, start), sums));
            }
            Some(grid) => each_in_a_thread(parts, |start, sums| self.sum_patches((rows, start), &grid, sums)),
        }
        Ok(all)
    }

    /// The clauses that vote, as blocks of rows are answered.
    pub(crate) fn program(&self) -> Program {
        let mut program = Program::new(self.n_features.div_ceil(64), self.n_outputs);
        let half = self.n_features as u32;
        for clause in (0..self.n_clauses()).filter(|&clause| self.votes_of(clause) > 0) {
            let literals = self.literals(clause);
            let (features, negations) =
                literals.split_at(literals.partition_point(|&literal| literal < half));
            let literals = (features.iter().copied(), negations.iter().map(|literal| literal - half));
            program.add(literals, self.votes_of(clause), self.weights(clause));
        }
        program
    }

    /// Cost a row: about eight vector operations a literal and 256 patches.
    fn sum_patches(&self, (rows, start): (&BitMatrix, usize), grid: &Grid, all: &mut [i32]) {
        let mut lanes = grid.room();
        let mut best = vec![[0; BLOCK / 64]; grid.n_chunks()];
        for (row, sums) in (start..).zip(all.chunks_exact_mut(self.n_outputs)) {
            grid.spread(rows.row(row), &mut lanes);
            for clause in 0..self.n_clauses() {
                let (literals, most) = (self.literals(clause), self.votes_of(clause));
                let half = self.n_clause_features() as u32;
                let votes =
                    most - best_fit(Filter { literals, half, fuzziness: most }, grid, &lanes, &mut best);
                if votes > 0 {
                    self.weights(clause)
                        .for_each(|(output, weight)| sums[output] += weight * i32::from(votes));
                }
            }
        }
    }

    /// The votes that each clause has on one row, from none to its fuzziness; weights are left out.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_votes(&self, rows: &BitMatrix, row: usize) -> Result<Vec<u32>, TsetlinError> {
        if rows.n_cols() != self.n_features {
            return Err(TsetlinError::FeatureCount { expected: self.n_features, found: rows.n_cols() });
        }
        let most = |literals: &[u32]| literals.len().min(usize::from(self.fuzziness));
        let clauses = (0..self.n_clauses()).map(|clause| self.literals(clause));
        let half = self.n_clause_features() as u32;
        let Some(patches) = self.patches else {
            let is_false = |&&literal: &&u32| match literal.checked_sub(half) {
                None => !rows.get(row, literal as usize),
                Some(feature) => rows.get(row, feature as usize),
            };
            let votes = |literals: &[u32]| {
                most(literals).saturating_sub(literals.iter().filter(is_false).count()) as u32
            };
            return Ok(clauses.map(votes).collect());
        };
        let grid = Grid::new(patches, self.n_features);
        let (mut lanes, mut best) = (grid.room(), vec![[0; BLOCK / 64]; grid.n_chunks()]);
        grid.spread(rows.row(row), &mut lanes);
        let mut votes = |literals: &[u32]| {
            let most = most(literals) as u8;
            u32::from(most - best_fit(Filter { literals, half, fuzziness: most }, &grid, &lanes, &mut best))
        };
        Ok(clauses.map(&mut votes).collect())
    }

    /// Whether the parts fit together, as after loading from a file.
    pub(crate) fn is_consistent(&self) -> bool {
        let n_columns = if self.is_shared() { self.n_outputs } else { 1 };
        // Sizes first: what follows multiplies them.
        if !(1..=MAX_FEATURES).contains(&self.n_features)
            || !(1..=MAX_OUTPUTS).contains(&self.n_outputs)
            || self.patches.is_some_and(|patches| patches.validated(self.n_features).is_err())
        {
            return false;
        }
        let n_clause_features = self.n_clause_features();
        let owns_all = self.owned.last().is_some_and(|&end| end as usize == self.ends.len());
        self.fuzziness >= 1
            && (self.is_shared() || self.owned.len() == self.n_outputs && self.owned.is_sorted() && owns_all)
            && self.ends.len() <= MAX_CLAUSES * self.n_outputs
            && self.weights.len() == self.ends.len() * n_columns
            && self.ends.is_sorted()
            && self.ends.last().map_or(0, |&end| end as usize) == self.literals.len()
            && (0..self.n_clauses()).all(|clause| {
                let literals = self.literals(clause);
                literals.is_sorted_by(|a, b| a < b)
                    && literals.last().is_none_or(|&last| (last as usize) < 2 * n_clause_features)
            })
            && self.most_votes() <= i32::MAX.unsigned_abs().into()
    }

    /// A bound on the sum of any output.
    fn most_votes(&self) -> u64 {
        let mut sums = vec![0_u64; self.n_outputs];
        for clause in 0..self.n_clauses() {
            let most = u64::from(self.votes_of(clause));
            self.weights(clause)
                .for_each(|(output, weight)| sums[output] += most * u64::from(weight.unsigned_abs()));
        }
        sums.into_iter().max().unwrap_or(0)
    }
}

/// Answers each part of the rows, given by its first row, in a thread of its own; the first in this one.
fn each_in_a_thread<'a>(
    mut parts: impl Iterator<Item = (usize, &'a mut [i32])>,
    answer: impl Fn(usize, &mut [i32]) + Sync,
) {
    let own = parts.next();
    let answer = &answer;
    std::thread::scope(|scope| {
        for (start, sums) in parts {
            scope.spawn(move || answer(start, sums));
        }
        if let Some((start, sums)) = own {
            answer(start, sums);
        }
    });
}

/// A machine as it comes from a file: the fields of [`Machine`].
#[derive(Deserialize)]
struct Unchecked {
    n_features: usize,
    n_outputs: usize,
    patches: Option<Patches>,
    owned: Vec<u32>,
    fuzziness: u8,
    literals: Vec<u32>,
    ends: Vec<u32>,
    weights: Vec<i32>,
}

impl TryFrom<Unchecked> for Machine {
    type Error = &'static str;

    fn try_from(unchecked: Unchecked) -> Result<Machine, &'static str> {
        let Unchecked { n_features, n_outputs, patches, owned, fuzziness, literals, ends, weights } =
            unchecked;
        let machine = Machine { n_features, n_outputs, patches, owned, fuzziness, literals, ends, weights };
        if machine.is_consistent() { Ok(machine) } else { Err("a machine that contradicts itself") }
    }
}

/// A clause as it is to be.
pub(crate) struct Kept {
    /// Its number now.
    pub(crate) clause: usize,
    pub(crate) literals: Vec<u32>,
    /// One an output of its pool.
    pub(crate) weights: Vec<i32>,
}
