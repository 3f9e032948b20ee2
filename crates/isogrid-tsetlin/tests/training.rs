//! Training by its contract: threads, stops, checkpoints and damaged files.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use isogrid_core::{Ctx, Limit, Stop};
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use isogrid_tsetlin::{Feedback, Options, Patches, Pool, Targets, Trainer, TsetlinError};

const N_FEATURES: usize = 72;
const N_CLASSES: u32 = 3;

/// Noisy copies of three prototypes.
fn samples(seed: u64, n_rows: usize) -> (BitMatrix, Vec<u32>) {
    let mut rng = Rng::new(9, 0);
    let kinds: Vec<Vec<bool>> =
        (0..N_CLASSES).map(|_| (0..N_FEATURES).map(|_| rng.chance(0.4)).collect()).collect();
    let mut rng = Rng::new(seed, 1);
    let (mut rows, mut labels) = (BitMatrix::new(n_rows, N_FEATURES), Vec::new());
    for row in 0..n_rows {
        let kind = rng.below(u64::from(N_CLASSES)) as u32;
        for (feature, &bit) in kinds[kind as usize].iter().enumerate() {
            if bit != rng.chance(0.2) {
                rows.insert(row, feature);
            }
        }
        labels.push(kind);
    }
    (rows, labels)
}

fn variants() -> Vec<(&'static str, Options)> {
    let plain = Options { n_clauses: 12, threshold: 10, specificity: 20.0, epochs: 4, ..Options::default() };
    let patches = Patches { height: 8, width: 9, patch_height: 6, patch_width: 5, stride: 1 };
    vec![
        ("plain", plain.clone()),
        ("weighted", Options { is_weighted: true, ..plain.clone() }),
        ("shared", Options { pool: Pool::Shared, ..plain.clone() }),
        ("classic", Options { feedback: Feedback::Classic { boost_true_positive: false }, ..plain.clone() }),
        ("few negatives", Options { negatives: Some(1), ..plain.clone() }),
        ("patches", Options { patches: Some(patches), ..plain.clone() }),
        ("shared patches", Options { patches: Some(patches), pool: Pool::Shared, ..plain }),
    ]
}

fn trainer(options: &Options) -> Trainer {
    Trainer::new(7, N_FEATURES, N_CLASSES as usize, options).unwrap()
}

fn targets(labels: &[u32]) -> Targets<'_> {
    Targets::Classes { of: labels, n_classes: N_CLASSES, weights: None }
}

#[test]
fn every_number_of_threads_gives_the_same_machine() {
    let (rows, labels) = samples(1, 700);
    for (name, options) in variants() {
        let machine = |n_threads| {
            let mut trainer = trainer(&Options { n_threads, ..options.clone() });
            assert_eq!(trainer.fit(&Ctx::new(7), &rows, &targets(&labels)).unwrap(), Stop::Done);
            trainer.machine()
        };
        let alone = machine(1);
        for n_threads in [2, 3, 16] {
            assert!(machine(n_threads) == alone, "{name} on {n_threads} threads");
        }
        let sums = alone.sums(&rows).unwrap();
        let is_right = |(row, sums): (usize, &[i32])| {
            (0..sums.len()).max_by_key(|&class| sums[class]) == Some(labels[row] as usize)
        };
        let n_right = sums.chunks_exact(N_CLASSES as usize).enumerate().filter(|&row| is_right(row)).count();
        assert!(n_right > 600, "{name} learns: {n_right} of 700");
    }
}

#[test]
fn training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped() {
    let (rows, labels) = samples(2, 700);
    for (name, options) in variants() {
        let mut whole = trainer(&options);
        whole.fit(&Ctx::new(7), &rows, &targets(&labels)).unwrap();
        let mut resumed = trainer(&options);
        let mut n_stops = 0;
        // Two of the three blocks of a pass at most, in the middle of passes too.
        while resumed.fit(&Ctx::new(7).with_tick_limit(1_600), &rows, &targets(&labels)).unwrap()
            == Stop::Budget(Limit::Ticks)
        {
            // On another machine there may be other threads.
            resumed = Trainer::from_bytes(&resumed.to_bytes()).unwrap().on_threads(1 + n_stops % 3);
            n_stops += 1;
        }
        resumed = resumed.on_threads(options.n_threads);
        assert!(n_stops >= 4 && resumed.to_bytes() == whole.to_bytes(), "{name}: {n_stops} stops");
    }
}

