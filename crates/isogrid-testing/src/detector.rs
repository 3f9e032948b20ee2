//! The rates of a detector over many seeds: rarely wrong on counter-examples, mostly right on planted structure.

use isogrid_core::{Ctx, Detect, Evidence, Finding};

const N_SEEDS: u64 = 200;
const LEAST_POWER: f64 = 0.8;

/// A detector with the level it states. Every check panics with what is wrong.
pub struct DetectorRates<E> {
    engine: E,
    alpha: f64,
    structure: Option<&'static str>,
}

impl<E: Detect> DetectorRates<E> {
    /// A detector of level `alpha`, over all the structures that it looks for.
    pub fn new(engine: E, alpha: f64) -> Self {
        DetectorRates { engine, alpha, structure: None }
    }

    /// Counts only the finding of this name.
    #[must_use]
    pub fn of(mut self, structure: &'static str) -> Self {
        self.structure = Some(structure);
        self
    }

    /// Runs every check.
    pub fn check_all(&self) {
        self.counter_examples_are_rarely_found();
        self.planted_structure_is_found();
        self.findings_repeat_and_are_sane();
    }

    /// Structure is found in at most alpha + 2 sigma of the counter-examples.
    pub fn counter_examples_are_rarely_found(&self) {
        let rate = self.rate(|seed| self.engine.counter_example(seed));
        let sigma = (self.alpha * (1.0 - self.alpha) / N_SEEDS as f64).sqrt();
        let most = self.alpha + 2.0 * sigma;
        assert!(rate <= most, "found in {rate:.3} of {N_SEEDS} counter-examples, at most {most:.3} allowed");
    }

    /// Structure is found in at least 80 % of the planted cases.
    pub fn planted_structure_is_found(&self) {
        let rate = self.rate(|seed| self.engine.planted(seed));
        assert!(rate >= LEAST_POWER, "found in only {rate:.3} of {N_SEEDS} planted cases");
    }

    /// The same data and seed give the same findings; numbers are in their ranges.
    pub fn findings_repeat_and_are_sane(&self) {
        for data in [self.engine.counter_example(0), self.engine.planted(0)] {
            let findings = self.findings(0, &data);
            let again = self.findings(0, &data);
            assert_eq!(format!("{findings:?}"), format!("{again:?}"), "the same seed gave other findings");
            assert!(!findings.is_empty(), "no finding at all: absent structure is a finding too");
            findings.iter().for_each(check_sane);
        }
    }

    fn findings(&self, seed: u64, data: &E::Data) -> Vec<Finding> {
        let findings = self.engine.detect(&Ctx::new(seed), data);
        findings.unwrap_or_else(|error| panic!("detect failed at seed {seed}: {error}"))
    }

    fn rate(&self, make: impl Fn(u64) -> E::Data) -> f64 {
        let counts = |finding: &Finding| self.structure.is_none_or(|name| finding.structure == name);
        let mut n_found = 0_u64;
        for seed in 0..N_SEEDS {
            let findings = self.findings(seed, &make(seed));
            assert!(findings.iter().any(counts), "no finding is called {:?}", self.structure);
            n_found += u64::from(findings.iter().any(|finding| finding.found && counts(finding)));
        }
        n_found as f64 / N_SEEDS as f64
    }
}

fn check_sane(finding: &Finding) {
    let name = &finding.structure;
    assert!(!name.is_empty() && !finding.statement.is_empty(), "a finding without words: {finding:?}");
    match &finding.evidence {
        Evidence::Test { statistic, null_quantile, p } => {
            assert!((0.0..=1.0).contains(p), "{name}: p is {p}");
            assert!(!statistic.is_nan() && !null_quantile.is_nan(), "{name}: not a number in {finding:?}");
        }
        Evidence::Proof { certificate: words } | Evidence::ByConstruction { why: words } => {
            assert!(!words.is_empty(), "{name}: evidence without words");
        }
    }
    if let Some(bid) = &finding.bid {
        let (low, high) = bid.interval;
        assert!(low <= bid.score && bid.score <= high, "{name}: score {} outside {low}..{high}", bid.score);
        assert!(bid.cost >= 0.0 && bid.cost.is_finite(), "{name}: cost {}", bid.cost);
        assert!(!bid.backing_run.is_empty(), "{name}: say what backs the bid, or why nothing does yet");
    }
}
