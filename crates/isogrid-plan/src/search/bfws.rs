//! Best-first width search BFWS(f5) (Lipovetzky and Geffner, AAAI 2017): states by novelty, then by open goals.
//!
//! Novelty is counted among states with the same number of open goals and of facts reached of a relaxed plan, which
//! is made anew whenever goals are gained. Pruned to novelty 1 the search is incomplete and polynomial.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::heuristic::{FastForward, Heuristic, Node};
use crate::search::astar::MAX_COST;
use crate::search::novelty::Novelty;
use crate::search::open_list::OpenList;
use crate::search::space::{START, Space, StateId};
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{FactId, OperatorId, Task};

/// The work of keeping a new state, and of making one that may be known. They were set so that a tick takes as long as
/// one of LAMA's.
const STATE_TICKS: u64 = 16;
const SUCCESSOR_TICKS: u64 = 4;

/// Which states are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pruning {
    /// All of them.
    Nothing,
    /// Those of novelty 1.
    NoveltyOne,
}

/// One search.
pub(crate) struct Bfws<'a> {
    task: &'a Task,
    query: &'a Query,
    heuristic: FastForward<'a>,
    pruning: Pruning,
    space: Space,
    open: OpenList<StateId>,
    novelty: Novelty,
    nodes: Vec<Progress>,
    /// The facts of each relaxed plan, sorted.
    plans: Vec<Vec<FactId>>,
    /// Facts of their relaxed plans that states have reached, as bits.
    reached: Vec<u64>,
    has_pruned: bool,
    statistics: Statistics,
    facts: Vec<FactId>,
    changed: Vec<FactId>,
    applicable: Vec<OperatorId>,
    next: Vec<u64>,
}

/// How far a state has come.
#[derive(Debug, Clone, Copy)]
struct Progress {
    open_goals: u32,
    n_reached: u32,
    plan: u32,
    /// Where its bits start.
    start: u32,
}

impl Progress {
    fn class(self) -> u64 {
        u64::from(self.open_goals) << 32 | u64::from(self.n_reached)
    }
}

