//! The machine behind the waist: fits tables, answers batches of rows.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Check, Ctx, Detect, Engine, Finding, Fitted, Info, Sink, Stop, Store, Verdict};
use isogrid_data::answers::{Answer, LabeledTable, Rows, check_answers};

use crate::TsetlinError;
use crate::detect::{counter_example, detect, planted};
use crate::table::{TableClassifier, TableOptions};

/// The engine `tsetlin`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tsetlin;

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
        check_answers(model.classes().len(), model.calibration(), answers)
    }
}
