//! Decompression of parquet pages into a size that is known beforehand, and never beyond it.
//!
//! Leaves out Brotli, LZO and the framed LZ4 of early Hadoop.

use std::io::Read;

use bytes::Bytes;
use parquet::basic::Compression;

/// Snappy copies at most 64 bytes by an element of three; LZ4 at most 255 a byte.
const SNAPPY: usize = 22;
const LZ4: usize = 255;

/// What both may have beyond that in a page of a few bytes.
const SLACK: usize = 64;

/// The codec's name where it is not read.
pub(super) fn check(codec: Compression) -> Result<(), String> {
    match codec {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::ZSTD(_)
        | Compression::LZ4_RAW => Ok(()),
        other => {
            let name = other.to_string();
            Err(name.split('(').next().unwrap_or_default().to_string())
        }
    }
}

/// The `size` bytes that are packed in `packed`; memory is taken as they come out.
pub(super) fn unpacked(codec: Compression, packed: &Bytes, size: usize) -> Result<Bytes, String> {
    if size == 0 {
        return Ok(Bytes::new());
    }
    let most = |ratio: usize| packed.len().saturating_mul(ratio).saturating_add(SLACK);
    let too_much = || format!("a page of {} bytes claims to hold {size}", packed.len());
    let bytes = match codec {
        Compression::UNCOMPRESSED => return exactly(packed.clone(), size),
        Compression::SNAPPY => {
            let claimed = snap::raw::decompress_len(packed).map_err(|error| error.to_string())?;
            if claimed > most(SNAPPY) {
                return Err(too_much());
            }
            snap::raw::Decoder::new().decompress_vec(packed).map_err(|error| error.to_string())?
        }
        Compression::LZ4_RAW if size > most(LZ4) => return Err(too_much()),
        Compression::LZ4_RAW => {
            lz4_flex::block::decompress(packed, size).map_err(|error| error.to_string())?
        }
        Compression::GZIP(_) => streamed(flate2::read::MultiGzDecoder::new(&packed[..]), size)?,
        Compression::ZSTD(_) => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(&packed[..]);
            streamed(decoder.map_err(|error| error.to_string())?, size)?
        }
        other => return Err(format!("it is compressed by {other}")),
    };
    exactly(bytes.into(), size)
}

fn streamed(unpacking: impl Read, size: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    unpacking.take(size as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn exactly(bytes: Bytes, size: usize) -> Result<Bytes, String> {
    if bytes.len() == size {
        return Ok(bytes);
    }
    Err(format!("a page of {size} bytes holds {}", if bytes.len() > size { "more" } else { "fewer" }))
}
