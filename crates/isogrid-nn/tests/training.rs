//! Training as a caller sees it: it learns, repeats, goes on where it stopped, and refuses what does not fit.

use std::io::{BufRead, BufReader, Write, stdout};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use isogrid_nn::{
    AdamW, CheckpointError, Checkpoints, Error, FitOptions, Network, Progress, Schedule, Stop, TimeBatch,
    TimeMlp, TimeMlpOptions, Trained, fit,
};
use isogrid_num::net::Scratch;
use isogrid_num::rng::Rng;

const N_IN: usize = 3;

/// An empty folder of this name, kept out of the system's own so that no dependency is needed for it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an old folder");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn network() -> TimeMlp {
    let sizes =
        TimeMlpOptions { width: 24, n_time_features: 8, time_width: 8, ..TimeMlpOptions::new(N_IN, 2) };
    TimeMlp::new(sizes).expect("sizes fit")
}

/// `(x0 * cos(3t), x1 + t * x2)`
fn supply(step: u64, batch: &mut TimeBatch) {
    let mut rng = Rng::new(4, step);
    *batch = TimeBatch::default();
    for _ in 0..64 {
        let x: [f32; N_IN] = std::array::from_fn(|_| rng.normal() as f32);
        let t = rng.unit() as f32;
        batch.x.extend(x);
        batch.t.push(t);
        batch.target.extend([x[0] * (3.0 * t).cos(), x[1] + t * x[2]]);
    }
}

fn options(n_steps: u64, path: Option<&Path>) -> FitOptions {
    FitOptions {
        n_steps,
        schedule: Schedule::Cosine { n_warmup: 10, floor: 0.01 },
        optimizer: AdamW { learning_rate: 3e-3, ..AdamW::default() },
        checkpoints: path.map(|path| Checkpoints { every: 10, ..Checkpoints::new(path.to_path_buf()) }),
        ..FitOptions::default()
    }
}

