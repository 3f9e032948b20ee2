//! The names of what this planner does not have, so that it can be refused by name wherever it turns up.

use super::diagnostic::{Complaint, DiagnosticKind, Report};
use super::names::did_you_mean;
use super::tree::{Node, Tree, cut};

/// Requirements that are supported, without the colon.
pub(crate) const SUPPORTED: [&str; 16] = [
    "strips",
    "typing",
    "equality",
    "negative-preconditions",
    "negation",
    "action-costs",
    "adl",
    "disjunctive-preconditions",
    "existential-preconditions",
    "universal-preconditions",
    "quantified-preconditions",
    "conditional-effects",
    "derived-predicates",
    "domain-axioms",
    "numeric-fluents",
    "fluents",
];

/// Requirements of PDDL and its relatives that are not.
const UNSUPPORTED: [&str; 19] = [
    "object-fluents",
    "goal-utilities",
    "durative-actions",
    "durative-inequalities",
    "duration-inequalities",
    "continuous-effects",
    "timed-initial-literals",
    "timed-initial-fluents",
    "timed-effects",
    "time",
    "preferences",
    "constraints",
    "probabilistic-effects",
    "rewards",
    "non-deterministic",
    "partial-observability",
    "hierarchy",
    "htn",
    "multi-agent",
];

/// What a word at the head of a condition, effect, initial fact or section means, if it is not supported.
const FEATURES: [(&str, &str); 27] = [
    ("preference", "preference (:preferences)"),
    ("probabilistic", "probabilistic (:probabilistic-effects)"),
    ("oneof", "oneof (:non-deterministic)"),
    (":axiom", ":axiom (write :derived)"),
    ("is-violated", "is-violated (:preferences)"),
    (":durative-action", ":durative-action (:durative-actions)"),
    (":process", ":process (:time)"),
    (":event", ":event (:time)"),
    (":constraints", ":constraints"),
    (":method", ":method (:hierarchy)"),
    (":task", ":task (:hierarchy)"),
    (":tasks", ":tasks (:hierarchy)"),
    (":htn", ":htn (:hierarchy)"),
    (":ordered-subtasks", ":ordered-subtasks (:hierarchy)"),
    (":subtasks", ":subtasks (:hierarchy)"),
    (":vars", ":vars"),
    (":duration", ":duration (:durative-actions)"),
    (":condition", ":condition (:durative-actions)"),
    (":observe", ":observe (:partial-observability)"),
    (":extends", ":extends"),
    (":timeless", ":timeless"),
    (":situation", ":situation"),
    (":goal-reward", ":goal-reward (:rewards)"),
    (":expansion", ":expansion"),
    (":agent", ":agent (:multi-agent)"),
    (":shared-data", ":shared-data (:multi-agent)"),
    (":private", ":private (:multi-agent)"),
];

/// Words that cannot name a predicate or a function, because they mean something where those stand.
pub(crate) fn is_reserved(name: &str, what: &str) -> bool {
    let connective = matches!(name, "and" | "or" | "not" | "imply" | "forall" | "exists" | "when" | "either");
    let comparison = matches!(name, "=" | "<" | "<=" | ">" | ">=");
    let update = matches!(name, "assign" | "increase" | "decrease" | "scale-up" | "scale-down");
    let arithmetic = what == "function" && matches!(name, "+" | "-" | "*" | "/");
    connective || comparison || update || arithmetic || feature(name).is_some()
}

/// The full name of an unsupported feature that `word` at the head of a list stands for.
pub(crate) fn feature(word: &str) -> Option<&'static str> {
    FEATURES.iter().find(|(known, _)| *known == word).map(|&(_, name)| name)
}

/// Reports a list whose head is an unsupported word, and all unsupported words below it.
/// Whether there was one at the head; if not, nothing was reported.
pub(crate) fn refuse(tree: &Tree<'_>, report: &mut Report<'_>, list: Node) -> bool {
    if tree.head(list).and_then(feature).is_none() {
        return false;
    }
    refuse_below(tree, report, list);
    true
}

/// Reports all unsupported words at the heads of lists in `node`. Cost: linear in the nodes below.
pub(crate) fn refuse_below(tree: &Tree<'_>, report: &mut Report<'_>, node: Node) {
    for below in tree.descendants(node).filter(|&below| tree.is_list(below)) {
        if let Some(name) = tree.head(below).and_then(feature) {
            report.unsupported(below, name);
        }
    }
}

/// Reads a `:requirements` section and reports what is not supported. The declared names without their colons.
pub(crate) fn requirements(tree: &Tree<'_>, report: &mut Report<'_>, section: Node) -> Vec<String> {
    let mut declared = Vec::new();
    for node in tree.children(section).skip(1) {
        let Some(name) = tree.token(node).and_then(|token| token.strip_prefix(':')) else {
            let found = tree.describe(node);
            report.error(node, || {
                Complaint::new(DiagnosticKind::Syntax, format!("found {found} among the requirements"))
                    .expected("a requirement such as ':strips'")
            });
            continue;
        };
        if UNSUPPORTED.contains(&name) {
            report.unsupported(node, &format!(":{name}"));
        } else if !SUPPORTED.contains(&name) {
            report.unsupported_with(node, &format!(":{}", cut(name)), || {
                did_you_mean(name, SUPPORTED.iter().chain(&UNSUPPORTED).copied())
                    .map(|hint| hint.replacen('\'', "':", 1))
            });
        }
        declared.push(name.to_string());
    }
    declared
}
