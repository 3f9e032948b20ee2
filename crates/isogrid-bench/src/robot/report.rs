//! From episodes to tables and bars.

use anyhow::Result;
use isogrid_num::stats::{Z_95, median, wilson};
use serde_json::json;

use super::episodes::Outcome;
use super::ladder::Ladder;
use super::rivals::Kind;
use super::rows::{ABLATIONS, BARRED};
use super::work::{Cost, Lesson};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, grouped, number};
use crate::run::Run;

/// The declared model of energy: watts of a busy core, with the range that is printed.
pub(super) const WATTS_PER_CORE: (f64, f64, f64) = (5.0, 10.0, 20.0);

/// Wall seconds that training may take on two cores.
const MAX_TRAINING_SECONDS: f64 = 600.0;

/// What stands below every table of successes.
const STATES: &str = "State-based: everybody observes poses, not images.\n";

/// Episodes of one row, in numbers.
struct Summary {
    n: u64,
    reached: u64,
    /// 95 % interval of the share.
    interval: (f64, f64),
    progress: f64,
    violations: usize,
    replans: usize,
    failed_moves: usize,
    seconds: f64,
    p99_ms: f64,
    /// Seconds of the player in an episode, in the mean.
    decision_seconds: f64,
}

impl Summary {
    fn of(outcomes: &[Outcome], row: &str) -> Summary {
        let mine: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.row == row).collect();
        let n = mine.len() as u64;
        let reached = mine.iter().filter(|outcome| outcome.reached).count() as u64;
        let mean = |value: &dyn Fn(&Outcome) -> f64| {
            mine.iter().map(|outcome| value(outcome)).sum::<f64>() / n.max(1) as f64
        };
        let seconds: Vec<f64> = mine.iter().map(|outcome| outcome.seconds).collect();
        Summary {
            n,
            reached,
            interval: wilson(reached, n, Z_95),
            progress: mean(&|outcome| outcome.met as f64 / outcome.goals.max(1) as f64),
            violations: mine.iter().map(|outcome| outcome.violations).sum(),
            replans: mine.iter().map(|outcome| outcome.replans).sum(),
            failed_moves: mine.iter().map(|outcome| outcome.failed_moves).sum(),
            seconds: if seconds.is_empty() { f64::NAN } else { median(&seconds) },
            p99_ms: mine.iter().map(|outcome| outcome.decision_ms_p99).fold(0.0, f64::max),
            decision_seconds: mean(&|outcome| outcome.decision_seconds),
        }
    }

    fn rate(&self) -> f64 {
        self.reached as f64 / self.n.max(1) as f64
    }

    fn cells(&self) -> Vec<String> {
        vec![
            format!("{} of {}", self.reached, self.n),
            percent(self.rate()),
            format!("{} to {}", percent(self.interval.0), percent(self.interval.1)),
        ]
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Writes everything into the run.
pub(super) fn write(
    run: &mut Run,
    costs: &[(&Lesson, Cost)],
    ladder: &Ladder,
    outcomes: &[Outcome],
) -> Result<()> {
    for outcome in outcomes {
        run.record(&json!({"section": "episodes", "episode": outcome}))?;
    }
    for (lesson, cost) in costs {
        run.record(&json!({"section": "training", "skills": lesson.name, "cost": cost}))?;
    }
    for rung in &ladder.rungs {
        for trial in &rung.trials {
            run.record(&json!({"section": "rivals", "rung": rung.name, "trial": trial}))?;
        }
    }
    run.fragment("success", format!("{}\n{STATES}", success(outcomes).markdown()));
    run.fragment("ablations", format!("{}\n{STATES}", ablations(outcomes).markdown()));
    run.fragment("training", training(costs).markdown());
    run.fragment("rivals", rivals(ladder, outcomes));
    run.fragment("energy", energy(costs, ladder, outcomes));
    bars(run, costs, outcomes);
    Ok(())
}

fn success(outcomes: &[Outcome]) -> Grid {
    let mut grid = Grid::new(&[
        "row",
        "paper: end-to-end",
        "paper: neuro-symbolic",
        "reached",
        "ours",
        "Wilson 95 %",
        "failed moves",
        "new plans",
        "median s",
        "decision p99 ms",
    ]);
    for row in &BARRED {
        let summary = Summary::of(outcomes, row.name);
        let paper = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value} %"));
        let mut cells = vec![row.name.to_string(), paper(row.paper.map(|paper| paper.0))];
        cells.push(paper(row.paper.map(|paper| paper.1)));
        cells.extend(summary.cells());
        cells.extend([summary.failed_moves.to_string(), summary.replans.to_string()]);
        cells.extend([number(Some(summary.seconds)), number(Some(summary.p99_ms))]);
        grid.row(cells);
    }
    grid
}

