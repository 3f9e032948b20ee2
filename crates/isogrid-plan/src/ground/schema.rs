//! Action schemas and axioms prepared for grounding: conditions split into conjunctions that joins can use.
//!
//! Existential variables become parameters behind the action's own. Disjunctions are multiplied out as long as they are
//! few; what is left of them, and universal conditions, are settled when instances are ground.

use isogrid_num::bits::BitSet;

use crate::ground::rule::{Condition, Rule, Slot};
use crate::pddl::{Atom, Change, Domain, Effect, Expression, Formula, Literal, Param, Problem, Term, Update};

/// Conjunctions that a condition is multiplied out into, at most.
const MAX_BRANCHES: usize = 64;

/// What a schema comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Action(usize),
    Axiom(usize),
}

/// One conjunctive branch of an action or axiom.
pub(crate) struct Schema {
    pub(crate) origin: Origin,
    /// Leading parameters that name an instance; those behind are existential.
    pub(crate) n_args: usize,
    pub(crate) rule: Rule,
    /// Effects that every instance has.
    pub(crate) always: Vec<LiftedChange>,
    /// Effects that some instances have, or have for some objects or in some states.
    pub(crate) sometimes: Vec<LiftedEffect>,
}

/// An effect with a rule of its own.
pub(crate) struct LiftedEffect {
    /// Over the schema's parameters and the effect's own; its first condition is the instance itself.
    pub(crate) rule: Rule,
    pub(crate) change: LiftedChange,
}

/// A change over the parameters of its rule.
#[derive(Debug, Clone)]
pub(crate) enum LiftedChange {
    Add(Condition),
    Delete(Condition),
    Number { function: usize, slots: Vec<Slot>, update: Update, value: Expression },
}

/// Prepares all actions and axioms. Branches of one action follow each other.
///
/// The schema at `i` has the predicate `n_predicates + i` for its instances.
pub(crate) fn schemas(domain: &Domain, problem: &Problem) -> Vec<Schema> {
    let lifter = Lifter { domain, problem };
    let mut schemas = Vec::new();
    for (at, action) in domain.actions.iter().enumerate() {
        for rule in lifter.branches(&lifter.plain(&action.params), &action.precondition) {
            let schema = Schema {
                origin: Origin::Action(at),
                n_args: action.params.len(),
                rule,
                always: Vec::new(),
                sometimes: Vec::new(),
            };
            let instance = domain.predicates.len() + schemas.len();
            schemas.push(lifter.with_effects(schema, instance, &action.effects));
        }
    }
    for (at, axiom) in domain.axioms.iter().enumerate() {
        let args: Vec<Term> = (0..axiom.params.len()).map(Term::Param).collect();
        for rule in lifter.branches(&lifter.plain(&axiom.params), &axiom.condition) {
            schemas.push(Schema {
                origin: Origin::Axiom(at),
                n_args: axiom.params.len(),
                rule,
                always: vec![LiftedChange::Add(Condition::new(axiom.predicate, &args))],
                sometimes: Vec::new(),
            });
        }
    }
    schemas
}

struct Lifter<'a> {
    domain: &'a Domain,
    problem: &'a Problem,
}

/// A rule in the making, with what is still to be split. Each formula knows which parameter each variable is.
#[derive(Clone)]
struct Branch {
    rule: Rule,
    open: Vec<(Formula, Vec<usize>)>,
    /// Formulas that are kept whole.
    kept: Vec<(Formula, Vec<usize>)>,
}

