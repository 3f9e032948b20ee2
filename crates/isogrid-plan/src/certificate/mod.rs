//! Certificates that a problem has no plan: texts that [`crate::validate::check_certificate`] holds against the PDDL.
//!
//! [`certify`] makes one without looking at how a search came to its answer; [`parse_certificate`] and
//! [`Certificate::text`] read and write them. The three kinds are after Eriksson, Roeger and Helmert (ICAPS 2017), who
//! prove unsolvability by sets of states that no action leaves. Left out: sets given as decision diagrams.

mod make;
mod text;

use std::fmt;

pub use make::{Certification, CertifyOptions, certify};
pub use text::{MAGIC, parse_certificate};

/// A claim that a problem has no plan, with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The atoms that the proof speaks of.
    pub atoms: Vec<AtomName>,
    /// The proof.
    pub proof: Proof,
}

/// An atom by name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomName {
    /// The predicate.
    pub predicate: String,
    /// The objects.
    pub args: Vec<String>,
}

impl fmt::Display for AtomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}", self.predicate)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))?;
        f.write_str(")")
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// No atom but the listed ones ever holds, even if nothing is ever deleted; and the goal needs another one. All that
    /// hold at first are listed, and no action or axiom adds another one where the listed ones hold; negations of atoms
    /// that change, and comparisons of numbers that change, are taken to hold.
    Relaxed,
    /// The same, and the atoms of each group never hold together: not at first, and no action brings two of them
    /// together where the claims hold before it. The goal needs an atom that is not listed or two that are apart.
    Pairs {
        /// Groups of places in the list of atoms. Derived atoms are never apart.
        apart: Vec<Vec<u32>>,
    },
    /// No action leaves the listed states, the initial one among them, and the goal holds in none. Atoms that are not
    /// listed hold in none of them.
    Explored {
        /// The states.
        states: Vec<ListedState>,
    },
}

/// A state of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedState {
    /// What is claimed of it.
    pub kind: StateKind,
    /// A bit for each listed atom, the first one lowest.
    pub holds: Box<[u64]>,
}

/// What is claimed of a listed state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    /// It is no goal, and all its successors are listed.
    Open,
    /// The goal is out of its reach even if nothing is ever deleted; its successors need not be listed.
    Dead,
}

impl Proof {
    /// The kind's name in certificates.
    pub fn kind(&self) -> &'static str {
        match self {
            Proof::Relaxed => "relaxed",
            Proof::Pairs { .. } => "pairs",
            Proof::Explored { .. } => "explored",
        }
    }
}
