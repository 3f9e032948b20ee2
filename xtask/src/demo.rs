//! `cargo xtask demo`: from a bare clone to plans, an arm and tables; with `--train`, from demonstrations to the arm.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::args::Args;
use crate::repo::Repo;
use crate::shell::{self, Steps};
use crate::{bench, data};

/// Fetches, builds, and runs the demonstration, its first parts before anything that they do not need.
///
/// # Errors
/// A step fails.
pub fn run(repo: &Repo, mut args: Args) -> Result<()> {
    let train = args.switch("--train");
    args.finish()?;
    if train { with_training(repo) } else { plain(repo) }
}

fn plain(repo: &Repo) -> Result<()> {
    let mut steps = Steps::new(9);
    steps.step("fetch planning problems", || data::fetch(repo, data::FOR_PLANS))?;
    steps.step("build what plans, optimized", || bench::build_without_ladder(repo))?;
    steps.step("plans", || show(repo, &["--part", "plans"]))?;
    steps.step("fetch the physics of a world", || data::fetch(repo, data::FOR_ARM))?;
    steps.step("build a world, optimized", || bench::build_worlds(repo))?;
    steps.step("an arm", || show(repo, &["--part", "arm"]))?;
    steps.step("fetch a table", || data::fetch(repo, data::FOR_TABLES))?;
    steps.step("build the rest: the command isogrid and the rungs of the ladder", || bench::build(repo))?;
    steps.step("tables", || show(repo, &["--part", "tables"]))?;
    println!("xtask demo: done in {:.1} s", steps.seconds());
    Ok(())
}

/// Nothing learned beforehand: demonstrations are recorded, skills trained, and the arm shown with them.
fn with_training(repo: &Repo) -> Result<()> {
    let mut steps = Steps::new(5);
    steps.step("fetch the physics of a world", || data::fetch(repo, data::FOR_ARM))?;
    steps.step("build the trainer and worlds, optimized (the tensor library takes minutes)", || {
        bench::build_with(repo, &["isogrid-cli/train", "isogrid-sim/recordings"])
    })?;
    let folder = repo.target_folder().join("demo");
    fs::create_dir_all(&folder)?;
    let (recordings, skills) = (folder.join("demos.hdf5"), folder.join("arm.iso"));
    let tool = |name: &str| Command::new(repo.target_folder().join("release").join(name));
    steps.step("record 50 demonstrations of stacking three blocks", || {
        let mut record = tool("isogrid-sim");
        shell::run(record.args(["record", "--demos", "50", "--threads", "2", "-o"]).arg(&recordings))
    })?;
    steps.step("train four sub-skills", || {
        let mut fit = tool("isogrid");
        shell::run(fit.arg("fit").arg(&recordings).arg("-o").arg(&skills).args(["--seed", "1"]))
    })?;
    steps.step("an arm with these skills", || {
        show(repo, &["--part", "arm", "--skills", &skills.display().to_string()])
    })?;
    println!("xtask demo --train: done in {:.1} s", steps.seconds());
    Ok(())
}

fn show(repo: &Repo, words: &[&str]) -> Result<()> {
    let pictures: PathBuf = repo.target_folder().join("demo");
    let mut program = bench::program(repo);
    program.arg("demo").args(words).arg("--pictures").arg(pictures).arg("--data").arg(repo.data_folder());
    shell::run(&mut program)
}
