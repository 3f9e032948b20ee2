//! Bars: what was promised, what was measured, and whether it holds.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which side of a bar is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// The value is at least the bar.
    AtLeast,
    /// The value is at most the bar.
    AtMost,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// What was measured; none where nothing could be, which holds no bar.
    pub value: Option<f64>,
    /// What it is held against; none where that could not be measured.
    pub bar: Option<f64>,
    /// Whether it holds.
    pub holds: bool,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// The bar in a sentence.
    pub text: String,
}

/// The bars of a run by name, in the order of their making.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bars(Vec<(String, Bar)>);

impl Bar {
    /// Judges `value` against `bar`.
    pub fn judge(text: &str, value: Option<f64>, promise: Promise, bar: Option<f64>) -> Bar {
        let [value, bar] = [value, bar].map(|number| number.filter(|number| number.is_finite()));
        let holds = match (value, bar, promise) {
            (Some(value), Some(bar), Promise::AtLeast) => value >= bar,
            (Some(value), Some(bar), Promise::AtMost) => value <= bar,
            _ => false,
        };
        Bar { value, bar, holds, unit: None, text: text.to_string() }
    }

    /// The same in a unit.
    #[must_use]
    pub fn in_unit(mut self, unit: &'static str) -> Bar {
        self.unit = Some(unit);
        self
    }
}

impl Bars {
    /// Adds a bar.
    pub fn push(&mut self, name: &str, bar: Bar) {
        self.0.push((name.to_string(), bar));
    }

    /// All bars, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bar)> {
        self.0.iter().map(|(name, bar)| (name.as_str(), bar))
    }

    /// The contents of `bars.json`. Whole numbers are written as such.
    pub fn json(&self) -> Value {
        let number = |value: Option<f64>| value.map_or(Value::Null, number);
        let bars = self.iter().map(|(name, bar)| {
            let mut object = json!({"value": number(bar.value), "bar": number(bar.bar), "holds": bar.holds});
            if let Some(unit) = bar.unit {
                object["unit"] = json!(unit);
            }
            object["text"] = json!(bar.text);
            (name.to_string(), object)
        });
        json!({"bars": bars.collect::<Map<_, _>>()})
    }
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_holds_on_its_good_side_only() {
        let cases = [
            (Some(2.0), Promise::AtLeast, Some(2.0), true),
            (Some(1.9), Promise::AtLeast, Some(2.0), false),
            (Some(0.3), Promise::AtMost, Some(0.3), true),
            (Some(0.31), Promise::AtMost, Some(0.3), false),
            (None, Promise::AtMost, Some(0.3), false),
            (Some(1.0), Promise::AtLeast, None, false),
            (Some(f64::NAN), Promise::AtLeast, Some(0.0), false),
        ];
        for (value, promise, bar, expected) in cases {
            assert_eq!(Bar::judge("", value, promise, bar).holds, expected, "{value:?} {promise:?} {bar:?}");
        }
    }

    #[test]
    fn the_file_keeps_the_order_and_whole_numbers() {
        let mut bars = Bars::default();
        bars.push("z", Bar::judge("solved", Some(210.0), Promise::AtLeast, Some(209.0)));
        bars.push("a", Bar::judge("time", None, Promise::AtMost, Some(0.05)).in_unit("s"));
        assert_eq!(
            bars.json().to_string(),
            r#"{"bars":{"z":{"value":210,"bar":209,"holds":true,"text":"solved"},"#.to_string()
                + r#""a":{"value":null,"bar":0.05,"holds":false,"unit":"s","text":"time"}}}"#
        );
    }
}
