//! `manifest.json`: everything needed to redo a run, and nothing that differs between machines.

use crate::scenario::Loaded;
use serde_json::{Value, json};

/// The version of the manifest's names and meanings.
const SCHEMA: u32 = 1;

/// The commit that was checked out when the program was built; `None` outside its repository.
/// Changes that weren't committed don't show.
pub const COMMIT: Option<&str> = option_env!("CLIPPEE_SIM_COMMIT");

/// What a manifest says before the run; the digest comes after it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The scenario's name.
    pub name: String,
    /// The seed.
    pub seed: u64,
    content: Value,
}

impl Manifest {
    /// The manifest of a run of a loaded scenario.
    #[must_use]
    pub fn new(loaded: &Loaded) -> Self {
        let (name, seed) = (loaded.scenario.name.clone(), loaded.scenario.seed);
        // The one that runs is the first.
        let protocol = loaded.resolved["protocol"].as_object().and_then(|all| all.keys().next());
        let files: Vec<_> = (loaded.files.iter())
            .map(|file| json!({ "path": file.path, "sha256": file.sha256 }))
            .collect();
        let content = json!({
            "schema": SCHEMA,
            "program": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "commit": COMMIT,
            "name": name,
            "seed": seed,
            "protocol": protocol,
            "digest": null,
            "files": files,
            "resolved": loaded.resolved,
        });
        Self { name, seed, content }
    }

    /// What it says so far.
    #[must_use]
    pub fn content(&self) -> &Value {
        &self.content
    }

    /// The text of the file, after a run with this digest.
    #[must_use]
    pub fn text(&self, digest: &str) -> String {
        let mut content = self.content.clone();
        content["digest"] = digest.into();
        format!("{content:#}\n")
    }
}
