//! The plan validator: executes a plan on the parsed PDDL and names the first thing that is wrong.
//!
//! It shares nothing with grounding and search but the syntax tree. A state is a set of ground atoms, packed into
//! bits where all atoms of the problem are few, and the values of functions; deletes come before adds; conditions are
//! evaluated as PDDL defines them, quantifiers by trying the objects, axioms to their fixpoint (the role VAL has: Howey,
//! Long and Fox, "VAL", ICTAI 2004). Left out: time.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::numbers::settle;
use crate::pddl::{
    Action, Atom, Change, Domain, Effect, Expression, Formula, FunctionId, GroundAtom, Leaf, Literal, Metric,
    Object, ObjectId, Param, PredicateId, Problem, Relation, TOTAL_COST, Term, Update, did_you_mean,
    print_formula, strata,
};
use crate::plan_file::PlanStep;

pub(crate) mod certificate;
mod evaluate;
mod outcome;
mod state;

pub use certificate::{Judgement, Refusal, check_certificate};
use evaluate::World;
pub use outcome::{Outcome, Validation};
use state::Layout;

/// A step by indices: an action of the domain and its arguments.
pub type IndexedStep = (usize, Vec<ObjectId>);

/// Checks a plan for a problem. Cost: that of [`Validator::new`], then linear in the atoms that the steps name.
///
/// ```
/// use isogrid_plan::{pddl, plan_file::parse_plan, validate::validate};
///
/// let domain = b"(define (domain switch) (:predicates (on))
///     (:action press :precondition (not (on)) :effect (on)))";
/// let (domain, _) = pddl::parse_domain("switch.pddl", domain)?;
/// let problem = b"(define (problem dark) (:domain switch) (:goal (on)))";
/// let (problem, _) = pddl::parse_problem("dark.pddl", problem, &domain)?;
/// let plan = parse_plan("plan", b"(press)\n(press)")?;
/// let verdict = validate(&domain, &problem, &plan.steps);
/// assert_eq!(verdict.to_string(), "step 2 (press): its precondition (not (on)) does not hold");
/// # Ok::<(), pddl::PddlError>(())
/// ```
pub fn validate(domain: &Domain, problem: &Problem, plan: &[PlanStep]) -> Validation {
    Validator::new(domain, problem).check_plan(&problem.init, &problem.goal, plan)
}

/// A problem prepared for checking many plans from many states.
#[derive(Debug, Clone)]
pub struct Validator {
    domain: Domain,
    objects: Vec<Object>,
    action_by_name: FastMap<String, usize>,
    object_by_name: FastMap<String, ObjectId>,
    values: FastMap<(FunctionId, Vec<ObjectId>), f64>,
    metric: Option<Metric>,
    layout: Layout,
    /// Axioms in the order of their layers, with the layer of each.
    axioms: Vec<(usize, usize)>,
}

impl Validator {
    /// Indexes a problem. Cost: linear in the domain, the objects and the function values.
    pub fn new(domain: &Domain, problem: &Problem) -> Validator {
        let index = |(i, name): (usize, &String)| (name.clone(), i);
        let mut values: FastMap<(FunctionId, Vec<ObjectId>), f64> = problem
            .function_values
            .iter()
            .map(|value| ((value.function, value.args.clone()), settle(value.value)))
            .collect();
        if let Some(total_cost) = domain.functions.iter().position(|function| function.name == TOTAL_COST) {
            values.entry((total_cost, Vec::new())).or_insert(0.0);
        }
        let conditions = domain.axioms.iter().map(|axiom| (axiom.predicate, &axiom.condition));
        let layers = strata(domain.predicates.len(), conditions).unwrap_or_default();
        let layer = |predicate: PredicateId| layers.get(predicate).copied().unwrap_or(1);
        let mut axioms: Vec<(usize, usize)> =
            domain.axioms.iter().enumerate().map(|(at, axiom)| (layer(axiom.predicate), at)).collect();
        axioms.sort_unstable();
        Validator {
            action_by_name: domain.actions.iter().map(|action| &action.name).enumerate().map(index).collect(),
            object_by_name: problem
                .objects
                .iter()
                .map(|object| &object.name)
                .enumerate()
                .map(index)
                .collect(),
            values,
            metric: problem.metric.clone(),
            layout: Layout::new(domain, problem.objects.len()),
            domain: domain.clone(),
            objects: problem.objects.clone(),
            axioms,
        }
    }

