//! A plan made cheaper window by window: some of its steps are planned anew, at least cost, from where they begin to
//! what the rest of the plan needs (Siddiqui and Haslum, "Continuing plan quality optimisation", JAIR 54, 2015).
//!
//! Windows are steps in a row, short ones first; when all were looked at, steps that may change places do, and all are
//! looked at again with more patience. Left out: blocks of a deordered plan, and tasks with conditional effects, axioms
//! or numbers, whose needs are no list of facts.

mod nearby;
mod order;

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::ground::VarVal;
use crate::heuristic::LmCut;
use crate::packing::State;
use crate::search::astar::{AStar, MAX_COST};
use crate::search::turns::{Turn, turn};
use crate::search::windows::nearby::Nearby;
use crate::search::windows::order::reordered;
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task, apply};

/// Steps of the shortest windows.
const FIRST_STEPS: usize = 4;
/// The next windows are longer by one part in so many.
const GROWTH: usize = 2;
/// Windows of a length begin this part of it apart.
const STRIDE: usize = 3;
/// Ticks of a window's search, at first, and how many times more it gets when all windows were looked at.
const FIRST_TICKS: u64 = 30_000;
const MORE_TICKS: u64 = 2;
/// Facts and operators looked at that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// Tasks whose operators have more conditions and effects together have no windows: a window's estimate copies them.
const MOST_ITEMS: usize = 1 << 20;
/// The same of facts: an estimate has several numbers for each.
const MOST_FACTS: usize = 100_000;

/// A plan and the place in the order of its windows.
pub(crate) struct Windows<'a> {
    task: &'a Task,
    query: &'a Query,
    nearby: Nearby,
    plan: Vec<OperatorId>,
    steps: usize,
    start: usize,
    /// How often all windows were looked at.
    round: u64,
    /// Ticks of a window's search.
    patience: u64,
    is_cheapest: bool,
}

impl<'a> Windows<'a> {
    /// None where the task is not plain, or is large.
    pub(crate) fn new(task: &'a Task, query: &'a Query, plan: Vec<OperatorId>) -> Option<Windows<'a>> {
        let items = |operator| task.operators.pre(operator).len() + task.operators.eff(operator).len();
        let n_items: usize = (0..task.n_operators() as OperatorId).map(items).sum();
        if !task.is_plain() || task.n_facts() > MOST_FACTS || n_items > MOST_ITEMS {
            return None;
        }
        Some(Windows {
            task,
            query,
            nearby: Nearby::new(task),
            plan,
            steps: FIRST_STEPS,
            start: 0,
            round: 0,
            patience: FIRST_TICKS,
            is_cheapest: false,
        })
    }

    /// The plan as far as it has been improved.
    pub(crate) fn plan(&self) -> &[OperatorId] {
        &self.plan
    }

    /// Goes on with another plan, from its shortest windows.
    pub(crate) fn begin(&mut self, plan: Vec<OperatorId>) {
        self.plan = plan;
        (self.steps, self.start, self.patience) = (FIRST_STEPS, 0, FIRST_TICKS);
    }

    /// Whether it is proved that no plan is cheaper.
    pub(crate) fn is_cheapest(&self) -> bool {
        self.is_cheapest
    }

    /// Ticks without which no window is begun: one that is stopped must be searched again from its beginning.
    pub(crate) fn patience(&self) -> u64 {
        self.patience
    }

    /// Looks through windows until the context leaves no time for another one, or ends the work, or the plan is the
    /// cheapest. What was gained before a stop counts.
    pub(crate) fn improve(&mut self, ctx: &Ctx, statistics: &mut Statistics) -> ControlFlow<Stop> {
        while !self.is_cheapest && ctx.remaining() >= self.patience {
            let end = (self.start + self.steps).min(self.plan.len());
            match self.search(ctx, end, statistics)? {
                Some(steps) => {
                    self.plan.splice(self.start..end, steps);
                    // What came before may now be done otherwise too.
                    self.start = self.start.saturating_sub(self.steps);
                }
                None => self.advance(end),
            }
        }
        ControlFlow::Continue(())
    }

    fn advance(&mut self, end: usize) {
        if end < self.plan.len() {
            self.start += (self.steps / STRIDE).max(1);
            return;
        }
        self.start = 0;
        if self.steps < self.plan.len() {
            self.steps += (self.steps / GROWTH).max(1);
            return;
        }
        self.steps = FIRST_STEPS;
        self.round += 1;
        self.patience = self.patience.saturating_mul(MORE_TICKS);
        self.plan = reordered(self.task, &self.plan, self.round);
    }

    /// Cheaper steps for those up to `end`, if they are found.
    fn search(
        &mut self,
        ctx: &Ctx,
        end: usize,
        statistics: &mut Statistics,
    ) -> ControlFlow<Stop, Option<Vec<OperatorId>>> {
        let task = self.task;
        let cost = task.plan_cost(&self.plan[self.start..end]);
        let window = Query {
            init: state_after(task, &self.query.init, &self.plan[..self.start]),
            goal: needs(task, &self.query.goal, &self.plan[end..]),
        };
        let (rules, steps) = self.nearby.rules(task, &window, cost);
        ctx.tick(1 + (self.plan.len() as u64 + steps) / STEPS_PER_TICK)?;
        let turn = match rules {
            None => Turn::Found(Found::NoneBelowBound),
            Some(rules) => {
                ctx.tick((task.n_facts() + rules.n_items()) as u64 / STEPS_PER_TICK)?;
                let mut search = AStar::new(task, &window, LmCut::among(task, &window.goal, &rules));
                // Costs above are not told apart.
                let bound = cost.min(u64::from(MAX_COST));
                let turn = turn(ctx, self.patience, |ctx| search.run(ctx, bound));
                statistics.add(search.statistics());
                turn
            }
        };
        let is_whole = self.start == 0 && end == self.plan.len();
        self.is_cheapest |= is_whole && cost < u64::from(MAX_COST) && matches!(turn, Turn::Found(_));
        match turn {
            Turn::Found(Found::Plan(steps)) if task.plan_cost(&steps) < cost => {
                ControlFlow::Continue(Some(steps))
            }
            Turn::Found(_) | Turn::Over => ControlFlow::Continue(None),
            Turn::Stopped(stop) => ControlFlow::Break(stop),
        }
    }
}

