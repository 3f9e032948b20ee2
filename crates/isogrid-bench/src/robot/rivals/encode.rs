//! Observations as a rival's network sees them: one row for the hand, one for every slot of a block or pad.
//!
//! Slots are fixed, so that scenes of other sizes fit; blocks are put into slots in order of size, into random ones while
//! learning (the rival of arXiv 2602.19260 saw three of four blocks). Lengths stand coarse and fine, relative to the hand
//! as well as absolute. Left out: predicates, which are the engine's knowledge.

use isogrid_num::rng::Rng;
use isogrid_robot::agent::Move;
use isogrid_robot::{ObjectKind, Observation, Scene};

use super::error::RivalError;

/// Slots for blocks.
pub const BLOCK_SLOTS: usize = 6;

/// Slots for pads, after those for blocks.
pub const PAD_SLOTS: usize = 4;

/// All slots.
pub const N_SLOTS: usize = BLOCK_SLOTS + PAD_SLOTS;

/// Numbers of the hand's row.
pub const N_HAND: usize = 12;

/// Numbers of a slot's row.
pub const N_OBJECT: usize = 20 + N_SLOTS;

/// Where absolute positions are counted from, in metres.
const CENTRE: [f64; 3] = [0.5, 0.0, 0.1];

/// A length that counts as one, in metres.
const COARSE: f64 = 0.1;

/// Below this length differences are seen linearly, above it by ratio, in metres.
const FINE: f64 = 0.003;

/// A way within a tick that counts as one, in metres.
const MOTION: f64 = 0.02;

/// Which slot each object of a scene has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    of: Vec<usize>,
}

impl Slots {
    /// Blocks in order of size in random ones of the first `spread` block slots, in order; pads in the first ones.
    ///
    /// # Errors
    /// [`RivalError::Slots`] where the scene has more blocks or pads than there are slots.
    pub fn draw(scene: &Scene, spread: usize, rng: &mut Rng) -> Result<Slots, RivalError> {
        let of_kind = |kind| {
            let is = move |at: &usize| scene.objects[*at].kind == kind;
            (0..scene.objects.len()).filter(is).collect::<Vec<_>>()
        };
        let (mut blocks, pads) = (of_kind(ObjectKind::Block), of_kind(ObjectKind::Pad));
        for (what, found, most) in [("blocks", blocks.len(), BLOCK_SLOTS), ("pads", pads.len(), PAD_SLOTS)] {
            if found > most {
                return Err(RivalError::Slots { what, found, most });
            }
        }
        let volume = |at: usize| scene.objects[at].half_size.iter().product::<f64>();
        blocks.sort_by(|&a, &b| volume(a).total_cmp(&volume(b)));
        let mut free: Vec<usize> = (0..spread.clamp(blocks.len(), BLOCK_SLOTS)).collect();
        rng.shuffle(&mut free);
        free.truncate(blocks.len());
        free.sort_unstable();
        let mut of = vec![0; scene.objects.len()];
        blocks.iter().zip(free).for_each(|(&block, slot)| of[block] = slot);
        pads.iter().zip(BLOCK_SLOTS..).for_each(|(&pad, slot)| of[pad] = slot);
        Ok(Slots { of })
    }

    /// The slot of an object of the scene.
    pub fn of(&self, object: usize) -> usize {
        self.of[object]
    }
}

/// What is asked of a rival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The whole goal: each block on its support.
    Goal(Vec<(usize, usize)>),
    /// One sub-task of a plan; none is left after the last.
    SubTask(Option<Move>),
}

/// An encoded observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The hand's row.
    pub hand: [f32; N_HAND],
    /// A row for every slot; zeros where nothing is in it.
    pub slots: [[f32; N_OBJECT]; N_SLOTS],
}

