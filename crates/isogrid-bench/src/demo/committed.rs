//! What the newest committed run says about an outside planner, quoted with its place.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::grid::number;

/// Bars that are quoted: name and unit words.
const QUOTED: [(&str, &str); 3] = [
    ("coverage amlgym vs lama-first", "problems solved, Fast Downward"),
    ("median wall ratio", "of Fast Downward's wall time (median of ratios), promised"),
    ("hanoi-10 expanded/s ratio", "times its states per second, promised"),
];

pub(super) fn show(runs: &Path, out: &mut dyn Write) -> Result<()> {
    let Some((name, bars)) = newest(runs, "-planners") else { return Ok(()) };
    writeln!(out, "5. From a committed run, on another machine or day: {name}")?;
    for (bar, words) in QUOTED {
        let bar = &bars["bars"][bar];
        if let (Some(value), Some(promised)) = (bar["value"].as_f64(), bar["bar"].as_f64()) {
            writeln!(out, "   {} {words} {}", number(Some(value)), number(Some(promised)))?;
        }
    }
    Ok(writeln!(out)?)
}

/// The name and the bars of the newest run whose name ends so: names begin with the date.
pub(super) fn newest(runs: &Path, ending: &str) -> Option<(String, Value)> {
    let names = fs::read_dir(runs).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let name = names.filter(|name| name.ends_with(ending)).max()?;
    let text = fs::read_to_string(runs.join(&name).join("bars.json")).ok()?;
    Some((name, serde_json::from_str(&text).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_run_is_quoted_and_none_is_no_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let shown = || {
            let mut out = Vec::new();
            show(folder.path(), &mut out).expect("a vector takes all");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(shown(), "");
        for (name, value) in [("2026-01-02-x-planners", 0.04), ("2026-01-01-x-planners", 0.5)] {
            let run = folder.path().join(name);
            fs::create_dir(&run).expect("writable");
            let bars =
                format!("{{\"bars\": {{\"median wall ratio\": {{\"value\": {value}, \"bar\": 0.05}}}}}}");
            fs::write(run.join("bars.json"), bars).expect("writable");
        }
        let text = shown();
        assert!(text.contains("2026-01-02-x-planners") && text.contains("0.04 of Fast Downward's"), "{text}");
        fs::write(folder.path().join("2026-01-02-x-planners/bars.json"), "{").expect("writable");
        assert_eq!(shown(), "");
    }
}
