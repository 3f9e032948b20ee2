//! What joins work on: parameters with domains, conditions that must be matched, pairs that must be equal or differ.
//!
//! A rule keeps apart what a join can use (positive atoms, equality) and what is only looked at once a binding is
//! complete: negated atoms, comparisons, disjunctions and universal conditions.

use isogrid_num::bits::BitSet;

use crate::ground::atoms::Mask;
use crate::ground::join::UNBOUND;
use crate::pddl::{Formula, Term};

/// An argument of a condition or effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Param(usize),
    Object(u32),
}

impl Slot {
    pub(crate) fn value(self, binding: &[u32]) -> u32 {
        match self {
            Slot::Object(object) => object,
            Slot::Param(param) => binding[param],
        }
    }
}

impl From<Term> for Slot {
    fn from(term: Term) -> Slot {
        match term {
            Term::Param(param) => Slot::Param(param),
            Term::Object(object) => Slot::Object(object as u32),
        }
    }
}

/// A predicate applied to slots.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) predicate: usize,
    pub(crate) slots: Vec<Slot>,
}

impl Condition {
    pub(crate) fn new(predicate: usize, terms: &[Term]) -> Condition {
        let slots = terms.iter().map(|&term| Slot::from(term)).collect();
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

    /// Whether all its parameters are in `bound`.
    pub(crate) fn binds_nothing(&self, bound: &[bool]) -> bool {
        self.slots.iter().all(|slot| match *slot {
            Slot::Object(_) => true,
            Slot::Param(param) => bound[param],
        })
    }

    pub(crate) fn value(&self, position: usize, binding: &[u32]) -> u32 {
        self.slots[position].value(binding)
    }

    /// The arguments under a complete binding.
    pub(crate) fn instantiate(&self, binding: &[u32], args: &mut Vec<u32>) {
        args.clear();
        args.extend(self.slots.iter().map(|slot| slot.value(binding)));
    }
}

/// A conjunction over parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rule {
    /// Objects each parameter may take; also narrowed by `(= ?x constant)`.
    pub(crate) domains: Vec<BitSet>,
    /// Atoms that must hold.
    pub(crate) conditions: Vec<Condition>,
    /// Atoms that must not hold.
    pub(crate) negative: Vec<Condition>,
    /// Everything else, over the rule's parameters and the variables of its own quantifiers behind them.
    pub(crate) rest: Vec<Formula>,
    /// Pairs that must be equal.
    pub(crate) equal: Vec<(Slot, Slot)>,
    /// Pairs that must differ.
    pub(crate) distinct: Vec<(Slot, Slot)>,
}

impl Rule {
    /// Whether the pairs that involve `param` hold so far; pairs with an unbound side hold until it is bound.
    pub(crate) fn consistent(&self, param: usize, binding: &[u32]) -> bool {
        let involves = |pair: &&(Slot, Slot)| pair.0 == Slot::Param(param) || pair.1 == Slot::Param(param);
        let open = |a: u32, b: u32| a == UNBOUND || b == UNBOUND;
        let holds = |pairs: &[(Slot, Slot)], wanted: bool| {
            pairs.iter().filter(involves).all(|&(a, b)| {
                let (a, b) = (a.value(binding), b.value(binding));
                open(a, b) || (a == b) == wanted
            })
        };
        holds(&self.equal, true) && holds(&self.distinct, false)
    }

    /// Whether the pairs without parameters hold.
    pub(crate) fn possible(&self) -> bool {
        let ground = |&&(a, b): &&(Slot, Slot)| matches!((a, b), (Slot::Object(_), Slot::Object(_)));
        self.equal.iter().filter(ground).all(|&(a, b)| a == b) && self.distinct.iter().all(|&(a, b)| a != b)
    }
}
