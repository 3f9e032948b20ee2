//! Atoms and literals in PDDL's notation, for messages.

use crate::pddl::{Atom, Domain, GroundAtom, Literal, Problem, Term};

/// A ground atom, for example `(on a b)`.
pub(crate) fn atom_text(domain: &Domain, problem: &Problem, atom: &GroundAtom) -> String {
    let args = atom.args.iter().map(|&arg| problem.objects[arg].name.as_str());
    join(&domain.predicates[atom.predicate].name, args)
}

/// A literal without parameters, for example `(not (clear a))`.
pub(crate) fn literal_text(domain: &Domain, problem: &Problem, literal: &Literal) -> String {
    let name = |term: &Term| match *term {
        Term::Object(object) => problem.objects[object].name.as_str(),
        Term::Param(_) => "?",
    };
    let text = match &literal.atom {
        Atom::Predicate(predicate, terms) => {
            join(&domain.predicates[*predicate].name, terms.iter().map(name))
        }
        Atom::Equal(a, b) => join("=", [name(a), name(b)].into_iter()),
    };
    if literal.negated { format!("(not {text})") } else { text }
}

fn join<'a>(head: &str, args: impl Iterator<Item = &'a str>) -> String {
    let mut text = format!("({head}");
    for arg in args {
        text.push(' ');
        text.push_str(arg);
    }
    text.push(')');
    text
}
