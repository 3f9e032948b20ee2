//! Planning problems small enough to read, and one that keeps a planner busy.

use std::fmt::Write;

/// Robots that push boxes along a corridor.
pub const DOMAIN: &str = "\
(define (domain corridor)
  (:requirements :strips :typing)
  (:types robot box - thing room)
  (:predicates (at ?t - thing ?r - room) (next ?a ?b - room))
  (:action go
    :parameters (?x - robot ?a ?b - room)
    :precondition (and (at ?x ?a) (next ?a ?b))
    :effect (and (at ?x ?b) (not (at ?x ?a))))
  (:action push
    :parameters (?x - robot ?y - box ?a ?b - room)
    :precondition (and (at ?x ?a) (at ?y ?a) (next ?a ?b))
    :effect (and (at ?x ?b) (at ?y ?b) (not (at ?x ?a)) (not (at ?y ?a)))))
";

/// Two steps solve it.
pub const PROBLEM: &str = "\
(define (problem two-rooms)
  (:domain corridor)
  (:objects r - robot b - box left middle right - room)
  (:init (at r left) (at b middle) (next left middle) (next middle right))
  (:goal (and (at b right))))
";

/// The plan of [`PROBLEM`].
pub const PLAN: &str = "(go r left middle)\n(push r b middle right)\n; cost = 2 (unit cost)\n";

/// A problem of [`DOMAIN`] whose first plan comes at once and whose best one nobody proves in an hour.
pub fn many_boxes() -> String {
    let (n_rooms, n_boxes) = (20, 14);
    let (mut objects, mut init, mut goal) =
        (String::from("r - robot"), String::from("(at r m1)"), String::new());
    for room in 1..=n_rooms {
        let _ = write!(objects, " m{room} - room");
        if room < n_rooms {
            let _ = write!(init, "(next m{room} m{0})(next m{0} m{room})", room + 1);
        }
    }
    for b in 1..=n_boxes {
        let _ = write!(objects, " b{b} - box");
        let _ = write!(init, "(at b{b} m{})", b * 7 % n_rooms + 1);
        let _ = write!(goal, "(at b{b} m{})", b * 11 % n_rooms + 1);
    }
    format!(
        "(define (problem many-boxes) (:domain corridor) (:objects {objects})
           (:init {init}) (:goal (and {goal})))"
    )
}

/// Hanoi with `n` discs: a first plan comes soon, an optimal one takes `2^n - 1` steps.
pub fn hanoi(n: usize) -> (String, String) {
    let domain = "(define (domain hanoi) (:predicates (clear ?x) (on ?x ?y) (smaller ?x ?y))
      (:action move :parameters (?disc ?from ?to)
        :precondition (and (smaller ?to ?disc) (on ?disc ?from) (clear ?disc) (clear ?to))
        :effect (and (clear ?from) (on ?disc ?to) (not (on ?disc ?from)) (not (clear ?to)))))";
    let (mut objects, mut init, mut goal) = (String::from("p1 p2 p3"), String::new(), String::new());
    for disc in 1..=n {
        let _ = write!(objects, " d{disc}");
        (1..=3).for_each(|peg| _ = write!(init, "(smaller p{peg} d{disc})"));
        (disc + 1..=n).for_each(|below| _ = write!(init, "(smaller d{below} d{disc})"));
        let below = disc + 1;
        let on = if disc == n { String::from("p") } else { format!("d{below}") };
        let _ = write!(init, "(on d{disc} {on}{})", if disc == n { "1" } else { "" });
        let _ = write!(goal, "(on d{disc} {on}{})", if disc == n { "3" } else { "" });
    }
    let problem = format!(
        "(define (problem hanoi-{n}) (:domain hanoi) (:objects {objects})
           (:init (clear d1) (clear p2) (clear p3) {init}) (:goal (and {goal})))"
    );
    (domain.to_string(), problem)
}