    /// The same problem with other values of functions at first.
    #[must_use]
    pub fn with_values(&self, values: &[crate::pddl::FunctionValue]) -> Validator {
        let mut changed = self.clone();
        let given = values.iter().map(|value| ((value.function, value.args.clone()), settle(value.value)));
        changed.values.extend(given);
        changed
    }

    /// Checks a plan given by indices from any initial state to any goal of this problem.
    pub fn check(&self, init: &[GroundAtom], goal: &Formula, steps: &[IndexedStep]) -> Validation {
        let run = |run: &mut Run<'_>| steps.iter().try_for_each(|(action, args)| run.step(*action, args));
        self.run((init, goal), run)
    }

    /// Checks a plan given by names, which may be in any case.
    pub fn check_plan(&self, init: &[GroundAtom], goal: &Formula, plan: &[PlanStep]) -> Validation {
        self.check_steps((init, goal), plan, || true)
    }

    /// As [`Validator::check_plan`], within a context, which is asked before every step.
    pub fn check_plan_in(
        &self,
        ctx: &Ctx,
        (init, goal): (&[GroundAtom], &Formula),
        plan: &[PlanStep],
    ) -> ControlFlow<Stop, Validation> {
        let mut flow = ControlFlow::Continue(());
        let validation = self.check_steps((init, goal), plan, || {
            flow = ctx.tick(1);
            flow.is_continue()
        });
        flow.map_continue(|()| validation)
    }

    /// Checks as many steps as `goes_on` allows.
    fn check_steps(
        &self,
        query: (&[GroundAtom], &Formula),
        plan: &[PlanStep],
        mut goes_on: impl FnMut() -> bool,
    ) -> Validation {
        self.run(query, |run| {
            let mut args = Vec::new();
            plan.iter().take_while(|_| goes_on()).try_for_each(|step| run.named(step, &mut args))
        })
    }

    /// What is left of this validator's problem after the first steps of a plan: the same goal, from where they lead.
    ///
    /// # Errors
    /// The first step that cannot be executed, as [`Validator::check_plan`] says it.
    pub fn rest(&self, problem: &Problem, steps: &[PlanStep]) -> Result<Problem, Validation> {
        let mut run = Run::new(self);
        let started = run.start(&problem.init, &problem.goal);
        let mut args = Vec::new();
        let executed = started.and_then(|()| steps.iter().try_for_each(|step| run.named(step, &mut args)));
        if let Err(outcome) = executed {
            return Err(Validation { steps: run.steps, cost: run.cost, outcome });
        }
        let (init, function_values) = run.world.stated();
        Ok(Problem { init, function_values, ..problem.clone() })
    }

    fn run(
        &self,
        (init, goal): (&[GroundAtom], &Formula),
        steps: impl FnOnce(&mut Run<'_>) -> Result<(), Outcome>,
    ) -> Validation {
        let mut run = Run::new(self);
        let result = run.start(init, goal).and_then(|()| steps(&mut run)).and_then(|()| run.finish(goal));
        Validation { steps: run.steps, cost: run.cost, outcome: result.err().unwrap_or(Outcome::Valid) }
    }

    /// Names to indices.
    fn resolve(&self, number: usize, step: &PlanStep, args: &mut Vec<ObjectId>) -> Result<usize, Outcome> {
        let Some(action) = find(&self.action_by_name, &step.action) else {
            let names = self.domain.actions.iter().map(|action| action.name.as_str());
            let hint = did_you_mean(&step.action.to_ascii_lowercase(), names);
            return Err(Outcome::UnknownAction { step: number, action: step.action.clone(), hint });
        };
        args.clear();
        for object in &step.args {
            let Some(id) = find(&self.object_by_name, object) else {
                let names = self.objects.iter().map(|object| object.name.as_str());
                let hint = did_you_mean(&object.to_ascii_lowercase(), names);
                let (action, object) = (step.to_string(), object.clone());
                return Err(Outcome::UnknownObject { step: number, action, object, hint });
            };
            args.push(id);
        }
        Ok(action)
    }
}

fn find(table: &FastMap<String, usize>, name: &str) -> Option<usize> {
    table.get(name).or_else(|| table.get(&name.to_ascii_lowercase())).copied()
}

/// A plan being executed.
struct Run<'v> {
    validator: &'v Validator,
    world: World<'v>,
    steps: usize,
    /// What the metric came to at first.
    first: f64,
    /// What the executed steps cost.
    cost: f64,
}

