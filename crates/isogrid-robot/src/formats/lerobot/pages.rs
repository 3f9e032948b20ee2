//! Sizes in the headers of parquet pages, held against the size of the file.
//!
//! The parquet reader allocates what a page's header asks for, up to 2 GiB, before it decodes a byte, and counts of
//! run-length encoding can stand for any number of rows. This reads only the headers (Thrift compact protocol) and
//! refuses what no real page has. Leaves out their meaning: that is the parquet reader's business. Format: Apache
//! Parquet's `parquet.thrift`, `PageHeader`.

/// How the pages' bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    None,
    Snappy,
}

/// Snappy copies at most 64 bytes by an element of three.
const SNAPPY: u64 = 22;

/// Values a byte of the whole file may stand for. Frames have counters and clocks that do not compress this much.
const VALUES_PER_BYTE: u64 = 256;

/// Structs within structs; page headers have three.
const DEPTH: usize = 8;

/// Checks all pages of a column chunk; `file_size` bounds how many values it may declare.
pub fn check(chunk: &[u8], codec: Codec, file_size: u64) -> Result<(), String> {
    let mut rest = chunk;
    let mut n_values = 0;
    while !rest.is_empty() {
        let header = Header::read(&mut rest).ok_or("a page header is broken")?;
        let compressed = u64::try_from(header.compressed).unwrap_or(u64::MAX);
        let Some(after) = usize::try_from(compressed).ok().and_then(|size| rest.get(size..)) else {
            return Err(format!("a page claims {} bytes, {} are left", header.compressed, rest.len()));
        };
        let most = match codec {
            Codec::None => compressed,
            Codec::Snappy => compressed.saturating_mul(SNAPPY).saturating_add(64),
        };
        if u64::try_from(header.uncompressed).map_or(true, |size| size > most) {
            return Err(format!("a page of {compressed} bytes claims to hold {}", header.uncompressed));
        }
        n_values += u64::try_from(header.values).map_err(|_| "a page has a negative count")?;
        if n_values > file_size.saturating_mul(VALUES_PER_BYTE) {
            return Err(format!(
                "its pages claim {n_values} values, more than a file of {file_size} bytes holds"
            ));
        }
        rest = after;
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq)]
struct Header {
    uncompressed: i64,
    compressed: i64,
    values: i64,
}

impl Header {
    /// Takes one header off `bytes`; `None` where they are none.
    fn read(bytes: &mut &[u8]) -> Option<Header> {
        let mut header = Header { uncompressed: -1, compressed: -1, values: 0 };
        fields(bytes, DEPTH, &mut |path, value| match *path {
            [2] => header.uncompressed = value,
            [3] => header.compressed = value,
            // num_values is the first field of the header of data (5), dictionary (7) and data v2 (8) pages.
            [5 | 7 | 8, 1] => header.values = value,
            _ => {}
        })?;
        Some(header)
    }
}

/// Thrift's compact types.
const STOP: u8 = 0;
const BOOLEANS: [u8; 2] = [1, 2];
const BYTE: u8 = 3;
const INTEGERS: [u8; 3] = [4, 5, 6];
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LISTS: [u8; 2] = [9, 10];
const STRUCT: u8 = 12;

/// Reads a struct and shows its integers with the ids that lead to them.
fn fields(bytes: &mut &[u8], depth: usize, show: &mut dyn FnMut(&[i64], i64)) -> Option<()> {
    nested(bytes, depth, &mut Vec::new(), show)
}

fn nested(
    bytes: &mut &[u8],
    depth: usize,
    path: &mut Vec<i64>,
    show: &mut dyn FnMut(&[i64], i64),
) -> Option<()> {
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
        path.push(id);
        let kind = head & 0x0f;
        if INTEGERS.contains(&kind) {
            let value = zigzag(varint(bytes)?);
            show(path, value);
        } else if kind == STRUCT {
            nested(bytes, depth, path, show)?;
        } else if !BOOLEANS.contains(&kind) {
            skip(bytes, kind, depth)?;
        }
        path.pop();
    }
}

/// Passes over a value; the bytes of a field that is true or false have none.
fn skip(bytes: &mut &[u8], kind: u8, depth: usize) -> Option<()> {
    if kind == STRUCT {
        return fields(bytes, depth, &mut |_, _| {});
    }
    if LISTS.contains(&kind) {
        let depth = depth.checked_sub(1)?;
        let head = byte(bytes)?;
        let n = if head >> 4 == 15 { varint(bytes)? } else { u64::from(head >> 4) };
        // Every element takes a byte at least, so a count that lies ends with the bytes.
        return (0..n).try_for_each(|_| skip(bytes, head & 0x0f, depth));
    }
    let length = match kind {
        BYTE => 1,
        1 | 2 => 1,
        DOUBLE => 8,
        BINARY => usize::try_from(varint(bytes)?).ok()?,
        _ if INTEGERS.contains(&kind) => return varint(bytes).map(|_| ()),
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

fn varint(bytes: &mut &[u8]) -> Option<u64> {
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

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// type 0, uncompressed 40, compressed 10, data page header { 5 values, encoding 0 }.
    const PAGE: &[u8] = &[0x15, 0x00, 0x15, 80, 0x15, 20, 0x2c, 0x15, 10, 0x15, 0, 0x00, 0x00];

    #[test]
    fn a_header_is_read_to_its_end() {
        let mut rest = PAGE;
        assert_eq!(Header::read(&mut rest), Some(Header { uncompressed: 40, compressed: 10, values: 5 }));
        assert!(rest.is_empty());
    }

    #[test]
    fn sizes_that_lie_are_refused() {
        let page = |uncompressed: u8, body: usize| {
            let mut bytes = PAGE.to_vec();
            bytes[3] = uncompressed;
            bytes.extend(vec![0; body]);
            bytes
        };
        let cases = [
            ("a good page", page(80, 10), Codec::Snappy, 100, true),
            ("without compression it is too large", page(80, 10), Codec::None, 100, false),
            ("the body is short", page(80, 9), Codec::Snappy, 100, false),
            ("a negative size", page(81, 10), Codec::Snappy, 100, false),
            ("more values than the file has room for", page(80, 10), Codec::Snappy, 0, false),
            ("a header that ends early", PAGE[..5].to_vec(), Codec::Snappy, 100, false),
            ("endless varint", vec![0x15, 0xff, 0xff, 0xff], Codec::Snappy, 100, false),
            ("structs without end", vec![0x1c; 1000], Codec::Snappy, 100, false),
        ];
        for (name, bytes, codec, size, good) in cases {
            assert_eq!(check(&bytes, codec, size).is_ok(), good, "{name}");
        }
    }
}
