//! One finished run, as the journal keeps it.

use super::grid::{Grid, Origin, Run};
use crate::experiment::Outcome;
use crate::experiment::store::COMMIT;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version of the names below.
const SCHEMA: u32 = 2;

/// A finished run: its results, and all that is needed to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    schema: u32,
    /// What decides the result, as [`Run::key`].
    pub key: String,
    /// The protocol that ran.
    pub protocol: String,
    /// The seed.
    pub seed: u64,
    /// The values of the axes, by key.
    pub point: Map<String, Value>,
    /// The digest, 32 hexadecimal digits.
    pub digest: String,
    /// The command that repeats this run alone.
    pub command: String,
    /// The version that ran.
    pub version: String,
    /// The commit that it was built from; `None` if that isn't known.
    pub commit: Option<String>,
    /// How long it took, in seconds.
    pub wall_s: f64,
    /// Data files, by path, with the SHA-256 of their content.
    pub files: BTreeMap<String, String>,
    /// The whole scenario with all defaults.
    pub resolved: Value,
    /// What `metrics.json` of this run says.
    pub metrics: Value,
    /// Means of the steady part of each series, by MSER-5: columns of `runs.csv` beside the
    /// metrics.
    pub steady: Map<String, Value>,
}

impl Record {
    /// The record of a run that gave `outcome` after `wall_s` seconds.
    ///
    /// # Errors
    /// If the outcome's metrics aren't JSON: a bug.
    pub fn new(
        grid: &Grid,
        run: &Run,
        origin: &Origin,
        outcome: &Outcome,
        wall_s: f64,
    ) -> Result<Self, serde_json::Error> {
        let case = grid.case(run);
        let mut resolved = case.resolved.clone();
        resolved["seed"] = run.seed.into();
        let point = grid.point(case).map(|(key, value)| (key.to_owned(), value.clone()));
        let files = case.files.iter().map(|file| (file.path.clone(), file.sha256.clone()));
        Ok(Self {
            schema: SCHEMA,
            key: run.key.clone(),
            protocol: case.protocol.clone(),
            seed: run.seed,
            point: point.collect(),
            digest: outcome.digest.clone(),
            command: grid.command(run, origin),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: COMMIT.map(str::to_owned),
            wall_s,
            files: files.collect(),
            resolved,
            metrics: serde_json::from_str(&outcome.metrics_json)?,
            steady: outcome.steady.iter().map(|(name, x)| (name.clone(), (*x).into())).collect(),
        })
    }

    /// The record in `text`, if it is one of the run with that key.
    #[must_use]
    pub fn read(text: &str, key: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(text).ok()?;
        (record.schema == SCHEMA && record.key == key).then_some(record)
    }
}
