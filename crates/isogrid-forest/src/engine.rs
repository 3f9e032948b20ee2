//! Boosted trees behind the waist: fits tables, answers batches of rows.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{
    Check, Ctx, Detect, Emission, Engine, Finding, Fitted, Info, OptionSpec, Sink, Status, Stop, Store,
    Verdict,
};
use isogrid_data::answers::{Answer, LabeledTable, Rows, check_answers};

use crate::ForestError;
use crate::boost::{BoostedTrees, ForestOptions};
use crate::detect::{counter_example, detect, planted};

/// The engine `forest`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forest;

static INFO: Info = Info {
    name: "forest",
    structure: "A few thresholds on single columns, combined, decide the class of a row.",
    assumes: &["rows are independent", "new rows come from where the learned ones came from"],
    guarantees: &[
        "the same seed gives the same model and answers",
        "answers marked as kept are as accurate as --level with probability 0.9 over the rows held out",
    ],
    papers: &[
        "Friedman, Greedy function approximation: a gradient boosting machine, 2001",
        "Chen and Guestrin, XGBoost: a scalable tree boosting system, 2016, arXiv 1603.02754",
        "Angelopoulos et al., Learn then test, 2021, arXiv 2110.01052",
    ],
    status: Status::Tested,
    emission: Emission::Appends,
    tick: "adding one row of one column to sums, or following one tree on one row",
    options: &[
        OptionSpec { name: "target", value: Some("COL"), help: "the column to predict" },
        OptionSpec { name: "rounds", value: Some("N"), help: "trees a class, one for two classes [100]" },
        OptionSpec { name: "depth", value: Some("N"), help: "thresholds on the way to an answer [4]" },
        OptionSpec { name: "rate", value: Some("R"), help: "share of its answer that a tree adds [0.2]" },
        OptionSpec { name: "columns", value: Some("P"), help: "share of features a tree may use [by width]" },
        OptionSpec { name: "level", value: Some("P"), help: "accuracy promised for kept answers [0.9]" },
    ],
    parts: &[],
};

impl Engine for Forest {
    type Data = LabeledTable;
    type Options = ForestOptions;
    type Model = BoostedTrees;
    type Session = Arc<BoostedTrees>;
    type Input = Rows;
    type Output = Vec<Answer>;
    type Error = ForestError;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(
        &self,
        ctx: &Ctx,
        data: &LabeledTable,
        options: &ForestOptions,
    ) -> Result<Fitted<BoostedTrees>, ForestError> {
        BoostedTrees::fit(ctx, &data.table, &data.target, options)
    }

    fn open(&self, _: &Ctx, model: &Arc<BoostedTrees>) -> Result<Arc<BoostedTrees>, ForestError> {
        Ok(Arc::clone(model))
    }

    fn step(
        &self,
        ctx: &Ctx,
        session: &mut Arc<BoostedTrees>,
        rows: Rows,
        mut out: Sink<'_, Vec<Answer>>,
    ) -> Result<Stop, ForestError> {
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

impl Store for Forest {
    fn save(&self, model: &BoostedTrees) -> Vec<u8> {
        model.to_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Result<BoostedTrees, ForestError> {
        BoostedTrees::from_bytes(bytes)
    }
}

impl Detect for Forest {
    fn detect(&self, ctx: &Ctx, data: &LabeledTable) -> Result<Vec<Finding>, ForestError> {
        Ok(vec![detect(ctx, &data.table, &data.target)?])
    }

    fn counter_example(&self, seed: u64) -> LabeledTable {
        LabeledTable { table: counter_example(seed), target: "y".to_string() }
    }

    fn planted(&self, seed: u64) -> LabeledTable {
        LabeledTable { table: planted(seed), target: "y".to_string() }
    }
}

impl Check for Forest {
    fn check(&self, model: &BoostedTrees, answers: &Vec<Answer>) -> Verdict {
        check_answers(model.classes().len(), model.calibration(), answers)
    }
}
