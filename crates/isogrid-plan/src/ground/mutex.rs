//! Mutex groups by invariant synthesis (after Helmert, Artificial Intelligence 173, 2009), checked on ground actions.
//!
//! A candidate counts the true atoms of some predicates that agree on all arguments but at most one. A ground
//! instance of it whose weight no action raises, and which holds at most one atom at first, is a mutex group.
//! Checking ground actions, not schemas, finds instances that a lifted proof would lose to one bad object. A
//! candidate that fails is refined with a predicate that the failing action deletes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::ground::atoms::AtomId;
use crate::ground::strips::{Kind, Strip, Strips};

/// Candidates tried at most.
const MAX_CANDIDATES: usize = 400;
/// Effects looked at, over all candidates, at most.
const MAX_WORK: u64 = 60_000_000;

/// One predicate of a candidate: which argument is counted, and which argument gives each parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    predicate: usize,
    counted: Option<usize>,
    /// `order[i]` is the argument position of the candidate's parameter `i`.
    order: Vec<usize>,
}

type Candidate = Vec<Part>;

/// Groups of atoms of which at most one is true in every reachable state, each in ascending order.
pub(crate) fn mutex_groups(ctx: &Ctx, strips: &Strips) -> ControlFlow<Stop, Vec<Vec<AtomId>>> {
    let changed = Changes::new(strips);
    let mut queue = initial_candidates(strips);
    let mut seen: BTreeSet<Candidate> = queue.iter().cloned().collect();
    let mut groups = BTreeSet::new();
    let (mut next, mut work) = (0, 0);
    while next < queue.len() && next < MAX_CANDIDATES && work < MAX_WORK {
        let candidate = queue[next].clone();
        next += 1;
        let mut check = Check::new(strips, &candidate);
        let effects = check.run(&changed);
        ctx.tick(1 + effects / 16)?;
        work += effects;
        groups.extend(check.good_groups());
        for refined in check.refinements() {
            if seen.insert(refined.clone()) {
                queue.push(refined);
            }
        }
    }
    ControlFlow::Continue(groups.into_iter().collect())
}

fn initial_candidates(strips: &Strips) -> Vec<Candidate> {
    let mut arities = BTreeSet::new();
    for atom in 0..strips.atoms.len() as AtomId {
        if strips.kinds[atom as usize] == Kind::Fluent {
            arities.insert((strips.atoms.predicate(atom), strips.atoms.args(atom).len()));
        }
    }
    let part = |predicate: usize, arity: usize, counted: Option<usize>| {
        vec![Part { predicate, counted, order: (0..arity).filter(|&i| Some(i) != counted).collect() }]
    };
    let of = |&(predicate, arity): &(usize, usize)| {
        (0..arity).map(Some).chain([None]).map(move |counted| part(predicate, arity, counted))
    };
    arities.iter().flat_map(of).collect()
}

/// Actions by the predicates that they add.
struct Changes<'a> {
    adding: FastMap<usize, Vec<&'a Strip>>,
}

