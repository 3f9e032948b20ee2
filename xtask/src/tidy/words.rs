//! Words that may not stand in Rust code, as one table: what, where, and why.
//!
//! It leaves out what clippy already denies in the same place; rules here are about this project's layout.

use super::source::{Source, bracket_end, words};
use super::{Layout, Violation};

/// Where a word is forbidden.
enum Place {
    /// In any file that `allowed` does not name.
    AnywhereBut(fn(&Source) -> bool),
    /// In shipped code, not in tests.
    Shipped,
    /// In shipped code of engine crates.
    Engines,
    /// In shipped code of engine crates and of the crates they compute with.
    Computing,
    /// In tests.
    Tests,
}

struct Rule {
    name: &'static str,
    words: &'static [&'static str],
    place: Place,
    why: &'static str,
}

static RULES: &[Rule] = &[
    Rule {
        name: "unsafe",
        words: &["unsafe"],
        place: Place::AnywhereBut(|file| {
            let foreign = file.path.ends_with("isogrid-sim/src/library.rs");
            file.crate_name() == "isogrid-num" || file.path.contains("/src/kernels/") || foreign
        }),
        why: "stands only in isogrid-num, an engine's src/kernels/ and isogrid-sim/src/library.rs",
    },
    Rule {
        name: "unfinished",
        words: &["todo!", "unimplemented!", "dbg!"],
        place: Place::AnywhereBut(|_| false),
        why: "finish it, or return a typed error",
    },
    Rule {
        name: "ignored-test",
        words: &["#[ignore"],
        place: Place::AnywhereBut(|_| false),
        why: "a test runs or does not exist",
    },
    Rule {
        name: "unwrap",
        words: &[".unwrap()"],
        place: Place::Shipped,
        why: "return a typed error, or say with expect why it cannot fail",
    },
    Rule {
        name: "sleeping-test",
        words: &["thread::sleep"],
        place: Place::Tests,
        why: "wait for the event, not for time",
    },
    Rule {
        name: "clock",
        words: &["Instant::now", "SystemTime", "UNIX_EPOCH"],
        place: Place::Computing,
        why: "only drivers read clocks: an engine counts ticks",
    },
    Rule {
        name: "environment",
        words: &["std::env", "env::var", "env::args"],
        place: Place::Computing,
        why: "only drivers read the environment: an engine is told by its options",
    },
    Rule {
        name: "default-hasher",
        words: &[
            "RandomState",
            "HashMap::new",
            "HashSet::new",
            "HashMap::with_capacity",
            "HashSet::with_capacity",
        ],
        place: Place::Engines,
        why: "the same seed gives the same bytes: name a fixed hasher or use a BTreeMap",
    },
    Rule {
        name: "json",
        words: &["serde_json"],
        place: Place::AnywhereBut(json_is_home),
        why: "in the facade only wire (and isolate, which speaks it to child processes) knows JSON",
    },
];

fn json_is_home(file: &Source) -> bool {
    let in_facade = file.crate_name() == "isogrid" && file.is_src();
    let home = ["/src/wire", "/src/isolate"].iter().any(|path| file.path.contains(path));
    !in_facade || home
}

impl Place {
    fn covers(&self, file: &Source, layout: &Layout, offset: usize) -> bool {
        let shipped = || file.is_src() && !file.in_test(offset);
        let name = file.crate_name();
        match self {
            Place::AnywhereBut(allowed) => !allowed(file),
            Place::Shipped => shipped(),
            Place::Engines => layout.is_engine(name) && shipped(),
            Place::Computing => (layout.is_engine(name) || name == "isogrid-num") && shipped(),
            Place::Tests => file.in_test(offset),
        }
    }
}

/// Every forbidden word of `file`.
pub fn check(file: &Source, layout: &Layout) -> Vec<Violation> {
    let mut found = attributes(file);
    for rule in RULES {
        for word in rule.words {
            let hits = words(&file.code, word).filter(|offset| rule.place.covers(file, layout, *offset));
            found.extend(hits.map(|offset| {
                Violation::new(&file.path, file.line_of(offset), rule.name, format!("`{word}`: {}", rule.why))
            }));
        }
    }
    found
}

/// `allow` without a reason, and any `unsafe` block without a SAFETY line.
fn attributes(file: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for lint in ["allow", "expect"] {
        for offset in words(&file.code, lint) {
            if !in_attribute(&file.code, offset) {
                continue;
            }
            let open = offset + lint.len();
            let reasoned = words(&file.code[..bracket_end(&file.code, open)], "reason").any(|at| at > open);
            if !reasoned {
                let message = format!("`{lint}` without a reason: write #[expect(lint, reason = \"..\")]");
                found.push(Violation::new(&file.path, file.line_of(offset), "bare-allow", message));
            }
        }
    }
    found.extend(unexplained_unsafe(file));
    found
}

fn in_attribute(code: &str, offset: usize) -> bool {
    if !code[offset..].trim_start_matches(char::is_alphabetic).starts_with('(') {
        return false;
    }
    let before = code[..offset].trim_end();
    if before.ends_with("#[") || before.ends_with("#![") {
        return true;
    }
    let line = before.rsplit('\n').next().unwrap_or_default();
    before.ends_with(',') && line.contains("cfg_attr(")
}

