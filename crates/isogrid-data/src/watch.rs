//! Turns the smart-watch series of the Python package `seglearn`, a pickled dictionary, into one table.
//!
//! People wore the watch during sets of twenty repetitions of seven exercises of the shoulder (Burns et al., "Shoulder
//! physiotherapy exercise recognition", 2018). A row is a reading, fifty a second: the number of its series from 0, who
//! wore the watch, on which side (1 is right), the exercise, and the axes by their names in the file.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::pickle::{Id, Pickle};
use crate::unpack::Extracted;
use crate::{Array, Column, DataError, Table, Values, npy, write_csv};

/// Where the package keeps the series.
pub(crate) const SERIES: &str = "seglearn/data/watch_dataset.npy";

/// The package's license, in a folder that is named by its version.
pub(crate) const LICENSE: &str = ".dist-info/LICENSE";

/// Writes `watch.csv` and the license into `folder`.
pub(crate) fn convert(archive: &str, files: &Extracted, folder: &Path) -> Result<(), DataError> {
    let file = |end: &str| {
        let message = format!("`{end}` is missing");
        let found = files.iter().find(|(path, _)| path.ends_with(end));
        found.map(|(_, bytes)| bytes).ok_or(DataError::BadArchive { archive: archive.to_string(), message })
    };
    let table = table(SERIES, file(SERIES)?)?;
    let license = folder.join("LICENSE");
    fs::write(&license, file(LICENSE)?).map_err(DataError::io(license.display().to_string()))?;
    let path = folder.join("watch.csv");
    let name = path.display().to_string();
    let mut out = BufWriter::new(File::create(&path).map_err(DataError::io(&name))?);
    write_csv(&name, &table, &mut out)?;
    out.flush().map_err(DataError::io(&name))
}

fn table(file: &str, mut bytes: &[u8]) -> Result<Table, DataError> {
    npy::skip_objects_header(file, &mut bytes)?;
    let mut set = Set::open(file, bytes)?;
    let (axes, exercises) = (set.texts("X_labels")?, set.texts("y_labels")?);
    let (kinds, subjects, sides) = (set.numbers("y")?, set.numbers("subject")?, set.numbers("side")?);
    let series = set.series(axes.len())?;
    for (key, found) in [("y", kinds.len()), ("subject", subjects.len()), ("side", sides.len())] {
        if found != series.len() {
            let n = series.len();
            return Err(set.bad(format!("its `{key}` has {found} values, expected {n}, one a series")));
        }
    }
    let kinds: Option<Vec<&str>> = kinds.iter().map(|kind| exercises.get(whole(*kind)?).copied()).collect();
    let kinds = kinds.ok_or_else(|| set.bad("its `y` is not the number of one of `y_labels`".to_string()))?;
    let of_rows: Vec<usize> = series
        .iter()
        .enumerate()
        .flat_map(|(at, values)| std::iter::repeat_n(at, values.len() / axes.len()))
        .collect();
    let spread = |values: &[f64]| of_rows.iter().map(|&at| values[at]).collect();
    let mut columns = vec![
        Column::numbers("series", of_rows.iter().map(|&at| at as f64).collect()),
        Column::numbers("subject", spread(&subjects)),
        Column::numbers("side", spread(&sides)),
        Column::categories("exercise", of_rows.iter().map(|&at| Some(kinds[at]))),
    ];
    for (at, axis) in axes.iter().enumerate() {
        let values = series.iter().flat_map(|values| values.iter().skip(at).step_by(axes.len()).copied());
        columns.push(Column::numbers(axis, values.collect()));
    }
    Table::new(columns).map_err(|error| error.of_file(file))
}

/// The index that a number stands for, if it is one.
fn whole(number: f64) -> Option<usize> {
    (number >= 0.0 && number.fract() == 0.0).then_some(number as usize)
}

/// The dictionary of the file.
struct Set<'a> {
    file: &'a str,
    pickle: Pickle<'a>,
    dict: Id,
}

