//! Do a few thresholds on single columns, combined, decide the class, where a weighted sum does not?
//!
//! A small forest, logistic regression of at least equal cost and the best single threshold learn two thirds of the rows; on
//! the rest, an exact one-sided McNemar test compares the first with the better of the others at level 0.05. Planted
//! tables follow a box, an exclusive or, or an "if a then b else c" of thresholds among distracting columns;
//! counter-examples follow a noisy weighted sum of the same columns.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Finding, Stop};
use isogrid_data::contest::{Contest, n_right, not_judged};
use isogrid_data::{Column, Table};
use isogrid_num::rng::Rng;

use crate::ForestError;
use crate::baseline::Linear;
use crate::boost::{ForestOptions, Scorer, read_labels};
use crate::encode::Encoder;

/// The level of the test.
pub const ALPHA: f64 = 0.05;

/// The structure's name in findings.
pub const STRUCTURE: &str = "combined thresholds";

const MAX_ROWS: usize = 3_000;
const MIN_HELD_OUT: usize = 20;
/// Multiply-adds of logistic regression on a row: scores, and weights back.
const LINEAR_ADDITIONS: usize = 2;
const MIN_PASSES: u64 = 20;
/// Seconds that a row of a column takes in the sums of a level; a declared constant, not a clock.
const SECONDS_PER_ADDITION: f64 = 2e-9;
const BACKING: &str = "none yet: the score is that of the detector's own trial";

fn small_forest() -> ForestOptions {
    ForestOptions { rounds: 40, depth: 3, ..ForestOptions::default() }
}

/// Looks for structure in how the column `target` depends on the others.
///
/// # Errors
/// The table cannot be learned from; see [`BoostedTrees::fit`](crate::BoostedTrees::fit).
pub fn detect(ctx: &Ctx, table: &Table, target: &str) -> Result<Finding, ForestError> {
    let trial = Trial::new(ctx.seed(), table, target)?;
    if trial.truth.len() < MIN_HELD_OUT || trial.labels.iter().all(|&class| class == trial.labels[0]) {
        let n_rows = trial.truth.len() + trial.labels.len();
        let statement = format!("{n_rows} rows are too few to compare anything on a third of them");
        return Ok(not_judged(STRUCTURE, statement));
    }
    let threshold = ForestOptions { rounds: 1, depth: 1, columns: Some(1.0), ..ForestOptions::default() };
    let outcome = || {
        let forest = trial.forest(ctx, &small_forest())?;
        let single = trial.forest(ctx, &threshold)?;
        ControlFlow::Continue((forest, single, trial.linear(ctx)?))
    };
    let (forest, single, linear) = match outcome() {
        ControlFlow::Continue(outcome) => outcome,
        ControlFlow::Break(stop) => return Ok(not_judged(STRUCTURE, format!("not judged: {stop}"))),
    };
    let rival = if n_right(&single) > n_right(&linear) {
        ("the best single threshold", &single)
    } else {
        ("logistic regression", &linear)
    };
    let contest =
        Contest { structure: STRUCTURE, alpha: ALPHA, engine: ("trees", &forest), rival: (rival.0, rival.1) };
    let additions = ForestOptions::default().n_additions(table.n_rows(), trial.n_features, trial.n_classes);
    Ok(contest.finding(additions * SECONDS_PER_ADDITION, BACKING))
}

/// Rows encoded and split; labels are class numbers.
struct Trial {
    features: Vec<f64>,
    labels: Vec<u32>,
    held_out: Vec<f64>,
    truth: Vec<u32>,
    n_classes: usize,
    n_features: usize,
}

impl Trial {
    fn new(seed: u64, table: &Table, target: &str) -> Result<Trial, ForestError> {
        let labels = read_labels(table, target)?;
        let parting = labels.trial(seed, MAX_ROWS);
        let part = |places: &[usize]| table.take_rows(&labels.rows_at(places));
        let (learn, rest) = (part(&parting.train), part(&parting.held_out));
        let encoder = Encoder::fit(&learn, target)?;
        Ok(Trial {
            features: encoder.encode(&learn, 0..learn.n_rows())?,
            labels: labels.codes_at(&parting.train),
            held_out: encoder.encode(&rest, 0..rest.n_rows())?,
            truth: labels.codes_at(&parting.held_out),
            n_classes: labels.classes().len(),
            n_features: encoder.n_features(),
        })
    }

