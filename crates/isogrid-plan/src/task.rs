//! A grounded task: finite-domain variables, packed states, operators, and the way back to PDDL's atoms.

use std::fmt;
use std::sync::Arc;

use isogrid_num::hash::FastMap;

use crate::dynamics::{Axioms, Comparison, Dynamics, HOLDS, Update, When};
use crate::error::PlanError;
use crate::ground::{AtomId, Fdr, FdrOperator, Keep, Kind, Linear, NumericUpdate, Sign, Strips, VarVal};
use crate::numbers::settle;
use crate::packing::{Packing, State};
use crate::pddl::{Domain, FunctionId, GroundAtom, Problem};
use crate::plan_file::PlanStep;
use crate::successors::Successors;
use crate::text::atom_text;

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

/// Rows of different length in one array.
pub(crate) struct Flat<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Flat<T> {
    fn default() -> Self {
        Flat { starts: vec![0], items: Vec::new() }
    }
}

impl<T> Flat<T> {
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.items.extend(row);
        self.starts.push(self.items.len() as u32);
    }

    /// Whether all rows are empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    #[inline]
    pub(crate) fn row(&self, at: u32) -> &[T] {
        &self.items[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }
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

/// What grounding hands over.
pub(crate) struct TaskParts {
    pub(crate) domain: Arc<Domain>,
    pub(crate) problem: Arc<Problem>,
    pub(crate) strips: Strips,
    pub(crate) fdr: Fdr,
    pub(crate) groups: Vec<Vec<AtomId>>,
    pub(crate) keep: Keep,
}

impl Task {
    pub(crate) fn new(parts: TaskParts) -> Result<Task, PlanError> {
        let TaskParts { domain, problem, strips, fdr, groups, keep } = parts;
        let sizes: Vec<u32> = fdr.variables.iter().map(|values| values.len() as u32).collect();
        let packing = Packing::new(&sizes);
        let mut first_fact = Vec::with_capacity(sizes.len() + 1);
        let mut n_facts = 0u32;
        for size in &sizes {
            first_fact.push(n_facts);
            n_facts = n_facts.checked_add(*size).ok_or(PlanError::TooLarge { what: "facts" })?;
        }
        first_fact.push(n_facts);
        if u32::try_from(fdr.operators.len()).is_err() {
            return Err(PlanError::TooLarge { what: "operators" });
        }
        let successors = Successors::new(&sizes, &fdr.operators);
        let mut operators = Operators::default();
        for operator in &fdr.operators {
            operators.action.push(operator.action);
            operators.cost.push(operator.cost);
            operators.args.push(operator.args.iter().copied());
            operators.pre.push(operator.pre.iter().copied());
            operators.eff.push(operator.eff.iter().copied());
            operators.changes.push(packing.changes(&operator.eff));
        }
        let (dynamics, functions) = dynamics(&strips, &fdr, &packing);
        let mut init = packing.pack_with(&initial_values(&strips, &fdr), &dynamics.start);
        dynamics.derive(&packing, init.words_mut());
        let unreachable = unreachable_goals(&domain, &problem, &strips, &fdr);
        let fact_atoms: Vec<Option<GroundAtom>> =
            fdr.variables.iter().flatten().map(|atom| strips.ground_atom((*atom)?)).collect();
        let place_of = places(&strips, &fdr);
        let groups_of = groups_of_atoms(&strips, &groups);
        Ok(Task {
            n_constant: place_of.values().filter(|(place, _)| *place == Place::Constant).count(),
            atom_ids: fdr.variables.iter().flatten().copied().collect(),
            cost_unit: strips.cost_unit,
            place_of,
            groups_of,
            static_predicates: static_predicates(&domain),
            fact_atoms,
            functions,
            keep,
            packing,
            successors,
            first_fact,
            init,
            goal: fdr.goal,
            operators,
            dynamics,
            unreachable,
            n_mutex_groups: groups.len(),
            domain,
            problem,
        })
    }

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

    /// A fact in PDDL, `not` where it says that all atoms of its variable are false.
    pub fn fact_text(&self, fact: FactId) -> String {
        match &self.fact_atoms[fact as usize] {
            Some(atom) => atom_text(&self.domain, &self.problem, atom),
            None => {
                let variable = self.first_fact.partition_point(|&first| first <= fact) - 1;
                if let Some(text) = self.made_up_text(variable as u32, fact) {
                    return text;
                }
                let facts = self.first_fact[variable]..fact;
                let atoms: Vec<String> = facts
                    .filter_map(|f| self.fact_atoms[f as usize].as_ref())
                    .map(|atom| format!("(not {})", atom_text(&self.domain, &self.problem, atom)))
                    .collect();
                atoms.join(" ")
            }
        }
    }

    /// A comparison of numbers, or a disjunction, that has a variable of its own.
    fn made_up_text(&self, variable: u32, fact: FactId) -> Option<String> {
        let text = match self.dynamics.comparisons.iter().find(|known| known.variable == variable) {
            Some(comparison) => {
                let name = |number: u32| self.function_text(&self.functions[number as usize]);
                comparison_text(comparison, &name)
            }
            None if self.fact_atoms[self.first_fact[variable as usize] as usize].is_none() => {
                "(or ...)".to_string()
            }
            None => return None,
        };
        let holds = fact == self.first_fact[variable as usize] + HOLDS;
        Some(if holds { text } else { format!("(not {text})") })
    }

    fn function_text(&self, function: &GroundFunction) -> String {
        let args = function.args.iter().map(|&arg| format!(" {}", self.problem.objects[arg].name));
        format!("({}{})", self.domain.functions[function.function].name, args.collect::<String>())
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
        let groups =
            |fact: FactId| self.atom_ids[fact as usize].map_or(&[][..], |atom| self.groups_of.row(atom));
        a != b && (variable(a) == variable(b) || groups(a).iter().any(|group| groups(b).contains(group)))
    }

    pub(crate) fn n_values(&self, variable: usize) -> u32 {
        self.first_fact[variable + 1] - self.first_fact[variable]
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

/// What happens beyond plain effects, and the functions of the numbers that it keeps.
fn dynamics(strips: &Strips, fdr: &Fdr, packing: &Packing) -> (Dynamics, Vec<GroundFunction>) {
    let mut numbers = Kept::default();
    let comparisons: Vec<Comparison> = fdr
        .comparisons
        .iter()
        .map(|(variable, compared)| Comparison {
            variable: *variable,
            form: numbers.form(&compared.form),
            sign: compared.sign,
        })
        .collect();
    let mut when = Flat::default();
    for operator in &fdr.operators {
        when.push(whens(operator, packing, &mut numbers));
    }
    let axioms = Axioms::new(&fdr.axioms);
    let functions = numbers.list.iter().map(|&number| {
        let (function, args) = strips.numbers.function(number);
        GroundFunction { function, args: args.iter().map(|&arg| arg as usize).collect() }
    });
    let dynamics = Dynamics {
        is_plain: when.is_empty() && comparisons.is_empty() && axioms.is_empty(),
        when,
        comparisons,
        axioms,
        first_number: packing.n_words(),
        start: numbers.list.iter().map(|&number| strips.numbers.start[number as usize]).collect(),
    };
    (dynamics, functions.collect())
}

fn whens(operator: &FdrOperator, packing: &Packing, numbers: &mut Kept) -> Vec<When> {
    let mut update = |update: &NumericUpdate| Update {
        number: numbers.place(update.variable),
        form: numbers.form(&update.form),
        is_assignment: update.is_assignment,
    };
    let mut found = Vec::new();
    if !operator.updates.is_empty() {
        let updates = operator.updates.iter().map(&mut update).collect();
        found.push(When { pre: Vec::new(), eff: Vec::new(), changes: Vec::new(), updates });
    }
    for when in &operator.when {
        found.push(When {
            pre: when.pre.clone(),
            eff: when.eff.clone(),
            changes: packing.changes(&when.eff),
            updates: when.updates.iter().map(&mut update).collect(),
        });
    }
    found
}

/// Numeric variables that a task keeps, in order of first use.
#[derive(Default)]
struct Kept {
    places: FastMap<u32, u32>,
    list: Vec<u32>,
}

impl Kept {
    fn place(&mut self, number: u32) -> u32 {
        let fresh = self.list.len() as u32;
        let place = *self.places.entry(number).or_insert(fresh);
        if place == fresh {
            self.list.push(number);
        }
        place
    }

    fn form(&mut self, form: &Linear) -> Linear {
        let mut terms: Vec<(u32, f64)> =
            form.terms.iter().map(|&(number, multiple)| (self.place(number), multiple)).collect();
        terms.sort_by_key(|&(number, _)| number);
        Linear { constant: form.constant, terms }
    }
}

fn comparison_text(comparison: &Comparison, name: &dyn Fn(u32) -> String) -> String {
    let mut terms: Vec<String> = comparison
        .form
        .terms
        .iter()
        .map(|&(number, multiple)| match multiple {
            1.0 => name(number),
            _ => format!("(* {multiple} {})", name(number)),
        })
        .collect();
    let sum = if terms.len() == 1 { terms.swap_remove(0) } else { format!("(+ {})", terms.join(" ")) };
    let relation = match comparison.sign {
        Sign::Positive => ">",
        Sign::NotNegative => ">=",
        Sign::Zero => "=",
    };
    format!("({relation} {sum} {})", 0.0 - comparison.form.constant)
}

fn initial_values(strips: &Strips, fdr: &Fdr) -> Vec<u32> {
    let value = |atoms: &Vec<Option<AtomId>>| {
        let is_true = |atom: &Option<AtomId>| atom.is_none_or(|atom| strips.is_init[atom as usize]);
        atoms.iter().position(is_true).unwrap_or(0) as u32
    };
    fdr.variables.iter().map(value).collect()
}

fn groups_of_atoms(strips: &Strips, groups: &[Vec<AtomId>]) -> Flat<u32> {
    let mut of_atom = vec![Vec::new(); strips.atoms.len()];
    for (at, group) in groups.iter().enumerate() {
        group.iter().for_each(|&atom| of_atom[atom as usize].push(at as u32));
    }
    let mut rows = Flat::default();
    of_atom.into_iter().for_each(|row| rows.push(row));
    rows
}

fn places(strips: &Strips, fdr: &Fdr) -> FastMap<GroundAtom, (Place, AtomId)> {
    let mut places: FastMap<GroundAtom, (Place, AtomId)> = FastMap::default();
    for atom in 0..strips.atoms.len() as AtomId {
        let place = match strips.kinds[atom as usize] {
            Kind::Fluent => Place::Irrelevant,
            Kind::Derived => Place::Derived(None),
            Kind::Static => Place::Static,
            Kind::AlwaysTrue => Place::Constant,
        };
        if let Some(ground) = strips.ground_atom(atom) {
            places.insert(ground, (place, atom));
        }
    }
    for (variable, values) in fdr.variables.iter().enumerate() {
        for (value, atom) in
            values.iter().enumerate().filter_map(|(value, atom)| atom.map(|atom| (value, atom)))
        {
            let fact = (variable as u32, value as u32);
            let place = match strips.kinds[atom as usize] {
                Kind::Derived => Place::Derived(Some(fact)),
                _ => Place::Fact(fact),
            };
            if let Some(ground) = strips.ground_atom(atom) {
                places.insert(ground, (place, atom));
            }
        }
    }
    places
}

pub(crate) fn static_predicates(domain: &Domain) -> Vec<bool> {
    let mut is_static = vec![true; domain.predicates.len()];
    let effects = domain.actions.iter().flat_map(|action| &action.effects);
    for literal in effects.filter_map(|effect| effect.literal()) {
        if let crate::pddl::Atom::Predicate(predicate, _) = literal.atom {
            is_static[predicate] = false;
        }
    }
    domain.axioms.iter().for_each(|axiom| is_static[axiom.predicate] = false);
    is_static
}

fn unreachable_goals(domain: &Domain, problem: &Problem, strips: &Strips, fdr: &Fdr) -> Vec<String> {
    let mut unreachable = strips.unreachable.clone();
    for &(a, b) in &fdr.exclusive_goals {
        let text = |atom| strips.ground_atom(atom).map(|atom| atom_text(domain, problem, &atom));
        if let (Some(a), Some(b)) = (text(a), text(b)) {
            unreachable.push(format!("{a} together with {b}"));
        }
    }
    unreachable
}
