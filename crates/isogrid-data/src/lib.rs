//! Tables, their text format, and the data sets this project knows.
//!
//! [`read_table`] looks at a file's content and reads delimited text, NumPy arrays, IDX and parquet into a [`Table`] of
//! numbers and categories; [`read_array`] keeps pictures as bytes. [`write_csv`] and [`write_npy`] write.
//! [`catalog()`] lists public data sets by version, checksum and license; [`fetch()`] brings one here through its
//! ordinary client. [`hanoi`] generates planning tasks of known length. Left out: picture files, sound.
//!
//! ```
//! use isogrid_data::{CsvOptions, read_csv};
//! let text = b"temperature;state\n20.5;on\n;off\n".as_slice();
//! let (table, warnings) = read_csv("readings.csv", text, &CsvOptions::default())?;
//! assert!(warnings.is_empty() && table.n_rows() == 2);
//! assert_eq!(table.column("temperature").unwrap().text(0).as_deref(), Some("20.5"));
//! # Ok::<(), isogrid_data::DataError>(())
//! ```

mod array;
pub mod catalog;
mod elements;
mod error;
mod fetch;
pub mod hanoi;
mod idx;
mod infer;
mod mnist;
mod npy;
mod open;
#[cfg(feature = "parquet")]
mod parquet_table;
mod pickle;
mod prepared;
mod read;
mod sniff;
mod table;
mod toolbox;
mod unpack;
mod watch;
mod write;

pub mod answers;
pub mod contest;
pub mod labels;

pub use array::{Array, Values};
pub use catalog::{DataSet, catalog};
pub use error::DataError;
pub use fetch::{fetch, fetch_with, locate};
pub use idx::read_idx;
pub use npy::{read_npy, read_npz, write_npy};
pub use open::{looks_like_table, read_array, read_table};
#[cfg(feature = "parquet")]
pub use parquet_table::read_parquet;
pub use read::{CsvOptions, NumericColumns, Warning, read_csv, read_csv_source};
pub use table::{Categories, Cells, Column, Finder, MISSING, Table};
pub use toolbox::{Client, Toolbox};
pub use write::write_csv;
