//! An action schema prepared for grounding: positive conditions to join, parameter domains, inequalities.
//!
//! Positive equality is compiled away by giving equal parameters one slot.

use isogrid_num::bits::BitSet;

use crate::ground::atoms::Mask;
use crate::ground::join::UNBOUND;
use crate::pddl::{Action, Atom, Domain, Literal, Problem, Term};

/// An argument of a condition or effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Param(usize),
    Object(u32),
}

/// A positive predicate condition.
pub(crate) struct Condition {
    pub(crate) predicate: usize,
    pub(crate) slots: Vec<Slot>,
}

impl Condition {
    pub(crate) fn new(predicate: usize, terms: &[Term]) -> Condition {
        let slots = terms.iter().map(|&term| slot(term)).collect();
        Condition { predicate, slots }
    }

    /// The positions whose value is known when the parameters in `bound` are.
    pub(crate) fn mask(&self, bound: &[bool]) -> Mask {
        let known = |slot: &Slot| match *slot {
            Slot::Object(_) => true,
            Slot::Param(param) => bound[param],
        };
        let bits = self.slots.iter().enumerate().take(Mask::BITS as usize);
        bits.filter(|(_, slot)| known(slot)).fold(0, |mask, (i, _)| mask | (1 << i))
    }

    pub(crate) fn bind(&self, bound: &mut [bool]) {
        for slot in &self.slots {
            if let Slot::Param(param) = *slot {
                bound[param] = true;
            }
        }
    }

    pub(crate) fn value(&self, position: usize, binding: &[u32]) -> u32 {
        match self.slots[position] {
            Slot::Object(object) => object,
            Slot::Param(param) => binding[param],
        }
    }

    /// The arguments under a complete binding.
    pub(crate) fn instantiate(&self, binding: &[u32], args: &mut Vec<u32>) {
        args.clear();
        args.extend((0..self.slots.len()).map(|i| self.value(i, binding)));
    }
}

fn slot(term: Term) -> Slot {
    match term {
        Term::Param(param) => Slot::Param(param),
        Term::Object(object) => Slot::Object(object as u32),
    }
}

/// A schema ready for joins.
pub(crate) struct Schema {
    /// Objects each parameter may take; also narrowed by `(= ?x constant)`.
    pub(crate) domains: Vec<BitSet>,
    /// Positive predicate preconditions.
    pub(crate) conditions: Vec<Condition>,
    /// Negative predicate preconditions.
    pub(crate) negative: Vec<Condition>,
    pub(crate) adds: Vec<Condition>,
    pub(crate) deletes: Vec<Condition>,
    /// Pairs that must be equal, then pairs that must differ, by the parameter that is checked.
    equal: Vec<(Slot, Slot)>,
    distinct: Vec<(Slot, Slot)>,
}

impl Schema {
    pub(crate) fn new(domain: &Domain, problem: &Problem, action: &Action) -> Schema {
        let mut schema = Schema {
            domains: action.params.iter().map(|param| admitted(domain, problem, param)).collect(),
            conditions: Vec::new(),
            negative: Vec::new(),
            adds: Vec::new(),
            deletes: Vec::new(),
            equal: Vec::new(),
            distinct: Vec::new(),
        };
        for Literal { negated, atom } in &action.precondition {
            match (negated, atom) {
                (false, Atom::Predicate(p, terms)) => schema.conditions.push(Condition::new(*p, terms)),
                (true, Atom::Predicate(p, terms)) => schema.negative.push(Condition::new(*p, terms)),
                (false, Atom::Equal(a, b)) => schema.equal.push((slot(*a), slot(*b))),
                (true, Atom::Equal(a, b)) => schema.distinct.push((slot(*a), slot(*b))),
            }
        }
        for Literal { negated, atom } in &action.effects {
            if let Atom::Predicate(p, terms) = atom {
                let side = if *negated { &mut schema.deletes } else { &mut schema.adds };
                side.push(Condition::new(*p, terms));
            }
        }
        schema
    }

    /// Whether the pairs that involve `param` hold so far; pairs with an unbound side hold until it is bound.
    pub(crate) fn consistent(&self, param: usize, binding: &[u32]) -> bool {
        let value = |slot: Slot| match slot {
            Slot::Object(object) => object,
            Slot::Param(param) => binding[param],
        };
        let involves = |pair: &&(Slot, Slot)| pair.0 == Slot::Param(param) || pair.1 == Slot::Param(param);
        let open = |a: u32, b: u32| a == UNBOUND || b == UNBOUND;
        self.equal.iter().filter(involves).all(|&(a, b)| open(value(a), value(b)) || value(a) == value(b))
            && self
                .distinct
                .iter()
                .filter(involves)
                .all(|&(a, b)| open(value(a), value(b)) || value(a) != value(b))
    }

    /// Whether the pairs without parameters hold.
    pub(crate) fn possible(&self) -> bool {
        let ground = |&&(a, b): &&(Slot, Slot)| matches!((a, b), (Slot::Object(_), Slot::Object(_)));
        self.equal.iter().filter(ground).all(|&(a, b)| a == b)
            && self.distinct.iter().filter(ground).all(|&(a, b)| a != b)
            && self.distinct.iter().all(|&(a, b)| a != b)
    }
}

fn admitted(domain: &Domain, problem: &Problem, param: &crate::pddl::Param) -> BitSet {
    let mut objects = BitSet::new(problem.objects.len());
    for (id, object) in problem.objects.iter().enumerate() {
        if domain.admits(object, param) {
            objects.insert(id);
        }
    }
    objects
}
