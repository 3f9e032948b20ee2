//! From atoms to finite-domain variables: a greedy cover of the atoms by mutex groups.
//!
//! An atom that is needed false, or deleted without being known true, gets a variable of its own unless a mutex
//! settles the question; so effects stay unconditional where they are.

use std::collections::BTreeMap;

use crate::ground::atoms::AtomId;
use crate::ground::conjunctions::Conjunction;
use crate::ground::numbers::Compared;
use crate::ground::pace::Pace;
use crate::ground::strips::{NumericUpdate, Strip, Strips, When};

/// A variable and the value it takes: `(variable, value)`.
pub(crate) type VarVal = (u32, u32);

/// An operator over variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FdrOperator {
    pub(crate) action: u32,
    pub(crate) args: Vec<u32>,
    pub(crate) cost: u32,
    /// Sorted by variable.
    pub(crate) pre: Vec<VarVal>,
    /// Sorted by variable; never a value that `pre` already has.
    pub(crate) eff: Vec<VarVal>,
    /// In the order in which they are made, on top of `eff`: those that undo first, so that adding wins.
    pub(crate) when: Vec<FdrWhen>,
    pub(crate) updates: Vec<NumericUpdate>,
}

/// Changes made where more than the precondition holds in the state before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FdrWhen {
    /// Sorted by variable.
    pub(crate) pre: Vec<VarVal>,
    pub(crate) eff: Vec<VarVal>,
    pub(crate) updates: Vec<NumericUpdate>,
}

/// `head` holds where `body` does; otherwise its variable has its other value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FdrAxiom {
    pub(crate) head: VarVal,
    pub(crate) layer: u32,
    /// Sorted by variable.
    pub(crate) body: Vec<VarVal>,
}

/// The task over variables.
pub(crate) struct Fdr {
    /// Per variable, per value: the atom that is true, or `None` when all atoms of the variable are false.
    pub(crate) variables: Vec<Vec<Option<AtomId>>>,
    pub(crate) operators: Vec<FdrOperator>,
    pub(crate) goal: Vec<VarVal>,
    /// In the order of their layers.
    pub(crate) axioms: Vec<FdrAxiom>,
    /// The variable of each comparison of numbers.
    pub(crate) comparisons: Vec<(u32, Compared)>,
    /// Pairs of goal atoms that exclude each other.
    pub(crate) exclusive_goals: Vec<(AtomId, AtomId)>,
}

/// Builds variables from mutex groups.
pub(crate) fn build(pace: &Pace<'_>, strips: &Strips, groups: &[Vec<AtomId>]) -> Fdr {
    let mutex = Mutexes::new(strips, groups);
    let operators: Vec<Strip> = pace.over(&strips.operators).filter_map(|o| mutex.settle(o)).collect();
    let negative_goal: Vec<AtomId> =
        strips.negative_goal.iter().copied().filter(|&atom| !mutex.excluded(atom, &strips.goal)).collect();
    let mut alone = vec![false; strips.atoms.len()];
    let of_axioms = strips.axioms.iter().flat_map(|axiom| &axiom.body.negative);
    let of_effects = operators.iter().flat_map(|o| &o.when).flat_map(|when| &when.negative);
    let of_operators = operators.iter().flat_map(|o| &o.negative);
    for &atom in of_operators.chain(of_effects).chain(of_axioms).chain(&negative_goal) {
        alone[atom as usize] = true;
    }
    loop {
        let cover = Cover::choose(strips, groups, &alone);
        let conflicts = cover.conflicts(pace, &operators);
        if conflicts.is_empty() {
            return cover.translate(pace, strips, &operators, (&negative_goal, &mutex));
        }
        conflicts.into_iter().for_each(|atom| alone[atom as usize] = true);
    }
}

/// Which groups each atom is in.
struct Mutexes {
    groups_of: Vec<Vec<u32>>,
}

impl Mutexes {
    fn new(strips: &Strips, groups: &[Vec<AtomId>]) -> Mutexes {
        let mut groups_of = vec![Vec::new(); strips.atoms.len()];
        for (at, group) in groups.iter().enumerate() {
            group.iter().for_each(|&atom| groups_of[atom as usize].push(at as u32));
        }
        Mutexes { groups_of }
    }

    fn are_mutex(&self, a: AtomId, b: AtomId) -> bool {
        a != b && self.groups_of[a as usize].iter().any(|group| self.groups_of[b as usize].contains(group))
    }

    /// Whether `atom` cannot be true together with all of `others`.
    fn excluded(&self, atom: AtomId, others: &[AtomId]) -> bool {
        others.iter().any(|&other| self.are_mutex(atom, other))
    }

