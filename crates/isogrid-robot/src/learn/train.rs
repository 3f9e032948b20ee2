//! Trains the four sub-skills on examples.
//!
//! One network each, on the same examples for all heads: behaviour cloning regresses the chunk; diffusion the clean
//! chunk from a noised one (sample prediction); flow matching the velocity from noise to chunk (Lipman et al. 2023).
//! Batches depend on the seed and the step alone, so a run repeats exactly and goes on from a checkpoint.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread;

use isogrid_core::{Ctx, Limit, Progress, Stop};
use isogrid_nn::{AdamW, Checkpoints, FitOptions, TimeBatch, TimeMlp, TimeMlpOptions, fit, on_one_thread};
use isogrid_num::hash::hash_words;
use isogrid_num::rng::Rng;

use super::dataset::{CHUNK, Dataset, Example};
use super::symmetry::alike;
use super::{Symmetry, TrainOptions};
use crate::RobotError;
use crate::skill::{SKILLS, Skill};
use crate::skills::{Head, Skills, encode, n_encoded, signal_and_noise};

/// Steps between two reports.
const REPORT_EVERY: u64 = 20;

/// A skill's last loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkillLoss {
    /// Which skill.
    pub skill: Skill,
    /// Examples it learned from.
    pub examples: usize,
    /// Mean squared error of the last batch, in squared action units.
    pub loss: f32,
}

