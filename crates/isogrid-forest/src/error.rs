//! Everything that can go wrong with boosted trees on a table, with what to try.

use isogrid_core::Diagnose;
use isogrid_data::DataError;

/// A fault of options, data or a saved model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForestError {
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
    /// More features than trees may look at.
    #[error("{found} features, expected at most {most}")]
    TooManyFeatures {
        /// How many there would be.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// A numeric column of the model holds text in this table.
    #[error("column `{column}` was numeric when the model was fitted, and holds text here")]
    ColumnKind {
        /// The column.
        column: String,
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

impl Diagnose for ForestError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            ForestError::Data(error) => return error.hint(),
            ForestError::NoTarget => "add --target COL",
            ForestError::NotClasses { .. } => "choose a target with few distinct values",
            ForestError::Classes { .. } => "the target must tell at least two kinds of rows apart",
            ForestError::NoFeatures => "add columns that differ between rows",
            ForestError::ColumnKind { .. } => "compare the file with the one the model was fitted on",
            ForestError::NothingToPredict { .. } => {
                "add a second file with rows to predict, or leave the target empty in those rows"
            }
            ForestError::Model { .. } => "fit the model again",
            _ => return None,
        };
        Some(hint.to_string())
    }
}
