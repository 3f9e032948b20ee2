//! The first minute of a newcomer: real problems solved, checked and timed here and now.
//!
//! Every number is of this run, save one paragraph that quotes a committed run and says so. Fits 80 columns.

mod committed;
mod digits;
mod next;
mod plans;
mod towers;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// What the demonstration is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with fetched data sets.
    pub data: PathBuf,
    /// The folder with committed runs, which need not exist.
    pub runs: PathBuf,
    /// Problems a domain, rows of digits and states to replan from; all of them by default.
    pub size: Size,
    /// Which half is shown; both by default.
    pub part: Option<Part>,
}

/// A half of the demonstration. The first builds in less than half the time, so `cargo xtask demo` shows it before it
/// builds the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Plans; needs no feature of this crate.
    Plans,
    /// Tables, a committed run, what to type next; needs the feature `ladder` to be fair.
    Tables,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Problems a domain.
    pub problems: usize,
    /// States to replan from.
    pub states: usize,
    /// Rows of digits, those held out included.
    pub digits: usize,
}

impl Default for Size {
    fn default() -> Size {
        Size { problems: usize::MAX, states: 1000, digits: 3000 }
    }
}

/// Shows everything on `out`, line by line as it is computed.
///
/// # Errors
/// Data is missing, `out` is gone, or a plan fails its check.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<()> {
    if options.part != Some(Part::Tables) {
        first_half(options, out)?;
    }
    if options.part != Some(Part::Plans) {
        second_half(options, out)?;
    }
    Ok(())
}

fn first_half(options: &Options, out: &mut dyn Write) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(out, "Isogrid: match the computation to the structure of the problem.")?;
    writeln!(out, "All numbers are measured now, on this machine ({cores} cores).\n")?;
    plans::show(&options.data, options.size.problems, out)?;
    towers::show(options.size.states, out)
}

fn second_half(options: &Options, out: &mut dyn Write) -> Result<()> {
    digits::show(&options.data, options.size.digits, out)?;
    committed::show(&options.runs, out)?;
    next::show(&options.data, out)
}

/// A path as a newcomer would type it from here.
fn typed(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| Some(path.strip_prefix(here).ok()?.to_path_buf()));
    short.unwrap_or_else(|| path.to_path_buf()).display().to_string()
}
