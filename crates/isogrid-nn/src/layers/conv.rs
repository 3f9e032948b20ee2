//! Convolution along one axis, and the residual block of it.

use isogrid_num::net::{self, Activation};

use super::{Init, LayerNorm, Linear};
use crate::error::{Error, bad_option};
use crate::ops::ConvOp;
use crate::params::Params;
use crate::tape::{Tape, Var};

/// A convolution with an odd kernel and zeros beyond the ends, so that the length stays.
#[derive(Debug, Clone, Copy)]
pub struct Conv1d {
    layer: Linear,
    kernel: usize,
}

impl Conv1d {
    /// Adds a layer's parameters, `kernel * n_in * n_out + n_out` numbers.
    ///
    /// # Errors
    /// A size is out of range, or the kernel is even.
    pub fn new(
        params: &mut Params,
        [n_in, n_out]: [usize; 2],
        kernel: usize,
        (init, seed): (Init, u64),
    ) -> Result<Conv1d, Error> {
        if kernel.is_multiple_of(2) || kernel > 255 {
            return Err(bad_option("the length of the kernel", kernel, "an odd number up to 255"));
        }
        Ok(Conv1d { layer: Linear::new(params, [kernel * n_in, n_out], init, seed)?, kernel })
    }

    /// The convolution of each sequence of `length` rows, added to `residual` where there is one.
    pub fn forward(&self, tape: &Tape, (x, residual): (&Var, Option<&Var>), length: usize) -> Var {
        tape.apply(ConvOp { layer: self.layer.op, kernel: self.kernel, length }, x, residual)
    }

    /// The layer as plain slices.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<net::Conv1d, Error> {
        Ok(net::Conv1d::new(self.kernel, self.layer.export(weights)?)?)
    }
}

/// `x + lower(activation(norm(raise(x))))`.
#[derive(Debug, Clone, Copy)]
pub struct ConvLayer {
    raise: Conv1d,
    norm: LayerNorm,
    lower: Conv1d,
}

impl ConvLayer {
    /// Adds a block's parameters.
    ///
    /// # Errors
    /// A size is out of range, or the kernel is even.
    pub fn new(params: &mut Params, width: usize, kernel: usize, seed: u64) -> Result<ConvLayer, Error> {
        Ok(ConvLayer {
            raise: Conv1d::new(params, [width; 2], kernel, (Init::Scaled(1.0), seed))?,
            norm: LayerNorm::new(params, width)?,
            lower: Conv1d::new(params, [width; 2], kernel, (Init::Zero, seed))?,
        })
    }

    /// The block at sequences of `length` rows.
    pub fn forward(&self, tape: &Tape, x: &Var, (length, activation): (usize, Activation)) -> Var {
        let raised = self.raise.forward(tape, (x, None), length);
        let hidden = self.norm.forward(tape, &raised);
        let hidden = tape.activate(&hidden, activation);
        self.lower.forward(tape, (&hidden, Some(x)), length)
    }

    /// The block as plain slices.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn export(&self, weights: &[f32]) -> Result<net::ConvBlock, Error> {
        Ok(net::ConvBlock {
            raise: self.raise.export(weights)?,
            norm: self.norm.export(weights)?,
            lower: self.lower.export(weights)?,
        })
    }
}
