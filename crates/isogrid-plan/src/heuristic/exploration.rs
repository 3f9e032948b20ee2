//! One generalised Dijkstra over facts (Liu, Koenig and Furcy 2002) that h_max, h_add and FF share: a rule fires when
//! its last condition is reached, at the maximum or the sum of its conditions' costs.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::heuristic::buckets::Buckets;
use crate::heuristic::relaxation::{Lead, Relaxation};
use crate::heuristic::rules::{Gain, RuleId, repeats};
use crate::heuristic::tally::{Counters, Tally};
use crate::heuristic::thrift::{Thrift, Way};
use crate::heuristic::upkeep::{Achiever, Upkeep};
use crate::task::{FactId, Task};

pub(super) const UNREACHED: u32 = u32::MAX;
/// Estimates stop here: the last number is for states without a way to the goal.
const LARGEST: u32 = u32::MAX - 1;
/// The supporter of a fact that is true in the state.
pub(super) const NONE: RuleId = u32::MAX;
/// Steps that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// Buffers of one exploration.
pub(super) struct Exploration<'a> {
    pub(super) task: &'a Task,
    pub(super) relaxation: Arc<Relaxation>,
    counters: Counters,
    front: Front,
    upkeep: Upkeep,
    thrift: Thrift,
    steps: u64,
}

/// What is reached so far.
pub(super) struct Front {
    pub(super) facts: Vec<Reached>,
    pub(super) queue: Buckets,
    /// What each comparison's form comes to in the state.
    values: Vec<f64>,
    /// Rules that fired and may change numbers, with their costs.
    ready: Vec<(RuleId, u32)>,
}

/// How a fact is reached.
#[derive(Clone, Copy)]
pub(super) struct Reached {
    pub(super) cost: u32,
    pub(super) supporter: RuleId,
}

pub(super) const NOT_REACHED: Reached = Reached { cost: UNREACHED, supporter: NONE };

impl<'a> Exploration<'a> {
    pub(super) fn new(task: &'a Task, relaxation: Arc<Relaxation>) -> Exploration<'a> {
        let facts = vec![NOT_REACHED; relaxation.n_facts()];
        let front = Front { facts, queue: Buckets::default(), values: Vec::new(), ready: Vec::new() };
        Exploration {
            task,
            counters: relaxation.fresh.clone(),
            front,
            upkeep: Upkeep::default(),
            thrift: Thrift::default(),
            steps: 0,
            relaxation,
        }
    }

    /// Explores until every goal fact has its final cost; false when one is unreachable. Sums may be brought up to date
    /// from those of the state before where that is less work: they are the same, only their supporters may differ.
    pub(super) fn run<const MAX: bool>(&mut self, words: &[u64]) -> bool {
        let may_update = !MAX && self.task.dynamics.comparisons.is_empty();
        match if may_update { self.thrift.way() } else { Way::Whole } {
            Way::Whole => self.explore::<MAX>(words, Extent::Goals),
            Way::Compare => {
                self.explore::<MAX>(words, Extent::Goals);
                self.thrift.hear_change(self.upkeep.differs_little(&self.front));
                return self.is_goal_reached();
            }
            Way::Look | Way::Begin => {
                self.explore::<MAX>(words, Extent::Everything);
                self.upkeep.begin(facts(self.task, words), &self.front);
            }
            Way::Update => self.update(words),
        }
        if may_update {
            self.thrift.hear(self.steps);
        }
        self.is_goal_reached()
    }

    fn is_goal_reached(&self) -> bool {
        self.goal_costs().all(|cost| cost != UNREACHED)
    }

    fn explore<const MAX: bool>(&mut self, words: &[u64], extent: Extent) {
        self.start::<MAX>(words);
        let relaxation = &*self.relaxation;
        let task = (self.task, relaxation, extent);
        self.steps += match &mut self.counters {
            Counters::Narrow(counters) => spread_any::<MAX, u32>(task, counters, &mut self.front),
            Counters::Wide(counters) => spread_any::<MAX, u64>(task, counters, &mut self.front),
        };
    }

    fn update(&mut self, words: &[u64]) {
        let Exploration { task, relaxation, counters, front, upkeep, .. } = self;
        let state = facts(task, words);
        self.steps = match counters {
            Counters::Narrow(counters) => upkeep.follow(state, relaxation, counters, front),
            Counters::Wide(counters) => upkeep.follow(state, relaxation, counters, front),
        };
    }

    fn start<const MAX: bool>(&mut self, words: &[u64]) {
        let Exploration { task, relaxation, counters, front, steps, .. } = self;
        counters.reset(&relaxation.fresh);
        *steps = (counters.len() / 8) as u64;
        front.facts.fill(NOT_REACHED);
        front.queue.clear();
        front.values.clear();
        let dynamics = &task.dynamics;
        let number = |at| dynamics.number(words, at);
        front.values.extend(dynamics.comparisons.iter().map(|comparison| comparison.form.value(number)));
        facts(task, words).for_each(|fact| front.reach(fact, Reached { cost: 0, supporter: NONE }));
        for &rule in &relaxation.unconditional {
            let cost = relaxation.costs[rule as usize].min(relaxation.dearest);
            front.fire(relaxation, rule, cost);
            front.fire_gains::<MAX>(task, relaxation, rule, cost);
        }
    }

    /// The dearest goal fact of the last exploration.
    pub(super) fn dearest_goal(&self) -> u32 {
        self.goal_costs().max().unwrap_or(0)
    }

    /// The sum over the goal facts of the last exploration.
    pub(super) fn sum_of_goals(&self) -> u32 {
        self.goal_costs().fold(0, u32::saturating_add).min(LARGEST)
    }

    fn goal_costs(&self) -> impl Iterator<Item = u32> + '_ {
        self.relaxation.goal.iter().map(|&fact| self.front.facts[fact as usize].cost)
    }

