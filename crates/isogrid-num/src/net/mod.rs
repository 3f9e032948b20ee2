//! Forward passes of small trained networks on plain slices: inference without a tensor library.
//!
//! Weights come from training (`isogrid-nn` exports them) or from bytes. Buffers are row-major `[rows, width]` in
//! single precision; a [`Scratch`] keeps the intermediate ones, so that a call after the first allocates nothing.
//! Results are the same bits on every machine. Left out: training, threads, reduced precision, a cache of keys and
//! values.

mod activation;
mod attention;
mod bytes;
mod conv;
mod dense;
mod error;
mod mlp;
mod norm;
mod time;
mod transformer;

pub use activation::{Activation, apply_exp, exp, sigmoid, tanh};
pub use attention::{Attention, Masking};
pub use conv::{Conv1d, ConvBlock, ConvNet};
pub use dense::Dense;
pub use error::Error;
pub use mlp::Mlp;
pub use norm::{LayerNorm, NORM_EPSILON, moments};
pub use time::{FilmBlock, TimeMlp, time_features};
pub use transformer::{Input, Transformer, TransformerBlock};

/// Memory for intermediate results, kept between calls. Any network may use any scratch.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    numbers: Vec<f32>,
}

impl Scratch {
    /// Buffers of the given lengths, with whatever was in them.
    fn split<const N: usize>(&mut self, lengths: [usize; N]) -> [&mut [f32]; N] {
        let total = lengths.iter().sum();
        if self.numbers.len() < total {
            self.numbers.resize(total, 0.0);
        }
        let mut rest = self.numbers.as_mut_slice();
        lengths.map(|length| {
            let (buffer, tail) = std::mem::take(&mut rest).split_at_mut(length);
            rest = tail;
            buffer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Dense;
    use crate::rng::Rng;

    /// A layer of random weights.
    pub fn dense(n_in: usize, n_out: usize, seed: u64) -> Dense {
        let mut draw = numbers(seed);
        let weights: Vec<f32> = (0..n_in * n_out).map(|_| draw() / (n_in as f32).sqrt()).collect();
        Dense::new(n_in, n_out, &weights, (0..n_out).map(|_| draw() * 0.1).collect()).expect("sizes fit")
    }

    /// Normal numbers.
    pub fn numbers(seed: u64) -> impl FnMut() -> f32 {
        let mut rng = Rng::new(seed, 0);
        move || rng.normal() as f32
    }
}
