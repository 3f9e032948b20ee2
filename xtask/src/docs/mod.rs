//! `cargo xtask docs`: the parts of documents that are generated, so that no number or listing in prose can rot.
//!
//! README.md and docs/*.md hold blocks `<!-- generated:NAME -->`: `engines`, `bars BENCH`, `run BENCH FRAGMENT` and
//! `command ARGS..` (what the command really prints). `docs/engines.md` is generated whole.

mod blocks;
mod engines;
mod runs;

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::repo::Repo;
use crate::shell;

pub use runs::FOLDER as RUNS;

const ENGINES_PAGE: &str = "docs/engines.md";

/// Writes generated parts, or with `--check` only says which are out of date.
///
/// # Errors
/// With `--check`, something is out of date; else a source is missing.
pub fn run(repo: &Repo, mut args: Args) -> Result<()> {
    let only_check = args.switch("--check");
    args.finish()?;
    if only_check {
        return check(repo);
    }
    for (path, text) in generate(repo)? {
        if repo.write(&path, &text)? {
            println!("  wrote {path}");
        }
    }
    Ok(())
}

/// Fails when a generated part differs from its source.
///
/// # Errors
/// Some part is out of date, or a source is missing.
pub fn check(repo: &Repo) -> Result<()> {
    let mut stale = Vec::new();
    for (path, text) in generate(repo)? {
        if repo.read(&path).ok().as_deref() != Some(&text) {
            stale.push(path);
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask docs`", stale.join(", "));
    }
    Ok(())
}

/// Every document with generated parts, as it should be.
fn generate(repo: &Repo) -> Result<Vec<(String, String)>> {
    let command = Isogrid::build(repo)?;
    let engines = engines::read(|arguments| command.output(arguments))?;
    let mut documents = vec![(ENGINES_PAGE.to_string(), engines::page(&engines))];
    let is_document =
        |path: &String| path == "README.md" || (path.starts_with("docs/") && path != ENGINES_PAGE);
    for path in repo.files()?.into_iter().filter(|path| path.ends_with(".md")).filter(is_document) {
        let text = repo.read(&path)?;
        let mut generate = |words: &[&str]| match words {
            ["engines"] => Ok(engines::table(&engines)),
            ["bars", bench] => runs::bars_table(repo, bench),
            ["run", bench, fragment] => runs::fragment(repo, bench, fragment),
            ["command", arguments @ ..] => command.shown(arguments),
            _ => bail!("known are engines, bars BENCH, run BENCH FRAGMENT, command ARGS"),
        };
        let filled = blocks::fill(&text, &mut generate).with_context(|| path.clone())?;
        documents.push((path, filled));
    }
    Ok(documents)
}

/// The built `isogrid` command.
struct Isogrid {
    program: std::path::PathBuf,
    repo: Repo,
}

impl Isogrid {
    fn build(repo: &Repo) -> Result<Isogrid> {
        shell::run(repo.cargo().args(["build", "--quiet", "--locked", "-p", "isogrid-cli"]))?;
        Ok(Isogrid { program: repo.target_folder().join("debug/isogrid"), repo: repo.clone() })
    }

    fn output(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        shell::capture(command.current_dir(&self.repo.root).env("NO_COLOR", "1").args(arguments))
    }

    fn shown(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        Ok(format!("```text\n$ isogrid {}\n{}\n```", arguments.join(" "), output.trim_end()))
    }
}
