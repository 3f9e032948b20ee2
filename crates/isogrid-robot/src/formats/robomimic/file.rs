//! HDF5 with bounds: nothing is read that a file of its size cannot hold.
//!
//! Objects are only opened by paths that this reader names, so neither cycles nor depth of nesting matter.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_reader::group::Group;
use hdf5_reader::{BlockCacheStorage, Dataset, Datatype, FileStorage, Hdf5File, OpenOptions};

use super::superblock;
use crate::formats::episode::Column;
use crate::formats::{FormatError, Reason};

/// DEFLATE cannot reach more.
const MAX_COMPRESSION: u64 = 1032;

/// Numbers that one read call may decode, in bytes: a day at 100 Hz in rows of seven.
const MAX_READ: u64 = 512 << 20;

/// What is kept of the file, in blocks.
const BLOCK: usize = 64 << 10;
const N_BLOCKS: usize = 128;

/// An open file.
pub struct Source {
    pub path: PathBuf,
    file: Hdf5File,
    /// Bytes that may still be decoded. One chunk can be shared by many data sets, so the limit is on all together.
    left: Cell<u64>,
    size: u64,
}

impl Source {
    pub fn open(path: &Path) -> Result<Source, FormatError> {
        let fault = FormatError::io(path);
        let size = fs::metadata(path).map_err(&fault)?.len();
        if let Some(end) = superblock::end(path).map_err(&fault)?.filter(|end| *end > size) {
            let reason = format!("truncated: {size} bytes are left of {end}");
            return Err(FormatError::Damaged { path: path.to_path_buf(), reason });
        }
        let left = size.saturating_mul(MAX_COMPRESSION);
        let limit = usize::try_from(left.min(MAX_READ)).unwrap_or(usize::MAX);
        let damaged = |error: hdf5_reader::error::Error| FormatError::damaged(path, error);
        let storage = FileStorage::from_file(fs::File::open(path).map_err(&fault)?).map_err(damaged)?;
        let cached = BlockCacheStorage::new(Arc::new(storage), BLOCK, N_BLOCKS);
        let options = OpenOptions {
            max_chunk_bytes: limit,
            max_read_bytes: limit,
            max_object_header_bytes: usize::try_from(size).unwrap_or(usize::MAX),
            ..OpenOptions::default()
        };
        let file = Hdf5File::from_storage_with_options(Arc::new(cached), options).map_err(damaged)?;
        Ok(Source { path: path.to_path_buf(), file, left: Cell::new(left), size })
    }

    /// A group below the root, or what is missing.
    pub fn group(&self, name: &str) -> Result<Group, FormatError> {
        match self.file.root_group().and_then(|root| root.group(name)) {
            Ok(group) => Ok(group),
            Err(error) if is_absent(&error) => {
                Err(FormatError::Missing { path: self.path.clone(), what: format!("group `{name}`") })
            }
            Err(error) => Err(FormatError::damaged(&self.path, error)),
        }
    }

    /// A data set of numbers as a column called `label`; `None` where there is none. One of rank 1 has width 1.
    pub fn column(&self, group: &Group, name: &str, label: &str) -> Result<Option<Column>, Reason> {
        let damaged = |error: hdf5_reader::error::Error| damaged(label, &error);
        let dataset = match group.dataset(name) {
            Ok(dataset) => dataset,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(damaged(error)),
        };
        let width = match *dataset.shape() {
            [_] => 1,
            [_, width @ 1..=4096] => width as usize,
            ref shape => {
                let reason = format!("it has the shape {shape:?}, expected rows of numbers");
                return Err(Reason::Damaged { column: label.to_string(), reason });
            }
        };
        self.spend(&dataset, label)?;
        let values = match dataset.dtype() {
            Datatype::FloatingPoint { size: 4, .. } => {
                let values = dataset.read_array::<f32>().map_err(damaged)?;
                values.into_iter().map(f64::from).collect()
            }
            _ => dataset.read_array::<f64>().map_err(damaged)?.into_iter().collect(),
        };
        Ok(Some(Column { name: label.to_string(), width, values }))
    }

    /// A data set of strings; `None` where there is none.
    pub fn strings(&self, group: &Group, name: &str) -> Result<Option<Vec<String>>, Reason> {
        let damaged = |error: hdf5_reader::error::Error| damaged(name, &error);
        let dataset = match group.dataset(name) {
            Ok(dataset) => dataset,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(damaged(error)),
        };
        self.spend(&dataset, name)?;
        dataset.read_strings().map(Some).map_err(damaged)
    }

    /// Takes the size of `dataset` off what may still be decoded.
    fn spend(&self, dataset: &Dataset, label: &str) -> Result<(), Reason> {
        let elements = dataset.num_elements().map_err(|error| damaged(label, &error))?;
        let width = dataset.raw_element_size().map_err(|error| damaged(label, &error))?.max(1) as u64;
        let bytes = elements.saturating_mul(width);
        // Elements of strings take room in memory even where they take none in the file.
        let most = self.left.get().min(MAX_READ).min(self.size.saturating_mul(MAX_COMPRESSION / 8));
        if bytes > self.left.get().min(MAX_READ) || elements > most {
            return Err(Reason::TooLarge { column: label.to_string(), bytes });
        }
        self.left.set(self.left.get() - bytes);
        Ok(())
    }
}

/// An attribute that is a string; `None` where there is none.
pub fn text(group: &Group, name: &str) -> Result<Option<String>, String> {
    match group.attribute(name) {
        Ok(attribute) => attribute.read_string().map(Some).map_err(|error| error.to_string()),
        Err(hdf5_reader::error::Error::AttributeNotFound(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// An attribute that is a count; `None` where there is none.
pub fn count(group: &Group, name: &str) -> Result<Option<f64>, String> {
    match group.attribute(name) {
        Ok(attribute) => attribute.read_as_f64().map(Some).map_err(|error| error.to_string()),
        Err(hdf5_reader::error::Error::AttributeNotFound(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether an object is simply not there, as against broken.
pub fn is_absent(error: &hdf5_reader::error::Error) -> bool {
    match error {
        hdf5_reader::error::Error::GroupNotFound(_) | hdf5_reader::error::Error::DatasetNotFound(_) => true,
        hdf5_reader::error::Error::Context { source, .. } => is_absent(source),
        _ => false,
    }
}

pub fn damaged(column: &str, error: &hdf5_reader::error::Error) -> Reason {
    Reason::Damaged { column: column.to_string(), reason: error.to_string() }
}
