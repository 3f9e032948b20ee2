//! The literal semantics of a SAS+ file, apart from [`Task`](crate::Task): what operators do to values of variables.

use crate::sas::{SasEffect, SasFact, SasFile, SasOperator};

impl SasFile {
    /// The cost of a plan, given as indices of operators; `None` where an operator does not apply or the goal does not
    /// hold in the end. This shares no code with the search.
    pub fn cost_of(&self, plan: &[usize]) -> Option<u64> {
        let mut state = self.start();
        let mut cost = 0u64;
        for &at in plan {
            let operator = self.operators.get(at)?;
            state = self.successor(&state, operator)?;
            cost += if self.uses_costs { u64::from(operator.cost) } else { 1 };
        }
        holds(&state, &self.goal).then_some(cost)
    }

    /// The first state, with derived variables.
    pub fn start(&self) -> Vec<u32> {
        self.derived(self.init.clone())
    }

    /// The state after an operator, with derived variables; `None` where it does not apply.
    pub fn successor(&self, state: &[u32], operator: &SasOperator) -> Option<Vec<u32>> {
        let needs =
            |effect: &SasEffect| effect.before.is_none_or(|value| state[effect.variable as usize] == value);
        if !holds(state, &operator.prevail) || !operator.effects.iter().all(needs) {
            return None;
        }
        let mut next = state.to_vec();
        for effect in operator.effects.iter().filter(|effect| holds(state, &effect.conditions)) {
            next[effect.variable as usize] = effect.after;
        }
        Some(self.derived(next))
    }

    /// Sets derived variables: first values, then layer by layer what axioms say.
    fn derived(&self, mut state: Vec<u32>) -> Vec<u32> {
        let layer_of = |variable: u32| self.variables[variable as usize].layer;
        for (at, variable) in self.variables.iter().enumerate() {
            if variable.layer.is_some() {
                state[at] = self.init[at];
            }
        }
        let mut layers: Vec<u32> = self.axioms.iter().filter_map(|axiom| layer_of(axiom.variable)).collect();
        layers.sort_unstable();
        layers.dedup();
        for layer in layers {
            loop {
                let mut has_changed = false;
                for axiom in self.axioms.iter().filter(|axiom| layer_of(axiom.variable) == Some(layer)) {
                    if state[axiom.variable as usize] != axiom.after && holds(&state, &axiom.conditions) {
                        state[axiom.variable as usize] = axiom.after;
                        has_changed = true;
                    }
                }
                if !has_changed {
                    break;
                }
            }
        }
        state
    }
}

fn holds(state: &[u32], facts: &[SasFact]) -> bool {
    facts.iter().all(|&(variable, value)| state[variable as usize] == value)
}
