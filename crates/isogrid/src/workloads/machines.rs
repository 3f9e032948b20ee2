//! The engines for tables as contenders, at their defaults or at the options that the job gives.

use std::error::Error;

use isogrid_core::{Attempt, Contender, Ctx, Port, Request, Role, Source, Stop};
use isogrid_data::{DataError, write_csv};

use super::TableWorkload;

/// A class a row; a row without one was not reached.
type Answers = Attempt<Vec<Option<String>>>;

/// An engine for tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    name: &'static str,
    attempt: fn(&Ctx, &TableWorkload) -> Result<Answers, Box<dyn Error>>,
}

/// The machine of an engine, from its text edge, which reads the options, and its classifier. No trait holds what
/// classifiers have in common: their natural interfaces are alike by convention only.
macro_rules! machine {
    ($name:literal, $port:expr, $classifier:ty) => {
        Machine {
            name: $name,
            attempt: |ctx, workload| {
                let (_, options) = $port.data(&one_row(workload)?)?;
                let fitted = <$classifier>::fit(ctx, workload.train(), workload.target(), &options)?;
                let (model, queries) = (fitted.model, workload.queries());
                let (answers, stop) = model.answer(ctx, queries, 0..queries.n_rows())?;
                let mut answer = vec![None; queries.n_rows()];
                for given in &answers {
                    answer[given.row] = model.classes().get(given.class as usize).cloned();
                }
                let stop = if fitted.stop == Stop::Done { stop } else { fitted.stop };
                let model_bytes = Some(model.to_bytes().len() as u64);
                Ok(Attempt { answer, model_bytes, ticks: Some(ctx.ticks()), stop })
            },
        }
    };
}

#[cfg(feature = "tsetlin")]
pub(super) static TSETLIN: Machine =
    machine!("tsetlin", isogrid_tsetlin::Tsetlin, isogrid_tsetlin::TableClassifier);
#[cfg(feature = "linear")]
pub(super) static LINEAR: Machine =
    machine!("linear", isogrid_linear::Linear, isogrid_linear::LogisticRegression);
#[cfg(feature = "forest")]
pub(super) static FOREST: Machine = machine!("forest", isogrid_forest::Forest, isogrid_forest::BoostedTrees);

impl Contender<TableWorkload> for Machine {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn role(&self) -> Role {
        Role::Engine
    }

    fn attempt(&self, ctx: &Ctx, workload: &TableWorkload) -> Result<Answers, String> {
        (self.attempt)(ctx, workload).map_err(|error| error.to_string())
    }
}

/// The job as a request with a table of one row.
fn one_row(workload: &TableWorkload) -> Result<Request, DataError> {
    let mut text = Vec::new();
    write_csv("one row", &workload.train().take_rows(&[0]), &mut text)?;
    let sources = vec![Source::memory("one row", text)];
    Ok(Request { sources, options: workload.options().to_vec(), ..Request::default() })
}
