//! Ten public tables, ours with settings by trial beside tuned LightGBM, on the same rows.

use std::time::Instant;

use anyhow::{Context, Result};
use isogrid::data::{Cells, CsvOptions, Table, Values, locate, read_table};
use isogrid::tsetlin::{Settings, TableClassifier, TableOptions};
use isogrid_core::{Ctx, Source};
use isogrid_num::stats::mean;
use serde_json::{Map, Value, json};

use super::entrants::{Cores, Entrant, Setting};
use super::spec::{Arrays, Record};
use super::{Bench, Setup, arrays};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::run::Run;

const SECTION: &str = "learn";
/// Data set, file, column to predict. Chosen before any was tried: the tables that research named, and the two larger
/// ones of scikit-learn.
pub(super) const TABLES: [(&str, &str, &str); 10] = [
    ("keel", "letter", "class"),
    ("keel", "magic", "class"),
    ("keel", "optdigits", "class"),
    ("keel", "mushroom", "class"),
    ("keel", "spambase", "class"),
    ("keel", "splice", "class"),
    ("keel", "chess", "class"),
    ("keel", "tic-tac-toe", "class"),
    ("sklearn-tables", "digits", "label"),
    ("sklearn-tables", "breast_cancer", "class"),
];
/// Points that count as equal.
const NEAR: f64 = 1.0;
const LEAST_NEAR: f64 = 6.0;
const N_SPLITS: u64 = 3;
/// The share of rows to learn from.
pub(super) const LEARNED: f64 = 0.7;
/// Seconds that LightGBM may tune, and settings that ours tries.
const TUNE_SECONDS: f64 = 120.0;
const N_TRIALS: usize = 24;

/// Learns every table on every split, adds a table and a bar.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let header = ["table", "rows", "ours %", "LightGBM %", "difference", "ours s", "LightGBM s"];
    let mut grid = Grid::new(&header);
    let mut n_near = Some(0.0);
    let (tables, n_splits) = if bench.quick { (&TABLES[7..8], 1) } else { (&TABLES[..], N_SPLITS) };
    for &(set, name, target) in tables {
        let whole = table(bench, set, name)?;
        let (mut ours, mut theirs): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
        for split in 1..=n_splits {
            let (learned, judged) = whole.split(LEARNED, split);
            let case = Case { section: SECTION, name, target, split, learned: &learned, judged: &judged };
            ours.extend(our_fit(bench, run, &case)?);
            theirs.extend(peer_fit(bench, run, &case)?);
        }
        let is_whole = ours.len() as u64 == n_splits && theirs.len() as u64 == n_splits;
        let middle = |records: &[Record], of: &dyn Fn(&Record) -> Option<f64>| {
            let values: Vec<f64> = records.iter().filter_map(of).collect();
            (is_whole && !values.is_empty()).then(|| mean(&values))
        };
        let percent = |record: &Record| record.number("accuracy").map(|share| share * 100.0);
        let seconds =
            |record: &Record| Some(record.number("tune_s").unwrap_or(0.0) + record.number("fit_s")?);
        let (own, rival) = (middle(&ours, &percent), middle(&theirs, &percent));
        let difference = own.zip(rival).map(|(own, rival)| own - rival);
        n_near = n_near.zip(difference).map(|(n, difference)| n + f64::from(u8::from(difference >= -NEAR)));
        grid.row(vec![
            name.to_string(),
            whole.n_rows().to_string(),
            number(own),
            number(rival),
            number(difference),
            number(middle(&ours, &seconds)),
            number(middle(&theirs, &seconds)),
        ]);
    }
    run.fragment(SECTION, grid.markdown());
    let text = "tables of ten on which ours is no more than a point behind LightGBM, means of three splits";
    run.bar("tables beside LightGBM", Bar::judge(text, n_near, Promise::AtLeast, Some(LEAST_NEAR)));
    Ok(())
}

