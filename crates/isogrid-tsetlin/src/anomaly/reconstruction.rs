//! Each column guessed from the others.

use std::ops::Range;

use isogrid_core::{Ctx, Stop};
use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::options::Settings;
use crate::probability::Sharpness;
use crate::{Machine, Targets, Trainer, TsetlinError};

/// A machine for each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reconstruction {
    columns: Vec<Guess>,
}

/// What guesses one column's features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Guess {
    machine: Machine,
    /// How votes for a value become its probability; `None` if the column had too few rows to learn that.
    sharpness: Option<Sharpness>,
}

impl Reconstruction {
    /// A tick limit that ends training leaves the columns that are not begun out of the score.
    pub(super) fn fit(
        ctx: &Ctx,
        spans: &[Range<usize>],
        rows: &BitMatrix,
        settings: &Settings,
    ) -> Result<(Reconstruction, Stop), TsetlinError> {
        let mut columns = Vec::new();
        for span in spans {
            let values = values_of(rows, span);
            let n_values = span.len() as u32 + 1;
            let others = without(rows, span);
            let targets = Targets::Classes { of: &values, n_classes: n_values, weights: None };
            let options = settings.settle(rows.n_rows(), rows.n_cols());
            let mut trainer = Trainer::new(ctx.seed(), rows.n_cols(), n_values as usize, &options)?;
            let stop = trainer.fit(ctx, &others, &targets)?;
            let machine = trainer.machine();
            let sharpness = Sharpness::find(&machine.sums(&others)?, &values);
            columns.push(Guess { machine, sharpness });
            if stop != Stop::Done {
                return Ok((Reconstruction { columns }, stop));
            }
        }
        Ok((Reconstruction { columns }, Stop::Done))
    }

    /// How odd each row is: the surprise of its values, in nats, summed over columns.
    pub(super) fn scores(&self, rows: &BitMatrix, spans: &[Range<usize>]) -> Result<Vec<f64>, TsetlinError> {
        let mut scores = vec![0.0; rows.n_rows()];
        for (guess, span) in self.columns.iter().zip(spans) {
            for (score, surprise) in scores.iter_mut().zip(guess.surprises(rows, span)?) {
                *score += surprise;
            }
        }
        Ok(scores)
    }

    /// The surprise of each column of a row.
    pub(super) fn blame(
        &self,
        rows: &BitMatrix,
        row: usize,
        spans: &[Range<usize>],
    ) -> Result<Vec<f64>, TsetlinError> {
        let mut one = BitMatrix::new(1, rows.n_cols());
        rows.ones(row).for_each(|feature| one.insert(0, feature));
        let surprise = |(guess, span): (&Guess, &Range<usize>)| Ok(guess.surprises(&one, span)?[0]);
        self.columns.iter().zip(spans).map(surprise).collect()
    }

    pub(super) fn is_consistent(&self, spans: &[Range<usize>]) -> bool {
        let n_features = spans.last().map_or(0, |span| span.end);
        self.columns.len() <= spans.len()
            && self.columns.iter().zip(spans).all(|(guess, span)| {
                guess.machine.is_consistent()
                    && guess.machine.patches().is_none()
                    && guess.machine.n_features() == n_features
                    && guess.machine.n_outputs() == span.len() + 1
                    && guess.sharpness.is_none_or(Sharpness::is_consistent)
            })
    }
}

impl Guess {
    fn surprises(&self, rows: &BitMatrix, span: &Range<usize>) -> Result<Vec<f64>, TsetlinError> {
        let Some(sharpness) = self.sharpness else { return Ok(vec![0.0; rows.n_rows()]) };
        let sums = self.machine.sums(&without(rows, span))?;
        let each = sums.chunks_exact(span.len() + 1).zip(values_of(rows, span));
        Ok(each.map(|(sums, value)| sharpness.surprise(sums, value as usize)).collect())
    }
}

/// A column's value as a number: how many of its features are true for a thermometer, one more than the first true one
/// else; 0 if none is.
fn values_of(rows: &BitMatrix, span: &Range<usize>) -> Vec<u32> {
    // The last true feature tells both: a thermometer's height, and which label it is.
    let value = |row| span.clone().rev().find(|&feature| rows.get(row, feature));
    let place = |feature: usize| (feature - span.start + 1) as u32;
    (0..rows.n_rows()).map(|row| value(row).map_or(0, place)).collect()
}

/// The rows with one column blanked out.
fn without(rows: &BitMatrix, span: &Range<usize>) -> BitMatrix {
    let mut others = rows.clone();
    for row in 0..rows.n_rows() {
        span.clone().for_each(|feature| others.remove(row, feature));
    }
    others
}
