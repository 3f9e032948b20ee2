//! Atoms and conditions in PDDL's notation, for messages.

use crate::pddl::{Domain, Formula, GroundAtom, Problem, print_formula};

/// A ground atom, for example `(on a b)`.
pub(crate) fn atom_text(domain: &Domain, problem: &Problem, atom: &GroundAtom) -> String {
    let args = atom.args.iter().map(|&arg| problem.objects[arg].name.as_str());
    join(&domain.predicates[atom.predicate].name, args)
}

/// A condition without free variables, for example `(not (clear a))`.
pub(crate) fn formula_text(domain: &Domain, problem: &Problem, formula: &Formula) -> String {
    print_formula(domain, &problem.objects, formula, &[])
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
