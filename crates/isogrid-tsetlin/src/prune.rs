//! Smaller machines: the same votes with less, and nearly the same answers with much less.

use std::collections::BTreeMap;

use isogrid_num::bits::BitMatrix;

use crate::machine::Kept;
use crate::{Machine, TsetlinError};

impl Machine {
    /// The machine without what no vote depends on: clauses without literals or weights, strict ones that ask for a
    /// feature and its negation, and clauses of one output with equal literals, which become one. Gives the same votes
    /// on every row.
    pub fn simplified(&self) -> Machine {
        self.simplified_by(|_, literals| literals.to_vec())
    }

    /// [`Machine::simplified`] after `fewer` has taken literals of a clause away that do not change its votes.
    pub(crate) fn simplified_by(&self, fewer: impl Fn(u32, &[u32]) -> Vec<u32>) -> Machine {
        let half = self.n_clause_features() as u32;
        let mut by_literals: BTreeMap<(usize, Vec<u32>), Kept> = BTreeMap::new();
        for clause in 0..self.n_clauses() {
            let literals = fewer(half, self.literals(clause));
            let never = self.fuzziness() == 1 && is_contradiction(&literals, half);
            if literals.is_empty() || never {
                continue;
            }
            let team =
                if self.is_shared() { 0 } else { self.weights(clause).map(|(output, _)| output).sum() };
            let weights: Vec<i32> = self.weights(clause).map(|(_, weight)| weight).collect();
            let known = by_literals.entry((team, literals.clone()));
            let kept = known.or_insert_with(|| Kept { clause, literals, weights: vec![0; weights.len()] });
            kept.weights.iter_mut().zip(weights).for_each(|(sum, weight)| *sum = sum.saturating_add(weight));
        }
        let mut kept: Vec<Kept> =
            by_literals.into_values().filter(|kept| kept.weights.iter().any(|&weight| weight != 0)).collect();
        kept.sort_by_key(|kept| kept.clause);
        self.with_clauses(kept.into_iter())
    }

    /// How much each clause says on these rows: its votes times its weights, for or against, summed. Cost: a look at a
    /// bit a literal and row.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn voices(&self, rows: &BitMatrix) -> Result<Vec<u64>, TsetlinError> {
        let mut voices = vec![0; self.n_clauses()];
        for row in 0..rows.n_rows() {
            for (voice, votes) in voices.iter_mut().zip(self.row_votes(rows, row)?) {
                *voice += u64::from(votes);
            }
        }
        let weight = |clause| -> u64 {
            self.weights(clause).map(|(_, weight)| u64::from(weight.unsigned_abs())).sum()
        };
        voices.iter_mut().enumerate().for_each(|(clause, voice)| *voice *= weight(clause));
        Ok(voices)
    }

    /// The machine of the clauses for which `keeps` says so.
    pub fn pruned(&self, keeps: impl Fn(usize) -> bool) -> Machine {
        let kept = |clause| Kept {
            clause,
            literals: self.literals(clause).to_vec(),
            weights: self.weights(clause).map(|(_, weight)| weight).collect(),
        };
        self.with_clauses((0..self.n_clauses()).filter(|&clause| keeps(clause)).map(kept))
    }

    /// Bytes of the clauses on a small device: a literal takes one or two bytes, a weight one, two or four, and a clause
    /// one for its length.
    pub fn n_bytes(&self) -> usize {
        let n_literals: usize = (0..self.n_clauses()).map(|clause| self.literals(clause).len()).sum();
        let weights =
            || (0..self.n_clauses()).flat_map(|clause| self.weights(clause).map(|(_, weight)| weight));
        let widest = weights().map(i32::unsigned_abs).max().unwrap_or(0);
        let weight_bytes = match widest {
            0..=127 => 1,
            128..=32_767 => 2,
            _ => 4,
        };
        let literal_bytes = match 2 * self.n_clause_features() {
            0..=256 => 1,
            257..=65_536 => 2,
            _ => 4,
        };
        self.n_clauses() + n_literals * literal_bytes + weights().count() * weight_bytes
    }
}

