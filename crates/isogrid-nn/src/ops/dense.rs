//! `second + activation(x @ weights + bias)` in one node, with the residual input optional.

use isogrid_num::net::Activation;

use crate::kernels::matmul::{ADD, Matrix, REPLACE, multiply};
use crate::kernels::{self, add_column_sums, bias_activate, bias_rows};
use crate::params::Region;
use crate::tape::{BackwardStep, Forward, Fused};

/// A dense layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DenseOp {
    pub weights: Region, // [n_in, n_out]
    pub bias: Region,    // [n_out]
    pub n_in: usize,
    pub n_out: usize,
    pub activation: Activation,
}

impl Fused for DenseOp {
    fn forward(&self, weights: &[f32], [x, second]: [&[f32]; 2]) -> Forward {
        let (width, bias) = (self.n_out, self.bias.of(weights));
        let n_rows = x.len() / self.n_in;
        let x = Matrix::new(x, n_rows, self.n_in);
        let w = Matrix::new(self.weights.of(weights), self.n_in, width);
        if self.activation == Activation::Identity {
            let mut output = if second.is_empty() { bias_rows(bias, n_rows) } else { second.to_vec() };
            if !second.is_empty() {
                kernels::for_rows(&mut output, width, |_, rows| kernels::add_bias(rows, bias));
            }
            multiply(&mut output, x, w, ADD);
            return Forward { output, width, saved: Vec::new() };
        }
        let mut sums = vec![0.0; n_rows * width];
        multiply(&mut sums, x, w, REPLACE);
        let mut output = vec![0.0; n_rows * width];
        bias_activate(&mut sums, bias, self.activation, &mut output);
        if !second.is_empty() {
            kernels::for_rows(&mut output, width, |first, rows| {
                kernels::add(rows, &second[first * width..][..rows.len()]);
            });
        }
        Forward { output, width, saved: vec![sums] }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let BackwardStep { weights, gradients, inputs: [x, second], saved, upstream, is_input_tracked } =
            step;
        let (mut inner, to_second) = match second.is_empty() {
            true => (upstream, None),
            false => (upstream.clone(), Some(upstream)),
        };
        if let Some(sums) = saved.first() {
            kernels::chain(self.activation, sums, &mut inner);
        }
        let layer = DenseGradient { op: self, x, upstream: &inner };
        layer.add_to(gradients);
        [is_input_tracked.then(|| layer.to_input(weights)), to_second]
    }
}

/// The linear part of a dense layer, backward.
pub(crate) struct DenseGradient<'a> {
    pub op: &'a DenseOp,
    /// `[n_rows, n_in]`
    pub x: &'a [f32],
    /// Of the sums before the activation, `[n_rows, n_out]`.
    pub upstream: &'a [f32],
}

impl DenseGradient<'_> {
    pub fn add_to(&self, gradients: &mut [f32]) {
        let DenseOp { weights, bias, n_in, n_out, .. } = *self.op;
        let n_rows = self.x.len() / n_in;
        let (x, upstream) = (Matrix::new(self.x, n_rows, n_in), Matrix::new(self.upstream, n_rows, n_out));
        multiply(weights.of_mut(gradients), x.transposed(), upstream, ADD);
        add_column_sums(self.upstream, bias.of_mut(gradients));
    }

    pub fn to_input(&self, all: &[f32]) -> Vec<f32> {
        let mut gradient = vec![0.0; self.x.len()];
        self.onto_input(all, &mut gradient);
        gradient
    }

    /// Adds the gradient of the input to `gradient`.
    pub fn onto_input(&self, all: &[f32], gradient: &mut [f32]) {
        let DenseOp { weights, n_in, n_out, .. } = *self.op;
        let upstream = Matrix::new(self.upstream, self.upstream.len() / n_out, n_out);
        multiply(gradient, upstream, Matrix::new(weights.of(all), n_in, n_out).transposed(), ADD);
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        for activation in Activation::ALL {
            for has_second in [false, true] {
                let mut layout = Layout::default();
                let op = DenseOp {
                    weights: layout.add(7 * 5),
                    bias: layout.add(5),
                    n_in: 7,
                    n_out: 5,
                    activation,
                };
                assert_gradients(&op, &layout, [6 * 7, if has_second { 6 * 5 } else { 0 }]);
            }
        }
    }
}
