//! The runs of a sweep, by point and seed.

use crate::report::plot::Unreadable;
use crate::scenario::{Axis, Filter, Quantity, Term, written};
use serde_json::Value;
use std::collections::BTreeMap;

/// The name of the table, for errors.
const FILE: &str = "runs.csv";

/// A table of runs, put in order.
#[derive(Clone, Debug)]
pub struct Runs {
    /// The axes, in the order of the sweep.
    pub axes: Vec<Axis>,
    /// The points, in the order of the table.
    pub points: Vec<Point>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A protocol at one combination of the axes' values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The protocol.
    pub protocol: String,
    /// For each axis the index of its value; `None`: the axis belongs to another protocol.
    pub values: Vec<Option<usize>>,
    /// The rows, by seed.
    rows: BTreeMap<u64, usize>,
}

/// A value of an axis, or a metric, as a cell of the table.
#[must_use]
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => written(value),
        other => other.to_string(),
    }
}

impl Runs {
    /// From a table's columns and rows.
    ///
    /// # Errors
    /// If a column is missing, or a cell isn't what its column wants.
    pub fn new(
        axes: &[Axis],
        columns: &[String],
        rows: &[Vec<String>],
    ) -> Result<Self, Unreadable> {
        let column = |name: &str| {
            let missing = || unreadable(format!("the column `{name}` is missing"));
            columns.iter().position(|column| column == name).ok_or_else(missing)
        };
        let (protocol, seed) = (column("protocol")?, column("seed")?);
        let places = axes.iter().map(|axis| column(&axis.key));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        let mut points: Vec<Point> = Vec::new();
        let mut known: BTreeMap<(String, Vec<Option<usize>>), usize> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let wrong = |what: String| unreadable(format!("line {}: {what}", index + 2));
            if row.len() != columns.len() {
                return Err(wrong(format!("{} cells, not {}", row.len(), columns.len())));
            }
            let value = |(axis, place): (&Axis, &usize)| {
                let text = &row[*place];
                let is_it = |value: &crate::scenario::AxisValue| cell(&value.written) == *text;
                match axis.values.iter().position(is_it) {
                    None if !text.is_empty() => {
                        Err(wrong(format!("`{text}` is no value of the axis `{}`", axis.key)))
                    }
                    found => Ok(found),
                }
            };
            let values = axes.iter().zip(&places).map(value).collect::<Result<Vec<_>, _>>()?;
            let own = row[seed].parse::<u64>();
            let own = own.map_err(|_| wrong(format!("`{}` is no seed", row[seed])))?;
            let place =
                *known.entry((row[protocol].clone(), values.clone())).or_insert_with(|| {
                    let rows = BTreeMap::new();
                    points.push(Point { protocol: row[protocol].clone(), values, rows });
                    points.len() - 1
                });
            if points[place].rows.insert(own, index).is_some() {
                return Err(wrong(format!("the seed {own} is there twice")));
            }
        }
        Ok(Self { axes: axes.to_vec(), points, columns: columns.to_vec(), rows: rows.to_vec() })
    }

    /// From the text of a table.
    ///
    /// # Errors
    /// If it is no CSV, and as [`Runs::new`].
    pub fn read(axes: &[Axis], text: &str) -> Result<Self, Unreadable> {
        let broken = |error: csv::Error| unreadable(error.to_string());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let columns: Vec<String> = cells(reader.headers().map_err(broken)?);
        let rows = reader.records().map(|record| record.map(|record| cells(&record)));
        let rows = rows.collect::<Result<Vec<Vec<String>>, _>>().map_err(broken)?;
        Self::new(axes, &columns, &rows)
    }

    /// The place of an axis.
    pub fn axis(&self, key: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.key == key)
    }

    /// The names of all metrics: what stands behind `digest`, or behind `seed` without it.
    pub fn metrics(&self) -> &[String] {
        let last = ["seed", "digest"].map(|name| self.columns.iter().position(|c| c == name));
        let last = last.into_iter().flatten().max().unwrap_or(0);
        &self.columns[last + 1..]
    }

    /// The first name in a quantity that neither a metric nor an axis has.
    pub fn unknown<'q>(&self, quantity: &'q Quantity) -> Option<&'q str> {
        let is_known = |name: &&str| {
            self.metrics().iter().any(|metric| metric == name) || self.axis(name).is_some()
        };
        quantity.names().find(|name| !is_known(name))
    }

    /// The value of a quantity for each seed of a point.
    pub fn values(&self, point: &Point, quantity: &Quantity) -> BTreeMap<u64, Option<f64>> {
        let value = |(&seed, &row): (&u64, &usize)| (seed, self.value(point, row, quantity));
        point.rows.iter().map(value).collect()
    }

    fn value(&self, point: &Point, row: usize, quantity: &Quantity) -> Option<f64> {
        let above = self.sum(point, row, &quantity.sum)?;
        let Some(over) = &quantity.over else { return Some(above) };
        let quotient = above / self.sum(point, row, over)?;
        Some(quotient).filter(|value| value.is_finite())
    }

    fn sum(&self, point: &Point, row: usize, terms: &[Term]) -> Option<f64> {
        let term = |term: &Term| {
            let value = self.number(point, row, &term.name)?;
            Some(if term.negative { -value } else { value })
        };
        terms.iter().map(term).sum()
    }

    fn number(&self, point: &Point, row: usize, name: &str) -> Option<f64> {
        if let Some(axis) = self.axis(name) {
            return self.axes[axis].values[point.values[axis]?].number;
        }
        let column = self.columns.iter().position(|column| column == name)?;
        self.rows[row][column].parse::<f64>().ok().filter(|value| value.is_finite())
    }

    /// Whether a point has one of the values that each filter wants. A filter on an axis that the
    /// point doesn't have, because it belongs to another protocol, is met.
    pub fn meets(&self, point: &Point, filters: &[Filter]) -> bool {
        filters.iter().all(|filter| {
            let Some(axis) = self.axis(&filter.key) else { return false };
            let Some(value) = point.values[axis] else { return true };
            filter.values.contains(&self.axes[axis].values[value].written)
        })
    }

    /// The coordinates of a point, by key, as they are written.
    pub fn at(&self, point: &Point) -> Vec<(String, String)> {
        let axes = self.axes.iter().zip(&point.values);
        let shown = axes.filter_map(|(axis, value)| {
            Some((axis.key.clone(), cell(&axis.values[(*value)?].written)))
        });
        shown.collect()
    }
}

fn unreadable(reason: String) -> Unreadable {
    Unreadable { file: FILE, reason }
}
