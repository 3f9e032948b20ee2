//! Estimates of single states, for those who search on their own.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::heuristic::{
    Blind, Cartesian, CartesianOptions, Costs, FastForward, HAdd, HMax, Heuristic, LmCut, Node, Relaxation,
};
use crate::packing::State;
use crate::search::Estimate;
use crate::task::{OperatorId, Task};

/// What a state's distance to the goal is estimated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// An estimate that never exceeds the distance.
    Admissible(Estimate),
    /// h_add: conditions are taken to be reached one by one.
    Add,
    /// FF: the cost of a relaxed plan.
    FastForward,
}

/// A heuristic made once for a task, to be asked about many states.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use isogrid_core::Ctx;
/// use isogrid_plan::{Estimator, Measure, ground, pddl};
///
/// let domain = b"(define (domain d) (:predicates (on) (lit))
///   (:action press :effect (on)) (:action light :precondition (on) :effect (lit)))";
/// let (domain, _) = pddl::parse_domain("d.pddl", domain)?;
/// let problem = b"(define (problem p) (:domain d) (:init) (:goal (lit)))";
/// let (problem, _) = pddl::parse_problem("p.pddl", problem, &domain)?;
/// let task = ground(&domain, &problem)?;
/// let ControlFlow::Continue(mut ff) = Estimator::new(&Ctx::new(0), &task, Measure::FastForward) else { return Ok(()) };
/// assert_eq!(ff.estimate(task.init()), Some(2));
/// let preferred = ff.preferred().to_vec();
/// assert_eq!(task.step(preferred[0]).to_string(), "(press)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Estimator<'a> {
    /// None where the goal is out of reach from everywhere.
    heuristic: Option<Box<dyn Heuristic + 'a>>,
}

impl<'a> Estimator<'a> {
    /// Makes the heuristic for the task's own goal. Cartesian abstractions are built from the task's initial state, for
    /// a second or so; the others take time linear in the task.
    ///
    /// Breaks with [`Stop::Failed`] where the measure does not support the task, and with the context's stop, which only
    /// the building of abstractions listens to.
    pub fn new(ctx: &Ctx, task: &'a Task, measure: Measure) -> ControlFlow<Stop, Estimator<'a>> {
        if !task.unreachable_goals().is_empty() {
            return ControlFlow::Continue(Estimator { heuristic: None });
        }
        let goal = &task.goal;
        let relaxation = || Relaxation::new(task, goal, Costs::Real);
        let heuristic: Box<dyn Heuristic + 'a> = match measure {
            Measure::Admissible(Estimate::Blind) => Box::new(Blind::new(task, goal)),
            Measure::Admissible(Estimate::HMax) => Box::new(HMax::new(task, relaxation())),
            Measure::Admissible(Estimate::LmCut) => Box::new(LmCut::new(task, goal)),
            Measure::Admissible(Estimate::Cartesian) => {
                match Cartesian::build(ctx, task, task.init(), goal, &CartesianOptions::default())? {
                    Some(cartesian) => Box::new(cartesian),
                    None => return ControlFlow::Break(Stop::Failed),
                }
            }
            Measure::Add => Box::new(HAdd::new(task, relaxation())),
            Measure::FastForward => Box::new(FastForward::new(task, relaxation())),
        };
        ControlFlow::Continue(Estimator { heuristic: Some(heuristic) })
    }

    /// The estimate of a state of the task, in units of its cost; `None` where it proves that no goal can be reached.
    pub fn estimate(&mut self, state: &State) -> Option<u32> {
        self.heuristic.as_mut()?.evaluate(Node { id: 0, parent: None, words: state.words() })
    }

    /// Operators that the last estimate recommends: helpful actions of FF and h_add, nothing of the others.
    pub fn preferred(&self) -> &[OperatorId] {
        self.heuristic.as_ref().map_or(&[], |heuristic| heuristic.preferred())
    }
}
