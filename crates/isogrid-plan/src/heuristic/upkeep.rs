//! From the exploration of one state to that of another: only what changes is computed anew.
//!
//! The purpose is that of Liu, Koenig and Furcy ("Speeding up the calculation of heuristics for heuristic search-based
//! planning", AAAI 2002), the way that of Ramalingam and Reps ("An incremental algorithm for a generalization of the
//! shortest-path problem", J. Algorithms 21, 1996), one kind of change after the other: first facts that have become true
//! make others cheaper; then what only a fact that is no longer true reached as cheaply is taken back, the cheapest
//! first; then that is reached once more from what is left. Left out: numbers, and h_max.

use crate::flat::{Flat, Rows};
use crate::heuristic::buckets::Buckets;
use crate::heuristic::exploration::{Front, NONE, NOT_REACHED, Reached, UNREACHED};
use crate::heuristic::relaxation::{Lead, Relaxation};
use crate::heuristic::rules::RuleId;
use crate::heuristic::tally::Tally;
use crate::task::FactId;

/// A step of an update looks at more than one of an exploration, and takes about twice as long.
const STEPS_PER_STEP: u64 = 2;

/// What an update needs to know of the exploration before, which must have come to its very end.
#[derive(Default)]
pub(super) struct Upkeep {
    /// The facts of the state, by variable.
    state: Vec<FactId>,
    /// The cost at which each fact is part of the counters; [`UNREACHED`] where it is not.
    counted: Vec<u32>,
    /// Facts whose supporters an update chose, from those that it happened to look at.
    is_in_doubt: Vec<bool>,
    lost: Vec<FactId>,
    taken_back: Vec<FactId>,
}

/// The relaxation as an update sees it, and what it has counted.
struct Update<'a, T> {
    relaxation: &'a Relaxation,
    leads: Rows<'a, Lead>,
    needing: Rows<'a, u32>,
    counters: &'a mut [T],
    front: &'a mut Front,
    upkeep: &'a mut Upkeep,
    steps: u64,
}

impl Upkeep {
    /// After an exploration from the facts of `state` to its end.
    pub(super) fn begin(&mut self, state: impl Iterator<Item = FactId>, front: &Front) {
        self.state.clear();
        self.state.extend(state);
        self.counted.clear();
        self.counted.extend(front.facts.iter().map(|fact| fact.cost));
        self.is_in_doubt.clear();
        self.is_in_doubt.resize(front.facts.len(), false);
    }

    /// Whether less than a third of what is reached costs something else than after the exploration before.
    pub(super) fn differs_little(&self, front: &Front) -> bool {
        let costs = || front.facts.iter().map(|fact| fact.cost);
        let n_reached = costs().filter(|&cost| cost != UNREACHED).count();
        let n_changed = costs().zip(&self.counted).filter(|(cost, before)| cost != *before).count();
        3 * n_changed < n_reached
    }

    /// Whether a fact's supporter is in doubt; it is no longer afterwards.
    #[inline]
    pub(super) fn takes_doubt(&mut self, fact: FactId) -> bool {
        std::mem::take(&mut self.is_in_doubt[fact as usize])
    }

    /// Goes on to the facts of another state; the steps it took.
    pub(super) fn follow<T: Tally>(
        &mut self,
        state: impl Iterator<Item = FactId>,
        relaxation: &Relaxation,
        counters: &mut [T],
        front: &mut Front,
    ) -> u64 {
        self.lost.clear();
        self.taken_back.clear();
        for (known, fact) in self.state.iter_mut().zip(state) {
            if *known != fact {
                self.lost.push(std::mem::replace(known, fact));
                front.reach(fact, Reached { cost: 0, supporter: NONE });
                // What cost nothing before rests on nothing now.
                front.facts[fact as usize].supporter = NONE;
            }
        }
        let (leads, needing) = (relaxation.leads.rows(), relaxation.needing.rows());
        let steps = self.state.len() as u64 / 8;
        let mut update = Update { relaxation, leads, needing, counters, front, upkeep: self, steps };
        update.spread::<true>();
        update.take_back();
        update.support_anew();
        update.spread::<false>();
        STEPS_PER_STEP * update.steps
    }
}