impl Lifter<'_> {
    /// A rule without conditions.
    fn plain(&self, params: &[Param]) -> Rule {
        Rule { domains: self.domains(params), ..Rule::default() }
    }

    fn domains(&self, params: &[Param]) -> Vec<BitSet> {
        params.iter().map(|param| admitted(self.domain, self.problem, param)).collect()
    }

    /// The conjunctive branches of a condition, whose variables are the parameters of `base`.
    fn branches(&self, base: &Rule, condition: &Formula) -> Vec<Rule> {
        let env: Vec<usize> = (0..base.domains.len()).collect();
        self.branches_in(base, condition, env)
    }

    /// The same where `env` says which parameter each variable is.
    fn branches_in(&self, base: &Rule, condition: &Formula, env: Vec<usize>) -> Vec<Rule> {
        let first = Branch { rule: base.clone(), open: vec![(condition.clone(), env)], kept: Vec::new() };
        let (mut branches, mut done) = (vec![first], Vec::new());
        while let Some(mut branch) = branches.pop() {
            let Some((formula, env)) = branch.open.pop() else {
                done.push(branch.finish());
                continue;
            };
            match formula {
                Formula::Or(parts) if branches.len() + done.len() + parts.len() <= MAX_BRANCHES => {
                    // Popped from the end, so that branches come in the order in which they are written.
                    for part in parts.into_iter().rev() {
                        let mut branch = branch.clone();
                        branch.open.push((part, env.clone()));
                        branches.push(branch);
                    }
                    continue;
                }
                Formula::And(parts) => {
                    branch.open.extend(parts.into_iter().rev().map(|part| (part, env.clone())));
                }
                Formula::Exists(params, body) => {
                    let first = branch.rule.domains.len();
                    branch.rule.domains.extend(self.domains(&params));
                    let inner = env.into_iter().chain(first..first + params.len()).collect();
                    branch.open.push((*body, inner));
                }
                Formula::Literal(literal) => branch.literal(&literal, &env),
                other => branch.kept.push((other, env)),
            }
            branches.push(branch);
        }
        done
    }

    fn with_effects(&self, mut schema: Schema, instance: usize, effects: &[Effect]) -> Schema {
        let n_params = schema.rule.domains.len();
        let own: Vec<Term> = (0..n_params).map(Term::Param).collect();
        for effect in effects {
            if effect.params.is_empty() && effect.condition == Formula::TRUE {
                let env: Vec<usize> = (0..schema.n_args).collect();
                schema.always.extend(lift(&effect.change, &env));
                continue;
            }
            let mut base = Rule { domains: schema.rule.domains.clone(), ..Rule::default() };
            base.domains.extend(self.domains(&effect.params));
            base.conditions.push(Condition::new(instance, &own));
            let env: Vec<usize> = (0..schema.n_args).chain(n_params..base.domains.len()).collect();
            let Some(change) = lift(&effect.change, &env) else { continue };
            for rule in self.branches_in(&base, &effect.condition, env) {
                schema.sometimes.push(LiftedEffect { rule, change: change.clone() });
            }
        }
        schema
    }
}

impl Branch {
    fn literal(&mut self, Literal { negated, atom }: &Literal, env: &[usize]) {
        let map = |&term: &Term| Slot::from(renamed(term, env));
        match atom {
            Atom::Predicate(predicate, terms) => {
                let condition = Condition { predicate: *predicate, slots: terms.iter().map(map).collect() };
                let side = if *negated { &mut self.rule.negative } else { &mut self.rule.conditions };
                side.push(condition);
            }
            Atom::Equal(a, b) => {
                let side = if *negated { &mut self.rule.distinct } else { &mut self.rule.equal };
                side.push((map(a), map(b)));
            }
        }
    }

    /// Variables of quantifiers inside what is kept follow the rule's parameters, whose number is known now.
    fn finish(self) -> Rule {
        let Branch { mut rule, kept, .. } = self;
        let n_params = rule.domains.len();
        for (formula, env) in kept {
            let map = |term: Term| match term {
                Term::Param(param) if param >= env.len() => Term::Param(param - env.len() + n_params),
                other => renamed(other, &env),
            };
            rule.rest.push(formula.map_terms(&map));
        }
        rule
    }
}

fn renamed(term: Term, env: &[usize]) -> Term {
    match term {
        Term::Param(param) => Term::Param(env[param]),
        object => object,
    }
}

/// The change over other parameters; `None` for an equality, which nothing can bring about.
fn lift(change: &Change, env: &[usize]) -> Option<LiftedChange> {
    let rename = |term: Term| renamed(term, env);
    let slots = |terms: &[Term]| terms.iter().map(|&term| Slot::from(rename(term))).collect();
    Some(match change {
        Change::Literal(Literal { negated, atom: Atom::Predicate(predicate, terms) }) => {
            let condition = Condition { predicate: *predicate, slots: slots(terms) };
            if *negated { LiftedChange::Delete(condition) } else { LiftedChange::Add(condition) }
        }
        Change::Literal(Literal { atom: Atom::Equal(..), .. }) => return None,
        Change::Number { function, terms, update, value } => LiftedChange::Number {
            function: *function,
            slots: slots(terms),
            update: *update,
            value: value.map_terms(&rename),
        },
    })
}

/// The objects that may stand for a parameter.
pub(crate) fn admitted(domain: &Domain, problem: &Problem, param: &Param) -> BitSet {
    let mut objects = BitSet::new(problem.objects.len());
    for (id, object) in problem.objects.iter().enumerate() {
        if domain.admits(object, param) {
            objects.insert(id);
        }
    }
    objects
}
