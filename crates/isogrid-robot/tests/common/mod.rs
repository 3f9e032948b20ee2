//! Scenes and episodes without physics.

use isogrid_core::Ctx;
use isogrid_robot::agent::{Agent, AgentOptions, Event, Status};
use isogrid_robot::kinematic::Kinematic;
use isogrid_robot::policy::Scripted;
use isogrid_robot::tasks::Task;
use isogrid_robot::{Frame, Object, ObjectKind, Scene};

/// Three pads and `n` blocks, smallest first, in a tower on the first pad.
pub fn tower(n: usize) -> (Scene, Vec<[f64; 3]>) {
    let mut objects = Vec::new();
    let mut centres = Vec::new();
    for pad in 0..3 {
        objects.push(Object {
            name: format!("pad{}", pad + 1),
            kind: ObjectKind::Pad,
            half_size: [0.04, 0.04, 0.0005],
        });
        centres.push([0.5, 0.2 * (f64::from(pad) - 1.0), 0.0005]);
    }
    let half = |block: usize| 0.02 + 0.0025 * block as f64;
    for block in 0..n {
        objects.push(Object {
            name: format!("b{}", block + 1),
            kind: ObjectKind::Block,
            half_size: [half(block); 3],
        });
        let below: f64 = (block + 1..n).map(|other| 2.0 * half(other)).sum();
        centres.push([0.5, -0.2, 0.001 + below + half(block)]);
    }
    (Scene { objects, rate_hz: 20.0, workspace: [[0.25, -0.45, 0.005], [0.75, 0.45, 0.6]] }, centres)
}

/// The whole tower on pad `on` (1 to 3).
pub fn tower_on(scene: &Scene, on: usize) -> Vec<(usize, usize)> {
    let n = scene.objects.len() - 3;
    (0..n).map(|block| (3 + block, if block + 1 < n { 4 + block } else { on - 1 })).collect()
}

/// An agent with the scripted policy.
pub fn agent(scene: &Scene, task: &Task, options: AgentOptions) -> Agent {
    Agent::new(scene, task, Box::new(Scripted::new(0.0, 1)), options).expect("the task fits the scene")
}

/// Runs until the agent has finished; `disturb` is called before every tick.
pub fn episode(
    world: &mut Kinematic,
    agent: &mut Agent,
    max_ticks: usize,
    disturb: &mut dyn FnMut(usize, &mut Kinematic),
) -> (Vec<Event>, Vec<Frame>) {
    let ctx = Ctx::new(1);
    let (mut events, mut frames) = (Vec::new(), Vec::new());
    for tick in 0..max_ticks {
        disturb(tick, world);
        let observation = world.observe().clone();
        let action = agent.act(&ctx, &observation).expect("a sound observation");
        frames.push(Frame { observation, action });
        world.act(&action);
        events.extend(agent.take_events());
        if *agent.status() != Status::Working {
            break;
        }
    }
    (events, frames)
}
