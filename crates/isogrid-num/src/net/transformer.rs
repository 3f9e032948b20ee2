//! A small pre-norm transformer: a decoder over tokens, or a network from rows of numbers to rows of numbers.
//!
//! Vaswani et al. 2017 with normalization before each branch (Xiong et al. 2020) and learned positions. One sequence a
//! call. Left out: a cache for generation, sampling.

use super::bytes::{Reader, Writer};
use super::dense::MAX_WIDTH;
use super::error::{Error, check_size, check_weights};
use super::{Activation, Attention, Dense, LayerNorm, Masking, Scratch};

const KIND: u8 = 3;
const MAX_BLOCKS: usize = 256;

/// How a sequence becomes rows of the network's width.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A row of this table, `[n_tokens, width]`, for every token.
    Table(Vec<f32>),
    /// A dense layer on rows of numbers.
    Rows(Dense),
}

/// `x + attention(norm(x))`, then `x + lower(activation(raise(norm(x))))`.
#[derive(Debug, Clone, PartialEq)]
pub struct TransformerBlock {
    /// Before the attention.
    pub first_norm: LayerNorm,
    /// Between tokens.
    pub attention: Attention,
    /// Before the two dense layers.
    pub second_norm: LayerNorm,
    /// Up to the inner width.
    pub raise: Dense,
    /// Back down.
    pub lower: Dense,
}

/// A stack of blocks between an input and a head.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformer {
    input: Input,
    positions: Vec<f32>, // [longest sequence, width]
    blocks: Vec<TransformerBlock>,
    norm: LayerNorm,
    head: Dense,
    activation: Activation,
}

impl Transformer {
    /// A network of these parts; `positions` are `[longest sequence, width]`, `last` the final norm and the head.
    ///
    /// # Errors
    /// Widths differ, there is no block or more than 256, or a number is not finite.
    pub fn new(
        (input, positions): (Input, Vec<f32>),
        blocks: Vec<TransformerBlock>,
        (norm, head): (LayerNorm, Dense),
        activation: Activation,
    ) -> Result<Transformer, Error> {
        let width = norm.width();
        let check = |what, found: usize| check_size(what, found, width, width);
        match &input {
            Input::Table(table) => {
                check_size("the table's length modulo the width", table.len() % width, 0, 0)?;
                check_size("the number of tokens", table.len() / width, 1, MAX_WIDTH)?;
                check_weights("the table", table, table.len())?;
            }
            Input::Rows(layer) => check("the number of outputs of the input layer", layer.n_out())?,
        }
        check_size("the positions' length modulo the width", positions.len() % width, 0, 0)?;
        check_size("the longest sequence", positions.len() / width, 1, MAX_WIDTH)?;
        check_weights("the positions", &positions, positions.len())?;
        check_size("the number of blocks", blocks.len(), 1, MAX_BLOCKS)?;
        for block in &blocks {
            check("the width of a norm", block.first_norm.width())?;
            check("the width of a norm", block.second_norm.width())?;
            check("the width of an attention", block.attention.width())?;
            check("the number of inputs of a block's dense layer", block.raise.n_in())?;
            check("the number of outputs of a block's dense layer", block.lower.n_out())?;
            let inner = block.raise.n_out();
            check_size("the inner width of a block", block.lower.n_in(), inner, inner)?;
        }
        check("the number of inputs of the head", head.n_in())?;
        Ok(Transformer { input, positions, blocks, norm, head, activation })
    }

    /// Numbers a token comes out as.
    pub fn n_out(&self) -> usize {
        self.head.n_out()
    }

    /// Tokens of the longest sequence.
    pub fn max_tokens(&self) -> usize {
        self.positions.len() / self.norm.width()
    }