    /// The rule that reaches a fact most cheaply; `None` for facts of the state.
    #[inline]
    pub(super) fn supporter(&mut self, fact: FactId) -> Option<RuleId> {
        let rule = self.front.facts[fact as usize].supporter;
        if rule == NONE {
            return None;
        }
        let is_update = self.thrift.way() == Way::Update;
        Some(if is_update && self.upkeep.takes_doubt(fact) {
            self.settle_supporter(fact, rule)
        } else {
            rule
        })
    }

    /// Chooses among the rules that reach a fact most cheaply the one whose dearest condition is cheapest, which an
    /// exploration from nothing meets first. Rules that cost nothing have no say, lest facts support each other.
    #[cold]
    fn settle_supporter(&mut self, fact: FactId, known: RuleId) -> RuleId {
        let facts = &self.front.facts;
        let is_cheapest = |achiever: &&Achiever| {
            let own = self.relaxation.costs[achiever.rule as usize];
            let base = achiever.base(facts, |group| self.counters.closed(group));
            own > 0 && base.is_some_and(|base| base + own == facts[fact as usize].cost)
        };
        let rank = |&rule: &RuleId| {
            let cost = |condition: FactId| facts[condition as usize].cost;
            let conditions = self.relaxation.rules.pre.row(rule).iter();
            (conditions.map(|&condition| (cost(condition), Reverse(condition))).max(), rule)
        };
        let cheapest = self.relaxation.achievers().row(fact).iter().filter(is_cheapest);
        let chosen = cheapest.map(|achiever| achiever.rule).min_by_key(rank).unwrap_or(known);
        self.front.facts[fact as usize].supporter = chosen;
        chosen
    }

    /// What a rule costs as often as it must be applied to reach a fact, less one application.
    pub(super) fn cost_of_repeats(&self, fact: FactId, rule: RuleId) -> u32 {
        if self.front.values.is_empty() {
            return 0;
        }
        let rules = &self.relaxation.rules;
        let gain = rules.gains.row(rule).iter().find(|gain| rules.compared[gain.comparison as usize] == fact);
        let times = gain.and_then(|&gain| self.front.repeats(self.task, gain)).unwrap_or(1);
        (times - 1).saturating_mul(self.relaxation.costs[rule as usize]).min(LARGEST)
    }

