//! Reads delimited text (RFC 4180 and its habits) into a [`Table`], in one pass and in bounded memory per row.
//!
//! Understood: separators `,` `;` tab `|` (detected), quotes, a byte order mark, both line ends, blank lines (skipped),
//! white space around fields (removed), missing values. A row of another length than the header is an error, never
//! padded. Left out: decimal commas, thousands separators, dates, comment lines.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use isogrid_core::Source;
use isogrid_num::hash::{FastMap, FastSet};

use crate::array::MAX_COLUMNS;
use crate::infer::{ColumnBuilder, Demand};
use crate::sniff;
use crate::{Cells, DataError, Table};

/// How to read delimited text.
#[derive(Debug, Clone)]
pub struct CsvOptions {
    /// The separator; `None` detects it from the head of the file.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns; otherwise they are named `c0`, `c1` and so on.
    pub has_header: bool,
    /// Columns that must be numeric; others become categorical when a field is not a number.
    pub numeric: NumericColumns,
    /// Fields that mean "missing", compared after removing white space. An empty field always does.
    pub missing: Vec<String>,
    /// The largest field, in bytes.
    pub max_field_bytes: usize,
    /// The longest row, in bytes: an unclosed quote ends here instead of filling the memory.
    pub max_row_bytes: u64,
    /// The most columns, 2^20 by default.
    pub max_columns: usize,
}

/// Which columns must hold nothing but numbers and missing values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumericColumns {
    /// None: a column is what its fields are.
    Inferred,
    /// These.
    Named(Vec<String>),
    /// Every one.
    All,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions {
            delimiter: None,
            has_header: true,
            numeric: NumericColumns::Inferred,
            missing: ["NA", "N/A", "NaN", "nan", "null", "NULL", "?"].map(String::from).to_vec(),
            max_field_bytes: 1 << 20,
            max_row_bytes: 16 << 20,
            max_columns: MAX_COLUMNS,
        }
    }
}

/// Something about a table that a user should know, although it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Most fields are numbers, yet one is not, so the column became categorical.
    MostlyNumeric {
        /// The column.
        column: String,
        /// The line of the first field that is no number.
        line: u64,
        /// That field.
        value: String,
    },
    /// No row has a value in this column.
    AllMissing {
        /// The column.
        column: String,
    },
    /// Every name in the header is a number: the file may have no header.
    NumericHeader,
    /// A column without a name got this one.
    Unnamed {
        /// The name given.
        column: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::MostlyNumeric { column, line, value } => {
                write!(f, "column `{column}` is read as text because line {line} has `{value}`")?;
                let decimal_comma = value.replacen(',', ".", 1);
                if decimal_comma != *value && decimal_comma.parse::<f64>().is_ok() {
                    f.write_str(" (a decimal comma: write a point)")?;
                }
                Ok(())
            }
            Warning::AllMissing { column } => write!(f, "column `{column}` has no values"),
            Warning::NumericHeader => f.write_str("the header is all numbers: is the first line data?"),
            Warning::Unnamed { column } => write!(f, "a column without a name is called `{column}`"),
        }
    }
}

/// Reads a table from a source, streaming.
///
/// # Errors
/// As [`read_csv`]; also when the source cannot be opened or is a directory.
pub fn read_csv_source(source: &Source, options: &CsvOptions) -> Result<(Table, Vec<Warning>), DataError> {
    let input = source.open().map_err(DataError::io(source.name.clone()))?;
    read_csv(&source.name, input, options)
}

/// Reads a table from `input`; `name` stands in messages. Cost: one pass; memory of 8 bytes a number, 4 a category.
///
/// # Errors
/// I/O errors; an empty file; no rows; not UTF-8 text; duplicate column names; a row whose length differs from the
/// header's; a word in a column that must be numeric; a limit of `options` passed. Each names line and column.
pub fn read_csv(
    name: &str,
    mut input: impl Read,
    options: &CsvOptions,
) -> Result<(Table, Vec<Warning>), DataError> {
    let mut head = Vec::new();
    input.by_ref().take(sniff::HEAD_BYTES as u64).read_to_end(&mut head).map_err(DataError::io(name))?;
    let text = sniff::check_text(name, &head)?;
    if text.iter().all(u8::is_ascii_whitespace) && head.len() < sniff::HEAD_BYTES {
        return Err(DataError::Empty { file: name.to_string() });
    }
    let delimiter = options.delimiter.unwrap_or_else(|| sniff::delimiter(text));
    Rows::new(name, text.chain(input), delimiter, options).read()
}

