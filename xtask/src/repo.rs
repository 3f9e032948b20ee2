//! The repository: its root, its files, its folders for fetched and built things.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// Folders at the root that are not the repository's own text.
const FOREIGN: &[&str] = &[".git", ".tools", "data", "target", "shared"];

/// A checkout.
#[derive(Debug, Clone)]
pub struct Repo {
    /// Its absolute root.
    pub root: PathBuf,
}

impl Repo {
    /// The checkout around the current folder.
    ///
    /// # Errors
    /// There is none.
    pub fn find() -> Result<Repo> {
        let here = env::current_dir().context("reading the current folder")?;
        let is_root = |folder: &&Path| {
            fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
        };
        let root = here.ancestors().find(is_root);
        let root = root.with_context(|| format!("{} is in no Cargo workspace", here.display()))?;
        Ok(Repo { root: root.to_path_buf() })
    }

    /// An absolute path.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A text file's contents.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, relative: &str) -> Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| format!("reading {relative}"))
    }

    /// A file's contents if it is text.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_text(&self, relative: &str) -> Result<Option<String>> {
        let bytes = fs::read(self.path(relative)).with_context(|| format!("reading {relative}"))?;
        Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')))
    }

    /// Writes a file whole: a reader sees the old one or the new one. Says whether the contents changed.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, relative: &str, text: &str) -> Result<bool> {
        let path = self.path(relative);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(false);
        }
        let folder = path.parent().context("a file has a folder")?;
        let write = || -> Result<()> {
            fs::create_dir_all(folder)?;
            let file = tempfile::NamedTempFile::new_in(folder)?;
            fs::write(file.path(), text)?;
            file.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("writing {relative}"))?;
        Ok(true)
    }

    /// The repository's own files, sorted, as paths from the root with `/`. Fetched, built and temporary files are
    /// left out.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn files(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(self.path(&folder)).with_context(|| format!("reading {folder}/"))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                let kind = entry.file_type()?;
                if kind.is_dir() && !is_foreign(&folder, &name) {
                    folders.push(path);
                } else if kind.is_file() && !name.ends_with(".tmp") && !is_foreign(&folder, &name) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Where fetched data sets are: `$ISOGRID_DATA`, or `data/`.
    pub fn data_folder(&self) -> PathBuf {
        env::var_os("ISOGRID_DATA").map_or_else(|| self.path("data"), |path| self.root.join(path))
    }

    /// Where outside programs are installed.
    pub fn tools_folder(&self) -> PathBuf {
        self.path(".tools")
    }

    /// Where cargo puts what it builds.
    pub fn target_folder(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), |path| self.root.join(path))
    }

    /// A cargo command at the root, free of what the cargo that runs this program put into the environment.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).env("ISOGRID_DATA", self.data_folder());
        command.env("MUJOCO_DYNAMIC_LINK_DIR", self.data_folder().join("libmujoco"));
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name.as_ref());
            }
        }
        command
    }
}

fn is_foreign(folder: &str, name: &str) -> bool {
    (folder.is_empty() && FOREIGN.contains(&name)) || matches!(name, "target" | "__pycache__" | "corpus")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_listed_and_others_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repo = Repo { root: folder.path().to_path_buf() };
        for path in ["b.md", "a/x.rs", "a/target/y.rs", "data/z.csv", ".git/config", ".ci/run", "c.tmp"] {
            repo.write(path, "x\n").expect("a writable folder");
        }
        assert_eq!(repo.files().expect("readable"), [".ci/run", "a/x.rs", "b.md"]);
    }

    #[test]
    fn writing_says_whether_something_changed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repo = Repo { root: folder.path().to_path_buf() };
        let written: Vec<bool> =
            ["a", "a", "b"].iter().map(|text| repo.write("x/y.md", text).expect("writable")).collect();
        assert_eq!(written, [true, false, true]);
    }
}
