//! Multinomial logistic regression with L2 penalty, by L-BFGS, from the crate `linfa-logistic`.
//!
//! Features are standardized by their training mean and deviation. The penalty is the best of a falling path on
//! held-out training rows, each fit starting where the one before ended (Friedman, Hastie and Tibshirani, JSS 33,
//! 2010); the last fit uses all rows. Iterations are limited as in common practice, so a fit may stop before it
//! converges.

use std::collections::BTreeSet;

use isogrid::workloads::TableWorkload;
use isogrid_core::{Attempt, Contender, Ctx, Role, Stop};
use linfa::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_logistic::{MultiFittedLogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2, Axis, concatenate};

use super::design::{Design, Rows};
use super::holdout;

/// The path of penalties, per training row.
const PENALTIES: [f64; 4] = [1.0, 1e-1, 1e-2, 1e-3];

/// The penalty where there are too few rows to choose one.
const DEFAULT_PENALTY: f64 = 1e-2;

/// Iterations of each fit on the path, and of the last fit.
const ITERATIONS: (u64, u64) = (10, 40);

/// The logistic rung.
pub(super) struct Logistic;

type Fitted = MultiFittedLogisticRegression<f64, usize>;

impl Contender<TableWorkload> for Logistic {
    fn name(&self) -> String {
        format!("logistic regression, {} iterations", ITERATIONS.1)
    }

    fn role(&self) -> Role {
        Role::Rung { ladder: "linear".to_string(), size: 1 }
    }

    fn attempt(&self, ctx: &Ctx, workload: &TableWorkload) -> Result<Attempt<Vec<Option<String>>>, String> {
        let fit_span = ctx.span("fit");
        let design = Design::learn(workload.train(), workload.target())?;
        let mut rows = design.rows(workload.train(), workload.target())?;
        let scale = Scale::of(&rows);
        scale.apply(&mut rows);
        let (penalty, start) = tune(ctx, &rows, design.classes().len())?;
        let model = fit(&rows, penalty, ITERATIONS.1, start)?;
        drop(fit_span);
        let _predict = ctx.span("predict");
        let mut queries = design.rows(workload.queries(), workload.target())?;
        scale.apply(&mut queries);
        let answer = predict(&model, &queries)?.into_iter().map(|code| design.answer(code)).collect();
        let numbers = model.params().len() + model.intercept().len() + 2 * scale.0.len();
        let model_bytes = Some((numbers * size_of::<f64>()) as u64);
        Ok(Attempt { answer, model_bytes, ticks: None, stop: Stop::Done })
    }
}

/// Mean and one over the deviation of every feature.
struct Scale(Vec<(f32, f32)>);

impl Scale {
    fn of(rows: &Rows) -> Scale {
        let n = rows.len() as f64;
        let column =
            |at: usize| rows.x.iter().skip(at).step_by(rows.n_features).map(|&value| f64::from(value));
        let scale = |at: usize| {
            let mean = column(at).sum::<f64>() / n;
            let variance = column(at).map(|value| (value - mean).powi(2)).sum::<f64>() / n;
            (mean as f32, if variance > 0.0 { variance.sqrt().recip() as f32 } else { 0.0 })
        };
        Scale((0..rows.n_features).map(scale).collect())
    }

    fn apply(&self, rows: &mut Rows) {
        for row in rows.x.chunks_exact_mut(self.0.len()) {
            for (value, (mean, factor)) in row.iter_mut().zip(&self.0) {
                *value = (*value - mean) * factor;
            }
        }
    }
}

/// The best penalty, and parameters to start from where the path saw all classes.
fn tune(ctx: &Ctx, rows: &Rows, n_classes: usize) -> Result<(f64, Option<Array2<f64>>), String> {
    let (part, held_out) = holdout::split(rows, ctx.seed());
    let seen: BTreeSet<usize> = part.y.iter().copied().collect();
    if seen.len() < n_classes || held_out.len() == 0 {
        return Ok((DEFAULT_PENALTY, None));
    }
    let mut start = None;
    let mut best: Option<(f64, f64, Array2<f64>)> = None;
    for penalty in PENALTIES {
        if ctx.tick(0).is_break() {
            break;
        }
        let model = fit(&part, penalty, ITERATIONS.0, start.take())?;
        let score = holdout::accuracy(&predict(&model, &held_out)?, &held_out.y);
        let params = parameters(&model)?;
        if best.as_ref().is_none_or(|(highest, ..)| score > *highest) {
            best = Some((score, penalty, params.clone()));
        }
        start = Some(params);
    }
    Ok(best.map_or((DEFAULT_PENALTY, None), |(_, penalty, params)| (penalty, Some(params))))
}

/// Weights and, as the last row, intercepts.
fn parameters(model: &Fitted) -> Result<Array2<f64>, String> {
    let intercepts = model.intercept().view().insert_axis(Axis(0));
    concatenate(Axis(0), &[model.params().view(), intercepts]).map_err(|error| error.to_string())
}

fn fit(rows: &Rows, penalty: f64, iterations: u64, start: Option<Array2<f64>>) -> Result<Fitted, String> {
    let data = Dataset::new(matrix(rows)?, Array1::from(rows.y.clone()));
    let mut settings =
        MultiLogisticRegression::default().alpha(penalty * rows.len() as f64).max_iterations(iterations);
    if let Some(start) = start {
        settings = settings.initial_params(start);
    }
    settings.fit(&data).map_err(|error| error.to_string())
}

fn predict(model: &Fitted, rows: &Rows) -> Result<Vec<usize>, String> {
    Ok(model.predict(&matrix(rows)?).to_vec())
}

fn matrix(rows: &Rows) -> Result<Array2<f64>, String> {
    let shape = (rows.len(), rows.n_features);
    let values = rows.x.iter().map(|&value| f64::from(value)).collect();
    Array2::from_shape_vec(shape, values).map_err(|error| error.to_string())
}
