//! PDDL written so that people like to read it and [`super::parse_domain`] reads the same back.

use std::fmt::Write as _;

use super::ast::{
    Action, Atom, CostTerm, Domain, GroundAtom, Literal, Object, Param, Predicate, Problem, Term, TypeId,
};

/// Columns at which a list of names goes on in the next line.
const WIDTH: usize = 100;

/// A domain as text that parses to the same domain, which must be one that parsing can make: indices in range, names
/// that are PDDL names. Cost: linear in the length of the text.
pub fn print_domain(domain: &Domain) -> String {
    let printer = Printer { domain, objects: &domain.constants };
    let mut text = format!("(define (domain {})\n", domain.name);
    section(&mut text, ":requirements", domain.requirements.iter().map(|name| format!(":{name}")));
    let types = domain.types.iter().skip(1).map(|t| (t.name.as_str(), t.parents.as_slice()));
    lines(&mut text, ":types", printer.typed(types));
    lines(&mut text, ":constants", printer.objects(&domain.constants));
    lines(&mut text, ":predicates", domain.predicates.iter().map(|predicate| printer.signature(predicate)));
    let has_costs = domain.requirements.iter().any(|name| name == "action-costs")
        || domain.actions.iter().any(|action| !action.cost.is_empty());
    let total_cost = has_costs.then(|| "(total-cost) - number".to_string());
    let functions = domain.functions.iter().map(|function| printer.signature(function) + " - number");
    lines(&mut text, ":functions", total_cost.into_iter().chain(functions));
    for action in &domain.actions {
        text.push('\n');
        printer.action(&mut text, action);
    }
    text.push_str(")\n");
    text
}

/// A problem of a domain as text that parses to the same problem; see [`print_domain`].
pub fn print_problem(domain: &Domain, problem: &Problem) -> String {
    let printer = Printer { domain, objects: &problem.objects };
    let mut text = format!("(define (problem {})\n  (:domain {})\n", problem.name, problem.domain_name);
    let own = problem.objects.get(domain.constants.len()..).unwrap_or_default();
    lines(&mut text, ":objects", printer.objects(own));
    let total_cost = problem.minimize_total_cost.then(|| "(= (total-cost) 0)".to_string());
    let values = problem.function_values.iter().map(|value| {
        let name = &domain.functions[value.function].name;
        format!("(= {} {})", printer.ground(name, &value.args), value.value)
    });
    let atoms = problem.init.iter().map(|atom: &GroundAtom| {
        let name = &domain.predicates[atom.predicate].name;
        printer.ground(name, &atom.args)
    });
    text.push_str("  (:init");
    for fact in total_cost.into_iter().chain(values).chain(atoms) {
        let _ = write!(text, "\n    {fact}");
    }
    text.push_str(")\n");
    let _ = write!(text, "  (:goal {})", printer.conjunction(&problem.goal, (&[], "    ")));
    if problem.minimize_total_cost {
        text.push_str("\n  (:metric minimize (total-cost))");
    }
    text.push_str(")\n");
    text
}

struct Printer<'a> {
    domain: &'a Domain,
    objects: &'a [Object],
}

