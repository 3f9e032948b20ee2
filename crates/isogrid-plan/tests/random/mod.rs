//! Random tasks of a few objects: every part of the language, small enough for the literal planner.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

use isogrid_num::rng::Rng;
use isogrid_plan::pddl::{
    Action, Atom, Axiom, Change, Comparison, Domain, Effect, Expression, Formula, FunctionValue, GroundAtom,
    Literal, Metric, Object, Param, Predicate, Problem, Relation, Term, Type, Update,
};
use isogrid_plan::reference::{self, World};
use isogrid_plan::{OperatorId, Task};

/// The largest value of a number in random tasks, whose smallest is zero.
const MOST: f64 = 2.0;

/// Which parts of the language a random task uses.
#[derive(Clone, Copy, PartialEq)]
pub enum Language {
    /// Negation, equality, two types, costs, repeated arguments, deletes of unknown atoms.
    Strips,
    /// The same with quantifiers, disjunctions, conditional effects, axioms and numbers.
    Adl,
}

/// Random schemas over few objects.
pub fn random_task(seed: u64, language: Language) -> (Domain, Problem) {
    let mut rng = Rng::new(seed, 77);
    let param = |name: &str, type_id: usize| Param { name: name.to_string(), types: vec![type_id] };
    let types = [("object", None), ("red", Some(0)), ("blue", Some(0))];
    let declared = |list: &[(&str, usize)]| -> Vec<Predicate> {
        list.iter()
            .map(|&(name, arity)| Predicate {
                name: name.to_string(),
                params: (0..arity).map(|i| param(&format!("x{i}"), 0)).collect(),
            })
            .collect()
    };
    let predicates =
        declared(&[("p", 1), ("q", 2), ("r", 1), ("s", 2), ("t", 0), ("d", 1), ("e", 2), ("f", 0)]);
    let functions = declared(&[("n", 1), ("m", 0), ("total-cost", 0)]);
    let n_objects = if language == Language::Adl { 2 } else { 3 } + rng.below(2) as usize;
    let objects: Vec<Object> = (0..n_objects)
        .map(|i| Object { name: format!("o{i}"), types: vec![1 + rng.below(2) as usize] })
        .collect();
    let mut maker = Maker { rng, language, predicates: &predicates };
    let axioms = if language == Language::Adl { maker.axioms() } else { Vec::new() };
    let actions = (0..2 + maker.rng.below(3)).map(|at| maker.action(at)).collect();
    let mut rng = maker.rng;
    let domain = Domain {
        name: "random".to_string(),
        requirements: Vec::new(),
        types: types
            .map(|(name, p)| Type { name: name.to_string(), parents: p.into_iter().collect() })
            .to_vec(),
        constants: Vec::new(),
        functions,
        axioms,
        actions,
        predicates: predicates.clone(),
    };
    let all = all_atoms(&domain, objects.len());
    let init: Vec<GroundAtom> = all.iter().filter(|_| rng.chance(0.4)).cloned().collect();
    let mut function_values: Vec<FunctionValue> = (0..objects.len())
        .map(|object| FunctionValue { function: 0, args: vec![object], value: rng.below(3) as f64 })
        .collect();
    function_values.push(FunctionValue { function: 1, args: Vec::new(), value: rng.below(3) as f64 });
    let total_cost = Expression::Function(2, Vec::new());
    let mut problem = Problem {
        name: format!("random-{seed}"),
        domain_name: "random".to_string(),
        objects,
        init,
        function_values,
        goal: Formula::TRUE,
        metric: rng.chance(0.5).then_some(Metric { maximize: false, expression: total_cost }),
    };
    problem.goal = random_goal(&mut rng, &domain, &problem, &all);
    if language == Language::Adl && rng.chance(0.4) {
        let mut maker = Maker { rng, language, predicates: &predicates };
        let more = maker.formula(&[], 2);
        problem.goal = Formula::and([problem.goal, more]);
    }
    (domain, problem)
}

/// Mostly what a random walk brings about; sometimes anything.
fn random_goal(rng: &mut Rng, domain: &Domain, problem: &Problem, all: &[GroundAtom]) -> Formula {
    let state = walk(rng, domain, problem);
    let (changed, same): (Vec<&GroundAtom>, Vec<&GroundAtom>) =
        all.iter().partition(|atom| state.atoms.contains(atom) != problem.init.contains(atom));
    let is_anything = rng.chance(0.2);
    let mut goal = Vec::new();
    for _ in 0..3 {
        let atoms = if rng.chance(0.8) { &changed } else { &same };
        let Some(atom) = rng.index(atoms.len()).map(|at| atoms[at]) else { continue };
        let terms = atom.args.iter().map(|&arg| Term::Object(arg)).collect();
        let negated = if is_anything { rng.chance(0.2) } else { !state.atoms.contains(atom) };
        goal.push(Literal { negated, atom: Atom::Predicate(atom.predicate, terms) });
    }
    goal.into()
}

