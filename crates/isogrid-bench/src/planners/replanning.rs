//! Section: replanning inside a process.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::replan::{self, Replanning};
use super::{Bench, LIMITS, Say};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, grouped, number};
use crate::process::{self, Terms};

/// Discs of the towers; bars are on the one that the issue names.
const DISCS: [usize; 3] = [3, 4, 5];
const PROMISED_DISCS: usize = 4;
const PROMISED_US: f64 = 200.0;
const SEED: u64 = 1;

impl Bench {
    pub(super) fn replanning(&mut self, say: &mut Say<'_>) -> Result<()> {
        let n_states = self.either(200, 1000);
        let mut grid = Grid::new(&[
            "discs",
            "states",
            "optimal",
            "longest plan",
            "prepare ms",
            "median us",
            "p90",
            "p99",
            "max",
        ]);
        for n_discs in DISCS {
            say(&format!("replanning: {n_discs} discs, {n_states} random states"));
            let done = self.replan(n_discs, n_states)?;
            self.run.record(&json!({"section": "replanning", "result": done}))?;
            grid.row(row(&done));
            if n_discs == PROMISED_DISCS {
                self.replanning_bars(&done);
            }
        }
        self.run.fragment("replanning", grid.markdown());
        Ok(())
    }

    fn replan(&self, n_discs: usize, n_states: usize) -> Result<Replanning> {
        let args = [replan::VERB, &n_discs.to_string(), &n_states.to_string(), &SEED.to_string()];
        let terms = Terms { kill_after: 120.0, address_space: LIMITS.bytes, cores: self.field.cores() };
        let ended = process::run(&process::own(&args, Path::new("."))?, &terms)?;
        serde_json::from_str(&ended.stdout)
            .with_context(|| format!("replanning failed: {}", ended.stderr.trim()))
    }

    fn replanning_bars(&mut self, done: &Replanning) {
        let (optimal, all) = (done.n_optimal as f64, done.n_states as f64);
        let text = "replanning from random states of 4-disc Hanoi: validated plans of optimal length";
        self.run
            .bar("replanning optimal plans", Bar::judge(text, Some(optimal), Promise::AtLeast, Some(all)));
        let text = "replanning from a random state of 4-disc Hanoi in process, median";
        let median = Bar::judge(text, Some(done.quantile_us(0.5)), Promise::AtMost, Some(PROMISED_US));
        self.run.bar("replanning median microseconds", median.in_unit("us"));
    }
}

fn row(done: &Replanning) -> Vec<String> {
    let mut row = vec![
        done.n_discs.to_string(),
        grouped(done.n_states as i64),
        grouped(done.n_optimal as i64),
        done.longest.to_string(),
        number(Some(done.prepare_us * 1e-3)),
    ];
    row.extend([0.5, 0.9, 0.99, 1.0].map(|q| number(Some(done.quantile_us(q)))));
    row
}
