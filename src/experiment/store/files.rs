//! Files and directories that survive a crash of the machine, locks that don't survive their
//! process.

use super::error::StoreError;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// Writes a file and waits until it is on the disk.
pub fn write_synced(path: &Path, content: &str) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()
    };
    write().map_err(StoreError::system("write", path))
}

/// Puts a file into its place at once, in place of one that was there. Its folder should be locked:
/// the file is first written under another name, the same each time.
pub fn put(path: &Path, content: &str) -> Result<(), StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.tmp"));
    write_synced(&hidden, content)?;
    fs::rename(&hidden, path).map_err(StoreError::system("create", path))?;
    path.parent().map(sync_entries);
    Ok(())
}

/// Makes a directory and those above it; returns those that weren't there, the innermost first.
pub fn make_folder(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let up = folder.ancestors().filter(|path| !path.as_os_str().is_empty());
    let made = up.take_while(|path| !path.exists()).map(Path::to_owned).collect();
    fs::create_dir_all(folder).map_err(StoreError::system("create", folder))?;
    Ok(made)
}

/// Removes directories that are empty, in this order; those that others use stay.
pub fn remove_empty(folders: &[PathBuf]) {
    for folder in folders {
        let _in_use = fs::remove_dir(folder);
    }
}

/// Waits until all files of a directory, and the directory itself, are on the disk.
pub fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let sync = || {
        for entry in fs::read_dir(folder)? {
            File::open(entry?.path())?.sync_all()?;
        }
        Ok(())
    };
    sync().map_err(StoreError::system("sync", folder))?;
    sync_entries(folder);
    Ok(())
}

/// Waits until a directory's entries are on the disk. Not all systems let a directory be opened;
/// those that don't have no other way.
pub fn sync_entries(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _unsupported = folder.sync_all();
    }
}

/// A new directory in `parent` whose name begins with `prefix`. It vanishes when dropped.
pub fn hidden_folder(parent: &Path, prefix: &str) -> Result<TempDir, StoreError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // It will be a result, for others to read as the umask says.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent).map_err(StoreError::system("create", &parent.join(prefix)))
}

/// A new file in `parent` whose name begins with `prefix`. It vanishes when dropped.
pub fn hidden_file(parent: &Path, prefix: &str) -> Result<NamedTempFile, StoreError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(parent).map_err(StoreError::system("create", &parent.join(prefix)))
}

/// A lock on a directory, held until dropped or until the process ends.
#[derive(Debug)]
pub struct Lock {
    _folder: File,
}

/// Locks a directory, waiting for others; `None` where directories can't be locked.
pub fn lock(folder: &Path) -> Option<Lock> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(Lock { _folder: folder })
}

/// Whether a directory is left over: nobody holds its lock. Not so where directories can't be
/// locked.
pub fn is_abandoned(folder: &Path) -> bool {
    File::open(folder).is_ok_and(|folder| match folder.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    })
}

/// Puts `new` in the place of `target`, which may exist: that is renamed to `aside`, and removed
/// last.
pub fn replace(new: TempDir, target: &Path, aside: &Path) -> Result<(), StoreError> {
    let replaces = target.exists();
    if replaces {
        fs::rename(target, aside).map_err(StoreError::system("move aside", target))?;
    }
    if let Err(error) = fs::rename(new.path(), target) {
        if replaces {
            // If this fails too, `restore` will do it when the place is next looked at.
            let _left_aside = fs::rename(aside, target);
        }
        return Err(StoreError::system("create", target)(error));
    }
    let _renamed: PathBuf = new.keep();
    if let Some(parent) = target.parent() {
        sync_entries(parent);
    }
    if replaces {
        fs::remove_dir_all(aside).map_err(StoreError::system("remove", aside))?;
    }
    Ok(())
}

/// Mends what a kill within [`replace`] left: the old one goes back if the new one isn't in place,
/// else away.
pub fn restore(target: &Path, aside: &Path) -> Result<(), StoreError> {
    if !aside.exists() {
        return Ok(());
    }
    if target.exists() {
        fs::remove_dir_all(aside).map_err(StoreError::system("remove", aside))
    } else {
        fs::rename(aside, target).map_err(StoreError::system("move back", aside))
    }
}
