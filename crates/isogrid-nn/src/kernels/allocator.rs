//! One setting of the allocator: keep freed memory instead of handing it back to the system.
//!
//! A training step frees and asks for the same few megabytes again and again; faulting them in anew costs more than
//! computing on them. Does something only with glibc.

/// Lets the allocator keep what is freed, for the whole process; cheap, and the same when called again.
pub fn tune_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGE: libc::c_int = 1 << 30;
        // SAFETY: mallopt takes two integers, changes glibc's own settings under its own lock, and an unknown or
        // refused setting is reported by its result and otherwise ignored.
        #[expect(unsafe_code, reason = "a foreign function")]
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
            libc::mallopt(libc::M_TOP_PAD, 64 << 20);
        }
    }
}
