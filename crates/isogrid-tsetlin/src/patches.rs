//! Images cut into overlapping patches: a clause is a filter that may fire anywhere.
//!
//! Granmo, Glimsdal, Jiao, Goodwin, Omlin and Berge, "The convolutional Tsetlin machine" (2019, arXiv 1905.09688). A
//! clause sees the pixels of one patch and the patch's place as "at least" features, and votes by the patch that fits it
//! best. Patches stand as lanes of bits with the image's row pitch, so that a pixel of all patches is a shifted image.

use serde::{Deserialize, Serialize};

use crate::TsetlinError;
use crate::kernels::lanes::{BLOCK, Lanes};

/// How samples are images, and which patches of them clauses see. An image's features are planes of pixels, one plane a
/// channel, in rows from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patches {
    /// Rows of an image; 1 for a series.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Rows of a patch, at most `height`.
    pub patch_height: usize,
    /// Pixels of a patch's row, at most `width`.
    pub patch_width: usize,
    /// Steps between patches in both directions, at least 1.
    pub stride: usize,
}

/// Pixels of an image at most, in one plane.
const MAX_PIXELS: usize = 1 << 20;

/// The patches of samples of so many channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    patches: Patches,
    n_channels: usize,
    /// Vectors of 256 lanes.
    n_chunks: usize,
    /// `[chunk]`: ones where a patch begins.
    begins: Vec<Lanes>,
    /// `[row or column threshold][chunk]`: ones for the patches beyond it.
    places: Vec<Lanes>,
}

impl Patches {
    /// # Errors
    /// An extent of zero, a patch larger than its image, or samples that are not whole planes.
    pub(crate) fn validated(&self, n_features: usize) -> Result<(), TsetlinError> {
        let refuse =
            |value: String, expected| Err(TsetlinError::Option { option: "patches", value, expected });
        let Patches { height, width, patch_height, patch_width, stride } = *self;
        let n_pixels = height.saturating_mul(width);
        if !(1..=MAX_PIXELS).contains(&n_pixels) {
            return refuse(format!("in images of {height} x {width}"), "images of 1 to 1048576 pixels");
        }
        if !(1..=height).contains(&patch_height) || !(1..=width).contains(&patch_width) || stride == 0 {
            let value = format!("{patch_height} x {patch_width} with stride {stride}");
            return refuse(value, "patches within the image and a stride of at least 1");
        }
        if n_features == 0 || !n_features.is_multiple_of(n_pixels) {
            return refuse(
                format!("in images of {height} x {width}"),
                "as many features as whole planes have",
            );
        }
        Ok(())
    }

    /// Where patches begin: rows and columns.
    fn n_begins(&self) -> (usize, usize) {
        (
            (self.height - self.patch_height) / self.stride + 1,
            (self.width - self.patch_width) / self.stride + 1,
        )
    }

    /// The features that a clause sees of samples with `n_features`: the pixels of a patch plane by plane, whether it
    /// begins at or beyond each row but the first, and then each column.
    pub fn n_clause_features(&self, n_features: usize) -> usize {
        let (rows, columns) = self.n_begins();
        n_features / (self.height * self.width) * self.patch_height * self.patch_width + rows + columns - 2
    }
}

impl Grid {
    pub(crate) fn new(patches: Patches, n_features: usize) -> Grid {
        let (rows, columns) = patches.n_begins();
        let (stride, pitch) = (patches.stride, patches.width);
        let n_lanes = (rows - 1) * stride * pitch + (columns - 1) * stride + 1;
        let n_chunks = n_lanes.div_ceil(BLOCK);
        let lanes_of = |is_in: &dyn Fn(usize, usize) -> bool| {
            let mut chunks = vec![[0; BLOCK / 64]; n_chunks];
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let lane = row * stride * pitch + column * stride;
                chunks[lane / BLOCK][lane % BLOCK / 64] |= u64::from(is_in(row, column)) << (lane % 64);
            }
            chunks
        };
        let begins = lanes_of(&|_, _| true);
        let beyond_row = (1..rows).flat_map(|first| lanes_of(&move |row, _| row >= first));
        let beyond_column = (1..columns).flat_map(|first| lanes_of(&move |_, column| column >= first));
        let places = beyond_row.chain(beyond_column).collect();
        Grid { patches, n_channels: n_features / (patches.height * pitch), n_chunks, begins, places }
    }

    pub(crate) fn n_chunks(&self) -> usize {
        self.n_chunks
    }

    pub(crate) fn begins(&self) -> &[Lanes] {
        &self.begins
    }

    /// Room for [`Grid::spread`].
    pub(crate) fn room(&self) -> Vec<Lanes> {
        let n_pixels = self.n_channels * self.patches.patch_height * self.patches.patch_width;
        let mut lanes = vec![[0; BLOCK / 64]; n_pixels * self.n_chunks];
        lanes.extend(&self.places);
        lanes
    }

    /// Writes each clause feature of a sample for all patches: `[feature][chunk]`. The places stay as they are.
    pub(crate) fn spread(&self, sample: &[u64], lanes: &mut [Lanes]) {
        let Patches { height, width, patch_height, patch_width, .. } = self.patches;
        let mut features = lanes.chunks_exact_mut(self.n_chunks);
        for channel in 0..self.n_channels {
            for (row, column) in
                (0..patch_height).flat_map(|row| (0..patch_width).map(move |column| (row, column)))
            {
                let Some(feature) = features.next() else { return };
                let start = channel * height * width + row * width + column;
                for (place, word) in feature.as_flattened_mut().iter_mut().enumerate() {
                    *word = bits_from(sample, start + place * 64);
                }
            }
        }
    }

    /// Writes the clause features of one patch as a row of words.
    pub(crate) fn cut(&self, sample: &[u64], lane: usize, row: &mut [u64]) {
        let Patches { height, width, patch_height, patch_width, .. } = self.patches;
        row.fill(0);
        let mut place = 0;
        for channel in 0..self.n_channels {
            for patch_row in 0..patch_height {
                let start = channel * height * width + patch_row * width + lane;
                for first in (0..patch_width).step_by(64) {
                    let n = (patch_width - first).min(64);
                    put_bits(row, place, bits_from(sample, start + first) & isogrid_num::bits::tail_mask(n));
                    place += n;
                }
            }
        }
        for beyond in self.places.chunks_exact(self.n_chunks) {
            let bit = beyond[lane / BLOCK][lane % BLOCK / 64] >> (lane % 64) & 1;
            put_bits(row, place, bit);
            place += 1;
        }
    }
}

