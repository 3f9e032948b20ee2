//! The simulated arm under absurd orders, disturbances, and physics that fails.
#![cfg(feature = "mujoco")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::path::Path;

use isogrid_core::Ctx;
use isogrid_num::rng::Rng;
use isogrid_robot::agent::{Agent, AgentOptions, Happening, Status};
use isogrid_robot::policy::{Policy, Scripted};
use isogrid_robot::tasks::Task;
use isogrid_robot::{Action, Observation};
use isogrid_sim::episode::{self, Episode, Nobody};
use isogrid_sim::scenario::Scenario;
use isogrid_sim::scenario_file::{parse, read};
use isogrid_sim::verbs::run;
use isogrid_sim::world::World;

fn scenario(text: &str) -> Scenario {
    parse(Path::new("test.toml"), text).unwrap()
}

fn play(scenario: &Scenario) -> Episode {
    let mut world = World::new(scenario).unwrap();
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let policy = Box::new(Scripted::new(0.0, scenario.seed));
    let mut agent = Agent::new(&scene, &task, policy, AgentOptions::default()).unwrap();
    episode::run(&Ctx::new(scenario.seed), &mut world, &mut agent, &mut Nobody, None).unwrap()
}

#[test]
fn absurd_orders_stay_within_rated_velocities_and_torques() {
    for seed in 1..=6 {
        let mut world = World::new(&scenario(&format!("family = \"hanoi\"\nseed = {seed}"))).unwrap();
        let mut rng = Rng::new(seed, 0);
        for tick in 0..300 {
            let mut wild = || match tick % 7 {
                0 => f64::NAN,
                1 => f64::INFINITY,
                _ => 1e9 * rng.normal(),
            };
            world.act(&Action { offset: [wild(), wild(), wild()], grip: wild() });
        }
        let peak = world.physics().peak();
        assert!(peak.velocity <= 1.0, "seed {seed}: {peak:?}, {:?}", world.verdict().stopped);
        assert!(peak.torque <= 1.0, "seed {seed}: {peak:?}");
        assert_eq!(world.verdict().stopped, None, "seed {seed}");
    }
}

#[test]
fn the_hand_stays_in_its_workspace() {
    for direction in [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]] {
        let mut world = World::new(&scenario("family = \"hanoi\"")).unwrap();
        for _ in 0..80 {
            world.act(&Action { offset: direction, grip: -1.0 });
        }
        let [low, high] = world.layout().scene.workspace;
        let hand = world.hand().position;
        let inside = (0..3).all(|k| (low[k] - 0.02..=high[k] + 0.02).contains(&hand[k]));
        assert!(inside && world.verdict().stopped.is_none(), "{direction:?}: {hand:?}");
        assert!(world.physics().peak().velocity <= 1.0);
    }
}

#[test]
fn each_disturbance_happens_is_told_and_recovered_from() {
    for (kind, words) in [
        ("move", "is moved elsewhere"),
        ("shove", "is shoved"),
        ("drop", "is torn out of the hand"),
        ("swap", "change places"),
        ("hold", "is held for"),
    ] {
        let text = format!(
            "family = \"stacking\"\nseed = 3\n[start]\non = [[\"b1\", \"pad1\"], [\"b2\", \"pad2\"], [\"b3\", \"pad3\"]]\n\
             [[disturbance]]\nkind = \"{kind}\"\nat = 1.0\nlasts = 2.0"
        );
        let episode = play(&scenario(&text));
        assert_eq!(episode.disturbances.len(), 1, "{kind}: {:?}", episode.disturbances);
        let (at, what) = &episode.disturbances[0];
        assert!(what.contains(words) && *at >= 1.0, "{kind}: {what} at {at}");
        assert!(episode.verdict.reached, "{kind}: {:?}", episode.verdict);
    }
}

#[test]
fn an_unreachable_goal_parks_the_arm_and_says_so() {
    let text = "family = \"hanoi\"\n[scene]\nblocks = 2\n[goal]\non = [[\"b2\", \"b1\"]]";
    let episode = play(&scenario(text));
    assert_eq!(episode.status, Status::Unreachable);
    assert!(!episode.verdict.reached && episode.verdict.seconds < 5.0, "{:?}", episode.verdict);
    assert!(episode.events.iter().any(|event| matches!(event.what, Happening::Unreachable(_))));
}

