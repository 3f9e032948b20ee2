//! A budget as users write it: `10s`, `2GiB`, `5Mticks`, or several of them with commas.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Error;

/// The limits of one computation; a limit that is `None` does not exist. Zero is a limit like any other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Wall-clock time.
    pub wall: Option<Duration>,
    /// Resident memory of the whole process, in bytes.
    pub bytes: Option<u64>,
    /// Deterministic work ticks.
    pub ticks: Option<u64>,
}

/// What a unit measures, and how much of the base unit (nanosecond, byte, tick) it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Nanoseconds(u64),
    Bytes(u64),
    Ticks(u64),
}

const UNITS: &[(&str, Unit)] = &[
    ("us", Unit::Nanoseconds(1_000)),
    ("ms", Unit::Nanoseconds(1_000_000)),
    ("s", Unit::Nanoseconds(1_000_000_000)),
    ("m", Unit::Nanoseconds(60_000_000_000)),
    ("h", Unit::Nanoseconds(3_600_000_000_000)),
    ("B", Unit::Bytes(1)),
    ("kB", Unit::Bytes(1_000)),
    ("MB", Unit::Bytes(1_000_000)),
    ("GB", Unit::Bytes(1_000_000_000)),
    ("TB", Unit::Bytes(1_000_000_000_000)),
    ("KiB", Unit::Bytes(1 << 10)),
    ("MiB", Unit::Bytes(1 << 20)),
    ("GiB", Unit::Bytes(1 << 30)),
    ("TiB", Unit::Bytes(1 << 40)),
    ("ticks", Unit::Ticks(1)),
    ("kticks", Unit::Ticks(1_000)),
    ("Mticks", Unit::Ticks(1_000_000)),
    ("Gticks", Unit::Ticks(1_000_000_000)),
];

impl Budget {
    fn add(&mut self, part: &str) -> Result<(), String> {
        let (number, unit) = split(part)?;
        let (slot_taken, kind) = match unit {
            Unit::Nanoseconds(scale) => {
                (self.wall.replace(Duration::from_nanos(times(number, scale)?)).is_some(), "time")
            }
            Unit::Bytes(scale) => (self.bytes.replace(times(number, scale)?).is_some(), "memory"),
            Unit::Ticks(scale) => (self.ticks.replace(times(number, scale)?).is_some(), "tick"),
        };
        if slot_taken { Err(format!("more than one {kind} limit")) } else { Ok(()) }
    }
}

fn split(part: &str) -> Result<(&str, Unit), String> {
    let end = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
    let (number, unit) = (&part[..end], part[end..].trim_start());
    if number.is_empty() {
        return Err(format!("`{part}` does not start with a number"));
    }
    match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, unit)) => Ok((number, *unit)),
        None if unit.is_empty() => Err(format!("`{part}` has no unit")),
        None => Err(format!("`{unit}` is not a unit")),
    }
}

/// `number` times `scale`, exactly for whole numbers and to the nearest below for fractions.
fn times(number: &str, scale: u64) -> Result<u64, String> {
    let too_large = || format!("`{number}` is too large");
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale).ok_or_else(too_large);
    }
    let fraction: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    let product = fraction * scale as f64;
    if product < u64::MAX as f64 { Ok(product as u64) } else { Err(too_large()) }
}

impl FromStr for Budget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Budget, Error> {
        let mut budget = Budget::default();
        for part in text.split(',') {
            let wrong = |problem| Error::Budget { text: text.to_string(), problem };
            budget.add(part.trim()).map_err(wrong)?;
        }
        Ok(budget)
    }
}

