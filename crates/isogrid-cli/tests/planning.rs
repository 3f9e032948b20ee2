//! Planning from end to end: answers, honest negatives, every kind of bad input, and files that stay whole.
#![cfg(feature = "plan")]

mod common;

use common::Desk;
use common::pddl::{DOMAIN, PLAN, PROBLEM, hanoi};

fn desk(domain: impl AsRef<[u8]>, problem: impl AsRef<[u8]>) -> Desk {
    let desk = Desk::new();
    desk.file("domain.pddl", domain);
    desk.file("problem.pddl", problem);
    desk
}

#[test]
fn a_plan_is_data_and_everything_else_is_on_standard_error() {
    let desk = desk(DOMAIN, PROBLEM);
    for args in [
        "run domain.pddl problem.pddl",
        "run problem.pddl domain.pddl",
        "run --engine plan domain.pddl problem.pddl",
    ] {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), PLAN), "{args}: {}", ran.stderr);
        assert!(ran.stderr.contains("plan of 2 steps, cost 2"), "{}", ran.stderr);
    }
    let ran = desk.run("run -q domain.pddl problem.pddl");
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (PLAN, ""));
}

#[test]
fn objects_hold_the_plan_its_verdict_and_the_end() {
    let ran = desk(DOMAIN, PROBLEM).run("run --json --optimal domain.pddl problem.pddl");
    let objects = ran.objects();
    let (result, outputs) = objects.split_last().expect("at least the result");
    let best = outputs.last().expect("at least one plan");
    assert_eq!(best["text"], PLAN);
    assert_eq!((&best["record"]["cost"], &best["record"]["optimal"]), (&2.into(), &true.into()));
    assert!(best["verdict"]["pass"].is_string(), "{best}");
    assert_eq!(
        (&result["type"], &result["stop"], &result["exit"]),
        (&"result".into(), &"done".into(), &0.into())
    );
    assert_eq!(result["outputs"], outputs.len());
}

#[test]
fn a_file_gets_the_plan_and_standard_output_nothing() {
    let desk = desk(DOMAIN, PROBLEM);
    let ran = desk.run("run domain.pddl problem.pddl -o plan.txt");
    assert_eq!((ran.code, ran.stdout.as_str(), desk.read("plan.txt").as_str()), (Some(0), "", PLAN));
    assert!(ran.stderr.contains("wrote plan.txt"), "{}", ran.stderr);
    assert_eq!(desk.names(), ["domain.pddl", "plan.txt", "problem.pddl"]);
    assert_eq!(
        desk.run("run --json domain.pddl problem.pddl -o plan.txt").object("result")["file"],
        "plan.txt"
    );
}

#[test]
fn a_model_is_saved_and_used_again() {
    let desk = desk(DOMAIN, PROBLEM);
    let fitted = desk.run("fit --json domain.pddl problem.pddl -o m.iso").object("result");
    assert_eq!(
        (&fitted["verb"], &fitted["file"], &fitted["exit"]),
        (&"fit".into(), &"m.iso".into(), &0.into())
    );
    let bytes = std::fs::read(desk.path().join("m.iso")).expect("written");
    assert_eq!(fitted["model_bytes"], bytes.len());
    assert_eq!(desk.run("run -m m.iso problem.pddl").stdout, PLAN);
    assert_eq!(desk.run("run -m m.iso").stdout, PLAN);
    let cases: [(&str, &[u8], &str); 4] = [
        ("cut", &bytes[..bytes.len() / 2], "is damaged"),
        ("changed", &[&bytes[..40], b"x", &bytes[41..]].concat(), "checksum"),
        ("empty", b"", "is not a saved model"),
        ("other version", &[&bytes[..8], b"\xff", &bytes[9..]].concat(), "has model format version 255"),
    ];
    for (name, damaged, expected) in cases {
        desk.file("damaged.iso", damaged);
        let ran = desk.run("run -m damaged.iso problem.pddl");
        assert_eq!(ran.code, Some(2), "{name}");
        assert!(ran.stderr.contains(expected), "{name}: {}", ran.stderr);
    }
    let ran = desk.run("run m.iso");
    assert!(ran.code == Some(2) && ran.stderr.contains("hint: `m.iso` is a saved model"), "{}", ran.stderr);
}

