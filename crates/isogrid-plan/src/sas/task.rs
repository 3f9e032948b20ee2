//! From a SAS+ file to a [`Task`].
//!
//! Every variable, fact and operator is kept, so that another planner searches the same task. Only operators that can
//! never apply or do nothing are left out, and effects that a later effect of the same operator overwrites.

use std::collections::BTreeSet;
use std::sync::Arc;

use isogrid_core::Ctx;

use crate::error::PlanError;
use crate::ground::{
    AtomId, AtomTable, Fdr, FdrAxiom, FdrOperator, FdrWhen, Keep, Kind, Numbers, Pace, Strips, VarVal,
};
use crate::sas::error::{SasError, SasFault};
use crate::sas::names::Names;
use crate::sas::read::parse_sas;
use crate::sas::{SasEffect, SasFact, SasFile, SasOperator};
use crate::task::{Task, TaskParts};

impl Task {
    /// Reads a task in the format of Fast Downward's translator.
    ///
    /// # Errors
    /// What is wrong with the file, with its line.
    pub fn from_sas(name: &str, bytes: &[u8]) -> Result<Task, SasError> {
        let file = parse_sas(name, bytes)?;
        file.task().map_err(|fault| {
            let line = bytes.iter().filter(|&&byte| byte == b'\n').count().max(1);
            SasError { name: name.to_string(), line, fault }
        })
    }
}

impl SasFile {
    /// The task of the file. What [`parse_sas`] checks must hold.
    ///
    /// # Errors
    /// [`SasFault::TooLarge`].
    pub fn task(&self) -> Result<Task, SasFault> {
        self.task_in(&Ctx::new(0)).map_err(|_| SasFault::TooLarge { what: "operators" })
    }

    /// As [`SasFile::task`], within a context.
    ///
    /// # Errors
    /// [`PlanError::TooLarge`]; [`PlanError::Stopped`] when the context ends the work first.
    pub fn task_in(&self, ctx: &Ctx) -> Result<Task, PlanError> {
        let pace = Pace::new(ctx);
        let mut names = Names::default();
        let (atoms, variables) = self.atoms(&mut names);
        let mut operators = Vec::new();
        for operator in pace.over(&self.operators) {
            operators.extend(self.operator(&mut names, operator));
        }
        let mut axioms: Vec<FdrAxiom> = self.axioms().collect();
        axioms.sort_by_key(|axiom| axiom.layer);
        let mut goal = self.facts(&self.goal);
        goal.sort_unstable();
        goal.dedup();
        let groups = self.mutex_groups.iter().map(|group| self.group(group, &variables));
        let groups: Vec<Vec<AtomId>> = groups.filter(|group| group.len() > 1).collect();
        let (domain, problem) = names.finish();
        let strips =
            self.strips(atoms, &variables, Numbers::new(&domain, &problem, &[]), domain.predicates.len());
        let fdr =
            Fdr { variables, operators, goal, axioms, comparisons: Vec::new(), exclusive_goals: Vec::new() };
        let (domain, problem) = (Arc::new(domain), Arc::new(problem));
        let parts = TaskParts { domain, problem, strips, fdr, groups, keep: Keep::Everything };
        Task::new(&pace, parts)
    }

    /// The file's operator behind each operator of its [`task`](SasFile::task).
    pub fn operators_of_task(&self) -> Vec<usize> {
        let mut names = Names::default();
        let all = self.operators.iter().enumerate();
        all.filter_map(|(at, operator)| self.operator(&mut names, operator).map(|_| at)).collect()
    }

    /// An atom for every value but those that say that the others fail: such a value must be the last.
    fn atoms(&self, names: &mut Names) -> (AtomTable, Vec<Vec<Option<AtomId>>>) {
        let mut atoms = AtomTable::default();
        let mut variables = Vec::with_capacity(self.variables.len());
        for (at, variable) in self.variables.iter().enumerate() {
            let mut values = vec![None; variable.values.len()];
            for (value, text) in variable.values.iter().enumerate() {
                let (_, place) = self.fact((at as u32, value as u32));
                let is_last = place as usize + 1 == values.len();
                let fresh = names.atom(text).map(|(predicate, args)| atoms.intern(predicate as usize, &args));
                values[place as usize] = match fresh {
                    Some((atom, true)) => Some(atom),
                    None if is_last => None,
                    _ => Some(atoms.intern(names.made_up(at, value) as usize, &[]).0),
                };
            }
            variables.push(values);
        }
        (atoms, variables)
    }

    /// A fact of the file as the task has it: there a derived variable has value 1 where no axiom sets it.
    fn fact(&self, (variable, value): SasFact) -> VarVal {
        let is_swapped =
            self.variables[variable as usize].layer.is_some() && self.init[variable as usize] == 0;
        (variable, if is_swapped { 1 - value } else { value })
    }

