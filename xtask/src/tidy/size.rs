//! Sizes: functions, files, the core, an engine's adapter.
//!
//! A few long functions are allowed, many are not: the limits are on the 95th percentile of the workspace.

use std::fmt::Write;

use super::source::Source;
use super::{Layout, Violation};

const FUNCTION_P95: usize = 45;
const FILE_P95: usize = 500;
const CORE_LINES: usize = 1_500;
const ADAPTER_LINES: usize = 200;
const WORST: usize = 5;

/// Something with a length.
struct Measured {
    lines: usize,
    place: String,
}

/// Violations of the size limits, and the figures in words.
pub fn check(files: &[Source], layout: &Layout) -> (Vec<Violation>, String) {
    let shipped: Vec<&Source> = files.iter().filter(|file| file.is_src()).collect();
    let mut text = String::new();
    let mut found = percentile("function", functions(&shipped), FUNCTION_P95, &mut text);
    found.extend(percentile("file", file_lengths(&shipped), FILE_P95, &mut text));
    found.extend(core(&shipped));
    found.extend(adapters(&shipped, layout));
    (found, text)
}

fn functions(files: &[&Source]) -> Vec<Measured> {
    let mut all = Vec::new();
    for file in files {
        for function in file.functions().into_iter().filter(|function| !file.in_test(function.offset)) {
            let place = format!("{}:{} {}", file.path, function.line, function.name);
            all.push(Measured { lines: function.lines, place });
        }
    }
    all
}

fn file_lengths(files: &[&Source]) -> Vec<Measured> {
    let measure = |file: &&Source| Measured { lines: file.lines_without_tests(), place: file.path.clone() };
    files.iter().map(measure).collect()
}

fn percentile(what: &str, mut all: Vec<Measured>, limit: usize, text: &mut String) -> Vec<Violation> {
    if all.is_empty() {
        return Vec::new();
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.lines));
    let rank = |share: f64| all[all.len() - (share * all.len() as f64).ceil().max(1.0) as usize].lines;
    let (median, p95) = (rank(0.5), rank(0.95));
    let _ =
        writeln!(text, "  {} {what}s: median {median} lines, p95 {p95} (limit {limit}), longest:", all.len());
    for one in all.iter().take(WORST) {
        let _ = writeln!(text, "    {:>5}  {}", one.lines, one.place);
    }
    if p95 <= limit {
        return Vec::new();
    }
    let message = format!("95 % of {what}s have at most {p95} lines, the limit is {limit}");
    let path = all[0].place.split(':').next().unwrap_or_default();
    vec![Violation::new(path, 1, "size", message)]
}

fn core(files: &[&Source]) -> Option<Violation> {
    let own = files.iter().filter(|file| file.crate_name() == "isogrid-core");
    let lines: usize = own.map(|file| file.lines_without_tests()).sum();
    (lines >= CORE_LINES).then(|| {
        let message = format!("the core has {lines} lines, the limit is {CORE_LINES}");
        Violation::new("crates/isogrid-core/src/lib.rs", 1, "core-size", message)
    })
}

fn adapters(files: &[&Source], layout: &Layout) -> Vec<Violation> {
    let adapters = files.iter().filter(|file| file.path.ends_with("/src/engine.rs"));
    let long = adapters
        .filter(|file| layout.is_engine(file.crate_name()) && file.lines_without_tests() >= ADAPTER_LINES);
    long.map(|file| {
        let lines = file.lines_without_tests();
        let message = format!("the adapter has {lines} lines, the limit is {ADAPTER_LINES}");
        Violation::new(&file.path, 1, "adapter-size", message)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "    x;\n".repeat(lines - 2))
    }

    fn rules(files: &[(&str, String)]) -> Vec<&'static str> {
        let files: Vec<Source> = files.iter().map(|(path, raw)| Source::new(path, raw)).collect();
        let layout = Layout::for_tests(&[("isogrid-plan", 2)]);
        check(&files, &layout).0.into_iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn limits_are_on_the_percentile() {
        let short = function(9).repeat(19);
        let cases = [
            ("one long function in twenty", vec![("src/a.rs", short.clone() + &function(90))], vec![]),
            ("two in twenty-one", vec![("src/a.rs", short + &function(90).repeat(2))], vec!["size"]),
            ("a long file", vec![("src/a.rs", function(9).repeat(60))], vec!["size"]),
            ("long tests", vec![("tests/a.rs", function(90))], vec![]),
        ];
        for (name, files, expected) in cases {
            assert_eq!(rules(&files), expected, "{name}");
        }
    }

    #[test]
    fn core_and_adapters_stay_small() {
        let core: Vec<(&str, String)> = vec![("crates/isogrid-core/src/a.rs", "x\n".repeat(450)); 4];
        assert_eq!(rules(&core), ["core-size"]);
        assert_eq!(rules(&[("crates/isogrid-plan/src/engine.rs", "x\n".repeat(199))]), [""; 0]);
        assert_eq!(rules(&[("crates/isogrid-plan/src/engine.rs", "x\n".repeat(200))]), ["adapter-size"]);
    }
}
