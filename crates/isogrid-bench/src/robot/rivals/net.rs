//! The rivals' networks: their sizes, what goes in and what comes out, while learning and afterwards.
//!
//! Left out: dropout, which does not pay at these sizes, and absolute error (squared error is what `isogrid-nn` has).

use isogrid_nn::{Network, TimeBatch, TimeMlpOptions, Tokens, TransformerBatch, TransformerOptions};
use isogrid_num::net::{Masking, Scratch, TimeMlp, Transformer, time_features};
use isogrid_robot::Action;

use super::encode::{N_HAND, N_OBJECT, N_SLOTS, Seen};
use super::error::RivalError;
use super::settings::{ACTIONS_PER_QUERY, Body, Head, Settings};

/// Numbers that a query token answers with.
const QUERY: usize = ACTIONS_PER_QUERY * Action::LEN;

/// Tokens that say what is seen.
const N_SEEN: usize = 1 + N_SLOTS;

/// Sines and cosines of the denoising time in a query token.
const N_TIME: usize = 16;

/// Multiplies the denoising time before its sines are taken.
const TIME_SCALE: f32 = 1000.0;

/// A trained network.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Net {
    Flat(TimeMlp),
    Tokens(Transformer),
}

/// One row of a batch, or the input of one decision.
pub(super) struct Input<'a> {
    pub seen: &'a Seen,
    /// The noisy chunk, `[chunk, 4]`; empty where nothing is denoised.
    pub noisy: &'a [f32],
    /// The denoising time, 0 to 1.
    pub t: f32,
}

impl Net {
    /// The chunk for an input, into `out` of `[chunk, 4]`.
    pub fn forward(&self, input: &Input<'_>, buffers: &mut Buffers, out: &mut Vec<f32>) {
        buffers.x.clear();
        match self {
            Net::Flat(net) => {
                flat(input, &mut buffers.x);
                out.resize(net.n_out(), 0.0);
                net.forward(&buffers.x, &[input.t], &mut buffers.scratch, out);
            }
            Net::Tokens(net) => {
                tokens(input, net.max_tokens() - N_SEEN, &mut buffers.x);
                buffers.out.resize(net.max_tokens() * QUERY, 0.0);
                let done = net.forward_rows(&buffers.x, &mut buffers.scratch, &mut buffers.out);
                debug_assert!(done.is_ok(), "{done:?}");
                out.clear();
                out.extend_from_slice(&buffers.out[N_SEEN * QUERY..]);
            }
        }
    }

    /// The network as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Net::Flat(net) => net.to_bytes(),
            Net::Tokens(net) => net.to_bytes(),
        }
    }

    /// The network of these settings from bytes.
    pub fn from_bytes(settings: &Settings, bytes: &[u8]) -> Result<Net, RivalError> {
        let wrong = |error: isogrid_num::net::Error| RivalError::Bytes(error.to_string());
        let other = || RivalError::Bytes("the network is not that of the settings".to_string());
        let (n_in, n_out) = (n_in(settings), settings.chunk * Action::LEN);
        match settings.body {
            Body::Flat => {
                let net = TimeMlp::from_bytes(bytes).map_err(wrong)?;
                let fits = net.n_in() == n_in && net.n_out() == n_out;
                fits.then_some(Net::Flat(net)).ok_or_else(other)
            }
            Body::Tokens => {
                let net = Transformer::from_bytes(bytes).map_err(wrong)?;
                let n_tokens = N_SEEN + settings.chunk / ACTIONS_PER_QUERY;
                let mut out = vec![0.0; n_tokens * QUERY];
                let fits = net.max_tokens() == n_tokens
                    && net.n_out() == QUERY
                    && net
                        .forward_rows(&vec![0.0; n_tokens * n_in], &mut Scratch::default(), &mut out)
                        .is_ok();
                fits.then_some(Net::Tokens(net)).ok_or_else(other)
            }
        }
    }
}

/// Memory of a forward pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
    scratch: Scratch,
    x: Vec<f32>,
    out: Vec<f32>,
}

/// All numbers in a row: the noisy chunk, the hand, the slots.
fn flat(input: &Input<'_>, x: &mut Vec<f32>) {
    x.extend_from_slice(input.noisy);
    x.extend_from_slice(&input.seen.hand);
    input.seen.slots.iter().for_each(|row| x.extend_from_slice(row));
}

/// A row for the hand, one for every slot, one for every query; each kind has columns of its own.
fn tokens(input: &Input<'_>, n_queries: usize, x: &mut Vec<f32>) {
    let n_noisy = if input.noisy.is_empty() { 0 } else { QUERY + N_TIME };
    let width = N_HAND + N_OBJECT + n_noisy;
    x.extend_from_slice(&input.seen.hand);
    x.resize(x.len() + width - N_HAND, 0.0);
    for row in &input.seen.slots {
        x.resize(x.len() + N_HAND, 0.0);
        x.extend_from_slice(row);
        x.resize(x.len() + n_noisy, 0.0);
    }
    for query in 0..n_queries {
        x.resize(x.len() + N_HAND + N_OBJECT, 0.0);
        if n_noisy > 0 {
            x.extend_from_slice(&input.noisy[query * QUERY..][..QUERY]);
            let mut time = [0.0; N_TIME];
            time_features(input.t, TIME_SCALE, &mut time);
            x.extend_from_slice(&time);
        }
    }
}

/// Numbers in: of all, or of a token.
fn n_in(settings: &Settings) -> usize {
    let denoises = settings.head != Head::Chunk;
    match settings.body {
        Body::Flat => N_HAND + N_SLOTS * N_OBJECT + if denoises { settings.chunk * Action::LEN } else { 0 },
        Body::Tokens => N_HAND + N_OBJECT + if denoises { QUERY + N_TIME } else { 0 },
    }
}

