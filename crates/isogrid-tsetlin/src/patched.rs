//! The votes of clauses on the patches of one sample after another.

use crate::blocks::{Block, RowShape};
use crate::book::Book;
use crate::draws::Events;
use crate::kernels::fit::{Filter, fit};
use crate::kernels::lanes::{BLOCK, Lanes};
use crate::patches::Grid;
use crate::team::{Changes, Team};

/// Votes of a team's clauses on the current sample.
#[derive(Debug)]
pub(crate) struct PatchBook {
    fuzziness: u8,
    shape: RowShape,
    grid: Grid,
    /// The current sample's clause features for all patches.
    lanes: Vec<Lanes>,
    lane: u8,
    /// `[clause]`.
    votes: Vec<u8>,
    /// `[clause][chunk]`: the patches that fit best, of clauses that vote or are empty.
    best: Vec<Lanes>,
    /// `[clause]`: its literals, and whether they still are these.
    literals: Vec<Vec<u32>>,
    is_listed: Vec<bool>,
    cut: Vec<u64>,
    row: Vec<u64>,
}

impl PatchBook {
    pub(crate) fn new(n_clauses: usize, fuzziness: u8, shape: RowShape, grid: Grid) -> PatchBook {
        PatchBook {
            fuzziness,
            shape,
            lanes: grid.room(),
            lane: 0,
            votes: vec![0; n_clauses],
            best: vec![[0; BLOCK / 64]; n_clauses * grid.n_chunks()],
            literals: vec![Vec::new(); n_clauses],
            is_listed: vec![false; n_clauses],
            cut: vec![0; shape.n_words()],
            row: vec![0; shape.row_words()],
            grid,
        }
    }

    fn count(&mut self, team: &Team, clause: usize) {
        let list = &mut self.literals[clause];
        if !std::mem::replace(&mut self.is_listed[clause], true) {
            list.clear();
            list.extend(team.literals(clause));
        }
        let n_chunks = self.grid.n_chunks();
        let best = &mut self.best[clause * n_chunks..][..n_chunks];
        let most = team.most_votes(clause, self.fuzziness);
        let filter = Filter { literals: list, half: self.shape.half() as u32, fuzziness: most };
        self.votes[clause] = most - best_fit(filter, &self.grid, &self.lanes, best);
    }
}

/// The fewest misses of a clause among all patches, its fuzziness if there are as many or more; `best` gets the patches
/// that have no more.
pub(crate) fn best_fit(filter: Filter<'_>, grid: &Grid, lanes: &[Lanes], best: &mut [Lanes]) -> u8 {
    if filter.literals.is_empty() {
        best.copy_from_slice(grid.begins());
        return 0;
    }
    let mut least = u32::from(filter.fuzziness);
    for chunk in 0..best.len() {
        best[chunk] = [0; BLOCK / 64];
        let found = fit(filter, lanes, (chunk, best.len()), &grid.begins()[chunk]);
        let Some((misses, patches)) = found.filter(|(misses, _)| *misses <= least) else { continue };
        if misses < least {
            best[..chunk].fill([0; BLOCK / 64]);
        }
        (least, best[chunk]) = (misses, patches);
    }
    least as u8
}

impl Book for PatchBook {
    fn open(&mut self, _: &Team, _: &Block<'_>) {}

    fn turn_to(&mut self, team: &Team, block: &Block<'_>, lane: u8) {
        self.lane = lane;
        self.grid.spread(block.row(lane), &mut self.lanes);
        for clause in 0..team.n_clauses() {
            self.count(team, clause);
        }
    }

    fn sum(&self, team: &Team) -> i32 {
        self.votes.iter().enumerate().map(|(clause, &votes)| team.weight(clause, 0) * i32::from(votes)).sum()
    }

    fn votes(&self, clause: usize) -> u8 {
        self.votes[clause]
    }

    fn literals(&mut self, block: &Block<'_>, clause: usize, events: Events) -> &[u64] {
        let n_chunks = self.grid.n_chunks();
        let best = self.best[clause * n_chunks..][..n_chunks].as_flattened();
        let n_best = isogrid_num::bits::count(best) as u32;
        let choice = events.choice(n_best) as usize;
        let patch = isogrid_num::bits::ones(best).nth(choice).unwrap_or(0);
        self.grid.cut(block.row(self.lane), patch, &mut self.cut);
        self.shape.write(&self.cut, &mut self.row);
        &self.row
    }

    fn adjust(&mut self, _: &Team, clause: usize, _: &Block<'_>, changes: &Changes) {
        if changes.n > 0 {
            self.is_listed[clause] = false;
        }
    }

    fn reweigh(&mut self, _: usize, _: i32) {}
}
