//! Any bytes as what a world says: no panic in the reader of the protocol, nor in the agent that acts on it.
#![no_main]

use std::io::Cursor;

use isogrid_core::Ctx;
use isogrid_robot::agent::{Agent, AgentOptions, Status};
use isogrid_robot::policy::Scripted;
use isogrid_robot::protocol::RemoteWorld;

/// Steps of an episode; what goes wrong goes wrong early.
const MAX_STEPS: usize = 40;

/// Search steps of an episode: a large problem is sound, but slow.
const MAX_TICKS: u64 = 2_000;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let Ok((mut world, briefing)) = RemoteWorld::greet(input, Box::new(std::io::sink())) else { return };
    let hands = Box::new(Scripted::new(0.0, 1));
    let Ok(mut agent) = Agent::new(&briefing.scene, &briefing.task, hands, AgentOptions::default()) else {
        return;
    };
    let ctx = Ctx::new(1).with_tick_limit(MAX_TICKS);
    let mut seen = briefing.observation;
    for _ in 0..MAX_STEPS {
        let Ok(action) = agent.act(&ctx, &seen) else { return };
        assert!(action.to_array().iter().all(|number| number.is_finite()));
        if *agent.status() != Status::Working {
            return;
        }
        let Ok(step) = world.act(&action) else { return };
        seen = step.observation;
    }
});
