//! LM-cut (Helmert and Domshlak, "Landmarks, critical paths and abstractions: what's the difference anyway?", ICAPS
//! 2009): admissible, safe, inconsistent.
//!
//! As long as the goal has a positive h_max value, a cut in the justification graph is a set of operators of which every
//! plan uses one; its least cost is counted and taken away from all of them. Ties are broken as the first release of the
//! heuristic does, so that values can be compared: the last condition to be reached supports an operator until another
//! becomes dearer.

use crate::ground::VarVal;
use crate::heuristic::buckets::Buckets;
use crate::heuristic::rules::{AXIOM, RuleId, Rules};
use crate::heuristic::{Declared, Heuristic, Node, Properties};
use crate::task::{FactId, Task};

const UNREACHED: u32 = u32::MAX;
/// Costs saturate here.
const MAX_REACHED: u32 = u32::MAX - 1;
/// Rules looked at that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// Where a fact lies while a cut is looked for: not looked at yet.
const UNKNOWN: u8 = 0;
/// Reached from the state without passing the cut.
const BEFORE: u8 = 1;
/// The goal can be reached from it for nothing.
const GOAL: u8 = 2;

/// What a rule is during one evaluation.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// What is left of its cost.
    cost: u32,
    /// Conditions not reached yet.
    missing: u32,
    /// The place of its dearest condition in the rows of conditions.
    supporter: u32,
    /// What that condition costs.
    supporter_cost: u32,
}

/// The heuristic with its buffers.
pub(crate) struct LmCut<'a> {
    task: &'a Task,
    /// Conditions of each rule, crossed with the rules that need each fact. Marked: the rule's supporter.
    pre: Crossed,
    /// Facts that each rule adds, as far as some rule needs them; crossed with the rules that add each fact. Marked: rules
    /// that cost nothing any more.
    adds: Crossed,
    /// Rules as at the start of an evaluation.
    fresh: Vec<Rule>,
    /// Marks of `adds` then.
    fresh_free: Vec<u64>,
    rules: Vec<Rule>,
    /// Other rules of the same operator; empty where each operator is one rule.
    siblings: Vec<Vec<RuleId>>,
    costs: Vec<u32>,
    zones: Vec<u8>,
    queue: Buckets,
    stack: Vec<FactId>,
    cut: Vec<RuleId>,
    /// A made-up fact that the goal's rule adds.
    goal: FactId,
    /// A made-up fact that holds everywhere, for rules without conditions.
    start: FactId,
    steps: u64,
}

