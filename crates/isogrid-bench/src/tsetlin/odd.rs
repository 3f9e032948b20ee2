//! Odd rows from normal ones alone: ours by both scores, beside an isolation forest and an autoencoder.
//!
//! All see the same numbers: the columns of Shuttle, and windows of series. Daphnet as it is packaged has no row marked
//! as odd, so it tells false alarms only.

use std::time::Instant;

use anyhow::{Context, Result};
use isogrid::data::{Cells, Column, CsvOptions, Table, Values, locate, read_table};
use isogrid::tsetlin::{
    AnomalyAnswer, AnomalyDetector, AnomalyOptions, Score, Settings, TableClassifier, TableOptions,
};
use isogrid_core::{Ctx, Source};
use isogrid_num::rng::Rng;
use isogrid_num::stats::{auc, mean, sd};
use serde_json::{Map, Value, json};

use super::entrants::{Cores, Entrant, Setting};
use super::spec::{Arrays, Record};
use super::{Bench, Setup, arrays};
use crate::grid::{Grid, number};
use crate::run::Run;

const SECTION: &str = "odd";
/// Points of a window, and the step between those that become features.
const WINDOW: usize = 64;
const STEP: usize = 4;
const FALSE_ALARMS: f64 = 0.01;

/// Rows as numbers, and which are odd.
struct Case {
    name: &'static str,
    normal: Vec<Vec<f64>>,
    rows: Vec<Vec<f64>>,
    is_odd: Vec<bool>,
}

/// Scores every case, adds a table. There is no bar: these stand beside each other.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let header = ["data", "detector", "AUC", "false alarms % (of 1)", "fit s"];
    let mut grid = Grid::new(&header);
    for case in cases(bench)? {
        let mut rows = Vec::new();
        for (name, score) in [("overlap", Score::Overlap), ("reconstruction", Score::Reconstruction)] {
            rows.extend(
                ours(bench, run, (&case, name), |case| detect(case, score))?.map(|record| (name, record)),
            );
        }
        rows.extend(ours(bench, run, (&case, "supervised"), supervise)?.map(|record| ("supervised", record)));
        for (name, learner) in [("isolation forest", "isolation_forest"), ("autoencoder", "autoencoder")] {
            rows.extend(peer(bench, run, (&case, learner))?.map(|record| (name, record)));
        }
        for (name, record) in rows {
            let seconds = Some(record.number("tune_s").unwrap_or(0.0)).zip(record.number("fit_s"));
            grid.row(vec![
                case.name.to_string(),
                name.to_string(),
                // Three digits would call the best of these perfect.
                record.number("auc").map_or_else(|| number(None), |auc| format!("{auc:.4}")),
                number(record.number("false_alarms").map(|share| share * 100.0)),
                number(seconds.map(|(tuning, fitting)| tuning + fitting)),
            ]);
        }
    }
    run.fragment(SECTION, grid.markdown());
    Ok(())
}

fn cases(bench: &Bench<'_>) -> Result<Vec<Case>> {
    let file = |set: &str, name: &str| -> Result<Vec<Vec<f64>>> {
        let folder =
            locate(set, &bench.data).with_context(|| format!("no `{set}`: cargo xtask fetch {set}"))?;
        let (table, _) = read_table(&Source::file(folder.join(name)), &CsvOptions::default())?;
        Ok(columns(&table))
    };
    let mut cases = vec![shuttle(&file("shuttle", "shuttle.csv.gz")?)];
    if bench.quick {
        return Ok(cases);
    }
    let series = |name, train: &str, test: &str, skipped: usize| -> Result<Case> {
        let (train, test) = (file("ucr-anomaly", train)?, file("ucr-anomaly", test)?);
        let odd = |start: usize| test[1][start..start + WINDOW].iter().any(|&mark| mark > 0.0);
        let starts = skipped..test[0].len() + 1 - WINDOW;
        Ok(Case {
            name,
            normal: (0..train[0].len() + 1 - WINDOW).map(|start| window(&train[0], start)).collect(),
            rows: starts.clone().map(|start| window(&test[0], start)).collect(),
            is_odd: starts.map(odd).collect(),
        })
    };
    // The test file of UCR 135 begins with the training file.
    cases.push(series("UCR 135, windows", "ucr-135-TRAIN.csv", "ucr-135-TEST.csv", 1_200)?);
    cases.push(series("ECG, windows", "ecg-diff-count-3-TRAIN_NA.csv", "ecg-diff-count-3-TEST.csv", 0)?);
    cases.push(daphnet(&file("daphnet", "daphnet.csv")?));
    Ok(cases)
}

/// The numeric columns of a table.
fn columns(table: &Table) -> Vec<Vec<f64>> {
    let numbers = table.columns().iter().filter_map(|column| match column.cells() {
        Cells::Numbers(values) if column.name() != "timestamp" => Some(values.clone()),
        _ => None,
    });
    numbers.collect()
}

