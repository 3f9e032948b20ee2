//! Turns table columns into booleans: thresholds for numbers, one feature a label for categories, one a word for text.
//!
//! A number becomes a thermometer of "at least" features. Missing values have a feature of their own where the column
//! has any. Constant columns are dropped; unseen labels and words are "none of them".

use std::ops::Range;

use isogrid_data::{Cells, Column, Table};
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use serde::{Deserialize, Serialize};

use super::cuts::{self, Binning, cuts_of};
use super::phrase::{Reading, Thresholds};
use super::{labels, words};
use crate::TsetlinError;
use crate::options::MAX_FEATURES;

/// Boolean features that all numeric columns together get when nobody says how many.
const FEATURE_BUDGET: usize = 1_024;
const MAX_CUTS: usize = 32;
/// The same for rows that are all normal, where finer cuts tell more of a few columns.
const NORMAL_BUDGET: usize = 576;
const NORMAL_CUTS: (usize, usize) = (8, 63);

/// How columns are turned into features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct EncoderOptions {
    /// The most features a numeric column; `None` for as many as keep all numeric columns within about a thousand, and
    /// at most 32 each.
    pub cuts: Option<usize>,
    /// Where cuts are placed; `None` for evenly over the rows.
    pub binning: Option<Binning>,
}

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
    /// "Has the word" features.
    Words(Vec<String>),
}

impl Encoder {
    /// An encoder of every column but `target`; `classes` are the rows' class numbers for learned cuts, or empty.
    ///
    /// # Errors
    /// No column differs between rows, or there would be too many features.
    ///
    /// # Panics
    /// If there are classes, but not one a row.
    pub fn fit(
        table: &Table,
        target: &str,
        classes: &[u32],
        options: EncoderOptions,
    ) -> Result<Encoder, TsetlinError> {
        assert!(classes.is_empty() || classes.len() == table.n_rows(), "a class a row");
        let columns = || table.columns().iter().filter(|column| column.name() != target);
        let n_numeric = columns().filter(|column| matches!(column.cells(), Cells::Numbers(_))).count();
        let n_cuts = options.cuts.unwrap_or_else(|| (FEATURE_BUDGET / n_numeric.max(1)).clamp(1, MAX_CUTS));
        let code = |column| code_of(column, classes, n_cuts, options.binning.unwrap_or_default());
        let encoder = Encoder { columns: columns().filter_map(code).collect() };
        match encoder.n_features() {
            0 => Err(TsetlinError::NoFeatures),
            found if found > MAX_FEATURES => Err(TsetlinError::TooManyFeatures { found, most: MAX_FEATURES }),
            _ => Ok(encoder),
        }
    }

    /// An encoder of every column of rows that are all normal: constant columns stay, because a change in them is news,
    /// and numbers have cuts beyond the range seen.
    ///
    /// # Errors
    /// The table has no column with a value, or there would be too many features.
    pub fn fit_normal(table: &Table, options: EncoderOptions) -> Result<Encoder, TsetlinError> {
        let columns = || table.columns().iter().filter(|column| column.n_missing() < column.len());
        let n_cuts = options.cuts.unwrap_or_else(|| {
            (NORMAL_BUDGET / columns().count().max(1)).clamp(NORMAL_CUTS.0, NORMAL_CUTS.1)
        });
        let code = |column: &Column| {
            let mut parts = parts_of(column, &[], (n_cuts, options.binning.unwrap_or_default()));
            match (&mut parts, column.cells()) {
                (Parts::Cuts(cuts), Cells::Numbers(values)) => cuts::add_outer(cuts, values),
                (Parts::Labels(names), _) => *names = labels::all(column),
                _ => {}
            }
            ColumnCode { name: column.name().to_string(), parts, marks_missing: column.n_missing() > 0 }
        };
        let encoder = Encoder { columns: columns().map(code).collect() };
        match encoder.n_features() {
            0 => Err(TsetlinError::NoFeatures),
            found if found > MAX_FEATURES => Err(TsetlinError::TooManyFeatures { found, most: MAX_FEATURES }),
            _ => Ok(encoder),
        }
    }

    /// Literals of a strict clause without those that others imply: of each column's cuts the highest to reach and the
    /// lowest to stay below. Literals are features, then their negations from `half` on, ascending.
    pub(crate) fn tightest(&self, literals: &[u32], half: u32) -> Vec<u32> {
        let split = literals.partition_point(|&literal| literal < half);
        let (reached, below) = literals.split_at(split);
        let is_cut = |feature: u32| {
            let found = self.place(feature as usize);
            found.filter(|(code, place)| matches!(&code.parts, Parts::Cuts(cuts) if *place < cuts.len()))
        };
        // Neighbours in a column imply each other: the next one reached, the one before that is not.
        let same = |a: u32, b: u32| match (is_cut(a), is_cut(b)) {
            (Some((a, _)), Some((b, _))) => std::ptr::eq(a, b),
            _ => false,
        };
        let highest = reached
            .iter()
            .enumerate()
            .filter(|(at, feature)| reached.get(at + 1).is_none_or(|&next| !same(**feature, next)));
        let lowest = below.iter().enumerate().filter(|(at, literal)| {
            at.checked_sub(1).is_none_or(|before| !same(below[before] - half, **literal - half))
        });
        highest.chain(lowest).map(|(_, &literal)| literal).collect()
    }

