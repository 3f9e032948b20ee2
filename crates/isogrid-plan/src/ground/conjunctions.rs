//! Ground conditions as disjunctions of conjunctions, with made-up atoms where there would be too many.

use crate::ground::atoms::{AtomId, AtomTable};
use crate::ground::formula::Ground;
use crate::ground::strips::{GroundAxiom, Kind};

/// Conjunctions that one condition is multiplied out into, at most; the rest becomes axioms.
const MAX_BRANCHES: usize = 8;

/// An atom or its negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Signed {
    pub(crate) atom: AtomId,
    pub(crate) negated: bool,
}

/// Atoms that hold and atoms that do not, each sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conjunction {
    pub(crate) pre: Vec<AtomId>,
    pub(crate) negative: Vec<AtomId>,
}

impl Conjunction {
    /// `None` where an atom would have to hold and not to hold.
    pub(crate) fn new(parts: impl IntoIterator<Item = Signed>) -> Option<Conjunction> {
        let mut conjunction = Conjunction::default();
        for Signed { atom, negated } in parts {
            if negated { &mut conjunction.negative } else { &mut conjunction.pre }.push(atom);
        }
        conjunction.tidy()
    }

    /// Sorted and without repetitions; `None` where it contradicts itself.
    pub(crate) fn tidy(mut self) -> Option<Conjunction> {
        for side in [&mut self.pre, &mut self.negative] {
            side.sort_unstable();
            side.dedup();
        }
        let clash = self.negative.iter().any(|atom| self.pre.binary_search(atom).is_ok());
        (!clash).then_some(self)
    }
}

/// Where made-up atoms and their axioms go.
pub(crate) struct Splitter<'a> {
    pub(crate) atoms: &'a mut AtomTable,
    pub(crate) kinds: &'a mut Vec<Kind>,
    pub(crate) axioms: &'a mut Vec<GroundAxiom>,
    /// The predicate of made-up atoms.
    pub(crate) predicate: usize,
    /// The layer of their axioms.
    pub(crate) layer: u32,
}

impl Splitter<'_> {
    /// The conjunctions one of which must hold, each free of contradictions.
    pub(crate) fn split(&mut self, condition: &Ground<Signed>) -> Vec<Conjunction> {
        self.branches(condition).into_iter().filter_map(Conjunction::new).collect()
    }

    /// One conjunction that says the same.
    pub(crate) fn join(&mut self, condition: &Ground<Signed>) -> Option<Conjunction> {
        let mut branches = self.branches(condition);
        match branches.len() {
            0 => None,
            1 => Conjunction::new(branches.swap_remove(0)),
            _ => Conjunction::new([self.made_up(branches)]),
        }
    }

    fn branches(&mut self, condition: &Ground<Signed>) -> Vec<Vec<Signed>> {
        match condition {
            Ground::True => vec![Vec::new()],
            Ground::False => Vec::new(),
            Ground::Leaf(signed) => vec![vec![*signed]],
            Ground::Or(parts) => parts.iter().flat_map(|part| self.branches(part)).collect(),
            Ground::And(parts) => {
                let mut product: Vec<Vec<Signed>> = vec![Vec::new()];
                for part in parts {
                    let mut branches = self.branches(part);
                    if branches.len() > 1 && product.len() * branches.len() > MAX_BRANCHES {
                        branches = vec![vec![self.made_up(branches)]];
                    }
                    product = times(&product, &branches);
                }
                product
            }
        }
    }

    /// An atom that holds where one of the branches does.
    fn made_up(&mut self, branches: Vec<Vec<Signed>>) -> Signed {
        let (atom, _) = self.atoms.intern(self.predicate, &[self.kinds.len() as u32]);
        self.kinds.push(Kind::Derived);
        let layer = self.layer;
        let bodies = branches.into_iter().filter_map(Conjunction::new);
        self.axioms.extend(bodies.map(|body| GroundAxiom { head: atom, layer, body }));
        Signed { atom, negated: false }
    }
}

fn times(product: &[Vec<Signed>], branches: &[Vec<Signed>]) -> Vec<Vec<Signed>> {
    let pair = |left: &Vec<Signed>| {
        let left = left.clone();
        branches.iter().map(move |right| [&left[..], right].concat())
    };
    product.iter().flat_map(pair).collect()
}
