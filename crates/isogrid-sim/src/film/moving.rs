//! The whole episode as a GIF: one palette, and of each frame only the rectangle that changed.

use std::borrow::Cow;

use color_quant::NeuQuant;
use gif::{DisposalMethod, Encoder, Frame, Repeat};

use super::{GRAY, Mark, Moment, on_all_cores};
use crate::SimError;
use crate::camera::{Camera, Props, draw};
use crate::picture::{Color, Picture, text_width};

/// The picture, and the bar below it.
const SIZE: [usize; 2] = [320, 218];
const BAR: usize = 22;

/// Most frames: of a longer episode frames are left out evenly.
const MOST: usize = 280;

/// Time for which a frame is shown, in hundredths of a second: twice as fast as the world.
const DELAY: u16 = 10;

/// Time for which the last frame is shown, in hundredths of a second.
const LAST_DELAY: u16 = 250;

/// Colors of the palette; the one after them stands for "as before".
const N_COLORS: usize = 127;

/// Encodes the frames.
pub(super) fn encode(props: &Props, frames: &[Moment]) -> Result<Vec<u8>, SimError> {
    let every = frames.len().div_ceil(MOST).max(1);
    let last = frames.len().saturating_sub(1);
    let kept: Vec<&Moment> =
        (0..frames.len()).filter(|at| (last - at).is_multiple_of(every)).map(|at| &frames[at]).collect();
    let camera = Camera::default();
    let pictures = on_all_cores(&kept, &|moment| frame(&camera, props, moment));
    let quantizer = palette(&pictures);
    let mut colors = quantizer.color_map_rgb();
    colors.resize(3 * (N_COLORS + 1), 0);
    let indexed = on_all_cores(&pictures, &|picture| indices(&quantizer, picture));
    let wrong = |error: gif::EncodingError| SimError::Picture(error.to_string());
    let (width, height) = (SIZE[0] as u16, (SIZE[1] + BAR) as u16);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height, &colors).map_err(wrong)?;
    encoder.set_repeat(Repeat::Infinite).map_err(wrong)?;
    let mut shown: Option<&Vec<u8>> = None;
    for (at, pixels) in indexed.iter().enumerate() {
        let delay = if at + 1 == indexed.len() { LAST_DELAY } else { DELAY * every as u16 };
        encoder.write_frame(&changed(shown, pixels, delay)).map_err(wrong)?;
        shown = Some(pixels);
    }
    drop(encoder);
    Ok(bytes)
}

fn frame(camera: &Camera, props: &Props, moment: &Moment) -> Picture {
    let mut whole = Picture::new(SIZE[0], SIZE[1] + BAR, [255; 3]);
    whole.paste(&draw(camera, props, &moment.still, SIZE), 0, 0);
    let top = SIZE[1] + 5;
    let after = whole.text(&format!("{:.0} s", moment.seconds), [6, top], 1.4, GRAY);
    let left = after.max(44);
    let [done, remaining, _] = moment.counts;
    let counts = format!("{done} done, {remaining} to go");
    let right = SIZE[0] - 6 - text_width(&counts, 1.2);
    let mut caption = moment.caption.clone();
    while left + text_width(&caption, 1.4) > right - 6 && caption.pop().is_some() {}
    whole.text(&caption, [left, top], 1.4, moment.mark.color());
    if moment.mark != Mark::Start {
        whole.text(&counts, [right, top + 1], 1.2, GRAY);
    }
    whole
}

/// A palette learned from some of the pictures.
fn palette(pictures: &[Picture]) -> NeuQuant {
    let every = pictures.len().div_ceil(12).max(1);
    let some = pictures.iter().step_by(every).flat_map(|picture| &picture.pixels);
    let rgba: Vec<u8> = some.flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    NeuQuant::new(10, N_COLORS, &rgba)
}

fn indices(quantizer: &NeuQuant, picture: &Picture) -> Vec<u8> {
    // Neighbors mostly have one color.
    let mut last: (Color, u8) = ([0; 3], quantizer.index_of(&[0, 0, 0, 255]) as u8);
    let index = |&color: &Color| {
        if color != last.0 {
            let [r, g, b] = color;
            last = (color, quantizer.index_of(&[r, g, b, 255]) as u8);
        }
        last.1
    };
    picture.pixels.iter().map(index).collect()
}

/// The rectangle of `pixels` that differs from what is shown, what is equal in it left transparent.
fn changed(shown: Option<&Vec<u8>>, pixels: &[u8], delay: u16) -> Frame<'static> {
    let width = SIZE[0];
    let differs = |at: usize| shown.is_none_or(|shown| shown[at] != pixels[at]);
    let (mut low, mut high) = ([width, SIZE[1] + BAR], [0, 0]);
    for at in (0..pixels.len()).filter(|&at| differs(at)) {
        let [x, y] = [at % width, at / width];
        low = [low[0].min(x), low[1].min(y)];
        high = [high[0].max(x + 1), high[1].max(y + 1)];
    }
    if high[0] == 0 {
        // Nothing changed; a frame has at least one pixel.
        (low, high) = ([0, 0], [1, 1]);
    }
    let one = |at: usize| if differs(at) { pixels[at] } else { N_COLORS as u8 };
    let buffer: Vec<u8> =
        (low[1]..high[1]).flat_map(|y| (low[0]..high[0]).map(move |x| y * width + x)).map(one).collect();
    Frame {
        delay,
        dispose: DisposalMethod::Keep,
        transparent: Some(N_COLORS as u8),
        left: low[0] as u16,
        top: low[1] as u16,
        width: (high[0] - low[0]) as u16,
        height: (high[1] - low[1]) as u16,
        buffer: Cow::Owned(buffer),
        ..Frame::default()
    }
}
