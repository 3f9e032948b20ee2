//! Everything that can go wrong with data, with its place and what to try.

use std::io;

use isogrid_core::{Diagnose, FaultClass};

/// A fault of reading, writing or fetching data. `file` is the name of the source as the caller gave it; lines and
/// columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused.
    #[error("{file}: {source}")]
    Io {
        /// The file, folder or stream.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Nothing but white space.
    #[error("{file}: the file is empty, expected a header line and rows")]
    Empty {
        /// The source.
        file: String,
    },
    /// A header and nothing else.
    #[error("{file}: no rows after the header")]
    NoRows {
        /// The source.
        file: String,
    },
    /// Not a text file.
    #[error("{file}: not a text table: {found}")]
    NotText {
        /// The source.
        file: String,
        /// What shows it.
        found: &'static str,
    },
    /// Bytes that are not UTF-8.
    #[error("{file}:{line}: field {column} is not valid UTF-8")]
    InvalidUtf8 {
        /// The source.
        file: String,
        /// The line on which the row begins.
        line: u64,
        /// The field's number.
        column: usize,
    },
    /// Two columns of one name.
    #[error("{file}: column name `{column}` stands twice in the header (fields {first} and {second})")]
    DuplicateColumn {
        /// The source.
        file: String,
        /// The name.
        column: String,
        /// The first field of that name.
        first: usize,
        /// The second one.
        second: usize,
    },
    /// A row with more or fewer fields than the header.
    #[error("{file}:{line}: expected {expected} fields as in the header, found {found}")]
    Ragged {
        /// The source.
        file: String,
        /// The line on which the row begins.
        line: u64,
        /// Fields in the header.
        expected: usize,
        /// Fields in this row.
        found: usize,
    },
    /// The file ends within a quoted field, which has swallowed the rows after it.
    #[error("{file}:{line}: a quote is opened in this row and never closed")]
    UnclosedQuote {
        /// The source.
        file: String,
        /// The line on which the row begins.
        line: u64,
    },
    /// Text in a column that must be numeric.
    #[error("{file}:{line}: column `{column}`: expected a number, found `{value}`")]
    NotANumber {
        /// The source.
        file: String,
        /// The line on which the row begins.
        line: u64,
        /// The column's name.
        column: String,
        /// The field, shortened.
        value: String,
    },
    /// A limit on size was passed.
    #[error("{}: {what} exceeds the limit of {limit}", place(file, *line))]
    TooLarge {
        /// The source or archive.
        file: String,
        /// The line on which the row begins; 0 when there are no lines.
        line: u64,
        /// What is too large.
        what: &'static str,
        /// The limit, in the unit of `what`.
        limit: u64,
    },
    /// A binary file that breaks its own format, or ends early.
    #[error("{file}: not a sound {format} file: {reason}")]
    Damaged {
        /// The source.
        file: String,
        /// The format that it claims to have.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A sound file of a kind that is not read.
    #[error("{file}: {what}")]
    Unsupported {
        /// The source.
        file: String,
        /// What is not read, and where there is one the reason.
        what: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A value that is no cell of a table.
    #[error("{file}: row {row}, column `{column}`: {reason}")]
    BadCell {
        /// The source.
        file: String,
        /// The row, counted from 1.
        row: u64,
        /// The column's name.
        column: String,
        /// What is wrong.
        reason: String,
    },
    /// An array without values, which makes no table.
    #[error("{file}: an array of shape {shape} has no values")]
    NoValues {
        /// The source.
        file: String,
        /// The lengths of its dimensions.
        shape: String,
    },
    /// An array whose shape does not fit its values.
    #[error("an array of shape {shape} cannot hold {found} values")]
    Shape {
        /// The lengths of its dimensions.
        shape: String,
        /// The number of values.
        found: usize,
    },
    /// A column that is not there.
    #[error("no column `{column}`; there are {}", listed(known))]
    UnknownColumn {
        /// The name asked for.
        column: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Columns of different lengths in one table.
    #[error("column `{column}` has {found} rows, expected {expected} as in the first column")]
    UnevenColumns {
        /// The column.
        column: String,
        /// Rows of the first column.
        expected: usize,
        /// Rows of this one.
        found: usize,
    },
    /// A data set that the catalog lacks.
    #[error("no data set `{name}`; there are {}", listed(known))]
    UnknownSet {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The download program is not installed, and could not be.
    #[error("`{program}` is needed to fetch {set}, but {reason}")]
    MissingClient {
        /// The program.
        program: &'static str,
        /// The data set.
        set: &'static str,
        /// Why it cannot be had here.
        reason: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The download program failed.
    #[error("`{command}` failed ({status}): {message}")]
    ClientFailed {
        /// The command line.
        command: String,
        /// Its exit status in words.
        status: String,
        /// The end of what it wrote to its error stream.
        message: String,
    },
    /// The archive is not the pinned one.
    #[error("{archive}: sha256 is {found}, expected {expected}")]
    Checksum {
        /// The archive.
        archive: String,
        /// The pinned digest.
        expected: &'static str,
        /// The digest of what came.
        found: String,
    },
    /// The archive cannot be read, or lacks what the catalog promises.
    #[error("{archive}: {message}")]
    BadArchive {
        /// The archive.
        archive: String,
        /// What is wrong.
        message: String,
    },
}

impl DataError {
    /// A fault of `file` as a `format` file.
    pub(crate) fn damaged(file: &str, format: &'static str) -> impl Fn(String) -> DataError + Copy {
        move |reason| DataError::Damaged { file: file.to_string(), format, reason }
    }

    /// The same, where a table's own fault is that of a file.
    pub(crate) fn of_file(self, name: &str) -> DataError {
        match self {
            DataError::DuplicateColumn { column, first, second, .. } => {
                DataError::DuplicateColumn { file: name.to_string(), column, first, second }
            }
            other => other,
        }
    }

    pub(crate) fn io(file: impl Into<String>) -> impl FnOnce(io::Error) -> DataError {
        let file = file.into();
        move |source| DataError::Io { file, source }
    }
}

/// The file, and the line where there are lines.
fn place(file: &str, line: u64) -> String {
    if line == 0 { file.to_string() } else { format!("{file}:{line}") }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut list = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    if list.is_empty() { "none".to_string() } else { list }
}

impl Diagnose for DataError {
    fn class(&self) -> FaultClass {
        FaultClass::BadInput
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            DataError::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the path",
                io::ErrorKind::IsADirectory => "name a file inside the folder",
                io::ErrorKind::PermissionDenied => "check the permissions of the file and its folder",
                io::ErrorKind::StorageFull => "free some space, or choose another folder",
                _ => return None,
            },
            DataError::Empty { .. } | DataError::NoRows { .. } => "was the file written completely?",
            DataError::NotText { .. } => "unpack or convert it to comma-separated UTF-8 text first",
            DataError::InvalidUtf8 { .. } => {
                "re-encode the file, for example: iconv -f latin1 -t utf-8 IN > OUT"
            }
            DataError::DuplicateColumn { .. } => "rename one of the two columns",
            DataError::Ragged { .. } => {
                "look for a missing quote, a stray separator or a cut line; fields that hold the separator need quotes"
            }
            DataError::UnclosedQuote { .. } => "close it, or write two quotes for one inside a quoted field",
            DataError::NotANumber { .. } => "correct the field, or leave it empty for a missing value",
            DataError::TooLarge { line: 1.., .. } => "look for a quote that is never closed",
            DataError::Damaged { .. } => "was the file written and copied completely?",
            DataError::Unsupported { advice, .. } => advice,
            DataError::BadCell { .. } => "correct the value, or leave it out for a missing one",
            DataError::NoValues { .. } => "was it filled before it was written?",
            DataError::UnknownColumn { .. } => "column names are case-sensitive",
            DataError::MissingClient { advice, .. } => advice,
            DataError::ClientFailed { .. } => {
                "check the network, and whether the client's index is the one you want; then run the same again"
            }
            DataError::Checksum { .. } => {
                "the registry served other bytes than the pinned ones: do not use them; try again, or check a proxy"
            }
            _ => return None,
        };
        Some(hint.to_string())
    }
}
