//! AdamW (Loshchilov and Hutter 2019) over one flat buffer in one pass, with the running average of the weights.
//!
//! Global-norm clipping (Pascanu et al. 2013), cosine schedule with warm-up (Loshchilov and Hutter 2017). Left out:
//! parameter groups beyond "weight decay or none".

use std::ops::Range;

use rayon::prelude::*;

use crate::error::{Error, bad_option};

/// Numbers in a piece of the pass.
const PIECE: usize = 1 << 15;

/// AdamW's options.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// At the top of the schedule. Default 1e-3.
    pub learning_rate: f32,
    /// Memory of the gradient's mean. Default 0.9.
    pub beta1: f32,
    /// Memory of the gradient's square. Default 0.999.
    pub beta2: f32,
    /// Added to the root of the square. Default 1e-8.
    pub epsilon: f32,
    /// Decoupled decay of matrices; biases and gains have none. Default 0.01.
    pub weight_decay: f32,
    /// Gradients of a larger norm, over all parameters, are scaled down to it. Default: 1.
    pub max_norm: Option<f32>,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.01,
            max_norm: Some(1.0),
        }
    }
}

/// How the learning rate moves over a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// It does not.
    Constant,
    /// Up in a line over `n_warmup` steps, then down half a cosine to `floor` times the top at the last step.
    Cosine {
        /// Steps of the rise.
        n_warmup: u64,
        /// The part of the learning rate that is left at the end.
        floor: f32,
    },
}

impl Default for Schedule {
    /// A cosine after 500 steps of warm-up, down to a hundredth.
    fn default() -> Schedule {
        Schedule::Cosine { n_warmup: 500, floor: 0.01 }
    }
}

impl Schedule {
    /// The factor of the learning rate at `step`, from 0, of a run of `n_steps`.
    pub fn factor(&self, step: u64, n_steps: u64) -> f32 {
        let Schedule::Cosine { n_warmup, floor } = *self else { return 1.0 };
        if step < n_warmup {
            return (step + 1) as f32 / n_warmup as f32;
        }
        let n_left = n_steps.saturating_sub(n_warmup + 1).max(1);
        let part = ((step - n_warmup) as f64 / n_left as f64).min(1.0);
        floor + (1.0 - floor) * (0.5 * (1.0 + (std::f64::consts::PI * part).cos())) as f32
    }
}

/// The state of the optimizer: two moments, and the average of the weights where one is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moments {
    pub mean: Vec<f32>,
    pub square: Vec<f32>,
    /// Empty where no average is kept.
    pub averaged: Vec<f32>,
}

/// What one pass needs beside the buffers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    /// From 0.
    pub step: u64,
    /// With the schedule's factor in it.
    pub learning_rate: f32,
    /// What the gradients are multiplied by.
    pub gradient_scale: f32,
    /// The average keeps this part of itself.
    pub averaging: f32,
}

impl AdamW {
    /// Checks the options.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let check = |what, value: f32, range: Range<f32>| {
            let expected = || format!("at least {} and below {}", range.start, range.end);
            if range.contains(&value) { Ok(()) } else { Err(bad_option(what, value, expected())) }
        };
        check("the learning rate", self.learning_rate, 0.0..1e3)?;
        check("beta1", self.beta1, 0.0..1.0)?;
        check("beta2", self.beta2, 0.0..1.0)?;
        check("epsilon", self.epsilon, f32::MIN_POSITIVE..1.0)?;
        check("the weight decay", self.weight_decay, 0.0..1e3)?;
        check("the largest norm of a gradient", self.max_norm.unwrap_or(1.0), f32::MIN_POSITIVE..f32::MAX)
    }

    /// Moves the weights by one step; `decayed` are the ranges with weight decay, in order.
    pub(crate) fn pass(
        &self,
        weights: &mut [f32],
        gradients: &[f32],
        moments: &mut Moments,
        (pass, decayed): (Pass, &[Range<usize>]),
    ) {
        let count = pass.step as i32 + 1;
        let rates = Rates {
            beta1: self.beta1,
            beta2: self.beta2,
            rate: pass.learning_rate / (1.0 - f64::from(self.beta1).powi(count)) as f32,
            root_scale: 1.0 / (1.0 - f64::from(self.beta2).powi(count)).sqrt() as f32,
            epsilon: self.epsilon,
            keep: 1.0,
            gradient_scale: pass.gradient_scale,
            move_average: 1.0 - pass.averaging,
        };
        let keep_decayed = 1.0 - pass.learning_rate * self.weight_decay;
        let mut done = 0;
        for range in decayed.iter().cloned().chain(std::iter::once(weights.len()..weights.len())) {
            for (range, keep) in [(done..range.start, 1.0), (range.clone(), keep_decayed)] {
                let buffers = [
                    &mut weights[range.clone()],
                    &mut moments.mean[range.clone()],
                    &mut moments.square[range.clone()],
                    moments.averaged.get_mut(range.clone()).unwrap_or_default(),
                ];
                pieces(buffers, &gradients[range], Rates { keep, ..rates });
            }
            done = range.end;
        }
    }
}

