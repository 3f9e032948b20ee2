//! The graph of one training step: burn's automatic differentiation, with our fused operations as its nodes.
//!
//! burn orders the backward pass, keeps what it needs and adds up the gradients of intermediate results. Gradients of
//! parameters go straight into the flat buffer of [`Params`], so parameters are no tensors, and no step copies them.
//! No type of burn is public.

use std::fmt;
use std::sync::{Arc, PoisonError};

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Device, Tensor, TensorData};

use isogrid_num::net::Activation;

use crate::ops::ActivateOp;
use crate::params::{Params, Store};

/// An operation with its own backward pass. Buffers are row-major.
pub(crate) trait Fused: fmt::Debug + Send + Sync + 'static {
    /// The result and what the backward pass needs of it. The second input is empty where there is none.
    fn forward(&self, weights: &[f32], inputs: [&[f32]; 2]) -> Forward;

    /// Adds the parameters' gradients to `step.gradients` and gives those of the inputs (the second one only where
    /// there is a second input).
    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2];
}

/// What a forward pass leaves.
pub(crate) struct Forward {
    /// `[.., width]`
    pub output: Vec<f32>,
    pub width: usize,
    pub saved: Vec<Vec<f32>>,
}

/// What a backward pass gets.
pub(crate) struct BackwardStep<'a> {
    pub weights: &'a [f32],
    pub gradients: &'a mut [f32],
    pub inputs: [&'a [f32]; 2],
    pub saved: &'a [Vec<f32>],
    /// The gradient of the output, like it.
    pub upstream: Vec<f32>,
    /// Whether the gradient of the first input is used by anyone.
    pub is_input_tracked: bool,
}

/// An intermediate result of a step: `[rows, width]`.
#[derive(Clone)]
pub struct Var {
    tensor: Tensor<2>,
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rows, width] = self.tensor.dims();
        write!(f, "Var {rows} x {width}")
    }
}

/// The record of one step's operations on the parameters of one network.
#[derive(Debug)]
pub struct Tape {
    store: Arc<Store>,
    device: Device,
    // An input of every operation that needs a gradient, so that each is recorded even when its other inputs are data.
    root: Tensor<2>,
}

impl Tape {
    /// An empty record.
    pub fn new(params: &Params) -> Tape {
        let device = Device::flex().autodiff();
        let root = Tensor::from_data(TensorData::new(vec![0.0_f32], [1, 1]), &device).require_grad();
        Tape { store: Arc::clone(&params.store), device, root }
    }

    /// Data as an intermediate result, `[.., width]`; it has no gradient.
    ///
    /// # Panics
    /// The numbers are no whole rows.
    pub fn input(&self, numbers: Vec<f32>, width: usize) -> Var {
        assert!(width > 0 && numbers.len().is_multiple_of(width), "whole rows of {width}");
        let n_rows = numbers.len() / width;
        Var { tensor: Tensor::from_data(TensorData::new(numbers, [n_rows, width]), &self.device) }
    }

    /// An activation of every number.
    pub fn activate(&self, x: &Var, activation: Activation) -> Var {
        let [_, width] = x.tensor.dims();
        self.apply(ActivateOp { activation, width }, x, None)
    }

    /// An operation whose only inputs are parameters.
    pub(crate) fn apply_to_nothing(&self, operation: impl Fused) -> Var {
        self.apply(operation, &Var { tensor: self.root.clone() }, None)
    }

    pub(crate) fn apply(&self, operation: impl Fused, x: &Var, second: Option<&Var>) -> Var {
        let call = Call {
            operation: Box::new(operation),
            store: Arc::clone(&self.store),
            has_second: second.is_some(),
        };
        let second = second.map_or_else(|| self.root.clone(), |second| second.tensor.clone());
        let output = Dispatch::fused(
            x.tensor.clone().into_dispatch(),
            second.into_dispatch(),
            self.root.clone().into_dispatch(),
            Arc::new(call),
        );
        Var { tensor: Tensor::from_dispatch(output) }
    }