fn unexplained_unsafe(file: &Source) -> Vec<Violation> {
    let comments: Vec<&str> = file.comments.lines().collect();
    let code: Vec<&str> = file.code.lines().collect();
    let explained = |line: usize| {
        let above = (0..line).rev().take_while(|i| {
            let text = code[*i].trim();
            text.is_empty() && !comments[*i].trim().is_empty() || text.starts_with("#[")
        });
        above.chain([line]).any(|i| comments[i].contains("SAFETY:") || comments[i].contains("# Safety"))
    };
    let blocks = words(&file.code, "unsafe").map(|offset| file.line_of(offset));
    let bare = blocks.filter(|line| !explained(line - 1));
    bare.map(|line| {
        Violation::new(&file.path, line, "safety-line", "`unsafe` without a SAFETY line above it".into())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: &str = "crates/isogrid-plan/src/engine.rs";

    fn found(path: &str, raw: &str) -> Vec<(usize, &'static str)> {
        let layout = Layout::for_tests(&[("isogrid-plan", 2), ("isogrid-core", 0), ("isogrid", 4)]);
        let violations = check(&Source::new(path, raw), &layout);
        violations.into_iter().map(|violation| (violation.line, violation.rule)).collect()
    }

    #[test]
    fn forbidden_words_are_found_where_they_are_forbidden() {
        let in_test = |body: &str| format!("#[cfg(test)]\nmod tests {{\n    {body}\n}}\n");
        let cases: Vec<(&str, &str, String, Vec<(usize, &str)>)> = vec![
            ("unwrap in shipped code", ENGINE, "x\n.unwrap()".into(), vec![(2, "unwrap")]),
            ("unwrap in a unit test", ENGINE, in_test("x.unwrap();"), vec![]),
            ("unwrap in an integration test", "crates/isogrid-plan/tests/a.rs", "x.unwrap()".into(), vec![]),
            ("unwrap in text", ENGINE, "f(\".unwrap()\") // .unwrap()".into(), vec![]),
            ("an unfinished function", ENGINE, "todo!()".into(), vec![(1, "unfinished")]),
            ("an unfinished test", ENGINE, in_test("unimplemented!()"), vec![(3, "unfinished")]),
            ("an ignored test", ENGINE, in_test("#[ignore = \"slow\"]"), vec![(3, "ignored-test")]),
            ("a sleeping test", ENGINE, in_test("thread::sleep(x);"), vec![(3, "sleeping-test")]),
            ("a clock in an engine", ENGINE, "Instant::now()".into(), vec![(1, "clock")]),
            ("a clock in the core", "crates/isogrid-core/src/m.rs", "Instant::now()".into(), vec![]),
            ("an engine that looks around", ENGINE, "use std::env;".into(), vec![(1, "environment")]),
            ("an engine's test data", ENGINE, in_test("std::env::var(x)"), vec![]),
            ("a random hasher", ENGINE, "HashMap::new()".into(), vec![(1, "default-hasher")]),
            ("JSON in the facade", "crates/isogrid/src/a.rs", "serde_json::x".into(), vec![(1, "json")]),
            ("JSON at home", "crates/isogrid/src/wire.rs", "serde_json::x".into(), vec![]),
        ];
        for (name, path, raw, expected) in cases {
            assert_eq!(found(path, &raw), expected, "{name}");
        }
    }

    #[test]
    fn unsafe_has_a_place_and_a_reason() {
        let kernel = "crates/isogrid-plan/src/kernels/dot.rs";
        let cases = [
            ("in an engine", ENGINE, "// SAFETY: in bounds\nunsafe { x }", vec![(2, "unsafe")]),
            ("in a kernel", kernel, "// SAFETY: in bounds\nunsafe { x }", vec![]),
            (
                "where MuJoCo is bound",
                "crates/isogrid-sim/src/library.rs",
                "// SAFETY: first\nunsafe { x }",
                vec![],
            ),
            ("two lines of reason", kernel, "// SAFETY: in\n// bounds\nunsafe { x }", vec![]),
            ("without a reason", kernel, "x\nunsafe { x }", vec![(2, "safety-line")]),
            (
                "an unsafe function",
                kernel,
                "/// # Safety\n/// In bounds.\n#[inline]\nunsafe fn x() {}",
                vec![],
            ),
        ];
        for (name, path, raw, expected) in cases {
            assert_eq!(found(path, raw), expected, "{name}");
        }
    }

    #[test]
    fn lints_are_silenced_with_a_reason_only() {
        let cases = [
            ("a bare allow", "#[allow(dead_code)]", vec![(1, "bare-allow")]),
            ("a bare inner allow", "#![allow(dead_code)]", vec![(1, "bare-allow")]),
            ("a bare expect", "#[expect(dead_code)]", vec![(1, "bare-allow")]),
            ("a reason", "#[expect(dead_code, reason = \"used by a macro\")]", vec![]),
            ("under a condition", "#[cfg_attr(test, allow(dead_code))]", vec![(1, "bare-allow")]),
            ("a method", "x.expect(\"always\")", vec![]),
            ("a function", "allow(x)", vec![]),
        ];
        for (name, raw, expected) in cases {
            assert_eq!(found(ENGINE, raw), expected, "{name}");
        }
    }
}