impl<'a> Changes<'a> {
    fn new(strips: &'a Strips) -> Changes<'a> {
        let mut adding: FastMap<usize, Vec<&Strip>> = FastMap::default();
        for operator in &strips.operators {
            let predicates: BTreeSet<usize> =
                operator.add.iter().map(|&atom| strips.atoms.predicate(atom)).collect();
            for predicate in predicates {
                adding.entry(predicate).or_default().push(operator);
            }
        }
        Changes { adding }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Heavy,
    Unbalanced,
}

/// The check of one candidate: every atom it covers belongs to the instance that its parameters name.
struct Check<'a> {
    strips: &'a Strips,
    candidate: &'a Candidate,
    /// The instance of each covered atom.
    instance_of: FastMap<AtomId, u32>,
    states: Vec<State>,
    failures: Vec<(&'a Strip, AtomId)>,
}

/// What one action does to one instance.
#[derive(Default, Clone, Copy)]
struct Tally {
    instance: u32,
    needed: u32,
    added: u32,
    removed: u32,
    atom: AtomId,
}

impl<'a> Check<'a> {
    fn new(strips: &'a Strips, candidate: &'a Candidate) -> Check<'a> {
        let mut keys: FastMap<Vec<u32>, u32> = FastMap::default();
        let mut instance_of = FastMap::default();
        for atom in 0..strips.atoms.len() as AtomId {
            if strips.kinds[atom as usize] != Kind::Fluent {
                continue;
            }
            let predicate = strips.atoms.predicate(atom);
            if let Some(part) = candidate.iter().find(|part| part.predicate == predicate) {
                let args = strips.atoms.args(atom);
                let key = part.order.iter().map(|&position| args[position]).collect();
                let fresh = keys.len() as u32;
                instance_of.insert(atom, *keys.entry(key).or_insert(fresh));
            }
        }
        let states = vec![State::Good; keys.len()];
        Check { strips, candidate, instance_of, states, failures: Vec::new() }
    }

    fn run(&mut self, changes: &Changes<'a>) -> u64 {
        let mut work = 0;
        let mut tallies: Vec<Tally> = Vec::new();
        for part in self.candidate {
            for operator in changes.adding.get(&part.predicate).map_or(&[][..], Vec::as_slice) {
                work += (operator.add.len() + operator.pre.len()) as u64;
                self.tally(operator, &mut tallies);
                self.judge(operator, &tallies);
            }
        }
        work
    }

    fn tally(&self, operator: &Strip, tallies: &mut Vec<Tally>) {
        tallies.clear();
        for &atom in &operator.add {
            let Some(&instance) = self.instance_of.get(&atom) else { continue };
            match tallies.iter_mut().find(|tally| tally.instance == instance) {
                Some(tally) => tally.added += 1,
                None => tallies.push(Tally { instance, added: 1, atom, ..Tally::default() }),
            }
        }
        for &atom in &operator.pre {
            let Some(&instance) = self.instance_of.get(&atom) else { continue };
            if let Some(tally) = tallies.iter_mut().find(|tally| tally.instance == instance) {
                tally.needed += 1;
                tally.removed += u32::from(operator.delete.contains(&atom));
            }
        }
    }

    fn judge(&mut self, operator: &'a Strip, tallies: &[Tally]) {
        for tally in tallies {
            // An action that needs two atoms of a group never applies while the group holds at most one.
            if tally.needed >= 2 {
                continue;
            }
            let state = &mut self.states[tally.instance as usize];
            if tally.added >= 2 {
                *state = State::Heavy;
            } else if tally.removed == 0 && *state == State::Good {
                *state = State::Unbalanced;
                self.failures.push((operator, tally.atom));
            }
        }
    }

    fn good_groups(&self) -> Vec<Vec<AtomId>> {
        let mut members = vec![Vec::new(); self.states.len()];
        let mut weights = vec![0; self.states.len()];
        for (&atom, &instance) in &self.instance_of {
            if self.states[instance as usize] == State::Good {
                members[instance as usize].push(atom);
                weights[instance as usize] += usize::from(self.strips.is_init[atom as usize]);
            }
        }
        let fits =
            |(members, weight): (Vec<AtomId>, usize)| (weight == 1 && members.len() > 1).then_some(members);
        let mut groups: Vec<Vec<AtomId>> = members.into_iter().zip(weights).filter_map(fits).collect();
        groups.iter_mut().for_each(|group| group.sort_unstable());
        groups
    }

    /// The candidate with one more predicate that balances a failing action.
    fn refinements(&self) -> Vec<Candidate> {
        let mut refined = BTreeSet::new();
        for &(operator, added) in self.failures.iter().take(64) {
            let predicate = self.strips.atoms.predicate(added);
            let Some(part) = self.candidate.iter().find(|part| part.predicate == predicate) else { continue };
            let args = self.strips.atoms.args(added);
            let key: Vec<u32> = part.order.iter().map(|&position| args[position]).collect();
            for &atom in operator.pre.iter().filter(|atom| operator.delete.contains(atom)) {
                for part in self.balancing_parts(atom, &key) {
                    let mut candidate = self.candidate.clone();
                    candidate.push(part);
                    candidate.sort();
                    refined.insert(candidate);
                }
            }
        }
        refined.into_iter().collect()
    }

    fn balancing_parts(&self, atom: AtomId, key: &[u32]) -> Vec<Part> {
        let predicate = self.strips.atoms.predicate(atom);
        let args = self.strips.atoms.args(atom);
        let covered = self.candidate.iter().any(|part| part.predicate == predicate);
        if covered || args.len() < key.len() || args.len() > key.len() + 1 {
            return Vec::new();
        }
        let counted: Vec<Option<usize>> =
            if args.len() == key.len() { vec![None] } else { (0..args.len()).map(Some).collect() };
        let mut parts = Vec::new();
        for counted in counted {
            let positions: Vec<usize> = (0..args.len()).filter(|&i| Some(i) != counted).collect();
            let mut orders = Vec::new();
            permutations(&positions, args, key, &mut Vec::new(), &mut orders);
            parts.extend(orders.into_iter().map(|order| Part { predicate, counted, order }));
        }
        parts
    }
}

/// All orders of `positions` in which the arguments read as `key`.
fn permutations(
    positions: &[usize],
    args: &[u32],
    key: &[u32],
    order: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    if order.len() == key.len() {
        found.push(order.clone());
        return;
    }
    for &position in positions {
        if !order.contains(&position) && args[position] == key[order.len()] && found.len() < 8 {
            order.push(position);
            permutations(positions, args, key, order, found);
            order.pop();
        }
    }
}
