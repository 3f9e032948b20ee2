//! Votes of a machine over a block of samples, kept as bit-sliced numbers from the first miss to the last sum.
//!
//! Counters of misses begin so that they overflow at the miss that takes the last vote: what overflows does not vote, and
//! when all lanes have, counting ends early. The digits that are left are added to those of an output, and only the sums
//! of outputs are turned into a number a lane. A block has 64 `W` lanes: as many as a vector has bits.

use isogrid_num::bits::BitMatrix;

use super::misses::{Misses, Of};
#[cfg(target_arch = "x86_64")]
use super::vector::{Avx2, Avx512};
use super::vector::{Plain, Vector, transpose};

/// The lanes of the widest block.
pub(crate) const MOST_LANES: usize = 512;

/// A machine as its votes are counted: of each clause the rows of its literals in eights, then its weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    n_words: usize,
    n_outputs: usize,
    /// Features of a clause that must be true, then those that must be false; empty places name rows that never miss.
    eights: Vec<[u32; 8]>,
    clauses: Vec<Clause>,
    /// `(output, weight)`, clause after clause.
    weights: Vec<(u32, i32)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    /// Votes without misses, 1 to 255.
    most: u8,
    /// Where its features end among the eights, and its negations, which follow them.
    features_end: usize,
    negations_end: usize,
    /// Where its weights end.
    weights_end: usize,
}

impl Program {
    /// No clause yet, over rows of so many words.
    pub(crate) fn new(n_words: usize, n_outputs: usize) -> Program {
        Program { n_words, n_outputs, eights: Vec::new(), clauses: Vec::new(), weights: Vec::new() }
    }

    /// Adds a clause: features that must be true, those that must be false, its votes without misses (1 to 255), and
    /// `(output, weight)`.
    pub(crate) fn add(
        &mut self,
        (features, negations): (impl Iterator<Item = u32>, impl Iterator<Item = u32>),
        most: u8,
        weights: impl Iterator<Item = (usize, i32)>,
    ) {
        assert!(most > 0, "a clause without votes");
        let [ones, zeros] = self.neutral_rows();
        self.push(features, ones);
        let features = self.eights.len();
        self.push(negations, zeros);
        self.weights.extend(
            weights.filter(|(_, weight)| *weight != 0).map(|(output, weight)| (output as u32, weight)),
        );
        let (negations, weights) = (self.eights.len(), self.weights.len());
        self.clauses.push(Clause {
            most,
            features_end: features,
            negations_end: negations,
            weights_end: weights,
        });
    }

    /// The rows behind those of the features: all ones, and all zeros.
    fn neutral_rows(&self) -> [u32; 2] {
        let n_features = self.n_words as u32 * 64;
        [n_features, n_features + 1]
    }

    fn push(&mut self, mut rows: impl Iterator<Item = u32>, empty: u32) {
        while let Some(first) = rows.next() {
            let mut eight = [empty; 8];
            eight[0] = first;
            eight[1..].iter_mut().zip(&mut rows).for_each(|(place, row)| *place = row);
            // The kernel reads rows by these numbers unchecked.
            assert!(eight.iter().all(|&row| row <= self.neutral_rows()[1]), "a literal beyond the features");
            self.eights.push(eight);
        }
    }

    /// The votes for each output on as many rows from `start` on as `all` has room for: `[row][output]`. What is beyond
    /// 32 bits wraps.
    pub(crate) fn sums(&self, rows: (&BitMatrix, usize), all: &mut [i32]) {
        sums(self, rows, all);
    }
}

isogrid_num::by_level! {
    fn sums(program: &Program, rows: (&BitMatrix, usize), all: &mut [i32]) {
        baseline: sum_blocks::<Plain, 4>(program, rows, all),
        avx2: sum_blocks::<Avx2, 4>(program, rows, all),
        avx512: sum_blocks::<Avx512, 8>(program, rows, all),
    }
}

/// Block by block, each as wide as `V`, which has `W` words.
#[inline(always)]
fn sum_blocks<V: Vector, const W: usize>(
    program: &Program,
    (rows, start): (&BitMatrix, usize),
    all: &mut [i32],
) {
    const { assert!(V::WORDS == W) };
    let mut block = Block::<W>::new(program);
    for (place, all) in all.chunks_mut(64 * W * program.n_outputs).enumerate() {
        let first = start + place * 64 * W;
        let rows = rows.rows(first..first + all.len() / program.n_outputs);
        turn::<V, W>(rows, program.n_words, &mut block.lanes);
        block.digits.fill([0; W]);
        let mut begin = [0; 2];
        for clause in &program.clauses {
            let work = Work {
                features: &program.eights[begin[0]..clause.features_end],
                negations: &program.eights[clause.features_end..clause.negations_end],
                most: clause.most,
                weights: &program.weights[begin[1]..clause.weights_end],
            };
            begin = [clause.negations_end, clause.weights_end];
            match u8::BITS - (work.most - 1).leading_zeros() {
                0 | 1 => block.add::<V, 1>(&work),
                2 => block.add::<V, 2>(&work),
                3 => block.add::<V, 3>(&work),
                4 => block.add::<V, 4>(&work),
                5 => block.add::<V, 5>(&work),
                6 => block.add::<V, 6>(&work),
                7 => block.add::<V, 7>(&work),
                _ => block.add::<V, 8>(&work),
            }
        }
        block.read::<V>(all);
    }
}

