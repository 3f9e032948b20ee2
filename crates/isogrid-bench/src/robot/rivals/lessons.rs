//! Demonstrations as examples: what was seen, what was wanted, and the actions that followed.

use isogrid_num::rng::Rng;
use isogrid_robot::agent::Move;
use isogrid_robot::facts::{Relations, Tolerances};
use isogrid_robot::learn::segments;
use isogrid_robot::skill::{Aim, Skill};
use isogrid_robot::tasks::Task;
use isogrid_robot::{Action, Observation, Recording};

use super::encode::{Seen, Slots, Want};
use super::error::RivalError;
use super::settings::{Settings, View};

/// A recorded episode and what was asked in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Demonstration {
    /// What was seen and done.
    pub recording: Recording,
    /// The task that it solves.
    pub task: Task,
}

/// A demonstration with the move that every frame is a part of, by hindsight.
pub(super) struct Lesson<'a> {
    demonstration: &'a Demonstration,
    /// One a frame: the sub-task, and the block and support of the move that it belongs to.
    moves: Vec<Option<(Move, (usize, usize))>>,
}

/// An example.
pub(super) struct Example {
    pub seen: Seen,
    /// `[chunk, 4]`, each within [-1, 1].
    pub chunk: Vec<f32>,
}

/// How an example is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// With noise, cut goals and random slots.
    Learning,
    /// As it was; slots are random still.
    HeldOut,
}

/// Lessons to learn from, and the last tenth, held out.
pub(super) fn split<'a>(all: &'a [Demonstration]) -> Result<(Vec<Lesson<'a>>, Vec<Lesson<'a>>), RivalError> {
    let (mut lessons, mut why) = (Vec::new(), String::new());
    for (at, demonstration) in all.iter().enumerate() {
        match Lesson::new(demonstration) {
            Ok(lesson) => lessons.push(lesson),
            Err(error) if why.is_empty() => why = format!("; number {at}: {error}"),
            Err(_) => {}
        }
    }
    if lessons.len() < 2 {
        return Err(RivalError::Demonstrations { found: all.len(), usable: lessons.len(), why });
    }
    let n_held = (lessons.len() / 10).max(1);
    let held = lessons.split_off(lessons.len() - n_held);
    Ok((lessons, held))
}

impl<'a> Lesson<'a> {
    fn new(demonstration: &'a Demonstration) -> Result<Lesson<'a>, String> {
        let recording = &demonstration.recording;
        check(demonstration)?;
        let tolerances = Tolerances::default();
        let drops: Vec<_> = segments(recording, &tolerances)?
            .into_iter()
            .filter(|segment| segment.skill == Skill::Drop)
            .filter_map(|segment| match segment.aim {
                Aim::Place { block, on } => Some((segment.frames.end, (block, on))),
                _ => None,
            })
            .collect();
        let sub_task = |frame: usize| {
            let seen = &recording.frames[frame].observation;
            let &(_, (block, on)) = drops.iter().find(|(end, _)| frame < *end)?;
            let held = Relations::of(&recording.scene, seen, &tolerances).held() == Some(block);
            let step = if held { Move::Place { block, on } } else { Move::Pick { block } };
            Some((step, (block, on)))
        };
        let moves = (0..recording.frames.len()).map(sub_task).collect();
        Ok(Lesson { demonstration, moves })
    }

    /// Frames.
    pub fn len(&self) -> usize {
        self.moves.len()
    }

    /// Numbers seen at a frame, shifted by the same noise as in the frame before.
    fn observed(&self, frame: usize, shifts: &[[f64; 3]]) -> Observation {
        let mut seen = self.demonstration.recording.frames[frame].observation.clone();
        let positions = std::iter::once(&mut seen.hand.position)
            .chain(seen.objects.iter_mut().map(|pose| &mut pose.position));
        for (position, shift) in positions.zip(shifts) {
            position.iter_mut().zip(shift).for_each(|(value, shift)| *value += shift);
        }
        seen
    }
}

fn check(demonstration: &Demonstration) -> Result<(), String> {
    let Demonstration { recording, task } = demonstration;
    let n = recording.scene.objects.len();
    if recording.frames.iter().any(|frame| frame.observation.objects.len() != n) {
        return Err(format!("a frame does not have the {n} poses of its scene"));
    }
    if task.goal.iter().any(|&(block, on)| block >= n || on >= n) {
        return Err(format!("its goal names an object beyond the {n} of its scene"));
    }
    let mut draw = Rng::new(0, 0);
    Slots::draw(&recording.scene, 1, &mut draw).map(drop).map_err(|error| error.to_string())
}

/// A random example out of `lessons`, which are not none.
pub(super) fn draw(
    lessons: &[Lesson<'_>],
    settings: &Settings,
    mode: Mode,
    rng: &mut Rng,
) -> Result<Example, RivalError> {
    let lesson = &lessons[rng.below(lessons.len() as u64) as usize];
    let Demonstration { recording, task } = lesson.demonstration;
    let frame = rng.below(recording.frames.len() as u64) as usize;
    let learning = mode == Mode::Learning;
    let deviation = if learning { settings.jitter_mm / 1000.0 } else { 0.0 };
    let shifts: Vec<[f64; 3]> = (0..=recording.scene.objects.len())
        .map(|_| std::array::from_fn(|_| if deviation > 0.0 { deviation * rng.normal() } else { 0.0 }))
        .collect();
    let now = lesson.observed(frame, &shifts);
    let before = (settings.history > 1 && frame > 0).then(|| lesson.observed(frame - 1, &shifts));
    let cut = learning && rng.chance(settings.relabel);
    let want = match (settings.view, lesson.moves[frame]) {
        (View::SubTask, step) => Want::SubTask(step.map(|(step, _)| step)),
        (View::Goal, Some((_, pair))) if cut => Want::Goal(vec![pair]),
        (View::Goal, _) => Want::Goal(task.goal.clone()),
    };
    let slots = Slots::draw(&recording.scene, settings.spread, rng)?;
    let seen = Seen::new(&recording.scene, &slots, (&now, before.as_ref()), &want);
    // Behind the end of the recording the hand stays where it is, open.
    let still = Action { offset: [0.0; 3], grip: -1.0 };
    let action = |ahead: usize| recording.frames.get(frame + ahead).map_or(still, |frame| frame.action);
    let chunk = (0..settings.chunk).flat_map(|ahead| action(ahead).clipped().to_array());
    Ok(Example { seen, chunk: chunk.map(|value| value as f32).collect() })
}
