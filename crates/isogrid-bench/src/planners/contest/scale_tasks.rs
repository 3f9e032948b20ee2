//! Four families of tasks of any size, for curves: the facts of blocks and logistics grow with the square of the size,
//! those of a grid and of gripper with the text.
//!
//! Written here and not by the generators of the instances, whose Python would be slower than what is measured.

use isogrid_num::hash::hash_words;

use crate::planners::pair::Pair;

/// A family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Blocks to be put into one tower; n blocks.
    Blocks,
    /// n cities of four places, four parcels a city, an airplane for four cities.
    Logistics,
    /// A grid of n by n cells, all to be visited.
    Visit,
    /// n balls to be carried into another room.
    Gripper,
}

pub(super) const FAMILIES: [Family; 4] = [Family::Blocks, Family::Logistics, Family::Visit, Family::Gripper];

impl Family {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Family::Blocks => "blocks",
            Family::Logistics => "logistics",
            Family::Visit => "visitall",
            Family::Gripper => "gripper",
        }
    }

    /// Sizes, each with about twice the facts of the one before, to beyond ten million.
    pub fn sizes(self) -> Vec<usize> {
        let (first, factor, n) = match self {
            Family::Blocks => (40, 2f64.sqrt(), 14),
            Family::Logistics => (8, 2f64.sqrt(), 15),
            Family::Visit => (30, 2f64.sqrt(), 14),
            Family::Gripper => (500, 2.0, 14),
        };
        (0..n).map(|rung| (f64::from(first) * factor.powi(rung)).round() as usize).collect()
    }

    /// The task of a size.
    pub fn pair(self, n: usize) -> Pair {
        let (domain, problem) = match self {
            Family::Blocks => (BLOCKS, blocks(n)),
            Family::Logistics => (LOGISTICS, logistics(n)),
            Family::Visit => (VISIT, visit(n)),
            Family::Gripper => (GRIPPER, gripper(n)),
        };
        Pair::new(self.name(), &format!("{}-{n}", self.name()), domain.into(), problem.into_bytes())
    }
}

/// A number below `n` that `seed` and `at` decide.
fn pick(seed: u64, at: usize, n: usize) -> usize {
    (hash_words(&[seed, at as u64]) % n.max(1) as u64) as usize
}

const BLOCKS: &str = "(define (domain towers) (:requirements :strips)
(:predicates (on ?x ?y) (on-table ?x) (clear ?x) (free) (holding ?x))
(:action take :parameters (?x) :precondition (and (clear ?x) (on-table ?x) (free))
 :effect (and (not (on-table ?x)) (not (clear ?x)) (not (free)) (holding ?x)))
(:action drop :parameters (?x) :precondition (holding ?x)
 :effect (and (not (holding ?x)) (clear ?x) (free) (on-table ?x)))
(:action put :parameters (?x ?y) :precondition (and (holding ?x) (clear ?y))
 :effect (and (not (holding ?x)) (not (clear ?y)) (clear ?x) (free) (on ?x ?y)))
(:action lift :parameters (?x ?y) :precondition (and (on ?x ?y) (clear ?x) (free))
 :effect (and (holding ?x) (clear ?y) (not (clear ?x)) (not (free)) (not (on ?x ?y)))))";

fn blocks(n: usize) -> String {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&block| pick(1, block, usize::MAX));
    let mut text = String::from("(define (problem p) (:domain towers)\n(:objects");
    (0..n).for_each(|block| text += &format!(" b{block}"));
    text += ")\n(:init (free)";
    for (at, block) in order.iter().enumerate() {
        // Towers of about four.
        match at % 4 {
            0 => text += &format!(" (on-table b{block})"),
            _ => text += &format!(" (on b{block} b{})", order[at - 1]),
        }
        if at % 4 == 3 || at + 1 == n {
            text += &format!(" (clear b{block})");
        }
    }
    text += ")\n(:goal (and";
    (1..n).for_each(|block| text += &format!(" (on b{block} b{})", block - 1));
    text + ")))\n"
}

const LOGISTICS: &str = "(define (domain post) (:requirements :strips :typing)
(:types place city thing - object parcel vehicle - thing truck airplane - vehicle airport - place)
(:predicates (at ?t - thing ?p - place) (in ?p - parcel ?v - vehicle) (of ?p - place ?c - city))
(:action load :parameters (?x - parcel ?v - vehicle ?p - place)
 :precondition (and (at ?x ?p) (at ?v ?p)) :effect (and (not (at ?x ?p)) (in ?x ?v)))
(:action unload :parameters (?x - parcel ?v - vehicle ?p - place)
 :precondition (and (in ?x ?v) (at ?v ?p)) :effect (and (not (in ?x ?v)) (at ?x ?p)))
(:action drive :parameters (?t - truck ?a ?b - place ?c - city)
 :precondition (and (at ?t ?a) (of ?a ?c) (of ?b ?c)) :effect (and (not (at ?t ?a)) (at ?t ?b)))
(:action fly :parameters (?v - airplane ?a ?b - airport)
 :precondition (at ?v ?a) :effect (and (not (at ?v ?a)) (at ?v ?b))))";