/// A state some random steps from the initial one.
pub fn walk(rng: &mut Rng, domain: &Domain, problem: &Problem) -> World {
    let mut state = reference::init(domain, problem);
    for _ in 0..6 {
        let successors = reference::successors(domain, problem, &state);
        let Some(at) = rng.index(successors.len()) else { break };
        state = successors[at].1.clone();
    }
    state
}

/// Makes actions and axioms.
struct Maker<'a> {
    rng: Rng,
    language: Language,
    predicates: &'a [Predicate],
}

/// Predicates that actions change: the next two are in no effect, as static ones are part of every real domain.
const N_FLUENT: usize = 3;
/// Predicates that are not derived.
const N_BASIC: usize = 5;

impl Maker<'_> {
    fn action(&mut self, at: u64) -> Action {
        let n_params = 1 + self.rng.below(3) as usize;
        let params: Vec<Param> = (0..n_params)
            .map(|i| Param { name: format!("v{i}"), types: vec![self.rng.below(3) as usize] })
            .collect();
        let mut precondition: Vec<Formula> =
            (0..3).map(|_| self.literal(&params, 0.2, N_BASIC).into()).collect();
        let mut effects: Vec<Effect> = (0..3).map(|_| self.literal(&params, 0.45, N_FLUENT).into()).collect();
        if n_params > 1 {
            let equal = Atom::Equal(Term::Param(0), Term::Param(1));
            precondition.push(Literal { negated: self.rng.chance(0.9), atom: equal }.into());
        }
        if self.language == Language::Adl {
            precondition.truncate(1);
            precondition.push(self.formula(&params, 2));
            effects.truncate(1 + self.rng.below(2) as usize);
            effects.extend((0..self.rng.below(3)).map(|_| self.effect(&params)));
            // PDDL leaves open what two changes of one number come to.
            let mut is_first = true;
            effects.retain(|effect| effect.literal().is_some() || std::mem::replace(&mut is_first, false));
        }
        let cost = Expression::Number(self.rng.below(4) as f64 * if at == 0 { 0.5 } else { 1.0 });
        effects.push(Effect::increase(2, cost));
        Action { name: format!("a{at}"), params, precondition: Formula::and(precondition), effects }
    }

    /// Two layers: the second may negate the first.
    fn axioms(&mut self) -> Vec<Axiom> {
        let param = |name: &str| Param { name: name.to_string(), types: vec![0] };
        let mut axioms = Vec::new();
        for (predicate, n_params, n_usable) in [(5, 1, N_BASIC), (5, 1, 6), (6, 2, 6), (7, 0, 6)] {
            let params: Vec<Param> = ["x", "y"][..n_params].iter().map(|name| param(name)).collect();
            let mut condition = self.formula_over(&params, 2, n_usable);
            if predicate == 5 && n_usable == 6 {
                // The usual recursion: something next to it has the property.
                let next = Literal {
                    negated: false,
                    atom: Atom::Predicate(1, vec![Term::Param(0), Term::Param(1)]),
                };
                let has = Literal { negated: false, atom: Atom::Predicate(5, vec![Term::Param(1)]) };
                condition = Formula::Exists(vec![param("z")], Box::new(vec![next, has].into()));
            }
            axioms.push(Axiom { predicate, params, condition });
        }
        axioms
    }

    fn literal(&mut self, params: &[Param], negated: f64, n_predicates: usize) -> Literal {
        let fits = |&at: &usize| !params.is_empty() || self.predicates[at].params.is_empty();
        let usable: Vec<usize> = (0..n_predicates).filter(fits).collect();
        let predicate = usable[self.rng.index(usable.len()).expect("one without arguments")];
        let terms = (0..self.predicates[predicate].params.len())
            .map(|_| Term::Param(self.rng.below(params.len() as u64) as usize))
            .collect();
        Literal { negated: self.rng.chance(negated), atom: Atom::Predicate(predicate, terms) }
    }

    fn formula(&mut self, params: &[Param], depth: usize) -> Formula {
        self.formula_over(params, depth, self.predicates.len())
    }

    fn formula_over(&mut self, params: &[Param], depth: usize, n_predicates: usize) -> Formula {
        let kind = if depth == 0 { 0 } else { self.rng.below(8) };
        let parts = |maker: &mut Self| {
            (0..2).map(|_| maker.formula_over(params, depth - 1, n_predicates)).collect::<Vec<_>>()
        };
        match kind {
            1 | 2 => Formula::or(parts(self)),
            3 => Formula::and(parts(self)),
            4 | 5 => {
                let variable =
                    Param { name: format!("w{}", params.len()), types: vec![self.rng.below(3) as usize] };
                let inside = [params, std::slice::from_ref(&variable)].concat();
                let body = Box::new(self.formula_over(&inside, depth - 1, n_predicates));
                if kind == 4 {
                    Formula::Forall(vec![variable], body)
                } else {
                    Formula::Exists(vec![variable], body)
                }
            }
            6 => self.comparison(params),
            _ => {
                // Derived predicates of the same layer are not negated.
                let n = if n_predicates > 5 && self.rng.chance(0.5) { n_predicates } else { N_BASIC };
                self.literal(params, if n == 6 { 0.0 } else { 0.3 }, n).into()
            }
        }
    }

    fn number(&mut self, params: &[Param]) -> Expression {
        match self.rng.index(params.len()) {
            Some(param) if self.rng.chance(0.6) => Expression::Function(0, vec![Term::Param(param)]),
            _ => Expression::Function(1, Vec::new()),
        }
    }

    fn comparison(&mut self, params: &[Param]) -> Formula {
        let relations =
            [Relation::Less, Relation::AtMost, Relation::Equal, Relation::AtLeast, Relation::Greater];
        let left = self.number(params);
        let right = if self.rng.chance(0.7) {
            Expression::Number(self.rng.below(3) as f64)
        } else {
            self.number(params)
        };
        Formula::Compare(Comparison { relation: relations[self.rng.below(5) as usize], left, right })
    }

    /// A conditional, universal or numeric effect; numbers stay between zero and the most.
    fn effect(&mut self, outer: &[Param]) -> Effect {
        let mut params = Vec::new();
        if self.rng.chance(0.4) {
            params.push(Param { name: "u".to_string(), types: vec![self.rng.below(3) as usize] });
        }
        let inside = [outer, &params[..]].concat();
        let condition = if self.rng.chance(0.7) { self.formula(&inside, 1) } else { Formula::TRUE };
        if self.rng.chance(0.5) {
            let change = Change::Literal(self.literal(&inside, 0.45, N_FLUENT));
            return Effect { params, condition, change };
        }
        // Of one number, so that several changes of it are not added up beyond the bounds.
        let target = Expression::Function(1, Vec::new());
        let compare = |relation, bound| {
            Formula::Compare(Comparison { relation, left: target.clone(), right: Expression::Number(bound) })
        };
        let (guard, update, value) = match self.rng.below(3) {
            0 => (compare(Relation::Less, MOST), Update::Increase, Expression::Number(1.0)),
            1 => (compare(Relation::Greater, 0.0), Update::Decrease, Expression::Number(1.0)),
            _ => (Formula::TRUE, Update::Assign, Expression::Number(self.rng.below(3) as f64)),
        };
        let change = Change::Number { function: 1, terms: Vec::new(), update, value };
        Effect { params: Vec::new(), condition: guard, change }
    }
}

