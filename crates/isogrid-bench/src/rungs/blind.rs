//! No structure, just more search: A* without a heuristic, stopped after a given amount of work.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid::workloads::PlanningWorkload;
use isogrid_core::{Attempt, Contender, Ctx, Role};
use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Keep, Mode, PlanAnswer, PlanQuery, Session, SolveOptions, ground_in};

/// The largest PDDL text read, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// Blind search of so many ticks: states generated.
pub(super) struct Blind {
    pub ticks: u64,
}

impl Contender<PlanningWorkload> for Blind {
    fn name(&self) -> String {
        match self.ticks {
            ticks if ticks % 1_000_000 == 0 => format!("blind search, {}M states", ticks / 1_000_000),
            ticks => format!("blind search, {}k states", ticks / 1_000),
        }
    }

    fn role(&self) -> Role {
        Role::Rung { ladder: "blind search".to_string(), size: self.ticks }
    }

    fn attempt(&self, ctx: &Ctx, workload: &PlanningWorkload) -> Result<Attempt<Option<String>>, String> {
        let [domain, problem] = workload.request().sources.as_slice() else {
            return Err("expected a domain and a problem".to_string());
        };
        let text = |source: &isogrid_core::Source| source.read(MAX_BYTES).map_err(|error| error.to_string());
        let (parsed, _) = parse_domain(&domain.name, &text(domain)?).map_err(|error| error.to_string())?;
        let (problem, _) =
            parse_problem(&problem.name, &text(problem)?, &parsed).map_err(|error| error.to_string())?;
        let task = ground_in(ctx, &Arc::new(parsed), &Arc::new(problem), Keep::default());
        let task = Arc::new(task.map_err(|error| error.to_string())?);
        let search = ctx.child(self.ticks);
        let options = SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() };
        let mut answer = None;
        let stop =
            Session::new(&task).plan(&search, &PlanQuery { options, ..PlanQuery::default() }, &mut |found| {
                if let PlanAnswer::Plan(plan) = found {
                    answer = Some(plan.text());
                }
                ControlFlow::Continue(())
            });
        ctx.absorb(&search);
        let stop = stop.map_err(|error| error.to_string())?;
        Ok(Attempt { answer, model_bytes: None, ticks: Some(ctx.ticks()), stop })
    }
}
