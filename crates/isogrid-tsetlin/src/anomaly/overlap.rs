//! Normal rows against made-up ones.

use std::ops::Range;

use isogrid_core::{Ctx, Stop};
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use serde::{Deserialize, Serialize};

use crate::booleanize::Encoder;
use crate::options::Settings;
use crate::{Machine, Targets, Trainer, TsetlinError};

const MADE_UP: u32 = 0;
const NORMAL: u32 = 1;
const DOMAIN: u64 = 0x6f76_6572;

/// A machine that tells normal rows from made-up ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Overlap {
    machine: Machine,
}

impl Overlap {
    pub(super) fn fit(
        ctx: &Ctx,
        encoder: &Encoder,
        rows: &BitMatrix,
        settings: &Settings,
    ) -> Result<(Overlap, Stop), TsetlinError> {
        let n_rows = rows.n_rows();
        let samples = with_made_up(encoder, rows, &mut Rng::new(ctx.seed() ^ DOMAIN, 0));
        let labels: Vec<u32> =
            (0..2 * n_rows).map(|row| if row < n_rows { NORMAL } else { MADE_UP }).collect();
        let targets = Targets::Classes { of: &labels, n_classes: 2, weights: None };
        let options = settings.settle(2 * n_rows, samples.n_cols());
        let mut trainer = Trainer::new(ctx.seed(), samples.n_cols(), 2, &options)?;
        let stop = trainer.fit(ctx, &samples, &targets)?;
        Ok((Overlap { machine: trainer.machine() }, stop))
    }

    /// How odd each row is: votes for "made up" less those for "normal".
    pub(super) fn scores(&self, rows: &BitMatrix) -> Result<Vec<f64>, TsetlinError> {
        let sums = self.machine.sums(rows)?;
        Ok(sums
            .chunks_exact(2)
            .map(|sums| f64::from(sums[MADE_UP as usize]) - f64::from(sums[NORMAL as usize]))
            .collect())
    }

    /// What each column has to do with a row's score: literals on it that are false in clauses for "normal".
    pub(super) fn blame(&self, rows: &BitMatrix, row: usize, spans: &[Range<usize>]) -> Vec<f64> {
        let half = self.machine.n_features();
        let mut blame = vec![0.0; spans.len()];
        let is_for = |clause: usize| {
            self.machine.weights(clause).any(|(output, weight)| output == NORMAL as usize && weight > 0)
        };
        for clause in (0..self.machine.n_clauses()).filter(|&clause| is_for(clause)) {
            for &literal in self.machine.literals(clause) {
                let (feature, wanted) = if (literal as usize) < half {
                    (literal as usize, true)
                } else {
                    (literal as usize - half, false)
                };
                if rows.get(row, feature) != wanted {
                    let column = spans.partition_point(|span| span.end <= feature);
                    blame[column] += 1.0;
                }
            }
        }
        blame
    }

    pub(super) fn is_consistent(&self, n_features: usize) -> bool {
        self.machine.is_consistent()
            && self.machine.patches().is_none()
            && self.machine.n_features() == n_features
            && self.machine.n_outputs() == 2
    }
}

/// The rows, then as many made-up ones: a normal row with some columns drawn anew.
fn with_made_up(encoder: &Encoder, rows: &BitMatrix, rng: &mut Rng) -> BitMatrix {
    let (n_rows, spans) = (rows.n_rows(), encoder.spans());
    let mut samples = BitMatrix::new(2 * n_rows, rows.n_cols());
    for row in 0..n_rows {
        rows.ones(row).for_each(|feature| samples.insert(row, feature));
    }
    for row in n_rows..2 * n_rows {
        let like = rng.below(n_rows as u64) as usize;
        let n_drawn = 1 + rng.below(spans.len() as u64);
        let mut is_drawn = vec![false; spans.len()];
        (0..n_drawn).for_each(|_| is_drawn[rng.below(spans.len() as u64) as usize] = true);
        for (column, span) in spans.iter().enumerate() {
            if is_drawn[column] {
                encoder.draw(column, span.start, (&mut samples, row), rng);
            } else {
                span.clone()
                    .filter(|&feature| rows.get(like, feature))
                    .for_each(|feature| samples.insert(row, feature));
            }
        }
    }
    samples
}
