//! What names mean while a file is read: types, objects, predicates and functions; atoms checked against them.

use super::ast::{GroundAtom, Object, ObjectId, Param, Predicate, Term, TypeId};
use super::diagnostic::{Complaint, DiagnosticKind, Report};
use super::names::{Names, did_you_mean};
use super::tree::{Node, Tree, cut};
use super::types::TypeTable;

/// Everything declared so far.
pub(crate) struct Vocabulary<'a> {
    pub(crate) types: &'a TypeTable<'a>,
    pub(crate) objects: Objects<'a>,
    pub(crate) predicates: Declared<'a>,
    pub(crate) functions: Declared<'a>,
    /// Predicates that axioms define.
    pub(crate) is_derived: Vec<bool>,
}

/// Objects by name.
pub(crate) struct Objects<'a> {
    pub(crate) names: Names<'a>,
    pub(crate) list: Vec<Object>,
}

/// Predicates or functions by name.
pub(crate) struct Declared<'a> {
    /// "predicate" or "function".
    pub(crate) what: &'static str,
    pub(crate) names: Names<'a>,
    pub(crate) list: Vec<Predicate>,
}

/// The variables that a formula may use.
pub(crate) struct Scope<'a> {
    /// "action 'move'", or "the goal", which has no parameters.
    pub(crate) owner: String,
    names: Names<'a>,
    /// Variables of the open quantifiers, the innermost last.
    quantified: Vec<&'a str>,
    /// The parameters, then the variables of the open quantifiers.
    params: Vec<Param>,
}

impl<'a> Scope<'a> {
    /// The parameters of an action or axiom.
    pub(crate) fn new(owner: String, names: Names<'a>, params: Vec<Param>) -> Scope<'a> {
        Scope { owner, names, quantified: Vec::new(), params }
    }

    /// Where no variable may stand outside a quantifier.
    pub(crate) fn ground(owner: &str) -> Scope<'a> {
        Scope::new(owner.to_string(), Names::default(), Vec::new())
    }

    /// Opens a quantifier.
    pub(crate) fn open(&mut self, params: &[Param], names: Vec<&'a str>) {
        self.params.extend_from_slice(params);
        self.quantified.extend(names);
    }

    /// Closes the innermost quantifier, which has `n` variables.
    pub(crate) fn close(&mut self, n: usize) {
        self.params.truncate(self.params.len() - n);
        self.quantified.truncate(self.quantified.len() - n);
    }

    /// The parameters, once all quantifiers are closed.
    pub(crate) fn into_params(self) -> Vec<Param> {
        self.params
    }

    pub(crate) fn n_variables(&self) -> usize {
        self.params.len()
    }

    /// The variable of this name, the innermost where several have it.
    fn variable(&self, name: &str) -> Option<usize> {
        let inner = self.quantified.iter().rposition(|&known| known == name);
        inner.map(|at| self.params.len() - self.quantified.len() + at).or_else(|| self.names.get(name))
    }

    fn variables(&self) -> impl Iterator<Item = &'a str> {
        self.names.iter().chain(self.quantified.iter().copied())
    }
}

/// Reads formulas of one file.
pub(crate) struct Reader<'r, 't> {
    pub(crate) tree: &'t Tree<'t>,
    pub(crate) report: &'r mut Report<'t>,
    pub(crate) vocabulary: &'r Vocabulary<'r>,
}

impl Reader<'_, '_> {
    /// An atom of a declared predicate or function: its index and arguments.
    pub(crate) fn atom(
        &mut self,
        node: Node,
        declared: &Declared<'_>,
        scope: &Scope<'_>,
    ) -> Option<(usize, Vec<Term>)> {
        let tree = self.tree;
        let mut elements = tree.children(node);
        let head = elements.next()?;
        let name = tree.token(head)?;
        let Some(index) = declared.names.get(name) else {
            let count = elements.count();
            self.report.error(head, || unknown_head(self.vocabulary, declared, name, count));
            return None;
        };
        let signature = &declared.list[index];
        let n_args = elements.clone().count();
        if n_args != signature.params.len() {
            self.report.error(head, || {
                let n = signature.params.len();
                let plural = if n == 1 { "" } else { "s" };
                let message = format!("'{}' takes {n} argument{plural}, found {n_args}", cut(name));
                Complaint::new(DiagnosticKind::Arity, message).expected(self.vocabulary.signature(signature))
            });
            return None;
        }
        let mut terms = Vec::with_capacity(n_args);
        for (i, arg) in elements.enumerate() {
            if let Some(term) = self.term(arg, scope) {
                self.check_type(arg, term, (signature, i), scope);
                terms.push(term);
            }
        }
        (terms.len() == n_args).then_some((index, terms))
    }

    /// A variable in scope or an object.
    pub(crate) fn term(&mut self, node: Node, scope: &Scope<'_>) -> Option<Term> {
        let tree = self.tree;
        let Some(token) = tree.token(node) else {
            self.report.error(node, || {
                Complaint::new(
                    DiagnosticKind::Syntax,
                    format!("found {} as an argument", tree.describe(node)),
                )
                .expected("an object or a variable")
            });
            return None;
        };
        if let Some(variable) = token.strip_prefix('?') {
            let term = scope.variable(variable).map(Term::Param);
            if term.is_none() {
                self.report.error(node, || unknown_variable(scope, variable));
            }
            return term;
        }
        let term = self.vocabulary.objects.names.get(token).map(Term::Object);
        if term.is_none() {
            self.report.error(node, || unknown_object(self.vocabulary, scope, token));
        }
        term
    }

