//! Random domains and problems that parsing can make, built from a list of choices so that they shrink well.

use isogrid_plan::pddl::{
    Action, Arithmetic, Atom, Axiom, Change, Comparison, Domain, Effect, Expression, Formula, FunctionValue,
    GroundAtom, Literal, Metric, Object, Param, Predicate, Problem, Relation, TOTAL_COST, Term, Type, TypeId,
    Update,
};
use proptest::prelude::*;

/// Decisions, all zero when they run out.
#[derive(Debug, Clone)]
pub struct Choices {
    list: Vec<u32>,
    at: usize,
}

impl Choices {
    /// A number below `n`, or zero.
    pub fn below(&mut self, n: usize) -> usize {
        let choice = self.list.get(self.at).copied().unwrap_or(0) as usize;
        self.at += 1;
        choice.checked_rem(n).unwrap_or(0)
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 1
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// A domain, a problem of it and the choices that are left.
pub fn tasks() -> impl Strategy<Value = (Domain, Problem, Choices)> {
    prop::collection::vec(any::<u32>(), 0..400).prop_map(|list| {
        let mut choices = Choices { list, at: 0 };
        let domain = domain(&mut choices);
        let problem = problem(&mut choices, &domain);
        (domain, problem, choices)
    })
}

/// A name that no other index has.
fn name(choices: &mut Choices, i: usize) -> String {
    let stems = ["a", "at", "on-top", "x_1", "9", "end.", "=", "and", "p+", "object", "number", "define"];
    format!("{}{i}", stems[choices.below(stems.len())])
}

fn domain(choices: &mut Choices) -> Domain {
    let mut domain = Domain {
        name: name(choices, 0),
        requirements: Vec::new(),
        types: vec![Type { name: "object".to_string(), parents: Vec::new() }],
        constants: Vec::new(),
        predicates: Vec::new(),
        functions: Vec::new(),
        axioms: Vec::new(),
        actions: Vec::new(),
    };
    for requirement in ["typing", "strips", "equality", "action-costs"] {
        if choices.chance(2) {
            domain.requirements.push(requirement.to_string());
        }
    }
    types(choices, &mut domain);
    let n_constants = choices.below(4);
    domain.constants = (0..n_constants).map(|i| object(choices, &domain, i)).collect();
    let n_predicates = 1 + choices.below(5);
    domain.predicates = (0..n_predicates).map(|i| predicate(choices, &domain, i)).collect();
    let n_functions = choices.below(3);
    domain.functions = (0..n_functions).map(|i| predicate(choices, &domain, i)).collect();
    domain.functions.push(Predicate { name: TOTAL_COST.to_string(), params: Vec::new() });
    axioms(choices, &mut domain);
    for i in 0..1 + choices.below(4) {
        let action = action(choices, &domain, i);
        domain.actions.push(action);
    }
    domain
}

/// Types whose parents come all later or all earlier.
fn types(choices: &mut Choices, domain: &mut Domain) {
    let n = choices.below(6);
    let later = choices.chance(2);
    for i in 1..=n {
        let candidates: Vec<TypeId> = if later { (i + 1..=n).collect() } else { (1..i).collect() };
        let mut parents = Vec::new();
        for _ in 0..1 + choices.below(2) {
            let parent = choices.pick(&candidates).copied().unwrap_or(0);
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        let name = name(choices, i);
        domain.types.push(Type { name, parents });
    }
}

/// One type mostly, `either` at times.
fn some_types(choices: &mut Choices, domain: &Domain) -> Vec<TypeId> {
    let mut types = vec![choices.below(domain.types.len())];
    while choices.chance(4) {
        let more = choices.below(domain.types.len());
        if !types.contains(&more) {
            types.push(more);
        }
    }
    types
}

fn object(choices: &mut Choices, domain: &Domain, i: usize) -> Object {
    Object { name: name(choices, i), types: some_types(choices, domain) }
}

fn params(choices: &mut Choices, domain: &Domain) -> Vec<Param> {
    let n = choices.below(4);
    (0..n).map(|i| Param { name: name(choices, i), types: some_types(choices, domain) }).collect()
}

fn predicate(choices: &mut Choices, domain: &Domain, i: usize) -> Predicate {
    Predicate { name: name(choices, i), params: params(choices, domain) }
}

/// Derived predicates behind the basic ones; each may use those before it, and itself.
fn axioms(choices: &mut Choices, domain: &mut Domain) {
    for _ in 0..choices.below(3) {
        let at = domain.predicates.len();
        let params = params(choices, domain);
        domain.predicates.push(Predicate { name: name(choices, at), params: params.clone() });
        for _ in 0..1 + choices.below(2) {
            let domain_now = domain.clone();
            let scope = Scope { domain: &domain_now, params: params.clone(), objects: &domain.constants };
            let n_usable = at + 1;
            let condition = scope.formula(choices, (3, n_usable)).without_negation_of(at);
            domain.axioms.push(Axiom { predicate: at, params: params.clone(), condition });
        }
    }
}

/// Takes out what would make a derived predicate depend on its own negation.
trait Stratified {
    fn without_negation_of(self, predicate: usize) -> Formula;
}

impl Stratified for Formula {
    fn without_negation_of(self, predicate: usize) -> Formula {
        let mut is_bad = false;
        self.for_each_leaf(&mut |leaf| {
            if let isogrid_plan::pddl::Leaf::Literal(Literal { negated: true, atom: Atom::Predicate(p, _) }) =
                leaf
            {
                is_bad |= *p == predicate;
            }
        });
        if is_bad { Formula::TRUE } else { self }
    }
}

fn action(choices: &mut Choices, domain: &Domain, i: usize) -> Action {
    let params = params(choices, domain);
    let mut scope = Scope { domain, params: params.clone(), objects: &domain.constants };
    let precondition = scope.formula(choices, (3, domain.predicates.len()));
    let effects = (0..choices.below(5)).filter_map(|_| scope.effect(choices)).collect();
    let name = name(choices, i);
    Action { name, params, precondition, effects }
}

fn number(choices: &mut Choices) -> f64 {
    choices.below(2000) as f64 / 100.0
}

fn problem(choices: &mut Choices, domain: &Domain) -> Problem {
    let mut objects = domain.constants.clone();
    for i in objects.len()..objects.len() + choices.below(5) {
        objects.push(object(choices, domain, i));
    }
    let scope = Scope { domain, params: Vec::new(), objects: &objects };
    let mut init: Vec<GroundAtom> = Vec::new();
    for _ in 0..choices.below(12) {
        let predicate = choices.below(domain.predicates.len());
        let atom =
            scope.ground(choices, &domain.predicates[predicate]).map(|args| GroundAtom { predicate, args });
        init.extend(atom.filter(|atom| !init.contains(atom) && !domain.is_derived(atom.predicate)));
    }
    let mut function_values: Vec<FunctionValue> = Vec::new();
    for _ in 0..choices.below(6) {
        let function = choices.below(domain.functions.len() - 1);
        let args = domain.functions.get(function).and_then(|f| scope.ground(choices, f));
        let value = number(choices);
        let is_new =
            |args: &Vec<usize>| !function_values.iter().any(|v| v.function == function && v.args == *args);
        if domain.functions[function].name == TOTAL_COST {
            continue;
        }
        if let Some(args) = args.filter(is_new) {
            function_values.push(FunctionValue { function, args, value });
        }
    }
    let goal = scope.formula(choices, (3, domain.predicates.len()));
    let metric = choices
        .chance(2)
        .then(|| Metric { maximize: choices.chance(3), expression: scope.expression(choices, 2) });
    Problem {
        name: name(choices, 0),
        domain_name: if choices.chance(5) { "another".to_string() } else { domain.name.clone() },
        init,
        function_values,
        goal,
        metric,
        objects,
    }
}

#[derive(Clone)]
struct Scope<'a> {
    domain: &'a Domain,
    params: Vec<Param>,
    objects: &'a [Object],
}

impl Scope<'_> {
    /// The scope inside a quantifier, and its variables, whose names no other variable has.
    fn inside(&self, choices: &mut Choices) -> (Self, Vec<Param>) {
        let first = self.params.len();
        let params: Vec<Param> = (first..first + 1 + choices.below(2))
            .map(|i| Param { name: name(choices, i), types: some_types(choices, self.domain) })
            .collect();
        let mut scope = self.clone();
        scope.params.extend(params.iter().cloned());
        (scope, params)
    }

    /// A formula of limited depth over the first predicates, in the form that parsing makes.
    fn formula(&self, choices: &mut Choices, (depth, n_predicates): (usize, usize)) -> Formula {
        let inner = (depth.saturating_sub(1), n_predicates);
        match if depth == 0 { 0 } else { choices.below(8) } {
            3 => Formula::or((0..choices.below(4)).map(|_| self.formula(choices, inner)).collect::<Vec<_>>()),
            4 => {
                let (scope, params) = self.inside(choices);
                Formula::Forall(params, Box::new(scope.formula(choices, inner)))
            }
            5 => {
                let (scope, params) = self.inside(choices);
                Formula::Exists(params, Box::new(scope.formula(choices, inner)))
            }
            6 => Formula::Compare(Comparison {
                relation: [
                    Relation::Less,
                    Relation::AtMost,
                    Relation::Equal,
                    Relation::AtLeast,
                    Relation::Greater,
                ][choices.below(5)],
                left: Expression::Apply(Arithmetic::Add, vec![self.expression(choices, 2)]),
                right: self.expression(choices, 2),
            }),
            7 => {
                Formula::and((0..choices.below(4)).map(|_| self.formula(choices, inner)).collect::<Vec<_>>())
            }
            _ => self.literal(choices, n_predicates).map_or(Formula::TRUE, Formula::Literal),
        }
    }

    fn expression(&self, choices: &mut Choices, depth: usize) -> Expression {
        let operator = match if depth == 0 { 0 } else { choices.below(6) } {
            2 => Arithmetic::Add,
            3 => Arithmetic::Subtract,
            4 => Arithmetic::Multiply,
            5 => Arithmetic::Divide,
            _ => {
                let function = choices.below(self.domain.functions.len());
                let terms = self.args(choices, &self.domain.functions[function]);
                return match terms.filter(|_| choices.chance(2)) {
                    Some(terms) => Expression::Function(function, terms),
                    None => Expression::Number(number(choices)),
                };
            }
        };
        let n = match operator {
            Arithmetic::Divide => 2,
            Arithmetic::Subtract => 1 + choices.below(2),
            _ => 1 + choices.below(3),
        };
        Expression::Apply(operator, (0..n).map(|_| self.expression(choices, depth - 1)).collect())
    }

    fn effect(&mut self, choices: &mut Choices) -> Option<Effect> {
        let (scope, params) =
            if choices.chance(3) { self.inside(choices) } else { (self.clone(), Vec::new()) };
        let n_predicates = self.domain.predicates.len();
        let condition =
            if choices.chance(3) { scope.formula(choices, (2, n_predicates)) } else { Formula::TRUE };
        let change = if choices.chance(3) {
            let function = choices.below(self.domain.functions.len());
            let terms = scope.args(choices, &self.domain.functions[function])?;
            let updates =
                [Update::Increase, Update::Decrease, Update::Assign, Update::ScaleUp, Update::ScaleDown];
            let update = updates[choices.below(5)];
            Change::Number { function, terms, update, value: scope.expression(choices, 2) }
        } else {
            let literal = scope.literal(choices, n_predicates)?;
            match &literal.atom {
                Atom::Predicate(predicate, _) if !self.domain.is_derived(*predicate) => {
                    Change::Literal(literal)
                }
                _ => return None,
            }
        };
        Some(Effect { params, condition, change })
    }

    fn literal(&self, choices: &mut Choices, n_predicates: usize) -> Option<Literal> {
        let negated = choices.chance(3);
        let predicate = choices.below(n_predicates + 1);
        let atom = match self.domain.predicates.get(predicate) {
            Some(signature) if predicate < n_predicates => {
                Atom::Predicate(predicate, self.args(choices, signature)?)
            }
            _ => Atom::Equal(self.term(choices, &[0])?, self.term(choices, &[0])?),
        };
        Some(Literal { negated, atom })
    }

    fn args(&self, choices: &mut Choices, signature: &Predicate) -> Option<Vec<Term>> {
        signature.params.iter().map(|param| self.term(choices, &param.types)).collect()
    }

    fn ground(&self, choices: &mut Choices, signature: &Predicate) -> Option<Vec<usize>> {
        let object = |term: Term| match term {
            Term::Object(object) => object,
            Term::Param(_) => unreachable!("there are no parameters"),
        };
        Some(self.args(choices, signature)?.into_iter().map(object).collect())
    }

    /// A term that may stand where one of `wanted` is asked for.
    fn term(&self, choices: &mut Choices, wanted: &[TypeId]) -> Option<Term> {
        let domain = self.domain;
        let below = |t: TypeId, set: &[TypeId]| set.iter().any(|&s| domain.is_subtype(t, s));
        let meets = |types: &[TypeId]| (0..domain.types.len()).any(|t| below(t, types) && below(t, wanted));
        let params = (0..self.params.len()).filter(|&i| meets(&self.params[i].types)).map(Term::Param);
        let objects =
            (0..self.objects.len()).filter(|&i| self.objects[i].types.iter().any(|&t| below(t, wanted)));
        let terms: Vec<Term> = params.chain(objects.map(Term::Object)).collect();
        choices.pick(&terms).copied()
    }
}
