//! The multiclass Tsetlin machine of Granmo, "The Tsetlin machine" (2018, arXiv 1804.01508), packed into words.
//!
//! Paper to names: clauses m = `n_clauses` a class, half for and half against it; T = `threshold`; s = `specificity`.
//! Differences: automata start one step below including instead of at random; probabilities are multiples of 2^-16.
//! Equal bit for bit to [`reference`](crate::reference). Left out: weights, convolution, literal budgets, threads.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Fitted, Progress, Stop};
use isogrid_num::bits::{BitMatrix, tail_mask};
use serde::{Deserialize, Serialize};

use crate::TsetlinError;
use crate::clauses::Team;
use crate::draws::{Draws, event_probability};

/// Settings of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Clauses a class, an even number within 2..=65,536. More fit finer rules and cost time in proportion.
    pub n_clauses: usize,
    /// Class sums are clamped to this, within 1..=1,000,000; clauses stop learning a sample as its sum nears it. From a
    /// quarter of few clauses to a twentieth of many works widely.
    pub threshold: u32,
    /// How many literals clauses gather, within 1..=1,000: a clause forgets a literal with probability 1 / specificity.
    /// Powers of two train fastest, because such events take few random bits.
    pub specificity: f64,
    /// Passes over the samples.
    pub epochs: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { n_clauses: 200, threshold: 15, specificity: 8.0, epochs: 30 }
    }
}

/// Bounds of options, also of what a saved model may claim.
pub(crate) const MAX_CLAUSES: usize = 1 << 16;
pub(crate) const MAX_CLASSES: usize = 1 << 12;
const MAX_THRESHOLD: u32 = 1_000_000;
const MAX_SPECIFICITY: f64 = 1_000.0;

impl Options {
    fn validated(&self) -> Result<(), TsetlinError> {
        let refuse = |option, value: String, expected| Err(TsetlinError::Option { option, value, expected });
        if !(2..=MAX_CLAUSES).contains(&self.n_clauses) || !self.n_clauses.is_multiple_of(2) {
            return refuse("clauses", self.n_clauses.to_string(), "an even number within 2..=65536");
        }
        if !(1..=MAX_THRESHOLD).contains(&self.threshold) {
            return refuse("threshold", self.threshold.to_string(), "a number within 1..=1000000");
        }
        if !(1.0..=MAX_SPECIFICITY).contains(&self.specificity) {
            return refuse("specificity", self.specificity.to_string(), "a number within 1..=1000");
        }
        Ok(())
    }
}

/// A trained machine over boolean features.
///
/// ```
/// use isogrid_core::Ctx;
/// use isogrid_num::bits::BitMatrix;
/// use isogrid_tsetlin::{Options, TsetlinClassifier};
///
/// // Exclusive or of two features: no linear rule can tell it.
/// let mut samples = BitMatrix::new(400, 2);
/// let mut labels = Vec::new();
/// for row in 0..400 {
///     let (a, b) = (row % 2 == 1, row / 2 % 2 == 1);
///     if a { samples.insert(row, 0) }
///     if b { samples.insert(row, 1) }
///     labels.push(u32::from(a != b));
/// }
/// let options = Options { n_clauses: 10, threshold: 5, specificity: 3.0, epochs: 20 };
/// let machine = TsetlinClassifier::fit(&Ctx::new(1), &samples, &labels, &options)?.model;
/// let answers = machine.predict_rows(&samples)?;
/// assert!(answers.iter().zip(&labels).all(|(answer, label)| answer.class == *label));
/// # Ok::<(), isogrid_tsetlin::TsetlinError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsetlinClassifier {
    n_features: usize,
    n_classes: usize,
    n_clauses: usize,
    /// `[class][clause][word]`, one bit a literal: features, then their negations.
    included: Vec<u64>,
}

/// The answer for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prediction {
    /// The class with the largest sum; of equal ones the first.
    pub class: u32,
    /// By how much its sum exceeds the next one's.
    pub margin: u32,
}

impl TsetlinClassifier {
    /// Trains on packed rows and a class number per row; classes are `0..=max`. One tick is one class's update on one
    /// sample. A limit ends training early with the machine as it is then. Cost: `2 * epochs * n_rows * n_clauses`
    /// clause evaluations of `n_features / 32` words.
    ///
    /// # Errors
    /// Options out of range, no features, a label per row missing, or fewer than two classes.
    pub fn fit(
        ctx: &Ctx,
        samples: &BitMatrix,
        labels: &[u32],
        options: &Options,
    ) -> Result<Fitted<TsetlinClassifier>, TsetlinError> {
        options.validated()?;
        let n_classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        if labels.len() != samples.n_rows() {
            return Err(TsetlinError::LabelCount { rows: samples.n_rows(), labels: labels.len() });
        }
        if !(2..=MAX_CLASSES).contains(&n_classes) {
            return Err(TsetlinError::Classes { found: n_classes, most: MAX_CLASSES });
        }
        if samples.n_cols() == 0 {
            return Err(TsetlinError::NoFeatures);
        }
        let mut trainer = Trainer::new(ctx.seed(), samples, n_classes, options);
        let flow = trainer.train(ctx, labels);
        let stop = if let ControlFlow::Break(stop) = flow { stop } else { Stop::Done };
        Ok(Fitted { model: trainer.finish(samples.n_cols()), stop })
    }