fn until(last: u64) -> impl FnMut(&Progress) -> ControlFlow<()> {
    move |progress| if progress.step == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn train(network: &mut TimeMlp, options: &FitOptions, last: u64) -> Trained {
    fit(network, options, &mut supply, &mut until(last)).expect("training succeeds")
}

#[test]
fn a_function_of_time_is_learned_and_exported() {
    let mut network = network();
    let options = FitOptions { averaging: Some(0.99), ..options(1500, None) };
    let trained = train(&mut network, &options, u64::MAX);
    assert_eq!((trained.stop, trained.n_steps, trained.resumed_at), (Stop::Done, 1500, None));
    assert!(trained.loss.is_some_and(|loss| loss < 0.03), "{trained:?}");
    let exported = network.export().expect("weights are finite");
    let (mut scratch, mut out, mut errors) = (Scratch::default(), [0.0; 2], 0.0);
    let mut batch = TimeBatch::default();
    supply(u64::MAX, &mut batch);
    for row in 0..64 {
        exported.forward(&batch.x[row * N_IN..][..N_IN], &batch.t[row..=row], &mut scratch, &mut out);
        errors += out.iter().zip(&batch.target[row * 2..]).map(|(o, y)| (o - y).powi(2)).sum::<f32>() / 128.0;
    }
    assert!(errors < 0.03, "the exported average has error {errors}");
}

#[test]
fn weights_do_not_depend_on_the_number_of_threads() {
    let run = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool");
        pool.install(|| {
            let sizes = TimeMlpOptions { width: 160, ..TimeMlpOptions::new(N_IN, 2) };
            let mut network = TimeMlp::new(sizes).expect("sizes fit");
            let big = &mut |step, batch: &mut TimeBatch| {
                supply(step, batch);
                for _ in 0..3 {
                    batch.x.extend_from_within(..);
                    batch.t.extend_from_within(..);
                    batch.target.extend_from_within(..);
                }
            };
            fit(&mut network, &options(8, None), big, &mut until(8)).expect("training succeeds");
            network.params().weights()
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(5), "weights differ");
    assert!(one == run(1), "weights do not repeat");
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one_bit_for_bit() {
    let folder = folder("resumed");
    let path = folder.join("run.checkpoint");
    let mut whole = network();
    train(&mut whole, &options(60, None), u64::MAX);
    // Stopped by the observer, which leaves a checkpoint at whatever step it stops.
    for (stopped, resumed_at) in [(30, 30), (37, 37)] {
        let mut first = network();
        assert_eq!(train(&mut first, &options(60, Some(&path)), stopped).stop, Stop::Cancelled);
        let mut second = network();
        let trained = train(&mut second, &options(60, Some(&path)), u64::MAX);
        assert_eq!((trained.resumed_at, trained.n_steps, trained.stop), (Some(resumed_at), 60, Stop::Done));
        assert!(whole.params().weights() == second.params().weights());
        assert!(whole.params().exported() == second.params().exported());
        assert!(whole.params().exported() != whole.params().weights(), "the average is not the last");
        let again = train(&mut network(), &options(60, Some(&path)), u64::MAX);
        assert_eq!((again.resumed_at, again.loss), (Some(60), None));
        std::fs::remove_file(&path).expect("the checkpoint");
    }
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0, "temporary files are left");
}

/// Set for the process that is to be killed: where its checkpoints go.
const DOOMED: &str = "ISOGRID_DOOMED_CHECKPOINT";

/// Trains up to its 37th batch, says so, and waits for its end.
fn doomed(path: &Path) {
    let mut waits = |step: u64, batch: &mut TimeBatch| {
        if step == 37 {
            let _ = writeln!(stdout(), "step 37");
            loop {
                std::thread::park();
            }
        }
        supply(step, batch);
    };
    let ended = fit(&mut network(), &options(60, Some(path)), &mut waits, &mut until(u64::MAX));
    panic!("{:?}", ended.map(|trained| trained.n_steps));
}

#[test]
fn a_killed_run_goes_on_from_its_last_checkpoint() {
    if let Some(path) = std::env::var_os(DOOMED) {
        return doomed(Path::new(&path));
    }
    let folder = folder("killed");
    let path = folder.join("run.checkpoint");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_killed_run_goes_on_from_its_last_checkpoint", "--nocapture"])
        .env(DOOMED, &path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.expect("text").ends_with("step 37")), "it ended early");
    child.kill().expect("it is killed, not asked");
    child.wait().expect("it ends");
    let (mut whole, mut second) = (network(), network());
    train(&mut whole, &options(60, None), u64::MAX);
    assert_eq!(train(&mut second, &options(60, Some(&path)), u64::MAX).resumed_at, Some(30));
    assert!(whole.params().weights() == second.params().weights());
}

#[test]
fn damaged_and_foreign_checkpoints_are_refused() {
    let folder = folder("damaged");
    let path = folder.join("run.checkpoint");
    train(&mut network(), &options(20, Some(&path)), 10);
    let good = std::fs::read(&path).expect("the checkpoint");
    let resume = |bytes: &[u8], options: &FitOptions, network: &mut TimeMlp| {
        std::fs::write(&path, bytes).expect("writing");
        let before = network.params().weights();
        let error = fit(network, options, &mut supply, &mut until(u64::MAX)).expect_err("damaged");
        assert!(before == network.params().weights(), "a refused checkpoint changed the network");
        match error {
            Error::Checkpoint { reason, .. } => reason,
            other => panic!("{other}"),
        }
    };
    let damaged = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x40;
        bytes
    };
    let same = options(20, Some(&path));
    type Expected = fn(&CheckpointError) -> bool;
    let cases: [(&str, Vec<u8>, Expected); 9] = [
        ("empty", vec![], |e| *e == CheckpointError::Magic),
        ("text", b"step,loss\n1,2\n".to_vec(), |e| *e == CheckpointError::Magic),
        ("magic", damaged(0), |e| *e == CheckpointError::Magic),
        ("version", damaged(8), |e| matches!(e, CheckpointError::Version { found: 65, expected: 1 })),
        ("checksum", damaged(12), |e| matches!(e, CheckpointError::Checksum { .. })),
        ("weights", damaged(good.len() - 1), |e| matches!(e, CheckpointError::Checksum { .. })),
        ("header only", good[..40].to_vec(), |e| matches!(e, CheckpointError::Length { .. })),
        ("cut", good[..good.len() - 1].to_vec(), |e| matches!(e, CheckpointError::Length { .. })),
        ("longer", [&good[..], b"x"].concat(), |e| matches!(e, CheckpointError::Length { .. })),
    ];
    for (name, bytes, is_expected) in &cases {
        let reason = resume(bytes, &same, &mut network());
        assert!(is_expected(&reason), "{name}: {reason}");
    }
    // A count that asks for more than memory holds is refused before anything is allocated for it.
    let mut huge = good.clone();
    huge[40..48].fill(0xff);
    assert!(matches!(resume(&huge, &same, &mut network()), CheckpointError::Length { .. }));
    let mut wider =
        TimeMlp::new(TimeMlpOptions { width: 25, ..network().options().clone() }).expect("sizes fit");
    assert!(matches!(resume(&good, &same, &mut wider), CheckpointError::Network { .. }));
    // Of the same parameters, and yet another network.
    let activation = isogrid_num::net::Activation::Gelu;
    let mut other =
        TimeMlp::new(TimeMlpOptions { activation, ..network().options().clone() }).expect("sizes fit");
    assert!(matches!(resume(&good, &same, &mut other), CheckpointError::Network { .. }));
    let other_seed = FitOptions { seed: 1, ..same.clone() };
    assert!(matches!(resume(&good, &other_seed, &mut network()), CheckpointError::Options { .. }));
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_an_error_with_its_path() {
    let path = folder("unwritable").join("missing").join("run.checkpoint");
    let error = fit(&mut network(), &options(20, Some(&path)), &mut supply, &mut until(u64::MAX));
    assert!(error.is_err_and(
        |error| error.to_string().starts_with("writing ") && error.to_string().contains("missing")
    ));
}

#[test]
fn batches_and_options_that_do_not_fit_are_refused() {
    type Change = fn(&mut TimeBatch);
    let cases: [(Change, &str); 6] = [
        (|b| b.x.clear(), "step 0: the inputs of the batch: 0 numbers, expected a multiple of 3"),
        (|b| b.x.truncate(190), "step 0: the inputs of the batch: 190 numbers, expected a multiple of 3"),
        (|b| b.t.truncate(1), "step 0: the times of the batch: 1 numbers, expected 64"),
        (|b| b.target.push(0.0), "step 0: the target of the batch: 129 numbers, expected 128"),
        (|b| b.row_weights = vec![1.0], "step 0: the row weights of the batch: 1 numbers, expected 0 or 64"),
        (|b| b.target[5] = f32::NAN, "step 0: the loss is NaN, not a finite number"),
    ];
    for (change, message) in cases {
        let mut network = network();
        let before = network.params().weights();
        let mut bad = |step: u64, batch: &mut TimeBatch| {
            supply(step, batch);
            change(batch);
        };
        let error = fit(&mut network, &options(5, None), &mut bad, &mut until(u64::MAX)).expect_err(message);
        assert_eq!(error.to_string(), message);
        assert!(before == network.params().weights(), "{message}");
    }
    let bad_options = [
        FitOptions { averaging: Some(1.0), ..options(5, None) },
        FitOptions { optimizer: AdamW { learning_rate: f32::NAN, ..AdamW::default() }, ..options(5, None) },
        FitOptions { optimizer: AdamW { max_norm: Some(0.0), ..AdamW::default() }, ..options(5, None) },
        FitOptions {
            checkpoints: Some(Checkpoints { every: 0, ..Checkpoints::new("x".into()) }),
            ..options(5, None)
        },
    ];
    for options in bad_options {
        let error = fit(&mut network(), &options, &mut supply, &mut until(1)).expect_err("a bad option");
        assert!(matches!(error, Error::Option { .. }), "{error}");
    }
    for sizes in [
        TimeMlpOptions { n_blocks: 0, ..TimeMlpOptions::new(3, 2) },
        TimeMlpOptions { n_time_features: 7, ..TimeMlpOptions::new(3, 2) },
        TimeMlpOptions::new(0, 2),
    ] {
        assert!(matches!(TimeMlp::new(sizes), Err(Error::Option { .. })));
    }
}
