//! A run directory: what was run where (README.md), every measurement (raw.jsonl), the bars (bars.json), and tables
//! for people and documents (summary.md).
//!
//! Measurements are written as they come, so that a broken run still shows what it saw.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bars::{Bar, Bars};
use crate::grid::{Grid, number};
use crate::machine;

/// A run in the making.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    raw: File,
    facts: Vec<(String, String)>,
    bars: Bars,
    fragments: Vec<(String, String)>,
}

/// What a bench tells of itself.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its title.
    pub title: &'static str,
    /// The command that repeats it.
    pub command: &'static str,
    /// How it measures, as Markdown.
    pub protocol: &'static str,
}

impl Run {
    /// Begins a run in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be written, or holds a run already.
    pub fn begin(folder: &Path) -> Result<Run> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let path = folder.join("raw.jsonl");
        let raw =
            File::create_new(&path).with_context(|| format!("beginning a run with {}", path.display()))?;
        let facts = machine::facts().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        Ok(Run { folder: folder.to_path_buf(), raw, facts, bars: Bars::default(), fragments: Vec::new() })
    }

    /// Adds something that a reader must know.
    pub fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.facts.push((name.to_string(), value.into()));
    }

    /// Writes one measurement.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn record(&mut self, measurement: &Value) -> Result<()> {
        writeln!(self.raw, "{measurement}").context("writing raw.jsonl")
    }

    /// Adds a bar.
    pub fn bar(&mut self, name: &str, bar: Bar) {
        self.bars.push(name, bar);
    }

    /// The bars so far.
    pub fn bars(&self) -> &Bars {
        &self.bars
    }

    /// Adds a named part of the summary.
    pub fn fragment(&mut self, name: &str, markdown: impl Into<String>) {
        self.fragments.push((name.to_string(), markdown.into()));
    }

    /// Writes a file beside the others: a picture that the summary shows.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn file(&self, name: &str, text: &str) -> Result<()> {
        isogrid::files::write(&self.folder.join(name), text.as_bytes())
            .with_context(|| format!("writing {name}"))
    }

    /// Writes the other files and returns the bars as a table for a terminal.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(mut self, about: &About) -> Result<String> {
        self.raw.flush().context("writing raw.jsonl")?;
        let write = |name: &str, text: String| {
            isogrid::files::write(&self.folder.join(name), text.as_bytes())
                .with_context(|| format!("writing {name}"))
        };
        write("summary.md", self.summary(about))?;
        write("README.md", self.readme(about))?;
        write("bars.json", format!("{:#}\n", self.bars.json()))?;
        Ok(bars_grid(&self.bars).plain())
    }

    fn summary(&self, about: &About) -> String {
        let mut text = format!(
            "# {}\n\nGenerated with the run; see README.md beside it for the protocol.\n",
            about.title
        );
        let bars = ("bars".to_string(), bars_grid(&self.bars).markdown());
        for (name, body) in self.fragments.iter().chain([&bars]) {
            text += &format!("\n<!-- fragment:{name} -->\n{}\n<!-- /fragment -->\n", body.trim_end());
        }
        text
    }

    fn readme(&self, about: &About) -> String {
        let mut text = format!("# {}\n\n| | |\n| --- | --- |\n", about.title);
        let command = ("command".to_string(), format!("`{}`", about.command));
        for (name, value) in self.facts.iter().chain([&command]) {
            text += &format!("| {name} | {} |\n", value.replace('|', "\\|"));
        }
        format!("{text}\n{}\n", about.protocol.trim())
    }
}

fn bars_grid(bars: &Bars) -> Grid {
    let mut grid = Grid::new(&["bar", "measured", "promised", "verdict"]);
    for (name, bar) in bars.iter() {
        let amount = |value: Option<f64>| match bar.unit {
            Some(unit) if value.is_some() => format!("{} {unit}", number(value)),
            _ => number(value),
        };
        let verdict = if bar.holds { "holds" } else { "falls short" };
        grid.row(vec![name.to_string(), amount(bar.value), amount(bar.bar), verdict.to_string()]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bars::Promise;

    const ABOUT: About = About { title: "T", command: "cmd --data DATA", protocol: "One | two." };

    #[test]
    fn a_run_has_its_four_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run");
        let mut run = Run::begin(&path).expect("a free folder");
        run.fact("peer", "a|b");
        run.record(&json!({"section": "s", "wall": 1.5})).expect("writable");
        run.bar("speed", Bar::judge("twice as fast", Some(2.5), Promise::AtLeast, Some(2.0)).in_unit("x"));
        run.fragment("times", "| a |\n");
        let table = run.finish(&ABOUT).expect("writable");
        assert!(table.ends_with("speed     2.5 x       2 x    holds\n"), "{table}");
        let read = |name: &str| fs::read_to_string(path.join(name)).expect(name);
        assert_eq!(read("raw.jsonl"), "{\"section\":\"s\",\"wall\":1.5}\n");
        assert!(read("summary.md").contains("<!-- fragment:times -->\n| a |\n<!-- /fragment -->\n"));
        assert!(read("summary.md").contains("| speed | 2.5 x | 2 x | holds |"));
        assert!(
            read("README.md").contains("| peer | a\\|b |\n| command | `cmd --data DATA` |\n\nOne | two.")
        );
        assert!(read("bars.json").contains("\"holds\": true"));
        assert!(Run::begin(&path).is_err());
    }
}