#[test]
fn an_arm_whose_goal_becomes_impossible_puts_its_block_down_and_is_parked() {
    let mut world = World::new(&scenario("family = \"hanoi\"\n[scene]\nblocks = 3")).unwrap();
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let agent = |task: &Task| {
        let policy = Box::new(Scripted::new(0.0, 1));
        Agent::new(&scene, task, policy, AgentOptions::default()).unwrap()
    };
    let (smallest, ctx) = (scene.find("b1").unwrap(), Ctx::new(1));
    let start = world.observe().objects[smallest].position[2];
    let play = |world: &mut World, agent: &mut Agent, is_enough: &dyn Fn(&Observation, &Agent) -> bool| {
        for _ in 0..400 {
            let seen = world.observe();
            if is_enough(&seen, agent) {
                return;
            }
            world.act(&agent.act(&ctx, &seen).unwrap());
        }
        panic!("20 seconds were not enough: {:?}", world.observe());
    };
    play(&mut world, &mut agent(&task), &|seen, _| seen.objects[smallest].position[2] > start + 0.012);
    // From here on somebody wants what the rules forbid.
    let forbidden = vec![(scene.find("b2").unwrap(), smallest)];
    let mut unable = agent(&Task { goal: forbidden, ..task.clone() });
    play(&mut world, &mut unable, &|_, agent| agent.has_ended());
    assert_eq!(*unable.status(), Status::Unreachable);
    let (hand, block) = (world.hand().position, world.observe().objects[smallest]);
    assert!((hand[0] - 0.42).abs() < 0.03 && (hand[2] - 0.4).abs() < 0.03, "parked: {hand:?}");
    assert!(block.position[2] < start + 0.03, "not in the air: {block:?}");
    assert!(world.verdict().stopped.is_none());
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let scripted = |seed: u64| -> Box<dyn Policy> { Box::new(Scripted::new(0.2, seed)) };
    let records = |threads: usize| {
        let text =
            "family = \"stacking\"\n[noise]\npose_mm = 1.0\n[[disturbance]]\nkind = \"move\"\nat = 2.0";
        let batch = run::Batch {
            scenario: scenario(text),
            seeds: (1, 4),
            agent: AgentOptions { noise: 0.001, ..AgentOptions::default() },
            policy: &scripted,
            threads,
        };
        let lines = run::run(&batch, &|_| ()).unwrap();
        let timeless = lines.iter().map(|line| {
            let mut record = run::record(line);
            record.as_object_mut().unwrap().remove("wall_seconds");
            format!("{record} {:?}", line.episode.events)
        });
        timeless.collect::<Vec<_>>()
    };
    assert_eq!(records(1), records(2));
}

/// An episode in an MJCF scene of a pad, a block `b`, and whatever `more` is.
fn play_with(name: &str, more: &str) -> Episode {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mjcf = format!(
        r#"<mujoco><worldbody>
        <geom type="box" size="0.5 0.6 0.02" pos="0.5 0 -0.02"/>
        <body name="pad" pos="0.5 0 0.001"><geom type="box" size="0.04 0.04 0.001"/></body>
        <body name="b" pos="0.5 0.2 0.02"><freejoint/><geom type="box" size="0.02 0.02 0.02"/></body>
        {more}</worldbody></mujoco>"#
    );
    fs::write(folder.join("scene.xml"), mjcf).unwrap();
    let text = "family = \"own\"\n[scene]\nmjcf = \"scene.xml\"\n[[scene.objects]]\nname = \"pad\"\nkind = \"pad\"\n\
                [[scene.objects]]\nname = \"b\"\nkind = \"block\"\n[goal]\non = [[\"b\", \"pad\"]]";
    fs::write(folder.join("own.toml"), text).unwrap();
    let episode = play(&read(&folder.join("own.toml")).unwrap());
    let _ = fs::remove_dir_all(&folder);
    episode
}

#[test]
fn unstable_physics_stops_the_episode_with_its_reason() {
    // A pendulum on a spring that no step of two milliseconds can follow.
    let spring = r#"<body pos="0.6 -0.3 0.5"><joint type="hinge" axis="0 1 0" stiffness="1e12" springref="90"/>
        <geom type="capsule" size="0.01" fromto="0 0 0 0 0 -0.2"/></body>"#;
    let verdict = play_with("spring", spring).verdict;
    assert!(!verdict.reached && (0.0..2.0).contains(&verdict.seconds), "{verdict:?}");
    assert!(verdict.stopped.as_deref().is_some_and(|why| why.contains("unstable")), "{verdict:?}");
}

#[test]
fn a_block_inside_another_is_pushed_out_or_stopped_and_never_a_panic() {
    let inside = r#"<body name="c" pos="0.505 0.203 0.022"><freejoint/>
        <geom type="box" size="0.02 0.02 0.02"/></body>"#;
    let verdict = play_with("inside", inside).verdict;
    assert!(verdict.reached || verdict.stopped.is_some() || verdict.seconds >= 70.0, "{verdict:?}");
}
