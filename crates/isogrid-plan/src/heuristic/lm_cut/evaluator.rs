//! LM-cut of one state: h_max with its supporters, and its repair after each cut.

use std::ops::Range;

use crate::heuristic::RuleId;
use crate::heuristic::buckets::Buckets;
use crate::heuristic::lm_cut::crossed::{Bit, Crossed};
use crate::heuristic::lm_cut::cut::Zones;
use crate::task::FactId;

pub(super) const UNREACHED: u32 = u32::MAX;
/// Costs saturate here.
pub(super) const MAX_REACHED: u32 = u32::MAX - 1;

/// Facts that are not compared pair by pair any more.
const MANY: usize = 16;

/// What the evaluator works on.
pub(super) struct Parts {
    pub(super) n_facts: usize,
    /// Conditions of each rule, none without; the order decides ties.
    pub(super) pre: Vec<Vec<FactId>>,
    pub(super) adds: Vec<Vec<FactId>>,
    pub(super) costs: Vec<u32>,
    /// For each rule, all rules of its operator; empty where each operator is one rule.
    pub(super) siblings: Vec<Range<RuleId>>,
    /// The fact that stands for the goal.
    pub(super) goal: FactId,
}

/// What a rule is during one evaluation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// What is left of its cost.
    pub(super) cost: u32,
    /// What its dearest condition costs; `UNREACHED` where some condition is not reached.
    pub(super) supporter_cost: u32,
    /// That condition, and its mark in the rows of conditions.
    pub(super) supporter: FactId,
    pub(super) mark: Bit,
}

impl Rule {
    #[inline]
    pub(super) fn is_reached(&self) -> bool {
        self.supporter_cost != UNREACHED
    }

    /// What its effects cost.
    #[inline]
    fn total(&self) -> u32 {
        self.supporter_cost.saturating_add(self.cost).min(MAX_REACHED)
    }
}

/// Buffers of an evaluation.
pub(super) struct Evaluator {
    /// Conditions of each rule, crossed with the rules that need each fact. Marked: the rule's supporter.
    pub(super) pre: Crossed,
    /// Facts that each rule adds, crossed with the rules that add each fact. Marked: rules that cost nothing any more.
    pub(super) adds: Crossed,
    /// Rules as at the start of an evaluation, and their numbers of conditions.
    fresh: Vec<Rule>,
    n_conditions: Vec<u32>,
    /// Marks of `adds` then.
    fresh_free: Vec<u64>,
    pub(super) rules: Vec<Rule>,
    /// Conditions not reached yet.
    missing: Vec<u32>,
    pub(super) siblings: Vec<Range<RuleId>>,
    pub(super) costs: Vec<u32>,
    pub(super) goal: FactId,
    queue: Buckets,
    pub(super) zones: Zones,
    pub(super) cut: Vec<RuleId>,
    /// Facts that the last cut made cheaper, as far as they support rules.
    lowered: Vec<FactId>,
    /// Rules looked at so far.
    pub(super) steps: u64,
}

impl Evaluator {
    pub(super) fn new(parts: Parts) -> Evaluator {
        let Parts { n_facts, pre, adds, costs, siblings, goal } = parts;
        let rule = |&cost: &u32| Rule { cost, supporter_cost: UNREACHED, supporter: goal, mark: 0 };
        let fresh: Vec<Rule> = costs.iter().map(rule).collect();
        let n_conditions: Vec<u32> = pre.iter().map(|conditions| conditions.len() as u32).collect();
        let pre = Crossed::new(&pre, n_facts);
        let mut adds = Crossed::new(&adds, n_facts);
        (0..).zip(&costs).filter(|&(_, &cost)| cost == 0).for_each(|(rule, _)| adds.mark_row(rule));
        Evaluator {
            rules: fresh.clone(),
            fresh_free: adds.marks(),
            zones: Zones::new(n_facts, fresh.len()),
            fresh,
            missing: n_conditions.clone(),
            n_conditions,
            pre,
            adds,
            siblings,
            costs: vec![UNREACHED; n_facts],
            goal,
            queue: Buckets::default(),
            cut: Vec::new(),
            lowered: Vec::new(),
            steps: 0,
        }
    }

