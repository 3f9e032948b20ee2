//! The tasks that abstractions are built for: the task with another goal, or until a landmark is reached.
//!
//! A landmark counts only in states from which it must still be reached: those all of whose facts the relaxation can
//! reach without it ("possibly before" it). From such a state the relaxation, and so every plan, still needs the
//! landmark, whichever way the state was reached. All other states count as being behind it. After Seipp and Helmert,
//! "Diverse and Additive Cartesian Abstraction Heuristics" (ICAPS 2014).

use std::ops::ControlFlow;
use std::rc::Rc;

use isogrid_core::{Ctx, Stop};

use crate::ground::VarVal;
use crate::heuristic::cartesian::operators::{Operators, Row};
use crate::task::{OperatorId, Task};

/// No value: states with this fact are behind the landmark.
pub(super) const BEHIND: u32 = u32::MAX;

/// What happens once the goal of a subtask was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// The task goes on, and may lose the goal again.
    GoesOn,
    /// Nothing matters any more.
    Ends,
}

/// A task with a goal of its own, in which facts may stand for others.
pub(super) struct Subtask {
    pub(super) goal: Vec<VarVal>,
    pub(super) behind: Behind,
    /// The value that stands for each fact of the task, or [`BEHIND`].
    pub(super) class: Vec<u32>,
    pub(super) operators: Rc<Operators>,
}

impl Subtask {
    /// The whole task with another goal.
    pub(super) fn with_goal(task: &Task, goal: Vec<VarVal>, operators: Rc<Operators>) -> Subtask {
        let class = (0..task.n_variables()).flat_map(|variable| 0..task.n_values(variable)).collect();
        Subtask { goal, behind: Behind::GoesOn, class, operators }
    }

    /// The task until the landmark is reached. `before` tells which facts are possibly before it, `merged` lists facts
    /// that are not told apart from others of their variable in the list.
    pub(super) fn until(
        ctx: &Ctx,
        task: &Task,
        landmark: VarVal,
        (before, merged): (&[bool], &[VarVal]),
    ) -> ControlFlow<Stop, Subtask> {
        let goal = task.fact(landmark);
        let mut class = Vec::with_capacity(task.n_facts());
        for variable in 0..task.n_variables() as u32 {
            for value in 0..task.n_values(variable as usize) {
                let fact = task.fact((variable, value));
                let is_merged = merged.contains(&(variable, value));
                let first = merged.iter().find(|other| other.0 == variable).filter(|_| is_merged);
                let kept = before[fact as usize] || fact == goal;
                class.push(if kept { first.map_or(value, |fact| fact.1) } else { BEHIND });
            }
        }
        let map = |&fact: &VarVal| (fact.0, class[task.fact(fact) as usize]);
        let row = |id: OperatorId| {
            let (pre, eff) = (task.operators.pre(id), task.operators.eff(id));
            if !pre.iter().all(|&fact| before[task.fact(fact) as usize]) {
                return None;
            }
            let pre: Vec<VarVal> = pre.iter().map(map).collect();
            if eff.contains(&landmark) {
                return Some(Row { id, pre, eff: vec![landmark] });
            }
            let eff: Vec<VarVal> = eff.iter().map(map).filter(|fact| !pre.contains(fact)).collect();
            (!eff.is_empty()).then_some(Row { id, pre, eff })
        };
        let rows = (0..task.n_operators() as OperatorId).filter_map(row);
        let operators = Rc::new(Operators::new(ctx, task.n_variables(), rows)?);
        ControlFlow::Continue(Subtask { goal: vec![landmark], behind: Behind::Ends, class, operators })
    }

    /// The value that stands for a fact.
    #[inline]
    pub(super) fn class(&self, task: &Task, fact: VarVal) -> u32 {
        self.class[task.fact(fact) as usize]
    }
}

/// The operators of the task that change something.
pub(super) fn operators(ctx: &Ctx, task: &Task) -> ControlFlow<Stop, Operators> {
    let row = |id: OperatorId| {
        let eff = task.operators.eff(id).to_vec();
        (!eff.is_empty()).then(|| Row { id, pre: task.operators.pre(id).to_vec(), eff })
    };
    Operators::new(ctx, task.n_variables(), (0..task.n_operators() as OperatorId).filter_map(row))
}
