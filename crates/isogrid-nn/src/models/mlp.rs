//! A multilayer perceptron for regression.

use isogrid_num::net::{self, Activation};

use super::{Network, check_length, check_row_weights, count_rows, gain};
use crate::Error;
use crate::error::bad_option;
use crate::layers::{Init, Linear};
use crate::ops::SquaredError;
use crate::params::Params;
use crate::tape::{Tape, Var};

/// What a perceptron looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct MlpOptions {
    /// Widths from the input to the output, at least two.
    pub widths: Vec<usize>,
    /// Between layers. Default: SiLU, smooth and cheap.
    pub activation: Activation,
    /// Of the random start. Default 0.
    pub seed: u64,
}

impl MlpOptions {
    /// A perceptron of these widths with the defaults.
    pub fn new(widths: &[usize]) -> MlpOptions {
        MlpOptions { widths: widths.to_vec(), activation: Activation::Silu, seed: 0 }
    }
}

/// Rows and what should come out for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MlpBatch {
    /// `[rows, n_in]`
    pub x: Vec<f32>,
    /// `[rows, n_out]`
    pub target: Vec<f32>,
    /// One a row; empty means 1 for all.
    pub row_weights: Vec<f32>,
}

/// Dense layers in a row.
#[derive(Debug)]
pub struct Mlp {
    params: Params,
    layers: Vec<Linear>,
    options: MlpOptions,
}

impl Mlp {
    /// A perceptron with a random start.
    ///
    /// # Errors
    /// There are fewer than two widths, or one is out of range.
    pub fn new(options: MlpOptions) -> Result<Mlp, Error> {
        if options.widths.len() < 2 {
            return Err(bad_option("the number of widths", options.widths.len(), "2 or more"));
        }
        let mut params = Params::of(&options);
        let mut layers = Vec::new();
        for pair in options.widths.windows(2) {
            let init = Init::Scaled(if layers.is_empty() { 1.0 } else { gain(options.activation) });
            layers.push(Linear::new(&mut params, [pair[0], pair[1]], init, options.seed)?);
        }
        Ok(Mlp { params, layers, options })
    }

    /// What it looks like.
    pub fn options(&self) -> &MlpOptions {
        &self.options
    }

    /// The trained network on plain slices.
    ///
    /// # Errors
    /// A weight is not finite.
    pub fn export(&self) -> Result<net::Mlp, Error> {
        let weights = self.params.exported();
        let layers = self.layers.iter().map(|layer| layer.export(&weights)).collect::<Result<_, _>>()?;
        Ok(net::Mlp::new(layers, self.options.activation)?)
    }

    fn ends(&self) -> [usize; 2] {
        let widths = &self.options.widths;
        [widths[0], widths[widths.len() - 1]]
    }
}

impl Network for Mlp {
    type Batch = MlpBatch;

    fn params(&self) -> &Params {
        &self.params
    }

    fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    fn loss(&self, tape: &Tape, step: u64, batch: &MlpBatch) -> Result<Var, Error> {
        let [n_in, n_out] = self.ends();
        let n_rows = count_rows(step, "the inputs", batch.x.len(), n_in)?;
        check_length(step, "the target", batch.target.len(), n_rows * n_out)?;
        check_row_weights(step, batch.row_weights.len(), n_rows)?;
        let mut x = tape.input(batch.x.clone(), n_in);
        for (i, layer) in self.layers.iter().enumerate() {
            let is_last = i + 1 == self.layers.len();
            x = layer.forward(tape, &x, if is_last { Activation::Identity } else { self.options.activation });
        }
        let (target, row_weights) = (batch.target.clone(), batch.row_weights.clone());
        Ok(tape.apply(SquaredError { target, row_weights, width: n_out }, &x, None))
    }
}
