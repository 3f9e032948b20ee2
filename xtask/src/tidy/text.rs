//! Rules on the text of files: module docs, white space, machine paths, notes to self.

use super::Violation;
use super::source::Source;

const DOC_LINES: usize = 15;

/// File endings that people write by hand, and so keep tidy.
const WRITTEN: &[&str] = &["rs", "md", "toml", "py", "yml", "sh", "tmpl"];

/// Every Rust module opens with what it is, in at most fifteen lines.
pub fn module_doc(file: &Source) -> Option<Violation> {
    let mut lines = file.raw.lines().skip_while(|line| line.trim().is_empty() || line.starts_with("#!/"));
    let first = lines.next().unwrap_or_default();
    if first.starts_with("#![doc = include_str!") {
        return None;
    }
    if !first.starts_with("//!") {
        let message = "open the module with a //! doc: what it is, what it leaves out, its paper".into();
        return Some(Violation::new(&file.path, 1, "module-doc", message));
    }
    let length = 1 + lines.take_while(|line| line.starts_with("//!")).count();
    (length > DOC_LINES).then(|| {
        let message = format!("the module doc has {length} lines, the limit is {DOC_LINES}");
        Violation::new(&file.path, 1, "module-doc", message)
    })
}

/// Trailing white space and the end of the file.
pub fn white_space(path: &str, raw: &str) -> Vec<Violation> {
    let ending = path.rsplit('.').next().unwrap_or_default();
    if !WRITTEN.contains(&ending) && !path.starts_with(".ci/") {
        return Vec::new();
    }
    let loose = raw.split('\n').enumerate().filter(|(_, line)| line.ends_with([' ', '\t', '\r']));
    let mut found: Vec<Violation> = loose
        .map(|(i, _)| Violation::new(path, i + 1, "trailing-space", "remove trailing white space".into()))
        .collect();
    if !raw.is_empty() && (!raw.ends_with('\n') || raw.ends_with("\n\n")) {
        let message = "end the file with exactly one newline".into();
        found.push(Violation::new(path, raw.lines().count(), "final-newline", message));
    }
    found
}

/// Absolute paths of one machine: a clone works anywhere.
pub fn machine_paths(path: &str, raw: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for folder in ["work", "root", "tmp", "home", "Users"] {
        let needle = format!("/{folder}/");
        for (i, line) in raw.lines().enumerate() {
            let absolute = line
                .match_indices(&needle)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}/)*".contains(c)));
            if absolute {
                let message = format!("`{needle}` is a path of one machine");
                found.push(Violation::new(path, i + 1, "machine-path", message));
            }
        }
    }
    found
}

/// Notes to self that name no issue: `TODO(#12)` may stay, a bare one may not.
pub fn bare_notes(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        for word in ["TODO", "FIXME", "XXX"] {
            let bare = super::source::words(line, word).any(|at| !line[at + word.len()..].starts_with("(#"));
            if bare {
                let message = format!("`{word}` without an issue: do it, or write {word}(#number)");
                found.push(Violation::new(path, i + 1, "bare-todo", message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_open_with_a_short_doc() {
        let cases = [
            ("a doc", "//! What it is.\n".to_string(), false),
            ("the README", "#![doc = include_str!(\"../README.md\")]\n".into(), false),
            ("fifteen lines", "//! x\n".repeat(15), false),
            ("sixteen lines", "//! x\n".repeat(16), true),
            ("a use first", "use x;\n//! What it is.\n".into(), true),
            ("nothing", String::new(), true),
        ];
        for (name, raw, wrong) in cases {
            assert_eq!(module_doc(&Source::new("src/a.rs", &raw)).is_some(), wrong, "{name}");
        }
    }

    #[test]
    fn white_space_is_clean() {
        let cases = [
            ("clean", "a.md", "a\n\nb\n", vec![]),
            ("a space", "a.md", "a \nb\n", vec![(1, "trailing-space")]),
            ("a carriage return", "a.rs", "a\nb\r\n", vec![(2, "trailing-space")]),
            ("no newline", "a.toml", "a\nb", vec![(2, "final-newline")]),
            ("an empty line at the end", "a.rs", "a\n\n", vec![(2, "final-newline")]),
            ("data", "a.csv", "a \r\nb", vec![]),
            ("the CI script", ".ci/run", "a\t\n", vec![(1, "trailing-space")]),
        ];
        for (name, path, raw, expected) in cases {
            let found: Vec<_> = white_space(path, raw).iter().map(|v| (v.line, v.rule)).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn machine_paths_are_absolute() {
        let cases = [
            ("absolute", format!("x\nsee /{}/a", "work"), vec![2]),
            ("in quotes", format!("\"/{}/a\"", "tmp"), vec![1]),
            ("below another folder", format!("target/{}/a", "tmp"), vec![]),
            ("below a variable", format!("$HOME/{}/a", "work"), vec![]),
        ];
        for (name, raw, expected) in cases {
            let found: Vec<usize> = machine_paths("a.md", &raw).iter().map(|v| v.line).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn notes_name_an_issue() {
        let note = |rest: &str| format!("{}{rest}", "TODO");
        let cases = [
            ("bare", note(": write"), true),
            ("with an issue", note("(#12): write"), false),
            ("with a name", note("(me): write"), true),
            ("another word", note("S"), false),
        ];
        for (name, text, wrong) in cases {
            assert_eq!(!bare_notes("a.md", &text).is_empty(), wrong, "{name}");
        }
    }
}
