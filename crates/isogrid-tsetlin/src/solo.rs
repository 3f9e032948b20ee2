//! Training of a team with one output, alone: it reads no other team's clauses.

use crate::aims::Targets;
use crate::blocks::{Block, RowShape};
use crate::draws::Pass;
use crate::kernels::pick::pick;
use crate::ledger::Ledger;
use crate::options::Options;
use crate::team::{Changes, Rules, Team};

/// A team, its ledger and room to work in.
#[derive(Debug)]
pub(crate) struct Solo {
    pub(crate) team: Team,
    output: u32,
    ledger: Ledger,
    changes: Changes,
    picked: Vec<u32>,
    literals: Vec<u64>,
}

impl Solo {
    pub(crate) fn new(team: Team, output: u32, rules: &Rules) -> Solo {
        let shape: RowShape = rules.shape;
        Solo {
            ledger: Ledger::new(team.n_clauses(), rules.fuzziness, shape),
            changes: Changes::new(shape),
            picked: Vec::new(),
            literals: vec![0; shape.row_words()],
            team,
            output,
        }
    }

    /// Learns every sample of a block once.
    pub(crate) fn learn(
        &mut self,
        pass: Pass,
        block: &Block<'_>,
        targets: &Targets<'_>,
        (rules, options): (&Rules, &Options),
    ) {
        self.ledger.open(&self.team, block);
        for lane in pass.lanes(block.samples.len()) {
            let sample = block.samples[usize::from(lane)] as usize;
            let place = pass.place(lane);
            let Some(aim) = targets.aim(sample, self.output, place, options.negatives) else { continue };
            let mut has_literals = false;
            if self.ledger.needs_literals() {
                rules.shape.write(block.row(lane), &mut self.literals);
                has_literals = true;
            }
            let sum = self.ledger.sum(&self.team, lane, &self.literals);
            let (is_up, threshold) = aim.chance(sum, options.threshold);
            if threshold == 0 {
                continue;
            }
            let visit = place.visit(self.output);
            pick(visit.selection, 0..self.team.n_clauses() as u32, threshold, &mut self.picked);
            for at in 0..self.picked.len() {
                let clause = self.picked[at] as usize;
                // An empty clause fires, so that it can learn its first literals.
                let fires = self.ledger.votes(clause, lane) > 0 || self.team.n_included(clause) == 0;
                let is_own = (self.team.weight(clause, 0) > 0) == is_up;
                if !fires && !is_own {
                    continue;
                }
                if fires && !has_literals {
                    rules.shape.write(block.row(lane), &mut self.literals);
                    has_literals = true;
                }
                let events = visit.events(clause as u32);
                let (team, changes) = (&mut self.team, &mut self.changes);
                match (fires, is_own) {
                    (true, true) => team.reinforce(clause, &self.literals, (rules, events), changes),
                    (true, false) => team.reject(clause, &self.literals, rules, changes),
                    _ => team.forget(clause, rules, events, changes),
                }
                self.ledger.adjust(&self.team, clause, block, &self.changes);
                if fires && options.is_weighted {
                    self.reweigh(clause, is_up);
                }
            }
        }
    }

    /// Weights follow the votes that were right, and keep their sign.
    fn reweigh(&mut self, clause: usize, is_up: bool) {
        let (weight, step) = (self.team.weight(clause, 0), if is_up { 1 } else { -1 });
        if (weight + step).signum() == weight.signum() {
            self.ledger.reweigh(clause, step);
            self.team.set_weight(clause, 0, weight + step);
        }
    }
}