impl<T: Tally> Update<'_, T> {
    /// Takes back the lost facts, and all that nothing else reaches as cheaply. Facts come up by cost: all that a cheapest
    /// way may rest on is settled before, for no rule is looked at here that costs nothing.
    fn take_back(&mut self) {
        let mut at_risk = std::mem::take(&mut self.front.queue);
        self.upkeep.lost.iter().for_each(|&fact| at_risk.push(0, fact));
        while let Some((cost, fact)) = at_risk.pop() {
            if let Some(supporter) = self.other_supporter(cost, fact) {
                self.front.facts[fact as usize].supporter = supporter;
                self.upkeep.is_in_doubt[fact as usize] = true;
                continue;
            }
            self.upkeep.taken_back.push(fact);
            self.upkeep.is_in_doubt[fact as usize] = true;
            self.front.facts[fact as usize] = NOT_REACHED;
            self.upkeep.counted[fact as usize] = UNREACHED;
            let leads = self.leads.row(fact);
            let groups = self.needing.row(fact);
            self.steps += (leads.len() + groups.len()) as u64;
            leads.iter().for_each(|lead| self.lose(lead, &mut at_risk));
            for &group in groups {
                if self.counters[group as usize].give(T::step(cost)) {
                    continue;
                }
                let first = &self.relaxation.first[group as usize];
                self.lose(&first.lead, &mut at_risk);
                if first.has_more {
                    let more = self.leads.row(self.relaxation.n_facts() as u32 + group);
                    self.steps += more.len() as u64;
                    more.iter().for_each(|lead| self.lose(lead, &mut at_risk));
                }
            }
        }
        self.front.queue = at_risk;
    }

    #[inline]
    fn lose(&self, lead: &Lead, at_risk: &mut Buckets) {
        let known = self.front.facts[lead.fact as usize];
        if known.supporter == lead.rule {
            at_risk.push(known.cost, lead.fact);
        }
    }

    /// A rule that reaches a fact at no more than its cost, from conditions that are settled.
    fn other_supporter(&mut self, cost: u32, fact: FactId) -> Option<RuleId> {
        let row = self.relaxation.achievers().row(fact);
        let found = row.iter().position(|achiever| {
            let its = self.relaxation.costs[achiever.rule as usize];
            its > 0 && self.base(achiever).is_some_and(|base| base.saturating_add(its) <= cost)
        });
        self.steps += found.map_or(row.len(), |at| at + 1) as u64;
        found.map(|at| row[at].rule)
    }

    #[inline]
    fn base(&self, achiever: &Achiever) -> Option<u32> {
        achiever.base(&self.front.facts, |group| self.counters[group].closed())
    }

    /// The cheapest way that is left to each fact taken back.
    fn support_anew(&mut self) {
        let achievers = self.relaxation.achievers();
        for &fact in &self.upkeep.taken_back {
            let row = achievers.row(fact);
            self.steps += row.len() as u64;
            for achiever in row {
                let Some(base) = self.base(achiever) else { continue };
                let cost = base + self.relaxation.costs[achiever.rule as usize];
                let cost = cost.min(self.relaxation.dearest);
                self.front.reach(fact, Reached { cost, supporter: achiever.rule });
            }
        }
    }

    /// Spreads what is queued, as the exploration does; but facts may have been reached before, at a higher cost. With
    /// `TAKE_OVER` rules also become the supporters of what they reach as cheaply as others.
    fn spread<const TAKE_OVER: bool>(&mut self) {
        let mut queue = std::mem::take(&mut self.front.queue);
        let dearest = self.relaxation.dearest;
        let n_facts = self.relaxation.n_facts() as u32;
        while let Some((cost, fact)) = queue.pop() {
            let facts = &mut self.front.facts[..];
            let counted = &mut self.upkeep.counted[fact as usize];
            if facts[fact as usize].cost != cost || *counted == cost {
                continue;
            }
            let before = std::mem::replace(counted, cost);
            self.upkeep.is_in_doubt[fact as usize] = true;
            let step = if before == UNREACHED { T::step(cost) } else { T::less(before - cost) };
            let (fired, groups) = (self.leads.row(fact), self.needing.row(fact));
            self.steps += (fired.len() + groups.len()) as u64;
            fired.iter().for_each(|lead| follow::<TAKE_OVER>(lead, (cost, dearest), facts, &mut queue));
            for &group in groups {
                let counter = &mut self.counters[group as usize];
                if counter.take(step) {
                    continue;
                }
                let base = counter.cost();
                let first = &self.relaxation.first[group as usize];
                follow::<TAKE_OVER>(&first.lead, (base, dearest), facts, &mut queue);
                if first.has_more {
                    let more = self.leads.row(n_facts + group);
                    self.steps += more.len() as u64;
                    more.iter()
                        .for_each(|lead| follow::<TAKE_OVER>(lead, (base, dearest), facts, &mut queue));
                }
            }
        }
        self.front.queue = queue;
    }
}

/// Reaches a lead's fact. Only a rule that costs something may take over at the same cost: then what supports a fact is
/// cheaper than it, and nothing supports itself.
#[inline(always)]
fn follow<const TAKE_OVER: bool>(
    lead: &Lead,
    (base, dearest): (u32, u32),
    facts: &mut [Reached],
    queue: &mut Buckets,
) {
    lead.follow((base, dearest), facts, queue);
    let known = &mut facts[lead.fact as usize];
    if TAKE_OVER && lead.cost > 0 && known.cost == base + lead.cost {
        known.supporter = lead.rule;
    }
}

