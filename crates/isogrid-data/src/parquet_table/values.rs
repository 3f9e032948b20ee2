//! Values of parquet pages in all encodings of the format: plain, runs and packed bits, dictionaries, differences, and
//! bytes split into streams.
//!
//! Every count comes from a page that was held against its row group; memory is taken for no more. Leaves out levels
//! of the long deprecated bit-packed form. Format: Apache Parquet's `Encodings.md`.

use bytes::Bytes;
use parquet::basic::Type as Physical;
use parquet::schema::types::ColumnDescriptor;

use super::meaning::Meaning;
use super::pages::{MAX_PAGE_BYTES, Page, varint, with_length, zigzag};

/// Decodes the pages of one column.
pub(super) struct Decoder {
    kind: Physical,
    meaning: Meaning,
    width: usize, // bytes of a value; 0 where values differ in length
}

/// Values of one page.
pub(super) enum Stored {
    Numbers(Vec<f64>),
    Bytes(Vec<Bytes>),
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Number(f64),
    Bytes(&'a [u8]),
}

impl Stored {
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = Cell<'_>> + '_> {
        match self {
            Stored::Numbers(values) => Box::new(values.iter().map(|&value| Cell::Number(value))),
            Stored::Bytes(values) => Box::new(values.iter().map(|value| Cell::Bytes(value))),
        }
    }
}

/// For each row whether it is there (1) or null (0); nothing where a column has no nulls.
type Presence = Option<Vec<u32>>;

impl Decoder {
    pub(super) fn new(column: &ColumnDescriptor, meaning: Meaning) -> Decoder {
        let width = match column.physical_type() {
            Physical::INT32 | Physical::FLOAT => 4,
            Physical::INT64 | Physical::DOUBLE => 8,
            Physical::INT96 => 12,
            Physical::FIXED_LEN_BYTE_ARRAY => usize::try_from(column.type_length()).unwrap_or(0),
            Physical::BOOLEAN | Physical::BYTE_ARRAY => 0,
        };
        Decoder { kind: column.physical_type(), meaning, width }
    }

    /// The entries of a dictionary page.
    pub(super) fn dictionary(&self, page: &Page) -> Result<Stored, String> {
        match page.encoding {
            0 | 2 => self.plain(&page.values, page.n_values),
            other => Err(format!("a dictionary has the encoding {other}, expected 0 or 2")),
        }
    }

    /// The values of a data page, without those that are null.
    pub(super) fn page(
        &self,
        page: &Page,
        dictionary: Option<&Stored>,
    ) -> Result<(Presence, Stored), String> {
        let presence = page.levels.as_ref().map(|levels| runs(levels, 1, page.n_values)).transpose()?;
        let count = |presence: &Vec<u32>| presence.iter().filter(|&&level| level == 1).count();
        let n = presence.as_ref().map_or(page.n_values, count);
        let bytes = &page.values;
        let stored = match (page.encoding, self.kind) {
            (0, _) => self.plain(bytes, n)?,
            (2 | 8, _) => indexed(bytes, n, dictionary.ok_or("a page needs a dictionary, there is none")?)?,
            (3, Physical::BOOLEAN) => {
                let (bits, _) = with_length(bytes).ok_or("runs are longer than their page")?;
                Stored::Numbers(runs(&bits, 1, n)?.into_iter().map(f64::from).collect())
            }
            (5, Physical::INT32 | Physical::INT64) => {
                let (values, _) = differences(bytes, n)?;
                Stored::Numbers(values.into_iter().map(|value| self.whole(value)).collect())
            }
            (6, Physical::BYTE_ARRAY) => Stored::Bytes(lengths_then_bytes(bytes, n)?),
            (7, Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) => {
                let values = prefixed(bytes, n)?;
                let wrong = values.iter().find(|value| self.width > 0 && value.len() != self.width);
                if let Some(wrong) = wrong {
                    return Err(format!("a value has {} bytes, expected {}", wrong.len(), self.width));
                }
                Stored::Bytes(values)
            }
            (9, _) if self.width > 0 => self.plain(&joined(bytes, self.width, n)?, n)?,
            (other, kind) => {
                return Err(format!("a page of {kind} has the encoding {other}, which is not read"));
            }
        };
        Ok((presence, stored))
    }

