//! The states a search has seen: packed words in one array, a hash table of indices, and how each was reached.
//!
//! Only the parent of a state is kept. The operator between them is found again when a path is asked for: four bytes
//! a state are worth more than the few microseconds.

use isogrid_num::hash::hash_words;

use crate::search::index::Index;
use crate::task::{OperatorId, Task};

/// Index of a registered state.
pub(crate) type StateId = u32;

/// The parent of the start.
pub(crate) const START: StateId = u32::MAX;

const CLOSED: u32 = 1 << 31;
/// Below the last number by more than one state has successors.
const MAX_STATES: usize = u32::MAX as usize - (1 << 26);

/// Registered states. Memory: 8 bytes a word, 8 for the way back, 5 to 8 for the index.
pub(crate) struct Space {
    n_words: usize,
    words: Vec<u64>,
    index: Index,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Node {
    parent: StateId,
    /// Cost from the start; the top bit marks an expanded state.
    cost: u32,
}

impl Space {
    pub(crate) fn new(n_words: usize) -> Space {
        Space { n_words, words: Vec::new(), index: Index::default(), nodes: Vec::new() }
    }

    /// Whether the numbers of states run out: a search must stop.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.nodes.len() >= MAX_STATES
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    #[inline]
    pub(crate) fn words(&self, id: StateId) -> &[u64] {
        let start = id as usize * self.n_words;
        &self.words[start..start + self.n_words]
    }

    /// Registers a state; the flag says whether it is new. A new state has no way back yet.
    #[inline]
    pub(crate) fn insert(&mut self, state: &[u64]) -> (StateId, bool) {
        let n_words = self.n_words;
        let hash = hash_words(state);
        let words = &self.words;
        let of = |id: StateId| &words[id as usize * n_words..(id as usize + 1) * n_words];
        if let Some(id) = self.index.find(hash, |id| of(id) == state) {
            return (id, false);
        }
        let id = self.nodes.len() as StateId;
        self.index.push(hash, |id| hash_words(of(id)));
        self.words.extend_from_slice(state);
        self.nodes.push(Node { parent: START, cost: 0 });
        (id, true)
    }

    /// Sets the way to a state and marks it open. Costs stay below 2^31.
    #[inline]
    pub(crate) fn reach(&mut self, id: StateId, parent: StateId, cost: u32) {
        self.nodes[id as usize] = Node { parent, cost: cost & !CLOSED };
    }

    /// The state it was reached from; `None` for the start.
    pub(crate) fn parent(&self, id: StateId) -> Option<StateId> {
        let parent = self.nodes[id as usize].parent;
        (parent != START).then_some(parent)
    }

    #[inline]
    pub(crate) fn cost(&self, id: StateId) -> u32 {
        self.nodes[id as usize].cost & !CLOSED
    }

    /// Marks a state expanded; false when it was already.
    #[inline]
    pub(crate) fn close(&mut self, id: StateId) -> bool {
        let cost = &mut self.nodes[id as usize].cost;
        let was_open = *cost & CLOSED == 0;
        *cost |= CLOSED;
        was_open
    }

    #[inline]
    pub(crate) fn is_closed(&self, id: StateId) -> bool {
        self.nodes[id as usize].cost & CLOSED != 0
    }

    /// Operators from the start to `id`; between two states always the cheapest.
    pub(crate) fn path(&self, task: &Task, mut id: StateId) -> Vec<OperatorId> {
        let mut path = Vec::new();
        let mut applicable = Vec::new();
        let mut next = vec![0; self.n_words];
        while let Some(parent) = self.parent(id) {
            applicable.clear();
            task.successors.applicable(&task.packing, self.words(parent), &mut applicable);
            let leads_here = |operator: &OperatorId| {
                self.successor(task, parent, *operator, &mut next);
                next == self.words(id)
            };
            let between = applicable.iter().copied().filter(leads_here);
            path.extend(between.min_by_key(|&operator| (task.cost(operator), operator)));
            id = parent;
        }
        path.reverse();
        path
    }

    /// Writes the successor of `id` into `next`.
    #[inline]
    pub(crate) fn successor(&self, task: &Task, id: StateId, operator: OperatorId, next: &mut [u64]) {
        let before = self.words(id);
        next.copy_from_slice(before);
        task.succeed(operator, before, next);
    }
}
