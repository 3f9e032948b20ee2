//! The first minute of a newcomer: real problems solved, checked and timed here and now.
//!
//! Every number is of this run, save one paragraph that quotes a committed run and says so. Fits 80 columns.

mod arm;
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
    /// The committed skills of the arm.
    pub skills: PathBuf,
    /// Where pictures are put.
    pub pictures: PathBuf,
    /// Which part is shown; all by default.
    pub part: Option<Part>,
}

/// A part of the demonstration. Each needs more to be built than the one before, so `cargo xtask demo` shows it before it
/// builds the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Plans; needs no feature of this crate.
    Plans,
    /// An arm; needs `isogrid-sim`.
    Arm,
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
    /// Episodes of the arm, of each kind.
    pub episodes: usize,
}

impl Default for Size {
    fn default() -> Size {
        Size { problems: usize::MAX, states: 1000, digits: 3000, episodes: 6 }
    }
}

/// Shows everything on `out`, line by line as it is computed.
///
/// # Errors
/// Data is missing, `out` is gone, or a plan fails its check.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<()> {
    let is_shown = |part| options.part.is_none_or(|only| only == part);
    if is_shown(Part::Plans) {
        first_part(options, out)?;
    }
    if is_shown(Part::Arm) {
        arm::show(
            &arm::Places {
                skills: &options.skills,
                runs: &options.runs,
                pictures: &options.pictures,
                episodes: options.size.episodes,
            },
            out,
        )?;
    }
    if is_shown(Part::Tables) {
        last_part(options, out)?;
    }
    Ok(())
}

fn first_part(options: &Options, out: &mut dyn Write) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(out, "Isogrid: match the computation to the structure of the problem.")?;
    writeln!(out, "All numbers are measured now, on this machine ({cores} cores).\n")?;
    plans::show(&options.data, options.size.problems, out)?;
    towers::show(options.size.states, out)
}

fn last_part(options: &Options, out: &mut dyn Write) -> Result<()> {
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
