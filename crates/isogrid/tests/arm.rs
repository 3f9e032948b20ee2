//! The arm in worlds that are programs: an episode over pipes, and worlds that are of no use.
#![cfg(feature = "robot")]

use std::io::{BufRead, BufReader, Write, pipe};
use std::process::Command;
use std::thread;
use std::time::Duration;

use isogrid::arm::{Episode, Tick, WorldProcess, play};
use isogrid::core::{Ctx, Request, Source, Stop};
use isogrid_robot::agent::{Agent, AgentOptions, Status};
use isogrid_robot::kinematic::Kinematic;
use isogrid_robot::policy::Scripted;
use isogrid_robot::protocol::{Briefing, PROTOCOL, RemoteWorld, Request as Ask, Step};
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Action, Object, ObjectKind, RobotError, Scene, Verdict};

fn scene() -> Scene {
    let object = |name: &str, kind, half_size| Object { name: name.to_string(), kind, half_size };
    let pad = [0.04, 0.04, 0.0005];
    let objects = vec![
        object("left", ObjectKind::Pad, pad),
        object("right", ObjectKind::Pad, pad),
        object("part", ObjectKind::Block, [0.02; 3]),
    ];
    Scene { objects, rate_hz: 20.0, workspace: [[0.25, -0.45, 0.005], [0.75, 0.45, 0.6]] }
}

fn briefing(world: &Kinematic) -> Briefing {
    let scene = scene();
    let task = Task::new(&scene, Rule::Anything, vec![(2, 1)]);
    let observation = world.observe().clone();
    Briefing { protocol: PROTOCOL, scene, task, seconds: 60.0, observation, listens: false }
}

/// A world without physics at the other end of two pipes; `edit` may change its first line.
fn remote(
    edit: impl Fn(&mut serde_json::Value) + Send + 'static,
) -> Result<(RemoteWorld, Briefing), RobotError> {
    let ((agent_in, mut world_out), (world_in, agent_out)) =
        (pipe().expect("this test made it"), pipe().expect("this test made it"));
    thread::spawn(move || {
        let mut world =
            Kinematic::new(&scene(), &[[0.5, 0.2, 0.0005], [0.5, -0.2, 0.0005], [0.5, 0.2, 0.021]]);
        let mut first = serde_json::to_value(briefing(&world)).expect("this test made it");
        edit(&mut first);
        let mut told = 0;
        writeln!(world_out, "{first}").expect("this test made it");
        for line in BufReader::new(world_in).lines() {
            let asked = serde_json::from_str(&line.expect("this test made it"));
            let answer = match asked.expect("this test made it") {
                Ask::Told(account) => {
                    told += account.events.len();
                    continue;
                }
                Ask::Act(numbers) => {
                    world.act(&Action::from_array(numbers));
                    let observation = world.observe().clone();
                    serde_json::to_string(&Step { observation, over: false, disturbances: Vec::new() })
                        .expect("this test made it")
                }
                Ask::Verdict(_) | Ask::Stop(_) => {
                    let part = world.observe().objects[2].position;
                    let reached = (part[1] + 0.2).abs() < 0.02 && part[2] < 0.03;
                    let seconds = world.observe().seconds;
                    // The number of goals is free for what the test wants to know.
                    let verdict = Verdict { reached, seconds, goals: told, ..Verdict::default() };
                    serde_json::json!({ "verdict": verdict }).to_string()
                }
                Ask::Reset(_) => serde_json::json!({ "error": "this world has one episode" }).to_string(),
            };
            if writeln!(world_out, "{answer}").is_err() {
                break;
            }
        }
    });
    RemoteWorld::greet(Box::new(BufReader::new(agent_in)), Box::new(agent_out))
}

fn arm(briefing: &Briefing) -> Agent {
    let policy = Box::new(Scripted::new(0.0, 1));
    Agent::new(&briefing.scene, &briefing.task, policy, AgentOptions::default()).expect("a task")
}

/// An episode to its end, and how many events were reported in it.
fn played(world: &mut RemoteWorld, briefing: &Briefing) -> (Episode, usize) {
    let mut events = 0;
    let mut watch = |tick: &Tick<'_>| events += tick.events.len();
    let episode = play(&Ctx::new(1), world, briefing, &mut arm(briefing), &mut watch);
    (episode.expect("a sound world"), events)
}

