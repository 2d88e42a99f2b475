//! All runs as one tidy table: a row for each run, a column for each axis and each metric.

use super::grid::Grid;
use super::record::Record;
use crate::report;
use crate::scenario::written;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What `metrics.json` says that isn't a measurement, or has a column of its own.
const NOT_MEASURED: [&str; 2] = ["schema", "digest"];

/// The runs of a grid, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `protocol`, the axes' keys, `seed`, `digest`, and the metrics by their dotted names, in the
    /// order of `metrics.json`.
    pub columns: Vec<String>,
    /// A row for each run; empty cells where there is no value.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The table of a grid's runs, whose records are given in the same order.
    #[must_use]
    pub fn new(grid: &Grid, records: &[Record]) -> Self {
        let measured: Vec<Vec<(String, String)>> = records.iter().map(scalars).collect();
        let metrics = union(&measured);
        let places: BTreeMap<&str, usize> =
            metrics.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let row = |(record, measured): (&Record, &Vec<(String, String)>)| {
            let mut cells = vec![String::new(); metrics.len()];
            for (name, cell) in measured {
                if let Some(place) = places.get(name.as_str()) {
                    cells[*place].clone_from(cell);
                }
            }
            let axes = grid.sweep.axes.iter();
            let point = axes.map(|axis| record.point.get(&axis.key).map(shown).unwrap_or_default());
            std::iter::once(record.protocol.clone())
                .chain(point)
                .chain([record.seed.to_string(), record.digest.clone()])
                .chain(cells)
                .collect()
        };
        let rows = records.iter().zip(&measured).map(row).collect();
        let axes = grid.sweep.axes.iter().map(|axis| axis.key.clone());
        let columns = std::iter::once("protocol".to_owned())
            .chain(axes)
            .chain(["seed".to_owned(), "digest".to_owned()])
            .chain(metrics)
            .collect();
        Self { columns, rows }
    }

    /// As CSV.
    ///
    /// # Errors
    /// Never, but that the writer could fail.
    pub fn csv(&self) -> Result<String, report::Error> {
        let mut bytes = Vec::new();
        {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            writer.write_record(&self.columns)?;
            for row in &self.rows {
                writer.write_record(row)?;
            }
            writer.flush()?;
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A value as a cell.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => written(value),
        other => other.to_string(),
    }
}

/// The scalars of a run's metrics by their dotted names; lists are left out.
fn scalars(record: &Record) -> Vec<(String, String)> {
    fn walk(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(keys) => {
                for (key, value) in keys {
                    walk(&format!("{path}.{key}"), value, found);
                }
            }
            Value::Array(_) => {}
            scalar => found.push((path.to_owned(), shown(scalar))),
        }
    }
    let mut found = Vec::new();
    for (key, value) in record.metrics.as_object().into_iter().flatten() {
        if !NOT_MEASURED.contains(&key.as_str()) {
            walk(key, value, &mut found);
        }
    }
    found
}

/// The names of all runs: a name that is new in a run comes after the one before it there. A group
/// that is null in one run and has members in another is no column.
fn union(runs: &[Vec<(String, String)>]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for run in runs {
        let mut before = None;
        for (name, _) in run {
            if known.insert(name.as_str()) {
                let place = before.and_then(|last| names.iter().position(|name| *name == last));
                names.insert(place.map_or(0, |place| place + 1), name);
            }
            before = Some(name.as_str());
        }
    }
    let is_group = |name: &str| {
        let inside = format!("{name}.");
        known.range(inside.as_str()..).next().is_some_and(|next| next.starts_with(&inside))
    };
    names.into_iter().filter(|name| !is_group(name)).map(str::to_owned).collect()
}
