//! Energy of a piece of work: the processor's own counter where it can be read, else a declared model.
//!
//! The counter (RAPL, through the kernel's powercap files) covers whole processor packages, so other programs that
//! run at the same time are in it. The model is CPU seconds times declared watts and says so in every report.

use std::fs;
use std::path::Path;

use isogrid_core::Energy;

const POWERCAP: &str = "/sys/class/powercap";

/// Watts of one busy core: low, middle and high.
const WATTS_PER_CORE: (f64, f64, f64) = (5.0, 10.0, 20.0);

/// Energy by the declared model.
pub fn modelled(cpu_seconds: f64) -> Energy {
    let (low, middle, high) = WATTS_PER_CORE;
    Energy::Modelled {
        joules: cpu_seconds * middle,
        range: (cpu_seconds * low, cpu_seconds * high),
        constants: format!(
            "CPU seconds x {middle} W per busy core, {low} to {high} W; no idle, memory or disk power"
        ),
    }
}

/// The packages' counters at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters(Vec<Counter>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Counter {
    microjoules: u64,
    range: u64,
}

impl Counters {
    /// Reads the counters now; `None` where there are none or they may not be read.
    pub fn now() -> Option<Counters> {
        Counters::in_directory(Path::new(POWERCAP))
    }

    fn in_directory(directory: &Path) -> Option<Counters> {
        let packages = (0..).map(|package| directory.join(format!("intel-rapl:{package}")));
        let counters: Vec<_> = packages.map_while(|package| Counter::read(&package)).collect();
        if counters.is_empty() { None } else { Some(Counters(counters)) }
    }

    /// The energy used from `earlier` to here. A counter that started again from zero in between is corrected for.
    pub fn since(&self, earlier: &Counters) -> Energy {
        let used = self.0.iter().zip(&earlier.0).map(|(now, then)| {
            now.microjoules
                .checked_sub(then.microjoules)
                .unwrap_or(now.microjoules + now.range - then.microjoules)
        });
        Energy::Measured { joules: used.sum::<u64>() as f64 * 1e-6 }
    }
}

impl Counter {
    fn read(package: &Path) -> Option<Counter> {
        let number = |file: &str| fs::read_to_string(package.join(file)).ok()?.trim().parse::<u64>().ok();
        Some(Counter { microjoules: number("energy_uj")?, range: number("max_energy_range_uj")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(directory: &Path, index: usize, microjoules: u64) {
        let package = directory.join(format!("intel-rapl:{index}"));
        fs::create_dir_all(&package).expect("writable");
        fs::write(package.join("energy_uj"), format!("{microjoules}\n")).expect("writable");
        fs::write(package.join("max_energy_range_uj"), "1000000\n").expect("writable");
    }

    #[test]
    fn counters_of_all_packages_are_added_and_may_start_again() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(Counters::in_directory(directory.path()), None);
        package(directory.path(), 0, 900_000);
        package(directory.path(), 1, 100_000);
        let before = Counters::in_directory(directory.path()).expect("two packages");
        package(directory.path(), 0, 400_000);
        package(directory.path(), 1, 350_000);
        let after = Counters::in_directory(directory.path()).expect("two packages");
        assert_eq!(after.since(&before), Energy::Measured { joules: 0.75 });
    }

    #[test]
    fn the_model_gives_its_constants() {
        let Energy::Modelled { joules, range, constants } = modelled(2.0) else { panic!("it is modelled") };
        assert_eq!((joules, range), (20.0, (10.0, 40.0)));
        assert!(constants.contains("10 W") && constants.contains("5 to 20 W"), "{constants}");
    }
}
