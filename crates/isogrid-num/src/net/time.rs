//! A residual perceptron conditioned on time, the denoiser of small diffusion and flow-matching policies.
//!
//! Time becomes sines and cosines (Vaswani et al. 2017), a small dense layer, and a scale and shift for every hidden
//! block (FiLM: Perez et al. 2018). Other conditions are appended to the input by the caller.

use super::bytes::{Reader, Writer};
use super::dense::MAX_WIDTH;
use super::error::{Error, check_size};
use super::{Activation, Dense, Scratch};

const KIND: u8 = 2;
const MAX_BLOCKS: usize = 256;

/// `x + lower(activation(raise(x) * (1 + scale) + shift))`, scale and shift a dense function of the time's code.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmBlock {
    /// `width` to `width`.
    pub raise: Dense,
    /// `width` to `width`.
    pub lower: Dense,
    /// The time's code to `2 * width`: scales, then shifts.
    pub film: Dense,
}

/// A residual perceptron with time conditioning.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeMlp {
    input: Dense,
    time: Dense,
    blocks: Vec<FilmBlock>,
    output: Dense,
    activation: Activation,
    time_scale: f32,
}

/// Sines, then cosines, of `t * scale` at frequencies from 1 down to 1/10,000; `out` has an even length.
///
/// With `t` in `0..=1` a scale of 1,000 resolves it as finely as a thousand discrete steps.
pub fn time_features(t: f32, scale: f32, out: &mut [f32]) {
    let half = out.len() / 2;
    let (sines, cosines) = out.split_at_mut(half);
    let ratio = 10_000.0_f64.powf(-1.0 / (half.max(2) - 1) as f64);
    let mut angle = f64::from(t * scale);
    for (sine, cosine) in sines.iter_mut().zip(cosines) {
        let (sin, cos) = angle.sin_cos();
        (*sine, *cosine) = (sin as f32, cos as f32);
        angle *= ratio;
    }
}

impl TimeMlp {
    /// A network of these parts; `layers` are the input layer, the layer on the time's features, and the output
    /// layer; `time_scale` is [`time_features`]'s.
    ///
    /// # Errors
    /// Widths differ, the number of features is odd, there is no block or more than 256, or the scale is not finite.
    pub fn new(
        layers: [Dense; 3],
        blocks: Vec<FilmBlock>,
        activation: Activation,
        time_scale: f32,
    ) -> Result<TimeMlp, Error> {
        let [input, time, output] = layers;
        let (width, code) = (input.n_out(), time.n_out());
        check_size("the number of blocks", blocks.len(), 1, MAX_BLOCKS)?;
        check_size("the number of time features modulo 2", time.n_in() % 2, 0, 0)?;
        check_size("the number of inputs of the output layer", output.n_in(), width, width)?;
        for FilmBlock { raise, lower, film } in &blocks {
            check_size("the number of inputs of a block", raise.n_in(), width, width)?;
            check_size("the number of inputs of a block's second layer", lower.n_in(), width, width)?;
            check_size("the width of a block", raise.n_out(), width, width)?;
            check_size("the number of outputs of a block", lower.n_out(), width, width)?;
            check_size("the number of inputs of a FiLM layer", film.n_in(), code, code)?;
            check_size("the number of outputs of a FiLM layer", film.n_out(), 2 * width, 2 * width)?;
        }
        if !time_scale.is_finite() {
            return Err(Error::NotFinite { what: "the time scale", idx: 0 });
        }
        Ok(TimeMlp { input, time, blocks, output, activation, time_scale })
    }

    /// Numbers in, time not counted.
    pub fn n_in(&self) -> usize {
        self.input.n_in()
    }

    /// Numbers out.
    pub fn n_out(&self) -> usize {
        self.output.n_out()
    }

