//! The landmark count (Richter and Westphal, JAIR 39, 2010): landmarks still to be reached, and those lost that are
//! needed again. Path dependent and inadmissible; it prunes nothing.

use std::sync::Arc;

use isogrid_num::bits::ones;

use crate::heuristic::{Heuristic, Node};
use crate::landmarks::Landmarks;
use crate::task::{FactId, OperatorId, Task};

/// Which orders decide whether a landmark counts as reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Orders {
    /// Those that hold in every plan.
    Natural,
    /// Also those that avoid undoing work.
    Reasonable,
}

pub(crate) struct LandmarkCount<'a> {
    task: &'a Task,
    landmarks: Arc<Landmarks>,
    n_words: usize,
    /// `before` of every landmark, flat.
    before: Vec<u64>,
    /// Landmarks reached on the way to each state, by state, flat.
    reached: Vec<u64>,
    is_true: Vec<u64>,
    preferred: Vec<OperatorId>,
    applicable: Vec<OperatorId>,
}

impl<'a> LandmarkCount<'a> {
    pub(crate) fn new(task: &'a Task, landmarks: Arc<Landmarks>, orders: Orders) -> LandmarkCount<'a> {
        let before = match orders {
            Orders::Natural => &landmarks.naturally_before,
            Orders::Reasonable => &landmarks.before,
        };
        let n_words = landmarks.len().div_ceil(64);
        LandmarkCount {
            task,
            n_words,
            before: before.iter().flat_map(|set| set.words().to_vec()).collect(),
            landmarks,
            reached: Vec::new(),
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

    fn all_before_in(&self, landmark: usize, reached: &[u64]) -> bool {
        let before = &self.before[landmark * self.n_words..(landmark + 1) * self.n_words];
        before.iter().zip(reached).all(|(before, reached)| before & !reached == 0)
    }

    /// Reached at `node`: what its parent had reached, and what is true now and not out of order.
    fn progress(&mut self, node: Node<'_>) -> Vec<u64> {
        let Some(parent) = node.parent else {
            // At the start nothing is out of order unless an order says so.
            let none = vec![0; self.n_words];
            return self.accepted(&none);
        };
        let start = parent as usize * self.n_words;
        let inherited = self.reached[start..start + self.n_words].to_vec();
        self.accepted(&inherited)
    }

    fn accepted(&self, inherited: &[u64]) -> Vec<u64> {
        let mut reached = inherited.to_vec();
        let fresh: Vec<u64> = self.is_true.iter().zip(inherited).map(|(now, old)| now & !old).collect();
        for landmark in ones(&fresh) {
            if self.all_before_in(landmark, inherited) {
                reached[landmark / 64] |= 1 << (landmark % 64);
            }
        }
        reached
    }

    fn count(&self, reached: &[u64]) -> u32 {
        let n_reached: u32 = reached.iter().map(|word| word.count_ones()).sum();
        let mut count = self.landmarks.len() as u32 - n_reached;
        let lost: Vec<u64> = reached.iter().zip(&self.is_true).map(|(old, now)| old & !now).collect();
        for landmark in ones(&lost) {
            let is_open = |later: &usize| reached[later / 64] >> (later % 64) & 1 == 0;
            let needed =
                self.landmarks.is_goal[landmark] || self.landmarks.needed_by[landmark].iter().any(is_open);
            count += u32::from(needed);
        }
        count
    }

    fn prefer(&mut self, words: &[u64], reached: &[u64]) {
        self.preferred.clear();
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, words, &mut applicable);
        for &operator in &applicable {
            let reaches = |fact: FactId| {
                self.landmarks.of_fact[fact as usize].is_some_and(|landmark| {
                    let landmark = landmark as usize;
                    reached[landmark / 64] >> (landmark % 64) & 1 == 0
                        && self.all_before_in(landmark, reached)
                })
            };
            let plain = self.task.operators.eff(operator);
            let conditional = self.task.dynamics.when_of(operator).iter().flat_map(|when| &when.eff);
            if plain.iter().chain(conditional).any(|&effect| reaches(self.task.fact(effect))) {
                self.preferred.push(operator);
            }
        }
        self.applicable = applicable;
    }
}

impl Heuristic for LandmarkCount<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.mark_true(node.words);
        let reached = self.progress(node);
        let start = node.id as usize * self.n_words;
        if self.reached.len() < start + self.n_words {
            self.reached.resize(start + self.n_words, 0);
        }
        self.reached[start..start + self.n_words].copy_from_slice(&reached);
        let count = self.count(&reached);
        self.prefer(node.words, &reached);
        Some(count)
    }

    fn ticks(&self) -> u64 {
        1 + (self.landmarks.len() as u64 + self.task.n_variables() as u64) / 16
    }

    fn preferred(&self) -> &[OperatorId] {
        &self.preferred
    }
}
