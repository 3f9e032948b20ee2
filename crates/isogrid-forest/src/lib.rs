#![doc = include_str!("../README.md")]

mod baseline;
mod bins;
mod boost;
mod detect;
mod encode;
mod engine;
mod error;
mod grow;
mod port;
pub mod reference;
mod tree;

pub use boost::{BoostedTrees, ForestOptions};
pub use detect::{ALPHA, STRUCTURE, counter_example, detect, planted};
pub use encode::Encoder;
pub use engine::Forest;
pub use error::ForestError;
pub use grow::Slope;
pub use tree::{Node, Tree};
