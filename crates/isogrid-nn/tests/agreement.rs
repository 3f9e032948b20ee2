//! Fused networks against the same composed of plain operations, and trained ones against their export.

use std::ops::ControlFlow;

use isogrid_nn::unfused::{UnfusedMlp, UnfusedTransformer};
use isogrid_nn::{
    AdamW, ConvBatch, ConvNet, ConvNetOptions, FitOptions, Mlp, MlpBatch, MlpOptions, Network, Tape, TimeMlp,
    TimeMlpOptions, Tokens, Transformer, TransformerBatch, TransformerOptions, fit,
};
use isogrid_num::net::{Activation, Masking, Scratch};
use isogrid_num::rng::Rng;

fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed, 9);
    (0..n).map(|_| rng.normal() as f32).collect()
}

fn ids(n: usize, n_ids: u64, seed: u64) -> Vec<u32> {
    let mut rng = Rng::new(seed, 8);
    (0..n).map(|_| rng.below(n_ids) as u32).collect()
}

/// The loss and gradients of the fused network.
fn gradients<N: Network>(network: &N, batch: &N::Batch) -> (f32, Vec<f32>) {
    let tape = Tape::new(network.params());
    let loss = network.loss(&tape, 0, batch).expect("the batch fits");
    let loss = tape.backward(loss);
    (loss, network.params().gradients())
}

fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0_f32, |scale, x| scale.max(x.abs()));
    for (idx, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "{what} {idx}: {a} is not {b}");
    }
}

#[test]
fn perceptrons_equal_their_plain_composition() {
    for (case, activation) in Activation::ALL.into_iter().enumerate() {
        let seed = case as u64;
        let options = MlpOptions { activation, seed, ..MlpOptions::new(&[6, 20, 33, 4]) };
        let network = Mlp::new(options).expect("widths fit");
        let batch =
            MlpBatch { x: numbers(6 * 70, seed), target: numbers(4 * 70, seed + 50), row_weights: vec![] };
        let (loss, fused) = gradients(&network, &batch);
        let (plain_loss, plain) = UnfusedMlp::like(&network, AdamW::default()).gradients(&batch);
        assert!((loss - plain_loss).abs() < 1e-5, "{activation:?}: {loss} is not {plain_loss}");
        assert_close(&format!("{activation:?}"), &fused, &plain, 1e-5);
    }
}

#[test]
fn decoders_equal_their_plain_composition() {
    for masking in Masking::ALL {
        let sizes = TransformerOptions::new(Tokens::Ids(19), 12);
        let options =
            TransformerOptions { width: 16, n_blocks: 2, n_heads: 4, inner_width: 40, masking, ..sizes };
        let network = Transformer::new(options).expect("sizes fit");
        let batch =
            TransformerBatch { ids: ids(36, 19, 1), next_ids: ids(36, 19, 2), ..TransformerBatch::default() };
        let (loss, fused) = gradients(&network, &batch);
        let plain = UnfusedTransformer::like(&network, AdamW::default()).expect("token ids");
        let (plain_loss, plain) = plain.gradients(&batch);
        assert!((loss - plain_loss).abs() < 1e-5, "{masking:?}: {loss} is not {plain_loss}");
        assert_close(&format!("{masking:?}"), &fused, &plain, 2e-5);
    }
}

#[test]
fn steps_equal_those_of_the_plain_optimizer() {
    let mut network = Mlp::new(MlpOptions::new(&[5, 17, 3])).expect("widths fit");
    let batch = MlpBatch { x: numbers(5 * 40, 3), target: numbers(3 * 40, 4), row_weights: vec![] };
    let optimizer = AdamW { weight_decay: 0.0, max_norm: None, ..AdamW::default() };
    let mut plain = UnfusedMlp::like(&network, optimizer);
    let plain: Vec<f32> = (0..30).map(|_| plain.step(&batch)).collect();
    let schedule = isogrid_nn::Schedule::Constant;
    let options = FitOptions { n_steps: 30, optimizer, schedule, averaging: None, ..FitOptions::default() };
    let mut losses = Vec::new();
    fit(&mut network, &options, &mut |_, to: &mut MlpBatch| to.clone_from(&batch), &mut |progress| {
        losses.push(progress.loss);
        ControlFlow::Continue(())
    })
    .expect("training succeeds");
    assert_close("losses", &losses, &plain, 2e-5);
    assert!(losses[29] < losses[0]);
}

