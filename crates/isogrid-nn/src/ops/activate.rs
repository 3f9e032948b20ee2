//! An activation by itself, where nothing stands before it to be fused with.

use isogrid_num::net::Activation;

use crate::kernels;
use crate::tape::{BackwardStep, Forward, Fused};

/// An activation of rows of `width`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActivateOp {
    pub activation: Activation,
    pub width: usize,
}

impl Fused for ActivateOp {
    fn forward(&self, _weights: &[f32], [x, _]: [&[f32]; 2]) -> Forward {
        let mut output = x.to_vec();
        kernels::for_rows(&mut output, self.width, |_, rows| self.activation.apply(rows));
        Forward { output, width: self.width, saved: Vec::new() }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let mut gradient = step.upstream;
        kernels::chain(self.activation, step.inputs[0], &mut gradient);
        [Some(gradient), None]
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        for activation in Activation::ALL {
            assert_gradients(&ActivateOp { activation, width: 4 }, &Layout::default(), [20, 0]);
        }
    }
}
