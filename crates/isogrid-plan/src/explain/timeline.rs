//! A plan as a timeline: what can run together, and what each step is for.
//!
//! The order kept is that of producers, consumers and threats ([`super::order`]): any sequence of the steps that keeps
//! it is a plan too. All steps take one moment. Left out: durations, and plans that a solver would rearrange.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop, Value};

use crate::error::PlanError;
use crate::explain::cells::Cells;
use crate::explain::order::Order;
use crate::explain::replay::{Replay, Steps};
use crate::ground::VarVal;
use crate::packing::State;
use crate::plan_file::PlanStep;
use crate::task::{OperatorId, Task};

/// A plan as a partial order with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The steps in the plan's order.
    pub steps: Vec<TimedStep>,
    /// Moments that the plan takes when whatever can runs together.
    pub makespan: usize,
    /// What makes conditions of steps and of the goal true, by consumer.
    pub links: Vec<CausalLink>,
}

/// A step with its place in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedStep {
    /// Its number, from 1. Who left steps out of a plan before may count as the whole plan does.
    pub number: usize,
    /// The operator.
    pub operator: OperatorId,
    /// The action in PDDL's words.
    pub step: PlanStep,
    /// The earliest moment at which it can run, from 0.
    pub moment: usize,
    /// Steps, from 0, that it must come after; those that follow from others may be among them. Ascending.
    pub after: Vec<usize>,
}

/// A condition, what makes it true, and what needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CausalLink {
    /// The step, from 0; `None` where it holds from the start.
    pub producer: Option<usize>,
    /// The condition in PDDL.
    pub fact: String,
    /// The step, from 0; `None` for the goal.
    pub consumer: Option<usize>,
}

/// The timeline of a plan from `init` to the task's goal; a break where the context ends the work.
///
/// # Errors
/// [`PlanError::NotAPlan`] when the plan does not lead from `init` to the goal.
pub fn timeline(
    ctx: &Ctx,
    task: &Task,
    init: &State,
    plan: &[OperatorId],
) -> Result<ControlFlow<Stop, Timeline>, PlanError> {
    let replay = Replay::new(task, (init, &task.goal), &Steps::of_plan(task, plan))?;
    Ok(build(ctx, task, &replay))
}

fn build(ctx: &Ctx, task: &Task, replay: &Replay) -> ControlFlow<Stop, Timeline> {
    let n_steps = replay.operators.len();
    let mut cells = Cells::new(task);
    let mut accesses = cells.of_plan(replay, &task.goal);
    let since = Since::new(ctx, task, replay)?;
    let conditions = |step: usize| match replay.operators.get(step) {
        Some(&operator) => task.operators.pre(operator),
        None => task.goal.as_slice(),
    };
    let derived: Vec<Vec<(VarVal, Option<u32>)>> = (0..=n_steps)
        .map(|step| {
            let facts = conditions(step).iter().filter(|fact| cells.is_derived(fact.0));
            facts.map(|&fact| (fact, since.step(fact.0, step))).collect()
        })
        .collect();
    for (step, facts) in accesses.iter_mut().zip(&derived) {
        step.after.extend(facts.iter().filter_map(|&(_, producer)| producer));
    }
    let first: Vec<u32> = (0..task.n_variables())
        .map(|variable| task.packing.get(replay.states[0].words(), variable))
        .collect();
    let order = Order::new(ctx, &accesses, &first, cells.len())?;
    let mut links = Vec::new();
    for step in 0..=n_steps {
        for &(variable, value) in conditions(step) {
            let produced = order.producers[step].iter().find(|(cell, _)| *cell == variable);
            let derived = derived[step].iter().find(|(fact, _)| fact.0 == variable);
            let producer = derived.map_or(produced.map(|&(_, producer)| producer), |&(_, producer)| producer);
            links.push(CausalLink {
                producer: producer.map(|producer| producer as usize),
                fact: task.fact_text(task.fact((variable, value))),
                consumer: (step < n_steps).then_some(step),
            });
        }
    }
    let timed = |(at, &operator): (usize, &OperatorId)| TimedStep {
        number: at + 1,
        operator,
        step: task.step(operator),
        moment: order.moment[at] as usize,
        after: order.after[at].iter().map(|&earlier| earlier as usize).collect(),
    };
    let steps: Vec<TimedStep> = replay.operators.iter().enumerate().map(timed).collect();
    let makespan = steps.iter().map(|step| step.moment + 1).max().unwrap_or(0);
    ControlFlow::Continue(Timeline { steps, makespan, links })
}

/// Since which step each derived variable has had its value.
struct Since {
    /// Per derived variable: the steps after which it had another value than before.
    changes: Vec<Vec<u32>>,
}

impl Since {
    fn new(ctx: &Ctx, task: &Task, replay: &Replay) -> ControlFlow<Stop, Since> {
        let mut changes = vec![Vec::new(); task.n_variables()];
        let of_comparisons = task.dynamics.comparisons.iter().map(|comparison| comparison.variable);
        let derived: Vec<u32> =
            task.dynamics.axioms.variables.iter().copied().chain(of_comparisons).collect();
        for (step, pair) in replay.states.windows(2).enumerate() {
            ctx.tick(1 + derived.len() as u64 / 64)?;
            for &variable in &derived {
                let value = |at: usize| task.packing.get(pair[at].words(), variable as usize);
                if value(0) != value(1) {
                    changes[variable as usize].push(step as u32);
                }
            }
        }
        ControlFlow::Continue(Since { changes })
    }

    /// The step before `step` that gave the variable the value that it has there.
    fn step(&self, variable: u32, step: usize) -> Option<u32> {
        let changes = &self.changes[variable as usize];
        let earlier = changes.partition_point(|&change| (change as usize) < step);
        earlier.checked_sub(1).map(|last| changes[last])
    }
}

impl Timeline {
    /// The timeline as a record: `makespan`, `steps` and `links`. Steps go by their numbers, moments count from 1.
    pub fn record(&self) -> Value {
        let number = |step: usize| Value::from(self.steps[step].number);
        let step = |step: &TimedStep| {
            Value::map([
                ("number", step.number.into()),
                ("step", step.step.to_string().into()),
                ("moment", (step.moment + 1).into()),
                ("after", step.after.iter().map(|&earlier| number(earlier)).collect::<Vec<_>>().into()),
            ])
        };
        let link = |link: &CausalLink| {
            Value::map([
                ("producer", link.producer.map(number).into()),
                ("fact", link.fact.as_str().into()),
                ("consumer", link.consumer.map(number).into()),
            ])
        };
        Value::map([
            ("makespan", self.makespan.into()),
            ("steps", self.steps.iter().map(step).collect::<Vec<_>>().into()),
            ("links", self.links.iter().map(link).collect::<Vec<_>>().into()),
        ])
    }
}
