//! A dense layer and the product of a few rows with a matrix under it.
//!
//! Sums run over the inputs in order, for every output by itself, so a row's result does not depend on the rows that
//! are computed with it. Left out: threads (a row is microseconds of work) and reduced precision.

use super::Activation;
use super::error::{Error, check_size, check_weights};

/// The largest width of any layer.
pub(super) const MAX_WIDTH: usize = 1 << 16;

/// An affine map: `n_in` numbers to `n_out`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    n_in: usize,
    n_out: usize,
    weights: Vec<f32>, // [n_in, n_out]
    bias: Vec<f32>,    // [n_out]
}

impl Dense {
    /// A layer of given weights, `[n_in, n_out]` row after row, and bias, `[n_out]`.
    ///
    /// # Errors
    /// A size is zero or above 65,536, a length does not fit, or a number is not finite.
    pub fn new(n_in: usize, n_out: usize, weights: Vec<f32>, bias: Vec<f32>) -> Result<Dense, Error> {
        check_size("the number of inputs", n_in, 1, MAX_WIDTH)?;
        check_size("the number of outputs", n_out, 1, MAX_WIDTH)?;
        check_weights("the weights", &weights, n_in * n_out)?;
        check_weights("the bias", &bias, n_out)?;
        Ok(Dense { n_in, n_out, weights, bias })
    }

    /// Numbers in.
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Numbers out.
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// The weights, `[n_in, n_out]`.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The bias, `[n_out]`.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `out = activation(x @ weights + bias)` for `x` of `[rows, n_in]` and `out` of `[rows, n_out]`.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, x: &[f32], activation: Activation, out: &mut [f32]) {
        let n_rows = x.len() / self.n_in;
        assert_eq!(x.len(), n_rows * self.n_in, "inputs are whole rows of {}", self.n_in);
        assert_eq!(out.len(), n_rows * self.n_out, "{n_rows} rows of {} come out", self.n_out);
        for row in out.chunks_exact_mut(self.n_out) {
            row.copy_from_slice(&self.bias);
        }
        add_product(x, &self.weights, [self.n_in, self.n_out], out);
        activation.apply(out);
    }

    /// Like [`Dense::forward`] without an activation, added to what `out` holds.
    pub(super) fn forward_onto(&self, x: &[f32], out: &mut [f32]) {
        for row in out.chunks_exact_mut(self.n_out) {
            row.iter_mut().zip(&self.bias).for_each(|(o, b)| *o += b);
        }
        add_product(x, &self.weights, [self.n_in, self.n_out], out);
    }
}

crate::vectorized! {
    /// `out += x @ weights` for weights of `[n_in, n_out]`, the two `sizes`.
    pub(super) fn add_product(x: &[f32], weights: &[f32], sizes: [usize; 2], out: &mut [f32]) {
        let [n_in, n_out] = sizes;
        let (mut rows, mut outs) = (x.chunks_exact(4 * n_in), out.chunks_exact_mut(4 * n_out));
        for (x, out) in (&mut rows).zip(&mut outs) {
            add_rows::<4, 16>(x, weights, sizes, out);
        }
        let (rows, outs) = (rows.remainder().chunks_exact(n_in), outs.into_remainder().chunks_exact_mut(n_out));
        for (x, out) in rows.zip(outs) {
            add_rows::<1, 64>(x, weights, sizes, out);
        }
    }
}

/// Columns in tiles that stay in registers while the inputs pass by.
#[inline(always)]
fn add_rows<const ROWS: usize, const TILE: usize>(
    x: &[f32],
    weights: &[f32],
    [n_in, n_out]: [usize; 2],
    out: &mut [f32],
) {
    let n_tiled = n_out - n_out % TILE;
    for first in (0..n_tiled).step_by(TILE) {
        let mut sums = [[0.0_f32; TILE]; ROWS];
        for (row, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&out[row * n_out + first..][..TILE]);
        }
        for i in 0..n_in {
            let weights = &weights[i * n_out + first..][..TILE];
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = x[row * n_in + i];
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += factor * weight;
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            out[row * n_out + first..][..TILE].copy_from_slice(sums);
        }
    }
    if n_tiled == n_out {
        return;
    }
    for row in 0..ROWS {
        let tail = &mut out[row * n_out + n_tiled..][..n_out - n_tiled];
        for i in 0..n_in {
            let factor = x[row * n_in + i];
            for (sum, weight) in tail.iter_mut().zip(&weights[i * n_out + n_tiled..]) {
                *sum += factor * weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn products_equal_the_plain_sum_for_every_shape() {
        let mut rng = Rng::new(5, 0);
        let mut draw = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
        for (n_rows, n_in, n_out) in
            [(1, 1, 1), (1, 7, 64), (3, 64, 65), (4, 5, 16), (9, 33, 150), (13, 2, 3)]
        {
            let (x, weights, bias) = (draw(n_rows * n_in), draw(n_in * n_out), draw(n_out));
            let layer = Dense::new(n_in, n_out, weights.clone(), bias.clone()).expect("sizes fit");
            let mut out = vec![0.0; n_rows * n_out];
            layer.forward(&x, Activation::Identity, &mut out);
            for row in 0..n_rows {
                for column in 0..n_out {
                    let terms = (0..n_in).map(|i| x[row * n_in + i] * weights[i * n_out + column]);
                    let plain = terms.fold(bias[column], |sum, term| sum + term);
                    assert_eq!(out[row * n_out + column], plain, "{n_rows} x {n_in} x {n_out}");
                }
            }
        }
    }

    #[test]
    fn weights_are_checked() {
        let cases = [
            (Dense::new(0, 1, vec![], vec![0.0]), "the number of inputs is 0, outside 1 to 65536"),
            (Dense::new(1, 70_000, vec![], vec![]), "the number of outputs is 70000, outside 1 to 65536"),
            (Dense::new(2, 1, vec![0.0], vec![0.0]), "the weights: 1 numbers where the sizes ask for 2"),
            (Dense::new(1, 2, vec![0.0; 2], vec![0.0, f32::NAN]), "the bias: number 1 is not finite"),
        ];
        for (layer, message) in cases {
            assert_eq!(layer.expect_err(message).to_string(), message);
        }
    }
}
