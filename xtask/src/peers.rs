//! Outside programs that benches compare with, pinned by version and hash in `bench/peers/NAME.txt`.
//!
//! Each set is installed whole into `.tools/NAME` or not at all: a half-finished first run leaves nothing behind that
//! a second one would trust.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::repo::Repo;
use crate::shell;

/// A copy of the pins, written last.
const STAMP: &str = "installed.txt";

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
    fs::create_dir_all(&tools).context("creating .tools/")?;
    let fresh = tempfile::tempdir_in(&tools).context("creating a folder in .tools/")?;
    pip(&repo.path(&pins), fresh.path())?;
    fs::write(fresh.path().join(STAMP), wanted)?;
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing .tools/{name}"))?;
    }
    fs::rename(fresh.path(), &folder).with_context(|| format!("installing into .tools/{name}"))?;
    println!("  peers of {name}: installed into .tools/{name}");
    Ok(())
}

fn pip(pins: &Path, target: &Path) -> Result<()> {
    let mut command = Command::new("python3");
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]);
    command.args([
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--root-user-action",
        "ignore",
    ]);
    let done = shell::run(command.arg("--target").arg(target).arg("-r").arg(pins));
    done.context("hint: peers need pip, on Debian: apt-get install python3-pip")
}