struct Rows<'a, R> {
    file: &'a str,
    options: &'a CsvOptions,
    reader: csv::Reader<Lines<R>>,
    record: csv::ByteRecord,
    line: u64,
    /// Where the row begins if its last field, which goes on over lines, has no closing quote.
    open_line: Option<u64>,
    warnings: Vec<Warning>,
}

impl<'a, R: Read> Rows<'a, R> {
    fn new(file: &'a str, input: R, delimiter: u8, options: &'a CsvOptions) -> Self {
        let lines = Lines {
            inner: BufReader::with_capacity(1 << 16, input),
            limit: options.max_row_bytes,
            used: Cell::new(0),
            n_lines: 0,
            in_line: false,
            last: 0,
        };
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(lines);
        let record = csv::ByteRecord::new();
        Rows { file, options, reader, record, line: 0, open_line: None, warnings: Vec::new() }
    }

    fn read(mut self) -> Result<(Table, Vec<Warning>), DataError> {
        let mut has_row = self.next_row()?;
        let mut columns = self.header()?;
        if self.options.has_header {
            has_row = self.next_row()?;
        }
        if !has_row {
            return Err(DataError::NoRows { file: self.file.to_string() });
        }
        let demands = self.demands(&columns)?;
        let missing: FastSet<&str> = self.options.missing.iter().map(String::as_str).collect();
        while has_row {
            self.push_row(&mut columns, &demands, &missing)?;
            has_row = self.next_row()?;
        }
        self.finish(columns)
    }

    fn next_row(&mut self) -> Result<bool, DataError> {
        self.reader.get_ref().used.set(0);
        let more = self.reader.read_byte_record(&mut self.record).map_err(|error| self.fault(error))?;
        if more {
            let inner: usize =
                self.record.iter().map(|field| field.iter().filter(|&&byte| byte == b'\n').count()).sum();
            self.line = self.reader.get_ref().n_lines.saturating_sub(inner as u64);
            let last = self.record.iter().next_back().filter(|_| inner > 0).unwrap_or_default();
            let open_line = || self.line + u64::from(last.ends_with(b"\n"));
            self.open_line = last.contains(&b'\n').then(open_line);
        } else if let Some(line) = self.open_line.filter(|_| self.reader.get_ref().last != b'"') {
            // The parser takes the end of the file for the end of a quoted field.
            return Err(DataError::UnclosedQuote { file: self.file.to_string(), line });
        }
        Ok(more)
    }

