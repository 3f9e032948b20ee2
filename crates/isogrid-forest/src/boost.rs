//! Gradient boosting on tables: trees in rounds, classes by name, and a calibrated margin below which answers are marked.
//!
//! Friedman, "Greedy function approximation: a gradient boosting machine" (Annals of statistics 29, 2001), algorithm 6,
//! with Newton steps and random features a tree. Left out: random rows a tree, early stopping, importances.

use std::ops::{ControlFlow, Range};

use isogrid_core::{Ctx, Fitted, Stop};
use isogrid_data::Table;
use isogrid_data::answers::Answer;
use isogrid_data::labels::Labels;
use isogrid_num::calibrate::{Calibration, Parts, is_level, least_held_out};
use isogrid_num::rng::Rng;

use crate::ForestError;
use crate::bins::Bins;
use crate::encode::Encoder;
use crate::grow::{Shape, Slope, grow};
use crate::tree::Tree;

const MAX_CLASSES: usize = 1 << 12;
const MAX_FEATURES: usize = 1 << 24;
const ROWS_AT_ONCE: usize = 256;
/// Features that a tree may look at when nobody says how many: all of so many, a tenth of many.
const FEW_FEATURES: f64 = 64.0;
const COLUMN_DOMAIN: u64 = 0x7472_6565;

/// Settings of a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestOptions {
    /// Trees for each class, one tree for two classes; within 1..=10,000.
    pub rounds: u32,
    /// Thresholds on the way to an answer, within 1..=8.
    pub depth: u32,
    /// The share of its answer that a tree adds, within 0.001..=1. Smaller needs more rounds and errs less.
    pub rate: f64,
    /// The share of features that a tree may look at, within 0.01..=1; `None` for all of few and a tenth of many.
    pub columns: Option<f64>,
    /// The accuracy that kept answers promise, within 0.5..=0.999.
    pub level: f64,
}

impl Default for ForestOptions {
    fn default() -> Self {
        ForestOptions { rounds: 100, depth: 4, rate: 0.2, columns: None, level: 0.9 }
    }
}

/// Trees of thresholds whose answers add up to a score for each class, with everything needed to answer rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostedTrees {
    target: String,
    /// Names by class number, ascending.
    classes: Vec<String>,
    encoder: Encoder,
    scorer: Scorer,
    calibration: Calibration,
}

impl BoostedTrees {
    /// Learns the column `target` from the others; rows without a target value are left out. A tenth of the rows, if
    /// that is enough, is held out to calibrate margins. A limit leaves the trees of the rounds before. Ticks: one a row
    /// and column; for each tree one a row, and on each level one for each row outside a column's most frequent bin; then
    /// one a tree and held-out row.
    ///
    /// # Errors
    /// No such column, options out of range, fewer than two classes, mostly distinct values, or constant columns.
    pub fn fit(
        ctx: &Ctx,
        table: &Table,
        target: &str,
        options: &ForestOptions,
    ) -> Result<Fitted<BoostedTrees>, ForestError> {
        options.validated()?;
        let labels = read_labels(table, target)?;
        let parting = labels.hold_out(ctx.seed(), least_held_out(options.level));
        let learn = table.take_rows(&labels.rows_at(&parting.train));
        let encoder = Encoder::fit(&learn, target)?;
        let (found, most) = (encoder.n_features(), MAX_FEATURES);
        if found > most {
            return Err(ForestError::TooManyFeatures { found, most });
        }
        let features = encoder.encode(&learn, 0..learn.n_rows())?;
        let codes = labels.codes_at(&parting.train);
        let (scorer, mut stop) = Scorer::fit(ctx, (&features, &codes), labels.classes().len(), options);
        let (target, classes) = (target.to_string(), labels.classes().to_vec());
        let mut model = BoostedTrees { target, classes, encoder, scorer, calibration: Calibration::Missing };
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
    ) -> Result<Stop, ForestError> {
        let (answers, stop) = self.answer(ctx, table, 0..table.n_rows())?;
        if stop == Stop::Done {
            let outcomes =
                answers.iter().zip(truth).map(|(answer, &class)| (answer.margin, answer.class == class));
            self.calibration = Calibration::find(outcomes.collect(), level);
        }
        Ok(stop)
    }

