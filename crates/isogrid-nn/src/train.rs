//! The training driver: batches in, steps, checkpoints, a stop from outside.
//!
//! It reads no clock and draws no progress: the observer is told after every step and may stop the run. A run that goes
//! on from a checkpoint gives the same bytes as one that was never stopped. Left out: validation, which is the
//! caller's, between two runs or in the observer.

use std::ops::ControlFlow;
use std::path::PathBuf;

use isogrid_num::hash::hash_words;

use crate::checkpoint::{self, Identity};
use crate::error::{Error, bad_option};
use crate::kernels::allocator::tune_allocator;
use crate::models::Network;
use crate::optimizer::{AdamW, Moments, Pass, Schedule, norm};
use crate::tape::Tape;

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// Steps of the whole run. Default 10,000.
    pub n_steps: u64,
    /// The optimizer.
    pub optimizer: AdamW,
    /// The learning rate's way. Default: a cosine with warm-up.
    pub schedule: Schedule,
    /// The running average of the weights keeps this part of itself at every step, less in the first steps, and is
    /// what an export uses. Default 0.999; `None` keeps no average.
    pub averaging: Option<f32>,
    /// Of whatever random choices the batches hold. Not used here, but stored, so that a run does not go on with
    /// other data. Default 0.
    pub seed: u64,
    /// Default: none.
    pub checkpoints: Option<Checkpoints>,
}

impl Default for FitOptions {
    fn default() -> FitOptions {
        FitOptions {
            n_steps: 10_000,
            optimizer: AdamW::default(),
            schedule: Schedule::default(),
            averaging: Some(0.999),
            seed: 0,
            checkpoints: None,
        }
    }
}

/// Where and how often a run is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoints {
    /// The file. A run that finds it goes on from there; it is also written when the observer stops the run.
    pub path: PathBuf,
    /// Steps between two savings. Default 1,000.
    pub every: u64,
    /// A digest of what else the run depends on, such as its examples; a checkpoint of another is refused. Default 0.
    pub task: u64,
}

impl Checkpoints {
    /// In this file, every 1,000 steps.
    pub fn new(path: PathBuf) -> Checkpoints {
        Checkpoints { path, every: 1000, task: 0 }
    }
}

/// What is known after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps done, from 1.
    pub step: u64,
    /// Steps of the whole run.
    pub n_steps: u64,
    /// The loss of the step's batch, before the step.
    pub loss: f32,
    /// The norm of the gradient before clipping.
    pub gradient_norm: f32,
    /// The learning rate of the step.
    pub learning_rate: f32,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All steps were done.
    Done,
    /// The observer stopped it.
    Cancelled,
}

/// A finished or stopped run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trained {
    /// How it ended.
    pub stop: Stop,
    /// Steps done in all, those before a resumption included.
    pub n_steps: u64,
    /// The step of the checkpoint that it went on from.
    pub resumed_at: Option<u64>,
    /// The loss of the last batch; `None` where no step was left to do.
    pub loss: Option<f32>,
}

/// Does `work` with a pool of one thread: several small networks train faster side by side, a thread each, than one after
/// the other on all threads.
///
/// # Errors
/// [`Error::Threads`] where the system has no thread left.
pub fn on_one_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| Error::Threads(error.to_string()))?;
    Ok(pool.install(work))
}

/// Trains a network. `supply` fills the batch of a step, counted from 0, and must depend on nothing but the step.
///
/// Deterministic: the same network, options and batches give the same weights on one machine, on any number of
/// threads. Threads are those of the current rayon pool.
///
/// # Errors
/// An option or a batch does not fit, a loss is not finite, or a checkpoint cannot be written or gone on from. The
/// network then keeps the weights of its last good step.
pub fn fit<N: Network>(
    network: &mut N,
    options: &FitOptions,
    supply: &mut dyn FnMut(u64, &mut N::Batch),
    observe: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Trained, Error> {
    tune_allocator();
    let mut run = Run::start(network, options)?;
    let mut batch = N::Batch::default();
    let (resumed_at, mut loss, mut stop) = (run.resume()?, None, Stop::Done);
    while run.step < options.n_steps && stop == Stop::Done {
        supply(run.step, &mut batch);
        let progress = run.step(&batch)?;
        loss = Some(progress.loss);
        if observe(&progress).is_break() {
            stop = Stop::Cancelled;
        }
        run.save_if_due(stop)?;
    }
    let n_steps = run.step;
    run.finish();
    Ok(Trained { stop, n_steps, resumed_at, loss })
}

struct Run<'a, N> {
    network: &'a mut N,
    options: &'a FitOptions,
    moments: Moments,
    decayed: Vec<std::ops::Range<usize>>,
    step: u64,
}

