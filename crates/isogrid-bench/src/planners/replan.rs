//! Replanning inside a process: one Towers of Hanoi problem, many random legal states, an optimal plan from each.
//!
//! What is timed is one call of a session: the state as atoms in, a validated optimal plan out. Lengths are held
//! against a table of distances from breadth-first search over peg positions, which knows nothing of PDDL, made before
//! the clock starts.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use isogrid_core::Ctx;
use isogrid_data::hanoi::{self, Encoding, N_PEGS, State};
use isogrid_num::rng::Rng;
use isogrid_num::stats::quantile;
use isogrid_plan::pddl::{Domain, GroundAtom, Problem, parse_domain, parse_problem};
use isogrid_plan::{Mode, PlanAnswer, PlanQuery, Session, SolveOptions, ground};
use serde::{Deserialize, Serialize};

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "replan";

/// What came of replanning from many states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replanning {
    /// Discs of the tower.
    pub n_discs: usize,
    /// Seed of the states.
    pub seed: u64,
    /// States planned from.
    pub n_states: usize,
    /// Plans that were validated and as long as the table says.
    pub n_optimal: usize,
    /// Steps of the longest plan.
    pub longest: usize,
    /// Microseconds of reading and grounding, once.
    pub prepare_us: f64,
    /// Microseconds of each call, in the order of the states.
    pub calls_us: Vec<f64>,
}

impl Replanning {
    /// The quantile `q` of the calls in microseconds; not-a-number of none.
    pub fn quantile_us(&self, q: f64) -> f64 {
        quantile(&self.calls_us, q)
    }
}

/// [`replan`] for the command line; `args` are discs, states and seed.
///
/// # Errors
/// As [`replan`], and for arguments that are no numbers.
pub fn verb(args: &[String]) -> Result<Replanning> {
    let numbers: Vec<u64> = args.iter().map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    let [n_discs, n_states, seed] = numbers.as_slice() else {
        bail!("`{VERB}` takes discs, states and a seed")
    };
    replan(*n_discs as usize, *n_states as usize, *seed)
}

/// Plans from `n_states` random legal states of `n_discs` discs.
///
/// # Errors
/// A state cannot be planned from, which is a fault of the planner.
pub fn replan(n_discs: usize, n_states: usize, seed: u64) -> Result<Replanning> {
    ensure!((1..=8).contains(&n_discs), "{n_discs} discs: expected 1 to 8");
    let distances = distances(n_discs);
    let start = Instant::now();
    let (domain, _) = parse_domain("hanoi", hanoi::domain(Encoding::PickPlace).as_bytes())?;
    let text = hanoi::problem(n_discs, Encoding::PickPlace);
    let (problem, _) = parse_problem("hanoi", text.as_bytes(), &domain)?;
    let task = Arc::new(ground(&Arc::new(domain), &Arc::new(problem))?);
    let mut session = Session::new(&task);
    let prepare_us = micros(start);
    let mut rng = Rng::new(seed, n_discs as u64);
    let mut done = Replanning {
        n_discs,
        seed,
        n_states,
        n_optimal: 0,
        longest: 0,
        prepare_us,
        calls_us: Vec::with_capacity(n_states),
    };
    for _ in 0..n_states {
        let state = State::random(n_discs, &mut rng);
        let query = query(task.domain(), task.problem(), &state)?;
        let start = Instant::now();
        let plan = plan(&mut session, &query);
        done.calls_us.push(micros(start));
        let (steps, optimal) = plan?;
        done.longest = done.longest.max(steps);
        done.n_optimal += usize::from(optimal && steps == 2 * distances[state.pegs()]);
    }
    Ok(done)
}

fn micros(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}

/// Steps of the plan, and whether it is proved optimal. The session validates it.
fn plan(session: &mut Session, query: &PlanQuery) -> Result<(usize, bool)> {
    let mut found = None;
    session.plan(&Ctx::new(1), query, &mut |answer| {
        if let PlanAnswer::Plan(plan) = answer {
            found = Some((plan.steps.len(), plan.optimal));
        }
        ControlFlow::Continue(())
    })?;
    found.context("no plan from a legal state")
}

fn query(domain: &Domain, problem: &Problem, state: &State) -> Result<PlanQuery> {
    let atoms = state.atoms(Encoding::PickPlace);
    let atoms = atoms.iter().map(|text| atom(domain, problem, text)).collect::<Result<_>>()?;
    let options = SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() };
    Ok(PlanQuery { state: Some(atoms), options, ..PlanQuery::default() })
}

fn atom(domain: &Domain, problem: &Problem, text: &str) -> Result<GroundAtom> {
    let mut words = text.trim_matches(['(', ')']).split(' ');
    let name = words.next().unwrap_or_default();
    let predicate = domain.predicates.iter().position(|predicate| predicate.name == name);
    let object = |word: &str| problem.objects.iter().position(|object| object.name == word);
    let args = words.map(|word| object(word).with_context(|| format!("`{text}` names no object")));
    let predicate = predicate.with_context(|| format!("`{text}` names no predicate"))?;
    Ok(GroundAtom { predicate, args: args.collect::<Result<_>>()? })
}

/// Moves from every placing of the discs to the tower on the last peg.
fn distances(n_discs: usize) -> BTreeMap<Vec<u8>, usize> {
    let goal = vec![N_PEGS as u8 - 1; n_discs];
    let mut distances = BTreeMap::from([(goal.clone(), 0)]);
    let mut queue = VecDeque::from([goal]);
    while let Some(pegs) = queue.pop_front() {
        let next = distances[&pegs] + 1;
        for from in 0..N_PEGS as u8 {
            let Some(disc) = pegs.iter().position(|&peg| peg == from) else { continue };
            for to in (0..N_PEGS as u8).filter(|to| *to != from && !pegs[..disc].contains(to)) {
                let mut moved = pegs.clone();
                moved[disc] = to;
                if !distances.contains_key(&moved) {
                    distances.insert(moved.clone(), next);
                    queue.push_back(moved);
                }
            }
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_agree_with_the_closed_form() {
        let distances = distances(4);
        assert_eq!(distances.len(), 81);
        for (pegs, distance) in distances {
            assert_eq!(State::new(pegs).moves_to_tower(2), Some(distance as u64));
        }
    }

    #[test]
    fn every_state_gets_an_optimal_plan() {
        let done = replan(3, 30, 7).expect("legal states");
        assert_eq!((done.n_optimal, done.calls_us.len()), (30, 30));
        assert!(done.longest <= 14);
        assert!(done.quantile_us(0.5) <= done.quantile_us(0.99));
        assert!(replan(0, 1, 1).is_err());
        assert!(verb(&["3".to_string()]).is_err());
    }
}
