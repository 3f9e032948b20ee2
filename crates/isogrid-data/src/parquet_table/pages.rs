//! The pages of a column chunk: their headers (Thrift's compact protocol), their levels and their unpacked values.
//!
//! Sizes and counts are held against the bytes that are there. Leaves out statistics, checksums, repetition levels, and
//! what the values mean. Format: Apache Parquet's `parquet.thrift`, `PageHeader`.

use bytes::Bytes;
use parquet::basic::Compression;

use super::codec;

/// The most bytes of an unpacked page. Writers aim at a megabyte, and at a row group where they write one page for it.
pub(super) const MAX_PAGE_BYTES: usize = 1 << 29;

/// Structs within structs; page headers have three.
const DEPTH: usize = 8;

/// One page of a column that is not repeated.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) is_dictionary: bool,
    pub(super) n_values: usize,
    /// The number of the values' encoding.
    pub(super) encoding: i64,
    /// Which values are there, as runs; present when the column may have nulls.
    pub(super) levels: Option<Bytes>,
    pub(super) values: Bytes,
}

/// Hands over one page after the other.
pub(super) struct Pages {
    rest: Bytes,
    codec: Compression,
    has_levels: HasLevels,
}

/// Whether a column may have nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HasLevels {
    Yes,
    No,
}

impl Pages {
    /// The pages in the bytes of one column chunk.
    pub(super) fn new(chunk: Bytes, codec: Compression, has_levels: HasLevels) -> Pages {
        Pages { rest: chunk, codec, has_levels }
    }