#[test]
fn honest_negatives_are_exit_1_with_their_reason() {
    let never = PROBLEM.replace("(next middle right)", "");
    let walled_in =
        PROBLEM.replace("(at b middle)", "(at b right)").replace("(at b right))))", "(at b left))))");
    for (name, problem) in [("a goal that nothing reaches", never), ("no way back", walled_in)] {
        let desk = desk(DOMAIN, problem);
        let ran = desk.run("run domain.pddl problem.pddl -o plan.txt");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("unsolvable"), "{name}: {}", ran.stderr);
        assert_eq!(desk.names(), ["domain.pddl", "problem.pddl"], "{name}: nothing to write");
        let result = desk.run("run --json domain.pddl problem.pddl").object("result");
        assert_eq!((&result["stop"], &result["exit"]), (&"impossible".into(), &1.into()), "{name}");
    }
}

#[test]
fn a_budget_that_ends_first_is_exit_3() {
    let (domain, problem) = hanoi(12);
    let desk = desk(domain, problem);
    for (budget, stop) in
        [("0s", "time"), ("0ticks", "ticks"), ("0B", "memory"), ("50ticks", "ticks"), ("1h,0ticks", "ticks")]
    {
        let ran =
            desk.run(&format!("run --json --optimal --budget {budget} domain.pddl problem.pddl -o plan.txt"));
        let result = ran.object("result");
        assert_eq!((ran.code, &result["exit"]), (Some(3), &3.into()), "{budget}: {}", ran.stderr);
        assert_eq!(result["stop"]["budget"], stop, "{budget}");
        assert_eq!(desk.names(), ["domain.pddl", "problem.pddl"], "{budget}: nothing to write");
    }
}

#[test]
fn an_improvement_cut_short_is_an_answer() {
    let (domain, problem) = hanoi(6);
    let desk = desk(domain, problem);
    let whole = desk.run("run --json domain.pddl problem.pddl");
    let first = whole.objects()[0]["ticks"].as_u64().expect("a first plan");
    assert!(whole.object("result")["ticks"].as_u64().is_some_and(|ticks| ticks > first + 100), "{whole:?}");
    let ran = desk.run(&format!("run --json --budget {}ticks domain.pddl problem.pddl", first + 50));
    let result = ran.object("result");
    assert_eq!((ran.code, &result["stop"]["budget"]), (Some(0), &"ticks".into()), "{ran:?}");
    assert_eq!(ran.objects()[0]["text"], whole.objects()[0]["text"]);
}

#[test]
fn the_same_seed_and_ticks_give_the_same_bytes() {
    let (domain, problem) = hanoi(6);
    let desk = desk(domain, problem);
    let run = || desk.run("run -q --seed 7 --budget 60kticks domain.pddl problem.pddl").stdout;
    assert_eq!(run(), run());
}

#[test]
fn odd_but_sound_input_is_answered() {
    let goal_true = PROBLEM.replace("(at b right))))", "(at b middle))))");
    let cases: [(&str, Vec<u8>, Vec<u8>, &str); 6] = [
        (
            "line ends of Windows",
            DOMAIN.replace('\n', "\r\n").into(),
            PROBLEM.replace('\n', "\r\n").into(),
            PLAN,
        ),
        ("byte order marks", format!("\u{feff}{DOMAIN}").into(), format!("\u{feff}{PROBLEM}").into(), PLAN),
        ("capitals", DOMAIN.to_uppercase().into(), PROBLEM.to_uppercase().into(), PLAN),
        ("comments", format!("; one\n{DOMAIN};").into(), format!(";;(\n{PROBLEM}").into(), PLAN),
        ("a goal that holds already", DOMAIN.into(), goal_true.into(), "; cost = 0 (unit cost)\n"),
        (
            "no objects",
            "(define (domain d) (:predicates (p)) (:action a :parameters () :effect (p)))".into(),
            "(define (problem p) (:domain d) (:init) (:goal (p)))".into(),
            "(a)\n; cost = 1 (unit cost)\n",
        ),
    ];
    for (name, domain, problem, plan) in cases {
        let ran = desk(domain, problem).run("run domain.pddl problem.pddl");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), plan), "{name}: {}", ran.stderr);
    }
}

#[test]
fn what_was_odd_is_a_warning_on_standard_error_and_in_the_result() {
    let desk = desk(DOMAIN, PROBLEM.replace("(:domain corridor)", "(:domain tower)"));
    let ran = desk.run("run --json domain.pddl problem.pddl");
    let result = ran.object("result");
    assert_eq!((ran.code, result["warnings"].as_array().map(Vec::len)), (Some(0), Some(1)), "{ran:?}");
    assert!(ran.stderr.starts_with("warning: ") && ran.stderr.contains("'tower'"), "{}", ran.stderr);
}

