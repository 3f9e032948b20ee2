//! The validator names the first thing that is wrong with a plan, and agrees with a slow, literal execution.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

mod generator;
mod golden;

use std::collections::{BTreeMap, BTreeSet};

use isogrid_core::Verdict;
use isogrid_plan::pddl::{
    Action, Atom, CostTerm, Domain, GroundAtom, Literal, ObjectId, Problem, Term, parse_domain, parse_problem,
};
use isogrid_plan::plan_file::{PlanStep, parse_plan};
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
    let goal = [literal(0, &[1, 5])];
    let step = [(0, vec![1, 4, 5])];
    assert_eq!(
        validator.check(&init, &goal, &step),
        Validation { steps: 1, cost: 5, outcome: Outcome::Valid }
    );
    let foreign = [
        ("an unknown predicate", validator.check(&[atom(9, &[1])], &goal, &step), "(#9 t)"),
        ("an unknown object", validator.check(&[atom(0, &[1, 70])], &goal, &step), "(at t #70)"),
        ("the wrong arity", validator.check(&[atom(0, &[1])], &goal, &step), "(at t)"),
        ("a goal with the wrong arity", validator.check(&init, &[literal(0, &[])], &step), "(at)"),
        (
            "a goal with a variable",
            validator.check(
                &init,
                &[Literal { negated: true, atom: Atom::Equal(Term::Param(0), Term::Object(1)) }],
                &[],
            ),
            "(= ? t)",
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
fn costs_are_summed_in_64_bits() {
    let costs = "(increase (total-cost) 4294967295) ".repeat(1 << 12);
    let text = format!("(define (domain d) (:action a :effect (and {costs})))");
    let (domain, _) = parse_domain("d", text.as_bytes()).unwrap();
    let text = "(define (problem p) (:domain d) (:goal ()) (:metric minimize (total-cost)))";
    let (problem, _) = parse_problem("p", text.as_bytes(), &domain).unwrap();
    let validation = Validator::new(&domain, &problem).check(&[], &[], &vec![(0, vec![]); 1 << 12]);
    assert_eq!((validation.cost, &validation.outcome), (((1 << 32) - 1) << 24, &Outcome::Valid));
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
        Validation { steps: 3, cost: 3, outcome: Outcome::Valid }
    );
    let again = validate(&domain, &problem, &[&plan.steps[..], &plan.steps[1..]].concat());
    let condition = "(p o1 o1999 o0)".to_string();
    let action = "(a o1 o1999 o0)".to_string();
    assert_eq!(again.outcome, Outcome::UnmetPrecondition { step: 4, action, condition });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Random plans, mostly of applicable steps, are judged as by executing them on sets of texts.
    #[test]
    fn the_literal_execution_agrees((domain, problem, mut choices) in generator::tasks(), length in 0_usize..8) {
        let mut reference = Reference::new(&domain, &problem);
        let mut steps: Vec<IndexedStep> = Vec::new();
        let mut fault = None;
        for _ in 0..length {
            let tries: Vec<_> = (0..6).filter_map(|_| random_step(&domain, &problem, &mut choices)).collect();
            let good = tries.iter().find(|(action, args)| reference.clone().apply(&domain.actions[*action], args).is_ok());
            let Some(step) = good.or(tries.first()).cloned() else { break };
            let result = reference.apply(&domain.actions[step.0], &step.1);
            steps.push(step);
            if let Err(word) = result {
                fault = Some(word);
                break;
            }
        }
        let named = |(action, args): &IndexedStep| PlanStep {
            action: domain.actions[*action].name.to_uppercase(),
            args: args.iter().map(|&arg| problem.objects[arg].name.clone()).collect(),
        };
        let plan: Vec<PlanStep> = steps.iter().map(named).collect();
        let by_name = validate(&domain, &problem, &plan);
        let by_index = Validator::new(&domain, &problem).check(&problem.init, &problem.goal, &steps);
        prop_assert_eq!(&by_name, &by_index);
        let word = fault.unwrap_or_else(|| reference.goal(&problem.goal));
        let said = match &by_name.outcome {
            Outcome::Valid => "valid",
            Outcome::WrongType { .. } => "type",
            Outcome::UnmetPrecondition { .. } => "precondition",
            Outcome::MissingFunctionValue { .. } => "value",
            Outcome::GoalNotReached { .. } => "goal",
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        prop_assert_eq!(said, word, "{}", by_name);
        prop_assert_eq!((by_name.steps, by_name.cost), (reference.steps, reference.cost));
    }
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

/// A state as texts, as slow and plain as can be.
#[derive(Clone)]
struct Reference<'a> {
    domain: &'a Domain,
    problem: &'a Problem,
    atoms: BTreeSet<String>,
    values: BTreeMap<String, u32>,
    steps: usize,
    cost: u64,
}

impl<'a> Reference<'a> {
    fn new(domain: &'a Domain, problem: &'a Problem) -> Self {
        let objects = |args: &[ObjectId]| args.iter().map(|&arg| Term::Object(arg)).collect::<Vec<_>>();
        let mut reference =
            Reference { domain, problem, atoms: BTreeSet::new(), values: BTreeMap::new(), steps: 0, cost: 0 };
        for atom in &problem.init {
            let text = reference.text(&domain.predicates[atom.predicate].name, &objects(&atom.args), &[]);
            reference.atoms.insert(text);
        }
        for value in &problem.function_values {
            let text = reference.text(&domain.functions[value.function].name, &objects(&value.args), &[]);
            reference.values.insert(text, value.value);
        }
        reference
    }

    fn text(&self, head: &str, terms: &[Term], args: &[ObjectId]) -> String {
        let name = |term: &Term| match *term {
            Term::Param(param) => self.problem.objects[args[param]].name.as_str(),
            Term::Object(object) => self.problem.objects[object].name.as_str(),
        };
        format!("{head} {}", terms.iter().map(name).collect::<Vec<_>>().join(" "))
    }

    fn holds(&self, literal: &Literal, args: &[ObjectId]) -> bool {
        let holds = match &literal.atom {
            Atom::Predicate(p, terms) => {
                self.atoms.contains(&self.text(&self.domain.predicates[*p].name, terms, args))
            }
            Atom::Equal(a, b) => self.text("", &[*a], args) == self.text("", &[*b], args),
        };
        holds != literal.negated
    }

    fn apply(&mut self, action: &Action, args: &[ObjectId]) -> Result<(), &'static str> {
        if args.iter().zip(&action.params).any(|(&arg, param)| {
            self.problem.objects.get(arg).is_none_or(|object| !self.domain.admits(object, param))
        }) {
            return Err("type");
        }
        if !action.precondition.iter().all(|literal| self.holds(literal, args)) {
            return Err("precondition");
        }
        let mut cost = if self.problem.minimize_total_cost { 0 } else { 1 };
        for term in action.cost.iter().filter(|_| self.problem.minimize_total_cost) {
            cost += u64::from(match term {
                CostTerm::Number(number) => *number,
                CostTerm::Function(f, terms) => *self
                    .values
                    .get(&self.text(&self.domain.functions[*f].name, terms, args))
                    .ok_or("value")?,
            });
        }
        let mut after = self.atoms.clone();
        for negated in [true, false] {
            for effect in action.effects.iter().filter(|effect| effect.negated == negated) {
                let Atom::Predicate(p, terms) = &effect.atom else { continue };
                let text = self.text(&self.domain.predicates[*p].name, terms, args);
                if negated {
                    after.remove(&text)
                } else {
                    after.insert(text)
                };
            }
        }
        (self.atoms, self.steps, self.cost) = (after, self.steps + 1, self.cost + cost);
        Ok(())
    }

    fn goal(&self, goal: &[Literal]) -> &'static str {
        if goal.iter().all(|literal| self.holds(literal, &[])) { "valid" } else { "goal" }
    }
}
