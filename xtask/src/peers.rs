//! Outside programs that benches compare with, pinned by version and hash in `bench/peers/NAME.txt`.
//!
//! Each set is installed whole into `.tools/NAME` or not at all: a half-finished first run leaves nothing behind that
//! a second one would trust. A bench whose peers do not get along has several sets, `BENCH/PART`. Packages published as
//! source only are compiled for this processor, by the set of build tools that a line of theirs names.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::repo::Repo;
use crate::shell;

/// A copy of the pins, written last.
const STAMP: &str = "installed.txt";

/// The line of a file of pins that names the set of build tools its source packages need.
const COMPILED_WITH: &str = "# compiled with ";

/// Installs the peers of `bench/peers/{name}.txt`, unless exactly these are there already.
///
/// # Errors
/// pip is missing, or a package cannot be had with the pinned hash.
pub fn install(repo: &Repo, name: &str) -> Result<()> {
    let pins = format!("bench/peers/{name}.txt");
    let wanted = repo.read(&pins)?;
    let tools = repo.tools_folder();
    let folder = tools.join(name);
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == wanted) {
        println!("  peers of {name}: already in .tools/{name}");
        return Ok(());
    }
    need_pip()?;
    let builder = wanted.lines().find_map(|line| line.strip_prefix(COMPILED_WITH));
    if let Some(builder) = builder {
        install(repo, builder)?;
    }
    let fresh = tools.join(format!("{name}.partial"));
    for old in [&fresh, &folder].into_iter().filter(|old| old.exists()) {
        fs::remove_dir_all(old).with_context(|| format!("removing {}", old.display()))?;
    }
    fs::create_dir_all(&fresh).with_context(|| format!("creating {}", fresh.display()))?;
    pip(&repo.path(&pins), &fresh, builder.map(|builder| tools.join(builder)).as_deref())?;
    fs::write(fresh.join(STAMP), wanted)?;
    fs::rename(&fresh, &folder).with_context(|| format!("installing into .tools/{name}"))?;
    println!("  peers of {name}: installed into .tools/{name}");
    Ok(())
}

fn need_pip() -> Result<()> {
    let asked = shell::capture(Command::new("python3").args(["-m", "pip", "--version"]));
    asked.context("peers are installed with pip; on Debian: apt-get install python3-pip").map(|_| ())
}

fn pip(pins: &Path, target: &Path, builder: Option<&Path>) -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]);
    match builder {
        None => command.args(["--only-binary", ":all:"]),
        // Wheels are still wheels: their hashes are pinned. The cache may hold what other flags built.
        Some(tools) => command
            .args(["--no-build-isolation", "--use-pep517", "--no-cache-dir"])
            .env("PYTHONPATH", tools)
            .env("CFLAGS", "-O3 -march=native"),
    };
    command.args([
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--root-user-action",
        "ignore",
    ]);
    shell::run(command.arg("--target").arg(target).arg("-r").arg(pins))
}
