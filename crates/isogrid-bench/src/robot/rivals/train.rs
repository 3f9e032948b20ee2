//! Training of one rival, with its learning curve.
//!
//! A run is cut into pieces; after each the averaged weights are judged on held-out demonstrations, and a checkpoint is
//! left from which a killed run goes on to the same bits. Batches depend on the seed and the step alone.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};
use isogrid_nn::{AdamW, Checkpoints, FitOptions, Schedule, fit};
use isogrid_num::rng::Rng;
use isogrid_robot::Action;
use isogrid_robot::skills::signal_and_noise;
use serde::{Deserialize, Serialize};

use super::Rival;
use super::error::RivalError;
use super::lessons::{Demonstration, Example, Lesson, Mode, draw, split};
use super::net::{Input, Student};
use super::settings::{Body, Head, Settings};

/// Points of a learning curve.
pub const N_POINTS: u64 = 10;

/// Held-out examples behind the last point, which is ranked, or as many as there are frames.
const N_HELD: usize = 384;

/// Held-out examples behind the other points, which are looked at.
const N_GLANCED: usize = 96;

/// Actions of each chunk that the held-out loss looks at, so that rivals of different chunks compare.
const JUDGED: usize = 8;

/// One point of a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Steps done.
    pub step: u64,
    /// Mean loss of the batches of the piece that ends here, in squared action units; `None` in a piece that was only
    /// gone on with.
    pub train_loss: Option<f64>,
    /// Mean squared error of the first actions decided on held-out demonstrations, with averaged weights, in squared
    /// action units. For a denoising rival this is of sampled chunks.
    pub held_out_loss: f64,
}

/// What came of a training.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The rival as it stands.
    pub rival: Rival,
    /// How the training ended.
    pub stop: Stop,
}

/// Trains one rival for `n_steps`; `log` is told every tenth of the way. One tick is one optimizer step.
///
/// `checkpoint` is a file that the training goes on from where it exists; it is written at every tenth.
///
/// # Errors
/// A setting is out of range, fewer than two demonstrations are usable, or a file cannot be used.
pub fn train(
    ctx: &Ctx,
    demonstrations: &[Demonstration],
    (settings, n_steps): (&Settings, u64),
    checkpoint: &Path,
    log: &mut dyn FnMut(Point),
) -> Result<Trained, RivalError> {
    settings.check()?;
    if n_steps < N_POINTS {
        return Err(RivalError::setting("the number of steps", n_steps, format!("{N_POINTS} or more")));
    }
    let (lessons, held) = split(demonstrations)?;
    let course = Course { ctx, settings, n_steps, lessons: &lessons, held: &held, checkpoint };
    match settings.body {
        Body::Flat => course.run::<isogrid_nn::TimeMlp>(log),
        Body::Tokens => course.run::<isogrid_nn::Transformer>(log),
    }
}

/// One training.
struct Course<'a> {
    ctx: &'a Ctx,
    settings: &'a Settings,
    n_steps: u64,
    lessons: &'a [Lesson<'a>],
    held: &'a [Lesson<'a>],
    checkpoint: &'a Path,
}

impl Course<'_> {
    fn run<N: Student>(&self, log: &mut dyn FnMut(Point)) -> Result<Trained, RivalError> {
        let mut network = N::start(self.settings)?;
        let options = FitOptions {
            n_steps: self.n_steps,
            optimizer: AdamW { learning_rate: self.settings.learning_rate, ..AdamW::default() },
            schedule: Schedule::Cosine { n_warmup: (self.n_steps / 20).min(500), floor: 0.01 },
            seed: self.settings.seed,
            checkpoints: Some(Checkpoints {
                every: self.n_steps,
                ..Checkpoints::new(self.checkpoint.to_path_buf())
            }),
            ..FitOptions::default()
        };
        let mut stop = None;
        loop {
            let mut fault = None;
            let mut losses = (0.0, 0_u64);
            let mut supply = |step: u64, batch: &mut N::Batch| {
                if let Err(error) = self.fill::<N>(step, batch) {
                    fault.get_or_insert(error);
                }
            };
            let trained = fit(&mut network, &options, &mut supply, &mut |progress| {
                losses = (losses.0 + f64::from(progress.loss), losses.1 + 1);
                if let ControlFlow::Break(why) = self.ctx.tick(1) {
                    stop = Some(why);
                }
                let at_point = is_point(progress.step, self.n_steps);
                if at_point || stop.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if let Some(fault) = fault {
                return Err(fault);
            }
            let trained = trained?;
            let rival = Rival { settings: *self.settings, net: Arc::new(network.finish()?) };
            if is_point(trained.n_steps, self.n_steps) {
                log(Point {
                    step: trained.n_steps,
                    train_loss: (losses.1 > 0).then(|| losses.0 / losses.1 as f64),
                    held_out_loss: self
                        .judge(&rival, if trained.n_steps == self.n_steps { N_HELD } else { N_GLANCED })?,
                });
            }
            if trained.n_steps == self.n_steps {
                return Ok(Trained { rival, stop: Stop::Done });
            }
            if let Some(stop) = stop {
                return Ok(Trained { rival, stop });
            }
        }
    }

    fn fill<N: Student>(&self, step: u64, batch: &mut N::Batch) -> Result<(), RivalError> {
        let mut rng = Rng::new(self.settings.seed ^ 0x71fa1, step);
        N::clear(batch);
        let mut noisy = Vec::new();
        for _ in 0..self.settings.batch {
            let Example { seen, chunk } = draw(self.lessons, self.settings, Mode::Learning, &mut rng)?;
            noisy.clear();
            let t = match self.settings.head {
                Head::Chunk => 0.0,
                Head::Denoise { .. } => {
                    let t = rng.unit() as f32;
                    let (signal, noise) = signal_and_noise(t);
                    noisy.extend(chunk.iter().map(|value| signal * value + noise * rng.normal() as f32));
                    t
                }
            };
            N::push(batch, &Input { seen: &seen, noisy: &noisy, t }, &chunk);
        }
        Ok(())
    }

    /// The held-out loss of the first `most` examples, the same at every point.
    fn judge(&self, rival: &Rival, most: usize) -> Result<f64, RivalError> {
        let (mut sum, mut n) = (0.0, 0_u32);
        let mut mind = rival.mind(0x1ea5);
        let n_frames: usize = self.held.iter().map(Lesson::len).sum();
        for number in 0..most.min(n_frames) as u64 {
            let mut rng = Rng::new(0x4e1d, number);
            let Example { seen, chunk } = draw(self.held, self.settings, Mode::HeldOut, &mut rng)?;
            let decided = mind.decide(&seen);
            for (wanted, decided) in chunk.iter().zip(decided).take(JUDGED * Action::LEN) {
                sum += f64::from(wanted - decided.clamp(-1.0, 1.0)).powi(2);
                n += 1;
            }
        }
        Ok(sum / f64::from(n))
    }
}

/// Whether a learning curve has a point behind this step.
fn is_point(step: u64, n_steps: u64) -> bool {
    let piece = |step: u64| step * N_POINTS / n_steps;
    step > 0 && piece(step) > piece(step - 1)
}
