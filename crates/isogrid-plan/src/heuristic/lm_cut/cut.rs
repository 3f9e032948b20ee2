//! One cut of the justification graph: the rules that lead into the goal zone.
//!
//! The zone is marked backwards, and the rules that may be cut are met on the way. Which of them the state reaches in
//! front of the zone needs no search where their supporters cost less than the goal: a way as cheap as that touches
//! nothing in the zone, where everything costs at least as much as the goal does.

use crate::heuristic::RuleId;
use crate::heuristic::lm_cut::crossed::{Crossing, Span};
use crate::heuristic::lm_cut::evaluator::Evaluator;
use crate::task::FactId;

/// Marks of one cut. Those of earlier cuts are lower numbers, so that nothing needs to be cleared.
pub(super) struct Zones {
    /// The last cut in whose goal zone each fact was.
    goal: Vec<u32>,
    /// The last cut in front of which each fact was reached.
    before: Vec<u32>,
    /// The last cut for whose zone each rule was looked at.
    touched: Vec<u32>,
    /// The number of this cut.
    now: u32,
    /// The last query that looked at each fact, and its number.
    asked: Vec<u32>,
    query: u32,
    /// The last cut that settled whether a far fact is in front of the zone, and the answer.
    settled: Vec<(u32, bool)>,
    /// What is to go on from.
    path: Vec<Stretch>,
    stack: Vec<FactId>,
    /// Empty memory for a cut that is put in order.
    spare: Vec<RuleId>,
}

/// Rules that add a fact for nothing and have not been looked at.
struct Stretch {
    span: Span,
    /// The present word: its first crossing, and what is left of its marks.
    first: Crossing,
    marks: u64,
}

