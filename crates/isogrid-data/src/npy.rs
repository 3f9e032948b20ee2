//! NumPy's array files: `.npy` of versions 1 to 3, read and written, and `.npz`, which is a zip archive of them.
//!
//! Either order of storage and of bytes is read. Left out: arrays of Python objects (pickles: unpickling runs code of
//! whoever made the file), records, complex numbers and dates. Format: NumPy's `numpy.lib.format`.

use std::io::{Cursor, Read, Write};

use crate::array::n_values;
use crate::elements::{ByteOrder, Element};
use crate::{Array, DataError, Values};

/// What every `.npy` file begins with.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// No writer makes a longer header of an array without records.
const MAX_HEADER_BYTES: usize = 1 << 16;
pub(crate) const MAX_DIMENSIONS: usize = 64;
const MAX_ARRAYS: usize = 1 << 16;

/// What is allocated before the first value is there.
const FIRST_BYTES: usize = 1 << 24;

/// Reads one `.npy` array; `file` stands in messages. Cost: one pass; memory of the values, twice while numbers are
/// decoded.
///
/// # Errors
/// I/O errors; bytes that break the format, are too few or too many; an element kind that is not read.
pub fn read_npy(file: &str, mut input: impl Read) -> Result<Array, DataError> {
    let damaged = DataError::damaged(file, "npy");
    let header = Header::read(file, &mut input)?;
    let expected = header
        .n_bytes()
        .ok_or_else(|| damaged("its header asks for more than fits any memory".to_string()))?;
    let bytes = read_values(file, "npy", &mut input, expected)?;
    header.array(bytes).map_err(damaged)
}

/// Passes over the header of an array of Python objects, whose pickle follows.
pub(crate) fn skip_objects_header(file: &str, input: &mut dyn Read) -> Result<(), DataError> {
    let text = header_text(file, input)?;
    match Fields::parse(&text) {
        Some(fields) if matches!(fields.descr, "|O" | "O") => Ok(()),
        _ => {
            let reason = format!("its header is `{}`, expected that of an array of objects", text.trim());
            Err(DataError::damaged(file, "npy")(reason))
        }
    }
}

/// Reads exactly `expected` bytes, and refuses more.
pub(crate) fn read_values(
    file: &str,
    format: &'static str,
    input: &mut dyn Read,
    expected: usize,
) -> Result<Vec<u8>, DataError> {
    let damaged = DataError::damaged(file, format);
    let mut bytes = Vec::with_capacity(expected.min(FIRST_BYTES));
    input.take(expected as u64).read_to_end(&mut bytes).map_err(DataError::io(file))?;
    if bytes.len() < expected {
        return Err(damaged(format!(
            "its header promises {expected} bytes of values, there are {}",
            bytes.len()
        )));
    }
    if input.read(&mut [0]).map_err(DataError::io(file))? > 0 {
        return Err(damaged(format!("bytes follow the {expected} bytes of values")));
    }
    Ok(bytes)
}

/// Reads the arrays of an `.npz` archive with their names, in the archive's order; other members are passed over.
///
/// # Errors
/// The archive is damaged, or an array is: see [`read_npy`].
pub fn read_npz(file: &str, bytes: &[u8]) -> Result<Vec<(String, Array)>, DataError> {
    let damaged = DataError::damaged(file, "npz");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    if archive.len() > MAX_ARRAYS {
        let (what, limit) = ("the number of arrays", MAX_ARRAYS as u64);
        return Err(DataError::TooLarge { file: file.to_string(), line: 0, what, limit });
    }
    let mut arrays = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| damaged(error.to_string()))?;
        let Some(name) = member.name().strip_suffix(".npy").map(str::to_string) else { continue };
        arrays.push((name.clone(), read_npy(&format!("{file}, array `{name}`"), member)?));
    }
    Ok(arrays)
}

