//! Classes from boolean features: the machine with the votes read as an answer.

use isogrid_core::{Ctx, Fitted};
use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::{Machine, Options, Targets, Trainer, TsetlinError};

/// A trained machine that tells classes apart.
///
/// ```
/// use isogrid_core::Ctx;
/// use isogrid_num::bits::BitMatrix;
/// use isogrid_tsetlin::{Options, TsetlinClassifier};
///
/// // Exclusive or of two features: no linear rule can tell it.
/// let mut samples = BitMatrix::new(400, 2);
/// let mut labels = Vec::new();
/// for row in 0..400 {
///     let (a, b) = (row % 2 == 1, row / 2 % 2 == 1);
///     if a { samples.insert(row, 0) }
///     if b { samples.insert(row, 1) }
///     labels.push(u32::from(a != b));
/// }
/// let options = Options { n_clauses: 10, threshold: 5, fuzziness: 1, ..Options::default() };
/// let machine = TsetlinClassifier::fit(&Ctx::new(1), &samples, &labels, &options)?.model;
/// let answers = machine.predict_rows(&samples)?;
/// assert!(answers.iter().zip(&labels).all(|(answer, label)| answer.class == *label));
/// # Ok::<(), isogrid_tsetlin::TsetlinError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsetlinClassifier {
    machine: Machine,
}

/// The answer for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prediction {
    /// The class with the largest sum; of equal ones the first.
    pub class: u32,
    /// By how much its sum exceeds the next one's.
    pub margin: u32,
}

impl TsetlinClassifier {
    /// Trains on packed rows and a class number per row; classes are `0..=max`. Ticks and cost as
    /// [`Trainer::fit`]; a limit ends training early with the machine as it is then.
    ///
    /// # Errors
    /// Options out of range, no features, a label per row missing, or fewer than two classes.
    pub fn fit(
        ctx: &Ctx,
        samples: &BitMatrix,
        labels: &[u32],
        options: &Options,
    ) -> Result<Fitted<TsetlinClassifier>, TsetlinError> {
        let n_classes = labels.iter().max().map_or(0, |&last| last.saturating_add(1));
        let targets = Targets::Classes { of: labels, n_classes, weights: None };
        let mut trainer = Trainer::new(ctx.seed(), samples.n_cols(), n_classes as usize, options)?;
        let stop = trainer.fit(ctx, samples, &targets)?;
        Ok(Fitted { model: TsetlinClassifier { machine: trainer.machine() }, stop })
    }

    /// A classifier whose classes are the outputs of a machine.
    pub fn of(machine: Machine) -> TsetlinClassifier {
        TsetlinClassifier { machine }
    }

    /// The machine inside.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The number of boolean features.
    pub fn n_features(&self) -> usize {
        self.machine.n_features()
    }

    /// The number of classes.
    pub fn n_classes(&self) -> usize {
        self.machine.n_outputs()
    }

    /// The class of every row.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn predict(&self, rows: &BitMatrix) -> Result<Vec<u32>, TsetlinError> {
        Ok(self.predict_rows(rows)?.into_iter().map(|answer| answer.class).collect())
    }

    /// The votes for each class on every row: `[row][class]`.
    ///
    /// # Errors
    /// As [`TsetlinClassifier::predict`].
    pub fn decision_function(&self, rows: &BitMatrix) -> Result<Vec<i32>, TsetlinError> {
        self.machine.sums(rows)
    }

    /// The share of rows that are answered rightly.
    ///
    /// # Errors
    /// As [`TsetlinClassifier::predict`], or another number of labels than rows.
    pub fn score(&self, rows: &BitMatrix, labels: &[u32]) -> Result<f64, TsetlinError> {
        if rows.n_rows() != labels.len() {
            return Err(TsetlinError::LabelCount { rows: rows.n_rows(), labels: labels.len() });
        }
        let answers = self.predict(rows)?;
        let n_right = answers.iter().zip(labels).filter(|(answer, label)| answer == label).count();
        Ok(n_right as f64 / labels.len().max(1) as f64)
    }

    /// Answers every row. Cost: see [`Machine::sums`].
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn predict_rows(&self, rows: &BitMatrix) -> Result<Vec<Prediction>, TsetlinError> {
        Ok(self.machine.sums(rows)?.chunks_exact(self.n_classes()).map(best_of).collect())
    }
}

pub(crate) fn best_of(sums: &[i32]) -> Prediction {
    let (mut best, mut second) = (0, None);
    for class in 1..sums.len() {
        if sums[class] > sums[best] {
            second = Some(sums[best]);
            best = class;
        } else {
            second = second.max(Some(sums[class]));
        }
    }
    let margin = second.map_or(0, |second| sums[best].abs_diff(second));
    Prediction { class: best as u32, margin }
}

#[cfg(test)]
mod tests {
    use isogrid_core::{Limit, Stop};

    use super::*;

    #[test]
    fn the_first_of_equal_classes_wins() {
        for (sums, class, margin) in
            [(vec![1, 1], 0, 0), (vec![-3, 2, 5, 4], 2, 1), (vec![4, 9, 9], 1, 0), (vec![7, 1], 0, 6)]
        {
            assert_eq!(best_of(&sums), Prediction { class, margin }, "{sums:?}");
        }
    }

    #[test]
    fn what_cannot_be_learned_is_refused() {
        let rows = BitMatrix::new(4, 3);
        let fit = |rows: &BitMatrix, labels: &[u32], options: Options| {
            TsetlinClassifier::fit(&Ctx::new(1), rows, labels, &options).unwrap_err().to_string()
        };
        let (good, labels) = (Options::default, [0, 1, 0, 1]);
        let cases = [
            (fit(&rows, &[0, 1], good()), "4 rows and 2 labels"),
            (fit(&rows, &[0; 4], good()), "expected 2 to 4096 classes, found 1"),
            (fit(&rows, &[0, 1, 0, u32::MAX], good()), "expected 2 to 4096 classes, found 4294967295"),
            (fit(&BitMatrix::new(4, 0), &labels, good()), "no features"),
            (fit(&rows, &labels, Options { n_clauses: 1, ..good() }), "`clauses` is 1"),
            (fit(&rows, &labels, Options { threshold: 0, ..good() }), "`threshold` is 0"),
            (fit(&rows, &labels, Options { specificity: 0.5, ..good() }), "`specificity` is 0.5"),
            (fit(&rows, &labels, Options { specificity: f64::NAN, ..good() }), "`specificity` is NaN"),
            (fit(&rows, &labels, Options { fuzziness: 256, ..good() }), "`fuzziness` is 256"),
            (fit(&rows, &labels, Options { max_literals: 0, ..good() }), "`literals` is 0"),
            (fit(&rows, &labels, Options { negatives: Some(0), ..good() }), "`negatives` is 0"),
            (fit(&rows, &labels, Options { n_threads: 0, ..good() }), "`threads` is 0"),
        ];
        for (message, expected) in cases {
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_tick_limit_ends_training_early() {
        let rows = BitMatrix::new(4, 3);
        let ctx = Ctx::new(1).with_tick_limit(20);
        let fitted = TsetlinClassifier::fit(&ctx, &rows, &[0, 1, 0, 1], &Options::default()).unwrap();
        assert_eq!((fitted.stop, ctx.ticks()), (Stop::Budget(Limit::Ticks), 24));
    }
}
