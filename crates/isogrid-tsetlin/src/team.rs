//! A team of clauses: automata, weights, and the feedback that moves them.

use isogrid_num::bits::ones;
use serde::{Deserialize, Serialize};

use crate::blocks::RowShape;
use crate::draws::{Events, event_probability, forgetting_rate};
use crate::kernels::planes::{self, N_PLANES};
use crate::kernels::single;
use crate::options::{Feedback, Options};

/// Clauses over the literals of one row shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Team {
    n_features: usize,
    /// `[clause][plane][word]`, lowest plane first.
    planes: Vec<u64>,
    n_included: Vec<u32>,
    /// `[clause][output]`, signed.
    weights: Vec<i32>,
    n_outputs: usize,
}

/// What feedback needs besides the team; the same for all clauses of a fit.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) fuzziness: u8,
    pub(crate) shape: RowShape,
    feedback: Feedback,
    max_literals: u32,
    n_features: usize,
    rate: (u32, u32),
    probability: u32,
    exist: Vec<u64>,
}

impl Rules {
    pub(crate) fn new(options: &Options, n_features: usize) -> Rules {
        let shape = RowShape::new(n_features);
        Rules {
            fuzziness: options.fuzziness as u8,
            shape,
            feedback: options.feedback,
            max_literals: options.max_literals,
            n_features,
            rate: forgetting_rate(n_features, options.specificity),
            probability: event_probability(options.specificity),
            exist: shape.exist(),
        }
    }
}

/// The literals that feedback took in or left out.
#[derive(Debug)]
pub(crate) struct Changes {
    /// `[word]`, ones for literals that changed.
    pub(crate) words: Vec<u64>,
    /// Their number.
    pub(crate) n: u32,
    up: Vec<u64>,
    down: Vec<u64>,
}

impl Changes {
    pub(crate) fn new(shape: RowShape) -> Changes {
        let row = vec![0; shape.row_words()];
        Changes { words: row.clone(), n: 0, up: row.clone(), down: row }
    }
}

impl Team {
    /// Clauses with every automaton one step below including, and these weights, `[clause][output]`.
    pub(crate) fn new(n_features: usize, n_outputs: usize, weights: Vec<i32>) -> Team {
        let shape = RowShape::new(n_features);
        let n_clauses = weights.len() / n_outputs;
        let exist = shape.exist();
        let mut planes = Vec::with_capacity(n_clauses * N_PLANES * exist.len());
        for _ in 0..n_clauses {
            (1..N_PLANES).for_each(|_| planes.extend_from_slice(&exist));
            planes.resize(planes.len() + exist.len(), 0);
        }
        Team { n_features, planes, n_included: vec![0; n_clauses], weights, n_outputs }
    }

    pub(crate) fn n_clauses(&self) -> usize {
        self.n_included.len()
    }

    pub(crate) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// The clauses in `n_parts` parts as equal as they can be, each with the number of its first one.
    pub(crate) fn split(mut self, n_parts: usize) -> Vec<(u32, Team)> {
        let mut parts = Vec::with_capacity(n_parts);
        for part in (0..n_parts.clamp(1, self.n_clauses())).rev() {
            let first = self.n_clauses() * part / (part + 1);
            let n_words = N_PLANES * RowShape::new(self.n_features).row_words();
            let planes = self.planes.split_off(first * n_words);
            let n_included = self.n_included.split_off(first);
            let weights = self.weights.split_off(first * self.n_outputs);
            parts.push((first as u32, Team { planes, n_included, weights, ..self }));
        }
        parts.reverse();
        parts
    }

    /// The clauses of several parts.
    pub(crate) fn join(parts: impl IntoIterator<Item = Team>) -> Option<Team> {
        parts.into_iter().reduce(|mut all, part| {
            all.planes.extend(part.planes);
            all.n_included.extend(part.n_included);
            all.weights.extend(part.weights);
            all
        })
    }

    /// The include mask of a clause.
    pub(crate) fn included(&self, clause: usize) -> &[u64] {
        let n = RowShape::new(self.n_features).row_words();
        &self.planes[(clause * N_PLANES + N_PLANES - 1) * n..][..n]
    }

    pub(crate) fn n_included(&self, clause: usize) -> u32 {
        self.n_included[clause]
    }

    pub(crate) fn weight(&self, clause: usize, output: usize) -> i32 {
        self.weights[clause * self.n_outputs + output]
    }

    pub(crate) fn weights(&self, clause: usize) -> &[i32] {
        &self.weights[clause * self.n_outputs..][..self.n_outputs]
    }

