//! `solve`: which search runs when.
//!
//! First plan: greedy search with FF, landmarks and preferred operators, blind A*, and greedy searches with other
//! ties, in turns of growing length: small state spaces with misleading relaxations (towers) are A*'s. Then
//! improvement: A* goes on, and weighted searches with falling weights look for cheaper plans until one of them
//! proves that there is none, or the ticks end. With two threads the two kinds of search race instead of taking turns.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Limit, Stop};

use crate::ground::VarVal;
use crate::heuristic::{
    Blind, Costs, FastForward, HMax, Heuristic, LandmarkCount, LmCut, Orders, Relaxation,
};
use crate::landmarks::Landmarks;
use crate::packing::State;
use crate::search::astar::{AStar, MAX_COST};
use crate::search::lazy::{Lazy, Order};
use crate::search::race::{Member, race};
use crate::search::{Found, Statistics};
use crate::task::{OperatorId, Task};

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The first plan found.
    First,
    /// A first plan, then cheaper ones while ticks last or until one is proved optimal.
    #[default]
    Improve,
    /// A plan of least cost, with proof.
    Optimal,
}

/// Which search runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Search {
    /// A portfolio that fits the mode.
    #[default]
    Auto,
    /// A* with one estimate: the first plan is optimal.
    AStar(Estimate),
}

/// Admissible estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// Nothing at goals, the cheapest action elsewhere.
    Blind,
    /// h_max.
    HMax,
    /// LM-cut.
    LmCut,
}

impl Search {
    /// All searches by the names that the command uses.
    pub const NAMED: [(&'static str, Search); 4] = [
        ("auto", Search::Auto),
        ("astar-blind", Search::AStar(Estimate::Blind)),
        ("astar-hmax", Search::AStar(Estimate::HMax)),
        ("astar-lmcut", Search::AStar(Estimate::LmCut)),
    ];

    /// The search of this name.
    pub fn named(name: &str) -> Option<Search> {
        Search::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, search)| search)
    }
}

/// Settings of [`solve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolveOptions {
    /// What kind of answer is wanted. Default: improve.
    pub mode: Mode,
    /// Which search runs. Default: a portfolio that fits the mode.
    pub search: Search,
    /// Work in ticks after which [`solve`] gives up. Default: none. A context has its own limit instead.
    pub ticks: u64,
    /// Work spent on improving after the first plan, when nothing else limits the work. Default: two million ticks,
    /// well under a second.
    pub improve_ticks: u64,
    /// Threads. One is the default; two race greedy against optimal search. The answer is the same at any speed of
    /// the threads, but one thread and two may answer differently.
    pub threads: usize,
}

impl Default for SolveOptions {
    fn default() -> Self {
        SolveOptions {
            mode: Mode::Improve,
            search: Search::Auto,
            ticks: u64::MAX,
            improve_ticks: 2_000_000,
            threads: 1,
        }
    }
}

/// Operators from the initial state to the goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The operators in order.
    pub operators: Vec<OperatorId>,
    /// The sum of their costs.
    pub cost: u64,
}

/// The three answers of a planner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is a plan.
    Solved {
        /// The cheapest plan found.
        plan: Plan,
        /// Whether it is proved that none is cheaper.
        optimal: bool,
    },
    /// It is proved that there is no plan.
    Unsolvable(Unsolvable),
    /// A limit ended the search first.
    OutOfBudget(Stop),
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsolvable {
    /// These goal conditions cannot be reached even if nothing is ever deleted, or exclude each other.
    UnreachableGoals(Vec<String>),
    /// Every reachable state was expanded or proved hopeless; so many were seen.
    Exhausted {
        /// Different states seen.
        states: u64,
    },
}

/// An answer with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolveResult {
    /// The answer.
    pub outcome: Outcome,
    /// Counters over all searches.
    pub statistics: Statistics,
    /// Ticks used.
    pub ticks: u64,
    /// Why the work ended: done, impossible, a limit, or the receiver had enough.
    pub stop: Stop,
}

/// Solves a grounded task without a context: no cancellation, no observer.
pub fn solve(task: &Task, options: &SolveOptions) -> SolveResult {
    let ctx = Ctx::new(0).with_tick_limit(options.ticks);
    let query = Query { init: task.init().clone(), goal: task.goal.clone() };
    solve_in(&ctx, task, &query, options, &mut |_| ControlFlow::Continue(()))
}

/// Where to start, where to go.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) init: State,
    pub(crate) goal: Vec<VarVal>,
}

/// Receives every plan that is cheaper than all before, and may say that it is enough.
pub(crate) type OnPlan<'a> = &'a mut dyn FnMut(&Plan) -> ControlFlow<()>;

