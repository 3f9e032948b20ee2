//! The IDX format of the MNIST family: two zero bytes, an element code, a count of dimensions, their lengths, values.
//!
//! All numbers are big-endian. Packed files (`.gz`) are unpacked by [`read_array`](crate::read_array), which looks at
//! the content. Left out: writing.

use std::io::Read;
use std::ops::RangeInclusive;

use crate::array::n_values;
use crate::elements::{ByteOrder, Element};
use crate::npy::read_values;
use crate::{Array, DataError};

/// More make no sense of their own, and would be a chance likeness.
const DIMENSIONS: RangeInclusive<u8> = 1..=8;

/// Reads one IDX array; `file` stands in messages. Cost: one pass, memory of the values.
///
/// # Errors
/// I/O errors; bytes that break the format, are too few or too many.
pub fn read_idx(file: &str, mut input: impl Read) -> Result<Array, DataError> {
    let damaged = DataError::damaged(file, "IDX");
    let mut start = Vec::new();
    input.by_ref().take(4).read_to_end(&mut start).map_err(DataError::io(file))?;
    let [0, 0, code, n_dimensions] = start[..] else {
        return Err(damaged("it does not begin as one".to_string()));
    };
    let element = element(code).ok_or_else(|| damaged(format!("its element code is {code:#04x}")))?;
    if !DIMENSIONS.contains(&n_dimensions) {
        return Err(damaged(format!("it has {n_dimensions} dimensions, expected 1 to 8")));
    }
    let mut lengths = Vec::new();
    input
        .by_ref()
        .take(4 * u64::from(n_dimensions))
        .read_to_end(&mut lengths)
        .map_err(DataError::io(file))?;
    if lengths.len() < 4 * usize::from(n_dimensions) {
        return Err(damaged("it ends within its header".to_string()));
    }
    let length = |word: &[u8]| word.iter().fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
    let shape: Vec<usize> = lengths.chunks(4).map(length).collect();
    let expected = n_values(&shape).zip(element.size()).and_then(|(n, size)| n.checked_mul(size));
    let expected =
        expected.ok_or_else(|| damaged("its header asks for more than fits any memory".to_string()))?;
    let bytes = read_values(file, "IDX", &mut input, expected)?;
    Array::new(shape, element.decode(bytes, ByteOrder::Big).map_err(damaged)?)
}

/// Whether a file that begins with `head` is one.
pub(crate) fn is_idx(head: &[u8]) -> bool {
    matches!(*head, [0, 0, code, n, ..] if element(code).is_some() && DIMENSIONS.contains(&n))
}

fn element(code: u8) -> Option<Element> {
    Some(match code {
        0x08 => Element::U8,
        0x09 => Element::I8,
        0x0b => Element::I16,
        0x0c => Element::I32,
        0x0d => Element::F32,
        0x0e => Element::F64,
        _ => return None,
    })
}