/// The committed skills, as their file has them.
fn skills() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/arm.iso");
    std::fs::read(path).expect("committed")
}

#[test]
fn an_episode_is_played_over_pipes_and_judged_by_the_world() {
    let (mut world, briefing) = remote(|_| {}).expect("a briefing");
    let (episode, events) = played(&mut world, &briefing);
    assert!(episode.verdict.reached && episode.status == Status::Reached && episode.stop == Stop::Done);
    assert!(events > 4 && episode.decisions.len() > 40);
    assert_eq!(episode.verdict.goals, 0, "this world does not listen");
    let error = world.reset(3).map(|_| ()).expect_err("it has one episode");
    assert_eq!(error.to_string(), "the world: this world has one episode");
}

#[test]
fn a_world_that_listens_is_told_what_the_arm_thinks() {
    let (mut world, briefing) = remote(|first| first["listens"] = true.into()).expect("a briefing");
    let (episode, events) = played(&mut world, &briefing);
    let verdict = episode.verdict;
    assert!(verdict.reached && verdict.goals == events, "{verdict:?}, {events} events");
}

#[test]
fn pictures_without_a_scenario_are_refused() {
    let entry = isogrid::find("robot").expect("it is in the registry");
    for (world, expected) in [(None, "an answer without a world"), (Some("sh"), "a world of your own")] {
        let mut options = vec![("film".to_string(), "a.gif".to_string())];
        options.extend(world.map(|world| ("world".to_string(), world.to_string())));
        let skills = skills();
        let saved = isogrid::envelope::unwrap_for("arm.iso", &skills, "robot").expect("skills");
        let request = Request { options, ..Request::default() };
        let fault =
            (entry.run)(&Ctx::new(1), &request, Some(saved), &mut |_, _| std::ops::ControlFlow::Continue(()));
        let fault = fault.map(|_| ()).expect_err("nothing to show");
        assert!(fault.message.contains(expected), "{}", fault.message);
    }
}

#[test]
fn a_budget_ends_an_episode() {
    let (mut world, briefing) = remote(|_| {}).expect("a briefing");
    let mut agent = arm(&briefing);
    let ctx = Ctx::new(1).with_tick_limit(40);
    let episode = play(&ctx, &mut world, &briefing, &mut agent, &mut |_| {}).expect("a sound world");
    assert!(matches!(episode.stop, Stop::Budget(_)) && !episode.verdict.reached);
}

#[test]
fn an_arm_that_nobody_watches_any_more_is_stopped_before_anything_is_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("asked");
    let world = Kinematic::new(&scene(), &[[0.5, 0.2, 0.0005], [0.5, -0.2, 0.0005], [0.5, 0.2, 0.021]]);
    let step = Step { observation: world.observe().clone(), over: false, disturbances: Vec::new() };
    let [briefing, step] = [serde_json::to_string(&briefing(&world)), serde_json::to_string(&step)]
        .map(|text| text.expect("this test made it"));
    let verdict = serde_json::json!({ "verdict": Verdict::default() });
    let script = format!(
        "echo '{briefing}'\nwhile read line; do echo $line >> {}\n\
         case $line in *act*) echo '{step}';; *) echo '{verdict}';; esac; done\n",
        log.display()
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]);
    let (mut process, briefing) = WorldProcess::start(shell).expect("a world");
    let mut agent = arm(&briefing);
    let ctx = Ctx::new(1).with_tick_limit(20);
    let episode = play(&ctx, &mut process.world, &briefing, &mut agent, &mut |_| {}).expect("a sound world");
    assert!(matches!(episode.stop, Stop::Budget(_)));
    let asked = std::fs::read_to_string(&log).expect("the world's own log");
    let after: Vec<&str> = asked.lines().skip_while(|line| line.contains("act")).collect();
    assert_eq!(after, ["{\"stop\":true}"], "{asked}");
}