/// A network that learns, of either body.
pub(super) trait Student: Network + Sized {
    /// A network with a random start.
    fn start(settings: &Settings) -> Result<Self, isogrid_nn::Error>;
    /// Empties a batch.
    fn clear(batch: &mut Self::Batch);
    /// Adds a row: what goes in, and the chunk that should come out.
    fn push(batch: &mut Self::Batch, input: &Input<'_>, target: &[f32]);
    /// The network as it stands, on plain slices.
    fn finish(&self) -> Result<Net, isogrid_nn::Error>;
}

impl Student for isogrid_nn::TimeMlp {
    fn start(settings: &Settings) -> Result<Self, isogrid_nn::Error> {
        isogrid_nn::TimeMlp::new(TimeMlpOptions {
            width: width(settings, 1),
            n_blocks: settings.n_blocks,
            seed: settings.seed,
            ..TimeMlpOptions::new(n_in(settings), settings.chunk * Action::LEN)
        })
    }

    fn clear(batch: &mut TimeBatch) {
        [&mut batch.x, &mut batch.t, &mut batch.target].into_iter().for_each(Vec::clear);
    }

    fn push(batch: &mut TimeBatch, input: &Input<'_>, target: &[f32]) {
        flat(input, &mut batch.x);
        batch.t.push(input.t);
        batch.target.extend_from_slice(target);
    }

    fn finish(&self) -> Result<Net, isogrid_nn::Error> {
        self.export().map(Net::Flat)
    }
}

/// Heads of a transformer.
const N_HEADS: usize = 4;

impl Student for isogrid_nn::Transformer {
    fn start(settings: &Settings) -> Result<Self, isogrid_nn::Error> {
        let tokens = Tokens::Rows { n_in: n_in(settings), n_out: QUERY };
        let width = width(settings, N_HEADS);
        isogrid_nn::Transformer::new(TransformerOptions {
            width,
            n_blocks: settings.n_blocks,
            n_heads: N_HEADS,
            inner_width: 4 * width,
            masking: Masking::None,
            seed: settings.seed,
            ..TransformerOptions::new(tokens, N_SEEN + settings.chunk / ACTIONS_PER_QUERY)
        })
    }

    fn clear(batch: &mut TransformerBatch) {
        [&mut batch.x, &mut batch.target, &mut batch.row_weights].into_iter().for_each(Vec::clear);
    }

    fn push(batch: &mut TransformerBatch, input: &Input<'_>, target: &[f32]) {
        let n_queries = target.len() / QUERY;
        tokens(input, n_queries, &mut batch.x);
        batch.target.resize(batch.target.len() + N_SEEN * QUERY, 0.0);
        batch.target.extend_from_slice(target);
        // The loss is a mean over all tokens; this makes it one over the queries.
        let weight = (N_SEEN + n_queries) as f32 / n_queries as f32;
        batch.row_weights.resize(batch.row_weights.len() + N_SEEN, 0.0);
        batch.row_weights.resize(batch.row_weights.len() + n_queries, weight);
    }

    fn finish(&self) -> Result<Net, isogrid_nn::Error> {
        self.export().map(Net::Tokens)
    }
}

/// The largest width, a multiple of `4 * factor`, with which a network has the parameters of its size.
fn width(settings: &Settings, factor: usize) -> usize {
    let step = 4 * factor;
    let most = settings.size.n_parameters() * 21 / 20;
    (1..).map(|n| n * step).take_while(|&width| n_parameters(settings, width) <= most).last().unwrap_or(step)
}

fn n_parameters(settings: &Settings, width: usize) -> usize {
    let dense = |n_in: usize, n_out: usize| (n_in + 1) * n_out;
    let (ends, blocks) = (n_in(settings), settings.n_blocks);
    match settings.body {
        Body::Flat => {
            let block = 2 * dense(width, width) + dense(64, 2 * width);
            dense(ends, width) + dense(64, 64) + blocks * block + dense(width, settings.chunk * Action::LEN)
        }
        Body::Tokens => {
            let n_tokens = N_SEEN + settings.chunk / ACTIONS_PER_QUERY;
            let attention = dense(width, 3 * width) + dense(width, width);
            let block = attention + dense(width, 4 * width) + dense(4 * width, width) + 4 * width;
            dense(ends, width) + n_tokens * width + blocks * block + 2 * width + dense(width, QUERY)
        }
    }
}

/// Parameters of the network of these settings.
pub(super) fn count(settings: &Settings) -> usize {
    let factor = if settings.body == Body::Tokens { N_HEADS } else { 1 };
    n_parameters(settings, width(settings, factor))
}

#[cfg(test)]
mod tests {
    use super::super::settings::SIZES;
    use super::*;

    #[test]
    fn networks_have_the_parameters_of_their_size() {
        for size in SIZES {
            for head in [Head::Chunk, Head::Denoise { steps: 5 }] {
                let of = |body| Settings { size, head, body, ..Settings::default() };
                let (flat, tokens) = (of(Body::Flat), of(Body::Tokens));
                let found = [
                    (isogrid_nn::TimeMlp::start(&flat).map(|net| net.params().len()), count(&flat)),
                    (isogrid_nn::Transformer::start(&tokens).map(|net| net.params().len()), count(&tokens)),
                ];
                for (real, counted) in found {
                    assert_eq!(real.ok(), Some(counted));
                    let share = counted as f64 / size.n_parameters() as f64;
                    assert!((0.75..=1.05).contains(&share), "{size:?} {head:?}: {counted}");
                }
            }
        }
    }
}
