//! The fetched sets as they come: one row count and column count a file. A set that is not there is passed over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use isogrid_core::Source;
use isogrid_data::{Column, CsvOptions, locate, read_array, read_table};

fn folder(set: &str) -> Option<PathBuf> {
    locate(set, &PathBuf::from(std::env::var_os("ISOGRID_DATA")?))
}

#[test]
fn tables_of_the_catalog() {
    let cases = [
        ("shuttle", "shuttle.csv.gz", 49_097, 10),
        ("ucr-anomaly", "ucr-135-TRAIN.csv", 1_200, 3),
        ("ucr-anomaly", "ucr-135-TEST.csv", 7_501, 3),
        ("ucr-anomaly", "ecg-diff-count-3-TEST.csv", 10_000, 3),
        ("daphnet", "daphnet.csv", 7_040, 11),
        ("sklearn-tables", "breast_cancer.csv", 569, 31),
        ("sklearn-tables", "diabetes.csv", 442, 11),
        ("sklearn-tables", "digits.csv", 1_797, 65),
        ("sklearn-tables", "iris.csv", 150, 5),
        ("sklearn-tables", "wine.csv", 178, 14),
        ("keel", "letter.csv", 20_000, 17),
        ("keel", "tae.csv", 151, 6),
        ("watch", "watch.csv", 244_102, 10),
        ("fashion-mnist", "t10k-labels-idx1-ubyte.gz", 10_000, 1),
    ];
    for (set, name, n_rows, n_columns) in cases {
        let Some(folder) = folder(set) else { continue };
        let source = Source::file(folder.join(name));
        let (table, warnings) = read_table(&source, &CsvOptions::default()).unwrap();
        assert_eq!((table.n_rows(), table.columns().len()), (n_rows, n_columns), "{set} {name}");
        assert!(warnings.is_empty(), "{set} {name}: {warnings:?}");
    }
}

#[test]
fn every_table_of_keel_is_read() {
    let Some(folder) = folder("keel") else { return };
    let mut n_tables = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let (table, _) = read_table(&Source::file(&path), &CsvOptions::default()).unwrap();
            assert!(table.columns().iter().all(|column| column.n_missing() == 0), "{}", path.display());
            n_tables += 1;
        }
    }
    assert_eq!(n_tables, 43);
}

#[test]
fn the_watch_has_whole_series_of_one_exercise() {
    let Some(folder) = folder("watch") else { return };
    let (table, _) = read_table(&Source::file(folder.join("watch.csv")), &CsvOptions::default()).unwrap();
    let names: Vec<&str> = table.columns().iter().map(Column::name).collect();
    assert_eq!(names, ["series", "subject", "side", "exercise", "ax", "ay", "az", "wx", "wy", "wz"]);
    let heads = names[..4].iter().map(|name| table.column(name).unwrap()).collect::<Vec<_>>();
    let head = |row: usize| heads.iter().map(|column| column.text(row).unwrap()).collect::<Vec<_>>();
    let starts = (0..table.n_rows()).filter(|&row| row == 0 || head(row) != head(row - 1));
    let mut counts = BTreeMap::new();
    for (series, row) in starts.enumerate() {
        assert_eq!(head(row)[0], series.to_string());
        *counts.entry(head(row)[3].to_string()).or_insert(0) += 1;
    }
    assert_eq!(counts.values().sum::<usize>(), 140);
    let exercises: Vec<&String> = counts.keys().collect();
    assert_eq!(exercises, ["ABD", "ER", "FEL", "IR", "PEN", "ROW", "TRAP"]);
}

#[test]
fn pictures_stay_bytes() {
    let Some(folder) = folder("fashion-mnist") else { return };
    let array = |name: &str| read_array(&Source::file(folder.join(name))).unwrap();
    let (pictures, labels) = (array("train-images-idx3-ubyte.gz"), array("train-labels-idx1-ubyte.gz"));
    assert_eq!((pictures.shape(), labels.shape()), (&[60_000, 28, 28][..], &[60_000][..]));
    let mut counts = [0; 10];
    labels.as_bytes().unwrap().iter().for_each(|&label| counts[usize::from(label)] += 1);
    assert_eq!((pictures.as_bytes().unwrap().len(), counts), (47_040_000, [6_000; 10]));
}
