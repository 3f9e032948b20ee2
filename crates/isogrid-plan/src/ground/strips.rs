//! The grounded task over atoms: reachable actions with constant atoms removed.
//!
//! An atom that is true at first and never deleted is constant; one never reached is false. Both vanish from
//! conditions. A goal that can never hold is kept by name, as the proof that the task is unsolvable. Comparisons and
//! disjunctions that are not multiplied out become atoms of their own, which axioms derive.

use crate::ground::atoms::{AtomId, AtomTable};
use crate::ground::conjunctions::{Conjunction, Signed};
use crate::ground::numbers::{Linear, NumberId, Numbers};
use crate::pddl::GroundAtom;

/// A ground action over atoms that change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strip {
    pub(crate) action: u32,
    pub(crate) args: Vec<u32>,
    pub(crate) pre: Vec<AtomId>,
    pub(crate) negative: Vec<AtomId>,
    pub(crate) add: Vec<AtomId>,
    pub(crate) delete: Vec<AtomId>,
    pub(crate) when: Vec<When>,
    pub(crate) updates: Vec<NumericUpdate>,
    pub(crate) cost: u32,
}

/// Changes that an action makes where more than its precondition holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct When {
    pub(crate) pre: Vec<AtomId>,
    pub(crate) negative: Vec<AtomId>,
    pub(crate) add: Vec<AtomId>,
    pub(crate) delete: Vec<AtomId>,
    pub(crate) updates: Vec<NumericUpdate>,
}

/// A change of a numeric variable by what a linear form comes to in the state before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumericUpdate {
    pub(crate) variable: NumberId,
    pub(crate) form: Linear,
    /// Whether the form is the new value; otherwise it is added.
    pub(crate) is_assignment: bool,
}

impl Strip {
    /// Adds a conditional effect, to one with the same condition where there is one.
    pub(crate) fn push_when(&mut self, when: When) {
        let same = |other: &&mut When| other.pre == when.pre && other.negative == when.negative;
        match self.when.iter_mut().find(same) {
            Some(other) => {
                other.add.extend(when.add);
                other.delete.extend(when.delete);
                other.updates.extend(when.updates);
            }
            None => self.when.push(when),
        }
    }

    /// Drops what PDDL's order of changes makes void: an atom that is both deleted and added is added.
    pub(crate) fn tidy(&mut self) {
        tidy(&mut self.add, &mut self.delete);
        for when in &mut self.when {
            tidy(&mut when.add, &mut when.delete);
            when.add.retain(|atom| self.add.binary_search(atom).is_err());
            when.delete.retain(|atom| self.add.binary_search(atom).is_err());
            // It would be deleted anyway.
            when.delete.retain(|atom| self.delete.binary_search(atom).is_err());
        }
        self.when.retain(|when| !(when.add.is_empty() && when.delete.is_empty() && when.updates.is_empty()));
    }

    /// The action under a precondition, without effects that change nothing; `None` when none is left.
    pub(crate) fn under(mut self, Conjunction { pre, negative }: Conjunction) -> Option<Strip> {
        self.delete.retain(|atom| negative.binary_search(atom).is_err());
        self.add.retain(|atom| pre.binary_search(atom).is_err());
        (self.pre, self.negative) = (pre, negative);
        let changes = !self.add.is_empty()
            || !self.delete.is_empty()
            || !self.when.is_empty()
            || !self.updates.is_empty();
        changes.then_some(self)
    }
}

fn tidy(add: &mut Vec<AtomId>, delete: &mut Vec<AtomId>) {
    for side in [&mut *add, &mut *delete] {
        side.sort_unstable();
        side.dedup();
    }
    delete.retain(|atom| add.binary_search(atom).is_err());
}

/// The head holds where the body does.
#[derive(Debug, Clone)]
pub(crate) struct GroundAxiom {
    pub(crate) head: AtomId,
    pub(crate) layer: u32,
    pub(crate) body: Conjunction,
}

/// The task over atoms.
pub(crate) struct Strips {
    pub(crate) atoms: AtomTable,
    /// What each atom is.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) operators: Vec<Strip>,
    pub(crate) axioms: Vec<GroundAxiom>,
    pub(crate) numbers: Numbers,
    /// The atom of each comparison.
    pub(crate) comparison_atoms: Vec<AtomId>,
    /// Atoms true at first; derived ones are not among them.
    pub(crate) is_init: Vec<bool>,
    pub(crate) goal: Vec<AtomId>,
    pub(crate) negative_goal: Vec<AtomId>,
    /// Goal conditions that can never hold, in PDDL.
    pub(crate) unreachable: Vec<String>,
    /// Whether some conditions were not looked at when atoms were reached.
    pub(crate) has_rest: bool,
    /// Atoms that only the joins took for reachable: what needs them is not there. Empty where there are none.
    pub(crate) is_out_of_reach: Vec<bool>,
    /// What a cost of one is worth.
    pub(crate) cost_unit: f64,
    /// Predicates of the domain; atoms of higher ones are made up here.
    pub(crate) n_predicates: usize,
}

/// Whether an atom can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its predicate is in no effect and no axiom's head; or it stands for an instance of an action.
    Static,
    /// It holds in every reachable state, though its predicate changes.
    AlwaysTrue,
    /// Actions change it.
    Fluent,
    /// Axioms derive it, or it is a comparison of numbers.
    Derived,
}

impl Strips {
    /// The atom in PDDL's own terms; `None` for one that is made up.
    pub(crate) fn ground_atom(&self, atom: AtomId) -> Option<GroundAtom> {
        (self.atoms.predicate(atom) < self.n_predicates).then(|| self.atoms.ground_atom(atom))
    }

    pub(crate) fn is_changing(&self, atom: AtomId) -> bool {
        matches!(self.kinds[atom as usize], Kind::Fluent | Kind::Derived)
    }

    /// Adds what must hold in the end.
    pub(crate) fn add_goal(&mut self, signed: Signed) {
        let side = if signed.negated { &mut self.negative_goal } else { &mut self.goal };
        if !side.contains(&signed.atom) {
            side.push(signed.atom);
        }
    }
}
