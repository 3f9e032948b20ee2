//! Grounding: from a parsed problem to a task over finite-domain variables.
//!
//! Relaxed reachability by joins, constant atoms removed, mutex groups into variables, irrelevant variables and
//! duplicate operators dropped. Conditions are ground formulas until then: quantifiers are unrolled over objects,
//! disjunctions multiplied out or derived by axioms, comparisons of numbers become facts that are derived too.

mod atoms;
mod conjunctions;
mod costs;
mod formula;
mod join;
mod mutex;
mod numbers;
mod pace;
mod prune;
mod reach;
mod relevance;
mod rule;
mod schema;
mod simplify;
mod strips;
mod variables;

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};

use crate::error::PlanError;
use crate::pddl::{Domain, Problem};
use crate::task::{Task, TaskParts};

pub(crate) use atoms::{AtomId, AtomTable};
pub(crate) use numbers::{Linear, Numbers, Sign};
pub(crate) use pace::Pace;
pub(crate) use strips::{Kind, NumericUpdate, Strips};
pub(crate) use variables::{Fdr, FdrAxiom, FdrOperator, FdrWhen, VarVal};

/// Which parts of the problem the task keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Only what can influence the goal: the smallest task for planning.
    #[default]
    Relevant,
    /// Every reachable action and atom: for simulation, and for sessions whose goal changes.
    Everything,
}

/// Grounds `problem`, keeping what is relevant to its goal.
///
/// Cost grows with the number of partial matches of action conditions against reachable atoms.
///
/// # Errors
/// A cost has no value or does not fit.
pub fn ground(domain: &Domain, problem: &Problem) -> Result<Task, PlanError> {
    let ctx = Ctx::new(0);
    ground_in(&ctx, &Arc::new(domain.clone()), &Arc::new(problem.clone()), Keep::Relevant)
}

/// As [`ground`], within a context and with a choice of what to keep.
///
/// # Errors
/// As [`ground`]; [`PlanError::Stopped`] when the context ends the work first.
pub fn ground_in(
    ctx: &Ctx,
    domain: &Arc<Domain>,
    problem: &Arc<Problem>,
    keep: Keep,
) -> Result<Task, PlanError> {
    let reached = {
        let _span = ctx.span("reach");
        unless_stopped(reach::reach(ctx, domain, problem))?
    };
    let _span = ctx.span("variables");
    let mut strips = simplify::simplify(ctx, domain, problem, reached)?;
    let pace = Pace::new(ctx);
    if strips.has_rest {
        prune::prune(&pace, &mut strips);
        unless_stopped(pace.end())?;
    }
    let groups = unless_stopped(mutex::mutex_groups(ctx, &strips))?;
    let mut fdr = variables::build(&pace, &strips, &groups);
    unless_stopped(pace.end())?;
    if keep == Keep::Relevant {
        relevance::prune(&pace, &mut fdr);
        unless_stopped(pace.end())?;
        relevance::merge_duplicates(&pace, &mut fdr.operators);
        unless_stopped(pace.end())?;
    }
    let parts = TaskParts { domain: domain.clone(), problem: problem.clone(), strips, fdr, groups, keep };
    let task = Task::new(&pace, parts)?;
    ctx.note(|| {
        format!(
            "grounded: {} facts in {} variables, {} operators, {} mutex groups, {} bytes a state",
            task.n_facts(),
            task.n_variables(),
            task.n_operators(),
            task.n_mutex_groups(),
            task.state_bytes()
        )
    });
    Ok(task)
}

/// What a pass made, or an error where its context ended it.
pub(crate) fn unless_stopped<T>(flow: ControlFlow<Stop, T>) -> Result<T, PlanError> {
    match flow {
        ControlFlow::Continue(made) => Ok(made),
        ControlFlow::Break(stop) => Err(PlanError::Stopped(stop)),
    }
}
