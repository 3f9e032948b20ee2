//! What the values of a parquet column mean: its physical kind together with the annotations of newer and older
//! writers.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

use crate::elements::half;

/// How a stored value becomes a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// The number itself.
    Number,
    /// The same bits without a sign.
    Unsigned,
    /// A whole number to be divided by this: decimals, and parts of a second.
    Over(f64),
    /// Two bytes of half precision.
    Half,
    /// A category.
    Text,
    /// Nothing that a table has.
    None,
}

impl Meaning {
    pub(super) fn of(column: &ColumnDescriptor) -> Meaning {
        let logical = column.logical_type_ref();
        match column.physical_type() {
            Physical::INT32 | Physical::INT64 => match logical {
                Some(LogicalType::Integer(kind)) if !kind.is_signed => Meaning::Unsigned,
                Some(LogicalType::Decimal(kind)) => decimal(kind.scale),
                Some(LogicalType::Time(kind) | LogicalType::Timestamp(kind)) => {
                    Meaning::Over(per_second(kind.unit))
                }
                Some(_) => Meaning::Number,
                None => older(column),
            },
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => match logical {
                Some(LogicalType::Decimal(kind)) => decimal(kind.scale),
                Some(LogicalType::Float16) if column.type_length() == 2 => Meaning::Half,
                None if column.converted_type() == ConvertedType::DECIMAL => older(column),
                Some(LogicalType::String | LogicalType::Enum | LogicalType::Json | LogicalType::Unknown)
                | None
                    if column.physical_type() == Physical::BYTE_ARRAY =>
                {
                    Meaning::Text
                }
                _ => Meaning::None,
            },
            Physical::BOOLEAN | Physical::INT96 | Physical::FLOAT | Physical::DOUBLE => Meaning::Number,
        }
    }

    pub(super) fn of_int32(self, value: i32) -> f64 {
        match self {
            Meaning::Unsigned => f64::from(value.cast_unsigned()),
            Meaning::Over(divisor) => f64::from(value) / divisor,
            _ => f64::from(value),
        }
    }

    pub(super) fn of_int64(self, value: i64) -> f64 {
        match self {
            Meaning::Unsigned => value.cast_unsigned() as f64,
            Meaning::Over(divisor) => value as f64 / divisor,
            _ => value as f64,
        }
    }

    /// Big-endian whole numbers of any length, or a half.
    pub(super) fn of_bytes(self, bytes: &[u8]) -> f64 {
        match (self, bytes) {
            (Meaning::Half, &[low, high]) => f64::from(half(u16::from_le_bytes([low, high]))),
            (Meaning::Over(divisor), [first, rest @ ..]) => {
                let first = f64::from(first.cast_signed());
                rest.iter().fold(first, |value, &byte| value * 256.0 + f64::from(byte)) / divisor
            }
            _ => f64::NAN,
        }
    }
}

/// The annotation that came before logical types.
fn older(column: &ColumnDescriptor) -> Meaning {
    match column.converted_type() {
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
            Meaning::Unsigned
        }
        ConvertedType::DECIMAL => decimal(column.type_scale()),
        ConvertedType::TIME_MILLIS | ConvertedType::TIMESTAMP_MILLIS => Meaning::Over(1e3),
        ConvertedType::TIME_MICROS | ConvertedType::TIMESTAMP_MICROS => Meaning::Over(1e6),
        _ => Meaning::Number,
    }
}

fn decimal(scale: i32) -> Meaning {
    Meaning::Over(10_f64.powi(scale))
}

fn per_second(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::MILLIS => 1e3,
        TimeUnit::MICROS => 1e6,
        TimeUnit::NANOS => 1e9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_any_length() {
        let cases: [(&[u8], f64); 6] = [
            (&[5], 0.05),
            (&[0xff], -0.01),
            (&[0x04, 0xd2], 12.34),
            (&[0xfb, 0x2e], -12.34),
            (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], 2.56),
            (&[0xff; 16], -0.01),
        ];
        for (bytes, expected) in cases {
            let found = Meaning::Over(100.0).of_bytes(bytes);
            assert_eq!(found, expected, "{bytes:?}");
        }
        assert!(Meaning::Over(1.0).of_bytes(&[]).is_nan());
    }

    #[test]
    fn signs_and_halves() {
        assert_eq!(Meaning::Unsigned.of_int32(-1), 4_294_967_295.0);
        assert_eq!(Meaning::Unsigned.of_int64(-1), 18_446_744_073_709_551_616.0);
        assert_eq!((Meaning::Number.of_int32(-1), Meaning::Over(1e3).of_int64(-1_500)), (-1.0, -1.5));
        assert_eq!(Meaning::Half.of_bytes(&[0x00, 0x3e]), 1.5);
    }
}
