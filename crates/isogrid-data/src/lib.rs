//! Tables, their text format, and the data sets this project knows.
//!
//! [`read_csv`] streams comma-separated text into a [`Table`] of numeric and categorical columns with missing values;
//! [`write_csv`] is its inverse. [`catalog`] lists public data sets with version, checksum and license, and
//! [`fetch()`] brings one here through its ecosystem's ordinary client. [`hanoi`] generates planning tasks of known
//! optimal length. Left out so far: columnar binary formats and images.
//!
//! ```
//! use isogrid_data::{CsvOptions, read_csv};
//! let text = "temperature;state\n20.5;on\n;off\n";
//! let (table, warnings) = read_csv("readings.csv", text.as_bytes(), &CsvOptions::default())?;
//! assert!(warnings.is_empty() && table.n_rows() == 2);
//! let temperature = table.column("temperature").unwrap();
//! assert_eq!((temperature.text(0).as_deref(), temperature.text(1)), (Some("20.5"), None));
//! # Ok::<(), isogrid_data::DataError>(())
//! ```

pub mod catalog;
mod error;
mod fetch;
pub mod hanoi;
mod infer;
mod mnist;
mod read;
mod sniff;
mod table;
mod toolbox;
mod unpack;
mod write;

pub use catalog::{DataSet, catalog};
pub use error::DataError;
pub use fetch::{fetch, fetch_with, locate};
pub use read::{CsvOptions, NumericColumns, Warning, read_csv, read_csv_source};
pub use sniff::looks_like_table;
pub use table::{Categories, Cells, Column, MISSING, Table};
pub use toolbox::{Client, Toolbox};
pub use write::write_csv;
