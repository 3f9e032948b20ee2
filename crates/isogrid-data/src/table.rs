//! A table in memory: named columns of numbers or categories, with missing values.
//!
//! The surface is small on purpose: engines turn columns into their own representation at once. Left out: row
//! types, joins, expressions.

use std::borrow::Cow;

use isogrid_num::hash::{FastMap, FastSet};
use isogrid_num::rng::Rng;

use crate::DataError;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// Named columns of equal length.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<Column>,
    n_rows: usize,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    name: String,
    cells: Cells,
}

/// The cells of a column.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Numbers; a missing one is not-a-number.
    Numbers(Vec<f64>),
    /// Text values.
    Categories(Categories),
}

/// Text cells, each label stored once.
#[derive(Debug, Clone, Default)]
pub struct Categories {
    codes: Vec<u32>,
    labels: Vec<String>,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// Columns differ in length, or two have one name.
    pub fn new(columns: Vec<Column>) -> Result<Table, DataError> {
        let n_rows = columns.first().map_or(0, Column::len);
        let mut seen = FastSet::default();
        for (second, column) in columns.iter().enumerate() {
            if column.len() != n_rows {
                let (column, found) = (column.name.clone(), column.len());
                return Err(DataError::UnevenColumns { column, expected: n_rows, found });
            }
            if !seen.insert(column.name.as_str()) {
                let first = columns.iter().position(|other| other.name == column.name).unwrap_or(0) + 1;
                let (file, column) = ("table".to_string(), column.name.clone());
                return Err(DataError::DuplicateColumn { file, column, first, second: second + 1 });
            }
        }
        Ok(Table { columns, n_rows })
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// All columns, in file order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name, if there is one.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of this name.
    ///
    /// # Errors
    /// There is none; the error lists those there are.
    pub fn require(&self, name: &str) -> Result<&Column, DataError> {
        self.column(name).ok_or_else(|| DataError::UnknownColumn {
            column: name.to_string(),
            known: self.columns.iter().map(|column| column.name.clone()).collect(),
        })
    }

    /// Finds columns one after another by name, in any order and however many.
    pub fn finder(&self) -> Finder<'_> {
        Finder { table: self, next: 0, places: None }
    }

    /// Takes the columns out, in file order.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The given rows in the given order; a row may be taken several times. Labels keep their codes.
    ///
    /// # Panics
    /// If a row is not below the number of rows.
    pub fn take_rows(&self, rows: &[usize]) -> Table {
        let columns = self.columns.iter().map(|column| column.take_rows(rows)).collect();
        Table { columns, n_rows: rows.len() }
    }

    /// A random part of `share` of the rows (rounded, within 0..=1) and the rest, both in file order.
    pub fn split(&self, share: f64, seed: u64) -> (Table, Table) {
        let n_first = (share.clamp(0.0, 1.0) * self.n_rows as f64).round() as usize;
        let mut order: Vec<usize> = (0..self.n_rows).collect();
        Rng::new(seed, 0).shuffle(&mut order);
        let (first, rest) = order.split_at_mut(n_first.min(self.n_rows));
        first.sort_unstable();
        rest.sort_unstable();
        (self.take_rows(first), self.take_rows(rest))
    }
}

impl Column {
    /// A numeric column; not-a-number marks a missing value.
    pub fn numbers(name: &str, values: Vec<f64>) -> Column {
        Column { name: name.to_string(), cells: Cells::Numbers(values) }
    }

    /// A categorical column; labels are numbered by first appearance.
    pub fn categories<'a>(name: &str, values: impl IntoIterator<Item = Option<&'a str>>) -> Column {
        let mut builder = CategoriesBuilder::default();
        for value in values {
            builder.push(value);
        }
        Column::of_categories(name.to_string(), builder.finish())
    }

    pub(crate) fn of_categories(name: String, categories: Categories) -> Column {
        Column { name, cells: Cells::Categories(categories) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cells.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Numbers(values) => values.len(),
            Cells::Categories(categories) => categories.codes.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of missing values.
    pub fn n_missing(&self) -> usize {
        match &self.cells {
            Cells::Numbers(values) => values.iter().filter(|value| value.is_nan()).count(),
            Cells::Categories(categories) => categories.codes.iter().filter(|&&code| code == MISSING).count(),
        }
    }

    /// A cell as text, numbers in their shortest form; `None` for a missing value or a row beyond the end.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Numbers(values) => {
                let value = *values.get(row)?;
                (!value.is_nan()).then(|| Cow::Owned(value.to_string()))
            }
            Cells::Categories(categories) => categories.get(row).map(Cow::Borrowed),
        }
    }

    fn take_rows(&self, rows: &[usize]) -> Column {
        let cells = match &self.cells {
            Cells::Numbers(values) => Cells::Numbers(rows.iter().map(|&row| values[row]).collect()),
            Cells::Categories(categories) => Cells::Categories(Categories {
                codes: rows.iter().map(|&row| categories.codes[row]).collect(),
                labels: categories.labels.clone(),
            }),
        };
        Column { name: self.name.clone(), cells }
    }
}