    /// The number of boolean features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// The number of clauses a class.
    pub fn n_clauses(&self) -> usize {
        self.n_clauses
    }

    /// The literals of a clause: `k` below the number of features is feature `k`, `k` above is the negation of feature
    /// `k - n_features`. Clauses of even number vote for their class, the others against it.
    ///
    /// # Panics
    /// If there is no such class or clause.
    pub fn literals(&self, class: usize, clause: usize) -> impl Iterator<Item = usize> {
        assert!(class < self.n_classes && clause < self.n_clauses, "class {class}, clause {clause}");
        isogrid_num::bits::ones(self.clause(class, clause))
    }

    /// Answers every row. Cost: `n_rows * n_classes * n_clauses` clause evaluations.
    ///
    /// # Errors
    /// The rows do not have the machine's number of features.
    pub fn predict_rows(&self, rows: &BitMatrix) -> Result<Vec<Prediction>, TsetlinError> {
        if rows.n_cols() != self.n_features {
            return Err(TsetlinError::FeatureCount { expected: self.n_features, found: rows.n_cols() });
        }
        let mut predictor = self.predictor();
        Ok((0..rows.n_rows()).map(|row| predictor.predict(rows.row(row))).collect())
    }

    pub(crate) fn predictor(&self) -> Predictor<'_> {
        Predictor { machine: self, literals: vec![0; self.n_words()], sums: vec![0; self.n_classes] }
    }

    /// The votes for each class on one packed row, not clamped.
    ///
    /// # Errors
    /// The row does not have the words of the machine's features.
    pub fn class_sums(&self, row: &[u64]) -> Result<Vec<i64>, TsetlinError> {
        if row.len() != self.n_features.div_ceil(64) {
            return Err(TsetlinError::FeatureCount { expected: self.n_features, found: row.len() * 64 });
        }
        let mut predictor = self.predictor();
        predictor.predict(row);
        Ok(predictor.sums)
    }

    /// Whether the parts fit together, as after loading from a file.
    pub(crate) fn is_consistent(&self) -> bool {
        let in_range = (1..=1 << 24).contains(&self.n_features)
            && (2..=MAX_CLASSES).contains(&self.n_classes)
            && (2..=MAX_CLAUSES).contains(&self.n_clauses);
        let tail = tail_mask(2 * self.n_features);
        in_range
            && self.n_clauses.is_multiple_of(2)
            && self.included.len() == self.n_classes * self.n_clauses * self.n_words()
            && self.included.chunks_exact(self.n_words()).all(|clause| clause[clause.len() - 1] & !tail == 0)
    }

    fn n_words(&self) -> usize {
        (2 * self.n_features).div_ceil(64)
    }

    fn clause(&self, class: usize, clause: usize) -> &[u64] {
        &self.included[(class * self.n_clauses + clause) * self.n_words()..][..self.n_words()]
    }
}

/// Answers rows one after another without allocating.
pub(crate) struct Predictor<'a> {
    machine: &'a TsetlinClassifier,
    literals: Vec<u64>,
    sums: Vec<i64>,
}

impl Predictor<'_> {
    /// Answers a packed row of the machine's features.
    pub(crate) fn predict(&mut self, row: &[u64]) -> Prediction {
        let literals = &mut self.literals;
        pack_literals(row, self.machine.n_features, literals);
        let clauses = self.machine.included.chunks_exact(literals.len() * self.machine.n_clauses);
        for (sum, clauses) in self.sums.iter_mut().zip(clauses) {
            *sum = 0;
            for (index, clause) in clauses.chunks_exact(literals.len()).enumerate() {
                *sum += if holds_and_says_something(clause, literals) { polarity(index) } else { 0 };
            }
        }
        best_of(&self.sums)
    }
}

/// A clause without literals abstains once training is over.
fn holds_and_says_something(clause: &[u64], literals: &[u64]) -> bool {
    let mut any = 0;
    for (included, literals) in clause.iter().zip(literals) {
        if included & !literals != 0 {
            return false;
        }
        any |= included;
    }
    any != 0
}

fn polarity(clause: usize) -> i64 {
    if clause.is_multiple_of(2) { 1 } else { -1 }
}

