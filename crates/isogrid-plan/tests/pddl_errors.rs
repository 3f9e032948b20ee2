//! Every kind of bad PDDL gives an error with its place, a caret and what was expected.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

mod golden;

use golden::check;
use isogrid_core::Diagnose;
use isogrid_plan::pddl::{DiagnosticKind, Domain, PddlError, parse_domain, parse_problem};
use isogrid_plan::plan_file::parse_plan;

/// The domain that the problems here belong to.
const LOGISTICS: &str = "(define (domain logistics)
  (:requirements :typing :action-costs)
  (:types truck package - thing place)
  (:constants depot - place)
  (:predicates (at ?t - thing ?p - place) (in ?g - package ?t - truck) (open))
  (:functions (total-cost) - number (length ?from ?to - place) - number)
  (:action drive
    :parameters (?t - truck ?from ?to - place)
    :precondition (at ?t ?from)
    :effect (and (not (at ?t ?from)) (at ?t ?to) (increase (total-cost) (length ?from ?to)))))
";

fn logistics() -> Domain {
    parse_domain("logistics.pddl", LOGISTICS.as_bytes()).unwrap().0
}

fn domain_error(text: &[u8]) -> PddlError {
    parse_domain("d.pddl", text).map(|_| ()).expect_err("accepted")
}

fn problem_error(text: &[u8]) -> PddlError {
    parse_problem("p.pddl", text, &logistics()).map(|_| ()).expect_err("accepted")
}

/// An error as a user sees it, after checking that every part has its place, its line and a caret.
fn shown(name: &str, error: &PddlError) -> String {
    for diagnostic in error.diagnostics() {
        let text = diagnostic.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{name}:\n{text}");
        assert!(lines[0].starts_with(&format!("{}: ", diagnostic.place)), "{name}:\n{text}");
        assert!(lines[1].chars().count() < 120, "{name}: a line too long:\n{text}");
        assert!(lines[2].ends_with('^'), "{name}: no caret:\n{text}");
        assert!(!diagnostic.message.ends_with('.'), "{name}: {}", diagnostic.message);
    }
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{error}{hint}")
}

/// A domain around the precondition and the effect of an action, which stand in lines of their own.
fn with_action(precondition: &str, effect: &str) -> String {
    format!(
        "(define (domain d)
(:types block table - thing)
(:constants t - table)
(:predicates (on ?x - block ?y - thing) (clear ?x - block) (free))
(:functions (total-cost) - number (size ?x - block) - number)
(:action move :parameters (?x - block ?y - thing)
:precondition {precondition}
:effect {effect}))"
    )
}

#[test]
fn bad_domains_are_refused() {
    check("bad_domains.txt", |name, text| shown(name, &domain_error(text.as_bytes())));
}

#[test]
fn bad_formulas_are_refused() {
    check("bad_formulas.txt", |name, text| {
        let (precondition, effect) = text.split_once('\n').unwrap();
        shown(name, &domain_error(with_action(precondition, effect).as_bytes()))
    });
}

#[test]
fn bad_problems_are_refused() {
    check("bad_problems.txt", |name, text| shown(name, &problem_error(text.as_bytes())));
}

#[test]
fn unsupported_features_are_refused_by_name_and_all_at_once() {
    check("unsupported_domains.txt", |name, text| {
        let error = domain_error(text.as_bytes());
        assert!(!error.unsupported().is_empty(), "{name}");
        shown(name, &error)
    });
    check("unsupported_problems.txt", |name, text| {
        let error = problem_error(text.as_bytes());
        assert!(!error.unsupported().is_empty(), "{name}");
        shown(name, &error)
    });
}

#[test]
fn bad_plans_are_refused() {
    check("bad_plans.txt", |name, text| {
        let error = parse_plan("plan", text.as_bytes()).expect_err(name);
        shown(name, &error)
    });
}

#[test]
fn what_is_not_text_is_refused() {
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "latin-1",
            b"; gr\xf6\xdfe\n(define gr\xf6\xdfe\n",
            "d.pddl:2:11: not text: byte 0xf6 at byte offset 18 is not UTF-8",
        ),
        (
            "junk",
            b"\x7fELF\x02\x01\x01\0",
            "d.pddl:1:5: binary data: byte 0x02 at byte offset 4; expected UTF-8 text",
        ),
        ("zip", b"PK\x03\x04\x14\0\0\x08", "d.pddl:1:3: binary data: byte 0x03 at byte offset 2"),
        ("UTF-16", b"\xff\xfe(\0d\0", "d.pddl:1:1: the file is UTF-16 (byte order mark at byte offset 0)"),
        ("cut character", b"(define \xe2\x82", "d.pddl:1:9: not text: byte 0xe2 at byte offset 8"),
        ("after a mark", b"\xef\xbb\xbf(def\0", "d.pddl:1:5: binary data: byte 0x00 at byte offset 7"),
    ];
    for (name, bytes, expected) in cases {
        let error = domain_error(bytes);
        let text = shown(name, &error);
        assert!(text.starts_with(expected), "{name}: {text}");
        assert_eq!(error.diagnostics()[0].kind, DiagnosticKind::Encoding, "{name}");
    }
}

