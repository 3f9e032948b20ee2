//! All abstractions of a query, built in rounds over its subtasks.
//!
//! First every subtask is refined under full costs. Two more rounds refine them under what saturated cost partitioning
//! leaves to them: once in the order that is best for the initial state, once in the order in which they are listed; so
//! there are abstractions that find ways around the operators that others paid for. What the limits still allow goes
//! to an abstraction of the whole task.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::ground::VarVal;
use crate::heuristic::cartesian::CartesianOptions;
use crate::heuristic::cartesian::abstraction::Abstraction;
use crate::heuristic::cartesian::lookup::Lookup;
use crate::heuristic::cartesian::orders::Orders;
use crate::heuristic::cartesian::refine::{Limits, Refinement};
use crate::heuristic::cartesian::saturation::{Saturation, finite_costs};
use crate::heuristic::cartesian::sets::Layout;
use crate::heuristic::cartesian::targets::{self, Maker, Target};
use crate::packing::State;
use crate::search::MAX_COST;
use crate::task::Task;

/// How often the subtasks are refined.
const N_ROUNDS: usize = 3;
/// Abstract states, and transitions, over all abstractions: their numbers fit 31 bits, whatever the last splits add.
const MOST: usize = 1 << 28;

/// Abstractions, and how states are found in them.
pub(super) struct Collection {
    pub(super) abstractions: Vec<Abstraction>,
    pub(super) lookup: Lookup,
    /// How many come first that were refined under full costs.
    pub(super) n_full: usize,
}

impl Collection {
    /// Builds what the options allow; a stop of the context itself is passed on.
    pub(super) fn build(
        ctx: &Ctx,
        task: &Task,
        (init, goal): (&State, &[VarVal]),
        options: &CartesianOptions,
    ) -> ControlFlow<Stop, Collection> {
        let mut targets = targets::landmarks(ctx, task, init, goal)?;
        targets.extend(targets::goals(task, init, goal));
        let sizes: Vec<u32> = (0..task.n_variables()).map(|variable| task.n_values(variable)).collect();
        let layout = Layout::new(&sizes);
        let mut builder = Builder {
            task,
            init,
            costs: finite_costs(task),
            layout: &layout,
            maker: Maker::new(task, init, goal),
            collection: Collection { abstractions: Vec::new(), lookup: Lookup::new(), n_full: 0 },
            cells: options.max_states.min(MOST),
            edges: options.max_transitions.min(MOST),
            ticks: options.refine_ticks,
            n_left: targets.len() * N_ROUNDS + 1,
        };
        builder.rounds(ctx, &targets)?;
        if !targets.is_empty() {
            builder.add(ctx, &Target::Goal(goal.to_vec()), None)?;
        }
        ControlFlow::Continue(builder.collection)
    }

    /// The most that a distance may be counted, so that sums over all abstractions fit.
    pub(super) fn distance_limit(&self) -> u32 {
        MAX_COST / (self.abstractions.len() as u32).max(1)
    }
}

/// Goes on after work with ticks of its own ended, unless something else stopped it.
pub(super) fn go_on<T>(ctx: &Ctx, child: &Ctx, flow: ControlFlow<Stop, T>) -> ControlFlow<Stop> {
    ctx.absorb(child);
    match flow {
        ControlFlow::Break(Stop::Budget(Limit::Ticks)) if ctx.remaining() > 0 => ctx.tick(0),
        ControlFlow::Break(stop) => ControlFlow::Break(stop),
        ControlFlow::Continue(_) => ControlFlow::Continue(()),
    }
}

struct Builder<'a> {
    task: &'a Task,
    init: &'a State,
    /// Full costs.
    costs: Vec<u32>,
    layout: &'a Layout,
    maker: Maker<'a>,
    collection: Collection,
    /// What is left of the limits, and the subtasks that share it.
    cells: usize,
    edges: usize,
    ticks: u64,
    n_left: usize,
}

impl Builder<'_> {
    fn rounds(&mut self, ctx: &Ctx, targets: &[Target]) -> ControlFlow<Stop> {
        let mut made = Vec::new();
        for target in targets {
            if self.add(ctx, target, None)? {
                made.push(target);
            }
        }
        self.collection.n_full = made.len();
        self.n_left = made.len() * (N_ROUNDS - 1) + 1;
        let mut orders = Orders::new(ctx, self.task, &self.collection)?;
        if let Some(order) = orders.best(ctx, self.init)? {
            self.round(ctx, &made, order.into_iter().map(|at| at as usize))?;
            self.round(ctx, &made, 0..made.len())?;
        }
        self.n_left = 1;
        ControlFlow::Continue(())
    }

    /// Refines the subtasks once more, each under the costs that those before it leave. The abstractions of the first
    /// round come first in the collection.
    fn round(
        &mut self,
        ctx: &Ctx,
        made: &[&Target],
        order: impl Iterator<Item = usize>,
    ) -> ControlFlow<Stop> {
        let mut costs = self.costs.clone();
        let mut saturation = Saturation::new(costs.len(), MAX_COST);
        let mut to_goal = Vec::new();
        for at in order {
            let is_new = if costs == self.costs {
                self.n_left -= 1;
                false
            } else {
                self.add(ctx, made[at], Some(&costs))?
            };
            let abstractions = &self.collection.abstractions;
            let newest = if is_new { abstractions.len() - 1 } else { at };
            saturation.distances(&abstractions[newest], &costs, &mut to_goal);
            saturation.take(&abstractions[newest], &to_goal, &mut costs);
            saturation.tick(ctx)?;
        }
        ControlFlow::Continue(())
    }

    /// Adds an abstraction, refined under full costs or those that are left, as far as its share of the limits allows.
    /// False where there is no such subtask.
    fn add(&mut self, ctx: &Ctx, target: &Target, left: Option<&[u32]>) -> ControlFlow<Stop, bool> {
        let n_left = self.n_left;
        self.n_left -= 1;
        let child = ctx.child(self.ticks / n_left as u64);
        let made = self.maker.make(&child, target);
        let ControlFlow::Continue(Some(subtask)) = made else {
            self.ticks = self.ticks.saturating_sub(child.ticks());
            go_on(ctx, &child, made)?;
            return ControlFlow::Continue(false);
        };
        let limits = Limits { cells: self.cells / n_left, edges: self.edges / n_left };
        let costs = left.unwrap_or(&self.costs);
        let mut refinement = Refinement::new(self.task, self.init, (self.layout, &subtask), costs);
        let flow = refinement.run(&child, limits);
        go_on(ctx, &child, flow)?;
        self.ticks = self.ticks.saturating_sub(child.ticks());
        self.cells = self.cells.saturating_sub(refinement.system.n_cells());
        self.edges = self.edges.saturating_sub(refinement.system.n_edges());
        let (abstraction, numbers) = Abstraction::new(ctx, &refinement)?;
        self.collection.lookup.push(ctx, self.task, &refinement, &numbers)?;
        self.collection.abstractions.push(abstraction);
        ControlFlow::Continue(true)
    }
}
