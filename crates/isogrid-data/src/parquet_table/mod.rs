//! Parquet as pandas and polars write it, to a [`Table`]: flat columns of numbers, truth values, times and texts.
//!
//! Dates become days, times of day and moments seconds (moments since 1970, as they are stored), decimals and halves
//! numbers; a null is a missing value. The `parquet` crate reads the footer and the schema; pages and values are read
//! here, as its decoders panic on files that lie. Left out: nested columns (refused by name), encryption, Brotli.

mod codec;
mod meaning;
mod pages;
mod values;

use bytes::Bytes;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::schema::types::ColumnDescriptor;

use crate::array::{MAX_COLUMNS, too_many_columns};
use crate::table::CategoriesBuilder;
use crate::{Column, DataError, Table};
use meaning::Meaning;
use pages::{HasLevels, Pages};
use values::{Cell, Decoder};

/// A row of equal values takes no room, so a small file may hold many: this many cells, or as many for each byte.
const CELLS: u64 = 1 << 24;
const CELLS_PER_BYTE: u64 = 256;

/// Reads a parquet file that is in memory; `file` stands in messages. Cost: one pass; memory of 8 bytes a number, 4 a
/// category.
///
/// # Errors
/// The file is damaged, has no rows, more than 2^20 columns or more cells than its size explains; a column is nested,
/// of a kind that makes no cell, or compressed in a way that is not read; a text is not UTF-8 (row and column named).
pub fn read_parquet(file: &str, bytes: Vec<u8>) -> Result<Table, DataError> {
    let bytes = Bytes::from(bytes);
    let damaged = DataError::damaged(file, "parquet");
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes);
    let metadata = metadata.map_err(|error| damaged(error.to_string()))?;
    let reader = FileReader { file, bytes, metadata };
    reader.check_size()?;
    let columns = reader.metadata.file_metadata().schema_descr().columns();
    let columns = columns.iter().enumerate().map(|(index, column)| reader.column(index, column));
    Table::new(columns.collect::<Result<_, _>>()?).map_err(|error| error.of_file(file))
}

struct FileReader<'a> {
    file: &'a str,
    bytes: Bytes,
    metadata: ParquetMetaData,
}

impl FileReader<'_> {
    fn damaged(&self, column: &str, reason: impl ToString) -> DataError {
        DataError::damaged(self.file, "parquet")(format!("column `{column}`: {}", reason.to_string()))
    }

    /// Refuses a table without cells, and one of more than its file explains.
    fn check_size(&self) -> Result<(), DataError> {
        let file = self.file.to_string();
        let n_columns = self.metadata.file_metadata().schema_descr().num_columns();
        if n_columns > MAX_COLUMNS {
            return Err(too_many_columns(self.file));
        }
        let rows = self.metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()));
        let rows =
            rows.collect::<Result<Vec<_>, _>>().map(|rows| rows.into_iter().fold(0, u64::saturating_add));
        let n_rows = rows.map_err(|error| DataError::damaged(self.file, "parquet")(error.to_string()))?;
        if n_rows == 0 || n_columns == 0 {
            return Err(DataError::NoRows { file });
        }
        let limit = (self.bytes.len() as u64).saturating_mul(CELLS_PER_BYTE).max(CELLS);
        if n_rows.saturating_mul(n_columns as u64) > limit {
            let what = "the number of cells";
            return Err(DataError::TooLarge { file, line: 0, what, limit });
        }
        Ok(())
    }

    fn column(&self, index: usize, column: &ColumnDescriptor) -> Result<Column, DataError> {
        let name = column.path().parts().join(".");
        let refuse =
            |what: String, advice| DataError::Unsupported { file: self.file.to_string(), what, advice };
        if column.path().parts().len() > 1 || column.max_rep_level() > 0 || column.max_def_level() > 1 {
            let what = format!("column `{name}` is nested");
            return Err(refuse(what, "spread lists and records over columns of their own, or drop them"));
        }
        let meaning = Meaning::of(column);
        if meaning == Meaning::None {
            let what = format!("column `{name}` holds {}, which makes no cell", column.physical_type());
            return Err(refuse(what, "convert the column to numbers or text, or drop it"));
        }
        let has_levels = if column.max_def_level() > 0 { HasLevels::Yes } else { HasLevels::No };
        let mut cells = Cells::new(meaning);
        let decoder = Decoder::new(column, meaning);
        for group in self.metadata.row_groups() {
            let chunk = group.columns().get(index);
            let chunk = chunk.ok_or_else(|| self.damaged(&name, "a row group lacks it"))?;
            let pages = Pages::new(self.chunk(&name, chunk)?, chunk.compression(), has_levels);
            cells.read(pages, &decoder, group.num_rows().unsigned_abs()).map_err(|fault| match fault {
                Fault::File(reason) => self.damaged(&name, reason),
                Fault::Cell { row, reason } => {
                    DataError::BadCell { file: self.file.to_string(), row, column: name.clone(), reason }
                }
            })?;
        }
        Ok(match meaning {
            Meaning::Text => Column::of_categories(name, cells.categories.finish()),
            _ => Column::numbers(&name, cells.numbers),
        })
    }

    /// The bytes of a column in a row group.
    fn chunk(&self, name: &str, chunk: &ColumnChunkMetaData) -> Result<Bytes, DataError> {
        let start = chunk.dictionary_page_offset().filter(|&offset| offset > 0).unwrap_or(i64::MAX);
        let start = usize::try_from(start.min(chunk.data_page_offset())).ok();
        let length = usize::try_from(chunk.compressed_size()).ok();
        let range = start.zip(length).and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let range = range.filter(|range| range.end <= self.bytes.len());
        let range = range.ok_or_else(|| self.damaged(name, "its bytes are not within the file"))?;
        codec::check(chunk.compression()).map_err(|codec| DataError::Unsupported {
            file: self.file.to_string(),
            what: format!("column `{name}` is compressed by {codec}"),
            advice: "write the file with snappy, zstd, gzip or lz4_raw",
        })?;
        Ok(self.bytes.slice(range))
    }
}

