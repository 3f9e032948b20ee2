//! A* with reopening, optimal for admissible heuristics, and weighted A*.
//!
//! Ties on the sum of cost and estimate go to the smaller estimate, then to the newest state. A search may be stopped by its context and
//! continued later; it owns all its memory.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::heuristic::{Declared, Heuristic, Node};
use crate::search::frontier::Frontier;
use crate::search::space::{START, Space, StateId};
use crate::search::stubborn::StubbornSets;
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task};

/// Costs are kept below this; longer paths saturate and lose their claim to optimality.
pub(crate) const MAX_COST: u32 = (1 << 31) - 1;

/// One A* search.
pub(crate) struct AStar<'a, H> {
    task: &'a Task,
    query: &'a Query,
    heuristic: H,
    weight: u64,
    space: Space,
    estimates: Vec<u32>,
    open: Frontier,
    /// The largest key so far of an expanded state.
    layer: u64,
    /// Ticks of the start's evaluation, until a run has counted them.
    owed: u64,
    /// Whether states were left out because of a bound.
    has_pruned: bool,
    reduction: Option<StubbornSets<'a>>,
    statistics: Statistics,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
}

const DEAD: u32 = u32::MAX;

impl<'a, H: Heuristic + Declared> AStar<'a, H> {
    pub(crate) fn new(task: &'a Task, query: &'a Query, heuristic: H) -> AStar<'a, H> {
        const { assert!(H::PROPERTIES.admissible, "plans of A* are called optimal") };
        let mut search = AStar {
            task,
            query,
            heuristic,
            weight: 1,
            space: Space::new(task.n_words()),
            estimates: Vec::new(),
            open: Frontier::default(),
            layer: 0,
            owed: 0,
            has_pruned: false,
            reduction: None,
            statistics: Statistics::default(),
            applicable: Vec::new(),
            next: vec![0; task.n_words()],
        };
        let (start, _) = search.space.insert(query.init.words());
        search.space.reach(start, START, 0);
        search.owed = search.evaluate(start);
        let estimate = search.estimate(start);
        search.enqueue(start, 0, estimate);
        search
    }

    /// Multiplies estimates: plans may cost up to `weight` times the least.
    pub(crate) fn with_weight(mut self, weight: u32) -> AStar<'a, H> {
        self.weight = u64::from(weight.max(1));
        let start = self.open.pop();
        if let Some((_, id)) = start {
            let estimate = self.estimate(id);
            self.enqueue(id, 0, estimate);
        }
        self
    }

    /// Leaves out operators whose turn may come later. Plans found cost the same.
    pub(crate) fn with_reduction(mut self, reduction: Option<StubbornSets<'a>>) -> AStar<'a, H> {
        self.reduction = reduction;
        self
    }

    /// Its ticks. Who asks for an end is heard between estimates, which may take long.
    fn expand(&mut self, ctx: &Ctx, id: StateId, bound: u64) -> ControlFlow<Stop, u64> {
        let cost = self.space.cost(id);
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut applicable);
        let mut next = std::mem::take(&mut self.next);
        let mut ticks = 1 + self.prune(id, &mut applicable);
        self.statistics.generated += applicable.len() as u64;
        ticks += applicable.len() as u64;
        for &operator in &applicable {
            self.space.successor(self.task, id, operator, &mut next);
            let reached = cost.saturating_add(self.task.operators.cost[operator as usize]).min(MAX_COST);
            if u64::from(reached) >= bound {
                self.has_pruned = true;
                continue;
            }
            let (successor, is_new) = self.space.insert(&next);
            if !is_new && reached >= self.space.cost(successor) {
                continue;
            }
            self.statistics.reopened += u64::from(!is_new && self.space.is_closed(successor));
            self.space.reach(successor, id, reached);
            if is_new {
                ticks += self.evaluate(successor);
                if !self.heuristic.is_free() {
                    ctx.tick(0)?;
                }
            }
            let estimate = self.estimate(successor);
            self.enqueue(successor, reached, estimate);
        }
        self.applicable = applicable;
        self.next = next;
        ControlFlow::Continue(ticks)
    }

    /// Leaves out what the reduction allows; its ticks.
    fn prune(&mut self, id: StateId, applicable: &mut Vec<OperatorId>) -> u64 {
        let Some(reduction) = &mut self.reduction else { return 0 };
        let before = applicable.len();
        let ticks = reduction.reduce(self.space.words(id), applicable);
        self.statistics.pruned += (before - applicable.len()) as u64;
        if reduction.is_idle() {
            self.reduction = None;
        }
        ticks
    }

    fn evaluate(&mut self, id: StateId) -> u64 {
        self.statistics.evaluated += 1;
        self.statistics.states = self.space.len() as u64;
        if self.heuristic.is_free() {
            return 0;
        }
        let node = Node { id, parent: None, words: self.space.words(id) };
        let estimate = self.heuristic.evaluate(node).unwrap_or(DEAD);
        self.statistics.dead_ends += u64::from(estimate == DEAD);
        self.estimates.push(estimate);
        self.heuristic.ticks()
    }

    #[inline]
    fn estimate(&mut self, id: StateId) -> u32 {
        if self.heuristic.is_free() {
            let node = Node { id, parent: None, words: self.space.words(id) };
            return self.heuristic.evaluate(node).unwrap_or(DEAD);
        }
        self.estimates[id as usize]
    }

    #[inline]
    fn enqueue(&mut self, id: StateId, cost: u32, estimate: u32) {
        if estimate != DEAD {
            self.open.push(self.priority(cost, estimate), estimate, id);
        }
    }

    #[inline]
    fn priority(&self, cost: u32, estimate: u32) -> u64 {
        u64::from(cost) + self.weight * u64::from(estimate)
    }
}

impl<H: Heuristic + Declared> Explorer for AStar<'_, H> {
    fn run(&mut self, ctx: &Ctx, bound: u64) -> ControlFlow<Stop, Found> {
        ctx.tick(std::mem::take(&mut self.owed))?;
        while let Some((key, id)) = self.open.pop() {
            if self.space.is_full() {
                return ControlFlow::Break(Stop::Budget(Limit::Memory));
            }
            let cost = self.space.cost(id);
            let estimate = self.estimate(id);
            if key != self.priority(cost, estimate) || self.space.is_closed(id) {
                continue;
            }
            if u64::from(cost) + u64::from(estimate) >= bound {
                if self.weight == 1 {
                    return ControlFlow::Continue(Found::NoneBelowBound);
                }
                self.has_pruned = true;
                continue;
            }
            if key > self.layer {
                self.layer = key;
                self.statistics.before_last_layer = self.statistics.expanded;
            }
            self.space.close(id);
            self.statistics.expanded += 1;
            if self.task.holds(&self.query.goal, self.space.words(id)) {
                return ControlFlow::Continue(Found::Plan(self.space.path(self.task, id)));
            }
            let ticks = self.expand(ctx, id, bound)?;
            // The state stays expanded: a search that is continued goes on behind it.
            ctx.tick(ticks)?;
        }
        ControlFlow::Continue(if self.has_pruned { Found::NoneBelowBound } else { Found::Exhausted })
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}
