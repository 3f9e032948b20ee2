//! From recordings to skills: cut into sub-skills, turned into examples, learned by small networks.

mod dataset;
mod options;
mod segment;
#[cfg(feature = "train")]
mod symmetry;
#[cfg(feature = "train")]
mod train;

pub(crate) use dataset::same_rate;
pub use dataset::{CHUNK, Dataset, Example, Intake, Rejected, dataset, examples};
pub use options::{Symmetry, TrainOptions};
pub use segment::{Segment, segments};
#[cfg(feature = "train")]
pub use train::{SkillLoss, train};