impl<'v> Run<'v> {
    fn new(validator: &'v Validator) -> Run<'v> {
        Run { world: World::new(validator), validator, steps: 0, first: 0.0, cost: 0.0 }
    }

    fn start(&mut self, init: &[GroundAtom], goal: &Formula) -> Result<(), Outcome> {
        for atom in init {
            let known = self.validator.knows(atom.predicate, atom.args.iter().map(|&arg| Term::Object(arg)));
            if !known {
                let terms: Vec<_> = atom.args.iter().map(|&arg| Term::Object(arg)).collect();
                let atom = self.validator.atom_text(&Atom::Predicate(atom.predicate, terms));
                return Err(Outcome::ForeignAtom { atom });
            }
            if !self.validator.domain.is_derived(atom.predicate) {
                self.world.add(atom.predicate, &atom.args);
            }
        }
        let mut foreign = None;
        goal.for_each_leaf(&mut |leaf| {
            let Leaf::Literal(literal) = leaf else { return };
            let is_sound = |term: &Term| matches!(term, Term::Param(_)) || self.validator.is_object(*term);
            let known = match &literal.atom {
                Atom::Predicate(predicate, terms) => {
                    self.validator.has_arity(*predicate, terms.len()) && terms.iter().all(is_sound)
                }
                Atom::Equal(a, b) => is_sound(a) && is_sound(b),
            };
            if !known {
                foreign.get_or_insert_with(|| self.validator.atom_text(&literal.atom));
            }
        });
        if let Some(atom) = foreign {
            return Err(Outcome::ForeignAtom { atom });
        }
        self.world.derive();
        self.first = self.metric().unwrap_or(f64::NAN);
        self.cost = self.cost_after(0)?;
        Ok(())
    }

    /// A step given by names; `args` is room for its arguments.
    fn named(&mut self, step: &PlanStep, args: &mut Vec<ObjectId>) -> Result<(), Outcome> {
        let action = self.validator.resolve(self.steps + 1, step, args)?;
        self.step(action, args)
    }

    fn step(&mut self, action: usize, args: &[ObjectId]) -> Result<(), Outcome> {
        let validator = self.validator;
        let number = self.steps + 1;
        let Some(schema) = validator.domain.actions.get(action) else {
            return Err(Outcome::UnknownAction { step: number, action: format!("#{action}"), hint: None });
        };
        self.check_args(schema, args)?;
        let mut binding = args.to_vec();
        let world = &mut self.world;
        let unmet = schema.precondition.conjuncts().iter().find(|part| !world.holds(part, &mut binding));
        if let Some(unmet) = unmet {
            let (action, condition) =
                (validator.step_text(schema, args), validator.formula_text(unmet, args));
            return Err(Outcome::UnmetPrecondition { step: number, action, condition });
        }
        let mut changes = Vec::new();
        for effect in &schema.effects {
            world.changes(effect, &effect.params, &mut binding, &mut changes);
        }
        world.apply(&changes);
        world.derive();
        self.cost = match (self.cost_after(number), self.world.missing.take()) {
            (Err(Outcome::UndefinedMetric { step }), Some(function)) => {
                let action = validator.step_text(schema, args);
                return Err(Outcome::MissingFunctionValue { step, action, function });
            }
            (cost, _) => cost?,
        };
        self.steps = number;
        Ok(())
    }

    /// What the plan cost up to a step, the one just executed.
    fn cost_after(&self, step: usize) -> Result<f64, Outcome> {
        let Some(metric) = &self.validator.metric else { return Ok(step as f64) };
        let sign = if metric.maximize { -1.0 } else { 1.0 };
        let cost = settle(sign * (self.metric().unwrap_or(f64::NAN) - self.first));
        if cost.is_nan() {
            return Err(Outcome::UndefinedMetric { step });
        }
        if cost.abs() > MAX_COST {
            return Err(Outcome::CostOverflow { step });
        }
        Ok(cost)
    }

    /// What the metric comes to, if all its values are there.
    fn metric(&self) -> Option<f64> {
        let metric = self.validator.metric.as_ref()?;
        self.world.value(&metric.expression, &[]).ok()
    }

    fn check_args(&self, schema: &Action, args: &[ObjectId]) -> Result<(), Outcome> {
        let validator = self.validator;
        let step = self.steps + 1;
        let action = || validator.step_text(schema, args);
        if args.len() != schema.params.len() {
            let (expected, found) = (schema.params.len(), args.len());
            return Err(Outcome::WrongArity { step, action: action(), expected, found });
        }
        for (&arg, param) in args.iter().zip(&schema.params) {
            let Some(object) = validator.objects.get(arg) else {
                let object = format!("#{arg}");
                return Err(Outcome::UnknownObject { step, action: action(), object, hint: None });
            };
            if !validator.domain.admits(object, param) {
                let types: Vec<_> =
                    param.types.iter().map(|&t| validator.domain.types[t].name.as_str()).collect();
                let types =
                    if let [one] = types[..] { one.into() } else { format!("(either {})", types.join(" ")) };
                let (object, parameter) = (object.name.clone(), format!("?{} - {types}", param.name));
                return Err(Outcome::WrongType { step, action: action(), object, parameter });
            }
        }
        Ok(())
    }

    fn finish(&mut self, goal: &Formula) -> Result<(), Outcome> {
        let (validator, world) = (self.validator, &mut self.world);
        let unmet: Vec<String> = goal
            .conjuncts()
            .iter()
            .filter(|part| !world.holds(part, &mut Vec::new()))
            .map(|part| validator.formula_text(part, &[]))
            .collect();
        if unmet.is_empty() { Ok(()) } else { Err(Outcome::GoalNotReached { unmet }) }
    }
}

impl Validator {
    fn is_object(&self, term: Term) -> bool {
        matches!(term, Term::Object(object) if object < self.objects.len())
    }

