//! A whole residual block with FiLM in one node: `x + lower(activation(raise(x) * (1 + scale) + shift))`.
//!
//! The first input is `[rows, width]`, the second holds each row's scales, then its shifts: `[rows, 2 * width]`.

use isogrid_num::net::Activation;
use rayon::prelude::*;

use super::dense::{DenseGradient, DenseOp};
use crate::kernels::matmul::{ADD, Matrix, multiply};
use crate::kernels::{self, bias_rows, piece_rows};
use crate::tape::{BackwardStep, Forward, Fused};

/// A residual block; the activations of its two layers are not used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilmOp {
    pub raise: DenseOp,
    pub lower: DenseOp,
    pub activation: Activation,
}

impl Fused for FilmOp {
    fn forward(&self, weights: &[f32], [x, film]: [&[f32]; 2]) -> Forward {
        let (raise, lower, width) = (&self.raise, &self.lower, self.raise.n_out);
        let n_rows = x.len() / raise.n_in;
        let mut raised = bias_rows(raise.bias.of(weights), n_rows);
        let matrix = |layer: &DenseOp| Matrix::new(layer.weights.of(weights), layer.n_in, layer.n_out);
        multiply(&mut raised, Matrix::new(x, n_rows, raise.n_in), matrix(raise), ADD);
        // The value before the activation is needed again, and cheaper kept than computed.
        let mut before = vec![0.0; raised.len()];
        let mut hidden = vec![0.0; raised.len()];
        let n_piece = piece_rows(width) * width;
        let outs = before.par_chunks_mut(n_piece).zip(hidden.par_chunks_mut(n_piece));
        outs.zip(raised.par_chunks(n_piece)).zip(film.par_chunks(2 * n_piece)).for_each(
            |(((before, hidden), raised), film)| {
                modulate(raised, film, width, before);
                hidden.copy_from_slice(before);
                self.activation.apply(hidden);
            },
        );
        let mut output = x.to_vec();
        kernels::for_rows(&mut output, lower.n_out, |_, rows| {
            kernels::add_bias(rows, lower.bias.of(weights));
        });
        multiply(&mut output, Matrix::new(&hidden, n_rows, width), matrix(lower), ADD);
        Forward { output, width: lower.n_out, saved: vec![raised, before, hidden] }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let BackwardStep { weights, gradients, inputs: [x, film], saved, mut upstream, .. } = step;
        let [raised, before, hidden] = saved else { unreachable!("three buffers were saved") };
        let width = self.raise.n_out;
        let lower = DenseGradient { op: &self.lower, x: hidden, upstream: &upstream };
        lower.add_to(gradients);
        let mut inner = lower.to_input(weights);
        let mut to_film = vec![0.0; film.len()];
        let n_piece = piece_rows(width) * width;
        let outs = inner.par_chunks_mut(n_piece).zip(to_film.par_chunks_mut(2 * n_piece));
        let saved = raised.par_chunks(n_piece).zip(before.par_chunks(n_piece));
        outs.zip(saved).zip(film.par_chunks(2 * n_piece)).for_each(
            |(((inner, to_film), (raised, before)), film)| {
                self.activation.chain(before, inner);
                let rows = inner.chunks_exact_mut(width).zip(raised.chunks_exact(width));
                let films = film.chunks_exact(2 * width).zip(to_film.chunks_exact_mut(2 * width));
                rows.zip(films).for_each(|((inner, raised), (film, to_film))| {
                    demodulate(inner, raised, film, to_film);
                });
            },
        );
        let raise = DenseGradient { op: &self.raise, x, upstream: &inner };
        raise.add_to(gradients);
        raise.onto_input(weights, &mut upstream);
        [Some(upstream), Some(to_film)]
    }
}

isogrid_num::vectorized! {
    /// One row, from the gradient of the modulated value to that of the raised one, in place, and to the scales' and shifts'.
    fn demodulate(inner: &mut [f32], raised: &[f32], film: &[f32], to_film: &mut [f32]) {
        let width = inner.len();
        let (scales, _) = film.split_at(width);
        let (to_scales, to_shifts) = to_film.split_at_mut(width);
        let gradients = inner.iter_mut().zip(to_scales).zip(to_shifts);
        for (((gradient, to_scale), to_shift), (x, scale)) in gradients.zip(raised.iter().zip(scales)) {
            *to_scale = *gradient * x;
            *to_shift = *gradient;
            *gradient *= 1.0 + scale;
        }
    }

    fn modulate(raised: &[f32], film: &[f32], width: usize, before: &mut [f32]) {
        let rows = before.chunks_exact_mut(width).zip(raised.chunks_exact(width));
        for ((before, raised), film) in rows.zip(film.chunks_exact(2 * width)) {
            let (scales, shifts) = film.split_at(width);
            for (((before, x), scale), shift) in before.iter_mut().zip(raised).zip(scales).zip(shifts) {
                *before = x * (1.0 + scale) + shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        for activation in [Activation::Silu, Activation::Mish] {
            let mut layout = Layout::default();
            let mut layer = || DenseOp {
                weights: layout.add(6 * 6),
                bias: layout.add(6),
                n_in: 6,
                n_out: 6,
                activation: Activation::Identity,
            };
            let op = FilmOp { raise: layer(), lower: layer(), activation };
            assert_gradients(&op, &layout, [5 * 6, 5 * 12]);
        }
    }
}
