//! Writing files so that nothing is lost: a temporary file beside the target, synced, then renamed over it.
//!
//! Until the rename the old file stays whole; on failure the temporary file is removed. Devices, pipes and the like
//! cannot be replaced, so they are written in place. Symbolic links are followed, permissions of an old file kept.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Error;

/// Writes `bytes` to `path`, all of them or none.
///
/// # Errors
/// [`Error::Unwritable`]; the old file is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut replacement = Replacement::begin(path)?;
    replacement.append(bytes)?;
    replacement.commit()
}

/// Says before the work whether `path` can be written: touches nothing that is there.
///
/// # Errors
/// [`Error::Unwritable`], as [`write()`] would give. A disk may still fill up later.
pub fn check(path: &Path) -> Result<(), Error> {
    Replacement::begin(path).map(drop)
}

/// A file in the making; [`Replacement::commit`] puts it in place, dropping it leaves everything as it was.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Beside { temporary: NamedTempFile, target: PathBuf },
    Through(File),
}

impl Replacement {
    /// Starts a new version of `path`.
    ///
    /// # Errors
    /// [`Error::Unwritable`]: there is no such directory, it cannot be written to, the target is a directory or
    /// read-only.
    pub fn begin(path: &Path) -> Result<Replacement, Error> {
        let place = open(path).map_err(|source| unwritable(path, source))?;
        Ok(Replacement { path: path.to_path_buf(), place })
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`Error::Unwritable`], for example on a full disk.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let file = match &mut self.place {
            Place::Beside { temporary, .. } => temporary.as_file_mut(),
            Place::Through(file) => file,
        };
        file.write_all(bytes).map_err(|source| unwritable(&self.path, source))
    }

    /// Puts the new version in place and waits until the disk has it.
    ///
    /// # Errors
    /// [`Error::Unwritable`]; the old file is then as it was.
    pub fn commit(self) -> Result<(), Error> {
        let Replacement { path, place } = self;
        finish(place).map_err(|source| unwritable(&path, source))
    }
}

fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::Unwritable { path: path.to_path_buf(), source }
}

fn open(path: &Path) -> io::Result<Place> {
    let old = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let Some(old) = old else {
        return Ok(Place::Beside { temporary: temporary(path, None)?, target: path.to_path_buf() });
    };
    if old.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    if !old.is_file() {
        return Ok(Place::Through(OpenOptions::new().write(true).open(path)?));
    }
    if old.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let target = fs::canonicalize(path)?;
    Ok(Place::Beside { temporary: temporary(&target, Some(old.permissions()))?, target })
}

fn temporary(target: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    if target.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "does not name a file"));
    }
    let mut builder = tempfile::Builder::new();
    // A fixed prefix, because a long target name with anything added may be longer than the system allows.
    builder.prefix(".isogrid-").suffix(".tmp");
    for_everybody(&mut builder);
    let temporary = builder.tempfile_in(directory_of(target))?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    Ok(temporary)
}

/// Temporary files are private by default; a result is not. The system takes the user's umask off.
#[cfg(unix)]
fn for_everybody(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn for_everybody(_builder: &mut tempfile::Builder<'_, '_>) {}

fn directory_of(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn finish(place: Place) -> io::Result<()> {
    match place {
        Place::Through(mut file) => file.flush(),
        Place::Beside { temporary, target } => {
            temporary.as_file().sync_all()?;
            temporary.persist(&target).map_err(|error| error.error)?;
            // The rename itself is only safe once the directory is on the disk. Some file systems cannot sync one.
            if let Ok(directory) = File::open(directory_of(&target)) {
                let _ = directory.sync_all();
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("the directory is readable");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_new_and_an_old_file_are_written_and_nothing_else_is_left() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("model.iso");
        for bytes in [&b"first"[..], b"second, longer", b""] {
            check(&path).expect("writable");
            write(&path, bytes).expect("writable");
            assert_eq!(fs::read(&path).expect("written"), bytes);
            assert_eq!(names_in(directory.path()), ["model.iso"]);
        }
    }

    #[test]
    fn a_dropped_replacement_leaves_the_old_file_and_no_temporary_one() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("plan");
        write(&path, b"old").expect("writable");
        let mut replacement = Replacement::begin(&path).expect("writable");
        replacement.append(b"half of the ne").expect("there is room");
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        drop(replacement);
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        assert_eq!(names_in(directory.path()), ["plan"]);
    }

    #[test]
    fn places_that_cannot_be_written_are_refused_before_and_during_the_work() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let read_only = directory.path().join("read-only");
        fs::write(&read_only, "old").expect("writable");
        let mut permissions = fs::metadata(&read_only).expect("there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&read_only, permissions).expect("our own file");
        let cases = [
            ("a directory", directory.path().to_path_buf(), "is a directory"),
            ("no directory", directory.path().join("none/model"), "no such file or directory"),
            ("a read-only file", read_only.clone(), "the file is read-only"),
            ("a file as directory", read_only.join("model"), "not a directory"),
            ("no name", PathBuf::from(""), "does not name a file"),
        ];
        for (name, path, expected) in cases {
            let early = check(&path).expect_err(name).to_string();
            let late = write(&path, b"new").expect_err(name).to_string();
            assert!(early.contains(expected) && late == early, "{name}: {early}");
        }
        assert_eq!(fs::read(&read_only).expect("still there"), b"old");
        assert_eq!(names_in(directory.path()), ["read-only"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_devices_are_written_in_place() {
        let message = write(Path::new("/dev/full"), b"new").expect_err("it is always full").to_string();
        assert_eq!(message, "cannot write `/dev/full`: no space left on device");
        write(Path::new("/dev/null"), b"new").expect("it takes everything");
        let kind = fs::metadata("/dev/full").expect("still there").file_type();
        assert!(!kind.is_file() && !kind.is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        fs::write(&real, "old").expect("writable");
        fs::set_permissions(&real, Permissions::from_mode(0o664)).expect("our own file");
        std::os::unix::fs::symlink(&real, &link).expect("links exist here");
        write(&link, b"new").expect("writable");
        assert_eq!(fs::read(&real).expect("there"), b"new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o664);
    }

    #[test]
    fn a_name_as_long_as_the_system_allows_works() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("n".repeat(255));
        write(&path, b"new").expect("the temporary name is short");
        assert_eq!(fs::read(&path).expect("there"), b"new");
    }
}