/// A name, what is wrong with the domain or the problem, and what the error says.
type Wrong<'a> = (&'a str, Vec<u8>, Vec<u8>, &'a str);

fn wrong_inputs() -> Vec<Wrong<'static>> {
    let domain = |from: &str, to: &str| DOMAIN.replacen(from, to, 1).into_bytes();
    let problem = |from: &str, to: &str| PROBLEM.replacen(from, to, 1).into_bytes();
    let (good_domain, good_problem) = (|| DOMAIN.as_bytes().to_vec(), || PROBLEM.as_bytes().to_vec());
    let junk: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let nested = "(".repeat(10 << 20).into_bytes();
    vec![
        ("a cut domain", DOMAIN.as_bytes()[..DOMAIN.len() / 2].to_vec(), good_problem(), "domain.pddl:"),
        ("a cut problem", good_domain(), PROBLEM.as_bytes()[..PROBLEM.len() / 2].to_vec(), "problem.pddl:"),
        ("an empty domain", Vec::new(), good_problem(), "domain.pddl"),
        ("an empty problem", good_domain(), Vec::new(), "problem.pddl"),
        ("a binary domain", junk.clone(), good_problem(), "domain.pddl"),
        ("a binary problem", good_domain(), junk, "problem.pddl"),
        ("a deeply nested domain", nested.clone(), good_problem(), "domain.pddl"),
        ("a deeply nested problem", good_domain(), nested, "problem.pddl"),
        ("an unknown predicate", domain("(at ?x ?a)", "(inside ?x ?a)"), good_problem(), "inside"),
        ("an unknown predicate in the goal", good_domain(), problem("(at b right)", "(ad b right)"), "ad"),
        ("too few arguments", domain("(at ?x ?a)", "(at ?x)"), good_problem(), "at"),
        ("too many arguments", good_domain(), problem("(at r left)", "(at r left left)"), "at"),
        ("a wrong type", good_domain(), problem("(at r left)", "(at left r)"), "problem.pddl:4"),
        ("an unknown type", good_domain(), problem("r - robot", "r - android"), "android"),
        ("an unknown object", good_domain(), problem("(at r left)", "(at q left)"), "'q'"),
        ("two actions of one name", domain("(:action push", "(:action go"), good_problem(), "go"),
        ("two objects of one name", good_domain(), problem("b - box", "b b - box"), "'b'"),
        ("cyclic types", domain("robot box - thing", "robot - box box - robot thing"), good_problem(), "box"),
        ("a domain as the problem", good_domain(), good_domain(), "problem.pddl"),
        (
            "unsupported requirements",
            domain(":strips", ":durative-actions :preferences"),
            good_problem(),
            ":preferences",
        ),
    ]
}

#[test]
fn bad_input_is_exit_2_and_says_where() {
    for (name, domain, problem, expected) in wrong_inputs() {
        let desk = desk(domain, problem);
        let ran = desk.run("run domain.pddl problem.pddl -o plan.txt");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{name}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(expected), "{name}: {}", ran.stderr);
        assert!(ran.stderr.len() < 20_000, "{name}: the error is {} bytes long", ran.stderr.len());
        assert_eq!(desk.names(), ["domain.pddl", "problem.pddl"], "{name}: nothing to write");
        let object = desk.run("run --json domain.pddl problem.pddl").object("error");
        assert_eq!((&object["class"], &object["exit"]), (&"bad_input".into(), &2.into()), "{name}");
    }
}

