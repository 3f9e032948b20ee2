//! Cases in text files: a name, an input, and everything that is to be said about it.
//!
//! ```text
//! === name of the case
//! input, any number of lines
//! ---
//! expected text, up to an empty line
//! ```
//!
//! `ISOGRID_BLESS=1 cargo test -p isogrid-plan` writes the expected texts anew; read the difference before committing.

use std::fmt::Write as _;
use std::path::Path;

/// Runs every case of a file under `tests/data`. `said` gets a case's name and input.
pub fn check(file: &str, said: impl Fn(&str, &str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file);
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut now = String::new();
    let mut wrong = Vec::new();
    for case in golden.split("=== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap_or((case, ""));
        let (input, expected) = rest.split_once("\n---\n").unwrap_or_else(|| panic!("{name}: no '---'"));
        let said = said(name, input);
        if said != expected.trim_end() {
            wrong.push(format!("{name}: expected\n{}\nbut got\n{said}", expected.trim_end()));
        }
        let _ = writeln!(now, "=== {name}\n{input}\n---\n{said}\n");
    }
    if std::env::var_os("ISOGRID_BLESS").is_some() {
        let written = std::fs::write(&path, now.trim_end().to_string() + "\n");
        written.unwrap_or_else(|error| panic!("{file}: {error}"));
        return;
    }
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n\n"));
}
