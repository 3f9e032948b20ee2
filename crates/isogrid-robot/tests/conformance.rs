//! The contract that every engine keeps. It trains, so it needs the feature `train`.

mod common;

use common::{tower, tower_on};
use isogrid_robot::agent::AgentOptions;
use isogrid_robot::kinematic::Kinematic;
use isogrid_robot::learn::TrainOptions;
use isogrid_robot::skills::LearnedOptions;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Assignment, Percepts, Robot, planted};

fn options() -> TrainOptions {
    TrainOptions { n_steps: 4, batch: 8, width: 8, n_blocks: 1, ..TrainOptions::default() }
}

fn inputs() -> Vec<Percepts> {
    let (scene, centres) = tower(2);
    let seen = vec![Kinematic::new(&scene, &centres).observe().clone(); 6];
    let assignment = |goal| {
        let task = Task::new(&scene, Rule::SmallerOnLarger, goal);
        let (agent, skills) =
            (AgentOptions::default(), LearnedOptions { temperature: 1.0, ..LearnedOptions::default() });
        Some(Box::new(Assignment { scene: scene.clone(), task, agent, skills }))
    };
    vec![
        Percepts { assignment: assignment(tower_on(&scene, 3)), seen: seen.clone() },
        // The larger block can never lie on the smaller one.
        Percepts { assignment: assignment(vec![(4, 3)]), seen },
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