#[test]
fn files_that_are_not_there_or_too_many_are_exit_2() {
    let desk = desk(DOMAIN, PROBLEM);
    for (args, expected) in [
        ("run domain.pddl", "its problem is missing"),
        ("run problem.pddl", "its domain is missing"),
        ("run domain.pddl problem.pddl problem.pddl", "more than two files"),
        ("run domain.pddl missing.pddl", "cannot read `missing.pddl`"),
        ("run domain.pddl .", "a PDDL file and a folder"),
        ("run domain.pddl problem.pddl --first --optimal", "first"),
        ("run domain.pddl problem.pddl --threads 99", "from 1 to 64"),
        ("run domain.pddl problem.pddl --threads 2 --search lama", "`search` and `threads` exclude"),
        ("run domain.pddl problem.pddl --search alphabetical", "there is no search `alphabetical`"),
        ("run domain.pddl problem.pddl --optimal --search bfws", "`optimal` and `search` exclude"),
        ("run domain.pddl problem.pddl --weight 3", "needs `--search astar"),
        ("run domain.pddl problem.pddl --reduction stubborn-sets", "needs `--search astar"),
        ("run domain.pddl problem.pddl --reduction half --search astar-blind", "none or stubborn-sets"),
        ("run domain.pddl problem.pddl --weight 0 --search astar-lmcut", "from 1 to"),
        ("plan validate domain.pddl problem.pddl missing", "cannot read `missing`"),
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, Some(2), "isogrid {args}: {}", ran.stderr);
        assert!(
            ran.stderr.starts_with("error: ") && ran.stderr.contains(expected),
            "isogrid {args}: {}",
            ran.stderr
        );
    }
}

#[test]
fn outputs_that_cannot_be_written_are_exit_2_and_leave_what_was_there() {
    let desk = desk(DOMAIN, PROBLEM);
    let old = desk.file("old.txt", "old");
    let mut permissions = std::fs::metadata(&old).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&old, permissions).expect("our own file");
    for (verb, path, expected) in [
        ("run", "none/plan.txt", "hint: create the directory first"),
        ("run", ".", "is a directory"),
        ("run", "old.txt", "the file is read-only"),
        ("run", "/dev/full", "no space left on device"),
        ("fit", "none/m.iso", "hint: create the directory first"),
        ("fit", "/dev/full", "no space left on device"),
    ] {
        let ran = desk.run(&format!("{verb} domain.pddl problem.pddl -o {path}"));
        // What cannot be written is refused before the search; a disk that fills up later costs no answer.
        let rescued = if (verb, path) == ("run", "/dev/full") { PLAN } else { "" };
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), rescued), "{path}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("error: cannot write") && ran.stderr.contains(expected),
            "{path}: {}",
            ran.stderr
        );
    }
    assert_eq!(desk.read("old.txt"), "old");
    assert_eq!(desk.names(), ["domain.pddl", "old.txt", "problem.pddl"]);
}

#[test]
fn plans_from_anywhere_are_validated() {
    let desk = desk(DOMAIN, PROBLEM);
    let cases = [
        (PLAN, 0, "valid plan: 2 steps, cost 2"),
        ("(GO R LEFT MIDDLE)\r\n; a comment\r\n(push r b middle right)", 0, "valid plan"),
        ("(go r left middle)", 1, "not satisfied: (at b right)"),
        ("(push r b middle right)", 1, "step 1 (push r b middle right): its precondition (at r middle)"),
        ("(go r left)", 1, "step 1 (go r left): 2 arguments given, expected 3"),
        ("(fly r left middle)", 1, "unknown action 'fly'"),
        ("", 1, "not satisfied"),
        ("(((", 2, "plan.txt"),
        ("\u{0}\u{1}", 2, "plan.txt"),
    ];
    for (plan, code, expected) in cases {
        desk.file("plan.txt", plan);
        let ran = desk.run("plan validate domain.pddl problem.pddl plan.txt");
        assert_eq!(ran.code, Some(code), "{plan}: {ran:?}");
        let said = if code == 2 { &ran.stderr } else { &ran.stdout };
        assert!(said.contains(expected), "{plan}: {said}");
    }
    desk.file("plan.txt", "(go r left middle)");
    let object = desk.run("plan validate --json domain.pddl problem.pddl plan.txt").object("validation");
    assert_eq!((&object["valid"], &object["steps"], &object["exit"]), (&false.into(), &1.into(), &1.into()));
}

#[test]
fn a_plan_file_that_states_another_cost_is_warned_about() {
    let desk = desk(DOMAIN, PROBLEM);
    desk.file("plan.txt", PLAN.replace("cost = 2", "cost = 1"));
    let ran = desk.run("plan validate domain.pddl problem.pddl plan.txt");
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("warning: the file states cost 1, the plan costs 2"), "{}", ran.stderr);
}

/// There is no way back for the box.
fn walled_in() -> String {
    PROBLEM.replace("(:goal (and (at b right)))", "(:goal (and (at b left) (at r right)))")
}

