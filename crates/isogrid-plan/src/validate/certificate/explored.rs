//! States one by one: successors, goals and dead ends of a problem without numbers in its conditions.
//!
//! Ground actions are those of the delete relaxation. A state is a bit for each atom; derived atoms are put in before
//! conditions are evaluated, layer by layer, each layer to its fixpoint.

use std::ops::ControlFlow;

use crate::validate::certificate::assign::Assignments;
use crate::validate::certificate::claims::{Claims, go};
use crate::validate::certificate::effects::{Sign, effected};
use crate::validate::certificate::refusal::Doer;
use crate::validate::certificate::universe::{AtomId, Atoms, Ground, Halt, Meter, Universe};

/// Bits of atoms that hold.
pub(crate) type Bits = Box<[u64]>;

/// More ground actions are not tried.
const MAX_ACTIONS: usize = 200_000;

/// A problem over ground actions.
pub(crate) struct Explorer {
    actions: Vec<GroundAction>,
    /// Actions by an atom that must hold, and those without one.
    needing: Vec<Vec<u32>>,
    always: Vec<u32>,
    /// Actions with the place of each effect that adds.
    adds: Vec<(u32, u32)>,
    /// By layer: conditions and what they derive.
    axioms: Vec<Vec<(Ground, AtomId)>>,
    goal: Ground,
    n_words: usize,
    pub(crate) init: Bits,
}

struct GroundAction {
    doer: Doer,
    pre: Ground,
    effects: Vec<GroundEffect>,
}

struct GroundEffect {
    condition: Ground,
    atom: AtomId,
    sign: Sign,
}

/// How conditions are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Exact,
    /// Negations hold.
    Relaxed,
}

