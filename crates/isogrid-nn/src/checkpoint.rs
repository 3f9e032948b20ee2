//! Checkpoints: everything that a run needs to go on as if it had never stopped, in one file.
//!
//! The file is written to a temporary name, synced and renamed, so that a killed run leaves the last whole one. Layout,
//! little endian: magic, version, CRC-32 of the rest, fingerprints of network and options, step, count of numbers,
//! then weights, both moments and the average where one is kept. Left out: random state, since batches are functions
//! of the step.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{CheckpointError, Error};
use crate::optimizer::Moments;

const MAGIC: [u8; 8] = *b"isonnck\0";
const VERSION: u32 = 1;
const HEADER: usize = 48;

/// What a checkpoint belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Fingerprint of the network.
    pub network: u64,
    /// Fingerprint of the options.
    pub options: u64,
    /// Steps of the run.
    pub n_steps: u64,
    /// Numbers stored.
    pub n_numbers: u64,
}

/// Writes a checkpoint after `step` steps.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn save(
    path: &Path,
    identity: Identity,
    step: u64,
    (weights, moments): (&[f32], &Moments),
) -> Result<(), Error> {
    let mut content = Vec::with_capacity(HEADER + 4 * identity.n_numbers as usize);
    for word in [identity.network, identity.options, step, identity.n_numbers] {
        content.extend(word.to_le_bytes());
    }
    for buffer in [weights, &moments.mean, &moments.square, &moments.averaged] {
        buffer.iter().for_each(|number| content.extend(number.to_le_bytes()));
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let write = || -> io::Result<()> {
        let mut file = File::create(&partial)?;
        file.write_all(&MAGIC)?;
        file.write_all(&VERSION.to_le_bytes())?;
        file.write_all(&crc32fast::hash(&content).to_le_bytes())?;
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        // The renaming itself lasts only once the folder is on disk.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|source| Error::Io { action: "writing", path: path.to_path_buf(), source })
}

/// Reads a checkpoint into the buffers, all or nothing, and returns its step; `None` where there is no such file.
///
/// # Errors
/// The file cannot be read, is damaged, or belongs to another run.
pub(crate) fn load(path: &Path, identity: Identity, buffers: [&mut [f32]; 4]) -> Result<Option<u64>, Error> {
    let io_error = |source| Error::Io { action: "reading", path: path.to_path_buf(), source };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(error)),
    };
    let length = file.metadata().map_err(io_error)?.len();
    let mut header = [0; HEADER];
    let refuse = |reason| Error::Checkpoint { path: PathBuf::from(path), reason };
    let n_header = length.min(HEADER as u64) as usize;
    file.read_exact(&mut header[..n_header]).map_err(io_error)?;
    let header = check_header(&header[..n_header], length, identity).map_err(refuse)?;
    // The length is that of this network's checkpoint, so this allocates no more than training does.
    let mut numbers = Vec::with_capacity(4 * identity.n_numbers as usize);
    file.read_to_end(&mut numbers).map_err(io_error)?;
    let step = header.check_content(&numbers, identity).map_err(refuse)?;
    let mut stored = numbers.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk));
    buffers.into_iter().flatten().zip(&mut stored).for_each(|(to, number)| *to = number);
    Ok(Some(step))
}

struct Header {
    crc: u32,
    words: [u64; 4],
    raw_words: [u8; 32],
}

fn check_header(bytes: &[u8], length: u64, identity: Identity) -> Result<Header, CheckpointError> {
    if !bytes.starts_with(&MAGIC) {
        return Err(CheckpointError::Magic);
    }
    let expected = HEADER as u64 + 4 * identity.n_numbers;
    let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    if let Some(version) = word(8).filter(|version| *version != VERSION) {
        return Err(CheckpointError::Version { found: version, expected: VERSION });
    }
    let (Some(crc), Ok(raw_words)) = (word(12), <[u8; 32]>::try_from(bytes.get(16..).unwrap_or_default()))
    else {
        return Err(CheckpointError::Length { found: length, expected });
    };
    let (chunks, _) = raw_words.as_chunks::<8>();
    let words = [0, 1, 2, 3].map(|i| u64::from_le_bytes(chunks[i]));
    // A file that is whole by its own account belongs to another network, which its fingerprint says better.
    let is_whole = words[3].checked_mul(4).and_then(|n| n.checked_add(HEADER as u64)) == Some(length);
    if is_whole && words[0] != identity.network {
        return Err(CheckpointError::Network { found: words[0], expected: identity.network });
    }
    if is_whole && words[1] != identity.options {
        return Err(CheckpointError::Options { found: words[1], expected: identity.options });
    }
    if length != expected || !is_whole {
        return Err(CheckpointError::Length { found: length, expected });
    }
    Ok(Header { crc, words, raw_words })
}

impl Header {
    fn check_content(&self, numbers: &[u8], identity: Identity) -> Result<u64, CheckpointError> {
        let found = numbers.len() as u64 + HEADER as u64;
        if numbers.len() as u64 != 4 * identity.n_numbers {
            return Err(CheckpointError::Length { found, expected: HEADER as u64 + 4 * identity.n_numbers });
        }
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.raw_words);
        hasher.update(numbers);
        let expected = hasher.finalize();
        if self.crc != expected {
            return Err(CheckpointError::Checksum { found: self.crc, expected });
        }
        let step = self.words[2];
        if step > identity.n_steps {
            return Err(CheckpointError::Step { found: step, n_steps: identity.n_steps });
        }
        Ok(step)
    }
}
