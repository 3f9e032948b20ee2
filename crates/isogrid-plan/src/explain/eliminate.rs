//! Action elimination: a plan without the steps that it can do without.
//!
//! A step is taken out together with all later steps that then no longer apply; if the goal still holds, none of them
//! was needed (Nakhost and Mueller, ICAPS 2010). The greedy variant takes out the dearest such set first, as long as
//! there is one (Balyo, Chrpa and Kilani, SoCS 2014). Walks that come back to an earlier state go first: that is linear.
//! Left out: minimal plans, which are NP-hard to find.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::error::PlanError;
use crate::explain::replay::{Replay, Steps};
use crate::ground::VarVal;
use crate::packing::State;
use crate::search::Plan;
use crate::task::{OperatorId, Task};

/// Which sets are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Elimination {
    /// The dearest removable set, again and again until none is left; after one pass where the plan is long.
    #[default]
    Greedy,
    /// Whatever can go, in one pass over the plan: at most `n^2` applications for `n` steps.
    OnePass,
}

/// Settings of [`eliminate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EliminationOptions {
    /// Which sets are taken out. Default: the dearest first.
    pub order: Elimination,
}

/// What is left of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eliminated {
    /// The steps that are left, with their cost.
    pub plan: Plan,
    /// The steps of the given plan that were taken out, from 0, ascending.
    pub removed: Vec<usize>,
    /// Operators applied on the way.
    pub applications: u64,
    /// [`Stop::Done`], or the limit that ended the work first; the plan is valid either way.
    pub stop: Stop,
}

/// Takes steps out of a plan from `init` to the task's goal. The result is a valid plan, never dearer or longer; done
/// greedily to the end, a second time takes out nothing more. One tick is 16 steps looked at.
///
/// # Errors
/// [`PlanError::NotAPlan`] when the given plan does not lead from `init` to the goal.
pub fn eliminate(
    ctx: &Ctx,
    task: &Task,
    init: &State,
    plan: &[OperatorId],
    options: &EliminationOptions,
) -> Result<Eliminated, PlanError> {
    eliminate_to(ctx, task, (init, &task.goal), plan, options)
}

/// The same with a goal that may be another than the task's.
pub(crate) fn eliminate_to(
    ctx: &Ctx,
    task: &Task,
    (init, goal): (&State, &[VarVal]),
    plan: &[OperatorId],
    options: &EliminationOptions,
) -> Result<Eliminated, PlanError> {
    let steps = Steps::of_plan(task, plan);
    Replay::new(task, (init, goal), &steps)?;
    let kept: Vec<usize> = (0..plan.len()).collect();
    let mut work = Work { ctx, task, init, goal, steps, given: plan, kept, looks: 0, applications: 0 };
    let ended = match options.order {
        Elimination::Greedy => work.greedy(),
        Elimination::OnePass => work.one_pass(),
    };
    work.result(ended)
}

/// Longer plans go through one pass before their dearest sets are sought, which takes a pass for each set.
const LONG: usize = 1000;
/// Steps looked at that count as one tick.
const PER_TICK: u64 = 16;

struct Work<'a> {
    ctx: &'a Ctx,
    task: &'a Task,
    init: &'a State,
    goal: &'a [VarVal],
    steps: Steps<'a>,
    given: &'a [OperatorId],
    /// Steps of the given plan that are left.
    kept: Vec<usize>,
    looks: u64,
    applications: u64,
}

/// A set of steps that can go: positions among those that are left, ascending.
struct Removable {
    at: Vec<usize>,
    cost: u64,
}

impl Removable {
    /// Dearer sets first; of equal cost the larger one.
    fn rank(&self) -> (u64, usize) {
        (self.cost, self.at.len())
    }
}

