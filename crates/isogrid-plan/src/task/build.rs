//! From what grounding found to a task: packed states, operators in flat arrays, the way back to atoms.

use std::sync::Arc;

use isogrid_num::hash::FastMap;

use crate::dynamics::{Axioms, Comparison, Dynamics, Update, When};
use crate::error::PlanError;
use crate::flat::Flat;
use crate::ground::{
    AtomId, Fdr, FdrOperator, Keep, Kind, Linear, NumericUpdate, Pace, Strips, unless_stopped,
};
use crate::packing::Packing;
use crate::pddl::{Domain, GroundAtom, Problem};
use crate::successors::Successors;
use crate::task::{GroundFunction, Operators, Place, Task};
use crate::text::atom_text;

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
    /// # Errors
    /// Too many facts or operators; [`PlanError::Stopped`] when the pass is ended.
    pub(crate) fn new(pace: &Pace<'_>, parts: TaskParts) -> Result<Task, PlanError> {
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
        let successors = Successors::new(pace, &sizes, &fdr.operators);
        unless_stopped(pace.end())?;
        let mut operators = Operators::default();
        for operator in pace.over(&fdr.operators) {
            operators.action.push(operator.action);
            operators.cost.push(operator.cost);
            operators.args.push(operator.args.iter().copied());
            operators.pre.push(operator.pre.iter().copied());
            operators.eff.push(operator.eff.iter().copied());
            operators.changes.push(packing.changes(&operator.eff));
        }
        let (dynamics, functions) = dynamics(pace, &strips, &fdr, &packing);
        unless_stopped(pace.end())?;
        let mut init = packing.pack_with(&initial_values(&strips, &fdr), &dynamics.start);
        dynamics.derive(&packing, init.words_mut());
        let unreachable = unreachable_goals(&domain, &problem, &strips, &fdr);
        let atoms = pace.over(fdr.variables.iter().flatten());
        let fact_atoms: Vec<Option<GroundAtom>> = atoms.map(|atom| strips.ground_atom((*atom)?)).collect();
        let place_of = places(pace, &domain, &strips, &fdr);
        let groups_of = groups_of_atoms(&strips, &groups);
        unless_stopped(pace.end())?;
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
}

/// What happens beyond plain effects, and the functions of the numbers that it keeps.
fn dynamics(
    pace: &Pace<'_>,
    strips: &Strips,
    fdr: &Fdr,
    packing: &Packing,
) -> (Dynamics, Vec<GroundFunction>) {
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
    for operator in pace.over(&fdr.operators) {
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

fn places(
    pace: &Pace<'_>,
    domain: &Domain,
    strips: &Strips,
    fdr: &Fdr,
) -> FastMap<GroundAtom, (Place, AtomId)> {
    let mut places: FastMap<GroundAtom, (Place, AtomId)> = FastMap::default();
    // A state with an atom that was out of reach cannot be expressed: operators that need it are not there.
    let ground_atom = |atom: AtomId| match strips.kinds[atom as usize] {
        Kind::Fluent if strips.is_out_of_reach.get(atom as usize) == Some(&true) => None,
        _ => strips.ground_atom(atom),
    };
    let mut is_derived = vec![false; strips.n_predicates];
    domain.axioms.iter().for_each(|axiom| is_derived[axiom.predicate] = true);
    for atom in pace.over(0..strips.atoms.len() as AtomId) {
        let place = match strips.kinds[atom as usize] {
            Kind::Fluent => Place::Irrelevant,
            Kind::Derived => Place::Derived(None),
            Kind::Static => Place::Static,
            // States do not list what is derived.
            Kind::AlwaysTrue if is_derived.get(strips.atoms.predicate(atom)) == Some(&true) => Place::Static,
            Kind::AlwaysTrue => Place::Constant,
        };
        if let Some(ground) = ground_atom(atom) {
            places.insert(ground, (place, atom));
        }
    }
    for (variable, values) in pace.over(fdr.variables.iter().enumerate()) {
        for (value, atom) in
            values.iter().enumerate().filter_map(|(value, atom)| atom.map(|atom| (value, atom)))
        {
            let fact = (variable as u32, value as u32);
            let place = match strips.kinds[atom as usize] {
                Kind::Derived => Place::Derived(Some(fact)),
                _ => Place::Fact(fact),
            };
            if let Some(ground) = ground_atom(atom) {
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
