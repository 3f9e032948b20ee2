//! Conditions, read into negation normal form.

use super::ast::{Atom, Literal, Param, TypeId};
use super::diagnostic::{Complaint, DiagnosticKind};
use super::logic::{Comparison, Formula, Relation};
use super::names::Names;
use super::tree::{Node, cut};
use super::typed_list::{self, Kind};
use super::types::Resolver;
use super::unsupported::{refuse, refuse_below};
use super::vocabulary::{Reader, Scope};

impl<'t> Reader<'_, 't> {
    /// A precondition, a goal or the condition of an effect or axiom. Errors are reported; what holds them is left out.
    pub(crate) fn condition(&mut self, node: Node, scope: &mut Scope<'t>) -> Formula {
        self.formula((node, false), scope).unwrap_or_default()
    }

    /// A formula with or without a `not` around it.
    fn formula(&mut self, (node, negated): (Node, bool), scope: &mut Scope<'t>) -> Option<Formula> {
        let head = self.connective(node, "a condition")?;
        if refuse(self.tree, self.report, node) {
            return None;
        }
        let parts: Vec<Node> = self.tree.children(node).skip(1).collect();
        match (head, &parts[..]) {
            // `()` is an empty conjunction, as `(and)` is.
            ("", _) => Some(if negated { Formula::FALSE } else { Formula::TRUE }),
            ("and", _) => self.parts((&parts, negated), !negated, scope),
            ("or", _) => self.parts((&parts, negated), negated, scope),
            ("not", &[inner]) => self.formula((inner, !negated), scope),
            ("imply", &[premise, conclusion]) => {
                let premise = self.formula((premise, !negated), scope);
                let parts = [premise?, self.formula((conclusion, negated), scope)?];
                Some(if negated { Formula::and(parts) } else { Formula::or(parts) })
            }
            ("forall" | "exists", &[variables, body]) => {
                let for_all = (head == "forall") != negated;
                self.quantified((variables, body), (negated, for_all), scope)
            }
            ("not", _) => self.wrong_count((node, head), parts.len(), "a condition"),
            ("imply", _) => self.wrong_count((node, head), parts.len(), "(imply PREMISE CONCLUSION)"),
            ("forall" | "exists", _) => {
                let expected = format!("({head} (VARIABLES) CONDITION)");
                self.wrong_count((node, head), parts.len(), &expected)
            }
            ("=", _) if !self.compares_numbers(&parts) => {
                let atom = self.equality(node, scope)?;
                Some(Formula::Literal(Literal { negated, atom }))
            }
            _ => match relation(head) {
                Some(relation) => {
                    let comparison = self.comparison(node, relation, scope)?;
                    Some(if negated { comparison.negate() } else { comparison })
                }
                None if is_update(head) => self.misplaced(node, "a condition"),
                None => {
                    let atom = self.predicate(node, scope)?;
                    Some(Formula::Literal(Literal { negated, atom }))
                }
            },
        }
    }

    /// A conjunction or disjunction of nodes.
    fn parts(
        &mut self,
        (nodes, negated): (&[Node], bool),
        all: bool,
        scope: &mut Scope<'t>,
    ) -> Option<Formula> {
        let parts: Vec<Option<Formula>> =
            nodes.iter().map(|&node| self.formula((node, negated), scope)).collect();
        let parts: Option<Vec<Formula>> = parts.into_iter().collect();
        Some(if all { Formula::and(parts?) } else { Formula::or(parts?) })
    }

    fn quantified(
        &mut self,
        (variables, body): (Node, Node),
        (negated, for_all): (bool, bool),
        scope: &mut Scope<'t>,
    ) -> Option<Formula> {
        let (params, names) = self.variables(variables, "quantifier")?;
        scope.open(&params, names);
        let body = self.formula((body, negated), scope);
        scope.close(params.len());
        let body = body?;
        if params.is_empty() {
            return Some(body);
        }
        Some(if for_all {
            Formula::Forall(params, body.into())
        } else {
            Formula::Exists(params, body.into())
        })
    }

    /// The variables of a quantifier, in parentheses.
    pub(crate) fn variables(&mut self, node: Node, owner: &str) -> Option<(Vec<Param>, Vec<&'t str>)> {
        let tree = self.tree;
        if !tree.is_list(node) {
            let found = format!("found {} as the variables of a {owner}", tree.describe(node));
            self.report.error(node, || {
                Complaint::new(DiagnosticKind::Syntax, found).expected("a list such as '(?x - block)'")
            });
            return None;
        }
        let (mut params, mut names) = (Vec::new(), Names::default());
        let mut resolver = Resolver::new(&self.vocabulary.types.names);
        for (node, type_node) in typed_list::read(tree, self.report, Kind::Variable, tree.children(node)) {
            let types: Vec<TypeId> = resolver.resolve(tree, self.report, type_node);
            let name = tree.token(node).unwrap_or_default().trim_start_matches('?');
            if names.insert(name).is_ok() {
                params.push(Param { name: name.to_string(), types });
            } else {
                self.report.error(node, || {
                    let message = format!("variable '?{}' of a {owner} is declared twice", cut(name));
                    Complaint::new(DiagnosticKind::Duplicate, message)
                });
            }
        }
        Some((params, names.iter().collect()))
    }

    pub(crate) fn predicate(&mut self, node: Node, scope: &Scope<'_>) -> Option<Atom> {
        let vocabulary = self.vocabulary;
        let (predicate, terms) = self.atom(node, &vocabulary.predicates, scope)?;
        Some(Atom::Predicate(predicate, terms))
    }

    /// The word at the head of a list; empty for `()`. Anything else is reported.
    pub(crate) fn connective(&mut self, node: Node, what: &str) -> Option<&'t str> {
        let tree = self.tree;
        let first = tree.children(node).next();
        match first {
            None if tree.is_list(node) => Some(""),
            Some(first) if tree.token(first).is_some() => tree.token(first),
            _ => {
                self.not_a_formula(node, what);
                None
            }
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

    /// Reports a wrong number of arguments of a word of the language, and what is unsupported below.
    pub(crate) fn wrong_count<T>(
        &mut self,
        (node, head): (Node, &str),
        found: usize,
        expected: &str,
    ) -> Option<T> {
        let takes = if head == "not" { "1 argument" } else { "2 arguments" };
        let message = format!("'{head}' takes {takes}, found {found}");
        self.report.error(node, || Complaint::new(DiagnosticKind::Arity, message).expected(expected));
        let tree = self.tree;
        tree.children(node).for_each(|child| refuse_below(tree, self.report, child));
        None
    }

    pub(crate) fn misplaced<T>(&mut self, node: Node, what: &str) -> Option<T> {
        let found = self.tree.describe(node);
        self.report
            .error(node, || Complaint::new(DiagnosticKind::Syntax, format!("{found} cannot be {what}")));
        None
    }

    /// `(= a b)` of two terms.
    fn equality(&mut self, node: Node, scope: &Scope<'_>) -> Option<Atom> {
        let args: Vec<Node> = self.tree.children(node).skip(1).collect();
        let [a, b] = args[..] else {
            return self.wrong_count((node, "="), args.len(), "(= A B)");
        };
        let (a, b) = (self.term(a, scope), self.term(b, scope));
        Some(Atom::Equal(a?, b?))
    }

    /// Whether one side of an equation is a number or a function.
    fn compares_numbers(&self, sides: &[Node]) -> bool {
        let objects = &self.vocabulary.objects.names;
        let is_number = |&node: &Node| match self.tree.token(node) {
            None => true,
            Some(token) => {
                objects.get(token).is_none() && token.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            }
        };
        sides.len() == 2 && sides.iter().any(is_number)
    }

    fn comparison(&mut self, node: Node, relation: Relation, scope: &Scope<'_>) -> Option<Formula> {
        let sides: Vec<Node> = self.tree.children(node).skip(1).collect();
        let [left, right] = sides[..] else {
            let expected = format!("({0} A B)", relation.symbol());
            return self.wrong_count((node, relation.symbol()), sides.len(), &expected);
        };
        let (left, right) = (self.expression(left, scope), self.expression(right, scope));
        Some(Formula::Compare(Comparison { relation, left: left?, right: right? }))
    }
}

fn relation(head: &str) -> Option<Relation> {
    [Relation::Less, Relation::AtMost, Relation::Equal, Relation::AtLeast, Relation::Greater]
        .into_iter()
        .find(|relation| relation.symbol() == head)
}

fn is_update(head: &str) -> bool {
    super::effect::update(head).is_some() || head == "when"
}
