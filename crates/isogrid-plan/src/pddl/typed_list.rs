//! Typed lists: `a b - t c - (either t u) d`, of names or of variables.

use super::diagnostic::{Complaint, DiagnosticKind, Report};
use super::tree::{Node, Tree, cut};

/// An element of a typed list and the node of its type, if one follows.
pub(crate) type Typed = (Node, Option<Node>);

/// What a typed list consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names: objects, types.
    Name,
    /// Variables, which begin with a question mark.
    Variable,
}

/// Splits nodes into elements with types. Elements of the wrong kind are reported and left out.
pub(crate) fn read(
    tree: &Tree<'_>,
    report: &mut Report<'_>,
    kind: Kind,
    nodes: impl Iterator<Item = Node>,
) -> Vec<Typed> {
    let mut elements: Vec<Typed> = Vec::new();
    let mut untyped = 0;
    let mut nodes = nodes;
    while let Some(node) = nodes.next() {
        let type_node = match tree.token(node).and_then(|token| token.strip_prefix('-')) {
            None => {
                if is_element(tree, report, kind, node) {
                    elements.push((node, None));
                }
                continue;
            }
            Some("") => nodes.next(),
            Some(name) => {
                report.warn(node, || format!("read as '- {}'; a space is missing", cut(name)));
                Some(node)
            }
        };
        let Some(type_node) = type_node else {
            let problem = || Complaint::new(DiagnosticKind::Syntax, "the list ends after '-'");
            report.error(node, || problem().expected("a type"));
            break;
        };
        if untyped == elements.len() {
            // Generators write empty groups; Fast Downward warns too.
            report.warn(node, || "nothing stands before '-'; the type is ignored".to_string());
        }
        for (_, its_type) in &mut elements[untyped..] {
            *its_type = Some(type_node);
        }
        untyped = elements.len();
    }
    elements
}

impl Kind {
    fn expected(self) -> &'static str {
        match self {
            Kind::Name => "a name",
            Kind::Variable => "a variable such as '?x'",
        }
    }
}

fn is_element(tree: &Tree<'_>, report: &mut Report<'_>, kind: Kind, node: Node) -> bool {
    let token = tree.token(node);
    let fits = token.is_some_and(|token| match kind {
        Kind::Name => is_name(token),
        Kind::Variable => token.strip_prefix('?').is_some_and(is_name),
    });
    if !fits {
        report.error(node, || {
            let found = format!("found {}", tree.describe(node));
            let problem = Complaint::new(DiagnosticKind::Syntax, found).expected(kind.expected());
            match token {
                Some(token) if kind == Kind::Variable && is_name(token) => {
                    problem.hint(format!("write '?{}'", cut(token)))
                }
                _ => problem,
            }
        });
    }
    fits
}

/// Whether a word can be a name: it may begin with a digit, as real files have it.
pub(crate) fn is_name(token: &str) -> bool {
    !token.is_empty() && !token.starts_with(['?', ':', '-'])
}

/// The names of a type: itself, or those of an `either`, which may be nested. Errors are reported.
pub(crate) fn alternatives<'t>(
    tree: &'t Tree<'_>,
    report: &mut Report<'_>,
    node: Node,
) -> Vec<(Node, &'t str)> {
    /// Each element of a typed list gets its own copy, so their number is bounded.
    const MOST: usize = 64;
    if tree.token(node).is_none() && tree.head(node) != Some("either") {
        report.error(node, || not_a_type(tree, node));
        return Vec::new();
    }
    let mut words = Vec::new();
    let mut head = None;
    for below in tree.descendants(node) {
        // A minus sign is that of '-type', written without its space.
        match tree.token(below).map(|token| if below == node { token.trim_start_matches('-') } else { token })
        {
            Some("either") if head == Some(below) => {}
            Some(token) if is_name(token) && token != "either" => words.push((below, token)),
            Some(_) => report.error(below, || not_a_type(tree, below)),
            None if tree.head(below) == Some("either") => {
                head = tree.children(below).next();
                if tree.children(below).nth(1).is_none() {
                    let empty = || Complaint::new(DiagnosticKind::Syntax, "'(either)' names no type");
                    report.error(below, || empty().expected("at least one type"));
                }
            }
            None => report.error(below, || not_a_type(tree, below)),
        }
    }
    if words.len() > MOST {
        let message = format!("'either' of {} types", words.len());
        report.error(node, || {
            Complaint::new(DiagnosticKind::Limit, message).expected(format!("at most {MOST}"))
        });
        words.truncate(MOST);
    }
    words
}

fn not_a_type(tree: &Tree<'_>, node: Node) -> Complaint {
    Complaint::new(DiagnosticKind::Syntax, format!("found {}", tree.describe(node)))
        .expected("a type or '(either TYPE ...)'")
}
