//! Logistic regression on tables: encoder, weights, classes by name, and a calibrated margin below which answers are
//! marked.

use std::ops::{ControlFlow, Range};

use isogrid_core::{Ctx, Fitted, Stop};
use isogrid_data::Table;
use isogrid_data::answers::Answer;
use isogrid_data::labels::Labels;
use isogrid_num::calibrate::{Calibration, Parts, is_level, least_held_out};

use crate::LinearError;
use crate::encode::Encoder;
use crate::optimize::{Samples, minimize, scores, softmax};

const MAX_CLASSES: usize = 1 << 12;
const MAX_WEIGHTS: usize = 1 << 26;
const ROWS_AT_ONCE: usize = 256;

/// Settings of a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearOptions {
    /// How much large weights cost, within 0..=1000: half of it times their squares is added to the mean loss of a row.
    pub penalty: f64,
    /// The most steps of the search, within 1..=100,000.
    pub iterations: u32,
    /// The accuracy that kept answers promise, within 0.5..=0.999.
    pub level: f64,
}

impl Default for LinearOptions {
    fn default() -> Self {
        LinearOptions { penalty: 0.01, iterations: 100, level: 0.9 }
    }
}

/// A weighted sum of the columns for each class, with everything needed to answer rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticRegression {
    target: String,
    /// Names by class number, ascending.
    classes: Vec<String>,
    encoder: Encoder,
    /// For each class a weight a feature, and one more that is added always.
    weights: Vec<f64>,
    calibration: Calibration,
}

impl LogisticRegression {
    /// Learns the column `target` from the others; rows without a target value are left out. A tenth of the rows, if
    /// that is enough, is held out to calibrate margins. Ticks: one a class and row for each step of the search, mostly
    /// some dozens, then one a class and held-out row.
    ///
    /// # Errors
    /// No such column, options out of range, fewer than two classes, mostly distinct values, or constant columns.
    pub fn fit(
        ctx: &Ctx,
        table: &Table,
        target: &str,
        options: &LinearOptions,
    ) -> Result<Fitted<LogisticRegression>, LinearError> {
        options.validated()?;
        let labels = read_labels(table, target)?;
        let parting = labels.hold_out(ctx.seed(), least_held_out(options.level));
        let learn = table.take_rows(&labels.rows_at(&parting.train));
        let encoder = Encoder::fit(&learn, target)?;
        let (n_classes, classes) = (labels.classes().len(), labels.classes().to_vec());
        let n_weights = n_classes.saturating_mul(encoder.n_features() + 1);
        if n_weights > MAX_WEIGHTS {
            return Err(LinearError::TooManyWeights { found: n_weights, most: MAX_WEIGHTS });
        }
        let features = encoder.encode(&learn, 0..learn.n_rows())?;
        let codes = labels.codes_at(&parting.train);
        let samples = Samples { features: &features, labels: &codes, n_classes };
        let (weights, mut stop) = minimize(ctx, &samples, options.penalty, options.iterations.into());
        let (target, calibration) = (target.to_string(), Calibration::Missing);
        let mut model = LogisticRegression { target, classes, encoder, weights, calibration };
        if stop == Stop::Done && !parting.held_out.is_empty() {
            let held_table = table.take_rows(&labels.rows_at(&parting.held_out));
            let truth = labels.codes_at(&parting.held_out);
            stop = model.calibrate(ctx, &held_table, &truth, options.level)?;
        }
        Ok(Fitted { model, stop })
    }

    fn calibrate(
        &mut self,
        ctx: &Ctx,
        table: &Table,
        truth: &[u32],
        level: f64,
    ) -> Result<Stop, LinearError> {
        let (answers, stop) = self.answer(ctx, table, 0..table.n_rows())?;
        if stop == Stop::Done {
            let outcomes =
                answers.iter().zip(truth).map(|(answer, &class)| (answer.margin, answer.class == class));
            self.calibration = Calibration::find(outcomes.collect(), level);
        }
        Ok(stop)
    }

