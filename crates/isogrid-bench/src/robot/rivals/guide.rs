//! The planner beside a guided rival: a plan made once, and the sub-task that is next.
//!
//! As in the planner-guided variant of arXiv 2602.19260: no plan is made again, and what does not succeed within a
//! number of ticks is passed over.

use std::ops::ControlFlow;

use isogrid_core::Ctx;
use isogrid_plan::{Mode, PlanAnswer, PlanQuery, Session, SolveOptions};
use isogrid_robot::agent::Move;
use isogrid_robot::facts::{Relations, Support, Tolerances};
use isogrid_robot::tasks::{Task, TaskState};
use isogrid_robot::{Observation, RobotError, Scene};

use super::error::RivalError;

/// Ticks after which a sub-task is passed over.
const PATIENCE: u32 = 400;

/// Expanded states after which an optimal plan is not waited for.
const OPTIMAL_TICKS: u64 = 200_000;

/// A plan being followed.
pub(super) struct Guide {
    task: Task,
    state: TaskState,
    session: Session,
    /// The plan, once it is made.
    plan: Option<Vec<Move>>,
    next: usize,
    ticks: u32,
}

impl Guide {
    pub fn new(scene: &Scene, task: &Task) -> Result<Guide, RivalError> {
        let (domain, problem) = task.to_pddl(scene)?;
        Ok(Guide {
            state: TaskState::new(&domain, &problem, scene)?,
            session: Session::ungrounded(&domain, &problem, isogrid_plan::Keep::default()),
            task: task.clone(),
            plan: None,
            next: 0,
            ticks: 0,
        })
    }

    /// The sub-task that is next; none after the last.
    pub fn follow(&mut self, scene: &Scene, seen: &Observation) -> Result<Option<Move>, RivalError> {
        let relations = Relations::of(scene, seen, &Tolerances::default());
        if self.plan.is_none() {
            self.plan = Some(self.make(&relations)?);
        }
        let plan = self.plan.as_deref().unwrap_or_default();
        self.ticks += 1;
        while let Some(step) = plan.get(self.next)
            && (holds(step, &relations) || self.ticks > PATIENCE)
        {
            self.next += 1;
            self.ticks = 0;
        }
        Ok(plan.get(self.next).copied())
    }

    fn make(&mut self, relations: &Relations) -> Result<Vec<Move>, RivalError> {
        let facts = self.state.facts(&self.task, relations);
        let ctx = Ctx::new(0);
        for (mode, ticks) in [(Mode::Optimal, OPTIMAL_TICKS), (Mode::First, u64::MAX)] {
            let options = SolveOptions { mode, ..SolveOptions::default() };
            let query = PlanQuery { state: Some(facts.clone()), options, ..PlanQuery::default() };
            let mut answer = None;
            let found = self.session.plan(&ctx.child(ticks), &query, &mut |found| {
                answer = Some(found);
                ControlFlow::Continue(())
            });
            found.map_err(RobotError::from)?;
            if let Some(PlanAnswer::Plan(plan)) = answer {
                return Ok(self.moves(&plan));
            }
        }
        Err(RivalError::Unreachable)
    }

    /// A plan's actions over objects of the scene: the moved block stands first.
    fn moves(&self, plan: &isogrid_plan::ValidPlan) -> Vec<Move> {
        let one = |args: &[usize], name: &str| {
            let object = |at: usize| args.get(at).and_then(|&object| self.state.scene_object(object));
            let block = object(0)?;
            match name {
                "pick" => Some(Move::Pick { block }),
                _ => Some(Move::Place { block, on: object(1)? }),
            }
        };
        let steps = plan.actions.iter().zip(&plan.steps);
        steps.filter_map(|((_, args), step)| one(args, &step.action)).collect()
    }
}

/// Whether the effect of a sub-task is seen.
fn holds(step: &Move, relations: &Relations) -> bool {
    match *step {
        Move::Pick { block } => relations.held() == Some(block),
        Move::Place { block, on } => relations.support[block] == Some(Support::Object(on)),
    }
}
