//! The committed skills, in simulated worlds that are programs: what `isogrid run SCENARIO -m models/arm.iso` does.
#![cfg(feature = "mujoco")]

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use isogrid::arm::{WorldProcess, play};
use isogrid::core::{Ctx, Request, Source, Stop};
use isogrid::envelope;
use isogrid_robot::Action;
use isogrid_robot::agent::{Agent, AgentOptions, Happening, Status};
use isogrid_robot::skills::{Learned, LearnedOptions, Skills};

fn committed() -> Skills {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/arm.iso");
    let bytes = std::fs::read(path).expect("committed");
    let payload = envelope::unwrap_for("models/arm.iso", &bytes, "robot").expect("an envelope");
    Skills::from_bytes(payload).expect("skills")
}

fn world(args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid-sim"));
    command.arg("serve").args(args.split_whitespace());
    command
}

#[test]
fn committed_skills_reach_goals_in_worlds_of_their_own() {
    let skills = Arc::new(committed());
    let cases = [
        ("--family hanoi --blocks 3 --seed 11", 0, 0),
        ("--family hanoi --blocks 3 --seed 12 --disturb drop --disturb-at 5", 1, 1),
        ("--family kitting --blocks 3 --seed 13", 0, 0),
    ];
    for (args, n_disturbances, least_plans) in cases {
        let (mut process, briefing) = WorldProcess::start(world(args)).expect("the simulator");
        let policy = Box::new(Learned::new(&skills, LearnedOptions::default()));
        let mut agent =
            Agent::new(&briefing.scene, &briefing.task, policy, AgentOptions::default()).expect("a task");
        let (mut disturbances, mut plans) = (0, 0);
        let episode = play(&Ctx::new(1), &mut process.world, &briefing, &mut agent, &mut |tick| {
            disturbances += tick.disturbances.len();
            let planned = |what: &Happening| matches!(what, Happening::Planned { again: true, .. });
            plans += tick.events.iter().filter(|event| planned(&event.what)).count();
        });
        let episode = episode.expect("a sound world");
        assert!(episode.verdict.reached, "{args}: {:?}", episode.verdict);
        assert_eq!((episode.status, episode.stop), (Status::Reached, Stop::Done), "{args}");
        assert_eq!(disturbances, n_disturbances, "{args}");
        assert!(plans >= least_plans, "{args}: {plans} plans after the first");
    }
}

#[test]
fn a_scenario_is_run_to_its_end_and_told_line_by_line() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scenario = Source::file(repository.join("examples/scenarios/hanoi.toml"));
    let skills = std::fs::read(repository.join("models/arm.iso")).expect("committed");
    let saved = envelope::unwrap_for("models/arm.iso", &skills, "robot").expect("an envelope");
    let world = format!("{} serve", env!("CARGO_BIN_EXE_isogrid-sim"));
    let request = Request {
        sources: vec![scenario],
        options: vec![("world".to_string(), world)],
        ..Request::default()
    };
    let entry = isogrid::find("robot").expect("it is in the registry");
    let mut lines = Vec::new();
    let ended = (entry.run)(&Ctx::new(1), &request, Some(saved), &mut |printed, _| {
        lines.push(printed.text);
        ControlFlow::Continue(())
    });
    assert_eq!(ended.expect("a sound world").stop, Stop::Done);
    let told = |part: &str| lines.iter().any(|line| line.contains(part));
    for part in ["plan: 30 moves", "is shoved", "torn out of the hand", "is moved elsewhere", "new plan: "] {
        assert!(told(part), "{part}: {lines:#?}");
    }
    let shove = lines.iter().position(|line| line.contains("is shoved")).expect("told above");
    let next = lines[shove + 1..]
        .iter()
        .find(|line| [" failed ", "new plan: ", "!!"].iter().any(|part| line.contains(part)));
    assert!(
        next.is_some_and(|line| line.contains("new plan: ")),
        "the shove is answered by a plan: {lines:#?}"
    );
    assert!(lines.last().is_some_and(|line| line.contains("the world says: reached, 4 of 4")), "{lines:#?}");
}

/// Plays the committed skills in a world that keeps something.
fn kept(args: &str) -> Result<(), isogrid::core::Fault> {
    let (mut process, briefing) = WorldProcess::start(world(args))?;
    let policy = Box::new(Learned::new(&Arc::new(committed()), LearnedOptions::default()));
    let mut agent =
        Agent::new(&briefing.scene, &briefing.task, policy, AgentOptions::default()).expect("a task");
    play(&Ctx::new(1), &mut process.world, &briefing, &mut agent, &mut |_| {}).expect("a sound world");
    process.finish()
}

#[test]
fn a_world_keeps_what_the_arm_did_and_thought() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("served-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let files = format!("--film {} --record {}", path("a.gif"), path("a.jsonl"));
    kept(&format!("--family move --blocks 2 --disturb shove --disturb-at 0.5 {files}")).expect("files");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("it was written");
    let (gif, lines) = (read("a.gif"), String::from_utf8(read("a.jsonl")).expect("text"));
    let unknown = kept(&format!("--family move --film {}", path("a.mp4"))).expect_err("an ending");
    let nowhere = kept(&format!("--family move --film {}", path("no/a.gif"))).expect_err("no folder");
    let left = std::fs::read_dir(&folder).expect("a folder").count();
    let _ = std::fs::remove_dir_all(&folder);
    assert!(gif.starts_with(b"GIF89a"));
    for part in ["plan: 2 moves", "begin pick", "is shoved", "done place", "goal reached", "\"reached\":true"]
    {
        assert!(lines.contains(part), "{part}: {lines}");
    }
    let ways = lines.lines().filter(|line| line.contains("\"trace\":[[")).count();
    assert!(ways > 10, "the way ahead is shown: {ways}");
    assert!(unknown.message.contains("neither .png nor .gif"), "{}", unknown.message);
    assert!(nowhere.message.contains("no/a.gif"), "{}", nowhere.message);
    assert_eq!(left, 2, "nothing else");
}

#[test]
fn a_world_that_is_told_to_stop_stays_stopped_until_it_is_reset() {
    let (mut process, briefing) =
        WorldProcess::start(world("--family hanoi --blocks 3")).expect("the simulator");
    let away = Action::from_array([1.0, 0.0, 0.0, -1.0]);
    assert!(!process.world.act(&away).expect("a step").over);
    let verdict = process.world.stop().expect("a verdict");
    assert_eq!((verdict.reached, verdict.stopped.as_deref()), (false, Some("it was told to")));
    assert!(process.world.act(&away).expect("a step").over, "nothing moves it again");
    assert_eq!(process.world.reset(1).expect("a briefing").observation, briefing.observation);
    assert!(!process.world.act(&away).expect("a step").over, "a new episode");
}

#[test]
fn options_that_the_file_answers_are_refused() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scenarios/hanoi.toml");
    for option in ["--blocks 3", "--family move", "--disturb drop", "--pose-mm 1"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid-sim"));
        let ended =
            command.arg("run").arg(&scenario).args(option.split(' ')).output().expect("the simulator");
        let said = String::from_utf8_lossy(&ended.stderr);
        let name = option.split(' ').next().expect("a name");
        assert!(!ended.status.success() && ended.stdout.is_empty(), "{option}");
        assert!(said.contains(name) && said.contains("hanoi.toml says it itself"), "{option}: {said}");
    }
}
