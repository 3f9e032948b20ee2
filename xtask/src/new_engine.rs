//! `cargo xtask new-engine NAME`: the skeleton of an engine crate, registered everywhere it has to be.
//!
//! The skeleton is a small working engine that passes its conformance tests; `prove` keeps that true.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::args::{Args, Usage};
use crate::repo::Repo;
use crate::{shell, tidy};

/// Files of the skeleton: the path in the crate, and its template.
static TEMPLATES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../templates/Cargo.toml.tmpl")),
    ("README.md", include_str!("../templates/README.md.tmpl")),
    ("src/lib.rs", include_str!("../templates/lib.rs.tmpl")),
    ("src/method.rs", include_str!("../templates/method.rs.tmpl")),
    ("src/reference.rs", include_str!("../templates/reference.rs.tmpl")),
    ("src/engine.rs", include_str!("../templates/engine.rs.tmpl")),
    ("src/detect.rs", include_str!("../templates/detect.rs.tmpl")),
    ("src/port.rs", include_str!("../templates/port.rs.tmpl")),
    ("src/error.rs", include_str!("../templates/error.rs.tmpl")),
    ("tests/conformance.rs", include_str!("../templates/conformance.rs.tmpl")),
];

/// What the skeleton is called while it is proved.
const SAMPLE: &str = "skeleton-sample";

/// The parts of the repository that a copy needs to build an engine.
const COPIED: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "ARCHITECTURE.md",
    "deny.toml",
    "rustfmt.toml",
    "clippy.toml",
    "crates/",
    "xtask/",
];

/// An engine's name in its three spellings.
struct Name {
    /// `time-series`
    kebab: String,
    /// `time_series`
    ident: String,
    /// `TimeSeries`
    camel: String,
}

/// One line added to a file of the repository.
struct Insertion {
    file: &'static str,
    /// The line goes before the first line for which this holds, counted from the line that starts with `after`.
    after: &'static str,
    before: fn(&str) -> bool,
    line: String,
}

/// Writes and registers the skeleton.
///
/// # Errors
/// The name is not one, or is taken, or a file cannot be written.
pub fn run(repo: &Repo, args: Args) -> Result<()> {
    let name = Name::parse(&args.name("engine name")?)?;
    write(repo, &name)?;
    println!("\nnext: cargo test -p isogrid-{}, then CONTRIBUTING.md, \"Add an engine\"", name.kebab);
    Ok(())
}

fn write(repo: &Repo, name: &Name) -> Result<()> {
    let folder = format!("crates/isogrid-{}", name.kebab);
    ensure!(!repo.path(&folder).exists(), "{folder} exists already");
    for (path, template) in TEMPLATES {
        repo.write(&format!("{folder}/{path}"), &name.fill(template))?;
        println!("  wrote {folder}/{path}");
    }
    for insertion in insertions(name) {
        let text = repo.read(insertion.file)?;
        match insertion.apply(&text) {
            Some(text) => {
                repo.write(insertion.file, &text)?;
                println!("  {}: added `{}`", insertion.file, insertion.line.trim());
            }
            None => println!("  {}: add by hand: {}", insertion.file, insertion.line.trim()),
        }
    }
    depend_on_it(repo, name)?;
    shell::run(repo.cargo().args(["fmt", "-p", "isogrid", "-p", &format!("isogrid-{}", name.kebab)]))
}

impl Name {
    fn parse(text: &str) -> Result<Name> {
        let kebab = text.strip_prefix("isogrid-").unwrap_or(text).to_string();
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if !kebab.split('-').all(is_part) {
            let problem =
                format!("`{text}` is no engine name: lower-case words joined by `-`, like `time-series`");
            return Err(Usage(problem).into());
        }
        let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
        let camel = kebab.split('-').map(capital).collect();
        Ok(Name { ident: kebab.replace('-', "_"), kebab, camel })
    }

    fn fill(&self, template: &str) -> String {
        let filled = template.replace("{{name}}", &self.kebab).replace("{{ident}}", &self.ident);
        filled.replace("{{Type}}", &self.camel)
    }
}

