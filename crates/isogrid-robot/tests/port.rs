//! The text edge: few demonstrations, odd options, transcripts, and a build without a trainer.
#![cfg(feature = "formats")]

use std::io::Write;
use std::path::Path;

use isogrid_core::{Ctx, Engine, Port, Recognition, Request, Source};
use isogrid_robot::formats::write_robomimic;
use isogrid_robot::learn::TrainOptions;
use isogrid_robot::protocol::{Briefing, PROTOCOL, Step};
use isogrid_robot::skills::{Head, Skills};
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Robot, Verdict, planted};

fn request(path: &Path, options: &[(&str, &str)]) -> Request {
    let options = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Request { sources: vec![Source::file(path)], options, ..Request::default() }
}

#[test]
fn one_demonstration_is_read_and_warned_of() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("one.hdf5");
    write_robomimic(&path, &planted(1).recordings[..1]).expect("writable");
    let request = request(&path, &[]);
    assert_eq!(Robot.recognize(&request), Recognition::Yes("demonstrations (HDF5)".to_string()));
    let (data, options) = Robot.data(&request).expect("a sound file");
    assert_eq!((data.recordings.len(), options), (1, TrainOptions::default()));
    let warnings = request.warnings.take();
    assert!(
        warnings.iter().any(|warning| warning.contains("1 usable demonstrations are few")),
        "{warnings:?}"
    );
}

#[test]
fn heads_are_declared_as_they_are_trained() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("one.hdf5");
    write_robomimic(&path, &planted(1).recordings[..1]).expect("writable");
    for part in Robot.info().parts {
        let (_, options) = Robot.data(&request(&path, &[("head", part.name)])).expect("a head by this name");
        let passes = match options.head {
            Head::Cloning => 1,
            Head::Diffusion { steps } | Head::Flow { steps } => steps,
        };
        assert_eq!((part.name, part.properties[0].1), (options.head.name(), passes.to_string().as_str()));
    }
}

#[test]
fn no_demonstration_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("none.hdf5");
    let error = write_robomimic(&path, &[]).expect_err("nothing to write").to_string();
    assert!(error.contains("no demonstrations"), "{error}");
    let error = Robot.data(&Request::default()).map(|_| ()).expect_err("nothing to read").to_string();
    assert!(error.contains("no demonstrations"), "{error}");
}

#[cfg(feature = "train")]
#[test]
fn recordings_without_a_move_teach_nothing() {
    let mut still = planted(1);
    still.recordings.iter_mut().for_each(|recording| recording.frames.truncate(3));
    let error = Robot.fit(&Ctx::new(1), &still, &TrainOptions::default()).map(|_| ()).expect_err("no moves");
    let error = error.to_string();
    assert!(error.contains("no example of the sub-skill `reach-pick`"), "{error}");
}

#[test]
fn odd_options_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("some.hdf5");
    write_robomimic(&path, &planted(1).recordings[..2]).expect("writable");
    let cases = [
        ("head", "transformer", "cloning, diffusion or flow"),
        ("steps", "0", "1 to 10000000"),
        ("width", "wide", "4 to 4096"),
        ("base", "1,2", "X,Y,Z"),
        ("base", "0.1,x,0.2", "X,Y,Z"),
        ("base", "0.1,nan,0.2", "X,Y,Z"),
        ("rate", "0", "0.1 to 10000"),
        ("hand-columns", "0,1,2", "four column numbers"),
        ("action-columns", "0,1,2,-3", "four column numbers"),
        ("objects", "cube=box:1x1x1", "NAME=block"),
        ("objects", "cube=block:1x-1x1", "NAME=block"),
    ];
    for (name, value, expected) in cases {
        let error = Robot.data(&request(&path, &[(name, value)])).map(|_| ()).expect_err(name).to_string();
        assert!(error.contains(name) && error.contains(expected), "{name} {value}: {error}");
    }
}

