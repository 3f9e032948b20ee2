//! One door for every format: the content of a file says what it is, whatever its name.
//!
//! Parquet, NumPy's `.npy` and `.npz`, IDX, and delimited text; each of them but parquet and `.npz` also packed by gzip.
//! Left out: archives of several tables, gzip within gzip.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use isogrid_core::Source;

use crate::array::{MAX_COLUMNS, too_many_columns};
use crate::idx::{self, read_idx};
use crate::npy::{self, read_npy, read_npz};
use crate::{Array, Cells, CsvOptions, DataError, Table, Warning, read_csv, sniff};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK\x03\x04";

/// What a parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

/// The largest file that is taken into memory whole: parquet and npz, which are read from their end.
const MAX_BYTES: u64 = 16 << 30;

/// Reads a table in any format, told by its content; `options` are for delimited text. An array gives the columns
/// that [`Array::into_table`] names, and each array of an archive (`.npz`) is named as there. Times in parquet become
/// days (dates) or seconds (moments since 1970, times of day).
///
/// # Errors
/// The source cannot be opened or is a directory; what [`read_csv`] refuses; a damaged file; a kind of content that
/// is not read. Each names the file and, where there is one, the row and column.
pub fn read_table(source: &Source, options: &CsvOptions) -> Result<(Table, Vec<Warning>), DataError> {
    let file = source.name.as_str();
    let (format, input) = opened(source)?;
    let table = match format {
        Format::Text => return read_csv(file, input, options),
        Format::Parquet => parquet(source)?,
        Format::Npz => joined(file, read_npz(file, &whole(source)?)?)?,
        Format::Npy => read_npy(file, input)?.into_table(file, "")?,
        Format::Idx => read_idx(file, input)?.into_table(file, "")?,
    };
    let is_bare =
        |cells: &Cells| matches!(cells, Cells::Numbers(values) if values.iter().all(|v| v.is_nan()));
    let bare = table.columns().iter().filter(|column| is_bare(column.cells()));
    let warnings = bare.map(|column| Warning::AllMissing { column: column.name().to_string() }).collect();
    Ok((table, warnings))
}

/// Reads the array in a `.npy` or IDX file, packed by gzip or not, told by its content.
///
/// # Errors
/// The source cannot be opened or is a directory; it is damaged, or in another format.
pub fn read_array(source: &Source) -> Result<Array, DataError> {
    let (format, input) = opened(source)?;
    match format {
        Format::Npy => read_npy(&source.name, input),
        Format::Idx => read_idx(&source.name, input),
        other => Err(DataError::Unsupported {
            file: source.name.clone(),
            what: format!("it is {}, expected one array", other.name()),
            advice: "name a .npy or IDX file, or read it as a table",
        }),
    }
}

/// Whether a file that begins with `head` looks like a table in any format that [`read_table`] knows; delimited text
/// by a header and rows of two or more fields, most of them with as many fields as the header. Cheap, and never an
/// error.
pub fn looks_like_table(head: &[u8]) -> bool {
    let mut unpacked = Vec::new();
    let head = if head.starts_with(GZIP) {
        // A head ends anywhere: what was unpacked before the fault is enough.
        let _ = MultiGzDecoder::new(head).take(sniff::HEAD_BYTES as u64).read_to_end(&mut unpacked);
        if is_zip_or_parquet(&unpacked) {
            return false;
        }
        &unpacked
    } else {
        head
    };
    match Format::of(head) {
        Format::Text => sniff::looks_like_text_table(head),
        Format::Npz => first_member(head).is_some_and(|name| name.ends_with(b".npy")),
        Format::Parquet | Format::Npy | Format::Idx => true,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Parquet,
    Npz,
    Npy,
    Idx,
}

impl Format {
    fn of(head: &[u8]) -> Format {
        if head.starts_with(PARQUET) {
            Format::Parquet
        } else if head.starts_with(npy::MAGIC) {
            Format::Npy
        } else if head.starts_with(ZIP) {
            Format::Npz
        } else if idx::is_idx(head) {
            Format::Idx
        } else {
            Format::Text
        }
    }

    fn name(self) -> &'static str {
        match self {
            Format::Text => "text or of an unknown format",
            Format::Parquet => "parquet",
            Format::Npz => "an archive",
            Format::Npy => "npy",
            Format::Idx => "IDX",
        }
    }
}

/// The format and the content from its first byte on, unpacked.
fn opened(source: &Source) -> Result<(Format, Box<dyn Read + '_>), DataError> {
    let mut input = source.open().map_err(DataError::io(source.name.clone()))?;
    let mut head = peek(source, &mut input)?;
    if head.starts_with(GZIP) {
        input = Box::new(MultiGzDecoder::new(Cursor::new(head).chain(input)));
        head = peek(source, &mut input)?;
        if is_zip_or_parquet(&head) {
            let what = format!("it is {} packed by gzip", Format::of(&head).name());
            let advice = "unpack it first: such files are packed inside already";
            return Err(DataError::Unsupported { file: source.name.clone(), what, advice });
        }
    }
    Ok((Format::of(&head), Box::new(Cursor::new(head).chain(input))))
}

fn peek(source: &Source, input: &mut dyn Read) -> Result<Vec<u8>, DataError> {
    const LONGEST_MAGIC: u64 = 8;
    let mut head = Vec::new();
    input.take(LONGEST_MAGIC).read_to_end(&mut head).map_err(DataError::io(source.name.clone()))?;
    Ok(head)
}

fn whole(source: &Source) -> Result<Vec<u8>, DataError> {
    source.read(MAX_BYTES).map_err(DataError::io(source.name.clone()))
}

fn is_zip_or_parquet(head: &[u8]) -> bool {
    matches!(Format::of(head), Format::Npz | Format::Parquet)
}

/// The name of the first file in a zip archive.
fn first_member(head: &[u8]) -> Option<&[u8]> {
    const NAME: usize = 30;
    let length = usize::from(*head.get(26)?) | usize::from(*head.get(27)?) << 8;
    head.get(NAME..NAME + length)
}

#[cfg(feature = "parquet")]
fn parquet(source: &Source) -> Result<Table, DataError> {
    crate::read_parquet(&source.name, whole(source)?)
}

#[cfg(not(feature = "parquet"))]
fn parquet(source: &Source) -> Result<Table, DataError> {
    let (file, what) = (source.name.clone(), "this build does not read parquet".to_string());
    Err(DataError::Unsupported {
        file,
        what,
        advice: "build with the feature `parquet`, or convert it to csv",
    })
}

/// The columns of all arrays beside each other.
fn joined(file: &str, arrays: Vec<(String, Array)>) -> Result<Table, DataError> {
    let mut columns = Vec::new();
    for (name, array) in arrays {
        columns.extend(array.into_table(file, &name)?.into_columns());
        if columns.len() > MAX_COLUMNS {
            return Err(too_many_columns(file));
        }
    }
    if columns.is_empty() {
        let (file, what) = (file.to_string(), "an archive without a NumPy array".to_string());
        return Err(DataError::Unsupported { file, what, advice: "unpack it, and name the table in it" });
    }
    Table::new(columns).map_err(|error| error.of_file(file))
}
