//! Lazy best-first search with preferred operators, greedy or weighted (after Richter and Westphal, JAIR 39, 2010).
//!
//! An open list per heuristic, and one more for the successors that some heuristic prefers; the lists take turns,
//! and the preferred ones gain turns whenever an estimate falls below all earlier ones. A state is evaluated when it
//! is taken out. Successors are shuffled by a seed: in their own order, ties send whole searches down one corridor. A
//! search may be stopped by its context and continued later.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};
use isogrid_num::rng::splitmix64;

use crate::heuristic::{Heuristic, Node};
use crate::search::astar::MAX_COST;
use crate::search::open_list::OpenList;
use crate::search::space::{START, Space, StateId};
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task};

/// Turns that the preferred lists gain on progress.
pub(crate) const BOOST: i64 = 1000;

/// How open lists order states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By estimate alone.
    Greedy,
    /// By cost so far plus this times the estimate.
    Weighted(u32),
}

struct Queue {
    open: OpenList<(StateId, OperatorId)>,
    heuristic: usize,
    only_preferred: bool,
    turns: i64,
}

/// One lazy search.
pub(crate) struct Lazy<'a> {
    task: &'a Task,
    query: &'a Query,
    heuristics: Vec<Box<dyn Heuristic + 'a>>,
    order: Order,
    space: Space,
    queues: Vec<Queue>,
    best: Vec<u32>,
    statistics: Statistics,
    applicable: Vec<OperatorId>,
    is_preferred: Vec<bool>,
    next: Vec<u64>,
    start: Option<StateId>,
    seed: u64,
}

impl<'a> Lazy<'a> {
    pub(crate) fn new(
        task: &'a Task,
        query: &'a Query,
        heuristics: Vec<Box<dyn Heuristic + 'a>>,
        order: Order,
    ) -> Lazy<'a> {
        let queue = |heuristic, only_preferred| {
            let open = OpenList::new();
            Queue { open, heuristic, only_preferred, turns: 0 }
        };
        let queues = (0..heuristics.len()).flat_map(|h| [queue(h, false), queue(h, true)]).collect();
        let mut space = Space::new(task.n_words());
        let (start, _) = space.insert(query.init.words());
        space.reach(start, START, 0);
        Lazy {
            task,
            query,
            best: vec![u32::MAX; heuristics.len()],
            heuristics,
            order,
            space,
            queues,
            statistics: Statistics::default(),
            applicable: Vec::new(),
            is_preferred: vec![false; task.n_operators()],
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
        let mut estimates = vec![0u32; self.heuristics.len()];
        let mut ticks = 1;
        let mut dead = false;
        let node = Node { id, parent: self.space.parent(id), words: self.space.words(id) };
        for (estimate, heuristic) in estimates.iter_mut().zip(&mut self.heuristics) {
            match heuristic.evaluate(node) {
                Some(value) => *estimate = value,
                None => dead = true,
            }
            ticks += heuristic.ticks();
            if dead {
                break;
            }
        }
        if dead {
            self.statistics.dead_ends += 1;
        } else {
            self.reward_progress(&estimates);
            self.expand(id, &estimates);
            ticks += self.applicable.len() as u64;
        }
        ctx.tick(ticks)?;
        ControlFlow::Continue(None)
    }

    fn reward_progress(&mut self, estimates: &[u32]) {
        for (best, &estimate) in self.best.iter_mut().zip(estimates) {
            if estimate < *best {
                *best = estimate;
                self.queues.iter_mut().filter(|q| q.only_preferred).for_each(|q| q.turns -= BOOST);
            }
        }
    }

    fn expand(&mut self, id: StateId, estimates: &[u32]) {
        self.statistics.expanded += 1;
        self.space.close(id);
        self.applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut self.applicable);
        self.statistics.generated += self.applicable.len() as u64;
        shuffle(&mut self.applicable, self.seed, id);
        for heuristic in &self.heuristics {
            heuristic.preferred().iter().for_each(|&operator| self.is_preferred[operator as usize] = true);
        }
        let cost = self.space.cost(id);
        for queue in &mut self.queues {
            let estimate = u64::from(estimates[queue.heuristic]);
            let key = match self.order {
                Order::Greedy => estimate,
                Order::Weighted(weight) => u64::from(cost) + u64::from(weight) * estimate,
            };
            for &operator in &self.applicable {
                if !queue.only_preferred || self.is_preferred[operator as usize] {
                    queue.open.push(key, (id, operator));
                }
            }
        }
        for heuristic in &self.heuristics {
            heuristic.preferred().iter().for_each(|&operator| self.is_preferred[operator as usize] = false);
        }
    }

    /// The next entry of the list whose turn it is.
    fn take(&mut self) -> Option<(StateId, OperatorId)> {
        let queue = self.queues.iter_mut().filter(|queue| !queue.open.is_empty()).min_by_key(|q| q.turns)?;
        queue.turns += 1;
        queue.open.pop().map(|(_, entry)| entry)
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
