//! The whole ladder on the ten tables: each learner tunes itself for the same seconds on one split.

use std::time::Instant;

use anyhow::Result;
use isogrid::forest::{BoostedTrees, ForestOptions};
use isogrid::linear::{LinearOptions, LogisticRegression};
use isogrid::tsetlin::{Settings, TableClassifier, TableOptions};
use isogrid_core::Ctx;
use serde_json::json;

use super::Bench;
use super::entrants::Entrant;
use super::learn::{Case, LEARNED, TABLES, done, setting, table, tuned_peer};
use super::spec::Record;
use crate::grid::{Grid, number};
use crate::run::Run;

const SECTION: &str = "ladder";
/// Seconds that each peer may tune.
const TUNE_SECONDS: f64 = 30.0;

/// Our engines, at their defaults.
const OWN: [&str; 3] = ["tsetlin", "linear", "forest"];
/// Peers: what tables call them, and the learner of their script.
const PEERS: [(&str, &str); 5] = [
    ("logistic regression", "logistic"),
    ("MLP 32", "mlp_32"),
    ("MLP 128-128", "mlp_128_128"),
    ("MLP 512-512", "mlp_512_512"),
    ("random forest", "random_forest"),
];
const LIGHTGBM: &str = "LightGBM";

/// Learns every table by every learner, adds tables of accuracy and of seconds. No bar: who wins where is what it tells.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let names: Vec<&str> =
        OWN.into_iter().chain(PEERS.map(|(name, _)| name)).chain(std::iter::once(LIGHTGBM)).collect();
    let header: Vec<&str> = std::iter::once("table").chain(names.iter().copied()).collect();
    let (mut accuracies, mut seconds) = (Grid::new(&header), Grid::new(&header));
    let tables = if bench.quick { &TABLES[7..8] } else { &TABLES[..] };
    for &(set, name, target) in tables {
        let (learned, judged) = table(bench, set, name)?.split(LEARNED, 1);
        let case = Case { section: SECTION, name, target, split: 1, learned: &learned, judged: &judged };
        let (mut right, mut spent) = (vec![name.to_string()], vec![name.to_string()]);
        for learner in &names {
            let fit = fit(bench, run, (learner, &case))?;
            let of = |name: &str| fit.as_ref().and_then(|fit| fit.number(name));
            right.push(number(of("accuracy").map(|share| share * 100.0)));
            spent.push(number(of("fit_s").map(|fitting| fitting + of("tune_s").unwrap_or(0.0))));
        }
        accuracies.row(right);
        seconds.row(spent);
    }
    run.fragment(
        SECTION,
        format!(
            "Accuracy in percent:\n\n{}\nSeconds, tuning included:\n\n{}",
            accuracies.markdown(),
            seconds.markdown()
        ),
    );
    Ok(())
}

fn fit(bench: &mut Bench<'_>, run: &mut Run, (learner, case): (&str, &Case<'_>)) -> Result<Option<Record>> {
    if OWN.contains(&learner) {
        let setting = setting(Entrant::ours(learner), case, json!({}));
        return done(bench, run, (&setting, case), |case, _| own(learner, case));
    }
    let peer = |name: &str, script: &'static str| Entrant::peer(name, script, "tsetlin/tables");
    let setting = match PEERS.iter().find(|(name, _)| *name == learner) {
        Some((name, key)) => setting(peer(name, "sklearn_peer.py"), case, json!({"learner": key})),
        None => setting(peer(LIGHTGBM, "lightgbm_peer.py"), case, json!({})),
    };
    tuned_peer(bench, run, (&setting, case, TUNE_SECONDS))
}

/// One of our engines as a newcomer meets it.
fn own(learner: &str, case: &Case<'_>) -> Result<Vec<Record>> {
    let (ctx, rows, start) = (Ctx::new(case.split), 0..case.judged.n_rows(), Instant::now());
    let (learned, target) = (case.learned, case.target);
    let (classes, answers, seconds) = match learner {
        "linear" => {
            let model = LogisticRegression::fit(&ctx, learned, target, &LinearOptions::default())?.model;
            let seconds = start.elapsed().as_secs_f64();
            let answers = model.answer(&ctx, case.judged, rows)?.0;
            (model.classes().to_vec(), pairs(&answers, |answer| (answer.row, answer.class)), seconds)
        }
        "forest" => {
            let model = BoostedTrees::fit(&ctx, learned, target, &ForestOptions::default())?.model;
            let seconds = start.elapsed().as_secs_f64();
            let answers = model.answer(&ctx, case.judged, rows)?.0;
            (model.classes().to_vec(), pairs(&answers, |answer| (answer.row, answer.class)), seconds)
        }
        _ => {
            let machine = Settings { n_threads: Some(2), ..Settings::default() };
            let options = TableOptions { machine, ..TableOptions::default() };
            let model = TableClassifier::fit(&ctx, learned, target, &options)?.model;
            let seconds = start.elapsed().as_secs_f64();
            let answers = model.answer(&ctx, case.judged, rows)?.0;
            (model.classes().to_vec(), pairs(&answers, |answer| (answer.row, answer.class)), seconds)
        }
    };
    let accuracy = case.accuracy(&classes, answers.into_iter())?;
    let fields = json!({"accuracy": accuracy, "fit_s": seconds});
    Ok(vec![Record { kind: "fit".into(), fields: fields.as_object().cloned().unwrap_or_default() }])
}

fn pairs<A>(answers: &[A], of: impl Fn(&A) -> (usize, u32)) -> Vec<(usize, u32)> {
    answers.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use isogrid::data::{CsvOptions, read_csv};

    use super::*;

    #[test]
    fn each_of_our_engines_learns_a_table() {
        let row =
            |at: usize| format!("{},{},{}\n", at % 7, (at * 5) % 11, if at % 7 > 3 { "b" } else { "a" });
        let text = "x,y,class\n".to_string() + &(0..200).map(row).collect::<String>();
        let (table, _) = read_csv("t.csv", text.as_bytes(), &CsvOptions::default()).expect("a table");
        let (learned, judged) = table.split(LEARNED, 1);
        let case = Case {
            section: SECTION,
            name: "t",
            target: "class",
            split: 1,
            learned: &learned,
            judged: &judged,
        };
        for learner in OWN {
            let records = own(learner, &case).expect("a fit");
            assert!(records[0].number("accuracy").is_some_and(|share| share > 0.9), "{learner}: {records:?}");
        }
    }
}