impl Seen {
    /// Encodes `now`; with `before`, the tick before it, also what moved.
    pub fn new(
        scene: &Scene,
        slots: &Slots,
        (now, before): (&Observation, Option<&Observation>),
        want: &Want,
    ) -> Seen {
        let mut seen = Seen { hand: hand(now, before), slots: [[0.0; N_OBJECT]; N_SLOTS] };
        for (at, object) in scene.objects.iter().enumerate() {
            let mut row = Row { numbers: &mut seen.slots[slots.of(at)], next: 0 };
            let place = now.objects[at].position;
            row.push(1.0);
            row.push((object.half_size[0] - 0.0225) / 0.005);
            minus(place, CENTRE).iter().for_each(|way| row.push((way / COARSE).clamp(-6.0, 6.0)));
            row.way(minus(place, now.hand.position));
            let moved = before.map_or([0.0; 3], |before| minus(place, before.objects[at].position));
            moved.iter().for_each(|way| row.push((way / MOTION).clamp(-3.0, 3.0)));
        }
        seen.want(slots, now, want);
        seen
    }

    /// What is wanted: for each block its support's slot and the way there, or the marks of the sub-task.
    fn want(&mut self, slots: &Slots, now: &Observation, want: &Want) {
        match want {
            Want::Goal(goal) => {
                for &(block, on) in goal {
                    let row = &mut self.slots[slots.of(block)];
                    row[AT_MARKS - N_SLOTS + slots.of(on)] = 1.0;
                    let mut row = Row { numbers: row, next: AT_GOAL };
                    row.push(1.0);
                    let way = minus(now.objects[on].position, now.objects[block].position);
                    way.iter().for_each(|way| row.push((way / COARSE).clamp(-6.0, 6.0)));
                }
            }
            Want::SubTask(Some(Move::Pick { block })) => {
                self.hand[N_HAND - 2] = 1.0;
                self.slots[slots.of(*block)][AT_MARKS] = 1.0;
            }
            Want::SubTask(Some(Move::Place { block, on })) => {
                self.hand[N_HAND - 1] = 1.0;
                self.slots[slots.of(*block)][AT_MARKS] = 1.0;
                self.slots[slots.of(*on)][AT_MARKS + 1] = 1.0;
            }
            Want::SubTask(None) => {}
        }
    }
}

/// Where a slot's row says what its goal is.
const AT_GOAL: usize = 14;

/// Where a slot's row says whether it is what the sub-task moves, and where to.
const AT_MARKS: usize = N_OBJECT - 2;

fn hand(now: &Observation, before: Option<&Observation>) -> [f32; N_HAND] {
    let (hand, last) = (now.hand, before.map_or(now.hand, |before| before.hand));
    let mut numbers = [0.0; N_HAND];
    let mut row = Row { numbers: &mut numbers, next: 0 };
    minus(hand.position, CENTRE).iter().for_each(|way| row.push((way / COARSE).clamp(-6.0, 6.0)));
    row.push((hand.position[2] / FINE).asinh() / 4.0);
    row.push(hand.opening / 0.04 - 1.0);
    row.push(((hand.opening - 0.045) / FINE).asinh() / 2.0);
    minus(hand.position, last.position).iter().for_each(|way| row.push((way / MOTION).clamp(-3.0, 3.0)));
    row.push(((hand.opening - last.opening) / 0.01).clamp(-3.0, 3.0));
    numbers
}

/// Numbers being written one after the other.
struct Row<'a> {
    numbers: &'a mut [f32],
    next: usize,
}

impl Row<'_> {
    fn push(&mut self, number: f64) {
        self.numbers[self.next] = number as f32;
        self.next += 1;
    }

    /// A way, coarse and fine.
    fn way(&mut self, way: [f64; 3]) {
        for length in way {
            self.push((length / COARSE).clamp(-6.0, 6.0));
            self.push((length / FINE).asinh() / 4.0);
        }
    }
}

fn minus(to: [f64; 3], from: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| to[axis] - from[axis])
}

#[cfg(test)]
mod tests {
    use isogrid_robot::{Hand, Object, Pose};

    use super::*;

