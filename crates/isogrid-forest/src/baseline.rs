//! What trees must beat before they claim structure: a linear rule.
//!
//! Multinomial logistic regression by stochastic gradient descent on standard scores, with at least as many multiply-adds
//! as the trees spend additions. A missing value counts as the mean. Left out: penalties, feature products.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::rng::Rng;
use isogrid_num::stats::{mean, sd};

use crate::boost::softmax;

const ORDER_DOMAIN: u64 = 0x6c69_6e65;
const LEARNING_RATE: f64 = 0.05;
const MAX_SCORE: f64 = 10.0;

/// Logistic regression: a weight a class and feature, and one more a class.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// Mean and standard deviation of each feature.
    scales: Vec<(f64, f64)>,
    /// `[class][feature]`, the last feature is the constant one.
    weights: Vec<Vec<f64>>,
}

impl Linear {
    /// Learns rows of features with their classes; one tick is one feature of one row and class.
    pub(crate) fn fit(
        ctx: &Ctx,
        (features, labels): (&[f64], &[u32]),
        n_classes: usize,
        passes: u64,
    ) -> ControlFlow<Stop, Linear> {
        let width = features.len() / labels.len().max(1);
        let weights = vec![vec![0.0; width + 1]; n_classes];
        let mut linear = Linear { scales: scales(features, width), weights };
        let rows: Vec<Vec<f64>> = features.chunks_exact(width).map(|row| linear.standard(row)).collect();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        for pass in 0..passes {
            Rng::new(ctx.seed() ^ ORDER_DOMAIN, pass).shuffle(&mut order);
            let rate = LEARNING_RATE / (1.0 + pass as f64 / 4.0);
            for &sample in &order {
                ctx.tick((n_classes * width) as u64)?;
                let mut errors = linear.scores(&rows[sample]);
                softmax(&mut errors);
                errors[labels[sample] as usize] -= 1.0;
                for (weights, error) in linear.weights.iter_mut().zip(errors) {
                    weights
                        .iter_mut()
                        .zip(&rows[sample])
                        .for_each(|(weight, value)| *weight -= rate * error * value);
                }
            }
        }
        ControlFlow::Continue(linear)
    }

    /// The class of each row of features.
    pub(crate) fn predict(&self, features: &[f64]) -> Vec<u32> {
        let best = |row| {
            let scores = self.scores(&self.standard(row));
            (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
                as u32
        };
        features.chunks_exact(self.scales.len()).map(best).collect()
    }

    fn scores(&self, row: &[f64]) -> Vec<f64> {
        let score = |weights: &Vec<f64>| weights.iter().zip(row).map(|(weight, value)| weight * value).sum();
        self.weights.iter().map(score).collect()
    }

    fn standard(&self, row: &[f64]) -> Vec<f64> {
        let score = |(value, (mean, sd)): (&f64, &(f64, f64))| {
            let score = (value - mean) / sd;
            if score.is_nan() { 0.0 } else { score.clamp(-MAX_SCORE, MAX_SCORE) }
        };
        row.iter().zip(&self.scales).map(score).chain([1.0]).collect()
    }
}

fn scales(features: &[f64], width: usize) -> Vec<(f64, f64)> {
    let scale = |feature: usize| {
        let values = features[feature..].iter().step_by(width).copied();
        let present: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        (mean(&present), sd(&present))
    };
    (0..width).map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weighted_sum_is_learned_with_gaps() {
        let mut rng = Rng::new(4, 0);
        let mut features: Vec<f64> = (0..1_200).map(|_| rng.normal() * 50.0 + 3.0).collect();
        let labels: Vec<u32> =
            features.chunks_exact(3).map(|row| u32::from(row[0] - row[1] + 0.5 * row[2] > 1.5)).collect();
        features[7] = f64::NAN;
        let linear = Linear::fit(&Ctx::new(1), (&features, &labels), 2, 20).continue_value().unwrap();
        let right = linear.predict(&features).iter().zip(&labels).filter(|(a, b)| a == b).count();
        assert!(right >= 390, "{right} of 400");
        assert!(Linear::fit(&Ctx::new(1).with_tick_limit(9), (&features, &labels), 2, 20).is_break());
    }
}
