//! From recordings to skills: cut into sub-skills, turned into examples, learned by small networks.

mod dataset;
mod segment;

pub use dataset::{CHUNK, Dataset, Example, Intake, Rejected, dataset};
pub use segment::{Segment, segments};
