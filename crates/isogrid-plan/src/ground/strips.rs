//! The grounded task over atoms: reachable actions with constant atoms removed.
//!
//! An atom that is true at first and never deleted is constant; one never reached is false. Both vanish from
//! conditions. A goal that can never hold is kept by name, as the proof that the task is unsolvable.

use crate::error::PlanError;
use crate::ground::atoms::{AtomId, AtomTable};
use crate::ground::costs::Costs;
use crate::ground::reach::{Instance, Reached};
use crate::pddl::{Atom, Domain, GroundAtom, Literal, Problem, Term};
use crate::text::atom_text;

/// A ground action over fluent atoms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strip {
    pub(crate) action: u32,
    pub(crate) args: Vec<u32>,
    pub(crate) pre: Vec<AtomId>,
    pub(crate) negative: Vec<AtomId>,
    pub(crate) add: Vec<AtomId>,
    pub(crate) delete: Vec<AtomId>,
    pub(crate) cost: u32,
}

/// The task over atoms.
pub(crate) struct Strips {
    pub(crate) atoms: AtomTable,
    /// What each atom is.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) operators: Vec<Strip>,
    /// Atoms true at first.
    pub(crate) is_init: Vec<bool>,
    pub(crate) goal: Vec<AtomId>,
    pub(crate) negative_goal: Vec<AtomId>,
    /// Goal conditions that can never hold, in PDDL.
    pub(crate) unreachable: Vec<String>,
}

/// Whether an atom can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its predicate is in no effect.
    Static,
    /// True at first, and no reachable action deletes it.
    AlwaysTrue,
    /// It may change.
    Fluent,
}

/// Simplifies what was reached.
///
/// # Errors
/// A cost function has no value for a reachable action, or a cost is too large.
pub(crate) fn simplify(domain: &Domain, problem: &Problem, reached: Reached) -> Result<Strips, PlanError> {
    let costs = Costs::new(domain, problem);
    let kinds = kinds(&reached);
    let mut operators = Vec::with_capacity(reached.instances.len());
    for instance in &reached.instances {
        if let Some(mut strip) = strip(&reached, &kinds, instance) {
            strip.cost = costs.of(instance)?;
            operators.push(strip);
        }
    }
    let is_init = (0..reached.atoms.len()).map(|atom| atom < reached.n_init).collect();
    let mut strips = Strips {
        atoms: reached.atoms,
        kinds,
        operators,
        is_init,
        goal: Vec::new(),
        negative_goal: Vec::new(),
        unreachable: Vec::new(),
    };
    for literal in &problem.goal {
        strips.add_goal(domain, problem, literal);
    }
    strips.goal.sort_unstable();
    strips.goal.dedup();
    strips.negative_goal.sort_unstable();
    strips.negative_goal.dedup();
    for &atom in strips.goal.iter().filter(|atom| strips.negative_goal.contains(atom)) {
        let text = atom_text(domain, problem, &strips.ground_atom(atom));
        strips.unreachable.push(format!("{text} together with (not {text})"));
    }
    Ok(strips)
}

impl Strips {
    fn add_goal(&mut self, domain: &Domain, problem: &Problem, literal: &Literal) {
        let (predicate, terms) = match &literal.atom {
            Atom::Predicate(predicate, terms) => (*predicate, terms),
            Atom::Equal(a, b) => {
                if (a == b) == literal.negated {
                    self.unreachable.push(crate::text::literal_text(domain, problem, literal));
                }
                return;
            }
        };
        let args: Vec<u32> = terms.iter().filter_map(|term| object(*term)).collect();
        let atom = self.atoms.find(predicate, &args);
        let can_change = atom.is_some_and(|atom| self.kinds[atom as usize] == Kind::Fluent);
        match (atom, literal.negated) {
            (Some(atom), false) if can_change => self.goal.push(atom),
            (Some(atom), true) if can_change => self.negative_goal.push(atom),
            (Some(_), false) | (None, true) => {}
            (None, false) | (Some(_), true) => {
                self.unreachable.push(crate::text::literal_text(domain, problem, literal));
            }
        }
    }

    /// The atom in PDDL's own terms.
    pub(crate) fn ground_atom(&self, atom: AtomId) -> GroundAtom {
        self.atoms.ground_atom(atom)
    }
}

fn object(term: Term) -> Option<u32> {
    match term {
        Term::Object(object) => Some(object as u32),
        Term::Param(_) => None,
    }
}

fn kinds(reached: &Reached) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = (0..reached.atoms.len() as AtomId)
        .map(|atom| {
            match (reached.is_fluent[reached.atoms.predicate(atom)], (atom as usize) < reached.n_init) {
                (false, _) => Kind::Static,
                (true, true) => Kind::AlwaysTrue,
                (true, false) => Kind::Fluent,
            }
        })
        .collect();
    let mut args = Vec::new();
    for instance in &reached.instances {
        let schema = &reached.schemas[instance.action as usize];
        let adds = instantiate(reached, instance, &schema.adds);
        for delete in &schema.deletes {
            delete.instantiate(&instance.args, &mut args);
            if let Some(atom) = reached.atoms.find(delete.predicate, &args)
                && !adds.contains(&atom)
            {
                kinds[atom as usize] = Kind::Fluent;
            }
        }
    }
    kinds
}

fn instantiate(
    reached: &Reached,
    instance: &Instance,
    conditions: &[crate::ground::schema::Condition],
) -> Vec<AtomId> {
    let mut args = Vec::new();
    let mut atoms: Vec<AtomId> = Vec::with_capacity(conditions.len());
    for condition in conditions {
        condition.instantiate(&instance.args, &mut args);
        atoms.extend(reached.atoms.find(condition.predicate, &args));
    }
    atoms.sort_unstable();
    atoms.dedup();
    atoms
}

/// The action over fluent atoms; `None` when it can never apply or never changes anything.
fn strip(reached: &Reached, kinds: &[Kind], instance: &Instance) -> Option<Strip> {
    let schema = &reached.schemas[instance.action as usize];
    let is_fluent = |atom: &AtomId| kinds[*atom as usize] == Kind::Fluent;
    let mut pre = instantiate(reached, instance, &schema.conditions);
    pre.retain(is_fluent);
    let mut negative = instantiate(reached, instance, &schema.negative);
    if negative.iter().any(|atom| !is_fluent(atom) || pre.contains(atom)) {
        return None;
    }
    negative.retain(is_fluent);
    let mut add = instantiate(reached, instance, &schema.adds);
    add.retain(is_fluent);
    let mut delete = instantiate(reached, instance, &schema.deletes);
    delete.retain(|atom| is_fluent(atom) && !add.contains(atom) && !negative.contains(atom));
    add.retain(|atom| !pre.contains(atom));
    if add.is_empty() && delete.is_empty() {
        return None;
    }
    Some(Strip { action: instance.action, args: instance.args.clone(), pre, negative, add, delete, cost: 1 })
}
