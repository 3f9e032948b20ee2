//! The Tsetlin machine as a contender on tables.

use isogrid_core::{Attempt, Contender, Ctx, Port, Request, Role, Source, Stop};
use isogrid_data::write_csv;
use isogrid_tsetlin::{TableClassifier, TableOptions, Tsetlin};

use super::TableWorkload;

/// The machine at its defaults, or at the options that the job gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine;

impl Contender<TableWorkload> for Machine {
    fn name(&self) -> String {
        "tsetlin".to_string()
    }

    fn role(&self) -> Role {
        Role::Engine
    }

    fn attempt(&self, ctx: &Ctx, workload: &TableWorkload) -> Result<Attempt<Vec<Option<String>>>, String> {
        let words = |error: isogrid_tsetlin::TsetlinError| error.to_string();
        let options = options(workload).map_err(words)?;
        let fitted =
            TableClassifier::fit(ctx, workload.train(), workload.target(), &options).map_err(words)?;
        let (model, queries) = (fitted.model, workload.queries());
        let (answers, stop) = model.answer(ctx, queries, 0..queries.n_rows()).map_err(words)?;
        let mut answer = vec![None; queries.n_rows()];
        for given in &answers {
            answer[given.row] = model.classes().get(given.class as usize).cloned();
        }
        let stop = if fitted.stop == Stop::Done { stop } else { fitted.stop };
        let model_bytes = Some(model.to_bytes().len() as u64);
        Ok(Attempt { answer, model_bytes, ticks: Some(ctx.ticks()), stop })
    }
}

/// The options of the job, read by the engine's own text edge from a table of one row.
fn options(workload: &TableWorkload) -> Result<TableOptions, isogrid_tsetlin::TsetlinError> {
    let mut text = Vec::new();
    write_csv("one row", &workload.train().take_rows(&[0]), &mut text)?;
    let sources = vec![Source::memory("one row", text)];
    let request = Request { sources, options: workload.options().to_vec(), ..Request::default() };
    Ok(Tsetlin.data(&request)?.1)
}
