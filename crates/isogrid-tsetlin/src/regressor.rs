//! Numbers and sets of labels from boolean features: the machine's votes read as values, and as several answers.

use isogrid_core::{Ctx, Fitted};
use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::{Machine, Options, Targets, Trainer, TsetlinError};

/// A trained machine that tells a number: Abeyrathna, Granmo, Zhang, Jiao and Goodwin, "The regression Tsetlin machine"
/// (2020, doi 10.1098/rsta.2019.0165).
///
/// ```
/// use isogrid_core::Ctx;
/// use isogrid_num::bits::BitMatrix;
/// use isogrid_tsetlin::{Options, TsetlinRegressor};
///
/// // The number of true features among four, of which one counts twice.
/// let mut samples = BitMatrix::new(640, 4);
/// let mut values = Vec::new();
/// for row in 0..640 {
///     (0..4).filter(|bit| row >> bit & 1 == 1).for_each(|bit| samples.insert(row, bit));
///     values.push((row % 16).count_ones() as f64 + (row % 2) as f64);
/// }
/// let options = Options { n_clauses: 40, threshold: 80, fuzziness: 4, is_weighted: true, ..Options::default() };
/// let machine = TsetlinRegressor::fit(&Ctx::new(1), &samples, &values, &options)?.model;
/// assert!(machine.score(&samples, &values)? > 0.99);
/// # Ok::<(), isogrid_tsetlin::TsetlinError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TsetlinRegressor {
    machine: Machine,
    threshold: u32,
    /// The least and the largest value learned.
    range: (f64, f64),
}

impl TsetlinRegressor {
    /// Trains on packed rows and a finite number a row. Ticks and cost as [`Trainer::fit`].
    ///
    /// # Errors
    /// Options out of range, no features, another number of values than rows, or a value that is not finite.
    pub fn fit(
        ctx: &Ctx,
        samples: &BitMatrix,
        values: &[f64],
        options: &Options,
    ) -> Result<Fitted<TsetlinRegressor>, TsetlinError> {
        if let Some((row, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(TsetlinError::Value { row, value });
        }
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = if least < most { (least, most) } else { (least, least + 1.0) };
        // Halves first, so that a range of any size stays finite.
        let share = |value: f64| {
            ((value / 2.0 - range.0 / 2.0) / (range.1 / 2.0 - range.0 / 2.0) * 2.0 - 1.0).clamp(-1.0, 1.0)
        };
        let shares: Vec<f64> = values.iter().map(|&value| share(value)).collect();
        let mut trainer = Trainer::new(ctx.seed(), samples.n_cols(), 1, options)?;
        let stop = trainer.fit(ctx, samples, &Targets::Values(&shares))?;
        let model = TsetlinRegressor { machine: trainer.machine(), threshold: options.threshold, range };
        Ok(Fitted { model, stop })
    }

    /// A number for every row, within the range of those learned.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn predict(&self, rows: &BitMatrix) -> Result<Vec<f64>, TsetlinError> {
        let threshold = f64::from(self.threshold);
        let value = |sum: i32| {
            let share = (f64::from(sum).clamp(-threshold, threshold) / threshold + 1.0) / 2.0;
            self.range.0 * (1.0 - share) + self.range.1 * share
        };
        Ok(self.machine.sums(rows)?.into_iter().map(value).collect())
    }

    /// The coefficient of determination: 1 for a perfect answer, 0 for the mean.
    ///
    /// # Errors
    /// As [`TsetlinRegressor::predict`], or another number of values than rows.
    pub fn score(&self, rows: &BitMatrix, values: &[f64]) -> Result<f64, TsetlinError> {
        if rows.n_rows() != values.len() {
            return Err(TsetlinError::LabelCount { rows: rows.n_rows(), labels: values.len() });
        }
        let mean = isogrid_num::stats::mean(values);
        let error: f64 = self.predict(rows)?.iter().zip(values).map(|(a, b)| (a - b) * (a - b)).sum();
        let spread: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Ok(1.0 - error / spread)
    }

    /// The machine inside.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }
}

/// A trained machine that tells which of several labels a row has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsetlinLabeler {
    machine: Machine,
}

impl TsetlinLabeler {
    /// Trains on packed rows and their labels: a row a sample, a column a label. Ticks and cost as [`Trainer::fit`].
    ///
    /// # Errors
    /// Options out of range, no features or labels, or another number of rows of labels.
    pub fn fit(
        ctx: &Ctx,
        samples: &BitMatrix,
        labels: &BitMatrix,
        options: &Options,
    ) -> Result<Fitted<TsetlinLabeler>, TsetlinError> {
        let mut trainer = Trainer::new(ctx.seed(), samples.n_cols(), labels.n_cols(), options)?;
        let stop = trainer.fit(ctx, samples, &Targets::Labels(labels))?;
        Ok(Fitted { model: TsetlinLabeler { machine: trainer.machine() }, stop })
    }

    /// The labels of every row: those with more votes for than against.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn predict(&self, rows: &BitMatrix) -> Result<BitMatrix, TsetlinError> {
        let n_labels = self.machine.n_outputs();
        let mut labels = BitMatrix::new(rows.n_rows(), n_labels);
        for (row, sums) in self.machine.sums(rows)?.chunks_exact(n_labels).enumerate() {
            (0..n_labels).filter(|&label| sums[label] > 0).for_each(|label| labels.insert(row, label));
        }
        Ok(labels)
    }

    /// The machine inside.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> BitMatrix {
        let mut rows = BitMatrix::new(256, 3);
        for row in 0..256 {
            (0..3).filter(|bit| row >> bit & 1 == 1).for_each(|bit| rows.insert(row, bit));
        }
        rows
    }

    fn options() -> Options {
        Options { n_clauses: 20, threshold: 10, specificity: 3.0, fuzziness: 1, ..Options::default() }
    }

    #[test]
    fn labels_are_told_one_by_one() {
        let rows = rows();
        let mut labels = BitMatrix::new(256, 2);
        for row in 0..256 {
            if rows.get(row, 0) != rows.get(row, 1) {
                labels.insert(row, 0);
            }
            if rows.get(row, 2) {
                labels.insert(row, 1);
            }
        }
        let labeler = TsetlinLabeler::fit(&Ctx::new(1), &rows, &labels, &options()).unwrap().model;
        let found = labeler.predict(&rows).unwrap();
        assert!((0..256).all(|row| (0..2).all(|label| found.get(row, label) == labels.get(row, label))));
    }

    #[test]
    fn numbers_stay_in_the_range_learned() {
        let rows = rows();
        for values in [vec![7.0; 256], (0..256).map(|row| f64::from(row % 8) * 1e300).collect()] {
            let machine = TsetlinRegressor::fit(&Ctx::new(1), &rows, &values, &options()).unwrap().model;
            let found = machine.predict(&rows).unwrap();
            assert!(found.iter().all(|value| (0.0..=7e300).contains(value)), "{found:?}");
        }
        let odd = TsetlinRegressor::fit(&Ctx::new(1), &rows, &[f64::NAN; 256], &options());
        assert!(matches!(odd, Err(TsetlinError::Value { row: 0, .. })));
    }
}
