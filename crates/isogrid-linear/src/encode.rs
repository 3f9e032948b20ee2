//! Turns table columns into numbers of one scale: standard scores for numbers, one column a label for categories.
//!
//! A number becomes its distance from the column's mean in standard deviations, cut off at ten, so that neither an outlier
//! nor an infinite value can decide alone. A category becomes one feature a label, 0 or 1; a label that was not learned
//! from is none of them. A missing value counts as the mean or as no label, and has a feature of its own where the column
//! had any. Constant columns are dropped. Left out: text, dates, products of columns.

use std::collections::BTreeMap;
use std::ops::Range;

use isogrid_data::{Cells, Column, Table};
use serde::{Deserialize, Serialize};

use crate::LinearError;

/// Labels of a column beyond the most frequent ones share "none of them".
const MAX_LABELS: usize = 64;
/// Standard deviations at which a number is cut off.
const MAX_SCORE: f64 = 10.0;

/// How each column becomes features; fitted on one table, applied to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    columns: Vec<ColumnCode>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ColumnCode {
    name: String,
    parts: Parts,
    /// Whether "missing" is a feature.
    marks_missing: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Parts {
    /// A standard score; nothing for a column whose numbers are all equal and only sometimes missing.
    Number(Option<Scale>),
    /// "Is" features, ascending.
    Labels(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Scale {
    mean: f64,
    deviation: f64,
}

impl Encoder {
    /// An encoder of every column but `target`.
    ///
    /// # Errors
    /// No column differs between rows.
    pub fn fit(table: &Table, target: &str) -> Result<Encoder, LinearError> {
        let columns = table.columns().iter().filter(|column| column.name() != target);
        let encoder = Encoder { columns: columns.filter_map(code_of).collect() };
        if encoder.columns.is_empty() { Err(LinearError::NoFeatures) } else { Ok(encoder) }
    }

    /// The number of features.
    pub fn n_features(&self) -> usize {
        self.columns.iter().map(ColumnCode::n_features).sum()
    }

    /// The features of each column that is used, in the table's order.
    pub fn column_features(&self) -> Vec<Range<usize>> {
        let mut first = 0;
        let mut range = |code: &ColumnCode| {
            first += code.n_features();
            first - code.n_features()..first
        };
        self.columns.iter().map(&mut range).collect()
    }

    /// The features of some rows, row by row.
    ///
    /// # Errors
    /// A column is not in the table, or holds text where it held numbers.
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn encode(&self, table: &Table, rows: Range<usize>) -> Result<Vec<f64>, LinearError> {
        let width = self.n_features();
        let mut features = vec![0.0; rows.len() * width]; // [row][feature]
        let (mut first, mut finder) = (0, table.finder());
        for code in &self.columns {
            code.encode(finder.require(&code.name)?, rows.clone(), &mut features[first..], width)?;
            first += code.n_features();
        }
        Ok(features)
    }

    /// Feature `feature` in words, for example `city is Oslo`.
    pub fn describe(&self, feature: usize) -> Option<String> {
        let mut place = feature;
        for code in &self.columns {
            if place < code.n_features() {
                return Some(code.describe(place));
            }
            place -= code.n_features();
        }
        None
    }

    /// Whether the parts fit together, as after loading from a file.
    pub(crate) fn is_consistent(&self) -> bool {
        let is_good = |code: &ColumnCode| match &code.parts {
            Parts::Number(Some(scale)) => scale.mean.is_finite() && scale.deviation > 0.0,
            Parts::Number(None) => code.marks_missing,
            Parts::Labels(labels) => code.n_features() > 0 && labels.is_sorted_by(|a, b| a < b),
        };
        !self.columns.is_empty() && self.columns.iter().all(is_good)
    }
}

fn code_of(column: &Column) -> Option<ColumnCode> {
    let marks_missing = column.n_missing() > 0;
    let parts = match column.cells() {
        Cells::Numbers(values) => Parts::Number(scale_of(values)),
        Cells::Categories(_) => Parts::Labels(labels_of(column, marks_missing)),
    };
    let code = ColumnCode { name: column.name().to_string(), parts, marks_missing };
    let is_constant = column.n_missing() == column.len() || code.n_features() == 0;
    (!is_constant).then_some(code)
}

/// Mean and standard deviation of the finite values; none where they are all equal.
fn scale_of(values: &[f64]) -> Option<Scale> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let n = finite().count() as f64;
    // Sums of numbers below one cannot overflow.
    let unit = finite().fold(0.0, |most: f64, value| most.max(value.abs()));
    if unit == 0.0 {
        return None;
    }
    let mean = finite().map(|value| value / unit).sum::<f64>() / n;
    let variance = finite().map(|value| (value / unit - mean).powi(2)).sum::<f64>() / n;
    let scale = Scale { mean: mean * unit, deviation: variance.sqrt() * unit };
    // Rounding gives equal numbers a deviation in the last digits.
    (variance.sqrt() > 1e-12 && scale.deviation > 0.0).then_some(scale)
}

/// The most frequent labels, by name. Of two labels without missing values, one feature tells.
fn labels_of(column: &Column, marks_missing: bool) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..column.len() {
        if let Some(label) = column.text(row) {
            *counts.entry(label.into_owned()).or_default() += 1;
        }
    }
    let mut labels: Vec<(String, usize)> = counts.into_iter().collect();
    labels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let n_kept = match labels.len() {
        1 => 0,
        2 if !marks_missing => 1,
        n => n.min(MAX_LABELS),
    };
    let mut kept: Vec<String> = labels.into_iter().take(n_kept).map(|(label, _)| label).collect();
    kept.sort_unstable();
    kept
}

