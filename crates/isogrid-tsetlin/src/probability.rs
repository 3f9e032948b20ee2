//! Probabilities from votes: one number, fitted on rows held out, turns votes into log-odds.
//!
//! Temperature scaling: Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017, arXiv
//! 1706.04599). It never changes which class leads. As in Platt (1999), one row more than were held out counts as
//! wrong, so that no answer is certain.

use serde::{Deserialize, Serialize};

/// Natural-log odds a vote.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sharpness(f64);

/// Rows from which on a fit says something.
const LEAST_ROWS: usize = 20;
/// The range of the logarithm of the sharpness.
const RANGE: (f64, f64) = (-14.0, 3.0);
const N_STEPS: usize = 45;

impl Sharpness {
    /// The sharpness that makes the classes of held-out rows most likely; `sums` are `[row][class]`. `None` for too few
    /// rows.
    pub(crate) fn find(sums: &[i32], classes: &[u32]) -> Option<Sharpness> {
        if classes.len() < LEAST_ROWS {
            return None;
        }
        let n_classes = sums.len() / classes.len();
        let doubt = 1.0 / (classes.len() + 2) as f64;
        let rows = || sums.chunks_exact(n_classes).zip(classes);
        // What a row's loss is beside the logarithm of its total is linear in the sharpness: summed once for all.
        let slope: f64 = rows().map(|(sums, &own)| expected_gap(sums, own as usize, doubt)).sum();
        let loss = |log: f64| -> f64 {
            let sharpness = Sharpness(log.exp());
            rows().map(|(sums, _)| sharpness.log_total(sums)).sum::<f64>() + sharpness.0 * slope
        };
        // The loss has one valley, because it is convex in the sharpness.
        let golden = (5_f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = RANGE;
        let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
        let (mut at_left, mut at_right) = (loss(left), loss(right));
        for _ in 0..N_STEPS {
            if at_left <= at_right {
                (high, right, at_right) = (right, left, at_left);
                left = high - golden * (high - low);
                at_left = loss(left);
            } else {
                (low, left, at_left) = (left, right, at_right);
                right = low + golden * (high - low);
                at_right = loss(right);
            }
        }
        Some(Sharpness(f64::midpoint(low, high).exp()))
    }

    /// The probability of a class.
    pub fn probability(self, sums: &[i32], class: usize) -> f64 {
        self.log_probability(sums, class).exp()
    }

    /// How surprising a class is, in nats.
    pub(crate) fn surprise(self, sums: &[i32], class: usize) -> f64 {
        -self.log_probability(sums, class)
    }

    fn log_probability(self, sums: &[i32], class: usize) -> f64 {
        -self.0 * gap(sums, class) - self.log_total(sums)
    }

    /// The logarithm of the sum of all odds, those of the leading class being one.
    fn log_total(self, sums: &[i32]) -> f64 {
        let largest = sums.iter().copied().max().unwrap_or(0);
        let odds = |sum: i32| (-self.0 * f64::from(largest.saturating_sub(sum))).exp();
        sums.iter().map(|&sum| odds(sum)).sum::<f64>().ln()
    }

    pub(crate) fn is_consistent(self) -> bool {
        self.0.is_finite() && self.0 > 0.0
    }
}

/// Votes by which a class is behind the leading one.
fn gap(sums: &[i32], class: usize) -> f64 {
    let largest = sums.iter().copied().max().unwrap_or(0);
    f64::from(largest.saturating_sub(sums[class]))
}

/// The mean gap of a row's class, which is `own` but for some doubt that the others share.
fn expected_gap(sums: &[i32], own: usize, doubt: f64) -> f64 {
    let all: f64 = (0..sums.len()).map(|class| gap(sums, class)).sum();
    let others = all - gap(sums, own);
    (1.0 - doubt) * gap(sums, own) + doubt / (sums.len() - 1) as f64 * others
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    #[test]
    fn the_sharpness_that_made_the_rows_is_found() {
        let mut rng = Rng::new(2, 0);
        let truth = Sharpness(0.05);
        let (mut sums, mut classes) = (Vec::new(), Vec::new());
        for _ in 0..4_000 {
            let row: Vec<i32> = (0..3).map(|_| rng.below(100) as i32 - 50).collect();
            let mut left = rng.unit();
            let class = (0..3).find(|&class| {
                left -= truth.probability(&row, class);
                left < 0.0
            });
            classes.push(class.unwrap_or(2) as u32);
            sums.extend(row);
        }
        let found = Sharpness::find(&sums, &classes).unwrap();
        assert!((found.0 / truth.0 - 1.0).abs() < 0.1, "{found:?}");
        let total: f64 = (0..3).map(|class| found.probability(&sums[..3], class)).sum();
        assert!((total - 1.0).abs() < 1e-12);
        assert_eq!(Sharpness::find(&sums[..57], &classes[..19]), None);
    }

    #[test]
    fn extremes_stay_numbers() {
        for sums in [[0, 0], [i32::MAX, i32::MIN], [i32::MIN, i32::MIN]] {
            for sharpness in [1e-9, 1.0, 20.0] {
                let probability = Sharpness(sharpness).probability(&sums, 1);
                assert!((0.0..=1.0).contains(&probability), "{sums:?} {sharpness}");
            }
        }
        let right = Sharpness::find(&[9, 0].repeat(30), &[0; 30]).unwrap();
        assert!(right.is_consistent() && (0.96..0.98).contains(&right.probability(&[9, 0], 0)));
    }
}
