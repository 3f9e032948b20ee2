//! The neighborhood of a plan (Nakhost and Mueller, "Action elimination and plan neighborhood graph search", ICAPS
//! 2010): states around its own are expanded, and the cheapest way through all that were is a plan at most as dear.
//!
//! Forward layers alone; transitions are generated a second time instead of being kept.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::search::astar::MAX_COST;
use crate::search::open_list::OpenList;
use crate::search::space::{START, Space, StateId};
use crate::search::{Query, Statistics};
use crate::task::{OperatorId, Task};

/// Ticks of a successor: it is made, looked up, and likely kept, which takes about three steps of an estimate.
const TICKS: u64 = 3;

/// What a neighborhood held.
pub(crate) struct Shortcut {
    /// The cheapest plan through it.
    pub(crate) plan: Vec<OperatorId>,
    /// Whether all states that can be reached were in it: then no plan is cheaper.
    pub(crate) is_everything: bool,
}

/// The cheapest plan among `max_states` states around the given one; `None` where costs are too large to be told apart.
/// One successor is [`TICKS`].
pub(crate) fn shortcut(
    ctx: &Ctx,
    (task, query): (&Task, &Query),
    plan: &[OperatorId],
    max_states: usize,
    statistics: &mut Statistics,
) -> ControlFlow<Stop, Option<Shortcut>> {
    let mut around = Around::new(task, query, plan);
    around.grow(ctx, max_states)?;
    let end = around.cheapest(ctx)?;
    statistics.expanded += around.statistics.expanded;
    statistics.generated += around.statistics.generated;
    statistics.states = statistics.states.max(around.space.len() as u64);
    let is_everything = around.n_inner as usize == around.space.len();
    ControlFlow::Continue(end.map(|end| Shortcut { plan: around.space.path(task, end), is_everything }))
}

struct Around<'a> {
    task: &'a Task,
    query: &'a Query,
    space: Space,
    /// States with smaller numbers have all their successors in the space.
    n_inner: StateId,
    statistics: Statistics,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
}

impl<'a> Around<'a> {
    fn new(task: &'a Task, query: &'a Query, plan: &[OperatorId]) -> Around<'a> {
        let mut space = Space::new(task.n_words());
        let mut next = vec![0; task.n_words()];
        let (mut at, _) = space.insert(query.init.words());
        for &operator in plan {
            space.successor(task, at, operator, &mut next);
            (at, _) = space.insert(&next);
        }
        Around {
            task,
            query,
            space,
            n_inner: 0,
            statistics: Statistics::default(),
            applicable: Vec::new(),
            next,
        }
    }

    /// Expands states in the order of their discovery.
    fn grow(&mut self, ctx: &Ctx, max_states: usize) -> ControlFlow<Stop> {
        while (self.n_inner as usize) < self.space.len() && self.space.len() < max_states {
            let ticks = self.expand(self.n_inner, |_, _, _| ());
            self.n_inner += 1;
            ctx.tick(ticks)?;
        }
        ControlFlow::Continue(())
    }

    /// Calls `with` for each successor and its step's cost; all are in the space then.
    fn expand(&mut self, id: StateId, mut with: impl FnMut(&mut Space, StateId, u32)) -> u64 {
        self.applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut self.applicable);
        self.statistics.expanded += 1;
        self.statistics.generated += self.applicable.len() as u64;
        for &operator in &self.applicable {
            self.space.successor(self.task, id, operator, &mut self.next);
            let (successor, _) = self.space.insert(&self.next);
            with(&mut self.space, successor, self.task.operators.cost[operator as usize]);
        }
        TICKS * (1 + self.applicable.len() as u64)
    }

    /// Dijkstra's algorithm through the inner states.
    fn cheapest(&mut self, ctx: &Ctx) -> ControlFlow<Stop, Option<StateId>> {
        for id in 0..self.space.len() as StateId {
            self.space.reach(id, START, MAX_COST);
        }
        self.space.reach(0, START, 0);
        let mut open = OpenList::new();
        open.push(0, 0);
        while let Some((key, id)) = open.pop() {
            let cost = self.space.cost(id);
            if key != u64::from(cost) || !self.space.close(id) {
                continue;
            }
            if self.task.holds(&self.query.goal, self.space.words(id)) {
                return ControlFlow::Continue(Some(id));
            }
            if id >= self.n_inner {
                continue;
            }
            let ticks = self.expand(id, |space, successor, step| {
                let reached = cost.saturating_add(step).min(MAX_COST);
                if reached < space.cost(successor) {
                    space.reach(successor, id, reached);
                    open.push(u64::from(reached), successor);
                }
            });
            ctx.tick(ticks)?;
        }
        ControlFlow::Continue(None)
    }
}
