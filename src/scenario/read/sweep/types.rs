//! A sweep as plain data.

use crate::scenario::data::FileUsed;
use crate::scenario::types::Scenario;
use serde_json::Value as Json;

/// A sweep whose every case has been validated.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Seeds per case, at least 1: the scenario's and those that follow.
    pub repeat: u32,
    /// What figures and verdicts must say about the sweep; may be empty.
    pub note: String,
    /// The protocols to compare, each a table of the scenario, at least one.
    pub protocols: Vec<String>,
    /// The axes, in the order of the file, those of zips last.
    pub axes: Vec<Axis>,
    /// Which axes advance together, by index: one list for each zip.
    pub zips: Vec<Vec<usize>>,
    /// The conditions that leave points out, as written.
    pub skips: Vec<Json>,
    /// What is to be run with every seed: points in the order of the axes, the last of which varies
    /// fastest, and at each point the protocols in their order.
    pub cases: Vec<Case>,
}

/// One key of the scenario, and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The dotted key, as for `--set`.
    pub key: String,
    /// What its values are numbers of: `"s"`, `"/s"`, `"bit/s"`, `"B"`, `"%"`, or `""` for plain
    /// numbers; `None` if they aren't all of one unit.
    pub unit: Option<&'static str>,
    /// Its values; at least one.
    pub values: Vec<AxisValue>,
}

/// One value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisValue {
    /// As it is written, or as a range gives it.
    pub written: Json,
    /// As a number of the axis's unit, if it has one.
    pub number: Option<f64>,
}

/// A point of the sweep under one protocol: all but the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The protocol.
    pub protocol: String,
    /// For each axis the index of its value; `None` if the axis belongs to another protocol.
    pub values: Vec<Option<usize>>,
    /// The scenario, its protocol first, with its own seed.
    pub scenario: Scenario,
    /// The same with all defaults, in the scenario's own syntax and order.
    pub resolved: Json,
    /// The data files that it uses.
    pub files: Vec<FileUsed>,
}
