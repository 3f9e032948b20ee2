//! False literals counted for many samples at once, one a lane, in bit-sliced counters.
//!
//! Seven carry-save additions take in eight literals (Harley and Seal; Muła, Kurz and Lemire, arXiv 1611.07612).

use super::vector::Vector;

/// Bit-sliced counters of misses, and the lanes where they have overflowed.
pub(super) struct Misses<V, const N: usize> {
    /// Lowest first.
    pub(super) digits: [V; N],
    pub(super) dead: V,
}

impl<V: Vector, const N: usize> Misses<V, N> {
    /// Every lane at this number.
    #[inline(always)]
    pub(super) fn from(start: u32) -> Misses<V, N> {
        let mut digits = [V::splat(0); N];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = V::splat(0_u64.wrapping_sub(u64::from(start >> place & 1)));
        }
        Misses { digits, dead: V::splat(0) }
    }

    /// Adds a bit of weight `1 << digit` to each lane.
    #[inline(always)]
    pub(super) fn add(&mut self, digit: usize, bits: V) {
        let mut carry = bits;
        for digit in self.digits.iter_mut().skip(digit) {
            (*digit, carry) = (digit.xor(carry), digit.and(carry));
        }
        self.dead = self.dead.or(carry);
    }

    /// Adds two bits of weight `1 << digit` to each lane and returns the carry; where there is no such digit, what
    /// overflows.
    #[inline(always)]
    fn join(&mut self, digit: usize, a: V, b: V) -> V {
        if digit >= N {
            return a.or(b);
        }
        let (sum, carry) = self.digits[digit].full_add(a, b);
        self.digits[digit] = sum;
        carry
    }

    /// Adds two bits to each lane, those of `row` or what they lack; returns the carry.
    #[inline(always)]
    fn pair(&mut self, rows: (V, V), of: Of) -> V {
        let (sum, carry) = match of {
            Of::Features => self.digits[0].full_add_false(rows.0, rows.1),
            Of::Negations => self.digits[0].full_add(rows.0, rows.1),
        };
        self.digits[0] = sum;
        carry
    }

    /// Adds eight bits to each lane; returns the carry, which weighs eight.
    #[inline(always)]
    fn eight(&mut self, row: impl Fn(usize) -> V, of: Of) -> V {
        let a = self.pair((row(0), row(1)), of);
        let b = self.pair((row(2), row(3)), of);
        let first = self.join(1, a, b);
        let a = self.pair((row(4), row(5)), of);
        let b = self.pair((row(6), row(7)), of);
        let second = self.join(1, a, b);
        self.join(2, first, second)
    }

    /// Adds the misses of literals, sixteen at a time; false as soon as all lanes are seen to have overflowed.
    #[inline(always)]
    pub(super) fn add_all(&mut self, eights: &[[u32; 8]], row: impl Fn(u32) -> V, of: Of) -> bool {
        // Few votes are soon lost, many hardly ever.
        let step = if N == 1 { 2 } else { 4 };
        for eights in eights.chunks(step) {
            let (pairs, odd) = eights.as_chunks::<2>();
            for [one, other] in pairs {
                let a = self.eight(|place| row(one[place]), of);
                let b = self.eight(|place| row(other[place]), of);
                let carry = self.join(3, a, b);
                self.add(4, carry);
            }
            for eight in odd {
                let carry = self.eight(|place| row(eight[place]), of);
                self.add(3, carry);
            }
            if self.dead.is_all_ones() {
                return false;
            }
        }
        true
    }
}

/// Which literals are counted: features miss where they are zero, negations where they are one.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Features,
    Negations,
}
