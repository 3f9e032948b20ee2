//! The bench `cold`: how long README's commands take in a fresh clone with empty caches.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::run::{About, Run};

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The repository that is cloned.
    pub repository: PathBuf,
    /// The run directory to write.
    pub out: PathBuf,
    /// The first command alone.
    pub quick: bool,
}

/// A command in a clone of its own, and what is promised of it.
struct Journey {
    name: &'static str,
    args: &'static [&'static str],
    bar: &'static str,
    text: &'static str,
    /// The time that counts begins when this step ends; none: when the command begins.
    from: Option<&'static str>,
    /// It ends when this step ends; none: when the command ends.
    to: Option<&'static str>,
    most_seconds: f64,
}

const JOURNEYS: [Journey; 3] = [
    Journey {
        name: "cargo xtask demo",
        args: &["xtask", "demo"],
        bar: "the arm has recovered",
        text: "seconds from a fresh clone to an arm that recovers from a shove",
        from: None,
        to: Some("an arm"),
        most_seconds: 300.0,
    },
    Journey {
        name: "cargo xtask demo --train",
        args: &["xtask", "demo", "--train"],
        bar: "the arm has learned",
        text: "seconds from recording demonstrations to the end, after the build",
        from: Some("build the trainer"),
        to: None,
        most_seconds: 900.0,
    },
    Journey {
        name: "cargo xtask test",
        args: &["xtask", "test"],
        bar: "everything is tested",
        text: "seconds from a fresh clone to the end of all tests",
        from: None,
        to: None,
        most_seconds: 5400.0,
    },
];

/// A step of a command, as it says itself.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    name: String,
    /// Seconds from the command's start.
    begins: f64,
    ends: f64,
}

/// Beginnings of variables that would lead a command to what is there already.
const WARM: [&str; 10] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "RUSTC_",
    "RUSTFLAGS",
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "ISOGRID_",
    "MUJOCO_",
    "LD_LIBRARY_PATH",
];

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line per step.
///
/// # Errors
/// A command fails, or the disk refuses.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<String> {
    let mut run = Run::begin(&options.out)?;
    let mut grid = Grid::new(&["command", "step", "seconds"]);
    let n = if options.quick { 1 } else { JOURNEYS.len() };
    for journey in &JOURNEYS[..n] {
        let (steps, seconds) = travel(journey, &options.repository, say).context(journey.name)?;
        for step in &steps {
            run.record(&json!({"section": "cold", "command": journey.name, "step": step.name,
                               "begins": step.begins, "ends": step.ends}))?;
            grid.row(vec![
                journey.name.to_string(),
                step.name.clone(),
                number(Some(step.ends - step.begins)),
            ]);
        }
        grid.row(vec![journey.name.to_string(), "all of it".to_string(), number(Some(seconds))]);
        let counts = counted(journey, &steps, seconds);
        let bar = Bar::judge(journey.text, counts, Promise::AtMost, Some(journey.most_seconds));
        run.bar(journey.bar, bar.in_unit("s"));
    }
    run.fragment("cold", grid.markdown());
    run.finish(if options.quick { &QUICK } else { &FULL })
}

/// The seconds that a promise is about.
fn counted(journey: &Journey, steps: &[Step], seconds: f64) -> Option<f64> {
    let end_of = |name: &str| steps.iter().find(|step| step.name.starts_with(name)).map(|step| step.ends);
    let from = journey.from.map_or(Some(0.0), end_of)?;
    Some(journey.to.map_or(Some(seconds), end_of)? - from)
}

/// Clones, runs, and throws the clone away.
fn travel(journey: &Journey, repository: &Path, say: &mut dyn FnMut(&str)) -> Result<(Vec<Step>, f64)> {
    let place = tempfile::tempdir()?;
    let (clone, home) = (place.path().join("clone"), place.path().join("cargo"));
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"]).arg(repository).arg(&clone);
    ensure!(git.status()?.success(), "the repository was not cloned");
    prepare(&home)?;
    let start = Instant::now();
    let mut command = Command::new("cargo");
    let names = std::env::vars_os().map(|(name, _)| name);
    let is_warm =
        |name: &OsString| WARM.iter().any(|warm| name.as_encoded_bytes().starts_with(warm.as_bytes()));
    names.filter(is_warm).for_each(|name| {
        command.env_remove(name);
    });
    command.args(journey.args).current_dir(&clone).env("CARGO_HOME", &home).env("PIP_NO_CACHE_DIR", "1");
    command.env("npm_config_cache", place.path().join("npm"));
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting cargo")?;
    let lines = BufReader::new(child.stdout.take().context("a piped output")?).lines();
    let mut steps = Steps::default();
    for line in lines {
        let line = line?;
        if steps.hear(&line, start.elapsed().as_secs_f64()) {
            say(&format!("cold: {}: {line}", journey.name));
        }
    }
    ensure!(child.wait()?.success(), "it failed");
    Ok((steps.done, start.elapsed().as_secs_f64()))
}

