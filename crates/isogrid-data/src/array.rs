//! An n-dimensional array as binary files hold it, with the element kind of the file: pictures stay bytes.
//!
//! [`Array::into_table`] spreads it over columns of numbers or categories. Left out: arithmetic, slices, other orders of
//! storage: readers hand over row-major values.

use crate::{Column, DataError, Table};

/// The most columns of any table that a reader makes: a million features and a target.
pub(crate) const MAX_COLUMNS: usize = (1 << 20) + 1;

/// Values in row-major order (the last index runs fastest) and the lengths of their dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Values,
}

/// The elements of an array.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Bytes, such as gray values.
    U8(Vec<u8>),
    /// Whole numbers of every other size.
    I64(Vec<i64>),
    /// Single (and half) precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts.
    Text(Vec<String>),
}

impl Array {
    /// An array of this shape; no dimensions make a single value.
    ///
    /// # Errors
    /// The shape asks for another number of values.
    pub fn new(shape: Vec<usize>, values: Values) -> Result<Array, DataError> {
        if n_values(&shape) == Some(values.len()) {
            return Ok(Array { shape, values });
        }
        Err(DataError::Shape { shape: shown(&shape), found: values.len() })
    }

    /// The length of each dimension, the slowest first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values in row-major order.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Takes the values out, in row-major order.
    pub fn into_values(self) -> Values {
        self.values
    }

