//! The same networks composed of burn's own modules and optimizer, with nothing fused: the oracle that fused networks
//! are tested against, and the baseline of the bench.
//!
//! It starts from a fused network's weights, read in the order in which that adds them. Left out: everything but one
//! training step.

use burn::module::{Module, Param};
use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData, activation};
use isogrid_num::net::{Activation, Masking};

use crate::error::{Error, bad_option};
use crate::models::{Mlp, MlpBatch, Network, Tokens, Transformer, TransformerBatch, TransformerOptions};
use crate::optimizer::AdamW;

/// A perceptron of burn's plain operations.
#[derive(Debug)]
pub struct UnfusedMlp {
    layers: Option<Layers>,
    activation: Activation,
    device: Device,
    optimizer: Optimizer,
}

/// A decoder over token ids of burn's plain operations.
#[derive(Debug)]
pub struct UnfusedTransformer {
    decoder: Option<Decoder>,
    options: TransformerOptions,
    device: Device,
    optimizer: Optimizer,
}

struct Optimizer {
    inner: ModuleOptimizer,
    learning_rate: f64,
}

impl std::fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdamW at {}", self.learning_rate)
    }
}

impl Optimizer {
    /// Weight decay applies to all parameters here, and nothing is clipped.
    fn new(options: AdamW) -> Optimizer {
        let config = AdamWConfig::new()
            .with_beta_1(options.beta1)
            .with_beta_2(options.beta2)
            .with_epsilon(options.epsilon)
            .with_weight_decay(options.weight_decay);
        Optimizer { inner: config.init(), learning_rate: f64::from(options.learning_rate) }
    }
}

#[derive(Module, Debug)]
struct Layers {
    layers: Vec<Linear>,
}

#[derive(Module, Debug)]
struct Block {
    first_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    second_norm: LayerNorm,
    raise: Linear,
    lower: Linear,
}

#[derive(Module, Debug)]
struct Decoder {
    table: Param<Tensor<2>>,
    positions: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    head: Linear,
}

impl UnfusedMlp {
    /// The same network, with its weights as they stand.
    pub fn like(network: &Mlp, options: AdamW) -> UnfusedMlp {
        let device = Device::flex().autodiff();
        let mut weights = Weights::of(network, &device);
        let shape = network.options();
        let layers = shape.widths.windows(2).map(|pair| weights.linear(pair[0], pair[1])).collect();
        let (layers, activation) = (Some(Layers { layers }), shape.activation);
        UnfusedMlp { layers, activation, device, optimizer: Optimizer::new(options) }
    }

    /// One training step; the loss before it. Row weights are not used.
    pub fn step(&mut self, batch: &MlpBatch) -> f32 {
        let Some(layers) = self.layers.take() else { return f32::NAN };
        let loss = self.loss(&layers, batch);
        let grads = GradientsParams::from_grads(loss.backward(), &layers);
        let Optimizer { inner, learning_rate } = &mut self.optimizer;
        self.layers = Some(inner.step(*learning_rate, layers, grads));
        value(loss)
    }

    /// The loss, and its gradients in the order of the fused network's.
    pub fn gradients(&self, batch: &MlpBatch) -> (f32, Vec<f32>) {
        let Some(layers) = &self.layers else { return (f32::NAN, Vec::new()) };
        let loss = self.loss(layers, batch);
        let mut grads = GradientsParams::from_grads(loss.backward(), layers);
        let mut flat = Vec::new();
        layers.layers.iter().for_each(|layer| take_linear(&mut grads, layer, &mut flat));
        (value(loss), flat)
    }

    fn loss(&self, Layers { layers }: &Layers, batch: &MlpBatch) -> Tensor<1> {
        let ends = [layers[0].weight.val().dims()[0], layers[layers.len() - 1].weight.val().dims()[1]];
        let rows = |numbers: &[f32], width| matrix(numbers, width, &self.device);
        let mut x = rows(&batch.x, ends[0]);
        for (i, layer) in layers.iter().enumerate() {
            x = layer.forward(x);
            if i + 1 < layers.len() {
                x = activate(self.activation, x);
            }
        }
        MseLoss::new().forward(x, rows(&batch.target, ends[1]), Reduction::Mean)
    }
}

