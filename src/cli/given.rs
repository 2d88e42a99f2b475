//! A run that is named on the command line: by its scenario, or by a result that it left.

use super::exit::Failure;
use crate::experiment::store::Recorded;
use crate::scenario::{self, LoadOptions, Loaded};
use std::path::Path;

/// A run, and what is known of it.
pub struct Given {
    /// Its scenario.
    pub loaded: Loaded,
    /// The digest that it had, if a result was named and nothing else was set.
    pub digest: Option<String>,
}

/// Loads the scenario in the file `path`, or that of the result in the folder `path`. Paths of data
/// files that a result names start at the working directory.
pub fn open(path: &Path, options: &LoadOptions) -> Result<Given, Failure> {
    if !Recorded::is_meant(path) {
        return Ok(Given { loaded: scenario::load(path, options)?, digest: None });
    }
    let recorded = Recorded::open(path)?;
    let name = recorded.manifest.display().to_string();
    let loaded = scenario::load_str(&recorded.scenario, &name, Path::new(""), options)?;
    recorded.check_files(&loaded.files)?;
    let same = *options == LoadOptions::default();
    Ok(Given { loaded, digest: same.then_some(recorded.digest) })
}
