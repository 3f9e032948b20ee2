//! The checker of certificates that a problem has no plan.
//!
//! It works on the parsed PDDL alone: actions are tried with the objects that their conditions leave possible, and
//! every claim is held against every one of them. What makes a proof is described at [`Proof`]. Comparisons of numbers
//! that change are taken to hold and to fail; certificates of states are not judged where there are any.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop, Verdict};
use isogrid_num::hash::{FastMap, FastSet};

use crate::certificate::{AtomName, Certificate, ListedState, Proof, StateKind};
use crate::pddl::{Domain, Problem, print_formula};

mod assign;
mod claims;
mod effects;
mod explored;
mod invariant;
mod refusal;
mod spread;
mod universe;

use claims::go;
use explored::{Bits, set};
use invariant::{Breach, is_possible, judge_action, judge_axiom};
use universe::Key;

pub(crate) use claims::{Claims, Pairs};
pub(crate) use explored::{Explorer, ones};
pub use refusal::Refusal;
pub(crate) use spread::{spread, weaken};
pub(crate) use universe::{AtomId, Halt, Kind, Meter, Universe, key_of};

/// The checker's word on a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The problem has no plan; why, in a sentence.
    Valid(String),
    /// The certificate does not prove that.
    Invalid(Refusal),
    /// The context ended the work first.
    Stopped(Stop),
    /// States are listed, and this function changes and is looked at in a condition.
    Numbers {
        /// The function's name.
        function: String,
    },
    /// There are more atoms or ground actions than the checker takes.
    TooLarge,
}

impl Judgement {
    /// Whether the certificate is a proof.
    pub fn is_valid(&self) -> bool {
        matches!(self, Judgement::Valid(_))
    }

    /// The same as a checker's verdict.
    pub fn verdict(&self) -> Verdict {
        match self {
            Judgement::Valid(why) => Verdict::Pass(why.clone()),
            Judgement::Invalid(refusal) => Verdict::Fail(refusal.to_string()),
            Judgement::Stopped(stop) => Verdict::Abstain(format!("{stop} while the certificate was checked")),
            Judgement::Numbers { function } => Verdict::Abstain(format!(
                "conditions look at the number ({function}), which states of a certificate do not hold"
            )),
            Judgement::TooLarge => {
                Verdict::Abstain("the problem has too many atoms or actions to check".to_string())
            }
        }
    }
}

/// Atoms that a certificate may let hold when pairs are excluded: the checker keeps a bit for each pair.
pub(crate) const MAX_PAIRED: usize = 16_384;
/// Atoms that may hold where no pair is excluded.
pub(crate) const MAX_ATOMS: usize = 4_000_000;

/// Judges a certificate. Cost: for claims about atoms the assignments of objects to parameters that static conditions
/// and listed atoms leave; for listed states that for each state. A tick is 32 conditions looked at.
///
/// ```
/// use isogrid_core::Ctx;
/// use isogrid_plan::certificate::parse_certificate;
/// use isogrid_plan::{pddl, validate::check_certificate};
///
/// let domain = b"(define (domain switch) (:predicates (on ?x) (ready ?x))
///     (:action press :parameters (?x) :precondition (ready ?x) :effect (on ?x)))";
/// let (domain, _) = pddl::parse_domain("switch.pddl", domain)?;
/// let problem = b"(define (problem dark) (:domain switch) (:objects a b) (:init (ready a)) (:goal (on b)))";
/// let (problem, _) = pddl::parse_problem("dark.pddl", problem, &domain)?;
/// let text = b"isogrid certificate 1\nkind relaxed\natoms 1\n(on a)\nend\n";
/// let certificate = parse_certificate("proof", text).expect("a certificate");
/// assert!(check_certificate(&Ctx::new(0), &domain, &problem, &certificate).is_valid());
/// # Ok::<(), pddl::PddlError>(())
/// ```
pub fn check_certificate(
    ctx: &Ctx,
    domain: &Domain,
    problem: &Problem,
    certificate: &Certificate,
) -> Judgement {
    let universe = Universe::new(domain, problem);
    let mut meter = Meter::new(ctx);
    let judged = match &certificate.proof {
        Proof::Relaxed => judge_claims(&universe, certificate, None, &mut meter),
        Proof::Pairs { apart } => judge_claims(&universe, certificate, Some(apart), &mut meter),
        Proof::Explored { states } => judge_states(&universe, certificate, states, &mut meter),
    };
    match judged {
        ControlFlow::Continue(judgement) => judgement,
        ControlFlow::Break(Halt::Stop(stop)) => Judgement::Stopped(stop),
        ControlFlow::Break(Halt::Refused(refusal)) => Judgement::Invalid(*refusal),
    }
}

