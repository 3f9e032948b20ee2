//! The bars of a benchmark run: what was promised, what was measured, and whether it holds.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// One bar of `bars.json`.
#[derive(Debug, Deserialize)]
pub struct Bar {
    /// What was measured, in the bar's unit.
    pub value: Value,
    /// What it is held against.
    pub bar: Value,
    /// Whether it holds.
    pub holds: bool,
    /// The unit, where there is one.
    pub unit: Option<String>,
    /// The bar in a sentence.
    pub text: Option<String>,
}

#[derive(Deserialize)]
struct File {
    bars: serde_json::Map<String, Value>,
}

/// The bars of a run in the order of its file.
///
/// # Errors
/// `bars.json` is missing, or is not in the documented form.
pub fn read(run: &Path) -> Result<Vec<(String, Bar)>> {
    let path = run.join("bars.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    parse(&text).with_context(|| format!("reading {}", path.display()))
}

fn parse(text: &str) -> Result<Vec<(String, Bar)>> {
    let file: File = serde_json::from_str(text)?;
    let bars = file.bars.into_iter().map(|(name, value)| {
        let bar = serde_json::from_value(value).with_context(|| format!("bar `{name}`"))?;
        Ok((name, bar))
    });
    bars.collect()
}

/// The bars as a Markdown table.
pub fn markdown(bars: &[(String, Bar)]) -> String {
    let mut text = String::from("| bar | measured | promised | verdict |\n| --- | ---: | ---: | --- |\n");
    for (name, bar) in bars {
        let what = bar.text.as_ref().unwrap_or(name);
        let _ = writeln!(
            text,
            "| {what} | {} | {} | {} |",
            bar.amount(&bar.value),
            bar.amount(&bar.bar),
            bar.verdict()
        );
    }
    text
}

/// The bars as a table for a terminal, and a line that counts them.
pub fn plain(bars: &[(String, Bar)]) -> String {
    let rows: Vec<[String; 4]> = bars
        .iter()
        .map(|(name, bar)| {
            [name.clone(), bar.amount(&bar.value), bar.amount(&bar.bar), bar.verdict().to_string()]
        })
        .collect();
    let header = ["bar", "value", "bar is", "verdict"].map(String::from);
    let width = |i: usize| rows.iter().chain([&header]).map(|row| row[i].chars().count()).max().unwrap_or(0);
    let (name, value, bar) = (width(0), width(1), width(2));
    let mut text = String::new();
    for row in [&header].into_iter().chain(&rows) {
        let _ = writeln!(text, "{:name$}  {:>value$}  {:>bar$}  {}", row[0], row[1], row[2], row[3]);
    }
    let holding = bars.iter().filter(|(_, bar)| bar.holds).count();
    let _ = writeln!(text, "{holding} of {} bars hold", bars.len());
    text
}

impl Bar {
    fn verdict(&self) -> &'static str {
        if self.holds { "holds" } else { "falls short" }
    }

    fn amount(&self, value: &Value) -> String {
        let number = match value {
            Value::Number(number) if number.is_f64() => rounded(number.as_f64().unwrap_or(f64::NAN)),
            Value::Null => return "not measured".into(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match &self.unit {
            Some(unit) => format!("{number} {unit}"),
            None => number,
        }
    }
}

/// A number with four significant digits.
fn rounded(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { 3 - value.abs().log10().floor() as i32 };
    let text = format!("{value:.*}", digits.clamp(0, 9) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: &str = r#"{"bars": {
        "coverage": {"value": 198, "bar": 196, "holds": true, "text": "problems solved"},
        "wall": {"value": 0.061234, "bar": 0.05, "holds": false, "unit": "s"},
        "peer": {"value": null, "bar": "none", "holds": false}}}"#;

    #[test]
    fn tables_keep_the_order_and_say_what_falls_short() {
        let bars = parse(BARS).expect("good bars");
        assert_eq!(
            plain(&bars),
            "bar              value  bar is  verdict\n\
             coverage           198     196  holds\n\
             wall         0.06123 s  0.05 s  falls short\n\
             peer      not measured    none  falls short\n\
             1 of 3 bars hold\n"
        );
        assert!(markdown(&bars).contains("| problems solved | 198 | 196 | holds |\n"));
    }

    #[test]
    fn numbers_have_four_digits() {
        let cases =
            [(0.0, "0"), (12345.6, "12346"), (1.5, "1.5"), (0.000_123_456, "0.0001235"), (-2.0, "-2")];
        for (value, expected) in cases {
            assert_eq!(rounded(value), expected);
        }
    }

    #[test]
    fn a_bar_without_a_verdict_is_refused() {
        let error = parse(r#"{"bars": {"a": {"value": 1, "bar": 2}}}"#).expect_err("no verdict");
        assert!(format!("{error:#}").contains("bar `a`"), "{error:#}");
    }
}
