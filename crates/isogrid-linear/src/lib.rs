#![doc = include_str!("../README.md")]

mod detect;
mod encode;
mod engine;
mod error;
mod lbfgs;
mod logistic;
mod optimize;
mod port;
pub mod reference;

pub use detect::{ALPHA, STRUCTURE, counter_example, detect, planted};
pub use encode::Encoder;
pub use engine::Linear;
pub use error::LinearError;
pub use logistic::{LinearOptions, LogisticRegression};
pub use optimize::Samples;
