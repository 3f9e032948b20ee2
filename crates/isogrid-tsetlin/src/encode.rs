//! Turns table columns into booleans: thresholds for numbers, one column a label for categories.
//!
//! A number becomes a thermometer of "at least" features at cuts spread evenly over the column's distinct values (as in
//! Abeyrathna et al. 2019, arXiv 1905.04199), or, with a single cut, at its mean; a category one feature a label. Missing values have a feature of their own
//! where the column has any. Constant columns are dropped. Left out: text, images, learned cuts.

use std::collections::BTreeMap;
use std::ops::Range;

use isogrid_data::{Cells, Column, Table};
use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::TsetlinError;

/// Labels of a column beyond the most frequent ones share "none of them".
const MAX_LABELS: usize = 64;
/// Boolean features that all numeric columns together get when nobody says how many.
const FEATURE_BUDGET: usize = 1_024;
const MAX_CUTS: usize = 16;

/// How each column becomes booleans; fitted on one table, applied to others.
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
    /// "At least" features, ascending.
    Cuts(Vec<f64>),
    /// "Is" features.
    Labels(Vec<String>),
}

impl Encoder {
    /// An encoder of every column but `target`; at most `cuts` features a numeric column, or as many as keep all
    /// numeric columns within about a thousand.
    ///
    /// # Errors
    /// No column differs between rows.
    pub fn fit(table: &Table, target: &str, cuts: Option<usize>) -> Result<Encoder, TsetlinError> {
        let columns = || table.columns().iter().filter(|column| column.name() != target);
        let n_numeric = columns().filter(|column| matches!(column.cells(), Cells::Numbers(_))).count();
        let n_cuts = cuts.unwrap_or_else(|| (FEATURE_BUDGET / n_numeric.max(1)).clamp(1, MAX_CUTS));
        let encoder = Encoder { columns: columns().filter_map(|column| code_of(column, n_cuts)).collect() };
        if encoder.columns.is_empty() { Err(TsetlinError::NoFeatures) } else { Ok(encoder) }
    }

    /// The number of boolean features.
    pub fn n_features(&self) -> usize {
        self.columns.iter().map(ColumnCode::n_features).sum()
    }

    /// The features of some rows. Cost: a comparison a feature and row.
    ///
    /// # Errors
    /// A column is not in the table, or holds text where it held numbers.
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn encode(&self, table: &Table, rows: Range<usize>) -> Result<BitMatrix, TsetlinError> {
        let mut bits = BitMatrix::new(rows.len(), self.n_features());
        let mut first = 0;
        for code in &self.columns {
            code.encode(table.require(&code.name)?, rows.clone(), first, &mut bits)?;
            first += code.n_features();
        }
        Ok(bits)
    }

    /// Feature `feature` in words, for example `age >= 41`.
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
        self.columns.iter().all(|code| match &code.parts {
            Parts::Cuts(cuts) => {
                code.n_features() > 0
                    && !cuts.iter().any(|cut| cut.is_nan())
                    && cuts.is_sorted_by(|a, b| a < b)
            }
            Parts::Labels(_) => code.n_features() > 0,
        })
    }
}

fn code_of(column: &Column, n_cuts: usize) -> Option<ColumnCode> {
    let marks_missing = column.n_missing() > 0;
    let parts = match column.cells() {
        Cells::Numbers(values) => Parts::Cuts(cuts_of(values, n_cuts)),
        Cells::Categories(_) => Parts::Labels(labels_of(column, marks_missing)),
    };
    let code = ColumnCode { name: column.name().to_string(), parts, marks_missing };
    let is_constant = column.n_missing() == column.len() || code.n_features() == 0;
    (!is_constant).then_some(code)
}