    fn check_type(&mut self, node: Node, term: Term, (signature, i): (&Predicate, usize), scope: &Scope<'_>) {
        let vocabulary = self.vocabulary;
        let (types, wanted) = (vocabulary.types, &signature.params[i].types);
        let mismatch = |given: &[TypeId]| {
            let found = format!(
                "'{}' is of type {}",
                self.tree.token(node).unwrap_or_default(),
                types.describe(given)
            );
            let at = format!("as argument {} of {}", i + 1, vocabulary.signature(signature));
            (found, format!("type {} {at}", types.describe(wanted)))
        };
        match term {
            Term::Object(object) => {
                let given = &vocabulary.objects.list[object].types;
                if !types.admits(given, wanted) {
                    self.report.error(node, || {
                        let (found, expected) = mismatch(given);
                        Complaint::new(DiagnosticKind::Type, found).expected(expected)
                    });
                }
            }
            Term::Param(param) => {
                let given = &scope.params[param].types;
                if types.covers(given, wanted) {
                    return;
                }
                if types.overlap(given, wanted) {
                    self.report.warn(node, || {
                        let (found, expected) = mismatch(given);
                        format!("{found}, which is wider than {expected}")
                    });
                } else {
                    self.report.error(node, || {
                        let (found, expected) = mismatch(given);
                        Complaint::new(DiagnosticKind::Type, found).expected(expected)
                    });
                }
            }
        }
    }

    /// An atom without variables.
    pub(crate) fn ground_atom(
        &mut self,
        node: Node,
        declared: &Declared<'_>,
        scope: &Scope<'_>,
    ) -> Option<GroundAtom> {
        let (predicate, terms) = self.atom(node, declared, scope)?;
        let object = |term: Term| match term {
            Term::Object(object) => Some(object),
            Term::Param(_) => None,
        };
        let args: Option<Vec<ObjectId>> = terms.into_iter().map(object).collect();
        Some(GroundAtom { predicate, args: args? })
    }
}

impl Vocabulary<'_> {
    /// A declaration as PDDL: `(on ?x - block ?y - block)`.
    pub(crate) fn signature(&self, predicate: &Predicate) -> String {
        use std::fmt::Write as _;
        let mut text = format!("({}", cut(&predicate.name));
        for param in predicate.params.iter().take(12) {
            let _ = write!(text, " ?{}", cut(&param.name));
            match param.types[..] {
                [] | [0] => {}
                [one] => {
                    let _ = write!(text, " - {}", cut(self.types.names.name(one)));
                }
                _ => {
                    let names = param.types.iter().take(8).map(|&t| cut(self.types.names.name(t)));
                    let _ = write!(text, " - (either {})", names.collect::<Vec<_>>().join(" "));
                }
            }
        }
        text.push_str(if predicate.params.len() > 12 { " ...)" } else { ")" });
        text
    }
}

fn unknown_head(
    vocabulary: &Vocabulary<'_>,
    declared: &Declared<'_>,
    name: &str,
    n_args: usize,
) -> Complaint {
    let what = declared.what;
    let problem = Complaint::new(DiagnosticKind::Unknown, format!("unknown {what} '{}'", cut(name)))
        .expected(declared.names.listed(&format!("a {what}")));
    let other = if what == "predicate" { &vocabulary.functions } else { &vocabulary.predicates };
    if other.names.get(name).is_some() {
        return problem.hint(format!("'{}' is a {}", cut(name), other.what));
    }
    if vocabulary.types.names.get(name).is_some() && n_args == 1 {
        return problem.hint(format!("'{}' is a type; types are not predicates", cut(name)));
    }
    problem.hint_if(declared.names.did_you_mean(name))
}

fn unknown_variable(scope: &Scope<'_>, variable: &str) -> Complaint {
    let found = format!("unknown variable '?{}' in {}", cut(variable), scope.owner);
    let problem = Complaint::new(DiagnosticKind::Unknown, found);
    if scope.params.is_empty() {
        return problem.expected("no variable here, as nothing declares one");
    }
    let names: Vec<String> = scope.variables().map(|name| format!("?{name}")).collect();
    let listed = names.iter().take(8).map(|name| cut(name)).collect::<Vec<_>>().join(", ");
    let hint = did_you_mean(&format!("?{variable}"), names.iter().map(String::as_str));
    problem.expected(format!("one of its variables: {listed}")).hint_if(hint)
}

fn unknown_object(vocabulary: &Vocabulary<'_>, scope: &Scope<'_>, token: &str) -> Complaint {
    let names = &vocabulary.objects.names;
    let problem = Complaint::new(DiagnosticKind::Unknown, format!("unknown object '{}'", cut(token)));
    let what = if scope.params.is_empty() { "an object" } else { "a constant or a parameter" };
    if scope.variable(token).is_some() {
        return problem.expected(what).hint(format!("did you mean '?{}'?", cut(token)));
    }
    problem.expected(names.listed(what)).hint_if(names.did_you_mean(token))
}