    /// The next page; `None` at the end.
    pub(super) fn next_page(&mut self) -> Result<Option<Page>, String> {
        while !self.rest.is_empty() {
            let mut cursor = &self.rest[..];
            let header = Header::read(&mut cursor).ok_or("a page header is broken")?;
            let start = self.rest.len() - cursor.len();
            let end = start.checked_add(size(header.packed)?).filter(|&end| end <= self.rest.len());
            let end = end
                .ok_or_else(|| format!("a page claims {} bytes, {} are left", header.packed, cursor.len()))?;
            let body = self.rest.slice(start..end);
            self.rest = self.rest.slice(end..);
            // Pages of kinds that this version of the format does not know are passed over, as it asks.
            if let Some(page) = header.page(&body, self.codec, self.has_levels)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}

/// What a page says of itself; which fields mean something depends on its kind.
#[derive(Debug, Default, PartialEq)]
struct Header {
    kind: i64,
    unpacked: i64,
    packed: i64,
    values: i64,
    encoding: i64,
    /// Encodings of the levels in a page of version 1, their lengths in bytes in one of version 2.
    definitions: i64,
    repetitions: i64,
    is_plain: bool,
}

impl Header {
    /// Takes one header off `bytes`; `None` where they are none.
    fn read(bytes: &mut &[u8]) -> Option<Header> {
        let mut header = Header { unpacked: -1, packed: -1, values: -1, ..Header::default() };
        fields(bytes, DEPTH, 0, &mut |place, value| {
            let field = match place {
                (0, 1) => &mut header.kind,
                (0, 2) => &mut header.unpacked,
                (0, 3) => &mut header.packed,
                (5 | 7 | 8, 1) => &mut header.values,
                (5 | 7, 2) | (8, 4) => &mut header.encoding,
                (5, 3) | (8, 5) => &mut header.definitions,
                (5, 4) | (8, 6) => &mut header.repetitions,
                (8, 7) => {
                    header.is_plain = value == 0;
                    return;
                }
                _ => return,
            };
            *field = value;
        })?;
        Some(header)
    }

    fn page(&self, body: &Bytes, codec: Compression, has_levels: HasLevels) -> Result<Option<Page>, String> {
        let unpacked = size(self.unpacked)?;
        if unpacked > MAX_PAGE_BYTES {
            return Err(format!("a page of {unpacked} bytes exceeds the limit of {MAX_PAGE_BYTES}"));
        }
        let (is_dictionary, n_values, encoding) =
            (self.kind == DICTIONARY, size(self.values)?, self.encoding);
        let (levels, values) = match self.kind {
            DICTIONARY => (None, codec::unpacked(codec, body, unpacked)?),
            DATA => {
                let bytes = codec::unpacked(codec, body, unpacked)?;
                match has_levels {
                    HasLevels::No => (None, bytes),
                    HasLevels::Yes if self.definitions != RUNS => {
                        return Err(format!(
                            "levels have the encoding {}, expected {RUNS}",
                            self.definitions
                        ));
                    }
                    HasLevels::Yes => {
                        let (levels, values) =
                            with_length(&bytes).ok_or("a page is shorter than its levels")?;
                        (Some(levels), values)
                    }
                }
            }
            DATA_2 => {
                let (repetitions, definitions) = (size(self.repetitions)?, size(self.definitions)?);
                let n_bytes = definitions.saturating_add(repetitions);
                if n_bytes > body.len() || n_bytes > unpacked {
                    return Err(format!("a page of {} bytes claims {n_bytes} bytes of levels", body.len()));
                }
                let codec = if self.is_plain { Compression::UNCOMPRESSED } else { codec };
                let levels = (has_levels == HasLevels::Yes).then(|| body.slice(repetitions..n_bytes));
                (levels, codec::unpacked(codec, &body.slice(n_bytes..), unpacked - n_bytes)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(Page { is_dictionary, n_values, encoding, levels, values }))
    }
}

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

/// The encoding of levels: runs and packed bits.
const RUNS: i64 = 3;

/// Parts bytes that begin with a length of four bytes into those and the rest.
pub(super) fn with_length(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    let end = length.checked_add(4).filter(|&end| end <= bytes.len())?;
    Some((bytes.slice(4..end), bytes.slice(end..)))
}

fn size(value: i64) -> Result<usize, String> {
    i32::try_from(value)
        .ok()
        .and_then(|value| usize::try_from(value).ok())
        .ok_or_else(|| format!("a page claims a size of {value}"))
}

/// Thrift's compact types.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const STRUCT: u8 = 12;

/// Receives a value with the struct's field that it is in (0 for the outermost) and its own field.
type Show<'a> = &'a mut dyn FnMut((i64, i64), i64);

/// Reads a struct and shows its truth values and whole numbers.
fn fields(bytes: &mut &[u8], depth: usize, outer: i64, show: Show<'_>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let mut id = 0_i64;
    loop {
        let head = byte(bytes)?;
        if head == STOP {
            return Some(());
        }
        id = match head >> 4 {
            0 => zigzag(varint(bytes)?),
            step => id.checked_add(i64::from(step))?,
        };
        match head & 0x0f {
            kind @ (TRUE | FALSE) => show((outer, id), i64::from(kind == TRUE)),
            4..=6 => show((outer, id), zigzag(varint(bytes)?)),
            // Deeper fields must not be taken for those of a header.
            STRUCT => fields(bytes, depth, if outer == 0 { id } else { i64::MIN }, show)?,
            kind => skip(bytes, kind, depth)?,
        }
    }
}

/// Passes over a value that is not in a struct's own field of truth.
fn skip(bytes: &mut &[u8], kind: u8, depth: usize) -> Option<()> {
    let length = match kind {
        1..=3 => 1,
        4..=6 => return varint(bytes).map(|_| ()),
        7 => 8,
        8 => usize::try_from(varint(bytes)?).ok()?,
        9 | 10 => {
            let depth = depth.checked_sub(1)?;
            let head = byte(bytes)?;
            let n = if head >> 4 == 15 { varint(bytes)? } else { u64::from(head >> 4) };
            // Every element takes a byte at least, so a count that lies ends with the bytes.
            return (0..n).try_for_each(|_| skip(bytes, head & 0x0f, depth));
        }
        STRUCT => return fields(bytes, depth, i64::MIN, &mut |_, _| {}),
        _ => return None,
    };
    *bytes = bytes.get(length..)?;
    Some(())
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let next = byte(bytes)?;
        value |= u64::from(next & 0x7f) << shift;
        if next < 0x80 {
            return Some(value);
        }
    }
    None
}

pub(super) fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain page of version 1: 10 bytes, unpacked and packed, a header of 5 values, three encodings.
    const PAGE: &[u8] = &[0x15, 0, 0x15, 20, 0x15, 20, 0x2c, 0x15, 10, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];

    #[test]
    fn a_header_is_read_to_its_end() {
        let expected = Header {
            unpacked: 10,
            packed: 10,
            values: 5,
            definitions: 3,
            repetitions: 3,
            ..Header::default()
        };
        let mut rest = PAGE;
        assert_eq!(Header::read(&mut rest), Some(expected));
        assert!(rest.is_empty());
    }

    #[test]
    fn sizes_that_lie_are_refused() {
        let page = |at: usize, byte: u8, body: usize| {
            let mut bytes = PAGE.to_vec();
            bytes[at] = byte;
            bytes.extend(vec![0; body]);
            bytes
        };
        let with_levels = |length: u8| {
            let mut bytes = page(3, 20, 10);
            bytes[PAGE.len()] = length;
            bytes
        };
        let plain = Compression::UNCOMPRESSED;
        let cases = [
            ("a good page", page(3, 20, 10), plain, ""),
            ("it holds fewer", page(3, 80, 10), plain, "a page of 40 bytes holds fewer"),
            ("the body is short", page(3, 20, 9), plain, "a page claims 10 bytes, 9 are left"),
            ("a negative size", page(3, 81, 10), plain, "a page claims a size of -41"),
            ("a negative count", page(8, 9, 10), plain, "a page claims a size of -5"),
            ("levels of another encoding", page(12, 8, 10), plain, "levels have the encoding 4, expected 3"),
            ("levels longer than the page", with_levels(99), plain, "a page is shorter than its levels"),
            ("a header that ends early", PAGE[..5].to_vec(), plain, "a page header is broken"),
            ("an endless number", vec![0x15, 0xff, 0xff, 0xff], plain, "a page header is broken"),
            ("structs without end", vec![0x1c; 1000], plain, "a page header is broken"),
            ("not snappy", page(3, 80, 10), Compression::SNAPPY, "snappy: corrupt input"),
        ];
        for (name, bytes, codec, expected) in cases {
            let found = Pages::new(bytes.into(), codec, HasLevels::Yes).next_page().err().unwrap_or_default();
            assert!(
                found.starts_with(expected) && found.is_empty() == expected.is_empty(),
                "{name}: {found}"
            );
        }
    }
}