    /// The features of each column.
    pub(crate) fn spans(&self) -> Vec<Range<usize>> {
        let mut first = 0;
        let span = |code: &ColumnCode| {
            first += code.n_features();
            first - code.n_features()..first
        };
        self.columns.iter().map(span).collect()
    }

    /// Gives a row a value of a column by chance: any of its bins or labels alike, one never seen, or none where some
    /// are missing. The row's features of the column must be zero.
    pub(crate) fn draw(
        &self,
        column: usize,
        first: usize,
        (bits, row): (&mut BitMatrix, usize),
        rng: &mut Rng,
    ) {
        let code = &self.columns[column];
        let n_parts = code.n_parts();
        // One more than there are parts: below every cut, or no known label.
        let drawn = rng.below((n_parts + 1 + usize::from(code.marks_missing)) as u64) as usize;
        if drawn == n_parts + 1 {
            return bits.insert(row, first + n_parts);
        }
        match &code.parts {
            Parts::Cuts(_) => (first..first + drawn).for_each(|feature| bits.insert(row, feature)),
            Parts::Labels(_) if drawn < n_parts => bits.insert(row, first + drawn),
            Parts::Labels(_) => {}
            Parts::Words(_) => {
                let drawn = (0..n_parts).filter(|_| rng.chance(0.1));
                drawn.for_each(|place| bits.insert(row, first + place));
            }
        }
    }

    /// The names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|code| code.name.as_str())
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
        let (mut first, mut finder) = (0, table.finder());
        for code in &self.columns {
            code.encode(finder.require(&code.name)?, rows.clone(), first, &mut bits)?;
            first += code.n_features();
        }
        Ok(bits)
    }

    /// Feature `feature` in words, for example `age >= 41`.
    pub fn describe(&self, feature: usize) -> Option<String> {
        self.place(feature).map(|(code, place)| code.describe(place))
    }

    /// The negation of a feature in words, for example `age < 41`.
    pub fn describe_not(&self, feature: usize) -> Option<String> {
        self.place(feature).map(|(code, place)| code.describe_not(place))
    }

    /// Literals of a clause in words, column by column; a literal is a feature, and whether it must be true.
    pub fn phrases(&self, literals: &[(usize, bool)], reading: Reading) -> Vec<String> {
        let (mut said, mut first) = (Vec::new(), 0);
        for code in &self.columns {
            let places = first..first + code.n_features();
            let own = literals.iter().filter(|(feature, _)| places.contains(feature));
            let own: Vec<(usize, bool)> = own.map(|&(feature, is_true)| (feature - first, is_true)).collect();
            said.extend(code.phrases(&own, reading));
            first = places.end;
        }
        said
    }

    /// The column that a feature looks at.
    pub fn column(&self, feature: usize) -> Option<&str> {
        self.place(feature).map(|(code, _)| code.name.as_str())
    }

    /// A column's code, and which of its features this is.
    fn place(&self, feature: usize) -> Option<(&ColumnCode, usize)> {
        let mut place = feature;
        for code in &self.columns {
            if place < code.n_features() {
                return Some((code, place));
            }
            place -= code.n_features();
        }
        None
    }

    /// Bytes of the numbers and labels that an encoder keeps for these features, as on a small device: four a cut.
    pub fn n_bytes(&self, features: impl IntoIterator<Item = usize>) -> usize {
        let bytes = |(code, place): (&ColumnCode, usize)| match &code.parts {
            Parts::Cuts(_) => 4,
            Parts::Labels(names) | Parts::Words(names) => names.get(place).map_or(1, |name| name.len() + 1),
        };
        features.into_iter().filter_map(|feature| self.place(feature)).map(bytes).sum()
    }

    /// Whether the parts fit together, as after loading from a file.
    pub(crate) fn is_consistent(&self) -> bool {
        self.columns.iter().all(|code| {
            code.n_features() > 0
                && match &code.parts {
                    Parts::Cuts(cuts) => {
                        !cuts.iter().any(|cut| cut.is_nan()) && cuts.is_sorted_by(|a, b| a < b)
                    }
                    Parts::Labels(names) | Parts::Words(names) => names.is_sorted_by(|a, b| a < b),
                }
        })
    }
}

