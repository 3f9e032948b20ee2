//! Odd rows among normal ones: what is found, promised, saved and refused.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use isogrid_core::{
    Check, Ctx, Engine, Port, Recognition, Request, Sink, Source, Stop, Store, Value, Verdict,
};
use isogrid_data::answers::Rows;
use isogrid_data::{Column, Table};
use isogrid_num::rng::Rng;
use isogrid_num::stats::auc;
use isogrid_tsetlin::{Anomaly, AnomalyDetector, AnomalyOptions, Score, Settings, TsetlinError};
use std::ops::ControlFlow;

/// Pressure follows temperature and the valve; odd rows are out of step, or out of range.
fn plant(seed: u64, n_rows: usize, odd: impl Fn(usize) -> bool) -> Table {
    let mut rng = Rng::new(seed, 0);
    let (mut temperature, mut pressure, mut valve, mut site) = (vec![], vec![], vec![], vec![]);
    for row in 0..n_rows {
        let (heat, open) = (rng.unit() * 60.0 + 20.0, rng.chance(0.5));
        let follows = heat * if open { 0.5 } else { 2.0 } + rng.normal();
        temperature.push(if odd(row) && row % 2 == 0 { 130.0 } else { heat });
        pressure.push(if odd(row) && row % 2 == 1 { 180.0 - follows } else { follows });
        valve.push(Some(if open { "open" } else { "shut" }));
        site.push(Some("north"));
    }
    let columns = vec![
        Column::numbers("temperature", temperature),
        Column::numbers("pressure", pressure),
        Column::categories("valve", valve),
        Column::categories("site", site),
    ];
    Table::new(columns).unwrap()
}

fn options(score: Score) -> AnomalyOptions {
    let machine = Settings { epochs: Some(30), ..Settings::default() };
    AnomalyOptions { machine, score, false_alarms: 0.05, ..AnomalyOptions::default() }
}

fn detector(score: Score) -> AnomalyDetector {
    let fitted = AnomalyDetector::fit(&Ctx::new(1), &plant(1, 1_500, |_| false), &options(score)).unwrap();
    assert_eq!(fitted.stop, Stop::Done);
    fitted.model
}

#[test]
fn both_scores_tell_odd_rows_and_keep_false_alarms_rare() {
    let is_odd = |row: usize| row % 10 < 2;
    let rows = plant(2, 1_000, is_odd);
    for score in [Score::Overlap, Score::Reconstruction] {
        let answers = detector(score).answer(&Ctx::new(1), &rows, 0..1_000).unwrap().0;
        let scores: Vec<f64> = answers.iter().map(|answer| answer.score).collect();
        let odd: Vec<bool> = (0..1_000).map(is_odd).collect();
        let found = auc(&scores, &odd).unwrap();
        assert!(found > 0.95, "{score:?}: {found}");
        let alarms = answers.iter().filter(|answer| answer.is_odd && !is_odd(answer.row)).count();
        // 5 % of 800 are 40; five deviations more are not luck.
        assert!(alarms < 40 + 5 * 7 + 20, "{score:?}: {alarms}");
    }
}

#[test]
fn unseen_labels_and_changed_constants_are_odd_and_to_blame() {
    let model = detector(Score::Overlap);
    let row = |valve, site| {
        let columns = vec![
            Column::numbers("temperature", vec![50.0]),
            Column::numbers("pressure", vec![25.0]),
            Column::categories("valve", [Some(valve)]),
            Column::categories("site", [Some(site)]),
        ];
        Table::new(columns).unwrap()
    };
    let score = |table: &Table| model.answer(&Ctx::new(1), table, 0..1).unwrap().0[0].score;
    let (normal, moved) = (row("open", "north"), row("open", "south"));
    assert!(score(&moved) > score(&normal));
    assert!(score(&row("stuck", "north")) > score(&normal));
    let blame = |table: &Table, name: &str| {
        let blame = model.blame(table, 0).unwrap();
        blame.iter().find(|(column, _)| *column == name).map_or(0.0, |(_, share)| *share)
    };
    assert!(blame(&moved, "site") > blame(&normal, "site"));
}

#[test]
fn models_are_saved_equal_for_any_number_of_threads_and_damaged_ones_refused() {
    let fit = |n_threads| {
        let mut options = options(Score::Overlap);
        options.machine.n_threads = Some(n_threads);
        AnomalyDetector::fit(&Ctx::new(1), &plant(1, 300, |_| false), &options).unwrap().model
    };
    let model = fit(1);
    assert_eq!(fit(3), model);
    let bytes = model.to_bytes();
    assert_eq!(AnomalyDetector::from_bytes(&bytes).unwrap(), model);
    for length in (0..bytes.len()).step_by(97) {
        assert!(matches!(AnomalyDetector::from_bytes(&bytes[..length]), Err(TsetlinError::Model { .. })));
    }
    assert!(AnomalyDetector::from_bytes(&[bytes, vec![0]].concat()).is_err());
}

