//! What is printed reads back as what was printed, for random domains and problems.

mod generator;

use isogrid_plan::pddl::{parse_domain, parse_problem, print_domain, print_problem};
use isogrid_plan::plan_file::{CostKind, PlanStep, StatedCost, parse_plan, write_plan};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn printed_tasks_read_back((domain, problem, _) in generator::tasks()) {
        let text = print_domain(&domain);
        let read = parse_domain("domain", text.as_bytes());
        let (read, _) = read.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &domain, "{}", text);
        let text = print_problem(&domain, &problem);
        let read = parse_problem("problem", text.as_bytes(), &domain);
        let (read, _) = read.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &problem, "{}", text);
    }

    /// Damaged text is an error or something else that is valid, but never a panic, and every error has its place.
    #[test]
    fn damaged_files_never_panic(
        (domain, problem, _) in generator::tasks(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6), 1..4),
    ) {
        let domain_text = broken(print_domain(&domain), &damage);
        let problem_text = broken(print_problem(&domain, &problem), &damage);
        let errors = [
            parse_domain("f", &domain_text).err(),
            parse_problem("f", &problem_text, &domain).err(),
            parse_problem("f", &domain_text, &domain).err(),
            parse_plan("f", &problem_text).err(),
        ];
        for error in errors.into_iter().flatten() {
            for diagnostic in error.diagnostics() {
                prop_assert!(diagnostic.to_string().ends_with('^'), "{}", diagnostic);
                prop_assert!(error.to_string().contains(&diagnostic.place.to_string()), "{}", error);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_domain("f", &bytes).map_err(|error| error.to_string());
        let _ = parse_plan("f", &bytes).map_err(|error| error.to_string());
    }

    #[test]
    fn arbitrary_tokens_never_panic(tokens in prop::collection::vec(token(), 0..60)) {
        let text = format!("(define (domain d) {}", tokens.join(" "));
        let _ = parse_domain("f", text.as_bytes()).map_err(|error| error.to_string());
        let _ = parse_domain("f", (text + ")").as_bytes()).map_err(|error| error.to_string());
    }

    #[test]
    fn written_plans_read_back(names in prop::collection::vec(prop::collection::vec("[a-z][a-z0-9_-]{0,4}", 1..4), 0..9), cost: u32, general: bool) {
        let cost = f64::from(cost) / 8.0;
        let step = |words: &Vec<String>| PlanStep { action: words[0].clone(), args: words[1..].to_vec() };
        let steps: Vec<PlanStep> = names.iter().map(step).collect();
        let kind = if general { CostKind::General } else { CostKind::Unit };
        let read = parse_plan("plan", write_plan(&steps, cost, kind).as_bytes()).unwrap();
        prop_assert_eq!(read.lines, (1..=steps.len()).collect::<Vec<_>>());
        prop_assert_eq!(read.steps, steps);
        prop_assert_eq!(read.cost, Some(StatedCost { value: cost, kind: Some(kind) }));
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "(",
        ")",
        "(",
        ")",
        "-",
        "?x",
        "x",
        "object",
        "either",
        ":action",
        "(:action a",
        ":parameters",
        "(:types",
        "(:predicates",
        "(:constants",
        "(:functions",
        ":effect",
        ":precondition",
        "(and",
        "(not",
        "(=",
        "(or",
        "()",
        "(increase (total-cost)",
        "3",
        "(+",
        "number",
        "(:requirements",
        ":adl",
        "a - a",
        "(either",
        "(forall (?x)",
        "(exists (?x - a)",
        "(when",
        "(imply",
        "(< 1",
        "(assign (f)",
        "(:derived (p ?x)",
    ])
}

/// Deletes, doubles or replaces bytes.
fn broken(text: String, damage: &[(prop::sample::Index, usize)]) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    for (place, kind) in damage {
        if bytes.is_empty() {
            break;
        }
        let at = place.index(bytes.len());
        match kind {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, bytes[at]),
            2 => bytes[at] = b')',
            3 => bytes[at] = b'(',
            4 => bytes[at] = 0xff,
            _ => bytes.truncate(at),
        }
    }
    bytes
}
