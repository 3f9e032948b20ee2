//! The type hierarchy: names, direct super-types and, for quick tests, all super-types of each type.

use isogrid_num::bits::{self, BitMatrix};

use super::ast::{Type, TypeId};
use super::diagnostic::{Complaint, DiagnosticKind, Report};
use super::names::Names;
use super::tree::{Node, Tree, cut};
use super::typed_list::{self, Kind};

/// More types are refused: the closure takes memory quadratic in their number (12 MB here).
const MAX_TYPES: usize = 10_000;

/// Types by name, with the closure of "is below".
#[derive(Debug)]
pub(crate) struct TypeTable<'a> {
    pub(crate) names: Names<'a>,
    /// Row: type; column: itself and everything above it.
    above: BitMatrix,
    /// The same transposed.
    below: BitMatrix,
    /// The hierarchy was refused: every type fits everywhere, so that no further errors follow.
    broken: bool,
}

impl<'a> TypeTable<'a> {
    /// The table of a hierarchy. Cost: quadratic in the number of types, divided by the word size.
    pub(crate) fn new(types: &'a [Type]) -> TypeTable<'a> {
        let names = types.iter().map(|t| t.name.as_str()).collect();
        let mut above = BitMatrix::new(types.len(), types.len());
        let mut below = BitMatrix::new(types.len(), types.len());
        let order = bottom_up(types);
        let broken = order.is_err();
        for t in order.unwrap_or_default() {
            let mut ancestors = vec![0; above.row_words()];
            for &parent in &types[t].parents {
                ancestors.iter_mut().zip(above.row(parent)).for_each(|(word, more)| *word |= more);
            }
            for ancestor in bits::ones(&ancestors).chain([0, t]) {
                above.insert(t, ancestor);
                below.insert(ancestor, t);
            }
        }
        TypeTable { names, above, below, broken }
    }

    fn is_free(&self, a: &[TypeId], b: &[TypeId]) -> bool {
        self.broken || a.is_empty() || b.is_empty()
    }

    /// Whether an object of all of `given` may stand where one of `wanted` is asked for. Empty means not known.
    pub(crate) fn admits(&self, given: &[TypeId], wanted: &[TypeId]) -> bool {
        self.is_free(given, wanted) || given.iter().any(|&g| wanted.iter().any(|&w| self.above.get(g, w)))
    }

    /// Whether every value of one of `given` may stand where one of `wanted` is asked for.
    pub(crate) fn covers(&self, given: &[TypeId], wanted: &[TypeId]) -> bool {
        self.is_free(given, wanted) || given.iter().all(|&g| wanted.iter().any(|&w| self.above.get(g, w)))
    }

    /// Whether some type lies below one of `a` and one of `b`.
    pub(crate) fn overlap(&self, a: &[TypeId], b: &[TypeId]) -> bool {
        let meet = |x: TypeId, y: TypeId| {
            let (x, y) = (self.below.row(x), self.below.row(y));
            x.iter().zip(y).any(|(x, y)| x & y != 0)
        };
        self.is_free(a, b) || a.iter().any(|&x| b.iter().any(|&y| meet(x, y)))
    }

    /// Types in words: `block`, or `either block table`.
    pub(crate) fn describe(&self, types: &[TypeId]) -> String {
        let name = |&t: &TypeId| format!("'{}'", cut(self.names.name(t)));
        match types {
            [one] => name(one),
            _ => format!("one of {}", types.iter().map(name).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Resolves the types of typed lists, one type node at a time.
pub(crate) struct Resolver<'n, 'a> {
    names: &'n Names<'a>,
    last: Option<(Node, Vec<TypeId>)>,
}

impl<'n, 'a> Resolver<'n, 'a> {
    pub(crate) fn new(names: &'n Names<'a>) -> Resolver<'n, 'a> {
        Resolver { names, last: None }
    }

    /// The types that a node names, `[0]` for none; empty after an error, which is reported once.
    pub(crate) fn resolve(
        &mut self,
        tree: &Tree<'_>,
        report: &mut Report<'_>,
        node: Option<Node>,
    ) -> Vec<TypeId> {
        let Some(node) = node else { return vec![0] };
        if let Some((last, types)) = &self.last
            && *last == node
        {
            return types.clone();
        }
        let mut types = Vec::new();
        let mut unknown = false;
        for (word, name) in typed_list::alternatives(tree, report, node) {
            match self.names.get(name) {
                Some(t) if !types.contains(&t) => types.push(t),
                Some(_) => {}
                None => {
                    unknown = true;
                    report.error(word, || unknown_type(self.names, name));
                }
            }
        }
        if unknown {
            types.clear();
        }
        self.last = Some((node, types.clone()));
        types
    }
}

fn unknown_type(names: &Names<'_>, name: &str) -> Complaint {
    let problem = Complaint::new(DiagnosticKind::Unknown, format!("unknown type '{}'", cut(name)))
        .expected(names.listed("a type"))
        .hint_if(names.did_you_mean(name));
    if names.len() > 1 { problem } else { problem.hint("declare it in (:types ...)") }
}

/// Reads a `:types` section; without one there is `object` alone.
pub(crate) fn read<'a>(tree: &'a Tree<'a>, report: &mut Report<'_>, section: Option<Node>) -> Vec<Type> {
    let mut hierarchy = Hierarchy::default();
    let Some(section) = section else { return hierarchy.build() };
    let declared = typed_list::read(tree, report, Kind::Name, tree.children(section).skip(1));
    let mut object_declared = false;
    let mut edges = Vec::new();
    for &(node, parent) in &declared {
        let name = tree.token(node).unwrap_or_default();
        if name == "either" {
            report.error(node, || Complaint::new(DiagnosticKind::Syntax, "'either' cannot name a type"));
        } else if name == "object" && !std::mem::replace(&mut object_declared, true) {
            root_type(tree, report, parent);
        } else if let Some(t) = hierarchy.add(name, node) {
            edges.push((t, parent));
        } else {
            report.error(node, || {
                Complaint::new(DiagnosticKind::Duplicate, format!("type '{}' is declared twice", cut(name)))
                    .hint("for two super-types write '- (either A B)'")
            });
        }
    }
    for (t, parent) in edges {
        hierarchy.parents[t] = match parent {
            None => vec![0],
            Some(parent) => hierarchy.resolve(tree, report, parent),
        };
    }
    if hierarchy.names.len() > MAX_TYPES {
        let message = format!("{} types", hierarchy.names.len());
        report.error(section, || {
            Complaint::new(DiagnosticKind::Limit, message).expected(format!("at most {MAX_TYPES}"))
        });
        return Hierarchy::default().build();
    }
    hierarchy.check_cycles(report)
}

/// `object` declared explicitly: it may have no super-type but itself.
fn root_type(tree: &Tree<'_>, report: &mut Report<'_>, parent: Option<Node>) {
    if let Some(parent) = parent
        && tree.token(parent) != Some("object")
    {
        report.error(parent, || {
            let found = format!("'object' is declared below {}", tree.describe(parent));
            Complaint::new(DiagnosticKind::CyclicTypes, found).expected("'object' above all types")
        });
    }
}

/// Types while they are read.
struct Hierarchy<'a> {
    names: Names<'a>,
    parents: Vec<Vec<TypeId>>,
    /// Where each type was declared, or used first.
    nodes: Vec<Option<Node>>,
    last: Option<(Node, Vec<TypeId>)>,
}

impl Default for Hierarchy<'_> {
    fn default() -> Self {
        let names = Names::from_iter(["object"]);
        Hierarchy { names, parents: vec![Vec::new()], nodes: vec![None], last: None }
    }
}

impl<'a> Hierarchy<'a> {
    /// The new type, or nothing if the name is taken.
    fn add(&mut self, name: &'a str, node: Node) -> Option<TypeId> {
        let t = self.names.insert(name).ok()?;
        self.parents.push(vec![0]);
        self.nodes.push(Some(node));
        Some(t)
    }

    /// Super-types, which real domains do not always declare.
    fn resolve(&mut self, tree: &'a Tree<'a>, report: &mut Report<'_>, node: Node) -> Vec<TypeId> {
        if let Some((last, types)) = &self.last
            && *last == node
        {
            return types.clone();
        }
        let mut types = Vec::new();
        for (word, name) in typed_list::alternatives(tree, report, node) {
            let t = match self.names.get(name) {
                Some(t) => t,
                None => self.add(name, word).unwrap_or(0),
            };
            if !types.contains(&t) {
                types.push(t);
            }
        }
        if types.is_empty() {
            types.push(0);
        }
        self.last = Some((node, types.clone()));
        types
    }

    fn build(self) -> Vec<Type> {
        let names = self.names.iter().map(str::to_string);
        names.zip(self.parents).map(|(name, parents)| Type { name, parents }).collect()
    }

    fn check_cycles(self, report: &mut Report<'_>) -> Vec<Type> {
        let nodes = self.nodes.clone();
        let types = self.build();
        if let Err(cycle) = bottom_up(&types)
            && let Some(node) = nodes[cycle[0]]
        {
            report.error(node, || {
                let names: Vec<_> =
                    cycle.iter().chain([&cycle[0]]).map(|&t| types[t].name.as_str()).collect();
                let message = format!("cyclic types: {}", path(&names));
                Complaint::new(DiagnosticKind::CyclicTypes, message)
                    .expected("a hierarchy that ends in 'object'")
            });
        }
        types
    }
}

/// Names joined by arrows, the middle of a long path left out.
fn path(names: &[&str]) -> String {
    const ENDS: usize = 5;
    let names: Vec<String> = names.iter().map(|name| cut(name)).collect();
    if names.len() <= 2 * ENDS {
        return names.join(" -> ");
    }
    format!("{} -> ... -> {}", names[..ENDS].join(" -> "), names[names.len() - ENDS..].join(" -> "))
}

/// All types, parents before children, or the types of a cycle from child to parent, the first declared one first.
fn bottom_up(types: &[Type]) -> Result<Vec<TypeId>, Vec<TypeId>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    let mut marks = vec![Mark::New; types.len()];
    let mut order = Vec::with_capacity(types.len());
    for root in 0..types.len() {
        if marks[root] != Mark::New {
            continue;
        }
        marks[root] = Mark::OnPath;
        let mut stack = vec![(root, 0)];
        while let Some((t, i)) = stack.last_mut() {
            let Some(&parent) = types[*t].parents.get(*i) else {
                marks[*t] = Mark::Done;
                order.push(*t);
                stack.pop();
                continue;
            };
            *i += 1;
            match marks[parent] {
                Mark::Done => {}
                Mark::New => {
                    marks[parent] = Mark::OnPath;
                    stack.push((parent, 0));
                }
                Mark::OnPath => {
                    let mut cycle: Vec<_> =
                        stack.iter().map(|&(t, _)| t).skip_while(|&t| t != parent).collect();
                    let first = (0..cycle.len()).min_by_key(|&i| cycle[i]).unwrap_or(0);
                    cycle.rotate_left(first);
                    return Err(cycle);
                }
            }
        }
    }
    Ok(order)
}
