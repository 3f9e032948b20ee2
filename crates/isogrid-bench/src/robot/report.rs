//! From episodes to tables and bars.

use isogrid_num::stats::{Z_95, median, wilson};

use super::episodes::Outcome;
use super::ladder::{self, Rung};
use super::lessons;
use super::parity::{self, Point};
use super::record::Record;
use super::rivals::{KINDS, Kind};
use super::rows::{
    ABLATIONS, Ablation, DEFAULT, DISTURBED_AS_IT_IS, DISTURBED_ROW, FOUR_DISTURBED, ROWS, SCRIPTED,
};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, grouped, number};
use crate::run::Run;

/// The declared model of energy: watts of a busy core, with the range that is printed.
pub(super) const WATTS_PER_CORE: (f64, f64, f64) = (5.0, 10.0, 20.0);

/// Wall seconds that training may take on two cores.
const MAX_TRAINING_SECONDS: f64 = 600.0;

/// What stands below every table of successes.
const STATES: &str = "State-based: everybody observes poses, not images; the poses are exact unless a row names their noise.\n";

/// What stands below the table of trainings.
const CORES: &str = "The first on two cores and alone on the machine, the others each on one core.\n";

/// What the columns of tables of episodes are.
const WORDS: &str = "Reached: all goals hold, nothing is in the hand, and the arm broke no rule of the game. Failed moves: \
    moves that ended without their effect, most of them undone by somebody else; new plans: plans after the first. Median s: \
    simulated seconds. Decision p99: the worst episode's own, of the player alone.\n";

/// What some ablations are.
const ABLATED: &str = "Open loop: the first plan is carried out to its end whatever happens. Without replanning: failed moves \
    are repeated as first planned. Without retry: the arm is parked at its first failed move. It mattered: a move failed or \
    a new plan was made in the same world under *disturbed, as it is*. Temperature 1: the flow starts from noise instead of \
    its mean. Symmetry: reaches are taken to be alike in all directions, grasps in mirrors. The demonstrator's hands: the \
    scripted controller that made the demonstrations, in the place of the learned skills.\n";

/// How much more computing than the engine's training a rival's tuning must have had.
const MIN_RIVAL_BUDGET: f64 = 10.0;

/// Episodes of one row, in numbers.
struct Summary {
    n: u64,
    reached: u64,
    /// 95 % interval of the share.
    interval: (f64, f64),
    progress: f64,
    violations: usize,
    /// Episodes with a broken rule.
    n_broken: usize,
    replans: usize,
    failed_moves: usize,
    seconds: f64,
    p99_ms: f64,
    /// Seconds of the player in an episode, in the mean.
    decision_seconds: f64,
}

impl Summary {
    fn of(outcomes: &[Outcome], row: &str) -> Summary {
        Summary::over(outcomes.iter().filter(|outcome| outcome.row == row).collect())
    }

