//! A sweep at a glance: for each case the means of a few metrics over its runs.

use super::grid::Grid;
use super::table::Table;
use crate::experiment::study::cell as shown;
use crate::report::number::short;
use crate::report::table::grid as aligned;

/// A metric of one run; `None` where there is none.
type Metric = fn(&Row<'_>) -> Option<f64>;

/// What is shown.
const SHOWN: [(&str, Metric); 4] = [
    ("ok %", |row| Some(100.0 * row.sum(".ok")? / row.sum(".issued").filter(|n| *n > 0.0)?)),
    ("mean ms", |row| {
        let weighted = |name: &str| {
            let count = row.number(&format!("operations.{name}.ok"))?;
            Some(count * row.number(&format!("operations.{name}.latency_ms.mean"))?)
        };
        let sum: f64 = row.kinds().filter_map(weighted).sum();
        row.sum(".ok").filter(|n| *n > 0.0).map(|count| sum / count)
    }),
    ("messages/op", |row| row.number("network.messages_per_operation")),
    ("lost updates", |row| row.number("consistency.lost_updates")),
];

/// One run of a table.
struct Row<'t> {
    columns: &'t [String],
    cells: &'t [String],
}

impl Row<'_> {
    fn number(&self, name: &str) -> Option<f64> {
        let place = self.columns.iter().position(|column| column == name)?;
        self.cells[place].parse().ok()
    }

    /// The kinds of operations.
    fn kinds(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter();
        columns.filter_map(|name| name.strip_prefix("operations.")?.strip_suffix(".issued"))
    }

    /// Over the kinds of operations.
    fn sum(&self, name: &str) -> Option<f64> {
        let of = |kind: &str| self.number(&format!("operations.{kind}{name}"));
        self.kinds().filter_map(of).reduce(|a, b| a + b)
    }
}

/// The cases as rows of text, under a line that says what was swept.
pub(super) fn text(grid: &Grid, table: &Table) -> String {
    let (cases, seeds) = (&grid.sweep.cases, grid.seeds.clone().count());
    let axes = grid.sweep.axes.iter().map(|axis| axis.key.clone());
    let head = std::iter::once("protocol".to_owned()).chain(axes).chain(["n".to_owned()]);
    let metrics = SHOWN.iter().map(|(name, _)| (*name).to_owned());
    let mut rows = vec![head.chain(metrics).collect::<Vec<_>>()];
    for (case, runs) in cases.iter().zip(table.rows.chunks(seeds)) {
        let axes = grid.sweep.axes.iter().zip(&case.values);
        let point = axes.map(|(axis, value)| {
            value.map_or_else(|| "-".to_owned(), |value| shown(&axis.values[value].written))
        });
        let runs: Vec<Row<'_>> =
            runs.iter().map(|cells| Row { columns: &table.columns, cells }).collect();
        let means = SHOWN.iter().map(|(_, metric)| mean(&runs, *metric));
        let head = std::iter::once(case.protocol.clone()).chain(point).chain([seeds.to_string()]);
        rows.push(head.chain(means).collect());
    }
    let name = &grid.loaded.scenario.name;
    format!("{name}   means over n runs\n\n{}", aligned(&rows))
}

/// Over the runs that have the metric.
fn mean(runs: &[Row<'_>], metric: Metric) -> String {
    let values: Vec<f64> = runs.iter().filter_map(metric).collect();
    if values.is_empty() {
        return "-".to_owned();
    }
    short(values.iter().sum::<f64>() / values.len() as f64)
}
