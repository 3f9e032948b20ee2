//! Random domains and problems that parsing can make, built from a list of choices so that they shrink well.

use isogrid_plan::pddl::{
    Action, Atom, CostTerm, Domain, FunctionValue, GroundAtom, Literal, Object, Param, Predicate, Problem,
    Term, Type, TypeId,
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

fn action(choices: &mut Choices, domain: &Domain, i: usize) -> Action {
    let params = params(choices, domain);
    let scope = Scope { domain, params: &params, objects: &domain.constants };
    let precondition = scope.literals(choices);
    let effects: Vec<Literal> = scope.literals(choices);
    let effects = effects.into_iter().filter(|literal| matches!(literal.atom, Atom::Predicate(..))).collect();
    let mut cost = Vec::new();
    for _ in 0..choices.below(3) {
        let function = choices.below(domain.functions.len() + 1);
        let application = domain.functions.get(function).and_then(|f| scope.args(choices, f));
        cost.push(match application {
            Some(terms) => CostTerm::Function(function, terms),
            None => CostTerm::Number(choices.below(usize::MAX) as u32),
        });
    }
    let name = name(choices, i);
    Action { name, params, precondition, effects, cost }
}

fn problem(choices: &mut Choices, domain: &Domain) -> Problem {
    let mut objects = domain.constants.clone();
    for i in objects.len()..objects.len() + choices.below(5) {
        objects.push(object(choices, domain, i));
    }
    let scope = Scope { domain, params: &[], objects: &objects };
    let mut init: Vec<GroundAtom> = Vec::new();
    for _ in 0..choices.below(12) {
        let predicate = choices.below(domain.predicates.len());
        let atom =
            scope.ground(choices, &domain.predicates[predicate]).map(|args| GroundAtom { predicate, args });
        init.extend(atom.filter(|atom| !init.contains(atom)));
    }
    let mut function_values: Vec<FunctionValue> = Vec::new();
    for _ in 0..choices.below(6) {
        let function = choices.below(domain.functions.len());
        let args = domain.functions.get(function).and_then(|f| scope.ground(choices, f));
        let value = choices.below(usize::MAX) as u32;
        let is_new =
            |args: &Vec<usize>| !function_values.iter().any(|v| v.function == function && v.args == *args);
        if let Some(args) = args.filter(is_new) {
            function_values.push(FunctionValue { function, args, value });
        }
    }
    let goal = scope.literals(choices);
    Problem {
        name: name(choices, 0),
        domain_name: if choices.chance(5) { "another".to_string() } else { domain.name.clone() },
        init,
        function_values,
        goal,
        minimize_total_cost: choices.chance(2),
        objects,
    }
}

struct Scope<'a> {
    domain: &'a Domain,
    params: &'a [Param],
    objects: &'a [Object],
}

impl Scope<'_> {
    fn literals(&self, choices: &mut Choices) -> Vec<Literal> {
        let n = choices.below(5);
        (0..n).filter_map(|_| self.literal(choices)).collect()
    }

    fn literal(&self, choices: &mut Choices) -> Option<Literal> {
        let negated = choices.chance(3);
        let predicate = choices.below(self.domain.predicates.len() + 1);
        let atom = match self.domain.predicates.get(predicate) {
            Some(signature) => Atom::Predicate(predicate, self.args(choices, signature)?),
            None => Atom::Equal(self.term(choices, &[0])?, self.term(choices, &[0])?),
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
