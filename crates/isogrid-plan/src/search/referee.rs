//! Single searches under a tick limit, for comparing them on one query.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::heuristic::{Blind, Costs, FastForward, Heuristic, Node, Relaxation};
use crate::packing::State;
use crate::search::astar::AStar;
use crate::search::guides::Guides;
use crate::search::lazy::{Lazy, Order};
use crate::search::{Explorer, Found, Query};
use crate::structure::is_over;
use crate::task::{OperatorId, Task};

/// One search's result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    pub(crate) solved: bool,
    /// Ticks used; the limit where it was reached.
    pub(crate) ticks: u64,
}

/// Relaxed plans of one query.
pub(crate) struct Referee<'a> {
    task: &'a Task,
    heuristic: FastForward<'a>,
}

impl<'a> Referee<'a> {
    pub(crate) fn new(task: &'a Task, query: &Query) -> Referee<'a> {
        Referee { task, heuristic: FastForward::new(task, Relaxation::new(task, &query.goal, Costs::Unit)) }
    }

    /// Operators that the relaxed plan from `state` prefers, and the number of applicable ones.
    pub(crate) fn preferred(&mut self, state: &State) -> (Vec<OperatorId>, usize) {
        let _ = self.heuristic.evaluate(Node { id: 0, parent: None, words: state.words() });
        (self.heuristic.preferred().to_vec(), self.task.applicable(state).len())
    }

    /// Greedy search with FF.
    pub(crate) fn guided(ctx: &Ctx, task: &Task, query: &Query, ticks: u64) -> Result<Trial, Stop> {
        let relaxation = Relaxation::new(task, &query.goal, Costs::Unit);
        let guides = Guides::new(task, vec![Box::new(FastForward::new(task, relaxation))]);
        let mut search = Lazy::new(task, query, guides, Order::Greedy);
        trial(ctx, ticks, |ctx| search.run(ctx, u64::MAX)).map(|(trial, _)| trial)
    }

    /// Blind A*.
    pub(crate) fn blind(ctx: &Ctx, task: &Task, query: &Query, ticks: u64) -> Result<Trial, Stop> {
        let mut search = AStar::new(task, query, Blind::new(task, &query.goal));
        trial(ctx, ticks, |ctx| search.run(ctx, u64::MAX)).map(|(trial, _)| trial)
    }

    /// A cheapest plan by blind A*, if there is one within the ticks.
    pub(crate) fn shortest_plan(
        ctx: &Ctx,
        task: &Task,
        query: &Query,
        ticks: u64,
    ) -> Option<Vec<OperatorId>> {
        let mut search = AStar::new(task, query, Blind::new(task, &query.goal));
        match trial(ctx, ticks, |ctx| search.run(ctx, u64::MAX)) {
            Ok((_, Some(Found::Plan(plan)))) => Some(plan),
            _ => None,
        }
    }
}

fn trial(
    ctx: &Ctx,
    ticks: u64,
    search: impl FnOnce(&Ctx) -> ControlFlow<Stop, Found>,
) -> Result<(Trial, Option<Found>), Stop> {
    let child = ctx.child(ticks);
    let result = search(&child);
    ctx.absorb(&child);
    match result {
        ControlFlow::Continue(found) => {
            let solved = matches!(found, Found::Plan(_));
            Ok((Trial { solved, ticks: child.ticks().min(ticks) }, Some(found)))
        }
        ControlFlow::Break(stop) if is_over(ctx, stop) => Err(stop),
        ControlFlow::Break(_) => Ok((Trial { solved: false, ticks }, None)),
    }
}
