//! Networks made of layers, each with its batch type and its export to plain slices.

mod conv_net;
mod mlp;
mod time_mlp;
mod transformer;

use isogrid_num::net::Activation;

pub use conv_net::{ConvBatch, ConvNet, ConvNetOptions};
pub use mlp::{Mlp, MlpBatch, MlpOptions};
pub use time_mlp::{TimeBatch, TimeMlp, TimeMlpOptions};
pub use transformer::{Tokens, Transformer, TransformerBatch, TransformerOptions};

use crate::Error;
use crate::params::Params;
use crate::tape::{Tape, Var};

/// What can be trained.
pub trait Network {
    /// The data of one step; the same value is handed to the supplier again and again, so its buffers are kept.
    type Batch: Default;

    /// The parameters.
    fn params(&self) -> &Params;

    /// The parameters.
    fn params_mut(&mut self) -> &mut Params;

    /// The loss of a batch, `[1, 1]`, recorded on the tape.
    ///
    /// # Errors
    /// A buffer of the batch has a length that does not fit; `step` is for the message.
    fn loss(&self, tape: &Tape, step: u64, batch: &Self::Batch) -> Result<Var, Error>;
}

/// The gain of a layer before this activation.
fn gain(activation: Activation) -> f32 {
    if activation == Activation::Identity { 1.0 } else { std::f32::consts::SQRT_2 }
}

/// Checks the length of a batch's buffer.
fn check_length(step: u64, what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Batch { step, what, found, expected: expected.to_string() })
}

/// The rows of a batch whose `what` has `width` numbers a row; at least one.
fn count_rows(step: u64, what: &'static str, found: usize, width: usize) -> Result<usize, Error> {
    if found > 0 && found.is_multiple_of(width) {
        return Ok(found / width);
    }
    Err(Error::Batch { step, what, found, expected: format!("a multiple of {width}") })
}

/// Checks the weights of a batch's rows: none at all, or one a row.
fn check_row_weights(step: u64, found: usize, n_rows: usize) -> Result<(), Error> {
    if found == 0 || found == n_rows {
        return Ok(());
    }
    Err(Error::Batch { step, what: "the row weights", found, expected: format!("0 or {n_rows}") })
}
