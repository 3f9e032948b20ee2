//! The delete relaxation of a task as rules: when these facts are reached, so are those, at a cost.
//!
//! An operator is one rule, and one more for each of its conditional effects; an axiom is a rule that costs nothing. A
//! derived fact may fail at any time for nothing. Rules that change numbers reach comparisons, after as many steps as
//! the distance asks for.

use crate::dynamics::{Comparison, When};
use crate::flat::Flat;
use crate::ground::{Linear, Sign, VarVal};
use crate::task::{FactId, OperatorId, Task};

/// Index of a rule.
pub(crate) type RuleId = u32;

/// No operator: an axiom.
pub(crate) const AXIOM: OperatorId = u32::MAX;

/// A comparison that a rule may bring about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gain {
    pub(crate) comparison: u32,
    /// What one application adds to the compared form; not a number where that depends on the state.
    pub(crate) step: f64,
}

/// The rules of one task.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) pre: Flat<FactId>,
    pub(crate) adds: Flat<FactId>,
    /// Empty where the task has no numbers.
    pub(crate) gains: Flat<Gain>,
    pub(crate) operator: Vec<OperatorId>,
    /// The fact of each comparison that says that it holds.
    pub(crate) compared: Vec<FactId>,
}

impl Rules {
    pub(crate) fn new(task: &Task) -> Rules {
        let mut rules = Rules::default();
        for operator in 0..task.n_operators() as OperatorId {
            let pre = task.operators.pre(operator);
            let eff = task.operators.eff(operator);
            if !eff.is_empty() {
                rules.push(task, (operator, [pre, &[]]), eff, &[]);
            }
            for when in task.dynamics.when_of(operator) {
                let gains = gains(task, when);
                if !when.eff.is_empty() || !gains.is_empty() {
                    rules.push(task, (operator, [pre, &when.pre]), &when.eff, &gains);
                }
            }
        }
        let axioms = &task.dynamics.axioms;
        for (axiom, &head) in axioms.heads.iter().enumerate() {
            rules.push(task, (AXIOM, [axioms.bodies.row(axiom as u32), &[]]), &[head], &[]);
        }
        for &variable in &axioms.variables {
            rules.push(task, (AXIOM, [&[], &[]]), &[(variable, 1)], &[]);
        }
        let holds = |comparison: &Comparison| task.fact((comparison.variable, crate::dynamics::HOLDS));
        rules.compared = task.dynamics.comparisons.iter().map(holds).collect();
        rules
    }

    fn push(
        &mut self,
        task: &Task,
        (operator, conditions): (OperatorId, [&[VarVal]; 2]),
        eff: &[VarVal],
        gains: &[Gain],
    ) {
        let mut pre: Vec<FactId> = conditions.into_iter().flatten().map(|&fact| task.fact(fact)).collect();
        pre.sort_unstable();
        pre.dedup();
        self.pre.push(pre);
        self.adds.push(eff.iter().map(|&fact| task.fact(fact)));
        self.gains.push(gains.iter().copied());
        self.operator.push(operator);
    }

    pub(crate) fn len(&self) -> usize {
        self.operator.len()
    }

    /// How many conditions and effects all rules have together.
    pub(crate) fn n_items(&self) -> usize {
        self.pre.n_items() + self.adds.n_items()
    }

    /// Some of the rules, in this order.
    pub(crate) fn only(&self, rules: &[RuleId]) -> Rules {
        let mut some = Rules { compared: self.compared.clone(), ..Rules::default() };
        for &rule in rules {
            some.pre.push(self.pre.row(rule).iter().copied());
            some.adds.push(self.adds.row(rule).iter().copied());
            some.gains.push(self.gains.row(rule).iter().copied());
            some.operator.push(self.operator[rule as usize]);
        }
        some
    }
}

/// Comparisons that a change of numbers may bring about.
fn gains(task: &Task, when: &When) -> Vec<Gain> {
    let mut found = Vec::new();
    for (at, comparison) in task.dynamics.comparisons.iter().enumerate() {
        let Some(step) = step(&comparison.form, when) else { continue };
        let helps = match comparison.sign {
            Sign::Zero => step != 0.0,
            Sign::Positive | Sign::NotNegative => step.is_nan() || step > 0.0,
        };
        if helps {
            found.push(Gain { comparison: at as u32, step });
        }
    }
    found
}

/// What the change adds to a form; `None` where it touches none of its numbers.
fn step(form: &Linear, when: &When) -> Option<f64> {
    let mut sum = None;
    for update in &when.updates {
        let Some(&(_, multiple)) = form.terms.iter().find(|&&(number, _)| number == update.number) else {
            continue;
        };
        let amount = update.form.as_number().filter(|_| !update.is_assignment).unwrap_or(f64::NAN);
        sum = Some(sum.unwrap_or(0.0) + multiple * amount);
    }
    sum
}

/// How often a step must be made until a form with this value compares as asked; `None` where it never will.
pub(crate) fn repeats(sign: Sign, value: f64, step: f64) -> Option<u32> {
    if step.is_nan() || value.is_nan() {
        return Some(1);
    }
    let times = match sign {
        Sign::Positive => (-value / step).floor() + 1.0,
        Sign::NotNegative => (-value / step).ceil(),
        Sign::Zero if (value > 0.0) == (step < 0.0) => (-value / step).ceil(),
        Sign::Zero => return None,
    };
    Some(times.clamp(1.0, 1e9) as u32)
}
