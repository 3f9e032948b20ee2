//! A plan executed on packed states.
//!
//! A disjunction in a precondition makes several operators of one action. A step stands for the action: whichever of
//! its operators applies is used.

use isogrid_num::hash::FastMap;

use crate::error::PlanError;
use crate::ground::VarVal;
use crate::packing::State;
use crate::task::{OperatorId, Task};

/// The steps of a plan, each with the operators that stand for its action.
pub(crate) struct Steps<'a> {
    task: &'a Task,
    /// For each step its row in `operators`.
    rows: Vec<u32>,
    /// Operators of one action, ascending.
    operators: Vec<Vec<OperatorId>>,
}

impl<'a> Steps<'a> {
    /// Cost: linear in the operators of the task.
    pub(crate) fn new(task: &'a Task, actions: &[(usize, Vec<usize>)]) -> Steps<'a> {
        let mut row_of: FastMap<(u32, Vec<u32>), u32> = FastMap::default();
        let mut rows = Vec::with_capacity(actions.len());
        for (action, args) in actions {
            let fresh = row_of.len() as u32;
            let key = (*action as u32, args.iter().map(|&arg| arg as u32).collect());
            rows.push(*row_of.entry(key).or_insert(fresh));
        }
        let mut operators = vec![Vec::new(); row_of.len()];
        let mut key = (0, Vec::new());
        for operator in 0..task.n_operators() as OperatorId {
            key.0 = task.operators.action[operator as usize];
            key.1.clear();
            key.1.extend_from_slice(task.operators.args(operator));
            if let Some(&row) = row_of.get(&key) {
                operators[row as usize].push(operator);
            }
        }
        Steps { task, rows, operators }
    }

    /// The steps of a plan of operators.
    pub(crate) fn of_plan(task: &'a Task, plan: &[OperatorId]) -> Steps<'a> {
        let actions: Vec<_> = plan.iter().map(|&operator| task.ground_action(operator)).collect();
        Steps::new(task, &actions)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The operator of a step that applies in `words`.
    #[inline]
    pub(crate) fn applicable(&self, step: usize, words: &[u64]) -> Option<OperatorId> {
        let operators = &self.operators[self.rows[step] as usize];
        operators.iter().copied().find(|&o| self.task.holds(self.task.operators.pre(o), words))
    }
}

/// Every state along a plan, the first one included, and the operators that were applied.
pub(crate) struct Replay {
    pub(crate) states: Vec<State>,
    pub(crate) operators: Vec<OperatorId>,
}

impl Replay {
    /// # Errors
    /// [`PlanError::NotAPlan`] where a step does not apply, or the goal does not hold at the end.
    pub(crate) fn new(
        task: &Task,
        (init, goal): (&State, &[VarVal]),
        steps: &Steps<'_>,
    ) -> Result<Replay, PlanError> {
        let mut replay = Replay { states: vec![init.clone()], operators: Vec::with_capacity(steps.len()) };
        let mut state = init.clone();
        for step in 0..steps.len() {
            let Some(operator) = steps.applicable(step, state.words()) else {
                return Err(PlanError::NotAPlan(format!("step {} does not apply", step + 1)));
            };
            let mut next = state.clone();
            task.succeed(operator, state.words(), next.words_mut());
            state = next;
            replay.states.push(state.clone());
            replay.operators.push(operator);
        }
        if task.holds(goal, state.words()) {
            Ok(replay)
        } else {
            Err(PlanError::NotAPlan("the goal does not hold at the end".to_string()))
        }
    }
}

/// The operators of `task` for a valid plan from `init`, given by indices of actions and objects. `None` for a step that
/// changes nothing the task knows of, which the plan can do without. A task grounded with
/// [`crate::Keep::Everything`] knows every reachable step that changes something.
pub fn operators_of(task: &Task, init: &State, actions: &[(usize, Vec<usize>)]) -> Vec<Option<OperatorId>> {
    let steps = Steps::new(task, actions);
    let mut state = init.clone();
    let mut found = Vec::with_capacity(actions.len());
    for step in 0..steps.len() {
        let operator = steps.applicable(step, state.words());
        if let Some(operator) = operator {
            let mut next = state.clone();
            task.succeed(operator, state.words(), next.words_mut());
            state = next;
        }
        found.push(operator);
    }
    found
}