#[test]
fn exported_networks_with_time_equal_the_trained_ones() {
    for (case, activation) in Activation::ALL.into_iter().enumerate() {
        let mut rng = Rng::new(6, case as u64);
        let [n_in, n_out, width] = [1, 1, 2].map(|least| least + rng.below(40) as usize);
        let n_blocks = 1 + rng.below(3) as usize;
        let sizes = TimeMlpOptions { width, n_blocks, activation, ..TimeMlpOptions::new(n_in, n_out) };
        let mut network = TimeMlp::new(sizes).expect("sizes fit");
        let n_rows = 33;
        let t: Vec<f32> = (0..n_rows).map(|_| rng.unit() as f32).collect();
        let (x, target) = (numbers(n_rows * n_in, 1), numbers(n_rows * n_out, 2));
        let batch = isogrid_nn::TimeBatch { x, t, target, row_weights: vec![] };
        let options = FitOptions { n_steps: 20, averaging: None, ..FitOptions::default() };
        let mut supply = |_: u64, to: &mut isogrid_nn::TimeBatch| to.clone_from(&batch);
        fit(&mut network, &options, &mut supply, &mut |_| ControlFlow::Continue(())).expect("trains");
        let trained = network.forward(&Tape::new(network.params()), &batch.x, &batch.t).numbers();
        let exported = network.export().expect("finite");
        let read = isogrid_num::net::TimeMlp::from_bytes(&exported.to_bytes()).expect("its own bytes");
        let mut out = vec![0.0; trained.len()];
        read.forward(&batch.x, &batch.t, &mut Scratch::default(), &mut out);
        assert_close(&format!("{activation:?} {n_in} {width} {n_out}"), &out, &trained, 1e-5);
    }
}

/// What an export gives is what the network gives: with it as the target, the network's own loss is that of rounding.
fn assert_exported(what: &str, loss: f32, out: &[f32]) {
    let scale = out.iter().fold(1.0_f32, |scale, x| scale.max(x.abs()));
    assert!(loss.sqrt() < 1e-5 * scale, "{what}: outputs differ by {} of {scale}", loss.sqrt());
}

#[test]
fn other_exported_networks_equal_the_trained_ones() {
    let batch = MlpBatch { x: numbers(5 * 40, 3), target: numbers(3 * 40, 4), row_weights: vec![] };
    let mut network = Mlp::new(MlpOptions::new(&[5, 17, 3])).expect("widths fit");
    // Without the average, so that the loss and the export are of one set of weights.
    unaveraged(&mut network, &batch);
    let mut out = vec![0.0; 3 * 40];
    network.export().expect("finite").forward(&batch.x, &mut Scratch::default(), &mut out);
    let exact = MlpBatch { target: out.clone(), ..batch };
    assert_exported("perceptron", gradients(&network, &exact).0, &out);

    let batch = ConvBatch { x: numbers(4 * 9 * 3, 5), target: numbers(4 * 9 * 2, 6), row_weights: vec![] };
    let mut network =
        ConvNet::new(ConvNetOptions { width: 11, ..ConvNetOptions::new([3, 2], 9) }).expect("sizes");
    unaveraged(&mut network, &batch);
    let (exported, mut out) = (network.export().expect("finite"), Vec::new());
    for sequence in batch.x.chunks_exact(27) {
        let mut part = [0.0; 18];
        exported.forward(sequence, &mut Scratch::default(), &mut part);
        out.extend(part);
    }
    let exact = ConvBatch { target: out.clone(), ..batch };
    assert_exported("convolutions", gradients(&network, &exact).0, &out);

    for masking in Masking::ALL {
        let sizes = TransformerOptions::new(Tokens::Rows { n_in: 4, n_out: 3 }, 6);
        let options =
            TransformerOptions { width: 12, n_blocks: 2, n_heads: 3, inner_width: 20, masking, ..sizes };
        let mut network = Transformer::new(options).expect("sizes fit");
        let (x, target) = (numbers(5 * 6 * 4, 7), numbers(5 * 6 * 3, 8));
        let batch = TransformerBatch { x, target, ..TransformerBatch::default() };
        unaveraged(&mut network, &batch);
        let (exported, mut out) = (network.export().expect("finite"), Vec::new());
        for sequence in batch.x.chunks_exact(24) {
            let mut part = [0.0; 18];
            exported.forward_rows(sequence, &mut Scratch::default(), &mut part).expect("fits");
            out.extend(part);
        }
        let exact = TransformerBatch { target: out.clone(), ..batch };
        assert_exported("transformer", gradients(&network, &exact).0, &out);
    }
}

