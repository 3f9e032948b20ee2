//! Numeric expressions.

use super::ast::{TOTAL_COST, Term};
use super::diagnostic::{Complaint, DiagnosticKind};
use super::logic::{Arithmetic, Expression};
use super::tree::{Node, cut};
use super::unsupported::refuse;
use super::vocabulary::{Reader, Scope};

impl Reader<'_, '_> {
    /// A number, a function's value, or an operator applied to such. Errors are reported.
    pub(crate) fn expression(&mut self, node: Node, scope: &Scope<'_>) -> Option<Expression> {
        let tree = self.tree;
        if let Some(token) = tree.token(node).filter(|token| *token != TOTAL_COST) {
            return match number(token) {
                Some(number) => Some(Expression::Number(number)),
                None => self.not_a_number(node),
            };
        }
        let Some(head) = tree.head(node).or(tree.token(node)) else { return self.not_a_number(node) };
        if refuse(tree, self.report, node) {
            return None;
        }
        let Some(operator) = operator(head) else {
            let (function, terms) = self.function(node, scope)?;
            return Some(Expression::Function(function, terms));
        };
        let operands: Vec<Option<Expression>> =
            tree.children(node).skip(1).map(|operand| self.expression(operand, scope)).collect();
        let fits = match operator {
            Arithmetic::Add | Arithmetic::Multiply => !operands.is_empty(),
            Arithmetic::Subtract => matches!(operands.len(), 1 | 2),
            Arithmetic::Divide => operands.len() == 2,
        };
        if !fits {
            let expected = format!("({head} A B)");
            return self.wrong_count((node, head), operands.len(), &expected);
        }
        Some(Expression::Apply(operator, operands.into_iter().collect::<Option<_>>()?))
    }

    /// A function applied to terms. `total-cost` alone may stand without parentheses.
    pub(crate) fn function(&mut self, node: Node, scope: &Scope<'_>) -> Option<(usize, Vec<Term>)> {
        let vocabulary = self.vocabulary;
        match self.tree.token(node) {
            Some(TOTAL_COST) => {
                vocabulary.functions.names.get(TOTAL_COST).map(|function| (function, Vec::new()))
            }
            Some(_) => self.not_a_number(node),
            None if self.tree.head(node).is_none() => self.not_a_number(node),
            None => self.atom(node, &vocabulary.functions, scope),
        }
    }

    fn not_a_number<T>(&mut self, node: Node) -> Option<T> {
        let tree = self.tree;
        let token = tree.token(node).unwrap_or_default();
        let is_function = self.vocabulary.functions.names.get(token).is_some();
        self.report.error(node, || {
            if is_function {
                return Complaint::new(DiagnosticKind::Syntax, format!("found '{}' as a number", cut(token)))
                    .expected(format!("'({})' in parentheses", cut(token)));
            }
            let problem =
                Complaint::new(DiagnosticKind::Value, format!("found {} as a number", tree.describe(node)));
            match is_too_large(token) {
                true => problem.expected(RANGE),
                false => problem.expected("a number such as '2.5', or a function such as '(f ?x)'"),
            }
        });
        None
    }
}

fn operator(head: &str) -> Option<Arithmetic> {
    [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide]
        .into_iter()
        .find(|operator| operator.symbol() == head)
}

/// A decimal number: digits with a sign and a fraction, and not so large that sums lose it.
pub(crate) fn number(token: &str) -> Option<f64> {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'-' | b'+'));
    let value: f64 = token.parse().ok().filter(|_| is_decimal)?;
    // No `-0`: equal numbers have equal bits.
    (value.abs() <= MAX_NUMBER).then_some(value + 0.0)
}

/// Whether a token is a number that is refused for its size.
pub(crate) fn is_too_large(token: &str) -> bool {
    number(token).is_none() && token.parse().is_ok_and(|value: f64| value.abs() > MAX_NUMBER)
}

/// Which numbers are taken.
pub(crate) const RANGE: &str = "a number from -9007199254740992 to 9007199254740992";

/// Larger numbers are refused: above, whole numbers are no longer told apart.
const MAX_NUMBER: f64 = (1u64 << 53) as f64;
