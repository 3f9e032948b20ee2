//! Activations and the exponential under them, written so that loops over them vectorize.
//!
//! SiLU (Elfwing, Uchibe and Doya 2017), Mish (Misra 2019), GELU in its tanh form (Hendrycks and Gimpel 2016). The
//! exponential is Cody and Waite's reduction with a polynomial of degree six; its relative error stays below 2e-7
//! (tested over the whole range), and it saturates instead of overflowing. Left out: double precision.

/// A function applied to every element after a dense layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// `x`
    Identity,
    /// `x * sigmoid(x)`, also called swish.
    #[default]
    Silu,
    /// `x * tanh(softplus(x))`
    Mish,
    /// `x * Phi(x)`, with the tanh approximation of the normal distribution.
    Gelu,
}

/// `exp(x)` with a relative error below 2e-7 for `-87 <= x <= 88`, constant beyond; NaN stays NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_1e-4 * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    (p * (r * r) + r + 1.0) * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// `1 / (1 + exp(-x))`, by way of [`exp`].
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `tanh(x)` with an absolute error below 3e-7, by way of [`exp`].
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

impl Activation {
    /// All of them.
    pub const ALL: [Activation; 4] =
        [Activation::Identity, Activation::Silu, Activation::Mish, Activation::Gelu];

    /// The value at `x`.
    #[inline(always)]
    pub fn value(self, x: f32) -> f32 {
        match self {
            Activation::Identity => x,
            Activation::Silu => silu(x),
            Activation::Mish => mish(x),
            Activation::Gelu => gelu(x),
        }
    }

    /// The slope at `x`.
    #[inline(always)]
    pub fn slope(self, x: f32) -> f32 {
        match self {
            Activation::Identity => 1.0,
            Activation::Silu => silu_slope(x),
            Activation::Mish => mish_slope(x),
            Activation::Gelu => gelu_slope(x),
        }
    }

    /// Replaces every element by its value.
    pub fn apply(self, items: &mut [f32]) {
        match self {
            Activation::Identity => (),
            Activation::Silu => apply_silu(items),
            Activation::Mish => apply_mish(items),
            Activation::Gelu => apply_gelu(items),
        }
    }

    /// Multiplies every gradient by the slope at the input that belongs to it; both slices have one length.
    pub fn chain(self, inputs: &[f32], gradients: &mut [f32]) {
        match self {
            Activation::Identity => (),
            Activation::Silu => chain_silu(inputs, gradients),
            Activation::Mish => chain_mish(inputs, gradients),
            Activation::Gelu => chain_gelu(inputs, gradients),
        }
    }
}

const GELU_SCALE: f32 = 0.797_884_6; // sqrt(2 / pi)
const GELU_CUBE: f32 = 0.044_715;

#[inline(always)]
fn silu(x: f32) -> f32 {
    x * sigmoid(x)
}

#[inline(always)]
fn silu_slope(x: f32) -> f32 {
    let s = sigmoid(x);
    s * (1.0 + x * (1.0 - s))
}

// tanh(ln(1 + e)) = e (e + 2) / (e (e + 2) + 2); beyond 20 it is 1 in single precision, and e * e stays finite.
#[inline(always)]
fn mish(x: f32) -> f32 {
    let e = exp(x.min(20.0));
    let a = e * (e + 2.0);
    x * (a / (a + 2.0))
}

#[inline(always)]
fn mish_slope(x: f32) -> f32 {
    let x = x.min(20.0);
    let e = exp(x);
    let a = e * (e + 2.0);
    let t = a / (a + 2.0);
    // 1 - t * t without its cancellation: 1 - t = 2 / (a + 2).
    t + x * (2.0 / (a + 2.0)) * (1.0 + t) * (e / (1.0 + e))
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x)))
}

#[inline(always)]
fn gelu_slope(x: f32) -> f32 {
    // Beyond, the slope is 0 or 1, and the cube would overflow.
    let x = x.clamp(-20.0, 20.0);
    let t = tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x));
    0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * GELU_SCALE * (1.0 + 3.0 * GELU_CUBE * x * x)
}