    fn fault(&self, error: csv::Error) -> DataError {
        let file = self.file.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(source) if is_row_too_long(&source) => {
                let (what, limit) = ("a row's length in bytes", self.options.max_row_bytes);
                DataError::TooLarge { file, line: self.line + 1, what, limit }
            }
            csv::ErrorKind::Io(source) => DataError::Io { file, source },
            other => DataError::Io { file, source: io::Error::other(format!("{other:?}")) },
        }
    }

    fn header(&mut self) -> Result<Vec<ColumnBuilder>, DataError> {
        let n_columns = self.record.len();
        if n_columns > self.options.max_columns {
            return Err(self.too_large("the number of columns", self.options.max_columns));
        }
        let mut seen: FastMap<String, usize> = FastMap::default();
        let mut builders = Vec::with_capacity(n_columns);
        for column in 0..n_columns {
            let name = self.column_name(column)?;
            if let Some(first) = seen.insert(name.clone(), column) {
                let file = self.file.to_string();
                let (first, second) = (first + 1, column + 1);
                return Err(DataError::DuplicateColumn { file, column: name, first, second });
            }
            builders.push(ColumnBuilder::new(name));
        }
        if self.options.has_header && builders.iter().all(|b| b.name().parse::<f64>().is_ok()) {
            self.warnings.push(Warning::NumericHeader);
        }
        Ok(builders)
    }

    fn column_name(&mut self, column: usize) -> Result<String, DataError> {
        if !self.options.has_header {
            return Ok(format!("c{column}"));
        }
        let name = self.field(column)?.to_string();
        if !name.is_empty() {
            return Ok(name);
        }
        let name = format!("c{column}");
        self.warnings.push(Warning::Unnamed { column: name.clone() });
        Ok(name)
    }

    fn demands(&self, columns: &[ColumnBuilder]) -> Result<Vec<Demand>, DataError> {
        let demand_of = |named: &[String], column: &ColumnBuilder| {
            if named.iter().any(|name| name == column.name()) { Demand::Numeric } else { Demand::Nothing }
        };
        Ok(match &self.options.numeric {
            NumericColumns::Inferred => vec![Demand::Nothing; columns.len()],
            NumericColumns::All => vec![Demand::Numeric; columns.len()],
            NumericColumns::Named(named) => {
                let known: Vec<String> = columns.iter().map(|column| column.name().to_string()).collect();
                if let Some(column) = named.iter().find(|name| !known.contains(name)) {
                    return Err(DataError::UnknownColumn { column: column.clone(), known });
                }
                columns.iter().map(|column| demand_of(named, column)).collect()
            }
        })
    }

    fn push_row(
        &self,
        columns: &mut [ColumnBuilder],
        demands: &[Demand],
        missing: &FastSet<&str>,
    ) -> Result<(), DataError> {
        let (file, line) = (self.file, self.line);
        if self.record.len() != columns.len() {
            let (expected, found) = (columns.len(), self.record.len());
            return Err(DataError::Ragged { file: file.to_string(), line, expected, found });
        }
        for (index, (column, &demand)) in columns.iter_mut().zip(demands).enumerate() {
            let text = self.field(index)?;
            if text.is_empty() || missing.contains(text) {
                column.push_missing();
            } else if !column.push(line, text, demand) {
                let (file, column) = (file.to_string(), column.name().to_string());
                return Err(DataError::NotANumber { file, line, column, value: shortened(text) });
            }
        }
        Ok(())
    }

    fn field(&self, column: usize) -> Result<&str, DataError> {
        let bytes = &self.record[column];
        if bytes.len() > self.options.max_field_bytes {
            return Err(self.too_large("a field's length in bytes", self.options.max_field_bytes));
        }
        if bytes.contains(&0) {
            return Err(DataError::NotText { file: self.file.to_string(), found: "it holds zero bytes" });
        }
        std::str::from_utf8(bytes).map(str::trim).map_err(|_| DataError::InvalidUtf8 {
            file: self.file.to_string(),
            line: self.line,
            column: column + 1,
        })
    }

    fn too_large(&self, what: &'static str, limit: usize) -> DataError {
        DataError::TooLarge { file: self.file.to_string(), line: self.line, what, limit: limit as u64 }
    }

    fn finish(mut self, builders: Vec<ColumnBuilder>) -> Result<(Table, Vec<Warning>), DataError> {
        let mut columns = Vec::with_capacity(builders.len());
        for builder in builders {
            let finished = builder.finish();
            let column = finished.column.name().to_string();
            if let Some((line, value)) = finished.odd_field {
                self.warnings.push(Warning::MostlyNumeric { column, line, value: shortened(&value) });
            } else if matches!(finished.column.cells(), Cells::Numbers(_))
                && finished.column.n_missing() == finished.column.len()
            {
                self.warnings.push(Warning::AllMissing { column });
            }
            columns.push(finished.column);
        }
        Ok((Table::new(columns)?, self.warnings))
    }
}

fn is_row_too_long(error: &io::Error) -> bool {
    let Some(inner) = error.get_ref() else { return false };
    inner.is::<RowTooLong>()
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

/// Hands over at most one line a read, so that the line on which a row ended is known however many blank lines the
/// row reader skipped, and ends when one row takes more than its share.
struct Lines<R> {
    inner: BufReader<R>,
    limit: u64,
    /// Bytes since the last row.
    used: Cell<u64>,
    /// Lines begun.
    n_lines: u64,
    in_line: bool,
    /// The last byte that is no white space.
    last: u8,
}

#[derive(Debug)]
struct RowTooLong;

impl fmt::Display for RowTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("row too long")
    }
}

impl std::error::Error for RowTooLong {}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let used = self.used.get();
        if used > self.limit {
            return Err(io::Error::other(RowTooLong));
        }
        let available = self.inner.fill_buf()?;
        let most = available.len().min(buffer.len());
        let line_end = available[..most].iter().position(|&byte| byte == b'\n');
        let n = line_end.map_or(most, |at| at + 1);
        buffer[..n].copy_from_slice(&available[..n]);
        if let Some(&last) = available[..n].iter().rfind(|byte| !byte.is_ascii_whitespace()) {
            self.last = last;
        }
        self.inner.consume(n);
        self.used.set(used + n as u64);
        if n > 0 {
            self.n_lines += u64::from(!self.in_line);
            self.in_line = line_end.is_none();
        }
        Ok(n)
    }
}
