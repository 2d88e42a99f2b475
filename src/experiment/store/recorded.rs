//! What a manifest says about its run: enough to do it again.

use super::error::StoreError;
use crate::scenario::FileUsed;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A run that was done.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Where its manifest is.
    pub manifest: PathBuf,
    /// The scenario with all defaults, as a scenario file.
    pub scenario: String,
    /// The digest that it had.
    pub digest: String,
    files: Vec<FileUsed>,
}

impl Recorded {
    /// Whether a path names a result or its manifest, rather than a scenario.
    #[must_use]
    pub fn is_meant(path: &Path) -> bool {
        path.is_dir() || path.extension().is_some_and(|extension| extension == "json")
    }

    /// Reads the manifest `path`, or the one in the folder `path`.
    ///
    /// # Errors
    /// If there is none, or it doesn't say what it should.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let manifest = if path.is_dir() { path.join("manifest.json") } else { path.to_owned() };
        let missing = |reason: String| StoreError::Missing { place: path.to_owned(), reason };
        let text = fs::read_to_string(&manifest).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => missing("manifest.json is missing".to_owned()),
            _ => StoreError::system("read", &manifest)(error),
        })?;
        let content: Value = serde_json::from_str(&text)
            .map_err(|error| missing(format!("manifest.json: {error}")))?;
        let says = |key: &str| missing(format!("manifest.json doesn't say `{key}`"));
        if !content["resolved"].is_object() {
            return Err(says("resolved"));
        }
        let digest = content["digest"].as_str().ok_or_else(|| says("digest"))?;
        let used = |file: &Value| {
            let (path, sha256) = (file["path"].as_str()?, file["sha256"].as_str()?);
            Some(FileUsed { path: path.to_owned(), sha256: sha256.to_owned() })
        };
        Ok(Self {
            scenario: crate::scenario::to_toml(&content["resolved"]),
            digest: digest.to_owned(),
            files: content["files"].as_array().into_iter().flatten().filter_map(used).collect(),
            manifest,
        })
    }

    /// Fails if one of `files` isn't the one that the run read under that name.
    ///
    /// # Errors
    /// [`StoreError::OtherFile`]
    pub fn check_files(&self, files: &[FileUsed]) -> Result<(), StoreError> {
        let other = |file: &&FileUsed| {
            self.files.iter().any(|read| read.path == file.path && read.sha256 != file.sha256)
        };
        files.iter().find(other).map_or(Ok(()), |file| {
            let (place, file) = (self.manifest.clone(), file.path.clone());
            Err(StoreError::OtherFile { place, file })
        })
    }
}