/// Writes an array as `.npy`, row-major and little-endian; `file` stands in messages.
///
/// # Errors
/// The output refuses a write; the array holds texts.
pub fn write_npy(file: &str, array: &Array, out: &mut dyn Write) -> Result<(), DataError> {
    let kind = match array.values() {
        Values::U8(_) => "|u1",
        Values::I64(_) => "<i8",
        Values::F32(_) => "<f4",
        Values::F64(_) => "<f8",
        Values::Bool(_) => "|b1",
        Values::Text(_) => {
            let what = "an array of texts is not written as npy".to_string();
            return Err(DataError::Unsupported {
                file: file.to_string(),
                what,
                advice: "write a table as csv",
            });
        }
    };
    let lengths: String = array.shape().iter().map(|length| format!("{length},")).collect();
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
    // The values begin at a multiple of 64 bytes: magic, version and length take ten.
    let filling = (10 + header.len() + 1).next_multiple_of(64) - (10 + header.len() + 1);
    header.push_str(&" ".repeat(filling));
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(|_| DataError::Unsupported {
        file: file.to_string(),
        what: format!("an array of {} dimensions is not written as npy", array.shape().len()),
        advice: "join dimensions",
    })?;
    let mut write = || {
        out.write_all(MAGIC)?;
        out.write_all(&[1, 0])?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        match array.values() {
            Values::U8(values) => out.write_all(values),
            Values::I64(values) => values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes())),
            Values::F32(values) => values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes())),
            Values::F64(values) => values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes())),
            Values::Bool(values) => values.iter().try_for_each(|&value| out.write_all(&[u8::from(value)])),
            Values::Text(_) => Ok(()),
        }
    };
    write().map_err(DataError::io(file))
}

/// How the bytes of an array are to be read.
pub(crate) struct Header {
    pub(crate) element: Element,
    pub(crate) order: ByteOrder,
    pub(crate) is_fortran: bool,
    pub(crate) shape: Vec<usize>,
}

impl Header {
    fn read(file: &str, input: &mut dyn Read) -> Result<Header, DataError> {
        let text = header_text(file, input)?;
        let fields = Fields::parse(&text)
            .ok_or_else(|| DataError::damaged(file, "npy")(format!("its header is `{}`", text.trim())))?;
        let (element, order) = kind(file, fields.descr)?;
        Ok(Header { element, order, is_fortran: fields.is_fortran, shape: fields.shape })
    }

    /// The size of the values; `None` beyond what can be counted.
    pub(crate) fn n_bytes(&self) -> Option<usize> {
        n_values(&self.shape)?.checked_mul(self.element.size()?)
    }

    /// The array of these bytes, of which there are as many as [`Header::n_bytes`] says.
    pub(crate) fn array(self, bytes: Vec<u8>) -> Result<Array, String> {
        let values = self.element.decode(bytes, self.order)?;
        let values = if self.is_fortran { reordered(values, &self.shape) } else { values };
        Array::new(self.shape, values).map_err(|error| error.to_string())
    }
}

/// The dictionary that a file begins with, still as text.
fn header_text(file: &str, input: &mut dyn Read) -> Result<String, DataError> {
    let damaged = DataError::damaged(file, "npy");
    let mut take = |n: usize| {
        let mut bytes = Vec::new();
        input.take(n as u64).read_to_end(&mut bytes).map_err(DataError::io(file))?;
        let ends = || damaged("it ends within its header".to_string());
        if bytes.len() == n { Ok(bytes) } else { Err(ends()) }
    };
    let start = take(MAGIC.len() + 2)?;
    if !start.starts_with(MAGIC) {
        return Err(damaged("it does not begin as one".to_string()));
    }
    let length = match start[MAGIC.len()] {
        1 => take(2)?.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte)),
        2 | 3 => take(4)?.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte)),
        other => return Err(damaged(format!("its version is {other}, expected 1 to 3"))),
    };
    if length > MAX_HEADER_BYTES {
        let (what, limit) = ("the header's length in bytes", MAX_HEADER_BYTES as u64);
        return Err(DataError::TooLarge { file: file.to_string(), line: 0, what, limit });
    }
    Ok(String::from_utf8_lossy(&take(length)?).into_owned())
}