impl<'a> Bfws<'a> {
    pub(crate) fn new(
        task: &'a Task,
        query: &'a Query,
        heuristic: FastForward<'a>,
        pruning: Pruning,
    ) -> Bfws<'a> {
        let width = if pruning == Pruning::Nothing { 2 } else { 1 };
        let mut search = Bfws {
            task,
            query,
            heuristic,
            pruning,
            space: Space::new(task.n_words()),
            open: OpenList::new(),
            novelty: Novelty::new(task.n_variables(), task.n_facts(), width),
            nodes: Vec::new(),
            plans: Vec::new(),
            reached: Vec::new(),
            has_pruned: false,
            statistics: Statistics::default(),
            facts: Vec::new(),
            changed: Vec::new(),
            applicable: Vec::new(),
            next: vec![0; task.n_words()],
        };
        let (start, _) = search.space.insert(query.init.words());
        search.space.reach(start, START, 0);
        let _ = search.visit(start, None);
        search
    }

    fn open_goals(&self, words: &[u64]) -> u32 {
        self.query.goal.iter().filter(|&&goal| !self.task.holds(&[goal], words)).count() as u32
    }

    /// Evaluates and queues a new state, reached by an operator from its parent; returns the work.
    fn visit(&mut self, id: StateId, operator: Option<OperatorId>) -> u64 {
        self.statistics.evaluated += 1;
        self.task.facts_of(self.space.words(id), &mut self.facts);
        let open_goals = self.open_goals(self.space.words(id));
        let parent = self.space.parent(id).map(|parent| self.nodes[parent as usize]);
        let mut ticks = STATE_TICKS + self.facts.len() as u64 / 4;
        let progress = match parent {
            Some(parent) if open_goals >= parent.open_goals => self.advance(parent, open_goals),
            _ => {
                let node = Node { id, parent: None, words: self.space.words(id) };
                let is_dead = self.heuristic.evaluate(node).is_none();
                ticks += self.heuristic.ticks();
                if is_dead {
                    self.statistics.dead_ends += 1;
                    self.nodes.push(Progress { open_goals, n_reached: 0, plan: 0, start: 0 });
                    return ticks;
                }
                self.plan_anew(open_goals)
            }
        };
        self.nodes.push(progress);
        // Tuples of unchanged facts were seen with the parent, if it belongs to the same class.
        match operator {
            Some(operator) if parent.is_some_and(|parent| parent.class() == progress.class()) => {
                self.task.changed_by(operator, &self.facts, &mut self.changed);
            }
            _ => self.changed.clone_from(&self.facts),
        }
        let novelty = self.novelty.note(progress.class(), &self.facts, &self.changed);
        ticks += self.novelty.ticks(self.facts.len(), self.changed.len());
        if self.pruning == Pruning::NoveltyOne && novelty > 1 {
            self.has_pruned = true;
        } else {
            let n_goals = self.query.goal.len() as u64 + 1;
            self.open.push(u64::from(novelty) * n_goals + u64::from(open_goals), id);
        }
        ticks
    }

    /// A state that follows its parent's relaxed plan.
    fn advance(&mut self, parent: Progress, open_goals: u32) -> Progress {
        let plan = &self.plans[parent.plan as usize];
        let start = self.reached.len();
        let from = parent.start as usize;
        self.reached.extend_from_within(from..from + plan.len().div_ceil(64));
        let bits = &mut self.reached[start..];
        for fact in &self.facts {
            if let Ok(at) = plan.binary_search(fact) {
                bits[at / 64] |= 1 << (at % 64);
            }
        }
        let n_reached = bits.iter().map(|word| word.count_ones()).sum();
        Progress { open_goals, n_reached, plan: parent.plan, start: start as u32 }
    }

    /// A state with a relaxed plan of its own: nothing of it is reached yet.
    fn plan_anew(&mut self, open_goals: u32) -> Progress {
        let mut plan = self.heuristic.relaxed_plan_facts();
        plan.retain(|fact| !self.facts.contains(fact));
        plan.sort_unstable();
        let start = self.reached.len();
        self.reached.resize(start + plan.len().div_ceil(64), 0);
        self.plans.push(plan);
        Progress { open_goals, n_reached: 0, plan: self.plans.len() as u32 - 1, start: start as u32 }
    }

    fn expand(&mut self, ctx: &Ctx, id: StateId) -> ControlFlow<Stop, u64> {
        self.statistics.expanded += 1;
        let mut applicable = std::mem::take(&mut self.applicable);
        applicable.clear();
        self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut applicable);
        self.statistics.generated += applicable.len() as u64;
        let mut ticks = 1 + SUCCESSOR_TICKS * applicable.len() as u64;
        let mut next = std::mem::take(&mut self.next);
        for &operator in &applicable {
            self.space.successor(self.task, id, operator, &mut next);
            let (successor, is_new) = self.space.insert(&next);
            if is_new {
                let cost = self.space.cost(id).saturating_add(self.task.cost(operator)).min(MAX_COST);
                self.space.reach(successor, id, cost);
                ticks += self.visit(successor, Some(operator));
                ctx.tick(0)?;
            }
        }
        self.next = next;
        self.applicable = applicable;
        self.statistics.states = self.space.len() as u64;
        ControlFlow::Continue(ticks)
    }
}

impl Explorer for Bfws<'_> {
    fn run(&mut self, ctx: &Ctx, _bound: u64) -> ControlFlow<Stop, Found> {
        while let Some((_, id)) = self.open.pop() {
            if self.space.is_full() || self.reached.len() > u32::MAX as usize {
                return ControlFlow::Break(Stop::Budget(Limit::Memory));
            }
            if self.nodes[id as usize].open_goals == 0 {
                return ControlFlow::Continue(Found::Plan(self.space.path(self.task, id)));
            }
            let ticks = self.expand(ctx, id)?;
            ctx.tick(ticks)?;
        }
        ControlFlow::Continue(if self.has_pruned { Found::GaveUp } else { Found::Exhausted })
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}
