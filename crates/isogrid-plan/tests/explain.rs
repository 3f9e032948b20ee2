//! Plans with steps taken out, and plans in other orders, are executed literally.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod random;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Limit, Stop};
use isogrid_num::rng::Rng;
use isogrid_plan::certificate::{Certification, CertifyOptions, certify};
use isogrid_plan::explain::{
    DrawLinks, DrawOptions, Elimination, EliminationOptions, Landmark, Timeline, eliminate, landmarks,
    operators_of, out_of_reach, timeline,
};
use isogrid_plan::generate::{DeliveryOptions, delivery};
use isogrid_plan::pddl::{Domain, GroundAtom, Problem, parse_domain, parse_problem};
use isogrid_plan::plan_file::parse_plan;
use isogrid_plan::reference;
use isogrid_plan::validate::Validator;
use isogrid_plan::{Keep, OperatorId, PlanError, Task, ground_in};
use random::{Language, lively_task, random_task};

/// A task with everything kept, and a plan that wanders about before it goes to the goal.
struct Wandering {
    name: String,
    domain: Domain,
    problem: Problem,
    task: Task,
    plan: Vec<OperatorId>,
}

fn ground(domain: &Domain, problem: &Problem) -> Task {
    let (domain, problem) = (Arc::new(domain.clone()), Arc::new(problem.clone()));
    ground_in(&Ctx::new(0), &domain, &problem, Keep::Everything).unwrap()
}

/// Some random steps, then a cheapest way to the goal, as the literal planner has it.
fn wandering((domain, problem): (Domain, Problem), seed: u64) -> Option<Wandering> {
    let mut rng = Rng::new(seed, 5);
    let mut actions = Vec::new();
    let mut state = reference::init(&domain, &problem);
    for _ in 0..rng.below(8) {
        let successors = reference::successors(&domain, &problem, &state);
        let Some(at) = rng.index(successors.len()) else { break };
        actions.push(successors[at].0.clone());
        state = successors[at].1.clone();
    }
    let mut now = problem.clone();
    now.init = state.atoms.iter().cloned().collect();
    for value in &mut now.function_values {
        let known = state.numbers.get(&(value.function, value.args.clone()));
        value.value = known.map_or(value.value, |&bits| f64::from_bits(bits));
    }
    let (_, rest) = reference::optimal_plan(&domain, &now, 20_000)?;
    actions.extend(rest);
    let task = ground(&domain, &problem);
    let plan = operators_of(&task, task.init(), &actions).into_iter().flatten().collect();
    Some(Wandering { name: problem.name.clone(), domain, problem, task, plan })
}

/// More with `ISOGRID_HUNT=N`.
fn all_wandering() -> Vec<Wandering> {
    let n = std::env::var("ISOGRID_HUNT").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let strips = (0..n).map(|seed| (random_task(seed, Language::Strips), seed));
    let adl = (1000..1000 + n).map(|seed| (lively_task(seed), seed));
    let deliveries = (0..4).map(|seed| (delivery(seed, &DeliveryOptions { places: 4, parcels: 2 }), seed));
    let found: Vec<Wandering> =
        strips.chain(adl).chain(deliveries).filter_map(|(task, seed)| wandering(task, seed)).collect();
    let beyond = found.iter().filter(|w| !w.task.is_plain() && w.plan.len() > 3).count();
    assert!(found.len() > 60 && beyond > 20, "{} plans, {beyond} of them beyond plain effects", found.len());
    found
}

impl Wandering {
    fn cost(&self, plan: &[OperatorId]) -> u64 {
        plan.iter().map(|&operator| u64::from(self.task.cost(operator))).sum()
    }

    fn text(&self, atom: &GroundAtom) -> String {
        let args = atom.args.iter().map(|&arg| format!(" {}", self.problem.objects[arg].name));
        format!("({}{})", self.domain.predicates[atom.predicate].name, args.collect::<String>())
    }

