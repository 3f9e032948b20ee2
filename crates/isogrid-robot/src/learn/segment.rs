//! Cuts a recording into sub-skills without labels, from what was held when.
//!
//! A grasp is a stretch of frames in which the same block is in the hand and leaves its support. Around it, contact
//! begins and ends at fixed heights, and the way between contacts is cut at its corners (Douglas and Peucker, 1973):
//! each straight piece is a reach to the point where it ended, whatever the demonstrator had in mind.

use std::ops::Range;

use crate::facts::{FULLY_OPEN, Relations, Support, Tolerances};
use crate::recording::Recording;
use crate::skill::{Aim, Skill};

/// Down to a block: from the last time the hand was this far above its centre, in metres.
const PICK_HEIGHT: f64 = 0.07;

/// Down to a place: from the last time the block was this far above it, in metres.
const DROP_HEIGHT: f64 = 0.026;

/// A block was lifted when it rose so far, in metres.
const LIFT: f64 = 0.015;

/// A path is straight where it deviates by less than this, in metres.
const STRAIGHT: f64 = 0.012;

/// Shorter relations are flicker of the detector, in frames.
const FLICKER: usize = 3;

/// Frames of one sub-skill, and its aim.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Which sub-skill.
    pub skill: Skill,
    /// Frames of the recording.
    pub frames: Range<usize>,
    /// What it aimed at, by hindsight.
    pub aim: Aim,
    /// The block in the hand meanwhile.
    pub held: Option<usize>,
}

/// One block taken up and put down.
struct Grasp {
    block: usize,
    /// Frames in which it is held.
    held: Range<usize>,
    /// What it lay on afterwards.
    on: usize,
    /// The first frame after letting go in which the hand is open.
    open: usize,
}

/// Cuts a recording into sub-skills.
///
/// # Errors
/// Why nothing could be learned from it, in words.
pub fn segments(recording: &Recording, tolerances: &Tolerances) -> Result<Vec<Segment>, String> {
    let relations: Vec<Relations> = recording
        .frames
        .iter()
        .map(|frame| Relations::of(&recording.scene, &frame.observation, tolerances))
        .collect();
    let grasps = grasps(recording, &relations)?;
    if grasps.is_empty() {
        return Err("no block is taken up and put down in it".to_string());
    }
    let mut segments = Vec::new();
    let mut free_from = 0;
    for grasp in &grasps {
        pick(recording, grasp, free_from, &mut segments);
        drop(recording, grasp, &mut segments);
        free_from = grasp.open;
    }
    Ok(segments)
}

fn grasps(recording: &Recording, relations: &[Relations]) -> Result<Vec<Grasp>, String> {
    let name = |at: usize| recording.scene.objects[at].name.as_str();
    let height = |frame: usize, block: usize| recording.frames[frame].observation.objects[block].position[2];
    let mut found = Vec::new();
    for (block, held) in runs(relations) {
        let highest = held.clone().map(|frame| height(frame, block)).fold(f64::MIN, f64::max);
        if highest < height(held.start, block) + LIFT {
            continue;
        }
        let opening = |frame: &usize| recording.frames[*frame].observation.hand.opening;
        let open = (held.end..recording.frames.len()).find(|frame| opening(frame) > FULLY_OPEN);
        let Some(open) = open else { return Err(format!("it ends with {} in the hand", name(block))) };
        match relations[open].support[block] {
            Some(Support::Object(on)) if !relations[open].askew[block] => {
                found.push(Grasp { block, held, on, open });
            }
            _ => return Err(format!("{} falls or is put on nothing that is known", name(block))),
        }
    }
    Ok(found)
}

/// Stretches of frames that hold one block, gaps of flicker closed.
fn runs(relations: &[Relations]) -> Vec<(usize, Range<usize>)> {
    let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
    for (frame, relation) in relations.iter().enumerate() {
        let Some(block) = relation.held() else { continue };
        match runs.last_mut() {
            Some((last, range)) if *last == block && frame - range.end <= FLICKER => range.end = frame + 1,
            _ => runs.push((block, frame..frame + 1)),
        }
    }
    runs.retain(|(_, range)| range.len() >= FLICKER);
    runs
}