#[test]
fn briefings_that_make_no_sense_are_refused() {
    type Edit = fn(&mut serde_json::Value);
    let cases: [(&str, Edit, &str); 8] = [
        ("another version", |first| first["protocol"] = 7.into(), "version 7"),
        ("no scene", |first| first["scene"] = serde_json::Value::Null, "it said"),
        (
            "two things of one name",
            |first| first["scene"]["objects"][1]["name"] = "LEFT".into(),
            "two objects",
        ),
        (
            "a negative size",
            |first| first["scene"]["objects"][2]["half_size"][0] = (-0.1).into(),
            "half size",
        ),
        ("no rate", |first| first["scene"]["rate_hz"] = 0.into(), "a rate of 0 Hz"),
        ("an empty workspace", |first| first["scene"]["workspace"][1][2] = 0.into(), "workspace"),
        ("a goal beyond the scene", |first| first["task"]["goal"][0][1] = 9.into(), "beyond the 3"),
        (
            "a pose too few",
            |first| drop(first["observation"]["objects"].as_array_mut().expect("this test made it").pop()),
            "2 poses, the scene has 3",
        ),
    ];
    for (name, edit, expected) in cases {
        let error = remote(edit).map(|_| ()).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn worlds_of_no_use_are_told_with_their_own_words() {
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    };
    let cases = [
        ("echo hello", "it said `hello`"),
        ("exit 3", "it ended without a word"),
        ("echo 'no power' >&2; exit 1", "no power"),
        (r#"echo '{"error": "the robot is asleep"}'"#, "the robot is asleep"),
    ];
    for (script, expected) in cases {
        let fault = WorldProcess::start(shell(script)).map(|_| ()).expect_err(script);
        assert!(fault.message.contains(expected), "{script}: {}", fault.message);
    }
    // More than a pipe holds, before the first answer.
    let chatty = "head -c 300000 /dev/zero | tr '\\0' x >&2; echo hello";
    let fault = WorldProcess::start(shell(chatty)).map(|_| ()).expect_err("no briefing");
    assert!(fault.message.ends_with("xxxx") && fault.message.len() < 5_000);
    let silent = WorldProcess::start_within(shell("cat > /dev/null"), Duration::from_millis(5));
    let fault = silent.map(|_| ()).expect_err("it is silent");
    assert!(fault.message.contains("it said nothing for 0.005 s"), "{}", fault.message);
    let missing = "echo 'error while loading shared libraries: libmujoco.so.3.17.0' >&2; exit 127";
    let fault = WorldProcess::start(shell(missing)).map(|_| ()).expect_err("no library");
    assert!(fault.hint.is_some_and(|hint| hint.contains("cargo xtask fetch libmujoco")));
    let fault = WorldProcess::start(Command::new("no-such-world")).map(|_| ()).expect_err("no program");
    assert!(fault.message.contains("`no-such-world` does not start"), "{}", fault.message);
}

#[test]
fn a_goal_that_is_missed_is_an_honest_negative() {
    let world = Kinematic::new(&scene(), &[[0.5, 0.2, 0.0005], [0.5, -0.2, 0.0005], [0.5, 0.2, 0.021]]);
    let step = Step { observation: world.observe().clone(), over: true, disturbances: Vec::new() };
    let text = |value: serde_json::Result<String>| value.expect("this test made it");
    let briefing = text(serde_json::to_string(&briefing(&world)));
    let step = text(serde_json::to_string(&step));
    let verdict = serde_json::json!({ "verdict": Verdict::default() });
    let script = format!(
        "echo '{briefing}'\nwhile read line; do case $line in *act*) echo '{step}';; *) echo '{verdict}';; esac; done\n"
    );
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(script.as_bytes()).expect("writable");
    let skills = skills();
    let saved = isogrid::envelope::unwrap_for("arm.iso", &skills, "robot").expect("skills");
    let entry = isogrid::find("robot").expect("it is in the registry");
    let command = format!("sh {}", file.path().display());
    let request = Request { options: vec![("world".to_string(), command)], ..Request::default() };
    let mut last = String::new();
    let ended = (entry.run)(&Ctx::new(1), &request, Some(saved), &mut |printed, _| {
        last = printed.text;
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(ended.expect("a sound world").stop, Stop::Failed);
    assert!(last.contains("the world says: missed"), "{last}");
}

#[test]
fn a_scenario_without_skills_is_answered_with_advice() {
    let entry = isogrid::find("robot").expect("it is in the registry");
    let request = Request { sources: vec![Source::file("world.toml")], ..Request::default() };
    let fault = (entry.run)(&Ctx::new(1), &request, None, &mut |_, _| std::ops::ControlFlow::Continue(()));
    let fault = fault.map(|_| ()).expect_err("there are no skills");
    assert!(fault.hint.is_some_and(|hint| hint.contains("-m SKILLS")));
}
