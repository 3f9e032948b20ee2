//! Does a table have structure that clauses exploit and a linear rule cannot?
//!
//! A small machine and two baselines learn two thirds of the rows; on the rest, an exact one-sided McNemar test compares the
//! machine with the better baseline at level 0.05. Planted tables follow an exclusive or, "exactly one of three" or "if a
//! then b else c" rule among distracting columns; counter-examples follow a noisy linear rule over the same columns.

use std::ops::ControlFlow;

use isogrid_core::{Bid, Ctx, Evidence, Finding, Stop};
use isogrid_data::{Column, Table};
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use isogrid_num::stats::{Z_95, mcnemar, wilson};

use crate::TsetlinError;
use crate::baseline::{Linear, single_feature};
use crate::booleanize::Encoder;
use crate::classifier::TsetlinClassifier;
use crate::options::{Options, Settings};
use crate::table::{Labels, TableOptions};

/// The level of the test.
pub const ALPHA: f64 = 0.05;

/// The structure's name in findings.
pub const STRUCTURE: &str = "conjunctive rules";

const MAX_ROWS: usize = 3_000;
const MIN_HELD_OUT: usize = 20;
const SPLIT_DOMAIN: u64 = 0x7370_6c69;
/// Seconds that a clause evaluation of one word takes, with its share of feedback; a declared constant, not a clock.
const SECONDS_PER_WORD: f64 = 1e-8;

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
        return Ok(absent(format!("{n_rows} rows are too few to compare anything on a third of them")));
    }
    let options = small_machine(trial.n_classes);
    let fitted = TsetlinClassifier::fit(ctx, samples, labels, &options)?;
    if fitted.stop != Stop::Done {
        return Ok(absent(format!("not judged: {}", fitted.stop)));
    }
    let answers = fitted.model.predict_rows(&trial.held_out.0)?;
    let machine = trial.right(answers.iter().map(|answer| answer.class));
    let linear = match Linear::fit(ctx, samples, labels, trial.passes_of_equal_cost(&options)) {
        ControlFlow::Continue(linear) => trial.right(linear.predict(&trial.held_out.0).into_iter()),
        ControlFlow::Break(stop) => return Ok(absent(format!("not judged: {stop}"))),
    };
    let single = trial.right(single_feature(samples, labels, &trial.held_out.0).into_iter());
    let (name, rival) = if count(&single) > count(&linear) {
        ("the best single feature", single)
    } else {
        ("logistic regression", linear)
    };
    Ok(judge(&machine, name, &rival, trial.bid(count(&machine), table)))
}

/// Rows encoded and split; labels are class numbers.
struct Trial {
    train: (BitMatrix, Vec<u32>),
    held_out: (BitMatrix, Vec<u32>),
    n_classes: usize,
}

impl Trial {
    fn new(seed: u64, table: &Table, target: &str) -> Result<Trial, TsetlinError> {
        let labels = Labels::read(table, target)?;
        let mut order: Vec<usize> = (0..labels.codes.len()).collect();
        Rng::new(seed ^ SPLIT_DOMAIN, 0).shuffle(&mut order);
        order.truncate(MAX_ROWS);
        let (held_out, train) = order.split_at(order.len() / 3);
        let learn = table.take_rows(&labels.rows_at(train));
        let encoder = Encoder::fit(&learn, target, &labels.codes_at(train), TableOptions::default().encoder)?;
        let part = |places: &[usize]| {
            let rows = table.take_rows(&labels.rows_at(places));
            Ok::<_, TsetlinError>((encoder.encode(&rows, 0..rows.n_rows())?, labels.codes_at(places)))
        };
        Ok(Trial { train: part(train)?, held_out: part(held_out)?, n_classes: labels.classes.len() })
    }

    fn right(&self, answers: impl Iterator<Item = u32>) -> Vec<bool> {
        answers.zip(&self.held_out.1).map(|(answer, &label)| answer == label).collect()
    }

    /// Passes of logistic regression with as many multiply-adds as the machine's word operations.
    fn passes_of_equal_cost(&self, options: &Options) -> u64 {
        let n_features = self.train.0.n_cols();
        let words = 2 * options.n_clauses * (2 * n_features).div_ceil(64);
        let multiply_adds = 2 * self.n_classes * (n_features + 1);
        u64::from(options.epochs) * (words.div_ceil(multiply_adds).max(1) as u64)
    }

    /// The offer for the whole table: the score of the trial, the cost of a fit with default options.
    fn bid(&self, n_right: u64, table: &Table) -> Bid {
        let n = self.held_out.1.len() as u64;
        let options = Settings::default().settle(table.n_rows(), self.train.0.n_cols());
        let words = options.n_clauses * (2 * self.train.0.n_cols()).div_ceil(64);
        let updates = 2.0 * f64::from(options.epochs) * table.n_rows() as f64;
        Bid {
            score: n_right as f64 / n as f64,
            cost: updates * words as f64 * SECONDS_PER_WORD,
            interval: wilson(n_right, n, Z_95),
            backing_run: "none: this engine is a waist proof; the score is that of the detector's own trial"
                .to_string(),
        }
    }
}

fn count(right: &[bool]) -> u64 {
    right.iter().filter(|&&is| is).count() as u64
}

fn judge(machine: &[bool], name: &str, rival: &[bool], bid: Bid) -> Finding {
    let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count() as u64;
    let (wins, losses) = (only(machine, rival), only(rival, machine));
    let p = mcnemar(wins, losses);
    let critical = (0..=wins + losses).find(|&wins_needed| {
        isogrid_num::stats::binomial_upper_tail(wins_needed, wins + losses, 0.5) <= ALPHA
    });
    let found = p <= ALPHA;
    let n = machine.len() as f64;
    let statement = format!(
        "accuracy on {n} held-out rows: {:.3} by clauses, {:.3} by {name}; of the rows that only one got right, clauses \
         got {wins} and {name} {losses}",
        count(machine) as f64 / n,
        count(rival) as f64 / n,
    );
    let null_quantile = critical.map_or(f64::INFINITY, |wins| wins as f64);
    Finding {
        structure: STRUCTURE.to_string(),
        found,
        statement,
        evidence: Evidence::Test { statistic: wins as f64, null_quantile, p },
        bid: found.then_some(bid),
    }
}

fn absent(statement: String) -> Finding {
    let evidence = Evidence::Test { statistic: 0.0, null_quantile: f64::INFINITY, p: 1.0 };
    Finding { structure: STRUCTURE.to_string(), found: false, statement, evidence, bid: None }
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
