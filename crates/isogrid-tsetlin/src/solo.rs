//! Training of a team with one output, alone: it reads no other team's clauses.

use crate::aims::Targets;
use crate::blocks::Block;
use crate::book::Book;
use crate::draws::{Pass, Visit};
use crate::kernels::pick::pick;
use crate::options::Options;
use crate::team::{Changes, Rules, Team};

/// A team, its book and room to work in.
#[derive(Debug)]
pub(crate) struct Solo<B> {
    pub(crate) team: Team,
    output: u32,
    book: B,
    changes: Changes,
    picked: Vec<u32>,
}

impl<B: Book> Solo<B> {
    pub(crate) fn new(team: Team, output: u32, rules: &Rules, book: B) -> Solo<B> {
        Solo { team, output, book, changes: Changes::new(rules.shape), picked: Vec::new() }
    }

    /// Learns every sample of a block once.
    pub(crate) fn learn(
        &mut self,
        pass: Pass,
        block: &Block<'_>,
        targets: &Targets<'_>,
        (rules, options): (&Rules, &Options),
    ) {
        self.book.open(&self.team, block);
        for lane in pass.lanes(block.order.len()) {
            let sample = block.order[usize::from(lane)] as usize;
            let place = pass.place(lane);
            let Some(aim) = targets.aim(sample, self.output, place, options.negatives) else { continue };
            self.book.turn_to(&self.team, block, lane);
            let (is_up, threshold) = aim.chance(self.book.sum(&self.team), options.threshold);
            if threshold > 0 {
                let visit = place.visit(self.output);
                pick(visit.selection, 0..self.team.n_clauses() as u32, threshold, &mut self.picked);
                self.feedback(block, (visit, is_up), (rules, options));
            }
        }
    }

    /// Feedback to the picked clauses.
    fn feedback(
        &mut self,
        block: &Block<'_>,
        (visit, is_up): (Visit, bool),
        (rules, options): (&Rules, &Options),
    ) {
        for at in 0..self.picked.len() {
            let clause = self.picked[at] as usize;
            // An empty clause fires, so that it can learn its first literals.
            let fires = self.book.votes(clause) > 0 || self.team.n_included(clause) == 0;
            let is_own = (self.team.weight(clause, 0) > 0) == is_up;
            if !fires && !is_own {
                continue;
            }
            let events = visit.events(clause as u32);
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
            if fires && options.is_weighted {
                self.reweigh(clause, is_up);
            }
        }
    }

    /// Weights follow the votes that were right, and keep their sign.
    fn reweigh(&mut self, clause: usize, is_up: bool) {
        let (weight, step) = (self.team.weight(clause, 0), if is_up { 1 } else { -1 });
        if (weight + step).signum() == weight.signum() {
            self.book.reweigh(clause, step);
            self.team.set_weight(clause, 0, weight + step);
        }
    }
}
