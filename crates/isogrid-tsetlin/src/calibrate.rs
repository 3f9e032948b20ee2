//! From which margin on answers are as accurate as promised, found on rows that training did not see.
//!
//! Fixed-sequence testing of Angelopoulos et al., "Learn then test" (2021, arXiv 2110.01052): beginning with the answers
//! of largest margin, more and more are kept as long as an exact binomial test rejects "accuracy at most `level`". If new
//! rows come from where the old ones came from, the promise holds with probability 1 - [`DELTA`] over the held-out rows.

use isogrid_num::stats::binomial_upper_tail;
use serde::{Deserialize, Serialize};

/// The probability with which the promise may fail.
pub const DELTA: f64 = 0.1;

/// Parts in which the answers are added.
const N_STEPS: usize = 20;

/// What is known about margins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Calibration {
    /// Answers of at least this margin are accurate to the level.
    Margin {
        /// The margin.
        least: u32,
        /// The accuracy promised.
        level: f64,
        /// Rows held out.
        n_rows: u32,
        /// Of these, rows of at least the margin.
        n_kept: u32,
    },
    /// No margin gives the level.
    Unreached {
        /// The accuracy asked for.
        level: f64,
        /// Rows held out.
        n_rows: u32,
    },
    /// There were too few rows to hold some out, or a limit ended the fit before.
    Missing,
}

impl Calibration {
    /// Finds the margin from (margin, is right) of held-out rows.
    pub(crate) fn find(mut answers: Vec<(u32, bool)>, level: f64) -> Calibration {
        answers.sort_unstable_by(|a, b| b.cmp(a));
        let n_rows = answers.len();
        let step = (n_rows / N_STEPS).max(1);
        let mut best = None;
        let (mut n_kept, mut n_right) = (0, 0);
        while n_kept < n_rows {
            let least_kept = if n_kept == 0 { first_step(level).max(step) } else { n_kept + step };
            let end = end_of_ties(&answers, least_kept.min(n_rows));
            n_right += answers[n_kept..end].iter().filter(|answer| answer.1).count();
            n_kept = end;
            if binomial_upper_tail(n_right as u64, n_kept as u64, level) > DELTA {
                break;
            }
            best = Some((answers[n_kept - 1].0, n_kept as u32));
        }
        let n_rows = n_rows as u32;
        match best {
            Some((least, n_kept)) => Calibration::Margin { least, level, n_rows, n_kept },
            None => Calibration::Unreached { level, n_rows },
        }
    }

    /// Whether an answer of this margin may be kept.
    pub fn keeps(&self, margin: u32) -> bool {
        matches!(self, Calibration::Margin { least, .. } if margin >= *least)
    }

    /// The accuracy promised or asked for.
    pub fn level(&self) -> Option<f64> {
        match self {
            Calibration::Margin { level, .. } | Calibration::Unreached { level, .. } => Some(*level),
            Calibration::Missing => None,
        }
    }

    pub(crate) fn is_consistent(&self) -> bool {
        match self {
            Calibration::Margin { level, n_rows, n_kept, .. } => is_level(*level) && n_kept <= n_rows,
            Calibration::Unreached { level, .. } => is_level(*level),
            Calibration::Missing => true,
        }
    }
}

/// Whether a number can be an accuracy to ask for.
pub(crate) fn is_level(level: f64) -> bool {
    (0.5..=0.999).contains(&level)
}

/// Twice the fewest answers that can pass the test, so that one wrong answer does not end the sequence.
pub(crate) fn first_step(level: f64) -> usize {
    2 * (DELTA.ln() / level.ln()).ceil() as usize
}

/// Answers of one margin stay together.
fn end_of_ties(answers: &[(u32, bool)], n_kept: usize) -> usize {
    let margin = answers[n_kept - 1].0;
    n_kept + answers[n_kept..].iter().take_while(|answer| answer.0 == margin).count()
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    /// Rows whose probability of being right is margin / 100.
    fn rows(seed: u64, n: usize) -> Vec<(u32, bool)> {
        let mut rng = Rng::new(seed, 0);
        let mut row = || {
            let margin = rng.below(101) as u32;
            (margin, rng.chance(f64::from(margin) / 100.0))
        };
        (0..n).map(|_| row()).collect()
    }

    #[test]
    fn the_promise_is_kept_nearly_always() {
        let level = 0.8;
        let (mut n_broken, mut n_unreached) = (0, 0);
        for seed in 0..200 {
            let Calibration::Margin { least, .. } = Calibration::find(rows(seed, 600), level) else {
                n_unreached += 1;
                continue;
            };
            n_broken += u32::from(f64::from(least + 100) / 200.0 < level);
        }
        assert!(n_broken <= 28, "{n_broken} of 200 promises broken, 20 expected at most, 28 with two sigma");
        assert!(n_unreached <= 10, "{n_unreached} of 200 found no margin although 60 would do");
    }

    #[test]
    fn extremes() {
        let all = |right| vec![(5, right); 300];
        let kept = Calibration::Margin { least: 5, level: 0.9, n_rows: 300, n_kept: 300 };
        assert_eq!(Calibration::find(all(true), 0.9), kept);
        assert_eq!(Calibration::find(all(false), 0.9), Calibration::Unreached { level: 0.9, n_rows: 300 });
        assert_eq!(Calibration::find(Vec::new(), 0.9), Calibration::Unreached { level: 0.9, n_rows: 0 });
        assert!(kept.keeps(5) && !kept.keeps(4) && !Calibration::Missing.keeps(u32::MAX));
    }
}
