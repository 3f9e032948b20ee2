//! Settings of a machine, their bounds, and what they mean in the papers' letters.

use serde::{Deserialize, Serialize};

use crate::{Patches, TsetlinError};

/// Settings of a machine.
///
/// The letters of the papers: T = `threshold`, s or S = `specificity`, L = `max_literals`, LF = `fuzziness`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Clauses of an output, or of all outputs together where they share a pool; within 2..=65,536. More fit finer
    /// rules and cost time in proportion.
    pub n_clauses: usize,
    /// Votes at which an output counts as decided, within 1..=1,000,000: clauses stop learning a sample as its sum of
    /// votes nears it.
    pub threshold: u32,
    /// How rarely clauses forget, within 1..=1,000,000. Fuzzy feedback takes one step from `n_features / specificity`
    /// literals of either kind of a clause that does not fire; classic feedback from each with probability
    /// `1 / specificity`. Larger makes clauses keep more literals.
    pub specificity: f64,
    /// False literals at which a clause stops voting, within 1..=255; one with fewer has a vote for each that is left
    /// of these, a short clause at most one for each of its literals. 1 is the strict machine, whose clauses vote only
    /// when every literal is true.
    pub fuzziness: u32,
    /// Clauses of so many literals take in no more of the true ones.
    pub max_literals: u32,
    /// Passes over the samples.
    pub epochs: u32,
    /// How clauses learn.
    pub feedback: Feedback,
    /// Whose clauses they are.
    pub pool: Pool,
    /// Whether clauses have weights that grow when they fire rightly and shrink when wrongly. Shared ones always have.
    pub is_weighted: bool,
    /// How many of the other classes are told "not this one" on a sample; `None` for all of them. Fewer is faster, and
    /// learns less from a sample.
    pub negatives: Option<u32>,
    /// How samples are cut into patches; `None` for samples that are looked at whole.
    pub patches: Option<Patches>,
    /// Threads to train on, at least 1. The model is the same for every number.
    pub n_threads: usize,
}

/// How clauses learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feedback {
    /// Without a chance for each literal: Hnilov, "Fuzzy-pattern Tsetlin machine" (2025, arXiv 2508.08350).
    Fuzzy,
    /// With a chance of 1 / `specificity` for each literal: Granmo, "The Tsetlin machine" (2018, arXiv 1804.01508).
    Classic {
        /// Whether true literals of a clause that fires rightly are remembered always, and not only with a chance of
        /// 1 - 1 / `specificity`.
        boost_true_positive: bool,
    },
}

/// Whose clauses they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pool {
    /// Each output has its own; half vote for it and half against it.
    PerOutput,
    /// All outputs share them, each with a weight of either sign for every clause: Glimsdal and Granmo, "Coalesced
    /// multi-output Tsetlin machines" (2021, arXiv 2108.07594).
    Shared,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            n_clauses: 200,
            threshold: 28,
            specificity: 200.0,
            fuzziness: 8,
            max_literals: 16,
            epochs: 30,
            feedback: Feedback::Fuzzy,
            pool: Pool::PerOutput,
            is_weighted: false,
            negatives: None,
            patches: None,
            n_threads: 1,
        }
    }
}

/// Settings of which some are chosen by the size of the data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// See [`Options::n_clauses`].
    pub n_clauses: Option<usize>,
    /// See [`Options::threshold`].
    pub threshold: Option<u32>,
    /// See [`Options::specificity`].
    pub specificity: Option<f64>,
    /// See [`Options::fuzziness`].
    pub fuzziness: Option<u32>,
    /// See [`Options::max_literals`].
    pub max_literals: Option<u32>,
    /// See [`Options::epochs`].
    pub epochs: Option<u32>,
    /// See [`Options::n_threads`].
    pub n_threads: Option<usize>,
}

