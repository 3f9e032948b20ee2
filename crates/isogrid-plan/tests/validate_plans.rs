//! The validator names the first thing that is wrong with a plan, and agrees with a slow, literal execution.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

mod generator;
mod golden;

use isogrid_core::Verdict;
use isogrid_plan::pddl::{
    Arithmetic, Atom, Change, Domain, Effect, Expression, Formula, GroundAtom, Literal, ObjectId, Problem,
    Term, Update, parse_domain, parse_problem,
};
use isogrid_plan::plan_file::{PlanStep, parse_plan};
use isogrid_plan::reference;
use isogrid_plan::validate::{IndexedStep, Outcome, Validation, Validator, validate};
use proptest::prelude::*;

const DOMAIN: &str = "(define (domain delivery)
  (:types place - object truck drone - vehicle heavy-truck - truck)
  (:constants home - place)
  (:predicates (at ?v - vehicle ?p - place) (road ?a ?b - place) (fresh ?p - place) (closed))
  (:functions (total-cost) (length ?a ?b - place))
  (:action drive :parameters (?t - truck ?a ?b - place)
    :precondition (and (at ?t ?a) (road ?a ?b) (not (= ?a ?b)) (not (closed)))
    :effect (and (not (at ?t ?a)) (at ?t ?b) (increase (total-cost) (+ 1 (length ?a ?b)))))
  (:action fly :parameters (?d - (either drone heavy-truck) ?a ?b - place)
    :precondition (at ?d ?a)
    :effect (and (at ?d ?b) (not (at ?d ?a)) (increase (total-cost) 4294967295)))
  (:action close :effect (closed))
  (:action refresh :parameters (?p - place) :effect (and (fresh ?p) (not (fresh ?p)) (fresh home))))
";

const PROBLEM: &str = "(define (problem one) (:domain delivery)
  (:objects t - truck h - heavy-truck d - drone b c far - place)
  (:init (at t home) (at h home) (at d home) (road home b) (road b c) (road c c) (road c far) (fresh b)
    (= (length home b) 3) (= (length b c) 4))
  (:goal (and (at t c) (not (at t home)) (fresh home) (= home home)))
  (:metric minimize (total-cost)))
";

fn delivery() -> (Domain, Problem) {
    let (domain, _) = parse_domain("delivery.pddl", DOMAIN.as_bytes()).unwrap();
    let (problem, _) = parse_problem("one.pddl", PROBLEM.as_bytes(), &domain).unwrap();
    (domain, problem)
}

