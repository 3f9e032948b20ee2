//! Rows of different length in one array.

/// The rows, each a slice.
pub(crate) struct Flat<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Flat<T> {
    fn default() -> Self {
        Flat { starts: vec![0], items: Vec::new() }
    }
}

impl<T> Flat<T> {
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.items.extend(row);
        self.starts.push(self.items.len() as u32);
    }

    /// Rows of items that `each` tells together with their rows, in any order, and the same when it is asked again.
    pub(crate) fn gather(n_rows: usize, filler: T, each: impl Fn(&mut dyn FnMut(u32, T))) -> Flat<T>
    where
        T: Clone,
    {
        let mut starts = vec![0u32; n_rows + 1];
        each(&mut |row, _| starts[row as usize + 1] += 1);
        (0..n_rows).for_each(|row| starts[row + 1] += starts[row]);
        let mut items = vec![filler; starts[n_rows] as usize];
        let mut next = starts.clone();
        each(&mut |row, item| {
            let at = &mut next[row as usize];
            items[*at as usize] = item;
            *at += 1;
        });
        Flat { starts, items }
    }

    /// How much all rows hold together.
    pub(crate) fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Whether all rows are empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// A view for inner loops.
    #[inline]
    pub(crate) fn rows(&self) -> Rows<'_, T> {
        Rows { starts: &self.starts, items: &self.items }
    }

    #[inline]
    pub(crate) fn row(&self, at: u32) -> &[T] {
        self.rows().row(at)
    }
}

/// A view of the rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T> {
    starts: &'a [u32],
    items: &'a [T],
}

impl<'a, T> Rows<'a, T> {
    #[inline]
    pub(crate) fn row(self, at: u32) -> &'a [T] {
        &self.items[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }
}
