//! Tables, their text format, and the data sets this project knows.
//!
//! [`read_csv`] streams delimited text into a [`Table`] of numbers and categories, and [`write_csv`] writes it.
//! [`catalog()`] lists public data sets by version, checksum and license; [`fetch()`] brings one here through its
//! ordinary client. [`hanoi`] generates planning tasks of known length. Left out so far: binary formats, images.
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
