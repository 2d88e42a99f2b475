//! What people and programs read of a run: JSON, CSV, and the table on the screen.
//!
//! Everything here is a function of results that are given: the same results give the same bytes,
//! everywhere. Nothing here runs, measures or judges, and nothing writes files: callers decide
//! where text goes. `plot` draws figures from stored results only.

pub mod csv;
mod finite;
pub mod json;
pub mod nodes;
pub mod number;
pub mod plot;
pub mod table;
pub mod trace;

use std::path::{Path, PathBuf};

/// Why results can't be put into a report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A number is NaN or infinite: JSON has no such numbers, and no result may be one.
    #[error("`{name}` is not a finite number")]
    NotFinite {
        /// Which.
        name: String,
    },
    /// The results can't be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A row can't be written as CSV.
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
    /// A file can't be written.
    #[error("can't write {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The text can't be written.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

impl Error {
    /// For `map_err`: the file `path` can't be written.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
