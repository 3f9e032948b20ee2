//! How the bench measures, in the words of its run directory.

use crate::run::About;

/// The whole bench.
pub(super) const FULL: About = About {
    title: "The arm: success, ablations, and end-to-end rivals",
    command: "cargo xtask bench robot",
    protocol: PROTOCOL,
};

/// A run that lacks parts.
pub(super) const UNFINISHED: About = About {
    title: "The arm: success, ablations, and end-to-end rivals (unfinished: to be gone on with)",
    ..FULL
};

/// A smoke run.
pub(super) const QUICK: About = About {
    title: "The arm: success, ablations, and end-to-end rivals (smoke run: no claims)",
    command: "cargo xtask bench robot --quick",
    protocol: PROTOCOL,
};

const PROTOCOL: &str = "\
## Protocol

State-based: agent and rivals observe the poses of the hand and of all objects, not images. Pose noise, where there is
any, is white normal noise on the positions of blocks at every tick; the agent is told its size, and averages what it sees
while nothing moves. Real cameras err in the same direction for a while, which is harder.

- *World*: `isogrid-sim` (MuJoCo), one process for each world, spoken to over its protocol; it owns the physics, disturbs,
  and judges by the true poses with rules of its own. An episode is reached when all goals hold, nothing is in the hand,
  and no rule of the game was broken by the arm. Everything starts with 1 cm jitter. Blocks stand square to the hand,
  which does not turn; pads are fixed. Towers start on the first pad and go to the last, so that the rows of Hanoi are one
  problem each, and their intervals are over jitter; the rows of any legal start draw where each block stands, and with it
  the plan. They were added after the others had been played, and have no bar.
- *Engine*: 50 demonstrations of stacking three blocks by a scripted expert (`isogrid-sim record`, its defaults), never a
  Hanoi solution; with symmetry, examples of reaching are turned about the vertical and grasps mirrored; skills by
  `isogrid fit`, pinned to two cores and alone on the machine for the default head. Given are predicates and operators, the
  hand's route for each sub-skill (up, across, down), when a sub-skill has ended, how wide to grip, and with symmetry that
  directions are alike: what is left to learn is short motions seen from the hand, which the demonstrator's controller
  does as well (*the demonstrator's hands*). Each number of demonstrations and each head is one training: intervals are over episodes, not
  over trainings. Seeds of episodes are disjoint from those of demonstrations and of development. An earlier run had
  four failures among 400 disturbed episodes, all of them drops (2026-11-23-epyc-2core-robot); they were looked at, a
  block that leaves the hand while it is grasped or put down now ends the move at once, and all rows and ablations were
  played anew on seeds that nobody had seen.
- *Rivals*: end-to-end policies on the same observations with the goal, learned from 300 whole 3-block Hanoi
  demonstrations (half from random legal starts), as the paper's rival had; by hindsight, a part of the examples asks
  for one move. They learn the whole of the behaviour, without the engine's route, ends of sub-skills and symmetry. The
  guided one is told its next sub-task from a plan made once: nobody plans again, and a sub-task that does not succeed
  within 400 ticks is passed over, so that its share is of skills and of missing feedback. The row of one move also has piles of large on small blocks, which Hanoi demonstrations do not show, and
  those of stacking, which the engine has, do.
  Eight settings a rung by successive halving on held-out loss, in at least ten times the processor time of the
  engine's training (so small rungs get more steps); the last two, in several ways of carrying chunks out, by
  episodes on seeds of their own (20 each, of the task that they have learned; who cannot win any more drops out, and of
  equals the one of less held-out loss wins). What tuning took stands beside the engine's training in the same piece of
  the run; developing the engine and recording demonstrations is in no budget. Larger rungs see their data fewer times, as
  their budget is of time: size and training are not separated. The smallest rungs were made twice, the second time with
  more steps, and that alone raised their single moves. Rivals were not run on five and six blocks, disturbances or
  kitting. Rows of rivals and ablations have fewer episodes than the barred ones, and
  rivals met other builds of the simulator than the engine did: its physics, worlds and judge are the same in all of them.
  Learning curves are in raw.jsonl. They are small policies on states; they are not vision-language-action models.
- *Physics*: rigid boxes and capsules; the whole arm collides with table and blocks, not with itself; pads and trays are
  marks on the table. Joint torques are limited as published, and grasps hold by friction.
- *Disturbed*: one of move, shove, drop, swap and hold in turn, at a time between 3 and 40 s that the seed draws (an
  undisturbed episode takes some 48 s). A shove pushes the clear block next to the hand five to nine centimetres, a hold
  keeps it where it is for 3 s with up to 60 N; a dropped block falls from 4 cm onto a free spot of the table; moved and
  swapped blocks are put where they go, the hand that does it is not simulated. Episodes that ended before their
  disturbance are not counted among the disturbed. *It mattered* where a move failed or a new plan was made: the others
  change nothing that the plan relies on, and skills that see where things are now make up for them. Open loop means that the first plan
  is carried out to its end whatever happens, as released with the paper; without replanning, failed moves are repeated as
  first planned; without retry, the first failed move ends the episode. Only about half of the disturbances matter, most
  drops and swaps and few shoves and holds: the table by kind says how many.
- *Machine*: it was suspended for some minutes while the largest diffusion policy played: three of its episodes hold one
  decision of minutes each, which are in no p99.
- Shares carry Wilson 95 % intervals. The decision's p99 is the worst of the episodes' own: the player's computing
  alone, without the way to the world and back.

## Differences from arXiv 2602.19260

The paper's symbolic system used cameras (detectors trained on images) and a robosuite fork on a graphics card; its rivals
are vision-language-action models of 3 billion parameters. Here poses are given, the arm is of published numbers without
meshes, and rivals are small. The paper's figures stand beside ours for orientation; they are no measurement of ours.
";
