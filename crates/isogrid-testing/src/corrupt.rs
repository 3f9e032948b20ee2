//! Broken bytes of all kinds: what a reader of models and files must survive.

use std::panic::{AssertUnwindSafe, catch_unwind};

use isogrid_core::Source;

const N_FLIPS: usize = 256;
const N_CUTS: usize = 64;
const N_RANDOM: u64 = 64;

/// Model bytes with something wrong.
pub(crate) struct Mutation {
    name: String,
    bytes: Vec<u8>,
}

impl Mutation {
    /// Runs `check` on the bytes; a panic inside becomes one that names the mutation.
    pub(crate) fn run(&self, check: impl FnOnce(&[u8])) {
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&self.bytes)));
        assert!(outcome.is_ok(), "a model with {} makes the engine panic", self.name);
    }
}

/// Single-byte flips, cuts, an empty model, bytes too many and random junk.
pub(crate) fn mutations(bytes: &[u8]) -> Vec<Mutation> {
    let mut mutations = vec![Mutation { name: "no bytes".to_string(), bytes: Vec::new() }];
    let mut random = Random(0x1234_5678);
    for at in spread(bytes.len(), N_FLIPS) {
        let mask = 1 << (random.next() % 8);
        for mask in [mask, 0xff, 0x80] {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= mask;
            mutations.push(Mutation { name: format!("byte {at} changed by {mask:#x}"), bytes: flipped });
        }
    }
    for len in spread(bytes.len(), N_CUTS) {
        mutations
            .push(Mutation { name: format!("only its first {len} bytes"), bytes: bytes[..len].to_vec() });
    }
    let longer = [bytes, &[0; 9]].concat();
    mutations.push(Mutation { name: "nine bytes too many".to_string(), bytes: longer });
    for len in 0..N_RANDOM {
        let junk = (0..len * len / 8).map(|_| random.next() as u8).collect();
        mutations.push(Mutation { name: format!("{} random bytes", len * len / 8), bytes: junk });
    }
    mutations
}

/// Up to `most` places below `len`: all of the first half of `most`, the rest evenly spread.
fn spread(len: usize, most: usize) -> Vec<usize> {
    if len <= most {
        return (0..len).collect();
    }
    let dense = most / 2;
    let rest = most - dense;
    (0..dense).chain((0..rest).map(|i| dense + i * (len - dense) / rest)).collect()
}

/// Requests that no engine can use, by name.
pub(crate) fn bad_sources() -> Vec<(&'static str, Vec<Source>)> {
    let mut random = Random(99);
    let binary: Vec<u8> = (0..4_096).map(|_| random.next() as u8).collect();
    vec![
        ("no source", Vec::new()),
        ("an empty source", vec![Source::memory("empty", "")]),
        ("white space", vec![Source::memory("space", " \n\r\n\t ")]),
        ("zero bytes", vec![Source::memory("zeros", vec![0; 64])]),
        ("binary junk", vec![Source::memory("junk", binary)]),
        ("nested parentheses", vec![Source::memory("nested", "(".repeat(100_000))]),
        ("open quotes", vec![Source::memory("quotes", "\"".repeat(99_999))]),
        ("a folder", vec![Source::file(".")]),
    ]
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the tests need no better numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