#[test]
fn a_plan_is_explained_with_what_each_step_is_for() {
    let desk = desk(DOMAIN, PROBLEM.replace("(next left middle)", "(next left middle) (next middle left)"));
    let long = "(go r left middle)\n(go r middle left)\n(go r left middle)\n(push r b middle right)\n";
    desk.file("plan.txt", long);
    let ran = desk.run("plan explain domain.pddl problem.pddl plan.txt");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for expected in [
        "valid plan: 4 steps, cost 4; 4 moments",
        "\n3  3  (go r left middle)  -> 4\n",
        "\n4  4  (push r b middle right)  -> goal\n",
        "\nwithout 1, 2: a plan of 2 steps, cost 2 instead of 4\n",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    let links = desk.run("plan explain --links domain.pddl problem.pddl plan.txt").stdout;
    assert!(links.contains("\n        (at r middle) for 4\n"), "{links}");
    let object = desk.run("plan explain --json domain.pddl problem.pddl plan.txt").object("explanation");
    assert_eq!(
        (&object["timeline"]["makespan"], &object["elimination"]["cost"], &object["exit"]),
        (&4.into(), &2.into(), &0.into())
    );
    assert_eq!(object["elimination"]["removed"], serde_json::json!([1, 2]));
    assert!(object["landmarks"].is_null() && object["unsolvable"].is_null(), "{object}");
    let ran = desk.run("plan explain -q domain.pddl problem.pddl plan.txt -o less.txt");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let less = "(go r left middle)\n(push r b middle right)\n; cost = 2 (unit cost)\n";
    assert_eq!(desk.read("less.txt"), less);
    assert_eq!(desk.run("plan explain domain.pddl problem.pddl -o less.txt").code, Some(2));
    desk.file("plan.txt", "(push r b middle right)");
    let invalid = desk.run("plan explain domain.pddl problem.pddl plan.txt");
    assert_eq!(invalid.code, Some(1), "{invalid:?}");
    assert!(invalid.stdout.starts_with("invalid plan: step 1"), "{}", invalid.stdout);
}

#[test]
fn steps_that_change_nothing_keep_their_number_and_can_go() {
    let domain = "(define (domain d) (:predicates (p) (q))
        (:action look) (:action go :precondition (p) :effect (q)))";
    let desk = desk(domain, "(define (problem x) (:domain d) (:init (p)) (:goal (q)))");
    desk.file("plan.txt", "(look) (go) (LOOK)");
    let ran = desk.run("plan explain domain.pddl problem.pddl plan.txt");
    assert!(ran.stdout.contains("\n1  2  (go)  -> goal\n"), "{ran:?}");
    assert!(ran.stdout.contains("without 1, 3: a plan of 1 step, cost 1 instead of 3"), "{}", ran.stdout);
}

#[test]
fn a_problem_is_explained_by_its_landmarks_or_by_why_there_is_no_plan() {
    let solvable = desk(DOMAIN, PROBLEM);
    let ran = solvable.run("plan explain domain.pddl problem.pddl");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("1  next  (at r middle)\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("(at b right)  goal\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("did not settle"), "{}", ran.stdout);
    let object = solvable.run("plan explain --json domain.pddl problem.pddl").object("explanation");
    assert_eq!(object["landmarks"]["ahead"][0]["next"], true, "{object}");
    let unsolvable = desk(DOMAIN, walled_in());
    let ran = unsolvable.run("plan explain domain.pddl problem.pddl");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("unsolvable: (at b left) never holds"), "{}", ran.stdout);
    let missing = "\n(at b left) never holds  goal\n    (push ?x b ?a left)  lacks (next ? left)\n";
    assert!(ran.stdout.contains(missing), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\n(next ? left) never holds\n    nothing makes it true\n"),
        "{}",
        ran.stdout
    );
    let object = unsolvable.run("plan explain --json domain.pddl problem.pddl").object("explanation");
    assert!(object["unsolvable"].is_string() && object["exit"] == 1, "{object}");
    assert_eq!(object["out_of_reach"][0]["goal"], true, "{object}");
    let (domain, problem) = hanoi(9);
    let large = desk(domain, problem);
    let ran = large.run("plan explain --json --budget 3ticks domain.pddl problem.pddl");
    assert_eq!((ran.code, &ran.object("explanation")["exit"]), (Some(3), &3.into()), "{ran:?}");
}

