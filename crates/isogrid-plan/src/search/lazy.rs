//! Lazy best-first search with preferred operators, greedy or weighted (after Richter and Westphal, JAIR 39, 2010).
//!
//! Open lists by heuristic and preference take turns; a state is evaluated when it is taken out. All successors of a
//! state have the same key, so that lists hold the state alone, and how many of them were taken: a state may have
//! hundreds. Successors are shuffled by a seed: in their own order, ties send whole searches down one corridor. A search
//! may be stopped by its context and continued later.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};
use isogrid_num::rng::splitmix64;

use crate::heuristic::Node;
use crate::search::alternation::Alternation;
use crate::search::astar::MAX_COST;
use crate::search::guides::Guides;
use crate::search::space::{START, Space, StateId};
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task};

/// How open lists order states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By estimate alone.
    Greedy,
    /// By cost so far plus this times the estimate.
    Weighted(u32),
}

/// An entry of an open list.
#[derive(Clone, Copy)]
struct Entry {
    parent: StateId,
    /// The operator, in lists of what is preferred; in the others, how many successors were taken.
    next: u32,
}

/// The successors of the state that a list gives at present.
#[derive(Clone, Default)]
struct Batch {
    parent: Option<StateId>,
    operators: Vec<OperatorId>,
}

/// One lazy search.
pub(crate) struct Lazy<'a> {
    task: &'a Task,
    query: &'a Query,
    guides: Guides<'a>,
    order: Order,
    space: Space,
    open: Alternation<Entry>,
    /// By list.
    batches: Vec<Batch>,
    statistics: Statistics,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
    start: Option<StateId>,
    seed: u64,
}

impl<'a> Lazy<'a> {
    pub(crate) fn new(task: &'a Task, query: &'a Query, guides: Guides<'a>, order: Order) -> Lazy<'a> {
        let mut space = Space::new(task.n_words());
        let (start, _) = space.insert(query.init.words());
        space.reach(start, START, 0);
        let open = Alternation::new(guides.len());
        Lazy {
            task,
            query,
            batches: vec![Batch::default(); open.len()],
            open,
            guides,
            order,
            space,
            statistics: Statistics::default(),
            applicable: Vec::new(),
            next: vec![0; task.n_words()],
            start: Some(start),
            seed: 0,
        }
    }

    /// Shuffles successors by another seed.
    pub(crate) fn with_seed(mut self, seed: u64) -> Lazy<'a> {
        self.seed = seed;
        self
    }

    /// Evaluates and expands one state; a goal ends the search.
    fn visit(&mut self, ctx: &Ctx, id: StateId) -> ControlFlow<Stop, Option<Found>> {
        self.statistics.states = self.space.len() as u64;
        if self.task.holds(&self.query.goal, self.space.words(id)) {
            return ControlFlow::Continue(Some(Found::Plan(self.space.path(self.task, id))));
        }
        self.statistics.evaluated += 1;
        let node = Node { id, parent: self.space.parent(id), words: self.space.words(id) };
        let is_hopeful = self.guides.evaluate(node);
        let mut ticks = 1 + self.guides.ticks();
        if is_hopeful {
            self.expand(id);
            ticks += self.applicable.len() as u64;
        } else {
            self.statistics.dead_ends += 1;
        }
        ctx.tick(ticks)?;
        ControlFlow::Continue(None)
    }

    fn expand(&mut self, id: StateId) {
        self.statistics.expanded += 1;
        self.space.close(id);
        self.applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut self.applicable);
        self.statistics.generated += self.applicable.len() as u64;
        shuffle(&mut self.applicable, self.seed, id);
        self.guides.mark_preferred();
        let (order, cost, guides) = (self.order, u64::from(self.space.cost(id)), &self.guides);
        let key = |heuristic: usize| {
            let estimate = u64::from(guides.estimates()[heuristic]);
            match order {
                Order::Greedy => estimate,
                Order::Weighted(weight) => cost + u64::from(weight) * estimate,
            }
        };
        self.open.reward_progress(guides.estimates());
        if !self.applicable.is_empty() {
            self.open.push(Entry { parent: id, next: 0 }, key);
        }
        for &operator in self.applicable.iter().filter(|&&operator| guides.is_preferred(operator)) {
            self.open.push_preferred(Entry { parent: id, next: operator }, key);
        }
    }

    /// The next state to be made: its parent and the operator.
    fn take(&mut self) -> Option<(StateId, OperatorId)> {
        let (at, queue) = self.open.turn()?;
        if queue.only_preferred {
            return queue.open.pop().map(|(_, entry)| (entry.parent, entry.next));
        }
        let (entry, batch) = (queue.open.first_mut()?, &mut self.batches[at]);
        let parent = entry.parent;
        if batch.parent != Some(parent) {
            batch.parent = Some(parent);
            batch.operators.clear();
            self.task.successors.applicable(
                &self.task.packing,
                self.space.words(parent),
                &mut batch.operators,
            );
            shuffle(&mut batch.operators, self.seed, parent);
        }
        let operator = batch.operators[entry.next as usize];
        entry.next += 1;
        if entry.next as usize == batch.operators.len() {
            queue.open.pop();
        }
        Some((parent, operator))
    }
}

impl Explorer for Lazy<'_> {
    fn run(&mut self, ctx: &Ctx, bound: u64) -> ControlFlow<Stop, Found> {
        if let Some(start) = self.start.take()
            && let Some(found) = self.visit(ctx, start)?
        {
            return ControlFlow::Continue(found);
        }
        let mut pruned = false;
        while let Some((parent, operator)) = self.take() {
            if self.space.is_full() {
                return ControlFlow::Break(Stop::Budget(Limit::Memory));
            }
            let step = self.task.operators.cost[operator as usize];
            let cost = self.space.cost(parent).saturating_add(step).min(MAX_COST);
            if u64::from(cost) >= bound {
                pruned = true;
                continue;
            }
            let mut next = std::mem::take(&mut self.next);
            self.space.successor(self.task, parent, operator, &mut next);
            let (id, is_new) = self.space.insert(&next);
            self.next = next;
            let cheaper = self.order != Order::Greedy && cost < self.space.cost(id);
            if is_new || cheaper {
                self.statistics.reopened += u64::from(!is_new);
                self.space.reach(id, parent, cost);
                if let Some(found) = self.visit(ctx, id)? {
                    return ControlFlow::Continue(found);
                }
            } else {
                ctx.tick(1)?;
            }
        }
        ControlFlow::Continue(if pruned { Found::NoneBelowBound } else { Found::Exhausted })
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}

/// An order that depends on the seed and the state alone.
fn shuffle(operators: &mut [OperatorId], seed: u64, id: StateId) {
    for last in (1..operators.len()).rev() {
        let draw = splitmix64(seed ^ u64::from(id).rotate_left(32), last as u64);
        let other = ((u128::from(draw) * (last as u128 + 1)) >> 64) as usize;
        operators.swap(last, other);
    }
}
