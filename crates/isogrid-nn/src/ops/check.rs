//! Gradients of an operation against central differences of its forward pass.

use isogrid_num::rng::Rng;

use crate::params::{Params, Region, Start};
use crate::tape::{BackwardStep, Fused};

/// Parameters of an operation under test.
#[derive(Debug, Default)]
pub struct Layout {
    params: Params,
}

impl Layout {
    /// A parameter of `len` numbers.
    pub fn add(&mut self, len: usize) -> Region {
        self.params.add("test".into(), len, Start::Normal(0.5), 11)
    }

    /// All parameters.
    pub fn weights(&self) -> Vec<f32> {
        self.params.weights()
    }
}

const STEP: f32 = 4e-3;

/// Checks the gradients of parameters and both inputs under a random linear function of the output.
pub fn assert_gradients(op: &impl Fused, layout: &Layout, lengths: [usize; 2]) {
    let mut rng = Rng::new(23, 0);
    let mut draw = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
    let (weights, x, second) = (layout.params.weights(), draw(lengths[0]), draw(lengths[1]));
    let done = op.forward(&weights, [&x, &second]);
    let direction = draw(done.output.len());
    let value = |weights: &[f32], x: &[f32], second: &[f32]| -> f64 {
        let output = op.forward(weights, [x, second]).output;
        output.iter().zip(&direction).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let mut gradients = vec![0.25; weights.len()];
    let [to_x, to_second] = op.backward(BackwardStep {
        weights: &weights,
        gradients: &mut gradients,
        inputs: [&x, &second],
        saved: &done.saved,
        upstream: direction.clone(),
        is_input_tracked: true,
    });
    gradients.iter_mut().for_each(|gradient| *gradient -= 0.25);
    compare("parameter", &gradients, &weights, |weights| value(weights, &x, &second));
    compare("input", &to_x.expect("the input is tracked"), &x, |x| value(&weights, x, &second));
    if !second.is_empty() {
        compare("second input", &to_second.expect("there is one"), &second, |second| {
            value(&weights, &x, second)
        });
    }
}

fn compare(what: &str, gradients: &[f32], at: &[f32], value: impl Fn(&[f32]) -> f64) {
    assert_eq!(gradients.len(), at.len(), "{what}");
    let scale = gradients.iter().fold(1.0_f32, |scale, g| scale.max(g.abs()));
    for idx in 0..at.len() {
        let moved = |by: f32| {
            let mut moved = at.to_vec();
            moved[idx] += by;
            value(&moved)
        };
        let difference = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
        let error = (f64::from(gradients[idx]) - difference).abs();
        assert!(error < 2e-3 * f64::from(scale), "{what} {idx}: {} is not {difference}", gradients[idx]);
    }
}
