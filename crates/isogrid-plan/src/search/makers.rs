//! The searches that a query can be given to, made with their heuristics.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use isogrid_core::{Ctx, Stop};

use crate::heuristic::{
    Blind, Cartesian, CartesianOptions, Costs, CountOptions, Declared, FastForward, HAdd, HMax, Heuristic,
    LandmarkCount, LmCut, Orders, Relaxation,
};
use crate::landmarks::Landmarks;
use crate::search::astar::AStar;
use crate::search::bfws::{Bfws, Pruning};
use crate::search::eager::Eager;
use crate::search::guides::Guides;
use crate::search::iterated_width::IteratedWidth;
use crate::search::lazy::{Lazy, Order};
use crate::search::stubborn::StubbornSets;
use crate::search::{Estimate, Explorer, Found, Guide, Query, Reduction, SolveOptions, Statistics};
use crate::task::Task;

/// Makes searches for one query.
pub(crate) struct Makers<'a> {
    pub(crate) task: &'a Task,
    pub(crate) query: &'a Query,
    pub(crate) seed: u64,
    /// Ticks that were left at first: what a race's other threads do later must not count.
    budget: u64,
    landmarks: Option<Arc<Landmarks>>,
    /// By the costs that they count, made when they are asked for.
    relaxations: Relaxations,
}

/// One for unit costs, one for costs and one more.
type Relaxations = [OnceLock<Arc<Relaxation>>; 2];

/// A search that can be stopped and continued.
pub(crate) type Boxed<'a> = Box<dyn Explorer + 'a>;

