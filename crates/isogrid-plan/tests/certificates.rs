//! Certificates exist for what the literal planner finds unsolvable, are accepted there, and nowhere else.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod random;

use std::ops::ControlFlow;

use isogrid_core::{Cancel, Ctx, Limit, Reason, Stop};
use isogrid_num::rng::Rng;
use isogrid_plan::PlanError;
use isogrid_plan::certificate::{
    Certificate, Certification, CertifyOptions, Proof, StateKind, certify, parse_certificate,
};
use isogrid_plan::generate::{ScrambledOptions, scrambled};
use isogrid_plan::pddl::{
    Atom, Change, Domain, Formula, GroundAtom, Literal, Problem, Term, parse_domain, parse_problem,
};
use isogrid_plan::reference;
use isogrid_plan::validate::{Judgement, Refusal, check_certificate};
use random::{Language, lively_task, random_task};

const MAX_STATES: usize = 20_000;

fn make(domain: &Domain, problem: &Problem) -> Certification {
    match certify(&Ctx::new(0), domain, problem, &CertifyOptions::default()) {
        ControlFlow::Continue(made) => made,
        ControlFlow::Break(stop) => panic!("{stop}"),
    }
}

fn judge(domain: &Domain, problem: &Problem, certificate: &Certificate) -> Judgement {
    check_certificate(&Ctx::new(0), domain, problem, certificate)
}

/// More with `ISOGRID_HUNT=N`.
fn tasks() -> Vec<(Domain, Problem)> {
    let n = std::env::var("ISOGRID_HUNT").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let strips = (0..n).map(|seed| random_task(seed, Language::Strips));
    let adl = (1000..1000 + n).map(lively_task);
    let no_numbers = (50_000..50_000 + n).map(|seed| without_numbers(lively_task(seed)));
    let opaque = (0..3).map(|seed| scrambled(seed, &ScrambledOptions { bits: 5, degree: 2 }));
    strips.chain(adl).chain(no_numbers).chain(opaque).collect()
}

/// The same where every comparison of numbers holds.
fn without_numbers((mut domain, mut problem): (Domain, Problem)) -> (Domain, Problem) {
    fn strip(formula: &mut Formula) {
        match formula {
            Formula::Compare(_) => *formula = Formula::TRUE,
            Formula::And(parts) | Formula::Or(parts) => parts.iter_mut().for_each(strip),
            Formula::Forall(_, body) | Formula::Exists(_, body) => strip(body),
            Formula::Literal(_) => {}
        }
    }
    for action in &mut domain.actions {
        strip(&mut action.precondition);
        action.effects.iter_mut().for_each(|effect| strip(&mut effect.condition));
        action.effects.retain(|effect| !matches!(effect.change, Change::Number { function: 1, .. }));
    }
    domain.axioms.iter_mut().for_each(|axiom| strip(&mut axiom.condition));
    strip(&mut problem.goal);
    (domain, problem)
}

/// The same with less to begin with or to do; often there is no plan then.
fn lamed((domain, problem): &(Domain, Problem), rng: &mut Rng) -> (Domain, Problem) {
    let (mut domain, mut problem) = (domain.clone(), problem.clone());
    if rng.chance(0.4) {
        let (atoms, _) = reference::relaxed_reachable(&domain, &problem);
        // The first three predicates are those that actions change.
        let atoms: Vec<&GroundAtom> = atoms.iter().filter(|atom| atom.predicate < 3).collect();
        let literal = |atom: &&GroundAtom| {
            let terms = atom.args.iter().map(|&arg| Term::Object(arg)).collect();
            Literal { negated: false, atom: Atom::Predicate(atom.predicate, terms) }
        };
        let two = (0..2).filter_map(|_| rng.index(atoms.len()).map(|at| literal(&atoms[at])));
        problem.goal = two.collect::<Vec<Literal>>().into();
    } else if rng.chance(0.5)
        && let Some(at) = rng.index(domain.actions.len())
    {
        domain.actions.remove(at);
    } else if let Some(at) = rng.index(problem.init.len()) {
        problem.init.remove(at);
    }
    (domain, problem)
}

