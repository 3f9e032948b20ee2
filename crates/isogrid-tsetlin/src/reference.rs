//! The same machine as a literal transcription of the papers: one automaton at a time, numbers instead of bits.
//!
//! Slow on purpose; the oracle that the fast machine is tested against, bit for bit. States are 0..=255 and a literal is
//! included from 128 on. Feedback: Granmo (2018), section 3; Hnilov (2025); Glimsdal and Granmo (2021) for shared
//! clauses. Which random number decides what is the contract of `draws`.

use crate::aims::{Aim, Targets};
use crate::draws::{Draws, Events, Place, event_probability, forgetting_rate};
use crate::kernels::lanes::BLOCK;
use crate::options::{Feedback, Options, Pool};
use crate::patches::Patches;

const INCLUDED: u8 = 128;

/// A machine of plain automata.
#[derive(Debug, Clone)]
pub struct Machine {
    options: Options,
    /// Features of a view.
    n_features: usize,
    n_outputs: usize,
    /// Clauses of all teams, one after another.
    clauses: Vec<Clause>,
}

#[derive(Debug, Clone)]
struct Clause {
    /// A state a literal: features, then their negations.
    states: Vec<u8>,
    /// A signed weight for each output of the clause's team.
    weights: Vec<i32>,
}

impl Clause {
    fn includes(&self, literal: usize) -> bool {
        self.states[literal] >= INCLUDED
    }

    fn n_included(&self) -> usize {
        (0..self.states.len()).filter(|&literal| self.includes(literal)).count()
    }

    fn votes(&self, literals: &[bool], fuzziness: u32) -> i32 {
        let misses =
            (0..literals.len()).filter(|&literal| self.includes(literal) && !literals[literal]).count();
        (self.n_included().min(fuzziness as usize) as i32 - misses as i32).max(0)
    }
}

impl Machine {
    /// A machine that has learned nothing.
    pub fn new(seed: u64, n_features: usize, n_outputs: usize, options: &Options) -> Machine {
        let n_teams = if options.pool == Pool::Shared { 1 } else { n_outputs };
        let weights = |place: usize| match options.pool {
            Pool::Shared => (0..n_outputs).map(|output| Draws { seed }.first_weight(place, output)).collect(),
            Pool::PerOutput => vec![if place < options.n_clauses.div_ceil(2) { 1 } else { -1 }],
        };
        let n_features = options.n_clause_features(n_features);
        let clause = |index: usize| Clause {
            states: vec![INCLUDED - 1; 2 * n_features],
            weights: weights(index % options.n_clauses),
        };
        let clauses = (0..n_teams * options.n_clauses).map(clause).collect();
        Machine { options: options.clone(), n_features, n_outputs, clauses }
    }

    /// Trains on rows of features for all epochs.
    pub fn fit(seed: u64, rows: &[Vec<bool>], targets: &Targets<'_>, options: &Options) -> Machine {
        let n_features = rows.first().map_or(0, Vec::len);
        let mut machine = Machine::new(seed, n_features, targets.n_outputs(), options);
        let draws = Draws { seed };
        let composition = draws.composition(rows.len());
        for epoch in 0..u64::from(options.epochs) {
            for block in draws.blocks(epoch, rows.len().div_ceil(BLOCK)) {
                let samples = &composition[block as usize * BLOCK..];
                let samples = &samples[..samples.len().min(BLOCK)];
                let pass = draws.pass(epoch, block);
                for lane in pass.lanes(samples.len()) {
                    let sample = samples[usize::from(lane)] as usize;
                    let place = pass.place(lane);
                    let aim = |output| targets.aim(sample, output, place, options.negatives);
                    machine.learn(place, &machine.views(&rows[sample]), aim);
                }
            }
        }
        machine
    }

    /// The literals of each patch of a row, or of the whole row.
    fn views(&self, row: &[bool]) -> Vec<Vec<bool>> {
        match self.options.patches {
            None => vec![literals_of(row)],
            Some(patches) => patches_of(row, patches).iter().map(|patch| literals_of(patch)).collect(),
        }
    }

