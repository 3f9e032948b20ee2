//! `cargo xtask demo`: from a bare clone to the first real table.

use anyhow::Result;

use crate::args::Args;
use crate::repo::Repo;
use crate::shell::{self, Steps};
use crate::{bench, data};

/// Fetches, builds, and runs the demonstration.
///
/// # Errors
/// A step fails.
pub fn run(repo: &Repo, args: Args) -> Result<()> {
    args.finish()?;
    let mut steps = Steps::new(3);
    steps.step("fetch the data sets of the demo", || data::fetch(repo, data::FOR_DEMO))?;
    steps.step("build isogrid and isogrid-bench, optimized", || bench::build(repo))?;
    steps.step("demo", || {
        shell::run(bench::program(repo).arg("demo").arg("--data").arg(repo.data_folder()))
    })?;
    println!("xtask demo: done in {:.1} s", steps.seconds());
    Ok(())
}