impl<'a, N: Network> Run<'a, N> {
    fn start(network: &'a mut N, options: &'a FitOptions) -> Result<Run<'a, N>, Error> {
        options.optimizer.check()?;
        if let Some(averaging) = options.averaging.filter(|averaging| !(0.0..1.0).contains(averaging)) {
            return Err(bad_option("the averaging", averaging, "at least 0 and below 1"));
        }
        if options.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.every == 0) {
            return Err(bad_option("the number of steps between checkpoints", 0, "1 or more"));
        }
        let params = network.params();
        let (n, weights) = (params.len(), params.weights());
        let averaged = options.averaging.map_or_else(Vec::new, |_| weights);
        let moments = Moments { mean: vec![0.0; n], square: vec![0.0; n], averaged };
        let decayed = params.decayed();
        Ok(Run { network, options, moments, decayed, step: 0 })
    }

    fn identity(&self) -> Identity {
        let n_numbers = 3 * self.moments.mean.len() + self.moments.averaged.len();
        Identity {
            network: self.network.params().fingerprint(),
            options: fingerprint(self.options),
            n_steps: self.options.n_steps,
            n_numbers: n_numbers as u64,
        }
    }

    fn resume(&mut self) -> Result<Option<u64>, Error> {
        let Some(checkpoints) = &self.options.checkpoints else { return Ok(None) };
        let (identity, moments) = (self.identity(), &mut self.moments);
        let step = self.network.params().store.update(|weights, _| {
            let buffers = [weights, &mut moments.mean, &mut moments.square, &mut moments.averaged];
            checkpoint::load(&checkpoints.path, identity, buffers)
        })?;
        self.step = step.unwrap_or(0);
        Ok(step)
    }

    fn step(&mut self, batch: &N::Batch) -> Result<Progress, Error> {
        let (step, options) = (self.step, self.options);
        let params = self.network.params();
        let tape = Tape::new(params);
        let loss = self.network.loss(&tape, step, batch)?;
        let loss = tape.backward(loss);
        let learning_rate = options.optimizer.learning_rate * options.schedule.factor(step, options.n_steps);
        let (moments, decayed) = (&mut self.moments, self.decayed.as_slice());
        let gradient_norm = params.store.update(|weights, gradients| {
            let gradient_norm = norm(gradients);
            for (what, found) in [("loss", loss), ("norm of the gradient", gradient_norm)] {
                if !found.is_finite() {
                    return Err(Error::NotFinite { step, what, found });
                }
            }
            let max_norm = options.optimizer.max_norm.unwrap_or(f32::INFINITY);
            let gradient_scale = if gradient_norm > max_norm { max_norm / gradient_norm } else { 1.0 };
            // A young average forgets its random start quickly.
            let youth = (1 + step) as f32 / (10 + step) as f32;
            let averaging = options.averaging.unwrap_or(0.0).min(youth);
            let pass = Pass { step, learning_rate, gradient_scale, averaging };
            options.optimizer.pass(weights, gradients, moments, (pass, decayed));
            Ok(gradient_norm)
        })?;
        self.step += 1;
        Ok(Progress { step: self.step, n_steps: options.n_steps, loss, gradient_norm, learning_rate })
    }

    fn save_if_due(&self, stop: Stop) -> Result<(), Error> {
        let Some(checkpoints) = &self.options.checkpoints else { return Ok(()) };
        let is_last = self.step == self.options.n_steps || stop == Stop::Cancelled;
        if !is_last && !self.step.is_multiple_of(checkpoints.every) {
            return Ok(());
        }
        self.network.params().store.read(|weights| {
            checkpoint::save(&checkpoints.path, self.identity(), self.step, (weights, &self.moments))
        })
    }

    fn finish(self) {
        let averaged = Some(self.moments.averaged).filter(|averaged| !averaged.is_empty());
        self.network.params_mut().averaged = averaged;
    }
}

/// A number that differs for runs that would go different ways from one checkpoint.
fn fingerprint(options: &FitOptions) -> u64 {
    let AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, max_norm } = options.optimizer;
    let (n_warmup, floor) = match options.schedule {
        Schedule::Constant => (u64::MAX, 0.0),
        Schedule::Cosine { n_warmup, floor } => (n_warmup, floor),
    };
    let numbers = [
        learning_rate,
        beta1,
        beta2,
        epsilon,
        weight_decay,
        max_norm.unwrap_or(f32::INFINITY),
        floor,
        options.averaging.unwrap_or(-1.0),
    ];
    let task = options.checkpoints.as_ref().map_or(0, |checkpoints| checkpoints.task);
    let mut words = vec![options.n_steps, options.seed, n_warmup, task];
    words.extend(numbers.map(|number| u64::from(number.to_bits())));
    hash_words(&words)
}
