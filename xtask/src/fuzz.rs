//! `cargo xtask fuzz TARGET [--seconds N]`: builds a fuzz target with coverage instrumentation and runs it.
//!
//! Instrumentation is asked of the compiler by flags that the stable toolchain takes, so no nightly is needed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::args::{Args, Usage};
use crate::repo::Repo;
use crate::shell;

/// Targets, each with the extension of files that make a good start.
const TARGETS: &[(&str, &str)] = &[
    ("pddl", "pddl"),
    ("plan_file", "plan"),
    ("sas", "sas"),
    ("certificate", ""),
    ("csv", "csv"),
    ("npy", ""),
    ("idx", ""),
    ("parquet_table", ""),
    ("models", ""),
    (RECORDINGS, ""),
    ("world", ""),
    (SCENARIOS, ""),
];

/// The target whose seeds are fixtures: a byte that says which file it is, then the file.
const RECORDINGS: &str = "robot_files";
const FIXTURES: &str = "crates/isogrid-robot/tests/fixtures";

/// The target whose seeds are the examples.
const SCENARIOS: &str = "scenario";
const EXAMPLES: &str = "examples/scenarios";

/// Endings of fixtures, and the byte that the target knows them by.
const KINDS: &[(&str, u8)] = &[
    (".hdf5", 0),
    ("data/chunk-000/file-000.parquet", 1),
    ("episode_000000.parquet", 1),
    ("info.json", 2),
    ("tasks.parquet", 3),
    ("file-000.parquet", 4),
];

/// libFuzzer's coverage hooks, without a sanitizer's runtime.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Files larger than this make a slow start.
const MAX_SEED_BYTES: u64 = 16 << 10;

/// Builds and runs one target.
///
/// # Errors
/// The target is unknown, does not build, or found a crash.
pub fn run(repo: &Repo, mut args: Args) -> Result<()> {
    let seconds = args.value("--seconds")?.unwrap_or_else(|| "60".to_string());
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let name = args.name(&format!("a fuzz target, one of {}", names.join(", ")))?;
    let missing = || Usage(format!("there is no fuzz target `{name}`: name one of {}", names.join(", ")));
    let (name, extension) = *TARGETS.iter().find(|(target, _)| *target == name).ok_or_else(missing)?;
    let corpus = repo.path(&format!("fuzz/corpus/{name}"));
    let artifacts = repo.path(&format!("fuzz/artifacts/{name}/"));
    fs::create_dir_all(&artifacts).context("making a folder for artifacts")?;
    if name == RECORDINGS {
        fs::create_dir_all(&corpus).context("making a corpus folder")?;
        seed_recordings(&repo.path(FIXTURES), &corpus)?;
    } else {
        seed(&repo.data_folder(), &corpus, extension)?;
    }
    let seeds = if name == SCENARIOS { EXAMPLES.to_string() } else { format!("fuzz/seeds/{name}") };
    copy_seeds(&repo.path(&seeds), &corpus)?;
    let manifest = repo.path("fuzz/Cargo.toml");
    let mut command = repo.cargo();
    command.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", repo.path("fuzz/target"));
    // A target named outright keeps the flags away from build scripts, which have no hooks to call.
    let host = host()?;
    command.args(["run", "--release", "--target", &host, "--manifest-path"]).arg(manifest);
    command.args(["--bin", name, "--"]).arg(corpus);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}", artifacts.display()));
    shell::run(command.args(["-max_len=65536", "-timeout=20", "-rss_limit_mb=4096"]))
}

/// The triple of this machine, as the compiler names it.
fn host() -> Result<String> {
    let version = shell::capture(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_string).context("rustc -vV names its host")
}

/// Copies small fetched files into an empty corpus; PDDL pairs are joined by the zero byte that the target splits at.
fn seed(data: &Path, corpus: &Path, extension: &str) -> Result<()> {
    fs::create_dir_all(corpus).context("making a corpus folder")?;
    if extension.is_empty() || fs::read_dir(corpus)?.next().is_some() {
        return Ok(());
    }
    let mut files = Vec::new();
    collect(data, extension, &mut files)?;
    files.sort();
    for (at, bytes) in files.iter().step_by(files.len() / 300 + 1).enumerate() {
        fs::write(corpus.join(format!("seed{at:03}")), bytes).context("writing a seed")?;
    }
    Ok(())
}

/// Copies seeds that are kept beside the targets, if this one has any.
fn copy_seeds(folder: &Path, corpus: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.context("listing seeds")?;
        fs::copy(entry.path(), corpus.join(entry.file_name())).context("copying a seed")?;
    }
    Ok(())
}

/// Copies the fixtures that the target can take; an older seed of the same name is the same file.
fn seed_recordings(folder: &Path, corpus: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).context("listing fixtures")? {
        let path = entry.context("listing fixtures")?.path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            seed_recordings(&path, corpus)?;
        } else if let Some((_, kind)) = KINDS.iter().find(|(ending, _)| name.ends_with(ending)) {
            let mut bytes = vec![*kind];
            bytes.extend(fs::read(&path).with_context(|| format!("reading {name}"))?);
            fs::write(corpus.join(name.replace(['/', '\\'], "_")), bytes).context("writing a seed")?;
        }
    }
    Ok(())
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<Vec<u8>>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.context("listing fetched data")?;
        let path = entry.path();
        if path.is_dir() {
            collect(&path, extension, files)?;
        } else if path.extension().is_some_and(|found| found == extension)
            && entry.metadata()?.len() <= MAX_SEED_BYTES
        {
            files.push(seed_of(&path)?);
        }
    }
    Ok(())
}

/// The file; a problem of the planning sets comes behind its domain.
fn seed_of(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let domain = path.parent().and_then(|folder| {
        let name = format!("{}.pddl", folder.file_name()?.to_str()?);
        folder.ancestors().map(|above| above.join("domains").join(&name)).find(|domain| domain.is_file())
    });
    match domain.and_then(|domain| fs::read(domain).ok()) {
        Some(mut pair) => {
            pair.push(0);
            pair.extend(bytes);
            Ok(pair)
        }
        None => Ok(bytes),
    }
}
