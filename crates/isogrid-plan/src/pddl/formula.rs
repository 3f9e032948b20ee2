//! Conditions, effects and action costs, read into conjunctions of literals without recursion.

use super::ast::{Atom, CostTerm, Literal};
use super::diagnostic::{Complaint, DiagnosticKind};
use super::tree::{Node, cut};
use super::unsupported::{self, refuse, refuse_below};
use super::vocabulary::{Reader, Scope};

/// What an action does.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) literals: Vec<Literal>,
    pub(crate) cost: Vec<CostTerm>,
}

/// A formula still to be read, and whether a `not` stands around it.
type Pending = (Node, bool);

impl Reader<'_, '_> {
    /// A precondition or goal: literals and equality under nested `and`. Errors are reported.
    pub(crate) fn condition(&mut self, node: Node, scope: &Scope<'_>) -> Vec<Literal> {
        let mut literals = Vec::new();
        let mut pending = vec![(node, false)];
        while let Some((node, negated)) = pending.pop() {
            let Some(head) = self.connective((node, negated), &mut pending, "a condition") else { continue };
            let atom = match head {
                "=" => self.equality(node, scope),
                "increase" => {
                    self.misplaced(node, "a condition");
                    None
                }
                _ => self.predicate(node, scope),
            };
            literals.extend(atom.map(|atom| Literal { negated, atom }));
        }
        literals
    }

    /// An effect: literals and increases of `total-cost` under nested `and`. Errors are reported.
    pub(crate) fn effect(&mut self, node: Node, scope: &Scope<'_>) -> Effects {
        let mut effects = Effects::default();
        let mut pending = vec![(node, false)];
        while let Some((node, negated)) = pending.pop() {
            let Some(head) = self.connective((node, negated), &mut pending, "an effect") else { continue };
            match head {
                "increase" if !negated => self.increase(node, scope, &mut effects.cost),
                "=" | "increase" => self.misplaced(node, "an effect"),
                _ => {
                    let atom = self.predicate(node, scope);
                    effects.literals.extend(atom.map(|atom| Literal { negated, atom }));
                }
            }
        }
        effects
    }

    fn predicate(&mut self, node: Node, scope: &Scope<'_>) -> Option<Atom> {
        let vocabulary = self.vocabulary;
        let (predicate, terms) = self.atom(node, &vocabulary.predicates, scope)?;
        Some(Atom::Predicate(predicate, terms))
    }

