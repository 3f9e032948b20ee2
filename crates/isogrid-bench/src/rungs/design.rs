//! Tables as matrices of numbers, for methods that know nothing else.
//!
//! A number column is a feature, its missing values the training mean, with a second feature that marks them where
//! training rows lack any; a text column is a feature per frequent training value (one-hot). Constant features are
//! left out. Left out too: dates, free text, interactions.

use isogrid_data::{Cells, Column, Table};

/// Values of a text column that get a feature of their own, the most frequent first.
const MAX_VALUES: usize = 64;

/// How a table's columns become features; learned from training rows.
#[derive(Debug, Clone)]
pub(super) struct Design {
    features: Vec<Feature>,
    classes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Feature {
    column: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Number { missing: f64 },
    IsMissing,
    IsValue(String),
}

/// Rows of features, row after row, with a class per row.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// `n_rows` x `n_features`.
    pub x: Vec<f32>,
    /// Indices into [`Design::classes`]; empty for rows without answers.
    pub y: Vec<usize>,
    /// The number of columns of `x`.
    pub n_features: usize,
}

impl Design {
    /// Learns the features of `train`, all its columns but `target`.
    pub fn learn(train: &Table, target: &str) -> Result<Design, String> {
        let answers = train.require(target).map_err(|error| error.to_string())?;
        let mut classes: Vec<String> = texts(answers).flatten().collect();
        classes.sort_unstable();
        classes.dedup();
        let inputs = train.columns().iter().filter(|column| column.name() != target);
        let features: Vec<Feature> = inputs.flat_map(features).collect();
        if features.is_empty() {
            return Err("no column varies over the training rows".to_string());
        }
        Ok(Design { features, classes })
    }

    /// The classes of the training rows, in order.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The rows of `table`; with classes where it has the column `target`.
    pub fn rows(&self, table: &Table, target: &str) -> Result<Rows, String> {
        let (n_rows, n_features) = (table.n_rows(), self.features.len());
        let mut x = vec![0.0; n_rows * n_features];
        for (at, feature) in self.features.iter().enumerate() {
            let column = table.require(&feature.column).map_err(|error| error.to_string())?;
            for (row, value) in feature.kind.values(column).enumerate() {
                x[row * n_features + at] = value;
            }
        }
        let y = table.column(target).map(|answers| self.codes(answers)).transpose()?.unwrap_or_default();
        Ok(Rows { x, y, n_features })
    }

    fn codes(&self, answers: &Column) -> Result<Vec<usize>, String> {
        let code = |class: Option<String>| {
            let class = class.ok_or("a training row has no answer")?;
            self.classes.binary_search(&class).map_err(|_| format!("class `{class}` is in no training row"))
        };
        texts(answers).map(code).collect()
    }

    /// The name of the class `code`, as an answer.
    pub fn answer(&self, code: usize) -> Option<String> {
        self.classes.get(code).cloned()
    }
}

fn texts(column: &Column) -> impl Iterator<Item = Option<String>> + '_ {
    (0..column.len()).map(|row| column.text(row).map(std::borrow::Cow::into_owned))
}

fn features(column: &Column) -> Vec<Feature> {
    let kinds = match column.cells() {
        Cells::Numbers(values) => of_numbers(values),
        Cells::Categories(categories) => of_values(categories.labels(), categories.codes()),
    };
    kinds.into_iter().map(|kind| Feature { column: column.name().to_string(), kind }).collect()
}

fn of_numbers(values: &[f64]) -> Vec<Kind> {
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    let n_known = known().count();
    let mut kinds = Vec::new();
    if known().zip(known().skip(1)).any(|(a, b)| a != b) {
        kinds.push(Kind::Number { missing: known().sum::<f64>() / n_known as f64 });
    }
    if (1..values.len()).contains(&n_known) {
        kinds.push(Kind::IsMissing);
    }
    kinds
}

fn of_values(labels: &[String], codes: &[u32]) -> Vec<Kind> {
    let mut counts: Vec<(usize, &String)> = labels.iter().map(|label| (0, label)).collect();
    for &code in codes {
        // The code of a missing value is beyond all labels.
        if let Some(entry) = counts.get_mut(code as usize) {
            entry.0 += 1;
        }
    }
    counts.retain(|(count, _)| (1..codes.len()).contains(count));
    counts.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    counts.into_iter().take(MAX_VALUES).map(|(_, label)| Kind::IsValue(label.clone())).collect()
}

impl Kind {
    fn values<'a>(&'a self, column: &'a Column) -> Box<dyn Iterator<Item = f32> + 'a> {
        let flag = |is: bool| if is { 1.0 } else { 0.0 };
        match (self, column.cells()) {
            (Kind::Number { missing }, Cells::Numbers(values)) => {
                Box::new(values.iter().map(|value| if value.is_nan() { *missing } else { *value } as f32))
            }
            (Kind::Number { missing }, Cells::Categories(_)) => {
                Box::new(std::iter::repeat_n(*missing as f32, column.len()))
            }
            (Kind::IsMissing, _) => {
                Box::new((0..column.len()).map(move |row| flag(column.text(row).is_none())))
            }
            (Kind::IsValue(label), _) => {
                Box::new((0..column.len()).map(move |row| flag(column.text(row).as_deref() == Some(label))))
            }
        }
    }
}

impl Rows {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.x.len() / self.n_features.max(1)
    }

    /// The given rows.
    pub fn take(&self, rows: &[usize]) -> Rows {
        let n = self.n_features;
        Rows {
            x: rows.iter().flat_map(|&row| &self.x[row * n..][..n]).copied().collect(),
            y: rows.iter().map(|&row| self.y[row]).collect(),
            n_features: n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        isogrid_data::read_csv("t.csv", text.as_bytes(), &Default::default()).expect("a table").0
    }

    #[test]
    fn columns_become_features_by_their_kind() {
        let train = table("n,c,constant,gaps,y\n1,red,7,1,a\n3,blue,7,,b\n5,red,7,2,b\n");
        let design = Design::learn(&train, "y").expect("it can be learned from");
        assert_eq!(design.classes(), ["a", "b"]);
        let rows = design.rows(&train, "y").expect("the same columns");
        // n; c = red, c = blue; gaps and its marker.
        let expected = [[1., 1., 0., 1., 0.], [3., 0., 1., 1.5, 1.], [5., 1., 0., 2., 0.]];
        assert_eq!(rows.n_features, 5);
        assert_eq!(rows.x, expected.concat());
        assert_eq!((rows.y.as_slice(), rows.len()), (&[0, 1, 1][..], 3));
        assert_eq!(rows.take(&[2, 0]).x, [expected[2], expected[0]].concat());
        let query = table("n,c,constant,gaps\n,green,1,4\n2,blue,2,5\n");
        let rows = design.rows(&query, "y").expect("all columns are there");
        assert_eq!(rows.x, [[3., 0., 0., 4., 0.], [2., 0., 1., 5., 0.]].concat());
        assert!(rows.y.is_empty());
    }

    #[test]
    fn tables_without_anything_to_learn_from_are_refused() {
        let message = Design::learn(&table("x,y\n1,a\n1,b\n"), "y").expect_err("x is constant");
        assert_eq!(message, "no column varies over the training rows");
        assert!(Design::learn(&table("x,y\n1,a\n"), "z").is_err());
    }
}
