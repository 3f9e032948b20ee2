//! The plan validator: executes a plan on the parsed PDDL and names the first thing that is wrong.
//!
//! It shares nothing with grounding and search but the syntax tree. A state is a set of ground atoms, packed into
//! bits where all atoms of the problem are few; deletes come before adds; types, equality and negation are checked as
//! PDDL defines them (the role VAL has: Howey, Long and Fox, "VAL", ICTAI 2004). Left out: time and numbers.

use isogrid_num::hash::FastMap;

use crate::pddl::{
    Action, Atom, CostTerm, Domain, FunctionId, GroundAtom, Literal, Object, ObjectId, Predicate,
    PredicateId, Problem, Term, did_you_mean,
};
use crate::plan_file::PlanStep;

mod outcome;
mod state;

pub use outcome::{Outcome, Validation};
use state::{Layout, State};

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
    values: FastMap<(FunctionId, Vec<ObjectId>), u32>,
    unit_cost: bool,
    layout: Layout,
}

impl Validator {
    /// Indexes a problem. Cost: linear in the domain, the objects and the function values.
    pub fn new(domain: &Domain, problem: &Problem) -> Validator {
        let index = |(i, name): (usize, &String)| (name.clone(), i);
        let values = problem.function_values.iter().map(|v| ((v.function, v.args.clone()), v.value));
        Validator {
            action_by_name: domain.actions.iter().map(|action| &action.name).enumerate().map(index).collect(),
            object_by_name: problem
                .objects
                .iter()
                .map(|object| &object.name)
                .enumerate()
                .map(index)
                .collect(),
            values: values.collect(),
            unit_cost: !problem.minimize_total_cost,
            layout: Layout::new(domain, problem.objects.len()),
            domain: domain.clone(),
            objects: problem.objects.clone(),
        }
    }

    /// Checks a plan given by indices from any initial state to any goal of this problem.
    pub fn check(&self, init: &[GroundAtom], goal: &[Literal], steps: &[IndexedStep]) -> Validation {
        let run = |run: &mut Run<'_>| steps.iter().try_for_each(|(action, args)| run.step(*action, args));
        self.run((init, goal), run)
    }

    /// Checks a plan given by names, which may be in any case.
    pub fn check_plan(&self, init: &[GroundAtom], goal: &[Literal], plan: &[PlanStep]) -> Validation {
        self.run((init, goal), |run| {
            let mut args = Vec::new();
            plan.iter().try_for_each(|step| {
                let action = self.resolve(run.steps + 1, step, &mut args)?;
                run.step(action, &args)
            })
        })
    }

