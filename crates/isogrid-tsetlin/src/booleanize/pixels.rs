//! Turns gray images into planes of bits, in the order that [`Patches`] expects.
//!
//! Three kinds of planes: brighter than a threshold (a thermometer); brighter than the surroundings (an adaptive
//! threshold: the mean over a square, as a box filter); brighter than a pixel some way off, in eight directions, which
//! tells edges whatever the light (after the census transform of Zabih and Woodfill, 1994). Left out: color, learned
//! filters.

use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::{Patches, TsetlinError};

/// Gray images of one size, row by row from the top.
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// `[image][row][column]`.
    pub values: &'a [u8],
    /// Rows of an image.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
}

/// Which planes a pixel becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelOptions {
    /// A plane each: pixels of at least this gray.
    pub thresholds: Vec<u8>,
    /// A plane for pixels brighter than the mean of the square around them.
    pub surroundings: Option<Surroundings>,
    /// A plane a direction for pixels brighter than the one so far off.
    pub neighbors: Option<Neighbors>,
}

/// What a pixel is compared with: the mean of a square of `2 radius + 1`, and `offset` more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Pixels to each side.
    pub radius: usize,
    /// Grays by which a pixel must exceed the mean.
    pub offset: u8,
}

/// What a pixel is compared with: others at a distance, and `offset` more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbors {
    /// Pixels between the two, in rows and columns.
    pub distance: usize,
    /// Grays by which a pixel must exceed the other.
    pub offset: u8,
    /// 4 for those beside, above and below; 8 with the diagonal ones.
    pub n_directions: usize,
}

impl Default for PixelOptions {
    /// Two thresholds and eight neighbors, which did best on clothes (see the crate's README).
    fn default() -> Self {
        PixelOptions {
            thresholds: vec![64, 128],
            surroundings: None,
            neighbors: Some(Neighbors { distance: 2, offset: 10, n_directions: 8 }),
        }
    }
}

/// How images of one size become bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels {
    height: usize,
    width: usize,
    options: PixelOptions,
}

/// Rows and columns from a pixel to the one it is compared with, and their name.
const DIRECTIONS: [(isize, isize, &str); 8] = [
    (0, 1, "right"),
    (0, -1, "left"),
    (1, 0, "below"),
    (-1, 0, "above"),
    (1, 1, "below right"),
    (1, -1, "below left"),
    (-1, 1, "above right"),
    (-1, -1, "above left"),
];

impl Images<'_> {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.values.len() / (self.height * self.width).max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn image(&self, number: usize) -> &[u8] {
        let n_pixels = self.height * self.width;
        &self.values[number * n_pixels..][..n_pixels]
    }
}

impl Pixels {
    /// A code for images of this size.
    ///
    /// # Errors
    /// Images without pixels, thresholds that do not ascend, no planes at all, or other numbers of directions.
    pub fn new(height: usize, width: usize, options: PixelOptions) -> Result<Pixels, TsetlinError> {
        let refuse =
            |value: String, expected| Err(TsetlinError::Option { option: "pixels", value, expected });
        let pixels = Pixels { height, width, options };
        if height == 0 || width == 0 {
            return refuse(format!("in images of {height} x {width}"), "images with pixels");
        }
        if !pixels.options.thresholds.is_sorted_by(|a, b| a < b) {
            return refuse(format!("{:?}", pixels.options.thresholds), "thresholds that ascend");
        }
        if let Some(Neighbors { n_directions, distance, .. }) = pixels.options.neighbors
            && (![4, 8].contains(&n_directions) || distance == 0)
        {
            return refuse(format!("{n_directions} directions at {distance}"), "4 or 8, at a distance");
        }
        if pixels.n_planes() == 0 {
            return refuse("without planes".to_string(), "a threshold, surroundings or neighbors");
        }
        Ok(pixels)
    }

    /// Planes of bits.
    pub fn n_planes(&self) -> usize {
        let PixelOptions { thresholds, surroundings, neighbors } = &self.options;
        thresholds.len()
            + usize::from(surroundings.is_some())
            + neighbors.map_or(0, |neighbors| neighbors.n_directions)
    }

