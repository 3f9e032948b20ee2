//! Whether claims are kept by every action and axiom.
//!
//! An action breaks them when, in a case of its precondition that they leave possible, it adds an atom that should never
//! hold; or one that should be apart from another that is added too, or that may hold before and is not surely deleted.
//! With all pairs this is the regression test of h^2 (Haslum and Geffner, AIPS 2000).

use std::ops::ControlFlow;

use crate::pddl::{Action, Formula};
use crate::validate::certificate::assign::Assignments;
use crate::validate::certificate::claims::{Case, Claims, go};
use crate::validate::certificate::effects::{Effected, Sign, effected};
use crate::validate::certificate::refusal::Doer;
use crate::validate::certificate::universe::{AtomId, Halt, Key, Meter, Universe};

/// A claim that something breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Breach {
    /// An atom that should never hold is made true.
    Reached(Key),
    /// Two atoms that should be apart may come to hold together.
    Joined(AtomId, AtomId),
}

/// Takes breaches; a break ends the search for more.
pub(crate) type Report<'r> = dyn FnMut(Breach, Doer) -> ControlFlow<Halt> + 'r;

/// Reports the breaches of one action schema.
pub(crate) fn judge_action(
    universe: &Universe<'_>,
    claims: &Claims,
    action: usize,
    meter: &mut Meter<'_>,
    report: &mut Report<'_>,
) -> ControlFlow<Halt> {
    let schema = &universe.domain.actions[action];
    let assignments = Assignments::new(universe, &claims.atoms, (0, &schema.params), &schema.precondition);
    assignments.for_each(&mut Vec::new(), meter, &mut |binding, meter| {
        let judged = Judged { universe, claims, doer: Doer::Action(action, binding.clone()) };
        judged.action(schema, binding, meter, report)
    })
}

/// Reports the breaches of one axiom.
pub(crate) fn judge_axiom(
    universe: &Universe<'_>,
    claims: &Claims,
    axiom: usize,
    meter: &mut Meter<'_>,
    report: &mut Report<'_>,
) -> ControlFlow<Halt> {
    let schema = &universe.domain.axioms[axiom];
    let assignments = Assignments::new(universe, &claims.atoms, (0, &schema.params), &schema.condition);
    assignments.for_each(&mut Vec::new(), meter, &mut |binding, meter| {
        let head: Key = [schema.predicate].iter().chain(binding.iter()).map(|&index| index as u32).collect();
        if claims.atoms.get(&head).is_some() {
            return go(());
        }
        let body = universe.ground(&claims.atoms, &schema.condition, binding, meter)?;
        if claims.split(vec![Case::default()], &body).is_empty() {
            return go(());
        }
        report(Breach::Reached(head), Doer::Axiom(axiom, binding.clone()))
    })
}

/// Whether a condition without variables can hold as far as the claims say.
pub(crate) fn is_possible(
    universe: &Universe<'_>,
    claims: &Claims,
    condition: &Formula,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, bool> {
    let ground = universe.ground(&claims.atoms, condition, &mut Vec::new(), meter)?;
    go(!claims.split(vec![Case::default()], &ground).is_empty())
}

/// One ground action.
struct Judged<'a> {
    universe: &'a Universe<'a>,
    claims: &'a Claims,
    doer: Doer,
}

impl Judged<'_> {
    fn action(
        &self,
        schema: &Action,
        binding: &mut Vec<usize>,
        meter: &mut Meter<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<Halt> {
        let pre = self.universe.ground(&self.claims.atoms, &schema.precondition, binding, meter)?;
        let cases = self.claims.split(vec![Case::default()], &pre);
        if cases.is_empty() {
            return go(());
        }
        let effects = effected(self.universe, &self.claims.atoms, &schema.effects, binding, meter)?;
        let (adds, deletes): (Vec<Effected>, Vec<Effected>) =
            effects.into_iter().partition(|effect| effect.sign == Sign::Add);
        for case in cases {
            for at in 0..adds.len() {
                for case in self.claims.split(vec![case.clone()], &adds[at].condition) {
                    meter.step(1 + (self.claims.atoms.len() / 64 * case.holds.len()) as u64 / 8)?;
                    let n_strangers = self.added((&adds, at), &deletes, &case, report)?;
                    meter.step(n_strangers as u64)?;
                }
            }
        }
        go(())
    }

    /// Reports what adding one atom in a case breaks; the number of atoms that may hold and should be apart from it.
    fn added(
        &self,
        (adds, at): (&[Effected], usize),
        deletes: &[Effected],
        case: &Case,
        report: &mut Report<'_>,
    ) -> ControlFlow<Halt, usize> {
        let claims = self.claims;
        let Some(atom) = adds[at].atom else {
            report(Breach::Reached(adds[at].key.clone()), self.doer.clone())?;
            return go(0);
        };
        if !claims.has_pairs() {
            return go(0);
        }
        for other in adds {
            let Some(also) = other.atom.filter(|&also| claims.are_apart(atom, also)) else { continue };
            if !claims.split(vec![case.clone()], &other.condition).is_empty() {
                report(Breach::Joined(atom, also), self.doer.clone())?;
            }
        }
        // Where it held before, what holds with it was with it before.
        if case.holds.contains(&atom) {
            return go(0);
        }
        let strangers = claims.strangers(atom, case);
        for &stranger in &strangers {
            let is_deleted = deletes.iter().any(|delete| {
                delete.atom == Some(stranger) && claims.entails(case, stranger, &delete.condition)
            });
            if !is_deleted {
                report(Breach::Joined(atom, stranger), self.doer.clone())?;
            }
        }
        go(strangers.len())
    }
}