fn ablations(outcomes: &[Outcome]) -> Grid {
    let mut grid = Grid::new(&[
        "ablation, 4 blocks",
        "reached",
        "share",
        "Wilson 95 %",
        "failed moves",
        "new plans",
        "median s",
    ]);
    let names = ABLATIONS.iter().map(|ablation| ablation.name).chain(["the demonstrator's hands"]);
    for name in names {
        let summary = Summary::of(outcomes, &format!("ablation: {name}"));
        let mut cells = vec![name.to_string()];
        cells.extend(summary.cells());
        cells.extend([summary.failed_moves.to_string(), summary.replans.to_string()]);
        cells.push(number(Some(summary.seconds)));
        grid.row(cells);
    }
    grid
}

fn training(costs: &[(&Lesson, Cost)]) -> Grid {
    let mut grid =
        Grid::new(&["skills", "head", "demonstrations", "wall s, 2 cores", "CPU s", "peak MiB", "model kB"]);
    for (lesson, cost) in costs {
        grid.row(vec![
            lesson.name.to_string(),
            lesson.head.to_string(),
            lesson.demonstrations.to_string(),
            number(Some(cost.wall_seconds)),
            number(Some(cost.cpu_seconds)),
            number(Some(cost.peak_bytes as f64 / f64::from(1 << 20))),
            number(Some(cost.model_bytes as f64 / 1e3)),
        ]);
    }
    grid
}

fn rivals(ladder: &Ladder, outcomes: &[Outcome]) -> String {
    let mut grid = Grid::new(&[
        "rival",
        "parameters",
        "tuning CPU s",
        "held-out loss",
        "converged",
        "one move",
        "3 blocks",
        "Wilson 95 %",
        "4 blocks, unseen",
        "goals met, 3 / 4 blocks",
        "decision p99 ms",
    ]);
    for rung in &ladder.rungs {
        let of = |task: &str| Summary::of(outcomes, &format!("rival: {}: {task}", rung.name));
        let (one, three, four) = (of("one move"), of("3 blocks"), of("4 blocks"));
        grid.row(vec![
            rung.name.clone(),
            grouped(rung.best.n_parameters() as i64),
            number(Some(rung.cpu_seconds)),
            number(Some(rung.chosen.held_out_loss())),
            if rung.chosen.has_converged() { "yes" } else { "no" }.to_string(),
            percent(one.rate()),
            percent(three.rate()),
            format!("{} to {}", percent(three.interval.0), percent(three.interval.1)),
            percent(four.rate()),
            format!("{} / {}", percent(three.progress), percent(four.progress)),
            number(Some(three.p99_ms)),
        ]);
    }
    format!(
        "{}\n{STATES}\nRivals are small policies on states; they are not vision-language-action models. Each rung: 8 settings by successive halving on {} whole demonstrations of 3-block Hanoi, then episodes on seeds of \
         their own. {} episodes a cell; an episode ends at a goal reached, at a broken rule, or at its limit. {}",
        grid.markdown(),
        ladder.demonstrations,
        ladder.rungs.first().map_or(0, |rung| Summary::of(
            outcomes,
            &format!("rival: {}: 3 blocks", rung.name)
        )
        .n),
        parity(ladder, outcomes)
    )
}