    fn plain(&self, bytes: &Bytes, n: usize) -> Result<Stored, String> {
        let short = || format!("a page of {} bytes claims {n} values", bytes.len());
        match self.kind {
            Physical::BOOLEAN if n.div_ceil(8) > bytes.len() => Err(short()),
            Physical::BOOLEAN => {
                Ok(Stored::Numbers((0..n).map(|at| f64::from(bytes[at / 8] >> (at % 8) & 1)).collect()))
            }
            Physical::BYTE_ARRAY => {
                let mut rest = bytes.clone();
                let mut values = Vec::new();
                for _ in 0..n {
                    let (value, after) = with_length(&rest).ok_or_else(short)?;
                    values.push(value);
                    rest = after;
                }
                Ok(Stored::Bytes(values))
            }
            _ if self.width == 0 || n > bytes.len() / self.width => Err(short()),
            _ => Ok(Stored::Numbers(
                bytes.chunks_exact(self.width).take(n).map(|word| self.number(word)).collect(),
            )),
        }
    }

    fn number(&self, word: &[u8]) -> f64 {
        match (self.kind, word) {
            (Physical::FLOAT, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (Physical::DOUBLE, &[a, b, c, d, e, f, g, h]) => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            (Physical::INT32 | Physical::INT64, _) => {
                self.whole(word.iter().rev().fold(0_i64, |value, &byte| value << 8 | i64::from(byte)))
            }
            (Physical::INT96, _) => seconds(word),
            _ => self.meaning.of_bytes(word),
        }
    }

    /// A whole number, of which only the lower half counts in a column of 32 bits.
    fn whole(&self, value: i64) -> f64 {
        if self.kind == Physical::INT32 {
            self.meaning.of_int32(value as i32)
        } else {
            self.meaning.of_int64(value)
        }
    }
}

/// A moment as older writers store it: nanoseconds of the day, then the Julian day.
fn seconds(word: &[u8]) -> f64 {
    const JULIAN_DAY_OF_1970: f64 = 2_440_588.0;
    let number =
        |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte)) as f64;
    let (nanoseconds, days) = word.split_at(8);
    (number(days) - JULIAN_DAY_OF_1970) * 86_400.0 + number(nanoseconds) / 1e9
}

/// Entries of a dictionary by their places, whose width in bits comes first.
fn indexed(bytes: &Bytes, n: usize, dictionary: &Stored) -> Result<Stored, String> {
    if n == 0 {
        return Ok(Stored::Numbers(Vec::new()));
    }
    let (&width, rest) = bytes.split_first().ok_or("a page of places in a dictionary is empty")?;
    let places = runs(rest, u32::from(width), n)?;
    let wrong = |place: u32| format!("a page names entry {place} of a dictionary that lacks it");
    match dictionary {
        Stored::Numbers(entries) => {
            let entry = |place: u32| entries.get(place as usize).copied().ok_or_else(|| wrong(place));
            places.into_iter().map(entry).collect::<Result<_, _>>().map(Stored::Numbers)
        }
        Stored::Bytes(entries) => {
            let entry = |place: u32| entries.get(place as usize).cloned().ok_or_else(|| wrong(place));
            places.into_iter().map(entry).collect::<Result<_, _>>().map(Stored::Bytes)
        }
    }
}