impl Zones {
    pub(super) fn new(n_facts: usize, n_rules: usize) -> Zones {
        Zones {
            goal: vec![0; n_facts],
            before: vec![0; n_facts],
            touched: vec![0; n_rules],
            now: 0,
            asked: vec![0; n_facts],
            query: 0,
            settled: vec![(0, false); n_facts],
            path: Vec::new(),
            stack: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn advance(&mut self) {
        if self.now == u32::MAX {
            self.now = 0;
            [&mut self.goal, &mut self.before, &mut self.touched].into_iter().for_each(|marks| marks.fill(0));
            self.settled.fill((0, false));
        }
        self.now += 1;
    }

    /// Starts a query.
    pub(super) fn ask(&mut self) {
        if self.query == u32::MAX {
            self.query = 0;
            self.asked.fill(0);
        }
        self.query += 1;
        self.stack.clear();
    }

    /// Whether this query sees a fact for the first time.
    #[inline]
    pub(super) fn is_first(&mut self, fact: FactId) -> bool {
        std::mem::replace(&mut self.asked[fact as usize], self.query) != self.query
    }

    /// The same for a fact outside the goal zone.
    #[inline]
    fn is_news(&mut self, fact: FactId) -> bool {
        self.is_first(fact) && !self.is_in_goal_zone(fact)
    }

    /// Makes a query wait for a fact.
    pub(super) fn wait_for(&mut self, fact: FactId) {
        self.asked[fact as usize] = self.query;
    }

    /// Whether the query waited for the fact; now it does no more.
    pub(super) fn take(&mut self, fact: FactId) -> bool {
        let asked = &mut self.asked[fact as usize];
        let has_waited = *asked == self.query;
        *asked = if has_waited { 0 } else { *asked };
        has_waited
    }

    #[inline]
    fn is_in_goal_zone(&self, fact: FactId) -> bool {
        self.goal[fact as usize] == self.now
    }
}

impl Evaluator {
    /// Finds the rules of the cut.
    #[inline(never)]
    pub(super) fn find_cut(&mut self) {
        self.zones.advance();
        self.cut.clear();
        self.mark_goal_zone();
        let mut cut = std::mem::take(&mut self.cut);
        cut.retain(|&rule| self.is_before_goal_zone(self.rules[rule as usize].supporter));
        cut.sort_unstable();
        self.cut = cut;
    }

    /// Whether a fact is reached in front of the goal zone.
    #[inline]
    fn is_before_goal_zone(&mut self, fact: FactId) -> bool {
        if self.zones.is_in_goal_zone(fact) {
            return false;
        }
        if self.costs[fact as usize] < self.costs[self.goal as usize] {
            return true;
        }
        if self.zones.settled[fact as usize].0 != self.zones.now {
            self.zones.settled[fact as usize] = (self.zones.now, self.is_far_before(fact));
        }
        self.zones.settled[fact as usize].1
    }

    /// The same for a fact that costs as much as the goal, or more: searches backwards for one that costs less.
    fn is_far_before(&mut self, fact: FactId) -> bool {
        let goal_cost = self.costs[self.goal as usize];
        let Evaluator { adds, rules, zones, steps, .. } = self;
        zones.ask();
        zones.is_news(fact);
        zones.stack.push(fact);
        while let Some(fact) = zones.stack.pop() {
            let (column, _) = adds.column(fact);
            *steps += column.len() as u64;
            for &rule in column {
                let state = &rules[rule as usize];
                if !state.is_reached() || zones.touched[rule as usize] == zones.now {
                    continue;
                }
                if state.supporter_cost < goal_cost {
                    return true;
                }
                if zones.is_news(state.supporter) {
                    zones.stack.push(state.supporter);
                }
            }
        }
        false
    }

    /// Marks the facts from which the goal is reached for nothing, and collects the dear rules that add one of them.
    #[inline(never)]
    fn mark_goal_zone(&mut self) {
        self.enter_goal_zone(self.goal);
        while let Some(Stretch { span, first, marks }) = self.zones.path.last_mut() {
            if *marks == 0 {
                match self.adds.take(span) {
                    Some(next) => (*marks, *first) = next,
                    None => drop(self.zones.path.pop()),
                }
                continue;
            }
            let rule = self.adds.lowest(*first, *marks);
            *marks &= *marks - 1;
            self.steps += 1;
            if self.rules[rule as usize].is_reached() {
                let supporter = self.settle_supporter(rule);
                if !self.zones.is_in_goal_zone(supporter) {
                    self.enter_goal_zone(supporter);
                }
            }
        }
    }

    fn enter_goal_zone(&mut self, fact: FactId) {
        let Evaluator { adds, rules, zones, cut, steps, .. } = self;
        zones.goal[fact as usize] = zones.now;
        let (column, _) = adds.column(fact);
        *steps += column.len() as u64;
        for &rule in column {
            let state = &rules[rule as usize];
            let touched = &mut zones.touched[rule as usize];
            if state.cost > 0 && state.is_reached() && *touched != zones.now {
                *touched = zones.now;
                cut.push(rule);
            }
        }
        let mut span = adds.span(fact);
        if let Some((marks, first)) = adds.take(&mut span) {
            zones.path.push(Stretch { span, first, marks });
        }
    }

    /// Breaks ties between the dearest conditions of a rule that costs nothing: the first that is in the goal zone or on
    /// its border, where no rule adds it for nothing; without one, the supporter stays.
    #[inline]
    fn settle_supporter(&mut self, rule: RuleId) -> FactId {
        let Evaluator { pre, adds, rules, costs, zones, .. } = self;
        let state = &mut rules[rule as usize];
        let is_tie = |fact: FactId| costs[fact as usize] == state.supporter_cost;
        let is_better = |fact: FactId| zones.is_in_goal_zone(fact) || adds.is_unmarked(fact);
        let better = pre.row(rule).iter().find(|&&(fact, _)| is_tie(fact) && is_better(fact));
        if let Some(&(supporter, mark)) = better
            && supporter != state.supporter
        {
            pre.unmark(state.mark);
            pre.mark(mark);
            (state.supporter, state.mark) = (supporter, mark);
        }
        state.supporter
    }

    /// Brings the cut into the order in which a depth-first search from the state meets its rules.
    ///
    /// The search ends with the last supporter but one: the rules of the last come behind the others.
    #[inline(never)]
    pub(super) fn order_cut(&mut self, state: &[FactId]) {
        let Evaluator { pre, adds, rules, zones, cut, steps, .. } = self;
        zones.ask();
        let mut n_supporters =
            cut.iter().filter(|&&rule| zones.is_news(rules[rule as usize].supporter)).count();
        let mut rest = std::mem::replace(cut, std::mem::take(&mut zones.spare));
        for &fact in state {
            zones.before[fact as usize] = zones.now;
            zones.stack.push(fact);
        }
        while let Some(fact) = zones.stack.pop() {
            let n_known = cut.len();
            let mut span = pre.span(fact);
            while let Some((mut marks, first)) = pre.take(&mut span) {
                while marks != 0 {
                    let rule = pre.lowest(first, marks);
                    marks &= marks - 1;
                    *steps += 1;
                    let touched = &mut zones.touched[rule as usize];
                    if *touched == zones.now {
                        *touched = 0;
                        cut.push(rule);
                        continue;
                    }
                    for &(effect, _) in adds.row(rule) {
                        let before = &mut zones.before[effect as usize];
                        if *before != zones.now {
                            *before = zones.now;
                            zones.stack.push(effect);
                        }
                    }
                }
            }
            n_supporters -= usize::from(cut.len() > n_known);
            if n_supporters < 2 {
                break;
            }
        }
        rest.retain(|&rule| zones.touched[rule as usize] == zones.now);
        cut.append(&mut rest);
        zones.spare = rest;
    }

    /// Takes the least cost of the cut away from its operators, and returns it.
    #[inline(never)]
    pub(super) fn pay(&mut self) -> u32 {
        let least = self.cut.iter().map(|&rule| self.rules[rule as usize].cost).min().unwrap_or(0);
        if !self.siblings.is_empty() {
            // An operator pays once, whichever of its effects were cut. Effects that are out of reach stay so.
            let mut operators: Vec<(RuleId, RuleId)> = self
                .cut
                .iter()
                .map(|&rule| (self.siblings[rule as usize].start, self.siblings[rule as usize].end))
                .collect();
            operators.sort_unstable();
            operators.dedup();
            let mut cut: Vec<RuleId> = operators.into_iter().flat_map(|(first, end)| first..end).collect();
            cut.retain(|&rule| self.rules[rule as usize].is_reached());
            self.cut = cut;
        }
        for &rule in &self.cut {
            let state = &mut self.rules[rule as usize];
            state.cost -= least;
            if state.cost == 0 {
                self.adds.mark_row(rule);
            }
        }
        least
    }
}
