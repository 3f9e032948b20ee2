//! Landmarks: facts, and small sets of facts, of which every plan must make one true, and the orders in which it must.
//!
//! Single facts by propagation through the delete relaxation (Zhu and Givan 2003; Keyder, Richter and Helmert, ECAI
//! 2010), which finds all of that relaxation; disjunctions of facts of one predicate by backchaining (Richter, Helmert
//! and Westphal, AAAI 2008); natural, greedy-necessary and reasonable orders (Hoffmann, Porteous and Sebastia, JAIR 22,
//! 2004). Left out: conjunctive landmarks.

mod discover;
mod disjunctions;
mod fact_set;
mod orders;

use std::sync::Arc;

use isogrid_core::Ctx;
use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::heuristic::AXIOM;
use crate::packing::State;
use crate::task::{FactId, OperatorId, Task};

/// Index of a landmark.
pub(crate) type LandmarkId = usize;

/// Tasks with more landmarks get none: their orders take memory quadratic in them.
const MAX_LANDMARKS: usize = 16_384;

/// Landmarks of one query, with their orders.
pub(crate) struct Landmarks {
    /// The facts of each landmark, one of which has to become true. No fact belongs to two landmarks.
    pub(crate) facts: Vec<Vec<FactId>>,
    /// Whether the fact is a goal.
    pub(crate) is_goal: Vec<bool>,
    /// Landmarks that must be reached first, natural orders alone.
    pub(crate) naturally_before: Vec<BitSet>,
    /// The same with reasonable orders.
    pub(crate) before: Vec<BitSet>,
    /// Landmarks that need this one to be true right before them.
    pub(crate) needed_by: Vec<Vec<LandmarkId>>,
    /// The landmark of a fact.
    pub(crate) of_fact: Vec<Option<u32>>,
    /// Rules' operators that make each landmark true, [`AXIOM`] among them.
    achievers: Vec<Vec<OperatorId>>,
    pub(crate) n_reasonable: usize,
}

impl Landmarks {
    /// Finds them; `None` when there are too many, their sets take more than 128 MiB while they are found, the context stops the work, or the relaxation reaches no goal.
    pub(crate) fn find(ctx: &Ctx, task: &Task, init: &State, goal: &[VarVal]) -> Option<Arc<Landmarks>> {
        let propagated = discover::propagate(ctx, task, init, goal)?;
        if propagated.landmarks.len() > MAX_LANDMARKS {
            return None;
        }
        let mut disjunctions = disjunctions::find(ctx, task, init, &propagated)?;
        disjunctions.truncate(MAX_LANDMARKS - propagated.landmarks.len());
        orders::order(ctx, (task, goal), &propagated, disjunctions).map(Arc::new)
    }

    pub(crate) fn len(&self) -> usize {
        self.facts.len()
    }

    /// The cost of each landmark's cheapest achiever, where `costs` are those of the operators.
    pub(crate) fn costs(&self, costs: &[u32]) -> Vec<u32> {
        let cost = |&operator: &OperatorId| if operator == AXIOM { 0 } else { costs[operator as usize] };
        self.achievers.iter().map(|operators| operators.iter().map(cost).min().unwrap_or(0)).collect()
    }

    /// The only fact of a landmark, unless it is a disjunction.
    pub(crate) fn single(&self, landmark: LandmarkId) -> Option<FactId> {
        match self.facts[landmark][..] {
            [fact] => Some(fact),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{DeliveryOptions, delivery};
    use crate::ground::ground;
    use crate::pddl::{parse_domain, parse_problem};
    use crate::search::{Mode, Outcome, SolveOptions, solve};

    const DOMAIN: &str = "(define (domain post) (:requirements :typing) (:types parcel van place)
        (:predicates (at ?x - object ?p - place) (in ?a - parcel ?v - van) (road ?p ?q - place))
        (:action load :parameters (?a - parcel ?v - van ?p - place)
            :precondition (and (at ?a ?p) (at ?v ?p)) :effect (and (in ?a ?v) (not (at ?a ?p))))
        (:action unload :parameters (?a - parcel ?v - van ?p - place)
            :precondition (and (in ?a ?v) (at ?v ?p)) :effect (and (at ?a ?p) (not (in ?a ?v))))
        (:action drive :parameters (?v - van ?p ?q - place)
            :precondition (and (at ?v ?p) (road ?p ?q)) :effect (and (at ?v ?q) (not (at ?v ?p)))))";

    fn post(vans: &str) -> Task {
        let n_vans = vans.split_whitespace().count();
        let at: String = vans.split_whitespace().map(|van| format!("(at {van} a)")).collect();
        let problem = format!(
            "(define (problem p) (:domain post) (:objects x - parcel {vans} - van a b c - place)
             (:init (at x b) {at} (road a b) (road b a) (road b c) (road c b)) (:goal (at x c)))"
        );
        let (domain, _) = parse_domain("domain", DOMAIN.as_bytes()).expect("a domain");
        let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).expect("a problem");
        let task = ground(&domain, &problem).expect("a task");
        assert!(n_vans > 0 && task.is_plain());
        task
    }

    fn find(task: &Task) -> Arc<Landmarks> {
        Landmarks::find(&Ctx::new(0), task, task.init(), &task.goal).expect("a reachable goal")
    }

    #[test]
    fn one_of_few_vans_is_a_disjunction_and_one_van_a_fact() {
        for (vans, n_sets) in [("v", 0), ("v w", 3), ("v w u t", 3), ("v w u t s", 0)] {
            let task = post(vans);
            let landmarks = find(&task);
            let sets = (0..landmarks.len()).filter(|&at| landmarks.single(at).is_none()).count();
            assert_eq!(sets, n_sets, "vans {vans}");
        }
    }

    #[test]
    fn every_plan_reaches_all_landmarks_in_their_natural_order() {
        for vans in ["v", "v w", "v w u"] {
            let task = post(vans);
            let landmarks = find(&task);
            let result = solve(&task, &SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() });
            let Outcome::Solved { plan, .. } = result.outcome else { panic!("no plan with vans {vans}") };
            let mut state = task.init().clone();
            let mut first = vec![None; landmarks.len()];
            for step in 0..=plan.operators.len() {
                let mut facts = Vec::new();
                task.facts_of(state.words(), &mut facts);
                for fact in facts {
                    if let Some(landmark) = landmarks.of_fact[fact as usize] {
                        first[landmark as usize].get_or_insert(step);
                    }
                }
                if let Some(&operator) = plan.operators.get(step) {
                    state = task.apply(&state, operator).expect("an applicable step");
                }
            }
            for later in 0..landmarks.len() {
                assert!(first[later].is_some(), "vans {vans}: landmark {later} is missed");
                let before = landmarks.naturally_before[later].ones();
                before.for_each(|earlier| assert!(first[earlier] <= first[later], "vans {vans}"));
            }
        }
    }

    #[test]
    fn large_tasks_have_landmarks_too() {
        let (domain, problem) = delivery(1, &DeliveryOptions { places: 160, parcels: 120 });
        let task = ground(&Arc::new(domain), &Arc::new(problem)).expect("a task");
        assert!(task.n_facts() > 16_384, "{}", task.n_facts());
        assert!(find(&task).len() > 240, "each parcel is carried and arrives");
    }
}
