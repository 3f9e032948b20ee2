//! `cargo xtask demo`: from a bare clone to the first real table.

use anyhow::Result;

use crate::args::Args;
use crate::repo::Repo;
use crate::shell::{self, Steps};
use crate::{bench, data};

/// Fetches, builds, and runs the demonstration, its first table before anything that this table does not need.
///
/// # Errors
/// A step fails.
pub fn run(repo: &Repo, args: Args) -> Result<()> {
    args.finish()?;
    let mut steps = Steps::new(9);
    steps.step("fetch planning problems", || data::fetch(repo, data::FOR_PLANS))?;
    steps.step("build what plans, optimized", || bench::build_without_ladder(repo))?;
    steps.step("plans", || show(repo, "plans"))?;
    steps.step("fetch the physics of a world", || data::fetch(repo, data::FOR_ARM))?;
    steps.step("build a world, optimized", || bench::build_worlds(repo))?;
    steps.step("an arm", || show(repo, "arm"))?;
    steps.step("fetch a table", || data::fetch(repo, data::FOR_TABLES))?;
    steps.step("build the rest: the command isogrid and the rungs of the ladder", || bench::build(repo))?;
    steps.step("tables", || show(repo, "tables"))?;
    println!("xtask demo: done in {:.1} s", steps.seconds());
    Ok(())
}

fn show(repo: &Repo, part: &str) -> Result<()> {
    shell::run(bench::program(repo).args(["demo", "--part", part, "--data"]).arg(repo.data_folder()))
}