fn state_after(task: &Task, init: &State, steps: &[OperatorId]) -> State {
    let mut state = init.clone();
    steps.iter().for_each(|&step| apply(task.operators.changes(step), state.words_mut()));
    state
}

/// What must hold for these steps to lead to the goal, sorted by variable.
fn needs(task: &Task, goal: &[VarVal], steps: &[OperatorId]) -> Vec<VarVal> {
    let mut needed: Vec<Option<u32>> = vec![None; task.n_variables()];
    goal.iter().for_each(|&(variable, value)| needed[variable as usize] = Some(value));
    for &step in steps.iter().rev() {
        let operators = &task.operators;
        operators.eff(step).iter().for_each(|&(variable, _)| needed[variable as usize] = None);
        operators.pre(step).iter().for_each(|&(variable, value)| needed[variable as usize] = Some(value));
    }
    (0..).zip(needed).filter_map(|(variable, value)| Some((variable, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Language, random_task};
    use crate::search::strolls::Stroll;

    fn walks() -> impl Iterator<Item = (u64, Stroll)> {
        (0..400).filter_map(|seed| Some((seed, Stroll::new(random_task(seed, Language::Strips), seed)?)))
    }

    #[test]
    fn plans_stay_valid_get_no_dearer_and_are_the_cheapest_where_that_is_said() {
        let (mut n_cheaper, mut n_cheapest) = (0, 0);
        for (seed, walk) in walks() {
            for limit in [0, 30, 300, 3_000, 300_000] {
                let mut windows =
                    Windows::new(&walk.task, &walk.query, walk.plan.clone()).expect("a plain task");
                let ctx = Ctx::new(0).with_tick_limit(limit);
                let _: ControlFlow<Stop> = windows.improve(&ctx, &mut Statistics::default());
                let name = format!("seed {seed}, limit {limit}");
                let is_cheaper = walk.check(windows.plan(), windows.is_cheapest(), &name);
                n_cheaper += usize::from(is_cheaper);
                n_cheapest += usize::from(windows.is_cheapest());
            }
        }
        assert!(n_cheaper > 20 && n_cheapest > 20, "{n_cheaper} cheaper, {n_cheapest} cheapest");
    }

    #[test]
    fn small_slices_get_through_all_windows_too() {
        let (_, walk) = walks().find(|(_, walk)| walk.plan.len() > 5).expect("a long walk");
        let mut windows = Windows::new(&walk.task, &walk.query, walk.plan.clone()).expect("a plain task");
        let (ctx, mut slices) = (Ctx::new(0), 0);
        while !windows.is_cheapest() {
            let child = ctx.child(windows.patience());
            let _: ControlFlow<Stop> = windows.improve(&child, &mut Statistics::default());
            assert!(child.ticks() > 0);
            slices += 1;
            assert!(slices < 10_000, "windows are searched again and again");
        }
    }
}
