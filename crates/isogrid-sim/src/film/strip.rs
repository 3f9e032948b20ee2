//! The moments that matter, side by side.

use super::{DARK, GRAY, Mark, Moment, on_all_cores};
use crate::camera::{Camera, Props, draw as picture_of};
use crate::picture::{Color, Picture, text_width};

/// Most moments of a strip.
const MOST: usize = 8;

/// Moments a row.
const COLUMNS: usize = 4;

/// A moment's picture, in pixels.
const SIZE: [usize; 2] = [400, 312];

/// Height of the text below it.
const CAPTION: usize = 50;

/// Space between moments.
const GAP: usize = 14;

const PAPER: Color = [255; 3];
const FRAME: Color = [214, 217, 221];

/// Draws the most telling moments.
pub(super) fn draw(props: &Props, moments: &[Moment]) -> Picture {
    let chosen = choose(moments);
    let camera = Camera { shadow_rays: 14, ..Camera::default() };
    let pictures = on_all_cores(&chosen, &|moment| picture_of(&camera, props, &moment.still, SIZE));
    let columns = COLUMNS.min(chosen.len());
    let rows = chosen.len().div_ceil(columns);
    let [width, height] = [SIZE[0] + GAP, SIZE[1] + CAPTION + GAP];
    let mut strip = Picture::new(columns * width + GAP, rows * height + GAP, PAPER);
    for (at, (moment, picture)) in chosen.iter().zip(&pictures).enumerate() {
        let (x, y) = (GAP + at % columns * width, GAP + at / columns * height);
        let border = if moment.mark == Mark::Disturbed { moment.mark.color() } else { FRAME };
        strip.fill([x - 1, y - 1], [SIZE[0] + 2, SIZE[1] + 2], border);
        strip.paste(picture, x, y);
        write_caption(&mut strip, moment, [x, y + SIZE[1] + 8]);
    }
    strip
}

fn write_caption(strip: &mut Picture, moment: &Moment, [x, y]: [usize; 2]) {
    let time = format!("{:.1} s", moment.seconds);
    let after = strip.text(&time, [x, y], 2.0, GRAY);
    let mut size = 2.0;
    while after + 10 + text_width(&moment.caption, size) > x + SIZE[0] && size > 1.3 {
        size -= 0.1;
    }
    strip.text(&moment.caption, [after + 10, y], size, moment.mark.color());
    let [done, remaining, replans] = moment.counts;
    let plans = match replans {
        0 => String::new(),
        1 => ", 1 new plan".to_string(),
        _ => format!(", {replans} new plans"),
    };
    if moment.mark != Mark::Start {
        let text = format!("{done} done, {remaining} remaining{plans}");
        strip.text(&text, [x, y + 23], 1.6, if moment.mark == Mark::Reached { DARK } else { GRAY });
    }
}

/// The most telling moments in order: what went wrong, the ends, new plans, what was before; moves fill what is left.
fn choose(moments: &[Moment]) -> Vec<Moment> {
    let mut order: Vec<usize> = (0..moments.len()).filter(|&at| moments[at].mark > Mark::Done).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(moments[at].mark), at));
    // Of what happened at one moment, the first is what the picture shows.
    let mut chosen: Vec<usize> = Vec::new();
    for at in order {
        let is_new = chosen.iter().all(|&other: &usize| moments[other].seconds != moments[at].seconds);
        if is_new && chosen.len() < MOST {
            chosen.push(at);
        }
    }
    let shown =
        |at: usize| chosen.iter().any(|&other| (moments[other].seconds - moments[at].seconds).abs() < 0.5);
    let done = (0..moments.len()).filter(|&at| moments[at].mark == Mark::Done && !shown(at));
    let done: Vec<usize> = done.collect();
    let free = (MOST - chosen.len()).min(done.len());
    // Evenly over the episode, never the last: the goal is seen a moment later.
    chosen.extend((0..free).map(|n| done[(2 * n + 1) * done.len() / (2 * free)]));
    chosen.sort_unstable();
    chosen.into_iter().map(|at| moments[at].clone()).collect()
}
