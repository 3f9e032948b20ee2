//! `cargo xtask bench NAME`: installs peers, fetches data, runs a bench and ends with the table of its bars.
//!
//! The measuring itself is `isogrid-bench`'s; this verb gives it its folders and shows its verdicts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::args::{Args, Usage};
use crate::repo::Repo;
use crate::shell::{self, Steps};
use crate::{bars, data, docs, peers};

/// What a bench needs before it can run.
struct Bench {
    name: &'static str,
    peers: &'static [&'static str],
    data: &'static [&'static str],
    /// Features beyond the default ones, with their packages; a package that has some is built too.
    features: &'static [&'static str],
}

static BENCHES: &[Bench] = &[
    Bench { name: "planners", peers: &["planners"], data: &["amlgym", "pddlgym"], features: &[] },
    Bench { name: "tables", peers: &[], data: &["mnist-10k"], features: &[] },
    Bench {
        name: "tsetlin",
        peers: &["tsetlin/green", "tsetlin/tmu", "tsetlin/pytm", "tsetlin/pytm_parallel", "tsetlin/tables"],
        data: &["mnist-10k", "fashion-mnist", "keel", "sklearn-tables", "shuttle", "ucr-anomaly", "daphnet"],
        features: &[],
    },
    Bench { name: "cold", peers: &[], data: &[], features: &[] },
    Bench { name: "nn", peers: &[], data: &[], features: &["isogrid-bench/nn"] },
    Bench { name: "sim", peers: &["sim"], data: &["libmujoco"], features: &["isogrid-sim/mujoco"] },
    Bench {
        name: "robot",
        peers: &[],
        data: &["libmujoco"],
        features: &["isogrid-bench/robot", "isogrid-cli/train", "isogrid-sim/recordings"],
    },
];

/// Files that every run directory holds.
const RUN_FILES: &[&str] = &["README.md", "raw.jsonl", "bars.json", "summary.md"];

/// Runs one bench.
///
/// # Errors
/// A step fails. A bar that falls short is a result, not an error.
pub fn run(repo: &Repo, mut args: Args) -> Result<()> {
    let quick = args.switch("--quick");
    let machine = args.value("--machine")?.map_or_else(machine_name, Ok)?;
    let mut extra: Vec<String> = quick.then(|| "--quick".to_string()).into_iter().collect();
    // What is kept can be gone on with by --resume, on another machine too.
    let keep = args.switch("--keep");
    for name in ["--minutes", "--only", "--resume"] {
        if let Some(value) = args.value(name)? {
            extra.extend([name.to_string(), value]);
        }
    }
    let bench = find(&args.name("bench name")?)?;
    let is_part = !keep && extra.iter().any(|arg| arg == "--minutes" || arg == "--only");
    let out = match (quick, is_part) {
        (true, _) => scratch_folder(repo, "quick", bench)?,
        (_, true) => scratch_folder(repo, "part", bench)?,
        _ => run_folder(repo, &today()?, &machine, bench)?,
    };
    let mut steps = Steps::new(4);
    // Data first: its fetcher also installs a missing pip, which peers need.
    steps.step("data", || data::fetch(repo, bench.data))?;
    steps.step("peers", || bench.peers.iter().try_for_each(|peer| peers::install(repo, peer)))?;
    steps.step("build", || build_with(repo, bench.features))?;
    steps.step("run", || measure(repo, bench, &out, &extra))?;
    for file in RUN_FILES {
        ensure!(out.join(file).is_file(), "the run wrote no {file}");
    }
    println!("\n{}", bars::plain(&bars::read(&out)?));
    println!("run directory: {}", out.strip_prefix(&repo.root).unwrap_or(&out).display());
    Ok(())
}

fn find(name: &str) -> Result<&'static Bench> {
    let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
    let known = || Usage(format!("there is no bench `{name}`; there are {}", names.join(", ")));
    Ok(BENCHES.iter().find(|bench| bench.name == name).ok_or_else(known)?)
}

/// Builds what benches and the demo run.
///
/// # Errors
/// The build fails.
pub fn build(repo: &Repo) -> Result<()> {
    build_with(repo, &[])
}

