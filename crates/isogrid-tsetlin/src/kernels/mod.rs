//! The inner loops: plain safe loops that the compiler vectorizes, and a few instructions it does not find by itself.
//!
//! [`planes`] counts automata up and down, [`lanes`] counts misses of a clause over a block of samples, [`tally`] the votes
//! of a machine, [`fit`] the misses over the patches of one sample, [`single`] over one sample, [`pick`] draws which
//! clauses get feedback. Each has a scalar twin that tests compare it with.

pub(crate) mod fit;
pub(crate) mod lanes;
pub(crate) mod pick;
pub(crate) mod planes;
pub(crate) mod single;
pub(crate) mod tally;
mod vector;