/// A split of a table.
pub(super) struct Case<'a> {
    pub section: &'static str,
    pub name: &'a str,
    pub target: &'a str,
    pub split: u64,
    pub learned: &'a Table,
    pub judged: &'a Table,
}

impl Case<'_> {
    /// The share of judged rows whose class is answered; rows and class numbers, of all rows.
    pub fn accuracy(&self, classes: &[String], answers: impl Iterator<Item = (usize, u32)>) -> Result<f64> {
        let truth = self.judged.require(self.target)?;
        let is_right = |row: usize, class: u32| {
            truth.text(row).is_some_and(|name| name == classes[class as usize].as_str())
        };
        let n_right = answers.filter(|&(row, class)| is_right(row, class)).count();
        Ok(n_right as f64 / self.judged.n_rows().max(1) as f64)
    }
}

pub(super) fn table(bench: &Bench<'_>, set: &str, name: &str) -> Result<Table> {
    let folder = locate(set, &bench.data).with_context(|| format!("no `{set}`: cargo xtask fetch {set}"))?;
    Ok(read_table(&Source::file(folder.join(format!("{name}.csv"))), &CsvOptions::default())?.0)
}

fn our_fit(bench: &mut Bench<'_>, run: &mut Run, case: &Case<'_>) -> Result<Option<Record>> {
    let setting = setting(Entrant::ours("isogrid"), case, json!({"trials": N_TRIALS}));
    let work = |case: &Case<'_>| -> Result<Vec<Record>> {
        let machine = Settings { n_threads: Some(2), ..Settings::default() };
        let options = TableOptions { machine, n_trials: N_TRIALS, ..TableOptions::default() };
        let (ctx, start) = (Ctx::new(case.split), Instant::now());
        let model = TableClassifier::fit(&ctx, case.learned, case.target, &options)?.model;
        let seconds = start.elapsed().as_secs_f64();
        let answers = model.answer(&ctx, case.judged, 0..case.judged.n_rows())?.0;
        let answers = answers.iter().map(|answer| (answer.row, answer.class));
        let accuracy = case.accuracy(model.classes(), answers)?;
        let best = model.trials().first().map(|trial| format!("{trial:?}"));
        let fields = json!({"accuracy": accuracy, "fit_s": seconds, "settings": best});
        Ok(vec![Record { kind: "fit".into(), fields: fields.as_object().cloned().unwrap_or_default() }])
    };
    done(bench, run, (&setting, case), |case, _| work(case))
}

fn peer_fit(bench: &mut Bench<'_>, run: &mut Run, case: &Case<'_>) -> Result<Option<Record>> {
    let entrant = Entrant::peer("LightGBM", "lightgbm_peer.py", "tsetlin/tables");
    let setting = setting(entrant, case, json!({"seconds": TUNE_SECONDS}));
    tuned_peer(bench, run, (&setting, case, TUNE_SECONDS))
}