    pub(super) fn ticks(&self) -> u64 {
        1 + self.steps / STEPS_PER_TICK
    }
}

#[cfg(test)]
impl Exploration<'_> {
    /// Keeps sums up to date from the second state on.
    pub(super) fn without_thrift(mut self) -> Self {
        self.thrift = Thrift::none();
        self
    }

    pub(super) fn costs(&self) -> Vec<u32> {
        self.front.facts.iter().map(|fact| fact.cost).collect()
    }

    /// Panics unless every fact costs what its supporter says, and none rests on itself.
    pub(super) fn check_supporters(&self) {
        let (facts, rules) = (&self.front.facts, &self.relaxation.rules);
        // Facts settled in rounds: each rests on those settled before.
        let mut is_settled: Vec<bool> = facts.iter().map(|fact| fact.supporter == NONE).collect();
        let mut left: Vec<usize> = (0..facts.len()).filter(|&fact| !is_settled[fact]).collect();
        while !left.is_empty() {
            let before = left.len();
            left.retain(|&fact| {
                let rule = facts[fact].supporter;
                let conditions = rules.pre.row(rule);
                if !conditions.iter().all(|&condition| is_settled[condition as usize]) {
                    return true;
                }
                let sum: u32 = conditions.iter().map(|&condition| facts[condition as usize].cost).sum();
                assert_eq!(facts[fact].cost, sum + self.relaxation.costs[rule as usize], "fact {fact}");
                is_settled[fact] = true;
                false
            });
            assert!(left.len() < before, "facts rest on themselves: {left:?}");
        }
    }
}

/// Where an exploration may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// With the last goal fact.
    Goals,
    /// Where nothing is left to be reached.
    Everything,
}

/// The facts that hold in a state, one for each variable.
fn facts(task: &Task, words: &[u64]) -> impl Iterator<Item = FactId> {
    (0..task.n_variables()).map(move |variable| task.first_fact[variable] + task.packing.get(words, variable))
}

/// [`spread`] with numbers or without.
fn spread_any<const MAX: bool, T: Tally>(
    task: (&Task, &Relaxation, Extent),
    counters: &mut [T],
    front: &mut Front,
) -> u64 {
    if front.values.is_empty() {
        spread::<MAX, false, T>(task, counters, front)
    } else {
        spread::<MAX, true, T>(task, counters, front)
    }
}

/// The exploration from what is queued; the steps it took. Most of a search's time is spent in its inner loop, which
/// therefore sees nothing but slices.
#[inline(never)]
fn spread<const MAX: bool, const NUMBERS: bool, T: Tally>(
    (task, relaxation, extent): (&Task, &Relaxation, Extent),
    counters: &mut [T],
    front: &mut Front,
) -> u64 {
    let (needing, leads) = (relaxation.needing.rows(), relaxation.leads.rows());
    let (is_goal, dearest) = (&relaxation.is_goal[..], relaxation.dearest);
    let n_facts = is_goal.len() as u32;
    let mut queue = std::mem::take(&mut front.queue);
    let mut goals_left = relaxation.goal.len();
    let mut steps = 0;
    while goals_left > 0 || extent == Extent::Everything {
        let Some((cost, fact)) = queue.pop() else { break };
        let facts = &mut front.facts[..];
        if facts[fact as usize].cost != cost {
            continue;
        }
        goals_left -= usize::from(is_goal[fact as usize]);
        let fired = leads.row(fact);
        steps += fired.len() as u64;
        follow(fired, (cost, dearest), facts, &mut queue);
        if NUMBERS {
            ready(relaxation, fact, cost, &mut front.ready);
        }
        let groups = needing.row(fact);
        steps += groups.len() as u64;
        let step = T::step(if MAX { 0 } else { cost });
        for &group in groups {
            let counter = &mut counters[group as usize];
            if counter.take(step) {
                continue;
            }
            let base = if MAX { cost } else { counter.cost() };
            let first = &relaxation.first[group as usize];
            steps += 1;
            follow(&[first.lead], (base, dearest), facts, &mut queue);
            if first.has_more {
                let fired = leads.row(n_facts + group);
                steps += fired.len() as u64;
                follow(fired, (base, dearest), facts, &mut queue);
                if NUMBERS {
                    ready(relaxation, n_facts + group, base, &mut front.ready);
                }
            }
        }
        if NUMBERS {
            front.fire_all_gains::<MAX>(task, relaxation, &mut queue);
        }
    }
    front.queue = queue;
    steps
}

