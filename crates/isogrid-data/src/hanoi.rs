//! Towers of Hanoi as planning tasks, in two encodings, with known optimal lengths.
//!
//! *Move*: one action takes a disc from what it lies on to where it goes; from one peg to another takes 2^n - 1 steps.
//! *Pick and place*: a hand picks a disc and places it, so twice as many steps. Three pegs, discs numbered from the
//! smallest. Optimal lengths to a tower follow from the recursion of Lucas (1883): only discs off their place move.

use std::fmt::Write as _;

use isogrid_num::rng::Rng;

/// The number of pegs.
pub const N_PEGS: usize = 3;

/// Where every disc is. Any assignment is legal: the discs of a peg lie by size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pegs: Vec<u8>,
}

/// How actions are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One action a disc's move; untyped.
    Move,
    /// Picking and placing are actions of their own; typed.
    PickPlace,
}

impl State {
    /// All of `n_discs` discs on `peg` (0, 1 or 2).
    ///
    /// # Panics
    /// If there is no such peg.
    pub fn tower(n_discs: usize, peg: usize) -> State {
        assert!(peg < N_PEGS, "pegs are 0, 1 and 2: {peg}");
        State { pegs: vec![peg as u8; n_discs] }
    }

    /// The state in which disc `i`, counted from the smallest, is on `pegs[i]`.
    ///
    /// # Panics
    /// If there is no such peg.
    pub fn new(pegs: Vec<u8>) -> State {
        assert!(pegs.iter().all(|&peg| usize::from(peg) < N_PEGS), "pegs are 0, 1 and 2: {pegs:?}");
        State { pegs }
    }

    /// A uniformly random legal state.
    pub fn random(n_discs: usize, rng: &mut Rng) -> State {
        State { pegs: (0..n_discs).map(|_| rng.below(N_PEGS as u64) as u8).collect() }
    }

    /// The peg of every disc, smallest disc first.
    pub fn pegs(&self) -> &[u8] {
        &self.pegs
    }

    /// The fewest moves to a tower on `goal`. `None` when the number does not fit 64 bits.
    pub fn moves_to_tower(&self, goal: usize) -> Option<u64> {
        let (mut target, mut moves) = (goal, 0_u64);
        for (disc, &peg) in self.pegs.iter().enumerate().rev() {
            let peg = usize::from(peg);
            if peg != target {
                moves = moves.checked_add(1_u64.checked_shl(disc.try_into().ok()?)?)?;
                target = N_PEGS - peg - target;
            }
        }
        Some(moves)
    }

    /// The atoms that hold in this state and change between states, each in parentheses, for an `:init` section.
    /// Sizes are not among them: they belong to the problem.
    pub fn atoms(&self, encoding: Encoding) -> Vec<String> {
        let mut atoms = Vec::new();
        let mut tops: [String; N_PEGS] = std::array::from_fn(|peg| format!("peg{}", peg + 1));
        for (disc, &peg) in self.pegs.iter().enumerate().rev() {
            let top = &mut tops[usize::from(peg)];
            let name = format!("d{}", disc + 1);
            atoms.push(format!("(on {name} {top})"));
            *top = name;
        }
        atoms.extend(tops.iter().map(|top| format!("(clear {top})")));
        if encoding == Encoding::PickPlace {
            atoms.push("(hand-empty)".to_string());
        }
        atoms
    }
}

/// The fewest steps from one tower to another in an encoding; `None` when the number does not fit 64 bits.
pub fn optimal_steps(n_discs: usize, encoding: Encoding) -> Option<u64> {
    let moves = State::tower(n_discs, 0).moves_to_tower(2)?;
    match encoding {
        Encoding::Move => Some(moves),
        Encoding::PickPlace => moves.checked_mul(2),
    }
}

/// The domain of an encoding.
pub fn domain(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Move => MOVE_DOMAIN,
        Encoding::PickPlace => PICK_PLACE_DOMAIN,
    }
}

/// The problem of taking a tower of `n_discs` discs from the first peg to the third.
pub fn problem(n_discs: usize, encoding: Encoding) -> String {
    problem_from(&State::tower(n_discs, 0), encoding)
}

/// The problem of making a tower on the third peg from `state`.
pub fn problem_from(state: &State, encoding: Encoding) -> String {
    let n_discs = state.pegs.len();
    let discs: Vec<String> = (1..=n_discs).map(|disc| format!("d{disc}")).collect();
    let typed = encoding == Encoding::PickPlace;
    let (domain, disc_type, peg_type) =
        if typed { ("hanoi-pick-place", " - disk", " - peg") } else { ("hanoi-move", "", "") };
    let mut text = format!("(define (problem hanoi-{n_discs})\n  (:domain {domain})\n  (:objects");
    for disc in &discs {
        text.push_str(&format!(" {disc}"));
    }
    let disc_type = if n_discs == 0 { "" } else { disc_type };
    let _ = write!(text, "{disc_type} peg1 peg2 peg3{peg_type})\n  (:init");
    for (small, name) in discs.iter().enumerate() {
        text.push_str("\n   ");
        for larger in discs[small + 1..].iter().map(String::as_str).chain(["peg1", "peg2", "peg3"]) {
            let _ = write!(text, " (smaller {name} {larger})");
        }
    }
    for atom in state.atoms(encoding) {
        let _ = write!(text, "\n    {atom}");
    }
    text.push_str(")\n  (:goal (and");
    let goal = State::tower(n_discs, 2).atoms(encoding);
    for atom in goal.iter().filter(|atom| atom.starts_with("(on ")) {
        let _ = write!(text, " {atom}");
    }
    text.push_str(")))\n");
    text
}