#[test]
fn one_more_pass_may_see_other_samples() {
    let (first, labels) = samples(3, 300);
    let (second, more_labels) = samples(4, 500);
    let mut trainer =
        trainer(&Options { n_clauses: 12, threshold: 10, specificity: 20.0, ..Options::default() });
    for _ in 0..3 {
        trainer.partial_fit(&Ctx::new(7), &first, &targets(&labels)).unwrap();
        trainer.partial_fit(&Ctx::new(7), &second, &targets(&more_labels)).unwrap();
    }
    assert_eq!(trainer.epoch(), 6);
    assert_eq!(
        trainer.fit(&Ctx::new(7).with_tick_limit(0), &first, &targets(&labels)).unwrap(),
        Stop::Budget(Limit::Ticks)
    );
}

#[test]
fn damaged_checkpoints_are_errors() {
    let (rows, labels) = samples(5, 300);
    let mut trainer = trainer(&Options { n_clauses: 4, epochs: 1, ..Options::default() });
    trainer.fit(&Ctx::new(7), &rows, &targets(&labels)).unwrap();
    let bytes = trainer.to_bytes();
    let refused = |bytes: &[u8]| match Trainer::from_bytes(bytes) {
        Err(TsetlinError::Model { reason }) => reason,
        other => panic!("{other:?}"),
    };
    for end in (0..bytes.len()).step_by(7) {
        assert!(
            ["cut short", "damaged"].iter().any(|word| refused(&bytes[..end]).contains(word)),
            "{end} bytes"
        );
    }
    for place in (16..bytes.len()).step_by(13) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(refused(&damaged).contains("damaged"), "byte {place}");
    }
    let mut later = bytes.clone();
    later[7] += 1;
    assert!(refused(&later).contains("another version"));
    assert!(refused(b"PK\x03\x04 a zip archive").contains("not a machine in training"));
}

#[test]
fn samples_and_targets_must_fit_the_machine() {
    let (rows, labels) = samples(6, 10);
    let fit = |rows: &BitMatrix, targets: &Targets<'_>| {
        trainer(&Options::default()).fit(&Ctx::new(7), rows, targets).unwrap_err().to_string()
    };
    let class_weights =
        |weights| Targets::Classes { of: &labels, n_classes: N_CLASSES, weights: Some(weights) };
    let values = vec![0.5; 10];
    let cases = [
        (fit(&rows, &targets(&labels[1..])), "10 rows and 9 labels"),
        (fit(&BitMatrix::new(10, 5), &targets(&labels)), "expected rows of 72 features, found 5"),
        (fit(&rows, &Targets::Values(&values)), "expected targets of 3 outputs, found 1"),
        (fit(&rows, &Targets::Values(&[0.0, f64::NAN])), "row 1 has the value NaN"),
        (
            fit(&rows, &Targets::Classes { of: &[0, 7], n_classes: 3, weights: None }),
            "row 1 has class 7 of 3",
        ),
        (fit(&rows, &class_weights(&[1.0, 2.0, 0.5])), "`class-weights` is [1.0, 2.0, 0.5]"),
        (fit(&rows, &class_weights(&[1.0])), "`class-weights` is [1.0]"),
    ];
    for (message, expected) in cases {
        assert!(message.contains(expected), "{message}");
    }
    let refused = |n_features, n_outputs, options: Options| {
        Trainer::new(1, n_features, n_outputs, &options).unwrap_err().to_string()
    };
    assert!(refused(0, 2, Options::default()).contains("no features"));
    assert!(refused(1 << 25, 2, Options::default()).contains("33554432 boolean features"));
    assert!(refused(5, 0, Options::default()).contains("found 0"));
    let patches = Some(Patches { height: 3, width: 3, patch_height: 4, patch_width: 1, stride: 1 });
    assert!(refused(9, 2, Options { patches, ..Options::default() }).contains("patches within the image"));
}
