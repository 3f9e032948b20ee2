//! The dependency rule: what `cargo metadata` says against the crate table of ARCHITECTURE.md.
//!
//! Edges between workspace crates go to a lower level and stand in the table; some outside crates have a home.
//! Development dependencies are free.

use std::collections::BTreeSet;

use super::Violation;
use super::layout::{Layout, Row};
use super::metadata::{Package, Workspace};

const TABLE: &str = "ARCHITECTURE.md";

/// Crates that only development dependencies may name.
const TEST_ONLY: &[&str] = &["isogrid-testing"];

/// An outside crate that only some of ours may depend on.
struct Home {
    dependency: &'static str,
    welcome: fn(&str, &Layout) -> bool,
    why: &'static str,
}

static HOMES: &[Home] = &[
    Home {
        dependency: "serde_json",
        welcome: |name, _| {
            matches!(
                name,
                "isogrid" | "isogrid-robot" | "isogrid-sim" | "isogrid-bench" | "isogrid-cli" | "xtask"
            )
        },
        why: "JSON is known only to isogrid (wire.rs), isogrid-robot (formats), isogrid-sim, isogrid-bench, \
              isogrid-cli and xtask",
    },
    Home {
        dependency: "anyhow",
        welcome: |name, layout| name == "xtask" || layout.level(name).is_some_and(|level| level >= 5),
        why: "libraries have typed errors: anyhow is for levels 5 and 6 and xtask",
    },
];

/// Every edge that breaks the rule, and every difference between the table and the workspace.
pub fn check(workspace: &Workspace, layout: &Layout) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &workspace.packages {
        match layout.rows.get(&package.name) {
            Some(row) => found.extend(package_edges(package, row, workspace, layout)),
            None => found.push(table(1, format!("`{}` is missing from the crate table", package.name))),
        }
        found.extend(homes(package, layout));
    }
    for (name, row) in &layout.rows {
        if !workspace.packages.iter().any(|package| package.name == *name) {
            found.push(table(row.line, format!("`{name}` is in the crate table but not in the workspace")));
        }
    }
    found
}

fn package_edges(package: &Package, row: &Row, workspace: &Workspace, layout: &Layout) -> Vec<Violation> {
    let own: BTreeSet<&String> = workspace.packages.iter().map(|package| &package.name).collect();
    let edges: BTreeSet<&String> = package.normal.iter().filter(|name| own.contains(name)).collect();
    let mut found = Vec::new();
    for edge in &edges {
        if !row.depends_on.contains(*edge) {
            let message = format!("depends on `{edge}`, which the crate table does not list");
            found.push(manifest(package, message));
        }
        if TEST_ONLY.contains(&edge.as_str()) {
            found.push(manifest(package, format!("`{edge}` is for [dev-dependencies] only")));
        }
        found.extend(uphill(package, row, edge, layout));
    }
    for listed in row.depends_on.iter().filter(|name| !edges.contains(name)) {
        found.push(table(row.line, format!("`{}` does not depend on `{listed}`", package.name)));
    }
    found
}

fn uphill(package: &Package, row: &Row, edge: &str, layout: &Layout) -> Option<Violation> {
    let from = row.level?;
    let Some(to) = layout.level(edge) else {
        return Some(manifest(package, format!("depends on the tool `{edge}`")));
    };
    if to < from {
        return None;
    }
    let message = if layout.is_engine(&package.name) && layout.is_engine(edge) {
        format!("depends on the engine `{edge}`: engines do not know each other")
    } else {
        format!("level {from} depends on `{edge}` of level {to}: arrows go to a lower level")
    };
    Some(manifest(package, message))
}

fn homes(package: &Package, layout: &Layout) -> Vec<Violation> {
    let strangers = HOMES.iter().filter(|home| {
        package.normal.iter().any(|name| name == home.dependency) && !(home.welcome)(&package.name, layout)
    });
    strangers
        .map(|home| manifest(package, format!("depends on `{}`: {}", home.dependency, home.why)))
        .collect()
}

fn manifest(package: &Package, message: String) -> Violation {
    Violation::new(&package.manifest, 1, "dependency-rule", message)
}

fn table(line: usize, message: String) -> Violation {
    Violation::new(TABLE, line, "dependency-rule", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| level | crate | job | depends on |\n| --- | --- | --- | --- |\n\
        | 0 | `isogrid-core` | a | – |\n| 1 | `isogrid-testing` | b | core |\n\
        | 2 | `isogrid-plan` | c | core |\n| 2 | `isogrid-quant` | d | core |\n| 5 | `isogrid-bench` | e | plan |\n";

    fn workspace(changes: &[(&str, &[&str])]) -> Workspace {
        let mut packages: Vec<Package> = [
            ("isogrid-core", vec![]),
            ("isogrid-testing", vec!["isogrid-core"]),
            ("isogrid-plan", vec!["isogrid-core"]),
            ("isogrid-quant", vec!["isogrid-core"]),
            ("isogrid-bench", vec!["isogrid-plan", "serde_json", "anyhow"]),
        ]
        .into_iter()
        .map(|(name, normal)| Package::for_tests(name, &normal))
        .collect();
        for (name, normal) in changes {
            packages.retain(|package| package.name != *name);
            packages.push(Package::for_tests(name, normal));
        }
        Workspace { packages }
    }

    #[test]
    fn a_workspace_like_the_table_passes() {
        let layout = Layout::parse(TABLE).expect("a good table");
        assert_eq!(check(&workspace(&[]), &layout), []);
    }

    #[test]
    fn every_other_edge_is_named() {
        let cases: Vec<(&str, &str, Vec<&str>, &[&str])> = vec![
            ("unlisted", "isogrid-bench", vec!["isogrid-plan", "isogrid-core"], &["does not list"]),
            ("unused", "isogrid-bench", vec![], &["does not depend on `isogrid-plan`"]),
            (
                "between engines",
                "isogrid-plan",
                vec!["isogrid-core", "isogrid-quant"],
                &["does not list", "engines do not know each other"],
            ),
            (
                "uphill",
                "isogrid-core",
                vec!["isogrid-testing"],
                &["does not list", "for [dev-dep", "lower level"],
            ),
            ("missing row", "isogrid-new", vec!["isogrid-core"], &["missing from the crate table"]),
            ("json", "isogrid-plan", vec!["isogrid-core", "serde_json"], &["JSON is known only"]),
            ("anyhow", "isogrid-plan", vec!["isogrid-core", "anyhow"], &["typed errors"]),
        ];
        let layout = Layout::parse(TABLE).expect("a good table");
        for (name, package, normal, expected) in cases {
            let found = check(&workspace(&[(package, &normal)]), &layout);
            let messages: Vec<&str> = found.iter().map(|violation| violation.message.as_str()).collect();
            assert_eq!(messages.len(), expected.len(), "{name}: {messages:?}");
            for part in expected {
                assert!(messages.iter().any(|message| message.contains(part)), "{name}: {messages:?}");
            }
        }
    }

    #[test]
    fn a_row_without_a_crate_is_named() {
        let layout = Layout::parse(TABLE).expect("a good table");
        let mut small = workspace(&[("isogrid-bench", &["isogrid-plan"])]);
        small.packages.retain(|package| package.name != "isogrid-quant");
        let found = check(&small, &layout);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("ARCHITECTURE.md", 6));
    }
}
