//! How long an HDF5 file says that it is (HDF5 file format specification, section II.A).
//!
//! A reader that only follows addresses finds no fault with a file whose end is gone: what it cannot find looks as if it
//! had never been written, and a recording would lose its objects without a word.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Addresses are of this many bytes in every file that is met.
const ADDRESS: usize = 8;

/// The end of the file by its superblock; `None` where that is not at the start, or of an unknown kind.
pub(super) fn end(path: &Path) -> io::Result<Option<u64>> {
    let mut head = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut head)?;
    Ok(parse(&head))
}

fn parse(head: &[u8]) -> Option<u64> {
    let rest = head.strip_prefix(SIGNATURE)?;
    // Size of addresses, and the place of the end: behind the base address and another one.
    let (size, place) = match *rest.first()? {
        0 => (rest.get(5)?, 16 + 2 * ADDRESS),
        1 => (rest.get(5)?, 20 + 2 * ADDRESS),
        2 | 3 => (rest.get(1)?, 4 + 2 * ADDRESS),
        _ => return None,
    };
    let end = rest.get(place..place + ADDRESS)?;
    let base = rest.get(place - 2 * ADDRESS..place - ADDRESS)?;
    let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
    (usize::from(*size) == ADDRESS && number(base)? == 0).then(|| number(end)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_stands_behind_two_addresses() {
        let head = |version: u8, size_at: usize, base_at: usize| {
            let mut head = [SIGNATURE, &[0; 56]].concat();
            (head[8], head[8 + size_at]) = (version, 8);
            head[8 + base_at + 16..8 + base_at + 24].copy_from_slice(&77_u64.to_le_bytes());
            head
        };
        for (version, size_at, base_at) in [(0, 5, 16), (1, 5, 20), (2, 1, 4), (3, 1, 4)] {
            let good = head(version, size_at, base_at);
            assert_eq!(parse(&good), Some(77), "version {version}");
            assert_eq!(parse(&good[..30]), None, "cut short");
        }
        assert_eq!(parse(&head(4, 1, 4)), None);
        assert_eq!(parse(b"something else"), None);
    }
}