impl Printer<'_> {
    /// Names grouped by equal neighboring types, a line a group.
    fn typed<'n>(&self, names: impl Iterator<Item = (&'n str, &'n [TypeId])>) -> Vec<String> {
        let mut groups: Vec<(String, &[TypeId])> = Vec::new();
        let mut column = 0;
        for (name, types) in names {
            match groups.last_mut().filter(|(_, last)| *last == types) {
                Some((group, _)) => {
                    let wrap = column + name.len() + 1 > WIDTH;
                    column = if wrap { 0 } else { column } + name.len() + 1;
                    group.push_str(if wrap { "\n    " } else { " " });
                    group.push_str(name);
                }
                None => {
                    column = name.len();
                    groups.push((name.to_string(), types));
                }
            }
        }
        let untyped = groups.iter().all(|(_, types)| *types == [0]);
        let line = |(names, types): (String, &[TypeId])| {
            if untyped { names } else { format!("{names} - {}", self.types(types)) }
        };
        groups.into_iter().map(line).collect()
    }

    fn objects(&self, objects: &[Object]) -> Vec<String> {
        self.typed(objects.iter().map(|object| (object.name.as_str(), object.types.as_slice())))
    }

    fn types(&self, types: &[TypeId]) -> String {
        let name = |&t: &TypeId| self.domain.types[t].name.as_str();
        match types {
            [one] => name(one).to_string(),
            _ => format!("(either {})", types.iter().map(name).collect::<Vec<_>>().join(" ")),
        }
    }

    /// ` ?x ?y - block ?z`, the types left out at the end where they are `object`.
    fn params(&self, params: &[Param]) -> String {
        let mut text = String::new();
        for (i, param) in params.iter().enumerate() {
            let _ = write!(text, " ?{}", param.name);
            let rest = &params[i + 1..];
            let is_last_of_group = rest.first().is_none_or(|next| next.types != param.types);
            let is_plain_end = param.types == [0] && rest.is_empty();
            if is_last_of_group && !is_plain_end {
                let _ = write!(text, " - {}", self.types(&param.types));
            }
        }
        text
    }

    fn signature(&self, predicate: &Predicate) -> String {
        format!("({}{})", predicate.name, self.params(&predicate.params))
    }

    fn action(&self, text: &mut String, action: &Action) {
        let _ = writeln!(text, "  (:action {}", action.name);
        let _ = writeln!(text, "    :parameters ({})", self.params(&action.params).trim_start());
        let frame = (action.params.as_slice(), "      ");
        if !action.precondition.is_empty() {
            let _ = writeln!(text, "    :precondition {}", self.conjunction(&action.precondition, frame));
        }
        let literals = action.effects.iter().map(|literal| self.literal(literal, &action.params));
        let parts: Vec<String> = literals.chain(self.cost(action)).collect();
        let _ = writeln!(text, "    :effect {})", and(&parts, "      "));
    }

    /// The cost as one increase of a sum.
    fn cost(&self, action: &Action) -> Option<String> {
        let term = |term: &CostTerm| match term {
            CostTerm::Number(number) => number.to_string(),
            CostTerm::Function(function, terms) => {
                self.application(&self.domain.functions[*function].name, terms, &action.params)
            }
        };
        let sum = match action.cost.as_slice() {
            [] => return None,
            [one] => term(one),
            several => format!("(+ {})", several.iter().map(term).collect::<Vec<_>>().join(" ")),
        };
        Some(format!("(increase (total-cost) {sum})"))
    }

    fn conjunction(&self, literals: &[Literal], (params, indent): (&[Param], &str)) -> String {
        let parts: Vec<String> = literals.iter().map(|literal| self.literal(literal, params)).collect();
        and(&parts, indent)
    }

    fn literal(&self, literal: &Literal, params: &[Param]) -> String {
        let atom = match &literal.atom {
            Atom::Predicate(predicate, terms) => {
                self.application(&self.domain.predicates[*predicate].name, terms, params)
            }
            Atom::Equal(a, b) => self.application("=", &[*a, *b], params),
        };
        if literal.negated { format!("(not {atom})") } else { atom }
    }

    fn application(&self, head: &str, terms: &[Term], params: &[Param]) -> String {
        let mut text = format!("({head}");
        for term in terms {
            // Writing to a string cannot fail.
            let _ = match *term {
                Term::Param(param) => write!(text, " ?{}", params[param].name),
                Term::Object(object) => write!(text, " {}", self.objects[object].name),
            };
        }
        text.push(')');
        text
    }

    fn ground(&self, head: &str, args: &[usize]) -> String {
        let terms: Vec<_> = args.iter().map(|&arg| Term::Object(arg)).collect();
        self.application(head, &terms, &[])
    }
}

/// One part as it is, several under `and`, a line each.
fn and(parts: &[String], indent: &str) -> String {
    match parts {
        [] => "(and)".to_string(),
        [one] => one.clone(),
        _ => {
            let separator = format!("\n{indent}");
            format!("(and{separator}{})", parts.join(separator.as_str()))
        }
    }
}

/// A section in one line, left out when empty.
fn section(text: &mut String, head: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if !items.is_empty() {
        let _ = writeln!(text, "  ({head} {})", items.join(" "));
    }
}

/// A section with a line an item, left out when empty.
fn lines(text: &mut String, head: &str, items: impl IntoIterator<Item = String>) {
    let items: Vec<String> = items.into_iter().collect();
    match items.as_slice() {
        [] => {}
        [one] if one.len() < WIDTH => {
            let _ = writeln!(text, "  ({head} {one})");
        }
        several => {
            let _ = writeln!(text, "  ({head}\n    {})", several.join("\n    "));
        }
    }
}
