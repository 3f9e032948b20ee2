//! Conditions, effects and numeric expressions of PDDL, names resolved.
//!
//! Conditions are in negation normal form: `not` stands before atoms alone, `imply` is an `or`. A variable is an index
//! into the parameters of the action (or derived predicate) followed by the variables of the quantifiers around it.

use super::ast::{FunctionId, Literal, Param, Term};

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// An atom or its negation.
    Literal(Literal),
    /// A comparison of numbers.
    Compare(Comparison),
    /// All of them; always true when empty.
    And(Vec<Formula>),
    /// One of them at least; never true when empty.
    Or(Vec<Formula>),
    /// For all objects of the variables' types.
    Forall(Vec<Param>, Box<Formula>),
    /// For some objects of the variables' types.
    Exists(Vec<Param>, Box<Formula>),
}

/// `(< LEFT RIGHT)` and its kind. False where a number is undefined.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// How they compare.
    pub relation: Relation,
    /// Left side.
    pub left: Expression,
    /// Right side.
    pub right: Expression,
}

/// How two numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}

/// A number.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A constant.
    Number(f64),
    /// A function's value.
    Function(FunctionId, Vec<Term>),
    /// An operator applied: one operand or more to `+` and `*`, one or two to `-`, two to `/`.
    Apply(Arithmetic, Vec<Expression>),
}

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`, of one operand its negation.
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// A change that an action makes: for all objects of `params` for which `condition` holds before the action.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Variables of `forall`, after the action's own parameters.
    pub params: Vec<Param>,
    /// The condition of `when`, evaluated in the state before.
    pub condition: Formula,
    /// What changes.
    pub change: Change,
}

/// What an effect changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An atom is added, or deleted where negated; an atom that is both is added, as PDDL says. Never an equality.
    Literal(Literal),
    /// A function's value.
    Number {
        /// The function.
        function: FunctionId,
        /// Its arguments.
        terms: Vec<Term>,
        /// How it changes.
        update: Update,
        /// By what, evaluated in the state before.
        value: Expression,
    },
}

/// How a function's value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Update {
    /// It becomes the number.
    Assign,
    /// The number is added.
    Increase,
    /// The number is taken away.
    Decrease,
    /// It is multiplied.
    ScaleUp,
    /// It is divided.
    ScaleDown,
}

impl Default for Formula {
    fn default() -> Formula {
        Formula::TRUE
    }
}

impl From<Literal> for Formula {
    fn from(literal: Literal) -> Formula {
        Formula::Literal(literal)
    }
}

impl From<Vec<Literal>> for Formula {
    /// Their conjunction.
    fn from(literals: Vec<Literal>) -> Formula {
        Formula::and(literals.into_iter().map(Formula::Literal))
    }
}

impl Formula {
    /// Always true.
    pub const TRUE: Formula = Formula::And(Vec::new());
    /// Never true.
    pub const FALSE: Formula = Formula::Or(Vec::new());

    /// A conjunction, without conjunctions directly inside it.
    pub fn and(parts: impl IntoIterator<Item = Formula>) -> Formula {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Formula::And(flat) }
    }

    /// A disjunction, without disjunctions directly inside it.
    pub fn or(parts: impl IntoIterator<Item = Formula>) -> Formula {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Formula::Or(flat) }
    }

    /// The parts that must all hold: those of a conjunction, otherwise the formula alone.
    pub fn conjuncts(&self) -> &[Formula] {
        match self {
            Formula::And(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// The literals, where the formula is a conjunction of literals.
    pub fn literals(&self) -> Option<Vec<&Literal>> {
        fn literal(part: &Formula) -> Option<&Literal> {
            match part {
                Formula::Literal(literal) => Some(literal),
                _ => None,
            }
        }
        self.conjuncts().iter().map(literal).collect()
    }

    /// The opposite. Comparisons turn around, so both sides are false where a number is undefined.
    pub fn negate(self) -> Formula {
        let all = |parts: Vec<Formula>| parts.into_iter().map(Formula::negate).collect::<Vec<_>>();
        match self {
            Formula::Literal(Literal { negated, atom }) => {
                Formula::Literal(Literal { negated: !negated, atom })
            }
            Formula::Compare(comparison) => comparison.negate(),
            Formula::And(parts) => Formula::or(all(parts)),
            Formula::Or(parts) => Formula::and(all(parts)),
            Formula::Forall(params, body) => Formula::Exists(params, Box::new(body.negate())),
            Formula::Exists(params, body) => Formula::Forall(params, Box::new(body.negate())),
        }
    }

    /// Calls `visit` for every literal and comparison inside.
    pub fn for_each_leaf<'a>(&'a self, visit: &mut dyn FnMut(Leaf<'a>)) {
        match self {
            Formula::Literal(literal) => visit(Leaf::Literal(literal)),
            Formula::Compare(comparison) => visit(Leaf::Compare(comparison)),
            Formula::And(parts) | Formula::Or(parts) => {
                parts.iter().for_each(|part| part.for_each_leaf(visit));
            }
            Formula::Forall(_, body) | Formula::Exists(_, body) => body.for_each_leaf(visit),
        }
    }

    /// The same with other terms.
    #[must_use]
    pub fn map_terms(&self, map: &dyn Fn(Term) -> Term) -> Formula {
        let all = |parts: &[Formula]| parts.iter().map(|part| part.map_terms(map)).collect();
        match self {
            Formula::Literal(literal) => Formula::Literal(literal.map_terms(map)),
            Formula::Compare(comparison) => Formula::Compare(Comparison {
                relation: comparison.relation,
                left: comparison.left.map_terms(map),
                right: comparison.right.map_terms(map),
            }),
            Formula::And(parts) => Formula::And(all(parts)),
            Formula::Or(parts) => Formula::Or(all(parts)),
            Formula::Forall(params, body) => Formula::Forall(params.clone(), Box::new(body.map_terms(map))),
            Formula::Exists(params, body) => Formula::Exists(params.clone(), Box::new(body.map_terms(map))),
        }
    }
}

/// A part of a formula without parts of its own.
#[derive(Debug, Clone, Copy)]
pub enum Leaf<'a> {
    /// An atom or its negation.
    Literal(&'a Literal),
    /// A comparison of numbers.
    Compare(&'a Comparison),
}

impl Comparison {
    fn negate(self) -> Formula {
        let Comparison { relation, left, right } = self;
        let with = |relation, left, right| Formula::Compare(Comparison { relation, left, right });
        match relation {
            Relation::Less => with(Relation::AtLeast, left, right),
            Relation::AtMost => with(Relation::Greater, left, right),
            Relation::AtLeast => with(Relation::Less, left, right),
            Relation::Greater => with(Relation::AtMost, left, right),
            Relation::Equal => Formula::or([
                with(Relation::Less, left.clone(), right.clone()),
                with(Relation::Greater, left, right),
            ]),
        }
    }
}

impl Relation {
    /// As PDDL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Relation::Less => "<",
            Relation::AtMost => "<=",
            Relation::Equal => "=",
            Relation::AtLeast => ">=",
            Relation::Greater => ">",
        }
    }
}

impl Arithmetic {
    /// As PDDL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
        }
    }
}

impl Update {
    /// As PDDL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Update::Assign => "assign",
            Update::Increase => "increase",
            Update::Decrease => "decrease",
            Update::ScaleUp => "scale-up",
            Update::ScaleDown => "scale-down",
        }
    }
}

impl Expression {
    /// Calls `visit` for every function's application inside.
    pub fn for_each_function<'a>(&'a self, visit: &mut dyn FnMut(FunctionId, &'a [Term])) {
        match self {
            Expression::Number(_) => {}
            Expression::Function(function, terms) => visit(*function, terms),
            Expression::Apply(_, operands) => {
                operands.iter().for_each(|operand| operand.for_each_function(visit));
            }
        }
    }

    /// The same with other terms.
    #[must_use]
    pub fn map_terms(&self, map: &dyn Fn(Term) -> Term) -> Expression {
        match self {
            Expression::Number(number) => Expression::Number(*number),
            Expression::Function(function, terms) => {
                Expression::Function(*function, terms.iter().map(|&term| map(term)).collect())
            }
            Expression::Apply(operator, operands) => {
                Expression::Apply(*operator, operands.iter().map(|operand| operand.map_terms(map)).collect())
            }
        }
    }
}

impl From<Literal> for Effect {
    /// An effect without a condition.
    fn from(literal: Literal) -> Effect {
        Effect { params: Vec::new(), condition: Formula::TRUE, change: Change::Literal(literal) }
    }
}

impl Effect {
    /// `(increase (FUNCTION) VALUE)` without a condition, as action costs are written.
    pub fn increase(function: FunctionId, value: Expression) -> Effect {
        let change = Change::Number { function, terms: Vec::new(), update: Update::Increase, value };
        Effect { params: Vec::new(), condition: Formula::TRUE, change }
    }

    /// The literal that it changes, if it is one.
    pub fn literal(&self) -> Option<&Literal> {
        match &self.change {
            Change::Literal(literal) => Some(literal),
            Change::Number { .. } => None,
        }
    }
}