#[test]
fn a_plan_is_explained_from_where_its_first_steps_lead() {
    let desk = desk(DOMAIN, PROBLEM);
    desk.file("plan.txt", "(go r left middle) (go r middle right)");
    let after = |n: u32| desk.run(&format!("plan explain domain.pddl problem.pddl plan.txt --after {n}"));
    let ran = after(1);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("1  next  (at b right)  goal\n"), "{}", ran.stdout);
    let ran = after(2);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("unsolvable: (at b right) never holds"), "{}", ran.stdout);
    let json = desk.run("plan explain --json domain.pddl problem.pddl plan.txt --after 2");
    assert_eq!(json.object("explanation")["solvable"], false, "{json:?}");
    let ran = after(3);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--after 3: plan.txt has 2 steps"), "{}", ran.stderr);
    desk.file("plan.txt", "(go r middle right)");
    let ran = after(1);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("invalid plan: step 1"), "{}", ran.stdout);
}

#[test]
fn a_budget_ends_a_validation() {
    let desk = desk(DOMAIN, PROBLEM);
    desk.file("plan.txt", "(go r left middle) (push r b middle right)");
    let ran = desk.run("plan validate --budget 1ticks domain.pddl problem.pddl plan.txt");
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.contains("no answer"), "{ran:?}");
    desk.file("task.sas", include_str!("../../isogrid-plan/tests/data/small.sas"));
    let ran = desk.run("plan search --budget 1ticks task.sas");
    assert_eq!(ran.code, Some(3), "{ran:?}");
}

/// One lamp of five is lit, and two switch at a time: nothing shorter than all states shows that none goes out.
const PARITY: [&str; 2] = [
    "(define (domain lamps) (:requirements :adl) (:predicates (lit ?l))
       (:action switch :parameters (?a ?b) :precondition (not (= ?a ?b))
         :effect (and (when (lit ?a) (not (lit ?a))) (when (not (lit ?a)) (lit ?a))
                      (when (lit ?b) (not (lit ?b))) (when (not (lit ?b)) (lit ?b)))))",
    "(define (problem p) (:domain lamps) (:objects a b c d e) (:init (lit a))
       (:goal (forall (?l) (not (lit ?l)))))",
];

#[test]
fn what_does_not_support_conditional_effects_is_refused_by_name() {
    let desk = desk(PARITY[0], PARITY[1]);
    for options in ["--search astar-cartesian", "--search astar-lmcut --reduction stubborn-sets"] {
        let ran = desk.run(&format!("run domain.pddl problem.pddl {options}"));
        let name = options.rsplit(' ').next().expect("a name");
        assert_eq!(ran.code, Some(2), "{options}: {}", ran.stderr);
        let said = format!("`{name}` does not support conditional effects");
        assert!(ran.stderr.contains(&said) && ran.stderr.contains("hint: "), "{options}: {}", ran.stderr);
    }
    assert_eq!(
        desk.run("run domain.pddl problem.pddl --optimal").code,
        Some(1),
        "all the same for the portfolio"
    );
}

#[test]
fn certificates_are_written_and_checked() {
    let cases = [
        ("relaxed", DOMAIN.to_string(), walled_in(), "(at b left) never holds"),
        (
            "pairs",
            DOMAIN.to_string(),
            PROBLEM.replace("(at b right))", "(at b right) (at b middle))"),
            "together",
        ),
        ("explored", PARITY[0].to_string(), PARITY[1].to_string(), "16 states"),
    ];
    for (kind, domain, problem, why) in cases {
        let desk = desk(domain, problem);
        let ran = desk.run("plan certify domain.pddl problem.pddl -o proof.txt");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{kind}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(kind) && ran.stderr.contains("wrote proof.txt"),
            "{kind}: {}",
            ran.stderr
        );
        let text = desk.read("proof.txt");
        assert_eq!(desk.run("plan certify -q domain.pddl problem.pddl").stdout, text, "{kind}");
        let object =
            desk.run("plan certify --json domain.pddl problem.pddl -o proof.txt").object("certification");
        assert_eq!(
            (&object["kind"], &object["file"], &object["exit"]),
            (&kind.into(), &"proof.txt".into(), &0.into())
        );
        assert_eq!(object["states"].is_null(), kind != "explored", "{object}");
        let ran = desk.run("plan validate domain.pddl problem.pddl proof.txt");
        assert_eq!(ran.code, Some(0), "{kind}: {ran:?}");
        assert!(
            ran.stdout.starts_with("valid certificate: there is no plan: ") && ran.stdout.contains(why),
            "{kind}: {}",
            ran.stdout
        );
        let object = desk.run("plan validate --json domain.pddl problem.pddl proof.txt").object("judgement");
        assert_eq!((&object["valid"], &object["kind"]), (&true.into(), &kind.into()), "{object}");
        let last = text.lines().rev().nth(1).expect("something before `end`");
        let count =
            text.lines().rev().find(|line| line.contains(' ') && !line.starts_with('(')).expect("a count");
        let shorter = text.replacen(&format!("{last}\n"), "", 1);
        desk.file("cut.txt", &shorter);
        let ran = desk.run("plan validate domain.pddl problem.pddl cut.txt");
        assert_eq!(ran.code, Some(2), "{kind}, without a line after {count}: {ran:?}");
    }
    let lamps = desk(PARITY[0], PARITY[1]);
    assert_eq!(lamps.run("plan certify domain.pddl problem.pddl -o proof.txt").code, Some(0));
    let ran = lamps.run("plan validate --budget 1ticks --json domain.pddl problem.pddl proof.txt");
    assert_eq!((ran.code, &ran.object("judgement")["valid"]), (Some(3), &serde_json::Value::Null), "{ran:?}");
}

