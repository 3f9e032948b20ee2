//! How the bench measures, in the words of its run directory.

use crate::run::About;

/// The whole bench.
pub(super) const FULL: About = About {
    title: "Training of small networks: fused beside unfused",
    command: "cargo xtask bench nn",
    protocol: PROTOCOL,
};

/// A smoke run.
pub(super) const QUICK: About = About {
    title: "Training of small networks: fused beside unfused (smoke run: no claims)",
    command: "cargo xtask bench nn --quick",
    protocol: PROTOCOL,
};

const PROTOCOL: &str = "\
## Protocol

Two networks are trained on one batch of random numbers, each by two contenders from the same start: `isogrid-nn` with
its fused operations, and the same network of burn's own modules with burn's own AdamW. Every process trains one
network, some steps untimed first, on two cores; contenders take turns, and the speed is the median of the rounds.
Losses show that both compute the same thing; they part slowly, as rounding does and since our AdamW decays matrices
only.

- *mlp*: dense layers 64-256-256-256-64, SiLU, batch 256, mean squared error, AdamW at 1e-3.
- *decoder*: vocabulary 512, 4 pre-norm blocks of width 256, 4 heads, inner width 1,024, GELU (tanh), 8 sequences of
  256 tokens, cross-entropy, AdamW at 3e-4.

Both contenders use the same matrix product (crate `gemm`) and the same setting of the allocator. A step is the whole of
it: the batch's copy, forward, backward, optimizer. Neither keeps an average of the weights or clips gradients.

## Known unfairness

- PyTorch is not in this run: its wheels need 5 GB.
- Ours drives its training loop (progress, checks for numbers that are not finite); burn's is a bare loop.
";
