//! What an action changes, with objects put in for variables. Changes of numbers are left out.

use std::ops::ControlFlow;

use crate::pddl::{Atom, Change, Effect};
use crate::validate::certificate::assign::Assignments;
use crate::validate::certificate::universe::{AtomId, Atoms, Ground, Halt, Key, Meter, Universe, ground_key};

/// Whether an effect makes its atom true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Add,
    Delete,
}

/// An atom changed where a condition holds.
pub(crate) struct Effected {
    pub(crate) key: Key,
    /// Its number, where it may hold at all.
    pub(crate) atom: Option<AtomId>,
    pub(crate) sign: Sign,
    pub(crate) condition: Ground,
}

/// The effects of an action, for all objects of their own variables, those whose conditions never hold left out.
pub(crate) fn effected(
    universe: &Universe<'_>,
    atoms: &Atoms,
    effects: &[Effect],
    binding: &mut Vec<usize>,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, Vec<Effected>> {
    let mut found = Vec::new();
    for effect in effects {
        let Change::Literal(literal) = &effect.change else { continue };
        let Atom::Predicate(predicate, terms) = &literal.atom else { continue };
        let sign = if literal.negated { Sign::Delete } else { Sign::Add };
        let mut note = |binding: &mut Vec<usize>, meter: &mut Meter<'_>| {
            let condition = universe.ground(atoms, &effect.condition, binding, meter)?;
            if condition != Ground::False {
                let key = ground_key(*predicate, terms, binding);
                found.push(Effected { atom: atoms.get(&key), key, sign, condition });
            }
            ControlFlow::Continue(())
        };
        if effect.params.is_empty() {
            note(binding, meter)?;
        } else {
            let inner = Assignments::new(universe, atoms, (binding.len(), &effect.params), &effect.condition);
            inner.for_each(binding, meter, &mut note)?;
        }
    }
    ControlFlow::Continue(found)
}
