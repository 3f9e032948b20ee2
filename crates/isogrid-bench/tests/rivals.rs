//! Rivals of the arm: what they refuse, that they repeat, and that they learn.
#![cfg(feature = "robot")]

use std::path::Path;
use std::sync::Mutex;

use isogrid_bench::robot::rivals::{
    Body, Demonstration, Execute, Head, Point, Rival, RivalError, Settings, Size, TuneOptions, View, train,
    tune,
};
use isogrid_core::{Ctx, Stop};
use isogrid_robot::agent::{Agent, AgentOptions, Status};
use isogrid_robot::kinematic::Kinematic;
use isogrid_robot::policy::Scripted;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Frame, Object, ObjectKind, Recording, Scene};

/// Three pads and `n` blocks, smallest first, in a tower on the first pad; the task is to move it to the last.
fn tower(n: usize) -> (Scene, Vec<[f64; 3]>, Task) {
    let object = |name: String, kind, half_size| Object { name, kind, half_size };
    let mut objects = Vec::new();
    let mut centres = Vec::new();
    for pad in 0..3 {
        objects.push(object(format!("pad{pad}"), ObjectKind::Pad, [0.04, 0.04, 0.0005]));
        centres.push([0.5, 0.2 * (f64::from(pad) - 1.0), 0.0005]);
    }
    let half = |block: usize| 0.02 + 0.0025 * block as f64;
    for block in 0..n {
        objects.push(object(format!("b{block}"), ObjectKind::Block, [half(block); 3]));
        let below: f64 = (block + 1..n).map(|other| 2.0 * half(other)).sum();
        centres.push([0.5, -0.2, 0.001 + below + half(block)]);
    }
    let scene = Scene { objects, rate_hz: 20.0, workspace: [[0.25, -0.45, 0.005], [0.75, 0.45, 0.6]] };
    let goal = (0..n).map(|block| (3 + block, if block + 1 < n { 4 + block } else { 2 })).collect();
    let task = Task::new(&scene, Rule::SmallerOnLarger, goal);
    (scene, centres, task)
}

/// Demonstrations of the scripted policy in the world without physics.
fn demonstrations(n_blocks: usize, n: usize) -> Vec<Demonstration> {
    let (scene, centres, task) = tower(n_blocks);
    let one = |seed: usize| {
        let mut world = Kinematic::new(&scene, &centres);
        let scripted = Scripted::new(0.1, seed as u64);
        let mut agent =
            Agent::new(&scene, &task, Box::new(scripted), AgentOptions::default()).expect("it fits");
        let mut frames = Vec::new();
        while *agent.status() == Status::Working {
            let observation = world.observe().clone();
            let action = agent.act(&Ctx::new(1), &observation).expect("a sound observation");
            frames.push(Frame { observation, action });
            world.act(&action);
        }
        let last = frames.last().expect("frames").clone();
        frames.extend(std::iter::repeat_n(last, 3));
        let recording = Recording { scene: scene.clone(), task: String::new(), frames };
        Demonstration { recording, task: task.clone() }
    };
    (0..n).map(one).collect()
}

fn tiny(head: Head, body: Body) -> Settings {
    Settings {
        head,
        body,
        size: Size::Small,
        n_blocks: 1,
        chunk: 8,
        execute: Execute::First(4),
        batch: 8,
        ..Settings::default()
    }
}

fn trained(settings: &Settings, n_steps: u64) -> (Rival, Vec<Point>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut curve = Vec::new();
    let checkpoint = folder.path().join("checkpoint");
    let demonstrations = demonstrations(1, 3);
    let done = train(&Ctx::new(0), &demonstrations, (settings, n_steps), &checkpoint, &mut |point| {
        curve.push(point);
    });
    let done = done.expect("it trains");
    assert_eq!(done.stop, Stop::Done);
    (done.rival, curve)
}

#[test]
fn training_repeats_on_any_number_of_threads() {
    let settings = tiny(Head::Denoise { steps: 2 }, Body::Tokens);
    let pool = rayon_pool(3);
    let (one, first) = rayon_pool(1).install(|| trained(&settings, 10));
    let (three, second) = pool.install(|| trained(&settings, 10));
    assert_eq!(one.to_bytes().expect("bytes"), three.to_bytes().expect("bytes"));
    assert_eq!(first, second);
}

fn rayon_pool(n_threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool")
}

#[test]
fn every_kind_learns_and_drives() {
    let (scene, centres, task) = tower(1);
    for head in [Head::Chunk, Head::Denoise { steps: 2 }] {
        for body in [Body::Tokens, Body::Flat] {
            let settings = Settings { view: View::SubTask, ..tiny(head, body) };
            let (rival, curve) = trained(&settings, 60);
            assert_eq!(curve.len(), 10);
            let losses = [curve[0].held_out_loss, curve[9].held_out_loss];
            assert!(losses[1] < losses[0], "{head:?} {body:?}: {losses:?}");
            for execute in [Execute::First(4), Execute::Ensemble { decay: 0.01 }] {
                let rival = rival.acting(execute, 0.5).expect("a setting");
                let mut driver = rival.drive(&scene, &task, 1).expect("it fits");
                let mut world = Kinematic::new(&scene, &centres);
                for _ in 0..10 {
                    let action = driver.act(world.observe()).expect("a sound observation");
                    assert_eq!(action, action.clipped());
                    world.act(&action);
                }
            }
        }
    }
}

