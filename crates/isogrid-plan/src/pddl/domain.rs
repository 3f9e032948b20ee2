//! Domain files: the sections in whatever order, read in the order in which they depend on each other.

use super::ast::{Action, Axiom, Domain, Object, Param, Predicate, TOTAL_COST, TypeId};
use super::axioms;
use super::diagnostic::{Complaint, DiagnosticKind, PddlError, Report, Warning};
use super::names::{Names, did_you_mean};
use super::tree::{Node, Tree, cut};
use super::typed_list::{self, Kind, is_name};
use super::types::{self, Resolver, TypeTable};
use super::unsupported;
use super::vocabulary::{Declared, Objects, Reader, Scope, Vocabulary};

/// Reads a domain. `name` is the file's name in messages.
///
/// ```
/// use isogrid_plan::pddl::parse_domain;
///
/// let text = b"(define (domain switch)\n  (:predicates (on))\n  (:action press :effect (onn)))";
/// let error = parse_domain("switch.pddl", text).unwrap_err();
/// assert!(error.to_string().starts_with("switch.pddl:3:27: unknown predicate 'onn'"));
/// ```
///
/// # Errors
/// Everything that is wrong with the text, up to a limit, and every unsupported feature. Cost: near linear in the
/// length of the text.
pub fn parse_domain(name: &str, text: &[u8]) -> Result<(Domain, Vec<Warning>), PddlError> {
    let tree = Tree::read(name, text)?;
    let file = Sections::read(&tree, File::Domain)?;
    let mut report = Report::new(&tree);
    let domain = read(&tree, &mut report, &file);
    report.finish().map(|warnings| (domain, warnings))
}

const KNOWN: [&str; 5] = [":requirements", ":types", ":constants", ":predicates", ":functions"];
const REPEATED: [&str; 2] = [":action", ":derived"];

fn read<'t>(tree: &'t Tree<'t>, report: &mut Report<'t>, file: &Sections) -> Domain {
    let found = file.sort(tree, report, &KNOWN, (&REPEATED, &[]));
    let [requirements, types, constants, predicates, functions] = found.single;
    let requirements =
        requirements.map(|node| unsupported::requirements(tree, report, node)).unwrap_or_default();
    let types = types::read(tree, report, types);
    let table = TypeTable::new(&types);
    let mut objects = Objects { names: Names::default(), list: Vec::new() };
    if let Some(section) = constants {
        objects.read(tree, report, &table.names, section);
    }
    let predicates = declared(tree, report, &table, ("predicate", predicates));
    let mut functions = declared(tree, report, &table, ("function", functions));
    if functions.names.insert(TOTAL_COST).is_ok() {
        functions.list.push(Predicate { name: TOTAL_COST.to_string(), params: Vec::new() });
    }
    let is_derived = axioms::heads(tree, &predicates, &found.repeated);
    let vocabulary = Vocabulary { types: &table, objects, predicates, functions, is_derived };
    let (mut actions, mut derived) = (Vec::new(), Vec::new());
    let mut names = Names::default();
    for node in found.repeated {
        let mut reader = Reader { tree, report, vocabulary: &vocabulary };
        match tree.head(node) {
            Some(":derived") => derived.extend(reader.axiom(node).map(|axiom| (node, axiom))),
            _ => actions.extend(action(&mut reader, &mut names, node)),
        }
    }
    axioms::check_strata(report, &vocabulary, &derived);
    let Vocabulary { objects, predicates, functions, .. } = vocabulary;
    Domain {
        name: file.name.clone(),
        requirements,
        constants: objects.list,
        predicates: predicates.list,
        functions: functions.list,
        axioms: derived.into_iter().map(|(_, axiom): (Node, Axiom)| axiom).collect(),
        actions,
        types,
    }
}

/// Which of the two files is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    Domain,
    Problem,
}

/// The sections of a file after its name.
#[derive(Debug)]
pub(crate) struct Sections {
    /// The name of the domain or problem.
    pub(crate) name: String,
    sections: Vec<Node>,
}

/// Sections by name.
pub(crate) struct Sorted<const N: usize> {
    /// In the order of the names asked for.
    pub(crate) single: [Option<Node>; N],
    /// All sections that may be there several times, in the order of the file.
    pub(crate) repeated: Vec<Node>,
}

impl File {
    fn word(self) -> &'static str {
        match self {
            File::Domain => "domain",
            File::Problem => "problem",
        }
    }
}