/// Half of the normal rows to learn from; the last column says which are odd.
fn shuttle(columns: &[Vec<f64>]) -> Case {
    let n_features = columns.len() - 1;
    let row = |row: usize| columns[..n_features].iter().map(|values| values[row]).collect::<Vec<f64>>();
    let (mut normal, odd): (Vec<usize>, Vec<usize>) =
        (0..columns[0].len()).partition(|&row| columns[n_features][row] <= 0.0);
    Rng::new(0, 0).shuffle(&mut normal);
    let (learned, left) = normal.split_at(normal.len() / 2);
    let judged = left.iter().chain(&odd);
    Case {
        name: "Shuttle",
        normal: learned.iter().map(|&at| row(at)).collect(),
        rows: judged.map(|&at| row(at)).collect(),
        is_odd: (0..left.len() + odd.len()).map(|at| at >= left.len()).collect(),
    }
}

/// Every fourth value of a window, and the differences to the next values.
fn window(values: &[f64], start: usize) -> Vec<f64> {
    let places = || (start..start + WINDOW).step_by(STEP);
    let differences = places().map(|place| values[place + 1] - values[place]);
    places().map(|place| values[place]).chain(differences).collect()
}

/// Mean, deviation, extremes and mean step of each channel over windows; the first half is learned.
fn daphnet(channels: &[Vec<f64>]) -> Case {
    let channels = &channels[..9];
    let features = |start: usize| -> Vec<f64> {
        let of_channel = |values: &Vec<f64>| {
            let part = &values[start..start + WINDOW];
            let steps: Vec<f64> = part.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
            let (least, most) = part.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
            [mean(part), sd(part), least, most, mean(&steps)]
        };
        channels.iter().flat_map(of_channel).collect()
    };
    let n = channels[0].len() + 1 - WINDOW;
    // A window's width between the parts, so that none lies in both.
    let rows: Vec<Vec<f64>> = (n / 2 + WINDOW..n).map(features).collect();
    Case {
        name: "Daphnet, windows",
        normal: (0..n / 2).map(features).collect(),
        is_odd: vec![false; rows.len()],
        rows,
    }
}

fn table(rows: &[Vec<f64>]) -> Result<Table> {
    let n_columns = rows.first().map_or(0, Vec::len);
    let column = |at: usize| Column::numbers(&format!("x{at}"), rows.iter().map(|row| row[at]).collect());
    Ok(Table::new((0..n_columns).map(column).collect())?)
}

fn detect(case: &Case, score: Score) -> Result<Value> {
    let machine = Settings { n_threads: Some(2), ..Settings::default() };
    let options = AnomalyOptions { machine, score, false_alarms: FALSE_ALARMS, ..AnomalyOptions::default() };
    let (ctx, start) = (Ctx::new(1), Instant::now());
    let model = AnomalyDetector::fit(&ctx, &table(&case.normal)?, &options)?.model;
    let seconds = start.elapsed().as_secs_f64();
    let answers = model.answer(&ctx, &table(&case.rows)?, 0..case.rows.len())?.0;
    let scores: Vec<f64> = answers.iter().map(|answer| answer.score).collect();
    let is_false = |(answer, is_odd): &(&AnomalyAnswer, &bool)| answer.is_odd && !**is_odd;
    let n_false = answers.iter().zip(&case.is_odd).filter(is_false).count();
    let n_normal = case.is_odd.iter().filter(|is_odd| !**is_odd).count();
    let false_alarms = n_false as f64 / n_normal.max(1) as f64;
    Ok(json!({"auc": auc(&scores, &case.is_odd), "false_alarms": false_alarms, "fit_s": seconds}))
}

/// With labels of both kinds: the judged rows in two halves by turns, one learned and the other scored.
fn supervise(case: &Case) -> Result<Value> {
    if !case.is_odd.contains(&true) {
        return Ok(json!({}));
    }
    let half = |first: usize| -> Vec<usize> { (first..case.rows.len()).step_by(2).collect() };
    let (mut learned, judged) = (half(0), half(1));
    learned.sort_unstable();
    let labels = learned.iter().map(|&row| Some(if case.is_odd[row] { "odd" } else { "normal" }));
    let mut columns =
        table(&learned.iter().map(|&row| case.rows[row].clone()).collect::<Vec<_>>())?.into_columns();
    columns.push(Column::categories("label", labels));
    let machine = Settings { n_threads: Some(2), ..Settings::default() };
    let options = TableOptions { machine, ..TableOptions::default() };
    let (ctx, start) = (Ctx::new(1), Instant::now());
    let model = TableClassifier::fit(&ctx, &Table::new(columns)?, "label", &options)?.model;
    let seconds = start.elapsed().as_secs_f64();
    let rows = table(&judged.iter().map(|&row| case.rows[row].clone()).collect::<Vec<_>>())?;
    let answers = model.answer(&ctx, &rows, 0..rows.n_rows())?.0;
    let is_odd_class = |class: u32| model.classes()[class as usize] == "odd";
    let lead = |class: u32, margin: f64| if is_odd_class(class) { margin } else { -margin };
    let scores: Vec<f64> = answers.iter().map(|answer| lead(answer.class, answer.margin)).collect();
    let truth: Vec<bool> = judged.iter().map(|&row| case.is_odd[row]).collect();
    Ok(json!({"auc": auc(&scores, &truth), "fit_s": seconds}))
}