impl UnfusedTransformer {
    /// The same network, with its weights as they stand.
    ///
    /// # Errors
    /// The network takes rows instead of token ids.
    pub fn like(network: &Transformer, options: AdamW) -> Result<UnfusedTransformer, Error> {
        let shape = network.options().clone();
        let TransformerOptions { n_tokens, width, inner_width, n_blocks, .. } = shape;
        let Tokens::Ids(n_ids) = shape.tokens else {
            return Err(bad_option("the kind of tokens", "rows", "ids"));
        };
        let device = Device::flex().autodiff();
        let mut weights = Weights::of(network, &device);
        let (table, positions) = (weights.matrix(n_ids, width), weights.matrix(n_tokens, width));
        let mut block = || Block {
            first_norm: weights.norm(width),
            inner: weights.linear(width, 3 * width),
            outer: weights.linear(width, width),
            second_norm: weights.norm(width),
            raise: weights.linear(width, inner_width),
            lower: weights.linear(inner_width, width),
        };
        let blocks = (0..n_blocks).map(|_| block()).collect();
        let (norm, head) = (weights.norm(width), weights.linear(width, n_ids));
        let decoder = Some(Decoder { table, positions, blocks, norm, head });
        Ok(UnfusedTransformer { decoder, options: shape, device, optimizer: Optimizer::new(options) })
    }

    /// One training step; the loss before it.
    pub fn step(&mut self, batch: &TransformerBatch) -> f32 {
        let Some(decoder) = self.decoder.take() else { return f32::NAN };
        let loss = self.loss(&decoder, batch);
        let grads = GradientsParams::from_grads(loss.backward(), &decoder);
        let Optimizer { inner, learning_rate } = &mut self.optimizer;
        self.decoder = Some(inner.step(*learning_rate, decoder, grads));
        value(loss)
    }

    /// The loss, and its gradients in the order of the fused network's.
    pub fn gradients(&self, batch: &TransformerBatch) -> (f32, Vec<f32>) {
        let Some(decoder) = &self.decoder else { return (f32::NAN, Vec::new()) };
        let loss = self.loss(decoder, batch);
        let mut grads = GradientsParams::from_grads(loss.backward(), decoder);
        let mut flat = Vec::new();
        take(&mut grads, &decoder.table, &mut flat);
        take(&mut grads, &decoder.positions, &mut flat);
        for block in &decoder.blocks {
            take_norm(&mut grads, &block.first_norm, &mut flat);
            take_linear(&mut grads, &block.inner, &mut flat);
            take_linear(&mut grads, &block.outer, &mut flat);
            take_norm(&mut grads, &block.second_norm, &mut flat);
            take_linear(&mut grads, &block.raise, &mut flat);
            take_linear(&mut grads, &block.lower, &mut flat);
        }
        take_norm(&mut grads, &decoder.norm, &mut flat);
        take_linear(&mut grads, &decoder.head, &mut flat);
        (value(loss), flat)
    }

    fn loss(&self, decoder: &Decoder, batch: &TransformerBatch) -> Tensor<1> {
        let TransformerOptions { n_tokens, width, activation, .. } = self.options;
        let n_sequences = batch.ids.len() / n_tokens;
        let shape = [n_sequences, n_tokens, width];
        let embedded = decoder.table.val().select(0, integers(&batch.ids, &self.device)).reshape(shape);
        let mut x = embedded + decoder.positions.val().unsqueeze::<3>();
        for block in &decoder.blocks {
            let mixed = self.attention(block.inner.forward(block.first_norm.forward(x.clone())), n_sequences);
            x = x + block.outer.forward(mixed);
            let hidden = block.raise.forward(block.second_norm.forward(x.clone()));
            x = x + block.lower.forward(activate(activation, hidden));
        }
        let scores = decoder.head.forward(decoder.norm.forward(x));
        let [_, _, n_ids] = scores.dims();
        let loss = CrossEntropyLossConfig::new().init(&self.device);
        loss.forward(scores.reshape([n_sequences * n_tokens, n_ids]), integers(&batch.next_ids, &self.device))
    }

