//! A grounded task: finite-domain variables, packed states, operators, and the way back to PDDL's atoms.

mod build;
mod words;

use std::fmt;
use std::sync::Arc;

use isogrid_num::hash::FastMap;

use crate::dynamics::Dynamics;
use crate::flat::Flat;
use crate::ground::{AtomId, Keep, VarVal};
use crate::numbers::settle;
use crate::packing::{Packing, State};
use crate::pddl::{Domain, FunctionId, GroundAtom, Problem};
use crate::plan_file::PlanStep;
use crate::successors::Successors;

pub(crate) use build::{TaskParts, static_predicates};

/// Index of a ground operator.
pub type OperatorId = u32;
/// Index of a fact (`variable = value`), counted over all variables.
pub type FactId = u32;

/// A grounded planning task. Immutable; share it behind an [`Arc`].
pub struct Task {
    domain: Arc<Domain>,
    problem: Arc<Problem>,
    keep: Keep,
    pub(crate) packing: Packing,
    pub(crate) successors: Successors,
    /// First fact of each variable, and the number of facts at the end.
    pub(crate) first_fact: Vec<FactId>,
    pub(crate) init: State,
    /// Sorted by variable.
    pub(crate) goal: Vec<VarVal>,
    pub(crate) operators: Operators,
    pub(crate) dynamics: Dynamics,
    /// What one unit of cost is worth in the problem's own terms.
    cost_unit: f64,
    /// The atom of each fact; `None` where all atoms of the variable are false, and for atoms that are made up.
    fact_atoms: Vec<Option<GroundAtom>>,
    /// Ground functions of the numbers in a state.
    functions: Vec<GroundFunction>,
    place_of: FastMap<GroundAtom, (Place, AtomId)>,
    n_constant: usize,
    /// Mutex groups of each atom, also of atoms that are no facts.
    groups_of: Flat<u32>,
    /// The atom id of each fact.
    atom_ids: Vec<Option<AtomId>>,
    static_predicates: Vec<bool>,
    unreachable: Vec<String>,
    n_mutex_groups: usize,
}

/// A function applied to objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroundFunction {
    /// The function.
    pub function: FunctionId,
    /// Its arguments.
    pub args: Vec<usize>,
}

/// Where an atom that was seen while grounding went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is a fact.
    Fact(VarVal),
    /// Its predicate never changes; it is true.
    Static,
    /// Its predicate changes, but this atom is true in every reachable state.
    Constant,
    /// It changes, but cannot influence the goal.
    Irrelevant,
    /// Axioms derive it.
    Derived(Option<VarVal>),
}

/// Operators in flat arrays: operator `o` owns the slices between two offsets.
#[derive(Default)]
pub(crate) struct Operators {
    pub(crate) action: Vec<u32>,
    pub(crate) cost: Vec<u32>,
    args: Flat<u32>,
    pre: Flat<VarVal>,
    eff: Flat<VarVal>,
    /// Effects on packed words: clear, then set.
    changes: Flat<Change>,
}

/// One word of a packed state changed by an operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) word: u32,
    pub(crate) keep: u64,
    pub(crate) set: u64,
}

impl Operators {
    pub(crate) fn len(&self) -> usize {
        self.cost.len()
    }

    pub(crate) fn args(&self, operator: OperatorId) -> &[u32] {
        self.args.row(operator)
    }

    #[inline]
    pub(crate) fn pre(&self, operator: OperatorId) -> &[VarVal] {
        self.pre.row(operator)
    }

    #[inline]
    pub(crate) fn eff(&self, operator: OperatorId) -> &[VarVal] {
        self.eff.row(operator)
    }

    #[inline]
    pub(crate) fn changes(&self, operator: OperatorId) -> &[Change] {
        self.changes.row(operator)
    }
}

impl Task {
    /// The domain it was grounded from.
    pub fn domain(&self) -> &Arc<Domain> {
        &self.domain
    }

    /// The problem it was grounded from.
    pub fn problem(&self) -> &Arc<Problem> {
        &self.problem
    }

    /// What grounding kept.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// Number of variables.
    pub fn n_variables(&self) -> usize {
        self.first_fact.len() - 1
    }

    /// Number of facts over all variables.
    pub fn n_facts(&self) -> usize {
        self.fact_atoms.len()
    }

    /// Number of ground operators.
    pub fn n_operators(&self) -> usize {
        self.operators.len()
    }

    /// Number of mutex groups that were proved.
    pub fn n_mutex_groups(&self) -> usize {
        self.n_mutex_groups
    }

