//! `isogrid measure`: the contenders of a workload side by side, each in a process of its own.

use std::path::Path;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::budget::Budget;
use isogrid::core::{Energy, Entry, Fault, Role, Row, Score, Stop};
use isogrid::isolate::{self, Field, Measured, NOISE, Options};
use isogrid::wire;
use isogrid::workloads::{self, Job, Kind};

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::inputs::{self, Asked};
use crate::screen::Form;
use crate::text::{self, Side, TextTable, hanging, number};
use crate::{args, interrupt};

/// How long a contender may take when the user gives no budget.
const PATIENCE: Duration = Duration::from_secs(30);

/// Narrower terminals get fewer columns; `--json` always has all of them.
const WIDE: usize = 100;

pub(crate) fn command(entries: &[Entry]) -> Command {
    let repeats = Arg::new("repeats")
        .long("repeats")
        .value_name("N")
        .value_parser(value_parser!(u64).range(1..=1000))
        .default_value("1")
        .help("Run each contender so often, show the median run and say which times are noisy");
    args::with_work(Command::new("measure").arg(args::paths()).arg(repeats), entries)
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let asked = Asked::from(app, matches)?;
    let candidates = asked.candidates(app)?;
    let kind = Kind::of_candidates(&candidates)?;
    let paths = inputs::paths(matches);
    if let Some(path) = paths.iter().find(|path| !path.is_file()) {
        return Err(not_a_file(path).into());
    }
    let Asked { request, seed, budget, .. } = asked;
    let patience = budget.wall.is_none().then_some(PATIENCE);
    let job = Job { paths, options: request.options, seed, budget, patience };
    let name = workloads::name(kind, &job)?;
    interrupt::listen(app);
    let engines: Vec<_> = candidates.iter().map(|(entry, _)| (entry.info)().name).collect();
    let field = isolate::field(kind).of_engines(&engines);
    let repeats = matches.get_one::<u64>("repeats").copied().unwrap_or(1);
    let options = Options { repeats, cancel: app.cancel.clone() };
    let observer = app.screen.watch();
    let total = field.candidates.len() as u64 * repeats;
    let mut done = 0;
    let measured = isolate::measure(&field, (kind, &name, &job), &options, &mut |row| {
        done += 1;
        if let Some(observer) = &observer {
            let progress =
                isogrid::core::Progress { stage: "measure", done, total: Some(total), note: &row.contender };
            observer.progress(progress);
        }
    });
    app.screen.unwatch();
    show(app, &measured, &field, (&job, repeats))?;
    let interrupted = app.cancel.requested() == Some(Stop::Cancelled);
    let answered = measured.report.rows.iter().any(|row| row.score.is_some());
    Ok(match (interrupted, answered) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Answered,
        (false, false) => Exit::Internal,
    })
}

fn not_a_file(path: &Path) -> Fault {
    Fault::bad_input(format!("`{}` is not a plain file", path.display()))
        .with_hint("every contender reads the input in a process of its own: save it to a file first")
}

fn show(app: &App, measured: &Measured, field: &Field, (job, repeats): (&Job, u64)) -> Result<(), Trouble> {
    let Measured { report, noisy } = measured;
    let budget = Budget { wall: job.budget.wall.or(job.patience), ..job.budget };
    if app.screen.form == Form::Json {
        return app.screen.object(&wire::Measured {
            report,
            budget: &budget.to_string(),
            repeats,
            noisy,
            absent: &field.absent,
        });
    }
    let width = app.screen.width();
    let mut text = format!("{}, seed {}, at most {} each\n\n", report.workload, report.seed, limits(&budget));
    text += &table(&report.rows, width).render(width);
    text += &remarks(&report.rows, width);
    app.screen.data(&text)?;
    if !noisy.is_empty() {
        let share = NOISE * 100.0;
        app.screen.warning(&format!(
            "working times of repeats differ by more than {share} %: {}",
            noisy.join(", ")
        ));
    }
    for absent in &field.absent {
        app.screen.note(&format!("absent: {}\n  {}", absent.what, absent.remedy));
    }
    Ok(())
}