    fn check(&self, plan: &[OperatorId]) {
        let steps: Vec<_> = plan.iter().map(|&operator| self.task.ground_action(operator)).collect();
        let validator = Validator::new(&self.domain, &self.problem);
        let validation = validator.check(&self.problem.init, &self.problem.goal, &steps);
        assert!(validation.is_valid(), "{}: {validation}", self.name);
        assert_eq!(validation.cost, self.cost(plan) as f64 * self.task.cost_unit(), "{}", self.name);
    }
}

#[test]
fn what_is_left_of_a_plan_is_a_plan_and_no_dearer() {
    let mut shorter = 0;
    for w in all_wandering() {
        w.check(&w.plan);
        for order in [Elimination::Greedy, Elimination::OnePass] {
            let options = EliminationOptions { order };
            let less = eliminate(&Ctx::new(0), &w.task, w.task.init(), &w.plan, &options).unwrap();
            w.check(&less.plan.operators);
            assert_eq!(less.plan.cost, w.cost(&less.plan.operators), "{}", w.name);
            assert!(less.plan.cost <= w.cost(&w.plan) && less.stop == Stop::Done, "{}: {less:?}", w.name);
            assert_eq!(less.plan.operators.len() + less.removed.len(), w.plan.len(), "{}", w.name);
            let n = w.plan.len() as u64;
            assert!(order == Elimination::Greedy || less.applications <= n * n, "{}: {less:?}", w.name);
            let again = eliminate(&Ctx::new(0), &w.task, w.task.init(), &less.plan.operators, &options);
            let again = again.unwrap();
            assert!(order == Elimination::OnePass || again.removed.is_empty(), "{}: {again:?}", w.name);
            shorter += usize::from(!less.removed.is_empty());
        }
    }
    assert!(shorter > 60, "only {shorter} plans became shorter");
}

#[test]
fn a_limit_leaves_a_plan_that_is_better_or_the_same() {
    let mut cut_short = 0;
    for w in all_wandering().into_iter().step_by(3) {
        for ticks in [0, 1, 2, 4] {
            let ctx = Ctx::new(0).with_tick_limit(ticks);
            let less =
                eliminate(&ctx, &w.task, w.task.init(), &w.plan, &EliminationOptions::default()).unwrap();
            w.check(&less.plan.operators);
            assert!(less.plan.cost <= w.cost(&w.plan), "{}", w.name);
            cut_short += usize::from(less.stop == Stop::Budget(Limit::Ticks));
        }
    }
    assert!(cut_short > 0);
}

const CORRIDOR: &str = "(define (domain corridor) (:predicates (at ?x) (next ?x ?y) (lit ?x) (dark ?x))
    (:functions (total-cost))
    (:action go :parameters (?x ?y) :precondition (and (at ?x) (next ?x ?y))
      :effect (and (at ?y) (not (at ?x)) (increase (total-cost) 1)))
    (:action light :parameters (?x) :precondition (and (at ?x) (dark ?x))
      :effect (and (lit ?x) (not (dark ?x)) (increase (total-cost) 1)))
    (:action lamp :parameters (?x) :precondition (dark ?x)
      :effect (and (lit ?x) (not (dark ?x)) (increase (total-cost) 9))))";

fn corridor(rooms: usize, goal: &str) -> (Domain, Problem, Task) {
    let (domain, _) = parse_domain("corridor", CORRIDOR.as_bytes()).unwrap();
    let names: String = (0..rooms).map(|at| format!(" r{at}")).collect();
    let next: String =
        (1..rooms).map(|at| format!("(next r{} r{at})(next r{at} r{})", at - 1, at - 1)).collect();
    let dark: String = (0..rooms).map(|at| format!("(dark r{at})")).collect();
    let text = format!(
        "(define (problem c) (:domain corridor) (:objects{names}) (:init (at r0) {next} {dark})
           (:goal {goal}) (:metric minimize (total-cost)))"
    );
    let (problem, _) = parse_problem("c", text.as_bytes(), &domain).unwrap();
    let task = ground(&domain, &problem);
    (domain, problem, task)
}