fn refuse<T>(refusal: Refusal) -> ControlFlow<Halt, T> {
    ControlFlow::Break(Halt::Refused(Box::new(refusal)))
}

/// The listed atoms, each of a predicate that changes.
fn keys(universe: &Universe<'_>, names: &[AtomName]) -> ControlFlow<Halt, Vec<Key>> {
    let index = |(at, name): (usize, &String)| (name.clone(), at as u32);
    let predicates: FastMap<String, u32> =
        universe.domain.predicates.iter().map(|predicate| &predicate.name).enumerate().map(index).collect();
    let objects: FastMap<String, u32> =
        universe.problem.objects.iter().map(|object| &object.name).enumerate().map(index).collect();
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        let predicate = predicates.get(&name.predicate).filter(|&&predicate| {
            universe.domain.predicates[predicate as usize].params.len() == name.args.len()
        });
        let args = name.args.iter().map(|arg| objects.get(arg));
        let key: Option<Key> = [predicate].into_iter().chain(args).map(Option::<&u32>::copied).collect();
        match key {
            None => return refuse(Refusal::Foreign { atom: name.to_string() }),
            Some(key) if universe.kind(&key) == Kind::Static => {
                return refuse(Refusal::Unchanging { atom: name.to_string() });
            }
            Some(key) => keys.push(key),
        }
    }
    go(keys)
}