    fn learn(&mut self, place: Place, views: &[Vec<bool>], aim: impl Fn(u32) -> Option<Aim>) {
        // What the clauses vote before anything is learned of this sample.
        let votes: Vec<Vec<i32>> = self.clauses.iter().map(|clause| self.votes_of(clause, views)).collect();
        let most: Vec<i32> = votes.iter().map(|votes| largest(votes)).collect();
        // An empty clause fires, so that it can learn its first literals.
        let is_empty: Vec<bool> = self.clauses.iter().map(|clause| clause.n_included() == 0).collect();
        let sums = self.sums_of(&most);
        for output in 0..self.n_outputs as u32 {
            let Some(aim) = aim(output) else { continue };
            let (team, column) = match self.options.pool {
                Pool::Shared => (0, output as usize),
                Pool::PerOutput => (output as usize, 0),
            };
            let (is_up, threshold) = aim.chance(sums[output as usize], self.options.threshold);
            let visit = place.visit(output);
            let first = team * self.options.n_clauses;
            for number in 0..self.options.n_clauses {
                if visit.is_selected(number as u32, threshold) {
                    let clause = first + number;
                    let fires = most[clause] > 0 || is_empty[clause];
                    let events = visit.events(number as u32);
                    let best: Vec<usize> =
                        (0..views.len()).filter(|&view| votes[clause][view] == most[clause]).collect();
                    // Whole rows have one view, and nothing is to be chosen.
                    let view = if best.len() == 1 {
                        best[0]
                    } else {
                        best[events.choice(best.len() as u32) as usize]
                    };
                    self.feedback((clause, column), (is_up, fires), &views[view], events);
                }
            }
        }
    }

    fn feedback(
        &mut self,
        (index, column): (usize, usize),
        (is_up, fires): (bool, bool),
        literals: &[bool],
        events: Events,
    ) {
        let (options, n_features) = (&self.options, self.n_features);
        let clause = &mut self.clauses[index];
        let weight = clause.weights[column];
        let is_own = (weight >= 0) == is_up;
        if is_own {
            match options.feedback {
                Feedback::Fuzzy => fuzzy_own(clause, literals, fires, options, (events, n_features)),
                Feedback::Classic { boost_true_positive } => {
                    classic_own(clause, literals, fires, options, (events, boost_true_positive));
                }
            }
        } else if fires {
            for (literal, &is_true) in literals.iter().enumerate() {
                if !is_true && !clause.includes(literal) {
                    clause.states[literal] += 1;
                }
            }
        }
        if fires {
            clause.weights[column] = next_weight(weight, is_up, options);
        }
    }

    /// The literals that clause `clause` of all includes, ascending.
    pub fn literals(&self, clause: usize) -> Vec<usize> {
        (0..2 * self.n_features).filter(|&literal| self.clauses[clause].includes(literal)).collect()
    }

    /// The weights of clause `clause` of all.
    pub fn weights(&self, clause: usize) -> &[i32] {
        &self.clauses[clause].weights
    }

    /// The sum of votes for each output, not clamped.
    pub fn sums(&self, row: &[bool]) -> Vec<i32> {
        let views = self.views(row);
        let votes = |clause: &Clause| largest(&self.votes_of(clause, &views));
        self.sums_of(&self.clauses.iter().map(votes).collect::<Vec<i32>>())
    }

    /// The votes of a clause on each view.
    fn votes_of(&self, clause: &Clause, views: &[Vec<bool>]) -> Vec<i32> {
        views.iter().map(|view| clause.votes(view, self.options.fuzziness)).collect()
    }