fn best_of(sums: &[i64]) -> Prediction {
    let (mut best, mut second) = (0, None);
    for class in 1..sums.len() {
        if sums[class] > sums[best] {
            second = Some(sums[best]);
            best = class;
        } else {
            second = second.max(Some(sums[class]));
        }
    }
    let margin = second.map_or(0, |second| sums[best] - second);
    Prediction { class: best as u32, margin: margin as u32 }
}

/// Packs a row of features and, right behind, their negations.
pub(crate) fn pack_literals(row: &[u64], n_features: usize, literals: &mut [u64]) {
    literals.fill(0);
    literals[..row.len()].copy_from_slice(row);
    let (start, shift) = (n_features / 64, n_features % 64);
    for (word, features) in row.iter().enumerate() {
        let mask = if word + 1 == row.len() { tail_mask(n_features) } else { u64::MAX };
        let negated = !features & mask;
        literals[start + word] |= negated << shift;
        if shift > 0 && negated >> (64 - shift) != 0 {
            literals[start + word + 1] |= negated >> (64 - shift);
        }
    }
}

struct Trainer<'a> {
    options: &'a Options,
    draws: Draws,
    probability: u32,
    /// Packed literals of every sample, one row a sample.
    literals: Vec<u64>,
    n_words: usize,
    teams: Vec<Team>,
    /// `[clause]`: does it hold on the sample at hand.
    holds: Vec<bool>,
}

impl<'a> Trainer<'a> {
    fn new(seed: u64, samples: &BitMatrix, n_classes: usize, options: &'a Options) -> Trainer<'a> {
        let n_literals = 2 * samples.n_cols();
        let n_words = n_literals.div_ceil(64);
        let mut literals = vec![0; samples.n_rows() * n_words];
        for (row, literals) in literals.chunks_exact_mut(n_words).enumerate() {
            pack_literals(samples.row(row), samples.n_cols(), literals);
        }
        let team = Team::new(options.n_clauses, n_literals);
        Trainer {
            options,
            draws: Draws { seed },
            probability: event_probability(options.specificity),
            literals,
            n_words,
            teams: vec![team; n_classes],
            holds: vec![false; options.n_clauses],
        }
    }

    fn train(&mut self, ctx: &Ctx, labels: &[u32]) -> ControlFlow<Stop> {
        let _span = ctx.span("train");
        let (n_samples, n_classes) = (labels.len(), self.teams.len());
        let epochs = u64::from(self.options.epochs);
        for epoch in 0..epochs {
            ctx.progress(Progress { stage: "epoch", done: epoch, total: Some(epochs), note: "" });
            for (place, sample) in self.draws.order(epoch, n_samples).into_iter().enumerate() {
                let visit = epoch * n_samples as u64 + place as u64;
                let class = labels[sample] as usize;
                ctx.tick(1)?;
                self.update(2 * visit, sample, Target { class, is_own: true });
                let class = self.draws.rival(visit, class, n_classes);
                ctx.tick(1)?;
                self.update(2 * visit + 1, sample, Target { class, is_own: false });
            }
        }
        ControlFlow::Continue(())
    }

    fn update(&mut self, number: u64, sample: usize, target: Target) {
        let literals = &self.literals[sample * self.n_words..][..self.n_words];
        let team = &mut self.teams[target.class];
        let mut sum = 0;
        for (clause, holds) in self.holds.iter_mut().enumerate() {
            *holds = team.holds(clause, literals);
            sum += if *holds { polarity(clause) } else { 0 };
        }
        let threshold = i64::from(self.options.threshold);
        let sum = sum.clamp(-threshold, threshold);
        let distance = if target.is_own { threshold - sum } else { threshold + sum } as u64;
        let draws = self.draws.update(number);
        for clause in 0..self.options.n_clauses {
            if !draws.is_selected(clause, distance, 2 * threshold as u64) {
                continue;
            }
            if (polarity(clause) > 0) == target.is_own {
                team.type_i(clause, literals, draws.events(clause, self.probability));
            } else if self.holds[clause] {
                team.type_ii(clause, literals);
            }
        }
    }

    fn finish(self, n_features: usize) -> TsetlinClassifier {
        let n_clauses = self.options.n_clauses;
        let clauses =
            self.teams.iter().flat_map(|team| (0..n_clauses).flat_map(|clause| team.included(clause)));
        let included = clauses.copied().collect();
        TsetlinClassifier { n_features, n_classes: self.teams.len(), n_clauses, included }
    }
}

/// The class an update is about, and whether the sample belongs to it.
struct Target {
    class: usize,
    is_own: bool,
}

#[cfg(test)]
mod tests {
    use isogrid_core::Limit;
    use isogrid_num::rng::Rng;
    use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

