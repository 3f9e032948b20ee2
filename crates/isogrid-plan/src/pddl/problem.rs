//! Problem files, read against their domain.

use super::ast::{Domain, FunctionValue, GroundAtom, Metric, Predicate, Problem, TOTAL_COST};
use super::diagnostic::{Complaint, DiagnosticKind, PddlError, Report, Warning};
use super::domain::{File, Sections};
use super::expression::{RANGE, is_too_large, number};
use super::logic::Formula;
use super::names::{Map, Names};
use super::tree::{Node, Tree, cut};
use super::types::TypeTable;
use super::unsupported;
use super::vocabulary::{Declared, Objects, Reader, Scope, Vocabulary};

const KNOWN: [&str; 6] = [":domain", ":requirements", ":objects", ":init", ":goal", ":metric"];

/// Ancient advice to planners that changes nothing.
const IGNORED: [&str; 1] = [":length"];

/// Reads a problem of a domain. `name` is the file's name in messages.
///
/// # Errors
/// Everything that is wrong with the text, up to a limit, and every unsupported feature. Cost: near linear in the
/// length of the text.
pub fn parse_problem(name: &str, text: &[u8], domain: &Domain) -> Result<(Problem, Vec<Warning>), PddlError> {
    let tree = Tree::read(name, text)?;
    let file = Sections::read(&tree, File::Problem)?;
    let mut report = Report::new(&tree);
    let problem = read(&tree, &mut report, &file, domain);
    report.finish().map(|warnings| (problem, warnings))
}

fn read<'t>(tree: &'t Tree<'t>, report: &mut Report<'t>, file: &Sections, domain: &'t Domain) -> Problem {
    let [domain_section, requirements, objects_section, init, goal, metric] =
        file.sort(tree, report, &KNOWN, (&[], &IGNORED)).single;
    let domain_name = domain_name(tree, report, domain_section, domain);
    if let Some(section) = requirements {
        unsupported::requirements(tree, report, section);
    }
    let table = TypeTable::new(&domain.types);
    let names = domain.constants.iter().map(|object| object.name.as_str()).collect();
    let mut objects = Objects { names, list: domain.constants.clone() };
    if let Some(section) = objects_section {
        objects.read(tree, report, &table.names, section);
    }
    let predicates = declared("predicate", &domain.predicates);
    let functions = declared("function", &domain.functions);
    let is_derived = (0..domain.predicates.len()).map(|predicate| domain.is_derived(predicate)).collect();
    let vocabulary = Vocabulary { types: &table, objects, predicates, functions, is_derived };
    let mut reader = Reader { tree, report, vocabulary: &vocabulary };
    let init = init.map(|section| reader.init(section)).unwrap_or_default();
    let goal = reader.goal(goal);
    let metric = metric.and_then(|section| reader.metric(section));
    Problem {
        name: file.name.clone(),
        domain_name,
        objects: vocabulary.objects.list,
        init: init.atoms,
        function_values: init.values,
        goal,
        metric,
    }
}

fn declared<'a>(what: &'static str, list: &'a [Predicate]) -> Declared<'a> {
    let names: Names<'a> = list.iter().map(|predicate| predicate.name.as_str()).collect();
    Declared { what, names, list: list.to_vec() }
}

fn domain_name(tree: &Tree<'_>, report: &mut Report<'_>, section: Option<Node>, domain: &Domain) -> String {
    let Some(section) = section else {
        if let Some(define) = tree.roots().next() {
            report.warn(define, || format!("no (:domain ...); taken to be '{}'", cut(&domain.name)));
        }
        return domain.name.clone();
    };
    let mut names = tree.children(section).skip(1);
    let (Some(node), None) = (names.next(), names.next()) else {
        report.error(section, || {
            Complaint::new(DiagnosticKind::Syntax, "':domain' needs one name").expected("(:domain NAME)")
        });
        return domain.name.clone();
    };
    let Some(name) = tree.token(node) else {
        let found = format!("found {}", tree.describe(node));
        report.error(node, || Complaint::new(DiagnosticKind::Syntax, found).expected("the domain's name"));
        return domain.name.clone();
    };
    let bare = |name: &str| name.bytes().filter(|b| !matches!(b, b'-' | b'_')).collect::<Vec<_>>();
    if name != domain.name {
        report.warn(node, || {
            let same = if bare(name) == bare(&domain.name) {
                "; taken as the same"
            } else {
                "; is it the right pair?"
            };
            format!(
                "the problem is of domain '{}', the domain given is '{}'{same}",
                cut(name),
                cut(&domain.name)
            )
        });
    }
    name.to_string()
}

