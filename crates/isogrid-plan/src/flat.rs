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