    use super::*;
    use crate::reference;

    fn random_rows(seed: u64, n_rows: usize, n_cols: usize) -> (BitMatrix, Vec<Vec<bool>>) {
        let mut rng = Rng::new(seed, 0);
        let mut packed = BitMatrix::new(n_rows, n_cols);
        let mut plain = vec![vec![false; n_cols]; n_rows];
        for (row, bits) in plain.iter_mut().enumerate() {
            for (col, bit) in bits.iter_mut().enumerate() {
                *bit = rng.chance(0.4);
                if *bit {
                    packed.insert(row, col);
                }
            }
        }
        (packed, plain)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_packed_machine_equals_the_reference(
            seed in any::<u64>(),
            n_features in 1_usize..100,
            n_classes in 2_u32..5,
            half_clauses in 1_usize..6,
            threshold in 1_u32..12,
            tenths in 10_u32..200,
        ) {
            let (packed, plain) = random_rows(seed, 30, n_features);
            let mut labels: Vec<u32> =
                plain.iter().map(|bits| bits.iter().filter(|&&bit| bit).count() as u32 % n_classes).collect();
            labels[0] = n_classes - 1;
            let specificity = f64::from(tenths) / 10.0;
            let options = Options { n_clauses: 2 * half_clauses, threshold, specificity, epochs: 4 };
            let machine = TsetlinClassifier::fit(&Ctx::new(seed), &packed, &labels, &options).unwrap().model;
            let slow = reference::Machine::fit(seed, &plain, &labels, &options);
            for class in 0..machine.n_classes() {
                for clause in 0..machine.n_clauses() {
                    let literals: Vec<usize> = machine.literals(class, clause).collect();
                    prop_assert_eq!(literals, slow.literals(class, clause));
                }
            }
            for (row, bits) in plain.iter().enumerate() {
                prop_assert_eq!(machine.class_sums(packed.row(row)).unwrap(), slow.class_sums(bits));
            }
        }
    }

    #[test]
    fn literals_are_features_then_negations() {
        for n_features in [1, 31, 32, 33, 63, 64, 65, 100, 128] {
            let (packed, plain) = random_rows(n_features as u64, 3, n_features);
            let mut literals = vec![0; (2 * n_features).div_ceil(64)];
            for (row, bits) in plain.iter().enumerate() {
                pack_literals(packed.row(row), n_features, &mut literals);
                let expected = bits.iter().copied().chain(bits.iter().map(|bit| !bit));
                let expected: Vec<usize> =
                    expected.enumerate().filter(|(_, bit)| *bit).map(|(place, _)| place).collect();
                assert!(isogrid_num::bits::ones(&literals).eq(expected), "{n_features} features");
            }
        }
    }

    #[test]
    fn the_first_of_equal_classes_wins() {
        for (sums, class, margin) in
            [(vec![1, 1], 0, 0), (vec![-3, 2, 5, 4], 2, 1), (vec![4, 9, 9], 1, 0), (vec![7, 1], 0, 6)]
        {
            assert_eq!(best_of(&sums), Prediction { class, margin }, "{sums:?}");
        }
    }

    #[test]
    fn what_cannot_be_learned_is_refused() {
        let (rows, _) = random_rows(1, 4, 3);
        let fit = |rows: &BitMatrix, labels: &[u32], options: Options| {
            TsetlinClassifier::fit(&Ctx::new(1), rows, labels, &options).unwrap_err().to_string()
        };
        let (good, labels) = (Options::default, [0, 1, 0, 1]);
        let cases = [
            (fit(&rows, &[0, 1], good()), "4 rows and 2 labels"),
            (fit(&rows, &[0; 4], good()), "expected 2 to 4096 classes, found 1"),
            (fit(&BitMatrix::new(4, 0), &labels, good()), "no features"),
            (fit(&rows, &labels, Options { n_clauses: 3, ..good() }), "`clauses` is 3"),
            (fit(&rows, &labels, Options { threshold: 0, ..good() }), "`threshold` is 0"),
            (fit(&rows, &labels, Options { specificity: 0.5, ..good() }), "`specificity` is 0.5"),
            (fit(&rows, &labels, Options { specificity: f64::NAN, ..good() }), "`specificity` is NaN"),
        ];
        for (message, expected) in cases {
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_tick_limit_ends_training_early() {
        let (rows, _) = random_rows(1, 4, 3);
        let ctx = Ctx::new(1).with_tick_limit(5);
        let fitted = TsetlinClassifier::fit(&ctx, &rows, &[0, 1, 0, 1], &Options::default()).unwrap();
        assert_eq!((fitted.stop, ctx.ticks()), (Stop::Budget(Limit::Ticks), 6));
    }
}