/// Moves every weight away from its start, zeros included, and keeps no average.
fn unaveraged<N: Network>(network: &mut N, batch: &N::Batch)
where
    N::Batch: Clone,
{
    let options = FitOptions { n_steps: 20, averaging: None, ..FitOptions::default() };
    let mut supply = |_: u64, to: &mut N::Batch| to.clone_from(batch);
    fit(network, &options, &mut supply, &mut |_| ControlFlow::Continue(())).expect("training succeeds");
}

#[test]
fn an_exported_decoder_has_the_trained_ones_chances() {
    let sizes = TransformerOptions::new(Tokens::Ids(7), 6);
    let options = TransformerOptions { width: 12, n_blocks: 2, n_heads: 3, inner_width: 20, ..sizes };
    let mut network = Transformer::new(options).expect("sizes fit");
    let batch = TransformerBatch { ids: ids(4 * 6, 7, 1), next_ids: ids(4 * 6, 7, 2), ..Default::default() };
    unaveraged(&mut network, &batch);
    let exported = network.export().expect("finite");
    // Chosen by what comes next, each position's loss speaks of all of its logits.
    for next in 0..7 {
        let batch = TransformerBatch { next_ids: vec![next; 4 * 6], ..batch.clone() };
        let mut sum = 0.0;
        for sequence in batch.ids.chunks_exact(6) {
            let mut logits = vec![0.0; 6 * 7];
            exported.forward_tokens(sequence, &mut Scratch::default(), &mut logits).expect("known tokens");
            for row in logits.chunks_exact(7) {
                let all = row.iter().map(|logit| f64::from(*logit).exp()).sum::<f64>().ln();
                sum += all - f64::from(row[next as usize]);
            }
        }
        let (loss, exported) = (f64::from(gradients(&network, &batch).0), sum / 24.0);
        assert!((loss - exported).abs() < 1e-5 * (1.0 + exported), "{next}: {loss} is not {exported}");
    }
}

#[test]
fn a_decoder_learns_and_its_export_predicts() {
    let sizes = TransformerOptions::new(Tokens::Ids(5), 8);
    let options = TransformerOptions { width: 24, n_blocks: 1, n_heads: 2, inner_width: 48, ..sizes };
    let mut network = Transformer::new(options).expect("sizes fit");
    // Each token is followed by the one after next, in a circle.
    let mut supply = |step: u64, batch: &mut TransformerBatch| {
        let starts = ids(16, 5, step);
        batch.ids = starts.iter().flat_map(|start| (0..8).map(move |i| (start + 2 * i) % 5)).collect();
        batch.next_ids = batch.ids.iter().map(|id| (id + 2) % 5).collect();
    };
    let optimizer = AdamW { learning_rate: 3e-3, ..AdamW::default() };
    let schedule = isogrid_nn::Schedule::Cosine { n_warmup: 20, floor: 0.1 };
    let options = FitOptions { n_steps: 300, optimizer, schedule, ..FitOptions::default() };
    let trained =
        fit(&mut network, &options, &mut supply, &mut |_| ControlFlow::Continue(())).expect("trains");
    assert!(trained.loss.is_some_and(|loss| loss < 0.05), "{trained:?}");
    let (exported, mut out) = (network.export().expect("finite"), vec![0.0; 15]);
    exported.forward_tokens(&[1, 3, 0], &mut Scratch::default(), &mut out).expect("known tokens");
    let best: Vec<usize> = out
        .chunks_exact(5)
        .map(|row| (0..5).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0))
        .collect();
    assert_eq!(best, [3, 0, 2]);
    let bad = &mut |_: u64, batch: &mut TransformerBatch| {
        batch.ids = vec![5; 8];
        batch.next_ids = vec![0; 8];
    };
    let error = fit(&mut network, &options, bad, &mut |_| ControlFlow::Continue(())).expect_err("token 5");
    assert_eq!(error.to_string(), "an id of the batch is 5, expected below 5");
}
