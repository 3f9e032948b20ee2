//! Towers of Hanoi: a long optimal plan, and planning again from wherever the world is.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use isogrid_data::hanoi::{self, Encoding};
use isogrid_plan::{Mode, Outcome, SolveOptions, ground, solve};

use crate::grid::{grouped, number};
use crate::planners::{Pair, replan::replan};

const DISCS: usize = 10;
const REPLANNING_DISCS: usize = 4;

pub(super) fn show(n_states: usize, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "2. Towers of Hanoi: a long plan, proved optimal; then replanning")?;
    let text = (hanoi::domain(Encoding::PickPlace), hanoi::problem(DISCS, Encoding::PickPlace));
    let start = Instant::now();
    let parsed = Pair::new("hanoi", "hanoi", text.0.into(), text.1.into()).parse()?;
    let task = ground(&Arc::new(parsed.domain), &Arc::new(parsed.problem))?;
    let result = solve(&task, &SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() });
    let seconds = start.elapsed().as_secs_f64();
    let Outcome::Solved { plan, optimal: true } = result.outcome else {
        bail!("{DISCS} discs were not solved")
    };
    let steps = plan.operators.len();
    ensure!(Some(steps as u64) == hanoi::optimal_steps(DISCS, Encoding::PickPlace), "{steps} steps");
    writeln!(
        out,
        "   {DISCS} discs: {} steps, optimal, in {seconds:.2} s ({} states expanded).",
        grouped(steps as i64),
        grouped(result.statistics.expanded as i64)
    )?;
    let done = replan(REPLANNING_DISCS, n_states, 1)?;
    ensure!(done.n_optimal == n_states, "only {} of {n_states} plans are optimal", done.n_optimal);
    writeln!(
        out,
        "   {REPLANNING_DISCS} discs, replanned from {} random states: all optimal and validated,\n   \
         median {} us, 99 in 100 under {} us.\n",
        grouped(n_states as i64),
        number(Some(done.quantile_us(0.5))),
        number(Some(done.quantile_us(0.99)))
    )?;
    Ok(())
}