/// Below so many boolean features, clauses are short and strict ones are better.
const FEW_FEATURES: usize = 100;
/// The threshold, as a share of the votes that half the clauses have.
const DECIDED: f64 = 0.2;
/// Literals of each kind that a clause forgets at a time.
const FORGETS: f64 = 2.0;
/// Samples to visit, by strict clauses and by fuzzy ones; few samples are visited more often.
const VISITS: [usize; 2] = [40_000, 400_000];

impl Settings {
    /// Options for so many rows and boolean features: those that did best on small and middling tables (see the crate's
    /// README).
    pub fn settle(&self, n_rows: usize, n_features: usize) -> Options {
        let is_strict = self.fuzziness.map_or(n_features < FEW_FEATURES, |fuzziness| fuzziness == 1);
        let n_clauses = self.n_clauses.unwrap_or(if is_strict { 200 } else { 100 });
        let fuzziness = self.fuzziness.unwrap_or(if is_strict { 1 } else { 8 });
        let votes = (n_clauses / 2) as f64 * f64::from(fuzziness);
        // The votes of strict clauses are few; more than 15 of them need not agree.
        let threshold = if is_strict { (votes / 2.0).min(15.0) } else { votes * DECIDED };
        let specificity = if is_strict { 8.0 } else { (n_features as f64 / FORGETS).max(1.0) };
        Options {
            n_clauses,
            threshold: self.threshold.unwrap_or(threshold.max(1.0) as u32),
            specificity: self.specificity.unwrap_or(specificity),
            fuzziness,
            max_literals: self.max_literals.unwrap_or(if is_strict { 16 } else { fuzziness }),
            epochs: self
                .epochs
                .unwrap_or((VISITS[usize::from(!is_strict)] / n_rows.max(1)).clamp(50, 600) as u32),
            n_threads: self.n_threads.unwrap_or(1),
            ..Options::default()
        }
    }
}

/// Bounds of options, also of what a saved model may claim.
pub(crate) const MAX_CLAUSES: usize = 1 << 16;
pub(crate) const MAX_OUTPUTS: usize = 1 << 12;
pub(crate) const MAX_FEATURES: usize = 1 << 24;
pub(crate) const MAX_FUZZINESS: u32 = 255;
const MAX_THRESHOLD: u32 = 1_000_000;
const MAX_SPECIFICITY: f64 = 1_000_000.0;
pub(crate) const MAX_THREADS: usize = 1 << 10;

impl Options {
    /// The features that a clause sees of samples with `n_features`.
    pub fn n_clause_features(&self, n_features: usize) -> usize {
        self.patches.map_or(n_features, |patches| patches.n_clause_features(n_features))
    }

    /// # Errors
    /// The first option that is out of its range.
    pub(crate) fn validated(&self) -> Result<(), TsetlinError> {
        let check = |option, is_good: bool, value: String, expected| {
            if is_good { Ok(()) } else { Err(TsetlinError::Option { option, value, expected }) }
        };
        let clauses = (2..=MAX_CLAUSES).contains(&self.n_clauses);
        check("clauses", clauses, self.n_clauses.to_string(), "a number within 2..=65536")?;
        let threshold = (1..=MAX_THRESHOLD).contains(&self.threshold);
        check("threshold", threshold, self.threshold.to_string(), "a number within 1..=1000000")?;
        let specificity = (1.0..=MAX_SPECIFICITY).contains(&self.specificity);
        check("specificity", specificity, self.specificity.to_string(), "a number within 1..=1000000")?;
        let fuzziness = (1..=MAX_FUZZINESS).contains(&self.fuzziness);
        check("fuzziness", fuzziness, self.fuzziness.to_string(), "a number within 1..=255")?;
        check("literals", self.max_literals >= 1, self.max_literals.to_string(), "a number of at least 1")?;
        check("negatives", self.negatives != Some(0), "0".to_string(), "a number of at least 1")?;
        let threads = (1..=MAX_THREADS).contains(&self.n_threads);
        check("threads", threads, self.n_threads.to_string(), "a number within 1..=1024")
    }
}