#[test]
fn a_transcript_is_read_and_a_broken_one_has_its_line_named() {
    let recording = planted(1).recordings.remove(0);
    let task = Task::new(&recording.scene, Rule::Anything, vec![(2, 1)]);
    let seen = &recording.frames[0].observation;
    let briefing = Briefing {
        protocol: PROTOCOL,
        scene: recording.scene.clone(),
        task,
        seconds: 60.0,
        observation: seen.clone(),
        listens: false,
    };
    let step = Step { observation: seen.clone(), over: false, disturbances: Vec::new() };
    let lines = [serde_json::to_string(&briefing), serde_json::to_string(&step)]
        .map(|line| line.expect("plain values"));
    let verdict = serde_json::json!({ "verdict": Verdict { reached: true, ..Verdict::default() } });
    let good = format!("{}\n{}\n{verdict}\n", lines[0], lines[1]);
    let read = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("writable");
        let request = request(file.path(), &[]);
        Robot.input(&request, &Skills { head: Head::Cloning, rate_hz: 20.0, nets: Vec::new() }, false)
    };
    assert_eq!(read(&good).expect("a sound transcript").seen.len(), 2);
    let broken = good.replace("\"over\":false", "\"over\":7");
    let error = read(&broken).map(|_| ()).expect_err("a broken line").to_string();
    assert!(error.contains("line 2"), "{error}");
    let error = read("").map(|_| ()).expect_err("nothing").to_string();
    assert!(error.contains("empty"), "{error}");
}

#[cfg(not(feature = "train"))]
#[test]
fn a_build_without_a_trainer_says_how_to_get_one() {
    use isogrid_core::Diagnose;
    let error =
        Robot.fit(&Ctx::new(1), &planted(1), &TrainOptions::default()).map(|_| ()).expect_err("no trainer");
    assert!(error.hint().is_some_and(|hint| hint.contains("--features train")));
}

#[cfg(feature = "train")]
#[test]
fn a_training_that_was_cut_off_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plain = TrainOptions { n_steps: 6, batch: 8, width: 8, n_blocks: 1, ..TrainOptions::default() };
    let data = planted(1);
    let whole = Robot.fit(&Ctx::new(5), &data, &plain).expect("good data");
    let kept = TrainOptions { checkpoints: Some(folder.path().to_path_buf()), ..plain };
    let cut = Robot.fit(&Ctx::new(5).with_tick_limit(9), &data, &kept).expect("good data");
    assert_ne!(cut.model, whole.model);
    let rest = Robot.fit(&Ctx::new(5), &data, &kept).expect("good checkpoints");
    assert_eq!(rest.model.to_bytes(), whole.model.to_bytes());
    // Another training does not go on from them.
    let other = Robot.fit(&Ctx::new(5), &planted(2), &kept).map(|_| ()).expect_err("other demonstrations");
    assert!(other.to_string().contains("other options"), "{other}");
    let head = TrainOptions { head: Head::Diffusion { steps: 5 }, ..kept.clone() };
    assert!(Robot.fit(&Ctx::new(5), &data, &head).is_err());
    let new = TrainOptions { checkpoints: Some(folder.path().join("not/there/yet")), ..kept };
    assert!(Robot.fit(&Ctx::new(5), &data, &new).is_ok());
}

#[cfg(feature = "train")]
#[test]
fn skills_of_another_version_or_rate_are_refused() {
    use isogrid_core::Store;
    use isogrid_robot::agent::{Agent, AgentOptions};
    use isogrid_robot::skills::{Learned, LearnedOptions};

    let options = TrainOptions { n_steps: 2, batch: 8, width: 8, n_blocks: 1, ..TrainOptions::default() };
    let mut data = planted(1);
    data.recordings.truncate(1);
    let skills =
        Robot.fit(&Ctx::new(5), &data, &options).expect("one demonstration is enough to learn").model;
    let mut bytes = Robot.save(&skills);
    let scene = data.recordings[0].scene.clone();
    let task = Task::new(&scene, Rule::Anything, vec![(2, 1)]);
    let fast = isogrid_robot::Scene { rate_hz: 100.0, ..scene };
    let policy = Box::new(Learned::new(&std::sync::Arc::new(skills), LearnedOptions::default()));
    let error = Agent::new(&fast, &task, policy, AgentOptions::default()).map(|_| ()).expect_err("its rate");
    assert_eq!(error.to_string(), "the skills were learned at 20 Hz, the world is at 100 Hz");
    bytes[8] = 77;
    let error = Robot.load(&bytes).map(|_| ()).expect_err("its version");
    assert!(error.to_string().contains("of version 77"), "{error}");
}