/// The parts of a clause.
struct Work<'a> {
    features: &'a [[u32; 8]],
    negations: &'a [[u32; 8]],
    most: u8,
    weights: &'a [(u32, i32)],
}

/// A block at work: words of `W` times 64 lanes.
struct Block<const W: usize> {
    /// `[feature]`, then one row of ones and one of zeros.
    lanes: Vec<[u64; W]>,
    /// Digits of all outputs, lowest first, in two's complement.
    digits: Vec<[u64; W]>,
    /// Where the digits of each output begin, and where all end.
    first_digit: Vec<usize>,
}

impl<const W: usize> Block<W> {
    fn new(program: &Program) -> Block<W> {
        let mut largest = vec![[0_u64; 2]; program.n_outputs];
        let mut begin = 0;
        for clause in &program.clauses {
            for &(output, weight) in &program.weights[begin..clause.weights_end] {
                largest[output as usize][usize::from(weight < 0)] +=
                    u64::from(clause.most) * u64::from(weight.unsigned_abs());
            }
            begin = clause.weights_end;
        }
        let mut first_digit = vec![0];
        for [positive, negative] in largest {
            // One more for the sign.
            let n_digits = (u64::BITS - (positive | negative).leading_zeros()) as usize + 1;
            assert!(n_digits <= 64, "sums of {n_digits} bits");
            first_digit.push(first_digit[first_digit.len() - 1] + n_digits);
        }
        let [ones, zeros] = program.neutral_rows();
        let mut lanes = vec![[0; W]; zeros as usize + 1];
        lanes[ones as usize] = [u64::MAX; W];
        Block { lanes, digits: vec![[0; W]; first_digit[program.n_outputs]], first_digit }
    }

    /// Adds the votes of a clause, which less one have `N` digits.
    #[inline(always)]
    fn add<V: Vector, const N: usize>(&mut self, clause: &Work<'_>) {
        let Some((votes, alive)) = votes::<V, W, N>(clause, &self.lanes) else { return };
        for &(output, weight) in clause.weights {
            let output = output as usize;
            let sums = &mut self.digits[self.first_digit[output]..self.first_digit[output + 1]];
            let mut left = weight.unsigned_abs();
            while left != 0 {
                let sums = &mut sums[left.trailing_zeros() as usize..];
                left &= left - 1;
                // A number's negative is its complement and one more; what is dead has nothing to add.
                let flip = V::splat(if weight < 0 { u64::MAX } else { 0 });
                let mut carry = alive.xor(flip);
                let (low, high) = sums.split_at_mut(N);
                for (sum, digit) in low.iter_mut().zip(votes) {
                    carry = add_to(sum, digit.xor(flip), carry);
                }
                for sum in high {
                    carry = add_to(sum, flip, carry);
                }
            }
        }
    }

    /// The sums as numbers: the digits of some outputs are rows of a square, whose transpose has a row a lane.
    #[inline(always)]
    fn read<V: Vector>(&self, all: &mut [i32]) {
        let n_outputs = self.first_digit.len() - 1;
        let mut begin = 0;
        while begin < n_outputs {
            let first = self.first_digit[begin];
            let n_fitting = self.first_digit[begin + 1..].partition_point(|&end| end - first <= 64);
            let ends = &self.first_digit[begin..=begin + n_fitting];
            let used = ends[n_fitting] - first;
            let mut squares = [[0; W]; 64];
            squares[..used].copy_from_slice(&self.digits[first..first + used]);
            transpose::<V, W>(&mut squares);
            // A number to the top of its word and back down, with its sign.
            let shifts = ends.windows(2).map(|ends| (64 - (ends[1] - first), 64 - (ends[1] - ends[0])));
            let shifts: Vec<(usize, usize)> = shifts.collect();
            for (place, all) in all.chunks_mut(64 * n_outputs).enumerate() {
                for (all, words) in all.chunks_exact_mut(n_outputs).zip(&squares) {
                    for (sum, (up, down)) in all[begin..].iter_mut().zip(&shifts) {
                        // Shifts are below 64; the compiler is to know.
                        *sum = ((words[place] << (up & 63)).cast_signed() >> (down & 63)) as i32;
                    }
                }
            }
            begin += n_fitting;
        }
    }
}

/// Adds two bits a lane to a digit; returns the carry.
#[inline(always)]
fn add_to<V: Vector>(sum: &mut [u64], a: V, b: V) -> V {
    let (total, carry) = V::load(sum).full_add(a, b);
    total.store(sum);
    carry
}

