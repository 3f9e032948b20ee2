//! What `cargo metadata` says about the workspace and its dependencies, reduced to what the rules need.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::repo::Repo;
use crate::shell;

/// The workspace's own packages.
#[derive(Debug)]
pub struct Workspace {
    /// In the order cargo gives.
    pub packages: Vec<Package>,
}

/// One workspace package.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its Cargo.toml, from the repository root.
    pub manifest: String,
    /// Names of normal and build dependencies.
    pub normal: BTreeSet<String>,
    /// Whether it has a library.
    pub has_library: bool,
}

/// A package from outside the workspace.
#[derive(Debug, Deserialize)]
pub struct Outside {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its license expression, as published.
    pub license: Option<String>,
    /// Where it comes from; `None` for a path.
    pub source: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    packages: Vec<RawPackage>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    manifest_path: String,
    dependencies: Vec<RawDependency>,
    targets: Vec<RawTarget>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct RawTarget {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct RawOutside {
    packages: Vec<Outside>,
}

impl Workspace {
    /// Asks cargo, without touching the network.
    ///
    /// # Errors
    /// A manifest is broken.
    pub fn read(repo: &Repo) -> Result<Workspace> {
        let text = shell::capture(repo.cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        Workspace::parse(&text, &repo.root.to_string_lossy())
    }

    fn parse(json: &str, root: &str) -> Result<Workspace> {
        let raw: Raw = serde_json::from_str(json).context("reading the answer of `cargo metadata`")?;
        let packages = raw.packages.into_iter().map(|package| Package {
            manifest: package.manifest_path.trim_start_matches(root).trim_start_matches('/').to_string(),
            has_library: package.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "lib")),
            normal: normal_names(package.dependencies),
            name: package.name,
        });
        Ok(Workspace { packages: packages.collect() })
    }
}

fn normal_names(dependencies: Vec<RawDependency>) -> BTreeSet<String> {
    let normal = dependencies.into_iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    normal.map(|dependency| dependency.name).collect()
}

/// Every package from outside that is built on this platform, with all features of ours.
///
/// The lock file also names packages behind features that nobody turns on, so the tree decides.
///
/// # Errors
/// Cargo cannot read the lock file, or cannot fetch a manifest that it does not have yet.
pub fn outside(repo: &Repo) -> Result<Vec<Outside>> {
    let version = shell::capture(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let text = shell::capture(repo.cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        host,
    ]))?;
    let raw: RawOutside = serde_json::from_str(&text).context("reading the answer of `cargo metadata`")?;
    let tree = ["tree", "--workspace", "--all-features", "--locked", "--prefix", "none", "--target", host];
    let tree = shell::capture(repo.cargo().args(tree).args(["--edges", "normal,build,dev"]))?;
    let built = built(&tree);
    let is_built = |package: &Outside| built.contains(&(package.name.as_str(), package.version.as_str()));
    let outside = raw.packages.into_iter().filter(|package| package.source.is_some());
    Ok(outside.filter(is_built).collect())
}

/// Names and versions in the lines of `cargo tree`.
fn built(tree: &str) -> BTreeSet<(&str, &str)> {
    let words = tree.lines().map(str::split_whitespace);
    words.filter_map(|mut words| Some((words.next()?, words.next()?.strip_prefix('v')?))).collect()
}

#[cfg(test)]
impl Package {
    pub fn for_tests(name: &str, normal: &[&str]) -> Package {
        Package {
            name: name.to_string(),
            manifest: format!("crates/{name}/Cargo.toml"),
            normal: normal.iter().map(ToString::to_string).collect(),
            has_library: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_names_what_is_built() {
        let tree = "ours v0.1.0 (/x/crates/ours)\nserde v1.0.2\nserde_derive v1.0.2 (proc-macro) (*)\n\n";
        let expected = [("ours", "0.1.0"), ("serde", "1.0.2"), ("serde_derive", "1.0.2")];
        assert_eq!(built(tree), BTreeSet::from(expected));
    }

    #[test]
    fn development_dependencies_are_left_out() {
        let json = r#"{"packages": [{"name": "a", "manifest_path": "/x/crates/a/Cargo.toml",
            "targets": [{"kind": ["lib"]}, {"kind": ["test"]}],
            "dependencies": [{"name": "b", "kind": null}, {"name": "c", "kind": "dev"}, {"name": "d", "kind": "build"}]}]}"#;
        let workspace = Workspace::parse(json, "/x").expect("good metadata");
        let package = &workspace.packages[0];
        assert_eq!(package.manifest, "crates/a/Cargo.toml");
        assert!(package.has_library);
        assert_eq!(package.normal.iter().collect::<Vec<_>>(), ["b", "d"]);
    }
}