pub fn all_atoms(domain: &Domain, n_objects: usize) -> Vec<GroundAtom> {
    let mut atoms = Vec::new();
    for (predicate, declared) in domain.predicates.iter().enumerate() {
        if domain.is_derived(predicate) {
            continue;
        }
        let arity = declared.params.len() as u32;
        for code in 0..n_objects.pow(arity) {
            let args = (0..arity).map(|i| code / n_objects.pow(i) % n_objects).collect();
            atoms.push(GroundAtom { predicate, args });
        }
    }
    atoms
}

/// A task with all of the language in which something can be done, if one is drawn soon.
pub fn lively_task(seed: u64) -> (Domain, Problem) {
    let draw = |at: u64| random_task(seed + at * 1_000_000, Language::Adl);
    let is_lively = |(domain, problem): &(Domain, Problem)| {
        reference::init(domain, problem) != walk(&mut Rng::new(seed, 78), domain, problem)
    };
    (0..8).map(draw).find(is_lively).unwrap_or_else(|| draw(0))
}

/// A random walk to a goal, if one is met soon: a plan that may be much too dear.
pub fn stroll(task: &Task, rng: &mut Rng) -> Option<Vec<OperatorId>> {
    let (mut state, mut plan) = (task.init().clone(), Vec::new());
    while !task.is_goal(&state) {
        let applicable = task.applicable(&state);
        let operator = *applicable.get(rng.below(applicable.len().max(1) as u64) as usize)?;
        state = task.apply(&state, operator)?;
        plan.push(operator);
        if plan.len() > 300 {
            return None;
        }
    }
    Some(plan)
}