    /// The network at a sequence of token ids, into `out` of `[tokens, n_out]`.
    ///
    /// # Errors
    /// The network takes rows of numbers, the sequence is empty or too long, or an id is not in the table.
    ///
    /// # Panics
    /// `out` has another length.
    pub fn forward_tokens(&self, ids: &[u32], scratch: &mut Scratch, out: &mut [f32]) -> Result<(), Error> {
        let Input::Table(table) = &self.input else {
            return Err(Error::Kind { found: 0, expected: 1 });
        };
        let width = self.norm.width();
        check_size("the length of the sequence", ids.len(), 1, self.max_tokens())?;
        for id in ids {
            check_size("a token id", *id as usize, 0, table.len() / width - 1)?;
        }
        self.run(ids.len(), scratch, out, |stream| {
            for (row, id) in stream.chunks_exact_mut(width).zip(ids) {
                row.copy_from_slice(&table[*id as usize * width..][..width]);
            }
        });
        Ok(())
    }

    /// The network at a sequence of rows, `x` of `[tokens, n_in]`, into `out` of `[tokens, n_out]`.
    ///
    /// # Errors
    /// The network takes token ids, or the sequence is empty, too long or no whole rows.
    ///
    /// # Panics
    /// `out` has another length.
    pub fn forward_rows(&self, x: &[f32], scratch: &mut Scratch, out: &mut [f32]) -> Result<(), Error> {
        let Input::Rows(layer) = &self.input else {
            return Err(Error::Kind { found: 1, expected: 0 });
        };
        let n_tokens = x.len() / layer.n_in();
        check_size("the length of the input modulo its width", x.len() % layer.n_in(), 0, 0)?;
        check_size("the length of the sequence", n_tokens, 1, self.max_tokens())?;
        self.run(n_tokens, scratch, out, |stream| layer.forward(x, Activation::Identity, stream));
        Ok(())
    }

    fn run(&self, n_tokens: usize, scratch: &mut Scratch, out: &mut [f32], embed: impl FnOnce(&mut [f32])) {
        let width = self.norm.width();
        let widest = self.blocks.iter().map(|block| block.raise.n_out()).max().unwrap_or(0);
        let attention =
            self.blocks.iter().map(|block| block.attention.n_scratch(n_tokens)).max().unwrap_or(0);
        let lengths = [n_tokens * width, n_tokens * width, (n_tokens * widest).max(attention)];
        let [stream, normed, inner] = scratch.split(lengths);
        embed(stream);
        stream.iter_mut().zip(&self.positions).for_each(|(x, position)| *x += position);
        for block in &self.blocks {
            block.first_norm.forward(stream, normed);
            block.attention.forward_onto(normed, inner, stream);
            block.second_norm.forward(stream, normed);
            let hidden = &mut inner[..n_tokens * block.raise.n_out()];
            block.raise.forward(normed, self.activation, hidden);
            block.lower.forward_onto(hidden, stream);
        }
        self.norm.forward(stream, normed);
        self.head.forward(normed, Activation::Identity, out);
    }

    /// The network as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND);
        writer.activation(self.activation);
        writer.size(self.norm.width());
        match &self.input {
            Input::Table(table) => {
                writer.byte(0);
                writer.size(table.len() / self.norm.width());
                writer.numbers(table);
            }
            Input::Rows(layer) => {
                writer.byte(1);
                writer.dense(layer);
            }
        }
        writer.size(self.max_tokens());
        writer.numbers(&self.positions);
        writer.size(self.blocks.len());
        for block in &self.blocks {
            let attention = &block.attention;
            writer.norm(&block.first_norm);
            writer.size(attention.n_heads);
            writer.byte(attention.masking as u8);
            writer.dense(&attention.inner);
            writer.dense(&attention.outer);
            writer.norm(&block.second_norm);
            writer.dense(&block.raise);
            writer.dense(&block.lower);
        }
        writer.norm(&self.norm);
        writer.dense(&self.head);
        writer.finish()
    }

    /// The network that [`Transformer::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are damaged, cut short, or of another kind or version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Transformer, Error> {
        let mut reader = Reader::new(bytes, KIND)?;
        let activation = reader.activation()?;
        let width = reader.size("the width", 1, MAX_WIDTH)?;
        let input = match reader.byte()? {
            0 => {
                let n_tokens = reader.size("the number of tokens", 1, MAX_WIDTH)?;
                Input::Table(reader.numbers(n_tokens * width)?)
            }
            1 => Input::Rows(reader.dense()?),
            found => {
                return Err(Error::Size {
                    what: "the kind of input",
                    found: found.into(),
                    least: 0,
                    most: 1,
                });
            }
        };
        let max_tokens = reader.size("the longest sequence", 1, MAX_WIDTH)?;
        let positions = reader.numbers(max_tokens * width)?;
        let n_blocks = reader.size("the number of blocks", 1, MAX_BLOCKS)?;
        let blocks = (0..n_blocks).map(|_| read_block(&mut reader)).collect::<Result<_, _>>()?;
        let last = (reader.norm()?, reader.dense()?);
        reader.finish()?;
        check_size("the width", width, last.0.width(), last.0.width())?;
        Transformer::new((input, positions), blocks, last, activation)
    }
}

