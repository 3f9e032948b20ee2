//! Sets of ground atoms: a bit for every atom of the problem where there are few, a hash set otherwise.

use isogrid_num::bits::ones;
use isogrid_num::hash::FastSet;

use crate::pddl::{Domain, GroundAtom, ObjectId, PredicateId};

/// Beyond this many atoms (32 KiB of bits) clearing the bits costs more than hashing the atoms of a plan.
const MAX_BITS: usize = 1 << 18;

/// Where each atom's bit lies.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    /// `offsets[p]` plus the arguments as digits to the base of the number of objects.
    Dense { offsets: Vec<usize>, n_objects: usize, n_bits: usize },
    /// Too many atoms.
    Sparse,
}

impl Layout {
    pub(super) fn new(domain: &Domain, n_objects: usize) -> Layout {
        let mut offsets = Vec::with_capacity(domain.predicates.len());
        let mut n_bits = 0_usize;
        for predicate in &domain.predicates {
            offsets.push(n_bits);
            let atoms =
                u32::try_from(predicate.params.len()).ok().and_then(|arity| n_objects.checked_pow(arity));
            let total = atoms.and_then(|atoms| n_bits.checked_add(atoms));
            match total.filter(|&total| total <= MAX_BITS) {
                Some(total) => n_bits = total,
                None => return Layout::Sparse,
            }
        }
        Layout::Dense { offsets, n_objects, n_bits }
    }
}

/// The atoms that hold. Predicates and objects must be those of the layout's problem.
#[derive(Debug)]
pub(super) enum State<'l> {
    /// Bits in words.
    Dense { offsets: &'l [usize], n_objects: usize, words: Vec<u64> },
    /// Predicate, then arguments; `key` is room to build one.
    Sparse { atoms: FastSet<Box<[usize]>>, key: Vec<usize> },
}

impl<'l> State<'l> {
    /// Nothing holds.
    pub(super) fn new(layout: &'l Layout) -> State<'l> {
        match layout {
            Layout::Dense { offsets, n_objects, n_bits } => {
                State::Dense { offsets, n_objects: *n_objects, words: vec![0; n_bits.div_ceil(64)] }
            }
            Layout::Sparse => State::Sparse { atoms: FastSet::default(), key: Vec::new() },
        }
    }

    pub(super) fn holds(&mut self, predicate: PredicateId, args: &[ObjectId]) -> bool {
        match self {
            State::Dense { offsets, n_objects, words } => {
                let (word, mask) = place(offsets[predicate], *n_objects, args);
                words[word] & mask != 0
            }
            State::Sparse { atoms, key } => atoms.contains(key_of(key, predicate, args)),
        }
    }

    pub(super) fn set(&mut self, predicate: PredicateId, args: &[ObjectId]) {
        match self {
            State::Dense { offsets, n_objects, words } => {
                let (word, mask) = place(offsets[predicate], *n_objects, args);
                words[word] |= mask;
            }
            State::Sparse { atoms, key } => {
                let key = key_of(key, predicate, args);
                if !atoms.contains(key) {
                    atoms.insert(key.into());
                }
            }
        }
    }

    pub(super) fn unset(&mut self, predicate: PredicateId, args: &[ObjectId]) {
        match self {
            State::Dense { offsets, n_objects, words } => {
                let (word, mask) = place(offsets[predicate], *n_objects, args);
                words[word] &= !mask;
            }
            State::Sparse { atoms, key } => {
                atoms.remove(key_of(key, predicate, args));
            }
        }
    }
}

impl State<'_> {
    /// All that hold, in ascending order.
    pub(super) fn atoms(&self, domain: &Domain) -> Vec<GroundAtom> {
        let mut atoms: Vec<GroundAtom> = match self {
            State::Dense { offsets, n_objects, words } => ones(words)
                .map(|bit| {
                    // Predicates without atoms share the offset of the next one that has some.
                    let predicate = offsets.partition_point(|&offset| offset <= bit) - 1;
                    let arity = domain.predicates[predicate].params.len();
                    GroundAtom { predicate, args: digits(bit - offsets[predicate], *n_objects, arity) }
                })
                .collect(),
            State::Sparse { atoms, .. } => atoms
                .iter()
                .filter_map(|key| key.split_first())
                .map(|(&predicate, args)| GroundAtom { predicate, args: args.to_vec() })
                .collect(),
        };
        atoms.sort_unstable();
        atoms
    }
}

/// A number's digits to a base, the most significant first.
fn digits(mut number: usize, base: usize, n: usize) -> Vec<usize> {
    let mut digits = vec![0; n];
    for digit in digits.iter_mut().rev() {
        *digit = number % base;
        number /= base;
    }
    digits
}

fn place(offset: usize, n_objects: usize, args: &[ObjectId]) -> (usize, u64) {
    let bit = offset + args.iter().fold(0, |digits, &arg| digits * n_objects + arg);
    (bit / 64, 1 << (bit % 64))
}

fn key_of<'k>(key: &'k mut Vec<usize>, predicate: PredicateId, args: &[ObjectId]) -> &'k [usize] {
    key.clear();
    key.push(predicate);
    key.extend_from_slice(args);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pddl::parse_domain;
    use isogrid_num::rng::Rng;

    #[test]
    fn bits_and_hashes_hold_the_same_atoms() {
        let text = b"(define (domain d) (:predicates (p) (q ?x) (r ?x ?y) (s ?x ?y ?z)))";
        let (domain, _) = parse_domain("d", text).unwrap();
        let n_objects = 5;
        let layout = Layout::new(&domain, n_objects);
        assert!(matches!(layout, Layout::Dense { n_bits: 156, .. }), "{layout:?}");
        let mut states = [State::new(&layout), State::new(&Layout::Sparse)];
        let mut rng = Rng::new(7, 0);
        for i in 0..20_000 {
            let predicate = rng.below(4) as usize;
            let args: Vec<usize> = (0..predicate).map(|_| rng.below(n_objects as u64) as usize).collect();
            let held = states.each_mut().map(|state| state.holds(predicate, &args));
            assert_eq!(held[0], held[1], "operation {i}: {predicate} {args:?}");
            let adding = rng.below(2) == 0;
            for state in &mut states {
                if adding {
                    state.set(predicate, &args);
                } else {
                    state.unset(predicate, &args);
                }
                assert_eq!(state.holds(predicate, &args), adding, "operation {i}");
            }
        }
        let [dense, sparse] = states.map(|state| state.atoms(&domain));
        assert_eq!(dense, sparse);
        assert!(dense.len() > 40, "{} atoms", dense.len());
    }

    #[test]
    fn bits_are_for_few_atoms_only() {
        let layout =
            |text: &str, n_objects| Layout::new(&parse_domain("d", text.as_bytes()).unwrap().0, n_objects);
        let unary = "(define (domain d) (:predicates (p ?x)))";
        let wide = format!("(define (domain d) (:predicates (p {})))", "?x ".repeat(100));
        for (name, layout, dense) in [
            ("no objects", layout(unary, 0), true),
            ("as many as fit", layout(unary, MAX_BITS), true),
            ("one more", layout(unary, MAX_BITS + 1), false),
            ("a power beyond all words", layout(&wide, 2), false),
            ("one object", layout(&wide, 1), true),
            ("no object and many arguments", layout(&wide, 0), true),
        ] {
            assert_eq!(matches!(layout, Layout::Dense { .. }), dense, "{name}");
        }
    }
}