    fn has_arity(&self, predicate: PredicateId, n: usize) -> bool {
        self.domain.predicates.get(predicate).is_some_and(|predicate| predicate.params.len() == n)
    }

    fn knows(&self, predicate: PredicateId, mut terms: impl ExactSizeIterator<Item = Term>) -> bool {
        self.has_arity(predicate, terms.len()) && terms.all(|term| self.is_object(term))
    }

    fn step_text(&self, schema: &Action, args: &[ObjectId]) -> String {
        let terms: Vec<_> = args.iter().map(|&arg| Term::Object(arg)).collect();
        self.text(&schema.name, &terms)
    }

    fn formula_text(&self, formula: &Formula, args: &[ObjectId]) -> String {
        print_formula(&self.domain, &self.objects, formula, args)
    }

    fn atom_text(&self, atom: &Atom) -> String {
        match atom {
            Atom::Predicate(predicate, terms) => match self.domain.predicates.get(*predicate) {
                Some(known) => self.text(&known.name, terms),
                None => self.text(&format!("#{predicate}"), terms),
            },
            Atom::Equal(a, b) => self.text("=", &[*a, *b]),
        }
    }

    fn text(&self, head: &str, terms: &[Term]) -> String {
        let name = |term: &Term| match *term {
            Term::Param(_) => " ?".to_string(),
            Term::Object(object) => match self.objects.get(object) {
                Some(known) => format!(" {}", known.name),
                None => format!(" #{object}"),
            },
        };
        format!("({head}{})", terms.iter().map(name).collect::<String>())
    }
}

/// Costs beyond this are not told apart from their neighbors.
const MAX_COST: f64 = (1u64 << 53) as f64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pddl::{parse_domain, parse_problem};

    #[test]
    fn a_cost_that_loses_its_last_digit_is_refused() {
        let domain = b"(define (domain d) (:action a :effect (increase (total-cost) 4)))";
        let (domain, _) = parse_domain("d", domain).unwrap();
        let problem = b"(define (problem p) (:domain d) (:goal ()) (:metric minimize (total-cost)))";
        let (problem, _) = parse_problem("p", problem, &domain).unwrap();
        let validator = Validator::new(&domain, &problem);
        for (before, expected) in
            [(MAX_COST - 4.0, Ok(())), (MAX_COST - 2.0, Err(Outcome::CostOverflow { step: 1 }))]
        {
            let world = World::new(&validator);
            let mut run = Run { world, validator: &validator, steps: 0, first: 0.0, cost: 0.0 };
            run.world.set(0, Vec::new(), before);
            assert_eq!(run.step(0, &[]), expected, "{before}");
        }
    }
}
