//! Plans that may be much too dear, for tests of what makes plans cheaper.

use std::sync::Arc;

use isogrid_core::Ctx;
use isogrid_num::rng::Rng;

use crate::ground::{Keep, ground_in};
use crate::pddl::{Domain, Problem};
use crate::random::stroll;
use crate::search::{Mode, Outcome, Query, SolveOptions, solve};
use crate::task::{OperatorId, Task};
use crate::validate::validate;

/// A solvable task with a random walk to its goal.
pub(crate) struct Stroll {
    domain: Arc<Domain>,
    problem: Arc<Problem>,
    pub(crate) task: Task,
    pub(crate) query: Query,
    pub(crate) plan: Vec<OperatorId>,
    /// What the cheapest plan costs.
    least: u64,
}

impl Stroll {
    /// None where there is no plan, or the walk does not meet the goal soon.
    pub(crate) fn new((domain, problem): (Domain, Problem), seed: u64) -> Option<Stroll> {
        let (domain, problem) = (Arc::new(domain), Arc::new(problem));
        let task = ground_in(&Ctx::new(0), &domain, &problem, Keep::Relevant).expect("a task");
        let optimal = SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() };
        let Outcome::Solved { plan: least, .. } = solve(&task, &optimal).outcome else { return None };
        let plan = stroll(&task, &mut Rng::new(seed, 5))?;
        let query = Query { init: task.init().clone(), goal: task.goal.clone() };
        Some(Stroll { domain, problem, task, query, plan, least: least.cost })
    }

    /// Asserts that a plan made of the walk is valid, no dearer than it, and the cheapest where that is said; whether it
    /// is cheaper than the walk.
    pub(crate) fn check(&self, plan: &[OperatorId], is_cheapest: bool, name: &str) -> bool {
        let steps: Vec<_> = plan.iter().map(|&operator| self.task.step(operator)).collect();
        let validation = validate(&self.domain, &self.problem, &steps);
        assert!(validation.is_valid(), "{name}: {validation}");
        let (now, before) = (self.task.plan_cost(plan), self.task.plan_cost(&self.plan));
        assert!(now <= before, "{name}");
        assert!(!is_cheapest || now == self.least, "{name}");
        now < before
    }
}
