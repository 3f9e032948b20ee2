//! The detector: encoder, score and threshold together.

use std::ops::{ControlFlow, Range};

use isogrid_core::{Ctx, Fitted, Stop};
use isogrid_data::Table;
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use serde::{Deserialize, Serialize};

use super::overlap::Overlap;
use super::reconstruction::Reconstruction;
use crate::booleanize::{Encoder, EncoderOptions};
use crate::options::Settings;
use crate::{TsetlinError, saved};

/// Which score tells odd rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Score {
    /// How few clauses for normal rows cover a row: fast, and the better one in our runs.
    #[default]
    Overlap,
    /// How unlikely the columns are, given the others.
    Reconstruction,
}

/// Settings of a detector.
#[derive(Debug, Clone, PartialEq)]
pub struct AnomalyOptions {
    /// The machine's.
    pub machine: Settings,
    /// How columns become features; by default about 600 of them, 8 to 63 a column, evenly over the rows.
    pub encoder: EncoderOptions,
    /// The score.
    pub score: Score,
    /// The share of normal rows that may be called odd, within 0.0001..=0.5.
    pub false_alarms: f64,
}

impl Default for AnomalyOptions {
    fn default() -> Self {
        AnomalyOptions {
            machine: Settings::default(),
            encoder: EncoderOptions::default(),
            score: Score::default(),
            false_alarms: 0.01,
        }
    }
}

/// One row in so many is held out to set the threshold.
const HELD_OUT: usize = 5;
const LEAST_ROWS: usize = 20;
const FORM: saved::Form = *b"tsa\x01";
const DOMAIN: u64 = 0x6f64_645f;

/// Tells rows that do not fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnomalyDetector {
    encoder: Encoder,
    scorer: Scorer,
    false_alarms: f64,
    /// Scores of normal rows held out, descending; empty if a limit ended the fit before.
    held_out: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Scorer {
    Overlap(Overlap),
    Reconstruction(Reconstruction),
}

/// The answer for one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnomalyAnswer {
    /// The row's number in its table, from 0.
    pub row: usize,
    /// Larger is odder.
    pub score: f64,
    /// The chance that a normal row scores as high or higher; 1 if no rows could be held out.
    pub p: f64,
    /// Whether that is rarer than the false alarms allowed.
    pub is_odd: bool,
}

impl AnomalyDetector {
    /// Learns what normal rows look like; a fifth of them is held out to set the threshold. Ticks as
    /// [`Trainer::fit`](crate::Trainer::fit)'s.
    ///
    /// # Errors
    /// Options out of range, fewer than 20 rows, or no column with a value.
    pub fn fit(
        ctx: &Ctx,
        table: &Table,
        options: &AnomalyOptions,
    ) -> Result<Fitted<AnomalyDetector>, TsetlinError> {
        if !(0.0001..=0.5).contains(&options.false_alarms) {
            let (option, value) = ("false-alarms", options.false_alarms.to_string());
            return Err(TsetlinError::Option { option, value, expected: "a share within 0.0001..=0.5" });
        }
        if table.n_rows() < LEAST_ROWS {
            return Err(TsetlinError::TooFewRows { found: table.n_rows(), least: LEAST_ROWS });
        }
        let mut order: Vec<usize> = (0..table.n_rows()).collect();
        Rng::new(ctx.seed() ^ DOMAIN, 0).shuffle(&mut order);
        let (held_out, learned) = order.split_at_mut(table.n_rows() / HELD_OUT);
        learned.sort_unstable();
        let learned = table.take_rows(learned);
        let encoder = Encoder::fit_normal(&learned, options.encoder)?;
        let rows = encoder.encode(&learned, 0..learned.n_rows())?;
        let (scorer, stop) = match options.score {
            Score::Overlap => {
                let (overlap, stop) = Overlap::fit(ctx, &encoder, &rows, &options.machine)?;
                (Scorer::Overlap(overlap), stop)
            }
            Score::Reconstruction => {
                let fitted = Reconstruction::fit(ctx, &encoder.spans(), &rows, &options.machine)?;
                (Scorer::Reconstruction(fitted.0), fitted.1)
            }
        };
        let false_alarms = options.false_alarms;
        let mut model = AnomalyDetector { encoder, scorer, false_alarms, held_out: Vec::new() };
        if stop == Stop::Done {
            let held_out = table.take_rows(held_out);
            let rows = model.encoder.encode(&held_out, 0..held_out.n_rows())?;
            model.held_out = model.scores(&rows)?;
            model.held_out.sort_unstable_by(|a, b| b.total_cmp(a));
        }
        Ok(Fitted { model, stop })
    }

