//! Derived predicates: their axioms, and the check that none depends on its own negation.

use super::ast::{Axiom, Param, PredicateId};
use super::diagnostic::{Complaint, DiagnosticKind, Report};
use super::logic::{Formula, Leaf};
use super::names::Names;
use super::tree::{Node, Tree, cut};
use super::typed_list::{self, Kind};
use super::types::Resolver;
use super::vocabulary::{Declared, Reader, Scope, Vocabulary};
use crate::pddl::Atom;

/// Which predicates the `:derived` sections define.
pub(crate) fn heads(tree: &Tree<'_>, predicates: &Declared<'_>, sections: &[Node]) -> Vec<bool> {
    let mut is_derived = vec![false; predicates.list.len()];
    for &section in sections.iter().filter(|&&section| tree.head(section) == Some(":derived")) {
        let head = tree.children(section).nth(1).and_then(|head| tree.head(head));
        if let Some(predicate) = head.and_then(|name| predicates.names.get(name)) {
            is_derived[predicate] = true;
        }
    }
    is_derived
}

impl<'t> Reader<'_, 't> {
    /// `(:derived (p ?x - t) CONDITION)`. Errors are reported.
    pub(crate) fn axiom(&mut self, section: Node) -> Option<Axiom> {
        let tree = self.tree;
        let parts: Vec<Node> = tree.children(section).skip(1).collect();
        let [head, condition] = parts[..] else {
            return self.wrong_count((section, ":derived"), parts.len(), "(:derived (p ?x) CONDITION)");
        };
        let name_node = tree.children(head).next().filter(|_| tree.is_list(head));
        let Some(name) = name_node.and_then(|node| tree.token(node)) else {
            let found = format!("found {} as a derived predicate", tree.describe(head));
            self.report.error(head, || {
                Complaint::new(DiagnosticKind::Syntax, found).expected("a predicate such as '(p ?x)'")
            });
            return None;
        };
        let Some(predicate) = self.vocabulary.predicates.names.get(name) else {
            let names = &self.vocabulary.predicates.names;
            self.report.error(name_node.unwrap_or(head), || {
                Complaint::new(DiagnosticKind::Unknown, format!("unknown predicate '{}'", cut(name)))
                    .expected(names.listed("a predicate"))
                    .hint_if(names.did_you_mean(name))
            });
            return None;
        };
        let (params, names) = self.head_params(head, name);
        let expected = self.vocabulary.predicates.list[predicate].params.len();
        if params.len() != expected {
            let (found, signature) = (params.len(), &self.vocabulary.predicates.list[predicate]);
            self.report.error(head, || {
                let plural = if expected == 1 { "" } else { "s" };
                let message = format!("'{}' takes {expected} argument{plural}, found {found}", cut(name));
                Complaint::new(DiagnosticKind::Arity, message).expected(self.vocabulary.signature(signature))
            });
            return None;
        }
        let mut scope = Scope::new(format!("the axiom of '{}'", cut(name)), names, params);
        let condition = self.condition(condition, &mut scope);
        Some(Axiom { predicate, params: scope.into_params(), condition })
    }

    fn head_params(&mut self, head: Node, name: &str) -> (Vec<Param>, Names<'t>) {
        let tree = self.tree;
        let (mut params, mut names) = (Vec::new(), Names::default());
        let mut resolver = Resolver::new(&self.vocabulary.types.names);
        let nodes = tree.children(head).skip(1);
        for (node, type_node) in typed_list::read(tree, self.report, Kind::Variable, nodes) {
            let types = resolver.resolve(tree, self.report, type_node);
            let variable = tree.token(node).unwrap_or_default().trim_start_matches('?');
            params.push(Param { name: variable.to_string(), types });
            if names.insert(variable).is_err() {
                self.report.error(node, || {
                    let message = format!("'{}' has two variables named '?{}'", cut(name), cut(variable));
                    Complaint::new(DiagnosticKind::Duplicate, message)
                });
            }
        }
        (params, names)
    }
}

/// Reports an axiom whose predicate depends on its own negation.
pub(crate) fn check_strata(report: &mut Report<'_>, vocabulary: &Vocabulary<'_>, axioms: &[(Node, Axiom)]) {
    let predicates = axioms.iter().map(|(_, axiom)| (axiom.predicate, &axiom.condition));
    let Err(culprit) = strata(vocabulary.predicates.list.len(), predicates) else { return };
    let Some((node, _)) = axioms.iter().find(|(_, axiom)| axiom.predicate == culprit) else { return };
    let name = cut(&vocabulary.predicates.list[culprit].name);
    report.error(*node, || {
        let message = format!("the derived predicate '{name}' depends on its own negation");
        Complaint::new(DiagnosticKind::Derived, message)
            .expected("axioms in layers: negation of lower layers only")
    });
}

/// The layer of each predicate: no less than those it depends on, and more than those whose negation it depends on.
/// Predicates without axioms are in layer 0.
///
/// # Errors
/// A predicate that depends on its own negation.
pub(crate) fn strata<'a>(
    n_predicates: usize,
    axioms: impl Iterator<Item = (PredicateId, &'a Formula)>,
) -> Result<Vec<usize>, PredicateId> {
    let mut edges = Vec::new();
    let mut is_derived = vec![false; n_predicates];
    for (predicate, condition) in axioms {
        is_derived[predicate] = true;
        condition.for_each_leaf(&mut |leaf| {
            if let Leaf::Literal(literal) = leaf
                && let Atom::Predicate(needed, _) = &literal.atom
            {
                edges.push((predicate, *needed, usize::from(literal.negated)));
            }
        });
    }
    edges.retain(|&(_, needed, _)| is_derived[needed]);
    edges.sort_unstable();
    edges.dedup();
    let mut layers: Vec<usize> = is_derived.iter().map(|&derived| usize::from(derived)).collect();
    let n_derived = is_derived.iter().filter(|derived| **derived).count();
    loop {
        let mut raised = None;
        for &(predicate, needed, step) in &edges {
            let least = layers[needed] + step;
            if layers[predicate] < least {
                layers[predicate] = least;
                raised = Some(predicate);
            }
        }
        match raised {
            None => return Ok(layers),
            // A layer per predicate is enough unless they chase each other in a circle.
            Some(predicate) if layers[predicate] > n_derived + 1 => return Err(predicate),
            Some(_) => {}
        }
    }
}