/// Rows of `n_words` words to lanes: bit `f` of row `r` becomes bit `r` of `lanes[f]`. Lanes without a row are zero.
#[inline(always)]
pub(super) fn turn<V: Vector, const W: usize>(rows: &[u64], n_words: usize, lanes: &mut [[u64; W]]) {
    let n_all = 64 * W * n_words;
    let padded: Vec<u64>;
    let rows = if rows.len() == n_all {
        rows
    } else {
        padded = rows.iter().copied().chain(std::iter::repeat(0)).take(n_all).collect();
        &padded
    };
    for (word, lanes) in lanes.chunks_exact_mut(64).enumerate() {
        let mut squares = [[0; W]; 64];
        for (row, square) in squares.iter_mut().enumerate() {
            *square = std::array::from_fn(|place| rows[(place * 64 + row) * n_words + word]);
        }
        transpose::<V, W>(&mut squares);
        lanes.copy_from_slice(&squares);
    }
}

/// The votes of a clause less one, and the lanes in which it votes; `None` if it does in none.
#[inline(always)]
fn votes<V: Vector, const W: usize, const N: usize>(
    clause: &Work<'_>,
    rows: &[[u64; W]],
) -> Option<([V; N], V)> {
    let mut misses = Misses::<V, N>::from((1_u32 << N) - u32::from(clause.most));
    let ones = V::splat(u64::MAX);
    let row = |feature: u32| {
        debug_assert!((feature as usize) < rows.len());
        // SAFETY: `Program::push` takes no row beyond the neutral ones, the last of which ends a block's lanes.
        #[expect(unsafe_code, reason = "a check a literal is a third of the work")]
        V::load(unsafe { rows.get_unchecked(feature as usize) })
    };
    let is_alive = misses.add_all(clause.features, row, Of::Features)
        && misses.add_all(clause.negations, row, Of::Negations);
    if !is_alive {
        return None;
    }
    let alive = ones.without(misses.dead);
    Some((misses.digits.map(|digit| alive.without(digit)), alive))
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;
    use isogrid_num::simd::{Level, cap};

    use super::*;

    /// Rows of mostly true features, so that clauses of many literals vote too.
    fn rows(rng: &mut Rng, n_rows: usize, n_features: usize) -> BitMatrix {
        let mut rows = BitMatrix::new(n_rows, n_features);
        for row in 0..n_rows {
            (0..n_features).filter(|_| rng.chance(0.9)).for_each(|feature| rows.insert(row, feature));
        }
        rows
    }

    /// Features that must be true, those that must be false, votes without misses, weights.
    type Parts = (Vec<u32>, Vec<u32>, u8, Vec<(usize, i32)>);

    fn plain(rows: &BitMatrix, row: usize, clauses: &[Parts], output: usize) -> i32 {
        let vote = |(features, negations, most, weights): &Parts| -> i32 {
            let n_false = features.iter().filter(|&&feature| !rows.get(row, feature as usize)).count();
            let n_true = negations.iter().filter(|&&feature| rows.get(row, feature as usize)).count();
            let votes = (i32::from(*most) - (n_false + n_true) as i32).max(0);
            weights.iter().filter(|(of, _)| *of == output).map(|(_, weight)| weight * votes).sum()
        };
        clauses.iter().map(vote).sum()
    }

    #[test]
    fn sums_are_those_of_one_by_one_at_every_level() {
        let mut rng = Rng::new(4, 0);
        let n_features = 130;
        for (round, n_rows) in [1, 63, 256, 257, 512, 700, 1_100].into_iter().cycle().take(42).enumerate() {
            let (rows, n_outputs) = (rows(&mut rng, n_rows, n_features), 1 + round % 12);
            let most = [1, 2, 3, 4, 5, 8, 9, 16, 17, 40, 64, 100, 200, 255][round % 14];
            let some = |rng: &mut Rng, n: u64| -> Vec<u32> {
                (0..rng.below(n)).map(|_| rng.below(n_features as u64) as u32).collect()
            };
            let clauses: Vec<Parts> = (0..6)
                .map(|_| {
                    let (features, negations) = (some(&mut rng, u64::from(most) * 9 + 3), some(&mut rng, 20));
                    let weight =
                        |rng: &mut Rng| (rng.below(n_outputs as u64) as usize, rng.below(300) as i32 - 150);
                    let weights = (0..2).map(|_| weight(&mut rng)).collect();
                    (features, negations, most, weights)
                })
                .collect();
            let mut program = Program::new(rows.row_words(), n_outputs);
            for (features, negations, most, weights) in &clauses {
                let literals = (features.iter().copied(), negations.iter().copied());
                program.add(literals, *most, weights.iter().copied());
            }
            let start = n_rows / 3;
            let expected: Vec<i32> = (start..n_rows)
                .flat_map(|row| (0..n_outputs).map(move |output| (row, output)))
                .map(|(row, output)| plain(&rows, row, &clauses, output))
                .collect();
            for level in Level::ALL {
                cap(level);
                let mut all = vec![7; (n_rows - start) * n_outputs];
                program.sums((&rows, start), &mut all);
                assert_eq!(all, expected, "round {round}, {level:?}");
            }
        }
        cap(Level::Avx512);
    }
}