    /// Answers rows of a table, columns found by name, in order until done or out of budget. One tick a row.
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
    ) -> Result<(Vec<AnomalyAnswer>, Stop), TsetlinError> {
        const ROWS_AT_ONCE: usize = 1024;
        let mut answers = Vec::new();
        for start in rows.clone().step_by(ROWS_AT_ONCE) {
            let part = start..rows.end.min(start + ROWS_AT_ONCE);
            let end = part.clone().map(|row| (row, ctx.tick(1))).find(|(_, flow)| flow.is_break());
            let part = start..end.map_or(part.end, |(row, _)| row);
            let scores = self.scores(&self.encoder.encode(table, part.clone())?)?;
            answers.extend(part.zip(scores).map(|(row, score)| self.answer_of(row, score)));
            if let Some((_, ControlFlow::Break(stop))) = end {
                return Ok((answers, stop));
            }
        }
        Ok((answers, Stop::Done))
    }

    fn answer_of(&self, row: usize, score: f64) -> AnomalyAnswer {
        let n_higher = self.held_out.partition_point(|&held_out| held_out >= score);
        let p = (n_higher + 1) as f64 / (self.held_out.len() + 1) as f64;
        AnomalyAnswer { row, score, p, is_odd: p <= self.false_alarms }
    }

    /// The columns that make a row odd, with their shares of it, largest first.
    ///
    /// # Errors
    /// As [`AnomalyDetector::answer`].
    ///
    /// # Panics
    /// If the row is not in the table.
    pub fn blame(&self, table: &Table, row: usize) -> Result<Vec<(&str, f64)>, TsetlinError> {
        let rows = self.encoder.encode(table, row..row + 1)?;
        let spans = self.encoder.spans();
        let amounts = match &self.scorer {
            Scorer::Overlap(overlap) => overlap.blame(&rows, 0, &spans),
            Scorer::Reconstruction(reconstruction) => reconstruction.blame(&rows, 0, &spans)?,
        };
        let total: f64 = amounts.iter().sum();
        let mut blame: Vec<(&str, f64)> = self
            .encoder
            .columns()
            .zip(amounts)
            .filter(|(_, amount)| *amount > 0.0)
            .map(|(name, amount)| (name, amount / total))
            .collect();
        blame.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(blame)
    }

    fn scores(&self, rows: &BitMatrix) -> Result<Vec<f64>, TsetlinError> {
        match &self.scorer {
            Scorer::Overlap(overlap) => overlap.scores(rows),
            Scorer::Reconstruction(reconstruction) => reconstruction.scores(rows, &self.encoder.spans()),
        }
    }

    /// The share of normal rows that may be called odd.
    pub fn false_alarms(&self) -> f64 {
        self.false_alarms
    }

    /// Normal rows that set the threshold.
    pub fn n_held_out(&self) -> usize {
        self.held_out.len()
    }

    /// How columns become boolean features.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The model as bytes; equal models give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        saved::to_bytes(FORM, self)
    }

    /// The model back from its bytes, every part checked against the others.
    ///
    /// # Errors
    /// The bytes are not a model, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<AnomalyDetector, TsetlinError> {
        let model: AnomalyDetector = saved::from_bytes(FORM, bytes)?;
        if !model.is_consistent() {
            return Err(TsetlinError::Model { reason: "its parts do not fit together".to_string() });
        }
        Ok(model)
    }

    fn is_consistent(&self) -> bool {
        let fits = match &self.scorer {
            Scorer::Overlap(overlap) => overlap.is_consistent(self.encoder.n_features()),
            Scorer::Reconstruction(reconstruction) => reconstruction.is_consistent(&self.encoder.spans()),
        };
        fits && self.encoder.is_consistent()
            && (0.0001..=0.5).contains(&self.false_alarms)
            && self.held_out.iter().all(|score| score.is_finite())
            && self.held_out.is_sorted_by(|a, b| a >= b)
    }
}
