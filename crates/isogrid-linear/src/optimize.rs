//! The weights of least penalized logistic loss.
//!
//! Every row of a loss is a tick, and a limit ends the search within a row. Left out: sparse rows, weights of rows,
//! penalties that make weights zero.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::lbfgs::{Slope, descend};

/// Rows to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// Features, row by row.
    pub features: &'a [f64],
    /// A class number a row.
    pub labels: &'a [u32],
    /// The number of classes, at least 1.
    pub n_classes: usize,
}

impl Samples<'_> {
    /// Features of a row.
    pub fn n_features(&self) -> usize {
        self.features.len().checked_div(self.labels.len()).unwrap_or(0)
    }

    /// Numbers in a model: for each class a weight a feature, and one more that is added always.
    pub fn n_weights(&self) -> usize {
        self.n_classes * (self.n_features() + 1)
    }
}

/// The weights of least loss, and why the search ended; all zero where not even one loss could be paid. One tick a class
/// and row for each loss.
pub fn minimize(ctx: &Ctx, samples: &Samples<'_>, penalty: f64, iterations: u64) -> (Vec<f64>, Stop) {
    let loss = Loss { ctx, samples, penalty };
    descend(vec![0.0; samples.n_weights()], iterations, |weights| loss.loss_and_gradient(weights))
}

/// The scores of one row, a class each: the weighted sums of its features.
pub fn scores(weights: &[f64], features: &[f64], scores: &mut [f64]) {
    for (score, weights) in scores.iter_mut().zip(weights.chunks_exact(features.len() + 1)) {
        *score = weights[features.len()] + dot(weights, features);
    }
}

/// Turns scores into probabilities and returns the logarithm of the sum of their exponentials.
pub fn softmax(scores: &mut [f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
    largest + sum.ln()
}

/// Eight sums side by side, which a processor can add at once; always in this order.
fn dot(weights: &[f64], features: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (parts, rest) = features.as_chunks::<8>();
    for (weights, features) in weights.chunks_exact(8).zip(parts) {
        (0..8).for_each(|lane| sums[lane] += weights[lane] * features[lane]);
    }
    let tail = &weights[8 * parts.len()..];
    let rest: f64 = tail.iter().zip(rest).map(|(weight, feature)| weight * feature).sum();
    sums.iter().sum::<f64>() + rest
}

/// The mean loss of the samples and half the penalty times the squared weights.
struct Loss<'a> {
    ctx: &'a Ctx,
    samples: &'a Samples<'a>,
    penalty: f64,
}

impl Loss<'_> {
    fn loss_and_gradient(&self, weights: &[f64]) -> Slope {
        let Samples { features, labels, n_classes } = *self.samples;
        let n_features = self.samples.n_features();
        let mut gradient = vec![0.0; weights.len()];
        let mut row_scores = vec![0.0; n_classes];
        let mut loss = 0.0;
        for (features, &label) in features.chunks_exact(n_features).zip(labels) {
            self.ctx.tick(n_classes as u64)?;
            scores(weights, features, &mut row_scores);
            let right = row_scores[label as usize];
            loss += softmax(&mut row_scores) - right;
            row_scores[label as usize] -= 1.0;
            for (gradient, &wrong) in gradient.chunks_exact_mut(n_features + 1).zip(&row_scores) {
                gradient.iter_mut().zip(features).for_each(|(sum, feature)| *sum += wrong * feature);
                gradient[n_features] += wrong;
            }
        }
        let share = 1.0 / labels.len() as f64;
        loss *= share;
        for (place, (sum, weight)) in gradient.iter_mut().zip(weights).enumerate() {
            *sum *= share;
            // What is added always is not penalized: how frequent a class is should not be.
            if place % (n_features + 1) < n_features {
                loss += 0.5 * self.penalty * weight * weight;
                *sum += self.penalty * weight;
            }
        }
        ControlFlow::Continue((loss, gradient))
    }
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;
    use proptest::prelude::*;

    use super::*;
    use crate::reference;

    fn random(seed: u64, n_rows: usize, n_features: usize, n_classes: usize) -> (Vec<f64>, Vec<u32>) {
        let mut rng = Rng::new(seed, 0);
        let features = (0..n_rows * n_features).map(|_| rng.normal()).collect();
        (features, (0..n_rows).map(|_| rng.below(n_classes as u64) as u32).collect())
    }

    proptest! {
        #[test]
        fn loss_and_gradient_equal_the_literal_ones(
            seed: u64, n_rows in 1_usize..20, n_features in 1_usize..20, n_classes in 2_usize..5,
        ) {
            let (features, labels) = random(seed, n_rows, n_features, n_classes);
            let samples = Samples { features: &features, labels: &labels, n_classes };
            let weights: Vec<f64> =
                { let mut rng = Rng::new(seed, 1); (0..samples.n_weights()).map(|_| rng.normal()).collect() };
            let fast = Loss { ctx: &Ctx::new(1), samples: &samples, penalty: 0.1 };
            let (loss, gradient) = fast.loss_and_gradient(&weights).continue_value().unwrap();
            let literal = |weights: &[f64]| reference::loss(&samples, weights, 0.1);
            prop_assert!((loss - literal(&weights)).abs() < 1e-9, "{loss}");
            for (place, slope) in gradient.iter().enumerate() {
                let moved = |by: f64| { let mut moved = weights.clone(); moved[place] += by; literal(&moved) };
                let slope_there = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                prop_assert!((slope - slope_there).abs() < 1e-6, "{place}: {slope} {slope_there}");
            }
            let mut probabilities = vec![0.0; n_classes];
            scores(&weights, &features[..n_features], &mut probabilities);
            softmax(&mut probabilities);
            let expected = reference::probabilities(&weights, &features[..n_features], n_classes);
            prop_assert!(probabilities.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }

    #[test]
    fn the_minimum_is_that_of_plain_descent() {
        let (features, labels) = random(5, 60, 4, 3);
        let samples = Samples { features: &features, labels: &labels, n_classes: 3 };
        let (weights, stop) = minimize(&Ctx::new(1), &samples, 0.05, 100);
        assert_eq!(stop, Stop::Done);
        let slow = reference::descend(&samples, 0.05, 2_000);
        let (fast_loss, slow_loss) =
            (reference::loss(&samples, &weights, 0.05), reference::loss(&samples, &slow, 0.05));
        assert!((fast_loss - slow_loss).abs() < 1e-6, "{fast_loss} {slow_loss}");
        assert!(weights.iter().zip(&slow).all(|(a, b)| (a - b).abs() < 1e-2), "{weights:?}\n{slow:?}");
    }

    #[test]
    fn a_limit_leaves_the_best_weights_so_far() {
        let (features, labels) = random(6, 60, 4, 2);
        let samples = Samples { features: &features, labels: &labels, n_classes: 2 };
        let limited = |limit: u64| minimize(&Ctx::new(1).with_tick_limit(limit), &samples, 0.01, 100);
        let losses = [0, 120, 600].map(|limit| reference::loss(&samples, &limited(limit).0, 0.01));
        assert_eq!(limited(0).0, vec![0.0; 10]);
        assert!(losses[0] == losses[1] && losses[2] < losses[1], "{losses:?}");
        assert!(matches!(limited(600).1, Stop::Budget(_)));
    }
}
