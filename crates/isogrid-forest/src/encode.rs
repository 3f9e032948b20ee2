//! Turns table columns into numbers that trees can cut: numbers as they are, one column a label for categories.
//!
//! A category becomes one feature a label, 0 or 1; a label that was not learned from is none of them. A missing value is
//! not-a-number in each of its column's features, and every threshold has learned a side for it. An infinite number
//! counts as the largest finite one. Constant columns are dropped. Left out: text, dates, sets of labels on one side.

use std::collections::BTreeMap;
use std::ops::Range;

use isogrid_data::{Cells, Column, Table};
use serde::{Deserialize, Serialize};

use crate::ForestError;

/// Labels of a column beyond the most frequent ones share "none of them".
const MAX_LABELS: usize = 64;

/// How each column becomes features; fitted on one table, applied to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    columns: Vec<ColumnCode>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ColumnCode {
    name: String,
    parts: Parts,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Parts {
    /// The number itself.
    Number,
    /// "Is" features, ascending.
    Labels(Vec<String>),
}

impl Encoder {
    /// An encoder of every column but `target`.
    ///
    /// # Errors
    /// No column differs between rows.
    pub fn fit(table: &Table, target: &str) -> Result<Encoder, ForestError> {
        let columns = table.columns().iter().filter(|column| column.name() != target);
        let encoder = Encoder { columns: columns.filter_map(code_of).collect() };
        if encoder.columns.is_empty() { Err(ForestError::NoFeatures) } else { Ok(encoder) }
    }

    /// The number of features.
    pub fn n_features(&self) -> usize {
        self.columns.iter().map(ColumnCode::n_features).sum()
    }

    /// The features of some rows, row by row.
    ///
    /// # Errors
    /// A column is not in the table, or holds text where it held numbers.
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn encode(&self, table: &Table, rows: Range<usize>) -> Result<Vec<f64>, ForestError> {
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
            Parts::Number => true,
            Parts::Labels(labels) => !labels.is_empty() && labels.is_sorted_by(|a, b| a < b),
        };
        !self.columns.is_empty() && self.columns.iter().all(is_good)
    }
}

fn code_of(column: &Column) -> Option<ColumnCode> {
    let parts = match column.cells() {
        Cells::Numbers(values) => is_varied(values).then_some(Parts::Number),
        Cells::Categories(_) => Some(Parts::Labels(labels_of(column))),
    };
    let code = ColumnCode { name: column.name().to_string(), parts: parts? };
    (code.n_features() > 0).then_some(code)
}

/// Whether there are two different values, of which one may be missing.
fn is_varied(values: &[f64]) -> bool {
    values.windows(2).any(|pair| pair[0] != pair[1] && !(pair[0].is_nan() && pair[1].is_nan()))
}

/// The most frequent labels, by name. Of two labels, one feature tells; one label alone tells only what is missing.
fn labels_of(column: &Column) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..column.len() {
        if let Some(label) = column.text(row) {
            *counts.entry(label.into_owned()).or_default() += 1;
        }
    }
    let mut labels: Vec<(String, usize)> = counts.into_iter().collect();
    labels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let n_kept = match labels.len() {
        1 if column.n_missing() == 0 => 0,
        2 => 1,
        n => n.min(MAX_LABELS),
    };
    let mut kept: Vec<String> = labels.into_iter().take(n_kept).map(|(label, _)| label).collect();
    kept.sort_unstable();
    kept
}

impl ColumnCode {
    fn n_features(&self) -> usize {
        match &self.parts {
            Parts::Number => 1,
            Parts::Labels(labels) => labels.len(),
        }
    }

    /// Writes the column's features; `to` starts at the first of them in the first row.
    fn encode(
        &self,
        column: &Column,
        rows: Range<usize>,
        to: &mut [f64],
        width: usize,
    ) -> Result<(), ForestError> {
        for (row, to) in rows.zip(to.chunks_mut(width)) {
            match (&self.parts, column.cells()) {
                (Parts::Number, Cells::Numbers(values)) => to[0] = values[row].clamp(f64::MIN, f64::MAX),
                (Parts::Number, Cells::Categories(_)) => {
                    return Err(ForestError::ColumnKind { column: self.name.clone() });
                }
                // Labels are compared as text, so that labels which all look like numbers in this file still match.
                (Parts::Labels(labels), _) => match column.text(row) {
                    None => to[..labels.len()].fill(f64::NAN),
                    Some(label) => {
                        if let Ok(place) = labels.binary_search_by(|known| known.as_str().cmp(&label)) {
                            to[place] = 1.0;
                        }
                    }
                },
            }
        }
        Ok(())
    }

    fn describe(&self, place: usize) -> String {
        match &self.parts {
            Parts::Number => self.name.clone(),
            Parts::Labels(labels) => format!("{} is {}", self.name, labels[place]),
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
            ("x,y\n5,a\n,a\n5,b\n", &["x"]),
            ("c,y\nred,a\nblue,a\nred,b\n", &["c is red"]),
            ("c,y\nred,a\n,a\nred,b\n", &["c is red"]),
            ("c,y\nred,a\nblue,a\ngreen,b\n,b\n", &["c is blue", "c is green", "c is red"]),
            ("x,c,k,y\n1,u,7,a\n2,v,7,b\n", &["x", "c is u"]),
            ("x,e,y\n1,,a\n2,,b\n", &["x"]),
        ];
        for (text, expected) in cases {
            let encoder = Encoder::fit(&table(text), "y").unwrap();
            assert_eq!(features(&encoder), expected, "{text}");
            assert!(encoder.is_consistent());
        }
        for text in ["x,y\n1,a\n1,b\n", "y\na\nb\n", "c,y\nu,a\nu,b\n"] {
            assert!(matches!(Encoder::fit(&table(text), "y"), Err(ForestError::NoFeatures)), "{text}");
        }
    }

    #[test]
    fn rows_become_numbers_and_new_values_fit_in() {
        let encoder = Encoder::fit(&table("x,c,y\n1,red,a\n3,blue,a\n,green,b\n"), "y").unwrap();
        let encoded = encoder.encode(&table("c,x\nred,4\npink,-inf\n,\n"), 0..3).unwrap();
        let shown: Vec<String> =
            encoded.iter().map(|value| value.to_string().replace(&f64::MAX.to_string(), "MAX")).collect();
        let expected = ["4", "0", "0", "1", "-MAX", "0", "0", "0", "NaN", "NaN", "NaN", "NaN"];
        assert_eq!(shown, expected);
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
