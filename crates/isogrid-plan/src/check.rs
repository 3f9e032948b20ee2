//! The planner's answers, checked without trusting the planner.
//!
//! A plan is executed by name on the parsed PDDL. An unreachable goal is looked for by the literal relaxation of
//! [`crate::reference`], where the task is small enough for it. That a state space was exhausted has no shorter proof
//! than another search, and neither has a pair of goals that exclude each other: there the checker abstains.

use isogrid_core::{Check, Verdict};

use crate::engine::{Planner, PlanningModel};
use crate::pddl::{Domain, Problem};
use crate::reference::{relaxed_holds, relaxed_reachable};
use crate::search::Unsolvable;
use crate::session::{PlanAnswer, ValidPlan, with_static_atoms};
use crate::text::formula_text;
use crate::validate::Validator;

/// Assignments of objects to parameters beyond which the literal relaxation is not tried.
const MAX_ASSIGNMENTS: usize = 20_000;

impl Check for Planner {
    fn check(&self, model: &PlanningModel, output: &PlanAnswer) -> Verdict {
        let (domain, problem) = (&*model.domain, &*model.problem);
        match output {
            PlanAnswer::Plan(plan) => execute(domain, problem, plan),
            PlanAnswer::Unsolvable(Unsolvable::UnreachableGoals(_), _) => relax(domain, problem),
            PlanAnswer::Unsolvable(Unsolvable::Exhausted { states }, _) => Verdict::Abstain(format!(
                "no independent check that the {states} states seen are all there are; the claim rests on the search"
            )),
        }
    }
}

fn execute(domain: &Domain, problem: &Problem, plan: &ValidPlan) -> Verdict {
    let validator = Validator::new(domain, problem).with_values(&plan.query.values);
    let init = plan.query.state.as_ref().map(|state| with_static_atoms(domain, problem, state));
    let goal = plan.query.goal.as_ref().unwrap_or(&problem.goal);
    let validation = validator.check_plan(init.as_ref().unwrap_or(&problem.init), goal, &plan.steps);
    if validation.is_valid() && validation.cost == plan.cost {
        Verdict::Pass(validation.to_string())
    } else {
        Verdict::Fail(validation.to_string())
    }
}

fn relax(domain: &Domain, problem: &Problem) -> Verdict {
    if assignments(domain, problem) > MAX_ASSIGNMENTS {
        let why = "the task is too large for the literal relaxation; the claim rests on the grounding";
        return Verdict::Abstain(why.to_string());
    }
    let (atoms, _) = relaxed_reachable(domain, problem);
    let missing = problem.goal.conjuncts().iter().find(|part| !relaxed_holds(domain, problem, &atoms, part));
    match missing {
        Some(part) => {
            let text = formula_text(domain, problem, part);
            Verdict::Pass(format!("{text} is out of reach even where nothing is ever deleted"))
        }
        None => Verdict::Abstain(
            "no independent check that the goal conditions exclude each other; the claim rests on mutex groups"
                .to_string(),
        ),
    }
}

fn assignments(domain: &Domain, problem: &Problem) -> usize {
    let admitted = |param: &crate::pddl::Param| {
        problem.objects.iter().filter(|object| domain.admits(object, param)).count()
    };
    let of =
        |action: &crate::pddl::Action| action.params.iter().map(admitted).fold(1usize, usize::saturating_mul);
    domain.actions.iter().map(of).fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ground::Keep;
    use crate::pddl::{parse_domain, parse_problem};
    use crate::search::Statistics;

    const DOMAIN: &[u8] = b"(define (domain d) (:predicates (p ?x) (q ?x)) (:action a :parameters (?x)
        :precondition (p ?x) :effect (and (q ?x) (not (p ?x)))))";

    fn verdict(goal: &str) -> Verdict {
        let (domain, _) = parse_domain("d", DOMAIN).expect("a domain");
        let text = format!("(define (problem x) (:domain d) (:objects a b) (:init (p a)) (:goal {goal}))");
        let (problem, _) = parse_problem("p", text.as_bytes(), &domain).expect("a problem");
        let model = PlanningModel {
            domain: Arc::new(domain),
            problem: Arc::new(problem),
            keep: Keep::Relevant,
            task: None,
        };
        let because = Unsolvable::UnreachableGoals(Vec::new());
        Planner.check(&model, &PlanAnswer::Unsolvable(because, Statistics::default()))
    }

    #[test]
    fn only_what_the_literal_relaxation_shows_is_passed() {
        assert!(matches!(verdict("(q b)"), Verdict::Pass(why) if why.contains("(q b)")));
        assert!(matches!(verdict("(and (p a) (q a))"), Verdict::Abstain(_)));
    }
}