fn insertions(name: &Name) -> Vec<Insertion> {
    let mut all = Vec::from(in_manifests(&name.kebab));
    all.extend(in_sources(name));
    all.push(Insertion {
        file: "ARCHITECTURE.md",
        after: "| level |",
        before: |line| line.starts_with("| 3 |") || line.starts_with("| 4 |"),
        line: format!("| 2 | `isogrid-{}` | engine: what it does, in one line | core num |", name.kebab),
    });
    all
}

fn in_manifests(name: &str) -> [Insertion; 4] {
    let feature = |file, enables: String| Insertion {
        file,
        after: "[features]",
        before: str::is_empty,
        line: format!("{name} = [\"{enables}\"]"),
    };
    [
        Insertion {
            file: "Cargo.toml",
            after: "[workspace.dependencies]",
            before: |line| line.starts_with("isogrid = "),
            line: format!("isogrid-{name} = {{ path = \"crates/isogrid-{name}\" }}"),
        },
        feature("crates/isogrid/Cargo.toml", format!("dep:isogrid-{name}")),
        Insertion {
            file: "crates/isogrid/Cargo.toml",
            after: "[dependencies]",
            before: |line| !line.starts_with("isogrid-"),
            line: format!("isogrid-{name} = {{ workspace = true, optional = true }}"),
        },
        feature("crates/isogrid-cli/Cargo.toml", format!("isogrid/{name}")),
    ]
}

fn in_sources(Name { kebab, ident, camel }: &Name) -> [Insertion; 2] {
    [
        Insertion {
            file: "crates/isogrid/src/lib.rs",
            after: "pub use isogrid_data",
            before: str::is_empty,
            line: format!("#[cfg(feature = \"{kebab}\")]\npub use isogrid_{ident} as {ident};"),
        },
        Insertion {
            file: "crates/isogrid/src/registry.rs",
            after: "static REGISTRY",
            before: |line| line.ends_with("];"),
            line: format!(
                "    #[cfg(feature = \"{kebab}\")]\n    isogrid_core::entry::<isogrid_{ident}::{camel}>()\
                 .with_detect::<isogrid_{ident}::{camel}>(),"
            ),
        },
    ]
}

impl Insertion {
    fn apply(&self, text: &str) -> Option<String> {
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        let start = lines.iter().position(|line| line.starts_with(self.after))?;
        // An empty list on one line is opened first.
        if let Some(head) = lines[start].strip_suffix("[];").map(|head| format!("{head}[")) {
            lines.splice(start..=start, [head, "];".into()]);
        }
        let at = start
            + 1
            + lines[start + 1..].iter().position(|line| (self.before)(line)).or_else(|| {
                let to_the_end = lines.len() - start - 1;
                (self.before)("").then_some(to_the_end)
            })?;
        lines.insert(at, self.line.clone());
        Some(lines.join("\n") + "\n")
    }
}

/// The engine joins the default features, and the facade's row of the crate table.
fn depend_on_it(repo: &Repo, name: &Name) -> Result<()> {
    let by_default = format!("\"{}\"", name.kebab);
    for manifest in ["crates/isogrid/Cargo.toml", "crates/isogrid-cli/Cargo.toml"] {
        let text = extend_line(&repo.read(manifest)?, "default = [", &by_default);
        repo.write(manifest, &text)?;
    }
    let table = extend_line(&repo.read("ARCHITECTURE.md")?, "| 4 | `isogrid` |", &name.kebab);
    repo.write("ARCHITECTURE.md", &table)?;
    Ok(())
}

