//! PDDL as understood: names resolved to indices, types checked, only what this planner supports.
//!
//! Strips, typing with `either`, equality, negative preconditions, constants and action costs. Everything else was
//! refused by name while parsing. Object 0 .. `Domain::constants.len()` are the domain's constants, in both
//! [`Domain`] and [`Problem`].

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
    /// Static numeric functions used by action costs; `total-cost` is not among them.
    pub functions: Vec<Predicate>,
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
    /// A conjunction of literals; may hold equality.
    pub precondition: Vec<Literal>,
    /// Adds and deletes; an atom that is both is added, as PDDL says.
    pub effects: Vec<Literal>,
    /// The increase of `total-cost`, a sum; empty means nothing was declared.
    pub cost: Vec<CostTerm>,
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
    /// A parameter of the action, by index.
    Param(usize),
    /// A constant, or an object of the problem.
    Object(ObjectId),
}

/// A part of an action's cost.
#[derive(Debug, Clone, PartialEq)]
pub enum CostTerm {
    /// A number.
    Number(u32),
    /// A static function of the problem.
    Function(FunctionId, Vec<Term>),
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
    /// Values of static functions.
    pub function_values: Vec<FunctionValue>,
    /// A conjunction of ground literals (no [`Term::Param`]); may hold equality.
    pub goal: Vec<Literal>,
    /// Whether the metric minimises `total-cost`; otherwise every action costs one.
    pub minimize_total_cost: bool,
}

/// A predicate applied to objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroundAtom {
    /// The predicate.
    pub predicate: PredicateId,
    /// Its arguments.
    pub args: Vec<ObjectId>,
}

/// The value of a static function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionValue {
    /// The function.
    pub function: FunctionId,
    /// Its arguments.
    pub args: Vec<ObjectId>,
    /// Its value.
    pub value: u32,
}

impl Domain {
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