/// The code of a column; `None` for one that is constant.
fn code_of(column: &Column, classes: &[u32], n_cuts: usize, binning: Binning) -> Option<ColumnCode> {
    let parts = parts_of(column, classes, (n_cuts, binning));
    let (name, marks_missing) = (column.name().to_string(), column.n_missing() > 0);
    let code = ColumnCode { name, parts, marks_missing };
    let is_constant = column.n_missing() == column.len() || code.n_features() == 0;
    (!is_constant).then_some(code)
}

fn parts_of(column: &Column, classes: &[u32], (n_cuts, binning): (usize, Binning)) -> Parts {
    match column.cells() {
        Cells::Numbers(values) => {
            let class = |row: usize| classes.get(row).copied().unwrap_or(0);
            let present = values.iter().enumerate().filter(|(_, value)| !value.is_nan());
            let n_classes = classes.iter().max().map_or(0, |&last| last as usize + 1);
            let values = present.map(|(row, &value)| (value, class(row))).collect();
            Parts::Cuts(cuts_of(values, n_cuts, binning, n_classes))
        }
        Cells::Categories(_) => {
            let counts = labels::count(column);
            if words::is_text(&counts) {
                Parts::Words(words::kept(column))
            } else {
                Parts::Labels(labels::kept(counts, column.n_missing()))
            }
        }
    }
}

impl ColumnCode {
    fn n_parts(&self) -> usize {
        match &self.parts {
            Parts::Cuts(cuts) => cuts.len(),
            Parts::Labels(names) | Parts::Words(names) => names.len(),
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
            let is_present = match (&self.parts, column.cells()) {
                (Parts::Cuts(cuts), Cells::Numbers(values)) => {
                    let n_reached = cuts.partition_point(|&cut| cut <= values[row]);
                    (first..first + n_reached).for_each(|feature| bits.insert(to, feature));
                    !values[row].is_nan()
                }
                // A column without any value has no kind.
                (Parts::Cuts(_), Cells::Categories(_)) if column.text(row).is_none() => false,
                (Parts::Cuts(_), Cells::Categories(_)) => {
                    return Err(TsetlinError::ColumnKind { column: self.name.clone(), row });
                }
                (Parts::Labels(names), _) => {
                    let label = column.text(row);
                    let found = label.as_ref().and_then(|label| place_of(names, label));
                    found.into_iter().for_each(|place| bits.insert(to, first + place));
                    label.is_some()
                }
                (Parts::Words(names), _) => {
                    let words = column.text(row).map(|text| words::words_of(&text));
                    let found = words.iter().flatten().filter_map(|word| place_of(names, word));
                    found.for_each(|place| bits.insert(to, first + place));
                    words.is_some()
                }
            };
            if !is_present && self.marks_missing {
                bits.insert(to, first + self.n_parts());
            }
        }
        Ok(())
    }

    fn phrases(&self, literals: &[(usize, bool)], reading: Reading) -> Vec<String> {
        let cuts: &[f64] = if let Parts::Cuts(cuts) = &self.parts { cuts } else { &[] };
        let is_present = literals.contains(&(self.n_parts(), false)) && self.marks_missing;
        let mut thresholds =
            Thresholds { may_be_missing: self.marks_missing && !is_present, ..Thresholds::default() };
        let mut said = Vec::new();
        for &(place, is_true) in literals {
            match cuts.get(place) {
                Some(&cut) if is_true => thresholds.at_least.push(cut),
                Some(&cut) => thresholds.below.push(cut),
                None if is_true => said.push(self.describe(place)),
                None => said.push(self.describe_not(place)),
            }
        }
        thresholds.at_least.sort_unstable_by(f64::total_cmp);
        thresholds.below.sort_unstable_by(f64::total_cmp);
        said.extend(thresholds.say(&self.name, reading));
        said
    }

    fn describe(&self, place: usize) -> String {
        let name = &self.name;
        match &self.parts {
            Parts::Cuts(cuts) if place < cuts.len() => format!("{name} >= {}", cuts[place]),
            Parts::Labels(names) if place < names.len() => format!("{name} is {}", names[place]),
            Parts::Words(names) if place < names.len() => format!("{name} has \"{}\"", names[place]),
            _ => format!("{name} is missing"),
        }
    }

    fn describe_not(&self, place: usize) -> String {
        let name = &self.name;
        match &self.parts {
            Parts::Cuts(cuts) if place < cuts.len() && self.marks_missing => {
                format!("{name} < {} or missing", cuts[place])
            }
            Parts::Cuts(cuts) if place < cuts.len() => format!("{name} < {}", cuts[place]),
            _ => format!("not {}", self.describe(place)),
        }
    }
}

