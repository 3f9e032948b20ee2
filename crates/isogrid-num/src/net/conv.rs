//! Convolution along one axis, and a small residual network of it.
//!
//! Sequences are `[length, channels]`; the ends are padded with zeros, so that the length stays. Left out: strides and
//! dilation.

use super::bytes::{Reader, Writer};
use super::dense::MAX_WIDTH;
use super::error::{Error, check_size};
use super::{Activation, Dense, LayerNorm, Scratch};

const KIND: u8 = 4;
const MAX_BLOCKS: usize = 256;

/// A convolution with a kernel of odd length.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv1d {
    kernel: usize,
    layer: Dense,
}

impl Conv1d {
    /// `layer` maps the channels of `kernel` neighboring places, earliest first, to the channels of the middle one.
    ///
    /// # Errors
    /// The kernel is even, longer than 255, or does not divide the layer's inputs.
    pub fn new(kernel: usize, layer: Dense) -> Result<Conv1d, Error> {
        check_size("the length of the kernel", kernel, 1, 255)?;
        check_size("the length of the kernel modulo 2", kernel % 2, 1, 1)?;
        check_size("the number of inputs modulo the kernel", layer.n_in() % kernel, 0, 0)?;
        Ok(Conv1d { kernel, layer })
    }

    /// Channels in.
    pub fn n_in(&self) -> usize {
        self.layer.n_in() / self.kernel
    }

    /// Channels out.
    pub fn n_out(&self) -> usize {
        self.layer.n_out()
    }

    /// The convolution of one sequence, `[length, n_in]`, into `out`, `[length, n_out]`; `windows` has room for
    /// `length * kernel * n_in` numbers.
    fn forward(&self, x: &[f32], windows: &mut [f32], out: &mut [f32]) {
        let windows = &mut windows[..x.len() * self.kernel];
        unfold(x, self.n_in(), self.kernel, windows);
        self.layer.forward(windows, Activation::Identity, out);
    }
}

/// Writes every place's window of `kernel` neighbors, zeros beyond the ends.
fn unfold(x: &[f32], n_channels: usize, kernel: usize, windows: &mut [f32]) {
    let (length, half) = (x.len() / n_channels, kernel / 2);
    for (place, window) in windows.chunks_exact_mut(kernel * n_channels).enumerate() {
        for (offset, part) in window.chunks_exact_mut(n_channels).enumerate() {
            match (place + offset).checked_sub(half).filter(|from| *from < length) {
                Some(from) => part.copy_from_slice(&x[from * n_channels..][..n_channels]),
                None => part.fill(0.0),
            }
        }
    }
}

/// `x + lower(activation(norm(raise(x))))`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvBlock {
    /// First convolution.
    pub raise: Conv1d,
    /// Over the channels of every place.
    pub norm: LayerNorm,
    /// Second convolution.
    pub lower: Conv1d,
}

/// An input convolution, residual blocks, and a dense layer at every place.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvNet {
    input: Conv1d,
    blocks: Vec<ConvBlock>,
    output: Dense,
    activation: Activation,
}

impl ConvNet {
    /// A network of these parts.
    ///
    /// # Errors
    /// Channels differ, or there is no block or more than 256.
    pub fn new(
        input: Conv1d,
        blocks: Vec<ConvBlock>,
        output: Dense,
        activation: Activation,
    ) -> Result<ConvNet, Error> {
        let width = input.n_out();
        let check = |what, found: usize| check_size(what, found, width, width);
        check_size("the number of blocks", blocks.len(), 1, MAX_BLOCKS)?;
        for block in &blocks {
            check("the channels of a norm", block.norm.width())?;
            for conv in [&block.raise, &block.lower] {
                check("the channels into a convolution", conv.n_in())?;
                check("the channels out of a convolution", conv.n_out())?;
            }
        }
        check("the number of inputs of the output layer", output.n_in())?;
        Ok(ConvNet { input, blocks, output, activation })
    }

    /// Channels in.
    pub fn n_in(&self) -> usize {
        self.input.n_in()
    }

