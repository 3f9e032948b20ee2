//! Networks as bytes: a magic, a version, the kind, sizes and numbers in little endian, a checksum.
//!
//! Every length is bounded by the bytes that are left before anything is allocated. Left out: compression, and
//! versions other than the present one.

use std::hash::Hasher;

use super::Activation;
use super::dense::{Dense, MAX_WIDTH};
use super::error::{Error, check_size};
use super::norm::LayerNorm;
use crate::hash::FastHasher;

const MAGIC: [u8; 8] = *b"isognet\0";
const VERSION: u16 = 1;
const HEADER: usize = MAGIC.len() + 3;

/// Writes one network.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new(kind: u8) -> Writer {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.push(kind);
        Writer { bytes }
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn size(&mut self, value: usize) {
        self.bytes.extend((value as u32).to_le_bytes());
    }

    pub(super) fn number(&mut self, value: f32) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn numbers(&mut self, values: &[f32]) {
        values.iter().for_each(|value| self.number(*value));
    }

    pub(super) fn activation(&mut self, activation: Activation) {
        self.byte(activation as u8);
    }

    pub(super) fn dense(&mut self, layer: &Dense) {
        self.size(layer.n_in());
        self.size(layer.n_out());
        self.numbers(&layer.weights());
        self.numbers(layer.bias());
    }

    pub(super) fn norm(&mut self, layer: &LayerNorm) {
        self.size(layer.width());
        self.numbers(layer.gain());
        self.numbers(layer.bias());
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let sum = checksum(&self.bytes);
        self.bytes.extend(sum.to_le_bytes());
        self.bytes
    }
}

/// Reads one network.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], kind: u8) -> Result<Reader<'a>, Error> {
        let mut reader = Reader { left: bytes };
        if bytes.len() < HEADER {
            return Err(if bytes.starts_with(&MAGIC) {
                Error::Truncated { needed: HEADER, left: bytes.len() }
            } else {
                Error::Magic
            });
        }
        if reader.array()? != MAGIC {
            return Err(Error::Magic);
        }
        let version = u16::from_le_bytes(reader.array()?);
        if version != VERSION {
            return Err(Error::Version { found: version, expected: VERSION });
        }
        let found = reader.byte()?;
        if found != kind {
            return Err(Error::Kind { found, expected: kind });
        }
        let Some((content, sum)) = bytes.split_last_chunk().filter(|(content, _)| content.len() >= HEADER)
        else {
            return Err(Error::Truncated { needed: 8, left: reader.left.len() });
        };
        if u64::from_le_bytes(*sum) != checksum(content) {
            return Err(Error::Checksum);
        }
        reader.left = &content[HEADER..];
        Ok(reader)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn size(&mut self, what: &'static str, least: usize, most: usize) -> Result<usize, Error> {
        let value = u32::from_le_bytes(self.array()?) as usize;
        check_size(what, value, least, most)?;
        Ok(value)
    }

    pub(super) fn number(&mut self) -> Result<f32, Error> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    pub(super) fn numbers(&mut self, n: usize) -> Result<Vec<f32>, Error> {
        let bytes = self.take(n.saturating_mul(4))?;
        Ok(bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
    }

    pub(super) fn activation(&mut self) -> Result<Activation, Error> {
        let found = self.byte()?;
        let known = Activation::ALL.get(usize::from(found));
        let most = Activation::ALL.len() as u64 - 1;
        known.copied().ok_or(Error::Size { what: "the activation", found: found.into(), least: 0, most })
    }

    pub(super) fn dense(&mut self) -> Result<Dense, Error> {
        let n_in = self.size("the number of inputs", 1, MAX_WIDTH)?;
        let n_out = self.size("the number of outputs", 1, MAX_WIDTH)?;
        let weights = self.numbers(n_in * n_out)?;
        let bias = self.numbers(n_out)?;
        Dense::new(n_in, n_out, &weights, bias)
    }

    pub(super) fn norm(&mut self) -> Result<LayerNorm, Error> {
        let width = self.size("the width of a norm", 1, MAX_WIDTH)?;
        let gain = self.numbers(width)?;
        let bias = self.numbers(width)?;
        LayerNorm::new(gain, bias)
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        if self.left.is_empty() { Ok(()) } else { Err(Error::Trailing { n_bytes: self.left.len() }) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("as many bytes as were taken"))
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let Some((taken, left)) = self.left.split_at_checked(n) else {
            return Err(Error::Truncated { needed: n, left: self.left.len() });
        };
        self.left = left;
        Ok(taken)
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = FastHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every way of damaging the bytes of a network is refused, and the undamaged ones are read back.
    pub fn assert_bytes_are_guarded<N: PartialEq + std::fmt::Debug>(
        network: &N,
        bytes: &[u8],
        read: impl Fn(&[u8]) -> Result<N, Error>,
    ) {
        assert_eq!(read(bytes).as_ref(), Ok(network));
        for length in (0..bytes.len()).step_by(1 + bytes.len() / 300) {
            assert!(read(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
        }
        for at in (0..bytes.len()).step_by(1 + bytes.len() / 300) {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 0x10;
            assert!(read(&damaged).is_err(), "byte {at} damaged");
        }
        let cases: [(usize, Error); 3] = [
            (0, Error::Magic),
            (8, Error::Version { found: VERSION ^ 0xff, expected: VERSION }),
            (10, Error::Kind { found: bytes[10] ^ 0xff, expected: bytes[10] }),
        ];
        for (at, expected) in cases {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 0xff;
            assert_eq!(read(&damaged), Err(expected));
        }
        assert_eq!(read(&resealed(bytes, |content| content.push(7))), Err(Error::Trailing { n_bytes: 1 }));
        // Lengths beyond the content, with a checksum that fits.
        for at in (HEADER..bytes.len() - 8).take(40) {
            let huge = resealed(bytes, |content| content[at..].iter_mut().take(4).for_each(|b| *b = 0xff));
            if let Ok(read) = read(&huge) {
                assert_ne!(&read, network, "all ones at {at}");
            }
        }
    }

    fn resealed(bytes: &[u8], change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut content = bytes[..bytes.len() - 8].to_vec();
        change(&mut content);
        let sum = checksum(&content);
        content.extend(sum.to_le_bytes());
        content
    }
}