pub(crate) fn solve_in(
    ctx: &Ctx,
    task: &Task,
    query: &Query,
    options: &SolveOptions,
    on_plan: OnPlan<'_>,
) -> SolveResult {
    if !task.unreachable_goals().is_empty() {
        let because = Unsolvable::UnreachableGoals(task.unreachable_goals().to_vec());
        return SolveResult {
            outcome: Outcome::Unsolvable(because),
            statistics: Statistics::default(),
            ticks: ctx.ticks(),
            stop: Stop::Impossible,
        };
    }
    let landmarks = match (options.search, options.mode) {
        (Search::AStar(_), _) | (_, Mode::Optimal) => None,
        (Search::Auto, Mode::First | Mode::Improve) => Landmarks::find(ctx, task, &query.init, &query.goal),
    };
    let statistics = Statistics::default();
    let mut run = Run { ctx, task, query, options, on_plan, best: None, landmarks, statistics };
    let end = match (options.search, options.mode) {
        (Search::AStar(estimate), _) => run.a_star(estimate),
        (Search::Auto, Mode::Optimal) => run.optimal(),
        (Search::Auto, Mode::First) => run.first(),
        (Search::Auto, Mode::Improve) => run.improve(),
    };
    run.result(end)
}

/// Why a phase ended for good.
enum End {
    /// Nothing is left to do; the best plan is optimal if the flag says so.
    Done {
        optimal: bool,
    },
    Impossible,
    Stopped(Stop),
}

struct Run<'a, 'p> {
    ctx: &'a Ctx,
    task: &'a Task,
    query: &'a Query,
    options: &'a SolveOptions,
    on_plan: OnPlan<'p>,
    best: Option<Plan>,
    landmarks: Option<Arc<Landmarks>>,
    statistics: Statistics,
}

/// The first turn of a greedy search in ticks; blind A* gets half of each turn, and turns double.
const FIRST_TURN: u64 = 100_000;
/// Blind A* gives up after this many ticks of its own while a first plan is sought.
const BLIND_LIMIT: u64 = 40_000_000;
/// Optimal search tries blind A* for this many ticks before LM-cut.
const BLIND_OPTIMAL: u64 = 20_000_000;

