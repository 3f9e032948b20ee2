//! Committed benchmark runs: `bench/runs/<date>-<machine>-<bench>/`.

use std::fs;

use anyhow::{Context, Result};

use super::blocks;
use crate::bars;
use crate::repo::Repo;

/// Where runs are, from the root.
pub const FOLDER: &str = "bench/runs";

/// The folder of the latest run of `bench`, from the root.
///
/// # Errors
/// There is none.
pub fn latest(repo: &Repo, bench: &str) -> Result<String> {
    let entries = fs::read_dir(repo.path(FOLDER)).with_context(|| format!("reading {FOLDER}/"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let name = pick(names, bench).with_context(|| format!("{FOLDER}/ has no run of `{bench}`"))?;
    Ok(format!("{FOLDER}/{name}"))
}

/// The last name in order that belongs to `bench`: names begin with the date.
fn pick(names: impl Iterator<Item = String>, bench: &str) -> Option<String> {
    let ending = format!("-{bench}");
    names.filter(|name| name.ends_with(&ending)).max()
}

/// A named fragment of the latest run's summary, and where it comes from.
///
/// # Errors
/// There is no run, or its summary has no such fragment.
pub fn fragment(repo: &Repo, bench: &str, name: &str) -> Result<String> {
    let run = latest(repo, bench)?;
    let summary = repo.read(&format!("{run}/summary.md"))?;
    let body = blocks::fragment(&summary, name);
    Ok(body.with_context(|| format!("{run}/summary.md has no fragment `{name}`"))?.to_string())
}

/// The bars of the latest run as a table.
///
/// # Errors
/// There is no run, or its bars cannot be read.
pub fn bars_table(repo: &Repo, bench: &str) -> Result<String> {
    let run = latest(repo, bench)?;
    Ok(bars::markdown(&bars::read(&repo.path(&run))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_run_is_the_last_by_name() {
        let names = [
            "2026-05-01-xeon-x2-planners",
            "2026-05-11-xeon-x2-planners",
            "2026-05-11b-epyc-x2-planners",
            "2026-06-01-xeon-x2-tables",
            "README.md",
        ];
        let pick = |bench| pick(names.iter().map(ToString::to_string), bench);
        assert_eq!(pick("planners").as_deref(), Some("2026-05-11b-epyc-x2-planners"));
        assert_eq!(pick("planner"), None);
    }
}