/// A peer that tunes itself for some seconds, on a split as numbers.
pub(super) fn tuned_peer(
    bench: &mut Bench<'_>,
    run: &mut Run,
    (setting, case, seconds): (&Setting, &Case<'_>, f64),
) -> Result<Option<Record>> {
    done(bench, run, (setting, case), |case, bench| {
        let folder = bench.places.scratch.join("table");
        std::fs::create_dir_all(&folder)?;
        let arrays = Arrays { folder };
        numbers(case, &arrays)?;
        let mut spec = arrays.spec(setting.settings.clone());
        (spec.threads, spec.seed) = (2, case.split);
        let tune = json!({"seconds": if bench.quick { 2.0 } else { seconds }, "trials": 1_000});
        spec.more = Map::from_iter([("tune".to_string(), tune)]);
        setting.entrant.run(&bench.places, &spec, (Cores::All, 3_600.0))
    })
}

pub(super) fn setting(entrant: Entrant, case: &Case<'_>, settings: Value) -> Setting {
    Setting { entrant, words: case.name.to_string(), settings, has_threads: true }
}

/// The fit of one contender on one split, done now or before.
pub(super) fn done(
    bench: &mut Bench<'_>,
    run: &mut Run,
    (setting, case): (&Setting, &Case<'_>),
    work: impl FnOnce(&Case<'_>, &Setup) -> Result<Vec<Record>>,
) -> Result<Option<Record>> {
    let key = bench.key(case.section, setting, json!({"split": case.split, "quick": bench.quick}))?;
    if bench.is_late() && bench.memo.get(&key).is_none() {
        return Ok(None);
    }
    let setup = bench.setup();
    let job = bench.memo.of(&key, || work(case, &setup))?;
    run.record(&json!({"section": case.section, "key": key, "piece": job.piece, "records": job.records}))?;
    let fit = job.records.into_iter().find(|record| record.kind == "fit");
    let accuracy = fit.as_ref().and_then(|fit| fit.number("accuracy")).map(|share| share * 100.0);
    bench.say(&format!(
        "{}, {}, split {}: {} %",
        case.name,
        setting.entrant.name,
        case.split,
        number(accuracy)
    ));
    Ok(fit)
}

/// A split as numbers, for learners that take nothing else: categories as one column a label, missing values as NaN.
fn numbers(case: &Case<'_>, to: &Arrays) -> Result<()> {
    let mut classes: Vec<String> = Vec::new();
    for (part, table) in [("train", case.learned), ("test", case.judged)] {
        let target = table.require(case.target)?;
        let mut columns: Vec<Vec<f32>> = Vec::new();
        for column in table.columns().iter().filter(|column| column.name() != case.target) {
            match column.cells() {
                Cells::Numbers(values) => columns.push(values.iter().map(|&value| value as f32).collect()),
                // Labels keep their codes through a split, so both parts have the same columns.
                Cells::Categories(cells) => columns.extend((0..cells.labels().len() as u32).map(|label| {
                    cells.codes().iter().map(|&code| f32::from(u8::from(code == label))).collect()
                })),
            }
        }
        let (n_rows, n_columns) = (table.n_rows(), columns.len());
        let values = (0..n_rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        arrays::write(&to.path(&format!("x_{part}")), vec![n_rows, n_columns], Values::F32(values))?;
        let mut labels = Vec::new();
        for row in 0..n_rows {
            let name = target.text(row).with_context(|| format!("row {row} has no class"))?;
            let known = classes.iter().position(|class| *class == *name);
            labels.push(known.unwrap_or(classes.len()) as i64);
            if known.is_none() {
                classes.push(name.into_owned());
            }
        }
        arrays::write(&to.path(&format!("y_{part}")), vec![n_rows], Values::I64(labels))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use isogrid::data::{read_array, read_csv};

    use super::*;

    #[test]
    fn both_parts_have_the_same_columns_and_classes() {
        let text = "x,c,class\n1,red,b\n,blue,a\n3,green,b\n4,red,a\n";
        let (table, _) = read_csv("t.csv", text.as_bytes(), &CsvOptions::default()).expect("a table");
        let (learned, judged) = (table.take_rows(&[0, 1, 2]), table.take_rows(&[3]));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let arrays = Arrays { folder: folder.path().to_path_buf() };
        let case = Case {
            section: SECTION,
            name: "t",
            target: "class",
            split: 1,
            learned: &learned,
            judged: &judged,
        };
        numbers(&case, &arrays).expect("writable");
        let read = |name: &str| read_array(&Source::file(arrays.path(name))).expect(name);
        assert_eq!((read("x_train").shape(), read("x_test").shape()), (&[3, 4][..], &[1, 4][..]));
        let Values::F32(values) = read("x_train").into_values() else { panic!("not f32") };
        assert!(values[4].is_nan() && values[..4] == [1.0, 1.0, 0.0, 0.0], "{values:?}");
        let Values::I64(labels) = read("y_test").into_values() else { panic!("not i64") };
        assert_eq!(labels, [1]);
    }
}
