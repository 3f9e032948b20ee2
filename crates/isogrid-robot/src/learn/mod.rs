//! From recordings to skills: cut into sub-skills, turned into examples, learned by small networks.

mod dataset;
mod segment;
#[cfg(feature = "train")]
mod train;

pub use dataset::{CHUNK, Dataset, Example, Intake, Rejected, dataset};
pub use segment::{Segment, segments};
#[cfg(feature = "train")]
pub use train::{Learned, TrainOptions, train};