    /// Answers rows of a table, columns found by name, in order until done or out of budget. The margin is the lead in
    /// probability. One tick a tree and row, and one a row.
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
    ) -> Result<(Vec<Answer>, Stop), ForestError> {
        let mut answers = Vec::new();
        let mut probabilities = vec![0.0; self.classes.len()];
        for start in rows.clone().step_by(ROWS_AT_ONCE) {
            let part = start..rows.end.min(start + ROWS_AT_ONCE);
            let features = self.encoder.encode(table, part.clone())?;
            for (row, features) in part.zip(features.chunks_exact(self.encoder.n_features())) {
                if let ControlFlow::Break(stop) = ctx.tick(self.scorer.trees.len() as u64 + 1) {
                    return Ok((answers, stop));
                }
                self.scorer.probabilities(features, &mut probabilities);
                answers.push(Answer::of_probabilities(row, &probabilities, &self.calibration));
            }
        }
        Ok((answers, Stop::Done))
    }

    /// The probabilities of the classes of some rows, row by row.
    ///
    /// # Errors
    /// As [`BoostedTrees::answer`].
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn probabilities(&self, table: &Table, rows: Range<usize>) -> Result<Vec<f64>, ForestError> {
        let n_classes = self.classes.len();
        let mut probabilities = vec![0.0; rows.len() * n_classes]; // [row][class]
        let features = self.encoder.encode(table, rows)?;
        let features = features.chunks_exact(self.encoder.n_features());
        for (features, of_row) in features.zip(probabilities.chunks_exact_mut(n_classes)) {
            self.scorer.probabilities(features, of_row);
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

    /// The trees, round by round; in a round one for each class, or for the last class alone where there are two.
    pub fn trees(&self) -> &[Tree] {
        &self.scorer.trees
    }

    /// The model as bytes; equal models give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Scorer { start, trees } = &self.scorer;
        let parts = (&self.target, &self.classes, &self.encoder, start, trees, self.calibration.to_parts());
        // Writing to memory cannot fail: every field is of a kind that the format knows.
        postcard::to_allocvec(&parts).unwrap_or_default()
    }

    /// The model back from its bytes, every part checked against the others.
    ///
    /// # Errors
    /// The bytes are not a model, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<BoostedTrees, ForestError> {
        type Saved = (String, Vec<String>, Encoder, Vec<f64>, Vec<Tree>, Parts);
        let refuse = |reason: String| ForestError::Model { reason };
        let ((target, classes, encoder, start, trees, parts), rest) =
            postcard::take_from_bytes::<Saved>(bytes).map_err(|error| refuse(error.to_string()))?;
        if !rest.is_empty() {
            return Err(refuse(format!("{} bytes too many", rest.len())));
        }
        let calibration =
            Calibration::from_parts(parts).ok_or_else(|| refuse("its calibration is odd".to_string()))?;
        let model = BoostedTrees { target, classes, encoder, scorer: Scorer { start, trees }, calibration };
        if model.is_consistent() {
            Ok(model)
        } else {
            Err(refuse("its parts do not fit together".to_string()))
        }
    }

    fn is_consistent(&self) -> bool {
        let (n_classes, n_features) = (self.classes.len(), self.encoder.n_features());
        let Scorer { start, trees } = &self.scorer;
        (2..=MAX_CLASSES).contains(&n_classes)
            && self.classes.is_sorted_by(|a, b| a < b)
            && self.encoder.is_consistent()
            && start.len() == n_scores(n_classes)
            && start.iter().all(|score| score.is_finite())
            && trees.len().is_multiple_of(start.len())
            && trees.iter().all(|tree| tree.is_consistent(n_features))
    }
}

/// Scores of rows of features: where they start, and the trees that add to them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scorer {
    /// The logarithm of each class's odds before anything is known; of two classes, the second's alone.
    start: Vec<f64>,
    trees: Vec<Tree>,
}

impl Scorer {
    /// Boosts trees on rows of features with their classes, until done or out of budget.
    pub(crate) fn fit(
        ctx: &Ctx,
        (features, labels): (&[f64], &[u32]),
        n_classes: usize,
        options: &ForestOptions,
    ) -> (Scorer, Stop) {
        let n_features = features.len() / labels.len().max(1);
        let mut scorer = Scorer { start: start(labels, n_classes), trees: Vec::new() };
        let bins = match Bins::of(ctx, features, n_features) {
            ControlFlow::Continue(bins) => bins,
            ControlFlow::Break(stop) => return (scorer, stop),
        };
        let mut scores: Vec<Vec<f64>> = scorer.start.iter().map(|&start| vec![start; labels.len()]).collect();
        for round in 0..options.rounds {
            match boost_round(ctx, &bins, labels, &mut scores, (round, options)) {
                ControlFlow::Continue(trees) => scorer.trees.extend(trees),
                ControlFlow::Break(stop) => return (scorer, stop),
            }
        }
        (scorer, Stop::Done)
    }

    /// The probabilities of all classes for a row of features.
    pub(crate) fn probabilities(&self, features: &[f64], probabilities: &mut [f64]) {
        let n_scores = self.start.len();
        // Two classes have one score; the other place stays zero, which makes it the logarithm of the odds.
        probabilities.fill(0.0);
        let first = probabilities.len() - n_scores;
        let scores = &mut probabilities[first..];
        scores.copy_from_slice(&self.start);
        for trees in self.trees.chunks_exact(n_scores) {
            scores.iter_mut().zip(trees).for_each(|(score, tree)| *score += tree.value(features));
        }
        softmax(probabilities);
    }
}