#[test]
fn a_stopped_training_goes_on_to_the_same_bytes() {
    let settings = tiny(Head::Chunk, Body::Flat);
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, demonstrations) = (trained(&settings, 20).0, demonstrations(1, 3));
    let checkpoint = folder.path().join("checkpoint");
    let part = Ctx::new(0).with_tick_limit(7);
    let stopped =
        train(&part, &demonstrations, (&settings, 20), &checkpoint, &mut |_| {}).expect("it trains");
    assert!(matches!(stopped.stop, Stop::Budget(_)), "{:?}", stopped.stop);
    let done = train(&Ctx::new(0), &demonstrations, (&settings, 20), &checkpoint, &mut |_| {});
    assert_eq!(done.expect("it goes on").rival.to_bytes().ok(), whole.to_bytes().ok());
}

#[test]
fn tuning_halves_and_does_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let demonstrations = demonstrations(1, 3);
    let rates = [1e-3, 1e-4, 3e-3, 1e-5];
    let settings = rates.map(|learning_rate| Settings { learning_rate, ..tiny(Head::Chunk, Body::Flat) });
    let options = TuneOptions { n_steps: 40, ..TuneOptions::new(folder.path().to_path_buf()) };
    let run = |ctx: &Ctx| tune(ctx, &demonstrations, &settings, &options, &|_| {}).expect("it tunes");
    let cut = run(&Ctx::new(0).with_tick_limit(25));
    assert!(cut.stop != Stop::Done && cut.best.is_empty());
    let first = run(&Ctx::new(0));
    assert_eq!(first.trials.iter().map(|trial| trial.rung).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 1, 2]);
    assert_eq!(first.best.len(), 1);
    let said = Mutex::new(0);
    let nothing = Ctx::new(0).with_tick_limit(0);
    let again = tune(&nothing, &demonstrations, &settings, &options, &|_| *said.lock().expect("a lock") += 1);
    let again = again.expect("it reads");
    assert_eq!((again.trials, again.stop), (first.trials, Stop::Done));
    assert_eq!(again.best[0].0.to_bytes().ok(), first.best[0].0.to_bytes().ok());
    assert_eq!(*said.lock().expect("a lock"), 7);
}

#[test]
fn bytes_round_trip_and_are_guarded() {
    for body in [Body::Flat, Body::Tokens] {
        let rival = trained(&tiny(Head::Denoise { steps: 3 }, body), 10).0;
        let bytes = rival.to_bytes().expect("bytes");
        assert_eq!(Rival::from_bytes(&bytes).expect("a rival"), rival);
        for cut in [0, 5, 9, 12, 40, bytes.len() - 1] {
            assert!(matches!(Rival::from_bytes(&bytes[..cut]), Err(RivalError::Bytes(_))), "{cut}");
        }
        for at in [0, 8, 10, bytes.len() / 2] {
            let mut broken = bytes.clone();
            broken[at] ^= 0x40;
            assert!(Rival::from_bytes(&broken).is_err(), "{at}");
        }
    }
}

#[test]
fn bad_input_is_named() {
    let (scene, centres, task) = tower(1);
    let rival = trained(&tiny(Head::Chunk, Body::Flat), 10).0;
    let words = |error: RivalError| error.to_string();
    let many = tower(7);
    assert_eq!(
        rival.drive(&many.0, &many.2, 1).err().map(words).as_deref(),
        Some("the scene has 7 blocks, a rival has slots for 6")
    );
    let beyond = Task { goal: vec![(3, 9)], ..task.clone() };
    assert_eq!(
        rival.drive(&scene, &beyond, 1).err().map(words).as_deref(),
        Some("the goal puts object 3 on object 9, the scene has 4 objects")
    );
    let mut driver = rival.drive(&scene, &task, 1).expect("it fits");
    let mut seen = Kinematic::new(&scene, &centres).observe().clone();
    seen.hand.position[1] = f64::NAN;
    let found = driver.act(&seen).map_err(words);
    assert_eq!(found, Err("the observation at 0.00 s holds a number that is not finite".to_string()));
    seen.objects.pop();
    let found = driver.act(&seen).map_err(words);
    assert_eq!(found, Err("an observation has 3 poses, the scene has 4 objects".to_string()));
}

#[test]
fn bad_settings_and_demonstrations_are_named() {
    let good = tiny(Head::Chunk, Body::Flat);
    let cases = [
        (Settings { chunk: 6, ..good }, "the chunk is 6, expected a multiple of 4"),
        (
            Settings { execute: Execute::First(9), ..good },
            "the number of actions carried out is 9, expected 1 to 8",
        ),
        (Settings { history: 3, ..good }, "the history is 3, expected 1 to 2"),
        (Settings { jitter_mm: f64::NAN, ..good }, "the jitter in millimetres is NaN, expected 0 to 50"),
        (
            Settings { head: Head::Denoise { steps: 0 }, ..good },
            "the number of sampling steps is 0, expected 1 to 255",
        ),
    ];
    let all = demonstrations(1, 2);
    let attempt = |settings: &Settings, demonstrations: &[Demonstration], n_steps| {
        let path = Path::new("unused.checkpoint");
        let done = train(&Ctx::new(0), demonstrations, (settings, n_steps), path, &mut |_| {});
        done.err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (settings, expected) in cases {
        assert_eq!(attempt(&settings, &all, 10), expected);
    }
    assert_eq!(attempt(&good, &all, 3), "the number of steps is 3, expected 10 or more");
    let mut idle = all.clone();
    idle[1].recording.frames.truncate(4);
    let found = attempt(&good, &idle, 10);
    assert!(found.starts_with("1 of 2 demonstrations are usable") && found.contains("number 1"), "{found}");
    assert!(attempt(&good, &[], 10).starts_with("0 of 0 demonstrations"));
}