    /// The loss's value; the parameters' gradients are in their buffer afterwards, and the record is used up.
    pub fn backward(self, loss: Var) -> f32 {
        self.store.update(|_, gradients| gradients.fill(0.0));
        drop(loss.tensor.backward());
        loss.value()
    }
}

impl Var {
    /// The numbers, row after row.
    pub fn numbers(&self) -> Vec<f32> {
        self.tensor.clone().into_data().try_to_vec().unwrap_or_default()
    }

    fn value(&self) -> f32 {
        self.numbers().first().copied().unwrap_or(f32::NAN)
    }
}

/// One use of an operation.
#[derive(Debug)]
struct Call {
    operation: Box<dyn Fused>,
    store: Arc<Store>,
    has_second: bool,
}

type Primitive = FloatTensor<Flex>;

impl Call {
    fn forward(&self, x: &Primitive, second: &Primitive) -> (Primitive, Vec<Vec<f32>>) {
        let done = self.store.read(|weights| {
            self.operation.forward(weights, [slice(x), if self.has_second { slice(second) } else { &[] }])
        });
        let n_rows = done.output.len() / done.width;
        (primitive(done.output, [n_rows, done.width]), done.saved)
    }
}

#[backend_extension(Flex, Autodiff)]
trait FusedBackend: Backend {
    fn fused(
        x: FloatTensor<Self>,
        second: FloatTensor<Self>,
        root: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> FloatTensor<Self>;
}

impl FusedBackend for Flex {
    fn fused(
        x: FloatTensor<Self>,
        second: FloatTensor<Self>,
        _root: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> FloatTensor<Self> {
        call.forward(&x.to_contiguous(), &second.to_contiguous()).0
    }
}

impl<C: CheckpointStrategy> FusedBackend for Autodiff<Flex, C> {
    fn fused(
        x: FloatTensor<Self>,
        second: FloatTensor<Self>,
        root: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (second, second_node), (_, root_node)) =
            (x.into_parts(), second.into_parts(), root.into_parts());
        let (x, second) = (x.to_contiguous(), second.to_contiguous());
        let (output, saved) = call.forward(&x, &second);
        match FusedStep.prepare::<C>([x_node, second_node, root_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Arc::new(State { call, x, second, saved }), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

/// What one use of an operation keeps for its backward pass.
struct State {
    call: Arc<Call>,
    x: Primitive,
    second: Primitive,
    saved: Vec<Vec<f32>>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

#[derive(Debug)]
struct FusedStep;

impl Backward<Flex, 3> for FusedStep {
    type State = Arc<State>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let State { call, x, second, saved } = &*ops.state;
        let upstream = numbers(grads.consume::<Flex>(&ops.node));
        let [x_node, second_node, _] = ops.parents;
        let weights = call.store.weights.read().unwrap_or_else(PoisonError::into_inner);
        let mut gradients = call.store.gradients.lock().unwrap_or_else(PoisonError::into_inner);
        let downstream = call.operation.backward(BackwardStep {
            weights: &weights,
            gradients: &mut gradients,
            inputs: [slice(x), if call.has_second { slice(second) } else { &[] }],
            saved,
            upstream,
            is_input_tracked: x_node.is_some(),
        });
        let second_node = second_node.filter(|_| call.has_second);
        for ((node, gradient), input) in [x_node, second_node].into_iter().zip(downstream).zip([x, second]) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                let [rows, width] = input.shape().dims();
                grads.register::<Flex>(node.id, primitive(gradient, [rows, width]));
            }
        }
    }
}

fn slice(tensor: &Primitive) -> &[f32] {
    tensor.as_slice::<f32>().expect("a contiguous tensor of single precision: only such are made here")
}

fn primitive(numbers: Vec<f32>, shape: [usize; 2]) -> Primitive {
    Primitive::from_data(TensorData::new(numbers, shape))
}

fn numbers(tensor: Primitive) -> Vec<f32> {
    let data = tensor.to_contiguous().into_data();
    data.try_into_vec().expect("single precision: only such tensors are made here")
}