fn ours(
    bench: &mut Bench<'_>,
    run: &mut Run,
    (case, name): (&Case, &str),
    work: impl FnOnce(&Case) -> Result<Value>,
) -> Result<Option<Record>> {
    let setting = Setting {
        entrant: Entrant::ours("isogrid"),
        words: name.to_string(),
        settings: json!({}),
        has_threads: true,
    };
    done(bench, run, (&setting, case), |case, _| {
        let fields = work(case)?.as_object().cloned().unwrap_or_default();
        Ok(vec![Record { kind: "fit".into(), fields }])
    })
}

fn peer(bench: &mut Bench<'_>, run: &mut Run, (case, learner): (&Case, &str)) -> Result<Option<Record>> {
    if !case.is_odd.contains(&true) {
        return Ok(None);
    }
    let n_columns = case.normal.first().map_or(0, Vec::len);
    // An autoencoder with a waist, sized by the columns.
    let hidden = [4 * n_columns, 2 * n_columns, n_columns.div_ceil(3), 2 * n_columns, 4 * n_columns];
    let settings = json!({"learner": learner, "hidden": hidden});
    let entrant = Entrant::peer("scikit-learn", "sklearn_peer.py", "tsetlin/tables");
    let setting = Setting { entrant, words: learner.to_string(), settings, has_threads: true };
    done(bench, run, (&setting, case), |case, setup| {
        let folder = setup.places.scratch.join("odd");
        std::fs::create_dir_all(&folder)?;
        let arrays = Arrays { folder };
        write(&arrays, "train", &case.normal, &vec![false; case.normal.len()])?;
        write(&arrays, "test", &case.rows, &case.is_odd)?;
        let mut spec = arrays.spec(setting.settings.clone());
        spec.threads = 2;
        let tune = json!({"seconds": if setup.quick { 2.0 } else { 120.0 }, "trials": 20});
        spec.more = Map::from_iter([("tune".to_string(), tune)]);
        setting.entrant.run(&setup.places, &spec, (Cores::All, 3_600.0))
    })
}

fn write(arrays: &Arrays, part: &str, rows: &[Vec<f64>], is_odd: &[bool]) -> Result<()> {
    let n_columns = rows.first().map_or(0, Vec::len);
    let values = rows.iter().flatten().map(|&value| value as f32).collect();
    arrays::write(&arrays.path(&format!("x_{part}")), vec![rows.len(), n_columns], Values::F32(values))?;
    let labels = is_odd.iter().map(|&is_odd| i64::from(is_odd)).collect();
    arrays::write(&arrays.path(&format!("y_{part}")), vec![rows.len()], Values::I64(labels))
}

/// One detector on one case, done now or before.
fn done(
    bench: &mut Bench<'_>,
    run: &mut Run,
    (setting, case): (&Setting, &Case),
    work: impl FnOnce(&Case, &Setup) -> Result<Vec<Record>>,
) -> Result<Option<Record>> {
    let key = bench.key(SECTION, setting, json!({"case": case.name, "quick": bench.quick}))?;
    if bench.is_late() && bench.memo.get(&key).is_none() {
        return Ok(None);
    }
    let setup = bench.setup();
    let job = bench.memo.of(&key, || work(case, &setup))?;
    run.record(&json!({"section": SECTION, "key": key, "piece": job.piece, "records": job.records}))?;
    let fit = job.records.into_iter().find(|record| record.kind == "fit");
    let found = fit.as_ref().and_then(|fit| fit.number("auc"));
    bench.say(&format!("{}, {}: AUC {}", case.name, setting.words, number(found)));
    Ok(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_halves_are_what_they_say() {
        let values: Vec<f64> = (0..200).map(f64::from).collect();
        let features = window(&values, 10);
        assert_eq!((features.len(), features[0], features[15], features[16]), (32, 10.0, 70.0, 1.0));
        let column = |f: fn(usize) -> f64| (0..100).map(f).collect::<Vec<f64>>();
        let case = shuttle(&[column(|row| row as f64), column(|row| f64::from(u8::from(row % 10 == 0)))]);
        assert_eq!((case.normal.len(), case.rows.len()), (45, 55));
        let odd: Vec<f64> =
            case.rows.iter().zip(&case.is_odd).filter(|(_, odd)| **odd).map(|(row, _)| row[0]).collect();
        assert_eq!(odd, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        let still = daphnet(&vec![vec![5.0; 400]; 9]);
        assert_eq!(
            (still.normal[0].len(), still.normal[0][..5].to_vec()),
            (45, vec![5.0, 0.0, 5.0, 5.0, 0.0])
        );
    }
}