/// Builds with features beyond the default ones, named with their packages.
///
/// # Errors
/// The build fails.
pub fn build_with(repo: &Repo, features: &[&str]) -> Result<()> {
    let packages = ["build", "--release", "--locked", "-p", "isogrid-cli", "-p", "isogrid-bench"];
    let worlds = features.iter().any(|feature| feature.starts_with("isogrid-sim/"));
    let worlds = worlds.then_some(["-p", "isogrid-sim"]).into_iter().flatten();
    let features = features.iter().map(|feature| format!("--features={feature}"));
    shell::run(repo.cargo().args(packages).args(worlds).args(features))
}

/// Builds `isogrid-bench` without the rungs that learn: all that its planning half needs, in half the time.
///
/// # Errors
/// The build fails.
pub fn build_without_ladder(repo: &Repo) -> Result<()> {
    let packages = ["build", "--release", "--locked", "-p", "isogrid-bench", "--no-default-features"];
    shell::run(repo.cargo().args(packages))
}

/// Builds what the arm's half of the demo needs beyond [`build_without_ladder`]: worlds with physics.
///
/// # Errors
/// The build fails.
pub fn build_worlds(repo: &Repo) -> Result<()> {
    let packages = ["build", "--release", "--locked", "-p", "isogrid-bench", "-p", "isogrid-sim"];
    shell::run(repo.cargo().args(packages).args(["--no-default-features", "--features=isogrid-sim/mujoco"]))
}

/// The built `isogrid-bench`.
pub fn program(repo: &Repo) -> Command {
    let mut command = Command::new(repo.target_folder().join("release/isogrid-bench"));
    command.current_dir(&repo.root).env("ISOGRID_DATA", repo.data_folder());
    command
}

fn measure(repo: &Repo, bench: &Bench, out: &Path, extra: &[String]) -> Result<()> {
    let mut command = program(repo);
    command.args(["bench", bench.name]).arg("--data").arg(repo.data_folder());
    command.arg("--tools").arg(repo.tools_folder()).arg("--out").arg(out).args(extra);
    shell::run(&mut command)
}

/// Smoke runs and parts of runs are no claims: they stay out of the repository.
fn scratch_folder(repo: &Repo, kind: &str, bench: &Bench) -> Result<PathBuf> {
    let folder = repo.target_folder().join(kind).join(bench.name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A run directory that does not exist yet: a committed one is never written again.
fn run_folder(repo: &Repo, date: &str, machine: &str, bench: &Bench) -> Result<PathBuf> {
    let again = ('a'..='z').map(|letter| if letter == 'a' { String::new() } else { letter.to_string() });
    let mut folders =
        again.map(|again| repo.path(&format!("{}/{date}{again}-{machine}-{}", docs::RUNS, bench.name)));
    let folder = folders.find(|folder| !folder.exists()).context("there are 26 runs of this bench today")?;
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn today() -> Result<String> {
    Ok(shell::capture(Command::new("date").args(["-u", "+%Y-%m-%d"]))?.trim().to_string())
}

/// The processor and its count as one word, for example `xeon-8488c-x2`.
fn machine_name() -> Result<String> {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().context("counting processors")?;
    Ok(format!("{}-x{cores}", short_model(model.map_or("unknown", |(_, name)| name))))
}

fn short_model(model: &str) -> String {
    let model =
        model.split('@').next().unwrap_or_default().to_lowercase().replace("(r)", " ").replace("(tm)", " ");
    let dull = ["intel", "amd", "cpu", "processor", "core", "platinum", "gold", "silver"];
    let words =
        model.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !dull.contains(word));
    let words: Vec<&str> = words.filter(|word| !word.ends_with("core")).collect();
    if words.is_empty() { "unknown".into() } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_have_short_names() {
        let cases = [
            ("Intel(R) Xeon(R) Platinum 8488C", "xeon-8488c"),
            ("Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz", "i7-8700"),
            ("AMD EPYC 7763 64-Core Processor", "epyc-7763-64"),
            ("", "unknown"),
        ];
        for (model, expected) in cases {
            assert_eq!(short_model(model), expected);
        }
    }

    #[test]
    fn a_run_directory_is_new() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repo = Repo { root: folder.path().to_path_buf() };
        for expected in ["2026-05-11", "2026-05-11b", "2026-05-11c"] {
            let run = run_folder(&repo, "2026-05-11", "xeon-x2", &BENCHES[0]).expect("a free name");
            assert_eq!(run, repo.path(&format!("bench/runs/{expected}-xeon-x2-planners")));
        }
    }

    #[test]
    fn unknown_benches_are_a_usage_error() {
        assert!(find("planers").is_err_and(|error| error.is::<Usage>()));
    }
}
