//! The fast machine equals the literal reference, clause by clause and vote by vote, whatever the options and the vector
//! instructions.

use isogrid_core::Ctx;
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use isogrid_num::simd::{Level, cap};
use proptest::prelude::*;

use crate::{CompiledMachine, Feedback, Machine, Options, Patches, Pool, Targets, Trainer, reference};

/// Rows that are samples of a few noisy prototypes, packed and plain, with the prototype of each.
fn rows(seed: u64, n_rows: usize, n_features: usize, n_kinds: u32) -> (BitMatrix, Vec<Vec<bool>>, Vec<u32>) {
    let mut rng = Rng::new(seed, 0);
    let kinds: Vec<Vec<bool>> =
        (0..n_kinds).map(|_| (0..n_features).map(|_| rng.chance(0.5)).collect()).collect();
    let (mut packed, mut plain, mut labels) = (BitMatrix::new(n_rows, n_features), Vec::new(), Vec::new());
    for row in 0..n_rows {
        let kind = rng.below(u64::from(n_kinds)) as u32;
        let bits: Vec<bool> = kinds[kind as usize].iter().map(|&bit| bit != rng.chance(0.15)).collect();
        bits.iter().enumerate().filter(|(_, bit)| **bit).for_each(|(col, _)| packed.insert(row, col));
        plain.push(bits);
        labels.push(kind);
    }
    (packed, plain, labels)
}

fn assert_equal(fast: &Machine, slow: &reference::Machine, packed: &BitMatrix, plain: &[Vec<bool>]) {
    for clause in 0..fast.n_clauses() {
        let literals: Vec<usize> = fast.literals(clause).iter().map(|&literal| literal as usize).collect();
        assert_eq!(literals, slow.literals(clause), "clause {clause}");
        let weights: Vec<i32> = fast.weights(clause).map(|(_, weight)| weight).collect();
        assert_eq!(weights, slow.weights(clause), "clause {clause}");
    }
    let sums = fast.sums(packed).unwrap();
    for (row, sums) in sums.chunks_exact(fast.n_outputs()).enumerate() {
        assert_eq!(sums, slow.sums(&plain[row]), "row {row}");
    }
    assert_eq!(fast.sums_on(packed, 3).unwrap(), sums);
    if let Some(compiled) = CompiledMachine::new(fast) {
        assert_eq!(compiled.sums(packed).unwrap(), sums);
    }
}

fn check(seed: u64, packed: &BitMatrix, plain: &[Vec<bool>], (targets, options): (&Targets<'_>, &Options)) {
    let slow = reference::Machine::fit(seed, plain, targets, options);
    for level in Level::ALL {
        cap(level);
        let mut trainer = Trainer::new(seed, packed.n_cols(), targets.n_outputs(), options).unwrap();
        trainer.fit(&Ctx::new(seed), packed, targets).unwrap();
        assert_equal(&trainer.machine(), &slow, packed, plain);
    }
    cap(Level::Avx512);
}

fn options() -> impl Strategy<Value = Options> {
    let feedback = prop_oneof![
        Just(Feedback::Fuzzy),
        any::<bool>().prop_map(|boost_true_positive| Feedback::Classic { boost_true_positive })
    ];
    let pool = prop_oneof![Just(Pool::PerOutput), Just(Pool::Shared)];
    let sizes = (2_usize..24, 1_u32..40, 10_u32..400, 1_u32..20, 1_u32..40);
    let rest = (1_u32..6, any::<bool>(), prop_oneof![Just(None), (1_u32..3).prop_map(Some)], 1_usize..4);
    (feedback, pool, sizes, rest).prop_map(|(feedback, pool, sizes, rest)| Options {
        n_clauses: sizes.0,
        threshold: sizes.1,
        specificity: f64::from(sizes.2) / 10.0,
        fuzziness: sizes.3,
        max_literals: sizes.4,
        epochs: rest.0,
        feedback,
        pool,
        is_weighted: rest.1,
        negatives: rest.2,
        patches: None,
        n_threads: rest.3,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn classes(
        seed in any::<u64>(),
        n_rows in 1_usize..600,
        n_features in 1_usize..200,
        n_classes in 2_u32..5,
        options in options(),
    ) {
        let (packed, plain, labels) = rows(seed, n_rows, n_features, n_classes);
        let weights: Vec<f64> = (0..n_classes).map(|class| 1.0 / f64::from(1 + class)).collect();
        let weights = (seed % 2 == 0).then_some(weights.as_slice());
        let targets = Targets::Classes { of: &labels, n_classes, weights };
        check(seed, &packed, &plain, (&targets, &options));
    }

    #[test]
    fn labels(
        seed in any::<u64>(),
        n_rows in 1_usize..400,
        n_features in 1_usize..100,
        n_labels in 1_usize..4,
        options in options(),
    ) {
        let (packed, plain, kinds) = rows(seed, n_rows, n_features, 5);
        let mut labels = BitMatrix::new(n_rows, n_labels);
        for (row, kind) in kinds.iter().enumerate() {
            (0..n_labels).filter(|label| kind >> label & 1 == 1).for_each(|label| labels.insert(row, label));
        }
        check(seed, &packed, &plain, (&Targets::Labels(&labels), &options));
    }

    #[test]
    fn values(seed in any::<u64>(), n_rows in 1_usize..400, n_features in 1_usize..100, options in options()) {
        let (packed, plain, kinds) = rows(seed, n_rows, n_features, 9);
        let values: Vec<f64> = kinds.iter().map(|&kind| f64::from(kind) / 4.0 - 1.0).collect();
        check(seed, &packed, &plain, (&Targets::Values(&values), &options));
    }

    #[test]
    fn patches(
        seed in any::<u64>(),
        n_rows in 1_usize..60,
        sizes in (1_usize..9, 1_usize..30, 1_usize..9, 1_usize..30, 1_usize..3, 1_usize..3),
        options in options(),
    ) {
        let (height, width, patch_height, patch_width, stride, n_channels) = sizes;
        let (packed, plain, labels) = rows(seed, n_rows, n_channels * height * width, 3);
        let (patch_height, patch_width) = (patch_height.min(height), patch_width.min(width));
        let patches = Some(Patches { height, width, patch_height, patch_width, stride });
        let targets = Targets::Classes { of: &labels, n_classes: 3, weights: None };
        check(seed, &packed, &plain, (&targets, &Options { patches, ..options }));
    }
}
