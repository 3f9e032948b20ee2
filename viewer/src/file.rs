//! An `.rrd` file that is being written: stores, rows and columns, whole or not at all.
//!
//! Ids are counted from a hash, not drawn from the clock: the same lines into a file of the same name give the same
//! messages, and two files opened together stay apart. Only the library's index at the end has no order of its own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use re_build_info::CrateVersion;
use re_chunk::{Chunk, ChunkId, RowId, TimeColumn, TimePoint};
use re_log_encoding::{Encoder, EncodingOptions};
use re_log_types::{
    BlueprintActivationCommand, EntityPath, LogMsg, SetStoreInfo, StoreId, StoreInfo, StoreSource,
};
use re_sdk_types::{AsComponents, SerializationResult, SerializedComponentColumn};

use crate::error::RerunError;

/// The timeline of everything that has a time.
pub const TIMELINE: &str = "time";

/// A file.
pub struct RrdFile {
    path: PathBuf,
    partial: Partial,
    encoder: Encoder<BufWriter<File>>,
    /// Half of every id.
    hash: u64,
    /// The last id of this file.
    last_id: u64,
}

/// A file under a name of its own, removed unless it was renamed.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl RrdFile {
    /// Begins a file. `first_line` makes its ids its own, together with its name.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: &Path, first_line: &[u8]) -> Result<RrdFile, RerunError> {
        let name = path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
        let io = |source| RerunError::Io { path: path.to_path_buf(), source };
        let partial = path.with_added_extension("part");
        let file = File::create(&partial).map_err(io)?;
        let partial = Partial(partial);
        let encoder = Encoder::new_eager(
            CrateVersion::LOCAL,
            EncodingOptions::PROTOBUF_COMPRESSED,
            BufWriter::new(file),
        )
        .map_err(|error| library(path, &error))?;
        let hash = hash(&[name, first_line]);
        Ok(RrdFile { path: path.to_path_buf(), partial, encoder, hash, last_id: 0 })
    }

    /// What tells this recording from others.
    pub fn name(&self) -> String {
        format!("{:016x}", self.hash)
    }

    /// Begins a store.
    pub fn begin(&mut self, store: &StoreId) -> Result<(), RerunError> {
        let info = StoreInfo {
            store_id: store.clone(),
            cloned_from: None,
            store_source: StoreSource::Other(concat!("isogrid-rerun ", env!("CARGO_PKG_VERSION")).into()),
            store_version: None,
        };
        let row_id = *self.row_id();
        self.append(&LogMsg::SetStoreInfo(SetStoreInfo { row_id, info }))
    }

    /// Writes what holds at one time, or always.
    pub fn row(
        &mut self,
        store: &StoreId,
        path: &EntityPath,
        time: &TimePoint,
        what: &dyn AsComponents,
    ) -> Result<(), RerunError> {
        let (chunk, row) = (self.chunk_id(), self.row_id());
        let builder = Chunk::builder_with_id(chunk, path.clone());
        let chunk = builder.with_archetype(row, time.clone(), what).build();
        self.chunk(store, chunk)
    }

    /// Writes what changes: a row of `columns` for each of `seconds`. Nothing is written of no rows.
    pub fn rows<I>(
        &mut self,
        store: &StoreId,
        path: &EntityPath,
        seconds: Vec<f64>,
        columns: SerializationResult<I>,
    ) -> Result<(), RerunError>
    where
        I: Iterator<Item = SerializedComponentColumn>,
    {
        if seconds.is_empty() {
            return Ok(());
        }
        let columns = columns.map_err(|error| library(&self.path, &error))?;
        let id = self.chunk_id();
        // Rows are numbered from the chunk's id on.
        self.last_id += seconds.len() as u64;
        let time = TimeColumn::new_duration_secs(TIMELINE, seconds);
        let times = std::iter::once((*time.timeline().name(), time)).collect();
        let chunk = Chunk::from_auto_row_ids(id, path.clone(), times, columns.collect());
        self.chunk(store, chunk)
    }

    /// Makes a blueprint the one that is shown.
    pub fn activate(&mut self, blueprint: &StoreId) -> Result<(), RerunError> {
        self.append(&LogMsg::BlueprintActivationCommand(BlueprintActivationCommand {
            blueprint_id: blueprint.clone(),
            make_active: true,
            make_default: true,
        }))
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// The disk is full, or the like.
    pub fn finish(mut self) -> Result<(), RerunError> {
        let path = self.path;
        let io = |source| RerunError::Io { path: path.clone(), source };
        let whole = self.encoder.finish().and_then(|()| self.encoder.into_inner());
        let mut writer = whole.map_err(|error| library(&path, &error))?;
        writer.flush().and_then(|()| writer.get_ref().sync_all()).map_err(io)?;
        fs::rename(&self.partial.0, &path).map_err(io)
    }

    fn chunk(&mut self, store: &StoreId, chunk: re_chunk::ChunkResult<Chunk>) -> Result<(), RerunError> {
        let message = chunk.and_then(|chunk| chunk.to_arrow_msg());
        let message = message.map_err(|error| library(&self.path, &error))?;
        self.append(&LogMsg::ArrowMsg(store.clone(), message))
    }

    fn append(&mut self, message: &LogMsg) -> Result<(), RerunError> {
        let written = self.encoder.append(message);
        written.map(|_| ()).map_err(|error| library(&self.path, &error))
    }

    fn id(&mut self) -> u128 {
        self.last_id += 1;
        u128::from(self.hash) << 64 | u128::from(self.last_id)
    }

    fn chunk_id(&mut self) -> ChunkId {
        ChunkId::from_u128(self.id())
    }

    fn row_id(&mut self) -> RowId {
        RowId::from_u128(self.id())
    }
}

fn library(path: &Path, error: &dyn std::error::Error) -> RerunError {
    RerunError::Library { path: path.to_path_buf(), problem: error.to_string() }
}

/// FNV-1a (Fowler, Noll and Vo), without its two highest bits: ids begin with what is taken for a time.
fn hash(texts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in texts.iter().flat_map(|text| text.iter().chain(&[0])) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash >> 2
}