fn plan_of(task: &Task, text: &str) -> Vec<OperatorId> {
    let steps = parse_plan("plan", text.as_bytes()).unwrap().steps;
    let object = |name: &String| task.problem().objects.iter().position(|o| o.name == *name).unwrap();
    let actions: Vec<_> = steps
        .iter()
        .map(|step| {
            let action = task.domain().actions.iter().position(|action| action.name == step.action).unwrap();
            (action, step.args.iter().map(object).collect::<Vec<_>>())
        })
        .collect();
    operators_of(task, task.init(), &actions).into_iter().map(Option::unwrap).collect()
}

#[test]
fn the_dearest_set_goes_first() {
    // Room 1 is lit by the lamp and then again, which needs it to be dark: only one of both can stay.
    let (_, _, task) = corridor(3, "(and (lit r1) (at r0))");
    let plan = plan_of(&task, "(lamp r0) (lamp r1) (go r0 r1) (go r1 r2) (go r2 r1) (go r1 r0)");
    let less = |order| {
        let options = EliminationOptions { order };
        eliminate(&Ctx::new(0), &task, task.init(), &plan, &options).unwrap()
    };
    let greedy = less(Elimination::Greedy);
    assert_eq!((greedy.plan.cost, greedy.removed), (9, vec![0, 2, 3, 4, 5]));
    let not_a_plan = eliminate(&Ctx::new(0), &task, task.init(), &plan[1..2], &EliminationOptions::default());
    assert!(not_a_plan.is_ok(), "one lamp is enough");
    for (steps, expected) in
        [(&plan[..1], "the goal does not hold at the end"), (&plan[3..], "step 1 does not")]
    {
        let ended = eliminate(&Ctx::new(0), &task, task.init(), steps, &EliminationOptions::default());
        assert!(matches!(&ended, Err(PlanError::NotAPlan(why)) if why.contains(expected)), "{ended:?}");
    }
}

#[test]
fn a_plan_of_ten_thousand_steps_stays_within_its_ticks() {
    let (_, _, task) = corridor(101, "(lit r100)");
    let mut text = String::new();
    for room in 0..100 {
        // No state comes twice: each way there or back is with one more lamp lit.
        let way: Vec<usize> = if room % 2 == 0 { (0..=100).collect() } else { (0..=100).rev().collect() };
        way.windows(2).for_each(|step| text += &format!("(go r{} r{})", step[0], step[1]));
        text += &format!("(lamp r{})", 100 - room);
    }
    let plan = plan_of(&task, &text);
    assert!(plan.len() > 10_000, "{} steps", plan.len());
    let mut costs = vec![plan.iter().map(|&operator| u64::from(task.cost(operator))).sum::<u64>()];
    for ticks in [1_000, 20_000, 10_000_000] {
        let ctx = Ctx::new(0).with_tick_limit(ticks);
        let less = eliminate(&ctx, &task, task.init(), &plan, &EliminationOptions::default()).unwrap();
        assert!(ctx.ticks() <= ticks + 1, "{ticks}: {}", ctx.ticks());
        costs.push(less.plan.cost);
    }
    assert!(costs.is_sorted_by(|a, b| a >= b), "{costs:?}");
    assert_eq!(costs[3], 9, "one lamp is enough");
}

fn timed(w: &Wandering) -> Timeline {
    match timeline(&Ctx::new(0), &w.task, w.task.init(), &w.plan).unwrap() {
        ControlFlow::Continue(timeline) => timeline,
        ControlFlow::Break(stop) => panic!("{}: {stop}", w.name),
    }
}