#[test]
fn ten_megabytes_of_parentheses_are_refused() {
    let cases = [
        ("open", "(".repeat(10 << 20), "d.pddl:1:1001: parentheses are nested deeper than 1000"),
        (
            "open and closed",
            "(".repeat(5 << 20) + &")".repeat(5 << 20),
            "d.pddl:1:1001: parentheses are nested",
        ),
        ("closed", ")".repeat(10 << 20), "d.pddl:1:1: this ')' closes nothing"),
        (
            "side by side",
            "()".repeat(5 << 20),
            "d.pddl:1:1: found '()'; expected '(define (domain NAME) ...)'",
        ),
        ("in lines", "(\n".repeat(5 << 20), "d.pddl:1001:1: parentheses are nested deeper than 1000"),
    ];
    for (name, text, expected) in cases {
        let error = shown(name, &domain_error(text.as_bytes()));
        assert!(error.starts_with(expected), "{name}: {error}");
    }
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    // The domain, the action and the atom are the other three.
    let (open, close) = ("(and ".repeat(997), ")".repeat(997));
    let text = format!("(define (domain d) (:predicates (p)) (:action a :precondition {open}(p){close}))");
    let (domain, _) = parse_domain("d.pddl", text.as_bytes()).unwrap();
    assert_eq!(domain.actions[0].precondition.conjuncts().len(), 1);
    let deeper = text.replacen("(p){", "", 0).replace("(and (p)", "(and (and (p))");
    assert!(domain_error(deeper.as_bytes()).to_string().contains("nested deeper than 1000"));
}

#[test]
fn large_bad_files_are_refused_quickly() {
    let lines = |line: &str| line.repeat((3 << 20) / line.len());
    let distinct = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let domains = [
        ("unknown requirements", format!("(define (domain d) (:requirements {}))", lines(":x :y :z "))),
        (
            "unknown types",
            format!("(define (domain d) (:constants {}))", distinct(150_000, &|i| format!("c{i} - t{i} "))),
        ),
        (
            "a deep type",
            format!("(define (domain d) (:types {}))", distinct(150_000, &|i| format!("t{i} - t{} ", i + 1))),
        ),
        (
            "wide types",
            format!(
                "(define (domain d) (:constants {} - (either {})))",
                distinct(50_000, &|i| format!("c{i} ")),
                lines("t u v ")
            ),
        ),
        (
            "unsupported everywhere",
            format!(
                "(define (domain d) (:action a :effect (and {})))",
                lines("(when (p) (forall (?x) (q))) ")
            ),
        ),
        (
            "unknown predicates",
            format!("(define (domain d) (:action a :effect (and {})))", lines("(prediacte ?x) ")),
        ),
        ("unknown sections", format!("(define (domain d) {})", lines("(:x) "))),
        ("duplicates", format!("(define (domain d) (:constants {}))", lines("same "))),
    ];
    for (name, text) in domains {
        shown(name, &domain_error(text.as_bytes()));
    }
}

#[test]
fn several_errors_are_reported_at_once() {
    let error = domain_error(with_action("(and (clear t) (onn ?x ?y) (clear ?q))", "(on ?x)").as_bytes());
    let places: Vec<_> = error.diagnostics().iter().map(|d| (d.place.line, d.place.column)).collect();
    assert_eq!(places, [(7, 27), (7, 31), (7, 49), (8, 10)], "{error}");
}

#[test]
fn errors_beyond_the_limit_are_counted() {
    let facts = "(nope a)\n".repeat(1000);
    let error = problem_error(format!("(define (problem p) (:init {facts}) (:goal (open)))").as_bytes());
    assert_eq!((error.diagnostics().len(), error.omitted()), (20, 980));
    assert!(error.to_string().ends_with("... and 980 more errors"), "{error}");
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text =
        format!("(define (domain d) (:constants {}) (:oops {}))", "abcd ".repeat(50), "x ".repeat(200));
    let error = domain_error(text.as_bytes());
    shown("long line", &error);
    let place = &error.diagnostics().last().unwrap().place;
    assert!(place.excerpt.starts_with("...") && place.excerpt.chars().count() <= 100, "{error}");
    let under: String = place.excerpt.chars().skip(place.caret).take(place.width).collect();
    assert_eq!(under, "(:oops", "{error}");
}