    /// The mutex groups that were proved: of each, at most one atom holds in every reachable state. Sorted.
    pub(crate) fn mutex_groups(&self) -> Vec<Vec<&GroundAtom>> {
        let mut groups = vec![Vec::new(); self.n_mutex_groups];
        for (atom, &(_, id)) in &self.place_of {
            self.groups_of.row(id).iter().for_each(|&group| groups[group as usize].push(atom));
        }
        groups.iter_mut().for_each(|group: &mut Vec<&GroundAtom>| group.sort_unstable());
        groups
    }

    /// Bytes of one packed state.
    pub fn state_bytes(&self) -> usize {
        self.n_words() * 8
    }

    /// Words of one packed state.
    pub(crate) fn n_words(&self) -> usize {
        self.packing.n_words() + self.functions.len()
    }

    /// What one unit of cost is worth in the problem's own terms: one, or less where costs have decimals.
    pub fn cost_unit(&self) -> f64 {
        self.cost_unit
    }

    /// Whether every effect is plain: no condition, no number, no axiom.
    pub fn is_plain(&self) -> bool {
        self.dynamics.is_plain
    }

    /// The functions whose values a state holds, in the order of [`Task::numbers`].
    pub fn functions(&self) -> &[GroundFunction] {
        &self.functions
    }

    /// The numbers in a state; not a number where one is undefined.
    pub fn numbers(&self, state: &State) -> Vec<f64> {
        (0..self.functions.len()).map(|at| self.dynamics.number(state.words(), at as u32)).collect()
    }

    /// Goal conditions proved unreachable while grounding, in PDDL. Not empty means unsolvable.
    pub fn unreachable_goals(&self) -> &[String] {
        &self.unreachable
    }

    /// The initial state.
    pub fn init(&self) -> &State {
        &self.init
    }

    /// Whether the goal holds in `state`.
    pub fn is_goal(&self, state: &State) -> bool {
        self.unreachable.is_empty() && self.holds(&self.goal, state.words())
    }

    /// Operators applicable in `state`, in ascending order.
    pub fn applicable(&self, state: &State) -> Vec<OperatorId> {
        let mut operators = Vec::new();
        self.successors.applicable(&self.packing, state.words(), &mut operators);
        operators.sort_unstable();
        operators
    }

    /// The state after `operator`, or `None` where it does not apply.
    pub fn apply(&self, state: &State, operator: OperatorId) -> Option<State> {
        if operator as usize >= self.operators.len()
            || !self.holds(self.operators.pre(operator), state.words())
        {
            return None;
        }
        let mut next = state.clone();
        self.succeed(operator, state.words(), next.words_mut());
        Some(next)
    }

    /// Turns a copy of `before` into the successor by an applicable operator.
    #[inline]
    pub(crate) fn succeed(&self, operator: OperatorId, before: &[u64], next: &mut [u64]) {
        apply(self.operators.changes(operator), next);
        if !self.dynamics.is_plain {
            self.dynamics.complete(&self.packing, operator, before, next);
        }
    }

    /// The cost of an operator.
    pub fn cost(&self, operator: OperatorId) -> u32 {
        self.operators.cost[operator as usize]
    }

    /// The sum of some operators' costs.
    pub(crate) fn plan_cost(&self, plan: &[OperatorId]) -> u64 {
        plan.iter().map(|&operator| u64::from(self.cost(operator))).sum()
    }

    /// The action schema and objects of an operator.
    pub fn ground_action(&self, operator: OperatorId) -> (usize, Vec<usize>) {
        let args = self.operators.args(operator).iter().map(|&object| object as usize).collect();
        (self.operators.action[operator as usize] as usize, args)
    }

    /// The operator in PDDL's words.
    pub fn step(&self, operator: OperatorId) -> PlanStep {
        let (action, args) = self.ground_action(operator);
        PlanStep {
            action: self.domain.actions[action].name.clone(),
            args: args.iter().map(|&object| self.problem.objects[object].name.clone()).collect(),
        }
    }

    /// The fluent atoms true in `state` that the task kept; derived ones are not among them.
    pub fn atoms(&self, state: &State) -> Vec<GroundAtom> {
        (0..self.n_variables())
            .filter(|&variable| self.dynamics.axioms.variables.binary_search(&(variable as u32)).is_err())
            .filter_map(|variable| {
                let value = self.packing.get(state.words(), variable);
                self.fact_atoms[(self.first_fact[variable] + value) as usize].clone()
            })
            .collect()
    }