#[test]
fn every_order_that_the_timeline_allows_is_a_plan() {
    let mut freer = 0;
    for (seed, w) in all_wandering().into_iter().enumerate() {
        let timeline = timed(&w);
        let mut rng = Rng::new(seed as u64, 9);
        for step in &timeline.steps {
            let moments = step.after.iter().map(|&earlier| timeline.steps[earlier].moment + 1);
            assert_eq!(step.moment, moments.max().unwrap_or(0), "{}", w.name);
        }
        for link in &timeline.links {
            let producer = link.producer.map_or(0, |step| timeline.steps[step].moment + 1);
            let consumer = link.consumer.map_or(timeline.makespan, |step| timeline.steps[step].moment);
            assert!(producer <= consumer, "{}: {link:?}", w.name);
        }
        freer += usize::from(timeline.makespan < w.plan.len());
        for _ in 0..20 {
            let order = shuffled(&timeline, &mut rng);
            let plan: Vec<OperatorId> = order.iter().map(|&step| w.plan[step]).collect();
            w.check(&plan);
        }
    }
    assert!(freer > 30, "only {freer} plans have steps that can run together");
}

/// The steps in a random order in which each one comes after those that it must come after.
fn shuffled(timeline: &Timeline, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < timeline.steps.len() {
        let is_free = |&step: &usize| {
            !order.contains(&step) && timeline.steps[step].after.iter().all(|earlier| order.contains(earlier))
        };
        let free: Vec<usize> = (0..timeline.steps.len()).filter(is_free).collect();
        order.push(free[rng.index(free.len()).unwrap()]);
    }
    order
}

#[test]
fn a_timeline_is_drawn_within_its_width() {
    let (_, _, task) = corridor(4, "(and (lit r1) (lit r2) (at r0))");
    let plan = plan_of(&task, "(lamp r2) (go r0 r1) (light r1) (go r1 r0)");
    let ControlFlow::Continue(found) = timeline(&Ctx::new(0), &task, task.init(), &plan).unwrap() else {
        panic!("no limit was set");
    };
    assert_eq!(
        found.draw(&DrawOptions::default()),
        "1  1  (lamp r2)  -> goal\n   2  (go r0 r1)  -> 3, 4\n2  3  (light r1)  -> goal\n\
         3  4  (go r1 r0)  -> goal\n"
    );
    let facts = found.draw(&DrawOptions { links: DrawLinks::Facts, ..DrawOptions::default() });
    assert!(facts.contains("\n        (at r1) for 3, 4\n"), "{facts}");
    let narrow = found.draw(&DrawOptions { width: 1, max_steps: 2, ..DrawOptions::default() });
    assert_eq!(narrow.lines().nth(1), Some("  ... 2 more steps, up to moment 2 ..."), "{narrow}");
    assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
}

#[test]
fn landmarks_ahead_are_in_order_and_the_next_ones_are_free() {
    let (_, _, task) = corridor(4, "(lit r3)");
    let ahead = landmarks(&Ctx::new(0), &task, task.init()).unwrap();
    let texts: Vec<&str> = ahead.ahead.iter().map(|landmark| landmark.text.as_str()).collect();
    assert_eq!(texts, ["(lit r3)"], "the lamp lights the last room from anywhere");
    let reachable = CORRIDOR.replace(
        "(:action lamp :parameters (?x) :precondition (dark ?x)",
        "(:action lamp :parameters (?x) :precondition (and (at ?x) (dark ?x))",
    );
    let (domain, _) = parse_domain("corridor", reachable.as_bytes()).unwrap();
    let (_, problem, _) = corridor(4, "(lit r3)");
    let task = ground(&domain, &problem);
    let ahead = landmarks(&Ctx::new(0), &task, task.init()).unwrap();
    let texts: Vec<&str> = ahead.ahead.iter().map(|landmark| landmark.text.as_str()).collect();
    assert_eq!(texts, ["(at r1)", "(at r2)", "(at r3)", "(lit r3)"]);
    let next: Vec<bool> = ahead.ahead.iter().map(Landmark::is_next).collect();
    assert_eq!(next, [true, false, false, false]);
    assert!(ahead.ahead[3].is_goal);
    let plan = plan_of(&task, "(go r0 r1) (go r1 r2)");
    let mut state = task.init().clone();
    for operator in plan {
        state = task.apply(&state, operator).unwrap();
    }
    let later = landmarks(&Ctx::new(0), &task, &state).unwrap();
    assert_eq!(later.ahead.len(), 2, "{later:?}");
}

