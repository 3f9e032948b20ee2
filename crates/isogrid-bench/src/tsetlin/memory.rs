//! Peak resident bytes phase by phase, as the peers' scripts take them: the kernel's high-water mark, reset in between.

use std::fs;

/// The memory of this process since a moment.
pub(super) struct Memory {
    baseline: u64,
}

impl Memory {
    /// From now on.
    pub(super) fn begin() -> Memory {
        restart();
        Memory { baseline: high_water() }
    }

    /// What was resident at the beginning, and the peak of the phase that ends now; the next one begins.
    pub(super) fn phase(&self) -> (u64, u64) {
        let peak = high_water();
        restart();
        (self.baseline, peak)
    }
}

/// Sets the mark to what is resident now; where the kernel does not let us, it stays.
fn restart() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn high_water() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