    fn scene(n_blocks: usize) -> (Scene, Observation) {
        let mut objects = Vec::new();
        for at in 0..3 + n_blocks {
            let kind = if at < 3 { ObjectKind::Pad } else { ObjectKind::Block };
            // The largest block comes first: slots go by size, not by place.
            let half_size = [0.03 - 0.0025 * at as f64; 3];
            objects.push(Object { name: format!("o{at}"), kind, half_size });
        }
        let pose = |at: usize| Pose::upright([0.4 + 0.01 * at as f64, 0.1 * at as f64, 0.02 * at as f64]);
        let hand = Hand { position: [0.5, 0.1, 0.2], opening: 0.08 };
        let seen = Observation { seconds: 0.0, hand, objects: (0..3 + n_blocks).map(pose).collect() };
        (Scene { objects, rate_hz: 20.0, workspace: [[0.0; 3], [1.0; 3]] }, seen)
    }

    #[test]
    fn blocks_lie_in_slots_in_order_of_size() {
        let (scene, _) = scene(3);
        let mut seen = [false; BLOCK_SLOTS];
        for stream in 0..50 {
            let slots = Slots::draw(&scene, BLOCK_SLOTS, &mut Rng::new(1, stream)).expect("it fits");
            assert!(slots.of(5) < slots.of(4) && slots.of(4) < slots.of(3) && slots.of(3) < BLOCK_SLOTS);
            assert_eq!([0, 1, 2].map(|pad| slots.of(pad)), [6, 7, 8]);
            (3..6).for_each(|block| seen[slots.of(block)] = true);
        }
        assert_eq!(seen, [true; BLOCK_SLOTS]);
        let packed = Slots::draw(&scene, 1, &mut Rng::new(1, 0)).expect("it fits");
        assert_eq!([5, 4, 3].map(|block| packed.of(block)), [0, 1, 2]);
    }

    #[test]
    fn a_row_goes_with_its_object() {
        let (scene, now) = scene(2);
        let want = Want::Goal(vec![(4, 3), (3, 2)]);
        let mut draws = (0..20).map(|stream| {
            let slots = Slots::draw(&scene, BLOCK_SLOTS, &mut Rng::new(3, stream)).expect("it fits");
            let seen = Seen::new(&scene, &slots, (&now, None), &want);
            (slots, seen)
        });
        let (first_slots, first) = draws.next().expect("a draw");
        for (slots, seen) in draws {
            assert_eq!(seen.hand, first.hand);
            for object in 0..5 {
                let (a, b) = (&seen.slots[slots.of(object)], &first.slots[first_slots.of(object)]);
                assert_eq!(a[..AT_MARKS - N_SLOTS], b[..AT_MARKS - N_SLOTS]);
            }
            assert_eq!(seen.slots[slots.of(4)][AT_MARKS - N_SLOTS + slots.of(3)], 1.0);
            let empty = (0..N_SLOTS).filter(|slot| (0..5).all(|object| slots.of(object) != *slot));
            empty.for_each(|slot| assert_eq!(seen.slots[slot], [0.0; N_OBJECT]));
        }
    }

    #[test]
    fn what_is_wanted_and_what_moved_are_marked() {
        let (scene, now) = scene(2);
        let slots = Slots::draw(&scene, 2, &mut Rng::new(1, 0)).expect("it fits");
        let mut before = now.clone();
        before.hand.position[2] -= 0.01;
        before.objects[4].position[2] -= 0.01;
        let place = Want::SubTask(Some(Move::Place { block: 4, on: 1 }));
        let seen = Seen::new(&scene, &slots, (&now, Some(&before)), &place);
        assert_eq!(seen.hand[N_HAND - 2..], [0.0, 1.0]);
        assert_eq!(seen.slots[slots.of(4)][AT_MARKS..], [1.0, 0.0]);
        assert_eq!(seen.slots[slots.of(1)][AT_MARKS..], [0.0, 1.0]);
        assert!((seen.hand[8] - 0.5).abs() < 1e-5 && (seen.slots[slots.of(4)][13] - 0.5).abs() < 1e-5);
        assert_eq!(seen.slots[slots.of(3)][13], 0.0);
    }

    #[test]
    fn scenes_that_are_too_large_are_refused() {
        let (scene, _) = scene(7);
        let refused = Slots::draw(&scene, 6, &mut Rng::new(1, 0)).map_err(|error| error.to_string());
        assert_eq!(refused, Err("the scene has 7 blocks, a rival has slots for 6".to_string()));
    }
}