#[test]
fn landmarks_ahead_hold_along_every_plan() {
    let mut n_ahead = 0;
    for w in all_wandering() {
        let Some(found) = landmarks(&Ctx::new(0), &w.task, w.task.init()) else { continue };
        let mut state = w.task.init().clone();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for &operator in &w.plan {
            state = w.task.apply(&state, operator).unwrap();
            seen.extend(w.task.atoms(&state).iter().map(|atom| w.text(atom)));
        }
        for (at, landmark) in found.ahead.iter().enumerate() {
            let predicate = landmark.text.trim_start_matches('(').split([' ', ')']).next().unwrap();
            let is_basic = ["p", "q", "r", "at", "in"].contains(&predicate);
            assert!(!is_basic || seen.contains(&landmark.text), "{}: {}", w.name, landmark.text);
            assert!(landmark.after.iter().all(|&other| other < at), "{}", w.name);
            n_ahead += usize::from(is_basic);
        }
    }
    assert!(n_ahead > 50, "{n_ahead}");
}

/// Facts out of reach as lines: the fact, then what would make it true and what that lacks.
fn missing(domain: &str, problem: &str) -> Vec<String> {
    let (domain, _) = parse_domain("domain", domain.as_bytes()).unwrap();
    let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).unwrap();
    let made = certify(&Ctx::new(0), &domain, &problem, &CertifyOptions::default());
    let ControlFlow::Continue(Certification::Certified(certificate)) = made else { panic!("{made:?}") };
    let line = |one: isogrid_plan::explain::OutOfReach| {
        let ways = one.ways.iter().map(|way| format!(" <- {} lacks {:?}", way.by, way.lacks));
        format!("{}{}{}", one.fact, if one.is_goal { " goal" } else { "" }, ways.collect::<String>())
    };
    out_of_reach(&domain, &problem, &certificate.atoms).into_iter().map(line).collect()
}

#[test]
fn what_is_out_of_reach_is_followed_to_what_nothing_makes_true() {
    let domain = "(define (domain house) (:requirements :adl :derived-predicates) (:types door key - object)
        (:constants attic cellar - door)
        (:predicates (open ?d - door) (fits ?k - key ?d - door) (have ?k - key) (seen ?d - door) (lit) (all))
        (:derived (all) (and (seen attic) (seen cellar)))
        (:action unlock :parameters (?k - key ?d - door)
            :precondition (and (have ?k) (fits ?k ?d) (not (open ?d))) :effect (open ?d))
        (:action look :parameters (?d - door) :precondition (exists (?k - key) (and (open ?d) (have ?k)))
            :effect (when (lit) (seen ?d)))
        (:action light :effect (lit)))";
    let problem = "(define (problem p) (:domain house) (:objects brass - key)
        (:init (have brass) (fits brass cellar)) (:goal (and (all) (lit))))";
    let expected = [
        "(all) goal <- (all) lacks [\"(seen attic)\"]",
        "(seen attic) <- (look attic) lacks [\"(open attic)\"]",
        "(open attic) <- (unlock ?k attic) lacks [\"(fits ? attic)\"]",
        "(fits ? attic)",
    ];
    assert_eq!(missing(domain, problem), expected);
}

#[test]
fn conditions_that_never_hold_together_lack_nothing_one_by_one() {
    let domain = "(define (domain d) (:predicates (p ?x) (q ?x) (done))
        (:action go :parameters (?x) :precondition (and (p ?x) (q ?x)) :effect (done)))";
    let problem = "(define (problem x) (:domain d) (:objects a b) (:init (p a) (q b)) (:goal (done)))";
    assert_eq!(missing(domain, problem), ["(done) goal <- (go ?x) lacks []"]);
}
