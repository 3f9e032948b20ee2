//! The votes of a team over one block of samples, kept up to date while its clauses learn.
//!
//! A clause's misses are counted over all 256 samples at once when a block is opened, and adjusted by every literal that
//! feedback takes in or leaves out. Most feedback moves automata without crossing the line, so that looking up votes is
//! nearly free. Clauses in turmoil, as all are in the beginning, are counted anew for each sample instead. Which way is
//! taken changes the cost alone.

use crate::blocks::{Block, RowShape};
use crate::book::Book;
use crate::draws::Events;
use crate::kernels::lanes::{
    BLOCK, LaneBytes, MOST_LITERALS, Votes, add_votes, miss_less, miss_more, misses, spread,
};
use crate::team::{Changes, Team};

/// So many changes of a clause in one block are turmoil.
const TURMOIL: u32 = 48;
/// More literals at once are not adjusted one by one.
const MOST_ADJUSTED: u32 = 12;

/// Votes of a team's clauses on a block's samples.
#[derive(Debug)]
pub(crate) struct Ledger {
    fuzziness: u8,
    shape: RowShape,
    /// `[clause]`, of those that are kept.
    misses: Vec<LaneBytes>,
    is_kept: Vec<bool>,
    /// Changes in this block, `[clause]`.
    n_changes: Vec<u32>,
    /// The clauses that are not kept, and all clauses' votes on the current sample.
    loose: Vec<u32>,
    loose_votes: Vec<u8>,
    /// What kept clauses vote for the team's only output, `[lane]`.
    sums: Box<[i32; BLOCK]>,
    /// `[clause]`: the literals when they were last counted, and whether they still are these.
    literals: Vec<Vec<u32>>,
    is_listed: Vec<bool>,
    /// `[clause]`: the votes without a miss, when the literals were last counted.
    most: Vec<u8>,
    lane: u8,
    /// The literals of the current sample, if they have been needed.
    row: Vec<u64>,
    has_row: bool,
}

impl Ledger {
    pub(crate) fn new(n_clauses: usize, fuzziness: u8, shape: RowShape) -> Ledger {
        Ledger {
            fuzziness,
            shape,
            misses: vec![[0; BLOCK]; n_clauses],
            is_kept: vec![false; n_clauses],
            n_changes: vec![0; n_clauses],
            loose: Vec::new(),
            loose_votes: vec![0; n_clauses],
            sums: Box::new([0; BLOCK]),
            literals: vec![Vec::new(); n_clauses],
            is_listed: vec![false; n_clauses],
            most: vec![0; n_clauses],
            lane: 0,
            row: vec![0; shape.row_words()],
            has_row: false,
        }
    }

    fn count(&mut self, team: &Team, clause: usize, block: &Block<'_>) {
        let literals = &mut self.literals[clause];
        if !std::mem::replace(&mut self.is_listed[clause], true) {
            literals.clear();
            literals.extend(team.literals(clause));
        }
        misses(literals, self.shape.half() as u32, block.lanes, &mut self.misses[clause]);
        self.most[clause] = team.most_votes(clause, self.fuzziness);
        add_votes(&self.misses[clause], self.worth(team, clause), &mut self.sums);
    }

    /// What a clause adds to the sums, which only a team of one output has.
    fn worth(&self, team: &Team, clause: usize) -> Votes {
        let worth = if team.n_outputs() == 1 { team.weight(clause, 0) } else { 0 };
        Votes { most: self.most[clause], worth }
    }

    fn write_row(&mut self, block: &Block<'_>) {
        if !std::mem::replace(&mut self.has_row, true) {
            self.shape.write(block.row(self.lane), &mut self.row);
        }
    }

    fn adjust_each(
        &mut self,
        team: &Team,
        clause: usize,
        block: &Block<'_>,
        (changes, worth): (&Changes, Votes),
    ) {
        let included = team.included(clause);
        let mut bits = [0; BLOCK];
        for (word, &changed) in changes.words.iter().enumerate() {
            let mut left = changed;
            while left != 0 {
                let literal = word * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let lanes = match literal.checked_sub(self.shape.half()) {
                    None => block.lanes[literal].map(|lanes| !lanes),
                    Some(feature) => block.lanes[feature],
                };
                spread(&[lanes], &mut bits);
                if included[word] >> (literal % 64) & 1 == 1 {
                    miss_more(&bits, &mut self.misses[clause], worth, &mut self.sums);
                } else {
                    miss_less(&bits, &mut self.misses[clause], worth, &mut self.sums);
                }
            }
        }
    }
}

impl Book for Ledger {
    fn open(&mut self, team: &Team, block: &Block<'_>) {
        self.loose.clear();
        self.sums.fill(0);
        for clause in 0..team.n_clauses() {
            let is_calm = self.n_changes[clause] < TURMOIL;
            self.n_changes[clause] = 0;
            self.is_kept[clause] = is_calm && team.n_included(clause) as usize <= MOST_LITERALS;
            if self.is_kept[clause] {
                self.count(team, clause, block);
            } else {
                self.loose.push(clause as u32);
            }
        }
    }

    fn turn_to(&mut self, team: &Team, block: &Block<'_>, lane: u8) {
        (self.lane, self.has_row) = (lane, false);
        if !self.loose.is_empty() {
            self.write_row(block);
        }
        for &clause in &self.loose {
            self.loose_votes[clause as usize] = team.votes(clause as usize, &self.row, self.fuzziness);
        }
    }

    fn sum(&self, team: &Team) -> i32 {
        let loose = self.loose.iter().map(|&clause| clause as usize);
        let loose = loose.map(|clause| team.weight(clause, 0) * i32::from(self.loose_votes[clause]));
        self.sums[usize::from(self.lane)] + loose.sum::<i32>()
    }

    fn votes(&self, clause: usize) -> u8 {
        if self.is_kept[clause] {
            self.most[clause].saturating_sub(self.misses[clause][usize::from(self.lane)])
        } else {
            self.loose_votes[clause]
        }
    }

    fn literals(&mut self, block: &Block<'_>, _: usize, _: Events) -> &[u64] {
        self.write_row(block);
        &self.row
    }

    fn adjust(&mut self, team: &Team, clause: usize, block: &Block<'_>, changes: &Changes) {
        if changes.n == 0 {
            return;
        }
        self.n_changes[clause] += 1;
        self.is_listed[clause] = false;
        if !self.is_kept[clause] {
            return;
        }
        let worth = self.worth(team, clause);
        let is_calm = self.n_changes[clause] < TURMOIL && team.n_included(clause) as usize <= MOST_LITERALS;
        let is_alike = self.most[clause] == team.most_votes(clause, self.fuzziness);
        if is_calm && is_alike && changes.n <= MOST_ADJUSTED {
            self.adjust_each(team, clause, block, (changes, worth));
            return;
        }
        add_votes(&self.misses[clause], Votes { worth: -worth.worth, ..worth }, &mut self.sums);
        if is_calm {
            self.count(team, clause, block);
        } else {
            self.is_kept[clause] = false;
            self.loose.push(clause as u32);
        }
    }

    fn reweigh(&mut self, clause: usize, step: i32) {
        if self.is_kept[clause] {
            let votes = Votes { most: self.most[clause], worth: step };
            add_votes(&self.misses[clause], votes, &mut self.sums);
        }
    }
}