impl Sections {
    /// Checks `(define (domain NAME) ...)` or `(define (problem NAME) ...)`.
    pub(crate) fn read(tree: &Tree<'_>, file: File) -> Result<Sections, PddlError> {
        let word = file.word();
        let expected = format!("'(define ({word} NAME) ...)'");
        let mut roots = tree.roots();
        let Some(define) = roots.next() else { return Err(tree.nothing()) };
        let wrong = |node: Node| {
            let found = format!("found {}", tree.describe(node));
            tree.error(node, Complaint::new(DiagnosticKind::Syntax, found).expected(expected.as_str()))
        };
        if tree.head(define) != Some("define") {
            return Err(wrong(define));
        }
        let mut sections = tree.children(define).skip(1);
        let Some(header) = sections.next() else { return Err(wrong(define)) };
        let mut parts = tree.children(header);
        match parts.next().and_then(|first| tree.token(first)) {
            Some(found) if found == word => {}
            Some(other @ ("domain" | "problem")) => return Err(tree.error(header, wrong_file(other))),
            _ => return Err(wrong(header)),
        }
        let name = parts.next().and_then(|node| tree.token(node)).filter(|name| is_name(name));
        let (Some(name), None) = (name, parts.next()) else { return Err(wrong(header)) };
        if let Some(more) = roots.next() {
            let message = format!("found {} after the end of the {word}", tree.describe(more));
            let problem = Complaint::new(DiagnosticKind::Syntax, message).expected("the end of the file");
            return Err(tree.error(more, problem.hint("a domain and a problem are two files")));
        }
        Ok(Sections { name: name.to_string(), sections: sections.collect() })
    }

    /// Sorts the sections by name. Those in `ignored` give a warning; unknown ones are an error, and so are those that
    /// are there twice unless they are in `repeated`.
    pub(crate) fn sort<const N: usize>(
        &self,
        tree: &Tree<'_>,
        report: &mut Report<'_>,
        known: &[&str; N],
        (repeated, ignored): (&[&str], &[&str]),
    ) -> Sorted<N> {
        let mut sorted = Sorted { single: [None; N], repeated: Vec::new() };
        for &node in &self.sections {
            let head = tree.head(node).unwrap_or_default();
            if repeated.contains(&head) {
                sorted.repeated.push(node);
            } else if let Some(i) = known.iter().position(|&name| name == head) {
                if sorted.single[i].is_none() {
                    sorted.single[i] = Some(node);
                } else {
                    report.error(node, || {
                        Complaint::new(DiagnosticKind::Duplicate, format!("'{head}' is there twice"))
                            .expected("one section of each kind")
                    });
                }
            } else if ignored.contains(&head) {
                report.warn(node, || format!("the section '{head}' is ignored"));
            } else if !unsupported::refuse(tree, report, node) {
                report.error(node, || unknown_section(tree, node, &[known, repeated].concat()));
            }
        }
        sorted
    }
}

fn wrong_file(other: &str) -> Complaint {
    let problem = Complaint::new(DiagnosticKind::WrongFile, format!("this is a {other} file"));
    match other {
        "problem" => problem.expected("a domain file").hint("give the domain first, then the problem"),
        _ => problem.expected("a problem file").hint("give the domain first, then one of its problems"),
    }
}

fn unknown_section(tree: &Tree<'_>, node: Node, known: &[&str]) -> Complaint {
    let problem =
        Complaint::new(DiagnosticKind::Syntax, format!("found {} as a section", tree.describe(node)))
            .expected(format!("one of {}", known.join(", ")));
    let head = tree.head(node).unwrap_or_default();
    let bare = format!(":{head}");
    if known.contains(&bare.as_str()) {
        return problem.hint(format!("write '{bare}' with a colon"));
    }
    problem.hint_if(did_you_mean(head, known.iter().copied()))
}

impl<'t> Objects<'t> {
    /// Adds the objects of a `:constants` or `:objects` section.
    pub(crate) fn read(
        &mut self,
        tree: &'t Tree<'t>,
        report: &mut Report<'t>,
        types: &Names<'_>,
        section: Node,
    ) {
        let n_constants = self.list.len();
        let mut resolver = Resolver::new(types);
        for (node, type_node) in typed_list::read(tree, report, Kind::Name, tree.children(section).skip(1)) {
            let types = resolver.resolve(tree, report, type_node);
            let name = tree.token(node).unwrap_or_default();
            match self.names.insert(name) {
                Ok(_) => self.list.push(Object { name: name.to_string(), types }),
                Err(i) if i < n_constants && self.list[i].types == types => {
                    report
                        .warn(node, || format!("object '{}' is a constant of the domain already", cut(name)));
                }
                Err(i) => report.error(node, || {
                    let before =
                        if i < n_constants { "is a constant of another type" } else { "is declared twice" };
                    Complaint::new(DiagnosticKind::Duplicate, format!("object '{}' {before}", cut(name)))
                }),
            }
        }
    }
}

