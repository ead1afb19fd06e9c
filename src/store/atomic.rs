//! Single files and folders put in place whole or not at all.
//!
//! What is being written has a name that says so and that nothing else looks for; only a rename gives it its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::StoreError;

/// Distinguishes temporary names inside one process. Never part of a result.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// `.<name>.<word>-<process id>-<n>` beside a target: a name no other process and no earlier call has.
pub(super) fn beside(target: &Path, word: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    target.with_file_name(format!(".{name}.{word}-{}-{n}", std::process::id()))
}

/// Makes names created or changed in a folder survive a power failure. Systems that cannot do it are left in peace.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let folder = File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
        match folder.sync_all() {
            Err(e) if e.kind() != io::ErrorKind::InvalidInput && e.kind() != io::ErrorKind::Unsupported => {
                return Err(StoreError::io(path, "write", e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes a file so that `path` holds either what it held before or all of `bytes`, whatever happens meanwhile.
/// Something that is no regular file (a pipe, a device) is written to directly.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(StoreError::io(path, "write", io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")))
        }
        Ok(found) if !found.is_file() => {
            let mut file =
                OpenOptions::new().write(true).open(path).map_err(|e| StoreError::io(path, "open", e))?;
            file.write_all(bytes).map_err(|e| StoreError::io(path, "write", e))
        }
        // Through a link, so that the link stays one.
        Ok(_) => replace(&fs::canonicalize(path).map_err(|e| StoreError::io(path, "open", e))?, bytes),
        Err(_) => replace(path, bytes),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let partial = beside(path, "partial");
    let result = (|| {
        let mut file = File::create_new(&partial).map_err(|e| StoreError::io(path, "create", e))?;
        file.write_all(bytes).map_err(|e| StoreError::io(path, "write", e))?;
        file.sync_all().map_err(|e| StoreError::io(path, "write", e))?;
        drop(file);
        fs::rename(&partial, path).map_err(|e| StoreError::io(path, "create", e))?;
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
            _ => sync_folder(Path::new(".")),
        }
    })();
    if result.is_err() {
        // The failure above is the one to report.
        let _ = fs::remove_file(&partial);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn failures_name_the_target_and_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let message = write_atomic(&dir.path().join("no/such/x.json"), b"").unwrap_err().to_string();
        assert!(message.contains("x.json: cannot create") && message.contains("does not exist"), "{message}");
        assert!(write_atomic(dir.path(), b"").unwrap_err().to_string().contains("folder"));
        if Path::new("/dev/full").exists() {
            let message = write_atomic(Path::new("/dev/full"), b"x").unwrap_err().to_string();
            assert!(message.contains("disk is full"), "{message}");
            assert!(!fs::metadata("/dev/full").unwrap().is_file(), "the device is still one");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
