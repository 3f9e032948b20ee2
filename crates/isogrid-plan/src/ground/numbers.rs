//! Ground numeric expressions as linear forms over numeric variables.

use isogrid_num::hash::FastMap;

use crate::ground::atoms::AtomTable;
use crate::ground::rule::Slot;
use crate::ground::schema::{LiftedChange, Schema};
use crate::numbers::settle;
use crate::pddl::{Arithmetic, Comparison, Domain, Expression, FunctionId, Problem, Relation};

/// Index of a ground function whose value changes.
pub(crate) type NumberId = u32;
/// Index of an interned comparison.
pub(crate) type ComparisonId = u32;

/// A constant and multiples of numeric variables, sorted by variable.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Linear {
    pub(crate) constant: f64,
    pub(crate) terms: Vec<(NumberId, f64)>,
}

/// How a linear form compares with zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sign {
    Positive,
    NotNegative,
    Zero,
}

/// Why an expression has no linear form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotLinear {
    /// A function that never changes has no value at first.
    Undefined { function: FunctionId, args: Vec<u32> },
    /// Two changing numbers are multiplied, or one divides, or something is divided by zero.
    Product,
}

impl Linear {
    pub(crate) fn number(constant: f64) -> Linear {
        Linear { constant, terms: Vec::new() }
    }

    /// The value, where it does not depend on any variable.
    pub(crate) fn as_number(&self) -> Option<f64> {
        self.terms.is_empty().then_some(self.constant)
    }

    pub(crate) fn scaled(mut self, factor: f64) -> Linear {
        self.constant = settle(self.constant * factor);
        self.terms.iter_mut().for_each(|(_, multiple)| *multiple = settle(*multiple * factor));
        self.terms.retain(|&(_, multiple)| multiple != 0.0);
        self
    }

    pub(crate) fn plus(mut self, other: &Linear) -> Linear {
        self.constant = settle(self.constant + other.constant);
        self.terms.extend_from_slice(&other.terms);
        self.terms.sort_by_key(|&(variable, _)| variable);
        let mut merged: Vec<(NumberId, f64)> = Vec::with_capacity(self.terms.len());
        for (variable, multiple) in self.terms {
            match merged.last_mut() {
                Some((last, sum)) if *last == variable => *sum = settle(*sum + multiple),
                _ => merged.push((variable, multiple)),
            }
        }
        merged.retain(|&(_, multiple)| multiple != 0.0);
        Linear { constant: self.constant, terms: merged }
    }

    /// The value for the variables' values; no number where one of them is undefined.
    pub(crate) fn value(&self, of: impl Fn(NumberId) -> f64) -> f64 {
        let sum = |sum: f64, &(variable, multiple): &(NumberId, f64)| sum + multiple * of(variable);
        settle(self.terms.iter().fold(self.constant, sum))
    }
}

impl Sign {
    pub(crate) fn holds(self, value: f64) -> bool {
        match self {
            Sign::Positive => value > 0.0,
            Sign::NotNegative => value >= 0.0,
            Sign::Zero => value == 0.0,
        }
    }
}

/// A linear form compared with zero.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compared {
    pub(crate) form: Linear,
    pub(crate) sign: Sign,
}

/// Ground functions: values of those that never change, variables for the others.
pub(crate) struct Numbers {
    /// Whether no effect changes a function.
    is_static: Vec<bool>,
    initial: FastMap<(u32, Vec<u32>), f64>,
    variables: AtomTable,
    /// The value of each variable at first; not a number where it has none.
    pub(crate) start: Vec<f64>,
    pub(crate) comparisons: Vec<Compared>,
    known: FastMap<ComparisonKey, ComparisonId>,
}

/// Bits of the constant, variables with bits of their multiples, sign.
type ComparisonKey = (u64, Vec<(NumberId, u64)>, Sign);

impl Numbers {
    pub(crate) fn new(domain: &Domain, problem: &Problem, schemas: &[Schema]) -> Numbers {
        let mut is_static = vec![true; domain.functions.len()];
        for schema in schemas {
            let sometimes = schema.sometimes.iter().map(|effect| &effect.change);
            for change in schema.always.iter().chain(sometimes) {
                if let LiftedChange::Number { function, .. } = change {
                    is_static[*function] = false;
                }
            }
        }
        let value = |value: &crate::pddl::FunctionValue| {
            let args = value.args.iter().map(|&arg| arg as u32).collect();
            ((value.function as u32, args), settle(value.value))
        };
        let mut initial: FastMap<(u32, Vec<u32>), f64> = problem.function_values.iter().map(value).collect();
        if let Some(total_cost) = domain.total_cost() {
            initial.entry((total_cost as u32, Vec::new())).or_insert(0.0);
        }
        Numbers {
            is_static,
            initial,
            variables: AtomTable::default(),
            start: Vec::new(),
            comparisons: Vec::new(),
            known: FastMap::default(),
        }
    }

    /// The numeric variable of a ground function.
    pub(crate) fn variable(&mut self, function: FunctionId, args: &[u32]) -> NumberId {
        let (variable, is_new) = self.variables.intern(function, args);
        if is_new {
            let value = self.initial.get(&(function as u32, args.to_vec()));
            self.start.push(value.copied().unwrap_or(f64::NAN));
        }
        variable
    }

    /// The function and arguments of a variable.
    pub(crate) fn function(&self, variable: NumberId) -> (FunctionId, &[u32]) {
        (self.variables.predicate(variable), self.variables.args(variable))
    }

