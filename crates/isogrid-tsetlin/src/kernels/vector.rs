//! Vectors of bits, one type for each set of instructions, so that kernels are written once.
//!
//! The compiler does not find the instructions of AVX-512 with three operands by itself where a kernel keeps many vectors
//! at work, and spreads vectors over scalar registers; here they are named. [`Plain`] is the scalar twin of both others.

/// A bit a lane. Types of vector instructions stay in this folder and are named in bodies of `by_level!` alone, which run
/// only where the processor has the instructions.
pub(crate) trait Vector: Copy {
    /// Words of 64 bits.
    const WORDS: usize;

    /// The same word everywhere.
    fn splat(word: u64) -> Self;

    /// The first words of a slice, which has as many.
    fn load(words: &[u64]) -> Self;

    /// Into the first words of a slice, which has as many.
    fn store(self, words: &mut [u64]);

    fn and(self, other: Self) -> Self;

    fn or(self, other: Self) -> Self;

    fn xor(self, other: Self) -> Self;

    /// Those of `self` that are not in `other`.
    fn without(self, other: Self) -> Self;

    /// Three bits a lane as their sum and carry.
    fn full_add(self, b: Self, c: Self) -> (Self, Self);

    /// As [`Vector::full_add`], of `self` and the complements of the others.
    #[inline(always)]
    fn full_add_false(self, b: Self, c: Self) -> (Self, Self) {
        let ones = Self::splat(u64::MAX);
        self.full_add(ones.without(b), ones.without(c))
    }

    fn is_all_ones(self) -> bool;

    /// Each word moved by so many bits, below 64, up and down.
    fn moved_up(self, bits: u32) -> Self;

    fn moved_down(self, bits: u32) -> Self;
}

/// Transposes squares of 64 by 64 bits, one in each place of the words of 64 vectors: bit `j` of word `i` becomes bit `i`
/// of word `j` (Warren, Hacker's Delight, section 7-3). Three of the six steps at a time are done on eight vectors.
#[inline(always)]
pub(crate) fn transpose<V: Vector, const W: usize>(squares: &mut [[u64; W]; 64]) {
    const { assert!(V::WORDS == W) };
    for group in 0..8 {
        let mut rows: [V; 8] = std::array::from_fn(|at| V::load(&squares[group + at * 8]));
        exchange::<V, 4, 32>(&mut rows);
        exchange::<V, 2, 16>(&mut rows);
        exchange::<V, 1, 8>(&mut rows);
        for (at, row) in rows.into_iter().enumerate() {
            row.store(&mut squares[group + at * 8]);
        }
    }
    for group in 0..8 {
        let mut rows: [V; 8] = std::array::from_fn(|at| V::load(&squares[group * 8 + at]));
        exchange::<V, 4, 4>(&mut rows);
        exchange::<V, 2, 2>(&mut rows);
        exchange::<V, 1, 1>(&mut rows);
        for (at, row) in rows.into_iter().enumerate() {
            row.store(&mut squares[group * 8 + at]);
        }
    }
}

/// Exchanges the upper bits, `WIDTH` wide, of each row with the lower ones of the row `DISTANCE` on.
#[inline(always)]
fn exchange<V: Vector, const DISTANCE: usize, const WIDTH: u32>(rows: &mut [V; 8]) {
    let mask = V::splat(u64::MAX / ((1 << WIDTH) + 1));
    for low in 0..8 {
        if low & DISTANCE == 0 {
            let high = low + DISTANCE;
            let swapped = rows[low].moved_down(WIDTH).xor(rows[high]).and(mask);
            rows[low] = rows[low].xor(swapped.moved_up(WIDTH));
            rows[high] = rows[high].xor(swapped);
        }
    }
}

/// Four words, by whatever instructions there are.
#[derive(Clone, Copy)]
pub(crate) struct Plain([u64; 4]);

impl Plain {
    #[inline(always)]
    fn each(self, other: Plain, f: impl Fn(u64, u64) -> u64) -> Plain {
        Plain(std::array::from_fn(|at| f(self.0[at], other.0[at])))
    }
}

impl Vector for Plain {
    const WORDS: usize = 4;

    #[inline(always)]
    fn splat(word: u64) -> Plain {
        Plain([word; 4])
    }

    #[inline(always)]
    fn load(words: &[u64]) -> Plain {
        Plain([words[0], words[1], words[2], words[3]])
    }

