//! The engines of this build: an explicit list, so that adding or removing one is a line here.

use isogrid_core::Entry;

use crate::Error;

static REGISTRY: &[Entry] = &[
    #[cfg(feature = "plan")]
    isogrid_core::entry::<isogrid_plan::Planner>()
        .with_detect::<isogrid_plan::Planner>()
        .with_check::<isogrid_plan::Planner>(),
    #[cfg(feature = "tsetlin")]
    isogrid_core::entry::<isogrid_tsetlin::Tsetlin>()
        .with_detect::<isogrid_tsetlin::Tsetlin>()
        .with_check::<isogrid_tsetlin::Tsetlin>(),
    #[cfg(feature = "tsetlin")]
    isogrid_core::entry::<isogrid_tsetlin::Anomaly>().with_check::<isogrid_tsetlin::Anomaly>(),
    #[cfg(feature = "linear")]
    isogrid_core::entry::<isogrid_linear::Linear>()
        .with_detect::<isogrid_linear::Linear>()
        .with_check::<isogrid_linear::Linear>(),
    #[cfg(feature = "forest")]
    isogrid_core::entry::<isogrid_forest::Forest>()
        .with_detect::<isogrid_forest::Forest>()
        .with_check::<isogrid_forest::Forest>(),
    #[cfg(feature = "robot")]
    crate::arm::ENTRY,
];

/// Every engine of this build, in the order shown to users.
pub fn registry() -> &'static [Entry] {
    REGISTRY
}

/// The engine called `name`.
///
/// # Errors
/// [`Error::UnknownEngine`] with the names there are.
pub fn find(name: &str) -> Result<&'static Entry, Error> {
    find_among(registry(), name)
}

pub(crate) fn find_among<'a>(entries: &'a [Entry], name: &str) -> Result<&'a Entry, Error> {
    entries.iter().find(|entry| (entry.info)().name == name).ok_or_else(|| Error::UnknownEngine {
        name: name.to_string(),
        known: entries.iter().map(|entry| (entry.info)().name.to_string()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_engine;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = registry().iter().map(|entry| (entry.info)().name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = find_among(test_engine::ENTRIES, "sum").expect_err("there is no such engine");
        assert!(error.to_string().contains("`sum`"), "{error}");
        assert!(matches!(error, Error::UnknownEngine { known, .. } if known == ["adder", "counter"]));
    }
}
