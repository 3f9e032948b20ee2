//! A rival in an episode: observations in, actions out, chunks in between.

use std::collections::VecDeque;
use std::sync::Arc;

use isogrid_num::rng::Rng;
use isogrid_robot::skills::signal_and_noise;
use isogrid_robot::tasks::Task;
use isogrid_robot::{Action, Observation, Scene};

use super::Rival;
use super::encode::{Seen, Slots, Want};
use super::error::RivalError;
use super::guide::Guide;
use super::net::{Buffers, Input, Net};
use super::settings::{Execute, Head, Settings, View};

/// A policy from whole observations to actions, for one episode.
pub trait Driver: Send {
    /// Sees the world and decides what to do until the next tick.
    ///
    /// # Errors
    /// The observation does not belong to the scene, or holds what is no number.
    fn act(&mut self, seen: &Observation) -> Result<Action, RivalError>;
}

/// A network with its memory and its chance: from an encoded observation to a chunk.
pub(super) struct Mind {
    net: Arc<Net>,
    settings: Settings,
    rng: Rng,
    buffers: Buffers,
    noisy: Vec<f32>,
    out: Vec<f32>,
}

impl Mind {
    pub fn new(net: Arc<Net>, settings: Settings, rng: Rng) -> Mind {
        Mind { net, settings, rng, buffers: Buffers::default(), noisy: Vec::new(), out: Vec::new() }
    }

    /// The chunk, `[chunk, 4]`, not yet clipped.
    pub fn decide(&mut self, seen: &Seen) -> &[f32] {
        let Head::Denoise { steps } = self.settings.head else {
            let input = Input { seen, noisy: &[], t: 0.0 };
            self.net.forward(&input, &mut self.buffers, &mut self.out);
            return &self.out;
        };
        let n = self.settings.chunk * Action::LEN;
        self.noisy.clear();
        let scale = self.settings.temperature;
        self.noisy.extend((0..n).map(|_| (scale * self.rng.normal()) as f32));
        let time = |step: u8| f32::from(step) / f32::from(steps);
        for step in (0..steps).rev() {
            let input = Input { seen, noisy: &self.noisy, t: time(step + 1) };
            self.net.forward(&input, &mut self.buffers, &mut self.out);
            let (signal, noise) = signal_and_noise(time(step + 1));
            let (next_signal, next_noise) = signal_and_noise(time(step));
            for (value, clean) in self.noisy.iter_mut().zip(&mut self.out) {
                *clean = clean.clamp(-1.0, 1.0);
                *value = next_signal * *clean + next_noise * (*value - signal * *clean) / noise;
            }
        }
        &self.out
    }
}

/// One episode of a rival.
pub(super) struct Episode {
    mind: Mind,
    scene: Scene,
    slots: Slots,
    want: Want,
    guide: Option<Guide>,
    before: Option<Observation>,
    /// Chunks still speaking, oldest first, each with the actions that are left of it.
    chunks: VecDeque<VecDeque<Action>>,
}

impl Episode {
    pub fn new(rival: &Rival, scene: &Scene, task: &Task, seed: u64) -> Result<Episode, RivalError> {
        let objects = scene.objects.len();
        if let Some(&(block, on)) = task.goal.iter().find(|&&(block, on)| block >= objects || on >= objects) {
            return Err(RivalError::Goal { block, on, objects });
        }
        let mut rng = Rng::new(seed, 0xd21e);
        let slots = Slots::draw(scene, rival.settings.spread, &mut rng)?;
        let guide = match rival.settings.view {
            View::Goal => None,
            View::SubTask => Some(Guide::new(scene, task)?),
        };
        Ok(Episode {
            mind: Mind::new(rival.net.clone(), rival.settings, rng),
            scene: scene.clone(),
            slots,
            want: Want::Goal(task.goal.clone()),
            guide,
            before: None,
            chunks: VecDeque::new(),
        })
    }

    /// Asks the network; what it says goes behind the chunks still speaking.
    fn think(&mut self, seen: &Observation) {
        let before = self.before.as_ref().filter(|_| self.mind.settings.history > 1);
        let encoded = Seen::new(&self.scene, &self.slots, (seen, before), &self.want);
        let chunk =
            self.mind.decide(&encoded).chunks_exact(Action::LEN).map(|numbers| {
                Action::from_array(std::array::from_fn(|at| f64::from(numbers[at]))).clipped()
            });
        let chunk = chunk.collect();
        self.chunks.push_back(chunk);
    }

    fn first(&mut self, n: usize, seen: &Observation) -> Action {
        if self.chunks.is_empty() {
            self.think(seen);
            self.chunks.iter_mut().for_each(|chunk| chunk.truncate(n));
        }
        let action = self.chunks.front_mut().and_then(VecDeque::pop_front).unwrap_or_default();
        self.chunks.retain(|chunk| !chunk.is_empty());
        action
    }

    fn ensemble(&mut self, decay: f64, seen: &Observation) -> Action {
        self.think(seen);
        let (mut sum, mut weights) = ([0.0; Action::LEN], 0.0);
        for (at, chunk) in self.chunks.iter_mut().enumerate() {
            let Some(action) = chunk.pop_front() else { continue };
            let weight = (-decay * at as f64).exp();
            sum.iter_mut().zip(action.to_array()).for_each(|(sum, value)| *sum += weight * value);
            weights += weight;
        }
        self.chunks.retain(|chunk| !chunk.is_empty());
        Action::from_array(sum.map(|value| value / weights))
    }
}

impl Driver for Episode {
    fn act(&mut self, seen: &Observation) -> Result<Action, RivalError> {
        check(&self.scene, seen)?;
        if let Some(guide) = &mut self.guide {
            let step = guide.follow(&self.scene, seen)?;
            if self.want != Want::SubTask(step) {
                self.want = Want::SubTask(step);
                self.chunks.clear();
            }
        }
        let action = match self.mind.settings.execute {
            Execute::First(n) => self.first(n, seen),
            Execute::Ensemble { decay } => self.ensemble(decay, seen),
        };
        self.before = Some(seen.clone());
        Ok(action)
    }
}

fn check(scene: &Scene, seen: &Observation) -> Result<(), RivalError> {
    let (found, expected) = (seen.objects.len(), scene.objects.len());
    if found != expected {
        return Err(RivalError::Objects { found, expected });
    }
    let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    let sound = finite(&seen.hand.position)
        && seen.hand.opening.is_finite()
        && seen.objects.iter().all(|pose| finite(&pose.position) && finite(&pose.rotation));
    if sound { Ok(()) } else { Err(RivalError::NotFinite { seconds: seen.seconds }) }
}