/// `n` numbers of `width` bits in runs of one value and in groups of eight that are packed.
fn runs(mut bytes: &[u8], width: u32, n: usize) -> Result<Vec<u32>, String> {
    if width > 32 {
        return Err(format!("packed numbers have {width} bits, expected 32 at most"));
    }
    let short = || format!("runs end before their {n} values");
    let mut values = Vec::new();
    while values.len() < n {
        let head = varint(&mut bytes).ok_or_else(short)?;
        let left = n - values.len();
        let length = usize::try_from(head >> 1).unwrap_or(usize::MAX);
        if head & 1 == 0 {
            let (word, rest) = bytes.split_at_checked(width.div_ceil(8) as usize).ok_or_else(short)?;
            let value = word.iter().rev().fold(0_u32, |value, &byte| value << 8 | u32::from(byte));
            values.resize(values.len() + length.min(left), value);
            bytes = rest;
        } else {
            let n_packed = length.saturating_mul(8).min(left);
            if n_packed.saturating_mul(width as usize).div_ceil(8) > bytes.len() {
                return Err(short());
            }
            values.extend((0..n_packed).map(|at| packed(bytes, at, width) as u32));
            bytes = bytes.get(length.saturating_mul(width as usize)..).unwrap_or_default();
        }
    }
    Ok(values)
}

/// The number at `place` among numbers of `width` bits (64 at most), the lowest bit first.
fn packed(bytes: &[u8], place: usize, width: u32) -> u64 {
    let first = place * width as usize;
    let end = (first + width as usize).div_ceil(8);
    let word = bytes[first / 8..end].iter().rev().fold(0_u128, |word, &byte| word << 8 | u128::from(byte));
    (word >> (first % 8) & ((1_u128 << width) - 1)) as u64
}

/// `n` whole numbers as blocks of packed differences, and the bytes behind them.
fn differences(mut bytes: &[u8], n: usize) -> Result<(Vec<i64>, &[u8]), String> {
    let next = |what: &mut &[u8]| varint(what).ok_or("differences end early");
    let (block, n_parts, count) = (next(&mut bytes)?, next(&mut bytes)?, next(&mut bytes)?);
    let mut value = zigzag(next(&mut bytes)?);
    if n_parts == 0 || n_parts > block || !block.is_multiple_of(n_parts * 8) || block > MAX_PAGE_BYTES as u64
    {
        return Err(format!("differences come in blocks of {block} in {n_parts} parts"));
    }
    if count != n as u64 {
        return Err(format!("differences count {count} values, expected {n}"));
    }
    let part = (block / n_parts) as usize;
    let mut values = Vec::new();
    values.extend((n > 0).then_some(value));
    while values.len() < n {
        let least = zigzag(next(&mut bytes)?);
        let (widths, rest) = bytes.split_at_checked(n_parts as usize).ok_or("differences end early")?;
        bytes = rest;
        for &width in widths {
            if values.len() == n {
                break;
            }
            if width > 64 {
                return Err(format!("packed differences have {width} bits, expected 64 at most"));
            }
            let n_bytes = part.saturating_mul(usize::from(width)) / 8;
            let (body, rest) = bytes.split_at_checked(n_bytes).ok_or("differences end early")?;
            bytes = rest;
            for at in 0..part.min(n - values.len()) {
                let step = packed(body, at, u32::from(width)).cast_signed();
                value = value.wrapping_add(least).wrapping_add(step);
                values.push(value);
            }
        }
    }
    Ok((values, bytes))
}

/// The lengths of all values, then their bytes.
fn lengths_then_bytes(bytes: &Bytes, n: usize) -> Result<Vec<Bytes>, String> {
    let (lengths, rest) = differences(bytes, n)?;
    let mut rest = bytes.slice_ref(rest);
    let take = |length: i64| {
        let length = usize::try_from(length).ok().filter(|&length| length <= rest.len());
        Ok(rest.split_to(length.ok_or("a value is longer than what is left of its page")?))
    };
    lengths.into_iter().map(take).collect()
}

