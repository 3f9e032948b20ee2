//! Softmax attention of all heads in one node; probabilities are kept for the backward pass.
//!
//! The input holds each token's queries, keys and values, `[batch * tokens, 3 * width]`. Heads of different sequences
//! are independent, so threads share them out whole. Left out: blockwise attention, which pays for longer sequences.

use isogrid_num::net::{Masking, exp};
use rayon::prelude::*;

use crate::kernels::matmul::{Matrix, Mode, Product, Threads, multiply};
use crate::tape::{BackwardStep, Forward, Fused};

/// Attention within sequences.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionOp {
    pub n_tokens: usize,
    pub width: usize,
    pub n_heads: usize,
    pub masking: Masking,
}

/// A product on the calling thread.
const ONE: Product = Product { scale: 1.0, mode: Mode::Replace, threads: Threads::One, row_stride: None };

impl AttentionOp {
    fn size(&self) -> usize {
        self.width / self.n_heads
    }

    /// Queries, keys and values of one head of one sequence.
    fn parts<'a>(&self, sequence: &'a [f32], head: usize) -> [Matrix<'a>; 3] {
        [0, 1, 2].map(|which| {
            let start = which * self.width + head * self.size();
            Matrix::strided(&sequence[start..], self.n_tokens, self.size(), 3 * self.width)
        })
    }

    /// Columns of a head as a matrix, from rows of `width`.
    fn columns<'a>(&self, sequence: &'a [f32], head: usize) -> Matrix<'a> {
        Matrix::strided(&sequence[head * self.size()..], self.n_tokens, self.size(), self.width)
    }

    fn forward_sequence(&self, x: &[f32], probabilities: &mut [f32], output: &mut [f32]) {
        let n_scores = self.n_tokens * self.n_tokens;
        for (head, scores) in probabilities.chunks_exact_mut(n_scores).enumerate() {
            let [queries, keys, values] = self.parts(x, head);
            multiply(scores, queries, keys.transposed(), ONE);
            let scale = 1.0 / (self.size() as f32).sqrt();
            for (token, scores) in scores.chunks_exact_mut(self.n_tokens).enumerate() {
                let (seen, hidden) = scores.split_at_mut(self.masking.n_visible(token, self.n_tokens));
                softmax(seen, scale);
                hidden.fill(0.0);
            }
            let out = &mut output[head * self.size()..];
            let scores = Matrix::new(scores, self.n_tokens, self.n_tokens);
            multiply(out, scores, values, Product { row_stride: Some(self.width), ..ONE });
        }
    }

    fn backward_sequence(&self, [x, probabilities, upstream]: [&[f32]; 3], gradient: &mut [f32]) {
        let (n_tokens, size, width) = (self.n_tokens, self.size(), self.width);
        let onto = Product { row_stride: Some(3 * width), ..ONE };
        let scaled = Product { scale: 1.0 / (size as f32).sqrt(), ..onto };
        let mut to_scores = vec![0.0; n_tokens * n_tokens];
        for (head, p) in probabilities.chunks_exact(n_tokens * n_tokens).enumerate() {
            let [queries, keys, values] = self.parts(x, head);
            let upstream = self.columns(upstream, head);
            let probabilities = Matrix::new(p, n_tokens, n_tokens);
            multiply(&mut gradient[2 * width + head * size..], probabilities.transposed(), upstream, onto);
            multiply(&mut to_scores, upstream, values.transposed(), ONE);
            for (g, p) in to_scores.chunks_exact_mut(n_tokens).zip(p.chunks_exact(n_tokens)) {
                softmax_back(g, p);
            }
            let to_scores = Matrix::new(&to_scores, n_tokens, n_tokens);
            multiply(&mut gradient[head * size..], to_scores, keys, scaled);
            multiply(&mut gradient[width + head * size..], to_scores.transposed(), queries, scaled);
        }
    }
}

impl Fused for AttentionOp {
    fn forward(&self, _weights: &[f32], [x, _]: [&[f32]; 2]) -> Forward {
        let width = self.width;
        let n_sequences = x.len() / (3 * width * self.n_tokens);
        let n_probabilities = self.n_heads * self.n_tokens * self.n_tokens;
        let mut output = vec![0.0; n_sequences * self.n_tokens * width];
        let mut probabilities = vec![0.0; n_sequences * n_probabilities];
        let outs = output.par_chunks_mut(self.n_tokens * width);
        outs.zip(probabilities.par_chunks_mut(n_probabilities))
            .zip(x.par_chunks(3 * width * self.n_tokens))
            .for_each(|((output, probabilities), x)| self.forward_sequence(x, probabilities, output));
        Forward { output, width, saved: vec![probabilities] }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let BackwardStep { inputs: [x, _], saved, upstream, .. } = step;
        let n = self.n_tokens * self.width;
        let mut gradient = vec![0.0; x.len()];
        let n_probabilities = self.n_heads * self.n_tokens * self.n_tokens;
        let sequences =
            x.par_chunks(3 * n).zip(saved[0].par_chunks(n_probabilities)).zip(upstream.par_chunks(n));
        gradient
            .par_chunks_mut(3 * n)
            .zip(sequences)
            .for_each(|(gradient, ((x, p), upstream))| self.backward_sequence([x, p, upstream], gradient));
        [Some(gradient), None]
    }
}

isogrid_num::vectorized! {
    /// Scores to probabilities, after multiplying them by `scale`.
    fn softmax(scores: &mut [f32], scale: f32) {
        let mut largest = [f32::NEG_INFINITY; 16];
        for chunk in scores.chunks(16) {
            for (largest, score) in largest.iter_mut().zip(chunk) {
                *largest = if *score > *largest { *score } else { *largest };
            }
        }
        let largest = largest.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        for score in scores.iter_mut() {
            *score = exp((*score - largest) * scale);
        }
        let mut sums = [0.0_f32; 16];
        for chunk in scores.chunks(16) {
            for (sum, score) in sums.iter_mut().zip(chunk) {
                *sum += score;
            }
        }
        let factor = 1.0 / sums.iter().sum::<f32>();
        for score in scores.iter_mut() {
            *score *= factor;
        }
    }

    /// A row of gradients of probabilities `p` to that of the scores.
    fn softmax_back(gradients: &mut [f32], p: &[f32]) {
        let mut sums = [0.0_f32; 16];
        for (g, p) in gradients.chunks(16).zip(p.chunks(16)) {
            for ((sum, g), p) in sums.iter_mut().zip(g).zip(p) {
                *sum += g * p;
            }
        }
        let mean = sums.iter().sum::<f32>();
        for (g, p) in gradients.iter_mut().zip(p) {
            *g = p * (*g - mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        for masking in Masking::ALL {
            let op = AttentionOp { n_tokens: 5, width: 6, n_heads: 2, masking };
            assert_gradients(&op, &Layout::default(), [3 * 5 * 18, 0]);
        }
    }
}