    /// Takes `and`, `not`, `()` and what is unsupported apart; the head of an atom is left to the caller.
    fn connective(
        &mut self,
        (node, negated): Pending,
        pending: &mut Vec<Pending>,
        what: &str,
    ) -> Option<&'static str> {
        let tree = self.tree;
        let mut elements = tree.children(node);
        let Some(first) = elements.next().filter(|_| tree.is_list(node)) else {
            if !tree.is_list(node) || negated {
                self.not_a_formula(node, what);
            }
            return None;
        };
        let Some(head) = tree.token(first) else {
            self.not_a_formula(node, what);
            return None;
        };
        if refuse(tree, self.report, node) {
            return None;
        }
        let mut inner: Vec<Node> = elements.collect();
        match head {
            "and" if !negated || inner.len() == 1 => {
                pending.extend(inner.iter().rev().map(|&node| (node, negated)));
                None
            }
            "and" => {
                self.report.unsupported(node, "not (and ...) (:disjunctive-preconditions)");
                inner.iter().for_each(|&node| refuse_below(tree, self.report, node));
                None
            }
            "not" if inner.len() == 1 => {
                pending.extend(inner.pop().map(|node| (node, !negated)));
                None
            }
            "not" => {
                let message = format!("'not' takes 1 argument, found {}", inner.len());
                self.report.error(node, || Complaint::new(DiagnosticKind::Arity, message).expected(what));
                None
            }
            "=" => Some("="),
            "increase" => Some("increase"),
            _ => Some(""),
        }
    }

    fn not_a_formula(&mut self, node: Node, what: &str) {
        let tree = self.tree;
        self.report.error(node, || {
            let found = format!("found {}", tree.describe(node));
            let problem =
                Complaint::new(DiagnosticKind::Syntax, found).expected(format!("{what} such as '(p ?x)'"));
            let is_conjunction = tree.children(node).all(|child| tree.is_list(child)) && tree.is_list(node);
            if is_conjunction && tree.children(node).next().is_some() {
                problem.hint("a conjunction begins with 'and'")
            } else {
                problem
            }
        });
    }

    fn misplaced(&mut self, node: Node, what: &str) {
        let found = self.tree.describe(node);
        self.report
            .error(node, || Complaint::new(DiagnosticKind::Syntax, format!("{found} cannot be {what}")));
    }

    /// `(= a b)` of two terms; of numbers it is refused by name.
    pub(crate) fn equality(&mut self, node: Node, scope: &Scope<'_>) -> Option<Atom> {
        let tree = self.tree;
        let args: Vec<Node> = tree.children(node).skip(1).collect();
        let [a, b] = args[..] else {
            let message = format!("'=' takes 2 arguments, found {}", args.len());
            self.report.error(node, || Complaint::new(DiagnosticKind::Arity, message).expected("(= A B)"));
            return None;
        };
        let is_object = |token: &str| self.vocabulary.objects.names.get(token).is_some();
        let is_number = |node: Node| match tree.token(node) {
            None => true,
            Some(token) => token.starts_with(|c: char| c.is_ascii_digit() || c == '-') && !is_object(token),
        };
        if is_number(a) || is_number(b) {
            self.report.unsupported(node, "comparison of numbers (:numeric-fluents)");
            return None;
        }
        let (a, b) = (self.term(a, scope), self.term(b, scope));
        Some(Atom::Equal(a?, b?))
    }

    /// `(increase (total-cost) X)` where X is a number, a function or a sum of such.
    fn increase(&mut self, node: Node, scope: &Scope<'_>, cost: &mut Vec<CostTerm>) {
        let tree = self.tree;
        let args: Vec<Node> = tree.children(node).skip(1).collect();
        let [target, amount] = args[..] else {
            let message = format!("'increase' takes 2 arguments, found {}", args.len());
            self.report.error(node, || {
                Complaint::new(DiagnosticKind::Arity, message).expected("(increase (total-cost) COST)")
            });
            return;
        };
        let name = tree.head(target).or(tree.token(target)).unwrap_or("(");
        if name != "total-cost" {
            self.report.unsupported(node, &format!("increase of '{}' (:numeric-fluents)", cut(name)));
            return;
        }
        if tree.is_list(target) && tree.children(target).nth(1).is_some() {
            let problem = || Complaint::new(DiagnosticKind::Arity, "'total-cost' takes 0 arguments");
            self.report.error(target, || problem().expected("(total-cost)"));
        }
        self.sum(amount, scope, cost);
    }

    fn sum(&mut self, amount: Node, scope: &Scope<'_>, cost: &mut Vec<CostTerm>) {
        let tree = self.tree;
        let vocabulary = self.vocabulary;
        let mut pending = vec![amount];
        while let Some(node) = pending.pop() {
            if let Some(token) = tree.token(node) {
                if vocabulary.functions.names.get(token).is_some() {
                    self.report.error(node, || {
                        Complaint::new(DiagnosticKind::Syntax, format!("found '{}' as a cost", cut(token)))
                            .expected(format!("'({})' in parentheses", cut(token)))
                    });
                } else {
                    cost.extend(self.cost_number(node).map(CostTerm::Number));
                }
                continue;
            }
            match tree.head(node) {
                Some("+") => {
                    let terms: Vec<Node> = tree.children(node).skip(1).collect();
                    pending.extend(terms.into_iter().rev());
                }
                Some(operator @ ("-" | "*" | "/")) => {
                    self.report.unsupported(node, &format!("{operator} in costs (:numeric-fluents)"));
                }
                Some(head) if unsupported::feature(head).is_some() => {
                    refuse(tree, self.report, node);
                }
                Some("total-cost") => {
                    self.report.unsupported(node, "a cost that depends on total-cost (:numeric-fluents)");
                }
                Some(_) => {
                    let atom = self.atom(node, &vocabulary.functions, scope);
                    cost.extend(atom.map(|(function, terms)| CostTerm::Function(function, terms)));
                }
                None => self.not_a_cost(node),
            }
        }
    }

    /// A cost as a number: a whole one below 2^32, which may be written with a fraction of zeros.
    pub(crate) fn cost_number(&mut self, node: Node) -> Option<u32> {
        let token = self.tree.token(node).unwrap_or_default();
        let (whole, fraction) = token.split_once('.').unwrap_or((token, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let is_whole = !whole.is_empty() && digits(whole) && fraction.bytes().all(|b| b == b'0');
        let value = whole.parse().ok().filter(|_| is_whole);
        if value.is_none() {
            self.not_a_cost(node);
        }
        value
    }

    fn not_a_cost(&mut self, node: Node) {
        let tree = self.tree;
        self.report.error(node, || {
            Complaint::new(DiagnosticKind::Value, format!("found {} as a cost", tree.describe(node)))
                .expected("a whole number from 0 to 4294967295")
        });
    }
}
