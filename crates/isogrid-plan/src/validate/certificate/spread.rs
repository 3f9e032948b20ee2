//! The weakest claims that every action and axiom keeps: from the initial state alone, each breach is let in until
//! there is none.
//!
//! Without pairs this is the delete relaxation, with all pairs h^2 (Haslum and Geffner, AIPS 2000).

use std::ops::ControlFlow;

use isogrid_num::hash::FastSet;

use crate::validate::certificate::claims::{Claims, Pairs, go};
use crate::validate::certificate::invariant::{Breach, judge_action, judge_axiom};
use crate::validate::certificate::universe::{Halt, Key, Meter, Universe};

/// The claims; nothing where more than `max_atoms` atoms may hold.
pub(crate) fn spread(
    universe: &Universe<'_>,
    pairs: Pairs,
    max_atoms: usize,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, Option<Claims>> {
    let mut claims = Claims::new(pairs);
    let first: Vec<_> = universe.initial().map(|key| claims.admit(universe, &key)).collect();
    for (at, &a) in first.iter().enumerate() {
        first[..at].iter().for_each(|&b| claims.join(a, b));
    }
    weaken(universe, claims, max_atoms, meter)
}

/// Lets breaches in until there is none; nothing where more than `max_atoms` atoms may hold.
pub(crate) fn weaken(
    universe: &Universe<'_>,
    mut claims: Claims,
    max_atoms: usize,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, Option<Claims>> {
    loop {
        let mut is_kept = true;
        for action in 0..universe.domain.actions.len() {
            let mut breaches = Breaches::default();
            judge_action(universe, &claims, action, meter, &mut |breach, _| {
                breaches.add(breach);
                go(())
            })?;
            is_kept &= !breaches.let_in(universe, &mut claims);
        }
        for axiom in 0..universe.domain.axioms.len() {
            let mut breaches = Breaches::default();
            judge_axiom(universe, &claims, axiom, meter, &mut |breach, _| {
                breaches.add(breach);
                go(())
            })?;
            is_kept &= !breaches.let_in(universe, &mut claims);
        }
        if claims.atoms.len() > max_atoms {
            return go(None);
        }
        if is_kept {
            return go(Some(claims));
        }
    }
}

/// Breaches of one schema, each once.
#[derive(Default)]
struct Breaches {
    reached: Vec<Key>,
    joined: Vec<(u32, u32)>,
    seen: FastSet<Key>,
    seen_pairs: FastSet<(u32, u32)>,
}

impl Breaches {
    fn add(&mut self, breach: Breach) {
        match breach {
            Breach::Reached(key) => {
                if self.seen.insert(key.clone()) {
                    self.reached.push(key);
                }
            }
            Breach::Joined(a, b) => {
                let pair = (a.min(b), a.max(b));
                if self.seen_pairs.insert(pair) {
                    self.joined.push(pair);
                }
            }
        }
    }

    /// Whether there was any.
    fn let_in(self, universe: &Universe<'_>, claims: &mut Claims) -> bool {
        let is_any = !self.reached.is_empty() || !self.joined.is_empty();
        self.reached.iter().for_each(|key| {
            claims.admit(universe, key);
        });
        self.joined.iter().for_each(|&(a, b)| claims.join(a, b));
        is_any
    }
}