    fn sums_of(&self, votes: &[i32]) -> Vec<i32> {
        let sum = |output: usize| match self.options.pool {
            Pool::Shared => {
                votes.iter().zip(&self.clauses).map(|(votes, clause)| votes * clause.weights[output]).sum()
            }
            Pool::PerOutput => {
                let team = output * self.options.n_clauses..(output + 1) * self.options.n_clauses;
                votes[team.clone()]
                    .iter()
                    .zip(&self.clauses[team])
                    .map(|(votes, clause)| votes * clause.weights[0])
                    .sum()
            }
        };
        (0..self.n_outputs).map(sum).collect()
    }
}

/// A clause that is to fire: if it does, true literals come closer and false ones that it lacks go farther; if not, a
/// few random literals go farther.
fn fuzzy_own(
    clause: &mut Clause,
    literals: &[bool],
    fires: bool,
    options: &Options,
    (events, n_features): (Events, usize),
) {
    if fires {
        let may_grow = clause.n_included() < options.max_literals as usize;
        for (literal, &is_true) in literals.iter().enumerate() {
            if is_true && may_grow {
                clause.states[literal] = clause.states[literal].saturating_add(1);
            } else if !is_true && !clause.includes(literal) {
                clause.states[literal] = clause.states[literal].saturating_sub(1);
            }
        }
        return;
    }
    let rate = forgetting_rate(n_features, options.specificity);
    for (feature, negated) in events.forgotten(rate, n_features) {
        for literal in [feature, n_features + negated] {
            clause.states[literal] = clause.states[literal].saturating_sub(1);
        }
    }
}

/// Type I feedback with a chance of 1 / s for each literal.
fn classic_own(
    clause: &mut Clause,
    literals: &[bool],
    fires: bool,
    options: &Options,
    (events, boost): (Events, bool),
) {
    let may_grow = clause.n_included() < options.max_literals as usize;
    let probability = event_probability(options.specificity);
    let n_features = literals.len() / 2;
    for (literal, &is_true) in literals.iter().enumerate() {
        // Negated literals begin a word of their own.
        let place = if literal < n_features {
            literal
        } else {
            n_features.next_multiple_of(64) + literal - n_features
        };
        let event = events.literal(place, probability);
        let state = &mut clause.states[literal];
        if fires && is_true {
            if may_grow && (boost || !event) {
                *state = state.saturating_add(1);
            }
        } else if event {
            *state = state.saturating_sub(1);
        }
    }
}

/// The weight of a clause that fired, after feedback.
fn next_weight(weight: i32, is_up: bool, options: &Options) -> i32 {
    let step = if is_up { 1 } else { -1 };
    match options.pool {
        Pool::Shared => weight + step,
        // Polarity stays: a weight does not fall below one.
        Pool::PerOutput if options.is_weighted && (weight + step).signum() == weight.signum() => {
            weight + step
        }
        Pool::PerOutput => weight,
    }
}

fn literals_of(row: &[bool]) -> Vec<bool> {
    row.iter().copied().chain(row.iter().map(|bit| !bit)).collect()
}

/// The features of every patch, from the top and the left: its pixels plane by plane, then its place.
fn patches_of(row: &[bool], patches: Patches) -> Vec<Vec<bool>> {
    let Patches { height, width, patch_height, patch_width, stride } = patches;
    let begins = |extent: usize, patch: usize| (0..=extent - patch).step_by(stride).collect::<Vec<usize>>();
    let (rows, columns) = (begins(height, patch_height), begins(width, patch_width));
    let mut all = Vec::new();
    for &top in &rows {
        for &left in &columns {
            let mut patch = Vec::new();
            for plane in row.chunks_exact(height * width) {
                for y in top..top + patch_height {
                    patch.extend_from_slice(&plane[y * width + left..y * width + left + patch_width]);
                }
            }
            patch.extend(rows[1..].iter().map(|&first| top >= first));
            patch.extend(columns[1..].iter().map(|&first| left >= first));
            all.push(patch);
        }
    }
    all
}

fn largest(votes: &[i32]) -> i32 {
    votes.iter().copied().max().unwrap_or(0)
}
