//! The same machine as a literal transcription of the paper: one automaton at a time, numbers instead of bits.
//!
//! Slow on purpose; the oracle that [`machine`](crate::TsetlinClassifier) is tested against. States are 1..=2N with
//! N = 128 and a literal is included above N, as in Granmo (2018), section 3.

use crate::draws::{Draws, UpdateDraws, event_probability};
use crate::machine::Options;

const N: u16 = 128;

/// A machine of plain automata.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `[class][clause][literal]`.
    states: Vec<Vec<Vec<u16>>>,
}

impl Machine {
    /// Trains on rows of features and a class number per row; classes are `0..=max`, at least two.
    pub fn fit(seed: u64, rows: &[Vec<bool>], labels: &[u32], options: &Options) -> Machine {
        let n_classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        let n_literals = 2 * rows.first().map_or(0, Vec::len);
        let mut machine = Machine { states: vec![vec![vec![N; n_literals]; options.n_clauses]; n_classes] };
        let draws = Draws { seed };
        for epoch in 0..u64::from(options.epochs) {
            for (place, sample) in draws.order(epoch, rows.len()).into_iter().enumerate() {
                let visit = epoch * rows.len() as u64 + place as u64;
                let (literals, own) = (literals_of(&rows[sample]), labels[sample] as usize);
                machine.update(draws.update(2 * visit), &literals, (own, 1), options);
                let rival = draws.rival(visit, own, n_classes);
                machine.update(draws.update(2 * visit + 1), &literals, (rival, 0), options);
            }
        }
        machine
    }

    fn update(&mut self, draws: UpdateDraws, literals: &[bool], (class, y): (usize, u8), options: &Options) {
        let outputs: Vec<bool> = self.states[class].iter().map(|states| output(states, literals)).collect();
        let sum: i64 = outputs.iter().enumerate().map(|(j, &output)| i64::from(output) * sign(j)).sum();
        let t = i64::from(options.threshold);
        let sum = sum.clamp(-t, t);
        let numerator = if y == 1 { t - sum } else { t + sum };
        let probability = event_probability(options.specificity);
        for (j, states) in self.states[class].iter_mut().enumerate() {
            if !draws.is_selected(j, numerator as u64, 2 * t as u64) {
                continue;
            }
            let type_i = (sign(j) == 1) == (y == 1);
            let events = draws.events(j, probability);
            for (k, state) in states.iter_mut().enumerate() {
                let (clause, literal, event) = (outputs[j], literals[k], events.literal(k));
                match (type_i, clause, literal) {
                    (true, true, true) if !event => *state = (*state + 1).min(2 * N),
                    (true, true, false) | (true, false, _) if event => *state = (*state - 1).max(1),
                    (false, true, false) if *state <= N => *state += 1,
                    _ => {}
                }
            }
        }
    }

    /// The literals that a clause includes, ascending.
    pub fn literals(&self, class: usize, clause: usize) -> Vec<usize> {
        let states = &self.states[class][clause];
        (0..states.len()).filter(|&literal| states[literal] > N).collect()
    }

    /// The votes for each class; clauses without literals abstain.
    pub fn class_sums(&self, row: &[bool]) -> Vec<i64> {
        let literals = literals_of(row);
        let vote = |j: usize, states: &Vec<u16>| {
            let says_something = states.iter().any(|&state| state > N);
            i64::from(says_something && output(states, &literals)) * sign(j)
        };
        let sum = |class: &Vec<Vec<u16>>| class.iter().enumerate().map(|(j, states)| vote(j, states)).sum();
        self.states.iter().map(sum).collect()
    }
}

fn literals_of(row: &[bool]) -> Vec<bool> {
    row.iter().copied().chain(row.iter().map(|bit| !bit)).collect()
}

fn output(states: &[u16], literals: &[bool]) -> bool {
    states.iter().zip(literals).all(|(&state, &literal)| state <= N || literal)
}

fn sign(clause: usize) -> i64 {
    if clause.is_multiple_of(2) { 1 } else { -1 }
}