/// Reads a `:predicates` or `:functions` section.
fn declared<'t>(
    tree: &'t Tree<'t>,
    report: &mut Report<'t>,
    table: &TypeTable<'_>,
    (what, section): (&'static str, Option<Node>),
) -> Declared<'t> {
    let mut declared = Declared { what, names: Names::default(), list: Vec::new() };
    let elements = section.into_iter().flat_map(|section| tree.children(section).skip(1));
    let elements =
        if what == "function" { function_types(tree, report, elements) } else { elements.collect() };
    for node in elements {
        let mut parts = tree.children(node);
        let head = parts.next().filter(|_| tree.is_list(node));
        let name = head.and_then(|head| tree.token(head)).filter(|name| is_name(name));
        let (Some(head), Some(name)) = (head, name) else {
            let found = format!("found {}", tree.describe(node));
            let expected = format!("a {what} such as '(p ?x - object)'");
            report.error(node, || Complaint::new(DiagnosticKind::Syntax, found).expected(expected));
            continue;
        };
        if unsupported::is_reserved(name, what) {
            report.error(head, || {
                let message = format!("'{name}' is a word of the language and cannot name a {what}");
                let problem = Complaint::new(DiagnosticKind::Duplicate, message);
                if name == "=" {
                    problem.hint("equality is built in; remove this declaration")
                } else {
                    problem
                }
            });
            continue;
        }
        let params = params(tree, report, table, (parts, name));
        if what == "function" && name == TOTAL_COST && !params.is_empty() {
            let problem = || Complaint::new(DiagnosticKind::Arity, "'total-cost' takes 0 arguments");
            report.error(head, || problem().expected("(total-cost)"));
            continue;
        }
        match declared.names.insert(name) {
            Ok(_) => declared.list.push(Predicate { name: name.to_string(), params }),
            Err(_) => report.error(head, || {
                Complaint::new(DiagnosticKind::Duplicate, format!("{what} '{}' is declared twice", cut(name)))
            }),
        }
    }
    declared
}

/// Functions without their types, all of which must be `number`.
fn function_types(tree: &Tree<'_>, report: &mut Report<'_>, nodes: impl Iterator<Item = Node>) -> Vec<Node> {
    let mut functions = Vec::new();
    let mut nodes = nodes;
    while let Some(node) = nodes.next() {
        if tree.token(node) != Some("-") {
            functions.push(node);
            continue;
        }
        match nodes.next().map(|node| (node, tree.token(node))) {
            Some((_, Some("number"))) => {}
            Some((node, _)) => {
                report.unsupported(node, "functions other than numbers (:object-fluents)");
            }
            None => report.error(node, || {
                Complaint::new(DiagnosticKind::Syntax, "the list ends after '-'").expected("'number'")
            }),
        }
    }
    functions
}

/// Reads the parameters of a predicate or function; their names do not matter there.
fn params(
    tree: &Tree<'_>,
    report: &mut Report<'_>,
    table: &TypeTable<'_>,
    (nodes, owner): (impl Iterator<Item = Node>, &str),
) -> Vec<Param> {
    let mut names = Names::default();
    let mut resolver = Resolver::new(&table.names);
    let mut params = Vec::new();
    for (node, type_node) in typed_list::read(tree, report, Kind::Variable, nodes) {
        let types = resolver.resolve(tree, report, type_node);
        let name = tree.token(node).unwrap_or_default().trim_start_matches('?');
        if names.insert(name).is_err() {
            report.warn(node, || format!("'{}' has two parameters named '?{}'", cut(owner), cut(name)));
        }
        params.push(Param { name: name.to_string(), types });
    }
    params
}

/// The parts of an action by keyword.
#[derive(Default)]
struct ActionParts {
    parameters: Option<Node>,
    precondition: Option<Node>,
    effect: Option<Node>,
}