impl<'a> LmCut<'a> {
    pub(crate) fn new(task: &'a Task, goal: &[VarVal]) -> LmCut<'a> {
        let rules = Rules::new(task);
        let (goal_fact, start) = (task.n_facts() as FactId, task.n_facts() as FactId + 1);
        let n_facts = task.n_facts() + 2;
        let mut is_needed = vec![false; n_facts];
        let goals: Vec<FactId> = goal.iter().map(|&fact| task.fact(fact)).collect();
        let all_pre = (0..rules.len() as RuleId).flat_map(|rule| rules.pre.row(rule));
        all_pre.chain(&goals).chain([&goal_fact]).for_each(|&fact| is_needed[fact as usize] = true);
        let (mut pre, mut adds) = (Vec::new(), Vec::new());
        let mut fresh = Vec::with_capacity(rules.len() + 1);
        let mut of_operator: Vec<Vec<RuleId>> = vec![Vec::new(); task.n_operators()];
        let mut push = |conditions: &[FactId], effects: Vec<FactId>, cost: u32| {
            let conditions = if conditions.is_empty() { &[start] } else { conditions };
            pre.push(conditions.to_vec());
            adds.push(effects.into_iter().filter(|&effect| is_needed[effect as usize]).collect());
            fresh.push(Rule {
                cost,
                missing: conditions.len() as u32,
                supporter: 0,
                supporter_cost: UNREACHED,
            });
        };
        for rule in 0..rules.len() as RuleId {
            let operator = rules.operator[rule as usize];
            let cost = if operator == AXIOM { 0 } else { task.cost(operator) };
            let compared = rules.gains.row(rule).iter().map(|gain| rules.compared[gain.comparison as usize]);
            push(rules.pre.row(rule), rules.adds.row(rule).iter().copied().chain(compared).collect(), cost);
            if operator != AXIOM {
                of_operator[operator as usize].push(rule);
            }
        }
        push(&goals, vec![goal_fact], 0);
        let is_plain = of_operator.iter().all(|rules| rules.len() < 2);
        let pre = Crossed::new(&pre, n_facts);
        let mut adds = Crossed::new(&adds, n_facts);
        for (rule, _) in fresh.iter().enumerate().filter(|(_, state)| state.cost == 0) {
            adds.mark_row(rule as RuleId);
        }
        LmCut {
            task,
            rules: fresh.clone(),
            fresh,
            fresh_free: adds.marks.clone(),
            pre,
            adds,
            siblings: if is_plain { Vec::new() } else { siblings(&rules, &of_operator) },
            costs: vec![UNREACHED; n_facts],
            zones: vec![UNKNOWN; n_facts],
            queue: Buckets::default(),
            stack: Vec::new(),
            cut: Vec::new(),
            goal: goal_fact,
            start,
            steps: 0,
        }
    }

    /// h_max of all facts, with each rule's supporter.
    fn explore(&mut self, words: &[u64]) {
        self.rules.copy_from_slice(&self.fresh);
        self.adds.marks.copy_from_slice(&self.fresh_free);
        self.pre.marks.fill(0);
        self.costs.fill(UNREACHED);
        self.queue.clear();
        for variable in 0..self.task.n_variables() {
            let fact = self.task.first_fact[variable] + self.task.packing.get(words, variable);
            reach(&mut self.costs, &mut self.queue, fact, 0);
        }
        reach(&mut self.costs, &mut self.queue, self.start, 0);
        while let Some((cost, fact)) = self.queue.pop() {
            if self.costs[fact as usize] < cost {
                continue;
            }
            let column = self.pre.column(fact);
            self.steps += column.len() as u64;
            for at in column {
                let (rule, place) = self.pre.crossings[at];
                let state = &mut self.rules[rule as usize];
                state.missing -= 1;
                if state.missing == 0 {
                    (state.supporter, state.supporter_cost) = (place, cost);
                    self.pre.mark(place);
                    self.fire(rule);
                }
            }
        }
    }

    /// The same after the cut's rules became cheaper.
    fn explore_again(&mut self) {
        self.queue.clear();
        for at in 0..self.cut.len() {
            self.fire(self.cut[at]);
        }
        while let Some((cost, fact)) = self.queue.pop() {
            if self.costs[fact as usize] < cost {
                continue;
            }
            for word in self.pre.words(fact) {
                let mut marks = self.pre.marks[word];
                while marks != 0 {
                    let rule = self.pre.crossing(fact, word, marks.trailing_zeros()).0;
                    marks &= marks - 1;
                    self.steps += 1;
                    self.lower_supporter(rule, cost);
                }
            }
        }
    }

    /// A rule's supporter costs less than before.
    fn lower_supporter(&mut self, rule: RuleId, cost: u32) {
        let state = &mut self.rules[rule as usize];
        if state.supporter_cost <= cost {
            return;
        }
        let (mut supporter, mut now) = (state.supporter, cost);
        for (place, &condition) in (self.pre.starts[rule as usize]..).zip(self.pre.row(rule)) {
            let other = self.costs[condition as usize];
            if other > now {
                (supporter, now) = (place, other);
            }
        }
        if supporter != state.supporter {
            self.pre.unmark(state.supporter);
            self.pre.mark(supporter);
            state.supporter = supporter;
        }
        if now == state.supporter_cost {
            return;
        }
        state.supporter_cost = now;
        self.fire(rule);
    }

    /// Reaches what a rule adds.
    #[inline]
    fn fire(&mut self, rule: RuleId) {
        let Rule { cost, supporter_cost, .. } = self.rules[rule as usize];
        let total = supporter_cost.saturating_add(cost).min(MAX_REACHED);
        for &effect in self.adds.row(rule) {
            reach(&mut self.costs, &mut self.queue, effect, total);
        }
    }

    /// Marks the facts from which the goal is reached for nothing.
    fn mark_goal_zone(&mut self) {
        self.zones[self.goal as usize] = GOAL;
        self.stack.push(self.goal);
        while let Some(fact) = self.stack.pop() {
            for word in self.adds.words(fact) {
                let mut marks = self.adds.marks[word];
                while marks != 0 {
                    let rule = self.adds.crossing(fact, word, marks.trailing_zeros()).0;
                    marks &= marks - 1;
                    self.steps += 1;
                    let state = &self.rules[rule as usize];
                    let supporter = self.pre.items[state.supporter as usize];
                    if state.missing == 0 && self.zones[supporter as usize] != GOAL {
                        self.zones[supporter as usize] = GOAL;
                        self.stack.push(supporter);
                    }
                }
            }
        }
    }

    /// Rules that lead from what the state reaches into the goal zone.
    fn find_cut(&mut self, words: &[u64]) {
        self.cut.clear();
        for variable in 0..self.task.n_variables() {
            let fact = self.task.first_fact[variable] + self.task.packing.get(words, variable);
            self.zones[fact as usize] = BEFORE;
            self.stack.push(fact);
        }
        self.zones[self.start as usize] = BEFORE;
        self.stack.push(self.start);
        while let Some(fact) = self.stack.pop() {
            for word in self.pre.words(fact) {
                let mut marks = self.pre.marks[word];
                while marks != 0 {
                    let rule = self.pre.crossing(fact, word, marks.trailing_zeros()).0;
                    marks &= marks - 1;
                    self.steps += 1;
                    let effects = self.adds.row(rule);
                    if effects.iter().any(|&effect| self.zones[effect as usize] == GOAL) {
                        self.cut.push(rule);
                        continue;
                    }
                    for &effect in effects {
                        let zone = &mut self.zones[effect as usize];
                        if *zone == UNKNOWN {
                            *zone = BEFORE;
                            self.stack.push(effect);
                        }
                    }
                }
            }
        }
    }

    /// Takes the least cost of the cut away from its operators, and returns it.
    fn pay(&mut self) -> u32 {
        let least = self.cut.iter().map(|&rule| self.rules[rule as usize].cost).min().unwrap_or(0);
        if !self.siblings.is_empty() {
            // An operator pays once, whichever of its effects were cut. Effects that are out of reach stay so.
            for &rule in &self.cut.clone() {
                let others = &self.siblings[rule as usize];
                let is_reached = |other: &&RuleId| self.rules[**other as usize].missing == 0;
                self.cut.extend(others.iter().filter(is_reached));
            }
            self.cut.sort_unstable();
            self.cut.dedup();
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

    fn evaluate_state(&mut self, words: &[u64]) -> Option<u32> {
        self.explore(words);
        if self.costs[self.goal as usize] == UNREACHED {
            return None;
        }
        let mut sum = 0u32;
        while self.costs[self.goal as usize] != 0 {
            self.zones.fill(UNKNOWN);
            self.mark_goal_zone();
            self.find_cut(words);
            let paid = self.pay();
            debug_assert!(paid > 0, "a cut without a cost");
            sum = sum.saturating_add(paid).min(MAX_REACHED);
            self.explore_again();
        }
        Some(sum)
    }
}

impl Declared for LmCut<'_> {
    const NAME: &'static str = "LM-cut";
    const PROPERTIES: Properties = Properties::ADMISSIBLE;
}

impl Heuristic for LmCut<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.steps = (self.fresh.len() / 8) as u64;
        self.evaluate_state(node.words)
    }