/// What an element description such as `<f8` stands for.
pub(crate) fn kind(file: &str, descr: &str) -> Result<(Element, ByteOrder), DataError> {
    let refuse = |what: String, advice| Err(DataError::Unsupported { file: file.to_string(), what, advice });
    let order = if descr.starts_with('>') { ByteOrder::Big } else { ByteOrder::Little };
    let element = descr.trim_start_matches(['<', '>', '|']);
    let width = element.get(1..).and_then(|digits| digits.parse::<usize>().ok());
    let element = match (element, width) {
        ("b1", _) => Element::Bool,
        ("u1", _) => Element::U8,
        ("i1", _) => Element::I8,
        ("i2", _) => Element::I16,
        ("u2", _) => Element::U16,
        ("i4", _) => Element::I32,
        ("u4", _) => Element::U32,
        ("i8", _) => Element::I64,
        ("u8", _) => Element::U64,
        ("f2", _) => Element::F16,
        ("f4", _) => Element::F32,
        ("f8", _) => Element::F64,
        (kind, Some(width @ 1..)) if kind.starts_with('S') => Element::Bytes(width),
        (kind, Some(width @ 1..)) if kind.starts_with('U') => Element::Points(width),
        (kind, _) if kind.starts_with('O') => {
            let what =
                "an array of Python objects is a pickle, and unpickling runs code of whoever made the file";
            return refuse(what.to_string(), "in Python, convert it to numbers or text and save it again");
        }
        _ => {
            let what = format!("elements of kind `{descr}` are not read");
            return refuse(what, "convert them to numbers or text and save the array again");
        }
    };
    Ok((element, order))
}

struct Fields<'a> {
    descr: &'a str,
    is_fortran: bool,
    shape: Vec<usize>,
}

impl<'a> Fields<'a> {
    /// Reads a header, a Python dictionary of these three fields in any order.
    fn parse(text: &'a str) -> Option<Fields<'a>> {
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.trim_start();
        while rest != "}" {
            let (key, after) = quoted(rest)?;
            rest = after.trim_start().strip_prefix(':')?.trim_start();
            rest = match key {
                // A list of fields is a record: it stands here as it is, and is refused by that name.
                "descr" if rest.starts_with('[') => {
                    let end = rest.rfind(']')? + 1;
                    descr = Some(&rest[..end]);
                    &rest[end..]
                }
                "descr" => {
                    let (kind, after) = quoted(rest)?;
                    descr = Some(kind);
                    after
                }
                "fortran_order" => {
                    let word = if rest.starts_with("True") { "True" } else { "False" };
                    is_fortran = Some(word == "True");
                    rest.strip_prefix(word)?
                }
                "shape" => {
                    let (inner, after) = rest.strip_prefix('(')?.split_once(')')?;
                    shape = Some(lengths(inner)?);
                    after
                }
                _ => return None,
            };
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        Some(Fields { descr: descr?, is_fortran: is_fortran?, shape: shape? })
    }
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| "'\"".contains(*first))?;
    text[1..].split_once(quote)
}

/// The whole numbers of a tuple; Python 2 wrote an `L` behind long ones.
fn lengths(text: &str) -> Option<Vec<usize>> {
    let fields: Vec<&str> = text.split(',').map(str::trim).filter(|field| !field.is_empty()).collect();
    if fields.len() > MAX_DIMENSIONS {
        return None;
    }
    fields.iter().map(|field| field.trim_end_matches('L').parse().ok()).collect()
}

/// Column-major values in row-major order.
fn reordered(values: Values, shape: &[usize]) -> Values {
    match values {
        Values::U8(values) => Values::U8(permuted(&values, shape)),
        Values::I64(values) => Values::I64(permuted(&values, shape)),
        Values::F32(values) => Values::F32(permuted(&values, shape)),
        Values::F64(values) => Values::F64(permuted(&values, shape)),
        Values::Bool(values) => Values::Bool(permuted(&values, shape)),
        Values::Text(values) => Values::Text(permuted(&values, shape)),
    }
}

fn permuted<T: Clone>(values: &[T], shape: &[usize]) -> Vec<T> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1_usize, |stride, &length| Some(std::mem::replace(stride, stride.saturating_mul(length))))
        .collect();
    let mut place = vec![0; shape.len()];
    let mut at = 0;
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        out.push(values[at].clone());
        for axis in (0..shape.len()).rev() {
            place[axis] += 1;
            at += strides[axis];
            if place[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * place[axis];
            place[axis] = 0;
        }
    }
    out
}
