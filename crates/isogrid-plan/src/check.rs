//! The planner's answers, checked without trusting the planner.
//!
//! A plan is executed by name on the parsed PDDL. That there is none is passed where a certificate is found within a
//! small budget and holds ([`crate::certificate`]); elsewhere the checker abstains. The certificate is made without the
//! grounding and the search that made the answer.

use std::ops::ControlFlow;

use isogrid_core::{Check, Ctx, Verdict};

use crate::certificate::{Certification, CertifyOptions, certify};
use crate::engine::{Planner, PlanningModel};
use crate::pddl::{Domain, Problem};
use crate::search::Unsolvable;
use crate::session::{PlanAnswer, ValidPlan, with_static_atoms};
use crate::validate::{Validator, check_certificate};

/// Ticks of making a certificate, and again of checking it: a second or so.
const TICKS: u64 = 2_000_000;
/// Small state spaces are explored again.
const OPTIONS: CertifyOptions = CertifyOptions { max_states: 10_000, pair_ticks: TICKS / 2 };

impl Check for Planner {
    fn check(&self, model: &PlanningModel, output: &PlanAnswer) -> Verdict {
        let (domain, problem) = (&*model.domain, &*model.problem);
        match output {
            PlanAnswer::Plan(plan) => execute(domain, problem, plan),
            PlanAnswer::Unsolvable(because, _) => prove(domain, problem, because),
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

/// Makes a certificate and judges it.
fn prove(domain: &Domain, problem: &Problem, because: &Unsolvable) -> Verdict {
    let made = certify(&Ctx::new(0).with_tick_limit(TICKS), domain, problem, &OPTIONS);
    let why = match made {
        ControlFlow::Continue(Certification::Certified(certificate)) => {
            let ctx = Ctx::new(0).with_tick_limit(TICKS);
            // A certificate that fails says nothing about the answer.
            match check_certificate(&ctx, domain, problem, &certificate).verdict() {
                Verdict::Pass(how) => return Verdict::Pass(how),
                Verdict::Fail(why) | Verdict::Abstain(why) => why,
            }
        }
        // The answer may be to a query from another state or for another goal than the model's.
        ControlFlow::Continue(other) => other.to_string(),
        ControlFlow::Break(stop) => stop.to_string(),
    };
    let rests_on = match because {
        Unsolvable::UnreachableGoals(_) => "the grounding",
        Unsolvable::Exhausted { .. } => "the search",
    };
    Verdict::Abstain(format!("no certificate for a quick check ({why}); the claim rests on {rests_on}"))
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
    fn what_has_a_certificate_is_passed() {
        for (goal, expected) in [("(q b)", "(q b) never holds"), ("(and (p a) (q a))", "never hold together")]
        {
            assert!(matches!(verdict(goal), Verdict::Pass(why) if why.contains(expected)), "{goal}");
        }
        assert!(matches!(verdict("(q a)"), Verdict::Abstain(why) if why.contains("there is a plan")));
    }
}