crate::vectorized! {
    /// Replaces every element by its exponential ([`exp`]).
    pub fn apply_exp(items: &mut [f32]) {
        for item in items {
            *item = exp(*item);
        }
    }

    fn apply_silu(items: &mut [f32]) {
        for item in items {
            *item = silu(*item);
        }
    }

    fn apply_mish(items: &mut [f32]) {
        for item in items {
            *item = mish(*item);
        }
    }

    fn apply_gelu(items: &mut [f32]) {
        for item in items {
            *item = gelu(*item);
        }
    }

    fn chain_silu(inputs: &[f32], gradients: &mut [f32]) {
        for (gradient, &x) in gradients.iter_mut().zip(inputs) {
            *gradient *= silu_slope(x);
        }
    }

    fn chain_mish(inputs: &[f32], gradients: &mut [f32]) {
        for (gradient, &x) in gradients.iter_mut().zip(inputs) {
            *gradient *= mish_slope(x);
        }
    }

    fn chain_gelu(inputs: &[f32], gradients: &mut [f32]) {
        for (gradient, &x) in gradients.iter_mut().zip(inputs) {
            *gradient *= gelu_slope(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_exact_to_their_stated_error() {
        for i in -870_000..=880_000 {
            let x = i as f32 * 1e-4;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2e-7, "exp({x}): relative error {error}");
        }
        for i in -200_000..=200_000 {
            let x = i as f32 * 1e-4;
            let error = (f64::from(tanh(x)) - f64::from(x).tanh()).abs();
            assert!(error < 3e-7, "tanh({x}): absolute error {error}");
        }
    }

    #[test]
    fn extreme_inputs_saturate() {
        for activation in Activation::ALL {
            for x in [-1e30, -1e4, 1e4, 1e30_f32] {
                let (value, slope) = (activation.value(x), activation.slope(x));
                let limit = if x < 0.0 && activation != Activation::Identity { 0.0 } else { x };
                assert!((value - limit).abs() <= 1e-3, "{activation:?}({x}) = {value}");
                assert!((-0.2..=1.2).contains(&slope), "{activation:?}'({x}) = {slope}");
            }
            assert!(activation.value(f32::NAN).is_nan());
        }
        assert!(exp(f32::NAN).is_nan() && exp(f32::INFINITY).is_finite() && exp(f32::NEG_INFINITY) > 0.0);
    }

    #[test]
    fn slopes_equal_differences() {
        for activation in Activation::ALL {
            for i in -120..=120 {
                let x = f64::from(i) * 0.05;
                let slope = (exact(activation, x + 1e-5) - exact(activation, x - 1e-5)) / 2e-5;
                assert!(
                    (f64::from(activation.slope(x as f32)) - slope).abs() < 2e-6,
                    "{activation:?} at {x}"
                );
                assert!((f64::from(activation.value(x as f32)) - exact(activation, x)).abs() < 2e-6);
            }
        }
    }

    #[test]
    fn slices_equal_single_values() {
        let inputs: Vec<f32> = (0..37).map(|i| i as f32 * 0.4 - 7.0).collect();
        for activation in Activation::ALL {
            let mut values = inputs.clone();
            activation.apply(&mut values);
            let mut gradients = vec![2.0; inputs.len()];
            activation.chain(&inputs, &mut gradients);
            for (i, &x) in inputs.iter().enumerate() {
                assert_eq!(values[i], activation.value(x));
                assert_eq!(gradients[i], 2.0 * activation.slope(x));
            }
        }
    }

    fn exact(activation: Activation, x: f64) -> f64 {
        match activation {
            Activation::Identity => x,
            Activation::Silu => x / (1.0 + (-x).exp()),
            Activation::Mish => x * (1.0 + x.exp()).ln().tanh(),
            Activation::Gelu => {
                0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
            }
        }
    }
}
