//! What an entrant of the Tsetlin bench is told, and what it tells: the contract of bench/peers/tsetlin/README.md.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What an entrant is to do. Arrays are .npy files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// Rows to learn: one byte a bit for Tsetlin machines.
    pub x_train: PathBuf,
    /// Their classes, from 0.
    pub y_train: PathBuf,
    /// Rows to answer.
    pub x_test: PathBuf,
    /// Their classes.
    pub y_test: PathBuf,
    /// The entrant's own settings.
    pub settings: Value,
    /// Passes at most.
    #[serde(default = "one")]
    pub epochs: u64,
    /// No pass begins after so many seconds of training.
    #[serde(default = "no_limit")]
    pub seconds: f64,
    /// Every so many passes the test rows are answered.
    #[serde(default = "one")]
    pub test_every: u64,
    /// Threads of training.
    #[serde(default = "one_thread")]
    pub threads: usize,
    /// The seed.
    #[serde(default = "one")]
    pub seed: u64,
    /// Which of `inference`, `one_row`, `export` and `memory` to measure.
    #[serde(default)]
    pub measure: Vec<String>,
    /// Seconds of each measure of inference.
    #[serde(default = "one_second")]
    pub inference_seconds: f64,
    /// Single rows to answer.
    #[serde(default = "many")]
    pub one_rows: usize,
    /// What only some entrants take, such as a budget for tuning.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Seconds that nothing takes.
pub(super) const NO_LIMIT: f64 = 1e9;

fn one() -> u64 {
    1
}

fn one_thread() -> usize {
    1
}

fn one_second() -> f64 {
    1.0
}

fn many() -> usize {
    500
}

fn no_limit() -> f64 {
    NO_LIMIT
}

impl Spec {
    /// Whether a measure is asked for.
    pub(super) fn wants(&self, measure: &str) -> bool {
        self.measure.iter().any(|wanted| wanted == measure)
    }
}

/// One line of an entrant; which fields there are depends on its kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    /// `setup`, `epoch`, `fit`, `inference`, `one_row`, `memory`, `missing` or `error`.
    pub kind: String,
    /// Everything else.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl Record {
    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.fields.get(name)?.as_f64()
    }

    /// A field that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }
}

/// The arrays of a data set as .npy files in a folder.
#[derive(Debug, Clone)]
pub struct Arrays {
    /// Where they are.
    pub folder: PathBuf,
}

impl Arrays {
    /// The path of `x_train`, `y_train`, `x_test` or `y_test`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.npy"))
    }

    /// A specification of these arrays.
    pub fn spec(&self, settings: Value) -> Spec {
        Spec {
            x_train: self.path("x_train"),
            y_train: self.path("y_train"),
            x_test: self.path("x_test"),
            y_test: self.path("y_test"),
            settings,
            epochs: 1,
            seconds: no_limit(),
            test_every: 1,
            threads: 1,
            seed: 1,
            measure: Vec::new(),
            inference_seconds: 1.0,
            one_rows: many(),
            more: Map::new(),
        }
    }
}

/// Reads the records of an entrant's output; lines that are none are passed over.
pub fn records(output: &str) -> Vec<Record> {
    output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Writes a specification.
///
/// # Errors
/// The disk refuses.
pub fn write(spec: &Spec, path: &Path) -> anyhow::Result<()> {
    Ok(std::fs::write(path, serde_json::to_string_pretty(spec)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_comes_back_and_defaults_are_those_of_the_scripts() {
        let arrays = Arrays { folder: "data".into() };
        let spec = arrays.spec(serde_json::json!({"clauses": 20}));
        let text = serde_json::to_string(&spec).expect("plain fields");
        let back: Spec = serde_json::from_str(&text).expect("its own text");
        assert_eq!((back.x_train, back.threads, back.one_rows), ("data/x_train.npy".into(), 1, 500));
        let short = r#"{"x_train": "a", "y_train": "b", "x_test": "c", "y_test": "d", "settings": {}}"#;
        let short: Spec = serde_json::from_str(short).expect("all that is needed");
        assert_eq!((short.epochs, short.test_every, short.seed), (1, 1, 1));
        assert!(!short.wants("memory"));
    }

    #[test]
    fn records_are_read_and_noise_is_passed_over() {
        let output = "loading\n{\"kind\": \"epoch\", \"epoch\": 2, \"accuracy\": 0.5}\nnot json {\n";
        let found = records(output);
        assert_eq!(
            (found.len(), found[0].kind.as_str(), found[0].number("accuracy")),
            (1, "epoch", Some(0.5))
        );
        assert_eq!(found[0].text("accuracy"), None);
    }
}