    /// The network at `x` of `[rows, n_in]` and the rows' times `t`, into `out` of `[rows, n_out]`.
    ///
    /// Cost for one row of the default sizes: tens of microseconds.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, x: &[f32], t: &[f32], scratch: &mut Scratch, out: &mut [f32]) {
        let (n_rows, width) = (t.len(), self.input.n_out());
        assert_eq!(x.len(), n_rows * self.n_in(), "one time a row of {} inputs", self.n_in());
        let lengths = [
            n_rows * width,
            n_rows * width,
            n_rows * 2 * width,
            n_rows * self.time.n_in(),
            n_rows * self.time.n_out(),
        ];
        let [stream, hidden, film, features, code] = scratch.split(lengths);
        for (t, features) in t.iter().zip(features.chunks_exact_mut(self.time.n_in())) {
            time_features(*t, self.time_scale, features);
        }
        self.time.forward(features, self.activation, code);
        self.input.forward(x, Activation::Identity, stream);
        for block in &self.blocks {
            block.raise.forward(stream, Activation::Identity, hidden);
            block.film.forward(code, Activation::Identity, film);
            for (hidden, film) in hidden.chunks_exact_mut(width).zip(film.chunks_exact(2 * width)) {
                let (scales, shifts) = film.split_at(width);
                for ((value, scale), shift) in hidden.iter_mut().zip(scales).zip(shifts) {
                    *value = *value * (1.0 + scale) + shift;
                }
            }
            self.activation.apply(hidden);
            block.lower.forward_onto(hidden, stream);
        }
        self.output.forward(stream, Activation::Identity, out);
    }

    /// The network as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND);
        writer.activation(self.activation);
        writer.number(self.time_scale);
        writer.size(self.blocks.len());
        [&self.input, &self.time, &self.output].into_iter().for_each(|layer| writer.dense(layer));
        for block in &self.blocks {
            [&block.raise, &block.lower, &block.film].into_iter().for_each(|layer| writer.dense(layer));
        }
        writer.finish()
    }

    /// The network that [`TimeMlp::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are damaged, cut short, or of another kind or version.
    pub fn from_bytes(bytes: &[u8]) -> Result<TimeMlp, Error> {
        let mut reader = Reader::new(bytes, KIND)?;
        let activation = reader.activation()?;
        let time_scale = reader.number()?;
        let n_blocks = reader.size("the number of blocks", 1, MAX_BLOCKS)?;
        let layers = [reader.dense()?, reader.dense()?, reader.dense()?];
        check_size("the width of the network", layers[0].n_out(), 1, MAX_WIDTH / 2)?;
        let mut block = || -> Result<FilmBlock, Error> {
            Ok(FilmBlock { raise: reader.dense()?, lower: reader.dense()?, film: reader.dense()? })
        };
        let blocks = (0..n_blocks).map(|_| block()).collect::<Result<_, _>>()?;
        reader.finish()?;
        TimeMlp::new(layers, blocks, activation, time_scale)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::tests::assert_bytes_are_guarded;
    use super::super::tests::dense;
    use super::*;

    fn network() -> TimeMlp {
        let block = |seed| FilmBlock {
            raise: dense(8, 8, seed),
            lower: dense(8, 8, seed + 1),
            film: dense(4, 16, seed + 2),
        };
        let layers = [dense(5, 8, 1), dense(6, 4, 2), dense(8, 3, 3)];
        TimeMlp::new(layers, vec![block(4), block(7)], Activation::Silu, 1000.0).expect("widths fit")
    }

    #[test]
    fn rows_do_not_depend_on_each_other() {
        let network = network();
        let x: Vec<f32> = (0..35).map(|i| (i as f32 * 0.7).sin()).collect();
        let t: Vec<f32> = (0..7).map(|i| i as f32 / 7.0).collect();
        let (mut scratch, mut out) = (Scratch::default(), vec![0.0; 21]);
        network.forward(&x, &t, &mut scratch, &mut out);
        for row in 0..7 {
            let mut single = [0.0; 3];
            network.forward(&x[row * 5..][..5], &t[row..=row], &mut Scratch::default(), &mut single);
            assert_eq!(single, out[row * 3..][..3]);
        }
    }

    #[test]
    fn bytes_are_guarded() {
        assert_bytes_are_guarded(&network(), &network().to_bytes(), TimeMlp::from_bytes);
    }

    #[test]
    fn times_have_distinct_codes() {
        let code = |t: f32| {
            let mut features = [0.0; 16];
            time_features(t, 1000.0, &mut features);
            features
        };
        assert_eq!(code(0.0)[..8], [0.0; 8]);
        assert_eq!(code(0.0)[8..], [1.0; 8]);
        let distance = |a: f32, b: f32| code(a).iter().zip(code(b)).map(|(a, b)| (a - b).abs()).sum::<f32>();
        assert!(distance(0.5, 0.501) > 0.5 && distance(0.2, 0.9) > 0.5);
    }
}
