//! Layers: parameters in a [`Params`] and the fused operation over them.
//!
//! A network adds its layers' parameters in a fixed order and calls the layers on a [`Tape`]. Left out: dropout, and
//! recurrent layers.

mod attention;
mod conv;

use isogrid_num::net::{self, Activation, Dense};

pub use attention::{Attention, AttentionOptions, TransformerLayer};
pub use conv::{Conv1d, ConvLayer};

use crate::error::{Error, bad_option};
use crate::ops::{DenseOp, FilmOp, NormOp};
use crate::params::{Params, Start};
use crate::tape::{Tape, Var};

/// The largest width of a layer.
const MAX_WIDTH: usize = 1 << 16;

/// How the weights of a layer start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Normal with variance `gain^2 / n_in` (He et al. 2015 with gain `sqrt(2)`).
    Scaled(f32),
    /// All zero: a residual branch that starts as nothing.
    Zero,
}

/// A dense layer: `x @ weights + bias`.
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    op: DenseOp,
}

impl Linear {
    /// Adds a layer's parameters, `n_in * n_out + n_out` numbers.
    ///
    /// # Errors
    /// A size is zero or above 65,536.
    pub fn new(
        params: &mut Params,
        [n_in, n_out]: [usize; 2],
        init: Init,
        seed: u64,
    ) -> Result<Linear, Error> {
        check_width("the number of inputs of a layer", n_in)?;
        check_width("the number of outputs of a layer", n_out)?;
        let sd = match init {
            Init::Scaled(gain) => gain / (n_in as f32).sqrt(),
            Init::Zero => 0.0,
        };
        let start = if sd == 0.0 { Start::Constant(0.0) } else { Start::Normal(sd) };
        let name = |part: &str| format!("linear {n_in}x{n_out} {part}");
        let weights = params.add(name("weights"), n_in * n_out, start, seed);
        let bias = params.add(name("bias"), n_out, Start::Constant(0.0), seed);
        Ok(Linear { op: DenseOp { weights, bias, n_in, n_out, activation: Activation::Identity } })
    }

    /// `activation(x @ weights + bias)`, `[rows, n_out]`.
    pub fn forward(&self, tape: &Tape, x: &Var, activation: Activation) -> Var {
        tape.apply(DenseOp { activation, ..self.op }, x, None)
    }

    /// `residual + x @ weights + bias`, `[rows, n_out]`.
    pub fn forward_onto(&self, tape: &Tape, x: &Var, residual: &Var) -> Var {
        tape.apply(self.op, x, Some(residual))
    }

    /// The layer as plain slices, with the numbers that it has in `weights`, a copy of the whole buffer.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<Dense, Error> {
        let (w, bias) = (self.op.weights.of(weights), self.op.bias.of(weights).to_vec());
        Ok(Dense::new(self.op.n_in, self.op.n_out, w, bias)?)
    }
}

/// A residual block of two dense layers with a scale and a shift from a condition between them.
#[derive(Debug, Clone, Copy)]
pub struct FilmLayer {
    raise: Linear,
    lower: Linear,
    film: Linear,
}

impl FilmLayer {
    /// Adds a block's parameters: `width` to `width` twice, and the condition to `2 * width`.
    ///
    /// # Errors
    /// A size is zero or too large.
    pub fn new(params: &mut Params, width: usize, n_condition: usize, seed: u64) -> Result<FilmLayer, Error> {
        let raise = Linear::new(params, [width, width], Init::Scaled(std::f32::consts::SQRT_2), seed)?;
        let lower = Linear::new(params, [width, width], Init::Zero, seed)?;
        let film = Linear::new(params, [n_condition, 2 * width], Init::Zero, seed)?;
        Ok(FilmLayer { raise, lower, film })
    }

    /// `x + lower(activation(raise(x) * (1 + scale) + shift))`, scale and shift a dense function of the condition.
    pub fn forward(&self, tape: &Tape, [x, condition]: [&Var; 2], activation: Activation) -> Var {
        let film = self.film.forward(tape, condition, Activation::Identity);
        tape.apply(FilmOp { raise: self.raise.op, lower: self.lower.op, activation }, x, Some(&film))
    }

    /// The block as plain slices.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<net::FilmBlock, Error> {
        Ok(net::FilmBlock {
            raise: self.raise.export(weights)?,
            lower: self.lower.export(weights)?,
            film: self.film.export(weights)?,
        })
    }
}

/// Normalization of rows, with a gain and a bias.
#[derive(Debug, Clone, Copy)]
pub struct LayerNorm {
    op: NormOp,
}

impl LayerNorm {
    /// Adds a layer's parameters, `2 * width` numbers.
    ///
    /// # Errors
    /// The width is zero or above 65,536.
    pub fn new(params: &mut Params, width: usize) -> Result<LayerNorm, Error> {
        check_width("the width of a norm", width)?;
        let gain = params.add(format!("norm {width} gain"), width, Start::Constant(1.0), 0);
        let bias = params.add(format!("norm {width} bias"), width, Start::Constant(0.0), 0);
        Ok(LayerNorm { op: NormOp { gain, bias, width } })
    }

    /// Every row with mean 0 and variance 1, times the gain, plus the bias.
    pub fn forward(&self, tape: &Tape, x: &Var) -> Var {
        tape.apply(self.op, x, None)
    }

    /// The layer as plain slices.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<net::LayerNorm, Error> {
        Ok(net::LayerNorm::new(self.op.gain.of(weights).to_vec(), self.op.bias.of(weights).to_vec())?)
    }
}

/// Checks the size of a layer.
pub(crate) fn check_width(what: &'static str, width: usize) -> Result<(), Error> {
    if (1..=MAX_WIDTH).contains(&width) {
        return Ok(());
    }
    Err(bad_option(what, width, "1 to 65536"))
}
