//! Data sets, by the catalog and the fetcher of `isogrid-data`.

use anyhow::Result;
use isogrid_data::{DataSet, catalog, fetch as fetch_set};

use crate::args::Args;
use crate::repo::Repo;

/// What tests read and link beyond the small files in the repository.
pub const FOR_TESTS: &[&str] = &["amlgym", "mnist-10k", "libmujoco"];

/// What the planning half of the demo shows.
pub const FOR_PLANS: &[&str] = &["amlgym"];

/// What the arm's world is linked to.
pub const FOR_ARM: &[&str] = &["libmujoco"];

/// What the rest shows.
pub const FOR_TABLES: &[&str] = &["mnist-10k"];

/// Fetches the named sets, or all of them.
///
/// # Errors
/// A name is unknown, or as [`fetch`].
pub fn run(repo: &Repo, args: Args) -> Result<()> {
    let names = args.names()?;
    let names: Vec<&str> = match names.as_slice() {
        [] => catalog().iter().map(|set| set.name).collect(),
        some => some.iter().map(String::as_str).collect(),
    };
    fetch(repo, &names)
}

/// Makes sure that the sets are in the data folder; what is there already is kept.
///
/// # Errors
/// A set is unknown or cannot be had.
pub fn fetch(repo: &Repo, names: &[&str]) -> Result<()> {
    let sets: Vec<&DataSet> = names.iter().map(|name| DataSet::named(name)).collect::<Result<_, _>>()?;
    for set in sets {
        let folder = fetch_set(set, &repo.data_folder(), &mut |line| println!("  {line}"))?;
        println!("  {} {}: {}", set.name, set.version, folder.display());
    }
    Ok(())
}
