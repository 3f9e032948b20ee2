//! Elements of binary arrays: bytes in, [`Values`] out, whichever size and byte order the file has.
//!
//! Leaves out complex numbers, dates and records, which the formats' readers refuse by name.

use crate::Values;

/// What one element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Bool,
    U8,
    I8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
    /// UTF-8 (or ASCII) text of this many bytes, filled up with zeros.
    Bytes(usize),
    /// Text of this many code points of four bytes, filled up with zeros.
    Points(usize),
}

/// Which byte of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl Element {
    /// The size in bytes; `None` beyond what can be counted.
    pub(crate) fn size(self) -> Option<usize> {
        Some(match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::I16 | Element::U16 | Element::F16 => 2,
            Element::I32 | Element::U32 | Element::F32 => 4,
            Element::I64 | Element::U64 | Element::F64 => 8,
            Element::Bytes(n) => n,
            Element::Points(n) => n.checked_mul(4)?,
        })
    }

    /// Decodes whole elements; a rest that makes none is left out. Bytes that fit are not copied.
    ///
    /// # Errors
    /// A text is not one, or a whole number is beyond 64 bits with sign.
    pub(crate) fn decode(self, bytes: Vec<u8>, order: ByteOrder) -> Result<Values, String> {
        let integers = |values| Ok(Values::I64(values));
        match self {
            Element::U8 => Ok(Values::U8(bytes)),
            Element::Bool => Ok(Values::Bool(bytes.iter().map(|&byte| byte != 0).collect())),
            Element::I8 => integers(words(&bytes, order, |word| i64::from(i8::from_le_bytes(word)))),
            Element::I16 => integers(words(&bytes, order, |word| i64::from(i16::from_le_bytes(word)))),
            Element::U16 => integers(words(&bytes, order, |word| i64::from(u16::from_le_bytes(word)))),
            Element::I32 => integers(words(&bytes, order, |word| i64::from(i32::from_le_bytes(word)))),
            Element::U32 => integers(words(&bytes, order, |word| i64::from(u32::from_le_bytes(word)))),
            Element::I64 => integers(words(&bytes, order, i64::from_le_bytes)),
            Element::U64 => {
                let signed = |value| {
                    i64::try_from(value).map_err(|_| format!("{value} exceeds the limit of {}", i64::MAX))
                };
                let values = words(&bytes, order, u64::from_le_bytes);
                values.into_iter().map(signed).collect::<Result<_, _>>().map(Values::I64)
            }
            Element::F16 => Ok(Values::F32(words(&bytes, order, |word| half(u16::from_le_bytes(word))))),
            Element::F32 => Ok(Values::F32(words(&bytes, order, f32::from_le_bytes))),
            Element::F64 => Ok(Values::F64(words(&bytes, order, f64::from_le_bytes))),
            Element::Bytes(n) => texts(&bytes, n, |text| {
                let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                std::str::from_utf8(&text[..end]).ok().map(str::to_string)
            }),
            Element::Points(n) => texts(&bytes, n.saturating_mul(4), |text| {
                let points = words(text, order, u32::from_le_bytes);
                let end = points.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
                points[..end].iter().map(|&point| char::from_u32(point)).collect()
            }),
        }
    }
}

fn words<const N: usize, T>(bytes: &[u8], order: ByteOrder, convert: impl Fn([u8; N]) -> T) -> Vec<T> {
    let word = |chunk: &[u8]| {
        let mut word = [0; N];
        word.copy_from_slice(chunk);
        if order == ByteOrder::Big {
            word.reverse();
        }
        convert(word)
    };
    bytes.chunks_exact(N).map(word).collect()
}

fn texts(bytes: &[u8], size: usize, text: impl Fn(&[u8]) -> Option<String>) -> Result<Values, String> {
    let wrong = |at| format!("text {} is not valid Unicode", at + 1);
    let chunks = bytes.chunks_exact(size.max(1)).enumerate();
    chunks.map(|(at, chunk)| text(chunk).ok_or_else(|| wrong(at))).collect::<Result<_, _>>().map(Values::Text)
}

/// A number of half precision (IEEE 754 binary16): sign, five bits of exponent, ten of fraction.
pub(crate) fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_kind_in_both_orders() {
        let cases: [(Element, &[u8], Values); 12] = [
            (Element::Bool, &[2], Values::Bool(vec![true])),
            (Element::U8, &[200], Values::U8(vec![200])),
            (Element::I8, &[0xff], Values::I64(vec![-1])),
            (Element::I16, &[0xfe, 0xff], Values::I64(vec![-2])),
            (Element::U16, &[0xfe, 0xff], Values::I64(vec![65534])),
            (Element::I32, &[1, 0, 0, 0x80], Values::I64(vec![-2_147_483_647])),
            (Element::U32, &[1, 0, 0, 0x80], Values::I64(vec![2_147_483_649])),
            (Element::I64, &[1, 2, 0, 0, 0, 0, 0, 0], Values::I64(vec![513])),
            (Element::U64, &[1, 2, 0, 0, 0, 0, 0, 0], Values::I64(vec![513])),
            (Element::F16, &[0x00, 0x3e], Values::F32(vec![1.5])),
            (Element::F32, &1.25_f32.to_le_bytes(), Values::F32(vec![1.25])),
            (Element::F64, &0.1_f64.to_le_bytes(), Values::F64(vec![0.1])),
        ];
        for (element, bytes, expected) in cases {
            assert_eq!(element.size(), Some(bytes.len()), "{element:?}");
            let mut bytes = bytes.to_vec();
            assert_eq!(
                element.decode(bytes.clone(), ByteOrder::Little).as_ref(),
                Ok(&expected),
                "{element:?}"
            );
            bytes.reverse();
            assert_eq!(element.decode(bytes, ByteOrder::Big), Ok(expected), "{element:?}");
        }
    }

    #[test]
    fn halves_are_exact() {
        let cases = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x0001, 2_f32.powi(-24)),
            (0x03ff, 1023.0 * 2_f32.powi(-24)),
            (0x0400, 2_f32.powi(-14)),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, expected) in cases {
            assert_eq!(half(bits).to_bits(), f32::to_bits(expected), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn texts_lose_their_filling_and_must_be_unicode() {
        let texts = |element: Element, bytes: &[u8]| element.decode(bytes.to_vec(), ByteOrder::Little);
        let words = |words: &[&str]| Ok(Values::Text(words.iter().map(ToString::to_string).collect()));
        assert_eq!(texts(Element::Bytes(3), b"a\0\0\0b\0\0\0\0"), words(&["a", "\0b", ""]));
        assert_eq!(texts(Element::Points(1), &[0xe4, 0, 0, 0, 0, 0, 0, 0]), words(&["ä", ""]));
        let wrong = Err("text 2 is not valid Unicode".to_string());
        assert_eq!(texts(Element::Bytes(1), b"a\xff"), wrong);
        assert_eq!(texts(Element::Points(1), &[1, 0, 0, 0, 0, 0xd8, 0, 0]), wrong);
        let large = Element::U64.decode(vec![0xff; 8], ByteOrder::Little).unwrap_err();
        assert_eq!(large, "18446744073709551615 exceeds the limit of 9223372036854775807");
    }
}
