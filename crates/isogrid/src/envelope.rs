//! The saved-model format around an engine's payload.
//!
//! Bytes, little-endian: magic `ISOGRID\0`; format version `u16`; length of the engine's name `u8`, the name
//! (UTF-8); payload length `u64`, the payload; CRC-32 `u32` of everything before it. Reading borrows from the given
//! bytes and allocates nothing, whatever lengths they declare. The checksum finds damage, not forgery.

use crate::Error;

/// The first bytes of every model file.
pub const MAGIC: [u8; 8] = *b"ISOGRID\0";

/// The format version that this build writes and reads.
pub const VERSION: u16 = 1;

/// A model file taken apart; borrows from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved<'a> {
    /// The engine that wrote it.
    pub engine: &'a str,
    /// What the engine's `Store::load` reads.
    pub payload: &'a [u8],
}

/// The bytes of a model file. An engine's name beyond 255 bytes is cut.
pub fn wrap(engine: &str, payload: &[u8]) -> Vec<u8> {
    let name = &engine.as_bytes()[..engine.len().min(usize::from(u8::MAX))];
    let mut bytes = Vec::with_capacity(MAGIC.len() + 2 + 1 + name.len() + 8 + payload.len() + 4);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.push(name.len() as u8);
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// Takes the model file `name` apart.
///
/// # Errors
/// It is no model file, has another version, another length than it declares, or was changed.
pub fn unwrap<'a>(name: &str, bytes: &'a [u8]) -> Result<Saved<'a>, Error> {
    let mut rest = Reader { name, bytes, at: 0 };
    if rest.take(MAGIC.len()).is_err() || !bytes.starts_with(&MAGIC) {
        return Err(Error::NotAModel { name: name.to_string() });
    }
    let version = u16::from_le_bytes(rest.array()?);
    if version != VERSION {
        return Err(Error::ModelVersion { name: name.to_string(), found: version, expected: VERSION });
    }
    let [name_length] = rest.array()?;
    let engine = rest.take(usize::from(name_length))?;
    let length = u64::from_le_bytes(rest.array()?);
    let payload = rest.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    let covered = rest.at;
    let stored = u32::from_le_bytes(rest.array()?);
    if rest.at != bytes.len() {
        return Err(rest.length_error(rest.at));
    }
    let found = crc32fast::hash(&bytes[..covered]);
    if found != stored {
        return Err(Error::ModelChecksum { name: name.to_string(), found, expected: stored });
    }
    let engine = std::str::from_utf8(engine).map_err(|_| Error::NotAModel { name: name.to_string() })?;
    Ok(Saved { engine, payload })
}

/// [`unwrap`], for a caller who wants a model of `engine` and no other.
///
/// # Errors
/// As [`unwrap`]; [`Error::ModelEngine`] for a model of another engine.
pub fn unwrap_for<'a>(name: &str, bytes: &'a [u8], engine: &str) -> Result<&'a [u8], Error> {
    let saved = unwrap(name, bytes)?;
    if saved.engine == engine {
        return Ok(saved.payload);
    }
    let (name, found, expected) = (name.to_string(), saved.engine.to_string(), engine.to_string());
    Err(Error::ModelEngine { name, found, expected })
}

struct Reader<'n, 'a> {
    name: &'n str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'_, 'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self.at.saturating_add(length);
        let part = self.bytes.get(self.at..end).ok_or_else(|| self.length_error(end))?;
        self.at = end;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn length_error(&self, expected: usize) -> Error {
        Error::ModelLength {
            name: self.name.to_string(),
            found: self.bytes.len() as u64,
            expected: expected as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_comes_back() {
        for payload in [&b""[..], b"x", &[0; 1000]] {
            let bytes = wrap("plan", payload);
            assert_eq!(unwrap("m", &bytes).expect("it is whole"), Saved { engine: "plan", payload });
            assert_eq!(unwrap_for("m", &bytes, "plan").expect("it is of plan"), payload);
        }
    }

    #[test]
    fn every_prefix_and_every_changed_byte_is_refused() {
        let bytes = wrap("plan", b"some payload");
        for end in 0..bytes.len() {
            assert!(unwrap("m", &bytes[..end]).is_err(), "the first {end} bytes");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x40;
            assert!(unwrap("m", &changed).is_err(), "byte {at} changed");
        }
    }

    #[test]
    fn each_kind_of_damage_has_its_own_error() {
        type Edit = fn(&mut Vec<u8>);
        let cases: [(&str, Edit, &str); 7] = [
            ("empty", Vec::clear, "`m` is not a saved model"),
            ("another format", |bytes| bytes[0] = b'x', "`m` is not a saved model"),
            (
                "another version",
                |bytes| bytes[8] = 7,
                "`m` has model format version 7, this build reads version 1",
            ),
            ("cut", |bytes| bytes.truncate(30), "`m` is damaged: 30 bytes long, 31 expected"),
            ("longer", |bytes| bytes.push(0), "`m` is damaged: 32 bytes long, 31 expected"),
            ("changed", |bytes| bytes[24] ^= 1, "checksum"),
            ("a huge length", |bytes| bytes[15..23].fill(0xff), "bytes long, 18446744073709551615 expected"),
        ];
        for (name, edit, expected) in cases {
            let mut bytes = wrap("plan", b"load");
            edit(&mut bytes);
            let message = unwrap("m", &bytes).expect_err(name).to_string();
            assert!(message.contains(expected), "{name}: {message}");
        }
        let message = unwrap_for("m", &wrap("plan", b""), "tsetlin").expect_err("another engine").to_string();
        assert_eq!(message, "`m` is a model of engine `plan`, not of `tsetlin`");
    }
}