const MOVE_DOMAIN: &str = "\
(define (domain hanoi-move)
  (:requirements :strips)
  (:predicates
    (on ?disc ?below)        ; ?disc lies directly on ?below, a disc or a peg
    (clear ?top)             ; nothing lies on ?top
    (smaller ?disc ?place))  ; ?disc may lie on ?place
  (:action move
    :parameters (?disc ?from ?to)
    :precondition (and (smaller ?disc ?to) (on ?disc ?from) (clear ?disc) (clear ?to))
    :effect (and (on ?disc ?to) (clear ?from) (not (on ?disc ?from)) (not (clear ?to)))))
";

const PICK_PLACE_DOMAIN: &str = "\
(define (domain hanoi-pick-place)
  (:requirements :strips :typing)
  (:types disk peg - location)
  (:predicates
    (on ?disc - disk ?below - location)
    (clear ?top - location)
    (smaller ?disc - disk ?place - location)
    (holding ?disc - disk)
    (hand-empty))
  (:action pick
    :parameters (?disc - disk ?from - location)
    :precondition (and (hand-empty) (on ?disc ?from) (clear ?disc))
    :effect (and (holding ?disc) (clear ?from)
                 (not (hand-empty)) (not (on ?disc ?from)) (not (clear ?disc))))
  (:action place
    :parameters (?disc - disk ?to - location)
    :precondition (and (holding ?disc) (clear ?to) (smaller ?disc ?to))
    :effect (and (hand-empty) (on ?disc ?to) (clear ?disc)
                 (not (holding ?disc)) (not (clear ?to)))))
";

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use super::*;

    fn distances_to_tower(n_discs: usize, goal: usize) -> BTreeMap<Vec<u8>, u64> {
        let start = State::tower(n_discs, goal).pegs;
        let mut distances = BTreeMap::from([(start.clone(), 0)]);
        let mut queue = VecDeque::from([start]);
        while let Some(pegs) = queue.pop_front() {
            let next = distances[&pegs] + 1;
            for from in 0..N_PEGS as u8 {
                let Some(disc) = pegs.iter().position(|&peg| peg == from) else { continue };
                for to in (0..N_PEGS as u8).filter(|to| !pegs[..disc].contains(to) && *to != from) {
                    let mut moved = pegs.clone();
                    moved[disc] = to;
                    if !distances.contains_key(&moved) {
                        distances.insert(moved.clone(), next);
                        queue.push_back(moved);
                    }
                }
            }
        }
        distances
    }

    #[test]
    fn distances_equal_breadth_first_search() {
        for goal in 0..N_PEGS {
            let distances = distances_to_tower(5, goal);
            assert_eq!(distances.len(), 243);
            for (pegs, distance) in distances {
                assert_eq!(State::new(pegs.clone()).moves_to_tower(goal), Some(distance), "{pegs:?}");
            }
        }
        assert_eq!(optimal_steps(10, Encoding::PickPlace), Some(2046));
        assert_eq!(
            (optimal_steps(64, Encoding::Move), optimal_steps(65, Encoding::Move)),
            (Some(u64::MAX), None)
        );
    }

    #[test]
    fn atoms_of_a_state() {
        let state = State::new(vec![0, 2, 0]);
        let expected =
            ["(on d3 peg1)", "(on d2 peg3)", "(on d1 d3)", "(clear d1)", "(clear peg2)", "(clear d2)"];
        assert_eq!(state.atoms(Encoding::Move), expected);
        assert_eq!(state.atoms(Encoding::PickPlace).last().map(String::as_str), Some("(hand-empty)"));
    }

    #[test]
    fn a_problem_in_full() {
        let expected = "(define (problem hanoi-2)\n  (:domain hanoi-pick-place)\n  \
            (:objects d1 d2 - disk peg1 peg2 peg3 - peg)\n  (:init\n    \
            (smaller d1 d2) (smaller d1 peg1) (smaller d1 peg2) (smaller d1 peg3)\n    \
            (smaller d2 peg1) (smaller d2 peg2) (smaller d2 peg3)\n    \
            (on d2 peg1)\n    (on d1 d2)\n    (clear d1)\n    (clear peg2)\n    (clear peg3)\n    \
            (hand-empty))\n  (:goal (and (on d2 peg3) (on d1 d2))))\n";
        assert_eq!(problem(2, Encoding::PickPlace), expected);
    }

    #[test]
    fn parentheses_balance_in_every_text() {
        for encoding in [Encoding::Move, Encoding::PickPlace] {
            for n_discs in [0, 1, 7] {
                for text in [domain(encoding).to_string(), problem(n_discs, encoding)] {
                    let count = |c| text.chars().filter(|&other| other == c).count();
                    assert_eq!(count('('), count(')'), "{text}");
                }
            }
        }
    }
}
