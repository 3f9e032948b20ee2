//! Recordings are cut into the four sub-skills, and bad ones are named.

mod common;

use common::{tower, tower_on};
use isogrid_robot::agent::AgentOptions;
use isogrid_robot::facts::Tolerances;
use isogrid_robot::kinematic::Kinematic;
use isogrid_robot::learn::{dataset, segments};
use isogrid_robot::skill::{SKILLS, Skill};
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Recording, Scene};

/// A recording of the scripted policy solving `task`.
fn recording(scene: &Scene, centres: &[[f64; 3]], task: &Task) -> Recording {
    let mut world = Kinematic::new(scene, centres);
    let mut agent = common::agent(scene, task, AgentOptions::default());
    let (_, mut frames) = common::episode(&mut world, &mut agent, 4000, &mut |_, _| {});
    // The hand opens wide after the last move.
    let last = frames.last().expect("frames").clone();
    frames.extend(std::iter::repeat_n(last, 3));
    Recording { scene: scene.clone(), task: "test".to_string(), frames }
}

fn hanoi(n: usize) -> Recording {
    let (scene, centres) = tower(n);
    let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
    recording(&scene, &centres, &task)
}

#[test]
fn every_move_is_found() {
    let recording = hanoi(2);
    let segments = segments(&recording, &Tolerances::default()).expect("a good recording");
    for skill in [Skill::Pick, Skill::Drop] {
        assert_eq!(segments.iter().filter(|segment| segment.skill == skill).count(), 3, "{skill:?}");
    }
    let intake = dataset(&[recording], &Tolerances::default());
    assert_eq!((intake.accepted, intake.rejected.len()), (1, 0));
    for skill in SKILLS {
        assert!(intake.data.of(skill).len() >= 10, "{skill:?}: {}", intake.data.of(skill).len());
    }
}

#[test]
fn segments_follow_each_other() {
    let recording = hanoi(3);
    let segments = segments(&recording, &Tolerances::default()).expect("a good recording");
    for pair in segments.windows(2) {
        assert!(pair[0].frames.start <= pair[1].frames.start, "{pair:?}");
        assert!(pair[1].frames.end <= recording.frames.len());
    }
}

#[test]
fn bad_recordings_are_named_and_do_not_spoil_the_others() {
    let good = hanoi(1);
    let empty = Recording { frames: Vec::new(), ..good.clone() };
    let mut cut = good.clone();
    let held = good.frames.iter().position(|frame| frame.observation.objects[3].position[2] > 0.05);
    cut.frames.truncate(held.expect("it is lifted") + 1);
    let mut idle = good.clone();
    idle.frames.truncate(5);
    let intake = dataset(&[empty, cut, good, idle], &Tolerances::default());
    assert_eq!(intake.accepted, 1);
    let why: Vec<_> =
        intake.rejected.iter().map(|rejected| (rejected.recording, rejected.why.as_str())).collect();
    assert_eq!(why[0].0, 0);
    assert!(why[0].1.contains("no block is taken up"), "{why:?}");
    assert!(why[1].1.contains("with b1 in the hand"), "{why:?}");
    assert_eq!(why[2].0, 3);
}

#[test]
fn recordings_of_another_rate_are_left_out() {
    let good = hanoi(1);
    let mut slow = good.clone();
    slow.scene.rate_hz = 10.0;
    let intake = dataset(&[good.clone(), slow, good], &Tolerances::default());
    assert_eq!((intake.accepted, intake.data.rate_hz), (2, 20.0));
    assert_eq!(intake.rejected[0].recording, 1);
    assert_eq!(intake.rejected[0].why, "it is at 10 Hz, those before it are at 20 Hz");
}
