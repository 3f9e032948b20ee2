//! Small numeric parts shared by the engines: seeded random numbers, hashing, bit sets and statistics.
//!
//! Everything is scalar, safe and deterministic: the same calls give the same results on every machine and for any
//! number of threads (only [`rng::Rng::normal`] goes through the platform's logarithm and cosine). Left out until a
//! third engine needs them: matrices, vector kernels, transforms.

pub mod bits;
pub mod hash;
pub mod rng;
pub mod stats;
