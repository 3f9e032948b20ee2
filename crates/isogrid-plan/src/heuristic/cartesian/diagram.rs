//! Decision diagrams from packed states to rows of a table, all in two arrays.
//!
//! A test looks up the value of one variable in a window of at most 64 values; a variable with more values of interest
//! takes a chain of tests. Memory: 24 bytes a test and 4 a value in its window.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::task::Task;

/// Index of a row.
pub(super) type RowId = u32;
/// Where to go on: at a test, or nowhere else but to a row.
pub(super) type Link = u32;

/// The link of dead ends.
pub(super) const DEAD: Link = u32::MAX;
/// Links to rows have this bit.
const ROW: Link = 1 << 31;
/// The most values in a window.
const WINDOW: u32 = 64;
/// Links compared that count as one tick.
const LINKS_PER_TICK: u64 = 16;

/// The link to a row.
pub(super) fn to_row(row: RowId) -> Link {
    ROW | row
}

/// A lookup of one variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Test {
    word: u32,
    shift: u32,
    mask: u32,
    /// The first value of the window.
    base: u32,
    /// Values in the window; the link of all others follows theirs.
    width: u32,
    /// The link of the first value.
    links: u32,
}

/// The diagrams, each with a root. Links of a test lead to tests before it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Diagrams {
    tests: Vec<Test>,
    links: Vec<Link>,
    roots: Vec<Link>,
}

impl Diagrams {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.roots.len()
    }

    /// The row of a state in one diagram; `None` for a dead end.
    #[inline]
    pub(super) fn row(&self, diagram: usize, words: &[u64]) -> Option<RowId> {
        let mut link = self.roots[diagram];
        while link & ROW == 0 {
            let test = &self.tests[link as usize];
            let value = (words[test.word as usize] >> test.shift) as u32 & test.mask;
            let at = value.wrapping_sub(test.base).min(test.width);
            link = self.links[(test.links + at) as usize];
        }
        (link != DEAD).then_some(link & !ROW)
    }

    pub(super) fn push(&mut self, root: Link) {
        self.roots.push(root);
    }

    /// A link to a lookup of the variable's value; `links` has one of each value.
    pub(super) fn switch(&mut self, task: &Task, variable: u32, links: &[Link]) -> Link {
        let usual = most_frequent(links);
        let mut link = usual;
        let mut end = links.len();
        while let Some(last) = links[..end].iter().rposition(|&link| link != usual) {
            let from = (last + 1).saturating_sub(WINDOW as usize);
            let first = (from..=last).find(|&value| links[value] != usual).unwrap_or(last);
            let begin = self.links.len() as u32;
            self.links.extend_from_slice(&links[first..=last]);
            self.links.push(link);
            for change in task.packing.changes(&[(variable, 0)]) {
                let shift = change.keep.trailing_ones();
                link = self.tests.len() as Link;
                self.tests.push(Test {
                    word: change.word,
                    shift,
                    mask: (!change.keep >> shift) as u32,
                    base: first as u32,
                    width: (last + 1 - first) as u32,
                    links: begin,
                });
            }
            end = first;
        }
        link
    }

    /// The same diagrams with other links for rows, without tests that make no difference and without repetitions.
    /// Diagrams that lead nowhere but to `rest` are left out.
    pub(super) fn reduced(
        &self,
        ctx: &Ctx,
        of_row: impl Fn(RowId) -> Link,
        rest: Link,
    ) -> ControlFlow<Stop, Diagrams> {
        let mut reduced = Diagrams::default();
        let mut known: FastMap<(Test, Vec<Link>), Link> = FastMap::default();
        let mut new_links: Vec<Link> = Vec::with_capacity(self.tests.len());
        let follow = |link: Link, new_links: &[Link]| match link {
            DEAD => DEAD,
            row if row & ROW != 0 => of_row(row & !ROW),
            test => new_links[test as usize],
        };
        for test in &self.tests {
            ctx.tick(1 + u64::from(test.width) / LINKS_PER_TICK)?;
            let range = test.links as usize..=(test.links + test.width) as usize;
            let links: Vec<Link> = self.links[range].iter().map(|&link| follow(link, &new_links)).collect();
            if links.windows(2).all(|pair| pair[0] == pair[1]) {
                new_links.push(links[0]);
                continue;
            }
            let link =
                *known.entry((Test { links: 0, ..*test }, links)).or_insert_with_key(|(test, links)| {
                    reduced.tests.push(Test { links: reduced.links.len() as u32, ..*test });
                    reduced.links.extend(links);
                    reduced.tests.len() as Link - 1
                });
            new_links.push(link);
        }
        let roots = self.roots.iter().map(|&root| follow(root, &new_links));
        reduced.roots = roots.filter(|&root| root != rest).collect();
        ControlFlow::Continue(reduced)
    }
}

/// The most frequent link, the smallest of equals.
fn most_frequent(links: &[Link]) -> Link {
    let mut sorted = links.to_vec();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.reduce(|best, run| if run.len() > best.len() { run } else { best }).map_or(DEAD, |run| run[0])
}