    fn over(mine: Vec<&Outcome>) -> Summary {
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
            n_broken: mine.iter().filter(|outcome| outcome.violations > 0).count(),
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

    /// The share with its interval.
    fn share(&self) -> String {
        let (low, high) = self.interval;
        format!("{} ({} to {})", percent(self.rate()), percent(low), percent(high))
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

/// Writes tables and bars into the run.
pub(super) fn write(run: &mut Run, record: &Record) {
    let outcomes = &record.episodes;
    run.fragment("success", format!("{}\n{STATES}\n{WORDS}", success(outcomes).markdown()));
    run.fragment("ablations", format!("{}\n{STATES}\n{ABLATED}", ablations(outcomes).markdown()));
    run.fragment("training", format!("{}\n{CORES}\n{STATES}", training(record).markdown()));
    run.fragment("disturbances", format!("{}\n{STATES}", disturbances(outcomes).markdown()));
    run.fragment("rivals", rivals(&record.rungs, outcomes));
    run.fragment("energy", energy(record));
    bars(run, record);
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
    for row in &ROWS {
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
        "ablation",
        "reached",
        "share",
        "Wilson 95 %",
        "where it mattered",
        "failed moves",
        "new plans",
        "median s",
    ]);
    for ablation in ABLATIONS.iter().chain([&SCRIPTED]) {
        let summary = Summary::of(outcomes, &ablation.row());
        let mut cells = vec![ablation.name.to_string()];
        cells.extend(summary.cells());
        cells.push(where_it_mattered(outcomes, ablation));
        cells.extend([summary.failed_moves.to_string(), summary.replans.to_string()]);
        cells.push(number(Some(summary.seconds)));
        grid.row(cells);
    }
    grid
}

/// Of the disturbed worlds in which the engine as it is must do something about it, those whose goal is reached.
fn where_it_mattered(outcomes: &[Outcome], ablation: &Ablation) -> String {
    if ablation.course != FOUR_DISTURBED {
        return "-".to_string();
    }
    let of = |row: String| outcomes.iter().filter(move |one| one.row == row);
    let seeds: Vec<u64> =
        of(DISTURBED_AS_IT_IS.row()).filter(|one| one.mattered()).map(|one| one.seed).collect();
    let mine = Summary::over(of(ablation.row()).filter(|one| seeds.contains(&one.seed)).collect());
    format!("{} of {}", mine.reached, mine.n)
}

/// The barred row of disturbances, by their kind.
fn disturbances(outcomes: &[Outcome]) -> Grid {
    let mut grid = Grid::new(&[
        "kind",
        "reached of those disturbed",
        "share",
        "Wilson 95 %",
        "reached of those that mattered",
        "share",
        "Wilson 95 %",
        "failed moves",
        "new plans",
        "median s",
    ]);
    let n_kinds = DISTURBED_ROW.worlds.len();
    let disturbed = disturbed(outcomes);
    let mut add = |kind: &str, mine: Vec<&Outcome>| {
        let mattered = Summary::over(mine.iter().copied().filter(|one| one.mattered()).collect());
        let summary = Summary::over(mine);
        let mut cells = vec![kind.to_string()];
        cells.extend(summary.cells());
        cells.extend(mattered.cells());
        cells.extend([summary.failed_moves.to_string(), summary.replans.to_string()]);
        cells.push(number(Some(summary.seconds)));
        grid.row(cells);
    };
    for (at, world) in DISTURBED_ROW.worlds.iter().enumerate() {
        let kind = world.split("--disturb ").nth(1).and_then(|rest| rest.split(' ').next());
        let mine = disturbed.iter().copied().filter(|one| one.seed as usize % n_kinds == at);
        add(kind.unwrap_or("-"), mine.collect());
    }
    add("**all**", disturbed);
    grid
}

/// Episodes of the disturbed row in which the disturbance came before the end.
fn disturbed(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let is_mine = |one: &&Outcome| one.row == DISTURBED_ROW.name && one.disturbances > 0;
    outcomes.iter().filter(is_mine).collect()
}

fn training(record: &Record) -> Grid {
    let mut grid = Grid::new(&[
        "skills",
        "head",
        "demonstrations",
        "symmetry",
        "wall s",
        "CPU s",
        "peak MiB",
        "model kB",
    ]);
    for lesson in lessons() {
        let Some(cost) = record.cost(lesson) else { continue };
        grid.row(vec![
            lesson.name.to_string(),
            lesson.head.to_string(),
            lesson.demonstrations.to_string(),
            lesson.symmetry.to_string(),
            number(Some(cost.wall_seconds)),
            number(Some(cost.cpu_seconds)),
            number(Some(cost.peak_bytes as f64 / f64::from(1 << 20))),
            number(Some(cost.model_bytes as f64 / 1e3)),
        ]);
    }
    grid
}

fn rivals(rungs: &[Rung], outcomes: &[Outcome]) -> String {
    let mut grid = Grid::new(&[
        "rival",
        "parameters",
        "tuning CPU s",
        "of the engine's training",
        "passes over its data",
        "held-out loss",
        "converged",
        "episodes a cell",
        "one move",
        "3 blocks",
        "4 blocks, unseen",
        "rules broken there",
        "goals met, 3 / 4 blocks",
        "decision p99 ms",
    ]);
    for rung in rungs {
        let of = |task: &str| Summary::of(outcomes, &rung.row(task));
        let (one, three, four) = (of("one move"), of("3 blocks"), of("4 blocks"));
        let p99 = [&one, &three, &four].into_iter().map(|summary| summary.p99_ms).fold(0.0, f64::max);
        grid.row(vec![
            rung.name.clone(),
            grouped(rung.n_parameters as i64),
            number(Some(rung.cpu_seconds())),
            number(Some(rung.cpu_seconds() / rung.engine_cpu_seconds)),
            number(Some(rung.passes())),
            number(Some(rung.chosen().held_out_loss())),
            if rung.has_converged() { "yes" } else { "no" }.to_string(),
            three.n.to_string(),
            one.share(),
            three.share(),
            four.share(),
            format!("{} of {}", four.n_broken, four.n),
            format!("{} / {}", percent(three.progress), percent(four.progress)),
            number(Some(p99)),
        ]);
    }
    format!(
        "{}\n{STATES}\nRivals are small policies on states; they are not vision-language-action models. Each rung: 8 \
         settings by successive halving on {} whole demonstrations of 3-block Hanoi, then episodes on seeds of their own. \
         An episode ends at a goal reached, at a broken rule, or at its limit. In brackets: Wilson 95 %. Their seeds are \
         not those of the engine's rows. Converged: twice the steps gained at most 5 % of the held-out loss. Tuning is of \
         the rival's settings; what its design and the engine's took their authors is in neither.\n\n{}",
        grid.markdown(),
        rungs.first().map_or(0, |rung| rung.demonstrations),
        parity(rungs, outcomes)
    )
}

/// At which size rivals would reach what the engine does, for each task and kind, if that can be said.
fn parity(rungs: &[Rung], outcomes: &[Outcome]) -> String {
    let one = |(task, row): (&str, &str), kind: Kind| {
        let engine = Summary::of(outcomes, row).rate();
        let rungs: Vec<&Rung> = rungs.iter().filter(|rung| rung.kind == kind).collect();
        let point = |rung: &Rung| {
            let summary = Summary::of(outcomes, &rung.row(task));
            let parameters = rung.n_parameters as f64;
            Point { parameters, rate: summary.rate(), interval: summary.interval, n: summary.n }
        };
        let points: Vec<Point> = rungs.iter().map(|rung| point(rung)).collect();
        let is_open = points.iter().all(|point| point.rate < engine);
        let verdict = match is_open && rungs.iter().any(|rung| !rung.has_converged()) {
            true => "refused: rungs that have not converged say nothing of their size".to_string(),
            false => parity::verdict(engine, &points),
        };
        format!("- parity on {row}, {}: {verdict}\n", kind.name())
    };
    let tasks = ladder::TASKS.iter().zip(&ROWS).map(|((task, _), row)| (*task, row.name));
    tasks.flat_map(|task| KINDS.into_iter().map(move |kind| one(task, kind))).collect()
}

fn energy(record: &Record) -> String {
    let (low, watts, high) = WATTS_PER_CORE;
    let mut grid = Grid::new(&[
        "who",
        "training kJ",
        "of the engine's then",
        "3-block episode J",
        "if a core is busy for all of it, J",
    ]);
    let kilojoules = |cpu: f64| {
        format!(
            "{} ({} to {})",
            number(Some(cpu * watts / 1e3)),
            number(Some(cpu * low / 1e3)),
            number(Some(cpu * high / 1e3))
        )
    };
    let mut add = |name: &str, (cpu, engines): (f64, f64), row: &str| {
        let summary = Summary::of(&record.episodes, row);
        grid.row(vec![
            name.to_string(),
            kilojoules(cpu),
            number(Some(cpu / engines)),
            number(Some(summary.decision_seconds * watts)),
            number(Some(summary.seconds * watts)),
        ]);
    };
    if let Some(cost) = record.cost(&DEFAULT) {
        add(&format!("engine, {}", DEFAULT.name), (cost.cpu_seconds, cost.cpu_seconds), "3 blocks");
    }
    for rung in &record.rungs {
        let seconds = (rung.chosen().cpu_seconds, rung.engine_cpu_seconds);
        add(&rung.name, seconds, &rung.row("3 blocks"));
    }
    format!(
        "{STATES}\nModelled, not measured: CPU seconds of training and wall seconds of decisions (one thread) times {watts} W a busy \
         core ({low} to {high} W). Training of a rival is the chosen setting alone, without its tuning; it is \
         compared with the engine's training in the same piece of the run. An episode's energy is its decisions', in the \
         mean.\n\n{}\nThe paper \
         (arXiv 2602.19260, measured on an RTX 4090 with cameras): training 68.5 MJ end-to-end, 0.85 MJ neuro-symbolic; a \
         3-block episode 7.96 and 0.83 kJ.",
        grid.markdown()
    )
}

fn bars(run: &mut Run, record: &Record) {
    let outcomes = &record.episodes;
    let mut judge = |name: &str, what: &str, summary: &Summary, least: f64| {
        // What is still to be played has no bar yet.
        if summary.n == 0 {
            return;
        }
        let (low, _) = summary.interval;
        let text = format!(
            "{name}: reached goals, poses given, of {} episodes{what}, {} broken rules; Wilson 95 % lower bound {}",
            summary.n,
            summary.violations,
            percent(low)
        );
        let bar = Bar::judge(&text, Some(100.0 * summary.rate()), Promise::AtLeast, Some(100.0 * least));
        run.bar(name, bar.in_unit("%"));
    };
    for row in &ROWS {
        let Some(least) = row.bar else { continue };
        if row.name != DISTURBED_ROW.name {
            judge(row.name, "", &Summary::of(outcomes, row.name), least);
            continue;
        }
        let disturbed = disturbed(outcomes);
        let mattered = disturbed.iter().copied().filter(|one| one.mattered()).collect();
        judge(row.name, " that were disturbed", &Summary::over(disturbed), least);
        let name = format!("{}, and it mattered", row.name);
        judge(&name, " in which a move failed or a new plan was made", &Summary::over(mattered), least);
    }
    // What a run that lacks parts has not measured yet has no bar there.
    let Some(wall) = record.cost(&DEFAULT).map(|cost| cost.wall_seconds) else { return };
    let text = "training of all skills from 50 demonstrations, default head, two cores";
    run.bar(
        "training",
        Bar::judge(text, Some(wall), Promise::AtMost, Some(MAX_TRAINING_SECONDS)).in_unit("s"),
    );
    let ratios = record.rungs.iter().map(|rung| rung.cpu_seconds() / rung.engine_cpu_seconds);
    let Some(ratio) = ratios.reduce(f64::min) else { return };
    let text = "the least CPU of a rival's tuning, of the engine's training";
    run.bar(
        "rivals' budget",
        Bar::judge(text, Some(ratio), Promise::AtLeast, Some(MIN_RIVAL_BUDGET)).in_unit("x"),
    );
}