    /// LM-cut of a state given by its facts; `None` where the goal is out of reach.
    pub(super) fn evaluate(&mut self, state: &[FactId]) -> Option<u32> {
        self.steps = (self.fresh.len() / 8) as u64;
        self.explore(state);
        if self.costs[self.goal as usize] == UNREACHED {
            return None;
        }
        let mut sum = 0u32;
        while self.costs[self.goal as usize] != 0 {
            self.find_cut();
            let paid = self.pay();
            debug_assert!(paid > 0, "a cut without a cost");
            sum = sum.saturating_add(paid).min(MAX_REACHED);
            self.fire_cut(state);
            self.explore_again();
        }
        Some(sum)
    }

    /// h_max of all facts, with each rule's supporter: the condition that was reached last.
    fn explore(&mut self, state: &[FactId]) {
        let Evaluator { pre, adds, rules, missing, costs, queue, steps, .. } = self;
        rules.copy_from_slice(&self.fresh);
        missing.copy_from_slice(&self.n_conditions);
        adds.set_marks(&self.fresh_free);
        pre.clear_marks();
        costs.fill(UNREACHED);
        queue.clear();
        for &fact in state {
            reach(costs, queue, fact, 0);
        }
        *steps += spread(pre, adds, (rules, missing), costs, queue);
        rules.iter().filter(|rule| rule.is_reached()).for_each(|rule| pre.mark(rule.mark));
    }

    /// Reaches what the cut's rules add, now that they are cheaper.
    ///
    /// The order of the cut's rules counts only where it decides in which order facts of one cost are looked at.
    fn fire_cut(&mut self, state: &[FactId]) {
        let Evaluator { pre, adds, rules, costs, queue, lowered, cut, zones, .. } = self;
        queue.clear();
        lowered.clear();
        zones.ask();
        let mut is_twice = false;
        for &rule in cut.iter() {
            let total = rules[rule as usize].total();
            for &(effect, _) in adds.row(rule) {
                if total < costs[effect as usize] {
                    costs[effect as usize] = total;
                    if pre.is_unmarked(effect) {
                        continue;
                    }
                    match zones.is_first(effect) {
                        true => lowered.push(effect),
                        false => is_twice = true,
                    }
                }
            }
        }
        let is_tied = |at: usize| {
            let cost = costs[lowered[at] as usize];
            lowered[..at].iter().any(|&other| costs[other as usize] == cost)
        };
        let supporter = |&rule: &RuleId| rules[rule as usize].supporter;
        let is_ordered = cut.windows(2).all(|pair| supporter(&pair[0]) == supporter(&pair[1]));
        let may_be_tied = lowered.len() > MANY || (1..lowered.len()).any(is_tied);
        let must_order = !is_ordered && self.siblings.is_empty();
        if may_be_tied && must_order {
            self.order_cut(state);
        }
        if may_be_tied && (must_order || is_twice) {
            self.sort_lowered();
        }
        for &fact in &self.lowered {
            self.queue.push(self.costs[fact as usize], fact);
        }
    }

    /// Brings the lowered facts into the order in which the cut's rules reach them.
    fn sort_lowered(&mut self) {
        let Evaluator { adds, rules, costs, lowered, cut, zones, .. } = self;
        zones.ask();
        lowered.drain(..).for_each(|fact| zones.wait_for(fact));
        for &rule in cut.iter() {
            let total = rules[rule as usize].total();
            for &(effect, _) in adds.row(rule) {
                if costs[effect as usize] == total && zones.take(effect) {
                    lowered.push(effect);
                }
            }
        }
    }