/// Whether a feature stands among the literals together with its negation.
fn is_contradiction(literals: &[u32], half: u32) -> bool {
    let split = literals.partition_point(|&literal| literal < half);
    let (features, negations) = literals.split_at(split);
    negations.iter().any(|literal| features.binary_search(&(literal - half)).is_ok())
}

#[cfg(test)]
mod tests {
    use isogrid_core::Ctx;
    use isogrid_num::rng::Rng;

    use super::*;
    use crate::{Options, Patches, Pool, Targets, Trainer};

    /// A machine that has learned little, and rows.
    fn learned(options: &Options) -> (Machine, BitMatrix) {
        let (n_rows, n_features) = (300, 12);
        let mut rng = Rng::new(5, 0);
        let mut rows = BitMatrix::new(n_rows, n_features);
        let mut labels = Vec::new();
        for row in 0..n_rows {
            (0..n_features).filter(|_| rng.chance(0.5)).for_each(|col| rows.insert(row, col));
            labels.push(u32::from(rows.get(row, 0) != rows.get(row, 1)) + u32::from(rows.get(row, 2)));
        }
        let mut trainer = Trainer::new(1, n_features, 3, options).unwrap();
        let targets = Targets::Classes { of: &labels, n_classes: 3, weights: None };
        trainer.fit(&Ctx::new(1), &rows, &targets).unwrap();
        (trainer.machine(), rows)
    }

    fn variants() -> [Options; 4] {
        let strict = Options {
            n_clauses: 60,
            threshold: 8,
            specificity: 3.0,
            fuzziness: 1,
            epochs: 4,
            ..Options::default()
        };
        let fuzzy = Options { fuzziness: 3, max_literals: 5, is_weighted: true, ..strict.clone() };
        let shared = Options { pool: Pool::Shared, ..fuzzy.clone() };
        let patches = Patches { height: 3, width: 4, patch_height: 2, patch_width: 2, stride: 1 };
        let patched = Options { patches: Some(patches), ..fuzzy.clone() };
        [strict, fuzzy, shared, patched]
    }

    #[test]
    fn simpler_machines_give_the_same_votes() {
        for options in variants() {
            let (machine, rows) = learned(&options);
            let simple = machine.simplified();
            assert!(simple.is_consistent() && simple.n_clauses() <= machine.n_clauses());
            assert_eq!(simple.sums(&rows).unwrap(), machine.sums(&rows).unwrap(), "{options:?}");
            assert_eq!(simple.simplified(), simple);
        }
        let (strict, _) = learned(&variants()[0]);
        assert!(strict.simplified().n_bytes() < strict.n_bytes());
    }

    #[test]
    fn votes_row_by_row_are_those_of_blocks() {
        for options in variants() {
            let (machine, rows) = learned(&options);
            let sums = machine.sums(&rows).unwrap();
            for row in [0, 77, 299] {
                let mut found = vec![0; 3];
                for (clause, &votes) in machine.row_votes(&rows, row).unwrap().iter().enumerate() {
                    machine
                        .weights(clause)
                        .for_each(|(output, weight)| found[output] += weight * votes as i32);
                }
                assert_eq!(found, sums[row * 3..][..3], "{options:?}");
            }
        }
    }

    #[test]
    fn pruning_keeps_whom_clauses_vote_for() {
        for options in variants() {
            let (machine, rows) = learned(&options);
            let voices = machine.voices(&rows).unwrap();
            let loudest = (0..machine.n_clauses()).max_by_key(|&clause| voices[clause]).unwrap();
            let alone = machine.pruned(|clause| clause == loudest);
            assert!(alone.is_consistent());
            assert_eq!(alone.n_clauses(), 1);
            assert_eq!(alone.weights(0).collect::<Vec<_>>(), machine.weights(loudest).collect::<Vec<_>>());
            assert_eq!(alone.voices(&rows).unwrap(), [voices[loudest]]);
            let none = machine.pruned(|_| false);
            assert!(none.is_consistent() && none.sums(&rows).unwrap().iter().all(|&sum| sum == 0));
        }
    }
}