/// How much each value shares with the one before, then what it adds.
fn prefixed(bytes: &Bytes, n: usize) -> Result<Vec<Bytes>, String> {
    let (shared, rest) = differences(bytes, n)?;
    let added = lengths_then_bytes(&bytes.slice_ref(rest), n)?;
    let mut values: Vec<Bytes> = Vec::new();
    let mut n_bytes = 0;
    for (shared, added) in shared.into_iter().zip(added) {
        let last = values.last().map_or(&[][..], |value| &value[..]);
        let shared = usize::try_from(shared).ok().and_then(|length| last.get(..length));
        let shared = shared.ok_or("a value shares more than the one before has")?;
        // A few bytes can ask for any number of copies of a long value.
        n_bytes += shared.len() + added.len();
        if n_bytes > MAX_PAGE_BYTES {
            return Err(format!("values of one page exceed the limit of {MAX_PAGE_BYTES} bytes"));
        }
        let value = if shared.is_empty() { added } else { [shared, &added].concat().into() };
        values.push(value);
    }
    Ok(values)
}

/// Puts together values of which all first bytes come first, then all second ones, and so on.
fn joined(bytes: &[u8], width: usize, n: usize) -> Result<Bytes, String> {
    if Some(bytes.len()) != n.checked_mul(width) {
        return Err(format!("{n} values of {width} bytes are split in {} bytes", bytes.len()));
    }
    Ok((0..n).flat_map(|at| (0..width).map(move |stream| bytes[stream * n + at])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_bits() {
        let cases: [(&str, &[u8], u32, usize, Result<&[u32], &str>); 9] = [
            ("a run", &[6, 5], 3, 3, Ok(&[5, 5, 5])),
            ("packed", &[3, 0x88, 0xc6, 0xfa], 3, 8, Ok(&[0, 1, 2, 3, 4, 5, 6, 7])),
            ("a run, then packed", &[4, 1, 3, 0b10], 1, 4, Ok(&[1, 1, 0, 1])),
            ("no bits", &[200, 1], 0, 5, Ok(&[0; 5])),
            ("a wide run", &[2, 1, 2, 3, 4], 32, 1, Ok(&[0x0403_0201])),
            ("none", &[], 3, 0, Ok(&[])),
            ("too few", &[4, 1], 1, 3, Err("runs end before their 3 values")),
            ("cut", &[3], 1, 3, Err("runs end before their 3 values")),
            ("too wide", &[2, 1], 33, 1, Err("packed numbers have 33 bits, expected 32 at most")),
        ];
        for (name, bytes, width, n, expected) in cases {
            let expected = expected.map(<[u32]>::to_vec).map_err(str::to_string);
            assert_eq!(runs(bytes, width, n), expected, "{name}");
        }
    }

    #[test]
    fn differences_as_the_format_describes_them() {
        // Its own example, 7, 5, 3, 1, 2, 3, 4, 5, in one block of 128 in four parts: two bits a step above -2.
        let head: &[u8] = &[0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0];
        let steps: &[u8] = &[0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0];
        let bytes = [head, steps, b"rest"].concat();
        assert_eq!(differences(&bytes, 8), Ok((vec![7, 5, 3, 1, 2, 3, 4, 5], &b"rest"[..])));
        for end in 0..bytes.len() - 4 {
            assert!(differences(&bytes[..end], 8).is_err(), "{end}");
        }
        assert!(differences(&bytes, 9).unwrap_err().contains("count 8 values, expected 9"));
        let lies: [&[u8]; 3] = [&[0x80, 1, 0, 1, 0], &[7, 1, 1, 0], &[0x80, 1, 4, 2, 0, 0, 65, 0, 0, 0]];
        for lie in lies {
            assert!(differences(lie, lie[lie.len().min(3) - 1].into()).is_err(), "{lie:?}");
        }
    }

    #[test]
    fn split_streams_are_joined() {
        assert_eq!(joined(&[1, 2, 3, 4, 5, 6], 2, 3), Ok(Bytes::from_static(&[1, 4, 2, 5, 3, 6])));
        assert!(joined(&[1, 2, 3], 2, 2).is_err());
    }
}
