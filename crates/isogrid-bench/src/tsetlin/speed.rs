//! Speed and memory at equal sizes: every machine trains the same passes over the same digits on one core, in turns.

use anyhow::Result;
use isogrid_num::stats::median;
use serde_json::{Value, json};

use super::Bench;
use super::entrants::{Cores, Entrant, Setting, peers};
use super::spec::Record;
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::run::Run;

const SECTION: &str = "speed";
const SIZES: [&str; 2] = ["20 a class", "100 a class"];
const KILL_AFTER: f64 = 900.0;

/// Our settings at the sizes: of some twenty around those of the fuzzy machine's authors one that is both accurate and
/// fast, on 6,000 digits to learn and 2,000 others of the 8,000.
fn ours() -> [Setting; 2] {
    let setting = |words: &str, settings: Value| Setting {
        entrant: Entrant::ours("isogrid"),
        words: words.to_string(),
        settings,
        has_threads: true,
    };
    let (few, more) = (
        json!({"clauses": 20, "threshold": 15, "specificity": 150.0, "fuzziness": 30, "literals": 60}),
        json!({"clauses": 100, "threshold": 28, "specificity": 150.0, "fuzziness": 8, "literals": 16}),
    );
    [setting(SIZES[0], few), setting(SIZES[1], more)]
}

/// What one setting gave, medians over the rounds.
struct Row {
    name: String,
    words: String,
    is_ours: bool,
    samples_a_second: Option<f64>,
    accuracy: Option<f64>,
    /// Rows a second of its fastest way to answer many.
    rows_a_second: Option<f64>,
    one_row_seconds: Option<f64>,
    /// Beyond imports and rows.
    training_bytes: Option<f64>,
    /// The rows as it trains from them.
    rows_bytes: Option<f64>,
}

/// Measures every setting, adds a table and bars.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let (n_rounds, epochs) = if bench.quick { (1, 1) } else { (3, 10) };
    let mut settings = Vec::from(ours());
    settings.extend(peers(&bench.places.scripts, "small")?);
    let mut rounds: Vec<Vec<Vec<Record>>> = vec![Vec::new(); settings.len()];
    for round in 0..n_rounds {
        for (setting, records) in settings.iter().zip(&mut rounds) {
            if let Some(found) = measure(bench, run, (setting, round, epochs))? {
                records.push(found);
            }
        }
    }
    let rows: Vec<Row> = settings.iter().zip(&rounds).map(|(setting, rounds)| row(setting, rounds)).collect();
    run.fragment(SECTION, table(&rows).markdown());
    bars(run, &rows);
    Ok(())
}

/// One process; `None` where the time is up before it begins, or a peer fails.
fn measure(
    bench: &mut Bench<'_>,
    run: &mut Run,
    (setting, round, epochs): (&Setting, u64, u64),
) -> Result<Option<Vec<Record>>> {
    let name = &setting.entrant.name;
    let key = bench.key(SECTION, setting, json!({"round": round, "epochs": epochs}))?;
    if bench.is_late() && bench.memo.get(&key).is_none() {
        return Ok(None);
    }
    let mut spec = bench.arrays.spec(setting.settings.clone());
    (spec.epochs, spec.test_every, spec.seed) = (epochs, epochs, 1 + round);
    spec.measure = ["inference", "one_row", "export", "memory"].map(String::from).to_vec();
    let (places, entrant) = (bench.places.clone(), setting.entrant.clone());
    let job = bench.memo.of(&key, || entrant.run(&places, &spec, (Cores::One, KILL_AFTER)));
    let job = match job {
        Ok(job) => job,
        Err(error) => {
            bench.say(&format!("{name}, {}: {error:#}", setting.words));
            run.record(&json!({"section": SECTION, "key": key, "error": format!("{error:#}")}))?;
            return Ok(None);
        }
    };
    run.record(&json!({"section": SECTION, "key": key, "piece": job.piece, "records": job.records}))?;
    let speed = samples_a_second(&job.records);
    bench.say(&format!("{name}, {}: {} training samples/s", setting.words, number(speed)));
    Ok(Some(job.records))
}

fn samples_a_second(records: &[Record]) -> Option<f64> {
    let last = records.iter().rev().find(|record| record.kind == "epoch")?;
    Some(last.number("samples")? * last.number("epoch")? / last.number("train_s")?)
}

fn rows_a_second(records: &[Record]) -> Option<f64> {
    let speeds = records.iter().filter(|record| record.kind == "inference");
    let speeds = speeds.filter_map(|record| Some(record.number("rows")? / record.number("seconds")?));
    speeds.max_by(f64::total_cmp)
}

fn least(records: &[Record], kind: &str, field: &str) -> Option<f64> {
    let found = records.iter().filter(|record| record.kind == kind);
    found.filter_map(|record| record.number(field)).min_by(f64::total_cmp)
}

