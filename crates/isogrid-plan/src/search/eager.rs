//! Eager greedy best-first search with preferred operators: states are evaluated when they are generated, and those
//! that a preferred operator leads to are queued twice.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::heuristic::{Heuristic, Node};
use crate::search::astar::MAX_COST;
use crate::search::lazy::BOOST;
use crate::search::open_list::OpenList;
use crate::search::space::{START, Space, StateId};
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task};

/// One search.
pub(crate) struct Eager<'a> {
    task: &'a Task,
    query: &'a Query,
    heuristic: Box<dyn Heuristic + 'a>,
    space: Space,
    all: OpenList<StateId>,
    preferred: OpenList<StateId>,
    /// Turns of the preferred list beyond those of the other.
    credit: i64,
    best: u32,
    start: Option<StateId>,
    statistics: Statistics,
    applicable: Vec<OperatorId>,
    is_preferred: Vec<bool>,
    next: Vec<u64>,
}

impl<'a> Eager<'a> {
    pub(crate) fn new(task: &'a Task, query: &'a Query, heuristic: Box<dyn Heuristic + 'a>) -> Eager<'a> {
        let mut space = Space::new(task.n_words());
        let (start, _) = space.insert(query.init.words());
        space.reach(start, START, 0);
        Eager {
            task,
            query,
            heuristic,
            space,
            all: OpenList::new(),
            preferred: OpenList::new(),
            credit: 0,
            best: u32::MAX,
            start: Some(start),
            statistics: Statistics::default(),
            applicable: Vec::new(),
            is_preferred: vec![false; task.n_operators()],
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
        let Some(estimate) = self.heuristic.evaluate(node) else {
            self.statistics.dead_ends += 1;
            return None;
        };
        if estimate < self.best {
            self.best = estimate;
            self.credit += BOOST;
        }
        self.all.push(u64::from(estimate), id);
        if is_preferred {
            self.preferred.push(u64::from(estimate), id);
        }
        None
    }

    /// The next state of the list whose turn it is that is still open.
    fn take(&mut self) -> Option<StateId> {
        loop {
            let from_preferred = !self.preferred.is_empty() && (self.credit >= 0 || self.all.is_empty());
            let (list, turn) = if from_preferred { (&mut self.preferred, -1) } else { (&mut self.all, 1) };
            let (_, id) = list.pop()?;
            self.credit += turn;
            if !self.space.is_closed(id) {
                return Some(id);
            }
        }
    }

    /// Generates and visits the successors; returns the work. Who asks for an end is heard between estimates.
    fn expand(&mut self, ctx: &Ctx, id: StateId) -> ControlFlow<Stop, (u64, Option<Found>)> {
        self.statistics.expanded += 1;
        self.space.close(id);
        // Evaluated once more for its preferred operators: cheaper than to keep them for every state.
        let node = Node { id, parent: self.space.parent(id), words: self.space.words(id) };
        let _ = self.heuristic.evaluate(node);
        let mut ticks = 1 + self.heuristic.ticks();
        let preferred = self.heuristic.preferred().to_vec();
        preferred.iter().for_each(|&operator| self.is_preferred[operator as usize] = true);
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
                found = self.visit(successor, self.is_preferred[operator as usize]);
                ticks += self.heuristic.ticks();
                if found.is_some() {
                    break;
                }
                ctx.tick(0)?;
            }
        }
        self.applicable = applicable;
        preferred.iter().for_each(|&operator| self.is_preferred[operator as usize] = false);
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