fn action<'t>(reader: &mut Reader<'_, 't>, names: &mut Names<'t>, node: Node) -> Option<Action> {
    let tree = reader.tree;
    let mut rest = tree.children(node).skip(1).peekable();
    let name_node = rest.next();
    let Some(name) = name_node.and_then(|node| tree.token(node)).filter(|name| is_name(name)) else {
        let at = name_node.unwrap_or(node);
        reader.report.error(at, || {
            Complaint::new(DiagnosticKind::Syntax, format!("found {}", tree.describe(at)))
                .expected("the action's name")
        });
        return None;
    };
    if names.insert(name).is_err() {
        reader.report.error(name_node.unwrap_or(node), || {
            Complaint::new(DiagnosticKind::Duplicate, format!("action '{}' is declared twice", cut(name)))
        });
    }
    let parts = action_parts(reader, rest, name);
    let (params, param_names) = action_params(reader, parts.parameters, name);
    let mut scope = Scope::new(format!("action '{}'", cut(name)), param_names, params);
    let precondition = parts.precondition.map(|node| reader.condition(node, &mut scope)).unwrap_or_default();
    let effects = parts.effect.map(|node| reader.effect(node, &mut scope)).unwrap_or_default();
    Some(Action { name: name.to_string(), params: scope.into_params(), precondition, effects })
}

const KEYWORDS: [&str; 3] = [":parameters", ":precondition", ":effect"];

fn action_parts(reader: &mut Reader<'_, '_>, nodes: impl Iterator<Item = Node>, action: &str) -> ActionParts {
    let tree = reader.tree;
    let mut parts = ActionParts::default();
    let mut nodes = nodes.peekable();
    // What follows a keyword, unless it is the next one.
    let is_value = |&node: &Node| !tree.token(node).is_some_and(|token| token.starts_with(':'));
    while let Some(keyword) = nodes.next() {
        let word = tree.token(keyword).unwrap_or_default();
        let part = match word {
            ":parameters" => &mut parts.parameters,
            ":precondition" => &mut parts.precondition,
            ":effect" => &mut parts.effect,
            _ => {
                unknown_keyword(reader, keyword, action);
                if word.starts_with(':') {
                    nodes.next_if(is_value);
                }
                continue;
            }
        };
        let value = nodes.next_if(is_value);
        let Some(list) = value.filter(|&node| tree.is_list(node)) else {
            let found = value.or(nodes.peek().copied()).map_or("nothing".into(), |node| tree.describe(node));
            let problem = Complaint::new(DiagnosticKind::Syntax, format!("found {found} after '{word}'"));
            reader.report.error(keyword, || problem.expected("'('"));
            continue;
        };
        if part.replace(list).is_some() {
            reader.report.error(keyword, || {
                let message = format!("'{word}' is there twice in action '{}'", cut(action));
                Complaint::new(DiagnosticKind::Duplicate, message)
            });
        }
    }
    parts
}

fn unknown_keyword(reader: &mut Reader<'_, '_>, keyword: Node, action: &str) {
    let tree = reader.tree;
    let word = tree.token(keyword).unwrap_or_default();
    if let Some(name) = unsupported::feature(word).filter(|_| word.starts_with(':')) {
        reader.report.unsupported(keyword, name);
        return;
    }
    reader.report.error(keyword, || {
        let found = format!("found {} in action '{}'", tree.describe(keyword), cut(action));
        let problem = Complaint::new(DiagnosticKind::Syntax, found);
        problem.expected(format!("one of {}", KEYWORDS.join(", "))).hint_if(did_you_mean(word, KEYWORDS))
    });
}

fn action_params<'t>(
    reader: &mut Reader<'_, 't>,
    node: Option<Node>,
    action: &str,
) -> (Vec<Param>, Names<'t>) {
    let tree = reader.tree;
    let mut names = Names::default();
    let mut params = Vec::new();
    let mut resolver = Resolver::new(&reader.vocabulary.types.names);
    let nodes = node.into_iter().flat_map(|node| tree.children(node));
    for (node, type_node) in typed_list::read(tree, reader.report, Kind::Variable, nodes) {
        let types: Vec<TypeId> = resolver.resolve(tree, reader.report, type_node);
        let name = tree.token(node).unwrap_or_default().trim_start_matches('?');
        if names.insert(name).is_ok() {
            params.push(Param { name: name.to_string(), types });
        } else {
            reader.report.error(node, || {
                let message =
                    format!("parameter '?{}' of action '{}' is declared twice", cut(name), cut(action));
                Complaint::new(DiagnosticKind::Duplicate, message)
            });
        }
    }
    (params, names)
}
