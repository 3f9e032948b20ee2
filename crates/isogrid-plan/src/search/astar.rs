//! A* with reopening: optimal for admissible heuristics.
//!
//! Ties on the sum of cost and estimate go to the newest state. A search may be stopped by its context and
//! continued later; it owns all its memory.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::ground::VarVal;
use crate::heuristic::Heuristic;
use crate::packing::State;
use crate::search::open_list::{OpenList, Ties};
use crate::search::space::{START, Space, StateId};
use crate::search::{Found, Statistics};
use crate::task::{OperatorId, Task};

/// Costs are kept below this; longer paths saturate and lose their claim to optimality.
pub(crate) const MAX_COST: u32 = (1 << 31) - 1;

/// One A* search.
pub(crate) struct AStar<'a, H> {
    task: &'a Task,
    goal: &'a [VarVal],
    heuristic: H,
    space: Space,
    estimates: Vec<u32>,
    open: OpenList<StateId>,
    pub(crate) statistics: Statistics,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
}

const DEAD: u32 = u32::MAX;

impl<'a, H: Heuristic> AStar<'a, H> {
    pub(crate) fn new(task: &'a Task, goal: &'a [VarVal], heuristic: H, init: &State) -> AStar<'a, H> {
        let mut search = AStar {
            task,
            goal,
            heuristic,
            space: Space::new(task.packing.n_words()),
            estimates: Vec::new(),
            open: OpenList::new(Ties::Lifo),
            statistics: Statistics::default(),
            applicable: Vec::new(),
            next: vec![0; task.packing.n_words()],
        };
        let (start, _) = search.space.insert(init.words());
        search.space.reach(start, START, START, 0);
        search.evaluate(start);
        search.enqueue(start);
        search
    }

    /// Searches until the goal, exhaustion, or the context's stop. Plans that cost `bound` or more are not looked for.
    pub(crate) fn run(&mut self, ctx: &Ctx, bound: u32) -> ControlFlow<Stop, Found> {
        while let Some((key, id)) = self.open.pop() {
            let cost = self.space.cost(id);
            let stale = key != priority(cost, self.estimates[id as usize]);
            if stale || self.space.is_closed(id) {
                continue;
            }
            if cost.saturating_add(self.estimates[id as usize]) >= bound {
                return ControlFlow::Continue(Found::NoneBelowBound);
            }
            self.space.close(id);
            self.statistics.expanded += 1;
            if self.task.holds(self.goal, self.space.words(id)) {
                return ControlFlow::Continue(Found::Plan(self.space.path(id)));
            }
            let ticks = self.expand(id, cost);
            // The state stays expanded: a search that is continued goes on behind it.
            ctx.tick(ticks)?;
        }
        ControlFlow::Continue(Found::Exhausted)
    }

    fn expand(&mut self, id: StateId, cost: u32) -> u64 {
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut applicable);
        let mut next = std::mem::take(&mut self.next);
        self.statistics.generated += applicable.len() as u64;
        let mut ticks = 1 + applicable.len() as u64;
        for &operator in &applicable {
            self.space.successor(self.task, id, operator, &mut next);
            let reached = cost.saturating_add(self.task.operators.cost[operator as usize]).min(MAX_COST);
            let (successor, is_new) = self.space.insert(&next);
            if !is_new && reached >= self.space.cost(successor) {
                continue;
            }
            self.statistics.reopened += u64::from(!is_new && self.space.is_closed(successor));
            self.space.reach(successor, id, operator, reached);
            if is_new {
                ticks += self.evaluate(successor);
            }
            self.enqueue(successor);
        }
        self.applicable = applicable;
        self.next = next;
        ticks
    }

    fn evaluate(&mut self, id: StateId) -> u64 {
        let estimate = self.heuristic.evaluate(self.space.words(id)).unwrap_or(DEAD);
        self.statistics.evaluated += 1;
        self.statistics.dead_ends += u64::from(estimate == DEAD);
        self.estimates.push(estimate);
        self.statistics.states = self.space.len() as u64;
        self.heuristic.ticks()
    }

    fn enqueue(&mut self, id: StateId) {
        let estimate = self.estimates[id as usize];
        if estimate != DEAD {
            self.open.push(priority(self.space.cost(id), estimate), id);
        }
    }
}

fn priority(cost: u32, estimate: u32) -> u64 {
    u64::from(cost) + u64::from(estimate)
}