impl<'a> Makers<'a> {
    /// Without landmarks.
    pub(crate) fn new(ctx: &Ctx, task: &'a Task, query: &'a Query) -> Makers<'a> {
        Makers {
            task,
            query,
            seed: ctx.seed(),
            budget: ctx.remaining(),
            landmarks: None,
            relaxations: Default::default(),
        }
    }

    /// Finds landmarks, if there are not too many.
    pub(crate) fn with_landmarks(mut self, ctx: &Ctx) -> Makers<'a> {
        self.landmarks = Landmarks::find(ctx, self.task, &self.query.init, &self.query.goal);
        ctx.note(|| match &self.landmarks {
            Some(found) => format!("landmarks: {}, {} reasonable orders", found.len(), found.n_reasonable),
            None => "landmarks: none (too many, no budget left, or a goal out of reach)".to_string(),
        });
        self
    }

    pub(crate) fn blind(&self) -> AStar<'a, Blind<'a>> {
        AStar::new(self.task, self.query, Blind::new(self.task, &self.query.goal))
    }

    /// A* with an estimate times a weight, reduced if that is asked for. The context may end the work that an estimate
    /// takes beforehand, and [`Stop::Failed`] tells that something does not support the task.
    pub(crate) fn a_star(
        &self,
        ctx: &Ctx,
        estimate: Estimate,
        options: &SolveOptions,
    ) -> ControlFlow<Stop, Boxed<'a>> {
        match estimate {
            Estimate::Blind => self.with(self.blind(), options),
            Estimate::LmCut => self.with(self.lm_cut(), options),
            Estimate::HMax => {
                let heuristic = HMax::new(self.task, self.relaxation(Costs::Real));
                self.with(AStar::new(self.task, self.query, heuristic), options)
            }
            Estimate::Cartesian => self.with(self.cartesian(ctx, u64::MAX)?, options),
        }
    }

    fn with<H: Heuristic + Declared + 'a>(
        &self,
        search: AStar<'a, H>,
        options: &SolveOptions,
    ) -> ControlFlow<Stop, Boxed<'a>> {
        let search = match (options.reduction, self.stubborn_sets()) {
            (Reduction::None, _) => search,
            (Reduction::StubbornSets, None) => return ControlFlow::Break(Stop::Failed),
            (Reduction::StubbornSets, sets) => search.with_reduction(sets),
        };
        ControlFlow::Continue(Box::new(search.with_weight(options.weight)))
    }

    fn stubborn_sets(&self) -> Option<StubbornSets<'a>> {
        StubbornSets::new(self.task, &self.query.goal)
    }

    fn lm_cut(&self) -> AStar<'a, LmCut<'a>> {
        AStar::new(self.task, self.query, LmCut::new(self.task, &self.query.goal))
    }

    /// A* with LM-cut as the portfolio runs it.
    pub(crate) fn reduced_lm_cut(&self) -> Boxed<'a> {
        Box::new(self.lm_cut().with_reduction(self.stubborn_sets()))
    }

    /// A* with Cartesian abstractions that are built within three quarters of `ticks`.
    fn cartesian(&self, ctx: &Ctx, ticks: u64) -> ControlFlow<Stop, AStar<'a, Cartesian>> {
        let Query { init, goal } = self.query;
        let usual = CartesianOptions::default();
        let ticks = ticks.min(self.budget);
        // Less is left for building where it would leave nothing for the search.
        let options = CartesianOptions {
            refine_ticks: usual.refine_ticks.min(ticks / 2),
            order_ticks: usual.order_ticks.min(ticks / 4),
            ..usual
        };
        match Cartesian::build(ctx, self.task, init, goal, &options)? {
            Some(heuristic) => ControlFlow::Continue(AStar::new(self.task, self.query, heuristic)),
            None => ControlFlow::Break(Stop::Failed),
        }
    }

    /// LAMA's search.
    pub(crate) fn lama(&self, costs: Costs, order: Order) -> Lazy<'a> {
        let options = CountOptions { orders: Orders::Reasonable, prefers: false };
        self.lazy(costs, order, options).with_seed(self.seed)
    }

    /// A greedy search that breaks ties differently and trusts fewer orders, for when the usual one is stuck.
    pub(crate) fn other_greedy(&self, round: u64) -> Boxed<'a> {
        let options = CountOptions { orders: Orders::Natural, prefers: true };
        Box::new(self.lazy(Costs::Unit, Order::Greedy, options).with_seed(self.seed.wrapping_add(round)))
    }

    fn lazy(&self, costs: Costs, order: Order, options: CountOptions) -> Lazy<'a> {
        Lazy::new(self.task, self.query, self.lama_guides(costs, options), order)
    }

    /// FF, and the landmark count where there are landmarks.
    fn lama_guides(&self, costs: Costs, options: CountOptions) -> Guides<'a> {
        let mut guides: Vec<Box<dyn Heuristic + 'a>> = vec![Box::new(self.fast_forward(costs))];
        if let Some(landmarks) = &self.landmarks {
            let costs = costs.of(self.task);
            guides.push(Box::new(LandmarkCount::new(self.task, landmarks.clone(), &costs, options)));
        }
        Guides::new(self.task, guides)
    }

    fn fast_forward(&self, costs: Costs) -> FastForward<'a> {
        FastForward::new(self.task, self.relaxation(costs))
    }

    fn relaxation(&self, costs: Costs) -> Arc<Relaxation> {
        let make = || Relaxation::new(self.task, &self.query.goal, costs);
        match costs.settled(self.task) {
            Costs::Unit => self.relaxations[0].get_or_init(make).clone(),
            Costs::PlusOne => self.relaxations[1].get_or_init(make).clone(),
            Costs::Real => make(),
        }
    }

    /// Gives back what only searches for a first plan need.
    pub(crate) fn forget_units(&mut self) {
        if Costs::PlusOne.settled(self.task) != Costs::Unit {
            self.relaxations[0].take();
        }
    }

    /// Eager greedy search.
    pub(crate) fn eager(&self, guide: Guide) -> Boxed<'a> {
        let alone = |heuristic: Box<dyn Heuristic + 'a>| Guides::new(self.task, vec![heuristic]);
        let guides = match guide {
            Guide::FastForward => alone(Box::new(self.fast_forward(Costs::Unit))),
            Guide::Add => alone(Box::new(HAdd::new(self.task, self.relaxation(Costs::Unit)))),
            Guide::FastForwardAndLandmarks => {
                self.lama_guides(Costs::Unit, CountOptions { orders: Orders::Reasonable, prefers: true })
            }
        };
        Box::new(Eager::new(self.task, self.query, guides))
    }

    pub(crate) fn bfws(&self, pruning: Pruning) -> Boxed<'a> {
        Box::new(Bfws::new(self.task, self.query, self.fast_forward(Costs::Unit), pruning))
    }

    pub(crate) fn iterated_width(&self, k: u8) -> Boxed<'a> {
        Box::new(IteratedWidth::new(self.task, self.query, k))
    }
}

/// A* with Cartesian abstractions that its first run builds.
pub(crate) struct CartesianLater<'m, 'a> {
    makers: &'m Makers<'a>,
    /// Ticks of its first run, of which building takes at most three quarters.
    ticks: u64,
    search: Option<AStar<'a, Cartesian>>,
}

impl<'m, 'a> CartesianLater<'m, 'a> {
    pub(crate) fn new(makers: &'m Makers<'a>, ticks: u64) -> CartesianLater<'m, 'a> {
        CartesianLater { makers, ticks, search: None }
    }
}

impl Explorer for CartesianLater<'_, '_> {
    fn run(&mut self, ctx: &Ctx, bound: u64) -> ControlFlow<Stop, Found> {
        let search = match self.search.take() {
            Some(search) => search,
            None => self.makers.cartesian(ctx, self.ticks)?.with_reduction(self.makers.stubborn_sets()),
        };
        self.search.insert(search).run(ctx, bound)
    }

    fn statistics(&self) -> Statistics {
        self.search.as_ref().map(Explorer::statistics).unwrap_or_default()
    }
}
