//! Pixels, text on them, and PNG. The letters are our own, five by seven dots, in `film/font.txt`.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::OnceLock;

use crate::SimError;

/// Rows of dots of a letter, with what hangs below the line.
const ROWS: usize = 9;

/// Red, green and blue.
pub type Color = [u8; 3];

/// An image, its rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pixels, row by row.
    pub pixels: Vec<Color>,
}

impl Picture {
    /// An image of one color.
    pub fn new(width: usize, height: usize, color: Color) -> Picture {
        Picture { width, height, pixels: vec![color; width * height] }
    }

    /// Sets a pixel; outside nothing happens.
    pub fn set(&mut self, x: usize, y: usize, color: Color) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = color;
        }
    }

    /// Copies another image into this one, its upper left corner at `(x, y)`.
    pub fn paste(&mut self, other: &Picture, x: usize, y: usize) {
        for (row, line) in other.pixels.chunks(other.width.max(1)).enumerate() {
            for (column, &color) in line.iter().enumerate() {
                self.set(x + column, y + row, color);
            }
        }
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], color: Color) {
        for row in y..(y + height).min(self.height) {
            for column in x..x + width {
                self.set(column, row, color);
            }
        }
    }

    /// Writes a line of text, its upper left corner at `(x, y)`, each dot `size` pixels; returns where it ends.
    /// Characters without a letter become a question mark.
    pub fn text(&mut self, text: &str, [x, y]: [usize; 2], size: f64, color: Color) -> usize {
        let mut left = x as f64;
        for letter in text.chars() {
            if letter == ' ' {
                left += 3.0 * size;
                continue;
            }
            let font = font();
            let Some(glyph) = font.get(&letter).or_else(|| font.get(&'?')) else { continue };
            self.letter(glyph, [left, y as f64], size, color);
            left += (glyph.width as f64 + 1.0) * size;
        }
        left.ceil() as usize
    }

    /// One letter, its dots melted into each other: coverage is interpolated between dots and sharpened.
    fn letter(&mut self, glyph: &Glyph, [left, top]: [f64; 2], size: f64, color: Color) {
        let top = top as usize;
        let (from, to) = (left.floor() as usize, (left + (glyph.width as f64 + 1.0) * size).ceil() as usize);
        for y in 0..(ROWS as f64 * size).ceil() as usize + 1 {
            for x in from..to.min(self.width) {
                let u = (x as f64 + 0.5 - left) / size - 0.5;
                let v = (y as f64 + 0.5) / size - 0.5;
                let cover = ((glyph.at(u, v) - 0.5) * (1.2 * size).max(1.0) + 0.5).clamp(0.0, 1.0);
                let place = (top + y) * self.width + x;
                if cover > 0.0 && top + y < self.height {
                    let under = self.pixels[place];
                    let mixed =
                        |k: usize| f64::from(under[k]) + cover * (f64::from(color[k]) - f64::from(under[k]));
                    self.pixels[place] = std::array::from_fn(|k| mixed(k).round() as u8);
                }
            }
        }
    }

    /// The image as a PNG file's bytes.
    ///
    /// # Errors
    /// The image has no pixels, or the encoder's own.
    pub fn write_png(&self, out: &mut dyn Write) -> Result<(), SimError> {
        let wrong = |error: png::EncodingError| SimError::Picture(error.to_string());
        let mut encoder = png::Encoder::new(out, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().map_err(wrong)?;
        writer.write_image_data(self.pixels.as_flattened()).map_err(wrong)?;
        writer.finish().map_err(wrong)
    }
}

/// How wide a line of text is, in pixels.
pub fn text_width(text: &str, size: f64) -> usize {
    let font = font();
    let dots = |letter: char| match letter {
        ' ' => 3,
        _ => font.get(&letter).or_else(|| font.get(&'?')).map_or(0, |glyph| glyph.width + 1),
    };
    (text.chars().map(dots).sum::<usize>() as f64 * size).ceil() as usize
}

struct Glyph {
    width: usize,
    dots: Vec<bool>,
}

impl Glyph {
    fn dot(&self, x: i64, y: i64) -> f64 {
        let inside = (0..self.width as i64).contains(&x) && (0..ROWS as i64).contains(&y);
        f64::from(u8::from(inside && self.dots[y as usize * self.width + x as usize]))
    }

    /// Coverage between the dots.
    fn at(&self, x: f64, y: f64) -> f64 {
        let (left, top) = (x.floor(), y.floor());
        let (dx, dy) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        let upper = self.dot(left, top) * (1.0 - dx) + self.dot(left + 1, top) * dx;
        let lower = self.dot(left, top + 1) * (1.0 - dx) + self.dot(left + 1, top + 1) * dx;
        upper * (1.0 - dy) + lower * dy
    }
}

/// The letters: a line each, the letter, then its rows of dots.
fn font() -> &'static BTreeMap<char, Glyph> {
    static FONT: OnceLock<BTreeMap<char, Glyph>> = OnceLock::new();
    FONT.get_or_init(|| include_str!("film/font.txt").lines().filter_map(glyph).collect())
}

fn glyph(line: &str) -> Option<(char, Glyph)> {
    let letter = line.chars().next()?;
    let rows: Vec<&str> = line.get(letter.len_utf8()..)?.split_whitespace().collect();
    let width = rows.first()?.len();
    let mut dots: Vec<bool> = rows.iter().flat_map(|row| row.bytes().map(|dot| dot == b'#')).collect();
    dots.resize(width * ROWS, false);
    Some((letter, Glyph { width, dots }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_character_has_a_letter_of_even_rows() {
        for letter in '!'..='~' {
            assert!(font().contains_key(&letter), "{letter}");
        }
        for line in include_str!("film/font.txt").lines() {
            let rows: Vec<&str> = line[1..].split_whitespace().collect();
            assert!(rows.iter().all(|row| row.len() == rows[0].len()) && rows.len() <= ROWS, "{line}");
        }
    }

    #[test]
    fn text_stays_inside_its_width_and_marks_pixels() {
        let mut picture = Picture::new(200, 30, [255; 3]);
        let end = picture.text("12.3 s  b1 on pad3", [4, 4], 1.5, [0; 3]);
        assert!(end <= 5 + text_width("12.3 s  b1 on pad3", 1.5));
        assert!(picture.pixels.iter().any(|pixel| pixel[0] < 60));
        picture.text("too long for this picture, and beyond its edge", [150, 25], 3.0, [0; 3]);
    }

    #[test]
    fn a_png_has_its_magic_and_an_empty_picture_is_an_error() {
        let mut bytes = Vec::new();
        Picture::new(3, 2, [1, 2, 3]).write_png(&mut bytes).unwrap();
        assert_eq!(&bytes[1..4], b"PNG");
        assert!(Picture::new(0, 0, [0; 3]).write_png(&mut Vec::new()).is_err());
    }
}
