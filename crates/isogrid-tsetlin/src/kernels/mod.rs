//! The inner loops: plain loops that the compiler vectorizes, and where it does not, vectors and instructions by name.
//!
//! [`planes`] counts automata up and down, [`lanes`] counts misses of a clause over a block of samples and [`tally`] the
//! votes of a machine, both by the counters of [`misses`] over the vectors of [`vector`]; [`fit`] counts misses over the
//! patches of one sample, [`single`] over one sample, [`pick`] draws which clauses get feedback. Each has a scalar twin that
//! tests compare it with.

pub(crate) mod fit;
pub(crate) mod lanes;
mod misses;
pub(crate) mod pick;
pub(crate) mod planes;
pub(crate) mod single;
pub(crate) mod tally;
mod vector;