#[test]
fn a_cut_fit_calls_nothing_odd() {
    let ctx = Ctx::new(1).with_tick_limit(2_000);
    let fitted =
        AnomalyDetector::fit(&ctx, &plant(1, 300, |_| false), &options(Score::Reconstruction)).unwrap();
    assert!(matches!(fitted.stop, Stop::Budget(_)));
    let answers = fitted.model.answer(&Ctx::new(1), &plant(2, 50, |_| true), 0..50).unwrap().0;
    assert!(answers.iter().all(|answer| !answer.is_odd && answer.p == 1.0));
}

fn csv(n_rows: usize, last: &str) -> String {
    let mut text = "a,b\n".to_string();
    (0..n_rows).for_each(|row| text.push_str(&format!("{},{}\n", row % 10, 2 * (row % 10))));
    text + last
}

fn request(texts: &[&str], options: &[(&str, &str)]) -> Request {
    let sources = texts.iter().map(|text| Source::memory("t.csv", text.as_bytes())).collect();
    let options = options.iter().map(|(key, value)| ((*key).to_string(), (*value).to_string())).collect();
    Request { sources, options, ..Request::default() }
}

#[test]
fn tables_of_normal_rows_are_learned_and_others_judged() {
    let both =
        request(&[&csv(400, ""), &csv(10, "9,0\n50,1\n")], &[("normal", ""), ("false-alarms", "0.02")]);
    assert!(matches!(Anomaly.recognize(&both), Recognition::Yes(_)));
    assert!(matches!(Anomaly.recognize(&request(&[&csv(9, "")], &[])), Recognition::Almost(_)));
    let (data, options) = Anomaly.data(&both).unwrap();
    let model = std::sync::Arc::new(Anomaly.fit(&Ctx::new(1), &data, &options).unwrap().model);
    let mut session = Anomaly.open(&Ctx::new(1), &model).unwrap();
    let mut outputs = Vec::new();
    let mut receive = |judged| {
        outputs.push(judged);
        ControlFlow::Continue(())
    };
    let input = Anomaly.input(&both, &model, true).unwrap();
    Anomaly.step(&Ctx::new(1), &mut session, input, Sink::new(&mut receive)).unwrap();
    let printed = Anomaly.print(&model, &outputs[0]);
    let lines: Vec<&str> = printed.text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("row,score,p,odd,columns", 13));
    assert!(lines[11].contains(",yes,") && lines[12].contains(",yes,"), "{}", printed.text);
    assert!(lines[1..11].iter().all(|line| line.ends_with(",no,")), "{}", printed.text);
    assert_eq!(printed.record.get("n_odd"), Some(&Value::Int(2)));
    assert!(
        matches!(Anomaly.check(&model, &outputs[0]), Verdict::Pass(ref why) if why.contains("2 % false"))
    );
    assert_eq!(*model, Anomaly.load(&Anomaly.save(&model)).unwrap());
}

#[test]
fn what_cannot_be_learned_is_refused_in_words() {
    for (text, options, expected) in [
        (csv(8, ""), [("normal", ""), ("score", "overlap")], "8 rows, expected at least 20"),
        (
            csv(60, ""),
            [("normal", ""), ("score", "odd")],
            "option `score` is `odd`, expected overlap or reconstruction",
        ),
        (
            csv(60, ""),
            [("normal", ""), ("false-alarms", "0.9")],
            "option `false-alarms` is 0.9, expected a share within 0.0001..=0.5",
        ),
        (
            csv(60, ""),
            [("normal", ""), ("cuts", "x")],
            "option `cuts` is `x`, expected a number within 1..=256",
        ),
    ] {
        let request = request(&[&text], &options);
        let error = match Anomaly.data(&request) {
            Err(error) => error,
            Ok((data, options)) => Anomaly.fit(&Ctx::new(1), &data, &options).unwrap_err(),
        };
        assert_eq!(error.to_string(), expected);
    }
}

fn conformance_options() -> AnomalyOptions {
    let machine = Settings { n_clauses: Some(6), threshold: Some(4), epochs: Some(2), ..Settings::default() };
    AnomalyOptions { machine, ..AnomalyOptions::default() }
}

fn conformance_inputs() -> Vec<Rows> {
    let table = plant(3, 60, |row| row % 7 == 0);
    let some = |rows: Vec<usize>| Rows { table: table.take_rows(&rows), numbers: rows };
    vec![some((0..40).collect()), some(vec![7]), some(Vec::new())]
}

isogrid_testing::conformance! {
    engine: Anomaly,
    data: || plant(1, 200, |_| false),
    options: conformance_options,
    inputs: |_model| conformance_inputs(),
    // A block of 256 rows, two classes.
    tick_slack: 512,
    request_options: &[("normal", "")],
}