fn cuts_of(values: &[f64], n_cuts: usize) -> Vec<f64> {
    let mut distinct: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    let n_cuts = n_cuts.min(distinct.len().saturating_sub(1));
    if n_cuts == 1 {
        // One cut in the middle of the distinct values would ignore how rare they are, as the grays of a pixel are.
        let present = values.iter().filter(|value| !value.is_nan());
        let mean = present.clone().sum::<f64>() / present.count() as f64;
        let place = distinct.partition_point(|&value| value < mean);
        return vec![distinct[place.clamp(1, distinct.len() - 1)]];
    }
    (1..=n_cuts).map(|cut| distinct[cut * distinct.len() / (n_cuts + 1)]).collect()
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

impl ColumnCode {
    fn n_parts(&self) -> usize {
        match &self.parts {
            Parts::Cuts(cuts) => cuts.len(),
            Parts::Labels(labels) => labels.len(),
        }
    }

    fn n_features(&self) -> usize {
        self.n_parts() + usize::from(self.marks_missing)
    }

    fn encode(
        &self,
        column: &Column,
        rows: Range<usize>,
        first: usize,
        bits: &mut BitMatrix,
    ) -> Result<(), TsetlinError> {
        for (to, row) in rows.enumerate() {
            let is_missing = match (&self.parts, column.cells()) {
                (Parts::Cuts(cuts), Cells::Numbers(values)) => {
                    let n_reached = cuts.partition_point(|&cut| cut <= values[row]);
                    (first..first + n_reached).for_each(|feature| bits.insert(to, feature));
                    values[row].is_nan()
                }
                (Parts::Cuts(_), Cells::Categories(_)) => {
                    return Err(TsetlinError::ColumnKind { column: self.name.clone() });
                }
                // Labels are compared as text, so that labels which all look like numbers in this file still match.
                (Parts::Labels(labels), _) => match column.text(row) {
                    None => true,
                    Some(label) => {
                        if let Ok(place) = labels.binary_search_by(|known| known.as_str().cmp(&label)) {
                            bits.insert(to, first + place);
                        }
                        false
                    }
                },
            };
            if is_missing && self.marks_missing {
                bits.insert(to, first + self.n_parts());
            }
        }
        Ok(())
    }

    fn describe(&self, place: usize) -> String {
        let name = &self.name;
        match &self.parts {
            Parts::Cuts(cuts) if place < cuts.len() => format!("{name} >= {}", cuts[place]),
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
        let cases: [(&str, Option<usize>, &[&str]); 9] = [
            ("x,y\n1,a\n2,a\n3,b\n", None, &["x >= 2", "x >= 3"]),
            ("x,y\n1,a\n2,a\n3,b\n4,b\n", Some(1), &["x >= 3"]),
            ("x,y\n1,a\n1,a\n1,b\n2,b\n9,b\n", Some(1), &["x >= 9"]),
            ("x,y\n5,a\n,a\n5,b\n", None, &["x is missing"]),
            ("c,y\nred,a\nblue,a\nred,b\n", None, &["c is red"]),
            ("c,y\nred,a\nblue,a\nred,b\n,b\n", None, &["c is blue", "c is red", "c is missing"]),
            ("c,y\nred,a\nblue,a\ngreen,b\n", None, &["c is blue", "c is green", "c is red"]),
            ("x,c,k,y\n1,u,7,a\n2,v,7,b\n", None, &["x >= 2", "c is u"]),
            ("x,e,y\n1,,a\n2,,b\n", None, &["x >= 2"]),
        ];
        for (text, cuts, expected) in cases {
            assert_eq!(features(&Encoder::fit(&table(text), "y", cuts).unwrap()), expected, "{text}");
        }
        assert!(matches!(Encoder::fit(&table("x,y\n1,a\n1,b\n"), "y", None), Err(TsetlinError::NoFeatures)));
    }

    #[test]
    fn rows_become_bits_and_new_values_fit_in() {
        let encoder = Encoder::fit(&table("x,c,y\n1,red,a\n2,blue,a\n,green,b\n"), "y", None).unwrap();
        assert_eq!(features(&encoder), ["x >= 2", "x is missing", "c is blue", "c is green", "c is red"]);
        let other = table("c,x\nred,5\npink,-1\n,\n");
        let bits = encoder.encode(&other, 0..3).unwrap();
        let rows: Vec<Vec<usize>> = (0..3).map(|row| bits.ones(row).collect()).collect();
        assert_eq!(rows, [vec![0, 4], vec![], vec![1]]);
        assert_eq!(encoder.encode(&other, 2..3).unwrap().ones(0).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn other_tables_are_refused_in_words() {
        let encoder = Encoder::fit(&table("x,c,y\n1,red,a\n2,blue,b\n"), "y", None).unwrap();
        for (text, expected) in [
            ("c\nred\n", "no column `x`; there are `c`"),
            ("x,c\none,red\n", "column `x` was numeric when the model was fitted, and holds text here"),
        ] {
            assert_eq!(encoder.encode(&table(text), 0..1).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn wide_tables_get_one_cut_a_column() {
        let names: Vec<String> = (0..784).map(|i| format!("p{i}")).collect();
        let row = |value: &str| vec![value; 784].join(",");
        let text = format!("y,{}\na,{}\nb,{}\na,{}\n", names.join(","), row("0"), row("9"), row("200"));
        let encoder = Encoder::fit(&table(&text), "y", None).unwrap();
        assert_eq!((encoder.n_features(), encoder.describe(783)), (784, Some("p783 >= 200".to_string())));
    }
}
