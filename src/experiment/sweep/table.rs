//! All runs as one tidy table: a row for each run, a column for each axis and each metric.

use super::grid::{Grid, Run};
use super::record::Record;
use crate::experiment::study::cell as shown;
use crate::report;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What `metrics.json` says that isn't a measurement, or has a column of its own.
const NOT_MEASURED: [&str; 2] = ["schema", "digest"];

/// The runs of a grid, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `protocol`, the axes' keys, `seed`, `digest`, and the metrics by their dotted names, in the
    /// order of `metrics.json`, and the means by MSER-5.
    pub columns: Vec<String>,
    /// A row for each run; empty cells where there is no value.
    pub rows: Vec<Vec<String>>,
}

/// What a table takes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    digest: String,
    /// The scalars of the metrics by their dotted names, in their order; lists are left out.
    scalars: Vec<(String, String)>,
}

impl Table {
    /// The table of a grid's runs, whose results are given in the same order.
    #[must_use]
    pub fn new(grid: &Grid, results: &[Measured]) -> Self {
        let metrics = union(results);
        let places: BTreeMap<&str, usize> =
            metrics.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let row = |(run, result): (&Run, &Measured)| {
            let mut cells = vec![String::new(); metrics.len()];
            for (name, cell) in &result.scalars {
                if let Some(place) = places.get(name.as_str()) {
                    cells[*place].clone_from(cell);
                }
            }
            let case = grid.case(run);
            let axes = grid.sweep.axes.iter().zip(&case.values);
            let point = axes.map(|(axis, value)| {
                value.map(|value| shown(&axis.values[value].written)).unwrap_or_default()
            });
            std::iter::once(case.protocol.clone())
                .chain(point)
                .chain([run.seed.to_string(), result.digest.clone()])
                .chain(cells)
                .collect()
        };
        let rows = grid.runs.iter().zip(results).map(row).collect();
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

impl Measured {
    /// What a record says.
    #[must_use]
    pub fn new(record: &Record) -> Self {
        let mut scalars = Vec::new();
        for (key, value) in record.metrics.as_object().into_iter().flatten() {
            if !NOT_MEASURED.contains(&key.as_str()) {
                walk(key, value, &mut scalars);
            }
        }
        scalars.extend(record.steady.iter().map(|(name, value)| (name.clone(), shown(value))));
        Self { digest: record.digest.clone(), scalars }
    }
}

fn walk(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(keys) => {
            keys.iter().for_each(|(key, value)| walk(&format!("{path}.{key}"), value, found));
        }
        Value::Array(_) => {}
        scalar => found.push((path.to_owned(), shown(scalar))),
    }
}

/// The names of all runs: a name that is new in a run comes after the one before it there. A group
/// that is null in one run and has members in another is no column.
fn union(runs: &[Measured]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for run in runs {
        let mut before = None;
        for (name, _) in &run.scalars {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(names: &[&str]) -> Measured {
        let scalars = names.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect();
        Measured { digest: String::new(), scalars }
    }

    #[test]
    fn a_new_name_comes_after_the_one_before_it() {
        let runs = [&["a.x", "c"][..], &["a.x", "a.y", "b", "c", "d"], &["first", "d"]];
        let names = union(&runs.map(measured));
        assert_eq!(names, ["first", "a.x", "a.y", "b", "c", "d"]);
    }

    #[test]
    fn a_group_is_a_column_only_where_it_is_null_everywhere() {
        let runs = [&["lost", "lost_too", "z"][..], &["lost.updates", "lost_too", "z"]];
        assert_eq!(union(&runs.map(measured)), ["lost.updates", "lost_too", "z"]);
        assert_eq!(union(&[measured(&["lost", "z"])]), ["lost", "z"]);
    }

    #[test]
    fn numbers_keep_all_their_digits_and_lists_are_left_out() {
        let metrics = r#"{ "schema": 1, "a": 0.30000000000000004, "b": { "c": null, "d": [1] } }"#;
        let mut found = Vec::new();
        walk("m", &serde_json::from_str(metrics).unwrap(), &mut found);
        let cells: Vec<_> = found.iter().map(|(name, cell)| format!("{name}={cell}")).collect();
        assert_eq!(cells, ["m.schema=1", "m.a=0.30000000000000004", "m.b.c="]);
    }
}
