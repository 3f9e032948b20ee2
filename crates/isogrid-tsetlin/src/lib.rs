#![doc = include_str!("../README.md")]

mod aims;
mod anomaly;
mod baseline;
mod blocks;
mod book;
mod booleanize;
mod checkpoint;
mod classifier;
mod compiled;
mod detect;
mod device;
mod draws;
mod engine;
#[cfg(test)]
mod equality;
mod error;
pub mod explain;
mod info;
mod kernels;
mod ledger;
mod machine;
mod options;
mod patched;
mod patches;
mod pooled;
mod port;
mod probability;
mod prune;
pub mod reference;
mod regressor;
mod rendezvous;
mod saved;
mod schedule;
mod solo;
mod table;
mod team;
mod trainer;
mod tune;

pub use aims::Targets;
pub use anomaly::{Anomaly, AnomalyAnswer, AnomalyDetector, AnomalyOptions, Judgement, Score};
pub use booleanize::{
    Binning, Encoder, EncoderOptions, Images, Neighbors, PixelOptions, Pixels, Reading, Surroundings,
};
pub use classifier::{Prediction, TsetlinClassifier};
pub use compiled::CompiledMachine;
pub use detect::{ALPHA, STRUCTURE, counter_example, detect, planted};
pub use device::Size;
pub use engine::Tsetlin;
pub use error::TsetlinError;
pub use machine::Machine;
pub use options::{Feedback, Options, Pool, Settings};
pub use patches::Patches;
pub use probability::Sharpness;
pub use regressor::{TsetlinLabeler, TsetlinRegressor};
pub use table::{ClassWeight, TableClassifier, TableOptions};
pub use trainer::Trainer;
pub use tune::Trial;
