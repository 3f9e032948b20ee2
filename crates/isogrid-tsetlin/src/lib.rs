#![doc = include_str!("../README.md")]

mod baseline;
mod calibrate;
mod clauses;
mod detect;
mod draws;
mod encode;
mod engine;
mod error;
mod machine;
mod port;
pub mod reference;
mod table;

pub use calibrate::{Calibration, DELTA};
pub use detect::{ALPHA, STRUCTURE, counter_example, detect, planted};
pub use encode::Encoder;
pub use engine::{LabeledTable, Rows, Tsetlin};
pub use error::TsetlinError;
pub use machine::{Options, Prediction, TsetlinClassifier};
pub use table::{Answer, TableClassifier, TableOptions};