fn in_training(records: &[Record], bytes: &str) -> Option<f64> {
    let found =
        records.iter().find(|record| record.kind == "memory" && record.text("phase") == Some("training"));
    found?.number(bytes)
}

fn row(setting: &Setting, rounds: &[Vec<Record>]) -> Row {
    let middle = |of: &dyn Fn(&[Record]) -> Option<f64>| {
        let values: Vec<f64> = rounds.iter().filter_map(|records| of(records)).collect();
        (!values.is_empty()).then(|| median(&values))
    };
    Row {
        name: setting.entrant.name.clone(),
        words: setting.words.clone(),
        is_ours: setting.entrant == Entrant::ours("isogrid"),
        samples_a_second: middle(&samples_a_second),
        accuracy: middle(&|records| {
            records.iter().rev().find(|record| record.kind == "epoch")?.number("accuracy")
        }),
        rows_a_second: middle(&rows_a_second),
        one_row_seconds: middle(&|records| least(records, "one_row", "seconds")),
        training_bytes: middle(&|records| in_training(records, "peak_bytes")),
        rows_bytes: middle(&|records| in_training(records, "rows_bytes")),
    }
}

fn table(rows: &[Row]) -> Grid {
    let header = [
        "machine",
        "clauses",
        "training samples/s",
        "accuracy %",
        "rows/s",
        "one row µs",
        "training MB",
        "rows MB",
    ];
    let mut grid = Grid::new(&header);
    for row in rows {
        grid.row(vec![
            row.name.clone(),
            row.words.clone(),
            number(row.samples_a_second),
            number(row.accuracy.map(|share| share * 100.0)),
            number(row.rows_a_second),
            number(row.one_row_seconds.map(|seconds| seconds * 1e6)),
            number(row.training_bytes.map(|bytes| bytes * 1e-6)),
            number(row.rows_bytes.map(|bytes| bytes * 1e-6)),
        ]);
    }
    grid
}

fn bars(run: &mut Run, rows: &[Row]) {
    let ours = |size: &str| rows.iter().find(|row| row.is_ours && row.words == size);
    let peer =
        |name: &str, words: &str| rows.iter().find(|row| row.name.starts_with(name) && row.words == words);
    let ratio = |ours: Option<f64>, theirs: Option<f64>| Some(ours? / theirs?);
    for (bar, size, name, words, least) in [
        ("training, 20 a class, beside green-tsetlin", SIZES[0], "green", SIZES[0], 8.0),
        ("training, 100 a class, beside tmu vanilla", SIZES[1], "tmu", SIZES[1], 15.0),
        ("training, 100 a class, beside tmu coalesced", SIZES[1], "tmu", "100 a class, one pool", 50.0),
    ] {
        let speed = |row: Option<&Row>| row.and_then(|row| row.samples_a_second);
        let value = ratio(speed(ours(size)), speed(peer(name, words)));
        let text = "training samples a second of wall time on one core, of the peer's, over the same passes";
        run.bar(bar, Bar::judge(text, value, Promise::AtLeast, Some(least)).in_unit("x"));
    }
    for size in SIZES {
        let rivals = rows.iter().filter(|row| !row.is_ours && row.words.starts_with(size));
        let fastest = rivals.filter_map(|row| row.rows_a_second).max_by(f64::total_cmp);
        let value = ratio(ours(size).and_then(|row| row.rows_a_second), fastest);
        let text = "rows answered a second on one core, of the fastest peer's fastest way";
        run.bar(
            &format!("answers, {size}"),
            Bar::judge(text, value, Promise::AtLeast, Some(10.0)).in_unit("x"),
        );
    }
    let one_row = ours(SIZES[0]).and_then(|row| row.one_row_seconds).map(|seconds| seconds * 1e6);
    let text = "one row by 200 clauses in total, median";
    run.bar("one row", Bar::judge(text, one_row, Promise::AtMost, Some(5.0)).in_unit("µs"));
    let beyond = |row: Option<&Row>| row.and_then(|row| row.training_bytes);
    let with_rows = |row: Option<&Row>| row.and_then(|row| Some(row.training_bytes? + row.rows_bytes?));
    for size in SIZES {
        let text = "peak resident bytes of training with its rows, beyond imports, of green-tsetlin's";
        let value = ratio(with_rows(ours(size)), with_rows(peer("green", size)));
        let bar = Bar::judge(text, value, Promise::AtMost, Some(0.5)).in_unit("x");
        run.bar(&format!("memory with rows, {size}"), bar);
        let text = "peak resident bytes of training beyond imports and rows, of green-tsetlin's";
        let value = ratio(beyond(ours(size)), beyond(peer("green", size)));
        let bar = Bar::judge(text, value, Promise::AtMost, Some(0.5)).in_unit("x");
        run.bar(&format!("memory beyond rows, {size}"), bar);
    }
}
