//! Families of simulated worlds, as arguments of `isogrid-sim`: what the demo and the bench of the arm both play.

/// One disturbance of each kind in turn, some time while the arm is at work.
pub(crate) const DISTURBED: [&str; 5] = [
    "--family hanoi --blocks 4 --disturb move --disturb-at 3..40",
    "--family hanoi --blocks 4 --disturb shove --disturb-at 3..40",
    "--family hanoi --blocks 4 --disturb drop --disturb-at 3..40",
    "--family hanoi --blocks 4 --disturb swap --disturb-at 3..40",
    "--family hanoi --blocks 4 --disturb hold --disturb-at 3..40",
];

/// Kitting at each size.
pub(crate) const KITTING: [&str; 3] =
    ["--family kitting --blocks 3", "--family kitting --blocks 4", "--family kitting --blocks 5"];
