//! Films of episodes, and recorded demonstrations.
#![cfg(feature = "mujoco")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::path::{Path, PathBuf};

use isogrid_robot::agent::AgentOptions;
use isogrid_robot::facts::Tolerances;
use isogrid_robot::formats::{self, ReadOptions};
use isogrid_robot::learn;
use isogrid_robot::policy::{Policy, Scripted};
use isogrid_sim::kept::Keep;
use isogrid_sim::scenario::Scenario;
use isogrid_sim::scenario_file::parse;
use isogrid_sim::verbs::{film, record, run};

fn scenario(text: &str) -> Scenario {
    parse(Path::new("test.toml"), text).unwrap()
}

fn keep(films: &[PathBuf]) -> Keep<'_> {
    Keep { films, ..Keep::default() }
}

#[test]
fn an_episode_becomes_a_strip_and_a_small_gif() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("film-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let scripted = |seed: u64| -> Box<dyn Policy> { Box::new(Scripted::new(0.0, seed)) };
    let text = "family = \"move\"\n[scene]\nblocks = 2\n[[disturbance]]\nkind = \"shove\"\nat = 0.5";
    let batch = |seeds| run::Batch {
        scenario: scenario(text),
        seeds,
        agent: AgentOptions::default(),
        policy: &scripted,
        threads: 1,
    };
    let paths = [folder.join("a.png"), folder.join("a.gif")];
    film::run(&batch((1, 1)), &keep(&paths)).unwrap();
    let (png, gif) = (fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
    film::run(&batch((1, 1)), &keep(&paths)).unwrap();
    let again = (fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
    let wrong_name =
        film::run(&batch((1, 1)), &keep(&[folder.join("a.mp4")])).map(|_| ()).unwrap_err().to_string();
    let many = film::run(&batch((1, 2)), &keep(&paths)).map(|_| ()).unwrap_err().to_string();
    let left = fs::read_dir(&folder).unwrap().count();
    let _ = fs::remove_dir_all(&folder);
    assert!(png.starts_with(b"\x89PNG") && gif.starts_with(b"GIF89a"));
    assert!(gif.len() < 2_000_000, "{}", gif.len());
    assert!(again == (png, gif), "the same seed gives the same pictures");
    assert!(wrong_name.contains("neither .png nor .gif"), "{wrong_name}");
    assert!(many.contains("one episode"), "{many}");
    assert_eq!(left, 2, "no partial files");
}

fn demonstrations(threads: usize) -> record::Demonstrations {
    record::Demonstrations {
        scenario: scenario("family = \"stacking\"\n[scene]\nblocks = 2"),
        n: 3,
        first_seed: 7,
        noise: 0.3,
        recoveries: 1.0,
        disturbed: 0.5,
        threads,
    }
}

#[test]
fn demonstrations_are_the_same_on_any_number_of_threads_and_can_be_read_back() {
    let all = record::demonstrate(&demonstrations(2)).unwrap();
    assert_eq!(all.recordings, record::demonstrate(&demonstrations(1)).unwrap().recordings);
    assert_eq!((all.recordings.len(), all.recoveries, all.failed.as_slice()), (3, 3, [].as_slice()));
    let cut = |recording| learn::segments(recording, &Tolerances::default()).map(|all| all.len());
    assert!(all.recordings.iter().all(|recording| cut(recording).is_ok_and(|n| n >= 4)), "nothing to learn");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("record-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, format) in [("demos.hdf5", formats::Format::Robomimic), ("demos", formats::Format::LerobotV3)]
    {
        let path = folder.join(name);
        record::write(&path, &all.recordings).unwrap();
        let loaded = formats::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!((loaded.format, loaded.recordings.len()), (format, 3), "{:?}", loaded.rejected);
    }
    let csv = record::write(&folder.join("demos.csv"), &all.recordings).unwrap_err().to_string();
    let _ = fs::remove_dir_all(&folder);
    assert!(csv.contains("`.csv` is no format of recordings"), "{csv}");
}

#[test]
fn impossible_demonstrations_are_refused() {
    for (change, expected) in [
        (record::Demonstrations { n: 0, ..demonstrations(1) }, "zero demonstrations"),
        (record::Demonstrations { noise: f64::NAN, ..demonstrations(1) }, "noise = NaN"),
        (record::Demonstrations { recoveries: 2.0, ..demonstrations(1) }, "recoveries = 2"),
        (record::Demonstrations { disturbed: -0.1, ..demonstrations(1) }, "disturbed = -0.1"),
    ] {
        let found = record::demonstrate(&change).map(|_| ()).unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
    }
}