/// Reaches what rules reach whose conditions cost `base` together.
#[inline(always)]
fn follow(leads: &[Lead], (base, dearest): (u32, u32), facts: &mut [Reached], queue: &mut Buckets) {
    leads.iter().for_each(|lead| lead.follow((base, dearest), facts, queue));
}

impl Lead {
    /// Reaches its fact by conditions that cost `base` together.
    #[inline(always)]
    pub(super) fn follow(&self, (base, dearest): (u32, u32), facts: &mut [Reached], queue: &mut Buckets) {
        let total = (base + self.cost).min(dearest);
        let known = &mut facts[self.fact as usize];
        if total < known.cost {
            *known = Reached { cost: total, supporter: self.rule };
            queue.push(total, self.fact);
        }
    }
}

/// Rules of a row that may change numbers, with their costs.
fn ready(relaxation: &Relaxation, row: u32, base: u32, ready: &mut Vec<(RuleId, u32)>) {
    let cost = |rule: RuleId| (base + relaxation.costs[rule as usize]).min(relaxation.dearest);
    ready.extend(relaxation.changing.row(row).iter().map(|&rule| (rule, cost(rule))));
}

impl Front {
    #[inline]
    fn fire(&mut self, relaxation: &Relaxation, rule: RuleId, cost: u32) {
        for &fact in relaxation.rules.adds.row(rule) {
            self.reach(fact, Reached { cost, supporter: rule });
        }
    }

    #[inline]
    pub(super) fn reach(&mut self, fact: FactId, way: Reached) {
        let known = &mut self.facts[fact as usize];
        if way.cost < known.cost {
            *known = way;
            self.queue.push(way.cost, fact);
        }
    }

    /// Fires what is ready once more, for the comparisons that it may bring about.
    fn fire_all_gains<const MAX: bool>(&mut self, task: &Task, relaxation: &Relaxation, queue: &mut Buckets) {
        std::mem::swap(&mut self.queue, queue);
        while let Some((rule, cost)) = self.ready.pop() {
            self.fire_gains::<MAX>(task, relaxation, rule, cost);
        }
        std::mem::swap(&mut self.queue, queue);
    }

    /// Reaches comparisons: by one application where the cost must not be overestimated.
    fn fire_gains<const MAX: bool>(&mut self, task: &Task, relaxation: &Relaxation, rule: RuleId, cost: u32) {
        if self.values.is_empty() {
            return;
        }
        for &gain in relaxation.rules.gains.row(rule) {
            let Some(times) = self.repeats(task, gain) else { continue };
            let more = if MAX { 0 } else { (times - 1).saturating_mul(relaxation.costs[rule as usize]) };
            let fact = relaxation.rules.compared[gain.comparison as usize];
            let cost = cost.saturating_add(more).min(relaxation.dearest);
            self.reach(fact, Reached { cost, supporter: rule });
        }
    }

    fn repeats(&self, task: &Task, gain: Gain) -> Option<u32> {
        let comparison = gain.comparison as usize;
        repeats(task.dynamics.comparisons[comparison].sign, self.values[comparison], gain.step)
    }
}