/// Adds `item` to the list at the end of the line that starts with `start`: a TOML array, or words in a table's cell.
fn extend_line(text: &str, start: &str, item: &str) -> String {
    let extend = |line: &str| match (line.strip_suffix(']'), line.strip_suffix(" |")) {
        _ if !line.starts_with(start) => format!("{line}\n"),
        (Some(empty), _) if empty.ends_with('[') => format!("{empty}{item}]\n"),
        (Some(list), _) => format!("{list}, {item}]\n"),
        (_, Some(row)) => format!("{row} {item} |\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(extend).collect()
}

/// Writes the skeleton into a copy of the repository and lets it pass formatting, lints, tests and tidy there.
///
/// # Errors
/// The skeleton does not pass.
pub fn prove(repo: &Repo) -> Result<()> {
    // One fixed place: the copy's crates are then built in the same folder every time.
    let root = repo.target_folder().join("skeleton");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
    }
    let copy = Repo { root };
    for path in repo.files()?.iter().filter(|path| COPIED.iter().any(|part| path.starts_with(part))) {
        let target = copy.path(path);
        fs::create_dir_all(target.parent().context("a file has a folder")?)?;
        fs::copy(repo.path(path), &target).with_context(|| format!("copying {path}"))?;
    }
    write(&copy, &Name::parse(SAMPLE)?)?;
    let package = format!("isogrid-{SAMPLE}");
    // Cargo names the builds of the copy's crates as it names the original's: in one folder they would be mixed up.
    let build = repo.target_folder().join("skeleton-build");
    let cargo = |words: &[&str]| shell::run(copy.cargo().env("CARGO_TARGET_DIR", &build).args(words));
    cargo(&["test", "--quiet", "--offline", "-p", &package])?;
    cargo(&["clippy", "--quiet", "--offline", "-p", &package, "--all-targets", "--", "-D", "warnings"])?;
    cargo(&["check", "--quiet", "--offline", "-p", "isogrid"])?;
    cargo(&["fmt", "-p", &package, "-p", "isogrid", "--check"])?;
    let (found, _) = tidy::violations(&copy)?;
    let about_it = |violation: &String| violation.contains(SAMPLE);
    let wrong: Vec<String> = found.iter().map(ToString::to_string).filter(about_it).collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_three_spellings() {
        for text in ["time-series", "isogrid-time-series"] {
            let name = Name::parse(text).expect("a name");
            assert_eq!(name.fill("{{name}} {{ident}} {{Type}}"), "time-series time_series TimeSeries");
        }
        for text in ["", "Time", "time_series", "time--series", "-time", "2d", "zeit-überall"] {
            assert!(Name::parse(text).is_err_and(|error| error.is::<Usage>()), "{text}");
        }
    }

    #[test]
    fn lists_grow_at_their_end() {
        let cases = [
            ("array", "default = [\"a\"]\nx = []\n", "default = [", "default = [\"a\", new]\nx = []\n"),
            ("empty array", "default = []\n", "default = [", "default = [new]\n"),
            ("cell", "| 4 | a | core |\n| 5 | b | |\n", "| 4 | a |", "| 4 | a | core new |\n| 5 | b | |\n"),
            ("no such line", "x\n", "y", "x\n"),
        ];
        for (name, text, start, expected) in cases {
            assert_eq!(extend_line(text, start, "new"), expected, "{name}");
        }
    }

    #[test]
    fn lines_go_where_they_belong() {
        let insertion =
            |after, before: fn(&str) -> bool| Insertion { file: "x", after, before, line: "new".into() };
        let at_end_of_block = insertion("[b]", str::is_empty);
        let in_list = insertion("static L", |line| line.ends_with("];"));
        let cases = [
            ("block in the middle", &at_end_of_block, "[b]\nx\n\n[c]\n", Some("[b]\nx\nnew\n\n[c]\n")),
            ("block at the end", &at_end_of_block, "[a]\n\n[b]\nx\n", Some("[a]\n\n[b]\nx\nnew\n")),
            ("no block", &at_end_of_block, "[a]\n", None),
            ("empty list", &in_list, "static L: &[T] = &[];\n", Some("static L: &[T] = &[\nnew\n];\n")),
            (
                "list",
                &in_list,
                "static L: &[T] = &[\n    a,\n];\n",
                Some("static L: &[T] = &[\n    a,\nnew\n];\n"),
            ),
        ];
        for (name, insertion, text, expected) in cases {
            assert_eq!(insertion.apply(text).as_deref(), expected, "{name}");
        }
    }
}
