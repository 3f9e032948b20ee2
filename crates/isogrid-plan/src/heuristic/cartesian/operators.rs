//! Operators over variables whose values may stand for several facts, indexed by the variables that they mention.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::flat::Flat;
use crate::ground::VarVal;
use crate::heuristic::cartesian::sets::Layout;
use crate::task::OperatorId;

/// Operators copied that count as one tick.
const OPERATORS_PER_TICK: u32 = 4;

/// Operators as a subtask sees them.
#[derive(Default)]
pub(super) struct Operators {
    /// The operator of the task.
    pub(super) ids: Vec<OperatorId>,
    pre: Flat<VarVal>,
    /// Never a value that `pre` has, never empty.
    eff: Flat<VarVal>,
    /// Operators with a condition or effect on each variable.
    of_variable: Flat<u32>,
}

/// One operator.
pub(super) struct Row {
    pub(super) id: OperatorId,
    pub(super) pre: Vec<VarVal>,
    pub(super) eff: Vec<VarVal>,
}

/// What an operator does to one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// The value it needs.
    pub(super) before: Option<u32>,
    /// The value there is afterwards; none where the operator does not mention the variable.
    pub(super) after: Option<u32>,
}

impl Operators {
    pub(super) fn new(
        ctx: &Ctx,
        n_variables: usize,
        rows: impl Iterator<Item = Row>,
    ) -> ControlFlow<Stop, Operators> {
        let mut operators = Operators::default();
        let mut of_variable: Vec<Vec<u32>> = vec![Vec::new(); n_variables];
        for Row { id, pre, eff } in rows {
            let at = operators.ids.len() as u32;
            if at.is_multiple_of(OPERATORS_PER_TICK) {
                ctx.tick(1)?;
            }
            for &(variable, _) in pre.iter().chain(&eff) {
                let row = &mut of_variable[variable as usize];
                if row.last() != Some(&at) {
                    row.push(at);
                }
            }
            operators.ids.push(id);
            operators.pre.push(pre);
            operators.eff.push(eff);
        }
        of_variable.into_iter().for_each(|row| operators.of_variable.push(row));
        ControlFlow::Continue(operators)
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    #[inline]
    pub(super) fn pre(&self, operator: u32) -> &[VarVal] {
        self.pre.row(operator)
    }

    #[inline]
    pub(super) fn eff(&self, operator: u32) -> &[VarVal] {
        self.eff.row(operator)
    }

    pub(super) fn mentioning(&self, variable: u32) -> &[u32] {
        self.of_variable.row(variable)
    }

    #[inline]
    pub(super) fn step(&self, operator: u32, variable: u32) -> Step {
        let value = |facts: &[VarVal]| facts.iter().find(|fact| fact.0 == variable).map(|fact| fact.1);
        let before = value(self.pre(operator));
        Step { before, after: value(self.eff(operator)).or(before) }
    }

    /// Whether the operator leads from some state of the set back into it.
    #[inline]
    pub(super) fn loops(&self, layout: &Layout, operator: u32, set: &[u64]) -> bool {
        let within = |&fact: &VarVal| layout.contains(set, fact);
        self.pre(operator).iter().all(within) && self.eff(operator).iter().all(within)
    }
}
