//! Random forests (Breiman, "Random forests", Machine Learning 45, 2001), by the crate `rafor`.
//!
//! Gini splits, bootstrap samples, fully grown trees. Tuned by Breiman's advice: the number of features tried at a
//! split is the square root of all, half or twice that, whichever does best in a small forest on held-out training
//! rows. One thread, as all contenders.

use isogrid::workloads::TableWorkload;
use isogrid_core::{Attempt, Contender, Ctx, Role, Stop};
use rafor::prelude::*;
use rafor::rf::Classifier;

use super::design::{Design, Rows};
use super::holdout;

/// Trees of the forests that settings are compared with.
const TUNING_TREES: usize = 10;

/// A forest of so many trees.
pub(super) struct Forest {
    pub trees: usize,
}

impl Contender<TableWorkload> for Forest {
    fn name(&self) -> String {
        format!("random forest, {} trees", self.trees)
    }

    fn role(&self) -> Role {
        Role::Rung { ladder: "random forest".to_string(), size: self.trees as u64 }
    }

    fn attempt(&self, ctx: &Ctx, workload: &TableWorkload) -> Result<Attempt<Vec<Option<String>>>, String> {
        let fit = ctx.span("fit");
        let design = Design::learn(workload.train(), workload.target())?;
        let rows = design.rows(workload.train(), workload.target())?;
        let tried = tune(&rows, ctx.seed())?;
        let forest = grow(&rows, self.trees, tried, ctx.seed());
        drop(fit);
        let _predict = ctx.span("predict");
        let queries = design.rows(workload.queries(), workload.target())?;
        let answer = predict(&forest, &queries).into_iter().map(|code| design.answer(code)).collect();
        let bytes = postcard::to_stdvec(&forest).map_err(|error| error.to_string())?.len();
        Ok(Attempt { answer, model_bytes: Some(bytes as u64), ticks: None, stop: Stop::Done })
    }
}

fn tune(rows: &Rows, seed: u64) -> Result<usize, String> {
    let root = (rows.n_features as f64).sqrt();
    let settings = [root, root / 2.0, root * 2.0].map(|tried| tried.round().max(1.0) as usize);
    let (fit, tune) = holdout::split(rows, seed);
    if tune.len() == 0 {
        return Ok(settings[0]);
    }
    let best = holdout::best(&settings, &mut |tried| {
        let forest = grow(&fit, TUNING_TREES, tried, seed);
        Ok(holdout::accuracy(&predict(&forest, &tune), &tune.y))
    })?;
    Ok(best.unwrap_or(settings[0]))
}

fn grow(rows: &Rows, trees: usize, tried: usize, seed: u64) -> Classifier {
    let labels: Vec<i64> = rows.y.iter().map(|&code| code as i64).collect();
    let mut trainer = Classifier::trainer();
    trainer
        .with_trees(trees)
        .with_max_features(MaxFeaturesPolicy::NUMBER(tried))
        .with_seed(seed)
        .with_threads(1);
    trainer.train(&rows.x, &labels)
}

fn predict(forest: &Classifier, rows: &Rows) -> Vec<usize> {
    forest.predict_batch(&rows.x, 1).into_iter().map(|label| label as usize).collect()
}
