//! `solve`: a query, its best plan so far, and what a search's end means for it.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::ground::VarVal;
use crate::packing::State;
use crate::search::answer::{Outcome, Plan, SolveResult, Unsolvable};
use crate::search::makers::Boxed;
use crate::search::options::{Mode, Search, SolveOptions};
use crate::search::turns::{Turn, turn};
use crate::search::{Found, MAX_COST, Statistics};
use crate::task::{OperatorId, Task};

/// Solves a grounded task without a context: no cancellation, no observer. A search that does not support the task
/// ends with [`Stop::Failed`].
pub fn solve(task: &Task, options: &SolveOptions) -> SolveResult {
    solve_in(&Ctx::new(0).with_tick_limit(options.ticks), task, options)
}

/// Solves a grounded task under a context, which may end the work; the best plan so far is the answer then. The
/// context's limit takes the place of [`SolveOptions::ticks`].
pub fn solve_in(ctx: &Ctx, task: &Task, options: &SolveOptions) -> SolveResult {
    let query = Query { init: task.init().clone(), goal: task.goal.clone() };
    solve_query(ctx, task, &query, options, &mut |_, _| ControlFlow::Continue(()))
}

/// Where to start, where to go.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) init: State,
    pub(crate) goal: Vec<VarVal>,
}

/// Receives every plan that is cheaper than all before, and may say that it is enough.
pub(crate) type OnPlan<'a> = &'a mut dyn FnMut(&Plan, Expect) -> ControlFlow<()>;

/// What may follow a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Cheaper ones, after much more work.
    More,
    /// The end.
    Nothing,
}

pub(crate) fn solve_query(
    ctx: &Ctx,
    task: &Task,
    query: &Query,
    options: &SolveOptions,
    on_plan: OnPlan<'_>,
) -> SolveResult {
    if !task.unreachable_goals().is_empty() {
        let because = Unsolvable::UnreachableGoals(task.unreachable_goals().to_vec());
        return SolveResult {
            outcome: Outcome::Unsolvable(because),
            statistics: Statistics::default(),
            ticks: ctx.ticks(),
            stop: Stop::Impossible,
        };
    }
    let statistics = Statistics::default();
    let (began, polished_at) = (ctx.ticks(), ctx.ticks());
    let (best, found) = (None, u64::MAX);
    let mut run = Run { ctx, task, query, options, on_plan, best, found, statistics, began, polished_at };
    let end = match (options.search, options.mode) {
        (Search::Auto, Mode::First) => run.first(),
        (Search::Auto, Mode::Improve) => run.improve(),
        (Search::Auto, Mode::Optimal) => run.optimal(),
        (search, _) => run.named(search),
    };
    let result = run.result(end);
    ctx.note(|| format!("search: {}, {} ticks", result.statistics, result.ticks));
    result
}

/// Why the work ended for good.
pub(crate) enum End {
    /// Nothing is left to do; the best plan is optimal if the flag says so.
    Done {
        optimal: bool,
    },
    Impossible,
    Stopped(Stop),
}

pub(crate) struct Run<'a, 'p> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) task: &'a Task,
    pub(crate) query: &'a Query,
    pub(crate) options: &'a SolveOptions,
    on_plan: OnPlan<'p>,
    pub(super) best: Option<Plan>,
    /// The cost of the last plan that a search found, as it found it.
    pub(super) found: u64,
    pub(crate) statistics: Statistics,
    /// The context's ticks at first.
    pub(crate) began: u64,
    /// Its ticks when a plan was polished last.
    pub(super) polished_at: u64,
}

impl Run<'_, '_> {
    /// One search, to its end.
    pub(crate) fn alone(&mut self, mut search: Boxed<'_>, is_optimal: bool) -> End {
        let turn = turn(self.ctx, u64::MAX, |ctx| search.run(ctx, u64::MAX));
        self.statistics.add(search.statistics());
        match turn {
            Turn::Found(found) => self.settle(found, is_optimal),
            Turn::Stopped(stop) => End::Stopped(stop),
            Turn::Over => End::Stopped(Stop::Budget(isogrid_core::Limit::Ticks)),
        }
    }

    /// What was found while there was no plan.
    pub(crate) fn settle(&mut self, found: Found, is_optimal: bool) -> End {
        match found {
            Found::Plan(operators) => {
                self.found = self.task.plan_cost(&operators);
                self.statistics.found.get_or_insert(self.found);
                let expect = if self.options.mode == Mode::Improve { Expect::More } else { Expect::Nothing };
                let stop = self.accept(operators, expect);
                let optimal = is_optimal && self.is_exact();
                if stop.is_break() && !optimal { End::Stopped(Stop::Enough) } else { End::Done { optimal } }
            }
            Found::Exhausted | Found::NoneBelowBound if self.best.is_none() => End::Impossible,
            Found::Exhausted | Found::NoneBelowBound => End::Done { optimal: self.is_exact() },
            Found::GaveUp => End::Stopped(Stop::Failed),
        }
    }

    /// Hands out a plan if it is cheaper than the best.
    pub(crate) fn accept(&mut self, operators: Vec<OperatorId>, expect: Expect) -> ControlFlow<()> {
        let cost = self.task.plan_cost(&operators);
        let plan = Plan { operators, cost };
        if self.best.as_ref().is_some_and(|best| best.cost <= cost) {
            return ControlFlow::Continue(());
        }
        let flow = (self.on_plan)(&plan, expect);
        self.best = Some(plan);
        flow
    }

    /// Plans that cost this or more are no improvement.
    pub(crate) fn bound(&self) -> u64 {
        self.best.as_ref().map_or(u64::MAX, |plan| plan.cost)
    }

    /// Whether costs were small enough to be told apart all the way.
    pub(crate) fn is_exact(&self) -> bool {
        self.bound() < u64::from(MAX_COST)
    }

    fn result(self, end: End) -> SolveResult {
        let (stop, optimal) = match end {
            End::Done { optimal } => (Stop::Done, optimal),
            End::Impossible => (Stop::Impossible, false),
            End::Stopped(stop) => (stop, false),
        };
        let outcome = match (self.best, stop) {
            (Some(plan), _) => Outcome::Solved { plan, optimal },
            (None, Stop::Impossible) => {
                Outcome::Unsolvable(Unsolvable::Exhausted { states: self.statistics.states })
            }
            (None, stop) => Outcome::Stopped(stop),
        };
        SolveResult { outcome, statistics: self.statistics, ticks: self.ctx.ticks(), stop }
    }
}
