//! Training that is saved, and goes on as if it had never stopped.
//!
//! A file of a trainer is a magic number with a version, the trainer, and a checksum of it. What is loaded is checked part
//! by part, so that a damaged file is an error and never a panic later.

use isogrid_num::hash::hash_words;

use crate::TsetlinError;
use crate::trainer::Trainer;

const MAGIC: &[u8; 8] = b"isotsm\x00\x01";

impl Trainer {
    /// The trainer as bytes; equal trainers give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory cannot fail: every field is of a kind that the format knows.
        let body = postcard::to_allocvec(self).unwrap_or_default();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(checksum(&body).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// The trainer back from its bytes.
    ///
    /// # Errors
    /// The bytes are not those of a trainer of this version, are cut short or damaged, or contradict themselves.
    pub fn from_bytes(bytes: &[u8]) -> Result<Trainer, TsetlinError> {
        let refuse = |reason: &str| TsetlinError::Model { reason: reason.to_string() };
        let Some((magic, rest)) = bytes.split_first_chunk::<8>() else {
            return Err(refuse("it is cut short"));
        };
        if magic[..7] != MAGIC[..7] {
            return Err(refuse("it is not a machine in training"));
        }
        if magic[7] != MAGIC[7] {
            return Err(refuse("it was written by another version"));
        }
        let Some((sum, body)) = rest.split_first_chunk::<8>() else { return Err(refuse("it is cut short")) };
        if u64::from_le_bytes(*sum) != checksum(body) {
            return Err(refuse("it is cut short or damaged"));
        }
        let (trainer, rest) = postcard::take_from_bytes::<Trainer>(body)
            .map_err(|error| TsetlinError::Model { reason: error.to_string() })?;
        if !rest.is_empty() || !trainer.is_consistent() {
            return Err(refuse("its parts do not fit together"));
        }
        Ok(trainer)
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut words: Vec<u64> = vec![bytes.len() as u64];
    words.extend(bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    }));
    hash_words(&words)
}