    /// The same as [`Self::explore`] after the cut's rules became cheaper.
    fn explore_again(&mut self) {
        let Evaluator { pre, adds, rules, costs, queue, steps, .. } = self;
        *steps += spread_again(pre, adds, rules, costs, queue);
    }
}

/// The first exploration from what is queued; returns the number of rules looked at. Inner loops see nothing but slices.
#[inline(never)]
fn spread(
    pre: &Crossed,
    adds: &Crossed,
    (rules, missing): (&mut [Rule], &mut [u32]),
    costs: &mut [u32],
    queue: &mut Buckets,
) -> u64 {
    let mut steps = 0;
    while let Some((cost, fact)) = queue.pop() {
        if costs[fact as usize] < cost {
            continue;
        }
        let (column, first) = pre.column(fact);
        steps += column.len() as u64;
        for (mark, &rule) in (first..).zip(column) {
            let missing = &mut missing[rule as usize];
            *missing -= 1;
            if *missing == 0 {
                let state = &mut rules[rule as usize];
                *state = Rule { cost: state.cost, supporter_cost: cost, supporter: fact, mark };
                fire(adds, costs, queue, (rule, state));
            }
        }
    }
    steps
}

/// The same after costs fell.
#[inline(never)]
fn spread_again(
    pre: &mut Crossed,
    adds: &Crossed,
    rules: &mut [Rule],
    costs: &mut [u32],
    queue: &mut Buckets,
) -> u64 {
    let mut steps = 0;
    while let Some((cost, fact)) = queue.pop() {
        if costs[fact as usize] < cost {
            continue;
        }
        let mut span = pre.span(fact);
        while let Some((mut marks, first)) = pre.take(&mut span) {
            while marks != 0 {
                let rule = pre.lowest(first, marks);
                marks &= marks - 1;
                steps += 1;
                let state = &mut rules[rule as usize];
                if state.supporter_cost > cost && lower_supporter(pre, costs, (rule, state), cost) {
                    fire_again(pre, adds, costs, queue, (rule, state));
                }
            }
        }
    }
    steps
}

/// A rule's supporter costs less than before; whether the rule does too.
#[inline]
fn lower_supporter(pre: &mut Crossed, costs: &[u32], (rule, state): (RuleId, &mut Rule), cost: u32) -> bool {
    let (mut supporter, mut mark, mut now) = (state.supporter, state.mark, cost);
    for &(other, of_other) in pre.row(rule) {
        let other_cost = costs[other as usize];
        if other_cost > now {
            (supporter, mark, now) = (other, of_other, other_cost);
            // Costs only fall: nothing is dearer than the old supporter was.
            if now == state.supporter_cost {
                break;
            }
        }
    }
    if supporter != state.supporter {
        pre.unmark(state.mark);
        pre.mark(mark);
        (state.supporter, state.mark) = (supporter, mark);
    }
    let is_cheaper = now != state.supporter_cost;
    state.supporter_cost = now;
    is_cheaper
}

/// Reaches what a rule adds.
#[inline]
fn fire(adds: &Crossed, costs: &mut [u32], queue: &mut Buckets, (rule, state): (RuleId, &Rule)) {
    let total = state.total();
    for &(effect, _) in adds.row(rule) {
        reach(costs, queue, effect, total);
    }
}

/// The same where facts that support no rule need no visit: those that come to support one later know its cost.
#[inline]
fn fire_again(
    pre: &Crossed,
    adds: &Crossed,
    costs: &mut [u32],
    queue: &mut Buckets,
    (rule, state): (RuleId, &Rule),
) {
    let total = state.total();
    for &(effect, _) in adds.row(rule) {
        let known = &mut costs[effect as usize];
        if total < *known {
            *known = total;
            if !pre.is_unmarked(effect) {
                queue.push(total, effect);
            }
        }
    }
}

#[inline]
fn reach(costs: &mut [u32], queue: &mut Buckets, fact: FactId, cost: u32) {
    let known = &mut costs[fact as usize];
    if cost < *known {
        *known = cost;
        queue.push(cost, fact);
    }
}
