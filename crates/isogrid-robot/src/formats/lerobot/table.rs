//! Parquet tables as columns of numbers, lists of numbers, or strings; no nesting beyond one list.
//!
//! Every page's size and count is checked against the file's size before the parquet reader sees it: see `pages`.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescriptor, Type};

use super::pages;
use crate::formats::FormatError;

/// Records that are decoded in one step.
const BATCH: usize = 4096;

/// An open parquet file.
pub struct Table {
    pub path: PathBuf,
    reader: SerializedFileReader<File>,
    size: u64,
}

/// A column of numbers, one row after the other. A null is not a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    pub values: Vec<f64>,
    /// Where each row ends in `values`.
    pub ends: Vec<usize>,
}

impl Numbers {
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    pub fn row(&self, row: usize) -> &[f64] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.values[start..self.ends[row]]
    }
}

impl Table {
    pub fn open(path: &Path) -> Result<Table, FormatError> {
        let fault = FormatError::io(path);
        let size = fs::metadata(path).map_err(&fault)?.len();
        let file = File::open(path).map_err(&fault)?;
        let reader = SerializedFileReader::new(file).map_err(|error| FormatError::damaged(path, error))?;
        Ok(Table { path: path.to_path_buf(), reader, size })
    }

    /// The column called `name`; `None` where there is none.
    pub fn numbers(&self, name: &str) -> Result<Option<Numbers>, FormatError> {
        let Some(index) = self.find(name) else { return Ok(None) };
        let mut numbers = Numbers::default();
        self.each_group(index, |reader, descriptor| match reader {
            ColumnReader::BoolColumnReader(reader) => decode(reader, descriptor, f64::from, &mut numbers),
            ColumnReader::Int32ColumnReader(reader) => decode(reader, descriptor, f64::from, &mut numbers),
            ColumnReader::Int64ColumnReader(reader) => decode(reader, descriptor, |v| v as f64, &mut numbers),
            ColumnReader::FloatColumnReader(reader) => decode(reader, descriptor, f64::from, &mut numbers),
            ColumnReader::DoubleColumnReader(reader) => decode(reader, descriptor, |v| v, &mut numbers),
            _ => Err(ParquetError::General("not numbers".to_string())),
        })?;
        Ok(Some(numbers))
    }

    /// The first column of strings whose name `accept` takes, without nulls; `None` where there is none.
    pub fn strings(&self, accept: impl Fn(&str) -> bool) -> Result<Option<Vec<String>>, FormatError> {
        let columns = self.reader.metadata().file_metadata().schema_descr().columns();
        let fits = |column: &Arc<ColumnDescriptor>| {
            column.physical_type() == Physical::BYTE_ARRAY
                && column.path().parts().first().is_some_and(|n| accept(n))
        };
        let Some(index) = columns.iter().position(fits) else { return Ok(None) };
        let mut strings = Vec::new();
        self.each_group(index, |reader, descriptor| match reader {
            ColumnReader::ByteArrayColumnReader(reader) => decode_strings(reader, descriptor, &mut strings),
            _ => Err(ParquetError::General("not strings".to_string())),
        })?;
        Ok(Some(strings))
    }

    fn find(&self, name: &str) -> Option<usize> {
        let columns = self.reader.metadata().file_metadata().schema_descr().columns();
        columns.iter().position(|column| column.path().parts().first().is_some_and(|root| root == name))
    }

    fn each_group(
        &self,
        index: usize,
        mut decode: impl FnMut(ColumnReader, &ColumnDescriptor) -> Result<(), ParquetError>,
    ) -> Result<(), FormatError> {
        let name = self.reader.metadata().file_metadata().schema_descr().column(index).path().string();
        let damaged = |reason: String| FormatError::damaged(&self.path, format!("column `{name}`: {reason}"));
        for at in 0..self.reader.metadata().num_row_groups() {
            let chunk = self.chunk(at, index).ok_or_else(|| damaged("a row group lacks it".to_string()))?;
            self.check_pages(chunk).map_err(damaged)?;
            let group = self.reader.get_row_group(at).map_err(|error| damaged(error.to_string()))?;
            let reader = group.get_column_reader(index).map_err(|error| damaged(error.to_string()))?;
            decode(reader, chunk.column_descr()).map_err(|error| damaged(error.to_string()))?;
        }
        Ok(())
    }

    fn chunk(&self, group: usize, index: usize) -> Option<&ColumnChunkMetaData> {
        self.reader.metadata().row_group(group).columns().get(index)
    }

    /// Reads the pages' headers and holds them against what the file can contain.
    fn check_pages(&self, chunk: &ColumnChunkMetaData) -> Result<(), String> {
        let limit = match chunk.compression() {
            Compression::UNCOMPRESSED => pages::Codec::None,
            Compression::SNAPPY => pages::Codec::Snappy,
            other => return Err(format!("it is compressed by {other}, expected SNAPPY or none")),
        };
        let start = chunk.dictionary_page_offset().unwrap_or(i64::MAX).min(chunk.data_page_offset());
        let (start, length) = match (u64::try_from(start), u64::try_from(chunk.compressed_size())) {
            (Ok(start), Ok(length)) if start.saturating_add(length) <= self.size => (start, length),
            _ => return Err("its bytes are not within the file".to_string()),
        };
        let mut bytes = vec![0; usize::try_from(length).map_err(|error| error.to_string())?];
        let mut file = File::open(&self.path).map_err(|error| error.to_string())?;
        file.seek(SeekFrom::Start(start)).map_err(|error| error.to_string())?;
        file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        pages::check(&bytes, limit, self.size)
    }
}

