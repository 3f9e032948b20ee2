//! Small numeric parts shared by the engines: seeded random numbers, hashing, bit sets, statistics, and forward passes
//! of small networks.
//!
//! Everything is deterministic: the same calls give the same results on every machine and for any number of threads
//! (only [`rng::Rng::normal`] and [`net::time_features`] go through the platform's logarithm, sine and cosine). Left
//! out until a third engine needs them: matrices, transforms.

pub mod bits;
pub mod calibrate;
pub mod hash;
pub mod net;
pub mod rng;
pub mod simd;
pub mod stats;