#[test]
fn what_has_no_plan_has_a_certificate_that_is_accepted() {
    let mut kinds = [0; 4];
    let mut rng = Rng::new(3, 0);
    for task in tasks() {
        for (domain, problem) in [lamed(&task, &mut rng), lamed(&task, &mut rng), task] {
            let name = &problem.name;
            let is_solvable = reference::optimal_plan(&domain, &problem, MAX_STATES).is_some();
            match make(&domain, &problem) {
                Certification::Certified(certificate) => {
                    assert!(!is_solvable, "{name}: {certificate:?}");
                    let judgement = judge(&domain, &problem, &certificate);
                    assert!(judgement.is_valid(), "{name}: {judgement:?}");
                    let text = certificate.text();
                    assert_eq!(parse_certificate("own", text.as_bytes()).unwrap(), certificate, "{name}");
                    kinds[["relaxed", "pairs", "explored"]
                        .iter()
                        .position(|kind| *kind == certificate.proof.kind())
                        .unwrap()] += 1;
                }
                Certification::Solvable => assert!(is_solvable, "{name}"),
                Certification::Numbers { function } => {
                    assert!(["n", "m"].contains(&function.as_str()), "{name}: {function}");
                    kinds[3] += 1;
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert!(kinds.iter().all(|&n| n >= 5), "relaxed, pairs, explored, numbers: {kinds:?}");
}

/// Certificates of a problem without a plan, and things close to them, are refused where there is one.
#[test]
fn no_certificate_is_accepted_where_there_is_a_plan() {
    let mut tried = 0;
    let mut rng = Rng::new(4, 0);
    for task in tasks() {
        let (domain, problem) = &task;
        if reference::optimal_plan(domain, problem, MAX_STATES).is_none() {
            continue;
        }
        for _ in 0..6 {
            let (lame_domain, mut lame_problem) = lamed(&task, &mut rng);
            if rng.chance(0.3) {
                lame_problem.goal = problem.goal.clone();
            }
            let Certification::Certified(certificate) = make(&lame_domain, &lame_problem) else { continue };
            for _ in 0..30 {
                let judgement = judge(domain, problem, &certificate);
                assert!(!judgement.is_valid(), "{}: {certificate:?}", problem.name);
                let text = corrupted(&certificate.text(), &mut rng);
                if let Ok(certificate) = parse_certificate("corrupted", text.as_bytes()) {
                    let judgement = judge(domain, problem, &certificate);
                    assert!(!judgement.is_valid(), "{}: {text}", problem.name);
                }
                let changed = changed(&certificate, &mut rng);
                let judgement = judge(domain, problem, &changed);
                assert!(!judgement.is_valid(), "{}: {changed:?}", problem.name);
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}

/// One line is left out, doubled, moved or changed in one letter.
fn corrupted(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let at = rng.index(lines.len()).unwrap();
    match rng.below(4) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(at, lines[at].clone()),
        2 => {
            let to = rng.index(lines.len()).unwrap();
            lines.swap(at, to);
        }
        _ => {
            let letters = b"0123456789abcdef() pqrst";
            let letter = letters[rng.index(letters.len()).unwrap()];
            let mut bytes = lines[at].clone().into_bytes();
            if let Some(place) = rng.index(bytes.len()) {
                bytes[place] = letter;
            }
            lines[at] = String::from_utf8(bytes).unwrap();
        }
    }
    lines.join("\n")
}

/// One claim more or less.
fn changed(certificate: &Certificate, rng: &mut Rng) -> Certificate {
    let mut changed = certificate.clone();
    let atom = rng.index(changed.atoms.len());
    match (&mut changed.proof, atom) {
        (Proof::Relaxed, Some(atom)) => {
            changed.atoms.remove(atom);
        }
        (Proof::Pairs { apart }, Some(atom)) => match rng.index(apart.len()) {
            Some(group) if rng.chance(0.5) => {
                apart[group].push(atom as u32);
                apart[group].sort_unstable();
                apart[group].dedup();
            }
            Some(group) => {
                apart.remove(group);
            }
            None => {}
        },
        (Proof::Explored { states }, atom) => match (rng.index(states.len()), atom) {
            (Some(at), _) if rng.chance(0.3) => states[at].kind = StateKind::Dead,
            (Some(at), Some(atom)) if rng.chance(0.5) => states[at].holds[atom / 64] ^= 1 << (atom % 64),
            (Some(at), _) => {
                states.remove(at);
            }
            _ => {}
        },
        _ => {}
    }
    changed
}

fn parsed(domain: &str, problem: &str) -> (Domain, Problem) {
    let (domain, _) = parse_domain("domain", domain.as_bytes()).unwrap();
    let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).unwrap();
    (domain, problem)
}

const CORRIDOR: &str = "(define (domain corridor) (:requirements :adl) (:types robot box - thing room)
    (:predicates (at ?t - thing ?r - room) (next ?a ?b - room) (dusty ?r - room))
    (:action go :parameters (?x - robot ?a ?b - room) :precondition (and (at ?x ?a) (next ?a ?b))
      :effect (and (at ?x ?b) (not (at ?x ?a)) (dusty ?b)))
    (:action push :parameters (?x - robot ?y - box ?a ?b - room)
      :precondition (and (at ?x ?a) (at ?y ?a) (next ?a ?b))
      :effect (and (at ?x ?b) (at ?y ?b) (not (at ?x ?a)) (not (at ?y ?a)))))";

fn corridor(goal: &str) -> (Domain, Problem) {
    parsed(
        CORRIDOR,
        &format!(
            "(define (problem p) (:domain corridor) (:objects r - robot b - box left middle right far - room)
             (:init (at r left) (at b middle) (next left middle) (next middle right) (next middle left)) (:goal {goal}))"
        ),
    )
}

/// Two of five lamps switch at a time: with one lit, never all or none are.
fn lamps() -> (Domain, Problem) {
    parsed(
        "(define (domain lamps) (:requirements :adl) (:predicates (lit ?l))
           (:action switch :parameters (?a ?b) :precondition (not (= ?a ?b))
             :effect (and (when (lit ?a) (not (lit ?a))) (when (not (lit ?a)) (lit ?a))
                          (when (lit ?b) (not (lit ?b))) (when (not (lit ?b)) (lit ?b)))))",
        "(define (problem p) (:domain lamps) (:objects a b c d e) (:init (lit a))
           (:goal (and (not (lit a)) (not (lit b)) (not (lit c)) (not (lit d)) (not (lit e)))))",
    )
}

#[test]
fn planted_tasks_get_the_kind_that_they_need() {
    let sokoban = corridor("(and (at b right) (at r left))");
    let cases = [
        ("out of reach", corridor("(at r far)"), "relaxed", "(at r far) never holds"),
        ("two places", corridor("(and (at r left) (at r right))"), "pairs", "never hold together"),
        (
            "a quantified goal",
            corridor("(forall (?r - room) (at b ?r))"),
            "relaxed",
            "(at b ?r)) never holds",
        ),
        (
            "a negated goal",
            corridor("(and (not (at b middle)) (not (at b left)) (at b middle))"),
            "relaxed",
            "",
        ),
        ("parity", lamps(), "explored", "16 states"),
        ("no way back", sokoban, "pairs", "never hold together"),
    ];
    for (name, (domain, problem), kind, why) in cases {
        let Certification::Certified(certificate) = make(&domain, &problem) else { panic!("{name}") };
        assert_eq!(certificate.proof.kind(), kind, "{name}");
        match judge(&domain, &problem, &certificate) {
            Judgement::Valid(how) => assert!(how.contains(why), "{name}: {how}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn dead_ends_are_cut_off_where_there_are_many_states() {
    // The coin buys one half of the goal; what is left of the shop then are 512 states each, all dead.
    let goods: String = (0..9).map(|at| format!(" g{at}")).collect();
    let stock: String = (0..9).map(|at| format!(" (stock g{at})")).collect();
    let (domain, problem) = parsed(
        "(define (domain shop) (:predicates (coin) (spent) (stock ?g) (have ?g) (fed) (full) (both))
           (:action spend :precondition (coin) :effect (and (not (coin)) (spent) (fed)))
           (:action spend-else :precondition (coin) :effect (and (not (coin)) (spent) (full)))
           (:action end :precondition (and (fed) (full)) :effect (both))
           (:action take :parameters (?g) :precondition (and (spent) (stock ?g))
             :effect (and (have ?g) (not (stock ?g)))))",
        &format!(
            "(define (problem p) (:domain shop) (:objects{goods}) (:init (coin){stock}) (:goal (both)))"
        ),
    );
    // Pairs settle this one: it is made without their ticks.
    let options = |max_states| CertifyOptions { max_states, pair_ticks: 0 };
    let made = |max_states| match certify(&Ctx::new(0), &domain, &problem, &options(max_states)) {
        ControlFlow::Continue(made) => made,
        ControlFlow::Break(stop) => panic!("{stop}"),
    };
    let Certification::Certified(all) = made(100_000) else { panic!("1025 states are few") };
    let Certification::Certified(cut) = made(100) else { panic!("nearly all of them are dead") };
    let count = |certificate: &Certificate| match &certificate.proof {
        Proof::Explored { states } => {
            (states.len(), states.iter().filter(|state| state.kind == StateKind::Dead).count())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((count(&all), count(&cut)), ((1025, 0), (3, 2)));
    assert!(judge(&domain, &problem, &cut).is_valid());
    assert_eq!(made(2), Certification::BeyondStates);
    assert!(matches!(make(&domain, &problem), Certification::Certified(c) if c.proof.kind() == "pairs"));
}

const RELAXED: &str = "isogrid certificate 1\nkind relaxed\natoms 8\n(at r left)\n(at r middle)\n(at r right)\n\
    (at b middle)\n(at b left)\n(at b right)\n(dusty left)\n(dusty middle)\n";

#[test]
fn refusals_name_what_is_wrong() {
    let cases: [(&str, &str, String, &str); 9] = [
        (
            "not closed",
            "(at r far)",
            format!("{RELAXED}end"),
            "(go r middle right) reaches (dusty right), which is not listed",
        ),
        (
            "a goal that is listed",
            "(at r right)",
            RELAXED.replace("atoms 8", "atoms 9") + "(dusty right)\nend\n",
            "nothing that is listed excludes the goal",
        ),
        (
            "a static atom",
            "(at r far)",
            RELAXED.replace("(dusty left)", "(next left far)") + "end",
            "(next left far) is listed, but nothing changes its predicate",
        ),
        ("an unknown object", "(at r far)", RELAXED.replace("b left", "b lift") + "end", "(at b lift) is not an atom"),
        ("an atom twice", "(at r far)", RELAXED.replace("b left", "b middle") + "end", "(at b middle) is listed twice"),
        (
            "a missing atom",
            "(at r far)",
            RELAXED.replace("(at b middle)", "(at b far)") + "end",
            "(at b middle) holds at first and is not listed",
        ),
        (
            "a pair that comes together",
            "(and (at r right) (at b right))",
            RELAXED.replace("relaxed\natoms 8", "pairs\natoms 9") + "(dusty right)\napart 1\n2 5\nend\n",
            "(go r middle right) may make (at r right) and (at b right) true together, which are put apart",
        ),
        (
            "a pair that holds at first",
            "(and (at r right) (at b right))",
            RELAXED.replace("relaxed\natoms 8", "pairs\natoms 9") + "(dusty right)\napart 1\n0 3\nend\n",
            "(at r left) and (at b middle) hold together at first",
        ),
        (
            "a state that is left",
            "(at b left)",
            "isogrid certificate 1\nkind explored\natoms 2\n(at r left)\n(at b middle)\nstates 1\nopen 3\nend\n".into(),
            "(go r left middle) leads from state 1 to a state that is not listed",
        ),
    ];
    for (name, goal, text, expected) in cases {
        let (domain, problem) = corridor(goal);
        let certificate = parse_certificate("proof", text.as_bytes()).unwrap();
        let Judgement::Invalid(refusal) = judge(&domain, &problem, &certificate) else { panic!("{name}") };
        assert!(refusal.to_string().contains(expected), "{name}: {refusal}");
    }
    let (domain, problem) = corridor("(at b left)");
    let explored = |states: &str| {
        let text = format!(
            "isogrid certificate 1\nkind explored\natoms 2\n(at r left)\n(at b middle)\n{states}end\n"
        );
        judge(&domain, &problem, &parse_certificate("proof", text.as_bytes()).unwrap())
    };
    assert_eq!(explored("states 0\n"), Judgement::Invalid(Refusal::NoInitialState));
    assert_eq!(explored("states 1\ndead 3\n"), Judgement::Invalid(Refusal::NotDead { state: 1 }));
}

#[test]
fn bad_texts_are_refused_with_their_line() {
    let cases: [(&str, &[u8], &str); 15] = [
        ("empty", b"", "proof:1: it ends here, expected the header"),
        ("a plan", b"(go a b)\n", "proof:1: not a certificate"),
        ("another version", b"isogrid certificate 2\n", "proof:1: version `2`, expected 1"),
        ("no kind", b"isogrid certificate 1\natoms 0\n", "proof:2: `atoms 0`, expected `kind ...`"),
        ("another kind", b"isogrid certificate 1\nkind odd\n", "proof:2: kind `odd`"),
        (
            "no number",
            b"isogrid certificate 1\nkind relaxed\natoms x\n",
            "proof:3: `x` is not a number of atoms",
        ),
        (
            "a huge number",
            b"isogrid certificate 1\nkind relaxed\natoms 18446744073709551615\n",
            "proof:4: it ends here",
        ),
        (
            "no atom",
            b"isogrid certificate 1\nkind relaxed\natoms 1\nat a\n",
            "proof:4: `at a`, expected an atom",
        ),
        ("half an atom", b"isogrid certificate 1\nkind relaxed\natoms 1\n(at  a)\n", "proof:4"),
        (
            "no end",
            b"isogrid certificate 1\nkind relaxed\natoms 0\n",
            "proof:4: it ends here, expected `end`",
        ),
        ("more", b"isogrid certificate 1\nkind relaxed\natoms 0\nend\n(x)\n", "more after `end`"),
        (
            "a place beyond",
            b"isogrid certificate 1\nkind pairs\natoms 1\n(a)\napart 1\n0 1\nend\n",
            "proof:6: `1`",
        ),
        (
            "not ascending",
            b"isogrid certificate 1\nkind pairs\natoms 2\n(a)\n(b)\napart 1\n1 0\nend\n",
            "ascending",
        ),
        (
            "digits",
            b"isogrid certificate 1\nkind explored\natoms 1\n(a)\nstates 1\nopen 2\nend\n",
            "more than the 1 atoms",
        ),
        ("bytes", b"isogrid certificate 1\n\xff", "proof:2: not UTF-8"),
    ];
    for (name, text, expected) in cases {
        match parse_certificate("proof", text) {
            Err(error @ PlanError::BadCertificate { .. }) => {
                assert!(error.to_string().contains(expected), "{name}: {error}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let windows = RELAXED.replace('\n', "\r\n").to_uppercase();
    let windows =
        windows.replace("ISOGRID CERTIFICATE", "isogrid certificate").replace("KIND RELAXED", "kind relaxed");
    let windows = windows.replace("ATOMS", "atoms") + "end\r\n\r\n";
    let unix = parse_certificate("proof", format!("{RELAXED}end").as_bytes()).unwrap();
    assert_eq!(parse_certificate("proof", windows.as_bytes()).unwrap(), unix);
}

#[test]
fn limits_stop_making_and_checking() {
    let (domain, problem) = lamps();
    let Certification::Certified(certificate) = make(&domain, &problem) else { panic!("parity") };
    let ctx = Ctx::new(0).with_tick_limit(3);
    assert_eq!(
        check_certificate(&ctx, &domain, &problem, &certificate),
        Judgement::Stopped(Stop::Budget(Limit::Ticks))
    );
    let stopped = certify(&Ctx::new(0).with_tick_limit(3), &domain, &problem, &CertifyOptions::default());
    assert_eq!(stopped, ControlFlow::Break(Stop::Budget(Limit::Ticks)));
    let cancel = Cancel::default();
    cancel.cancel(Reason::Interrupt);
    let ctx = Ctx::new(0).with_cancel(cancel);
    assert_eq!(check_certificate(&ctx, &domain, &problem, &certificate), Judgement::Stopped(Stop::Cancelled));
    assert_eq!(
        certify(&ctx, &domain, &problem, &CertifyOptions::default()),
        ControlFlow::Break(Stop::Cancelled)
    );
}

#[test]
fn mutex_groups_do_where_all_pairs_take_too_long() {
    let (domain, problem) = corridor("(and (at r left) (at r right))");
    let mut kinds = Vec::new();
    // So few ticks that all pairs are not tried to the end, and the few mutex groups are.
    for pair_ticks in 0..200 {
        let options = CertifyOptions { pair_ticks, max_states: 1 };
        let ControlFlow::Continue(made) = certify(&Ctx::new(0), &domain, &problem, &options) else {
            panic!("there is no limit but that on pairs");
        };
        if let Certification::Certified(certificate) = &made {
            assert!(judge(&domain, &problem, certificate).is_valid(), "{pair_ticks}: {certificate:?}");
            kinds.push(certificate.proof.kind());
        }
    }
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == "pairs"), "{kinds:?}");
}

#[test]
fn numbers_that_change_are_looked_through_or_named() {
    let tank = |goal: &str| {
        parsed(
            "(define (domain tank) (:requirements :adl :numeric-fluents) (:predicates (open) (wet) (dry))
               (:functions (level) (limit))
               (:action fill :precondition (and (open) (< (level) (limit)))
                 :effect (and (increase (level) 1) (wet) (not (dry)))))",
            &format!(
                "(define (problem p) (:domain tank) (:init (open) (dry) (= (level) 0) (= (limit) 3)) (:goal {goal}))"
            ),
        )
    };
    for (goal, kind) in [
        ("(and (wet) (not (open)))", None),
        ("(and (wet) (dry))", Some("pairs")),
        ("(and (wet) (> (limit) 3))", Some("relaxed")),
        ("(> (level) 3)", None),
    ] {
        let (domain, problem) = tank(goal);
        match (make(&domain, &problem), kind) {
            (Certification::Certified(certificate), Some(kind)) => {
                assert_eq!(certificate.proof.kind(), kind, "{goal}");
                assert!(judge(&domain, &problem, &certificate).is_valid(), "{goal}");
            }
            (Certification::Certified(certificate), None) if goal.contains("not") => {
                assert!(judge(&domain, &problem, &certificate).is_valid(), "{goal}: nothing closes it");
            }
            (Certification::Numbers { function }, None) => assert_eq!(function, "level", "{goal}"),
            (other, _) => panic!("{goal}: {other:?}"),
        }
    }
    let (domain, problem) = tank("(> (level) 3)");
    let text = b"isogrid certificate 1\nkind explored\natoms 0\nstates 0\nend\n";
    let judgement = judge(&domain, &problem, &parse_certificate("proof", text).unwrap());
    assert_eq!(judgement, Judgement::Numbers { function: "level".to_string() });
}
