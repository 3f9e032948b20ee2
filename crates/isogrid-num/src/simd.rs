//! Run-time choice of vector instructions for plain loops.
//!
//! [`vectorized!`](crate::vectorized) compiles one body twice: for the baseline of the target and for AVX2, where the
//! processor has it; [`vectorized_wide!`](crate::vectorized_wide) a third time, for AVX-512. The compiler does not
//! reassociate or contract floating-point operations, so all give the same bits; the baseline body is the scalar twin.
//! [`by_level!`](crate::by_level) chooses among bodies. Left out: hand-written intrinsics.

use std::sync::atomic::{AtomicU8, Ordering};

/// Vector instructions, each with those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// What every processor of the target has.
    Baseline = 1,
    /// 256 bits, and population counts of words.
    Avx2,
    /// Logic of three operands, and population counts in vectors: F, BW, DQ, VL and VPOPCNTDQ (Ice Lake, Zen 4).
    Avx512,
}

impl Level {
    /// All levels, the least first.
    pub const ALL: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];
}

/// The level in use; 0 before it is asked for.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The level in use: what the processor has (detected once, then a load), unless [`cap`] said less.
#[inline]
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        1 => Level::Baseline,
        2 => Level::Avx2,
        3 => Level::Avx512,
        _ => {
            // Whoever capped in between is not overruled.
            let _ = LEVEL.compare_exchange(0, detected() as u8, Ordering::Relaxed, Ordering::Relaxed);
            level()
        }
    }
}

/// Uses no more than `most` from now on, in the whole process; returns what is used. Results are the same at any level.
#[cold]
pub fn cap(most: Level) -> Level {
    let used = detected().min(most);
    LEVEL.store(used as u8, Ordering::Relaxed);
    used
}

/// What the processor has.
pub fn detected() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        let has_512 = std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512vpopcntdq");
        let has_256 = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("popcnt");
        match (has_256, has_512) {
            (true, true) => Level::Avx512,
            (true, false) => Level::Avx2,
            _ => Level::Baseline,
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        Level::Baseline
    }
}

/// Whether AVX2 may be used.
#[inline]
pub fn has_avx2() -> bool {
    level() >= Level::Avx2
}

/// Defines functions whose loops the compiler vectorizes for the machine that they run on.
///
/// Each body is a plain function body; functions that it calls need `#[inline(always)]` to be part of it.
///
/// ```
/// isogrid_num::vectorized! {
///     /// Adds `x` to every element.
///     pub fn shift(items: &mut [f32], x: f32) {
///         for item in items {
///             *item += x;
///         }
///     }
/// }
/// let mut items = [1.0, 2.0];
/// shift(&mut items, 0.5);
/// assert_eq!(items, [1.5, 2.5]);
/// ```
#[macro_export]
macro_rules! vectorized {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block)*) => {$(
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) $(-> $out)? {
            #[inline(always)]
            fn scalar($($arg: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi2,popcnt")]
                fn avx2($($arg: $type),*) $(-> $out)? {
                    scalar($($arg),*)
                }
                if $crate::simd::has_avx2() {
                    // SAFETY: the processor has AVX2, as was just detected; the body itself is safe code.
                    #[expect(unsafe_code, reason = "a safe body, compiled for a detected instruction set")]
                    return unsafe { avx2($($arg),*) };
                }
            }
            scalar($($arg),*)
        }
    )*};
}

/// [`vectorized!`](crate::vectorized) for AVX-512 too: for bit logic and population counts, which gain from it.
#[macro_export]
macro_rules! vectorized_wide {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block)*) => {$(
        $crate::by_level! {
            $(#[$meta])*
            $vis fn $name($($arg: $type),*) $(-> $out)? {
                before: {
                    #[inline(always)]
                    fn scalar($($arg: $type),*) $(-> $out)? $body
                }
                baseline: scalar($($arg),*),
                avx2: scalar($($arg),*),
                avx512: scalar($($arg),*),
            }
        }
    )*};
}

/// Defines a function with a body for each [`Level`](crate::simd::Level), compiled for it and run where the processor
/// has it. What the bodies call needs `#[inline(always)]` to be compiled so too; `before` holds items that they share.
#[macro_export]
macro_rules! by_level {
    (
        $(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? {
            $(before: { $($before:item)* })?
            baseline: $baseline:expr,
            avx2: $avx2:expr,
            avx512: $avx512:expr,
        }
    ) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) $(-> $out)? {
            $($($before)*)?

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,bmi2,popcnt")]
                fn avx512($($arg: $type),*) $(-> $out)? {
                    $avx512
                }
                #[target_feature(enable = "avx2,bmi2,popcnt")]
                fn avx2($($arg: $type),*) $(-> $out)? {
                    $avx2
                }
                match $crate::simd::level() {
                    // SAFETY: the processor has these, as was just detected.
                    #[expect(unsafe_code, reason = "a body compiled for a detected instruction set")]
                    $crate::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    #[expect(unsafe_code, reason = "a body compiled for a detected instruction set")]
                    $crate::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::simd::Level::Baseline => {}
                }
            }
            $baseline
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::vectorized_wide! {
        /// Bits in common.
        fn common(a: &[u64], b: &[u64]) -> u32 {
            a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
        }
    }

    #[test]
    fn every_level_gives_the_same() {
        let words = |seed: u64| -> Vec<u64> { (0..100).map(|at| crate::rng::splitmix64(seed, at)).collect() };
        let (a, b) = (words(1), words(2));
        let found = Level::ALL.map(|most| {
            assert_eq!(cap(most), level());
            assert!(level() <= most && level() <= detected());
            common(&a, &b)
        });
        assert!(found.iter().all(|&count| count == found[0] && count > 1_000), "{found:?}");
        assert_eq!(cap(Level::Avx512), detected());
    }
}
