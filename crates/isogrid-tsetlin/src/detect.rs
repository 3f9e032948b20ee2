//! Does a table have structure that clauses exploit and a linear rule cannot?
//!
//! A small machine and two baselines learn two thirds of the rows; on the rest, an exact one-sided McNemar test compares the
//! machine with the better baseline at level 0.05. Planted tables follow an exclusive or, "exactly one of three" or "if a
//! then b else c" rule among distracting columns; counter-examples follow a noisy linear rule over the same columns.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Finding, Stop};
use isogrid_data::contest::{Contest, n_right, not_judged};
use isogrid_data::labels::Parting;
use isogrid_data::{Column, Table};
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;

use crate::TsetlinError;
use crate::baseline::{Linear, single_feature};
use crate::booleanize::Encoder;
use crate::classifier::TsetlinClassifier;
use crate::options::{Options, Settings};
use crate::table::{TableOptions, read_labels};

/// The level of the test.
pub const ALPHA: f64 = 0.05;

/// The structure's name in findings.
pub const STRUCTURE: &str = "conjunctive rules";

const MAX_ROWS: usize = 3_000;
const MIN_HELD_OUT: usize = 20;
/// Seconds that a clause evaluation of one word takes, with its share of feedback; a declared constant, not a clock.
const SECONDS_PER_WORD: f64 = 1e-8;
const BACKING: &str = "none yet: the score is that of the detector's own trial";

fn small_machine(n_classes: usize) -> Options {
    let n_clauses = if n_classes > 2 { 60 } else { 40 };
    Options { n_clauses, threshold: 8, fuzziness: 1, specificity: 4.0, epochs: 20, ..Options::default() }
}

/// Looks for structure in how the column `target` depends on the others.
///
/// # Errors
/// The table cannot be learned from; see [`TableClassifier::fit`](crate::TableClassifier::fit).
pub fn detect(ctx: &Ctx, table: &Table, target: &str) -> Result<Finding, TsetlinError> {
    let trial = Trial::new(ctx.seed(), table, target)?;
    let (samples, labels) = (&trial.train.0, &trial.train.1);
    if trial.held_out.1.len() < MIN_HELD_OUT || labels.iter().all(|&class| class == labels[0]) {
        let n_rows = trial.held_out.1.len() + labels.len();
        return Ok(not_judged(
            STRUCTURE,
            format!("{n_rows} rows are too few to compare anything on a third of them"),
        ));
    }
    let options = small_machine(trial.n_classes);
    let fitted = TsetlinClassifier::fit(ctx, samples, labels, &options)?;
    if fitted.stop != Stop::Done {
        return Ok(not_judged(STRUCTURE, format!("not judged: {}", fitted.stop)));
    }
    let answers = fitted.model.predict_rows(&trial.held_out.0)?;
    let machine = trial.right(answers.iter().map(|answer| answer.class));
    let linear = match Linear::fit(ctx, samples, labels, trial.passes_of_equal_cost(&options)) {
        ControlFlow::Continue(linear) => trial.right(linear.predict(&trial.held_out.0).into_iter()),
        ControlFlow::Break(stop) => return Ok(not_judged(STRUCTURE, format!("not judged: {stop}"))),
    };
    let single = trial.right(single_feature(samples, labels, &trial.held_out.0).into_iter());
    let rival = if n_right(&single) > n_right(&linear) {
        ("the best single feature", &single)
    } else {
        ("logistic regression", &linear)
    };
    let contest = Contest {
        structure: STRUCTURE,
        alpha: ALPHA,
        engine: ("clauses", &machine),
        rival: (rival.0, rival.1),
    };
    Ok(contest.finding(trial.cost(table.n_rows()), BACKING))
}

/// Rows encoded and split; labels are class numbers.
struct Trial {
    train: (BitMatrix, Vec<u32>),
    held_out: (BitMatrix, Vec<u32>),
    n_classes: usize,
}

