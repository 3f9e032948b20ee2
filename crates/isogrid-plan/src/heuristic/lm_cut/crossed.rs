//! Rows of facts, and for each fact the rows that hold it, with a mark on each crossing.
//!
//! The marks of a fact's column lie together, so that the marked rows are found without looking at the others.

use crate::heuristic::RuleId;
use crate::task::FactId;

/// The rows.
pub(super) struct Crossed {
    /// First place of each row, and its end.
    rows: Vec<(u32, u32)>,
    /// The fact at each place, and the bit of its mark.
    items: Vec<(FactId, Bit)>,
    columns: Vec<Column>,
    /// Rows, column by column.
    crossings: Vec<RuleId>,
    marks: Vec<u64>,
}

/// The mark of a place, counted over all words.
pub(super) type Bit = u32;

/// A place among the crossings.
pub(super) type Crossing = u32;

/// The words of a column's marks that are not taken yet.
#[derive(Clone, Copy)]
pub(super) struct Span {
    word: u32,
    end_word: u32,
    crossing: Crossing,
}

/// Where a column lies.
#[derive(Clone, Copy)]
struct Column {
    /// The first of its crossings.
    first: u32,
    /// Its number of rows.
    len: u32,
    /// The first word of its marks, and their end.
    first_word: u32,
    end_word: u32,
}

impl Crossed {
    pub(super) fn new(rows: &[Vec<FactId>], n_columns: usize) -> Crossed {
        let mut places = Vec::with_capacity(rows.len());
        let mut by_column: Vec<Vec<(RuleId, u32)>> = vec![Vec::new(); n_columns];
        let mut items = Vec::new();
        for (row, facts) in rows.iter().enumerate() {
            let first = items.len() as u32;
            for &fact in facts {
                by_column[fact as usize].push((row as RuleId, items.len() as u32));
                items.push((fact, 0));
            }
            places.push((first, items.len() as u32));
        }
        let (mut columns, mut crossings, mut first_word) = (Vec::with_capacity(n_columns), Vec::new(), 0);
        for column in by_column {
            let (first, len) = (crossings.len() as u32, column.len() as u32);
            let end_word = first_word + len.div_ceil(64);
            columns.push(Column { first, len, first_word, end_word });
            for (bit, (row, place)) in (first_word * 64..).zip(column) {
                items[place as usize].1 = bit;
                crossings.push(row);
            }
            first_word = end_word;
        }
        Crossed { rows: places, items, columns, crossings, marks: vec![0; first_word as usize] }
    }

    /// The facts of a row and their marks.
    #[inline]
    pub(super) fn row(&self, row: RuleId) -> &[(FactId, Bit)] {
        let (first, end) = self.rows[row as usize];
        &self.items[first as usize..end as usize]
    }

    /// The rows of a column, and the mark of the first; the others follow.
    #[inline]
    pub(super) fn column(&self, fact: FactId) -> (&[RuleId], Bit) {
        let Column { first, len, first_word, .. } = self.columns[fact as usize];
        (&self.crossings[first as usize..first as usize + len as usize], first_word * 64)
    }

    /// The words of marks of a column, to be taken one by one.
    #[inline]
    pub(super) fn span(&self, fact: FactId) -> Span {
        let Column { first, first_word, end_word, .. } = self.columns[fact as usize];
        Span { word: first_word, end_word, crossing: first }
    }

    /// The next word's marks, and its first crossing.
    #[inline]
    pub(super) fn take(&self, span: &mut Span) -> Option<(u64, Crossing)> {
        if span.word == span.end_word {
            return None;
        }
        let taken = (self.marks[span.word as usize], span.crossing);
        span.word += 1;
        span.crossing += 64;
        Some(taken)
    }

    /// The row of the lowest of these marks of a word with this first crossing.
    #[inline]
    pub(super) fn lowest(&self, first: Crossing, marks: u64) -> RuleId {
        self.crossings[first as usize + marks.trailing_zeros() as usize]
    }

    /// Whether a column has no marks.
    #[inline]
    pub(super) fn is_unmarked(&self, fact: FactId) -> bool {
        let Column { first_word, end_word, .. } = self.columns[fact as usize];
        self.marks[first_word as usize..end_word as usize].iter().all(|&word| word == 0)
    }

    #[inline]
    pub(super) fn mark(&mut self, bit: Bit) {
        self.marks[bit as usize / 64] |= 1 << (bit % 64);
    }

    #[inline]
    pub(super) fn unmark(&mut self, bit: Bit) {
        self.marks[bit as usize / 64] &= !(1 << (bit % 64));
    }

    pub(super) fn mark_row(&mut self, row: RuleId) {
        let (first, end) = self.rows[row as usize];
        (first..end).for_each(|place| self.mark(self.items[place as usize].1));
    }

    /// All marks, to be put back later.
    pub(super) fn marks(&self) -> Vec<u64> {
        self.marks.clone()
    }

    pub(super) fn set_marks(&mut self, marks: &[u64]) {
        self.marks.copy_from_slice(marks);
    }

    pub(super) fn clear_marks(&mut self) {
        self.marks.fill(0);
    }
}
