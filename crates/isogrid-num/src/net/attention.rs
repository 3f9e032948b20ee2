//! Self-attention over one sequence (Vaswani et al. 2017), with or without a causal mask.
//!
//! Left out: a cache of keys and values, and dropout. Cost is quadratic in the number of tokens.

use super::activation::exp;
use super::dense::add_product;
use super::error::{Error, check_size};
use super::{Activation, Dense};

/// Which tokens a token looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Masking {
    /// Itself and those before it.
    #[default]
    Causal,
    /// All.
    None,
}

impl Masking {
    /// Both, in the order of their numbers in bytes.
    pub const ALL: [Masking; 2] = [Masking::Causal, Masking::None];

    /// How many tokens, from the first, the token `idx` of `n_tokens` looks at.
    #[inline(always)]
    pub fn n_visible(self, idx: usize, n_tokens: usize) -> usize {
        match self {
            Masking::Causal => idx + 1,
            Masking::None => n_tokens,
        }
    }
}

/// Attention of `n_heads` heads between two dense layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    pub(super) inner: Dense,
    pub(super) outer: Dense,
    pub(super) n_heads: usize,
    pub(super) masking: Masking,
}

impl Attention {
    /// `layers` are `width` to `3 * width` (queries, keys, values, head by head in each) and `width` to `width`.
    ///
    /// # Errors
    /// The widths differ, or the heads do not divide the width.
    pub fn new(layers: [Dense; 2], n_heads: usize, masking: Masking) -> Result<Attention, Error> {
        let [inner, outer] = layers;
        let width = inner.n_in();
        check_size(
            "the number of outputs of an attention's first layer",
            inner.n_out(),
            3 * width,
            3 * width,
        )?;
        check_size("the number of inputs of an attention's last layer", outer.n_in(), width, width)?;
        check_size("the number of outputs of an attention's last layer", outer.n_out(), width, width)?;
        check_size("the number of heads", n_heads, 1, width)?;
        check_size("the width modulo the number of heads", width % n_heads, 0, 0)?;
        Ok(Attention { inner, outer, n_heads, masking })
    }

    /// Numbers a token.
    pub fn width(&self) -> usize {
        self.inner.n_in()
    }

    /// Numbers of scratch that a sequence needs.
    pub(super) fn n_scratch(&self, n_tokens: usize) -> usize {
        n_tokens * (4 * self.width() + 1) + self.width() * n_tokens / self.n_heads
    }

    /// Adds the attention of one sequence, `x` of `[tokens, width]`, to `out`.
    pub(super) fn forward_onto(&self, x: &[f32], scratch: &mut [f32], out: &mut [f32]) {
        let width = self.width();
        let n_tokens = x.len() / width;
        let (projected, rest) = scratch.split_at_mut(3 * width * n_tokens);
        let (mixed, rest) = rest.split_at_mut(width * n_tokens);
        let (scores, keys) = rest.split_at_mut(n_tokens);
        let keys = &mut keys[..width / self.n_heads * n_tokens];
        self.inner.forward(x, Activation::Identity, projected);
        mixed.fill(0.0);
        for head in 0..self.n_heads {
            attend_head(
                projected,
                [n_tokens, width, self.n_heads, head],
                self.masking,
                [scores, keys, mixed],
            );
        }
        self.outer.forward_onto(mixed, out);
    }
}

/// One head; `keys` becomes `[head width, tokens]`, so that a row of scores is a product.
fn attend_head(
    projected: &[f32],
    [n_tokens, width, n_heads, head]: [usize; 4],
    masking: Masking,
    [scores, keys, mixed]: [&mut [f32]; 3],
) {
    let size = width / n_heads;
    let part =
        |token: usize, which: usize| &projected[token * 3 * width + which * width + head * size..][..size];
    for token in 0..n_tokens {
        for (i, key) in part(token, 1).iter().enumerate() {
            keys[i * n_tokens + token] = *key;
        }
    }
    let scale = 1.0 / (size as f32).sqrt();
    for token in 0..n_tokens {
        let n_visible = masking.n_visible(token, n_tokens);
        scores.fill(0.0);
        add_product(part(token, 0), keys, [size, n_tokens], scores);
        softmax(&mut scores[..n_visible], scale);
        let out = &mut mixed[token * width + head * size..][..size];
        for (other, probability) in scores[..n_visible].iter().enumerate() {
            out.iter_mut().zip(part(other, 2)).for_each(|(o, value)| *o += probability * value);
        }
    }
}

crate::vectorized! {
    /// Replaces scores by probabilities, after multiplying them by `scale`.
    pub(super) fn softmax(scores: &mut [f32], scale: f32) {
        let largest = scores.iter().fold(f32::NEG_INFINITY, |largest, score| largest.max(*score));
        for score in scores.iter_mut() {
            *score = exp((*score - largest) * scale);
        }
        let sum: f32 = scores.iter().sum();
        for score in scores.iter_mut() {
            *score /= sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{dense, numbers};
    use super::*;

    fn attention(masking: Masking) -> Attention {
        Attention::new([dense(8, 24, 1), dense(8, 8, 2)], 2, masking).expect("sizes fit")
    }

    fn run(attention: &Attention, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        attention.forward_onto(x, &mut vec![0.5; attention.n_scratch(x.len() / 8)], &mut out);
        out
    }

    #[test]
    fn later_tokens_are_seen_only_without_the_mask() {
        let mut draw = numbers(3);
        let x: Vec<f32> = (0..40).map(|_| draw()).collect();
        for masking in Masking::ALL {
            let attention = attention(masking);
            let (long, short) = (run(&attention, &x), run(&attention, &x[..24]));
            let is_equal = long[..24].iter().zip(&short).all(|(a, b)| (a - b).abs() < 1e-6);
            assert_eq!(is_equal, masking == Masking::Causal);
        }
    }

    #[test]
    fn equal_keys_mix_values_evenly() {
        let mut scores = [3.0, 3.0, 3.0, 3.0];
        softmax(&mut scores, 0.5);
        assert_eq!(scores, [0.25; 4]);
        let mut scores = [1e30, -1e30];
        softmax(&mut scores, 1.0);
        assert!((scores[0] - 1.0).abs() < 1e-6 && scores[1] < 1e-30);
    }

    #[test]
    fn heads_divide_the_width() {
        let error = Attention::new([dense(8, 24, 1), dense(8, 8, 2)], 3, Masking::None).expect_err("3 heads");
        assert_eq!(error.to_string(), "the width modulo the number of heads is 2, outside 0 to 0");
    }
}
