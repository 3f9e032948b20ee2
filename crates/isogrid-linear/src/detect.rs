//! Does a weighted sum of the columns decide the class, where no single column does as well?
//!
//! Logistic regression, the best single column and the most frequent class learn two thirds of the rows; on the rest, an
//! exact one-sided McNemar test compares the first with the better of the others at level 0.05. Planted tables follow a
//! noisy weighted sum of twelve columns; in counter-examples a threshold on one of them decides.

use std::ops::{ControlFlow, Range};

use isogrid_core::{Ctx, Finding, Stop};
use isogrid_data::contest::{Contest, n_right, not_judged};
use isogrid_data::{Column, Table};
use isogrid_num::rng::Rng;

use crate::LinearError;
use crate::encode::Encoder;
use crate::logistic::{LinearOptions, read_labels};
use crate::optimize::{Samples, minimize, scores};

/// The level of the test.
pub const ALPHA: f64 = 0.05;

/// The structure's name in findings.
pub const STRUCTURE: &str = "a weighted sum";

const MAX_ROWS: usize = 3_000;
const MIN_HELD_OUT: usize = 20;
/// Groups of equally many rows that a column's numbers make.
const N_GROUPS: usize = 8;
/// Seconds that one weight takes in the loss of one row; a declared constant, not a clock.
const SECONDS_PER_WEIGHT: f64 = 1e-9;
const BACKING: &str = "none yet: the score is that of the detector's own trial";

/// Looks for structure in how the column `target` depends on the others.
///
/// # Errors
/// The table cannot be learned from; see [`LogisticRegression::fit`](crate::LogisticRegression::fit).
pub fn detect(ctx: &Ctx, table: &Table, target: &str) -> Result<Finding, LinearError> {
    let trial = Trial::new(ctx.seed(), table, target)?;
    if trial.truth.len() < MIN_HELD_OUT || trial.labels.iter().all(|&class| class == trial.labels[0]) {
        let n_rows = trial.truth.len() + trial.labels.len();
        let statement = format!("{n_rows} rows are too few to compare anything on a third of them");
        return Ok(not_judged(STRUCTURE, statement));
    }
    let options = LinearOptions::default();
    let samples = Samples { features: &trial.features, labels: &trial.labels, n_classes: trial.n_classes };
    let (weights, stop) = minimize(ctx, &samples, options.penalty, options.iterations.into());
    if stop != Stop::Done {
        return Ok(not_judged(STRUCTURE, format!("not judged: {stop}")));
    }
    let single = match trial.best_column(ctx) {
        ControlFlow::Continue(answers) => trial.right(answers.into_iter()),
        ControlFlow::Break(stop) => return Ok(not_judged(STRUCTURE, format!("not judged: {stop}"))),
    };
    let majority = trial.right(std::iter::repeat_n(most_frequent(&trial.labels), trial.truth.len()));
    let linear = trial.right(trial.sums(&weights).into_iter());
    let rival = if n_right(&majority) > n_right(&single) {
        ("the most frequent class", &majority)
    } else {
        ("the best single column", &single)
    };
    let contest = Contest {
        structure: STRUCTURE,
        alpha: ALPHA,
        engine: ("weighted sums", &linear),
        rival: (rival.0, rival.1),
    };
    let cost = (table.n_rows() * weights.len()) as f64 * f64::from(options.iterations) * SECONDS_PER_WEIGHT;
    Ok(contest.finding(cost, BACKING))
}

/// Rows encoded and split; labels are class numbers.
struct Trial {
    features: Vec<f64>,
    labels: Vec<u32>,
    held_out: Vec<f64>,
    truth: Vec<u32>,
    n_classes: usize,
    /// The features of each column.
    columns: Vec<Range<usize>>,
}