/// 64 bits from bit `start` on; zeros beyond the end.
#[inline]
fn bits_from(words: &[u64], start: usize) -> u64 {
    let (word, shift) = (start / 64, start % 64);
    let at = |word: usize| words.get(word).copied().unwrap_or(0);
    // Shifting twice, because shifting by 64 is no shift.
    at(word) >> shift | at(word + 1) << 1 << (63 - shift)
}

/// Ors bits into a row from bit `start` on; they must end within it.
#[inline]
fn put_bits(row: &mut [u64], start: usize, bits: u64) {
    let (word, shift) = (start / 64, start % 64);
    row[word] |= bits << shift;
    let rest = bits >> 1 >> (63 - shift);
    if rest != 0 {
        row[word + 1] |= rest;
    }
}

#[cfg(test)]
mod tests {
    use isogrid_num::bits::BitMatrix;
    use isogrid_num::rng::Rng;

    use super::*;

    #[test]
    fn patches_are_the_pixels_they_cover_and_their_place() {
        let mut rng = Rng::new(1, 0);
        for (height, width, patch_height, patch_width, stride, n_channels) in [
            (5, 7, 3, 2, 1, 2),
            (28, 28, 10, 10, 1, 1),
            (1, 90, 1, 70, 3, 2),
            (4, 4, 4, 4, 1, 3),
            (9, 8, 2, 3, 2, 1),
        ] {
            let patches = Patches { height, width, patch_height, patch_width, stride };
            let n_features = n_channels * height * width;
            patches.validated(n_features).unwrap();
            let mut sample = BitMatrix::new(1, n_features);
            (0..n_features)
                .filter(|_| rng.chance(0.4))
                .collect::<Vec<_>>()
                .iter()
                .for_each(|&at| sample.insert(0, at));
            let grid = Grid::new(patches, n_features);
            let mut lanes = grid.room();
            grid.spread(sample.row(0), &mut lanes);
            let n_clause_features = patches.n_clause_features(n_features);
            assert_eq!(lanes.len(), n_clause_features * grid.n_chunks());
            let mut row = vec![0; n_clause_features.div_ceil(64)];
            let (rows, columns) = patches.n_begins();
            let begins: usize =
                grid.begins().as_flattened().iter().map(|word| word.count_ones() as usize).sum();
            assert_eq!(begins, rows * columns);
            for (begin_row, begin_column) in
                (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)))
            {
                let lane = begin_row * stride * width + begin_column * stride;
                let mut expected = Vec::new();
                for (channel, y) in
                    (0..n_channels).flat_map(|channel| (0..patch_height).map(move |y| (channel, y)))
                {
                    expected.extend((0..patch_width).map(|x| {
                        let at = channel * height * width
                            + (begin_row * stride + y) * width
                            + begin_column * stride
                            + x;
                        sample.get(0, at)
                    }));
                }
                expected.extend((1..rows).map(|first| begin_row >= first));
                expected.extend((1..columns).map(|first| begin_column >= first));
                grid.cut(sample.row(0), lane, &mut row);
                for (feature, &bit) in expected.iter().enumerate() {
                    let words = lanes[feature * grid.n_chunks()..].as_flattened();
                    assert_eq!(
                        words[lane / 64] >> (lane % 64) & 1 == 1,
                        bit,
                        "{patches:?}, feature {feature}"
                    );
                    assert_eq!(
                        row[feature / 64] >> (feature % 64) & 1 == 1,
                        bit,
                        "{patches:?}, feature {feature}"
                    );
                }
            }
        }
    }

    #[test]
    fn impossible_patches_are_refused() {
        let good = Patches { height: 4, width: 5, patch_height: 2, patch_width: 2, stride: 1 };
        assert!(good.validated(40).is_ok());
        let cases = [
            (Patches { height: 0, ..good }, 40, "images of 1 to 1048576 pixels"),
            (Patches { patch_width: 6, ..good }, 40, "patches within the image"),
            (Patches { patch_height: 0, ..good }, 40, "patches within the image"),
            (Patches { stride: 0, ..good }, 40, "stride of at least 1"),
            (good, 41, "whole planes"),
        ];
        for (patches, n_features, expected) in cases {
            let message = patches.validated(n_features).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
