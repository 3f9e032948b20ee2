//! The slow, literal planner: the oracle that the fast one is tested against.
//!
//! Definitions straight from PDDL: states are sets of ground atoms, actions are tried with every assignment of
//! objects, and breadth-first search by cost finds an optimal plan. Exponential in everything; for small tasks.

use std::collections::{BTreeMap, BTreeSet};

use crate::pddl::{Action, Atom, CostTerm, Domain, GroundAtom, Literal, Problem, Term};

/// A state as PDDL sees it.
pub type AtomSet = BTreeSet<GroundAtom>;

/// A ground action: schema and objects.
pub type GroundAction = (usize, Vec<usize>);

/// Every action applicable in `state`, with its successor and cost, in order of schema and objects.
pub fn successors(domain: &Domain, problem: &Problem, state: &AtomSet) -> Vec<(GroundAction, AtomSet, u64)> {
    let mut found = Vec::new();
    for (at, action) in domain.actions.iter().enumerate() {
        let mut args = Vec::new();
        for_each_assignment(domain, problem, action, &mut args, &mut |args| {
            if action.precondition.iter().all(|literal| holds(literal, args, state)) {
                let next = apply(action, args, state);
                found.push(((at, args.to_vec()), next, cost(action, args, problem)));
            }
        });
    }
    found
}

/// Whether the problem's goal holds.
pub fn is_goal(problem: &Problem, state: &AtomSet) -> bool {
    problem.goal.iter().all(|literal| holds(literal, &[], state))
}

/// The initial state.
pub fn init(problem: &Problem) -> AtomSet {
    problem.init.iter().cloned().collect()
}

/// A cheapest plan with its cost by uniform-cost search, or `None` when the reachable states hold no goal.
///
/// # Panics
/// If more than `max_states` states are seen: the task is too large for an oracle.
pub fn optimal_plan(
    domain: &Domain,
    problem: &Problem,
    max_states: usize,
) -> Option<(u64, Vec<GroundAction>)> {
    let start = init(problem);
    let mut best: BTreeMap<AtomSet, (u64, Option<(AtomSet, GroundAction)>)> = BTreeMap::new();
    let mut open: BTreeSet<(u64, AtomSet)> = BTreeSet::new();
    best.insert(start.clone(), (0, None));
    open.insert((0, start));
    while let Some((reached, state)) = open.pop_first() {
        if is_goal(problem, &state) {
            return Some((reached, walk_back(&best, state)));
        }
        for (action, next, cost) in successors(domain, problem, &state) {
            let total = reached + cost;
            let known = best.get(&next).map(|(cost, _)| *cost);
            if known.is_none_or(|known| total < known) {
                if let Some(known) = known {
                    open.remove(&(known, next.clone()));
                }
                open.insert((total, next.clone()));
                best.insert(next, (total, Some((state.clone(), action))));
                assert!(
                    best.len() <= max_states,
                    "more than {max_states} states are too many for the oracle"
                );
            }
        }
    }
    None
}

/// All atoms and applicable actions reachable when deletes, and negations of fluent atoms, are ignored.
pub fn relaxed_reachable(domain: &Domain, problem: &Problem) -> (AtomSet, BTreeSet<GroundAction>) {
    let is_fluent = |literal: &Literal| match &literal.atom {
        Atom::Predicate(predicate, _) => domain
            .actions
            .iter()
            .flat_map(|action| &action.effects)
            .any(|effect| matches!(&effect.atom, Atom::Predicate(other, _) if other == predicate)),
        Atom::Equal(..) => false,
    };
    let mut atoms = init(problem);
    let mut actions = BTreeSet::new();
    loop {
        let before = (atoms.len(), actions.len());
        let reached = atoms.clone();
        for (at, action) in domain.actions.iter().enumerate() {
            let mut args = Vec::new();
            for_each_assignment(domain, problem, action, &mut args, &mut |args| {
                let relaxed = |literal: &Literal| literal.negated && is_fluent(literal);
                if action
                    .precondition
                    .iter()
                    .all(|literal| relaxed(literal) || holds(literal, args, &reached))
                {
                    actions.insert((at, args.to_vec()));
                    let adds = action.effects.iter().filter(|effect| !effect.negated);
                    atoms.extend(adds.filter_map(|effect| ground(&effect.atom, args)));
                }
            });
        }
        if before == (atoms.len(), actions.len()) {
            return (atoms, actions);
        }
    }
}

fn walk_back(
    best: &BTreeMap<AtomSet, (u64, Option<(AtomSet, GroundAction)>)>,
    mut state: AtomSet,
) -> Vec<GroundAction> {
    let mut plan = Vec::new();
    while let Some((_, Some((parent, action)))) = best.get(&state) {
        plan.push(action.clone());
        state = parent.clone();
    }
    plan.reverse();
    plan
}

fn for_each_assignment(
    domain: &Domain,
    problem: &Problem,
    action: &Action,
    args: &mut Vec<usize>,
    visit: &mut dyn FnMut(&[usize]),
) {
    let Some(param) = action.params.get(args.len()) else {
        visit(args);
        return;
    };
    for (at, object) in problem.objects.iter().enumerate() {
        if domain.admits(object, param) {
            args.push(at);
            for_each_assignment(domain, problem, action, args, visit);
            args.pop();
        }
    }
}

fn resolve(term: Term, args: &[usize]) -> usize {
    match term {
        Term::Param(param) => args[param],
        Term::Object(object) => object,
    }
}

fn ground(atom: &Atom, args: &[usize]) -> Option<GroundAtom> {
    match atom {
        Atom::Predicate(predicate, terms) => {
            let args = terms.iter().map(|&term| resolve(term, args)).collect();
            Some(GroundAtom { predicate: *predicate, args })
        }
        Atom::Equal(..) => None,
    }
}

fn holds(literal: &Literal, args: &[usize], state: &AtomSet) -> bool {
    let is_true = match &literal.atom {
        Atom::Equal(a, b) => resolve(*a, args) == resolve(*b, args),
        atom => ground(atom, args).is_some_and(|atom| state.contains(&atom)),
    };
    is_true != literal.negated
}

fn apply(action: &Action, args: &[usize], state: &AtomSet) -> AtomSet {
    let mut next = state.clone();
    for effect in action.effects.iter().filter(|effect| effect.negated) {
        ground(&effect.atom, args).iter().for_each(|atom| {
            next.remove(atom);
        });
    }
    next.extend(action.effects.iter().filter(|effect| !effect.negated).filter_map(|e| ground(&e.atom, args)));
    next
}

fn cost(action: &Action, args: &[usize], problem: &Problem) -> u64 {
    if !problem.minimize_total_cost {
        return 1;
    }
    let part = |term: &CostTerm| match term {
        CostTerm::Number(number) => u64::from(*number),
        CostTerm::Function(function, terms) => {
            let args: Vec<usize> = terms.iter().map(|&term| resolve(term, args)).collect();
            let value = problem.function_values.iter().find(|v| v.function == *function && v.args == args);
            value.map_or(0, |value| u64::from(value.value))
        }
    };
    action.cost.iter().map(part).sum()
}