/// A rule as the fact that it reaches knows it.
#[derive(Clone, Copy)]
pub(super) struct Achiever {
    /// Its one condition, or its group behind all facts, or [`Achiever::NOTHING`].
    source: u32,
    pub(super) rule: RuleId,
}

impl Achiever {
    const NOTHING: u32 = u32::MAX;

    /// What its conditions cost together, if all are reached; `closed` tells that of a group.
    #[inline]
    pub(super) fn base(&self, facts: &[Reached], closed: impl FnOnce(usize) -> Option<u32>) -> Option<u32> {
        let source = self.source as usize;
        match facts.get(source) {
            Some(fact) => (fact.cost != UNREACHED).then_some(fact.cost),
            None if self.source == Achiever::NOTHING => Some(0),
            None => closed(source - facts.len()),
        }
    }

    /// Those of each fact.
    pub(super) fn of_facts(relaxation: &Relaxation) -> Flat<Achiever> {
        let filler = Achiever { source: Achiever::NOTHING, rule: 0 };
        Flat::gather(relaxation.n_facts(), filler, |see| Achiever::each(relaxation, see))
    }

    /// All, with the facts that they reach.
    fn each(relaxation: &Relaxation, see: &mut dyn FnMut(FactId, Achiever)) {
        let n_facts = relaxation.n_facts();
        let mut add = |source: u32, fact: FactId, rule: RuleId| see(fact, Achiever { source, rule });
        for source in 0..(n_facts + relaxation.first.len()) as u32 {
            if let Some(first) = (source as usize).checked_sub(n_facts).map(|group| &relaxation.first[group])
            {
                add(source, first.lead.fact, first.lead.rule);
            }
            relaxation.leads.row(source).iter().for_each(|lead| add(source, lead.fact, lead.rule));
        }
        for &rule in &relaxation.unconditional {
            relaxation.rules.adds.row(rule).iter().for_each(|&fact| add(Achiever::NOTHING, fact, rule));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use isogrid_core::Ctx;
    use isogrid_num::rng::Rng;

    use crate::ground::{Keep, ground_in};
    use crate::heuristic::exploration::Exploration;
    use crate::heuristic::{Costs, Relaxation};
    use crate::packing::State;
    use crate::random::{Language, lively_task, random_task};
    use crate::task::{FactId, Task};

    /// States of a random walk that now and then goes back to one of those before.
    fn walk(task: &Task, rng: &mut Rng, n: usize) -> Vec<State> {
        let mut states = vec![task.init().clone()];
        while states.len() < n {
            let from = if rng.chance(0.2) { rng.index(states.len()) } else { None };
            let state = states[from.unwrap_or(states.len() - 1)].clone();
            let applicable = task.applicable(&state);
            let next = rng.index(applicable.len()).and_then(|at| task.apply(&state, applicable[at]));
            states.push(next.unwrap_or_else(|| task.init().clone()));
        }
        states
    }

    #[test]
    fn what_is_kept_up_to_date_is_what_is_explored_from_nothing() {
        let strips = (0..150).map(|seed| random_task(seed, Language::Strips));
        let adl = (0..80).map(|seed| random_task(seed, Language::Adl));
        let (mut n_states, mut n_tasks) = (0, 0);
        for (seed, (domain, problem)) in (0..).zip(strips.chain(adl).chain((0..150).map(lively_task))) {
            let task = ground_in(&Ctx::new(0), &Arc::new(domain), &Arc::new(problem), Keep::Relevant);
            let task = task.expect("a task");
            if !task.unreachable_goals().is_empty() || !task.dynamics.comparisons.is_empty() {
                continue;
            }
            n_tasks += 1;
            let states = walk(&task, &mut Rng::new(seed, 7), 40);
            for costs in [Costs::Unit, Costs::PlusOne, Costs::Real] {
                let relaxation = Relaxation::new(&task, &task.goal, costs);
                let mut kept = Exploration::new(&task, relaxation.clone()).without_thrift();
                for (at, state) in states.iter().enumerate() {
                    let mut anew = Exploration::new(&task, relaxation.clone()).without_thrift();
                    let is_reached = [&mut kept, &mut anew].map(|one| one.run::<false>(state.words()));
                    assert_eq!(is_reached[0], is_reached[1], "task {seed}, state {at}");
                    assert_eq!(kept.costs(), anew.costs(), "task {seed}, {costs:?}, state {at}");
                    kept.check_supporters();
                    for fact in 0..task.n_facts() as FactId {
                        let _ = kept.supporter(fact);
                    }
                    kept.check_supporters();
                    n_states += 1;
                }
            }
        }
        assert!(n_tasks > 200 && n_states > 20_000, "{n_tasks} tasks, {n_states} states");
    }
}
