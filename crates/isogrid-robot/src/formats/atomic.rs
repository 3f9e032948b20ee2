//! Files and folders that are there whole or not at all: written beside their place, synced, renamed.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::Path;

use super::FormatError;

/// Replaces the file at `path` by `bytes`.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FormatError> {
    let fault = FormatError::io(path);
    let mut temporary = builder(0o666).tempfile_in(folder_of(path)).map_err(&fault)?;
    temporary.write_all(bytes).map_err(&fault)?;
    temporary.as_file().sync_all().map_err(&fault)?;
    temporary.persist(path).map_err(|error| fault(error.error))?;
    sync_folder(folder_of(path));
    Ok(())
}

/// Makes the folder at `path` with whatever `fill` puts into it. An empty folder may stand there already.
pub fn write_folder(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let fault = FormatError::io(path);
    if let Ok(mut entries) = fs::read_dir(path) {
        if entries.next().is_some() {
            return Err(FormatError::Exists { path: path.to_path_buf() });
        }
        fs::remove_dir(path).map_err(&fault)?;
    } else if path.exists() {
        return Err(FormatError::Exists { path: path.to_path_buf() });
    }
    let temporary = builder(0o777).tempdir_in(folder_of(path)).map_err(&fault)?;
    fill(temporary.path())?;
    sync_tree(temporary.path()).map_err(&fault)?;
    fs::rename(temporary.path(), path).map_err(&fault)?;
    // It is no longer under its temporary name, so there is nothing left to remove.
    let _ = temporary.keep();
    sync_folder(folder_of(path));
    Ok(())
}

/// Temporary names are private by default; a result is not. The system takes the user's umask off.
fn builder(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".isogrid-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path)?.sync_all()?;
        }
    }
    sync_folder(folder);
    Ok(())
}

/// A rename is only safe once its folder is on the disk. Some file systems cannot sync one.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