    fn ticks(&self) -> u64 {
        1 + self.steps / STEPS_PER_TICK
    }
}

/// Rows of facts, and for each fact the rows that hold it, with a mark on each crossing.
///
/// The marks of a fact's column lie together, so that the marked rows are found without looking at the others.
struct Crossed {
    /// First place of each row.
    starts: Vec<u32>,
    /// The fact at each place.
    items: Vec<FactId>,
    /// First crossing of each column.
    columns: Vec<u32>,
    /// Row and place, column by column.
    crossings: Vec<(RuleId, u32)>,
    /// The first word of each column's marks.
    first_words: Vec<u32>,
    /// The bit of each place, counted over all words.
    bits: Vec<u32>,
    marks: Vec<u64>,
}

impl Crossed {
    fn new(rows: &[Vec<FactId>], n_columns: usize) -> Crossed {
        let mut starts = vec![0];
        let mut by_column: Vec<Vec<(RuleId, u32)>> = vec![Vec::new(); n_columns];
        let mut items = Vec::new();
        for (row, facts) in rows.iter().enumerate() {
            for &fact in facts {
                by_column[fact as usize].push((row as RuleId, items.len() as u32));
                items.push(fact);
            }
            starts.push(items.len() as u32);
        }
        let mut bits = vec![0; items.len()];
        let (mut columns, mut first_words, mut crossings) = (vec![0], vec![0u32], Vec::new());
        for column in by_column {
            let first_word = first_words.last().copied().unwrap_or(0);
            for (at, &(_, place)) in column.iter().enumerate() {
                bits[place as usize] = first_word * 64 + at as u32;
            }
            first_words.push(first_word + column.len().div_ceil(64) as u32);
            crossings.extend(column);
            columns.push(crossings.len() as u32);
        }
        let n_words = first_words.last().copied().unwrap_or(0) as usize;
        Crossed { starts, items, columns, crossings, first_words, bits, marks: vec![0; n_words] }
    }