    /// Answers rows of a table, columns found by name, in order until done or out of budget. The margin is the lead in
    /// probability. One tick a class and row.
    ///
    /// # Errors
    /// A column is missing, or holds text where it held numbers.
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn answer(
        &self,
        ctx: &Ctx,
        table: &Table,
        rows: Range<usize>,
    ) -> Result<(Vec<Answer>, Stop), LinearError> {
        let mut answers = Vec::new();
        for start in rows.clone().step_by(ROWS_AT_ONCE) {
            let part = start..rows.end.min(start + ROWS_AT_ONCE);
            let probabilities = self.probabilities(table, part.clone())?;
            for (row, probabilities) in part.zip(probabilities.chunks_exact(self.classes.len())) {
                if let ControlFlow::Break(stop) = ctx.tick(self.classes.len() as u64) {
                    return Ok((answers, stop));
                }
                answers.push(Answer::of_probabilities(row, probabilities, &self.calibration));
            }
        }
        Ok((answers, Stop::Done))
    }

    /// The probabilities of the classes of some rows, row by row.
    ///
    /// # Errors
    /// As [`LogisticRegression::answer`].
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn probabilities(&self, table: &Table, rows: Range<usize>) -> Result<Vec<f64>, LinearError> {
        let n_classes = self.classes.len();
        let mut probabilities = vec![0.0; rows.len() * n_classes]; // [row][class]
        let features = self.encoder.encode(table, rows)?;
        let features = features.chunks_exact(self.encoder.n_features());
        for (features, of_row) in features.zip(probabilities.chunks_exact_mut(n_classes)) {
            scores(&self.weights, features, of_row);
            softmax(of_row);
        }
        Ok(probabilities)
    }

    /// The target column.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The names of the classes by number.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What is known about margins.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// How columns become features.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The weights of a class: one a feature, in the order of [`Encoder::describe`], and one that is added always.
    pub fn weights(&self, class: usize) -> Option<&[f64]> {
        self.weights.chunks_exact(self.encoder.n_features() + 1).nth(class)
    }

    /// The model as bytes; equal models give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = (&self.target, &self.classes, &self.encoder, &self.weights, self.calibration.to_parts());
        // Writing to memory cannot fail: every field is of a kind that the format knows.
        postcard::to_allocvec(&parts).unwrap_or_default()
    }

    /// The model back from its bytes, every part checked against the others.
    ///
    /// # Errors
    /// The bytes are not a model, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<LogisticRegression, LinearError> {
        type Saved = (String, Vec<String>, Encoder, Vec<f64>, Parts);
        let refuse = |reason: String| LinearError::Model { reason };
        let ((target, classes, encoder, weights, parts), rest) =
            postcard::take_from_bytes::<Saved>(bytes).map_err(|error| refuse(error.to_string()))?;
        if !rest.is_empty() {
            return Err(refuse(format!("{} bytes too many", rest.len())));
        }
        let calibration =
            Calibration::from_parts(parts).ok_or_else(|| refuse("its calibration is odd".to_string()))?;
        let model = LogisticRegression { target, classes, encoder, weights, calibration };
        if model.is_consistent() {
            Ok(model)
        } else {
            Err(refuse("its parts do not fit together".to_string()))
        }
    }

    fn is_consistent(&self) -> bool {
        let n_classes = self.classes.len();
        (2..=MAX_CLASSES).contains(&n_classes)
            && self.classes.is_sorted_by(|a, b| a < b)
            && self.encoder.is_consistent()
            && self.weights.len() == n_classes * (self.encoder.n_features() + 1)
            && self.weights.iter().all(|weight| weight.is_finite())
    }
}

impl LinearOptions {
    fn validated(&self) -> Result<(), LinearError> {
        let check = |option, is_good: bool, value: String, expected| {
            if is_good { Ok(()) } else { Err(LinearError::Option { option, value, expected }) }
        };
        let penalty = (0.0..=1000.0).contains(&self.penalty);
        check("penalty", penalty, self.penalty.to_string(), "a number within 0..=1000")?;
        let iterations = (1..=100_000).contains(&self.iterations);
        check("iterations", iterations, self.iterations.to_string(), "a number within 1..=100000")?;
        check("level", is_level(self.level), self.level.to_string(), "a share within 0.5..=0.999")
    }
}

/// The target's labels, if they are classes to tell apart.
pub(crate) fn read_labels(table: &Table, target: &str) -> Result<Labels, LinearError> {
    let labels = Labels::read(table, target)?;
    let found = labels.classes().len();
    if labels.hardly_repeat() {
        let (target, rows) = (target.to_string(), labels.len());
        return Err(LinearError::NotClasses { target, classes: found, rows });
    }
    if !(2..=MAX_CLASSES).contains(&found) {
        return Err(LinearError::Classes { found, most: MAX_CLASSES });
    }
    Ok(labels)
}
