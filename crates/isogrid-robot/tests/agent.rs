//! The agent decides rightly: plans, drops what holds already, tries again, plans anew, gives up honestly.

mod common;

use common::{agent, episode, tower, tower_on};
use isogrid_core::Ctx;
use isogrid_robot::RobotError;
use isogrid_robot::agent::{Agent, AgentOptions, Feedback, Happening, Status};
use isogrid_robot::kinematic::Kinematic;
use isogrid_robot::tasks::{Rule, Task};

#[test]
fn towers_are_moved_with_the_fewest_moves() {
    for n in 1..=4 {
        let (scene, centres) = tower(n);
        let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
        let mut world = Kinematic::new(&scene, &centres);
        let mut agent = agent(&scene, &task, AgentOptions::default());
        let (events, _) = episode(&mut world, &mut agent, 20_000, &mut |_, _| {});
        assert_eq!(*agent.status(), Status::Reached, "{n} blocks");
        assert_eq!(agent.memory().done.len(), 2 * ((1 << n) - 1), "{n} blocks");
        let replans =
            events.iter().filter(|event| matches!(event.what, Happening::Planned { again: true, .. }));
        assert_eq!(replans.count(), 0);
    }
}

#[test]
fn a_moved_block_is_planned_around_and_open_loop_is_not() {
    for (feedback, expected) in [(Feedback::Full, Status::Reached), (Feedback::None, Status::GaveUp)] {
        let (scene, centres) = tower(3);
        let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
        let mut world = Kinematic::new(&scene, &centres);
        let mut agent = agent(&scene, &task, AgentOptions { feedback, ..AgentOptions::default() });
        let smallest = scene.find("b1").expect("it is there");
        let mut moved = false;
        let (events, _) = episode(&mut world, &mut agent, 20_000, &mut |tick, world| {
            let rests = world.observe().objects[smallest].position[2] < 0.03;
            if tick > 60 && rests && !moved {
                world.put(smallest, [0.5, 0.0, 0.021]);
                moved = true;
            }
        });
        assert!(moved, "the disturbance happened");
        assert_eq!(*agent.status(), expected, "{feedback:?}: {events:?}");
    }
}

#[test]
fn a_lost_block_is_planned_for_again_and_failures_have_an_end() {
    for (options, expected, n_failed) in [
        (AgentOptions::default(), Status::Reached, 1),
        // Without a new plan the block is not taken up again.
        (AgentOptions { feedback: Feedback::Retry, ..AgentOptions::default() }, Status::GaveUp, 12),
        (AgentOptions { failures: 1, ..AgentOptions::default() }, Status::GaveUp, 1),
    ] {
        let (scene, centres) = tower(2);
        let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
        let mut world = Kinematic::new(&scene, &centres);
        let mut agent = agent(&scene, &task, options.clone());
        let smallest = scene.find("b1").expect("it is there");
        let mut dropped = false;
        let (events, _) = episode(&mut world, &mut agent, 20_000, &mut |_, world| {
            // Torn out of the hand on its first way, back to where it was.
            if !dropped && world.observe().objects[smallest].position[2] > centres[smallest][2] + 0.015 {
                world.put(smallest, centres[smallest]);
                dropped = true;
            }
        });
        let failed = events.iter().filter(|event| matches!(event.what, Happening::Failed { .. })).count();
        assert!(dropped && failed == n_failed, "{options:?}: {events:?}");
        assert_eq!(*agent.status(), expected, "{options:?}: {events:?}");
    }
}

#[test]
fn a_block_that_slips_away_under_the_hand_is_reached_for_anew() {
    let (scene, centres) = tower(1);
    let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = agent(&scene, &task, AgentOptions::default());
    let block = scene.find("b1").expect("it is there");
    let [x, y, _] = centres[block];
    let mut slipped = None;
    let (events, _) = episode(&mut world, &mut agent, 2_000, &mut |tick, world| {
        let [hx, hy, hz] = world.observe().hand.position;
        if slipped.is_none() && (hx - x).hypot(hy - y) < 0.01 && hz < centres[block][2] + 0.04 {
            world.put(block, [x, y + 0.3, 0.0205]);
            slipped = Some(tick);
        }
    });
    let failed = events.iter().filter(|event| matches!(event.what, Happening::Failed { .. }));
    let failed: Vec<_> = failed.map(|event| (event.text(&scene), event.seconds)).collect();
    assert_eq!(*agent.status(), Status::Reached, "{events:?}");
    let [(text, seconds)] = &failed[..] else { panic!("{events:?}") };
    assert!(text.ends_with("failed pick b1 in pick: block astray"), "{text}");
    // At once: not after the patience of ten seconds.
    let waited = seconds * scene.rate_hz - slipped.map_or(0.0, |tick: usize| tick as f64);
    assert!(waited < 10.0, "{waited} ticks");
}

#[test]
fn a_block_beside_the_workspace_parks_the_arm() {
    let (scene, mut centres) = tower(2);
    centres[3] = [0.5, 0.6, 0.0205];
    let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = agent(&scene, &task, AgentOptions::default());
    let (events, _) = episode(&mut world, &mut agent, 2_000, &mut |_, _| {});
    assert_eq!(*agent.status(), Status::Unreachable, "{events:?}");
    let told = events.iter().any(|event| event.text(&scene).contains("b1 lies outside the workspace"));
    assert!(told, "{events:?}");
}

#[test]
fn what_holds_already_is_not_done_again() {
    let (scene, centres) = tower(2);
    let goal = tower_on(&scene, 1);
    let task = Task::new(&scene, Rule::SmallerOnLarger, goal);
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = agent(&scene, &task, AgentOptions::default());
    episode(&mut world, &mut agent, 10, &mut |_, _| {});
    assert_eq!(*agent.status(), Status::Reached);
    assert!(agent.memory().done.is_empty());
}

