//! Mutex groups by invariant synthesis (after Helmert, Artificial Intelligence 173, 2009), checked on ground actions.
//!
//! A candidate counts the true atoms of some predicates that agree on all arguments but at most one. A ground
//! instance of it whose weight no action raises, and which holds at most one atom at first, is a mutex group.
//! Checking ground actions, not schemas, finds instances that a lifted proof would lose to one bad object. A
//! candidate that fails is refined with a predicate that the failing action deletes. A conditional effect is checked as
//! if it were an action with a longer condition.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::ground::atoms::AtomId;
use crate::ground::strips::{Kind, Strip, Strips, When};

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

/// An action's own effect, or one of its conditional ones.
#[derive(Clone, Copy)]
struct Gain<'a> {
    operator: &'a Strip,
    when: Option<&'a When>,
}

impl<'a> Gain<'a> {
    fn adds(self) -> &'a [AtomId] {
        self.when.map_or(&self.operator.add, |when| &when.add)
    }

    /// Atoms that hold where it happens.
    fn pre(self) -> impl Iterator<Item = AtomId> + use<'a> {
        let conditional = self.when.map_or(&[][..], |when| &when.pre);
        self.operator.pre.iter().chain(conditional).copied()
    }

    fn excludes(self, atom: AtomId) -> bool {
        self.operator.negative.contains(&atom) || self.when.is_some_and(|when| when.negative.contains(&atom))
    }

    /// Whether the atom is surely deleted, if it holds.
    fn deletes(self, atom: AtomId) -> bool {
        let holds = |needed: &AtomId| *needed == atom || self.pre().any(|held| held == *needed);
        let is_sure = |when: &&When| {
            when.pre.iter().all(holds) && when.negative.iter().all(|&atom| self.excludes(atom))
        };
        self.operator.delete.contains(&atom)
            || self.operator.when.iter().filter(is_sure).any(|when| when.delete.contains(&atom))
    }

    /// Everything that may be added together with it, and by which conditional effect: its own atoms and those of
    /// effects whose conditions do not contradict it.
    fn together(self) -> Vec<(AtomId, Option<&'a When>)> {
        let clashes = |when: &When| {
            when.pre.iter().any(|&atom| self.excludes(atom))
                || when.negative.iter().any(|&atom| self.pre().any(|held| held == atom))
        };
        let others = self.operator.when.iter().filter(|when| {
            let is_itself = self.when.is_some_and(|own| std::ptr::eq(own, *when));
            is_itself || !clashes(when)
        });
        let conditional = others.flat_map(|when| when.add.iter().map(move |&atom| (atom, Some(when))));
        self.operator.add.iter().map(|&atom| (atom, None)).chain(conditional).collect()
    }
}

/// Effects by the predicates that they add.
struct Changes<'a> {
    adding: FastMap<usize, Vec<Gain<'a>>>,
}

impl<'a> Changes<'a> {
    fn new(strips: &'a Strips) -> Changes<'a> {
        let mut adding: FastMap<usize, Vec<Gain<'_>>> = FastMap::default();
        for operator in &strips.operators {
            let whens = operator.when.iter().map(Some);
            for gain in [None].into_iter().chain(whens).map(|when| Gain { operator, when }) {
                let predicates: BTreeSet<usize> =
                    gain.adds().iter().map(|&atom| strips.atoms.predicate(atom)).collect();
                for predicate in predicates {
                    adding.entry(predicate).or_default().push(gain);
                }
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
    members: Vec<Vec<AtomId>>,
    failures: Vec<(Gain<'a>, AtomId)>,
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
        let mut members = vec![Vec::new(); keys.len()];
        instance_of
            .iter()
            .for_each(|(&atom, &instance): (&AtomId, &u32)| members[instance as usize].push(atom));
        Check { strips, candidate, instance_of, states, members, failures: Vec::new() }
    }

    fn run(&mut self, changes: &Changes<'a>) -> u64 {
        let mut work = 0;
        let mut tallies: Vec<Tally> = Vec::new();
        for part in self.candidate {
            for &gain in changes.adding.get(&part.predicate).map_or(&[][..], Vec::as_slice) {
                work += (gain.adds().len() + gain.operator.pre.len() + gain.operator.when.len()) as u64;
                self.tally(gain, &mut tallies);
                self.judge(gain, &tallies);
            }
        }
        work
    }

    fn tally(&self, gain: Gain<'a>, tallies: &mut Vec<Tally>) {
        tallies.clear();
        for (atom, when) in gain.together() {
            let Some(&instance) = self.instance_of.get(&atom) else { continue };
            if when.is_some_and(|when| self.excluded_by(gain, when, instance)) {
                continue;
            }
            match tallies.iter_mut().find(|tally| tally.instance == instance) {
                Some(tally) if tally.atom == atom => {}
                Some(tally) => tally.added += 1,
                None => tallies.push(Tally { instance, added: 1, atom, ..Tally::default() }),
            }
        }
        for atom in gain.pre() {
            let Some(&instance) = self.instance_of.get(&atom) else { continue };
            if let Some(tally) = tallies.iter_mut().find(|tally| tally.instance == instance) {
                tally.needed += 1;
                tally.removed += u32::from(gain.deletes(atom));
            }
        }
    }

    /// Whether the conditions name different atoms of the instance, of which one at most holds if it is a group at all.
    fn excluded_by(&self, gain: Gain<'a>, when: &When, instance: u32) -> bool {
        let inside = |atom: &AtomId| self.instance_of.get(atom) == Some(&instance);
        let held: Vec<AtomId> = gain.pre().filter(inside).collect();
        let own = gain.when.is_some_and(|own| std::ptr::eq(own, when));
        !own && when.pre.iter().filter(|atom| inside(atom)).any(|atom| held.iter().any(|held| held != atom))
    }

    fn judge(&mut self, gain: Gain<'a>, tallies: &[Tally]) {
        for tally in tallies {
            // An action that needs two atoms of a group never applies while the group holds at most one.
            if tally.needed >= 2 {
                continue;
            }
            let state = self.states[tally.instance as usize];
            if tally.added >= 2 {
                self.states[tally.instance as usize] = State::Heavy;
            } else if tally.removed == 0 && state == State::Good && !self.clears(gain, tally) {
                self.states[tally.instance as usize] = State::Unbalanced;
                self.failures.push((gain, tally.atom));
            }
        }
    }

    /// Whether all atoms of the instance but the one that is added are deleted, whichever holds.
    fn clears(&self, gain: Gain<'a>, tally: &Tally) -> bool {
        let may = !gain.operator.delete.is_empty() || !gain.operator.when.is_empty();
        let others = || self.members[tally.instance as usize].iter().filter(|&&atom| atom != tally.atom);
        may && others().all(|&atom| gain.deletes(atom))
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
        for &(gain, added) in self.failures.iter().take(64) {
            let predicate = self.strips.atoms.predicate(added);
            let Some(part) = self.candidate.iter().find(|part| part.predicate == predicate) else { continue };
            let args = self.strips.atoms.args(added);
            let key: Vec<u32> = part.order.iter().map(|&position| args[position]).collect();
            for atom in gain.pre().filter(|&atom| gain.deletes(atom)) {
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
