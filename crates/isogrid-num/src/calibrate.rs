//! From which margin on answers are as accurate as promised, found on cases that training did not see.
//!
//! Fixed-sequence testing of Angelopoulos et al., "Learn then test" (2021, arXiv 2110.01052): beginning with the answers
//! of largest margin, more and more are kept as long as an exact binomial test rejects "accuracy at most `level`". If new
//! cases come from where the old ones came from, the promise holds with probability 1 - [`DELTA`] over the held-out ones.
//! Left out: the margins' scale, which is the engine's own; saving, for which [`Calibration::to_parts`] gives numbers.

use crate::stats::binomial_upper_tail;

/// The probability with which the promise may fail.
pub const DELTA: f64 = 0.1;

/// Parts in which the answers are added.
const N_STEPS: usize = 20;

/// What is known about margins.
#[derive(Debug, Clone, PartialEq)]
pub enum Calibration {
    /// Answers of at least this margin are accurate to the level.
    Margin {
        /// The margin.
        least: f64,
        /// The accuracy promised.
        level: f64,
        /// Cases held out.
        n_rows: u32,
        /// Of these, cases of at least the margin.
        n_kept: u32,
    },
    /// No margin gives the level.
    Unreached {
        /// The accuracy asked for.
        level: f64,
        /// Cases held out.
        n_rows: u32,
    },
    /// There were too few cases to hold some out, or a limit ended the fit before.
    Missing,
}

/// A calibration as numbers to save: its kind, the margin, the level, cases held out, cases kept.
pub type Parts = (u8, f64, f64, u32, u32);

impl Calibration {
    /// Finds the margin from (margin, is right) of held-out cases.
    pub fn find(mut answers: Vec<(f64, bool)>, level: f64) -> Calibration {
        answers.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
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
    pub fn keeps(&self, margin: f64) -> bool {
        matches!(self, Calibration::Margin { least, .. } if margin >= *least)
    }

    /// The accuracy promised or asked for.
    pub fn level(&self) -> Option<f64> {
        match self {
            Calibration::Margin { level, .. } | Calibration::Unreached { level, .. } => Some(*level),
            Calibration::Missing => None,
        }
    }

    /// The calibration as numbers.
    pub fn to_parts(&self) -> Parts {
        match *self {
            Calibration::Missing => (0, 0.0, 0.0, 0, 0),
            Calibration::Unreached { level, n_rows } => (1, 0.0, level, n_rows, 0),
            Calibration::Margin { least, level, n_rows, n_kept } => (2, least, level, n_rows, n_kept),
        }
    }

    /// The calibration back from its numbers; `None` where they contradict each other.
    pub fn from_parts((kind, least, level, n_rows, n_kept): Parts) -> Option<Calibration> {
        let calibration = match kind {
            0 => Calibration::Missing,
            1 if is_level(level) => Calibration::Unreached { level, n_rows },
            2 if is_level(level) && !least.is_nan() && n_kept <= n_rows => {
                Calibration::Margin { least, level, n_rows, n_kept }
            }
            _ => return None,
        };
        // Numbers that the kind does not use are zero, so that equal calibrations have equal parts.
        (calibration.to_parts() == (kind, least, level, n_rows, n_kept)).then_some(calibration)
    }
}

/// Whether a number can be an accuracy to ask for.
pub fn is_level(level: f64) -> bool {
    (0.5..=0.999).contains(&level)
}

/// The fewest cases worth holding out for a level: twice as many as the first step of the sequence looks at.
pub fn least_held_out(level: f64) -> usize {
    2 * first_step(level)
}

/// Twice the fewest answers that can pass the test, so that one wrong answer does not end the sequence.
fn first_step(level: f64) -> usize {
    2 * (DELTA.ln() / level.ln()).ceil() as usize
}

/// Answers of one margin stay together.
fn end_of_ties(answers: &[(f64, bool)], n_kept: usize) -> usize {
    let margin = answers[n_kept - 1].0;
    n_kept + answers[n_kept..].iter().take_while(|answer| answer.0 == margin).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Cases whose probability of being right is their margin.
    fn cases(seed: u64, n: usize) -> Vec<(f64, bool)> {
        let mut rng = Rng::new(seed, 0);
        let mut case = || {
            let margin = rng.below(101) as f64 / 100.0;
            (margin, rng.chance(margin))
        };
        (0..n).map(|_| case()).collect()
    }

    #[test]
    fn the_promise_is_kept_nearly_always() {
        let level = 0.8;
        let (mut n_broken, mut n_unreached) = (0, 0);
        for seed in 0..200 {
            let Calibration::Margin { least, .. } = Calibration::find(cases(seed, 600), level) else {
                n_unreached += 1;
                continue;
            };
            n_broken += u32::from((least + 1.0) / 2.0 < level);
        }
        assert!(n_broken <= 28, "{n_broken} of 200 promises broken, 20 expected at most, 28 with two sigma");
        assert!(n_unreached <= 10, "{n_unreached} of 200 found no margin although 0.6 would do");
    }

    #[test]
    fn extremes() {
        let all = |right| vec![(0.5, right); 300];
        let kept = Calibration::Margin { least: 0.5, level: 0.9, n_rows: 300, n_kept: 300 };
        assert_eq!(Calibration::find(all(true), 0.9), kept);
        assert_eq!(Calibration::find(all(false), 0.9), Calibration::Unreached { level: 0.9, n_rows: 300 });
        assert_eq!(Calibration::find(Vec::new(), 0.9), Calibration::Unreached { level: 0.9, n_rows: 0 });
        assert!(kept.keeps(0.5) && !kept.keeps(0.4) && !Calibration::Missing.keeps(f64::INFINITY));
    }

    #[test]
    fn parts_lead_back_and_wrong_ones_are_refused() {
        let calibrations = [
            Calibration::Missing,
            Calibration::Unreached { level: 0.9, n_rows: 7 },
            Calibration::Margin { least: 0.25, level: 0.5, n_rows: 7, n_kept: 7 },
        ];
        for calibration in calibrations {
            assert_eq!(Calibration::from_parts(calibration.to_parts()), Some(calibration));
        }
        let wrong = [
            (3, 0.0, 0.9, 0, 0),
            (1, 0.0, 0.2, 7, 0),
            (2, f64::NAN, 0.9, 7, 7),
            (2, 0.1, 0.9, 7, 8),
            (0, 0.1, 0.0, 0, 0),
        ];
        assert!(wrong.into_iter().all(|parts| Calibration::from_parts(parts).is_none()));
    }
}
