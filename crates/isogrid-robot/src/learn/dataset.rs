//! Examples for each sub-skill: what was seen, and the actions that followed.

use super::segment::{Segment, segments};
use crate::facts::Tolerances;
use crate::recording::Recording;
use crate::skill::{Aim, MAX_FEATURES, SKILLS, Skill, features};
use crate::world::Action;

/// Actions that a skill decides at once.
pub const CHUNK: usize = 8;

/// One decision of the demonstrator.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What was seen, of which a skill uses the first few.
    pub features: [f64; MAX_FEATURES],
    /// The actions that followed, padded with standing still where the sub-skill ended.
    pub actions: [Action; CHUNK],
}

/// Examples by sub-skill, in the order of [`SKILLS`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// One list for each sub-skill.
    pub examples: [Vec<Example>; SKILLS.len()],
    /// Frames a second of what they were cut from; 0 where there are none.
    pub rate_hz: f64,
}

/// A recording that taught nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which one, counted from 0.
    pub recording: usize,
    /// Why.
    pub why: String,
}

/// What came of a set of recordings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intake {
    /// The examples.
    pub data: Dataset,
    /// Recordings that gave examples.
    pub accepted: usize,
    /// Those that did not, and why.
    pub rejected: Vec<Rejected>,
}

impl Dataset {
    /// The examples of one sub-skill.
    pub fn of(&self, skill: Skill) -> &[Example] {
        &self.examples[skill as usize]
    }
}

/// Cuts recordings into examples; one bad recording does not spoil the others. An action is one tick long, so all are of
/// the rate of the first that is usable.
pub fn dataset(recordings: &[Recording], tolerances: &Tolerances) -> Intake {
    let mut intake = Intake::default();
    for (at, recording) in recordings.iter().enumerate() {
        match examples(recording, tolerances).and_then(|data| of_one_rate(&intake.data, data)) {
            Ok(data) => {
                intake.data.rate_hz = data.rate_hz;
                for (all, new) in intake.data.examples.iter_mut().zip(data.examples) {
                    all.extend(new);
                }
                intake.accepted += 1;
            }
            Err(why) => intake.rejected.push(Rejected { recording: at, why }),
        }
    }
    intake
}

/// The examples of one recording.
///
/// # Errors
/// Why nothing could be learned from it, in words.
pub fn examples(recording: &Recording, tolerances: &Tolerances) -> Result<Dataset, String> {
    let mut data = Dataset { rate_hz: recording.scene.rate_hz, ..Dataset::default() };
    segments(recording, tolerances)?.iter().for_each(|segment| add(&mut data, recording, segment));
    Ok(data)
}

/// Whether two rates are the same but for rounding, in ticks a second.
pub(crate) fn same_rate(one: f64, other: f64) -> bool {
    (one - other).abs() <= 0.01 * one.max(other)
}

fn of_one_rate(known: &Dataset, new: Dataset) -> Result<Dataset, String> {
    let (first, rate) = (known.rate_hz, new.rate_hz);
    match first == 0.0 || same_rate(first, rate) {
        true => Ok(new),
        false => Err(format!("it is at {rate} Hz, those before it are at {first} Hz")),
    }
}

fn add(data: &mut Dataset, recording: &Recording, segment: &Segment) {
    let still = Action { offset: [0.0; 3], grip: end_grip(segment) };
    for frame in segment.frames.clone() {
        let seen = &recording.frames[frame].observation;
        let actions = std::array::from_fn(|ahead| {
            let frame = frame + ahead;
            if segment.frames.contains(&frame) {
                recording.frames[frame].action
            } else {
                passing(segment, recording, frame).unwrap_or(still)
            }
        });
        let features = features(&recording.scene, seen, &segment.aim, segment.held);
        data.examples[segment.skill as usize].push(Example { features, actions });
    }
}

/// A point that is only passed: the hand goes on as it did.
fn passing(segment: &Segment, recording: &Recording, frame: usize) -> Option<Action> {
    let passes = matches!(segment.aim, Aim::Point { last: false, .. });
    let frame = frame.min(segment.frames.end.checked_sub(1)?);
    passes.then(|| recording.frames[frame].action)
}

/// The grip after the sub-skill: a hand that has closed stays closed.
fn end_grip(segment: &Segment) -> f64 {
    match segment.skill {
        Skill::ReachPick | Skill::Drop => -1.0,
        Skill::Pick | Skill::ReachDrop => 1.0,
    }
}