#[test]
fn certificates_that_prove_nothing_are_refused() {
    let solvable = desk(DOMAIN, PROBLEM);
    let made = desk(DOMAIN, walled_in()).run("plan certify -q domain.pddl problem.pddl").stdout;
    solvable.file("proof.txt", made);
    let ran = solvable.run("plan validate domain.pddl problem.pddl proof.txt");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stdout.starts_with("invalid certificate: nothing that is listed excludes the goal"),
        "{ran:?}"
    );
    let object = solvable.run("plan validate --json domain.pddl problem.pddl proof.txt").object("judgement");
    assert_eq!((&object["valid"], &object["exit"]), (&false.into(), &1.into()));
    solvable.file("plan.txt", PLAN);
    let ran = solvable.run("plan validate --certificate domain.pddl problem.pddl plan.txt");
    assert!(ran.code == Some(2) && ran.stderr.contains("plan.txt:1: not a certificate"), "{ran:?}");
    let ran = solvable.run("plan certify domain.pddl problem.pddl -o new.txt");
    assert_eq!((ran.code, ran.stderr.contains("there is a plan")), (Some(1), true), "{ran:?}");
    assert!(!solvable.names().contains(&"new.txt".to_string()), "nothing to write");
    let lamps = desk(PARITY[0], PARITY[1]);
    let ran = lamps.run("plan certify --max-states 15 domain.pddl problem.pddl");
    assert!(ran.code == Some(3) && ran.stderr.contains("more states than a certificate may list"), "{ran:?}");
    let ran = lamps.run("plan certify --json --budget 2ticks domain.pddl problem.pddl -o new.txt");
    assert_eq!(
        (ran.code, &ran.object("certification")["file"]),
        (Some(3), &serde_json::Value::Null),
        "{ran:?}"
    );
}

/// Lamps in rooms: quantifiers, conditional effects, a derived predicate and a battery.
const LAMPS: &str = "(define (domain lamps) (:requirements :adl :derived-predicates :numeric-fluents)
  (:types room lamp)
  (:predicates (in ?l - lamp ?r - room) (lit ?l - lamp) (wired ?l - lamp ?r - room) (bright ?r - room))
  (:functions (charge) (total-cost))
  (:derived (bright ?r - room) (exists (?l - lamp) (and (in ?l ?r) (lit ?l))))
  (:action flip :parameters (?r - room)
    :precondition (and (>= (charge) 0.5) (or (bright ?r) (exists (?l - lamp) (wired ?l ?r))))
    :effect (and (decrease (charge) 0.5) (increase (total-cost) 1.5)
      (forall (?l - lamp) (and (when (and (wired ?l ?r) (lit ?l)) (not (lit ?l)))
                               (when (and (wired ?l ?r) (not (lit ?l))) (lit ?l))))))
  (:action load :effect (and (assign (charge) 1) (increase (total-cost) 0.25))))";

