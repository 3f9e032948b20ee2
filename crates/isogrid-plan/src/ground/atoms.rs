//! Interned ground atoms and hash-indexed relations over them.

use hashbrown::HashTable;
use isogrid_num::hash::{FastMap, hash_words};

use crate::pddl::{GroundAtom, PredicateId};

/// Index of an interned atom.
pub(crate) type AtomId = u32;

/// All atoms seen while grounding, each once, in order of first sight.
#[derive(Default)]
pub(crate) struct AtomTable {
    predicates: Vec<u32>,
    starts: Vec<u32>,
    args: Vec<u32>,
    table: HashTable<AtomId>,
}

fn hash_atom(predicate: u32, args: &[u32]) -> u64 {
    let seed = hash_words(&[u64::from(predicate)]);
    args.iter().fold(seed, |hash, &arg| hash_words(&[hash, u64::from(arg)]))
}

impl AtomTable {
    pub(crate) fn len(&self) -> usize {
        self.predicates.len()
    }

    pub(crate) fn predicate(&self, atom: AtomId) -> PredicateId {
        self.predicates[atom as usize] as usize
    }

    pub(crate) fn args(&self, atom: AtomId) -> &[u32] {
        let start = self.starts[atom as usize] as usize;
        let end = self.starts.get(atom as usize + 1).map_or(self.args.len(), |&next| next as usize);
        &self.args[start..end]
    }

    pub(crate) fn find(&self, predicate: PredicateId, args: &[u32]) -> Option<AtomId> {
        let hash = hash_atom(predicate as u32, args);
        self.table.find(hash, |&id| self.predicate(id) == predicate && self.args(id) == args).copied()
    }

    /// The atom's id, and whether it is new.
    pub(crate) fn intern(&mut self, predicate: PredicateId, args: &[u32]) -> (AtomId, bool) {
        if let Some(id) = self.find(predicate, args) {
            return (id, false);
        }
        let id = self.len() as AtomId;
        self.predicates.push(predicate as u32);
        self.starts.push(self.args.len() as u32);
        self.args.extend_from_slice(args);
        let (predicates, starts, all) = (&self.predicates, &self.starts, &self.args);
        let rehash = |&id: &AtomId| {
            let start = starts[id as usize] as usize;
            let end = starts.get(id as usize + 1).map_or(all.len(), |&next| next as usize);
            hash_atom(predicates[id as usize], &all[start..end])
        };
        self.table.insert_unique(hash_atom(predicate as u32, args), id, rehash);
        (id, true)
    }

    pub(crate) fn ground_atom(&self, atom: AtomId) -> GroundAtom {
        let args = self.args(atom).iter().map(|&arg| arg as usize).collect();
        GroundAtom { predicate: self.predicate(atom), args }
    }
}

/// Which argument positions of a condition are bound when it is matched: bit `i` for position `i`.
pub(crate) type Mask = u32;

/// The active atoms of one predicate, with an index for every mask that some join asks for.
#[derive(Default)]
pub(crate) struct Relation {
    pub(crate) atoms: Vec<AtomId>,
    indexes: Vec<(Mask, FastMap<u64, Vec<AtomId>>)>,
}

/// The key of the bound positions. Two keys may collide; whoever looks up compares the arguments again.
pub(crate) fn key(mask: Mask, mut arg: impl FnMut(usize) -> u32) -> u64 {
    let mut hash = u64::from(mask);
    let mut rest = mask;
    while rest != 0 {
        hash = hash_words(&[hash, u64::from(arg(rest.trailing_zeros() as usize))]);
        rest &= rest - 1;
    }
    hash
}

impl Relation {
    /// Makes sure that `mask` has an index; its position is returned. Call before any atom is active.
    pub(crate) fn require(&mut self, mask: Mask) -> usize {
        if let Some(found) = self.indexes.iter().position(|(known, _)| *known == mask) {
            return found;
        }
        self.indexes.push((mask, FastMap::default()));
        self.indexes.len() - 1
    }

    pub(crate) fn activate(&mut self, atom: AtomId, args: &[u32]) {
        self.atoms.push(atom);
        for (mask, index) in &mut self.indexes {
            index.entry(key(*mask, |i| args[i])).or_default().push(atom);
        }
    }

    /// Atoms whose bound positions probably agree with `key`.
    pub(crate) fn matches(&self, index: usize, key: u64) -> &[AtomId] {
        self.indexes[index].1.get(&key).map_or(&[], Vec::as_slice)
    }
}
