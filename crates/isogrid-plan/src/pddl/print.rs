//! PDDL written so that people like to read it and [`super::parse_domain`] reads the same back.

use std::fmt::Write as _;

use super::ast::{
    Action, Atom, Axiom, Domain, GroundAtom, Literal, Object, Param, Predicate, Problem, TOTAL_COST, Term,
    TypeId,
};
use super::logic::{Change, Effect, Expression, Formula};

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
    let functions = printed_functions(domain);
    let functions = functions.iter().map(|function| printer.signature(function) + " - number");
    lines(&mut text, ":functions", functions);
    for axiom in &domain.axioms {
        text.push('\n');
        printer.axiom(&mut text, axiom);
    }
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
    let total_cost = is_total_cost(domain, problem).then(|| "(= (total-cost) 0)".to_string());
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
    let _ = write!(text, "  (:goal {})", printer.condition(&problem.goal, (&[], "    ")));
    if let Some(metric) = &problem.metric {
        let direction = if metric.maximize { "maximize" } else { "minimize" };
        let _ = write!(text, "\n  (:metric {direction} {})", printer.expression(&metric.expression, &[]));
    }
    text.push_str(")\n");
    text
}

/// A condition in one line, its variables replaced by the objects `args`.
pub(crate) fn print_formula(
    domain: &Domain,
    objects: &[Object],
    formula: &Formula,
    args: &[usize],
) -> String {
    let term = |term: Term| match term {
        Term::Param(param) => match args.get(param) {
            Some(&object) => Term::Object(object),
            None => Term::Param(param - args.len()),
        },
        object => object,
    };
    Printer { domain, objects }.formula(&formula.map_terms(&term), &[])
}

/// All functions but a `total-cost` that nothing mentions and that the parser puts back at the end.
fn printed_functions(domain: &Domain) -> &[Predicate] {
    let Some((last, others)) = domain.functions.split_last() else { return &[] };
    let changed = |effect: &Effect| match effect.change {
        Change::Number { function, .. } => Some(function),
        Change::Literal(_) => None,
    };
    let is_used = domain.requirements.iter().any(|name| name == "action-costs")
        || domain.actions.iter().flat_map(|action| &action.effects).any(|e| changed(e) == Some(others.len()));
    if last.name == TOTAL_COST && last.params.is_empty() && !is_used { others } else { &domain.functions }
}

fn is_total_cost(domain: &Domain, problem: &Problem) -> bool {
    let is = |expression: &Expression| match expression {
        Expression::Function(function, _) => Some(*function) == domain.total_cost(),
        _ => false,
    };
    problem.metric.as_ref().is_some_and(|metric| is(&metric.expression))
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
        let params: Vec<&Param> = action.params.iter().collect();
        if action.precondition != Formula::TRUE {
            let precondition = self.condition(&action.precondition, (&params, "      "));
            let _ = writeln!(text, "    :precondition {precondition}");
        }
        let parts: Vec<String> = action.effects.iter().map(|effect| self.effect(effect, &params)).collect();
        let _ = writeln!(text, "    :effect {})", and(&parts, "      "));
    }

    fn axiom(&self, text: &mut String, axiom: &Axiom) {
        let head =
            format!("({}{})", self.domain.predicates[axiom.predicate].name, self.params(&axiom.params));
        let params: Vec<&Param> = axiom.params.iter().collect();
        let condition = self.condition(&axiom.condition, (&params, "      "));
        let _ = writeln!(text, "  (:derived {head}\n    {condition})");
    }

    fn effect(&self, effect: &Effect, params: &[&Param]) -> String {
        let params: Vec<&Param> = params.iter().copied().chain(&effect.params).collect();
        let mut text = match &effect.change {
            Change::Literal(literal) => self.literal(literal, &params),
            Change::Number { function, terms, update, value } => {
                let target = self.application(&self.domain.functions[*function].name, terms, &params);
                format!("({} {target} {})", update.symbol(), self.expression(value, &params))
            }
        };
        if effect.condition != Formula::TRUE {
            text = format!("(when {} {text})", self.formula(&effect.condition, &params));
        }
        if !effect.params.is_empty() {
            text = format!("(forall ({}) {text})", self.params(&effect.params).trim_start());
        }
        text
    }

    /// A formula with the parts of its outermost conjunction in a line each.
    fn condition(&self, formula: &Formula, (params, indent): (&[&Param], &str)) -> String {
        let parts: Vec<String> = formula.conjuncts().iter().map(|part| self.formula(part, params)).collect();
        and(&parts, indent)
    }

    fn formula(&self, formula: &Formula, params: &[&Param]) -> String {
        match formula {
            Formula::Literal(literal) => self.literal(literal, params),
            Formula::Compare(comparison) => {
                let sides = [&comparison.left, &comparison.right].map(|side| self.expression(side, params));
                format!("({} {} {})", comparison.relation.symbol(), sides[0], sides[1])
            }
            Formula::And(parts) => self.list("and", parts, params),
            Formula::Or(parts) => self.list("or", parts, params),
            Formula::Forall(variables, body) => self.quantifier("forall", (variables, body), params),
            Formula::Exists(variables, body) => self.quantifier("exists", (variables, body), params),
        }
    }

    fn list(&self, head: &str, parts: &[Formula], params: &[&Param]) -> String {
        let parts: String = parts.iter().map(|part| format!(" {}", self.formula(part, params))).collect();
        format!("({head}{parts})")
    }

    fn quantifier(&self, head: &str, (variables, body): (&[Param], &Formula), params: &[&Param]) -> String {
        let inner: Vec<&Param> = params.iter().copied().chain(variables).collect();
        format!("({head} ({}) {})", self.params(variables).trim_start(), self.formula(body, &inner))
    }

    fn expression(&self, expression: &Expression, params: &[&Param]) -> String {
        match expression {
            Expression::Number(number) => number.to_string(),
            Expression::Function(function, terms) => {
                self.application(&self.domain.functions[*function].name, terms, params)
            }
            Expression::Apply(operator, operands) => {
                let operands: String =
                    operands.iter().map(|operand| format!(" {}", self.expression(operand, params))).collect();
                format!("({}{operands})", operator.symbol())
            }
        }
    }

    fn literal(&self, literal: &Literal, params: &[&Param]) -> String {
        let atom = match &literal.atom {
            Atom::Predicate(predicate, terms) => {
                self.application(&self.domain.predicates[*predicate].name, terms, params)
            }
            Atom::Equal(a, b) => self.application("=", &[*a, *b], params),
        };
        if literal.negated { format!("(not {atom})") } else { atom }
    }

    fn application(&self, head: &str, terms: &[Term], params: &[&Param]) -> String {
        let mut text = format!("({head}");
        for term in terms {
            // Writing to a string cannot fail.
            let _ = match *term {
                Term::Param(param) => write!(text, " ?{}", params[param].name),
                Term::Object(object) => match self.objects.get(object) {
                    Some(object) => write!(text, " {}", object.name),
                    None => write!(text, " #{object}"),
                },
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