    /// Drops conditions and deletes that a mutex makes redundant; `None` when the action can never apply.
    fn settle(&self, operator: &Strip) -> Option<Strip> {
        let pre = &operator.pre;
        if pre.iter().enumerate().any(|(i, &atom)| self.excluded(atom, &pre[i + 1..])) {
            return None;
        }
        let mut settled = operator.clone();
        settled.negative.retain(|&atom| !self.excluded(atom, pre));
        settled.delete.retain(|&atom| !self.excluded(atom, pre));
        settled.when.retain_mut(|when| self.settle_when(pre, when));
        Some(settled)
    }

    /// The same for a conditional effect; false when its condition never holds with the action's.
    fn settle_when(&self, pre: &[AtomId], when: &mut When) -> bool {
        let all: Vec<AtomId> = pre.iter().chain(&when.pre).copied().collect();
        when.negative.retain(|&atom| !self.excluded(atom, &all));
        when.delete.retain(|&atom| !self.excluded(atom, &all));
        when.pre.iter().all(|&atom| !self.excluded(atom, &all))
    }
}

/// The chosen variables.
struct Cover {
    variables: Vec<Vec<AtomId>>,
    /// Variable and value of every fluent atom.
    place: Vec<Option<VarVal>>,
    alone: Vec<bool>,
}

