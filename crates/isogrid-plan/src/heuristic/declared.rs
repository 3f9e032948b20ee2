//! What each heuristic guarantees and supports, declared beside its code; tests hold the declaration of every estimate
//! against exact distances.

use isogrid_core::Part;

/// Properties of a heuristic over the states that a query's start reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Properties {
    /// It never exceeds the cheapest cost to a goal.
    pub(crate) admissible: bool,
    /// It falls by at most an operator's cost from a state to the next.
    pub(crate) consistent: bool,
    /// A dead end that it reports is one.
    pub(crate) safe: bool,
    /// Operators with conditional effects keep all of this.
    pub(crate) conditional_effects: bool,
    /// So do derived predicates.
    pub(crate) axioms: bool,
    /// So do numbers.
    pub(crate) numbers: bool,
}

impl Properties {
    /// No more than not to drop states that may still reach a goal, for the whole language.
    pub(crate) const SAFE: Properties = Properties {
        admissible: false,
        consistent: false,
        safe: true,
        conditional_effects: true,
        axioms: true,
        numbers: true,
    };
    /// An admissible one for the whole language.
    pub(crate) const ADMISSIBLE: Properties = Properties { admissible: true, ..Properties::SAFE };
}

/// A heuristic that says what it guarantees.
pub(crate) trait Declared {
    /// Its usual name.
    const NAME: &'static str;
    /// What it guarantees and supports.
    const PROPERTIES: Properties;
    /// The same for users.
    const PART: Part = Part {
        kind: "heuristics",
        name: Self::NAME,
        properties: &[
            ("admissible", word(Self::PROPERTIES.admissible)),
            ("consistent", word(Self::PROPERTIES.consistent)),
            ("safe", word(Self::PROPERTIES.safe)),
            ("conditional effects", word(Self::PROPERTIES.conditional_effects)),
            ("axioms", word(Self::PROPERTIES.axioms)),
            ("numbers", word(Self::PROPERTIES.numbers)),
        ],
    };
}

const fn word(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}
