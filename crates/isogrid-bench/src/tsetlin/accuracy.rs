//! Accuracy on digits and clothes: five seeds each, the last pass, on all cores.

use std::path::PathBuf;

use anyhow::{Context, Result};
use isogrid::data::locate;
use isogrid_num::stats::{mean, sd};
use serde_json::{Value, json};

use super::Bench;
use super::entrants::{Cores, Entrant, Setting};
use super::spec::{Record, Spec};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::run::Run;

const SECTION: &str = "accuracy";
const N_SEEDS: u64 = 5;
const MOST_SECONDS: f64 = 3_600.0;
const SIDE: usize = 28;

/// What is learned, and how well it should be.
struct Task {
    name: &'static str,
    /// Whether the images are clothes, not digits.
    is_clothes: bool,
    settings: Value,
    epochs: u64,
    /// Percent; `None` where it stands beside a better way.
    promise: Option<f64>,
}

fn tasks() -> Vec<Task> {
    let neighbors = |n: usize| json!({"distance": 2, "offset": 10, "n_directions": n});
    let pixels = |n: usize| json!({"thresholds": [64, 128], "surroundings": null, "neighbors": neighbors(n)});
    let patches = json!({"height": SIDE, "width": SIDE, "patch_height": 10, "patch_width": 10, "stride": 1});
    vec![
        Task {
            name: "MNIST-10k, flat",
            is_clothes: false,
            settings: json!({"clauses": 500, "threshold": 40, "specificity": 400.0, "fuzziness": 8, "literals": 16}),
            epochs: 40,
            promise: None,
        },
        Task {
            name: "MNIST-10k, patches",
            is_clothes: false,
            settings: json!({
                "clauses": 100, "threshold": 60, "specificity": 50.0, "fuzziness": 8, "literals": 16,
                "patches": patches,
            }),
            epochs: 10,
            promise: Some(97.0),
        },
        Task {
            name: "Fashion-MNIST, flat, thresholds alone",
            is_clothes: true,
            settings: json!({
                "clauses": 200, "threshold": 40, "specificity": 400.0, "fuzziness": 8, "literals": 16,
                "pixels": {"thresholds": [16, 48, 80, 112, 144, 176, 208, 240], "surroundings": null, "neighbors": null},
            }),
            epochs: 10,
            promise: None,
        },
        Task {
            name: "Fashion-MNIST, flat",
            is_clothes: true,
            settings: json!({
                "clauses": 200, "threshold": 40, "specificity": 400.0, "fuzziness": 8, "literals": 16,
                "pixels": pixels(8),
            }),
            epochs: 10,
            promise: Some(89.0),
        },
        Task {
            name: "Fashion-MNIST, patches",
            is_clothes: true,
            settings: json!({
                "clauses": 100, "threshold": 60, "specificity": 50.0, "fuzziness": 8, "literals": 16,
                "pixels": pixels(4), "patches": patches,
            }),
            epochs: 16,
            promise: Some(91.0),
        },
    ]
}

/// Trains every task with every seed, adds a table and bars.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let mut grid =
        Grid::new(&["images", "accuracy % (mean of seeds)", "sd", "passes", "training s", "seeds"]);
    for task in tasks() {
        let n_seeds = if bench.quick { 1 } else { N_SEEDS };
        let mut rows = Vec::new();
        for seed in 1..=n_seeds {
            rows.extend(measure(bench, run, (&task, seed))?);
        }
        let last =
            |field: &str| -> Vec<f64> { rows.iter().filter_map(|record| record.number(field)).collect() };
        let accuracies: Vec<f64> = last("accuracy").iter().map(|share| share * 100.0).collect();
        let seconds = last("train_s").into_iter().max_by(f64::total_cmp);
        // Fewer seeds than promised hold no bar.
        let is_whole = accuracies.len() as u64 == n_seeds;
        let value = is_whole.then(|| mean(&accuracies));
        grid.row(vec![
            task.name.to_string(),
            number(value),
            number(is_whole.then(|| sd(&accuracies))),
            task.epochs.to_string(),
            number(seconds),
            accuracies.len().to_string(),
        ]);
        let Some(promise) = task.promise else { continue };
        let text = "test accuracy after the last pass, mean of the seeds";
        run.bar(
            &format!("accuracy, {}", task.name),
            Bar::judge(text, value, Promise::AtLeast, Some(promise)).in_unit("%"),
        );
        let text = "seconds of training, the longest seed";
        let bar =
            Bar::judge(text, seconds.filter(|_| is_whole), Promise::AtMost, Some(MOST_SECONDS)).in_unit("s");
        run.bar(&format!("training time, {}", task.name), bar);
    }
    run.fragment(SECTION, grid.markdown());
    Ok(())
}

/// The last pass of one seed; `None` where the time is up before it begins.
fn measure(bench: &mut Bench<'_>, run: &mut Run, (task, seed): (&Task, u64)) -> Result<Option<Record>> {
    let setting = Setting {
        entrant: Entrant::ours("isogrid"),
        words: task.name.to_string(),
        settings: task.settings.clone(),
        has_threads: true,
    };
    let epochs = if bench.quick { 1 } else { task.epochs };
    let key = bench.key(SECTION, &setting, json!({"seed": seed, "epochs": epochs}))?;
    if bench.is_late() && bench.memo.get(&key).is_none() {
        return Ok(None);
    }
    let mut spec = bench.arrays.spec(task.settings.clone());
    if task.is_clothes {
        clothes(bench, &mut spec)?;
    }
    (spec.epochs, spec.seed, spec.threads) = (epochs, seed, 2);
    let (places, entrant) = (bench.places.clone(), setting.entrant.clone());
    let job = bench.memo.of(&key, || entrant.run(&places, &spec, (Cores::All, 2.0 * MOST_SECONDS)))?;
    run.record(&json!({"section": SECTION, "key": key, "piece": job.piece, "records": job.records}))?;
    let last = job.records.iter().rev().find(|record| record.kind == "epoch").cloned();
    let accuracy = last.as_ref().and_then(|record| record.number("accuracy")).map(|share| share * 100.0);
    bench.say(&format!("{}, seed {seed}: {} %", task.name, number(accuracy)));
    Ok(last)
}

/// The files of Fashion-MNIST as they are published.
fn clothes(bench: &Bench<'_>, spec: &mut Spec) -> Result<()> {
    let set = locate("fashion-mnist", &bench.data)
        .context("no `fashion-mnist`: cargo xtask fetch fashion-mnist")?;
    let file = |name: &str| -> PathBuf { set.join(format!("{name}-ubyte.gz")) };
    (spec.x_train, spec.y_train) = (file("train-images-idx3"), file("train-labels-idx1"));
    (spec.x_test, spec.y_test) = (file("t10k-images-idx3"), file("t10k-labels-idx1"));
    Ok(())
}
