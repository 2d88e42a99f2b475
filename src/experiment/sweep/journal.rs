//! The finished runs of a sweep on disk: one file each, so that a kill at any moment loses none,
//! and several processes can share a journal.

use super::record::Record;
use crate::experiment::store::{StoreError, files};
use crate::report::json;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of records, each under its run's key.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    made: Vec<PathBuf>,
}

impl Journal {
    /// The journal in `folder`, which is made if need be, and vanishes again if nothing is put into
    /// it.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let made = files::make_folder(folder)?;
        let journal = Self { folder: folder.to_owned(), made };
        journal.remove_torn();
        Ok(journal)
    }

    /// The journal in a folder that must be there already.
    ///
    /// # Errors
    /// If it isn't.
    pub fn existing(folder: &Path) -> Result<Self, StoreError> {
        if !folder.is_dir() {
            let reason = "no such directory".to_owned();
            return Err(StoreError::Missing { place: folder.to_owned(), reason });
        }
        Ok(Self { folder: folder.to_owned(), made: Vec::new() })
    }

    /// Where the record of a run is.
    #[must_use]
    pub fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    /// The record of a run. `None` if it isn't there, or can't be understood: then the run is to be
    /// run again.
    #[must_use]
    pub fn read(&self, key: &str) -> Option<Record> {
        Record::read(&fs::read_to_string(self.path(key)).ok()?, key)
    }

    /// Keeps a record; it is on the disk when this returns.
    ///
    /// # Errors
    /// What the system says.
    pub fn add(&self, record: &Record) -> Result<(), StoreError> {
        let path = self.path(&record.key);
        let unwritable = |error: crate::report::Error| {
            StoreError::system("write", &path)(std::io::Error::other(error.to_string()))
        };
        let text = json::text(record).map_err(unwritable)?;
        let _alone = files::lock(&self.folder);
        files::put(&path, &text)
    }

    /// Removes files that a kill left half-written: while the folder is locked nobody writes.
    fn remove_torn(&self) {
        let Some(_alone) = files::lock(&self.folder) else { return };
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') && name.ends_with(".tmp") {
                let _harmless = fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        files::remove_empty(&self.made);
    }
}
