//! The hand's path to the next contact: up, across, down, as points in space.
//!
//! The trace of the sub-task that the manager hands over (LoHo-Manip, arXiv 2604.21924, draws it on the image; here it is
//! exact and in metres). The executor draws it, anew from where the hand is at every tick. It clears everything that stands in the way.

use crate::facts::{half_height, top};
use crate::world::{Observation, Scene};

/// How far above a block's centre the hand waits before it grasps, in metres.
pub const ABOVE_GRASP: f64 = 0.08;

/// How far above its support a held block waits before it is put down, in metres.
pub const ABOVE_PLACE: f64 = 0.03;

/// Space between what is carried and what stands in the way, in metres.
const CLEARANCE: f64 = 0.03;

/// How far to the side of its path the hand may touch things, in metres.
const HALF_WIDTH: f64 = 0.12;

/// How far the finger tips reach below the hand's point, in metres.
const TIP_LENGTH: f64 = 0.012;

/// Below this distance across, the hand needs no detour, in metres.
const STRAIGHT: f64 = 0.015;

/// Points for the hand from where it is to above `block`.
pub fn to_grasp(scene: &Scene, seen: &Observation, block: usize) -> Vec<[f64; 3]> {
    let [x, y, z] = seen.objects[block].position;
    route(scene, seen, &[x, y, z + ABOVE_GRASP], None)
}

/// Points for the centre of the held `block` from where it is to above `on`.
pub fn to_place(scene: &Scene, seen: &Observation, block: usize, on: usize) -> Vec<[f64; 3]> {
    let [x, y, z] = place_point(scene, seen, block, on);
    route(scene, seen, &[x, y, z + ABOVE_PLACE], Some(block))
}

/// Where the centre of the held `block` is when it lies on `on`.
pub fn place_point(scene: &Scene, seen: &Observation, block: usize, on: usize) -> [f64; 3] {
    let [x, y, _] = seen.objects[on].position;
    let height = half_height(&scene.objects[block], &seen.objects[block]);
    [x, y, top(&scene.objects[on], &seen.objects[on]) + height]
}

/// Up, across and down to `end`, for the held block's centre or the hand's point.
fn route(scene: &Scene, seen: &Observation, end: &[f64; 3], held: Option<usize>) -> Vec<[f64; 3]> {
    let start = held.map_or(seen.hand.position, |block| seen.objects[block].position);
    let below = match held {
        None => TIP_LENGTH,
        Some(block) => half_height(&scene.objects[block], &seen.objects[block]).max(TIP_LENGTH),
    };
    let far = (end[0] - start[0]).hypot(end[1] - start[1]);
    if far < STRAIGHT {
        return vec![*end];
    }
    let in_the_way = (0..scene.objects.len())
        .filter(|&object| {
            Some(object) != held && beside(&start, end, &seen.objects[object].position) < HALF_WIDTH
        })
        .map(|object| top(&scene.objects[object], &seen.objects[object]));
    let height = in_the_way.fold(0.0, f64::max) + CLEARANCE + below;
    let height = height.max(end[2]);
    let mut points = Vec::with_capacity(3);
    if start[2] < height - CLEARANCE / 2.0 {
        points.push([start[0], start[1], height]);
    }
    let level = height.max(start[2].min(height + CLEARANCE));
    if level > end[2] + CLEARANCE {
        points.push([end[0], end[1], level]);
    }
    points.push(*end);
    points
}

/// The distance of `point` from the line between two points, seen from above.
fn beside(from: &[f64; 3], to: &[f64; 3], point: &[f64; 3]) -> f64 {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let (px, py) = (point[0] - from[0], point[1] - from[1]);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (px - along * dx).hypot(py - along * dy)
}