/// The norm of all gradients together; the same on any number of threads.
pub(crate) fn norm(gradients: &[f32]) -> f32 {
    let squares: Vec<f64> = gradients.par_chunks(PIECE).map(sum_squares).collect();
    squares.iter().sum::<f64>().sqrt() as f32
}

#[derive(Debug, Clone, Copy)]
struct Rates {
    beta1: f32,
    beta2: f32,
    rate: f32,
    root_scale: f32,
    epsilon: f32,
    keep: f32,
    gradient_scale: f32,
    move_average: f32,
}

fn pieces([weights, mean, square, averaged]: [&mut [f32]; 4], gradients: &[f32], rates: Rates) {
    let moments = mean.par_chunks_mut(PIECE).zip(square.par_chunks_mut(PIECE));
    let buffers = weights.par_chunks_mut(PIECE).zip(moments).zip(gradients.par_chunks(PIECE));
    if averaged.is_empty() {
        return buffers.for_each(|((w, (m, v)), g)| adam(w, m, v, g, rates));
    }
    buffers.zip(averaged.par_chunks_mut(PIECE)).for_each(|(((w, (m, v)), g), a)| {
        adam(w, m, v, g, rates);
        average(a, w, rates.move_average);
    });
}

isogrid_num::vectorized! {
    fn sum_squares(items: &[f32]) -> f64 {
        let mut lanes = [0.0_f64; 8];
        let (chunks, rest) = items.as_chunks::<8>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += f64::from(*x) * f64::from(*x);
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *lane += f64::from(*x) * f64::from(*x);
        }
        lanes.iter().sum()
    }

    fn adam(weights: &mut [f32], mean: &mut [f32], square: &mut [f32], gradients: &[f32], rates: Rates) {
        let moments = mean.iter_mut().zip(square);
        for ((w, (m, v)), g) in weights.iter_mut().zip(moments).zip(gradients) {
            let g = g * rates.gradient_scale;
            *m = rates.beta1 * *m + (1.0 - rates.beta1) * g;
            *v = rates.beta2 * *v + (1.0 - rates.beta2) * (g * g);
            *w = *w * rates.keep - rates.rate * *m / (v.sqrt() * rates.root_scale + rates.epsilon);
        }
    }

    fn average(averaged: &mut [f32], weights: &[f32], move_average: f32) {
        for (a, w) in averaged.iter_mut().zip(weights) {
            *a += move_average * (w - *a);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_equal_the_paper_s_formulas() {
        let options = AdamW { learning_rate: 0.1, weight_decay: 0.5, ..AdamW::default() };
        let (mut weights, mut literal) = (vec![1.0_f32, -2.0, 0.5], [1.0_f64, -2.0, 0.5]);
        let mut moments = Moments { mean: vec![0.0; 3], square: vec![0.0; 3], averaged: vec![0.0; 3] };
        let (mut m, mut v, mut averaged) = ([0.0_f64; 3], [0.0_f64; 3], [0.0_f64; 3]);
        for step in 0..20_u64 {
            let gradients: Vec<f32> = weights.iter().map(|w| w * 0.7 + step as f32 * 0.01).collect();
            let pass = Pass { step, learning_rate: 0.1, gradient_scale: 0.5, averaging: 0.9 };
            options.pass(&mut weights, &gradients, &mut moments, (pass, std::slice::from_ref(&(1..2))));
            for i in 0..3 {
                let g = f64::from(gradients[i]) * 0.5;
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let corrected = |x: f64, beta: f64| x / (1.0 - beta.powi(step as i32 + 1));
                let decay = if i == 1 { 0.1 * 0.5 * literal[i] } else { 0.0 };
                literal[i] -= decay + 0.1 * corrected(m[i], 0.9) / (corrected(v[i], 0.999).sqrt() + 1e-8);
                averaged[i] = 0.9 * averaged[i] + 0.1 * literal[i];
                assert!((f64::from(weights[i]) - literal[i]).abs() < 1e-5, "step {step}, weight {i}");
                assert!((f64::from(moments.averaged[i]) - averaged[i]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_schedule_rises_and_falls() {
        let schedule = Schedule::Cosine { n_warmup: 10, floor: 0.1 };
        let cases = [(0, 0.1), (9, 1.0), (10, 1.0), (55, 0.5421), (99, 0.1), (500, 0.1)];
        for (step, expected) in cases {
            assert!((schedule.factor(step, 100) - expected).abs() < 0.01, "{}", schedule.factor(step, 100));
        }
        assert_eq!(Schedule::Constant.factor(3, 5), 1.0);
        assert!(Schedule::default().factor(0, 1).is_finite());
    }

    #[test]
    fn norms_are_of_all_parameters() {
        assert_eq!(norm(&[3.0, 0.0, -4.0]), 5.0);
        assert!(norm(&[f32::NAN]).is_nan());
    }
}
