//! The ladder's floor for tables: the most frequent class, whatever the row.
//!
//! Its peak memory is that of holding the table, which is in every other contender's too.

use std::collections::BTreeMap;

use isogrid::workloads::TableWorkload;
use isogrid_core::{Attempt, Contender, Ctx, Role, Stop};

/// Answers the most frequent class of the training rows.
pub(super) struct Majority;

impl Contender<TableWorkload> for Majority {
    fn name(&self) -> String {
        "most frequent class".to_string()
    }

    fn role(&self) -> Role {
        Role::Rung { ladder: "constant".to_string(), size: 1 }
    }

    fn attempt(&self, ctx: &Ctx, workload: &TableWorkload) -> Result<Attempt<Vec<Option<String>>>, String> {
        let train = workload.train();
        let target = train.require(workload.target()).map_err(|error| error.to_string())?;
        let fit = ctx.span("fit");
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for class in (0..target.len()).filter_map(|row| target.text(row)) {
            *counts.entry(class.into_owned()).or_default() += 1;
        }
        let most = counts.iter().rev().max_by_key(|(_, count)| **count).map(|(class, _)| class.clone());
        drop(fit);
        let _predict = ctx.span("predict");
        let model_bytes = most.as_ref().map(|class| class.len() as u64);
        Ok(Attempt {
            answer: vec![most; workload.queries().n_rows()],
            model_bytes,
            ticks: None,
            stop: Stop::Done,
        })
    }
}
