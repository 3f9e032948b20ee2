//! Losses: one number from all rows, with the gradient computed on the way forward.

use isogrid_num::net::exp;
use rayon::prelude::*;

use crate::kernels::piece_rows;
use crate::tape::{BackwardStep, Forward, Fused};

/// The mean over rows of `weight * ` the mean squared difference from the target.
#[derive(Debug)]
pub(crate) struct SquaredError {
    /// `[rows, width]`
    pub target: Vec<f32>,
    /// One a row; none means 1 for all.
    pub row_weights: Vec<f32>,
    pub width: usize,
}

impl Fused for SquaredError {
    fn forward(&self, _weights: &[f32], [x, _]: [&[f32]; 2]) -> Forward {
        let width = self.width;
        let n_rows = x.len() / width;
        let factor = 2.0 / x.len() as f32;
        let mut gradient = vec![0.0; x.len()];
        let n_piece = piece_rows(width);
        let piece = |i: usize, gradient: &mut [f32]| {
            let mut sum = 0.0_f64;
            for (row, gradient) in gradient.chunks_exact_mut(width).enumerate() {
                let row = i * n_piece + row;
                let weight = self.row_weights.get(row).copied().unwrap_or(1.0);
                let range = row * width..(row + 1) * width;
                let squares = differences(&x[range.clone()], &self.target[range], weight * factor, gradient);
                sum += f64::from(weight) * f64::from(squares);
            }
            sum
        };
        let pieces = gradient.par_chunks_mut(n_piece * width).enumerate();
        let sums: Vec<f64> = pieces.map(|(i, gradient)| piece(i, gradient)).collect();
        let loss = sums.iter().sum::<f64>() / (n_rows * width) as f64;
        Forward { output: vec![loss as f32], width: 1, saved: vec![gradient] }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        [Some(scaled(&step.saved[0], step.upstream[0])), None]
    }
}

/// The mean over rows of minus the logarithm of the target class's probability; the input holds scores of all classes.
#[derive(Debug)]
pub(crate) struct CrossEntropy {
    /// One class a row.
    pub targets: Vec<u32>,
    pub n_classes: usize,
}

impl Fused for CrossEntropy {
    fn forward(&self, _weights: &[f32], [x, _]: [&[f32]; 2]) -> Forward {
        let n_classes = self.n_classes;
        let factor = 1.0 / self.targets.len() as f32;
        let mut gradient = x.to_vec();
        let n_piece = piece_rows(n_classes);
        let pieces = gradient.par_chunks_mut(n_piece * n_classes).zip(self.targets.par_chunks(n_piece));
        let piece = |(gradient, targets): (&mut [f32], &[u32])| {
            let rows = gradient.chunks_exact_mut(n_classes).zip(targets);
            rows.map(|(row, target)| f64::from(surprise(row, *target as usize, factor))).sum::<f64>()
        };
        let sums: Vec<f64> = pieces.map(piece).collect();
        let loss = sums.iter().sum::<f64>() / self.targets.len() as f64;
        Forward { output: vec![loss as f32], width: 1, saved: vec![gradient] }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        [Some(scaled(&step.saved[0], step.upstream[0])), None]
    }
}

/// `gradient * upstream`, without a pass where that is the same.
fn scaled(gradient: &[f32], upstream: f32) -> Vec<f32> {
    let mut gradient = gradient.to_vec();
    if upstream != 1.0 {
        gradient.iter_mut().for_each(|g| *g *= upstream);
    }
    gradient
}

isogrid_num::vectorized! {
    /// Minus the logarithm of the target's probability; the row of scores becomes `factor` times its gradient.
    fn surprise(row: &mut [f32], target: usize, factor: f32) -> f32 {
        let mut largest = [f32::NEG_INFINITY; 16];
        for chunk in row.chunks(16) {
            for (largest, score) in largest.iter_mut().zip(chunk) {
                *largest = if *score > *largest { *score } else { *largest };
            }
        }
        let largest = largest.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        let score = row[target] - largest;
        for x in row.iter_mut() {
            *x = exp(*x - largest);
        }
        let mut sums = [0.0_f32; 16];
        for chunk in row.chunks(16) {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += x;
            }
        }
        let sum = sums.iter().sum::<f32>();
        let scale = factor / sum;
        for x in row.iter_mut() {
            *x *= scale;
        }
        row[target] -= factor;
        sum.ln() - score
    }

    /// The sum of squared differences of one row; their `factor`-fold goes to `gradient`.
    fn differences(x: &[f32], target: &[f32], factor: f32, gradient: &mut [f32]) -> f32 {
        for ((gradient, x), target) in gradient.iter_mut().zip(x).zip(target) {
            *gradient = x - target;
        }
        let mut lanes = [0.0_f32; 16];
        let (chunks, rest) = gradient.as_chunks::<16>();
        for chunk in chunks {
            for (lane, d) in lanes.iter_mut().zip(chunk) {
                *lane += d * d;
            }
        }
        for (lane, d) in lanes.iter_mut().zip(rest) {
            *lane += d * d;
        }
        for gradient in gradient.iter_mut() {
            *gradient *= factor;
        }
        lanes.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        let target: Vec<f32> = (0..24).map(|i| (i as f32).cos()).collect();
        for row_weights in [vec![], vec![0.5, 2.0, 0.0, 1.0]] {
            let op = SquaredError { target: target.clone(), row_weights, width: 6 };
            assert_gradients(&op, &Layout::default(), [24, 0]);
        }
    }

    #[test]
    fn gradients_of_the_cross_entropy_equal_differences() {
        let op = CrossEntropy { targets: vec![3, 0, 20], n_classes: 21 };
        assert_gradients(&op, &Layout::default(), [63, 0]);
        let uniform = op.forward(&[], [&[0.7; 63], &[]]).output[0];
        assert!((uniform - 21.0_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_loss_is_a_weighted_mean() {
        let op = SquaredError { target: vec![0.0; 4], row_weights: vec![1.0, 3.0], width: 2 };
        let done = op.forward(&[], [&[1.0, 2.0, 1.0, -1.0], &[]]);
        assert_eq!(done.output, [(5.0 + 3.0 * 2.0) / 4.0]);
    }
}