fn limits(budget: &Budget) -> String {
    let wall = budget.wall.map(|wall| text::seconds(wall.as_secs_f64()));
    let ticks = budget.ticks.map(|ticks| format!("{ticks} ticks"));
    let parts: Vec<_> = [wall, budget.bytes.map(text::bytes), ticks].into_iter().flatten().collect();
    parts.join(", ")
}

fn table(rows: &[Row], width: usize) -> TextTable {
    let score = rows.iter().find_map(|row| row.score.as_ref()).map_or("score", |score| score.name.as_str());
    let mut columns = vec![("contender", Side::Left), ("role", Side::Left), (score, Side::Right)];
    let intervals = rows.iter().filter_map(|row| row.score.as_ref()).any(|score| score.interval.is_some());
    if width >= WIDE && intervals {
        columns.push(("95 % interval", Side::Right));
    }
    columns.extend(
        ["work s", "process s", "cpu s", "peak MB", "model kB", "joules"].map(|name| (name, Side::Right)),
    );
    if width < WIDE {
        columns.retain(|(name, _)| !matches!(*name, "process s" | "role"));
    }
    let mut table = TextTable::new(&columns);
    for row in rows {
        let cell = |column: &str| cell(row, column);
        table.row(
            columns.iter().map(|(name, _)| if *name == score { cell("score") } else { cell(name) }).collect(),
        );
    }
    table
}

fn cell(row: &Row, column: &str) -> String {
    let figure = |value: Option<f64>| value.map_or("-".to_string(), number);
    let failed = row.score.is_none();
    let cost = &row.cost;
    match column {
        "contender" => row.contender.clone(),
        "role" => role(&row.role),
        "score" => row.score.as_ref().map_or("failed".to_string(), value),
        "95 % interval" => interval(row.score.as_ref()),
        "work s" => figure((!failed).then_some(cost.work_seconds)),
        "process s" => figure(cost.process_seconds),
        "cpu s" => figure(cost.cpu_seconds),
        "peak MB" => figure(cost.peak_bytes.map(|bytes| bytes as f64 * 1e-6)),
        "model kB" => figure(cost.model_bytes.map(|bytes| bytes as f64 * 1e-3)),
        _ => figure(cost.energy.as_ref().map(|energy| match energy {
            Energy::Measured { joules } | Energy::Modelled { joules, .. } => *joules,
        })),
    }
}

fn value(score: &Score) -> String {
    score.value.map_or("none".to_string(), number)
}

fn interval(score: Option<&Score>) -> String {
    let interval = score.and_then(|score| score.interval);
    interval.map_or("-".to_string(), |(low, high)| format!("[{}, {}]", number(low), number(high)))
}

fn role(role: &Role) -> String {
    match role {
        Role::Engine => "engine".to_string(),
        Role::Rung { ladder, size } => format!("{ladder} {size}"),
        Role::Peer { version } => format!("peer {version}"),
    }
}

/// What the table has no room for: how rows ended, and how energy was obtained.
fn remarks(rows: &[Row], width: usize) -> String {
    let mut text = String::from("\n");
    let mut remark =
        |title: &str, words: &str| text += &(hanging(&format!("{title}: "), words, width) + "\n");
    for row in rows.iter().filter(|row| row.score.is_none() || row.outcome != Stop::Done.to_string()) {
        remark(&row.contender, &row.outcome);
    }
    if let Some(score) = rows.iter().find_map(|row| row.score.as_ref()) {
        remark(&score.name, if score.higher_is_better { "higher is better" } else { "lower is better" });
    }
    match rows.iter().find_map(|row| row.cost.energy.as_ref()) {
        Some(Energy::Measured { .. }) => remark("joules", "measured, of the whole processor package"),
        Some(Energy::Modelled { constants, .. }) => remark("joules", &format!("modelled, {constants}")),
        None => {}
    }
    if width < WIDE {
        remark("left out", "role, interval and process seconds; a wider terminal or --json has them");
    }
    text
}
