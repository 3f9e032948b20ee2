//! Effects, read into a flat list: each change with its variables and its condition.

use super::ast::{Literal, Param, TOTAL_COST};
use super::diagnostic::{Complaint, DiagnosticKind};
use super::logic::{Change, Effect, Expression, Formula, Update};
use super::tree::{Node, cut};
use super::unsupported::refuse;
use super::vocabulary::{Reader, Scope};

/// What stands around a part of an effect.
#[derive(Clone)]
struct Around {
    /// Variables of `forall`.
    params: Vec<Param>,
    condition: Formula,
    /// Whether a `not` stands around it.
    negated: bool,
}

impl<'t> Reader<'_, 't> {
    /// The effect of an action. Errors are reported.
    pub(crate) fn effect(&mut self, node: Node, scope: &mut Scope<'t>) -> Vec<Effect> {
        let around = Around { params: Vec::new(), condition: Formula::TRUE, negated: false };
        let mut effects = Vec::new();
        self.changes(node, &around, (scope, &mut effects));
        effects
    }

    fn changes(&mut self, node: Node, around: &Around, (scope, out): (&mut Scope<'t>, &mut Vec<Effect>)) {
        let Some(head) = self.connective(node, "an effect") else { return };
        if refuse(self.tree, self.report, node) {
            return;
        }
        let parts: Vec<Node> = self.tree.children(node).skip(1).collect();
        match (head, &parts[..]) {
            ("", _) => {}
            ("and", _) if !around.negated || parts.len() == 1 => {
                parts.iter().for_each(|&part| self.changes(part, around, (scope, out)));
            }
            ("not", &[inner]) => {
                let around = Around { negated: !around.negated, ..around.clone() };
                self.changes(inner, &around, (scope, out));
            }
            ("not", _) => {
                self.wrong_count::<()>((node, head), parts.len(), "an effect");
            }
            ("forall", &[variables, body]) if !around.negated => {
                self.for_all((variables, body), around, (scope, out));
            }
            ("when", &[condition, body]) if !around.negated => {
                let condition = self.condition(condition, scope);
                let condition = Formula::and([around.condition.clone(), condition]);
                self.changes(body, &Around { condition, ..around.clone() }, (scope, out));
            }
            ("forall", _) if !around.negated => {
                self.wrong_count::<()>((node, head), parts.len(), "(forall (VARIABLES) EFFECT)");
            }
            ("when", _) if !around.negated => {
                self.wrong_count::<()>((node, head), parts.len(), "(when CONDITION EFFECT)");
            }
            _ => out.extend(self.change((node, head), around, scope)),
        }
    }

    fn for_all(
        &mut self,
        (variables, body): (Node, Node),
        around: &Around,
        (scope, out): (&mut Scope<'t>, &mut Vec<Effect>),
    ) {
        let Some((params, names)) = self.variables(variables, "quantifier") else { return };
        // A condition around it was read without these variables, whose place its own quantifiers took.
        let (first, by) = (scope.n_variables(), params.len());
        let condition = around.condition.map_terms(&|term| term.shifted(first, by));
        let inner = Around { params: [&around.params[..], &params].concat(), condition, ..around.clone() };
        scope.open(&params, names);
        self.changes(body, &inner, (scope, out));
        scope.close(by);
    }

    /// One change, of an atom or a number.
    fn change(&mut self, (node, head): (Node, &str), around: &Around, scope: &Scope<'_>) -> Option<Effect> {
        let change = match (update(head), head) {
            (Some(update), _) if !around.negated => self.number_change((node, head), update, scope)?,
            (Some(_), _) | (None, "=" | "or" | "imply" | "exists" | "forall" | "when" | "and") => {
                return self.misplaced(node, "an effect");
            }
            (None, _) => {
                let atom = self.predicate(node, scope)?;
                self.refuse_derived(node, &atom)?;
                Change::Literal(Literal { negated: around.negated, atom })
            }
        };
        Some(Effect { params: around.params.clone(), condition: around.condition.clone(), change })
    }

    fn refuse_derived(&mut self, node: Node, atom: &super::ast::Atom) -> Option<()> {
        let super::ast::Atom::Predicate(predicate, _) = atom else { return Some(()) };
        if !self.vocabulary.is_derived[*predicate] {
            return Some(());
        }
        let name = cut(&self.vocabulary.predicates.list[*predicate].name);
        self.report.error(node, || {
            let message = format!("'{name}' is a derived predicate and cannot be changed by an action");
            Complaint::new(DiagnosticKind::Derived, message).hint("its axioms say when it holds")
        });
        None
    }

    fn number_change(
        &mut self,
        (node, head): (Node, &str),
        update: Update,
        scope: &Scope<'_>,
    ) -> Option<Change> {
        let args: Vec<Node> = self.tree.children(node).skip(1).collect();
        let [target, amount] = args[..] else {
            let expected = match update {
                Update::Increase => "(increase (total-cost) COST)".to_string(),
                _ => format!("({head} (f ?x) NUMBER)"),
            };
            return self.wrong_count((node, head), args.len(), &expected);
        };
        let (function, terms) = self.function(target, scope)?;
        let value = self.expression(amount, scope)?;
        self.check_cost(amount, (function, update), &value)?;
        Some(Change::Number { function, terms, update, value })
    }

    /// A constant that makes plans cheaper is refused where it stands.
    fn check_cost(
        &mut self,
        node: Node,
        (function, update): (usize, Update),
        value: &Expression,
    ) -> Option<()> {
        let is_cost = self.vocabulary.functions.list[function].name == TOTAL_COST;
        match value {
            Expression::Number(number) if is_cost && update == Update::Increase && *number < 0.0 => {
                self.not_a_cost(node);
                None
            }
            _ => Some(()),
        }
    }

    fn not_a_cost(&mut self, node: Node) {
        let tree = self.tree;
        self.report.error(node, || {
            Complaint::new(DiagnosticKind::Value, format!("found {} as a cost", tree.describe(node)))
                .expected("a number that is not negative")
        });
    }
}

/// The kind of numeric effect that a word stands for.
pub(crate) fn update(head: &str) -> Option<Update> {
    [Update::Assign, Update::Increase, Update::Decrease, Update::ScaleUp, Update::ScaleDown]
        .into_iter()
        .find(|update| update.symbol() == head)
}