impl Explorer {
    /// `relaxed` holds every atom of the delete relaxation. Nothing where there are too many actions.
    pub(crate) fn new(
        universe: &Universe<'_>,
        relaxed: &Claims,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt, Option<Explorer>> {
        let atoms = &relaxed.atoms;
        let n_words = atoms.len().div_ceil(64).max(1);
        let mut explorer = Explorer {
            actions: Vec::new(),
            needing: vec![Vec::new(); atoms.len()],
            always: Vec::new(),
            adds: Vec::new(),
            axioms: Vec::new(),
            goal: universe.ground(atoms, &universe.problem.goal, &mut Vec::new(), meter)?,
            n_words,
            init: vec![0; n_words].into(),
        };
        for key in universe.initial() {
            if let Some(atom) = atoms.get(&key) {
                set(&mut explorer.init, atom);
            }
        }
        for action in 0..universe.domain.actions.len() {
            explorer.ground_action(universe, atoms, action, meter)?;
            if explorer.actions.len() > MAX_ACTIONS {
                return go(None);
            }
        }
        explorer.ground_axioms(universe, atoms, meter)?;
        go(Some(explorer))
    }

    fn ground_action(
        &mut self,
        universe: &Universe<'_>,
        atoms: &Atoms,
        action: usize,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt> {
        let schema = &universe.domain.actions[action];
        let assignments = Assignments::new(universe, atoms, (0, &schema.params), &schema.precondition);
        assignments.for_each(&mut Vec::new(), meter, &mut |binding, meter| {
            let pre = universe.ground(atoms, &schema.precondition, binding, meter)?;
            if pre == Ground::False || self.actions.len() > MAX_ACTIONS {
                return go(());
            }
            let effects = effected(universe, atoms, &schema.effects, binding, meter)?;
            // What the relaxation does not reach is never added, and never there to be deleted.
            let effects = effects.into_iter().filter_map(|effect| {
                Some(GroundEffect { condition: effect.condition, atom: effect.atom?, sign: effect.sign })
            });
            let effects: Vec<GroundEffect> = effects.collect();
            let at = self.actions.len() as u32;
            let adds = (0..).zip(&effects).filter(|(_, effect)| effect.sign == Sign::Add);
            self.adds.extend(adds.map(|(place, _)| (at, place)));
            match needed(&pre) {
                Some(atom) => self.needing[atom as usize].push(at),
                None => self.always.push(at),
            }
            self.actions.push(GroundAction { doer: Doer::Action(action, binding.clone()), pre, effects });
            go(())
        })
    }

    fn ground_axioms(
        &mut self,
        universe: &Universe<'_>,
        atoms: &Atoms,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt> {
        for layer in universe.axioms.chunk_by(|a, b| a.0 == b.0) {
            let mut found = Vec::new();
            for &(_, axiom) in layer {
                let schema = &universe.domain.axioms[axiom];
                let assignments = Assignments::new(universe, atoms, (0, &schema.params), &schema.condition);
                assignments.for_each(&mut Vec::new(), meter, &mut |binding, meter| {
                    let key: Vec<u32> =
                        [schema.predicate].iter().chain(binding.iter()).map(|&index| index as u32).collect();
                    let condition = universe.ground(atoms, &schema.condition, binding, meter)?;
                    if let Some(head) = atoms.get(&key).filter(|_| condition != Ground::False) {
                        found.push((condition, head));
                    }
                    go(())
                })?;
            }
            self.axioms.push(found);
        }
        go(())
    }

    /// The state with what its axioms derive.
    pub(crate) fn view(&self, state: &[u64]) -> Bits {
        let mut view: Bits = state.into();
        for layer in &self.axioms {
            self.derive(layer, &mut view, View::Exact);
        }
        view
    }

    fn derive(&self, layer: &[(Ground, AtomId)], bits: &mut [u64], view: View) -> bool {
        let mut is_any = false;
        loop {
            let mut is_more = false;
            for (condition, head) in layer {
                if !has(bits, *head) && holds(condition, bits, view) {
                    set(bits, *head);
                    is_more = true;
                }
            }
            if !is_more {
                return is_any;
            }
            is_any = true;
        }
    }

    /// Whether the goal holds, of a view.
    pub(crate) fn is_goal(&self, view: &[u64]) -> bool {
        holds(&self.goal, view, View::Exact)
    }

    /// Calls `visit` with each successor of a state and what leads to it.
    pub(crate) fn successors(
        &self,
        (state, view): (&[u64], &[u64]),
        meter: &mut Meter<'_>,
        visit: &mut dyn FnMut(&Doer, &[u64]) -> ControlFlow<Halt>,
    ) -> ControlFlow<Halt> {
        let mut next: Bits = state.into();
        let needing = ones(view).flat_map(|atom| &self.needing[atom as usize]);
        for &at in self.always.iter().chain(needing) {
            let action = &self.actions[at as usize];
            meter.step(1)?;
            if !holds(&action.pre, view, View::Exact) {
                continue;
            }
            next.copy_from_slice(state);
            for sign in [Sign::Delete, Sign::Add] {
                let fires = |effect: &&GroundEffect| {
                    effect.sign == sign && holds(&effect.condition, view, View::Exact)
                };
                for effect in action.effects.iter().filter(fires) {
                    match sign {
                        Sign::Add => set(&mut next, effect.atom),
                        Sign::Delete => next[effect.atom as usize / 64] &= !(1 << (effect.atom % 64)),
                    }
                }
            }
            meter.step(1 + action.effects.len() as u64)?;
            visit(&action.doer, &next)?;
        }
        go(())
    }

    /// Whether the goal is out of reach of a state even if nothing is ever deleted.
    pub(crate) fn is_dead(&self, view: &[u64], meter: &mut Meter<'_>) -> ControlFlow<Halt, bool> {
        let mut reached: Bits = view.into();
        let mut open = self.adds.clone();
        loop {
            if holds(&self.goal, &reached, View::Relaxed) {
                return go(false);
            }
            let before = open.len();
            meter.step(before as u64)?;
            open.retain(|&(at, effect)| {
                let action = &self.actions[at as usize];
                let effect = &action.effects[effect as usize];
                if has(&reached, effect.atom) {
                    return false;
                }
                let fires = holds(&action.pre, &reached, View::Relaxed)
                    && holds(&effect.condition, &reached, View::Relaxed);
                if fires {
                    set(&mut reached, effect.atom);
                }
                !fires
            });
            let mut is_derived = false;
            for layer in &self.axioms {
                is_derived |= self.derive(layer, &mut reached, View::Relaxed);
            }
            if open.len() == before && !is_derived {
                return go(!holds(&self.goal, &reached, View::Relaxed));
            }
        }
    }

    pub(crate) fn n_words(&self) -> usize {
        self.n_words
    }
}

/// An atom that must hold for the condition to.
fn needed(condition: &Ground) -> Option<AtomId> {
    match condition {
        Ground::Literal { atom, negated: false } => Some(*atom),
        Ground::And(parts) => parts.iter().find_map(needed),
        _ => None,
    }
}

fn holds(condition: &Ground, bits: &[u64], view: View) -> bool {
    match condition {
        Ground::True | Ground::Open => true,
        Ground::False => false,
        Ground::Literal { atom, negated } => {
            let relaxed = *negated && view == View::Relaxed;
            relaxed || has(bits, *atom) != *negated
        }
        Ground::And(parts) => parts.iter().all(|part| holds(part, bits, view)),
        Ground::Or(parts) => parts.iter().any(|part| holds(part, bits, view)),
    }
}

pub(crate) fn has(bits: &[u64], atom: AtomId) -> bool {
    bits[atom as usize / 64] >> (atom % 64) & 1 == 1
}

pub(crate) fn set(bits: &mut [u64], atom: AtomId) {
    bits[atom as usize / 64] |= 1 << (atom % 64);
}

/// The atoms that hold, ascending.
pub(crate) fn ones(bits: &[u64]) -> impl Iterator<Item = AtomId> {
    isogrid_num::bits::ones(bits).map(|atom| atom as AtomId)
}
