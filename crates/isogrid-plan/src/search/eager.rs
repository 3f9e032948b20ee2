//! Eager greedy best-first search with preferred operators: states are evaluated when they are generated, and those
//! that a preferred operator leads to are queued once more, in lists with turns of their own.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::heuristic::Node;
use crate::search::alternation::Alternation;
use crate::search::astar::MAX_COST;
use crate::search::guides::Guides;
use crate::search::space::{START, Space, StateId};
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task};

/// One search.
pub(crate) struct Eager<'a> {
    task: &'a Task,
    query: &'a Query,
    guides: Guides<'a>,
    space: Space,
    open: Alternation<StateId>,
    start: Option<StateId>,
    statistics: Statistics,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
}

impl<'a> Eager<'a> {
    pub(crate) fn new(task: &'a Task, query: &'a Query, guides: Guides<'a>) -> Eager<'a> {
        let mut space = Space::new(task.n_words());
        let (start, _) = space.insert(query.init.words());
        space.reach(start, START, 0);
        Eager {
            task,
            query,
            open: Alternation::new(guides.len()),
            guides,
            space,
            start: Some(start),
            statistics: Statistics::default(),
            applicable: Vec::new(),
            next: vec![0; task.n_words()],
        }
    }

    /// Evaluates and queues a new state; a goal is a plan.
    fn visit(&mut self, id: StateId, is_preferred: bool) -> Option<Found> {
        if self.task.holds(&self.query.goal, self.space.words(id)) {
            return Some(Found::Plan(self.space.path(self.task, id)));
        }
        self.statistics.evaluated += 1;
        let node = Node { id, parent: self.space.parent(id), words: self.space.words(id) };
        if !self.guides.evaluate(node) {
            self.statistics.dead_ends += 1;
            return None;
        }
        let estimates = self.guides.estimates();
        self.open.reward_progress(estimates);
        let key = |heuristic: usize| u64::from(estimates[heuristic]);
        self.open.push(id, key);
        if is_preferred {
            self.open.push_preferred(id, key);
        }
        None
    }

    /// The next state that is still open.
    fn take(&mut self) -> Option<StateId> {
        std::iter::from_fn(|| self.open.take()).find(|&id| !self.space.is_closed(id))
    }

    /// Generates and visits the successors; returns the work. Who asks for an end is heard between estimates.
    fn expand(&mut self, ctx: &Ctx, id: StateId) -> ControlFlow<Stop, (u64, Option<Found>)> {
        self.statistics.expanded += 1;
        self.space.close(id);
        // Evaluated once more for its preferred operators: cheaper than to keep them for every state.
        let node = Node { id, parent: self.space.parent(id), words: self.space.words(id) };
        let is_hopeful = self.guides.evaluate(node);
        debug_assert!(is_hopeful, "hopeless states are not queued");
        self.guides.mark_preferred();
        let mut ticks = 1 + self.guides.ticks();
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut applicable);
        self.statistics.generated += applicable.len() as u64;
        let mut found = None;
        for &operator in &applicable {
            let mut next = std::mem::take(&mut self.next);
            self.space.successor(self.task, id, operator, &mut next);
            let (successor, is_new) = self.space.insert(&next);
            self.next = next;
            ticks += 1;
            if is_new {
                let cost = self.space.cost(id).saturating_add(self.task.cost(operator)).min(MAX_COST);
                self.space.reach(successor, id, cost);
                found = self.visit(successor, self.guides.is_preferred(operator));
                ticks += self.guides.ticks();
                if found.is_some() {
                    break;
                }
                ctx.tick(0)?;
            }
        }
        self.applicable = applicable;
        self.statistics.states = self.space.len() as u64;
        ControlFlow::Continue((ticks, found))
    }
}

impl Explorer for Eager<'_> {
    fn run(&mut self, ctx: &Ctx, _bound: u64) -> ControlFlow<Stop, Found> {
        if let Some(start) = self.start.take()
            && let Some(found) = self.visit(start, false)
        {
            return ControlFlow::Continue(found);
        }
        while let Some(id) = self.take() {
            if self.space.is_full() {
                return ControlFlow::Break(Stop::Budget(Limit::Memory));
            }
            let (ticks, found) = self.expand(ctx, id)?;
            if let Some(found) = found {
                return ControlFlow::Continue(found);
            }
            ctx.tick(ticks)?;
        }
        ControlFlow::Continue(Found::Exhausted)
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}