#[test]
fn the_first_fault_of_a_plan_is_named() {
    let (domain, problem) = delivery();
    golden::check("plans.txt", |name, text| {
        let plan = parse_plan("plan", text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let validation = validate(&domain, &problem, &plan.steps);
        assert_eq!(validation.is_valid(), validation.verdict().passed(), "{name}");
        format!("{validation}\nsteps {}, cost {}", validation.steps, validation.cost)
    });
}

#[test]
fn plans_by_index_give_the_same_answers() {
    let (domain, problem) = delivery();
    let validator = Validator::new(&domain, &problem);
    let object = |name: &str| problem.objects.iter().position(|o| o.name == name).unwrap();
    let (t, home, b) = (object("t"), object("home"), object("b"));
    let check = |steps: &[IndexedStep]| validator.check(&problem.init, &problem.goal, steps);
    let drive = || (0, vec![t, home, b]);
    let cases: Vec<(&str, Validation, &str)> = vec![
        ("unknown action", check(&[drive(), (9, vec![])]), "step 2: unknown action '#9'"),
        (
            "unknown object",
            check(&[(0, vec![t, home, 99])]),
            "step 1 (drive t home #99): unknown object '#99'",
        ),
        ("arity", check(&[(0, vec![t])]), "step 1 (drive t): 1 argument given, expected 3"),
        (
            "goal",
            check(&[drive()]),
            "the goal is not reached after 1 step: not satisfied: (at t c), (fresh home)",
        ),
    ];
    for (name, validation, expected) in cases {
        assert_eq!(validation.to_string(), expected, "{name}");
    }
}

#[test]
fn other_states_and_goals_than_the_problem_has_are_taken() {
    let (domain, problem) = delivery();
    let validator = Validator::new(&domain, &problem);
    let atom = |predicate, args: &[ObjectId]| GroundAtom { predicate, args: args.to_vec() };
    let literal = |predicate, args: &[ObjectId]| {
        let terms = args.iter().map(|&arg| Term::Object(arg)).collect();
        Literal { negated: false, atom: Atom::Predicate(predicate, terms) }
    };
    // Objects: home, t, h, d, b, c, far.
    let init = [atom(0, &[1, 4]), atom(1, &[4, 5])];
    let goal = Formula::from(literal(0, &[1, 5]));
    let step = [(0, vec![1, 4, 5])];
    assert_eq!(
        validator.check(&init, &goal, &step),
        Validation { steps: 1, cost: 5.0, outcome: Outcome::Valid }
    );
    let foreign = [
        ("an unknown predicate", validator.check(&[atom(9, &[1])], &goal, &step), "(#9 t)"),
        ("an unknown object", validator.check(&[atom(0, &[1, 70])], &goal, &step), "(at t #70)"),
        ("the wrong arity", validator.check(&[atom(0, &[1])], &goal, &step), "(at t)"),
        ("a goal with the wrong arity", validator.check(&init, &literal(0, &[]).into(), &step), "(at)"),
        (
            "a goal with an unknown object",
            validator.check(
                &init,
                &Literal { negated: true, atom: Atom::Equal(Term::Object(70), Term::Object(1)) }.into(),
                &[],
            ),
            "(= #70 t)",
        ),
    ];
    for (name, validation, text) in foreign {
        assert_eq!(validation.outcome, Outcome::ForeignAtom { atom: text.to_string() }, "{name}");
        assert_eq!(
            validation.verdict(),
            Verdict::Fail(format!("{text} is not an atom of this problem")),
            "{name}"
        );
    }
}

#[test]
fn large_costs_are_summed_exactly() {
    let costs = "(increase (total-cost) 2147483647) ".repeat(1 << 10);
    let text = format!("(define (domain d) (:action a :effect (and {costs})))");
    let (domain, _) = parse_domain("d", text.as_bytes()).unwrap();
    let text = "(define (problem p) (:domain d) (:goal ()) (:metric minimize (total-cost)))";
    let (problem, _) = parse_problem("p", text.as_bytes(), &domain).unwrap();
    let validation =
        Validator::new(&domain, &problem).check(&[], &Formula::TRUE, &vec![(0, vec![]); 1 << 12]);
    assert_eq!((validation.cost, &validation.outcome), ((((1u64 << 31) - 1) << 22) as f64, &Outcome::Valid));
}

#[test]
fn many_objects_are_no_trouble() {
    // 2000^3 atoms do not fit into bits.
    let domain = "(define (domain d) (:predicates (p ?x ?y ?z))
        (:action a :parameters (?x ?y ?z) :precondition (p ?x ?y ?z) :effect (and (not (p ?x ?y ?z)) (p ?y ?z ?x))))";
    let (domain, _) = parse_domain("d", domain.as_bytes()).unwrap();
    let objects: String = (0..2000).map(|i| format!("o{i} ")).collect();
    let text = format!(
        "(define (problem p) (:domain d) (:objects {objects}) (:init (p o0 o1 o1999)) (:goal (p o0 o1 o1999)))"
    );
    let (problem, _) = parse_problem("p", text.as_bytes(), &domain).unwrap();
    let plan = "(a o0 o1 o1999) (A O1 O1999 O0) (a o1999 o0 o1)";
    let plan = parse_plan("plan", plan.as_bytes()).unwrap();
    assert_eq!(
        validate(&domain, &problem, &plan.steps),
        Validation { steps: 3, cost: 3.0, outcome: Outcome::Valid }
    );
    let again = validate(&domain, &problem, &[&plan.steps[..], &plan.steps[1..]].concat());
    let condition = "(p o1 o1999 o0)".to_string();
    let action = "(a o1 o1999 o0)".to_string();
    assert_eq!(again.outcome, Outcome::UnmetPrecondition { step: 4, action, condition });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Random plans, mostly of applicable steps, are judged as the literal planner executes them.
    #[test]
    fn the_literal_execution_agrees((domain, problem, mut choices) in generator::tasks(), length in 0_usize..8) {
        let mut world = reference::init(&domain, &problem);
        let (mut steps, mut cost, mut fault) = (Vec::<IndexedStep>::new(), first_cost(&domain, &problem), None);
        let fits = |(action, args): &IndexedStep| {
            let params = &domain.actions[*action].params;
            args.iter().zip(params).all(|(&arg, param)| problem.objects.get(arg).is_some_and(|o| domain.admits(o, param)))
        };
        for _ in 0..length {
            let tries: Vec<_> = (0..6).filter_map(|_| random_step(&domain, &problem, &mut choices)).collect();
            let next = |step: &IndexedStep| reference::apply(&domain, &problem, &world, (step.0, &step.1));
            let good = tries.iter().find(|step| fits(step) && next(step).is_some());
            let Some(step) = good.or(tries.first()).cloned() else { break };
            if !cost.is_finite() {
                fault = Some("value");
                break;
            }
            let result = if fits(&step) { next(&step).ok_or("precondition") } else { Err("type") };
            steps.push(step);
            match result {
                Ok((after, more)) => (world, cost) = (after, cost + more),
                Err(word) => {
                    fault = Some(word);
                    break;
                }
            }
        }
        let named = |(action, args): &IndexedStep| PlanStep {
            action: domain.actions[*action].name.to_uppercase(),
            args: args.iter().map(|&arg| problem.objects[arg].name.clone()).collect(),
        };
        let plan: Vec<PlanStep> = steps.iter().map(named).collect();
        let by_name = validate(&domain, &problem, &plan);
        let by_index = Validator::new(&domain, &problem).check(&problem.init, &problem.goal, &steps);
        prop_assert_eq!(by_name.to_string(), by_index.to_string());
        let goal = if reference::is_goal(&domain, &problem, &world) { "valid" } else { "goal" };
        let word = fault.unwrap_or(if cost.is_finite() && cost.abs() < 1e15 { goal } else { "value" });
        let said = match &by_name.outcome {
            Outcome::Valid => "valid",
            Outcome::WrongType { .. } => "type",
            Outcome::UnmetPrecondition { .. } => "precondition",
            Outcome::MissingFunctionValue { .. } | Outcome::UndefinedMetric { .. } => "value",
            Outcome::CostOverflow { .. } => "value",
            Outcome::GoalNotReached { .. } => "goal",
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        // Which sums are too large depends on their order, and the literal cost is one only of plain sums.
        let is_doubtful = cost.is_finite() && !(is_sum_of_steps(&domain, &problem) && cost.abs() < 1e14);
        if word == "value" && (said == "goal" || is_doubtful) || said == "value" && is_doubtful {
            return Ok(());
        }
        prop_assert_eq!(said, word, "{}", by_name);
        if word == "valid" && is_sum_of_steps(&domain, &problem) {
            prop_assert!((by_name.cost - cost).abs() <= 1e-6 * (1.0 + cost.abs()), "{} {}", by_name.cost, cost);
        }
    }
}

/// Whether a plan costs what its steps cost one by one, as the literal planner counts: it forgets numbers that nothing
/// but the metric looks at, which are only added to, and by amounts that never change.
fn is_sum_of_steps(domain: &Domain, problem: &Problem) -> bool {
    let effects = domain.actions.iter().flat_map(|action| &action.effects);
    let is_addition = |effect: &Effect| match &effect.change {
        Change::Literal(_) => true,
        Change::Number { update, value, .. } => {
            matches!(update, Update::Increase | Update::Decrease) && is_constant(value)
        }
    };
    effects.into_iter().all(is_addition)
        && problem.metric.as_ref().is_none_or(|metric| is_sum(&metric.expression))
}

/// Whether an expression is a sum of functions and constants.
fn is_sum(expression: &Expression) -> bool {
    match expression {
        Expression::Apply(Arithmetic::Add | Arithmetic::Subtract, parts) => parts.iter().all(is_sum),
        Expression::Function(..) => true,
        constant => is_constant(constant),
    }
}

fn is_constant(expression: &Expression) -> bool {
    let mut n_functions = 0;
    expression.for_each_function(&mut |_, _| n_functions += 1);
    n_functions == 0
}

/// Nothing, or no number where the metric has no value at first.
fn first_cost(domain: &Domain, problem: &Problem) -> f64 {
    let nothing = validate(domain, &Problem { goal: Formula::TRUE, ..problem.clone() }, &[]);
    if nothing.is_valid() { 0.0 } else { f64::NAN }
}

/// An action with arguments that mostly fit; nothing where every action needs objects and there are none.
fn random_step(domain: &Domain, problem: &Problem, choices: &mut generator::Choices) -> Option<IndexedStep> {
    let n_objects = problem.objects.len();
    let usable: Vec<usize> = (0..domain.actions.len())
        .filter(|&action| n_objects > 0 || domain.actions[action].params.is_empty())
        .collect();
    let action = *usable.get(choices.below(usable.len()))?;
    let args = domain.actions[action].params.iter().map(|param| {
        let admitted = |&object: &ObjectId| domain.admits(&problem.objects[object], param);
        let fitting: Vec<ObjectId> = (0..n_objects).filter(admitted).collect();
        let any = choices.below(n_objects);
        let fit = fitting.get(choices.below(fitting.len())).copied();
        fit.filter(|_| choices.below(16) != 1).unwrap_or(any)
    });
    Some((action, args.collect()))
}

/// Whether `(go)` can be done where `condition` is its precondition, and then makes `goal` true.
fn can_go(condition: &str, effect: &str, goal: &str) -> bool {
    let domain = format!(
        "(define (domain graph) (:constants a b c d) (:predicates (edge ?a ?b) (red ?a) (seen ?a) (path ?a ?b))
         (:derived (path ?x ?y) (or (edge ?x ?y) (exists (?z) (and (edge ?x ?z) (path ?z ?y)))))
         (:action go :precondition {condition} :effect {effect}))"
    );
    let problem = format!(
        "(define (problem p) (:domain graph)
         (:init (edge a b) (edge b c) (edge c d) (red b) (red d)) (:goal {goal}))"
    );
    let (domain, _) = parse_domain("graph", domain.as_bytes()).unwrap();
    let (problem, _) = parse_problem("p", problem.as_bytes(), &domain).unwrap();
    validate(&domain, &problem, &parse_plan("plan", b"(go)").unwrap().steps).is_valid()
}

