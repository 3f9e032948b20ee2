//! A small transformer: a language model over tokens, or a network from rows to rows (an action-chunking policy).
//!
//! Pre-norm blocks, learned positions, an untied head. The form is [`isogrid_num::net::Transformer`]'s. Left out:
//! dropout, and sequences of different lengths in one batch.

use isogrid_num::net::{self, Activation, Input, Masking};

use super::{Network, check_length, check_row_weights, count_rows};
use crate::Error;
use crate::error::bad_option;
use crate::layers::{AttentionOptions, Init, LayerNorm, Linear, TransformerLayer};
use crate::ops::{CrossEntropy, PositionOp, SquaredError, TableOp};
use crate::params::{Params, Region, Start};
use crate::tape::{Tape, Var};

/// What goes in and what comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Ids of a vocabulary of this size in, scores of all ids out, trained by cross-entropy.
    Ids(usize),
    /// Rows of numbers in and out, trained by squared error.
    Rows {
        /// Numbers a token in.
        n_in: usize,
        /// Numbers a token out.
        n_out: usize,
    },
}

/// What the network looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct TransformerOptions {
    /// What goes in and comes out.
    pub tokens: Tokens,
    /// Tokens in every sequence of a batch, and in the longest one afterwards.
    pub n_tokens: usize,
    /// Numbers a token inside. Default 256.
    pub width: usize,
    /// Blocks. Default 4.
    pub n_blocks: usize,
    /// Heads; they divide the width. Default 4.
    pub n_heads: usize,
    /// Width between the two dense layers of a block. Default 1,024.
    pub inner_width: usize,
    /// Which tokens a token looks at. Default: itself and those before it.
    pub masking: Masking,
    /// Inside blocks. Default: GELU.
    pub activation: Activation,
    /// Of the random start. Default 0.
    pub seed: u64,
}

impl TransformerOptions {
    /// A network of these ends and this length with the defaults.
    pub fn new(tokens: Tokens, n_tokens: usize) -> TransformerOptions {
        TransformerOptions {
            tokens,
            n_tokens,
            width: 256,
            n_blocks: 4,
            n_heads: 4,
            inner_width: 1024,
            masking: Masking::Causal,
            activation: Activation::Gelu,
            seed: 0,
        }
    }
}

/// Sequences of one kind, and what should come out for them. Buffers of the other kind stay empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransformerBatch {
    /// `[sequences, tokens]`
    pub ids: Vec<u32>,
    /// The id that should follow each, `[sequences, tokens]`.
    pub next_ids: Vec<u32>,
    /// `[sequences, tokens, n_in]`
    pub x: Vec<f32>,
    /// `[sequences, tokens, n_out]`
    pub target: Vec<f32>,
    /// One a token; empty means 1 for all. Only for rows: 0 leaves a token out of the loss.
    pub row_weights: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
enum First {
    Table(Region),
    Rows(Linear),
}

/// A stack of transformer blocks.
#[derive(Debug)]
pub struct Transformer {
    params: Params,
    first: First,
    positions: Region,
    blocks: Vec<TransformerLayer>,
    norm: LayerNorm,
    head: Linear,
    options: TransformerOptions,
}

