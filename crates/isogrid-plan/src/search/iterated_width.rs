//! IW(k) (Lipovetzky and Geffner, ECAI 2012): breadth-first search that drops every state without a tuple of at most k
//! facts never seen before.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::search::astar::MAX_COST;
use crate::search::novelty::{NOTHING_NEW, Novelty};
use crate::search::space::{START, Space, StateId};
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{FactId, OperatorId, Task};

/// One search.
pub(crate) struct IteratedWidth<'a> {
    task: &'a Task,
    query: &'a Query,
    space: Space,
    novelty: Novelty,
    /// The next state to be expanded: states are numbered in the order of their discovery.
    at: StateId,
    /// Whether a state was dropped.
    has_pruned: bool,
    statistics: Statistics,
    facts: Vec<FactId>,
    changed: Vec<FactId>,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
}

impl<'a> IteratedWidth<'a> {
    pub(crate) fn new(task: &'a Task, query: &'a Query, k: u8) -> IteratedWidth<'a> {
        let mut search = IteratedWidth {
            task,
            query,
            space: Space::new(task.n_words()),
            novelty: Novelty::new(task.n_variables(), task.n_facts(), k),
            at: 0,
            has_pruned: false,
            statistics: Statistics::default(),
            facts: Vec::new(),
            changed: Vec::new(),
            applicable: Vec::new(),
            next: vec![0; task.n_words()],
        };
        let (start, _) = search.space.insert(query.init.words());
        search.space.reach(start, START, 0);
        task.facts_of(query.init.words(), &mut search.facts);
        let _ = search.novelty.note(0, &search.facts, &search.facts);
        search
    }

    /// Whether some state that was generated has a fact.
    pub(crate) fn has_seen(&self, fact: FactId) -> bool {
        self.novelty.has_seen(0, fact)
    }

    /// States generated and kept.
    pub(crate) fn n_states(&self) -> usize {
        self.space.len()
    }

    /// Expands the next state; false when none is left.
    pub(crate) fn expand_next(&mut self, ctx: &Ctx) -> ControlFlow<Stop, bool> {
        if self.at as usize == self.space.len() {
            return ControlFlow::Continue(false);
        }
        let end = self.expand(ctx, self.at);
        self.at += 1;
        self.statistics.states = self.space.len() as u64;
        end?;
        ControlFlow::Continue(true)
    }

    /// A stop in the midst of the successors leaves the rest out.
    fn expand(&mut self, ctx: &Ctx, id: StateId) -> ControlFlow<Stop> {
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut applicable);
        self.statistics.expanded += 1;
        self.statistics.generated += applicable.len() as u64;
        let mut next = std::mem::take(&mut self.next);
        let mut end = ctx.tick(1);
        for &operator in &applicable {
            if end.is_break() {
                self.has_pruned = true;
                break;
            }
            self.space.successor(self.task, id, operator, &mut next);
            self.task.facts_of(&next, &mut self.facts);
            self.task.changed_by(operator, &self.facts, &mut self.changed);
            end = ctx.tick(1 + self.novelty.ticks(self.facts.len(), self.changed.len()));
            if self.novelty.note(0, &self.facts, &self.changed) == NOTHING_NEW {
                self.has_pruned = true;
                continue;
            }
            let (successor, is_new) = self.space.insert(&next);
            if is_new {
                let cost = self.space.cost(id).saturating_add(self.task.cost(operator)).min(MAX_COST);
                self.space.reach(successor, id, cost);
            }
        }
        self.next = next;
        self.applicable = applicable;
        end
    }
}

impl Explorer for IteratedWidth<'_> {
    fn run(&mut self, ctx: &Ctx, _bound: u64) -> ControlFlow<Stop, Found> {
        while (self.at as usize) < self.space.len() {
            if self.task.holds(&self.query.goal, self.space.words(self.at)) {
                return ControlFlow::Continue(Found::Plan(self.space.path(self.task, self.at)));
            }
            self.expand_next(ctx)?;
        }
        match (self.has_pruned, self.novelty.is_full()) {
            (false, _) => ControlFlow::Continue(Found::Exhausted),
            (true, false) => ControlFlow::Continue(Found::GaveUp),
            (true, true) => ControlFlow::Break(Stop::Budget(Limit::Memory)),
        }
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}
