//! Logistic regression behind the waist: fits tables, answers batches of rows.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{
    Check, Ctx, Detect, Emission, Engine, Finding, Fitted, Info, OptionSpec, Sink, Status, Stop, Store,
    Verdict,
};
use isogrid_data::answers::{Answer, LabeledTable, Rows, check_answers};

use crate::LinearError;
use crate::detect::{counter_example, detect, planted};
use crate::logistic::{LinearOptions, LogisticRegression};

/// The engine `linear`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linear;

static INFO: Info = Info {
    name: "linear",
    structure: "A weighted sum of the columns decides the class of a row.",
    assumes: &["rows are independent", "new rows come from where the learned ones came from"],
    guarantees: &[
        "the same seed gives the same model and answers",
        "answers marked as kept are as accurate as --level with probability 0.9 over the rows held out",
    ],
    papers: &[
        "McCullagh and Nelder, Generalized linear models, 1989",
        "Nocedal and Wright, Numerical optimization, 2006, section 7.2",
        "Angelopoulos et al., Learn then test, 2021, arXiv 2110.01052",
    ],
    status: Status::Tested,
    emission: Emission::Appends,
    tick: "the weighted sum of one class on one row",
    options: &[
        OptionSpec { name: "target", value: Some("COL"), help: "the column to predict" },
        OptionSpec { name: "penalty", value: Some("P"), help: "how much large weights cost [0.01]" },
        OptionSpec { name: "iterations", value: Some("N"), help: "the most steps of the search [100]" },
        OptionSpec { name: "level", value: Some("P"), help: "accuracy promised for kept answers [0.9]" },
    ],
    parts: &[],
};

impl Engine for Linear {
    type Data = LabeledTable;
    type Options = LinearOptions;
    type Model = LogisticRegression;
    type Session = Arc<LogisticRegression>;
    type Input = Rows;
    type Output = Vec<Answer>;
    type Error = LinearError;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(
        &self,
        ctx: &Ctx,
        data: &LabeledTable,
        options: &LinearOptions,
    ) -> Result<Fitted<LogisticRegression>, LinearError> {
        LogisticRegression::fit(ctx, &data.table, &data.target, options)
    }

    fn open(&self, _: &Ctx, model: &Arc<LogisticRegression>) -> Result<Arc<LogisticRegression>, LinearError> {
        Ok(Arc::clone(model))
    }

    fn step(
        &self,
        ctx: &Ctx,
        session: &mut Arc<LogisticRegression>,
        rows: Rows,
        mut out: Sink<'_, Vec<Answer>>,
    ) -> Result<Stop, LinearError> {
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

impl Store for Linear {
    fn save(&self, model: &LogisticRegression) -> Vec<u8> {
        model.to_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Result<LogisticRegression, LinearError> {
        LogisticRegression::from_bytes(bytes)
    }
}

impl Detect for Linear {
    fn detect(&self, ctx: &Ctx, data: &LabeledTable) -> Result<Vec<Finding>, LinearError> {
        Ok(vec![detect(ctx, &data.table, &data.target)?])
    }

    fn counter_example(&self, seed: u64) -> LabeledTable {
        LabeledTable { table: counter_example(seed), target: "y".to_string() }
    }

    fn planted(&self, seed: u64) -> LabeledTable {
        LabeledTable { table: planted(seed), target: "y".to_string() }
    }
}

impl Check for Linear {
    fn check(&self, model: &LogisticRegression, answers: &Vec<Answer>) -> Verdict {
        check_answers(model.classes().len(), model.calibration(), answers)
    }
}