impl Categories {
    /// A code per row: an index into [`Categories::labels`], or [`MISSING`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The distinct labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The label in a row; `None` where it is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.labels.get(*self.codes.get(row)? as usize).map(String::as_str)
    }
}

/// Collects labels, each stored once.
#[derive(Debug, Default)]
pub(crate) struct CategoriesBuilder {
    categories: Categories,
    index: FastMap<String, u32>,
}

impl CategoriesBuilder {
    pub(crate) fn push(&mut self, value: Option<&str>) {
        let code = value.map_or(MISSING, |label| self.code(label));
        self.categories.codes.push(code);
    }

    fn code(&mut self, label: &str) -> u32 {
        if let Some(&code) = self.index.get(label) {
            return code;
        }
        // More labels than codes would need 100 GB of labels: they read as missing rather than wrong.
        let code = u32::try_from(self.categories.labels.len()).unwrap_or(MISSING);
        if code != MISSING {
            self.categories.labels.push(label.to_string());
            self.index.insert(label.to_string(), code);
        }
        code
    }

    pub(crate) fn finish(self) -> Categories {
        self.categories
    }
}

/// Columns of a table by name: quick where they are asked for in about the table's order, and by an index where not.
#[derive(Debug)]
pub struct Finder<'a> {
    table: &'a Table,
    /// Behind the column found last.
    next: usize,
    /// The place of each name, once it is needed.
    places: Option<FastMap<&'a str, usize>>,
}

/// Columns passed over before an index is made.
const NEAR: usize = 8;

impl<'a> Finder<'a> {
    /// The column of this name.
    ///
    /// # Errors
    /// As [`Table::require`].
    pub fn require(&mut self, name: &str) -> Result<&'a Column, DataError> {
        let columns = &self.table.columns;
        let near = columns[self.next..].iter().take(NEAR).position(|column| column.name == name);
        let place = near.map(|ahead| self.next + ahead).or_else(|| {
            let indexed =
                || columns.iter().enumerate().map(|(place, column)| (column.name.as_str(), place)).collect();
            self.places.get_or_insert_with(indexed).get(name).copied()
        });
        match place {
            Some(place) => {
                self.next = place + 1;
                Ok(&columns[place])
            }
            None => self.table.require(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let numbers = Column::numbers("x", vec![1.0, f64::NAN, 3.5]);
        let labels = Column::categories("y", [Some("a"), Some("b"), None]);
        Table::new(vec![numbers, labels]).unwrap()
    }

    #[test]
    fn rows_are_taken_in_order_and_keep_their_codes() {
        let taken = table().take_rows(&[2, 1, 1]);
        let texts = |name: &str| -> Vec<Option<String>> {
            let column = taken.require(name).unwrap();
            (0..3).map(|row| column.text(row).map(Cow::into_owned)).collect()
        };
        assert_eq!(texts("x"), [Some("3.5".to_string()), None, None]);
        assert_eq!(texts("y"), [None, Some("b".to_string()), Some("b".to_string())]);
    }

    #[test]
    fn columns_are_found_in_any_order() {
        let column = |at: usize| Column::numbers(&format!("c{at}"), vec![at as f64]);
        let table = Table::new((0..40).map(column).collect()).unwrap();
        let mut finder = table.finder();
        for at in [0, 1, 5, 39, 38, 3, 3, 20, 22] {
            assert_eq!(finder.require(&format!("c{at}")).unwrap().name(), format!("c{at}"));
        }
        assert!(finder.require("d").unwrap_err().to_string().starts_with("no column `d`"));
    }

    #[test]
    fn a_split_is_a_partition_and_repeats() {
        let numbers = Column::numbers("x", (0..100).map(f64::from).collect());
        let table = Table::new(vec![numbers]).unwrap();
        let (first, rest) = table.split(0.3, 7);
        assert_eq!((first.n_rows(), rest.n_rows()), (30, 70));
        let values = |table: &Table| -> Vec<String> {
            (0..table.n_rows()).filter_map(|row| table.columns()[0].text(row).map(Cow::into_owned)).collect()
        };
        let mut all = [values(&first), values(&rest)].concat();
        assert_eq!(values(&first), values(&table.split(0.3, 7).0));
        all.sort_by_key(|text| text.parse::<u32>().unwrap());
        assert_eq!(all, values(&table));
    }

    #[test]
    fn uneven_and_duplicate_columns_are_refused() {
        let short = Column::numbers("z", vec![1.0]);
        let again = Column::numbers("x", vec![1.0; 3]);
        for (column, message) in [
            (short, "column `z` has 1 rows, expected 3 as in the first column"),
            (again, "table: column name `x` stands twice in the header (fields 1 and 3)"),
        ] {
            let mut columns = table().columns().to_vec();
            columns.push(column);
            assert_eq!(Table::new(columns).unwrap_err().to_string(), message);
        }
        let message = table().require("q").unwrap_err().to_string();
        assert_eq!(message, "no column `q`; there are `x`, `y`");
    }
}
