//! The landmark count (Richter and Westphal, JAIR 39, 2010): landmarks still to be reached, and those lost that are
//! needed again, each at the cost of its cheapest achiever. Path dependent and inadmissible; it prunes nothing.

use std::sync::Arc;

use isogrid_num::bits::{ones, tail_mask};

use crate::heuristic::{Declared, Heuristic, Node, Properties};
use crate::landmarks::{LandmarkId, Landmarks};
use crate::task::{FactId, OperatorId, Task};

/// Which orders decide whether a landmark counts as reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Orders {
    /// Those that hold in every plan.
    Natural,
    /// Also those that avoid undoing work.
    Reasonable,
}

/// What the landmark count is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountOptions {
    pub(crate) orders: Orders,
    /// Whether operators that reach a landmark are preferred.
    pub(crate) prefers: bool,
}

pub(crate) struct LandmarkCount<'a> {
    task: &'a Task,
    landmarks: Arc<Landmarks>,
    n_words: usize,
    /// `before` of every landmark, flat.
    before: Vec<u64>,
    /// What each landmark counts.
    costs: Vec<u32>,
    prefers: bool,
    /// Landmarks reached on the way to each state, by state, flat.
    reached: Vec<u64>,
    /// The same of the parent, and for the state at hand.
    inherited: Vec<u64>,
    now: Vec<u64>,
    is_true: Vec<u64>,
    preferred: Vec<OperatorId>,
    applicable: Vec<OperatorId>,
}

impl<'a> LandmarkCount<'a> {
    /// `costs` are of the operators.
    pub(crate) fn new(
        task: &'a Task,
        landmarks: Arc<Landmarks>,
        costs: &[u32],
        options: CountOptions,
    ) -> LandmarkCount<'a> {
        let before = match options.orders {
            Orders::Natural => &landmarks.naturally_before,
            Orders::Reasonable => &landmarks.before,
        };
        let n_words = landmarks.len().div_ceil(64);
        LandmarkCount {
            task,
            n_words,
            before: before.iter().flat_map(|set| set.words().to_vec()).collect(),
            costs: landmarks.costs(costs),
            landmarks,
            prefers: options.prefers,
            reached: Vec::new(),
            inherited: vec![0; n_words],
            now: vec![0; n_words],
            is_true: vec![0; n_words],
            preferred: Vec::new(),
            applicable: Vec::new(),
        }
    }

    fn mark_true(&mut self, words: &[u64]) {
        self.is_true.fill(0);
        for variable in 0..self.task.n_variables() {
            let fact = self.task.first_fact[variable] + self.task.packing.get(words, variable);
            if let Some(landmark) = self.landmarks.of_fact[fact as usize] {
                self.is_true[landmark as usize / 64] |= 1 << (landmark % 64);
            }
        }
    }

    /// Reached at `node`: what its parent had reached, and what is true now and not out of order.
    fn progress(&mut self, node: Node<'_>) {
        // At the start nothing was reached before.
        match node.parent {
            Some(parent) => {
                let start = parent as usize * self.n_words;
                self.inherited.copy_from_slice(&self.reached[start..start + self.n_words]);
            }
            None => self.inherited.fill(0),
        }
        self.now.copy_from_slice(&self.inherited);
        for word in 0..self.n_words {
            for bit in ones(&[self.is_true[word] & !self.inherited[word]]) {
                if contains(&self.inherited, self.before(word * 64 + bit)) {
                    self.now[word] |= 1 << bit;
                }
            }
        }
        let start = node.id as usize * self.n_words;
        if self.reached.len() < start + self.n_words {
            self.reached.resize(start + self.n_words, 0);
        }
        self.reached[start..start + self.n_words].copy_from_slice(&self.now);
    }

    fn before(&self, landmark: LandmarkId) -> &[u64] {
        &self.before[landmark * self.n_words..(landmark + 1) * self.n_words]
    }

    fn count(&self) -> u32 {
        let mut count = 0u32;
        for word in 0..self.n_words {
            let is_last = word + 1 == self.n_words;
            let all = if is_last { tail_mask(self.landmarks.len()) } else { u64::MAX };
            for bit in ones(&[all & !(self.now[word] & self.is_true[word])]) {
                let landmark = word * 64 + bit;
                if !self.has(landmark) || self.is_needed_again(landmark) {
                    count = count.saturating_add(self.costs[landmark]);
                }
            }
        }
        count
    }

    /// Whether a landmark that was lost must be true once more.
    fn is_needed_again(&self, landmark: LandmarkId) -> bool {
        self.landmarks.is_goal[landmark]
            || self.landmarks.needed_by[landmark].iter().any(|&later| !self.has(later))
    }

    fn has(&self, landmark: LandmarkId) -> bool {
        self.now[landmark / 64] >> (landmark % 64) & 1 != 0
    }

    fn prefer(&mut self, words: &[u64]) {
        self.preferred.clear();
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, words, &mut applicable);
        for &operator in &applicable {
            let plain = self.task.operators.eff(operator);
            let conditional = self.task.dynamics.when_of(operator).iter().flat_map(|when| &when.eff);
            if plain.iter().chain(conditional).any(|&effect| self.is_next(self.task.fact(effect))) {
                self.preferred.push(operator);
            }
        }
        self.applicable = applicable;
    }

    /// Whether a fact is a landmark that is not reached, but everything before it is.
    fn is_next(&self, fact: FactId) -> bool {
        self.landmarks.of_fact[fact as usize].is_some_and(|landmark| {
            let landmark = landmark as usize;
            !self.has(landmark) && contains(&self.now, self.before(landmark))
        })
    }
}

impl Declared for LandmarkCount<'_> {
    const NAME: &'static str = "landmark count";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Heuristic for LandmarkCount<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.mark_true(node.words);
        self.progress(node);
        if self.prefers {
            self.prefer(node.words);
        }
        Some(self.count())
    }

    fn ticks(&self) -> u64 {
        1 + (self.landmarks.len() as u64 + self.task.n_variables() as u64) / 16
    }

    fn preferred(&self) -> &[OperatorId] {
        &self.preferred
    }
}

fn contains(set: &[u64], part: &[u64]) -> bool {
    part.iter().zip(set).all(|(part, set)| part & !set == 0)
}