    /// The number of boolean features of an image.
    pub fn n_features(&self) -> usize {
        self.n_planes() * self.height * self.width
    }

    /// These images cut into square patches, one pixel apart.
    pub fn patches(&self, side: usize) -> Patches {
        let (height, width) = (self.height, self.width);
        Patches { height, width, patch_height: side, patch_width: side, stride: 1 }
    }

    /// The features of images: `[image][plane][row][column]`. Cost: an operation or two a feature.
    ///
    /// # Errors
    /// The images are of another size, or the last one is not whole.
    pub fn encode(&self, images: Images<'_>) -> Result<BitMatrix, TsetlinError> {
        let n_pixels = self.height * self.width;
        let is_whole = images.values.len().is_multiple_of(n_pixels);
        if (images.height, images.width) != (self.height, self.width) || !is_whole {
            let (expected, found) = (n_pixels, images.height * images.width);
            return Err(TsetlinError::FeatureCount { expected, found });
        }
        let mut bits = BitMatrix::new(images.len(), self.n_features());
        let mut sums = vec![0; (self.height + 1) * (self.width + 1)];
        for number in 0..images.len() {
            self.encode_one(images.image(number), &mut sums, |feature| bits.insert(number, feature));
        }
        Ok(bits)
    }

    fn encode_one(&self, image: &[u8], sums: &mut [u32], mut insert: impl FnMut(usize)) {
        let n_pixels = image.len();
        let mut first = 0;
        for &threshold in &self.options.thresholds {
            let bright = (0..n_pixels).filter(|&pixel| image[pixel] >= threshold);
            bright.for_each(|pixel| insert(first + pixel));
            first += n_pixels;
        }
        if let Some(surroundings) = self.options.surroundings {
            self.sum_up(image, sums);
            let bright = (0..n_pixels).filter(|&pixel| self.exceeds_mean(image, sums, (pixel, surroundings)));
            bright.for_each(|pixel| insert(first + pixel));
            first += n_pixels;
        }
        let Some(Neighbors { distance, offset, n_directions }) = self.options.neighbors else { return };
        for &(down, right, _) in &DIRECTIONS[..n_directions] {
            for row in 0..self.height {
                // Beyond the border stands the border's pixel again.
                let other = step(row, down * distance as isize, self.height) * self.width;
                for column in 0..self.width {
                    let place = row * self.width + column;
                    let rival = image[other + step(column, right * distance as isize, self.width)];
                    if image[place] > rival.saturating_add(offset) {
                        insert(first + place);
                    }
                }
            }
            first += n_pixels;
        }
    }

    /// Sums of all pixels above and left of each corner.
    fn sum_up(&self, image: &[u8], sums: &mut [u32]) {
        let pitch = self.width + 1;
        for row in 0..self.height {
            let mut line = 0;
            for column in 0..self.width {
                line += u32::from(image[row * self.width + column]);
                sums[(row + 1) * pitch + column + 1] = sums[row * pitch + column + 1] + line;
            }
        }
    }

    fn exceeds_mean(&self, image: &[u8], sums: &[u32], (pixel, around): (usize, Surroundings)) -> bool {
        let (row, column) = (pixel / self.width, pixel % self.width);
        let (top, left) = (row.saturating_sub(around.radius), column.saturating_sub(around.radius));
        let bottom = (row + around.radius + 1).min(self.height);
        let right = (column + around.radius + 1).min(self.width);
        let sum_at = |row: usize, column: usize| sums[row * (self.width + 1) + column];
        let sum = sum_at(bottom, right) + sum_at(top, left) - sum_at(top, right) - sum_at(bottom, left);
        let n = ((bottom - top) * (right - left)) as u32;
        u32::from(image[pixel]) * n > sum + u32::from(around.offset) * n
    }

    /// A feature in words, with rows and columns from 0: `pixel (3, 14) >= 64`.
    pub fn describe(&self, feature: usize) -> Option<String> {
        let n_pixels = self.height * self.width;
        let (plane, pixel) = (feature / n_pixels, feature % n_pixels);
        self.describe_plane(plane, &format!("pixel ({}, {})", pixel / self.width, pixel % self.width))
    }

