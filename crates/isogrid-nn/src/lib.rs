#![doc = include_str!("../README.md")]

mod checkpoint;
mod error;
mod kernels;
mod layers;
mod models;
mod ops;
mod optimizer;
mod params;
mod tape;
mod train;
pub mod unfused;

pub use error::{CheckpointError, Error};
pub use kernels::allocator::tune_allocator;
pub use layers::{
    Attention, AttentionOptions, Conv1d, ConvLayer, FilmLayer, Init, LayerNorm, Linear, TransformerLayer,
};
pub use models::{
    ConvBatch, ConvNet, ConvNetOptions, Mlp, MlpBatch, MlpOptions, Network, TimeBatch, TimeMlp,
    TimeMlpOptions, Tokens, Transformer, TransformerBatch, TransformerOptions,
};
pub use optimizer::{AdamW, Schedule};
pub use params::Params;
pub use tape::{Tape, Var};
pub use train::{Checkpoints, FitOptions, Progress, Stop, Trained, fit, on_one_thread};
