//! The pieces of a run that takes longer than a machine is to be had: each was made on one machine, by one commit.

use serde::{Deserialize, Serialize};

use crate::machine;
use crate::run::Run;

/// A stretch of a run on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Piece {
    /// Name and value.
    pub facts: Vec<(String, String)>,
    /// What it finished.
    pub parts: Vec<String>,
}

/// Facts that tell one piece from another.
const TOLD: [&str; 5] = ["date", "CPU", "load at the start", "commit", "digest of isogrid and isogrid-sim"];

impl Piece {
    /// The piece that begins now.
    pub fn begin() -> Piece {
        let facts = machine::facts().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        Piece { facts, parts: Vec::new() }
    }

    /// Tells a run's reader of its pieces, each that has finished something in a line.
    pub fn tell(pieces: &[Piece], run: &mut Run) {
        for (at, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.parts.is_empty()) {
            let facts = piece.facts.iter().filter(|(name, _)| TOLD.contains(&name.as_str()));
            let facts: Vec<String> = facts.map(|(name, value)| format!("{name} {value}")).collect();
            run.fact(
                &format!("piece {}", at + 1),
                format!("{}; {}", piece.parts.join(", "), facts.join(", ")),
            );
        }
    }
}