/// The trees of one round; scores are as they were if it was not finished.
fn boost_round(
    ctx: &Ctx,
    bins: &Bins,
    labels: &[u32],
    scores: &mut [Vec<f64>],
    (round, options): (u32, &ForestOptions),
) -> ControlFlow<Stop, Vec<Tree>> {
    let n_scores = scores.len();
    let slopes = slopes(ctx, scores, labels)?;
    let mut grown = Vec::with_capacity(n_scores);
    for (place, slopes) in slopes.iter().enumerate() {
        let stream = u64::from(round) * n_scores as u64 + place as u64;
        let columns =
            options.choose_columns(bins.columns.len(), Rng::new(ctx.seed() ^ COLUMN_DOMAIN, stream));
        let shape = Shape { columns: &columns, depth: options.depth, rate: options.rate };
        grown.push(grow(ctx, bins, slopes, &shape)?);
    }
    let mut trees = Vec::with_capacity(n_scores);
    for ((tree, places), scores) in grown.into_iter().zip(scores) {
        let values: Vec<f64> = tree.leaf_values();
        scores.iter_mut().zip(places).for_each(|(score, place)| *score += values[place as usize]);
        trees.push(tree);
    }
    ControlFlow::Continue(trees)
}

/// How the logistic loss of each row changes with each score: `[score][row]`.
fn slopes(ctx: &Ctx, scores: &[Vec<f64>], labels: &[u32]) -> ControlFlow<Stop, Vec<Vec<Slope>>> {
    let n_scores = scores.len();
    let mut slopes = vec![Vec::with_capacity(labels.len()); n_scores];
    // As in `Scorer::probabilities`, two classes have one score, the second's.
    let first = usize::from(n_scores == 1);
    let mut probabilities = vec![0.0; n_scores + first];
    for (row, &label) in labels.iter().enumerate() {
        ctx.tick(n_scores as u64)?;
        probabilities.fill(0.0);
        (0..n_scores).for_each(|place| probabilities[first + place] = scores[place][row]);
        softmax(&mut probabilities);
        for (place, slopes) in slopes.iter_mut().enumerate() {
            let probability = probabilities[first + place];
            let truth = f64::from(u8::from(label as usize == first + place));
            slopes
                .push(Slope { gradient: probability - truth, curvature: probability * (1.0 - probability) });
        }
    }
    ControlFlow::Continue(slopes)
}

fn n_scores(n_classes: usize) -> usize {
    if n_classes == 2 { 1 } else { n_classes }
}

/// Scores before anything is known. Each class counts as seen once more than it was, so that none is impossible.
fn start(labels: &[u32], n_classes: usize) -> Vec<f64> {
    let mut counts = vec![1.0_f64; n_classes];
    labels.iter().for_each(|&label| counts[label as usize] += 1.0);
    match counts.as_slice() {
        [first, second] => vec![(second / first).ln()],
        counts => counts.iter().map(|count| (count / (labels.len() + n_classes) as f64).ln()).collect(),
    }
}

pub(crate) fn softmax(scores: &mut [f64]) {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

impl ForestOptions {
    fn validated(&self) -> Result<(), ForestError> {
        let check = |option, is_good: bool, value: String, expected| {
            if is_good { Ok(()) } else { Err(ForestError::Option { option, value, expected }) }
        };
        let rounds = (1..=10_000).contains(&self.rounds);
        check("rounds", rounds, self.rounds.to_string(), "a number within 1..=10000")?;
        check("depth", (1..=8).contains(&self.depth), self.depth.to_string(), "a number within 1..=8")?;
        let rate = (0.001..=1.0).contains(&self.rate);
        check("rate", rate, self.rate.to_string(), "a number within 0.001..=1")?;
        let columns = self.columns.is_none_or(|share| (0.01..=1.0).contains(&share));
        check("columns", columns, format!("{:?}", self.columns), "a share within 0.01..=1")?;
        check("level", is_level(self.level), self.level.to_string(), "a share within 0.5..=0.999")
    }

    /// Features that one tree may look at, ascending.
    fn choose_columns(&self, n_features: usize, mut rng: Rng) -> Vec<usize> {
        let n = n_features as f64;
        let share = self.columns.unwrap_or((FEW_FEATURES / n).clamp(0.1, 1.0));
        let mut columns: Vec<usize> = (0..n_features).collect();
        rng.shuffle(&mut columns);
        columns.truncate(((share * n).ceil() as usize).max(1));
        columns.sort_unstable();
        columns
    }

    /// Row additions of a fit, at most.
    pub(crate) fn n_additions(&self, n_rows: usize, n_features: usize, n_classes: usize) -> f64 {
        let columns = self.choose_columns(n_features, Rng::new(0, 0)).len();
        let levels = f64::from(self.rounds * self.depth) * n_scores(n_classes) as f64;
        levels * (n_rows * columns) as f64
    }
}

/// The target's labels, if they are classes to tell apart.
pub(crate) fn read_labels(table: &Table, target: &str) -> Result<Labels, ForestError> {
    let labels = Labels::read(table, target)?;
    let found = labels.classes().len();
    if labels.hardly_repeat() {
        let (target, rows) = (target.to_string(), labels.len());
        return Err(ForestError::NotClasses { target, classes: found, rows });
    }
    if !(2..=MAX_CLASSES).contains(&found) {
        return Err(ForestError::Classes { found, most: MAX_CLASSES });
    }
    Ok(labels)
}
