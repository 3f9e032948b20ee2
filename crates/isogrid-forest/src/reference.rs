//! One tree by the greedy rule, literally: the oracle of the tests.
//!
//! Chen and Guestrin, "XGBoost: a scalable tree boosting system" (2016, arXiv 1603.02754), algorithms 1 and 3. Every
//! middle between two values is tried with missing values on either side, and the rows are looked through each time.

use crate::grow::{LEAST_CURVATURE, LEAST_GAIN, Slope};

/// A tree of boxes.
#[derive(Debug)]
pub enum Branch {
    /// What to add to the score.
    Leaf(f32),
    /// A feature, its threshold, whether missing values are below it, and what follows below and above.
    Split(usize, f64, bool, Box<[Branch; 2]>),
}

impl Branch {
    /// A tree for rows of features that may be missing, with so many thresholds on each path.
    pub fn grow(features: &[f64], slopes: &[Slope], depth: u32, rate: f64) -> Branch {
        let width = features.len() / slopes.len();
        let rows: Vec<(&[f64], Slope)> = features.chunks(width).zip(slopes.iter().copied()).collect();
        let thresholds: Vec<Vec<f64>> = (0..width).map(|feature| thresholds(&rows, feature)).collect();
        Branch::of(&rows, &thresholds, depth, rate)
    }

    /// What the tree adds to the score of a row.
    pub fn value(&self, features: &[f64]) -> f64 {
        match self {
            Branch::Leaf(value) => f64::from(*value),
            Branch::Split(feature, at, is_missing_below, branches) => {
                let is_below = is_below(features[*feature], *at, *is_missing_below);
                branches[usize::from(!is_below)].value(features)
            }
        }
    }

    fn of(rows: &[(&[f64], Slope)], thresholds: &[Vec<f64>], depth: u32, rate: f64) -> Branch {
        let total = sum(rows);
        let (mut most, mut best) = (LEAST_GAIN, None);
        for (feature, thresholds) in thresholds.iter().enumerate().filter(|_| depth > 0) {
            let has_missing = rows.iter().any(|row| row.0[feature].is_nan());
            for &at in thresholds {
                for is_missing_below in [false, true] {
                    let [below, above] = part(rows, feature, at, is_missing_below).map(|rows| sum(&rows));
                    let gain = below.worth() + above.worth() - total.worth();
                    if below.curvature.min(above.curvature) >= LEAST_CURVATURE && gain > most {
                        let side =
                            if has_missing { is_missing_below } else { below.curvature > above.curvature };
                        (most, best) = (gain, Some((feature, at, side)));
                    }
                }
            }
        }
        let Some((feature, at, is_missing_below)) = best else { return Branch::Leaf(total.answer(rate)) };
        let parts = part(rows, feature, at, is_missing_below);
        let branches = parts.map(|rows| Branch::of(&rows, thresholds, depth - 1, rate));
        Branch::Split(feature, at, is_missing_below, Box::new(branches))
    }
}

/// The middles between values of all rows, and one above all.
fn thresholds(rows: &[(&[f64], Slope)], feature: usize) -> Vec<f64> {
    let mut values: Vec<f64> =
        rows.iter().map(|row| row.0[feature]).filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let middles = values.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    middles.chain([f64::INFINITY]).collect()
}

fn is_below(value: f64, at: f64, is_missing_below: bool) -> bool {
    if value.is_nan() { is_missing_below } else { value < at }
}

fn part<'a>(
    rows: &[(&'a [f64], Slope)],
    feature: usize,
    at: f64,
    is_missing_below: bool,
) -> [Vec<(&'a [f64], Slope)>; 2] {
    let (below, above) = rows.iter().partition(|row| is_below(row.0[feature], at, is_missing_below));
    [below, above]
}

fn sum(rows: &[(&[f64], Slope)]) -> Slope {
    let mut sum = Slope::default();
    rows.iter().for_each(|row| sum.add(row.1));
    sum
}
