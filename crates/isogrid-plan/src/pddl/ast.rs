//! PDDL as understood: names resolved to indices, types checked, only what this planner supports.
//!
//! Conditions and effects are in [`super::logic`]. What is not supported was refused by name while parsing. Object
//! 0 .. `Domain::constants.len()` are the domain's constants, in both [`Domain`] and [`Problem`].

use super::logic::{Effect, Expression, Formula};

/// The function that action costs increase. Every domain has it, at no arguments, whether declared or not.
pub const TOTAL_COST: &str = "total-cost";

/// Index into [`Domain::types`]; type 0 is `object`.
pub type TypeId = usize;
/// Index into [`Domain::predicates`].
pub type PredicateId = usize;
/// Index into [`Domain::functions`].
pub type FunctionId = usize;
/// Index into [`Problem::objects`]; constants come first.
pub type ObjectId = usize;

/// A planning domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Its name, in lower case as all names are.
    pub name: String,
    /// Declared requirements without the colon, as given.
    pub requirements: Vec<String>,
    /// Types; the first is `object`. Super-types that were used but never declared are children of `object`.
    pub types: Vec<Type>,
    /// Constants, which every problem of the domain starts its objects with.
    pub constants: Vec<Object>,
    /// Predicates without equality.
    pub predicates: Vec<Predicate>,
    /// Numeric functions; one of them is [`TOTAL_COST`], the last where it was not declared.
    pub functions: Vec<Predicate>,
    /// Derived predicates: each holds where one of its axioms' conditions does. Stratified: none depends on its own
    /// negation.
    pub axioms: Vec<Axiom>,
    /// Action schemas.
    pub actions: Vec<Action>,
}

/// A type and its direct super-types.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// Name.
    pub name: String,
    /// Direct super-types; empty only for `object`.
    pub parents: Vec<TypeId>,
}

/// A named object and its types: it belongs to each of them (`either`).
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Name.
    pub name: String,
    /// Its types; `[0]` when none was given.
    pub types: Vec<TypeId>,
}

/// A predicate or function with the types of its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// Name.
    pub name: String,
    /// Parameters.
    pub params: Vec<Param>,
}

/// A typed variable: its value belongs to at least one of the types.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Name without the question mark.
    pub name: String,
    /// Alternatives (`either`); `[0]` when none was given.
    pub types: Vec<TypeId>,
}

/// A lifted action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Name.
    pub name: String,
    /// Parameters.
    pub params: Vec<Param>,
    /// What must hold before it.
    pub precondition: Formula,
    /// What it changes.
    pub effects: Vec<Effect>,
}

/// `(:derived (p ?x) CONDITION)`: the predicate holds of what satisfies the condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Axiom {
    /// The predicate, which no action changes.
    pub predicate: PredicateId,
    /// One variable for each of its arguments.
    pub params: Vec<Param>,
    /// When it holds.
    pub condition: Formula,
}

/// A possibly negated atom.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// Whether it is negated.
    pub negated: bool,
    /// The atom.
    pub atom: Atom,
}

/// A predicate or equality applied to terms.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// A predicate of the domain.
    Predicate(PredicateId, Vec<Term>),
    /// `(= a b)`.
    Equal(Term, Term),
}

/// An argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Term {
    /// A parameter of the action or the variable of a quantifier, by index: parameters first, then the variables of the
    /// outermost quantifier, and so on inwards.
    Param(usize),
    /// A constant, or an object of the problem.
    Object(ObjectId),
}

impl Term {
    /// The same where `by` variables were put in before variable `first`.
    pub(crate) fn shifted(self, first: usize, by: usize) -> Term {
        match self {
            Term::Param(param) if param >= first => Term::Param(param + by),
            other => other,
        }
    }
}

/// A problem of a domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Its name.
    pub name: String,
    /// The domain name it states, which may differ from the domain's by `-` and `_` alone (a warning says so).
    pub domain_name: String,
    /// Objects, the domain's constants first.
    pub objects: Vec<Object>,
    /// Atoms true at first, without duplicates, in the order given.
    pub init: Vec<GroundAtom>,
    /// Values of functions at first.
    pub function_values: Vec<FunctionValue>,
    /// What is to be reached; its only variables are those of quantifiers.
    pub goal: Formula,
    /// What is to be minimised; without it every action costs one.
    pub metric: Option<Metric>,
}

/// What a plan is judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Whether more is better.
    pub maximize: bool,
    /// Evaluated after the last action.
    pub expression: Expression,
}

/// A predicate applied to objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroundAtom {
    /// The predicate.
    pub predicate: PredicateId,
    /// Its arguments.
    pub args: Vec<ObjectId>,
}

/// The value of a function at first.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionValue {
    /// The function.
    pub function: FunctionId,
    /// Its arguments.
    pub args: Vec<ObjectId>,
    /// Its value, a finite number.
    pub value: f64,
}

impl Literal {
    /// The same with other terms.
    #[must_use]
    pub fn map_terms(&self, map: &dyn Fn(Term) -> Term) -> Literal {
        let atom = match &self.atom {
            Atom::Predicate(predicate, terms) => {
                Atom::Predicate(*predicate, terms.iter().map(|&term| map(term)).collect())
            }
            Atom::Equal(a, b) => Atom::Equal(map(*a), map(*b)),
        };
        Literal { negated: self.negated, atom }
    }
}

impl Domain {
    /// The function that action costs increase; `None` in a domain that was not made by the parser and lacks it.
    pub fn total_cost(&self) -> Option<FunctionId> {
        self.functions.iter().position(|function| function.name == TOTAL_COST)
    }

    /// Whether axioms say when the predicate holds.
    pub fn is_derived(&self, predicate: PredicateId) -> bool {
        self.axioms.iter().any(|axiom| axiom.predicate == predicate)
    }

    /// Whether `sub` is `sup` or below it. Cost: linear in the types above `sub`.
    pub fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        let mut at = sub;
        while sup != 0 && at != sup {
            match self.types[at].parents[..] {
                [] => return false,
                [parent] => at = parent,
                _ => return self.is_above(at, sup),
            }
        }
        true
    }

    /// The same where types have several parents.
    fn is_above(&self, sub: TypeId, sup: TypeId) -> bool {
        let mut seen = vec![false; self.types.len()];
        let mut stack = vec![sub];
        while let Some(at) = stack.pop() {
            if at == sup {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                stack.extend_from_slice(&self.types[at].parents);
            }
        }
        false
    }

    /// Whether an object may stand for a parameter: one of its types lies below one of the alternatives.
    pub fn admits(&self, object: &Object, param: &Param) -> bool {
        object.types.iter().any(|&sub| param.types.iter().any(|&sup| self.is_subtype(sub, sup)))
    }
}
