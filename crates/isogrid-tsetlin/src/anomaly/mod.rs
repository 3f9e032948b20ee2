//! Rows that do not fit, learned from normal rows alone.
//!
//! Two scores. *Overlap*: a machine learns to tell normal rows from made-up ones, in which some columns have values drawn
//! evenly over and beyond their range; rows that few of its "normal" clauses cover are odd (after Bhattarai, Granmo and
//! Jiao, "Measuring the novelty of natural language text using the conjunctive clauses of a Tsetlin machine text
//! classifier", 2020, arXiv 2011.08755). *Reconstruction*: one machine a column guesses it from the others; rows with
//! unlikely values are odd (after "Tsetlin machine autoencoder", 2023, arXiv 2301.00709). The threshold is a quantile of
//! scores of normal rows held out (split conformal prediction), so that false alarms are as rare as asked for.

mod detector;
mod engine;
mod overlap;
mod port;
mod reconstruction;

pub use detector::{AnomalyAnswer, AnomalyDetector, AnomalyOptions, Score};
pub use engine::{Anomaly, Judgement};