impl<'a> Set<'a> {
    fn open(file: &'a str, bytes: &'a [u8]) -> Result<Set<'a>, DataError> {
        let pickle = Pickle::read(file, bytes)?;
        match *pickle.items(pickle.root())? {
            [dict] => Ok(Set { file, pickle, dict }),
            ref items => {
                let reason = format!("it holds {} objects, expected one dictionary", items.len());
                Err(DataError::damaged(file, "npy")(reason))
            }
        }
    }

    fn texts(&self, key: &str) -> Result<Vec<&'a str>, DataError> {
        let items = self.pickle.items(self.pickle.field(self.dict, key)?)?;
        items.iter().map(|&id| self.pickle.text(id)).collect()
    }

    fn numbers(&mut self, key: &str) -> Result<Vec<f64>, DataError> {
        let array = self.pickle.array(self.pickle.field(self.dict, key)?)?;
        self.values(array)
    }

    /// The readings of each series, a row after the other.
    fn series(&mut self, n_axes: usize) -> Result<Vec<Vec<f64>>, DataError> {
        let ids = self.pickle.items(self.pickle.field(self.dict, "X")?)?.to_vec();
        let mut series = Vec::with_capacity(ids.len());
        for id in ids {
            let array = self.pickle.array(id)?;
            // No axes would make rows without end out of no values.
            if !matches!(*array.shape(), [_, width] if width == n_axes && width > 0) {
                let found = crate::array::shown(array.shape());
                return Err(self.bad(format!("a series of shape {found}, expected rows of {n_axes}")));
            }
            series.push(self.values(array)?);
        }
        Ok(series)
    }

    fn values(&self, array: Array) -> Result<Vec<f64>, DataError> {
        match array.into_values() {
            Values::F64(values) => Ok(values),
            Values::I64(values) => Ok(values.into_iter().map(|value| value as f64).collect()),
            _ => Err(self.bad("an array of other than whole numbers and double precision".to_string())),
        }
    }

    fn bad(&self, reason: String) -> DataError {
        DataError::damaged(self.file, "npy")(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::written;

    fn npy(pickle: &[u8]) -> Vec<u8> {
        let header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
        [b"\x93NUMPY\x01\x00", [header.len() as u8, 0].as_slice(), header.as_bytes(), pickle].concat()
    }

    fn doubles(shape: &[i32], values: &[f64]) -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        // The file has its series by columns.
        written::array(shape, "<f8", 0x88, written::latin1(&bytes))
    }

    fn longs(values: &[i64]) -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        written::array(&[values.len() as i32], "<i8", 0x89, written::latin1(&bytes))
    }

    fn names(names: &[&str]) -> Vec<u8> {
        written::list(&names.iter().map(|name| written::text(name)).collect::<Vec<_>>())
    }

    fn fields() -> Vec<(&'static str, Vec<u8>)> {
        let series =
            [doubles(&[2, 2], &[0.1, 1e-6, -2.0, 3.5]), doubles(&[1, 2], &[0.018608999999999983, 7.0])];
        vec![
            ("X", written::list(&series)),
            ("y_labels", names(&["PEN", "ROW"])),
            ("y", longs(&[1, 0])),
            ("subject", longs(&[10, 3])),
            ("side", written::numbers(&[1.0, 0.0])),
            ("X_labels", names(&["ax", "wx"])),
        ]
    }

    fn file(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let objects = written::list(&[written::dict(fields)]);
        npy(&written::whole(written::array(&[], "|O8", 0x89, objects)))
    }

    fn files(series: Vec<u8>) -> Extracted {
        let license = ("seglearn-1.2.5.dist-info/LICENSE".to_string(), b"free".to_vec());
        [(SERIES.to_string(), series), license].into_iter().collect()
    }

    #[test]
    fn series_become_rows() {
        let folder = tempfile::tempdir().unwrap();
        convert("a.whl", &files(file(&fields())), folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join("watch.csv")).unwrap();
        let expected = "series,subject,side,exercise,ax,wx\n0,10,1,ROW,0.1,-2\n0,10,1,ROW,0.000001,3.5\n\
                        1,3,0,PEN,0.018608999999999983,7\n";
        assert_eq!(text, expected);
        assert_eq!(fs::read_to_string(folder.path().join("LICENSE")).unwrap(), "free");
        let error = convert("a.whl", &Extracted::new(), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("a.whl: `{SERIES}` is missing"));
    }

    #[test]
    fn files_of_another_form_are_refused() {
        let cases: Vec<(&str, Vec<u8>, &str)> = vec![
            ("y", longs(&[1]), "npy file: its `y` has 1 values, expected 2, one a series"),
            ("y", longs(&[1, 2]), "npy file: its `y` is not the number of one of `y_labels`"),
            ("y", written::numbers(&[0.5, -1.0]), "npy file: its `y` is not the number of one of `y_labels`"),
            ("side", names(&["left"]), "pickle file: expected an array, found a list"),
            (
                "subject",
                written::array(&[2], "|b1", 0x89, written::latin1(&[1; 2])),
                "npy file: an array of other",
            ),
            ("X", written::list(&[longs(&[1])]), "npy file: a series of shape (1), expected rows of 2"),
            ("X_labels", names(&[]), "npy file: a series of shape (2, 2), expected rows of 0"),
            (
                "X_labels",
                names(&["ax", "ax"]),
                "column name `ax` stands twice in the header (fields 5 and 6)",
            ),
        ];
        for (key, value, expected) in cases {
            let fields: Vec<_> = fields()
                .into_iter()
                .map(|(name, old)| (name, if name == key { value.clone() } else { old }))
                .collect();
            let message = table("w", &file(&fields)).expect_err(key).to_string();
            assert!(message.starts_with("w: ") && message.contains(expected), "{key}: {message}");
        }
        let missing = table("w", &file(&fields()[..5])).unwrap_err().to_string();
        assert_eq!(missing, "w: not a sound pickle file: it has no `X_labels`");
        let numbers = table("w", &npy(&written::whole(written::list(&[])))).unwrap_err().to_string();
        assert_eq!(numbers, "w: not a sound npy file: it holds 0 objects, expected one dictionary");
        let other = npy(&[]).iter().map(|&byte| if byte == b'O' { b'u' } else { byte }).collect::<Vec<_>>();
        let other = table("w", &other).unwrap_err().to_string();
        assert!(other.contains("expected that of an array of objects"), "{other}");
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let bytes = file(&fields());
        for length in 0..bytes.len() {
            assert!(table("w", &bytes[..length]).is_err(), "{length} bytes");
        }
    }
}
