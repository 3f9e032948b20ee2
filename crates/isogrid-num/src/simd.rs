//! Run-time choice of vector instructions for plain loops.
//!
//! [`vectorized!`](crate::vectorized) compiles one body twice: for the baseline of the target and for AVX2, where the
//! processor has it. The compiler does not reassociate or contract floating-point operations, so both give the same
//! bits; the baseline body is the scalar twin. Left out: hand-written intrinsics.

/// Whether the processor has AVX2 (detected once, then a load).
#[inline]
pub fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
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
                #[target_feature(enable = "avx2")]
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