impl Work<'_> {
    fn greedy(&mut self) -> ControlFlow<Stop> {
        self.cut_loops()?;
        if self.kept.len() > LONG {
            self.one_pass()?;
        }
        loop {
            let (best, ended) = self.dearest();
            let Some(set) = best else { return ended };
            self.remove(&set);
            ended?;
        }
    }

    /// The dearest set that can go. Where a limit ends the work, the dearest one so far is worth having.
    fn dearest(&mut self) -> (Option<Removable>, ControlFlow<Stop>) {
        let mut best: Option<Removable> = None;
        let states = match self.states() {
            ControlFlow::Continue(states) => states,
            ControlFlow::Break(stop) => return (None, ControlFlow::Break(stop)),
        };
        for first in 0..self.kept.len() {
            match self.without(&states, first) {
                ControlFlow::Continue(Some(set)) => {
                    if best.as_ref().is_none_or(|best| set.rank() > best.rank()) {
                        best = Some(set);
                    }
                }
                ControlFlow::Continue(None) => {}
                ControlFlow::Break(stop) => return (best, ControlFlow::Break(stop)),
            }
        }
        (best, ControlFlow::Continue(()))
    }

    fn one_pass(&mut self) -> ControlFlow<Stop> {
        let mut states = self.states()?;
        let mut first = 0;
        while first < self.kept.len() {
            match self.without(&states, first)? {
                Some(set) => {
                    self.remove(&set);
                    states = self.states_from(states, first)?;
                }
                None => first += 1,
            }
        }
        ControlFlow::Continue(())
    }

    /// Leaves out every walk that comes back to the state where it began.
    fn cut_loops(&mut self) -> ControlFlow<Stop> {
        let states = self.states()?;
        let mut last: FastMap<&[u64], usize> = FastMap::default();
        states.iter().enumerate().for_each(|(at, state)| {
            last.insert(state.words(), at);
        });
        let (mut kept, mut at) = (Vec::new(), 0);
        loop {
            at = last.get(states[at].words()).copied().unwrap_or(at);
            let Some(&step) = self.kept.get(at) else { break };
            kept.push(step);
            at += 1;
        }
        self.kept = kept;
        ControlFlow::Continue(())
    }

    fn remove(&mut self, set: &Removable) {
        let mut position = 0;
        self.kept.retain(|_| {
            position += 1;
            set.at.binary_search(&(position - 1)).is_err()
        });
    }

    /// The states along the steps that are left.
    fn states(&mut self) -> ControlFlow<Stop, Vec<State>> {
        self.states_from(vec![self.init.clone()], 0)
    }

    /// The same where the states up to position `from` are known.
    fn states_from(&mut self, mut states: Vec<State>, from: usize) -> ControlFlow<Stop, Vec<State>> {
        states.truncate(from + 1);
        for at in from..self.kept.len() {
            let mut next = states[at].clone();
            // Every set that was taken out left the other steps applicable.
            self.look()?;
            if let Some(operator) = self.steps.applicable(self.kept[at], states[at].words()) {
                self.applications += 1;
                self.task.succeed(operator, states[at].words(), next.words_mut());
            }
            states.push(next);
        }
        ControlFlow::Continue(states)
    }

    /// The set that goes with the step at `first`, if it can go. It ends where the state is the one that the whole
    /// plan has there: the rest runs as before.
    fn without(&mut self, states: &[State], first: usize) -> ControlFlow<Stop, Option<Removable>> {
        let mut set = Removable { at: vec![first], cost: self.cost(first) };
        let mut state = states[first].clone();
        let mut next = state.clone();
        for (at, before) in states.iter().enumerate().take(self.kept.len()).skip(first + 1) {
            if state == *before {
                return ControlFlow::Continue(Some(set));
            }
            self.look()?;
            match self.steps.applicable(self.kept[at], state.words()) {
                Some(operator) => {
                    self.applications += 1;
                    next.words_mut().copy_from_slice(state.words());
                    self.task.succeed(operator, state.words(), next.words_mut());
                    std::mem::swap(&mut state, &mut next);
                }
                None => {
                    set.cost += self.cost(at);
                    set.at.push(at);
                }
            }
        }
        ControlFlow::Continue(self.task.holds(self.goal, state.words()).then_some(set))
    }

    fn cost(&self, at: usize) -> u64 {
        u64::from(self.task.cost(self.given[self.kept[at]]))
    }

    fn look(&mut self) -> ControlFlow<Stop> {
        self.looks += 1;
        if self.looks.is_multiple_of(PER_TICK) { self.ctx.tick(1) } else { ControlFlow::Continue(()) }
    }

    fn result(self, ended: ControlFlow<Stop>) -> Result<Eliminated, PlanError> {
        let kept_steps: Vec<OperatorId> = self.kept.iter().map(|&step| self.given[step]).collect();
        let steps = Steps::of_plan(self.task, &kept_steps);
        // Another operator of the same action may apply than before.
        let operators = Replay::new(self.task, (self.init, self.goal), &steps)?.operators;
        let cost = operators.iter().map(|&operator| u64::from(self.task.cost(operator))).sum();
        let removed = (0..self.given.len()).filter(|step| self.kept.binary_search(step).is_err()).collect();
        Ok(Eliminated {
            plan: Plan { operators, cost },
            removed,
            applications: self.applications,
            stop: ended.break_value().unwrap_or(Stop::Done),
        })
    }
}
