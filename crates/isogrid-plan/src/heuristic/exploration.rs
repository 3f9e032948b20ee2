//! One generalised Dijkstra over facts (Liu, Koenig and Furcy 2002) that h_max, h_add and FF share: a rule fires when
//! its last condition is reached, at the maximum or the sum of its conditions' costs.

use std::sync::Arc;

use crate::heuristic::buckets::Buckets;
use crate::heuristic::relaxation::{Lead, Open, Relaxation};
use crate::heuristic::rules::{Gain, RuleId, repeats};
use crate::task::{FactId, Task};

const UNREACHED: u32 = u32::MAX;
/// Estimates stop here: the last number is for states without a way to the goal.
const LARGEST: u32 = u32::MAX - 1;
/// The supporter of a fact that is true in the state.
const NONE: RuleId = u32::MAX;
/// Steps that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// Buffers of one exploration.
pub(super) struct Exploration<'a> {
    pub(super) task: &'a Task,
    pub(super) relaxation: Arc<Relaxation>,
    open: Vec<Open>,
    front: Front,
    steps: u64,
}

/// What is reached so far.
struct Front {
    facts: Vec<Reached>,
    queue: Buckets,
    /// What each comparison's form comes to in the state.
    values: Vec<f64>,
    /// Rules that fired and may change numbers, with their costs.
    ready: Vec<(RuleId, u32)>,
}

/// How a fact is reached.
#[derive(Clone, Copy)]
struct Reached {
    cost: u32,
    supporter: RuleId,
}

const NOT_REACHED: Reached = Reached { cost: UNREACHED, supporter: NONE };

impl<'a> Exploration<'a> {
    pub(super) fn new(task: &'a Task, relaxation: Arc<Relaxation>) -> Exploration<'a> {
        let facts = vec![NOT_REACHED; relaxation.n_facts()];
        let front = Front { facts, queue: Buckets::default(), values: Vec::new(), ready: Vec::new() };
        Exploration { task, open: relaxation.fresh.clone(), front, steps: 0, relaxation }
    }

    /// Explores until every goal fact has its final cost; false when one is unreachable.
    pub(super) fn run<const MAX: bool>(&mut self, words: &[u64]) -> bool {
        self.start::<MAX>(words);
        let (is_reached, steps) = if self.front.values.is_empty() {
            spread::<MAX, false>(self.task, &self.relaxation, &mut self.open, &mut self.front)
        } else {
            spread::<MAX, true>(self.task, &self.relaxation, &mut self.open, &mut self.front)
        };
        self.steps += steps;
        is_reached
    }

    fn start<const MAX: bool>(&mut self, words: &[u64]) {
        let Exploration { task, relaxation, open, front, steps } = self;
        open.copy_from_slice(&relaxation.fresh);
        *steps = (open.len() / 8) as u64;
        front.facts.fill(NOT_REACHED);
        front.queue.clear();
        front.values.clear();
        let dynamics = &task.dynamics;
        let number = |at| dynamics.number(words, at);
        front.values.extend(dynamics.comparisons.iter().map(|comparison| comparison.form.value(number)));
        for variable in 0..task.n_variables() {
            let fact = task.first_fact[variable] + task.packing.get(words, variable);
            front.reach(fact, Reached { cost: 0, supporter: NONE });
        }
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
    pub(super) fn supporter(&self, fact: FactId) -> Option<RuleId> {
        let rule = self.front.facts[fact as usize].supporter;
        (rule != NONE).then_some(rule)
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

/// The exploration from what is queued: whether every goal fact was reached, and the steps it took. Most of a search's
/// time is spent in its inner loop, which therefore sees nothing but slices.
#[inline(never)]
fn spread<const MAX: bool, const NUMBERS: bool>(
    task: &Task,
    relaxation: &Relaxation,
    open: &mut [Open],
    front: &mut Front,
) -> (bool, u64) {
    let (needing, leads) = (relaxation.needing.rows(), relaxation.leads.rows());
    let (is_goal, dearest) = (&relaxation.is_goal[..], relaxation.dearest);
    let n_facts = is_goal.len() as u32;
    let mut queue = std::mem::take(&mut front.queue);
    let mut goals_left = relaxation.goal.len();
    let mut steps = 0;
    while goals_left > 0 {
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
        for &group in groups {
            let state = &mut open[group as usize];
            state.conditions -= 1;
            if !MAX {
                state.cost += cost;
            }
            if state.conditions > 0 {
                continue;
            }
            let (row, base) = (n_facts + group, if MAX { cost } else { state.cost });
            let fired = leads.row(row);
            steps += fired.len() as u64;
            follow(fired, (base, dearest), facts, &mut queue);
            if NUMBERS {
                ready(relaxation, row, base, &mut front.ready);
            }
        }
        if NUMBERS {
            front.fire_all_gains::<MAX>(task, relaxation, &mut queue);
        }
    }
    front.queue = queue;
    (goals_left == 0, steps)
}

/// Reaches what rules reach whose conditions cost `base` together.
#[inline(always)]
fn follow(leads: &[Lead], (base, dearest): (u32, u32), facts: &mut [Reached], queue: &mut Buckets) {
    for lead in leads {
        let total = (base + lead.cost).min(dearest);
        let known = &mut facts[lead.fact as usize];
        if total < known.cost {
            *known = Reached { cost: total, supporter: lead.rule };
            queue.push(total, lead.fact);
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
    fn reach(&mut self, fact: FactId, way: Reached) {
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
