//! What real files contain is read, with a warning where it is odd, and printing it reads back the same.

mod golden;

use isogrid_plan::pddl::{Atom, Domain, Problem, Term, Warning, parse_domain, parse_problem};
use isogrid_plan::pddl::{print_domain, print_problem};

fn domain(text: &str) -> (Domain, Vec<Warning>) {
    parse_domain("d.pddl", text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn problem(text: &str, domain: &Domain) -> (Problem, Vec<Warning>) {
    parse_problem("p.pddl", text.as_bytes(), domain).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn with_warnings(printed: &str, warnings: &[Warning]) -> String {
    let warnings: String = warnings.iter().map(|warning| format!("\n{warning}")).collect();
    format!("{}{warnings}", printed.trim_end())
}

#[test]
fn odd_domains_are_read() {
    golden::check("odd_domains.txt", |name, text| {
        let (read, warnings) = domain(text);
        let printed = print_domain(&read);
        let (again, none) = domain(&printed);
        assert_eq!(again, read, "{name}:\n{printed}");
        assert!(
            none.iter().all(|warning| warnings.iter().any(|w| w.message == warning.message)),
            "{name}: {none:?}"
        );
        with_warnings(&printed, &warnings)
    });
}

#[test]
fn odd_problems_are_read() {
    let (shop, _) = domain(SHOP);
    golden::check("odd_problems.txt", |name, text| {
        let (read, warnings) = problem(text, &shop);
        let printed = print_problem(&shop, &read);
        let (again, _) = problem(&printed, &shop);
        assert_eq!(again, read, "{name}:\n{printed}");
        with_warnings(&printed, &warnings)
    });
}

/// The domain that the problems in the golden file belong to.
const SHOP: &str = "(define (domain corner-shop)
  (:types shelf goods money - object coin - money)
  (:constants till - shelf)
  (:predicates (on ?g - (either goods money) ?s - shelf) (open) (twin ?a ?b))
  (:functions (total-cost) (price ?g - goods)))";

#[test]
fn line_ends_and_marks_do_not_matter() {
    let text = "; a comment (\n(define (domain D)\n  (:predicates (p ?x) ; and one (here\n (q))\n)\n";
    let plain = domain(text).0;
    for (name, text) in [
        ("CRLF", text.replace('\n', "\r\n")),
        ("CR", text.replace('\n', "\r")),
        ("byte order mark", format!("\u{feff}{text}")),
        ("upper case", text.to_uppercase()),
        ("form feeds", text.replace(' ', "\x0c\x0b\t ").replace(";\x0c\x0b\t a", "; a")),
        ("comments in other alphabets", text.replace("a comment", "größe, 高さ")),
        ("comment at the end", format!("{text} ; the end")),
    ] {
        assert_eq!(domain(&text).0, plain, "{name}");
    }
    let latin_1 = [b"; gr\xf6\xdfe \x00\x1a".as_slice(), &text.as_bytes()[1..]].concat();
    let read = parse_domain("d.pddl", &latin_1).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.0, plain, "comments that are not UTF-8, nor text");
    let error = parse_domain("d", text.replace('\n', "\r").replace("(q)", "(p)").as_bytes()).unwrap_err();
    assert!(error.to_string().starts_with("d:4:3: predicate 'p' is declared twice"), "{error}");
}

#[test]
fn a_question_mark_begins_a_word() {
    let spaced = "(define (domain d) (:predicates (p ?x ?y)) (:action a :parameters (?x ?y)
        :precondition (and (p ?x ?y) (not (= ?x ?y))) :effect (p ?y ?x)))";
    assert_eq!(domain(&spaced.replace(" ?", "?")).0, domain(spaced).0);
}

#[test]
fn names_are_resolved_and_numbered_as_promised() {
    let (domain, warnings) = domain(
        "(define (domain d) (:constants c1 - a c2)
           (:types a - b c) (:predicates (p ?x - (either a (either c a)))) (:functions (f ?x))
           (:action go :parameters (?u ?v - c) :precondition (and (not (= ?u c1)) (p ?v)) :effect ()))",
    );
    assert!(warnings.is_empty(), "{warnings:?}");
    let types: Vec<_> = domain.types.iter().map(|t| (t.name.as_str(), t.parents.as_slice())).collect();
    // `b` was never declared, so it comes last, right below `object`.
    assert_eq!(types, [("object", &[][..]), ("a", &[3]), ("c", &[0]), ("b", &[0])]);
    assert_eq!(domain.constants[0].types, [1]);
    assert_eq!(domain.constants[1].types, [0]);
    assert_eq!(domain.predicates[0].params[0].types, [1, 2]);
    let action = &domain.actions[0];
    assert_eq!(action.params.iter().map(|p| p.types[0]).collect::<Vec<_>>(), [2, 2]);
    let literals = action.precondition.literals().unwrap();
    assert_eq!(literals[0].atom, Atom::Equal(Term::Param(0), Term::Object(0)));
    assert!(literals[0].negated && !literals[1].negated);
    assert_eq!(literals[1].atom, Atom::Predicate(0, vec![Term::Param(1)]));
}

#[test]
fn subtypes_are_found_across_several_parents() {
    let (domain, _) = domain("(define (domain d) (:types a - (either b c) b - d c - e x - a y))");
    let t = |name: &str| domain.types.iter().position(|t| t.name == name).unwrap();
    for (sub, sup, expected) in [
        ("x", "e", true),
        ("x", "d", true),
        ("x", "object", true),
        ("x", "x", true),
        ("object", "object", true),
        ("b", "c", false),
        ("e", "a", false),
        ("y", "a", false),
        ("object", "y", false),
    ] {
        assert_eq!(domain.is_subtype(t(sub), t(sup)), expected, "{sub} below {sup}");
    }
}

#[test]
fn a_large_problem_is_read() {
    let (domain, _) = domain("(define (domain d) (:types t) (:predicates (p ?x ?y - t)))");
    let n = 20_000;
    let objects: String = (0..n).map(|i| format!("o{i} ")).collect();
    let init: String = (0..10 * n).map(|i| format!("(p o{} o{})\n", i % n, (i * 7 + i / n) % n)).collect();
    let text =
        format!("(define (problem p) (:domain d) (:objects {objects} - t) (:init {init}) (:goal (p o0 o1)))");
    let (problem, warnings) = problem(&text, &domain);
    assert_eq!((problem.objects.len(), problem.init.len(), warnings.len()), (n, 10 * n, 0));
    let (again, _) = parse_problem("p", print_problem(&domain, &problem).as_bytes(), &domain).unwrap();
    assert_eq!(again, problem);
}
