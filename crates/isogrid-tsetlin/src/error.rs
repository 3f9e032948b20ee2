//! Everything that can go wrong with a Tsetlin machine, with what to try.

use isogrid_core::Diagnose;
use isogrid_data::DataError;

/// A fault of options, data or a saved model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TsetlinError {
    /// The table cannot be read or lacks a column.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An option out of its range.
    #[error("option `{option}` is {value}, expected {expected}")]
    Option {
        /// Its name at the text edge.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// No target column was named.
    #[error("no target column: say which column to predict")]
    NoTarget,
    /// Too many or too few files.
    #[error("{found} files, expected {expected}")]
    Sources {
        /// How many were given.
        found: usize,
        /// How many are understood.
        expected: &'static str,
    },
    /// Rows and labels differ in number.
    #[error("{rows} rows and {labels} labels")]
    LabelCount {
        /// Rows.
        rows: usize,
        /// Labels.
        labels: usize,
    },
    /// A class number that is not below the number of classes.
    #[error("row {row} has class {class} of {n_classes}")]
    NoSuchClass {
        /// The row, from 0.
        row: usize,
        /// Its class.
        class: u32,
        /// The number of classes.
        n_classes: u32,
    },
    /// A number to reach that is out of range.
    #[error(
        "row {row} has the value {value}, expected a finite number, or one within -1..=1 as a share of the votes"
    )]
    Value {
        /// The row, from 0.
        row: usize,
        /// Its value.
        value: f64,
    },
    /// Targets of another kind than the machine's.
    #[error("expected targets of {expected} outputs, found {found}")]
    OutputCount {
        /// The machine's.
        expected: usize,
        /// The targets'.
        found: usize,
    },
    /// Too few rows to learn from.
    #[error("{found} rows, expected at least {least}")]
    TooFewRows {
        /// How many there are.
        found: usize,
        /// How many it takes.
        least: usize,
    },
    /// More features than a machine can have.
    #[error("{found} boolean features, expected at most {most}")]
    TooManyFeatures {
        /// How many there are.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// Too many or too few classes.
    #[error("expected 2 to {most} classes, found {found}")]
    Classes {
        /// Distinct classes.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// A target whose values hardly repeat.
    #[error("target `{target}` has {classes} distinct values in {rows} rows, expected classes that repeat")]
    NotClasses {
        /// The target column.
        target: String,
        /// Its distinct values.
        classes: usize,
        /// Rows with a value.
        rows: usize,
    },
    /// Nothing to learn from.
    #[error("no features: every other column is constant or empty")]
    NoFeatures,
    /// Rows of another width.
    #[error("expected rows of {expected} features, found {found}")]
    FeatureCount {
        /// The machine's.
        expected: usize,
        /// The rows'.
        found: usize,
    },
    /// A numeric column of the model holds text in this table.
    #[error(
        "column `{column}` was numeric when the model was fitted, and holds text here, first in row {row}"
    )]
    ColumnKind {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
    },
    /// A table to judge by whose rows have no class that the model knows.
    #[error("no row has a value in `{target}` that the model knows")]
    NoKnownClass {
        /// The target column.
        target: String,
    },
    /// A table to fit without rows left to answer.
    #[error("nothing to predict: every row of the table has a value in `{target}`")]
    NothingToPredict {
        /// The target column.
        target: String,
    },
    /// Bytes that are no model of this engine.
    #[error("not a valid model: {reason}")]
    Model {
        /// What is wrong.
        reason: String,
    },
}

impl Diagnose for TsetlinError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            TsetlinError::Data(error) => return error.hint(),
            TsetlinError::NoTarget => "add --target COL",
            TsetlinError::NotClasses { .. } => "choose a target with few distinct values",
            TsetlinError::Classes { .. } => "the target must tell at least two kinds of rows apart",
            TsetlinError::NoFeatures => "add columns that differ between rows",
            TsetlinError::ColumnKind { .. } => "compare the file with the one the model was fitted on",
            TsetlinError::NothingToPredict { .. } => {
                "add a second file with rows to predict, or leave the target empty in those rows"
            }
            TsetlinError::Model { .. } => "fit the model again",
            _ => return None,
        };
        Some(hint.to_string())
    }
}
