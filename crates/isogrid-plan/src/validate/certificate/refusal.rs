//! What is wrong with a certificate, in PDDL's words.

use std::fmt;

use crate::validate::certificate::universe::{Key, Universe};

/// An action or axiom with its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Doer {
    Action(usize, Vec<usize>),
    Axiom(usize, Vec<usize>),
}

impl Doer {
    pub(crate) fn text(&self, universe: &Universe<'_>) -> String {
        let objects = |args: &[usize]| -> String {
            args.iter().map(|&object| format!(" {}", universe.problem.objects[object].name)).collect()
        };
        match self {
            Doer::Action(action, args) => {
                format!("({}{})", universe.domain.actions[*action].name, objects(args))
            }
            Doer::Axiom(axiom, args) => {
                let predicate = universe.domain.axioms[*axiom].predicate;
                format!("the axiom of ({}{})", universe.domain.predicates[predicate].name, objects(args))
            }
        }
    }
}

/// The first thing that is wrong with a certificate. Atoms and actions are in PDDL's notation, states count from one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// An atom whose predicate or objects the problem does not have.
    Foreign {
        /// The atom.
        atom: String,
    },
    /// An atom that the certificate has no reason to name.
    Unchanging {
        /// The atom.
        atom: String,
    },
    /// An atom that is listed twice.
    Twice {
        /// The atom.
        atom: String,
    },
    /// An atom that holds at first and is not listed.
    Initial {
        /// The atom.
        atom: String,
    },
    /// Two atoms that hold at first and are put apart.
    InitialPair {
        /// The atoms.
        atoms: [String; 2],
    },
    /// Something makes true an atom that is not listed.
    Reached {
        /// The action, or the axiom.
        by: String,
        /// The atom.
        atom: String,
    },
    /// An action may make two atoms true together that are put apart.
    Joined {
        /// The action.
        by: String,
        /// The atoms.
        atoms: [String; 2],
    },
    /// The claims hold and leave the goal possible.
    GoalPossible,
    /// The initial state is not listed.
    NoInitialState,
    /// A listed state holds an atom that is never reached.
    Stray {
        /// The state.
        state: usize,
        /// The atom.
        atom: String,
    },
    /// The goal holds in a listed state.
    Goal {
        /// The state.
        state: usize,
    },
    /// A listed state has a successor that is not listed.
    Leaves {
        /// The state.
        state: usize,
        /// The action.
        by: String,
    },
    /// A state called dead from which the goal is reached when nothing is deleted.
    NotDead {
        /// The state.
        state: usize,
    },
}

impl Refusal {
    pub(super) fn reached(universe: &Universe<'_>, by: &Doer, atom: &Key) -> Refusal {
        Refusal::Reached { by: by.text(universe), atom: universe.text(atom) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Foreign { atom } => write!(f, "{atom} is not an atom of this problem"),
            Refusal::Unchanging { atom } => write!(f, "{atom} is listed, but nothing changes its predicate"),
            Refusal::Twice { atom } => write!(f, "{atom} is listed twice"),
            Refusal::Initial { atom } => write!(f, "{atom} holds at first and is not listed"),
            Refusal::InitialPair { atoms: [a, b] } => {
                write!(f, "{a} and {b} hold together at first and are put apart")
            }
            Refusal::Reached { by, atom } => write!(f, "{by} reaches {atom}, which is not listed"),
            Refusal::Joined { by, atoms: [a, b] } => {
                write!(f, "{by} may make {a} and {b} true together, which are put apart")
            }
            Refusal::GoalPossible => f.write_str("nothing that is listed excludes the goal"),
            Refusal::NoInitialState => f.write_str("the initial state is not listed"),
            Refusal::Stray { state, atom } => {
                write!(f, "state {state} holds {atom}, which is never reached")
            }
            Refusal::Goal { state } => write!(f, "the goal holds in state {state}"),
            Refusal::Leaves { state, by } => {
                write!(f, "{by} leads from state {state} to a state that is not listed")
            }
            Refusal::NotDead { state } => {
                write!(
                    f,
                    "the goal can be reached from state {state} when nothing is deleted; it is called dead"
                )
            }
        }
    }
}