/// A home for cargo with nothing in it but where registries are.
fn prepare(home: &Path) -> Result<()> {
    fs::create_dir_all(home)?;
    let usual = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = usual.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let config = usual.map(|usual| usual.join("config.toml")).filter(|file| file.is_file());
    let text = config.map_or(Ok(String::new()), fs::read_to_string)?;
    Ok(fs::write(home.join("config.toml"), registries(&text))?)
}

/// The tables of a configuration that say where and how packages are fetched.
fn registries(config: &str) -> String {
    let kept = ["source", "registries", "registry", "net", "http"];
    let mut is_kept = false;
    let lines = config.lines().filter(|line| {
        if let Some(table) = line.trim_start().strip_prefix('[') {
            let name = table.split(['.', ']']).next().unwrap_or("").trim();
            is_kept = kept.contains(&name);
        }
        is_kept
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// Steps as they are heard.
#[derive(Debug, Default)]
struct Steps {
    done: Vec<Step>,
    now: Option<(String, f64)>,
}

impl Steps {
    /// Hears a line; whether it is one that begins or ends a step.
    fn hear(&mut self, line: &str, seconds: f64) -> bool {
        let Some((_, text)) = line.strip_prefix("== [").and_then(|rest| rest.split_once("] ")) else {
            return false;
        };
        match self.now.take() {
            Some((name, begins)) => self.done.push(Step { name, begins, ends: seconds }),
            None => self.now = Some((text.to_string(), seconds)),
        }
        true
    }
}

/// The repository that a bench runs in.
///
/// # Errors
/// No folder above this one is a repository.
pub fn repository() -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let root = here.ancestors().find(|folder| folder.join(".git").exists());
    Ok(root.context("this folder is in no repository")?.to_path_buf())
}

const FULL: About = About {
    title: "From a fresh clone with empty caches",
    command: "cargo xtask bench cold",
    protocol: PROTOCOL,
};

const QUICK: About = About {
    title: "From a fresh clone with empty caches (first command alone: no claims)",
    command: "cargo xtask bench cold --quick",
    protocol: PROTOCOL,
};

const PROTOCOL: &str = "\
## Protocol

Each command runs in a clone of its own of what is committed, with an empty cargo home, no build, no data and no caches
of pip or npm; only where registries are is kept. Programs of the system, the Rust toolchain and python3 are there.
Steps are those that the command names; the clock starts after the clone. How fast the network is counts.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[(&str, f64)]) -> Vec<Step> {
        let mut steps = Steps::default();
        lines.iter().for_each(|(line, seconds)| {
            steps.hear(line, *seconds);
        });
        steps.done
    }

    #[test]
    fn of_a_configuration_only_registries_stay() {
        let config = "paths = []\n[build]\ntarget-dir = \"t\"\n[source.crates-io]\nreplace-with = \"near\"\n\
                      [http]\ntimeout = 9\n[env]\nA = \"1\"\n";
        let expected = "[source.crates-io]\nreplace-with = \"near\"\n[http]\ntimeout = 9\n";
        assert_eq!(registries(config), expected);
    }

    #[test]
    fn the_time_that_counts_lies_between_the_ends_of_steps() {
        let lines = [
            ("== [1/3] build the trainer and worlds, optimized", 1.0),
            ("plan: [1/2] no step", 2.0),
            ("== [1/3] done in 4.0 s", 5.0),
            ("== [2/3] an arm", 5.5),
            ("== [2/3] done in 2.0 s", 7.5),
            ("== [3/3] tables", 8.0),
        ];
        let steps = heard(&lines);
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[1], Step { name: "an arm".to_string(), begins: 5.5, ends: 7.5 });
        let [demo, train, test] = &JOURNEYS;
        assert_eq!(counted(demo, &steps, 9.0), Some(7.5));
        assert_eq!(counted(train, &steps, 9.0), Some(4.0));
        assert_eq!(counted(test, &steps, 9.0), Some(9.0));
        assert_eq!(counted(demo, &[], 9.0), None, "a step that was never heard is no time");
    }
}