    fn right(&self, answers: impl Iterator<Item = u32>) -> Vec<bool> {
        answers.zip(&self.truth).map(|(answer, &label)| answer == label).collect()
    }

    fn forest(&self, ctx: &Ctx, options: &ForestOptions) -> ControlFlow<Stop, Vec<bool>> {
        let (scorer, stop) = Scorer::fit(ctx, (&self.features, &self.labels), self.n_classes, options);
        if stop != Stop::Done {
            return ControlFlow::Break(stop);
        }
        let mut of_row = vec![0.0; self.n_classes];
        let mut answer = |features: &[f64]| {
            scorer.probabilities(features, &mut of_row);
            (1..of_row.len()).fold(0, |best, class| if of_row[class] > of_row[best] { class } else { best })
                as u32
        };
        let answers: Vec<u32> = self.held_out.chunks_exact(self.n_features).map(&mut answer).collect();
        ControlFlow::Continue(self.right(answers.into_iter()))
    }

    fn linear(&self, ctx: &Ctx) -> ControlFlow<Stop, Vec<bool>> {
        let additions = small_forest().n_additions(self.labels.len(), self.n_features, self.n_classes);
        let of_pass = self.labels.len() * self.n_features * self.n_classes * LINEAR_ADDITIONS;
        let passes = (additions / of_pass as f64).ceil() as u64;
        let data = (self.features.as_slice(), self.labels.as_slice());
        let linear = Linear::fit(ctx, data, self.n_classes, passes.max(MIN_PASSES))?;
        ControlFlow::Continue(self.right(linear.predict(&self.held_out).into_iter()))
    }
}

const N_COLUMNS: usize = 12;
const N_ROWS: usize = 600;

/// A table of uniform columns `x0`.. and a column `y` that follows a noisy weighted sum of all of them.
pub fn counter_example(seed: u64) -> Table {
    let mut rng = Rng::new(seed, 1);
    let weights: Vec<f64> = (0..N_COLUMNS).map(|_| rng.normal()).collect();
    make_table(seed, |row, rng| {
        let sum: f64 = weights.iter().zip(row).map(|(weight, value)| weight * (value - 0.5)).sum();
        sum + 0.3 * rng.normal() > 0.0
    })
}

/// The same columns, with a `y` that follows one of three combinations of thresholds, wrong in one row of 20.
pub fn planted(seed: u64) -> Table {
    let mut rng = Rng::new(seed, 2);
    let mut columns: Vec<usize> = (0..N_COLUMNS).collect();
    rng.shuffle(&mut columns);
    let cuts = [0; 3].map(|_| 0.3 + 0.4 * rng.unit());
    let kind = rng.below(3);
    make_table(seed, |row, rng| {
        let [a, b, c] = [0, 1, 2].map(|place| row[columns[place]] > cuts[place]);
        let follows = match kind {
            0 => (row[columns[0]] - 0.5).abs() < 0.35 && (row[columns[1]] - 0.5).abs() < 0.35,
            1 => (a != b) && c || (a && b),
            _ => (a && b) || (!a && c),
        };
        follows != rng.chance(0.05)
    })
}

fn make_table(seed: u64, mut rule: impl FnMut(&[f64], &mut Rng) -> bool) -> Table {
    let mut rng = Rng::new(seed, 0);
    let mut columns = vec![Vec::new(); N_COLUMNS];
    let mut target = Vec::with_capacity(N_ROWS);
    for _ in 0..N_ROWS {
        let row: Vec<f64> = (0..N_COLUMNS).map(|_| rng.unit()).collect();
        target.push(Some(if rule(&row, &mut rng) { "yes" } else { "no" }));
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let named = columns.into_iter().enumerate();
    let mut columns: Vec<Column> =
        named.map(|(i, values)| Column::numbers(&format!("x{i}"), values)).collect();
    columns.push(Column::categories("y", target));
    // The columns are as long as each other and their names differ, so that this cannot fail.
    Table::new(columns).unwrap_or_default()
}