/// Trains all sub-skills at a time, each on one thread: what a limit cuts off, all have learned alike. One tick is one
/// optimizer step.
///
/// # Errors
/// A sub-skill has no example, an option is out of range, or a checkpoint cannot be used.
pub fn train(
    ctx: &Ctx,
    data: &Dataset,
    options: &TrainOptions,
) -> Result<(Skills, Vec<SkillLoss>, Stop), RobotError> {
    if let Some(skill) = SKILLS.into_iter().find(|skill| data.of(*skill).is_empty()) {
        return Err(RobotError::NoExamples { skill: skill.name() });
    }
    if let Some(folder) = &options.checkpoints {
        let failed = |error: std::io::Error| RobotError::Training(format!("`{}`: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let share = ctx.remaining().div_ceil(SKILLS.len() as u64);
    let parts: [Ctx; SKILLS.len()] =
        std::array::from_fn(|at| ctx.child(ctx.remaining().saturating_sub(at as u64 * share).min(share)));
    let work = |skill: Skill| {
        let part = &parts[skill as usize];
        let _span = part.span(skill.name());
        on_one_thread(|| one(part, skill, data.of(skill), options)).map_err(RobotError::training).flatten()
    };
    let done = thread::scope(|scope| {
        let threads = SKILLS.map(|skill| scope.spawn(move || work(skill)));
        threads.map(|thread| thread.join().unwrap_or_else(|fault| resume_unwind(fault)))
    });
    parts.iter().for_each(|part| ctx.absorb(part));
    let (mut nets, mut learned, mut stop) = (Vec::new(), Vec::new(), Stop::Done);
    for (skill, one) in SKILLS.into_iter().zip(done) {
        let One { net, loss, stop: ended } = one?;
        nets.push(net);
        learned.push(SkillLoss { skill, examples: data.of(skill).len(), loss });
        stop = if stop == Stop::Done { ended } else { stop };
    }
    Ok((Skills { head: options.head, rate_hz: data.rate_hz, nets }, learned, stop))
}

/// One trained sub-skill.
struct One {
    net: isogrid_num::net::TimeMlp,
    loss: f32,
    stop: Stop,
}

fn one(ctx: &Ctx, skill: Skill, examples: &[Example], options: &TrainOptions) -> Result<One, RobotError> {
    let n_out = CHUNK * skill.n_actions();
    let n_noised = if options.head == Head::Cloning { 0 } else { n_out };
    let shape = TimeMlpOptions {
        width: options.width,
        n_blocks: options.n_blocks,
        seed: ctx.seed().wrapping_add(skill as u64),
        ..TimeMlpOptions::new(n_noised + n_encoded(skill), n_out)
    };
    let mut net = TimeMlp::new(shape).map_err(RobotError::training)?;
    let mut stop = Stop::Done;
    let spent = (ctx.remaining() == 0).then_some(Stop::Budget(Limit::Ticks));
    if let Some(stop) = ctx.cancel_handle().requested().or(spent) {
        let net = net.export().map_err(RobotError::training)?;
        return Ok(One { net, loss: f32::NAN, stop });
    }
    let fit_options = FitOptions {
        n_steps: options.n_steps,
        optimizer: AdamW { learning_rate: options.learning_rate, ..AdamW::default() },
        seed: ctx.seed(),
        checkpoints: options.checkpoints.as_ref().map(|folder| Checkpoints {
            task: digest(examples, options),
            ..Checkpoints::new(folder.join(format!("{}.checkpoint", skill.name())))
        }),
        ..FitOptions::default()
    };
    let supplier = Supplier { skill, examples, options, seed: ctx.seed() };
    let trained = fit(&mut net, &fit_options, &mut |step, batch| supplier.fill(step, batch), &mut |at| {
        if at.step % REPORT_EVERY == 0 {
            let (done, total) = (at.step, Some(at.n_steps));
            ctx.progress(Progress { stage: skill.name(), done, total, note: "steps" });
        }
        match ctx.tick(1) {
            // Four skills that each counted one step too many would be four.
            ControlFlow::Continue(()) if ctx.remaining() == 0 && at.step < at.n_steps => {
                stop = Stop::Budget(Limit::Ticks);
                ControlFlow::Break(())
            }
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(why) => {
                stop = why;
                ControlFlow::Break(())
            }
        }
    });
    let trained = trained.map_err(RobotError::training)?;
    let net = net.export().map_err(RobotError::training)?;
    Ok(One { net, loss: trained.loss.unwrap_or(f32::NAN), stop })
}

/// A number that differs where batches do: a checkpoint of other demonstrations is not gone on from.
fn digest(examples: &[Example], options: &TrainOptions) -> u64 {
    let (head, steps) = match options.head {
        Head::Cloning => (0, 0),
        Head::Diffusion { steps } => (1, steps),
        Head::Flow { steps } => (2, steps),
    };
    let turns = u64::from(options.symmetry == Symmetry::Assumed);
    let mut words = vec![head, u64::from(steps), options.batch as u64, options.jitter.to_bits(), turns];
    for example in examples {
        words.extend(example.features.map(f64::to_bits));
        words.extend(example.actions.iter().flat_map(|action| action.to_array().map(f64::to_bits)));
    }
    hash_words(&words)
}

/// Makes batches of one skill.
struct Supplier<'a> {
    skill: Skill,
    examples: &'a [Example],
    options: &'a TrainOptions,
    seed: u64,
}

impl Supplier<'_> {
    fn fill(&self, step: u64, batch: &mut TimeBatch) {
        let mut rng = Rng::new(self.seed ^ (0x7ea1 + self.skill as u64), step);
        batch.x.clear();
        batch.t.clear();
        batch.target.clear();
        for _ in 0..self.options.batch {
            // The list is not empty: `train` has looked.
            let example = &self.examples[rng.below(self.examples.len() as u64) as usize];
            match self.options.symmetry {
                Symmetry::Assumed => self.row(&alike(example, self.skill, &mut rng), &mut rng, batch),
                Symmetry::None => self.row(example, &mut rng, batch),
            }
        }
    }

    fn row(&self, example: &Example, rng: &mut Rng, batch: &mut TimeBatch) {
        let mut clean = [0.0f32; CHUNK * crate::Action::LEN];
        let n = self.skill.n_actions();
        for (action, out) in example.actions.iter().zip(clean.chunks_exact_mut(n)) {
            out.iter_mut().zip(action.clipped().to_array()).for_each(|(out, value)| *out = value as f32);
        }
        let clean = &clean[..CHUNK * n];
        let t = match self.options.head {
            Head::Cloning => {
                batch.target.extend_from_slice(clean);
                0.0
            }
            Head::Diffusion { .. } => {
                let t = rng.unit() as f32;
                let (signal, noise) = signal_and_noise(t);
                batch.x.extend(clean.iter().map(|value| signal * value + noise * rng.normal() as f32));
                batch.target.extend_from_slice(clean);
                t
            }
            Head::Flow { .. } => {
                let t = rng.unit() as f32;
                for &value in clean {
                    let start = rng.normal() as f32;
                    batch.x.push((1.0 - t) * start + t * value);
                    batch.target.push(value - start);
                }
                t
            }
        };
        let mut features = example.features;
        features[..3].iter_mut().for_each(|length| *length *= 1.0 + self.options.jitter * rng.normal());
        encode(self.skill, &features, &mut batch.x);
        batch.t.push(t);
    }
}