/// Claims about atoms and pairs of them.
fn judge_claims(
    universe: &Universe<'_>,
    certificate: &Certificate,
    apart: Option<&Vec<Vec<u32>>>,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, Judgement> {
    let keys = keys(universe, &certificate.atoms)?;
    let limit = if apart.is_some() { MAX_PAIRED } else { MAX_ATOMS };
    if keys.len() > limit {
        return go(Judgement::TooLarge);
    }
    let mut claims = Claims::new(if apart.is_some() { Pairs::Apart } else { Pairs::Free });
    for (at, key) in keys.iter().enumerate() {
        meter.step(1)?;
        if claims.admit(universe, key) as usize != at {
            return refuse(Refusal::Twice { atom: universe.text(key) });
        }
    }
    if let Some(apart) = apart {
        join_the_rest(&mut claims, apart, meter)?;
    }
    judge_start(universe, &claims)?;
    let mut report = |breach: Breach, doer: refusal::Doer| {
        refuse(match breach {
            Breach::Reached(key) => Refusal::reached(universe, &doer, &key),
            Breach::Joined(a, b) => Refusal::Joined {
                by: doer.text(universe),
                atoms: [a, b].map(|atom| universe.text(claims.atoms.key(atom))),
            },
        })
    };
    for action in 0..universe.domain.actions.len() {
        judge_action(universe, &claims, action, meter, &mut report)?;
    }
    for axiom in 0..universe.domain.axioms.len() {
        judge_axiom(universe, &claims, axiom, meter, &mut report)?;
    }
    if is_goal_possible(universe, &claims, meter)? {
        return refuse(Refusal::GoalPossible);
    }
    let how = goal_text(universe, &claims, meter)?;
    let n = claims.atoms.len();
    go(Judgement::Valid(match apart {
        None => format!("{how} while no action leaves a set of {n} atoms, even if nothing is ever deleted"),
        Some(_) => {
            format!("{how} while no action leaves a set of {n} atoms or breaks what excludes pairs of them")
        }
    }))
}

/// Whether the claims leave the goal possible.
pub(crate) fn is_goal_possible(
    universe: &Universe<'_>,
    claims: &Claims,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, bool> {
    is_possible(universe, claims, &universe.problem.goal, meter)
}

/// Lets every pair hold together that is not put apart.
fn join_the_rest(claims: &mut Claims, apart: &[Vec<u32>], meter: &mut Meter<'_>) -> ControlFlow<Halt> {
    meter.step(1 + (claims.atoms.len() * claims.atoms.len() / 256) as u64)?;
    claims.join_all();
    for group in apart {
        for (at, &a) in group.iter().enumerate() {
            meter.step(1 + at as u64)?;
            group[..at].iter().for_each(|&b| claims.part(a, b));
        }
    }
    go(())
}

/// Whether the initial state keeps the claims.
fn judge_start(universe: &Universe<'_>, claims: &Claims) -> ControlFlow<Halt> {
    let mut first = Vec::new();
    for key in universe.initial() {
        match claims.atoms.get(&key) {
            Some(atom) => first.push(atom),
            None => return refuse(Refusal::Initial { atom: universe.text(&key) }),
        }
    }
    for (at, &a) in first.iter().enumerate() {
        if let Some(&b) = first[..at].iter().find(|&&b| claims.are_apart(a, b)) {
            let atoms = [b, a].map(|atom| universe.text(claims.atoms.key(atom)));
            return refuse(Refusal::InitialPair { atoms });
        }
    }
    go(())
}

/// The condition of the goal that cannot hold, or the whole of it.
fn goal_text(universe: &Universe<'_>, claims: &Claims, meter: &mut Meter<'_>) -> ControlFlow<Halt, String> {
    for part in universe.problem.goal.conjuncts() {
        if !is_possible(universe, claims, part, meter)? {
            let text = print_formula(universe.domain, &universe.problem.objects, part, &[]);
            return go(format!("{text} never holds"));
        }
    }
    go("the goal conditions never hold together".to_string())
}

/// States one by one.
fn judge_states(
    universe: &Universe<'_>,
    certificate: &Certificate,
    states: &[ListedState],
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt, Judgement> {
    if let Some(function) = universe.number_read() {
        return go(Judgement::Numbers { function: function.to_string() });
    }
    let names = keys(universe, &certificate.atoms)?;
    let Some(relaxed) = spread(universe, Pairs::Free, MAX_ATOMS, meter)? else {
        return go(Judgement::TooLarge);
    };
    let Some(explorer) = Explorer::new(universe, &relaxed, meter)? else { return go(Judgement::TooLarge) };
    let mut places = Vec::with_capacity(names.len());
    let mut seen = FastSet::default();
    for key in &names {
        if !seen.insert(key) {
            return refuse(Refusal::Twice { atom: universe.text(key) });
        }
        places.push(relaxed.atoms.get(key).filter(|&atom| relaxed.is_fluent(atom)));
    }
    let mut listed: FastMap<Bits, StateKind> = FastMap::default();
    let mut all: Vec<Bits> = Vec::with_capacity(states.len());
    for (at, state) in states.iter().enumerate() {
        meter.step(1 + names.len() as u64 / 16)?;
        let mut bits: Bits = vec![0; explorer.n_words()].into();
        for atom in ones(&state.holds) {
            match places[atom as usize] {
                Some(place) => set(&mut bits, place),
                None => {
                    let atom = universe.text(&names[atom as usize]);
                    return refuse(Refusal::Stray { state: at + 1, atom });
                }
            }
        }
        listed.insert(bits.clone(), state.kind);
        all.push(bits);
    }
    if !listed.contains_key(&explorer.init) {
        return refuse(Refusal::NoInitialState);
    }
    for (at, (state, kind)) in all.iter().zip(states.iter().map(|state| state.kind)).enumerate() {
        judge_state(universe, &explorer, (at + 1, state, kind), &listed, meter)?;
    }
    let n_dead = states.iter().filter(|state| state.kind == StateKind::Dead).count();
    go(Judgement::Valid(format!(
        "no action leaves a set of {} states, {n_dead} of them without a way to the goal even if nothing is ever \
         deleted, and none is a goal",
        states.len()
    )))
}

fn judge_state(
    universe: &Universe<'_>,
    explorer: &Explorer,
    (number, state, kind): (usize, &Bits, StateKind),
    listed: &FastMap<Bits, StateKind>,
    meter: &mut Meter<'_>,
) -> ControlFlow<Halt> {
    let view = explorer.view(state);
    if kind == StateKind::Dead {
        return if explorer.is_dead(&view, meter)? {
            go(())
        } else {
            refuse(Refusal::NotDead { state: number })
        };
    }
    if explorer.is_goal(&view) {
        return refuse(Refusal::Goal { state: number });
    }
    explorer.successors((state, &view), meter, &mut |doer, next| {
        if listed.contains_key(next) {
            return go(());
        }
        refuse(Refusal::Leaves { state: number, by: doer.text(universe) })
    })
}
