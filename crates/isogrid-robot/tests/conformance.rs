//! The contract that every engine keeps. It trains, so it needs the feature `train`.

use isogrid_robot::agent::AgentOptions;
use isogrid_robot::learn::TrainOptions;
use isogrid_robot::skills::LearnedOptions;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Assignment, Percepts, Robot, planted};

fn options() -> TrainOptions {
    TrainOptions { n_steps: 4, batch: 8, width: 8, n_blocks: 1, ..TrainOptions::default() }
}

fn inputs() -> Vec<Percepts> {
    let recording = planted(1).recordings.remove(0);
    let (scene, seen) = (recording.scene, vec![recording.frames[0].observation.clone(); 6]);
    let possible = Task::new(&scene, Rule::Anything, vec![(2, 1)]);
    let mut impossible = possible.clone();
    impossible.fits[2][1] = false;
    let assignment = |task| {
        let skills = LearnedOptions { temperature: 1.0, ..LearnedOptions::default() };
        let (scene, agent) = (scene.clone(), AgentOptions::default());
        Some(Box::new(Assignment { scene, task, agent, skills }))
    };
    vec![
        Percepts { assignment: assignment(possible), seen: seen.clone() },
        Percepts { assignment: assignment(impossible), seen },
        Percepts::default(),
    ]
}

isogrid_testing::conformance! {
    engine: Robot,
    data: || planted(1),
    options: options,
    inputs: |_model| inputs(),
    tick_slack: 2,
}
