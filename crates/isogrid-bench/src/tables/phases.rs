//! How a contender's work divides into learning and answering.
//!
//! Contenders mark both with spans of their context; this runs one in a fresh process and times the spans.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use isogrid::drive::{Setup, drive};
use isogrid::workloads::{Entrant, Job, TableWorkload};
use isogrid_core::{Observer, measure};
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::process::{self, Terms};
use crate::rungs::everybody;

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "phases";

/// Seconds of the phases; none where a contender does not mark them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// Learning, tuning included.
    pub fit_seconds: Option<f64>,
    /// Answering all queries.
    pub predict_seconds: Option<f64>,
}

/// Runs the contender that `args` name (name, target, seed, path) and times its phases.
///
/// # Errors
/// The arguments are wrong, there is no such contender, or it fails.
pub fn verb(args: &[String]) -> Result<Phases> {
    let [name, target, seed, path] = args else {
        bail!("`{VERB}` takes a name, a target, a seed and a path")
    };
    let job = Job {
        paths: vec![path.into()],
        options: vec![("target".to_string(), target.clone())],
        seed: seed.parse().with_context(|| format!("seed `{seed}`"))?,
        ..Job::default()
    };
    let workload = TableWorkload::open(&job)?;
    let everybody = everybody();
    let found = everybody.iter().find_map(|entrant| match entrant {
        Entrant::Table(contender) if contender.name() == *name => Some(*contender),
        _ => None,
    });
    let contender = if name == super::machine::NAME { Some(&Machine as _) } else { found };
    let contender = contender.with_context(|| format!("no contender `{name}` on tables"))?;
    let stopwatch = Arc::new(Stopwatch::default());
    let setup = Setup { seed: job.seed, observer: Some(stopwatch.clone()), ..Setup::default() };
    let report = drive(&setup, |ctx| measure(&[contender], &workload, ctx))?.value;
    if let Some(row) = report.rows.iter().find(|row| row.score.is_none()) {
        bail!("{name}: {}", row.outcome);
    }
    Ok(Phases { fit_seconds: stopwatch.seconds("fit"), predict_seconds: stopwatch.seconds("predict") })
}

/// The phases of contender `name` on `job`, in a process of its own.
///
/// # Errors
/// It cannot be run, or fails.
pub fn measure_phases(name: &str, target: &str, seed: u64, path: &Path) -> Result<Phases> {
    let mut call = process::own(&[VERB, name, target, &seed.to_string()], Path::new("."))?;
    call.args.push(OsString::from(path.canonicalize()?));
    let terms = Terms { kill_after: 3600.0, address_space: u64::MAX >> 1, cores: None };
    let ended = process::run(&call, &terms)?;
    serde_json::from_str(&ended.stdout).with_context(|| format!("phases of {name}: {}", ended.stderr.trim()))
}

/// Adds up the time of spans by name.
#[derive(Debug, Default)]
struct Stopwatch(Mutex<BTreeMap<&'static str, Lap>>);

#[derive(Debug, Default)]
struct Lap {
    since: Option<Instant>,
    seconds: f64,
}

impl Stopwatch {
    fn with<T>(&self, read: impl FnOnce(&mut BTreeMap<&'static str, Lap>) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn seconds(&self, name: &str) -> Option<f64> {
        self.with(|laps| laps.get(name).map(|lap| lap.seconds))
    }
}

impl Observer for Stopwatch {
    fn enter(&self, name: &'static str) {
        self.with(|laps| laps.entry(name).or_default().since = Some(Instant::now()));
    }

    fn exit(&self, name: &'static str) {
        self.with(|laps| {
            if let Some(lap) = laps.get_mut(name)
                && let Some(since) = lap.since.take()
            {
                lap.seconds += since.elapsed().as_secs_f64();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use isogrid_core::Ctx;

    use super::*;

    #[test]
    fn spans_are_added_up_by_name() {
        let stopwatch = Arc::new(Stopwatch::default());
        let ctx = Ctx::new(1).with_observer(stopwatch.clone());
        for _ in 0..2 {
            let _outer = ctx.span("fit");
            drop(ctx.span("predict"));
        }
        let (fit, predict) = (stopwatch.seconds("fit"), stopwatch.seconds("predict"));
        assert!(fit >= predict && predict.is_some(), "{fit:?} {predict:?}");
        assert_eq!(stopwatch.seconds("other"), None);
    }

    #[test]
    fn wrong_calls_are_refused() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(verb(&words(&["tsetlin"])).is_err());
        assert!(verb(&words(&["tsetlin", "y", "one", "absent.csv"])).is_err());
    }
}
