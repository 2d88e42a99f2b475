//! The final files of a sweep: functions of the grid and of its records, nothing else.

use super::grid::Grid;
use super::journal::Journal;
use super::summary;
use super::table::{Measured, Table};
use crate::experiment::store::{StoreError, files};
use crate::experiment::study::Error;
use crate::experiment::study::{self, Runs, Study};
use crate::report::json;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The version of the manifest's names and meanings.
const SCHEMA: u32 = 1;

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// The runs.
    pub table: Table,
    /// The means of a few metrics, and the verdicts, for people.
    pub summary: String,
}

/// Where a sweep is kept: `<out>/<name>/sweep`.
#[must_use]
pub fn folder(out: &Path, name: &str) -> PathBuf {
    out.join(name).join("sweep")
}

/// Writes `runs.csv`, `sweep.json` and what is concluded from them into `folder`, if the journal has
/// all runs.
///
/// # Errors
/// [`StoreError::Incomplete`] if it hasn't; else what the system says.
pub fn publish(grid: &Grid, journal: &Journal, folder: &Path) -> Result<Published, Error> {
    let mut commits = BTreeSet::new();
    let mut results = Vec::with_capacity(grid.runs.len());
    for record in grid.runs.iter().filter_map(|run| journal.read(&run.key)) {
        results.push(Measured::new(&record));
        commits.insert(record.commit);
    }
    if results.len() < grid.runs.len() {
        let (all, missing) = (grid.runs.len(), grid.runs.len() - results.len());
        return Err(StoreError::Incomplete { place: folder.to_owned(), missing, all }.into());
    }
    let table = Table::new(grid, &results);
    let texts =
        [("runs.csv", table.csv()?), ("sweep.json", json::text(&manifest(grid, &commits))?)];
    let _alone = files::lock(folder);
    for (name, text) in &texts {
        files::put(&folder.join(name), text)?;
    }
    let unreadable = |source| StoreError::Unreadable { place: folder.to_owned(), source };
    let runs = Runs::new(&grid.sweep.axes, &table.columns, &table.rows).map_err(unreadable)?;
    let loaded = &grid.loaded;
    let study = Study {
        name: &loaded.scenario.name,
        note: &grid.sweep.note,
        claims: &loaded.claims,
        figures: &loaded.figures,
    };
    let concluded = study::write(folder, &runs, &study)?;
    let summary = [summary::text(grid, &table), concluded.text()];
    let summary = summary.into_iter().filter(|part| !part.is_empty());
    let summary = summary.collect::<Vec<_>>().join("\n");
    Ok(Published { table, summary })
}

/// What was swept: all that is needed to redo it, and to read `runs.csv`.
fn manifest(grid: &Grid, commits: &BTreeSet<Option<String>>) -> Value {
    let sweep = &grid.sweep;
    let axis = |axis: &crate::scenario::Axis| {
        let written: Vec<&Value> = axis.values.iter().map(|value| &value.written).collect();
        let numbers: Option<Vec<f64>> = axis.values.iter().map(|value| value.number).collect();
        json!({ "key": axis.key, "unit": axis.unit, "values": written, "numbers": numbers })
    };
    let key = |axis: &usize| sweep.axes[*axis].key.as_str();
    let zips = sweep.zips.iter().map(|axes| axes.iter().map(key).collect::<Vec<_>>());
    let files = sweep.cases.iter().flat_map(|case| &case.files);
    let files: BTreeMap<&str, &str> = files.map(|file| (&*file.path, &*file.sha256)).collect();
    let files = files.iter().map(|(path, sha256)| json!({ "path": path, "sha256": sha256 }));
    json!({
        "schema": SCHEMA,
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "commits": commits,
        "name": grid.loaded.scenario.name,
        "runs": grid.runs.len(),
        "sweep": {
            "protocol": sweep.protocols,
            "seeds": grid.seeds.clone().collect::<Vec<u64>>(),
            "axes": sweep.axes.iter().map(axis).collect::<Vec<_>>(),
            "zip": zips.collect::<Vec<_>>(),
            "skip": sweep.skips,
        },
        "conclusions": grid.loaded.conclusions,
        "files": files.collect::<Vec<_>>(),
        "resolved": grid.loaded.resolved,
    })
}
