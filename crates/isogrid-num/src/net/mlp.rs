//! A multilayer perceptron: dense layers with one activation between them, none after the last.

use super::bytes::{Reader, Writer};
use super::error::{Error, check_size};
use super::{Activation, Dense, Scratch};

const KIND: u8 = 1;
const MAX_LAYERS: usize = 256;

/// Dense layers in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp {
    layers: Vec<Dense>,
    activation: Activation,
    widest: usize,
}

impl Mlp {
    /// A network of these layers, each taking what the one before gives.
    ///
    /// # Errors
    /// There is no layer or more than 256, or the widths of two neighbors differ.
    pub fn new(layers: Vec<Dense>, activation: Activation) -> Result<Mlp, Error> {
        check_size("the number of layers", layers.len(), 1, MAX_LAYERS)?;
        for pair in layers.windows(2) {
            check_size("the number of inputs of a layer", pair[1].n_in(), pair[0].n_out(), pair[0].n_out())?;
        }
        let widest = layers.iter().map(Dense::n_out).max().unwrap_or(0);
        Ok(Mlp { layers, activation, widest })
    }

    /// Numbers in.
    pub fn n_in(&self) -> usize {
        self.layers[0].n_in()
    }

    /// Numbers out.
    pub fn n_out(&self) -> usize {
        self.layers[self.layers.len() - 1].n_out()
    }

    /// The network at `x` of `[rows, n_in]`, into `out` of `[rows, n_out]`.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, x: &[f32], scratch: &mut Scratch, out: &mut [f32]) {
        let n_rows = x.len() / self.n_in();
        let [mut from, mut to] = scratch.split([n_rows * self.widest; 2]);
        let Some((last, inner)) = self.layers.split_last() else { return };
        let mut width = None;
        for layer in inner {
            let input = width.map_or(x, |width: usize| &from[..n_rows * width]);
            layer.forward(input, self.activation, &mut to[..n_rows * layer.n_out()]);
            width = Some(layer.n_out());
            std::mem::swap(&mut from, &mut to);
        }
        let input = width.map_or(x, |width| &from[..n_rows * width]);
        last.forward(input, Activation::Identity, out);
    }

    /// The network as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND);
        writer.activation(self.activation);
        writer.size(self.layers.len());
        self.layers.iter().for_each(|layer| writer.dense(layer));
        writer.finish()
    }

    /// The network that [`Mlp::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are damaged, cut short, or of another kind or version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Mlp, Error> {
        let mut reader = Reader::new(bytes, KIND)?;
        let activation = reader.activation()?;
        let n_layers = reader.size("the number of layers", 1, MAX_LAYERS)?;
        let layers = (0..n_layers).map(|_| reader.dense()).collect::<Result<_, _>>()?;
        reader.finish()?;
        Mlp::new(layers, activation)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::tests::assert_bytes_are_guarded;
    use super::super::tests::dense;
    use super::*;

    #[test]
    fn layers_follow_each_other() {
        let layers = vec![dense(3, 8, 1), dense(8, 5, 2), dense(5, 2, 3)];
        let x: Vec<f32> = (0..6).map(|i| i as f32 * 0.3 - 1.0).collect();
        let (mut first, mut second, mut plain) = (vec![0.0; 16], vec![0.0; 10], vec![0.0; 4]);
        layers[0].forward(&x, Activation::Mish, &mut first);
        layers[1].forward(&first, Activation::Mish, &mut second);
        layers[2].forward(&second, Activation::Identity, &mut plain);
        let network = Mlp::new(layers, Activation::Mish).expect("widths fit");
        let (mut scratch, mut out) = (Scratch::default(), vec![0.0; 4]);
        network.forward(&x, &mut scratch, &mut out);
        assert_eq!(out, plain);
        assert_bytes_are_guarded(&network, &network.to_bytes(), Mlp::from_bytes);
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let error = Mlp::new(vec![dense(3, 8, 1), dense(7, 2, 1)], Activation::Silu).expect_err("7 is not 8");
        assert_eq!(error.to_string(), "the number of inputs of a layer is 7, outside 8 to 8");
        assert!(Mlp::new(vec![], Activation::Silu).is_err());
    }
}
