//! The detector behind the waist: learns a table of normal rows, tells which rows of another are odd.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{
    Check, Ctx, Emission, Engine, Fitted, Info, OptionSpec, Sink, Status, Stop, Store, Verdict,
};
use isogrid_data::Table;
use isogrid_data::answers::Rows;

use super::detector::{AnomalyAnswer, AnomalyDetector, AnomalyOptions};
use crate::TsetlinError;

/// The engine `anomaly`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anomaly;

/// The answer for one row, with the columns to blame.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Score and threshold.
    pub answer: AnomalyAnswer,
    /// Of an odd row, the columns that make it odd, the most telling first.
    pub columns: Vec<String>,
}

/// Columns to name.
const N_BLAMED: usize = 3;

static INFO: Info = Info {
    name: "anomaly",
    structure: "Normal rows agree on a few rules over yes-or-no features; odd rows break them.",
    assumes: &["the rows to learn from are normal", "normal rows are independent and alike"],
    guarantees: &[
        "the same seed gives the same model and answers",
        "of new normal rows, no more than --false-alarms are called odd on average",
    ],
    papers: &[
        "Bhattarai et al., Measuring the novelty of natural language text, 2020, arXiv 2011.08755",
        "Bhattarai et al., Tsetlin machine embedding (autoencoder), 2023, arXiv 2301.00709",
    ],
    status: Status::Experimental,
    emission: Emission::Appends,
    tick: "evaluating the clauses of one class on one row",
    options: &[
        OptionSpec {
            name: "normal",
            value: None,
            help: "every row of the first table is normal: learn that",
        },
        OptionSpec {
            name: "false-alarms",
            value: Some("P"),
            help: "the share of normal rows that may be called odd [0.01]",
        },
        OptionSpec {
            name: "score",
            value: Some("HOW"),
            help: "overlap (clauses that cover a row) or reconstruction (columns guessed from others) [overlap]",
        },
        OptionSpec { name: "clauses", value: Some("N"), help: "clauses for normal and made-up rows [100]" },
        OptionSpec {
            name: "epochs",
            value: Some("N"),
            help: "passes over the rows [50 to 600, more for fewer rows]",
        },
        OptionSpec {
            name: "threads",
            value: Some("N"),
            help: "threads; the model is the same for every number [1]",
        },
        OptionSpec { name: "cuts", value: Some("N"), help: "yes-or-no features a numeric column [8 to 63]" },
    ],
    parts: &[],
};

impl Engine for Anomaly {
    type Data = Table;
    type Options = AnomalyOptions;
    type Model = AnomalyDetector;
    type Session = Arc<AnomalyDetector>;
    type Input = Rows;
    type Output = Vec<Judgement>;
    type Error = TsetlinError;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(
        &self,
        ctx: &Ctx,
        table: &Table,
        options: &AnomalyOptions,
    ) -> Result<Fitted<AnomalyDetector>, TsetlinError> {
        AnomalyDetector::fit(ctx, table, options)
    }

    fn open(&self, _: &Ctx, model: &Arc<AnomalyDetector>) -> Result<Arc<AnomalyDetector>, TsetlinError> {
        Ok(Arc::clone(model))
    }

    fn step(
        &self,
        ctx: &Ctx,
        session: &mut Arc<AnomalyDetector>,
        rows: Rows,
        mut out: Sink<'_, Vec<Judgement>>,
    ) -> Result<Stop, TsetlinError> {
        let (answers, stop) = session.answer(ctx, &rows.table, 0..rows.table.n_rows())?;
        let judged = answers.into_iter().map(|answer| judge(session, &rows, answer));
        let judged = judged.collect::<Result<Vec<Judgement>, TsetlinError>>()?;
        if judged.is_empty() && stop != Stop::Done {
            return Ok(stop);
        }
        match out.emit(judged) {
            ControlFlow::Break(enough) => Ok(enough),
            ControlFlow::Continue(()) => Ok(stop),
        }
    }
}

fn judge(model: &AnomalyDetector, rows: &Rows, answer: AnomalyAnswer) -> Result<Judgement, TsetlinError> {
    let columns = if answer.is_odd {
        let blamed = model.blame(&rows.table, answer.row)?;
        blamed.into_iter().take(N_BLAMED).map(|(name, _)| name.to_string()).collect()
    } else {
        Vec::new()
    };
    let row = rows.numbers.get(answer.row).copied().unwrap_or(answer.row);
    Ok(Judgement { answer: AnomalyAnswer { row, ..answer }, columns })
}

impl Store for Anomaly {
    fn save(&self, model: &AnomalyDetector) -> Vec<u8> {
        model.to_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Result<AnomalyDetector, TsetlinError> {
        AnomalyDetector::from_bytes(bytes)
    }
}

impl Check for Anomaly {
    fn check(&self, model: &AnomalyDetector, judged: &Vec<Judgement>) -> Verdict {
        let share = model.false_alarms();
        let wrong = judged
            .iter()
            .map(|judged| &judged.answer)
            .find(|answer| !(0.0..=1.0).contains(&answer.p) || answer.is_odd != (answer.p <= share));
        if let Some(answer) = wrong {
            return Verdict::Fail(format!("row {}: odd or not against its p", answer.row));
        }
        let n_held_out = model.n_held_out();
        if 1.0 / (n_held_out + 1) as f64 > share {
            let reason =
                format!("{n_held_out} normal rows held out cannot show {} % of false alarms", share * 100.0);
            return Verdict::Abstain(format!("{reason}: no row is called odd"));
        }
        let n_odd = judged.iter().filter(|judged| judged.answer.is_odd).count();
        let promise =
            format!("at most {} % false alarms, by {n_held_out} normal rows held out", share * 100.0);
        Verdict::Pass(format!("{n_odd} of {} rows are odd: {promise}", judged.len()))
    }
}
