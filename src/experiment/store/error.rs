//! Why results can't be written or read back.

use super::compare::Difference;
use crate::report::plot::{RenderError, Unreadable};
use crate::report::trace::TraceError;
use std::io;
use std::path::{Path, PathBuf};

/// Why results can't be written or read back; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("can't {action} {}: {source}", path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The place holds the result of another scenario.
    #[error("{} holds the result of another scenario: {difference}", place.display())]
    OtherScenario {
        /// Where the result would go.
        place: PathBuf,
        /// The first difference.
        difference: Difference,
    },
    /// The place holds something that isn't a result.
    #[error("{} holds something else than a result: {reason}", place.display())]
    NoResult {
        /// Where the result would go.
        place: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no result to read.
    #[error("there is no result in {}: {reason}", place.display())]
    Missing {
        /// Where it was sought.
        place: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// Some runs of a sweep aren't there yet.
    #[error("{missing} of the {all} runs of the sweep in {} are missing", place.display())]
    Incomplete {
        /// Where the sweep is.
        place: PathBuf,
        /// How many runs are missing.
        missing: usize,
        /// How many there should be.
        all: usize,
    },
    /// A run gave two different results: the promise of this program is broken.
    #[error(
        "{} has the digest {stored}, but the same run has {other} in {}",
        place.display(),
        from.display()
    )]
    Differs {
        /// The record that is there.
        place: PathBuf,
        /// Its digest.
        stored: String,
        /// Where the other one is.
        from: PathBuf,
        /// Its digest.
        other: String,
    },
    /// A data file has changed since a result was made from it.
    #[error("the data file {file} isn't the one that {} was made from", place.display())]
    OtherFile {
        /// The result's manifest.
        place: PathBuf,
        /// The data file, as the scenario names it.
        file: String,
    },
    /// A stored file can't be understood.
    #[error("the result in {} can't be read: {source}", place.display())]
    Unreadable {
        /// Which result.
        place: PathBuf,
        /// Which file, and why.
        source: Unreadable,
    },
    /// A stored trace can't be shown.
    #[error("can't show {}: {source}", place.display())]
    Trace {
        /// The trace.
        place: PathBuf,
        /// Why.
        source: TraceError,
    },
    /// A figure can't be drawn.
    #[error("can't draw the figures of {}: {source}", place.display())]
    Figures {
        /// Which result.
        place: PathBuf,
        /// Why.
        source: RenderError,
    },
}

impl StoreError {
    /// For `map_err`: the system refused `action` on `path`.
    pub(in crate::experiment) fn system(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { action, path, source }
    }

    /// What to do about it, if there is something better than trying again.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::OtherScenario { place, .. } => Some(format!(
                "give this run a name of its own (--set name=...) or another place (--out DIR), \
                 or remove {}",
                place.display()
            )),
            Self::NoResult { .. } => {
                Some("move it away, or write to another place (--out DIR)".to_owned())
            }
            Self::Missing { place, .. } => {
                let below = results_below(place);
                (!below.is_empty()).then(|| format!("did you mean {}?", below.join(" or ")))
            }
            Self::Incomplete { .. } => {
                Some("name the other shards too, or run what is missing by `sweep`".to_owned())
            }
            Self::Differs { .. } => Some("find out which machine is wrong, by `run`".to_owned()),
            Self::Trace { source: TraceError::TooMuch { .. }, .. } => {
                Some("choose a part with --from TIME and --until TIME".to_owned())
            }
            Self::System { action: "create", .. } => {
                Some("results can be written elsewhere with --out DIR".to_owned())
            }
            _ => None,
        }
    }
}

/// Results one level down, a few of them: `results/churn` was given for `results/churn/seed-1`.
fn results_below(place: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("manifest.json").is_file())
        .map(|path| path.display().to_string())
        .collect();
    found.sort();
    found.truncate(3);
    found
}