/// What holds at first.
#[derive(Default)]
struct Init {
    atoms: Vec<GroundAtom>,
    values: Vec<FunctionValue>,
    /// What was said about an atom so far.
    known: Map<GroundAtom, bool>,
    value_of: Map<GroundAtom, f64>,
}

impl Reader<'_, '_> {
    fn init(&mut self, section: Node) -> Init {
        let tree = self.tree;
        let scope = Scope::ground("(:init ...)");
        let mut init = Init::default();
        for node in tree.children(section).skip(1) {
            if unsupported::refuse(tree, self.report, node) {
                continue;
            }
            match tree.head(node) {
                Some("=") => self.init_value(node, &scope, &mut init),
                Some("not") => self.init_negated(node, &scope, &mut init),
                Some("at") if self.is_timed(node) => {
                    self.report.unsupported(node, "(at TIME ...) (:timed-initial-literals)");
                }
                Some(_) => {
                    let vocabulary = self.vocabulary;
                    let atom = self.ground_atom(node, &vocabulary.predicates, &scope);
                    if let Some(atom) = atom
                        && !self.refuses_derived(node, &atom)
                    {
                        self.init_fact(node, (atom, true), &mut init);
                    }
                }
                None => {
                    let found = format!("found {} in (:init ...)", tree.describe(node));
                    self.report.error(node, || {
                        Complaint::new(DiagnosticKind::Syntax, found).expected("a fact such as '(p a)'")
                    });
                }
            }
        }
        init
    }

    fn refuses_derived(&mut self, node: Node, atom: &GroundAtom) -> bool {
        let is_derived = self.vocabulary.is_derived[atom.predicate];
        if is_derived {
            let name = cut(&self.vocabulary.predicates.list[atom.predicate].name);
            self.report.error(node, || {
                let message = format!("'{name}' is a derived predicate and cannot be given in (:init ...)");
                Complaint::new(DiagnosticKind::Derived, message).hint("its axioms say when it holds")
            });
        }
        is_derived
    }

    fn init_fact(&mut self, node: Node, (atom, value): (GroundAtom, bool), init: &mut Init) {
        match init.known.get(&atom) {
            None => {
                if value {
                    init.atoms.push(atom.clone());
                }
                init.known.insert(atom, value);
            }
            Some(&before) if before != value => {
                let found = self.tree.describe(node);
                self.report
                    .warn(node, || format!("{found} is said to be both true and false; taken as true"));
                if value {
                    init.atoms.push(atom.clone());
                    init.known.insert(atom, true);
                }
            }
            Some(_) => {}
        }
    }

    fn init_negated(&mut self, node: Node, scope: &Scope<'_>, init: &mut Init) {
        let tree = self.tree;
        let mut inner = tree.children(node).skip(1);
        let (Some(inner), None) = (inner.next(), inner.next()) else {
            self.report.error(node, || {
                Complaint::new(DiagnosticKind::Arity, "'not' takes 1 argument").expected("(not (p a))")
            });
            return;
        };
        let vocabulary = self.vocabulary;
        if tree.head(inner).is_none() {
            let found = format!("found {}", tree.describe(inner));
            self.report.error(inner, || {
                Complaint::new(DiagnosticKind::Syntax, found).expected("a fact such as '(p a)'")
            });
        } else if let Some(atom) = self.ground_atom(inner, &vocabulary.predicates, scope) {
            self.init_fact(node, (atom, false), init);
        }
    }

