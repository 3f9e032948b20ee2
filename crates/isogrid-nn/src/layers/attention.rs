//! Attention between two dense layers, and the transformer block around it.

use isogrid_num::net::{self, Activation, Masking};

use super::{Init, LayerNorm, Linear};
use crate::error::{Error, bad_option};
use crate::ops::AttentionOp;
use crate::params::Params;
use crate::tape::{Tape, Var};

/// Sizes of an attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttentionOptions {
    /// Numbers a token.
    pub width: usize,
    /// Heads; they divide the width.
    pub n_heads: usize,
    /// Which tokens a token looks at.
    pub masking: Masking,
}

/// Self-attention over sequences.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    inner: Linear,
    outer: Linear,
    options: AttentionOptions,
}

impl Attention {
    /// Adds a layer's parameters, about `4 * width^2` numbers; `gain` is that of the last layer's start.
    ///
    /// # Errors
    /// A size is out of range, or the heads do not divide the width.
    pub fn new(
        params: &mut Params,
        options: AttentionOptions,
        gain: f32,
        seed: u64,
    ) -> Result<Attention, Error> {
        let AttentionOptions { width, n_heads, .. } = options;
        if n_heads == 0 || !width.is_multiple_of(n_heads) {
            return Err(bad_option(
                "the number of heads",
                n_heads,
                format!("a divisor of the width, {width}"),
            ));
        }
        let inner = Linear::new(params, [width, 3 * width], Init::Scaled(1.0), seed)?;
        let outer = Linear::new(params, [width, width], Init::Scaled(gain), seed)?;
        Ok(Attention { inner, outer, options })
    }

    /// `residual` plus the attention within each sequence of `n_tokens` rows of `x`.
    pub fn forward_onto(&self, tape: &Tape, [x, residual]: [&Var; 2], n_tokens: usize) -> Var {
        let AttentionOptions { width, n_heads, masking } = self.options;
        let projected = self.inner.forward(tape, x, Activation::Identity);
        let mixed = tape.apply(AttentionOp { n_tokens, width, n_heads, masking }, &projected, None);
        self.outer.forward_onto(tape, &mixed, residual)
    }

    /// The layer as plain slices.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<net::Attention, Error> {
        let layers = [self.inner.export(weights)?, self.outer.export(weights)?];
        Ok(net::Attention::new(layers, self.options.n_heads, self.options.masking)?)
    }
}

/// `x + attention(norm(x))`, then `x + lower(activation(raise(norm(x))))`.
#[derive(Debug, Clone, Copy)]
pub struct TransformerLayer {
    first_norm: LayerNorm,
    attention: Attention,
    second_norm: LayerNorm,
    raise: Linear,
    lower: Linear,
}

impl TransformerLayer {
    /// Adds a block's parameters; `gain` is that of the last layer of both branches, smaller in deeper networks.
    ///
    /// # Errors
    /// A size is out of range.
    pub fn new(
        params: &mut Params,
        options: AttentionOptions,
        inner_width: usize,
        (gain, seed): (f32, u64),
    ) -> Result<TransformerLayer, Error> {
        let width = options.width;
        Ok(TransformerLayer {
            first_norm: LayerNorm::new(params, width)?,
            attention: Attention::new(params, options, gain, seed)?,
            second_norm: LayerNorm::new(params, width)?,
            raise: Linear::new(params, [width, inner_width], Init::Scaled(std::f32::consts::SQRT_2), seed)?,
            lower: Linear::new(params, [inner_width, width], Init::Scaled(gain), seed)?,
        })
    }

    /// The block at sequences of `n_tokens` rows.
    pub fn forward(&self, tape: &Tape, x: &Var, (n_tokens, activation): (usize, Activation)) -> Var {
        let normed = self.first_norm.forward(tape, x);
        let x = self.attention.forward_onto(tape, [&normed, x], n_tokens);
        let normed = self.second_norm.forward(tape, &x);
        let hidden = self.raise.forward(tape, &normed, activation);
        self.lower.forward_onto(tape, &hidden, &x)
    }

    /// The block as plain slices.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<net::TransformerBlock, Error> {
        Ok(net::TransformerBlock {
            first_norm: self.first_norm.export(weights)?,
            attention: self.attention.export(weights)?,
            second_norm: self.second_norm.export(weights)?,
            raise: self.raise.export(weights)?,
            lower: self.lower.export(weights)?,
        })
    }
}