/// Where a name stands. Labels are compared as text, so that those which all look like numbers in one file still match.
fn place_of(names: &[String], name: &str) -> Option<usize> {
    names.binary_search_by(|known| known.as_str().cmp(name)).ok()
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
            ("x,y\n1,a\n1,a\n1,b\n2,b\n9,b\n", Some(1), &["x >= 6"]),
            ("x,y\n5,a\n,a\n5,b\n", None, &["x is missing"]),
            ("c,y\nred,a\nblue,a\nred,b\n", None, &["c is red"]),
            ("c,y\nred,a\nblue,a\nred,b\n,b\n", None, &["c is blue", "c is red", "c is missing"]),
            ("c,y\nred,a\nblue,a\ngreen,b\n", None, &["c is blue", "c is green", "c is red"]),
            ("x,c,k,y\n1,u,7,a\n2,v,7,b\n", None, &["x >= 2", "c is u"]),
            ("x,e,y\n1,,a\n2,,b\n", None, &["x >= 2"]),
        ];
        for (text, cuts, expected) in cases {
            assert_eq!(
                features(
                    &Encoder::fit(
                        &table(text),
                        "y",
                        &[],
                        EncoderOptions { cuts, ..EncoderOptions::default() }
                    )
                    .unwrap()
                ),
                expected,
                "{text}"
            );
        }
        assert!(matches!(
            Encoder::fit(&table("x,y\n1,a\n1,b\n"), "y", &[], EncoderOptions::default()),
            Err(TsetlinError::NoFeatures)
        ));
    }

    #[test]
    fn rows_become_bits_and_new_values_fit_in() {
        let encoder =
            Encoder::fit(&table("x,c,y\n1,red,a\n2,blue,a\n,green,b\n"), "y", &[], EncoderOptions::default())
                .unwrap();
        assert_eq!(features(&encoder), ["x >= 2", "x is missing", "c is blue", "c is green", "c is red"]);
        let other = table("c,x\nred,5\npink,-1\n,\n");
        let bits = encoder.encode(&other, 0..3).unwrap();
        let rows: Vec<Vec<usize>> = (0..3).map(|row| bits.ones(row).collect()).collect();
        assert_eq!(rows, [vec![0, 4], vec![], vec![1]]);
        assert_eq!(encoder.encode(&other, 2..3).unwrap().ones(0).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn other_tables_are_refused_in_words() {
        let encoder =
            Encoder::fit(&table("x,c,y\n1,red,a\n2,blue,b\n"), "y", &[], EncoderOptions::default()).unwrap();
        for (text, expected) in [
            ("c\nred\n", "no column `x`; there are `c`"),
            (
                "x,c\none,red\n",
                "column `x` was numeric when the model was fitted, and holds text here, first in row 0",
            ),
        ] {
            assert_eq!(encoder.encode(&table(text), 0..1).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn clauses_read_as_a_person_would_say_them() {
        let whole = "x,c,y\n1,red,a\n2,blue,b\n3,green,a\n4,red,b\n";
        let with_gaps = "x,c,y\n1,red,a\n2,blue,b\n,green,a\n4,red,b\n3,red,a\n";
        // x >= 2, 3, 4 are features 0 to 2; then come "missing", if there is any, and the colors.
        for (text, literals, reading, expected) in [
            (whole, vec![(0, true), (1, true), (2, false)], Reading::Strict, "3 <= x < 4"),
            (whole, vec![(0, true), (1, true), (2, false)], Reading::Fuzzy, "x >= 2, 3; x < 4"),
            (whole, vec![(2, true), (0, false)], Reading::Strict, "x >= 4; x < 2"),
            (whole, vec![(0, false), (1, false)], Reading::Strict, "x < 2"),
            (whole, vec![(0, false), (1, false), (4, true)], Reading::Fuzzy, "x < 2, 3; c is green"),
            (with_gaps, vec![(1, false), (2, false)], Reading::Strict, "x < 3 or missing"),
            (with_gaps, vec![(1, false), (3, false)], Reading::Strict, "not x is missing; x < 3"),
            (with_gaps, vec![(1, true), (6, false)], Reading::Strict, "x >= 3; not c is red"),
        ] {
            let encoder = Encoder::fit(&table(text), "y", &[], EncoderOptions::default()).unwrap();
            assert_eq!(encoder.phrases(&literals, reading).join("; "), expected, "{literals:?}");
        }
    }

    #[test]
    fn wide_tables_get_one_cut_a_column() {
        let names: Vec<String> = (0..784).map(|i| format!("p{i}")).collect();
        let row = |value: &str| vec![value; 784].join(",");
        let text = format!("y,{}\na,{}\nb,{}\na,{}\n", names.join(","), row("0"), row("9"), row("200"));
        let encoder = Encoder::fit(&table(&text), "y", &[], EncoderOptions::default()).unwrap();
        assert_eq!((encoder.n_features(), encoder.describe(783)), (784, Some("p783 >= 100".to_string())));
    }
}
