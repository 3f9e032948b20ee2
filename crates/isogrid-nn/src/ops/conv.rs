//! Convolution along sequences: windows side by side, then one product.

use isogrid_num::net::Activation;
use rayon::prelude::*;

use super::dense::{DenseGradient, DenseOp};
use crate::tape::{BackwardStep, Forward, Fused};

/// A convolution of odd kernel, zeros beyond the ends; `layer` maps a window of `kernel` places to one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvOp {
    pub layer: DenseOp,
    pub kernel: usize,
    /// Places in a sequence.
    pub length: usize,
}

impl ConvOp {
    fn n_channels(&self) -> usize {
        self.layer.n_in / self.kernel
    }

    /// For each place of one sequence the range of kernel offsets inside it, and the first place they meet.
    fn inside(&self, place: usize) -> (std::ops::Range<usize>, usize) {
        let half = self.kernel / 2;
        let first = half.saturating_sub(place);
        let last = self.kernel.min(self.length + half - place);
        (first..last, place + first - half)
    }
}

impl Fused for ConvOp {
    fn forward(&self, weights: &[f32], [x, second]: [&[f32]; 2]) -> Forward {
        let (n_channels, n_window) = (self.n_channels(), self.layer.n_in);
        let mut windows = vec![0.0; x.len() * self.kernel];
        let sequences =
            windows.par_chunks_mut(self.length * n_window).zip(x.par_chunks(self.length * n_channels));
        sequences.for_each(|(windows, x)| {
            for (place, window) in windows.chunks_exact_mut(n_window).enumerate() {
                let (offsets, from) = self.inside(place);
                let n = offsets.len() * n_channels;
                window[offsets.start * n_channels..][..n].copy_from_slice(&x[from * n_channels..][..n]);
            }
        });
        let mut done = self.layer.forward(weights, [&windows, second]);
        done.saved.push(windows);
        done
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let BackwardStep { weights, gradients, inputs: [x, second], saved, upstream, is_input_tracked } =
            step;
        assert_eq!(
            self.layer.activation,
            Activation::Identity,
            "convolutions have no activation of their own"
        );
        let layer = DenseGradient { op: &self.layer, x: &saved[0], upstream: &upstream };
        layer.add_to(gradients);
        let to_x = is_input_tracked.then(|| self.fold(&layer.to_input(weights), x.len()));
        [to_x, (!second.is_empty()).then_some(upstream)]
    }
}

impl ConvOp {
    /// Adds up windows into the places they came from.
    fn fold(&self, windows: &[f32], len: usize) -> Vec<f32> {
        let (n_channels, n_window) = (self.n_channels(), self.layer.n_in);
        let mut gradient = vec![0.0; len];
        let sequences =
            gradient.par_chunks_mut(self.length * n_channels).zip(windows.par_chunks(self.length * n_window));
        sequences.for_each(|(gradient, windows)| {
            for (place, window) in windows.chunks_exact(n_window).enumerate() {
                let (offsets, from) = self.inside(place);
                let n = offsets.len() * n_channels;
                let window = &window[offsets.start * n_channels..][..n];
                gradient[from * n_channels..][..n].iter_mut().zip(window).for_each(|(to, g)| *to += g);
            }
        });
        gradient
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        for (kernel, length) in [(1, 4), (3, 5), (5, 2)] {
            for has_second in [false, true] {
                let mut layout = Layout::default();
                let (n_in, n_out) = (kernel * 2, 3);
                let (weights, bias) = (layout.add(n_in * n_out), layout.add(n_out));
                let layer = DenseOp { weights, bias, n_in, n_out, activation: Activation::Identity };
                let second = if has_second { 2 * length * n_out } else { 0 };
                assert_gradients(&ConvOp { layer, kernel, length }, &layout, [2 * length * 2, second]);
            }
        }
    }
}