    pub(crate) fn set_weight(&mut self, clause: usize, output: usize, weight: i32) {
        self.weights[clause * self.n_outputs + output] = weight;
    }

    /// The votes of a clause on a row of literals.
    pub(crate) fn votes(&self, clause: usize, literals: &[u64], fuzziness: u8) -> u8 {
        let misses = single::misses(self.included(clause), literals);
        self.most_votes(clause, fuzziness).saturating_sub(misses.min(255) as u8)
    }

    /// The votes of a clause without misses: short clauses have fewer.
    pub(crate) fn most_votes(&self, clause: usize, fuzziness: u8) -> u8 {
        self.n_included[clause].min(u32::from(fuzziness)) as u8
    }

    /// Feedback to a clause that fires on `literals` and should.
    pub(crate) fn reinforce(
        &mut self,
        clause: usize,
        literals: &[u64],
        (rules, events): (&Rules, Events),
        changes: &mut Changes,
    ) {
        let may_grow = self.n_included[clause] < rules.max_literals;
        let states = states_mut(&mut self.planes, clause, literals.len());
        match rules.feedback {
            Feedback::Fuzzy => {
                let grow = if may_grow { u64::MAX } else { 0 };
                planes::reinforce(states, literals, grow, &mut changes.words);
            }
            Feedback::Classic { boost_true_positive } => {
                for (word, (up, down)) in changes.up.iter_mut().zip(&mut changes.down).enumerate() {
                    let event = events.word(word, rules.probability);
                    let remembered = if boost_true_positive { u64::MAX } else { !event };
                    *up = if may_grow { literals[word] & remembered } else { 0 };
                    *down = !literals[word] & event;
                }
                planes::count(states, &changes.up, &changes.down, &mut changes.words);
            }
        }
        self.recount(clause, changes);
    }

    /// Feedback to a clause that fires on `literals` and should not.
    pub(crate) fn reject(&mut self, clause: usize, literals: &[u64], rules: &Rules, changes: &mut Changes) {
        let states = states_mut(&mut self.planes, clause, literals.len());
        planes::reject(states, literals, &rules.exist, &mut changes.words);
        self.recount(clause, changes);
    }

    /// Feedback to a clause that should fire and does not.
    pub(crate) fn forget(&mut self, clause: usize, rules: &Rules, events: Events, changes: &mut Changes) {
        let n = rules.shape.row_words();
        let states = states_mut(&mut self.planes, clause, n);
        changes.words.fill(0);
        match rules.feedback {
            Feedback::Fuzzy => {
                changes.n = 0;
                for (feature, negated) in events.forgotten(rules.rate, rules.n_features) {
                    for literal in [feature, rules.shape.half() + negated] {
                        if planes::decrement(states, n, literal) {
                            changes.words[literal / 64] |= 1 << (literal % 64);
                            changes.n += 1;
                        }
                    }
                }
                self.n_included[clause] -= changes.n;
            }
            Feedback::Classic { .. } => {
                changes.up.fill(0);
                let down = changes.down.iter_mut().enumerate();
                down.for_each(|(word, down)| *down = events.word(word, rules.probability));
                planes::count(states, &changes.up, &changes.down, &mut changes.words);
                self.recount(clause, changes);
            }
        }
    }

    /// Whether the parts fit together, as after loading from a file.
    pub(crate) fn is_consistent(&self, n_clauses: usize, (n_features, n_outputs): (usize, usize)) -> bool {
        let shape = RowShape::new(n_features);
        let exist = shape.exist();
        self.n_features == n_features
            && self.n_outputs == n_outputs
            && self.n_included.len() == n_clauses
            && self.planes.len() == n_clauses * N_PLANES * exist.len()
            && self.weights.len() == n_clauses * n_outputs
            && (0..n_clauses).all(|clause| {
                let included = self.included(clause);
                included.iter().zip(&exist).all(|(included, exist)| included & !exist == 0)
                    && self.n_included[clause] as usize == isogrid_num::bits::count(included)
            })
    }

    fn recount(&mut self, clause: usize, changes: &mut Changes) {
        changes.n = isogrid_num::bits::count(&changes.words) as u32;
        if changes.n > 0 {
            self.n_included[clause] = isogrid_num::bits::count(self.included(clause)) as u32;
        }
    }

    /// The literals of a clause, features first; negations count from [`RowShape::half`].
    pub(crate) fn literals(&self, clause: usize) -> impl Iterator<Item = u32> {
        ones(self.included(clause)).map(|literal| literal as u32)
    }
}

fn states_mut(planes: &mut [u64], clause: usize, n: usize) -> &mut [u64] {
    &mut planes[clause * N_PLANES * n..][..N_PLANES * n]
}
