//! The networks that are trained, and the clock around them.

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use isogrid_nn::unfused::{UnfusedMlp, UnfusedTransformer};
use isogrid_nn::{
    AdamW, FitOptions, Mlp, MlpBatch, MlpOptions, Network, Schedule, Tokens, Transformer, TransformerBatch,
    TransformerOptions, fit, tune_allocator,
};
use isogrid_num::rng::Rng;

use super::Measured;
use crate::process::cpu_seconds;

/// Sequences in a batch of the decoder.
pub(super) const N_SEQUENCES: usize = 8;
/// Tokens in a sequence of the decoder.
pub(super) const N_TOKENS: usize = 256;

const N_IDS: usize = 512;
const N_ROWS: usize = 256;
const WIDTHS: [usize; 5] = [64, 256, 256, 256, 64];

/// Trains contender `name` for `n_steps` after a tenth of that, at least one, untimed.
pub(super) fn train(name: &str, n_steps: u64) -> Result<Measured> {
    tune_allocator();
    let mut watch = Watch::new(n_steps);
    match name {
        "mlp fused" => watch.fused(&mut mlp()?, 1e-3, &mlp_batch())?,
        "mlp unfused" => {
            let (mut network, batch) = (UnfusedMlp::like(&mlp()?, optimizer(1e-3)), mlp_batch());
            watch.plain(|| network.step(&batch));
        }
        "decoder fused" => watch.fused(&mut decoder()?, 3e-4, &decoder_batch())?,
        "decoder unfused" => {
            let (mut network, batch) =
                (UnfusedTransformer::like(&decoder()?, optimizer(3e-4))?, decoder_batch());
            watch.plain(|| network.step(&batch));
        }
        _ => bail!("no contender `{name}`"),
    }
    watch.measured().with_context(|| format!("{name}: too few steps"))
}

fn mlp() -> Result<Mlp> {
    Ok(Mlp::new(MlpOptions::new(&WIDTHS))?)
}

fn decoder() -> Result<Transformer> {
    Ok(Transformer::new(TransformerOptions::new(Tokens::Ids(N_IDS), N_TOKENS))?)
}

fn optimizer(learning_rate: f32) -> AdamW {
    AdamW { learning_rate, max_norm: None, ..AdamW::default() }
}

fn mlp_batch() -> MlpBatch {
    let mut rng = Rng::new(1, 0);
    let mut draw = |width: usize| (0..N_ROWS * width).map(|_| rng.normal() as f32).collect();
    MlpBatch { x: draw(WIDTHS[0]), target: draw(WIDTHS[4]), row_weights: Vec::new() }
}

fn decoder_batch() -> TransformerBatch {
    let mut rng = Rng::new(1, 0);
    let mut draw = || (0..N_SEQUENCES * N_TOKENS).map(|_| rng.below(N_IDS as u64) as u32).collect();
    TransformerBatch { ids: draw(), next_ids: draw(), ..TransformerBatch::default() }
}

/// Notes the time after each step.
struct Watch {
    n_warmup: u64,
    n_steps: u64,
    n_done: u64,
    losses: Vec<f32>,
    start: Option<(Instant, f64)>,
    end: Option<(f64, f64)>,
}

impl Watch {
    fn new(n_steps: u64) -> Watch {
        let n_warmup = (n_steps / 10).max(1);
        Watch { n_warmup, n_steps, n_done: 0, losses: Vec::new(), start: None, end: None }
    }

    fn fused<N: Network>(&mut self, network: &mut N, learning_rate: f32, batch: &N::Batch) -> Result<()>
    where
        N::Batch: Clone,
    {
        let options = FitOptions {
            n_steps: self.n_warmup + self.n_steps,
            optimizer: optimizer(learning_rate),
            schedule: Schedule::Constant,
            averaging: None,
            ..FitOptions::default()
        };
        let mut supply = |_: u64, to: &mut N::Batch| to.clone_from(batch);
        fit(network, &options, &mut supply, &mut |progress| {
            self.note(progress.loss);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    fn plain(&mut self, mut step: impl FnMut() -> f32) {
        for _ in 0..self.n_warmup + self.n_steps {
            let loss = step();
            self.note(loss);
        }
    }

    fn note(&mut self, loss: f32) {
        self.losses.push(loss);
        self.n_done += 1;
        if self.n_done == self.n_warmup {
            self.start = Some((Instant::now(), cpu_seconds()));
        } else if self.n_done == self.n_warmup + self.n_steps
            && let Some((since, cpu)) = self.start
        {
            self.end = Some((since.elapsed().as_secs_f64(), cpu_seconds() - cpu));
        }
    }

    fn measured(&self) -> Option<Measured> {
        let (wall_seconds, cpu_seconds) = self.end?;
        let (first_loss, last_loss) = (*self.losses.first()?, *self.losses.last()?);
        Some(Measured { n_steps: self.n_steps, wall_seconds, cpu_seconds, first_loss, last_loss })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_of_one_network_compute_the_same() {
        let [fused, plain] = ["mlp fused", "mlp unfused"].map(|name| train(name, 4).expect("trains"));
        assert!((fused.first_loss - plain.first_loss).abs() < 1e-5, "{fused:?} {plain:?}");
        assert!((fused.last_loss - plain.last_loss).abs() < 1e-3 && fused.last_loss < fused.first_loss);
        assert!(train("mlp", 1).is_err());
    }
}