impl Cover {
    /// Largest remaining group first; what no group covers becomes a variable of one atom.
    fn choose(strips: &Strips, groups: &[Vec<AtomId>], alone: &[bool]) -> Cover {
        let mut rest: Vec<Vec<AtomId>> = groups
            .iter()
            .map(|g| g.iter().copied().filter(|&atom| !alone[atom as usize]).collect())
            .collect();
        let mut cover =
            Cover { variables: Vec::new(), place: vec![None; strips.atoms.len()], alone: alone.to_vec() };
        let mut by_size: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, group) in rest.iter().enumerate().rev() {
            by_size.entry(group.len()).or_default().push(at);
        }
        while let Some((size, at)) = pop_largest(&mut by_size) {
            if size < 2 {
                break;
            }
            rest[at].retain(|&atom| cover.place[atom as usize].is_none());
            if rest[at].len() == size {
                cover.push(rest[at].clone());
            } else {
                by_size.entry(rest[at].len()).or_default().push(at);
            }
        }
        for atom in 0..strips.atoms.len() as AtomId {
            if strips.is_changing(atom) && cover.place[atom as usize].is_none() {
                cover.push(vec![atom]);
            }
        }
        cover
    }

    fn push(&mut self, atoms: Vec<AtomId>) {
        for (value, &atom) in atoms.iter().enumerate() {
            self.place[atom as usize] = Some((self.variables.len() as u32, value as u32));
        }
        self.variables.push(atoms);
    }

    fn variable(&self, atom: AtomId) -> Option<u32> {
        self.place[atom as usize].map(|(variable, _)| variable)
    }

    /// Atoms whose delete would depend on whether they are true.
    fn conflicts(&self, pace: &Pace<'_>, operators: &[Strip]) -> Vec<AtomId> {
        let mut conflicts = Vec::new();
        for operator in pace.over(operators) {
            for &atom in operator.delete.iter().filter(|atom| !operator.pre.contains(atom)) {
                let is_single = self.variable(atom).is_some_and(|v| self.variables[v as usize].len() == 1);
                let settled = operator.add.iter().any(|&add| self.variable(add) == self.variable(atom));
                if !is_single && !settled && !self.alone[atom as usize] {
                    conflicts.push(atom);
                }
            }
        }
        conflicts
    }

    fn translate(
        mut self,
        pace: &Pace<'_>,
        strips: &Strips,
        operators: &[Strip],
        (negative_goal, mutex): (&[AtomId], &Mutexes),
    ) -> Fdr {
        let operators: Vec<FdrOperator> = pace.over(operators).filter_map(|o| self.operator(o)).collect();
        let mut has_none = vec![false; self.variables.len()];
        for (variable, atoms) in self.variables.iter().enumerate() {
            has_none[variable] = atoms.len() == 1 || !atoms.iter().any(|&atom| strips.is_init[atom as usize]);
        }
        let of_effects = operators.iter().flat_map(|o| &o.when).flat_map(|when| &when.eff);
        for &(variable, value) in operators.iter().flat_map(|o| &o.eff).chain(of_effects) {
            has_none[variable as usize] |= value as usize == self.variables[variable as usize].len();
        }
        let mut goal: Vec<VarVal> =
            strips.goal.iter().filter_map(|&atom| self.place[atom as usize]).collect();
        goal.extend(negative_goal.iter().filter_map(|&atom| self.none_of(atom)));
        goal.sort_unstable();
        goal.dedup();
        let exclusive_goals = exclusive(&strips.goal, mutex);
        let axioms = strips.axioms.iter().filter_map(|axiom| {
            let (head, body) = (self.place[axiom.head as usize]?, self.facts(&axiom.body)?);
            Some(FdrAxiom { head, layer: axiom.layer, body })
        });
        let axioms = axioms.collect();
        let compared = strips.numbers.comparisons.iter().zip(&strips.comparison_atoms);
        let comparisons =
            compared.filter_map(|(compared, &atom)| Some((self.variable(atom)?, compared.clone()))).collect();
        let variables = std::mem::take(&mut self.variables)
            .into_iter()
            .zip(has_none)
            .map(|(atoms, none)| atoms.into_iter().map(Some).chain(none.then_some(None)).collect())
            .collect();
        Fdr { variables, operators, goal, axioms, comparisons, exclusive_goals }
    }

    /// The value that means that all atoms of this atom's variable are false.
    fn none_of(&self, atom: AtomId) -> Option<VarVal> {
        self.variable(atom).map(|v| (v, self.variables[v as usize].len() as u32))
    }

    /// A conjunction as facts; `None` where they exclude each other.
    fn facts(&self, Conjunction { pre, negative }: &Conjunction) -> Option<Vec<VarVal>> {
        let mut facts: Vec<VarVal> = pre.iter().filter_map(|&atom| self.place[atom as usize]).collect();
        facts.extend(negative.iter().filter_map(|&atom| self.none_of(atom)));
        facts.sort_unstable();
        facts.dedup();
        (!facts.windows(2).any(|pair| pair[0].0 == pair[1].0)).then_some(facts)
    }

    fn operator(&self, operator: &Strip) -> Option<FdrOperator> {
        let (pre, negative) = (operator.pre.clone(), operator.negative.clone());
        let pre = self.facts(&Conjunction { pre, negative })?;
        let mut eff: Vec<VarVal> =
            operator.add.iter().filter_map(|&atom| self.place[atom as usize]).collect();
        for &atom in &operator.delete {
            let variable = self.variable(atom)?;
            if !eff.iter().any(|&(other, _)| other == variable) {
                eff.extend(self.none_of(atom));
            }
        }
        eff.sort_unstable();
        eff.dedup();
        let when = self.when(operator, &eff);
        eff.retain(|effect| pre.binary_search(effect).is_err());
        let changes_nothing = eff.is_empty() && when.is_empty() && operator.updates.is_empty();
        if changes_nothing || eff.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return None;
        }
        Some(FdrOperator {
            action: operator.action,
            args: operator.args.clone(),
            cost: operator.cost,
            pre,
            eff,
            when,
            updates: operator.updates.clone(),
        })
    }

    /// Conditional deletes, each of an atom that holds, then the rest.
    fn when(&self, operator: &Strip, eff: &[VarVal]) -> Vec<FdrWhen> {
        let mut found = Vec::new();
        for when in &operator.when {
            for &atom in &when.delete {
                // A variable that is set anyway loses its old value without this.
                let is_set = |variable: u32| eff.iter().any(|&(other, _)| other == variable);
                let Some(none) = self.none_of(atom).filter(|&(variable, _)| !is_set(variable)) else {
                    continue;
                };
                let (mut pre, negative) = (when.pre.clone(), when.negative.clone());
                pre.push(atom);
                let pre = self.facts(&Conjunction { pre, negative });
                found.extend(pre.map(|pre| FdrWhen { pre, eff: vec![none], updates: Vec::new() }));
            }
        }
        for when in &operator.when {
            let (pre, negative) = (when.pre.clone(), when.negative.clone());
            let Some(pre) = self.facts(&Conjunction { pre, negative }) else { continue };
            let eff: Vec<VarVal> = when.add.iter().filter_map(|&atom| self.place[atom as usize]).collect();
            if !eff.is_empty() || !when.updates.is_empty() {
                found.push(FdrWhen { pre, eff, updates: when.updates.clone() });
            }
        }
        found
    }
}

fn pop_largest(by_size: &mut BTreeMap<usize, Vec<usize>>) -> Option<(usize, usize)> {
    loop {
        let mut entry = by_size.last_entry()?;
        let size = *entry.key();
        match entry.get_mut().pop() {
            Some(at) => return Some((size, at)),
            None => {
                entry.remove();
            }
        }
    }
}

fn exclusive(goal: &[AtomId], mutex: &Mutexes) -> Vec<(AtomId, AtomId)> {
    let mut pairs = Vec::new();
    for (i, &a) in goal.iter().enumerate() {
        pairs.extend(goal[i + 1..].iter().filter(|&&b| mutex.are_mutex(a, b)).map(|&b| (a, b)));
    }
    pairs
}