    fn facts(&self, facts: &[SasFact]) -> Vec<VarVal> {
        facts.iter().map(|&fact| self.fact(fact)).collect()
    }

    /// A conjunction sorted by variable; `None` where it can never hold.
    fn conjunction(&self, facts: impl IntoIterator<Item = SasFact>) -> Option<Vec<VarVal>> {
        let mut facts: Vec<VarVal> = facts.into_iter().map(|fact| self.fact(fact)).collect();
        facts.sort_unstable();
        facts.dedup();
        facts.windows(2).all(|pair| pair[0].0 != pair[1].0).then_some(facts)
    }

    fn operator(&self, names: &mut Names, operator: &SasOperator) -> Option<FdrOperator> {
        let of_effects = operator.effects.iter().filter_map(|e| e.before.map(|before| (e.variable, before)));
        let pre = self.conjunction(operator.prevail.iter().copied().chain(of_effects))?;
        let mut is_set = BTreeSet::new();
        let (mut eff, mut when) = (Vec::new(), Vec::new());
        for effect in operator.effects.iter().rev().filter(|effect| !is_set_later(&mut is_set, effect)) {
            let fact = self.fact((effect.variable, effect.after));
            if effect.conditions.is_empty() {
                eff.push(fact);
            } else if let Some(pre) = self.conjunction(effect.conditions.iter().copied()) {
                when.push(FdrWhen { pre, eff: vec![fact], updates: Vec::new() });
            }
        }
        eff.sort_unstable();
        eff.retain(|fact| pre.binary_search(fact).is_err());
        when.reverse();
        let (action, args) = names.action(&operator.name);
        let cost = if self.uses_costs { operator.cost } else { 1 };
        let does_something = !eff.is_empty() || !when.is_empty();
        does_something.then(|| FdrOperator {
            action,
            args,
            cost,
            pre,
            eff,
            when: merged(when),
            updates: Vec::new(),
        })
    }

    fn axioms(&self) -> impl Iterator<Item = FdrAxiom> + '_ {
        self.axioms.iter().filter_map(|axiom| {
            let layer = self.variables[axiom.variable as usize].layer?;
            let body = self.conjunction(axiom.conditions.iter().copied())?;
            Some(FdrAxiom { head: self.fact((axiom.variable, axiom.after)), layer, body })
        })
    }

    fn group(&self, group: &[SasFact], variables: &[Vec<Option<AtomId>>]) -> Vec<AtomId> {
        let atom = |(variable, value): VarVal| variables[variable as usize][value as usize];
        let mut atoms: Vec<AtomId> = group.iter().filter_map(|&fact| atom(self.fact(fact))).collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }

    fn strips(
        &self,
        atoms: AtomTable,
        variables: &[Vec<Option<AtomId>>],
        numbers: Numbers,
        n_predicates: usize,
    ) -> Strips {
        let mut kinds = vec![Kind::Fluent; atoms.len()];
        let mut is_init = vec![false; atoms.len()];
        for (at, values) in variables.iter().enumerate() {
            if self.variables[at].layer.is_some() {
                values.iter().flatten().for_each(|&atom| kinds[atom as usize] = Kind::Derived);
            }
            let (_, first) = self.fact((at as u32, self.init[at]));
            values[first as usize].iter().for_each(|&atom| is_init[atom as usize] = true);
        }
        Strips {
            atoms,
            kinds,
            operators: Vec::new(),
            axioms: Vec::new(),
            numbers,
            comparison_atoms: Vec::new(),
            is_init,
            goal: Vec::new(),
            negative_goal: Vec::new(),
            unreachable: Vec::new(),
            has_rest: false,
            is_out_of_reach: Vec::new(),
            cost_unit: 1.0,
            n_predicates,
        }
    }
}

/// Whether a later effect overwrites this one in any case. Effects come last to first.
fn is_set_later(is_set: &mut BTreeSet<u32>, effect: &SasEffect) -> bool {
    if effect.conditions.is_empty() {
        !is_set.insert(effect.variable)
    } else {
        is_set.contains(&effect.variable)
    }
}

/// Effects that follow each other under the same condition become one.
fn merged(all: Vec<FdrWhen>) -> Vec<FdrWhen> {
    let mut merged: Vec<FdrWhen> = Vec::new();
    for when in all {
        match merged.last_mut() {
            Some(last) if last.pre == when.pre && last.eff.iter().all(|&(v, _)| v != when.eff[0].0) => {
                last.eff.extend(when.eff);
            }
            _ => merged.push(when),
        }
    }
    merged
}