#[test]
fn quantifiers_and_axioms_are_tried_to_their_end() {
    let cases = [
        ("(exists (?x ?y) (and (edge ?x ?y) (red ?x) (red ?y)))", false),
        ("(exists (?x ?y) (and (path ?x ?y) (red ?x) (red ?y)))", true),
        ("(exists (?x) (and (red ?x) (exists (?y) (and (edge ?x ?y) (not (red ?y))))))", true),
        ("(exists (?x) (and (red ?x) (exists (?y) (and (edge ?y ?x) (red ?y)))))", false),
        ("(exists (?x) (and (red ?x) (not (= ?x b)) (or (edge ?x a) (path a ?x))))", true),
        ("(exists (?x) (and (forall (?y) (not (edge ?x ?y))) (red ?x)))", true),
        ("(exists (?x) (forall (?y) (imply (red ?y) (path ?x ?y))))", true),
        ("(exists (?x ?y) (and (= ?x ?y) (path ?x ?y)))", false),
        ("(exists (?x ?y) (and (not (red ?x)) (path ?x ?y) (not (red ?y))))", true),
        ("(forall (?x ?y) (imply (and (red ?x) (path ?x ?y)) (not (= ?y b))))", true),
    ];
    for (condition, holds) in cases {
        assert_eq!(can_go(condition, "(seen a)", "(seen a)"), holds, "{condition}");
    }
    let effect = "(forall (?x ?y) (when (and (edge ?x ?y) (red ?x)) (seen ?y)))";
    assert!(can_go("(and)", effect, "(and (seen c) (not (seen b)) (not (seen d)))"));
}