impl<'a> Run<'a, '_> {
    fn blind(&self) -> AStar<'a, Blind<'a>> {
        let heuristic = Blind::new(self.task, &self.query.goal);
        AStar::new(self.task, &self.query.goal, heuristic, &self.query.init)
    }

    fn lm_cut(&self) -> AStar<'a, LmCut<'a>> {
        let heuristic = LmCut::new(self.task, &self.query.goal);
        AStar::new(self.task, &self.query.goal, heuristic, &self.query.init)
    }

    /// A* alone, to its end.
    fn a_star(&mut self, estimate: Estimate) -> End {
        match estimate {
            Estimate::Blind => self.alone(self.blind()),
            Estimate::LmCut => self.alone(self.lm_cut()),
            Estimate::HMax => {
                let relaxation = Arc::new(Relaxation::new(self.task, Costs::Real));
                let heuristic = HMax::new(self.task, relaxation, &self.query.goal);
                self.alone(AStar::new(self.task, &self.query.goal, heuristic, &self.query.init))
            }
        }
    }

    fn alone<H: Heuristic>(&mut self, mut search: AStar<'a, H>) -> End {
        let turn = self.turn(u64::MAX, |ctx| search.run(ctx, u64::MAX));
        self.statistics.add(search.statistics);
        match turn {
            Turn::Found(found) => self.settle(found, true),
            Turn::Stopped(stop) => End::Stopped(stop),
            Turn::Over => End::Stopped(Stop::Budget(Limit::Ticks)),
        }
    }

    fn lazy(&self, costs: Costs, order: Order) -> Lazy<'a> {
        self.lazy_with(costs, order, Orders::Reasonable)
    }

    /// A greedy search that breaks ties differently and trusts fewer orders, for when the usual one is stuck.
    fn other_greedy(&self, round: u64) -> Lazy<'a> {
        let search = self.lazy_with(Costs::Unit, Order::Greedy, Orders::Natural);
        search.with_seed(self.ctx.seed().wrapping_add(round))
    }

    fn lazy_with(&self, costs: Costs, order: Order, orders: Orders) -> Lazy<'a> {
        let relaxation = Arc::new(Relaxation::new(self.task, costs));
        let mut heuristics: Vec<Box<dyn Heuristic + 'a>> =
            vec![Box::new(FastForward::new(self.task, relaxation, &self.query.goal))];
        if let Some(landmarks) = &self.landmarks {
            heuristics.push(Box::new(LandmarkCount::new(self.task, landmarks.clone(), orders)));
        }
        let search = Lazy::new(self.task, &self.query.goal, heuristics, &self.query.init, order);
        search.with_seed(self.ctx.seed())
    }

    fn first(&mut self) -> End {
        let (mut greedy, mut blind) = (self.lazy(Costs::Unit, Order::Greedy), self.blind());
        let end = self.first_plan(&mut greedy, &mut blind);
        self.statistics.add(greedy.statistics);
        self.statistics.add(blind.statistics);
        end
    }

    fn improve(&mut self) -> End {
        let (mut greedy, mut blind) = (self.lazy(Costs::Unit, Order::Greedy), self.blind());
        let end = self.first_plan(&mut greedy, &mut blind);
        self.statistics.add(greedy.statistics);
        drop(greedy);
        let end = match end {
            End::Done { optimal: false } => self.cheaper_plans(&mut blind),
            end => end,
        };
        self.statistics.add(blind.statistics);
        end
    }

    fn first_plan(&mut self, greedy: &mut Lazy<'a>, blind: &mut AStar<'a, Blind<'a>>) -> End {
        if self.options.threads > 1 {
            self.race_for_first(greedy, blind)
        } else {
            self.take_turns(greedy, blind)
        }
    }

    /// How far the loser came depends on the threads' speed, so it is put back to its start.
    fn race_for_first(&mut self, greedy: &mut Lazy<'a>, blind: &mut AStar<'a, Blind<'a>>) -> End {
        let members: Vec<Member<'_>> =
            vec![Box::new(|ctx| greedy.run(ctx, u64::MAX)), Box::new(|ctx| blind.run(ctx, u64::MAX))];
        match race(self.ctx, members) {
            ControlFlow::Continue((0, found)) => {
                *blind = self.blind();
                self.settle(found, false)
            }
            ControlFlow::Continue((_, found)) => {
                *greedy = self.lazy(Costs::Unit, Order::Greedy);
                self.settle(found, true)
            }
            ControlFlow::Break(stop) => End::Stopped(stop),
        }
    }

    fn take_turns(&mut self, greedy: &mut Lazy<'a>, blind: &mut AStar<'a, Blind<'a>>) -> End {
        let (mut turn, mut blind_ticks) = (FIRST_TURN, 0);
        for round in 1.. {
            match self.turn(turn, |ctx| greedy.run(ctx, u64::MAX)) {
                Turn::Found(found) => return self.settle(found, false),
                Turn::Stopped(stop) => return End::Stopped(stop),
                Turn::Over => {}
            }
            if blind_ticks < BLIND_LIMIT {
                blind_ticks += turn / 2;
                match self.turn(turn / 2, |ctx| blind.run(ctx, u64::MAX)) {
                    Turn::Found(found) => return self.settle(found, true),
                    Turn::Stopped(stop) => return End::Stopped(stop),
                    Turn::Over => {}
                }
            }
            // It starts afresh every time: how long a greedy search takes is a matter of luck with a long tail.
            let mut other = self.other_greedy(round);
            let result = self.turn(turn, |ctx| other.run(ctx, u64::MAX));
            self.statistics.add(other.statistics);
            match result {
                Turn::Found(found) => return self.settle(found, false),
                Turn::Stopped(stop) => return End::Stopped(stop),
                Turn::Over => {}
            }
            turn = turn.saturating_mul(2);
        }
        End::Stopped(Stop::Budget(Limit::Ticks))
    }

    /// A quarter of the improving goes to blind A*, the rest to weighted searches.
    fn cheaper_plans(&mut self, blind: &mut AStar<'a, Blind<'a>>) -> End {
        let ticks = if self.ctx.is_bounded() { self.ctx.remaining() } else { self.options.improve_ticks };
        let until = self.ctx.ticks().saturating_add(ticks);
        let bound = self.bound();
        match self.turn((ticks / 4).min(BLIND_OPTIMAL), |ctx| blind.run(ctx, bound)) {
            Turn::Found(Found::Plan(plan)) => return self.settle(Found::Plan(plan), true),
            Turn::Found(_) => return End::Done { optimal: self.is_exact() },
            Turn::Stopped(stop) => return End::Stopped(stop),
            Turn::Over => {}
        }
        for weight in [5, 3, 2, 1] {
            let mut search = self.lazy(Costs::PlusOne, Order::Weighted(weight));
            let end = self.weighted(&mut search, weight, until);
            self.statistics.add(search.statistics);
            if let Some(end) = end {
                return end;
            }
        }
        End::Done { optimal: false }
    }

    /// Runs one weighted search; `None` means that the next weight is to be tried.
    fn weighted(&mut self, search: &mut Lazy<'a>, weight: u32, until: u64) -> Option<End> {
        loop {
            let bound = self.bound();
            let left = until.saturating_sub(self.ctx.ticks());
            match self.turn(left, |ctx| search.run(ctx, bound)) {
                Turn::Found(Found::Plan(operators)) => {
                    if self.accept(operators).is_break() {
                        return Some(End::Stopped(Stop::Enough));
                    }
                    if weight > 1 {
                        return None;
                    }
                }
                Turn::Found(_) => return Some(End::Done { optimal: self.is_exact() }),
                Turn::Stopped(stop) => return Some(End::Stopped(stop)),
                Turn::Over => return Some(End::Done { optimal: false }),
            }
        }
    }

    fn optimal(&mut self) -> End {
        let mut blind = self.blind();
        if self.options.threads > 1 {
            let mut lm_cut = self.lm_cut();
            let members: Vec<Member<'_>> =
                vec![Box::new(|ctx| blind.run(ctx, u64::MAX)), Box::new(|ctx| lm_cut.run(ctx, u64::MAX))];
            let result = race(self.ctx, members);
            return match result {
                ControlFlow::Continue((winner, found)) => {
                    self.statistics.add(if winner == 0 { blind.statistics } else { lm_cut.statistics });
                    self.settle(found, true)
                }
                ControlFlow::Break(stop) => End::Stopped(stop),
            };
        }
        let turn = self.turn(BLIND_OPTIMAL, |ctx| blind.run(ctx, u64::MAX));
        self.statistics.add(blind.statistics);
        drop(blind);
        match turn {
            Turn::Found(found) => self.settle(found, true),
            Turn::Stopped(stop) => End::Stopped(stop),
            Turn::Over => self.a_star(Estimate::LmCut),
        }
    }

    /// Lets a search work for some ticks.
    fn turn(&self, ticks: u64, search: impl FnOnce(&Ctx) -> ControlFlow<Stop, Found>) -> Turn {
        let child = self.ctx.child(ticks);
        let result = search(&child);
        self.ctx.absorb(&child);
        match result {
            ControlFlow::Continue(found) => Turn::Found(found),
            ControlFlow::Break(Stop::Budget(Limit::Ticks)) if self.ctx.remaining() > 0 => Turn::Over,
            ControlFlow::Break(stop) => Turn::Stopped(stop),
        }
    }

    fn settle(&mut self, found: Found, optimal: bool) -> End {
        match found {
            Found::Plan(operators) => {
                let stop = self.accept(operators);
                let optimal = optimal && self.is_exact();
                if stop.is_break() && !optimal { End::Stopped(Stop::Enough) } else { End::Done { optimal } }
            }
            Found::Exhausted | Found::NoneBelowBound if self.best.is_none() => End::Impossible,
            Found::Exhausted | Found::NoneBelowBound => End::Done { optimal: true },
        }
    }

    fn accept(&mut self, operators: Vec<OperatorId>) -> ControlFlow<()> {
        let cost = operators.iter().map(|&operator| u64::from(self.task.cost(operator))).sum();
        let plan = Plan { operators, cost };
        if self.best.as_ref().is_some_and(|best| best.cost <= cost) {
            return ControlFlow::Continue(());
        }
        let flow = (self.on_plan)(&plan);
        self.best = Some(plan);
        flow
    }

    /// Plans that cost this or more are no improvement.
    fn bound(&self) -> u64 {
        self.best.as_ref().map_or(u64::MAX, |plan| plan.cost)
    }

    /// Whether costs were small enough to be told apart all the way.
    fn is_exact(&self) -> bool {
        self.bound() < u64::from(MAX_COST)
    }

    fn result(self, end: End) -> SolveResult {
        let (stop, optimal) = match end {
            End::Done { optimal } => (Stop::Done, optimal),
            End::Impossible => (Stop::Impossible, false),
            End::Stopped(stop) => (stop, false),
        };
        let outcome = match (self.best, stop) {
            (Some(plan), _) => Outcome::Solved { plan, optimal },
            (None, Stop::Impossible) => {
                Outcome::Unsolvable(Unsolvable::Exhausted { states: self.statistics.states })
            }
            (None, stop) => Outcome::OutOfBudget(stop),
        };
        SolveResult { outcome, statistics: self.statistics, ticks: self.ctx.ticks(), stop }
    }
}

enum Turn {
    Found(Found),
    /// The turn's own ticks ended.
    Over,
    /// Something else ended the work.
    Stopped(Stop),
}