#[test]
fn an_impossible_goal_is_told_and_the_arm_parked() {
    let (scene, centres) = tower(2);
    let find = |name| scene.find(name).expect("it is there");
    // The larger block on the smaller one, against the rules.
    let task = Task::new(&scene, Rule::SmallerOnLarger, vec![(find("b2"), find("b1"))]);
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = agent(&scene, &task, AgentOptions::default());
    let (events, _) = episode(&mut world, &mut agent, 10, &mut |_, _| {});
    assert_eq!(*agent.status(), Status::Unreachable);
    assert!(events.iter().any(|event| matches!(event.what, Happening::Unreachable(_))), "{events:?}");
    rest(&mut world, &mut agent);
    let [x, _, z] = world.observe().hand.position;
    assert!((x - 0.42).abs() < 0.03 && (z - 0.4).abs() < 0.03, "{:?}", world.observe().hand);
    let now: Vec<_> = world.observe().objects.iter().map(|pose| pose.position).collect();
    assert_eq!(now, centres, "nothing was touched");
}

#[test]
fn what_is_held_when_the_goal_gets_out_of_reach_is_put_down_before_the_arm_is_parked() {
    let (scene, centres) = tower(2);
    let task = Task::new(&scene, Rule::SmallerOnLarger, tower_on(&scene, 3));
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = agent(&scene, &task, AgentOptions::default());
    let smallest = scene.find("b1").expect("it is there");
    let (events, _) = episode(&mut world, &mut agent, 2_000, &mut |_, world| {
        // Both pads go out of reach while the hand holds the block above the tower.
        if world.observe().objects[smallest].position[2] > centres[smallest][2] + 0.012 {
            world.put(1, [0.5, 0.9, 0.0005]);
            world.put(2, [0.5, -0.9, 0.0005]);
        }
    });
    assert_eq!(*agent.status(), Status::Unreachable, "{events:?}");
    rest(&mut world, &mut agent);
    let [_, _, z] = world.observe().objects[smallest].position;
    assert!((z - centres[smallest][2]).abs() < 0.001 || (z - 0.02).abs() < 0.001, "not in the air: {z}");
    assert!((world.observe().hand.position[2] - 0.4).abs() < 0.03, "{:?}", world.observe().hand);
}

/// Goes on until the agent says that it has ended.
fn rest(world: &mut Kinematic, agent: &mut Agent) {
    for _ in 0..220 {
        let action = agent.act(&Ctx::new(1), world.observe()).expect("a sound observation");
        world.act(&action);
        if agent.has_ended() {
            return;
        }
    }
    panic!("it ends within eleven seconds");
}

#[test]
fn kits_are_filled_in_order() {
    let (scene, centres) = tower(2);
    let find = |name| scene.find(name).expect("it is there");
    let goal = vec![(find("b1"), find("pad3")), (find("b2"), find("pad2"))];
    let task = Task::new(&scene, Rule::PadsOnly, goal).in_order(vec![find("b2"), find("b1")]);
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = agent(&scene, &task, AgentOptions::default());
    // b1 stands on b2, and every detour that the order costs is planned.
    episode(&mut world, &mut agent, 5000, &mut |_, _| {});
    assert_eq!((agent.status(), agent.memory().done.len()), (&Status::Reached, 10));
    let task =
        Task::new(&scene, Rule::PadsOnly, vec![(find("b1"), find("pad3")), (find("b2"), find("pad2"))])
            .in_order(vec![find("b1"), find("b2")]);
    let mut world = Kinematic::new(&scene, &centres);
    let mut agent = common::agent(&scene, &task, AgentOptions::default());
    let (events, _) = episode(&mut world, &mut agent, 5000, &mut |_, _| {});
    assert_eq!(*agent.status(), Status::Reached, "{events:?}");
}

#[test]
fn observations_that_make_no_sense_are_refused() {
    let (scene, centres) = tower(1);
    let task = Task::new(&scene, Rule::Anything, tower_on(&scene, 2));
    let mut agent = agent(&scene, &task, AgentOptions::default());
    let world = Kinematic::new(&scene, &centres);
    let mut short = world.observe().clone();
    short.objects.pop();
    let error = agent.act(&Ctx::new(1), &short).expect_err("an object is missing");
    assert!(matches!(error, RobotError::Objects { found: 3, expected: 4 }), "{error}");
    let mut broken = world.observe().clone();
    broken.objects[3].position[1] = f64::NAN;
    let error = agent.act(&Ctx::new(1), &broken).expect_err("not a number");
    assert!(error.to_string().contains("`b1`"), "{error}");
    let mut broken = world.observe().clone();
    broken.hand.opening = f64::INFINITY;
    assert!(agent.act(&Ctx::new(1), &broken).expect_err("infinite").to_string().contains("`hand`"));
}

#[test]
fn tasks_that_do_not_fit_are_refused() {
    let (scene, _) = tower(1);
    let policy = || Box::new(isogrid_robot::policy::Scripted::new(0.0, 1));
    let beyond = Task::new(&scene, Rule::Anything, vec![(3, 9)]);
    let error = Agent::new(&scene, &beyond, policy(), AgentOptions::default());
    assert!(error.err().expect("out of range").to_string().contains("do not fit"));
    let unordered = Task::new(&scene, Rule::Anything, vec![(3, 1)]).in_order(vec![3, 2]);
    let error = Agent::new(&scene, &unordered, policy(), AgentOptions::default());
    assert!(error.err().expect("no goal").to_string().contains("has no goal"));
}