/// At which size rivals would reach what the engine does, if that can be said.
fn parity(ladder: &Ladder, outcomes: &[Outcome]) -> String {
    let engine = Summary::of(outcomes, "3 blocks").rate();
    let end_to_end = ladder.rungs.iter().filter(|rung| rung.kind != Kind::Guided);
    let points: Vec<(f64, f64)> = end_to_end
        .map(|rung| {
            let summary = Summary::of(outcomes, &format!("rival: {}: 3 blocks", rung.name));
            ((rung.best.n_parameters() as f64).ln(), summary.rate())
        })
        .collect();
    let best = points.iter().map(|point| point.1).fold(0.0, f64::max);
    if best >= engine {
        return "Parity point on 3 blocks: reached within the ladder.".to_string();
    }
    match line(&points) {
        Some((slope, start, explained)) if slope > 0.0 && explained > 0.8 => {
            let size = ((engine - start) / slope).exp();
            format!(
                "Parity point on 3 blocks, by a line through the logarithm of size: {size:.1e} parameters, far outside \
                 the sizes measured, so a lead and no claim."
            )
        }
        Some((slope, _, explained)) => format!(
            "Parity point refused: over these sizes success does not follow size (slope {slope:.3} for each factor of e, \
             {:.0} % of the variance explained).",
            100.0 * explained.max(0.0)
        ),
        None => "Parity point refused: too few sizes.".to_string(),
    }
}

/// Slope, start and explained share of a least-squares line.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64, f64)> {
    let n = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum = |value: &dyn Fn(f64, f64) -> f64| points.iter().map(|(a, b)| value(a - x, b - y)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|a, _| a * a), sum(&|a, b| a * b), sum(&|_, b| b * b));
    if points.len() < 3 || xx <= 0.0 {
        return None;
    }
    let explained = if yy > 0.0 { xy * xy / (xx * yy) } else { 0.0 };
    Some((xy / xx, y - x * xy / xx, explained))
}

fn energy(costs: &[(&Lesson, Cost)], ladder: &Ladder, outcomes: &[Outcome]) -> String {
    let (low, watts, high) = WATTS_PER_CORE;
    let mut grid =
        Grid::new(&["who", "training kJ", "3-block episode J", "if a core is busy for the whole episode, J"]);
    let kilojoules = |cpu: f64| {
        format!(
            "{} ({} to {})",
            number(Some(cpu * watts / 1e3)),
            number(Some(cpu * low / 1e3)),
            number(Some(cpu * high / 1e3))
        )
    };
    let mut add = |name: &str, cpu: f64, row: &str| {
        let summary = Summary::of(outcomes, row);
        grid.row(vec![
            name.to_string(),
            kilojoules(cpu),
            number(Some(summary.decision_seconds * watts)),
            number(Some(summary.seconds * watts)),
        ]);
    };
    if let Some((lesson, cost)) = costs.first() {
        add(&format!("engine, {}", lesson.name), cost.cpu_seconds, "3 blocks");
    }
    for rung in &ladder.rungs {
        add(&rung.name, rung.chosen.cpu_seconds, &format!("rival: {}: 3 blocks", rung.name));
    }
    format!(
        "Modelled, not measured: CPU seconds times {watts} W a busy core ({low} to {high} W). Training of a rival is the \
         chosen setting alone, without its tuning; an episode's energy is its decisions', in the mean.\n\n{}\nThe paper \
         (arXiv 2602.19260, measured on an RTX 4090 with cameras): training 68.5 MJ end-to-end, 0.85 MJ neuro-symbolic; a \
         3-block episode 7.96 and 0.83 kJ.",
        grid.markdown()
    )
}

fn bars(run: &mut Run, costs: &[(&Lesson, Cost)], outcomes: &[Outcome]) {
    for row in &BARRED {
        let summary = Summary::of(outcomes, row.name);
        let text =
            format!("share of reached goals, {} episodes, {} violations", summary.n, summary.violations);
        let bar = Bar::judge(&text, Some(100.0 * summary.rate()), Promise::AtLeast, Some(100.0 * row.bar));
        run.bar(row.name, bar.in_unit("%"));
    }
    let wall = costs.first().map(|(_, cost)| cost.wall_seconds);
    let text = "training of all skills from 50 demonstrations, default head, two cores";
    run.bar("training", Bar::judge(text, wall, Promise::AtMost, Some(MAX_TRAINING_SECONDS)).in_unit("s"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_fitted_and_refused_where_there_is_none() {
        let (slope, start, explained) = line(&[(1.0, 1.0), (2.0, 3.0), (3.0, 5.0)]).expect("three points");
        assert!((slope - 2.0).abs() < 1e-12 && (start + 1.0).abs() < 1e-12 && explained > 0.999);
        assert!(line(&[(1.0, 1.0), (2.0, 3.0)]).is_none());
        assert_eq!(line(&[(1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]).map(|line| line.2), Some(0.0));
    }
}