impl Transformer {
    /// A network with a random start.
    ///
    /// # Errors
    /// A size is out of range, or the heads do not divide the width.
    pub fn new(options: TransformerOptions) -> Result<Transformer, Error> {
        let TransformerOptions { n_tokens, width, n_blocks, n_heads, masking, seed, .. } = options;
        for (what, found, most) in [
            ("the number of blocks", n_blocks, 256),
            ("the number of tokens in a sequence", n_tokens, 1 << 16),
        ] {
            if !(1..=most).contains(&found) {
                return Err(bad_option(what, found, format!("1 to {most}")));
            }
        }
        let mut params = Params::of(&options);
        let (first, n_out) = match options.tokens {
            Tokens::Ids(n_ids) => {
                crate::layers::check_width("the size of the vocabulary", n_ids)?;
                let start = Start::Normal(1.0 / (width.max(1) as f32).sqrt());
                (
                    First::Table(params.add(format!("table {n_ids}x{width}"), n_ids * width, start, seed)),
                    n_ids,
                )
            }
            Tokens::Rows { n_in, n_out } => {
                (First::Rows(Linear::new(&mut params, [n_in, width], Init::Scaled(1.0), seed)?), n_out)
            }
        };
        let positions = params.add("positions".into(), n_tokens * width, Start::Normal(0.02), seed);
        let attention = AttentionOptions { width, n_heads, masking };
        // Every branch adds to the stream: smaller starts keep its size through many of them (Radford et al. 2019).
        let gain = 1.0 / (2.0 * n_blocks as f32).sqrt();
        let block = |_| TransformerLayer::new(&mut params, attention, options.inner_width, (gain, seed));
        let blocks = (0..n_blocks).map(block).collect::<Result<_, _>>()?;
        let norm = LayerNorm::new(&mut params, width)?;
        let head = Linear::new(&mut params, [width, n_out], Init::Scaled(1.0), seed)?;
        Ok(Transformer { params, first, positions, blocks, norm, head, options })
    }

    /// What it looks like.
    pub fn options(&self) -> &TransformerOptions {
        &self.options
    }

    /// The trained network on plain slices.
    ///
    /// # Errors
    /// A weight is not finite.
    pub fn export(&self) -> Result<net::Transformer, Error> {
        let weights = self.params.exported();
        let input = match self.first {
            First::Table(table) => Input::Table(table.of(&weights).to_vec()),
            First::Rows(layer) => Input::Rows(layer.export(&weights)?),
        };
        let blocks = self.blocks.iter().map(|block| block.export(&weights)).collect::<Result<_, _>>()?;
        let last = (self.norm.export(&weights)?, self.head.export(&weights)?);
        let positions = self.positions.of(&weights).to_vec();
        Ok(net::Transformer::new((input, positions), blocks, last, self.options.activation)?)
    }

    fn forward(&self, tape: &Tape, embedded: &Var) -> Var {
        let TransformerOptions { n_tokens, width, activation, .. } = self.options;
        let mut x = tape.apply(PositionOp { positions: self.positions, n_tokens, width }, embedded, None);
        for block in &self.blocks {
            x = block.forward(tape, &x, (n_tokens, activation));
        }
        self.head.forward(tape, &self.norm.forward(tape, &x), Activation::Identity)
    }
}

impl Network for Transformer {
    type Batch = TransformerBatch;

    fn params(&self) -> &Params {
        &self.params
    }

    fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    fn loss(&self, tape: &Tape, step: u64, batch: &TransformerBatch) -> Result<Var, Error> {
        let TransformerOptions { tokens, n_tokens, width, .. } = self.options;
        match (tokens, self.first) {
            (Tokens::Ids(n_ids), First::Table(table)) => {
                count_rows(step, "the ids", batch.ids.len(), n_tokens)?;
                check_length(step, "the next ids", batch.next_ids.len(), batch.ids.len())?;
                for id in batch.ids.iter().chain(&batch.next_ids) {
                    if *id as usize >= n_ids {
                        return Err(bad_option("an id of the batch", id, format!("below {n_ids}")));
                    }
                }
                let embedded = tape.apply_to_nothing(TableOp { table, ids: batch.ids.clone(), width });
                let scores = self.forward(tape, &embedded);
                let targets = batch.next_ids.clone();
                Ok(tape.apply(CrossEntropy { targets, n_classes: n_ids }, &scores, None))
            }
            (Tokens::Rows { n_in, n_out }, First::Rows(layer)) => {
                let n_rows = n_tokens * count_rows(step, "the inputs", batch.x.len(), n_in * n_tokens)?;
                check_length(step, "the target", batch.target.len(), n_rows * n_out)?;
                check_row_weights(step, batch.row_weights.len(), n_rows)?;
                let x = tape.input(batch.x.clone(), n_in);
                let output = self.forward(tape, &layer.forward(tape, &x, Activation::Identity));
                let (target, row_weights) = (batch.target.clone(), batch.row_weights.clone());
                Ok(tape.apply(SquaredError { target, row_weights, width: n_out }, &output, None))
            }
            _ => unreachable!("the first layer was made for these tokens"),
        }
    }
}
