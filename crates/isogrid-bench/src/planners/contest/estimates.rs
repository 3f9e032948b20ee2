//! LM-cut's values of both planners, state by state, on the task that the peer's translator makes.

use std::fs;

use anyhow::{Context, Result};
use isogrid_core::Ctx;
use isogrid_num::rng::Rng;
use isogrid_plan::sas::{SasFile, parse_sas};
use isogrid_plan::{Estimate, Estimator, Measure, Task};
use serde::{Deserialize, Serialize};

use super::rivals::Programs;
use crate::planners::pair::Pair;

/// States of random walks; the first is the initial one.
pub(super) const STATES: u64 = 50;
/// Steps of the longest walk.
const MAX_STEPS: u64 = 40;

/// Both estimates of one state; none is a dead end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Compared {
    pub ours: Option<u64>,
    pub theirs: Option<u64>,
}

impl Programs {
    /// Lets both estimate states on random walks from the initial one.
    ///
    /// # Errors
    /// The peer fails, or its translator's task cannot be read.
    pub fn estimates(&self, pair: &Pair, n_states: u64) -> Result<Vec<Compared>> {
        let folder = tempfile::tempdir().context("creating a folder")?;
        pair.write(folder.path())?;
        self.downward.translate(folder.path())?;
        let file = parse_sas("output.sas", &fs::read(folder.path().join("output.sas"))?)?;
        let start = file.start();
        let mut all = Vec::new();
        for seed in 0..n_states {
            let text = from(&file, walked(&file, &start, seed)).to_string();
            fs::write(folder.path().join("task.sas"), &text)?;
            let task = Task::from_sas("task.sas", text.as_bytes())?;
            let lm_cut = Estimator::new(&Ctx::new(0), &task, Measure::Admissible(Estimate::LmCut));
            let mut lm_cut = lm_cut.continue_value().context("LM-cut supports the task")?;
            let ours = lm_cut.estimate(task.init()).map(u64::from);
            all.push(Compared { ours, theirs: self.downward.first_lm_cut(folder.path())? });
        }
        Ok(all)
    }
}

/// The task from another state; derived variables keep their defaults.
fn from(file: &SasFile, state: Vec<u32>) -> SasFile {
    let mut other = file.clone();
    for ((place, value), variable) in other.init.iter_mut().zip(state).zip(&file.variables) {
        if variable.layer.is_none() {
            *place = value;
        }
    }
    other
}

/// The state at the end of a random walk that is longer for later seeds.
fn walked(file: &SasFile, start: &[u32], seed: u64) -> Vec<u32> {
    let mut rng = Rng::new(seed, 0x1c07);
    let mut state = start.to_vec();
    for _ in 0..(seed * MAX_STEPS).div_ceil(STATES) {
        let successors: Vec<Vec<u32>> =
            file.operators.iter().filter_map(|operator| file.successor(&state, operator)).collect();
        let Some(at) = rng.index(successors.len()) else { break };
        state.clone_from(&successors[at]);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_leave_the_start_and_are_the_same_every_time() {
        let text = include_bytes!("../../../../isogrid-plan/tests/data/small.sas");
        let file = parse_sas("small.sas", text).expect("the small file");
        let start = file.start();
        assert_eq!(walked(&file, &start, 0), start);
        let ends: Vec<_> = (0..STATES).map(|seed| walked(&file, &start, seed)).collect();
        assert!(ends.iter().any(|end| *end != start));
        assert_eq!(ends, (0..STATES).map(|seed| walked(&file, &start, seed)).collect::<Vec<_>>());
    }
}