impl Trial {
    fn new(seed: u64, table: &Table, target: &str) -> Result<Trial, TsetlinError> {
        let labels = read_labels(table, target)?;
        let Parting { train, held_out } = labels.trial(seed, MAX_ROWS);
        let learn = table.take_rows(&labels.rows_at(&train));
        let encoder =
            Encoder::fit(&learn, target, &labels.codes_at(&train), TableOptions::default().encoder)?;
        let part = |places: &[usize]| {
            let rows = table.take_rows(&labels.rows_at(places));
            Ok::<_, TsetlinError>((encoder.encode(&rows, 0..rows.n_rows())?, labels.codes_at(places)))
        };
        Ok(Trial { train: part(&train)?, held_out: part(&held_out)?, n_classes: labels.classes().len() })
    }

    fn right(&self, answers: impl Iterator<Item = u32>) -> Vec<bool> {
        answers.zip(&self.held_out.1).map(|(answer, &label)| answer == label).collect()
    }

    /// Passes of logistic regression with as many multiply-adds as the machine's word operations.
    fn passes_of_equal_cost(&self, options: &Options) -> u64 {
        let n_features = self.train.0.n_cols();
        // Every class learns from every sample.
        let words = self.n_classes * options.n_clauses * (2 * n_features).div_ceil(64);
        let multiply_adds = 2 * self.n_classes * (n_features + 1);
        u64::from(options.epochs) * (words.div_ceil(multiply_adds).max(1) as u64)
    }

    /// CPU seconds of a fit with default options on so many rows.
    fn cost(&self, n_rows: usize) -> f64 {
        let options = Settings::default().settle(n_rows, self.train.0.n_cols());
        let words = options.n_clauses * (2 * self.train.0.n_cols()).div_ceil(64);
        let updates = self.n_classes as f64 * f64::from(options.epochs) * n_rows as f64;
        updates * words as f64 * SECONDS_PER_WORD
    }
}

const N_COLUMNS: usize = 12;
const N_ROWS: usize = 480;

/// A table of boolean columns `x0`.. and a column `y` that follows a noisy linear rule over all of them.
pub fn counter_example(seed: u64) -> Table {
    let mut rng = Rng::new(seed, 1);
    let weights: Vec<f64> = (0..N_COLUMNS).map(|_| rng.normal()).collect();
    let center: f64 = weights.iter().sum::<f64>() / 2.0;
    make_table(seed, |bits, rng| {
        let sum: f64 = weights.iter().zip(bits).filter(|(_, bit)| **bit).map(|(weight, _)| weight).sum();
        sum - center + 0.5 * rng.normal() > 0.0
    })
}

/// The same columns, with a `y` that follows one of three rules that no linear rule expresses, wrong in one row of 20.
pub fn planted(seed: u64) -> Table {
    let mut rng = Rng::new(seed, 2);
    let mut columns: Vec<usize> = (0..N_COLUMNS).collect();
    rng.shuffle(&mut columns);
    let kind = rng.below(3);
    make_table(seed, |bits, rng| {
        let [a, b, c] = [bits[columns[0]], bits[columns[1]], bits[columns[2]]];
        let follows = match kind {
            0 => a != b,
            1 => u8::from(a) + u8::from(b) + u8::from(c) == 1,
            _ => (a && b) || (!a && c),
        };
        follows != rng.chance(0.05)
    })
}

fn make_table(seed: u64, mut rule: impl FnMut(&[bool], &mut Rng) -> bool) -> Table {
    let mut rng = Rng::new(seed, 0);
    let mut columns = vec![Vec::new(); N_COLUMNS];
    let mut target = Vec::with_capacity(N_ROWS);
    for _ in 0..N_ROWS {
        let bits: Vec<bool> = (0..N_COLUMNS).map(|_| rng.chance(0.5)).collect();
        target.push(Some(if rule(&bits, &mut rng) { "yes" } else { "no" }));
        columns.iter_mut().zip(bits).for_each(|(column, bit)| column.push(f64::from(u8::from(bit))));
    }
    let named = columns.into_iter().enumerate();
    let mut columns: Vec<Column> =
        named.map(|(i, values)| Column::numbers(&format!("x{i}"), values)).collect();
    columns.push(Column::categories("y", target));
    // The columns are as long as each other and their names differ, so that this cannot fail.
    Table::new(columns).unwrap_or_default()
}
