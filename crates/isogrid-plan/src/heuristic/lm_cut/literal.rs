//! LM-cut word by word, for tests: the zone in front is found by a whole search, every fact is looked at each time.

use crate::heuristic::RuleId;
use crate::heuristic::buckets::Buckets;
use crate::heuristic::lm_cut::evaluator::{MAX_REACHED, Parts, UNREACHED};
use crate::task::FactId;

/// Facts by cost: of the lowest the last, or the first by number where costs are large. As `Buckets` has it.
#[derive(Default)]
struct Queue(Vec<(u32, FactId)>);

impl Queue {
    fn pop(&mut self) -> Option<(u32, FactId)> {
        let lowest = self.0.iter().map(|&(cost, _)| cost).min()?;
        let last = self.0.iter().rposition(|&(cost, _)| cost == lowest)?;
        let smallest = self.0.iter().enumerate().min_by_key(|&(_, &entry)| entry)?.0;
        let at = if lowest < Buckets::DIRECT { last } else { smallest };
        Some(self.0.remove(at))
    }
}

struct Literal<'a> {
    parts: &'a Parts,
    state: &'a [FactId],
    costs: Vec<u32>,
    /// What is left of each rule's cost.
    left: Vec<u32>,
    /// The supporter of each rule that is reached, and what it costs.
    supporters: Vec<Option<(FactId, u32)>>,
    queue: Queue,
}

/// LM-cut of a state.
pub(super) fn evaluate(parts: &Parts, state: &[FactId]) -> Option<u32> {
    let mut literal = Literal {
        parts,
        state,
        costs: vec![UNREACHED; parts.n_facts],
        left: parts.costs.clone(),
        supporters: vec![None; parts.pre.len()],
        queue: Queue::default(),
    };
    literal.explore();
    let mut sum = 0u32;
    loop {
        match literal.costs[parts.goal as usize] {
            UNREACHED => return None,
            0 => return Some(sum),
            _ => sum = sum.saturating_add(literal.cut()).min(MAX_REACHED),
        }
    }
}

impl Literal<'_> {
    fn explore(&mut self) {
        let mut missing: Vec<usize> = self.parts.pre.iter().map(Vec::len).collect();
        self.state.iter().for_each(|&fact| self.reach(fact, 0));
        while let Some((cost, fact)) = self.queue.pop() {
            if self.costs[fact as usize] < cost {
                continue;
            }
            for rule in self.needing(fact) {
                missing[rule as usize] -= 1;
                if missing[rule as usize] == 0 {
                    self.supporters[rule as usize] = Some((fact, cost));
                    self.fire(rule);
                }
            }
        }
    }

    fn cut(&mut self) -> u32 {
        let mut in_zone = vec![false; self.parts.n_facts];
        self.mark_goal_zone(self.parts.goal, &mut in_zone);
        let mut cut = self.search(&in_zone);
        if !self.parts.siblings.is_empty() {
            let others: Vec<RuleId> =
                cut.iter().flat_map(|&rule| self.parts.siblings[rule as usize].clone()).collect();
            cut.extend(others.into_iter().filter(|&rule| self.supporters[rule as usize].is_some()));
            cut.sort_unstable();
            cut.dedup();
        }
        let least = cut.iter().map(|&rule| self.left[rule as usize]).min().expect("a cut");
        assert!(least > 0, "a cut costs something");
        cut.iter().for_each(|&rule| self.left[rule as usize] -= least);
        cut.iter().for_each(|&rule| self.fire(rule));
        self.explore_again();
        least
    }

    fn mark_goal_zone(&mut self, fact: FactId, in_zone: &mut Vec<bool>) {
        in_zone[fact as usize] = true;
        for rule in self.adding(fact) {
            let Some((supporter, cost)) = self.supporters[rule as usize] else { continue };
            if self.left[rule as usize] > 0 {
                continue;
            }
            let is_border = |fact: FactId| self.adding(fact).iter().all(|&rule| self.left[rule as usize] > 0);
            let is_better = |&&fact: &&FactId| {
                self.costs[fact as usize] == cost && (in_zone[fact as usize] || is_border(fact))
            };
            let supporter =
                self.parts.pre[rule as usize].iter().find(is_better).copied().unwrap_or(supporter);
            self.supporters[rule as usize] = Some((supporter, cost));
            if !in_zone[supporter as usize] {
                self.mark_goal_zone(supporter, in_zone);
            }
        }
    }

    fn search(&self, in_zone: &[bool]) -> Vec<RuleId> {
        let mut is_seen = vec![false; self.parts.n_facts];
        let (mut stack, mut cut) = (self.state.to_vec(), Vec::new());
        self.state.iter().for_each(|&fact| is_seen[fact as usize] = true);
        while let Some(fact) = stack.pop() {
            for rule in self.needing(fact) {
                let effects = &self.parts.adds[rule as usize];
                if self.supporters[rule as usize].is_none_or(|(supporter, _)| supporter != fact) {
                    continue;
                }
                if effects.iter().any(|&effect| in_zone[effect as usize]) {
                    cut.push(rule);
                    continue;
                }
                for &effect in effects {
                    if !std::mem::replace(&mut is_seen[effect as usize], true) {
                        stack.push(effect);
                    }
                }
            }
        }
        cut
    }

    fn explore_again(&mut self) {
        while let Some((cost, fact)) = self.queue.pop() {
            if self.costs[fact as usize] < cost {
                continue;
            }
            for rule in self.needing(fact) {
                let Some((supporter, before)) = self.supporters[rule as usize] else { continue };
                if supporter != fact || before <= cost {
                    continue;
                }
                let mut best = (fact, cost);
                for &other in &self.parts.pre[rule as usize] {
                    if self.costs[other as usize] > best.1 {
                        best = (other, self.costs[other as usize]);
                    }
                }
                self.supporters[rule as usize] = Some(best);
                if best.1 < before {
                    self.fire(rule);
                }
            }
        }
    }

    fn needing(&self, fact: FactId) -> Vec<RuleId> {
        (0..).zip(&self.parts.pre).filter(|(_, pre)| pre.contains(&fact)).map(|(rule, _)| rule).collect()
    }

    fn adding(&self, fact: FactId) -> Vec<RuleId> {
        (0..).zip(&self.parts.adds).filter(|(_, adds)| adds.contains(&fact)).map(|(rule, _)| rule).collect()
    }

    fn fire(&mut self, rule: RuleId) {
        let (_, cost) = self.supporters[rule as usize].expect("a reached rule");
        let total = cost.saturating_add(self.left[rule as usize]).min(MAX_REACHED);
        self.parts.adds[rule as usize].iter().for_each(|&effect| self.reach(effect, total));
    }

    fn reach(&mut self, fact: FactId, cost: u32) {
        if cost < self.costs[fact as usize] {
            self.costs[fact as usize] = cost;
            self.queue.0.push((cost, fact));
        }
    }
}