    /// `(= (f a) 3)`.
    fn init_value(&mut self, node: Node, scope: &Scope<'_>, init: &mut Init) {
        let tree = self.tree;
        let args: Vec<Node> = tree.children(node).skip(1).collect();
        let [left, right] = args[..] else {
            let message = format!("'=' takes 2 arguments, found {}", args.len());
            self.report
                .error(node, || Complaint::new(DiagnosticKind::Arity, message).expected("(= (f a) NUMBER)"));
            return;
        };
        let value = tree.token(right).and_then(number);
        if tree.head(left).or(tree.token(left)) == Some(TOTAL_COST) && value.is_some() {
            if value != Some(0.0) {
                self.report.warn(right, || "total-cost begins at 0; this value is ignored".to_string());
            }
            return;
        }
        if tree.head(left).is_none() {
            let found = format!("found {} as a function's value", tree.describe(node));
            self.report
                .error(node, || Complaint::new(DiagnosticKind::Syntax, found).expected("(= (f a) NUMBER)"));
            return;
        }
        let vocabulary = self.vocabulary;
        if let Some(name) = tree.head(left).filter(|name| vocabulary.functions.names.get(name).is_none())
            && value.is_some()
        {
            // Problems of a domain with and without costs are often the same files.
            let hint = vocabulary
                .functions
                .names
                .did_you_mean(name)
                .map_or(String::new(), |hint| format!("; {hint}"));
            self.report.warn(left, || format!("no function '{}'; its value is ignored{hint}", cut(name)));
            return;
        }
        let atom = self.ground_atom(left, &vocabulary.functions, scope);
        if tree.token(right).is_some_and(|token| vocabulary.objects.names.get(token).is_some()) {
            self.report.unsupported(node, "functions other than numbers (:object-fluents)");
            return;
        }
        let Some(value) = value else {
            self.report.error(right, || {
                let found = format!("found {} as a value", tree.describe(right));
                let is_too_large = tree.token(right).is_some_and(is_too_large);
                let expected = if is_too_large { RANGE } else { "a number such as '2.5'" };
                Complaint::new(DiagnosticKind::Value, found).expected(expected)
            });
            return;
        };
        let Some(atom) = atom else { return };
        match init.value_of.get(&atom) {
            Some(&before) if before != value => self.report.error(node, || {
                let message = format!("{} is given two values, {before} and {value}", tree.describe(left));
                Complaint::new(DiagnosticKind::Duplicate, message)
            }),
            Some(_) => {}
            None => {
                let GroundAtom { predicate: function, args } = atom.clone();
                init.values.push(FunctionValue { function, args, value });
                init.value_of.insert(atom, value);
            }
        }
    }

    /// `(at 5 (p))`, as long as `at` is not a predicate of two objects.
    fn is_timed(&self, node: Node) -> bool {
        self.tree.children(node).nth(2).is_some_and(|fact| self.tree.is_list(fact))
    }

    fn goal(&mut self, section: Option<Node>) -> Formula {
        let tree = self.tree;
        let Some(section) = section else {
            if let Some(define) = tree.roots().next() {
                self.report.error(define, || {
                    Complaint::new(DiagnosticKind::Syntax, "the problem has no goal").expected("(:goal ...)")
                });
            }
            return Formula::TRUE;
        };
        let mut conditions = tree.children(section).skip(1);
        let (Some(node), None) = (conditions.next(), conditions.next()) else {
            self.report.error(section, || {
                let found = tree.children(section).count() - 1;
                Complaint::new(DiagnosticKind::Syntax, format!("':goal' holds {found} conditions"))
                    .expected("one condition")
                    .hint("join several with '(and ...)'")
            });
            return Formula::TRUE;
        };
        self.condition(node, &mut Scope::ground("the goal"))
    }

    /// The metric. The number of steps, which is what counts without a metric, may be asked for as `total-time`.
    fn metric(&mut self, section: Node) -> Option<Metric> {
        let tree = self.tree;
        let parts: Vec<Node> = tree.children(section).skip(1).collect();
        let [direction, metric] = parts[..] else {
            self.report.error(section, || {
                Complaint::new(DiagnosticKind::Syntax, "':metric' is not complete")
                    .expected("(:metric minimize (total-cost))")
            });
            return None;
        };
        let maximize = match tree.token(direction) {
            Some("minimize") => false,
            Some("maximize") => true,
            _ => {
                let found = format!("found {} as the direction of ':metric'", tree.describe(direction));
                self.report.error(direction, || {
                    Complaint::new(DiagnosticKind::Syntax, found).expected("'minimize' or 'maximize'")
                });
                return None;
            }
        };
        if unsupported::refuse(tree, self.report, metric) {
            return None;
        }
        if tree.head(metric).or(tree.token(metric)) == Some("total-time") && !maximize {
            self.report.warn(metric, || "total-time is taken as the number of steps".to_string());
            return None;
        }
        let expression = self.expression(metric, &Scope::ground("the metric"))?;
        Some(Metric { maximize, expression })
    }
}