#[test]
fn quantifiers_derived_predicates_and_numbers_are_planned_with() {
    let problem = |goal: &str| {
        format!(
            "(define (problem p) (:domain lamps) (:objects hall cellar attic - room a b c - lamp)
              (:init (in a hall) (in b cellar) (in c attic) (wired a hall) (wired b hall) (wired b cellar)
                (wired c attic) (lit b) (= (charge) 0) (= (total-cost) 0))
              (:goal {goal}) (:metric minimize (total-cost)))"
        )
    };
    for (name, goal, code, expected) in [
        ("all bright", "(forall (?r - room) (bright ?r))", 0, "; cost = 5 (general cost)"),
        ("one dark", "(exists (?r - room) (and (not (bright ?r)) (imply (lit a) (lit c))))", 0, "; cost = 0"),
        ("a full battery", "(and (bright hall) (> (charge) 0.5))", 0, "; cost = 2"),
        ("more than it holds", "(>= (charge) 1.01)", 1, ""),
    ] {
        let desk = desk(LAMPS, problem(goal));
        let ran = desk.run("run --optimal domain.pddl problem.pddl");
        assert_eq!(ran.code, Some(code), "{name}: {}", ran.stderr);
        assert!(ran.stdout.contains(expected), "{name}: {}{}", ran.stdout, ran.stderr);
        if code == 0 {
            assert_eq!(
                desk.run("run --optimal domain.pddl problem.pddl -o plan.txt").code,
                Some(0),
                "{name}"
            );
            let judged = desk.run("plan validate domain.pddl problem.pddl plan.txt");
            assert_eq!(judged.code, Some(0), "{name}: {}", judged.stdout);
        }
    }
    let metric = problem("(bright hall)").replace("minimize (total-cost)", "minimize (* (charge) (charge))");
    let refused = desk(LAMPS, metric).run("run domain.pddl problem.pddl");
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("the metric cannot be counted as action costs"), "{}", refused.stderr);
}

#[test]
fn a_translated_task_is_text_or_a_file_and_says_how_large_it_is() {
    let desk = desk(DOMAIN, PROBLEM);
    let text = desk.run("plan translate -q domain.pddl problem.pddl").stdout;
    assert!(text.starts_with("begin_version\n3\n") && text.contains("begin_operator\n"), "{text}");
    let ran = desk.run("plan translate --json domain.pddl problem.pddl -o task.sas").object("translation");
    assert_eq!((desk.read("task.sas"), &ran["file"]), (text, &"task.sas".into()));
    assert!(ran["operators"].as_u64() > Some(0), "{ran}");
    let ran = desk.run("plan search task.sas");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), PLAN), "{}", ran.stderr);
    let ran = desk.run("plan search --json --optimal --search astar-lmcut task.sas -o plan.txt");
    let object = ran.object("search");
    assert_eq!(
        (desk.read("plan.txt").as_str(), &object["cost"], &object["optimal"]),
        (PLAN, &2.into(), &true.into())
    );
    assert_eq!(desk.run("plan search --optimal --search lama task.sas").code, Some(2));
    assert_eq!(desk.run("plan search --weight 2 task.sas").code, Some(2));
    for options in
        ["--weight 2 --search astar-lmcut", "--reduction stubborn-sets --search astar-hmax", "--threads 3"]
    {
        let ran = desk.run(&format!("plan search {options} task.sas -o plan.txt"));
        assert_eq!(ran.code, Some(0), "{options}: {}", ran.stderr);
    }
    assert_eq!(desk.run("plan search --budget 1ticks task.sas").code, Some(3));
    let ran = desk.run("plan search domain.pddl");
    assert!(ran.code == Some(2) && ran.stderr.contains("domain.pddl:1: "), "{}", ran.stderr);
    desk.file("problem.pddl", walled_in());
    assert_eq!(desk.run("plan translate domain.pddl problem.pddl -o dead.sas").code, Some(0));
    let ran = desk.run("plan search dead.sas");
    assert!(ran.code == Some(1) && ran.stdout.is_empty() && ran.stderr.contains("unsolvable"), "{ran:?}");
    let ran = desk.run("plan translate --json --budget 1ticks domain.pddl problem.pddl");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.object("translation")["text"].is_null());
}

#[test]
fn who_asks_for_more_is_told_sizes_and_counts() {
    let desk = desk(DOMAIN, PROBLEM);
    let said = desk.run("run -v domain.pddl problem.pddl").stderr;
    for word in ["grounded: ", "landmarks: ", "search: "] {
        assert!(said.lines().any(|line| line.contains(" s  ") && line.contains(word)), "{word}: {said}");
    }
    assert!(!desk.run("run domain.pddl problem.pddl").stderr.contains("grounded: "));
}
