//! Layer normalization (Ba, Kiros and Hinton 2016): every row to mean 0 and variance 1, then a gain and a bias.

use super::dense::MAX_WIDTH;
use super::error::{Error, check_size, check_weights};

/// Added to the variance of a row before its root is taken.
pub const NORM_EPSILON: f32 = 1e-5;

/// Normalization of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    gain: Vec<f32>, // [width]
    bias: Vec<f32>, // [width]
}

impl LayerNorm {
    /// A layer of this gain and bias, one number a column each.
    ///
    /// # Errors
    /// The width is zero or above 65,536, the lengths differ, or a number is not finite.
    pub fn new(gain: Vec<f32>, bias: Vec<f32>) -> Result<LayerNorm, Error> {
        check_size("the width of a norm", gain.len(), 1, MAX_WIDTH)?;
        check_weights("the gain", &gain, gain.len())?;
        check_weights("the bias", &bias, gain.len())?;
        Ok(LayerNorm { gain, bias })
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        self.gain.len()
    }

    /// The gain, `[width]`.
    pub fn gain(&self) -> &[f32] {
        &self.gain
    }

    /// The bias, `[width]`.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Normalizes the rows of `x`, `[rows, width]`, into `out`.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, x: &[f32], out: &mut [f32]) {
        assert!(
            x.len() == out.len() && x.len().is_multiple_of(self.width()),
            "whole rows of {}",
            self.width()
        );
        normalize(x, &self.gain, &self.bias, out);
    }
}

crate::vectorized! {
    fn normalize(x: &[f32], gain: &[f32], bias: &[f32], out: &mut [f32]) {
        for (x, out) in x.chunks_exact(gain.len()).zip(out.chunks_exact_mut(gain.len())) {
            let (mean, inverse_sd) = moments(x);
            for (((out, x), gain), bias) in out.iter_mut().zip(x).zip(gain).zip(bias) {
                *out = (x - mean) * inverse_sd * gain + bias;
            }
        }
    }
}

/// The mean of a row, and one over its standard deviation.
#[inline(always)]
pub fn moments(row: &[f32]) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = lanes_sum(row, |x| x) / n;
    let variance = lanes_sum(row, |x| (x - mean) * (x - mean)) / n;
    (mean, 1.0 / (variance + NORM_EPSILON).sqrt())
}

/// A sum in sixteen lanes: the same order on every machine, and one that vectorizes.
#[inline(always)]
fn lanes_sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<16>();
    let mut lanes = [0.0_f32; 16];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += term(*x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += term(*x);
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_the_gain_and_bias_as_moments() {
        let layer = LayerNorm::new(vec![2.0; 37], vec![-1.0; 37]).expect("lengths fit");
        let x: Vec<f32> = (0..74).map(|i| (i as f32 * 1.3).sin() * 9.0 + 4.0).collect();
        let mut out = vec![0.0; 74];
        layer.forward(&x, &mut out);
        for row in out.chunks_exact(37) {
            let mean = row.iter().sum::<f32>() / 37.0;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
            assert!((mean + 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4, "{mean} {variance}");
        }
    }

    #[test]
    fn lengths_are_checked() {
        assert_eq!(
            LayerNorm::new(vec![1.0; 3], vec![0.0; 2]).expect_err("2 is not 3").to_string(),
            "the bias: 2 numbers where the sizes ask for 3"
        );
    }
}