    #[inline(always)]
    fn store(self, words: &mut [u64]) {
        words[..4].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn and(self, other: Plain) -> Plain {
        self.each(other, |a, b| a & b)
    }

    #[inline(always)]
    fn or(self, other: Plain) -> Plain {
        self.each(other, |a, b| a | b)
    }

    #[inline(always)]
    fn xor(self, other: Plain) -> Plain {
        self.each(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn without(self, other: Plain) -> Plain {
        self.each(other, |a, b| a & !b)
    }

    #[inline(always)]
    fn full_add(self, b: Plain, c: Plain) -> (Plain, Plain) {
        let either = self.xor(b);
        (either.xor(c), self.and(b).or(either.and(c)))
    }

    #[inline(always)]
    fn is_all_ones(self) -> bool {
        self.0 == [u64::MAX; 4]
    }

    #[inline(always)]
    fn moved_up(self, bits: u32) -> Plain {
        Plain(self.0.map(|word| word << bits))
    }

    #[inline(always)]
    fn moved_down(self, bits: u32) -> Plain {
        Plain(self.0.map(|word| word >> bits))
    }
}

/// Implements [`Vector`] by intrinsics.
#[cfg(target_arch = "x86_64")]
macro_rules! vector {
    ($(#[$meta:meta])* $name:ident, $raw:ident, $words:expr, {
        splat: $splat:ident, load: $load:ident, store: $store:ident, and: $and:ident, or: $or:ident, xor: $xor:ident,
        and_not: $and_not:ident, up: $up:ident, down: $down:ident,
        full_add: |$a:ident, $b:ident, $c:ident| $full_add:expr,
        is_all_ones: |$x:ident| $is_all_ones:expr,
        $(full_add_false: |$d:ident, $e:ident, $f:ident| $full_add_false:expr,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name(std::arch::x86_64::$raw);

        #[expect(unsafe_code, reason = "instructions of a detected set; loads and stores of slices that are long enough")]
        // SAFETY, of every block: these types are named in bodies of `by_level!` alone, which run only where the processor
        // has the instructions; loads and stores need no alignment, and their slices are checked.
        impl Vector for $name {
            const WORDS: usize = $words;

            #[inline(always)]
            fn splat(word: u64) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$splat(word.cast_signed()) })
            }

            #[inline(always)]
            fn load(words: &[u64]) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$load(words[..$words].as_ptr().cast()) })
            }

            #[inline(always)]
            fn store(self, words: &mut [u64]) {
                // SAFETY: see above.
                unsafe { std::arch::x86_64::$store(words[..$words].as_mut_ptr().cast(), self.0) }
            }

            #[inline(always)]
            fn and(self, other: $name) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$and(self.0, other.0) })
            }

            #[inline(always)]
            fn or(self, other: $name) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$or(self.0, other.0) })
            }

            #[inline(always)]
            fn xor(self, other: $name) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$xor(self.0, other.0) })
            }

            #[inline(always)]
            fn without(self, other: $name) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$and_not(other.0, self.0) })
            }

            #[inline(always)]
            fn full_add(self, b: $name, c: $name) -> ($name, $name) {
                let ($a, $b, $c) = (self, b, c);
                $full_add
            }

            $(#[inline(always)]
            fn full_add_false(self, b: $name, c: $name) -> ($name, $name) {
                let ($d, $e, $f) = (self, b, c);
                $full_add_false
            })?

            #[inline(always)]
            fn is_all_ones(self) -> bool {
                let $x = self.0;
                // SAFETY: see above.
                unsafe { $is_all_ones }
            }

            #[inline(always)]
            fn moved_up(self, bits: u32) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$up(self.0, count(bits)) })
            }

            #[inline(always)]
            fn moved_down(self, bits: u32) -> $name {
                // SAFETY: see above.
                $name(unsafe { std::arch::x86_64::$down(self.0, count(bits)) })
            }
        }
    };
}

/// As shifts take it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn count(bits: u32) -> std::arch::x86_64::__m128i {
    // SAFETY: every processor of the target has SSE2.
    #[expect(unsafe_code, reason = "an instruction of the baseline")]
    unsafe {
        std::arch::x86_64::_mm_cvtsi32_si128(bits.cast_signed())
    }
}

#[cfg(target_arch = "x86_64")]
vector! {
    /// 256 lanes.
    Avx2, __m256i, 4, {
        splat: _mm256_set1_epi64x, load: _mm256_loadu_si256, store: _mm256_storeu_si256,
        and: _mm256_and_si256, or: _mm256_or_si256, xor: _mm256_xor_si256, and_not: _mm256_andnot_si256,
        up: _mm256_sll_epi64, down: _mm256_srl_epi64,
        full_add: |a, b, c| {
            let either = a.xor(b);
            (either.xor(c), a.and(b).or(either.and(c)))
        },
        is_all_ones: |x| std::arch::x86_64::_mm256_testc_si256(x, std::arch::x86_64::_mm256_set1_epi64x(-1)) == 1,
    }
}

#[cfg(target_arch = "x86_64")]
vector! {
    /// 512 lanes, and logic of three operands.
    Avx512, __m512i, 8, {
        splat: _mm512_set1_epi64, load: _mm512_loadu_si512, store: _mm512_storeu_si512,
        and: _mm512_and_si512, or: _mm512_or_si512, xor: _mm512_xor_si512, and_not: _mm512_andnot_si512,
        up: _mm512_sll_epi64, down: _mm512_srl_epi64,
        full_add: |a, b, c| {
            // SAFETY: see above. The tables of truth are those of odd and of most.
            unsafe {
                let sum = std::arch::x86_64::_mm512_ternarylogic_epi64::<0x96>(a.0, b.0, c.0);
                (Avx512(sum), Avx512(std::arch::x86_64::_mm512_ternarylogic_epi64::<0xe8>(a.0, b.0, c.0)))
            }
        },
        is_all_ones: |x| {
            std::arch::x86_64::_mm512_cmpneq_epi64_mask(x, std::arch::x86_64::_mm512_set1_epi64(-1)) == 0
        },
        full_add_false: |a, b, c| {
            // SAFETY: see above. Two complements leave the sum as it is.
            unsafe {
                let sum = std::arch::x86_64::_mm512_ternarylogic_epi64::<0x96>(a.0, b.0, c.0);
                (Avx512(sum), Avx512(std::arch::x86_64::_mm512_ternarylogic_epi64::<0x71>(a.0, b.0, c.0)))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    #[test]
    fn squares_are_transposed() {
        let mut rng = Rng::new(5, 0);
        let squares: [[u64; 4]; 64] = std::array::from_fn(|_| std::array::from_fn(|_| rng.next_u64()));
        let mut turned = squares;
        transpose::<Plain, 4>(&mut turned);
        for place in 0..4 {
            for (row, bit) in (0..64).flat_map(|row| (0..64).map(move |bit| (row, bit))) {
                assert_eq!(
                    turned[bit][place] >> row & 1,
                    squares[row][place] >> bit & 1,
                    "{place} {row} {bit}"
                );
            }
        }
    }
}
