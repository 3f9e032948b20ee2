//! Penalized multinomial logistic regression, literally: the oracle of the tests.
//!
//! McCullagh and Nelder, Generalized linear models (1989), section 5.2. Slow, and for small numbers only: exponentials may
//! overflow.

use crate::optimize::Samples;

/// The probabilities of the classes of a row: exponentials of weighted sums, divided by their sum.
pub fn probabilities(weights: &[f64], features: &[f64], n_classes: usize) -> Vec<f64> {
    let n_features = features.len();
    let mut odds = Vec::new();
    for class in 0..n_classes {
        let mut score = weights[class * (n_features + 1) + n_features];
        for feature in 0..n_features {
            score += weights[class * (n_features + 1) + feature] * features[feature];
        }
        odds.push(score.exp());
    }
    let sum: f64 = odds.iter().sum();
    odds.iter().map(|odds| odds / sum).collect()
}

/// The mean of the negative logarithms of the right classes' probabilities, and half the penalty times the squared
/// weights of features.
pub fn loss(samples: &Samples<'_>, weights: &[f64], penalty: f64) -> f64 {
    let n_features = samples.n_features();
    let mut loss = 0.0;
    for (row, &label) in samples.labels.iter().enumerate() {
        let features = &samples.features[row * n_features..][..n_features];
        loss -= probabilities(weights, features, samples.n_classes)[label as usize].ln();
    }
    loss /= samples.labels.len() as f64;
    for class in 0..samples.n_classes {
        for feature in 0..n_features {
            loss += 0.5 * penalty * weights[class * (n_features + 1) + feature].powi(2);
        }
    }
    loss
}

/// Weights after `steps` steps down the gradient, each one long as the gradient is.
pub fn descend(samples: &Samples<'_>, penalty: f64, steps: usize) -> Vec<f64> {
    let (n_features, n_rows) = (samples.n_features(), samples.labels.len());
    let mut weights = vec![0.0; samples.n_weights()];
    for _ in 0..steps {
        let before = weights.clone();
        for (row, &label) in samples.labels.iter().enumerate() {
            let features = &samples.features[row * n_features..][..n_features];
            let probabilities = probabilities(&before, features, samples.n_classes);
            for (class, probability) in probabilities.iter().enumerate() {
                let wrong = probability - f64::from(u8::from(class == label as usize));
                for feature in 0..=n_features {
                    let value = features.get(feature).copied().unwrap_or(1.0);
                    weights[class * (n_features + 1) + feature] -= wrong * value / n_rows as f64;
                }
            }
        }
        for class in 0..samples.n_classes {
            for feature in 0..n_features {
                let place = class * (n_features + 1) + feature;
                weights[place] -= penalty * before[place];
            }
        }
    }
    weights
}