/// The cells of one column so far.
struct Cells {
    meaning: Meaning,
    numbers: Vec<f64>,
    categories: CategoriesBuilder,
    rows: u64,
}

enum Fault {
    File(String),
    Cell { row: u64, reason: String },
}

impl From<String> for Fault {
    fn from(reason: String) -> Fault {
        Fault::File(reason)
    }
}

impl Cells {
    fn new(meaning: Meaning) -> Cells {
        Cells { meaning, numbers: Vec::new(), categories: CategoriesBuilder::default(), rows: 0 }
    }

    /// Adds the `n_rows` rows of a row group.
    fn read(&mut self, mut pages: Pages, decoder: &Decoder, n_rows: u64) -> Result<(), Fault> {
        let end = self.rows + n_rows;
        let mut dictionary = None;
        while self.rows < end {
            let Some(page) = pages.next_page()? else { break };
            if page.is_dictionary {
                dictionary = Some(decoder.dictionary(&page)?);
                continue;
            }
            if page.n_values as u64 > end - self.rows {
                return Err(Fault::File(format!("a row group of {n_rows} rows holds more")));
            }
            let (presence, stored) = decoder.page(&page, dictionary.as_ref())?;
            let mut stored = stored.iter();
            for row in 0..page.n_values {
                let is_there = presence.as_ref().is_none_or(|presence| presence[row] == 1);
                self.push(if is_there { stored.next() } else { None })?;
            }
        }
        if self.rows < end {
            return Err(Fault::File(format!(
                "a row group of {n_rows} rows lacks {} of them",
                end - self.rows
            )));
        }
        Ok(())
    }

    fn push(&mut self, cell: Option<Cell<'_>>) -> Result<(), Fault> {
        self.rows += 1;
        let number = match cell {
            Some(Cell::Bytes(bytes)) if self.meaning == Meaning::Text => {
                let wrong = |_| Fault::Cell { row: self.rows, reason: "not valid UTF-8".to_string() };
                self.categories.push(Some(std::str::from_utf8(bytes).map_err(wrong)?));
                return Ok(());
            }
            None if self.meaning == Meaning::Text => {
                self.categories.push(None);
                return Ok(());
            }
            Some(Cell::Bytes(bytes)) => self.meaning.of_bytes(bytes),
            Some(Cell::Number(number)) => number,
            None => f64::NAN,
        };
        self.numbers.push(number);
        Ok(())
    }
}