    /// The linear form of an expression under a complete binding.
    pub(crate) fn linear(&mut self, expression: &Expression, binding: &[u32]) -> Result<Linear, NotLinear> {
        match expression {
            Expression::Number(number) => Ok(Linear::number(settle(*number))),
            Expression::Function(function, terms) => {
                let args: Vec<u32> = terms.iter().map(|&term| Slot::from(term).value(binding)).collect();
                self.application(*function, args)
            }
            Expression::Apply(operator, operands) => {
                let operands: Result<Vec<Linear>, NotLinear> =
                    operands.iter().map(|operand| self.linear(operand, binding)).collect();
                combine(*operator, operands?)
            }
        }
    }

    fn application(&mut self, function: FunctionId, args: Vec<u32>) -> Result<Linear, NotLinear> {
        if !self.is_static[function] {
            let variable = self.variable(function, &args);
            return Ok(Linear { constant: 0.0, terms: vec![(variable, 1.0)] });
        }
        match self.initial.get(&(function as u32, args.clone())) {
            Some(&value) => Ok(Linear::number(value)),
            None => Err(NotLinear::Undefined { function, args }),
        }
    }

    /// Whether a comparison holds, where nothing in it changes; it does not where a value is missing.
    pub(crate) fn settled(&self, comparison: &Comparison, binding: &[u32]) -> Option<bool> {
        let left = self.constant(&comparison.left, binding)?;
        let right = self.constant(&comparison.right, binding)?;
        let difference = settle(left - right);
        Some(match comparison.relation {
            Relation::Less => difference < 0.0,
            Relation::AtMost => difference <= 0.0,
            Relation::Equal => difference == 0.0,
            Relation::AtLeast => difference >= 0.0,
            Relation::Greater => difference > 0.0,
        })
    }

    /// The value of an expression in which nothing changes; no number where it has none.
    fn constant(&self, expression: &Expression, binding: &[u32]) -> Option<f64> {
        match expression {
            Expression::Number(number) => Some(settle(*number)),
            Expression::Function(function, terms) => {
                let args: Vec<u32> = terms.iter().map(|&term| Slot::from(term).value(binding)).collect();
                let value = self.initial.get(&(*function as u32, args)).copied().unwrap_or(f64::NAN);
                self.is_static[*function].then_some(value)
            }
            Expression::Apply(operator, operands) => {
                let operands: Option<Vec<f64>> =
                    operands.iter().map(|operand| self.constant(operand, binding)).collect();
                let forms = operands?.into_iter().map(Linear::number).collect();
                // A division by zero has no value.
                Some(combine(*operator, forms).ok().and_then(|form| form.as_number()).unwrap_or(f64::NAN))
            }
        }
    }

    /// A comparison as a sign of a linear form.
    pub(crate) fn compared(
        &mut self,
        comparison: &Comparison,
        binding: &[u32],
    ) -> Result<Compared, NotLinear> {
        let left = self.linear(&comparison.left, binding)?;
        let right = self.linear(&comparison.right, binding)?;
        let (form, sign) = match comparison.relation {
            Relation::Less => (right.plus(&left.scaled(-1.0)), Sign::Positive),
            Relation::AtMost => (right.plus(&left.scaled(-1.0)), Sign::NotNegative),
            Relation::Equal => (left.plus(&right.scaled(-1.0)), Sign::Zero),
            Relation::AtLeast => (left.plus(&right.scaled(-1.0)), Sign::NotNegative),
            Relation::Greater => (left.plus(&right.scaled(-1.0)), Sign::Positive),
        };
        Ok(Compared { form, sign })
    }

    pub(crate) fn intern(&mut self, compared: Compared) -> ComparisonId {
        let terms = compared.form.terms.iter().map(|&(variable, multiple)| (variable, multiple.to_bits()));
        let key = (compared.form.constant.to_bits(), terms.collect(), compared.sign);
        let fresh = self.comparisons.len() as ComparisonId;
        let id = *self.known.entry(key).or_insert(fresh);
        if id == fresh {
            self.comparisons.push(compared);
        }
        id
    }
}

fn combine(operator: Arithmetic, operands: Vec<Linear>) -> Result<Linear, NotLinear> {
    let mut operands = operands.into_iter();
    let Some(first) = operands.next() else { return Ok(Linear::default()) };
    let rest: Vec<Linear> = operands.collect();
    match operator {
        Arithmetic::Add => Ok(rest.iter().fold(first, Linear::plus)),
        Arithmetic::Subtract if rest.is_empty() => Ok(first.scaled(-1.0)),
        Arithmetic::Subtract => Ok(rest.into_iter().fold(first, |sum, next| sum.plus(&next.scaled(-1.0)))),
        Arithmetic::Multiply => {
            rest.into_iter().try_fold(first, |product, next| match (product.as_number(), next.as_number()) {
                (_, Some(factor)) => Ok(product.scaled(factor)),
                (Some(factor), None) => Ok(next.scaled(factor)),
                (None, None) => Err(NotLinear::Product),
            })
        }
        Arithmetic::Divide => rest.into_iter().try_fold(first, |quotient, next| match next.as_number() {
            Some(divisor) if divisor != 0.0 => Ok(divided(quotient, divisor)),
            _ => Err(NotLinear::Product),
        }),
    }
}

fn divided(mut form: Linear, divisor: f64) -> Linear {
    form.constant = settle(form.constant / divisor);
    form.terms.iter_mut().for_each(|(_, multiple)| *multiple = settle(*multiple / divisor));
    form
}
