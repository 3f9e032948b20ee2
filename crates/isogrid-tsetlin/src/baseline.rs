//! What the machine must beat before it claims structure: a linear rule and the best single feature.
//!
//! The linear rule is multinomial logistic regression by stochastic gradient descent on the same boolean features, with at
//! least as many multiply-adds as the machine spends word operations. Left out: regularization paths, feature products.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;

const ORDER_DOMAIN: u64 = 0x6c69_6e65;
const LEARNING_RATE: f64 = 0.2;

/// Logistic regression: a weight a class and feature, and one more a class.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// `[class][feature]`, the last feature is the constant one.
    weights: Vec<Vec<f64>>,
}

impl Linear {
    /// Breaks when a limit of `ctx` is reached; one tick is one class's score of one row.
    pub(crate) fn fit(
        ctx: &Ctx,
        samples: &BitMatrix,
        labels: &[u32],
        passes: u64,
    ) -> ControlFlow<Stop, Linear> {
        let n_classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        let mut linear = Linear { weights: vec![vec![0.0; samples.n_cols() + 1]; n_classes] };
        let mut order: Vec<usize> = (0..labels.len()).collect();
        let mut scores = vec![0.0; n_classes];
        for pass in 0..passes {
            Rng::new(ctx.seed() ^ ORDER_DOMAIN, pass).shuffle(&mut order);
            let rate = LEARNING_RATE / (1.0 + pass as f64 / 4.0);
            for &sample in &order {
                ctx.tick(n_classes as u64)?;
                linear.score(samples, sample, &mut scores);
                softmax(&mut scores);
                scores[labels[sample] as usize] -= 1.0;
                for (weights, gradient) in linear.weights.iter_mut().zip(&scores) {
                    samples.ones(sample).for_each(|feature| weights[feature] -= rate * gradient);
                    weights[samples.n_cols()] -= rate * gradient;
                }
            }
        }
        ControlFlow::Continue(linear)
    }

    pub(crate) fn predict(&self, rows: &BitMatrix) -> Vec<u32> {
        let mut scores = vec![0.0; self.weights.len()];
        let best = |row| {
            self.score(rows, row, &mut scores);
            (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
                as u32
        };
        (0..rows.n_rows()).map(best).collect()
    }

    fn score(&self, rows: &BitMatrix, row: usize, scores: &mut [f64]) {
        for (score, weights) in scores.iter_mut().zip(&self.weights) {
            *score = weights[rows.n_cols()] + rows.ones(row).map(|feature| weights[feature]).sum::<f64>();
        }
    }
}

fn softmax(scores: &mut [f64]) {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// Answers `rows` by the one feature that splits the training labels best, each side by its most frequent class.
pub(crate) fn single_feature(samples: &BitMatrix, labels: &[u32], rows: &BitMatrix) -> Vec<u32> {
    let n_classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
    let mut counts = vec![[0_u32; 2]; samples.n_cols() * n_classes];
    for (sample, &label) in labels.iter().enumerate() {
        for feature in 0..samples.n_cols() {
            let side = usize::from(samples.get(sample, feature));
            counts[feature * n_classes + label as usize][side] += 1;
        }
    }
    let winner = |feature: usize, side: usize| {
        let of_feature = &counts[feature * n_classes..][..n_classes];
        // The first of equal classes, so that ties do not depend on an iteration's direction.
        (0..n_classes)
            .rev()
            .max_by_key(|&class| of_feature[class][side])
            .map_or((0, 0), |class| (class as u32, of_feature[class][side]))
    };
    let right = |feature: usize| winner(feature, 0).1 + winner(feature, 1).1;
    let best = (0..samples.n_cols()).rev().max_by_key(|&feature| right(feature)).unwrap_or(0);
    let answers = [winner(best, 0).0, winner(best, 1).0];
    (0..rows.n_rows()).map(|row| answers[usize::from(rows.get(row, best))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn majority_of_three(n_rows: usize) -> (BitMatrix, Vec<u32>) {
        let mut rng = Rng::new(4, 0);
        let mut rows = BitMatrix::new(n_rows, 5);
        let mut labels = Vec::new();
        for row in 0..n_rows {
            (0..5)
                .filter(|_| rng.chance(0.5))
                .collect::<Vec<_>>()
                .iter()
                .for_each(|&col| rows.insert(row, col));
            labels.push(u32::from((0..3).filter(|&col| rows.get(row, col)).count() > 1));
        }
        (rows, labels)
    }

    fn accuracy(answers: &[u32], labels: &[u32]) -> f64 {
        let right = answers.iter().zip(labels).filter(|(answer, label)| answer == label).count();
        right as f64 / labels.len() as f64
    }

    #[test]
    fn a_majority_is_linear_and_one_vote_is_right_three_times_in_four() {
        let (rows, labels) = majority_of_three(400);
        let linear = Linear::fit(&Ctx::new(1), &rows, &labels, 20).continue_value().unwrap();
        assert_eq!(accuracy(&linear.predict(&rows), &labels), 1.0);
        let single = accuracy(&single_feature(&rows, &labels, &rows), &labels);
        assert!((0.7..0.82).contains(&single), "{single}");
    }
}
