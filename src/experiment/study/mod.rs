//! What a sweep says: statistics at every point, a verdict on every claim, figures.
//!
//! ```text
//! Table of runs -> Runs -> points.csv
//!                       -> verdict.json   by the rules of [[claim]]
//!                       -> figures/       as [[figure]] wants them
//! ```
//!
//! All of it is a function of the table and of the scenario's claims and figures; nothing here runs
//! or reads anything else. [`conclude`] computes, [`write()`] also puts the files into the sweep's
//! folder:
//!
//! ```text
//! let runs = Runs::new(&sweep.axes, &table.columns, &table.rows)?;     // or Runs::read, from CSV
//! let study = Study { name, note, claims: &loaded.claims, figures: &loaded.figures };
//! let concluded = study::write(folder, &runs, &study)?;
//! ```
//!
//! The table has a row for each run: columns `protocol`, one for each axis by its key, `seed`, and
//! the scalars of `metrics.json` by their dotted names; an empty cell is no value. Which
//! statistics, and why: `docs/statistics.md`.

mod evaluate;
mod figure;
mod judge;
mod place;
mod points;
mod runs;
mod steady;
#[cfg(test)]
mod tests;
mod text;
mod verdict;
mod write;

pub use runs::{Runs, cell};
pub use steady::steady;
pub use verdict::{Claimed, Judged, Uncorrected, Verdict, Verdicts};
pub use write::{Concluded, Error, conclude, write};

use crate::scenario::{Claim, Figure};

/// What is to be concluded from a table of runs.
#[derive(Clone, Copy, Debug)]
pub struct Study<'a> {
    /// The sweep's name.
    pub name: &'a str,
    /// What figures and verdicts must say about the sweep ("quick grid"); may be empty.
    pub note: &'a str,
    /// What is claimed.
    pub claims: &'a [Claim],
    /// What is to be drawn.
    pub figures: &'a [Figure],
}
