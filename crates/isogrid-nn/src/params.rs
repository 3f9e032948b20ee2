//! The parameters of a network in one flat buffer, with their gradients beside them.
//!
//! Layers hold regions of it. The optimizer passes over the whole in one go, a checkpoint writes it in one piece.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use isogrid_num::hash::hash_words;
use isogrid_num::rng::Rng;

/// The parameters of one network.
#[derive(Debug, Default)]
pub struct Params {
    /// Of all options: an activation, heads or a mask leave no trace in the parameters.
    described: u64,
    entries: Vec<Entry>,
    pub(crate) store: Arc<Store>,
    pub(crate) averaged: Option<Vec<f32>>,
}

/// What operations share with the optimizer.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub weights: RwLock<Vec<f32>>,
    pub gradients: Mutex<Vec<f32>>,
}

impl Store {
    /// Runs `work` on the weights and the gradients.
    pub fn update<T>(&self, work: impl FnOnce(&mut [f32], &mut [f32]) -> T) -> T {
        let mut weights = self.weights.write().unwrap_or_else(PoisonError::into_inner);
        let mut gradients = self.gradients.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut weights, &mut gradients)
    }

    /// Runs `work` on the weights.
    pub fn read<T>(&self, work: impl FnOnce(&[f32]) -> T) -> T {
        work(&self.weights.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    region: Region,
    decay: Decay,
}

/// A place in the flat buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    start: usize,
    len: usize,
}

impl Region {
    pub fn range(self) -> Range<usize> {
        self.start..self.start + self.len
    }

    pub fn of(self, all: &[f32]) -> &[f32] {
        &all[self.range()]
    }

    pub fn of_mut(self, all: &mut [f32]) -> &mut [f32] {
        &mut all[self.range()]
    }
}

/// Whether weight decay applies: to matrices, not to biases and gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decay {
    Yes,
    No,
}

/// How a parameter starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// All of one value.
    Constant(f32),
    /// Normal with this standard deviation.
    Normal(f32),
}

impl Params {
    /// None yet, for a network of these options.
    pub(crate) fn of(options: &impl fmt::Debug) -> Params {
        let words: Vec<u64> = format!("{options:?}").bytes().map(u64::from).collect();
        Params { described: hash_words(&words), ..Params::default() }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.store.read(<[f32]>::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A copy of the weights as they stand.
    pub fn weights(&self) -> Vec<f32> {
        self.store.read(<[f32]>::to_vec)
    }

    /// A copy of the weights that an export uses: the averaged ones where training kept an average, otherwise the
    /// weights as they stand.
    pub fn exported(&self) -> Vec<f32> {
        self.averaged.clone().unwrap_or_else(|| self.weights())
    }

    /// A copy of the gradients of the last step.
    pub fn gradients(&self) -> Vec<f32> {
        self.store.update(|_, gradients| gradients.to_vec())
    }

    /// A number that differs for networks of different options or parameters: names, sizes and order.
    pub fn fingerprint(&self) -> u64 {
        let mut words = vec![self.described];
        for entry in &self.entries {
            words.push(entry.region.len as u64);
            words.extend(entry.name.bytes().map(u64::from));
        }
        hash_words(&words)
    }

    /// Adds a parameter at the end; its start is drawn from a stream of its own.
    pub(crate) fn add(&mut self, name: String, len: usize, start: Start, seed: u64) -> Region {
        let stream = self.entries.len() as u64;
        let mut weights = self.store.weights.write().unwrap_or_else(PoisonError::into_inner);
        let region = Region { start: weights.len(), len };
        let mut rng = Rng::new(seed, stream);
        match start {
            Start::Constant(value) => weights.resize(region.start + len, value),
            Start::Normal(sd) => weights.extend((0..len).map(|_| rng.normal() as f32 * sd)),
        }
        let mut gradients = self.store.gradients.lock().unwrap_or_else(PoisonError::into_inner);
        gradients.resize(weights.len(), 0.0);
        drop((weights, gradients));
        let decay = if matches!(start, Start::Normal(_)) || name.ends_with("weights") {
            Decay::Yes
        } else {
            Decay::No
        };
        self.entries.push(Entry { name, region, decay });
        region
    }

    /// The ranges to which weight decay applies, in order.
    pub(crate) fn decayed(&self) -> Vec<Range<usize>> {
        let decayed = self.entries.iter().filter(|entry| entry.decay == Decay::Yes);
        decayed.map(|entry| entry.region.range()).collect()
    }
}
