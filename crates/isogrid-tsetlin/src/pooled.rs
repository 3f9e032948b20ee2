//! Training of clauses that all outputs share: each thread has some of the clauses, and they add up votes sample by
//! sample.

use crate::aims::Targets;
use crate::blocks::Block;
use crate::book::Book;
use crate::draws::{Pass, Place};
use crate::kernels::pick::pick;
use crate::options::Options;
use crate::rendezvous::Rendezvous;
use crate::team::{Changes, Rules, Team};

/// Some clauses of the pool, their book and room to work in.
#[derive(Debug)]
pub(crate) struct Part<B> {
    pub(crate) team: Team,
    /// The number of its first clause in the pool.
    first: u32,
    book: B,
    changes: Changes,
    picked: Vec<u32>,
    /// `[clause]`, on the current sample, before anything is learned from it.
    votes: Vec<u8>,
    is_empty: Vec<bool>,
    /// `[output]`.
    sums: Vec<i32>,
}

impl<B: Book> Part<B> {
    pub(crate) fn new(team: Team, first: u32, rules: &Rules, book: B) -> Part<B> {
        let n_clauses = team.n_clauses();
        Part {
            book,
            changes: Changes::new(rules.shape),
            picked: Vec::new(),
            votes: vec![0; n_clauses],
            is_empty: vec![true; n_clauses],
            sums: vec![0; team.n_outputs()],
            team,
            first,
        }
    }

    /// Learns every sample of a block once, in step with the other parts.
    pub(crate) fn learn(
        &mut self,
        pass: Pass,
        block: &Block<'_>,
        targets: &Targets<'_>,
        (rules, options, meeting): (&Rules, &Options, &Rendezvous),
    ) {
        self.book.open(&self.team, block);
        for lane in pass.lanes(block.order.len()) {
            let sample = block.order[usize::from(lane)] as usize;
            self.book.turn_to(&self.team, block, lane);
            self.vote();
            meeting.add_up(&mut self.sums);
            let place = pass.place(lane);
            for output in 0..self.sums.len() as u32 {
                let Some(aim) = targets.aim(sample, output, place, options.negatives) else { continue };
                let (is_up, threshold) = aim.chance(self.sums[output as usize], options.threshold);
                if threshold > 0 {
                    let visit = place.visit(output);
                    let clauses = self.first..self.first + self.team.n_clauses() as u32;
                    pick(visit.selection, clauses, threshold, &mut self.picked);
                    self.feedback(block, (place, output, is_up), rules);
                }
            }
        }
    }

    /// Adds up the votes of this part on the current sample.
    fn vote(&mut self) {
        self.sums.fill(0);
        for clause in 0..self.team.n_clauses() {
            let votes = self.book.votes(clause);
            self.votes[clause] = votes;
            self.is_empty[clause] = self.team.n_included(clause) == 0;
            if votes > 0 {
                let weights = self.team.weights(clause);
                self.sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * i32::from(votes));
            }
        }
    }

    /// Feedback to the picked clauses.
    fn feedback(&mut self, block: &Block<'_>, (place, output, is_up): (Place, u32, bool), rules: &Rules) {
        let (visit, column) = (place.visit(output), output as usize);
        for at in 0..self.picked.len() {
            let number = self.picked[at];
            let clause = (number - self.first) as usize;
            let fires = self.votes[clause] > 0 || self.is_empty[clause];
            let weight = self.team.weight(clause, column);
            let is_own = (weight >= 0) == is_up;
            if !fires && !is_own {
                continue;
            }
            let events = visit.events(number);
            let (team, changes) = (&mut self.team, &mut self.changes);
            if fires {
                let literals = self.book.literals(block, clause, events);
                if is_own {
                    team.reinforce(clause, literals, (rules, events), changes);
                } else {
                    team.reject(clause, literals, rules, changes);
                }
            } else {
                team.forget(clause, rules, events, changes);
            }
            self.book.adjust(&self.team, clause, block, &self.changes);
            if fires {
                self.team.set_weight(clause, column, weight + if is_up { 1 } else { -1 });
            }
        }
    }
}