    fn run(
        &self,
        (init, goal): (&[GroundAtom], &[Literal]),
        steps: impl FnOnce(&mut Run<'_>) -> Result<(), Outcome>,
    ) -> Validation {
        let state = State::new(&self.layout);
        let mut run = Run { validator: self, state, steps: 0, cost: 0, args: Vec::new() };
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
    state: State<'v>,
    steps: usize,
    cost: u64,
    /// Arguments of the atom at hand.
    args: Vec<ObjectId>,
}

impl Run<'_> {
    fn start(&mut self, init: &[GroundAtom], goal: &[Literal]) -> Result<(), Outcome> {
        for atom in init {
            let known = self.validator.knows(atom.predicate, atom.args.iter().map(|&arg| Term::Object(arg)));
            if !known {
                let terms: Vec<_> = atom.args.iter().map(|&arg| Term::Object(arg)).collect();
                return Err(self.foreign(&Atom::Predicate(atom.predicate, terms)));
            }
            self.state.set(atom.predicate, &atom.args);
        }
        for literal in goal {
            let known = match &literal.atom {
                Atom::Predicate(predicate, terms) => self.validator.knows(*predicate, terms.iter().copied()),
                Atom::Equal(a, b) => [a, b].iter().all(|term| self.validator.is_object(**term)),
            };
            if !known {
                return Err(self.foreign(&literal.atom));
            }
        }
        Ok(())
    }

    fn foreign(&self, atom: &Atom) -> Outcome {
        Outcome::ForeignAtom { atom: self.validator.atom_text(atom, &[]) }
    }

    fn step(&mut self, action: usize, args: &[ObjectId]) -> Result<(), Outcome> {
        let validator = self.validator;
        let number = self.steps + 1;
        let Some(schema) = validator.domain.actions.get(action) else {
            return Err(Outcome::UnknownAction { step: number, action: format!("#{action}"), hint: None });
        };
        self.check_args(schema, args)?;
        if let Some(unmet) = schema.precondition.iter().find(|literal| !self.holds(literal, args)) {
            let (action, condition) =
                (validator.step_text(schema, args), validator.literal_text(unmet, args));
            return Err(Outcome::UnmetPrecondition { step: number, action, condition });
        }
        self.cost = self.cost_after(schema, args)?;
        for adding in [false, true] {
            for effect in schema.effects.iter().filter(|effect| effect.negated != adding) {
                let Atom::Predicate(predicate, terms) = &effect.atom else { continue };
                self.bind(terms, args);
                match adding {
                    true => self.state.set(*predicate, &self.args),
                    false => self.state.unset(*predicate, &self.args),
                }
            }
        }
        self.steps = number;
        Ok(())
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

    fn cost_after(&mut self, schema: &Action, args: &[ObjectId]) -> Result<u64, Outcome> {
        let validator = self.validator;
        let step = self.steps + 1;
        if validator.unit_cost {
            return Ok(self.cost + 1);
        }
        let mut cost = self.cost;
        for term in &schema.cost {
            let value = match term {
                CostTerm::Number(value) => *value,
                CostTerm::Function(function, terms) => {
                    self.bind(terms, args);
                    let Some(&value) = validator.values.get(&(*function, self.args.clone())) else {
                        let action = validator.step_text(schema, args);
                        let name = validator.domain.functions.get(*function).map(|f| f.name.as_str());
                        let function = validator.text(name.unwrap_or("?"), terms, args);
                        return Err(Outcome::MissingFunctionValue { step, action, function });
                    };
                    value
                }
            };
            cost = cost.checked_add(u64::from(value)).ok_or(Outcome::CostOverflow { step })?;
        }
        Ok(cost)
    }

    fn finish(&mut self, goal: &[Literal]) -> Result<(), Outcome> {
        let validator = self.validator;
        let unmet: Vec<String> = goal
            .iter()
            .filter(|literal| !self.holds(literal, &[]))
            .map(|literal| validator.literal_text(literal, &[]))
            .collect();
        if unmet.is_empty() { Ok(()) } else { Err(Outcome::GoalNotReached { unmet }) }
    }

    fn holds(&mut self, literal: &Literal, args: &[ObjectId]) -> bool {
        let holds = match &literal.atom {
            Atom::Predicate(predicate, terms) => {
                self.bind(terms, args);
                self.state.holds(*predicate, &self.args)
            }
            Atom::Equal(a, b) => value(*a, args) == value(*b, args),
        };
        holds != literal.negated
    }

    fn bind(&mut self, terms: &[Term], args: &[ObjectId]) {
        self.args.clear();
        self.args.extend(terms.iter().map(|&term| value(term, args)));
    }
}

fn value(term: Term, args: &[ObjectId]) -> ObjectId {
    match term {
        Term::Param(param) => args[param],
        Term::Object(object) => object,
    }
}

impl Validator {
    fn is_object(&self, term: Term) -> bool {
        matches!(term, Term::Object(object) if object < self.objects.len())
    }

    fn knows(&self, predicate: PredicateId, mut terms: impl ExactSizeIterator<Item = Term>) -> bool {
        let arity = self.domain.predicates.get(predicate).map(|predicate| predicate.params.len());
        arity == Some(terms.len()) && terms.all(|term| self.is_object(term))
    }

    fn step_text(&self, schema: &Action, args: &[ObjectId]) -> String {
        let terms: Vec<_> = args.iter().map(|&arg| Term::Object(arg)).collect();
        self.text(&schema.name, &terms, &[])
    }

    fn literal_text(&self, literal: &Literal, args: &[ObjectId]) -> String {
        let atom = self.atom_text(&literal.atom, args);
        if literal.negated { format!("(not {atom})") } else { atom }
    }

    fn atom_text(&self, atom: &Atom, args: &[ObjectId]) -> String {
        match atom {
            Atom::Predicate(predicate, terms) => match self.domain.predicates.get(*predicate) {
                Some(Predicate { name, .. }) => self.text(name, terms, args),
                None => self.text(&format!("#{predicate}"), terms, args),
            },
            Atom::Equal(a, b) => self.text("=", &[*a, *b], args),
        }
    }

    fn text(&self, head: &str, terms: &[Term], args: &[ObjectId]) -> String {
        let name = |term: &Term| {
            let object = match *term {
                Term::Param(param) => args.get(param).copied(),
                Term::Object(object) => Some(object),
            };
            match object.map(|object| (object, self.objects.get(object))) {
                Some((_, Some(object))) => format!(" {}", object.name),
                Some((object, None)) => format!(" #{object}"),
                None => " ?".to_string(),
            }
        };
        format!("({head}{})", terms.iter().map(name).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pddl::{parse_domain, parse_problem};

    #[test]
    fn a_cost_beyond_64_bits_is_refused() {
        let domain = b"(define (domain d) (:action a :effect (increase (total-cost) 4)))";
        let (domain, _) = parse_domain("d", domain).unwrap();
        let problem = b"(define (problem p) (:domain d) (:goal ()) (:metric minimize (total-cost)))";
        let (problem, _) = parse_problem("p", problem, &domain).unwrap();
        let validator = Validator::new(&domain, &problem);
        for (before, expected) in
            [(u64::MAX - 4, Ok(())), (u64::MAX - 3, Err(Outcome::CostOverflow { step: 1 }))]
        {
            let state = State::new(&validator.layout);
            let mut run = Run { validator: &validator, state, steps: 0, cost: before, args: Vec::new() };
            assert_eq!(run.step(0, &[]), expected, "{before}");
        }
    }
}