    /// The state in which exactly `atoms` are true, if this task can express it: every atom was reachable, none
    /// that never changes is missing, and no mutex group is violated. Atoms of static predicates may be left out;
    /// derived atoms and those that cannot influence the goal are ignored. `numbers` are functions with other values than
    /// at first; values of functions that the task does not keep are ignored.
    pub fn state_of(&self, atoms: &[GroundAtom], numbers: &[(GroundFunction, f64)]) -> Option<State> {
        let mut values: Vec<Option<u32>> = vec![None; self.n_variables()];
        let mut n_constant = 0;
        let mut ids = Vec::with_capacity(atoms.len());
        for atom in atoms {
            let (place, id) = *self.place_of.get(atom)?;
            if ids.contains(&id) {
                continue;
            }
            ids.push(id);
            match place {
                Place::Fact((variable, value)) => values[variable as usize] = Some(value),
                Place::Constant => n_constant += 1,
                Place::Static | Place::Irrelevant | Place::Derived(_) => {}
            }
        }
        let mut groups: Vec<u32> = ids.iter().flat_map(|&id| self.groups_of.row(id)).copied().collect();
        groups.sort_unstable();
        if n_constant != self.n_constant || groups.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let value = |(variable, value): (usize, &Option<u32>)| value.or_else(|| self.none_value(variable));
        let packed: Option<Vec<u32>> = values.iter().enumerate().map(value).collect();
        let mut all = self.dynamics.start.clone();
        for (function, number) in numbers {
            if let Some(at) = self.functions.iter().position(|known| known == function) {
                all[at] = settle(*number);
            }
        }
        let mut state = self.packing.pack_with(&packed?, &all);
        self.dynamics.derive(&self.packing, state.words_mut());
        Some(state)
    }

    /// What became of an atom; `None` when it was never reachable.
    pub(crate) fn place(&self, atom: &GroundAtom) -> Option<Place> {
        self.place_of.get(atom).map(|(place, _)| *place)
    }

    /// Whether no effect mentions the predicate.
    pub fn is_static(&self, predicate: usize) -> bool {
        self.static_predicates[predicate]
    }

    /// The value of `variable` that says that all its atoms are false.
    pub(crate) fn none_value(&self, variable: usize) -> Option<u32> {
        let last = self.first_fact[variable + 1] - 1;
        self.fact_atoms[last as usize].is_none().then(|| last - self.first_fact[variable])
    }

    /// Whether two different facts are proved never to be true together.
    pub(crate) fn are_mutex(&self, a: FactId, b: FactId) -> bool {
        let variable = |fact: FactId| self.first_fact.partition_point(|&first| first <= fact);
        let (of_a, of_b) = (self.fact_groups(a), self.fact_groups(b));
        a != b && (variable(a) == variable(b) || of_a.iter().any(|group| of_b.contains(group)))
    }

    pub(crate) fn n_values(&self, variable: usize) -> u32 {
        self.first_fact[variable + 1] - self.first_fact[variable]
    }

    /// The facts of a state, one for each variable.
    pub(crate) fn facts_of(&self, words: &[u64], facts: &mut Vec<FactId>) {
        facts.clear();
        facts.extend(
            (0..self.n_variables())
                .map(|variable| self.first_fact[variable] + self.packing.get(words, variable)),
        );
    }

    /// Those of a successor's facts that the operator may have made true.
    pub(crate) fn changed_by(&self, operator: OperatorId, facts: &[FactId], changed: &mut Vec<FactId>) {
        changed.clear();
        if self.is_plain() {
            changed.extend(self.operators.eff(operator).iter().map(|&effect| self.fact(effect)));
        } else {
            changed.extend_from_slice(facts);
        }
    }

    /// The atom of a fact, where it has one.
    pub(crate) fn fact_atom(&self, fact: FactId) -> Option<&GroundAtom> {
        self.fact_atoms[fact as usize].as_ref()
    }

    /// The mutex groups of a fact.
    pub(crate) fn fact_groups(&self, fact: FactId) -> &[u32] {
        self.atom_ids[fact as usize].map_or(&[][..], |atom| self.groups_of.row(atom))
    }

    /// The predicate of a fact's atom, where it has one.
    pub(crate) fn predicate_of(&self, fact: FactId) -> Option<usize> {
        self.fact_atom(fact).map(|atom| atom.predicate)
    }

    #[inline]
    pub(crate) fn fact(&self, (variable, value): VarVal) -> FactId {
        self.first_fact[variable as usize] + value
    }

    #[inline]
    pub(crate) fn holds(&self, facts: &[VarVal], words: &[u64]) -> bool {
        facts.iter().all(|&(variable, value)| self.packing.get(words, variable as usize) == value)
    }
}

/// Applies packed changes.
#[inline]
pub(crate) fn apply(changes: &[Change], words: &mut [u64]) {
    for change in changes {
        let word = &mut words[change.word as usize];
        *word = *word & change.keep | change.set;
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("problem", &self.problem.name)
            .field("variables", &self.n_variables())
            .field("operators", &self.n_operators())
            .finish_non_exhaustive()
    }
}
