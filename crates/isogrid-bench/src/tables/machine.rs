//! The Tsetlin machine at its defaults with its learning and answering marked, which the facade's contender does not.

use isogrid::tsetlin::{TableClassifier, TableOptions, TsetlinError};
use isogrid::workloads::TableWorkload;
use isogrid_core::{Attempt, Contender, Ctx, Role};

/// The name of the engine's contender.
pub(super) const NAME: &str = "tsetlin";

/// The same work as the facade's contender.
pub(super) struct Machine;

impl Contender<TableWorkload> for Machine {
    fn name(&self) -> String {
        NAME.to_string()
    }

    fn role(&self) -> Role {
        Role::Engine
    }

    fn attempt(&self, ctx: &Ctx, workload: &TableWorkload) -> Result<Attempt<Vec<Option<String>>>, String> {
        let words = |error: TsetlinError| error.to_string();
        let fit = ctx.span("fit");
        let options = TableOptions::default();
        let model =
            TableClassifier::fit(ctx, workload.train(), workload.target(), &options).map_err(words)?.model;
        drop(fit);
        let _predict = ctx.span("predict");
        let queries = workload.queries();
        let (answers, stop) = model.answer(ctx, queries, 0..queries.n_rows()).map_err(words)?;
        let class = |code: u32| model.classes().get(code as usize).cloned();
        let answer = answers.iter().map(|given| class(given.class)).collect();
        Ok(Attempt { answer, model_bytes: None, ticks: Some(ctx.ticks()), stop })
    }
}