impl Trial {
    fn new(seed: u64, table: &Table, target: &str) -> Result<Trial, LinearError> {
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
            columns: encoder.column_features(),
        })
    }

    fn width(&self) -> usize {
        self.columns.last().map_or(0, |last| last.end)
    }

    fn right(&self, answers: impl Iterator<Item = u32>) -> Vec<bool> {
        answers.zip(&self.truth).map(|(answer, &label)| answer == label).collect()
    }

    fn sums(&self, weights: &[f64]) -> Vec<u32> {
        let mut sums = vec![0.0; self.n_classes];
        let mut answer = |features: &[f64]| {
            scores(weights, features, &mut sums);
            (1..sums.len()).fold(0, |best, class| if sums[class] > sums[best] { class } else { best }) as u32
        };
        self.held_out.chunks_exact(self.width()).map(&mut answer).collect()
    }

    /// Answers of the column whose groups tell the classes of learned rows best, the first of equal ones.
    fn best_column(&self, ctx: &Ctx) -> ControlFlow<Stop, Vec<u32>> {
        let (mut best, mut most) = (Vec::new(), None);
        for column in &self.columns {
            ctx.tick(self.labels.len() as u64)?;
            let groups = Groups::of(column, &self.features, self.width());
            let (n_right, winners) = self.winners(&groups);
            if most.is_none_or(|most| n_right > most) {
                most = Some(n_right);
                let rows = self.held_out.chunks_exact(self.width());
                best = rows.map(|row| winners[groups.group(row)]).collect();
            }
        }
        ControlFlow::Continue(best)
    }

    /// The most frequent class of each group, and how many learned rows that gets right.
    fn winners(&self, groups: &Groups<'_>) -> (usize, Vec<u32>) {
        let mut members = vec![Vec::new(); groups.len()];
        for (row, &label) in self.features.chunks_exact(self.width()).zip(&self.labels) {
            members[groups.group(row)].push(label);
        }
        let everywhere = most_frequent(&self.labels);
        let winner = |labels: &Vec<u32>| if labels.is_empty() { everywhere } else { most_frequent(labels) };
        let winners: Vec<u32> = members.iter().map(winner).collect();
        let count =
            |(labels, winner): (&Vec<u32>, &u32)| labels.iter().filter(|label| *label == winner).count();
        (members.iter().zip(&winners).map(count).sum(), winners)
    }
}

/// Groups of rows by one column: its number between cuts, its label, or missing.
struct Groups<'a> {
    column: &'a Range<usize>,
    cuts: Vec<f64>,
}

impl Groups<'_> {
    fn of<'a>(column: &'a Range<usize>, features: &[f64], width: usize) -> Groups<'a> {
        let mut values: Vec<f64> = features.chunks_exact(width).map(|row| row[column.start]).collect();
        values.sort_unstable_by(f64::total_cmp);
        let mut cuts: Vec<f64> = (1..N_GROUPS).map(|group| values[group * values.len() / N_GROUPS]).collect();
        // Of labels, 1 is one whatever share of the rows has it.
        cuts.extend(values.last());
        cuts.dedup();
        Groups { column, cuts }
    }

    fn len(&self) -> usize {
        self.cuts.len() + self.column.len()
    }

    fn group(&self, row: &[f64]) -> usize {
        let features = &row[self.column.clone()];
        let label = features[1..].iter().position(|&feature| feature == 1.0);
        let among_cuts = || self.cuts.partition_point(|&cut| cut <= features[0]);
        label.map_or_else(among_cuts, |place| self.cuts.len() + 1 + place)
    }
}

/// The first of the most frequent classes.
fn most_frequent(labels: &[u32]) -> u32 {
    let mut counts = vec![0_u32; labels.iter().max().map_or(1, |&last| last as usize + 1)];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    (1..counts.len()).fold(0, |best, class| if counts[class] > counts[best] { class } else { best }) as u32
}

const N_COLUMNS: usize = 12;
const N_ROWS: usize = 480;

/// A table of normal columns `x0`.. and a column `y` that follows a threshold on one of them, wrong in one row of ten.
pub fn counter_example(seed: u64) -> Table {
    let mut rng = Rng::new(seed, 1);
    let column = rng.below(N_COLUMNS as u64) as usize;
    let threshold = rng.unit() - 0.5;
    make_table(seed, |row, rng| (row[column] > threshold) != rng.chance(0.1))
}

/// The same columns, with a `y` that follows the sign of a noisy weighted sum of all of them.
pub fn planted(seed: u64) -> Table {
    let mut rng = Rng::new(seed, 2);
    let weights: Vec<f64> = (0..N_COLUMNS).map(|_| rng.normal()).collect();
    make_table(seed, |row, rng| {
        let sum: f64 = weights.iter().zip(row).map(|(weight, value)| weight * value).sum();
        sum + rng.normal() > 0.0
    })
}

fn make_table(seed: u64, mut rule: impl FnMut(&[f64], &mut Rng) -> bool) -> Table {
    let mut rng = Rng::new(seed, 0);
    let mut columns = vec![Vec::new(); N_COLUMNS];
    let mut target = Vec::with_capacity(N_ROWS);
    for _ in 0..N_ROWS {
        let row: Vec<f64> = (0..N_COLUMNS).map(|_| rng.normal()).collect();
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
