//! The machine behind the waist: fits tables, answers batches of rows.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Check, Ctx, Detect, Engine, Finding, Fitted, Info, Sink, Stop, Store, Verdict};
use isogrid_data::Table;

use crate::TsetlinError;
use crate::calibrate::Calibration;
use crate::detect::{counter_example, detect, planted};
use crate::table::{Answer, TableClassifier, TableOptions};

/// The engine `tsetlin`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tsetlin;

/// A table and the column to learn.
#[derive(Debug, Clone)]
pub struct LabeledTable {
    /// The rows.
    pub table: Table,
    /// The column to predict.
    pub target: String,
}

/// Rows to answer.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The rows.
    pub table: Table,
    /// Their numbers in the file they come from, from 0; one a row.
    pub numbers: Vec<usize>,
}

impl Engine for Tsetlin {
    type Data = LabeledTable;
    type Options = TableOptions;
    type Model = TableClassifier;
    type Session = Arc<TableClassifier>;
    type Input = Rows;
    type Output = Vec<Answer>;
    type Error = TsetlinError;

    fn info(&self) -> &'static Info {
        &crate::info::INFO
    }

    fn fit(
        &self,
        ctx: &Ctx,
        data: &LabeledTable,
        options: &TableOptions,
    ) -> Result<Fitted<TableClassifier>, TsetlinError> {
        TableClassifier::fit(ctx, &data.table, &data.target, options)
    }

    fn open(&self, _: &Ctx, model: &Arc<TableClassifier>) -> Result<Arc<TableClassifier>, TsetlinError> {
        Ok(Arc::clone(model))
    }

    fn step(
        &self,
        ctx: &Ctx,
        session: &mut Arc<TableClassifier>,
        rows: Rows,
        mut out: Sink<'_, Vec<Answer>>,
    ) -> Result<Stop, TsetlinError> {
        let (mut answers, stop) = session.answer(ctx, &rows.table, 0..rows.table.n_rows())?;
        for answer in &mut answers {
            answer.row = rows.numbers.get(answer.row).copied().unwrap_or(answer.row);
        }
        if answers.is_empty() && stop != Stop::Done {
            return Ok(stop);
        }
        match out.emit(answers) {
            ControlFlow::Break(enough) => Ok(enough),
            ControlFlow::Continue(()) => Ok(stop),
        }
    }
}

impl Store for Tsetlin {
    fn save(&self, model: &TableClassifier) -> Vec<u8> {
        model.to_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Result<TableClassifier, TsetlinError> {
        TableClassifier::from_bytes(bytes)
    }
}

impl Detect for Tsetlin {
    fn detect(&self, ctx: &Ctx, data: &LabeledTable) -> Result<Vec<Finding>, TsetlinError> {
        Ok(vec![detect(ctx, &data.table, &data.target)?])
    }

    fn counter_example(&self, seed: u64) -> LabeledTable {
        LabeledTable { table: counter_example(seed), target: "y".to_string() }
    }

    fn planted(&self, seed: u64) -> LabeledTable {
        LabeledTable { table: planted(seed), target: "y".to_string() }
    }
}

impl Check for Tsetlin {
    fn check(&self, model: &TableClassifier, answers: &Vec<Answer>) -> Verdict {
        let n_classes = model.classes().len();
        if let Some(answer) = answers.iter().find(|answer| answer.class as usize >= n_classes) {
            return Verdict::Fail(format!("row {}: class {} of {n_classes}", answer.row, answer.class));
        }
        let (least, level, n_held_out) = match model.calibration() {
            Calibration::Margin { least, level, n_rows, .. } => (*least, level * 100.0, *n_rows),
            Calibration::Unreached { level, n_rows } => {
                let level = level * 100.0;
                let reason =
                    format!("no margin is {level} % accurate on the {n_rows} rows held out: no row is kept");
                return Verdict::Abstain(reason);
            }
            Calibration::Missing => {
                let reason =
                    "margins were not calibrated (too few rows, or the fit was cut short): no row is kept";
                return Verdict::Abstain(reason.to_string());
            }
        };
        if let Some(answer) = answers.iter().find(|answer| answer.is_kept != (answer.margin >= least)) {
            return Verdict::Fail(format!("row {}: kept or not against its margin", answer.row));
        }
        let (n, n_low) = (answers.len(), answers.iter().filter(|answer| !answer.is_kept).count());
        let promise = format!("{level} % accurate, by {n_held_out} rows held out");
        if n_low == 0 {
            return Verdict::Pass(format!("all {n} rows have a margin of at least {least}: {promise}"));
        }
        Verdict::Abstain(format!(
            "{n_low} of {n} rows have a margin below {least} and are not kept; the rest is {promise}"
        ))
    }
}
