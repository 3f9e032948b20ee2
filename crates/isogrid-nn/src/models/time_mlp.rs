//! A residual perceptron conditioned on time: the network of small diffusion and flow-matching policies.
//!
//! What it predicts (noise, sample, velocity) is the caller's choice: targets come with the batch. Conditions other
//! than time are appended to the input. The form is [`isogrid_num::net::TimeMlp`]'s.

use isogrid_num::net::{self, Activation, time_features};

use super::{Network, check_length, check_row_weights, count_rows, gain};
use crate::Error;
use crate::error::bad_option;
use crate::kernels;
use crate::layers::{FilmLayer, Init, Linear};
use crate::ops::SquaredError;
use crate::params::Params;
use crate::tape::{Tape, Var};

/// What the network looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeMlpOptions {
    /// Numbers in, conditions included, time excluded.
    pub n_in: usize,
    /// Numbers out.
    pub n_out: usize,
    /// Width of the residual stream and of the blocks. Default 256: enough for skills of a few dimensions.
    pub width: usize,
    /// Residual blocks, two dense layers each. Default 2; more gains little at this width.
    pub n_blocks: usize,
    /// Sines and cosines of the time, an even number. Default 64.
    pub n_time_features: usize,
    /// Width of the code of time that scales and shifts every block. Default 64.
    pub time_width: usize,
    /// Multiplies the time before its sines are taken. Default 1,000, for times in `0..=1`.
    pub time_scale: f32,
    /// Inside blocks. Default: SiLU.
    pub activation: Activation,
    /// Of the random start. Default 0.
    pub seed: u64,
}

impl TimeMlpOptions {
    /// A network of these ends with the defaults.
    pub fn new(n_in: usize, n_out: usize) -> TimeMlpOptions {
        TimeMlpOptions {
            n_in,
            n_out,
            width: 256,
            n_blocks: 2,
            n_time_features: 64,
            time_width: 64,
            time_scale: 1000.0,
            activation: Activation::Silu,
            seed: 0,
        }
    }
}

/// Rows, their times, and what should come out for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimeBatch {
    /// `[rows, n_in]`
    pub x: Vec<f32>,
    /// One a row.
    pub t: Vec<f32>,
    /// `[rows, n_out]`
    pub target: Vec<f32>,
    /// One a row; empty means 1 for all.
    pub row_weights: Vec<f32>,
}

/// A residual perceptron with time conditioning.
#[derive(Debug)]
pub struct TimeMlp {
    params: Params,
    input: Linear,
    time: Linear,
    blocks: Vec<FilmLayer>,
    output: Linear,
    options: TimeMlpOptions,
}

impl TimeMlp {
    /// A network with a random start, at which its output is a linear function of its input.
    ///
    /// # Errors
    /// A size is out of range, or the number of time features is odd.
    pub fn new(options: TimeMlpOptions) -> Result<TimeMlp, Error> {
        let TimeMlpOptions { n_in, n_out, width, n_blocks, n_time_features, time_width, seed, .. } = options;
        if !(1..=256).contains(&n_blocks) {
            return Err(bad_option("the number of blocks", n_blocks, "1 to 256"));
        }
        if !n_time_features.is_multiple_of(2) {
            return Err(bad_option("the number of time features", n_time_features, "an even number"));
        }
        if !options.time_scale.is_finite() {
            return Err(bad_option("the time scale", options.time_scale, "a finite number"));
        }
        let mut params = Params::of(&options);
        let input = Linear::new(&mut params, [n_in, width], Init::Scaled(1.0), seed)?;
        let time = Linear::new(
            &mut params,
            [n_time_features, time_width],
            Init::Scaled(gain(options.activation)),
            seed,
        )?;
        let block = |_| FilmLayer::new(&mut params, width, time_width, seed);
        let blocks = (0..n_blocks).map(block).collect::<Result<_, _>>()?;
        let output = Linear::new(&mut params, [width, n_out], Init::Scaled(1.0), seed)?;
        Ok(TimeMlp { params, input, time, blocks, output, options })
    }

    /// What it looks like.
    pub fn options(&self) -> &TimeMlpOptions {
        &self.options
    }

    /// The trained network on plain slices, with averaged weights where training kept an average.
    ///
    /// # Errors
    /// A weight is not finite.
    pub fn export(&self) -> Result<net::TimeMlp, Error> {
        let weights = self.params.exported();
        let layer = |layer: &Linear| layer.export(&weights);
        let layers = [layer(&self.input)?, layer(&self.time)?, layer(&self.output)?];
        let blocks = self.blocks.iter().map(|block| block.export(&weights)).collect::<Result<_, _>>()?;
        Ok(net::TimeMlp::new(layers, blocks, self.options.activation, self.options.time_scale)?)
    }

    /// The network at `x` of `[rows, n_in]` and times `t`, recorded on the tape: `[rows, n_out]`.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, tape: &Tape, x: &[f32], t: &[f32]) -> Var {
        let TimeMlpOptions { n_in, n_time_features, time_scale, activation, .. } = self.options;
        let mut features = vec![0.0; t.len() * n_time_features];
        kernels::for_rows(&mut features, n_time_features, |first, rows| {
            for (t, row) in t[first..].iter().zip(rows.chunks_exact_mut(n_time_features)) {
                time_features(*t, time_scale, row);
            }
        });
        let features = tape.input(features, n_time_features);
        let code = self.time.forward(tape, &features, activation);
        let mut stream = self.input.forward(tape, &tape.input(x.to_vec(), n_in), Activation::Identity);
        for block in &self.blocks {
            stream = block.forward(tape, [&stream, &code], activation);
        }
        self.output.forward(tape, &stream, Activation::Identity)
    }
}

impl Network for TimeMlp {
    type Batch = TimeBatch;

    fn params(&self) -> &Params {
        &self.params
    }

    fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    fn loss(&self, tape: &Tape, step: u64, batch: &TimeBatch) -> Result<Var, Error> {
        let TimeMlpOptions { n_in, n_out, .. } = self.options;
        let n_rows = count_rows(step, "the inputs", batch.x.len(), n_in)?;
        check_length(step, "the times", batch.t.len(), n_rows)?;
        check_length(step, "the target", batch.target.len(), n_rows * n_out)?;
        check_row_weights(step, batch.row_weights.len(), n_rows)?;
        let output = self.forward(tape, &batch.x, &batch.t);
        let (target, row_weights) = (batch.target.clone(), batch.row_weights.clone());
        Ok(tape.apply(SquaredError { target, row_weights, width: n_out }, &output, None))
    }
}