/// The way to a grasp, and the grasp.
fn pick(recording: &Recording, grasp: &Grasp, free_from: usize, segments: &mut Vec<Segment>) {
    let seen = |frame: usize| &recording.frames[frame].observation;
    let above = |frame: &usize| {
        let (hand, block) = (seen(*frame).hand.position, seen(*frame).objects[grasp.block].position);
        hand[2] - block[2] > PICK_HEIGHT
    };
    let contact = (free_from..grasp.held.start).rev().find(above).unwrap_or(free_from);
    let path: Vec<_> = (free_from..=contact).map(|frame| seen(frame).hand.position).collect();
    reach(Skill::ReachPick, &path, free_from, None, segments);
    // The last point of the way is above the block, not where the hand happened to be.
    if let Some(Segment { skill: Skill::ReachPick, aim: Aim::Point { at, last }, .. }) = segments.last_mut() {
        let [x, y, _] = seen(contact).objects[grasp.block].position;
        (*at, *last) = ([x, y, at[2]], true);
    }
    // The fingers close for a while after they touch.
    let end = (grasp.held.start + 4).min(grasp.held.end);
    let lifted = (grasp.held.start..end).find(|&frame| {
        let rise = seen(frame).objects[grasp.block].position[2]
            - seen(grasp.held.start).objects[grasp.block].position[2];
        rise > 0.002
    });
    segments.push(Segment {
        skill: Skill::Pick,
        frames: contact..lifted.unwrap_or(end),
        aim: Aim::Grasp(grasp.block),
        held: None,
    });
}

/// The way to a place, and the letting go.
fn drop(recording: &Recording, grasp: &Grasp, segments: &mut Vec<Segment>) {
    let seen = |frame: usize| &recording.frames[frame].observation;
    let rests = seen(grasp.open).objects[grasp.block].position;
    let start = segments.last().map_or(grasp.held.start, |segment| segment.frames.end);
    let above = |frame: &usize| seen(*frame).objects[grasp.block].position[2] - rests[2] > DROP_HEIGHT;
    let contact = (start..grasp.held.end).rev().find(above).unwrap_or(start);
    let path: Vec<_> = (start..=contact).map(|frame| seen(frame).objects[grasp.block].position).collect();
    reach(Skill::ReachDrop, &path, start, Some(grasp.block), segments);
    if let Some(Segment { skill: Skill::ReachDrop, aim: Aim::Point { at, last }, .. }) = segments.last_mut() {
        let [x, y, _] = seen(contact).objects[grasp.on].position;
        (*at, *last) = ([x, y, at[2]], true);
    }
    segments.push(Segment {
        skill: Skill::Drop,
        frames: contact..grasp.open + 1,
        aim: Aim::Place { block: grasp.block, on: grasp.on },
        held: Some(grasp.block),
    });
}

/// One segment for each straight piece of a path that begins at frame `first`.
fn reach(skill: Skill, path: &[[f64; 3]], first: usize, held: Option<usize>, segments: &mut Vec<Segment>) {
    let mut corners = vec![0];
    corner(path, 0..path.len().saturating_sub(1), &mut corners);
    corners.push(path.len() - 1);
    for pair in corners.windows(2) {
        if pair[1] > pair[0] {
            segments.push(Segment {
                skill,
                frames: first + pair[0]..first + pair[1],
                aim: Aim::Point { at: path[pair[1]], last: false },
                held,
            });
        }
    }
}

/// Adds the corners between the ends of a piece, in order.
fn corner(path: &[[f64; 3]], piece: Range<usize>, corners: &mut Vec<usize>) {
    let (from, to) = (path[piece.start], path[piece.end]);
    let far = |at: &usize| deviation(&path[*at], &from, &to);
    let worst = (piece.start + 1..piece.end).max_by(|a, b| far(a).total_cmp(&far(b)));
    let Some(worst) = worst.filter(|at| far(at) > STRAIGHT) else { return };
    corner(path, piece.start..worst, corners);
    corners.push(worst);
    corner(path, worst..piece.end, corners);
}

/// The distance of a point from the line between two others.
fn deviation(point: &[f64; 3], from: &[f64; 3], to: &[f64; 3]) -> f64 {
    let along: [f64; 3] = std::array::from_fn(|k| to[k] - from[k]);
    let away: [f64; 3] = std::array::from_fn(|k| point[k] - from[k]);
    let dot = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let length = dot(&along, &along);
    let share = if length > 0.0 { (dot(&away, &along) / length).clamp(0.0, 1.0) } else { 0.0 };
    let rest: [f64; 3] = std::array::from_fn(|k| away[k] - share * along[k]);
    dot(&rest, &rest).sqrt()
}