impl Scale {
    /// The standard score of a number that is not missing.
    fn score(&self, value: f64) -> f64 {
        ((value - self.mean) / self.deviation).clamp(-MAX_SCORE, MAX_SCORE)
    }
}

impl ColumnCode {
    fn n_parts(&self) -> usize {
        match &self.parts {
            Parts::Number(scale) => usize::from(scale.is_some()),
            Parts::Labels(labels) => labels.len(),
        }
    }

    fn n_features(&self) -> usize {
        self.n_parts() + usize::from(self.marks_missing)
    }

    /// Writes the column's features; `to` starts at the first of them in the first row.
    fn encode(
        &self,
        column: &Column,
        rows: Range<usize>,
        to: &mut [f64],
        width: usize,
    ) -> Result<(), LinearError> {
        for (row, to) in rows.zip(to.chunks_mut(width)) {
            let is_missing = match (&self.parts, column.cells()) {
                (Parts::Number(_), Cells::Numbers(values)) if values[row].is_nan() => true,
                (Parts::Number(scale), Cells::Numbers(values)) => {
                    if let Some(scale) = scale {
                        to[0] = scale.score(values[row]);
                    }
                    false
                }
                (Parts::Number(_), Cells::Categories(_)) => {
                    return Err(LinearError::ColumnKind { column: self.name.clone() });
                }
                // Labels are compared as text, so that labels which all look like numbers in this file still match.
                (Parts::Labels(labels), _) => match column.text(row) {
                    None => true,
                    Some(label) => {
                        if let Ok(place) = labels.binary_search_by(|known| known.as_str().cmp(&label)) {
                            to[place] = 1.0;
                        }
                        false
                    }
                },
            };
            if is_missing && self.marks_missing {
                to[self.n_parts()] = 1.0;
            }
        }
        Ok(())
    }

    fn describe(&self, place: usize) -> String {
        let name = &self.name;
        match &self.parts {
            Parts::Number(Some(_)) if place == 0 => name.clone(),
            Parts::Labels(labels) if place < labels.len() => format!("{name} is {}", labels[place]),
            _ => format!("{name} is missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use isogrid_data::{CsvOptions, read_csv};

    use super::*;

    fn table(text: &str) -> Table {
        read_csv("t.csv", text.as_bytes(), &CsvOptions::default()).unwrap().0
    }

    fn features(encoder: &Encoder) -> Vec<String> {
        (0..encoder.n_features()).filter_map(|feature| encoder.describe(feature)).collect()
    }

    #[test]
    fn columns_become_features() {
        let cases: [(&str, &[&str]); 7] = [
            ("x,y\n1,a\n2,a\n3,b\n", &["x"]),
            ("x,y\n5,a\n,a\n5,b\n", &["x is missing"]),
            ("x,y\n5,a\n,a\n6,b\n", &["x", "x is missing"]),
            ("c,y\nred,a\nblue,a\nred,b\n", &["c is red"]),
            ("c,y\nred,a\nblue,a\nred,b\n,b\n", &["c is blue", "c is red", "c is missing"]),
            ("x,c,k,y\n1,u,7,a\n2,v,7,b\n", &["x", "c is u"]),
            ("x,e,y\n1,,a\n2,,b\n", &["x"]),
        ];
        for (text, expected) in cases {
            let encoder = Encoder::fit(&table(text), "y").unwrap();
            assert_eq!(features(&encoder), expected, "{text}");
            assert!(encoder.is_consistent());
        }
        for text in ["x,y\n1,a\n1,b\n", "x,y\n0.1,a\n0.1,b\n0.1,a\n", "y\na\nb\n"] {
            assert!(matches!(Encoder::fit(&table(text), "y"), Err(LinearError::NoFeatures)), "{text}");
        }
    }

    #[test]
    fn rows_become_scores_and_new_values_fit_in() {
        let encoder = Encoder::fit(&table("x,c,y\n1,red,a\n3,blue,a\n,green,b\n"), "y").unwrap();
        assert_eq!(features(&encoder), ["x", "x is missing", "c is blue", "c is green", "c is red"]);
        let other = table("c,x\nred,4\npink,-inf\n,\nblue,1e308\n");
        let encoded = encoder.encode(&other, 0..4).unwrap();
        let expected = [
            [2.0, 0.0, 0.0, 0.0, 1.0],
            [-10.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0, 0.0],
            [10.0, 0.0, 1.0, 0.0, 0.0],
        ];
        assert_eq!(encoded, expected.concat());
        assert_eq!(encoder.encode(&other, 2..3).unwrap(), expected[2]);
        assert_eq!(encoder.column_features(), [0..2, 2..5]);
    }

    #[test]
    fn huge_and_infinite_numbers_have_a_scale() {
        let encoder = Encoder::fit(&table("x,y\n1e308,a\n-1e308,b\ninf,a\n"), "y").unwrap();
        let encoded = encoder.encode(&table("x\n1e308\n-inf\n"), 0..2).unwrap();
        assert_eq!(encoded, [1.0, -10.0]);
    }

    #[test]
    fn other_tables_are_refused_in_words() {
        let encoder = Encoder::fit(&table("x,c,y\n1,red,a\n2,blue,b\n"), "y").unwrap();
        for (text, expected) in [
            ("c\nred\n", "no column `x`; there are `c`"),
            ("x,c\none,red\n", "column `x` was numeric when the model was fitted, and holds text here"),
        ] {
            assert_eq!(encoder.encode(&table(text), 0..1).unwrap_err().to_string(), expected);
        }
    }
}