fn read_block(reader: &mut Reader<'_>) -> Result<TransformerBlock, Error> {
    let first_norm = reader.norm()?;
    let n_heads = reader.size("the number of heads", 1, MAX_WIDTH)?;
    let found = reader.byte()?;
    let masking = Masking::ALL.get(usize::from(found)).copied();
    let masking =
        masking.ok_or(Error::Size { what: "the masking", found: found.into(), least: 0, most: 1 })?;
    let attention = Attention::new([reader.dense()?, reader.dense()?], n_heads, masking)?;
    Ok(TransformerBlock {
        first_norm,
        attention,
        second_norm: reader.norm()?,
        raise: reader.dense()?,
        lower: reader.dense()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::bytes::tests::assert_bytes_are_guarded;
    use super::super::tests::{dense, numbers};
    use super::*;

    fn network(input: Input) -> Transformer {
        let norm = || LayerNorm::new(vec![1.0; 8], vec![0.1; 8]).expect("lengths fit");
        let block = |seed| TransformerBlock {
            first_norm: norm(),
            attention: Attention::new([dense(8, 24, seed), dense(8, 8, seed + 1)], 2, Masking::Causal)
                .expect("sizes fit"),
            second_norm: norm(),
            raise: dense(8, 12, seed + 2),
            lower: dense(12, 8, seed + 3),
        };
        let mut draw = numbers(1);
        let positions = (0..48).map(|_| draw()).collect();
        let last = (norm(), dense(8, 5, 9));
        Transformer::new((input, positions), vec![block(2), block(12)], last, Activation::Gelu)
            .expect("sizes fit")
    }

    #[test]
    fn a_table_is_a_dense_layer_on_unit_rows() {
        let layer = Dense::new(3, 8, &dense(3, 8, 5).weights(), vec![0.0; 8]).expect("sizes fit");
        let (tokens, rows) = (network(Input::Table(layer.weights())), network(Input::Rows(layer)));
        let (mut scratch, mut a, mut b) = (Scratch::default(), vec![0.0; 20], vec![0.0; 20]);
        tokens.forward_tokens(&[2, 0, 1, 2], &mut scratch, &mut a).expect("known tokens");
        let x = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        rows.forward_rows(&x, &mut scratch, &mut b).expect("whole rows");
        assert_eq!(a, b);
        assert!(rows.forward_tokens(&[0], &mut scratch, &mut a).is_err());
        assert!(tokens.forward_rows(&x, &mut scratch, &mut a).is_err());
    }

    #[test]
    fn sequences_are_checked() {
        let network = network(Input::Table(vec![0.5; 24]));
        let run = |ids: &[u32]| {
            let mut out = vec![0.0; ids.len() * 5];
            network.forward_tokens(ids, &mut Scratch::default(), &mut out).map_err(|error| error.to_string())
        };
        assert_eq!(run(&[0, 3]), Err("a token id is 3, outside 0 to 2".into()));
        assert_eq!(run(&[]), Err("the length of the sequence is 0, outside 1 to 6".into()));
        assert_eq!(run(&[0; 7]), Err("the length of the sequence is 7, outside 1 to 6".into()));
    }

    #[test]
    fn bytes_are_guarded() {
        for input in [Input::Table(vec![0.5; 24]), Input::Rows(dense(3, 8, 5))] {
            let network = network(input);
            assert_bytes_are_guarded(&network, &network.to_bytes(), Transformer::from_bytes);
        }
    }
}