    /// Channels out.
    pub fn n_out(&self) -> usize {
        self.output.n_out()
    }

    /// The network at one sequence, `x` of `[length, n_in]`, into `out` of `[length, n_out]`.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, x: &[f32], scratch: &mut Scratch, out: &mut [f32]) {
        let (n_in, width) = (self.n_in(), self.input.n_out());
        assert!(x.len().is_multiple_of(n_in), "whole places of {n_in} channels");
        let length = x.len() / n_in;
        let convs = self.blocks.iter().flat_map(|block| [&block.raise, &block.lower]).chain([&self.input]);
        let widest = convs.map(|conv| conv.layer.n_in()).max().unwrap_or(0);
        let [stream, hidden, normed, windows] =
            scratch.split([length * width, length * width, length * width, length * widest]);
        self.input.forward(x, windows, stream);
        for block in &self.blocks {
            block.raise.forward(stream, windows, hidden);
            block.norm.forward(hidden, normed);
            self.activation.apply(normed);
            block.lower.forward(normed, windows, hidden);
            stream.iter_mut().zip(&*hidden).for_each(|(x, h)| *x += h);
        }
        self.output.forward(stream, Activation::Identity, out);
    }

    /// The network as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND);
        writer.activation(self.activation);
        let conv = |writer: &mut Writer, conv: &Conv1d| {
            writer.size(conv.kernel);
            writer.dense(&conv.layer);
        };
        conv(&mut writer, &self.input);
        writer.size(self.blocks.len());
        for block in &self.blocks {
            conv(&mut writer, &block.raise);
            writer.norm(&block.norm);
            conv(&mut writer, &block.lower);
        }
        writer.dense(&self.output);
        writer.finish()
    }

    /// The network that [`ConvNet::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are damaged, cut short, or of another kind or version.
    pub fn from_bytes(bytes: &[u8]) -> Result<ConvNet, Error> {
        let mut reader = Reader::new(bytes, KIND)?;
        let activation = reader.activation()?;
        let conv = |reader: &mut Reader<'_>| {
            let kernel = reader.size("the length of the kernel", 1, MAX_WIDTH)?;
            Conv1d::new(kernel, reader.dense()?)
        };
        let input = conv(&mut reader)?;
        let n_blocks = reader.size("the number of blocks", 1, MAX_BLOCKS)?;
        let mut block = || -> Result<ConvBlock, Error> {
            Ok(ConvBlock { raise: conv(&mut reader)?, norm: reader.norm()?, lower: conv(&mut reader)? })
        };
        let blocks = (0..n_blocks).map(|_| block()).collect::<Result<_, _>>()?;
        let output = reader.dense()?;
        reader.finish()?;
        ConvNet::new(input, blocks, output, activation)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::tests::assert_bytes_are_guarded;
    use super::super::tests::dense;
    use super::*;

    #[test]
    fn windows_are_padded_with_zeros() {
        let mut windows = [9.0; 18];
        unfold(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3, &mut windows);
        let expected =
            [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0];
        assert_eq!(windows, expected);
    }

    #[test]
    fn bytes_are_guarded_and_kernels_odd() {
        let conv = |n_in: usize, seed| Conv1d::new(3, dense(3 * n_in, 4, seed)).expect("an odd kernel");
        let norm = LayerNorm::new(vec![1.0; 4], vec![0.0; 4]).expect("lengths fit");
        let blocks = vec![ConvBlock { raise: conv(4, 2), norm, lower: conv(4, 3) }];
        let network =
            ConvNet::new(conv(2, 1), blocks, dense(4, 2, 4), Activation::Mish).expect("channels fit");
        assert_bytes_are_guarded(&network, &network.to_bytes(), ConvNet::from_bytes);
        let mut out = [0.0; 10];
        network.forward(&[0.3; 10], &mut Scratch::default(), &mut out);
        // Places that see no end of the sequence are alike; those that do are not.
        assert!(out[0] != out[4] && out.iter().all(|x| x.is_finite()));
        assert!(Conv1d::new(2, dense(4, 4, 1)).is_err());
    }
}