fn decode<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    descriptor: &ColumnDescriptor,
    number: impl Fn(T::T) -> f64,
    numbers: &mut Numbers,
) -> Result<(), ParquetError> {
    let (full, is_list) = (descriptor.max_def_level(), descriptor.max_rep_level() > 0);
    if descriptor.max_rep_level() > 1 {
        return Err(ParquetError::General("lists of lists".to_string()));
    }
    loop {
        let (mut definitions, mut repetitions, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (n_records, n_values, n_levels) =
            reader.read_records(BATCH, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
        if n_records == 0 && n_levels == 0 {
            return Ok(());
        }
        let mut values = values.into_iter().take(n_values);
        for level in 0..n_levels {
            let defined = definitions.get(level).is_none_or(|definition| *definition == full);
            let starts = !is_list || repetitions.get(level).is_none_or(|repetition| *repetition == 0);
            if starts {
                numbers.ends.push(numbers.values.len());
            }
            // An empty or absent list has a level of its own, and no value.
            let absent = is_list && definitions.get(level).is_some_and(|definition| *definition + 1 < full);
            if !absent {
                let value = if defined { values.next().map(&number) } else { None };
                numbers.values.push(value.unwrap_or(f64::NAN));
            }
            let end = numbers.values.len();
            match numbers.ends.last_mut() {
                Some(last) => *last = end,
                None => return Err(ParquetError::General("a list without a beginning".to_string())),
            }
        }
    }
}

fn decode_strings(
    mut reader: ColumnReaderImpl<ByteArrayType>,
    descriptor: &ColumnDescriptor,
    strings: &mut Vec<String>,
) -> Result<(), ParquetError> {
    if descriptor.max_rep_level() > 0 {
        return Err(ParquetError::General("lists of strings".to_string()));
    }
    loop {
        let (mut definitions, mut repetitions, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (n_records, ..) =
            reader.read_records(BATCH, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
        if n_records == 0 {
            return Ok(());
        }
        for value in values {
            strings.push(value.as_utf8()?.to_string());
        }
    }
}

/// A column to be written.
pub struct Written {
    pub name: String,
    pub cells: Cells,
    /// How many of the cells make a row, as a list; without, each is a row.
    pub list: Option<usize>,
}

/// What a column to be written holds.
pub enum Cells {
    Float(Vec<f32>),
    Double(Vec<f64>),
    Int(Vec<i64>),
    Text(Vec<String>),
}

impl Written {
    pub fn new(name: impl Into<String>, cells: Cells) -> Written {
        Written { name: name.into(), cells, list: None }
    }

    pub fn lists(name: impl Into<String>, cells: Cells, width: usize) -> Written {
        Written { name: name.into(), cells, list: Some(width) }
    }
}

/// Writes a table of one row group; `notes` go to the file's key-value metadata. No column has nulls.
pub fn write(path: &Path, columns: &[Written], notes: Vec<KeyValue>) -> Result<(), FormatError> {
    let encode = FormatError::encode(path);
    let fault = |error: ParquetError| encode(&error);
    let fields: Result<Vec<_>, _> = columns.iter().map(field).collect();
    let schema =
        Type::group_type_builder("schema").with_fields(fields.map_err(fault)?).build().map_err(fault)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata((!notes.is_empty()).then_some(notes))
        .build();
    let file = File::create(path).map_err(FormatError::io(path))?;
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(fault)?;
    let mut group = writer.next_row_group().map_err(fault)?;
    for column in columns {
        write_column(&mut group, column).map_err(fault)?;
    }
    group.close().map_err(fault)?;
    writer.close().map(|_| ()).map_err(fault)
}

/// Optional fields, and lists of three levels, as every writer of Arrow makes them.
fn field(column: &Written) -> Result<Arc<Type>, ParquetError> {
    let name = if column.list.is_some() { "element" } else { column.name.as_str() };
    let (physical, logical) = match column.cells {
        Cells::Float(_) => (Physical::FLOAT, None),
        Cells::Double(_) => (Physical::DOUBLE, None),
        Cells::Int(_) => (Physical::INT64, None),
        Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let leaf = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    if column.list.is_none() {
        return Ok(Arc::new(leaf));
    }
    let list = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(leaf)])
        .build()?;
    let group = Type::group_type_builder(&column.name)
        .with_repetition(Repetition::OPTIONAL)
        .with_converted_type(ConvertedType::LIST)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list)])
        .build()?;
    Ok(Arc::new(group))
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, File>,
    column: &Written,
) -> Result<(), ParquetError> {
    match &column.cells {
        Cells::Float(values) => write_cells::<FloatType>(group, column, values),
        Cells::Double(values) => write_cells::<DoubleType>(group, column, values),
        Cells::Int(values) => write_cells::<Int64Type>(group, column, values),
        Cells::Text(values) => {
            let values: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(text.as_str())).collect();
            write_cells::<ByteArrayType>(group, column, &values)
        }
    }
}

fn write_cells<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    column: &Written,
    values: &[T::T],
) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General(format!("column `{}` is one too many", column.name)));
    };
    // Levels of a field that is there, and of an element that is there in a list that is there.
    let definitions = vec![if column.list.is_some() { 3 } else { 1 }; values.len()];
    let repetitions =
        column.list.map(|width| (0..values.len()).map(|at| i16::from(at % width != 0)).collect());
    let repetitions: Option<Vec<i16>> = repetitions;
    writer.typed::<T>().write_batch(values, Some(&definitions), repetitions.as_deref())?;
    writer.close()
}