fn logistics(n: usize) -> String {
    let parcels = 4 * n;
    let place = |at: usize| format!("{}{}-{}", if at.is_multiple_of(4) { "a" } else { "p" }, at / 4, at % 4);
    let airport = |city: usize| place(4 * city);
    let planes = n.div_ceil(4);
    let mut text = String::from("(define (problem p) (:domain post)\n(:objects");
    for city in 0..n {
        text += &format!(" c{city} - city t{city} - truck {} - airport", airport(city));
        (1..4).for_each(|at| text += &format!(" {} - place", place(4 * city + at)));
    }
    (0..planes).for_each(|plane| text += &format!(" v{plane} - airplane"));
    (0..parcels).for_each(|parcel| text += &format!(" x{parcel} - parcel"));
    text += ")\n(:init";
    for city in 0..n {
        text += &format!(" (at t{city} {})", place(4 * city + pick(2, city, 4)));
        (0..4).for_each(|at| text += &format!(" (of {} c{city})", place(4 * city + at)));
    }
    (0..planes).for_each(|plane| text += &format!(" (at v{plane} {})", airport(pick(3, plane, n))));
    (0..parcels).for_each(|parcel| text += &format!(" (at x{parcel} {})", place(pick(4, parcel, 4 * n))));
    text += ")\n(:goal (and";
    (0..parcels).for_each(|parcel| text += &format!(" (at x{parcel} {})", place(pick(5, parcel, 4 * n))));
    text + ")))\n"
}

const VISIT: &str = "(define (domain rounds) (:requirements :strips)
(:predicates (next ?x ?y) (at ?x) (seen ?x))
(:action go :parameters (?x ?y) :precondition (and (at ?x) (next ?x ?y))
 :effect (and (not (at ?x)) (at ?y) (seen ?y))))";

fn visit(n: usize) -> String {
    let mut text = String::from("(define (problem p) (:domain rounds)\n(:objects");
    (0..n * n).for_each(|cell| text += &format!(" l{cell}"));
    text += ")\n(:init (at l0) (seen l0)";
    for cell in 0..n * n {
        let right = (cell % n + 1 < n).then_some(cell + 1);
        let below = (cell + n < n * n).then_some(cell + n);
        for other in [right, below].into_iter().flatten() {
            text += &format!(" (next l{cell} l{other}) (next l{other} l{cell})");
        }
    }
    text += ")\n(:goal (and";
    (0..n * n).for_each(|cell| text += &format!(" (seen l{cell})"));
    text + ")))\n"
}

const GRIPPER: &str = "(define (domain rooms) (:requirements :strips :typing) (:types room ball hand)
(:predicates (here ?r - room) (at ?b - ball ?r - room) (free ?h - hand) (carry ?b - ball ?h - hand))
(:action move :parameters (?a ?b - room) :precondition (here ?a) :effect (and (here ?b) (not (here ?a))))
(:action pick :parameters (?b - ball ?r - room ?h - hand) :precondition (and (at ?b ?r) (here ?r) (free ?h))
 :effect (and (carry ?b ?h) (not (at ?b ?r)) (not (free ?h))))
(:action drop :parameters (?b - ball ?r - room ?h - hand) :precondition (and (carry ?b ?h) (here ?r))
 :effect (and (at ?b ?r) (free ?h) (not (carry ?b ?h)))))";

fn gripper(n: usize) -> String {
    let mut text =
        String::from("(define (problem p) (:domain rooms)\n(:objects r0 r1 - room left right - hand");
    (0..n).for_each(|ball| text += &format!(" b{ball}"));
    text += " - ball)\n(:init (here r0) (free left) (free right)";
    (0..n).for_each(|ball| text += &format!(" (at b{ball} r0)"));
    text += ")\n(:goal (and";
    (0..n).for_each(|ball| text += &format!(" (at b{ball} r1)"));
    text + ")))\n"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use isogrid_plan::{Mode, Outcome, SolveOptions, ground, solve};

    use super::*;

    #[test]
    fn small_tasks_have_plans() {
        let cases = [(Family::Blocks, 6), (Family::Logistics, 2), (Family::Visit, 3), (Family::Gripper, 4)];
        for (family, n) in cases {
            let parsed = family.pair(n).parse().unwrap_or_else(|error| panic!("{}: {error}", family.name()));
            let task = ground(&Arc::new(parsed.domain), &Arc::new(parsed.problem)).expect("a task");
            let options = SolveOptions { mode: Mode::First, ..SolveOptions::default() };
            let result = solve(&task, &options);
            assert!(matches!(result.outcome, Outcome::Solved { .. }), "{}: {result:?}", family.name());
        }
    }

    #[test]
    fn facts_double_from_size_to_size() {
        for family in FAMILIES {
            let facts = |n: usize| match family {
                Family::Blocks => n * n,
                Family::Logistics => 4 * n * (4 * n + n),
                Family::Visit => 2 * n * n,
                Family::Gripper => 4 * n,
            };
            let sizes = family.sizes();
            assert!(facts(sizes[sizes.len() - 1]) >= 10_000_000, "{}", family.name());
            assert!(sizes.windows(2).all(|pair| facts(pair[1]) < 3 * facts(pair[0])), "{}", family.name());
        }
    }
}
