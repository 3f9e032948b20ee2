//! Any bytes as a certificate: no panic, what reads is written and read back the same, and the checker, within a tick
//! budget, accepts none for a problem that has a plan.

#![no_main]

use isogrid_core::Ctx;
use isogrid_plan::certificate::parse_certificate;
use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::validate::check_certificate;

const DOMAIN: &[u8] = b"(define (domain d) (:requirements :adl) (:predicates (p ?x) (q ?x) (r))
    (:action a :parameters (?x) :precondition (p ?x) :effect (and (q ?x) (not (p ?x))))
    (:action b :parameters (?x) :precondition (q ?x) :effect (and (r) (when (p ?x) (not (q ?x))))))";
const PROBLEM: &[u8] =
    b"(define (problem p) (:domain d) (:objects x y) (:init (p x) (p y)) (:goal (and (r) (not (p x)))))";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(certificate) = parse_certificate("certificate", bytes) else { return };
    let text = certificate.text();
    assert_eq!(parse_certificate("written", text.as_bytes()).expect("own text"), certificate);
    let (domain, _) = parse_domain("domain", DOMAIN).expect("our own domain");
    let (problem, _) = parse_problem("problem", PROBLEM, &domain).expect("our own problem");
    let ctx = Ctx::new(1).with_tick_limit(20_000);
    assert!(!check_certificate(&ctx, &domain, &problem, &certificate).is_valid());
});
