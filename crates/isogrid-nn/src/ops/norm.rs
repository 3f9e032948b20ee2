//! Layer normalization in one node.

use isogrid_num::net::moments;
use rayon::prelude::*;

use crate::kernels::{add_column_sums, piece_rows};
use crate::params::Region;
use crate::tape::{BackwardStep, Forward, Fused};

/// Normalization of rows of `width`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NormOp {
    pub gain: Region,
    pub bias: Region,
    pub width: usize,
}

impl Fused for NormOp {
    fn forward(&self, weights: &[f32], [x, _]: [&[f32]; 2]) -> Forward {
        let width = self.width;
        let (gain, bias) = (self.gain.of(weights), self.bias.of(weights));
        let mut output = vec![0.0; x.len()];
        let mut normed = vec![0.0; x.len()];
        let mut inverse_sds = vec![0.0; x.len() / width];
        let n = piece_rows(width);
        let outs = output.par_chunks_mut(n * width).zip(normed.par_chunks_mut(n * width));
        outs.zip(inverse_sds.par_chunks_mut(n)).zip(x.par_chunks(n * width)).for_each(
            |(((output, normed), inverse_sds), x)| {
                normalize(x, inverse_sds, normed);
                scale(normed, gain, bias, output);
            },
        );
        Forward { output, width, saved: vec![normed, inverse_sds] }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let BackwardStep { weights, gradients, saved, mut upstream, .. } = step;
        let [normed, inverse_sds] = saved else { unreachable!("two buffers were saved") };
        let (width, gain) = (self.width, self.gain.of(weights));
        add_column_sums(&upstream, self.bias.of_mut(gradients));
        let mut products = upstream.clone();
        let n = piece_rows(width);
        let outs = upstream.par_chunks_mut(n * width).zip(products.par_chunks_mut(n * width));
        outs.zip(inverse_sds.par_chunks(n)).zip(normed.par_chunks(n * width)).for_each(
            |(((upstream, products), inverse_sds), normed)| {
                multiply(products, normed);
                let rows = upstream.chunks_exact_mut(width).zip(normed.chunks_exact(width));
                for ((upstream, normed), inverse_sd) in rows.zip(inverse_sds) {
                    back(upstream, normed, gain, *inverse_sd);
                }
            },
        );
        add_column_sums(&products, self.gain.of_mut(gradients));
        [Some(upstream), None]
    }
}

isogrid_num::vectorized! {
    fn normalize(x: &[f32], inverse_sds: &mut [f32], normed: &mut [f32]) {
        let width = x.len() / inverse_sds.len();
        let rows = x.chunks_exact(width).zip(normed.chunks_exact_mut(width));
        for ((x, normed), to_inverse_sd) in rows.zip(inverse_sds) {
            let (mean, inverse_sd) = moments(x);
            *to_inverse_sd = inverse_sd;
            for (normed, x) in normed.iter_mut().zip(x) {
                *normed = (x - mean) * inverse_sd;
            }
        }
    }

    fn scale(normed: &[f32], gain: &[f32], bias: &[f32], output: &mut [f32]) {
        for (output, normed) in output.chunks_exact_mut(gain.len()).zip(normed.chunks_exact(gain.len())) {
            for (((output, normed), gain), bias) in output.iter_mut().zip(normed).zip(gain).zip(bias) {
                *output = normed * gain + bias;
            }
        }
    }

    fn multiply(to: &mut [f32], by: &[f32]) {
        for (to, by) in to.iter_mut().zip(by) {
            *to *= by;
        }
    }

    /// One row of the gradient, in place.
    fn back(upstream: &mut [f32], normed: &[f32], gain: &[f32], inverse_sd: f32) {
        let (mut sums, mut products) = ([0.0_f32; 16], [0.0_f32; 16]);
        for (g, gain) in upstream.iter_mut().zip(gain) {
            *g *= gain;
        }
        for (g, x) in upstream.chunks(16).zip(normed.chunks(16)) {
            for (((sum, product), g), x) in sums.iter_mut().zip(&mut products).zip(g).zip(x) {
                *sum += g;
                *product += g * x;
            }
        }
        let n = upstream.len() as f32;
        let (mean, slope) = (sums.iter().sum::<f32>() / n, products.iter().sum::<f32>() / n);
        for (g, x) in upstream.iter_mut().zip(normed) {
            *g = inverse_sd * (*g - mean - x * slope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        for width in [5, 19] {
            let mut layout = Layout::default();
            let op = NormOp { gain: layout.add(width), bias: layout.add(width), width };
            assert_gradients(&op, &layout, [4 * width, 0]);
        }
    }
}
