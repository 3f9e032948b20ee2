//! Brings a data set here, once: download, check the digest, unpack beside the target, rename into place.
//!
//! A finished folder holds a marker with the digest, so a second call returns at once, and a changed pin fetches
//! anew. What a broken run left is removed by the next. Concurrent calls, in one process or several, wait for each
//! other on a lock file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::toolbox::{Toolbox, remove_folder};
use crate::{DataError, DataSet, unpack};

const MARKER: &str = ".complete";

/// Makes sure that `set` is in `dir` and returns its folder, `dir/NAME`. `log` receives a line per step.
///
/// # Errors
/// The client is missing or fails, the archive is not the pinned one, or the disk refuses.
pub fn fetch(set: &DataSet, dir: &Path, log: &mut dyn FnMut(&str)) -> Result<PathBuf, DataError> {
    fetch_with(&Toolbox::from_env(), set, dir, log)
}

/// The same with a chosen toolbox.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_with(
    toolbox: &Toolbox,
    set: &DataSet,
    dir: &Path,
    log: &mut dyn FnMut(&str),
) -> Result<PathBuf, DataError> {
    let target = dir.join(set.name);
    if is_complete(set, &target) {
        return Ok(target);
    }
    fs::create_dir_all(dir).map_err(DataError::io(dir.display().to_string()))?;
    // The client runs in a folder of its own, so that the path must not depend on where this process stands.
    let dir = dir.canonicalize().map_err(DataError::io(dir.display().to_string()))?;
    let _lock = lock(set, &dir, log)?;
    if is_complete(set, &target) {
        return Ok(target);
    }
    let work = dir.join(format!(".{}.partial", set.name));
    remove_folder(&work)?;
    let (download, unpacked) = (work.join("download"), work.join("unpacked"));
    for folder in [&download, &unpacked] {
        fs::create_dir_all(folder).map_err(DataError::io(folder.display().to_string()))?;
    }
    let archive = toolbox.download(set, &download, log)?;
    check_digest(set, &archive)?;
    log(&format!("{}: {} checked, unpacking", set.name, set.archive));
    unpack::unpack(toolbox, set, &archive, &unpacked)?;
    let marker = unpacked.join(MARKER);
    fs::write(&marker, marker_text(set)).map_err(DataError::io(marker.display().to_string()))?;
    put_in_place(&unpacked, &dir.join(set.name), &work.join("old"))?;
    remove_folder(&work)?;
    log(&format!("{}: ready in {}", set.name, target.display()));
    Ok(target)
}

/// The folder of the data set `name` in `dir`, if it was fetched there completely at the pinned version.
pub fn locate(name: &str, dir: &Path) -> Option<PathBuf> {
    let set = DataSet::named(name).ok()?;
    let folder = dir.join(set.name);
    is_complete(set, &folder).then_some(folder)
}

fn marker_text(set: &DataSet) -> String {
    format!("{} {} sha256 {}\n", set.package, set.version, set.sha256)
}

fn is_complete(set: &DataSet, folder: &Path) -> bool {
    fs::read_to_string(folder.join(MARKER)).is_ok_and(|text| text == marker_text(set))
}

fn lock(set: &DataSet, dir: &Path, log: &mut dyn FnMut(&str)) -> Result<File, DataError> {
    let path = dir.join(format!(".{}.lock", set.name));
    let fault = || DataError::io(path.display().to_string());
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(fault())?;
    if file.try_lock().is_err() {
        log(&format!("{}: waiting for another run that fetches it", set.name));
        file.lock().map_err(fault())?;
    }
    Ok(file)
}

fn check_digest(set: &DataSet, archive: &Path) -> Result<(), DataError> {
    let fault = || DataError::io(archive.display().to_string());
    let mut file = File::open(archive).map_err(fault())?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer).map_err(fault())?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
    }
    let found: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == set.sha256 {
        return Ok(());
    }
    Err(DataError::Checksum { archive: set.archive.to_string(), expected: set.sha256, found })
}

/// Renames `from` to `to`; an outdated folder that is there moves to `aside` first.
fn put_in_place(from: &Path, to: &Path, aside: &Path) -> Result<(), DataError> {
    let fault = || DataError::io(to.display().to_string());
    match fs::rename(to, aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault()(error)),
        _ => {}
    }
    fs::rename(from, to).map_err(fault())
}
