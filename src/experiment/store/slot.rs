//! Writing a result: a slot is reserved before the run, filled after it, and published at once.

use super::compare::first_difference;
use super::error::StoreError;
use super::files::{self, Lock};
use super::manifest::Manifest;
use super::stored::Stored;
use super::timing::Timing;
use crate::experiment::Outcome;
use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where results are kept.
#[derive(Clone, Debug)]
pub struct Store {
    out: PathBuf,
}

/// A place for one result, and a hidden directory beside it that becomes the result. Dropped
/// without [`Slot::publish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Slot {
    // Dropped in this order: the directory vanishes while it is locked.
    folder: Option<TempDir>,
    _alive: Option<Lock>,
    manifest: Manifest,
    place: PathBuf,
    made: Vec<PathBuf>,
}

impl Store {
    /// A store in `out`, which needn't exist.
    #[must_use]
    pub fn new(out: impl Into<PathBuf>) -> Self {
        Self { out: out.into() }
    }

    /// The place of a result.
    #[must_use]
    pub fn place(&self, name: &str, seed: u64) -> PathBuf {
        self.out.join(name).join(format!("seed-{seed}"))
    }

    /// Makes sure that the result of a run can be written, before it runs: that the place is free
    /// or holds a result of the same scenario, and that something can be written beside it. Also
    /// mends and removes what killed runs left.
    ///
    /// # Errors
    /// [`StoreError::OtherScenario`] and [`StoreError::NoResult`] if the place is taken; else what
    /// the system says.
    pub fn reserve(&self, manifest: Manifest) -> Result<Slot, StoreError> {
        let place = self.place(&manifest.name, manifest.seed);
        let parent = self.out.join(&manifest.name);
        let made = files::make_folder(&parent)?;
        // Until the new directory is locked, another run would take it for a left-over one.
        let _alone = files::lock(&parent);
        files::restore(&place, &aside(&place))?;
        remove_abandoned(&parent);
        refuse_others(&place, manifest.content())?;
        let folder = files::hidden_folder(&parent, &format!(".seed-{}.tmp-", manifest.seed))?;
        let alive = files::lock(folder.path());
        Ok(Slot { folder: Some(folder), _alive: alive, manifest, place, made })
    }
}

impl Slot {
    /// Where the result will be.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Where a file of the result is written while it is out of sight.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.as_ref().map_or(Path::new(""), TempDir::path).join(name)
    }

    /// Writes all files and draws the figures, out of sight.
    ///
    /// # Errors
    /// What the system says.
    pub fn fill(&self, outcome: &Outcome, timing: &Timing) -> Result<(), StoreError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let timing = serde_json::to_string_pretty(timing).unwrap_or_default() + "\n";
        let manifest = self.manifest.text(&outcome.digest);
        let texts = [
            ("metrics.json", Some(&outcome.metrics_json)),
            ("series.csv", Some(&outcome.series_csv)),
            ("distributions.csv", Some(&outcome.distributions_csv)),
            ("faults.csv", outcome.faults_csv.as_ref()),
            ("checks.json", outcome.checks_json.as_ref()),
            ("timing.json", Some(&timing)),
            ("manifest.json", Some(&manifest)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                files::write_synced(&folder.path().join(name), text)?;
            }
        }
        Stored::open(folder.path())?.draw()?;
        files::sync_folder(folder.path())
    }

    /// Puts the result into its place, at once, and tells where that is.
    ///
    /// # Errors
    /// As [`Store::reserve`]: meanwhile another scenario may have taken the place.
    pub fn publish(mut self) -> Result<PathBuf, StoreError> {
        let Some(folder) = self.folder.take() else { return Ok(self.place.clone()) };
        let _alone = self.place.parent().and_then(files::lock);
        let aside = aside(&self.place);
        files::restore(&self.place, &aside)?;
        refuse_others(&self.place, self.manifest.content())?;
        files::replace(folder, &self.place, &aside)?;
        self.made.clear();
        Ok(self.place.clone())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.folder.take());
        files::remove_empty(&self.made);
    }
}

/// Where a result is while it is replaced: hidden, beside its place.
pub fn aside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.old"))
}

/// Removes hidden directories whose runs were killed. What can't be removed harms nobody.
fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let hidden = name.starts_with(".seed-") && name.contains(".tmp-");
        if hidden && files::is_abandoned(&entry.path()) {
            let _kept = fs::remove_dir_all(entry.path());
        }
    }
}

/// Fails if a place holds anything but a result of the same scenario.
fn refuse_others(place: &Path, wanted: &Value) -> Result<(), StoreError> {
    let no_result = |reason: String| Err(StoreError::NoResult { place: place.to_owned(), reason });
    let text = match fs::read_to_string(place.join("manifest.json")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let empty = || fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_none());
            if !place.exists() || empty() {
                return Ok(());
            }
            return no_result("it has no manifest.json".to_owned());
        }
        Err(error) => return no_result(error.to_string()),
    };
    let stored: Value = match serde_json::from_str(&text) {
        Ok(stored) => stored,
        Err(error) => return no_result(format!("manifest.json: {error}")),
    };
    match first_difference(&stored, wanted) {
        None => Ok(()),
        Some(difference) => Err(StoreError::OtherScenario { place: place.to_owned(), difference }),
    }
}