/// In the largest units that are exact, so that reading it back gives the same budget (to the microsecond); nothing
/// for a budget without limits.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = |wall: Duration| u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX) / 1000 * 1000;
        let wall = self.wall.map(|wall| {
            exact(
                nanoseconds(wall),
                |unit| if let Unit::Nanoseconds(scale) = unit { Some(scale) } else { None },
            )
        });
        let bytes = self
            .bytes
            .map(|bytes| exact(bytes, |unit| if let Unit::Bytes(scale) = unit { Some(scale) } else { None }));
        let ticks = self
            .ticks
            .map(|ticks| exact(ticks, |unit| if let Unit::Ticks(scale) = unit { Some(scale) } else { None }));
        let parts: Vec<_> = [wall, bytes, ticks].into_iter().flatten().collect();
        f.write_str(&parts.join(","))
    }
}

/// `value` in the largest unit of a kind that divides it; `scale_of` gives the scale of units of that kind.
fn exact(value: u64, scale_of: impl Fn(Unit) -> Option<u64>) -> String {
    let scaled = UNITS.iter().filter_map(|(name, unit)| Some((*name, scale_of(*unit)?)));
    let dividing = scaled.filter(|(_, scale)| value.is_multiple_of(*scale) && (value > 0 || *scale == 1));
    let largest = dividing.max_by_key(|(_, scale)| *scale);
    let (name, scale) = largest.unwrap_or(("us", 1000));
    format!("{}{name}", value / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read() {
        let wall = |wall| Budget { wall: Some(wall), ..Budget::default() };
        let bytes = |bytes| Budget { bytes: Some(bytes), ..Budget::default() };
        let ticks = |ticks| Budget { ticks: Some(ticks), ..Budget::default() };
        let cases = [
            ("10s", wall(Duration::from_secs(10))),
            ("500ms", wall(Duration::from_millis(500))),
            ("2m", wall(Duration::from_secs(120))),
            ("1.5h", wall(Duration::from_secs(5400))),
            ("0s", wall(Duration::ZERO)),
            ("2GiB", bytes(2 << 30)),
            ("512MiB", bytes(512 << 20)),
            ("0.5kB", bytes(500)),
            ("5Mticks", ticks(5_000_000)),
            ("100kticks", ticks(100_000)),
            ("0ticks", ticks(0)),
            ("18446744073709551615ticks", ticks(u64::MAX)),
            (
                "10 s, 2GiB ,7ticks",
                Budget { wall: Some(Duration::from_secs(10)), bytes: Some(2 << 30), ticks: Some(7) },
            ),
        ];
        for (text, expected) in cases {
            let budget: Budget = text.parse().expect(text);
            assert_eq!(budget, expected, "{text}");
            assert_eq!(budget.to_string().parse::<Budget>().expect(text), expected, "{text} again");
        }
    }

    #[test]
    fn budgets_are_written_in_units_that_people_use() {
        for text in [
            "10s",
            "500ms",
            "2m",
            "1h",
            "2GiB",
            "512MiB",
            "5Mticks",
            "7ticks",
            "10s,2GiB,1kticks",
            "0us,0B,0ticks",
        ] {
            assert_eq!(text.parse::<Budget>().expect(text).to_string(), text);
        }
        assert_eq!(Budget::default().to_string(), "");
    }

    #[test]
    fn wrong_budgets_say_what_is_wrong() {
        let cases = [
            ("", "`` does not start with a number"),
            ("10", "`10` has no unit"),
            ("s", "`s` does not start with a number"),
            ("-5s", "`-5s` does not start with a number"),
            ("10x", "`x` is not a unit"),
            ("10S", "`S` is not a unit"),
            ("1.2.3s", "`1.2.3` is not a number"),
            (".s", "`.` is not a number"),
            ("5s,10s", "more than one time limit"),
            ("5s,", "`` does not start with a number"),
            ("99999999999999999999s", "`99999999999999999999` is too large"),
            ("18446744073709551615kticks", "`18446744073709551615` is too large"),
            ("1e9s", "`e9s` is not a unit"),
        ];
        for (text, expected) in cases {
            let message = text.parse::<Budget>().expect_err(text).to_string();
            assert_eq!(message, format!("budget `{text}`: {expected}"));
        }
    }
}