    #[inline]
    fn row(&self, row: RuleId) -> &[FactId] {
        &self.items[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    /// Crossings of a column.
    #[inline]
    fn column(&self, fact: FactId) -> std::ops::Range<usize> {
        self.columns[fact as usize] as usize..self.columns[fact as usize + 1] as usize
    }

    /// Words of a column's marks.
    #[inline]
    fn words(&self, fact: FactId) -> std::ops::Range<usize> {
        self.first_words[fact as usize] as usize..self.first_words[fact as usize + 1] as usize
    }

    /// The crossing of a column that a bit of one of its words stands for.
    #[inline]
    fn crossing(&self, fact: FactId, word: usize, bit: u32) -> (RuleId, u32) {
        let before = (word - self.first_words[fact as usize] as usize) * 64;
        self.crossings[self.columns[fact as usize] as usize + before + bit as usize]
    }

    #[inline]
    fn mark(&mut self, place: u32) {
        let bit = self.bits[place as usize];
        self.marks[bit as usize / 64] |= 1 << (bit % 64);
    }

    #[inline]
    fn unmark(&mut self, place: u32) {
        let bit = self.bits[place as usize];
        self.marks[bit as usize / 64] &= !(1 << (bit % 64));
    }

    fn mark_row(&mut self, row: RuleId) {
        (self.starts[row as usize]..self.starts[row as usize + 1]).for_each(|place| self.mark(place));
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

/// For each rule, the other rules of its operator. The goal's rule has none.
fn siblings(rules: &Rules, of_operator: &[Vec<RuleId>]) -> Vec<Vec<RuleId>> {
    let others = |rule: RuleId| match rules.operator[rule as usize] {
        AXIOM => Vec::new(),
        operator => of_operator[operator as usize].iter().copied().filter(|&other| other != rule).collect(),
    };
    (0..rules.len() as RuleId).map(others).chain([Vec::new()]).collect()
}
