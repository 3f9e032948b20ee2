//! Small tasks with the structure of well-known domains.

/// Name, domain, problem, and the largest share of states in percent that may still be expanded.
pub(super) const ALL: [(&str, &str, &str, u64); 4] = [
    ("satellites", SATELLITES, TWO_SATELLITES, 60),
    ("printers", PRINTERS, FOUR_SHEETS, 40),
    ("stacks", STACKS, FOUR_ORDERS, 95),
    ("trucks", TRUCKS, TWO_CITIES, 70),
];

const SATELLITES: &str = "(define (domain satellites) (:requirements :typing)
(:types satellite direction)
(:predicates (pointing ?s - satellite ?d - direction) (on ?s - satellite) (calibrated ?s - satellite)
  (target ?s - satellite ?d - direction) (image ?d - direction))
(:action turn :parameters (?s - satellite ?to ?from - direction)
  :precondition (pointing ?s ?from) :effect (and (pointing ?s ?to) (not (pointing ?s ?from))))
(:action switch :parameters (?s - satellite)
  :precondition (not (on ?s)) :effect (and (on ?s) (not (calibrated ?s))))
(:action calibrate :parameters (?s - satellite ?d - direction)
  :precondition (and (on ?s) (pointing ?s ?d) (target ?s ?d)) :effect (calibrated ?s))
(:action take :parameters (?s - satellite ?d - direction)
  :precondition (and (calibrated ?s) (pointing ?s ?d)) :effect (image ?d)))";

const TWO_SATELLITES: &str = "(define (problem two) (:domain satellites)
(:objects s1 s2 - satellite d1 d2 d3 d4 - direction)
(:init (pointing s1 d1) (pointing s2 d2) (target s1 d3) (target s2 d4))
(:goal (and (image d1) (image d2) (image d4))))";

/// Sheets pass a feeder, one of two engines and a finisher; moving on costs nothing.
const PRINTERS: &str = "(define (domain printers) (:requirements :typing :action-costs)
(:types sheet engine)
(:predicates (fed ?s - sheet) (in ?s - sheet ?e - engine) (printed ?s - sheet) (stacked ?s - sheet)
  (waiting ?s - sheet) (free ?e - engine))
(:functions (total-cost) - number (price ?e - engine) - number)
(:action feed :parameters (?s - sheet) :precondition (waiting ?s)
  :effect (and (fed ?s) (not (waiting ?s)) (increase (total-cost) 0)))
(:action start :parameters (?s - sheet ?e - engine) :precondition (and (fed ?s) (free ?e))
  :effect (and (in ?s ?e) (not (fed ?s)) (not (free ?e)) (increase (total-cost) (price ?e))))
(:action end :parameters (?s - sheet ?e - engine) :precondition (in ?s ?e)
  :effect (and (printed ?s) (not (in ?s ?e)) (free ?e) (increase (total-cost) 0)))
(:action stack :parameters (?s - sheet) :precondition (printed ?s)
  :effect (and (stacked ?s) (not (printed ?s)) (increase (total-cost) 1))))";

const FOUR_SHEETS: &str = "(define (problem four) (:domain printers)
(:objects s1 s2 s3 s4 - sheet e1 e2 - engine)
(:init (waiting s1) (waiting s2) (waiting s3) (waiting s4) (free e1) (free e2)
  (= (price e1) 2) (= (price e2) 3) (= (total-cost) 0))
(:goal (and (stacked s1) (stacked s2) (stacked s3) (stacked s4))) (:metric minimize (total-cost)))";

const STACKS: &str = "(define (domain stacks) (:requirements :typing :action-costs)
(:types order product level)
(:predicates (waiting ?o - order) (started ?o - order) (shipped ?o - order) (made ?p - product)
  (unmade ?p - product) (part ?p - product ?o ?q - order) (parts ?o - order ?p ?q - product)
  (free ?l - level) (next ?l ?m - level))
(:functions (total-cost) - number)
(:action open :parameters (?l ?m - level) :precondition (and (free ?l) (next ?l ?m))
  :effect (and (free ?m) (not (free ?l)) (increase (total-cost) 1)))
(:action begin :parameters (?o - order ?l ?m - level)
  :precondition (and (waiting ?o) (free ?l) (next ?m ?l))
  :effect (and (started ?o) (not (waiting ?o)) (free ?m) (not (free ?l)) (increase (total-cost) 0)))
(:action make :parameters (?p - product ?o ?q - order)
  :precondition (and (unmade ?p) (part ?p ?o ?q) (started ?o) (started ?q))
  :effect (and (made ?p) (not (unmade ?p)) (increase (total-cost) 0)))
(:action ship :parameters (?o - order ?p ?q - product ?l ?m - level)
  :precondition (and (started ?o) (parts ?o ?p ?q) (made ?p) (made ?q) (free ?l) (next ?l ?m))
  :effect (and (shipped ?o) (not (started ?o)) (free ?m) (not (free ?l)) (increase (total-cost) 0))))";

const FOUR_ORDERS: &str = "(define (problem four) (:domain stacks)
(:objects o1 o2 o3 o4 - order p1 p2 p3 p4 - product n0 n1 n2 n3 n4 - level)
(:init (waiting o1) (waiting o2) (waiting o3) (waiting o4) (unmade p1) (unmade p2) (unmade p3) (unmade p4)
  (part p1 o1 o2) (part p2 o2 o3) (part p3 o3 o4) (part p4 o1 o4)
  (parts o1 p1 p4) (parts o2 p1 p2) (parts o3 p2 p3) (parts o4 p3 p4)
  (free n0) (next n0 n1) (next n1 n2) (next n2 n3) (next n3 n4) (= (total-cost) 0))
(:goal (and (shipped o1) (shipped o2) (shipped o3) (shipped o4))) (:metric minimize (total-cost)))";

const TRUCKS: &str = "(define (domain trucks) (:requirements :typing)
(:types place truck parcel)
(:predicates (at ?t - truck ?p - place) (road ?t - truck ?p - place) (lies ?x - parcel ?p - place)
  (in ?x - parcel ?t - truck))
(:action drive :parameters (?t - truck ?from ?to - place)
  :precondition (and (at ?t ?from) (road ?t ?from) (road ?t ?to)) :effect (and (at ?t ?to) (not (at ?t ?from))))
(:action load :parameters (?x - parcel ?t - truck ?p - place)
  :precondition (and (lies ?x ?p) (at ?t ?p)) :effect (and (in ?x ?t) (not (lies ?x ?p))))
(:action unload :parameters (?x - parcel ?t - truck ?p - place)
  :precondition (and (in ?x ?t) (at ?t ?p)) :effect (and (lies ?x ?p) (not (in ?x ?t)))))";

const TWO_CITIES: &str = "(define (problem two) (:domain trucks)
(:objects a1 a2 a3 b1 b2 b3 - place ta tb - truck x1 x2 x3 x4 - parcel)
(:init (road ta a1) (road ta a2) (road ta a3) (road tb b1) (road tb b2) (road tb b3) (at ta a1) (at tb b1)
  (lies x1 a1) (lies x2 a2) (lies x3 b1) (lies x4 b2))
(:goal (and (lies x1 a3) (lies x2 a1) (lies x3 b3) (lies x4 b1))))";
