//! The states a search has seen: packed words in one array, a hash table of indices, and how each was reached.

use hashbrown::HashTable;
use isogrid_num::hash::hash_words;

use crate::packing::State;
use crate::task::{OperatorId, Task, apply};

/// Index of a registered state.
pub(crate) type StateId = u32;

/// No operator: the start.
pub(crate) const START: u32 = u32::MAX;

const CLOSED: u32 = 1 << 31;

/// Registered states. Memory: 8 bytes a word, 12 for the way back, about 6 for the table.
pub(crate) struct Space {
    n_words: usize,
    words: Vec<u64>,
    table: HashTable<StateId>,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Node {
    parent: StateId,
    operator: OperatorId,
    /// Cost from the start; the top bit marks an expanded state.
    cost: u32,
}

impl Space {
    pub(crate) fn new(n_words: usize) -> Space {
        Space { n_words, words: Vec::new(), table: HashTable::new(), nodes: Vec::new() }
    }

    /// Forgets all states and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.table.clear();
        self.nodes.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    #[inline]
    pub(crate) fn words(&self, id: StateId) -> &[u64] {
        let start = id as usize * self.n_words;
        &self.words[start..start + self.n_words]
    }

    pub(crate) fn state(&self, id: StateId) -> State {
        State::from_words(self.words(id))
    }

    /// Registers a state; the flag says whether it is new. A new state has no way back yet.
    #[inline]
    pub(crate) fn insert(&mut self, state: &[u64]) -> (StateId, bool) {
        let n_words = self.n_words;
        let hash = hash_words(state);
        let words = &self.words;
        let equal = |&id: &StateId| &words[id as usize * n_words..(id as usize + 1) * n_words] == state;
        if let Some(&id) = self.table.find(hash, equal) {
            return (id, false);
        }
        let id = self.nodes.len() as StateId;
        self.words.extend_from_slice(state);
        self.nodes.push(Node { parent: START, operator: START, cost: 0 });
        let words = &self.words;
        let rehash = |&id: &StateId| hash_words(&words[id as usize * n_words..(id as usize + 1) * n_words]);
        self.table.insert_unique(hash, id, rehash);
        (id, true)
    }

    /// Sets the way to a state and marks it open. Costs stay below 2^31.
    #[inline]
    pub(crate) fn reach(&mut self, id: StateId, parent: StateId, operator: OperatorId, cost: u32) {
        self.nodes[id as usize] = Node { parent, operator, cost: cost & !CLOSED };
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

    /// Operators from the start to `id`.
    pub(crate) fn path(&self, mut id: StateId) -> Vec<OperatorId> {
        let mut operators = Vec::new();
        loop {
            let node = self.nodes[id as usize];
            if node.operator == START {
                operators.reverse();
                return operators;
            }
            operators.push(node.operator);
            id = node.parent;
        }
    }

    /// Writes the successor of `id` into `next`.
    #[inline]
    pub(crate) fn successor(&self, task: &Task, id: StateId, operator: OperatorId, next: &mut [u64]) {
        next.copy_from_slice(self.words(id));
        apply(task.operators.changes(operator), next);
    }
}
