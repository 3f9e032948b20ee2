//! The planner behind the waist: fit grounds, open makes a [`Session`], step plans.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Emission, Engine, Fitted, Info, OptionSpec, Sink, Status, Stop};

use crate::error::PlanError;
use crate::ground::{Keep, ground_in};
use crate::heuristic::{Blind, Cartesian, Declared, FastForward, HAdd, HMax, LandmarkCount, LmCut};
use crate::pddl::{Domain, Problem};
use crate::search::{Novelty, STUBBORN_SETS};
use crate::session::{PlanAnswer, PlanQuery, Session};
use crate::task::Task;

/// The planning engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Planner;

/// What the engine fits: a domain and one of its problems.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanningData {
    /// The domain.
    pub domain: Arc<Domain>,
    /// The problem.
    pub problem: Arc<Problem>,
}

/// Settings of fitting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroundOptions {
    /// What the grounded task keeps. Default: what is relevant to the goal.
    pub keep: Keep,
}

/// A planning problem, grounded unless the budget ended first; a session grounds what is not.
#[derive(Debug, Clone)]
pub struct PlanningModel {
    /// The domain.
    pub domain: Arc<Domain>,
    /// The problem.
    pub problem: Arc<Problem>,
    /// What grounding keeps.
    pub keep: Keep,
    /// The grounded task.
    pub task: Option<Arc<Task>>,
}

static INFO: Info = Info {
    name: "plan",
    structure: "A long task is a short search once it is written as actions with conditions and effects over few \
                variables.",
    assumes: &[
        "the PDDL domain is right, deterministic and fully observed",
        "PDDL with typing, ADL conditions and effects, derived predicates, linear numeric fluents, action costs",
    ],
    guarantees: &[
        "every plan shown was accepted by a validator that shares no code with the search",
        "`unsolvable` and `optimal` are proofs; running out of budget is a different answer",
        "same input, seed, tick budget and number of threads: same answer, however fast the threads are",
    ],
    papers: &[
        "Helmert, The Fast Downward planning system, JAIR 26, 2006",
        "Hoffmann and Nebel, The FF planning system, JAIR 14, 2001",
        "Richter and Westphal, The LAMA planner, JAIR 39, 2010",
        "Lipovetzky and Geffner, Width and serialization of classical planning problems, ECAI 2012",
        "Lipovetzky and Geffner, Best-first width search, AAAI 2017",
        "Wehrle and Helmert, Efficient stubborn sets, ICAPS 2014",
        "Helmert and Domshlak, Landmarks, critical paths and abstractions, ICAPS 2009",
        "Siddiqui and Haslum, Continuing plan quality optimisation, JAIR 54, 2015",
        "Seipp, Keller and Helmert, Saturated cost partitioning for optimal classical planning, JAIR 67, 2020",
    ],
    status: Status::Tested,
    emission: Emission::Improves,
    tick: "one generated state; evaluating an estimate counts by its work",
    options: &[
        OptionSpec { name: "optimal", value: None, help: "Look for a plan of least cost, with proof" },
        OptionSpec {
            name: "first",
            value: None,
            help: "Stop at the first plan [default: improve it while ticks last]",
        },
        OptionSpec {
            name: "search",
            value: Some("NAME"),
            help: "One search instead of the portfolio: astar-blind, astar-hmax, astar-lmcut, astar-cartesian, lama, greedy-ff, \
                   greedy-add, greedy-ff-landmarks, bfws, dual-bfws (without its guides by landmarks), iw-1, iw-2 or iw-3; \
                   all but auto, lama and A* end with their first plan [default: auto]",
        },
        OptionSpec {
            name: "weight",
            value: Some("W"),
            help: "A*'s weight, a whole number: plans cost at most W times the least [default: 1]",
        },
        OptionSpec {
            name: "reduction",
            value: Some("NAME"),
            help: "What A* leaves out: none or stubborn-sets [default: none; the portfolio decides for itself]",
        },
        OptionSpec {
            name: "improve-ticks",
            value: Some("N"),
            help: "Ticks spent on improving when no budget is given [default: 2000000]",
        },
        OptionSpec {
            name: "threads",
            value: Some("N"),
            help: "1 takes turns between searches, more let those for a first or a cheapest plan race; improving has one \
                   [default: 1]",
        },
    ],
    parts: &[
        Blind::PART,
        HMax::PART,
        HAdd::PART,
        FastForward::PART,
        LandmarkCount::PART,
        LmCut::PART,
        Cartesian::PART,
        Novelty::PART,
        STUBBORN_SETS,
    ],
};

impl Engine for Planner {
    type Data = PlanningData;
    type Options = GroundOptions;
    type Model = PlanningModel;
    type Session = Session;
    type Input = PlanQuery;
    type Output = PlanAnswer;
    type Error = PlanError;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(
        &self,
        ctx: &Ctx,
        data: &PlanningData,
        options: &GroundOptions,
    ) -> Result<Fitted<PlanningModel>, PlanError> {
        let _span = ctx.span("ground");
        let (domain, problem, keep) = (data.domain.clone(), data.problem.clone(), options.keep);
        let (task, stop) = match ground_in(ctx, &domain, &problem, keep) {
            Ok(task) => (Some(Arc::new(task)), Stop::Done),
            Err(PlanError::Stopped(stop)) => (None, stop),
            Err(error) => return Err(error),
        };
        Ok(Fitted { model: PlanningModel { domain, problem, keep, task }, stop })
    }

    fn open(&self, _ctx: &Ctx, model: &Arc<PlanningModel>) -> Result<Session, PlanError> {
        Ok(match &model.task {
            Some(task) => Session::new(task),
            None => Session::ungrounded(&model.domain, &model.problem, model.keep),
        })
    }

    fn step(
        &self,
        ctx: &Ctx,
        session: &mut Session,
        input: PlanQuery,
        mut out: Sink<'_, PlanAnswer>,
    ) -> Result<Stop, PlanError> {
        let _span = ctx.span("search");
        session.plan(ctx, &input, &mut |answer| match out.emit(answer) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(_) => ControlFlow::Break(()),
        })
    }
}
