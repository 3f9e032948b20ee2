//! A residual network of convolutions along one axis, from sequences to sequences.

use isogrid_num::net::{self, Activation};

use super::{Network, check_length, check_row_weights, count_rows};
use crate::Error;
use crate::error::bad_option;
use crate::layers::{Conv1d, ConvLayer, Init, Linear};
use crate::ops::SquaredError;
use crate::params::Params;
use crate::tape::{Tape, Var};

/// What the network looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvNetOptions {
    /// Channels in.
    pub n_in: usize,
    /// Channels out.
    pub n_out: usize,
    /// Places in every sequence of a batch.
    pub length: usize,
    /// Channels inside. Default 64.
    pub width: usize,
    /// Residual blocks, two convolutions each. Default 2.
    pub n_blocks: usize,
    /// Places that a convolution sees, an odd number. Default 5.
    pub kernel: usize,
    /// Inside blocks. Default: Mish, as diffusion policies of this form use.
    pub activation: Activation,
    /// Of the random start. Default 0.
    pub seed: u64,
}

impl ConvNetOptions {
    /// A network of these channels and this length with the defaults.
    pub fn new([n_in, n_out]: [usize; 2], length: usize) -> ConvNetOptions {
        let activation = Activation::Mish;
        ConvNetOptions { n_in, n_out, length, width: 64, n_blocks: 2, kernel: 5, activation, seed: 0 }
    }
}

/// Sequences and what should come out for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConvBatch {
    /// `[sequences, length, n_in]`
    pub x: Vec<f32>,
    /// `[sequences, length, n_out]`
    pub target: Vec<f32>,
    /// One a place, `[sequences, length]`; empty means 1 for all.
    pub row_weights: Vec<f32>,
}

/// A residual network of convolutions.
#[derive(Debug)]
pub struct ConvNet {
    params: Params,
    input: Conv1d,
    blocks: Vec<ConvLayer>,
    output: Linear,
    options: ConvNetOptions,
}

impl ConvNet {
    /// A network with a random start.
    ///
    /// # Errors
    /// A size is out of range, or the kernel is even.
    pub fn new(options: ConvNetOptions) -> Result<ConvNet, Error> {
        let ConvNetOptions { n_in, n_out, length, width, n_blocks, kernel, seed, .. } = options;
        if !(1..=256).contains(&n_blocks) {
            return Err(bad_option("the number of blocks", n_blocks, "1 to 256"));
        }
        if length == 0 {
            return Err(bad_option("the length of a sequence", length, "1 or more"));
        }
        let mut params = Params::of(&options);
        let input = Conv1d::new(&mut params, [n_in, width], kernel, (Init::Scaled(1.0), seed))?;
        let block = |_| ConvLayer::new(&mut params, width, kernel, seed);
        let blocks = (0..n_blocks).map(block).collect::<Result<_, _>>()?;
        let output = Linear::new(&mut params, [width, n_out], Init::Scaled(1.0), seed)?;
        Ok(ConvNet { params, input, blocks, output, options })
    }

    /// The trained network on plain slices.
    ///
    /// # Errors
    /// A weight is not finite.
    pub fn export(&self) -> Result<net::ConvNet, Error> {
        let weights = self.params.exported();
        let blocks = self.blocks.iter().map(|block| block.export(&weights)).collect::<Result<_, _>>()?;
        let (input, output) = (self.input.export(&weights)?, self.output.export(&weights)?);
        Ok(net::ConvNet::new(input, blocks, output, self.options.activation)?)
    }
}

impl Network for ConvNet {
    type Batch = ConvBatch;

    fn params(&self) -> &Params {
        &self.params
    }

    fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    fn loss(&self, tape: &Tape, step: u64, batch: &ConvBatch) -> Result<Var, Error> {
        let ConvNetOptions { n_in, n_out, length, activation, .. } = self.options;
        let n_rows = length * count_rows(step, "the inputs", batch.x.len(), n_in * length)?;
        check_length(step, "the target", batch.target.len(), n_rows * n_out)?;
        check_row_weights(step, batch.row_weights.len(), n_rows)?;
        let x = tape.input(batch.x.clone(), n_in);
        let mut stream = self.input.forward(tape, (&x, None), length);
        for block in &self.blocks {
            stream = block.forward(tape, &stream, (length, activation));
        }
        let output = self.output.forward(tape, &stream, Activation::Identity);
        let (target, row_weights) = (batch.target.clone(), batch.row_weights.clone());
        Ok(tape.apply(SquaredError { target, row_weights, width: n_out }, &output, None))
    }
}