    /// What a plane says of a pixel that is called `name`.
    pub fn describe_plane(&self, plane: usize, name: &str) -> Option<String> {
        let PixelOptions { thresholds, surroundings, neighbors } = &self.options;
        if let Some(threshold) = thresholds.get(plane) {
            return Some(format!("{name} >= {threshold}"));
        }
        let mut plane = plane - thresholds.len();
        if let Some(Surroundings { radius, offset }) = surroundings {
            if plane == 0 {
                return Some(format!("{name} > {offset} + mean within {radius}"));
            }
            plane -= 1;
        }
        let Neighbors { distance, offset, n_directions } = (*neighbors)?;
        let (_, _, direction) = DIRECTIONS[..n_directions].get(plane)?;
        Some(format!("{name} > {offset} + pixel {distance} {direction}"))
    }
}

/// A place some steps on, within `0..len`.
fn step(place: usize, by: isize, len: usize) -> usize {
    place.saturating_add_signed(by).min(len - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: [u8; 12] = [
        0, 10, 200, 255, //
        0, 0, 90, 255, //
        5, 0, 0, 30,
    ];

    fn planes(options: PixelOptions) -> Vec<String> {
        let pixels = Pixels::new(3, 4, options).unwrap();
        let bits = pixels.encode(Images { values: &IMAGE, height: 3, width: 4 }).unwrap();
        let plane = |plane: usize| {
            let bit = |pixel: usize| if bits.get(0, plane * 12 + pixel) { '#' } else { '.' };
            (0..12).map(bit).collect()
        };
        (0..pixels.n_planes()).map(plane).collect()
    }

    fn empty() -> PixelOptions {
        PixelOptions { thresholds: Vec::new(), surroundings: None, neighbors: None }
    }

    #[test]
    fn each_plane_compares_as_it_says() {
        let thresholds = PixelOptions { thresholds: vec![10, 90], ..empty() };
        assert_eq!(planes(thresholds), [".###..##...#", "..##..##...."]);
        let surroundings = Some(Surroundings { radius: 1, offset: 20 });
        assert_eq!(planes(PixelOptions { surroundings, ..empty() }), ["..##...#...."]);
        let neighbors = Some(Neighbors { distance: 1, offset: 9, n_directions: 4 });
        assert_eq!(
            planes(PixelOptions { neighbors, ..empty() }),
            ["............", ".###..##...#", ".##...##....", "............"]
        );
    }

    #[test]
    fn features_read_well() {
        let options = PixelOptions {
            surroundings: Some(Surroundings { radius: 3, offset: 5 }),
            ..PixelOptions::default()
        };
        let pixels = Pixels::new(28, 28, options).unwrap();
        assert_eq!((pixels.n_planes(), pixels.n_features()), (11, 11 * 784));
        for (feature, expected) in [
            (28 * 3 + 14, "pixel (3, 14) >= 64"),
            (784, "pixel (0, 0) >= 128"),
            (2 * 784 + 1, "pixel (0, 1) > 5 + mean within 3"),
            (3 * 784, "pixel (0, 0) > 10 + pixel 2 right"),
            (11 * 784 - 1, "pixel (27, 27) > 10 + pixel 2 above left"),
        ] {
            assert_eq!(pixels.describe(feature).as_deref(), Some(expected));
        }
        assert_eq!(pixels.describe(11 * 784), None);
    }

    #[test]
    fn impossible_codes_are_refused() {
        let neighbors = Some(Neighbors { distance: 1, offset: 0, n_directions: 5 });
        for (size, options) in [
            ((0, 4), PixelOptions::default()),
            ((3, 4), empty()),
            ((3, 4), PixelOptions { thresholds: vec![9, 9], ..empty() }),
            ((3, 4), PixelOptions { neighbors, ..empty() }),
        ] {
            assert!(Pixels::new(size.0, size.1, options.clone()).is_err(), "{size:?} {options:?}");
        }
        let pixels = Pixels::new(3, 4, PixelOptions::default()).unwrap();
        for (values, height, width) in [(&IMAGE[..], 4, 3), (&IMAGE[..11], 3, 4)] {
            assert!(pixels.encode(Images { values, height, width }).is_err());
        }
    }
}