    /// The number of items: the length of the first dimension, 1 without dimensions.
    pub fn n_items(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// The number of values of an item: the product of the dimensions after the first.
    pub fn item_len(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// The values, where they are bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Values::U8(values) = &self.values { Some(values) } else { None }
    }

    /// A row for each item and a column for each of its values; `file` stands in messages. A column is called `name`
    /// where an item is one value, else `name` with the value's place: `name3`, for pictures `name_y0_x5`, and
    /// `name0_2_1` beyond. Without a name they are `x`, `x3`, `y0_x5` and `x0_2_1`.
    ///
    /// # Errors
    /// A dimension is zero, or there would be more than 2^20 columns.
    pub fn into_table(self, file: &str, name: &str) -> Result<Table, DataError> {
        if self.values.is_empty() {
            return Err(DataError::NoValues { file: file.to_string(), shape: shown(&self.shape) });
        }
        if self.item_len() > MAX_COLUMNS {
            return Err(too_many_columns(file));
        }
        let names = column_names(self.shape.get(1..).unwrap_or_default(), name);
        let columns = match self.values {
            Values::U8(values) => numbers(&names, &values, f64::from),
            Values::I64(values) => numbers(&names, &values, |value| value as f64),
            Values::F32(values) => numbers(&names, &values, f64::from),
            Values::F64(values) => numbers(&names, &values, |value| value),
            Values::Bool(values) => numbers(&names, &values, f64::from),
            Values::Text(values) => {
                let cells = |at| values.iter().skip(at).step_by(names.len()).map(|text| Some(text.as_str()));
                names.iter().enumerate().map(|(at, name)| Column::categories(name, cells(at))).collect()
            }
        };
        Table::new(columns)
    }
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::U8(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::Bool(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many values a shape asks for; `None` beyond what can be counted.
pub(crate) fn n_values(shape: &[usize]) -> Option<usize> {
    // A zero after dimensions whose product overflows is still zero values.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))
}

pub(crate) fn shown(shape: &[usize]) -> String {
    format!("({})", shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

pub(crate) fn too_many_columns(file: &str) -> DataError {
    let (what, limit) = ("the number of columns", MAX_COLUMNS as u64);
    DataError::TooLarge { file: file.to_string(), line: 0, what, limit }
}

fn numbers<T: Copy>(names: &[String], values: &[T], number: impl Fn(T) -> f64) -> Vec<Column> {
    let cells = |at| values.iter().skip(at).step_by(names.len()).map(|&value| number(value)).collect();
    names.iter().enumerate().map(|(at, name)| Column::numbers(name, cells(at))).collect()
}

/// A name for each value of an item of these dimensions.
fn column_names(dimensions: &[usize], name: &str) -> Vec<String> {
    let stem = if name.is_empty() { "x" } else { name };
    match *dimensions {
        [] => vec![stem.to_string()],
        [n_rows, n_columns] => {
            let stem = if name.is_empty() { String::new() } else { format!("{name}_") };
            let places = (0..n_rows).flat_map(|y| (0..n_columns).map(move |x| (y, x)));
            places.map(|(y, x)| format!("{stem}y{y}_x{x}")).collect()
        }
        _ => {
            let extend = |names: Vec<String>, (depth, &length): (usize, &usize)| -> Vec<String> {
                let joint = if depth == 0 { "" } else { "_" };
                let longer = |name: String| (0..length).map(move |at| format!("{name}{joint}{at}"));
                names.into_iter().flat_map(longer).collect()
            };
            dimensions.iter().enumerate().fold(vec![stem.to_string()], extend)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(shape: &[usize], name: &str) -> String {
        let values = Values::U8(vec![0; n_values(shape).unwrap()]);
        let table = Array::new(shape.to_vec(), values).unwrap().into_table("a", name).unwrap();
        let names: Vec<&str> = table.columns().iter().map(Column::name).collect();
        format!("{} x {}", table.n_rows(), names.join(" "))
    }

    #[test]
    fn columns_are_named_by_place() {
        let cases: [(&[usize], &str, &str); 8] = [
            (&[], "", "1 x x"),
            (&[3], "", "3 x x"),
            (&[3], "label", "3 x label"),
            (&[2, 3], "", "2 x x0 x1 x2"),
            (&[2, 2], "data", "2 x data0 data1"),
            (&[5, 2, 2], "", "5 x y0_x0 y0_x1 y1_x0 y1_x1"),
            (&[1, 1, 2], "image", "1 x image_y0_x0 image_y0_x1"),
            (&[1, 1, 2, 2], "", "1 x x0_0_0 x0_0_1 x0_1_0 x0_1_1"),
        ];
        for (shape, name, expected) in cases {
            assert_eq!(names(shape, name), expected, "{shape:?} {name}");
        }
    }

    #[test]
    fn values_go_to_their_row_and_column() {
        let cases = [
            ("bytes", Values::U8(vec![1, 2, 3, 4, 5, 255]), "255"),
            ("integers", Values::I64(vec![1, 2, 3, 4, 5, -6]), "-6"),
            ("single", Values::F32(vec![1.0, 2.0, 3.0, 4.0, 5.0, 0.5]), "0.5"),
            ("double", Values::F64(vec![1.0, 2.0, 3.0, 4.0, 5.0, 0.1]), "0.1"),
            ("truth", Values::Bool(vec![true, false, true, true, true, true]), "1"),
            ("text", Values::Text(["a", "b", "c", "d", "e", "f"].map(String::from).to_vec()), "f"),
        ];
        for (name, values, last) in cases {
            let table = Array::new(vec![2, 3], values).unwrap().into_table("a", "").unwrap();
            assert_eq!(table.columns()[2].text(1).as_deref(), Some(last), "{name}");
            assert_eq!((table.n_rows(), table.columns().len()), (2, 3), "{name}");
        }
    }

    #[test]
    fn impossible_tables_are_refused() {
        let array = |shape: &[usize], n| Array::new(shape.to_vec(), Values::U8(vec![0; n]));
        let cases = [
            (array(&[2, 3], 5).unwrap_err(), "an array of shape (2, 3) cannot hold 5 values"),
            (
                array(&[usize::MAX, 2], 5).unwrap_err(),
                "an array of shape (18446744073709551615, 2) cannot hold 5 values",
            ),
            (
                array(&[0, usize::MAX, 2], 0).unwrap().into_table("f", "").unwrap_err(),
                "f: an array of shape (0, 18446744073709551615, 2) has no values",
            ),
            (
                array(&[1, MAX_COLUMNS + 1], MAX_COLUMNS + 1).unwrap().into_table("f", "").unwrap_err(),
                "f: the number of columns exceeds the limit of 1048577",
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(error.to_string(), expected);
        }
    }
}