    fn attention(&self, projected: Tensor<3>, n_sequences: usize) -> Tensor<3> {
        let TransformerOptions { n_tokens, width, n_heads, masking, .. } = self.options;
        let size = width / n_heads;
        let part = |which: usize| {
            let part = projected.clone().narrow(2, which * width, width);
            part.reshape([n_sequences, n_tokens, n_heads, size]).swap_dims(1, 2)
        };
        let mut scores = part(0).matmul(part(1).transpose()) / (size as f64).sqrt();
        if masking == Masking::Causal {
            let mask = Tensor::<2, Bool>::tril_mask([n_tokens, n_tokens], 0, &self.device);
            scores = scores.mask_fill(mask.unsqueeze::<4>(), f32::NEG_INFINITY);
        }
        let mixed = activation::softmax(scores, 3).matmul(part(2));
        mixed.swap_dims(1, 2).reshape([n_sequences, n_tokens, width])
    }
}

/// Reads a flat buffer from its start.
struct Weights<'a> {
    numbers: Vec<f32>,
    device: &'a Device,
}

impl<'a> Weights<'a> {
    fn of<N: Network>(network: &N, device: &'a Device) -> Weights<'a> {
        Weights { numbers: network.params().weights(), device }
    }

    fn take<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        let rest = self.numbers.split_off(shape.iter().product());
        let numbers = std::mem::replace(&mut self.numbers, rest);
        Param::from_data(TensorData::new(numbers, shape), self.device)
    }

    fn matrix(&mut self, rows: usize, columns: usize) -> Param<Tensor<2>> {
        self.take([rows, columns])
    }

    fn linear(&mut self, n_in: usize, n_out: usize) -> Linear {
        Linear { weight: self.take([n_in, n_out]), bias: Some(self.take([n_out])) }
    }

    fn norm(&mut self, width: usize) -> LayerNorm {
        let mut norm = LayerNormConfig::new(width).init(self.device);
        norm.gamma = self.take([width]);
        norm.beta = Some(self.take([width]));
        norm
    }
}

fn take<const D: usize>(grads: &mut GradientsParams, param: &Param<Tensor<D>>, flat: &mut Vec<f32>) {
    if let Some(gradient) = grads.remove::<D>(param.id) {
        flat.extend(gradient.into_data().try_to_vec::<f32>().unwrap_or_default());
    }
}

fn take_linear(grads: &mut GradientsParams, layer: &Linear, flat: &mut Vec<f32>) {
    take(grads, &layer.weight, flat);
    layer.bias.iter().for_each(|bias| take(grads, bias, flat));
}

fn take_norm(grads: &mut GradientsParams, norm: &LayerNorm, flat: &mut Vec<f32>) {
    take(grads, &norm.gamma, flat);
    norm.beta.iter().for_each(|beta| take(grads, beta, flat));
}

fn activate<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    match activation {
        Activation::Identity => x,
        Activation::Silu => activation::silu(x),
        Activation::Mish => activation::mish(x),
        Activation::Gelu => activation::gelu_approximate(x),
    }
}

fn matrix(numbers: &[f32], width: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), [numbers.len() / width, width]), device)
}

fn integers(ids: &[u32], device: &Device) -> Tensor<1, Int> {
    let ids: Vec<i64> = ids.iter().map(|id| i64::from(*id)).collect();
    let n = ids.len();
    Tensor::from_data(TensorData::new(ids, [n]), device)
}

fn value(loss: Tensor<1>) -> f32 {
    loss.into_data().try_to_vec::<f32>().ok().and_then(|numbers| numbers.first().copied()).unwrap_or(f32::NAN)
}
