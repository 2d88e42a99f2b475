//! `[sweep]`: lists of values for other keys. Read and validated here; run by whoever sweeps.

use crate::scenario::error::Problem;
use crate::scenario::kind::Count32;
use crate::scenario::reader::{Session, Table, join};
use crate::scenario::source::Place;
use crate::scenario::suggest::{either, nearest};
use crate::scenario::tree::{Entry, Node, Value};
use serde_json::Value as Json;

/// A sweep, as plain data. Its points are all combinations of the axes' values.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Seeds per point, at least 1.
    pub repeat: u32,
    /// The protocols to compare, each a table of the scenario; empty: the first one alone.
    pub protocols: Vec<String>,
    /// The axes, in the order of the file.
    pub axes: Vec<Axis>,
}

/// One key of the scenario, and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The dotted key, as for `--set`.
    pub key: String,
    /// Its values, as JSON; at least one.
    pub values: Vec<Json>,
}

/// An axis as it is written.
pub(in crate::scenario) struct Values {
    /// The dotted key.
    pub key: String,
    /// Where the key is written.
    pub at: Place,
    /// The values.
    pub nodes: Vec<Node>,
}

/// More points than this are surely a mistake.
const MOST_POINTS: usize = 10_000;

/// `[sweep]`; it stays out of the resolved scenario, because a run doesn't depend on it.
pub(super) fn read(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    present: &[&str],
) -> Option<(Sweep, Vec<Values>)> {
    let is_given = t.keys().any(|key| key == "sweep");
    let read = t.section(s, "sweep", |t, s| {
        let repeat = t.take(s, "repeat", Count32::of(1, 10_000), 10).value;
        let (mut protocols, mut axes) = (Vec::new(), Vec::new());
        for entry in t.rest() {
            match &entry.node.value {
                Value::List(names) if entry.key == "protocol" => {
                    protocols.extend(names.iter().filter_map(|name| protocol(s, name, present)));
                }
                _ => flatten(s, "", entry, &mut axes),
            }
        }
        let points = axes.iter().fold(1_usize, |n, a: &Values| n.saturating_mul(a.nodes.len()));
        if points > MOST_POINTS {
            let message = format!("the sweep has {points} points");
            s.tell_at(t.place(), message, &format!("expected at most {MOST_POINTS}"), None);
            axes.clear();
        }
        let axis = |values: &Values| Axis {
            key: values.key.clone(),
            values: values.nodes.iter().map(Node::json).collect(),
        };
        (Sweep { repeat, protocols, axes: axes.iter().map(axis).collect() }, axes)
    });
    t.leave_out("sweep");
    is_given.then_some(read)
}

fn protocol(s: &mut Session<'_>, node: &Node, present: &[&str]) -> Option<String> {
    match &node.value {
        Value::Text(name) if present.contains(&name.as_str()) => Some(name.clone()),
        Value::Text(name) => {
            let help = nearest(name, present.iter().copied());
            s.tell_at(
                node.place,
                format!("the protocol \"{name}\" has no table in this scenario"),
                &format!("expected {}", either(present.iter().copied(), '"')),
                help.map(|meant| format!("did you mean \"{meant}\"?")),
            );
            None
        }
        other => {
            let message = format!("a protocol of the sweep is {}", other.kind());
            s.tell_at(node.place, message, "expected a protocol's name", None);
            None
        }
    }
}

fn flatten(s: &mut Session<'_>, path: &str, entry: &Entry, axes: &mut Vec<Values>) {
    let key = join(path, &entry.key);
    match &entry.node.value {
        Value::Table(inner) => inner.iter().for_each(|entry| flatten(s, &key, entry, axes)),
        Value::List(nodes) if !nodes.is_empty() => {
            if key == "sweep" || key.starts_with("sweep.") {
                s.tell_at(entry.at, "a sweep can't sweep itself", "expected another key", None);
                return;
            }
            axes.push(Values { key, at: entry.at, nodes: nodes.clone() });
        }
        Value::List(_) => {
            let message = format!("the sweep over `{key}` is empty");
            s.tell_at(entry.node.place, message, "expected at least one value", None);
        }
        other => {
            let message = format!("the sweep over `{key}` is {}", other.kind());
            let help = Some("write the values as a list: [1, 2]".to_owned());
            s.tell_at(entry.node.place, message, "expected a list of values", help);
        }
    }
}

/// Checks the sweep's points with `at_point`, which reads the scenario with a value for each axis.
/// A mistake is told where it is first met, and not at all if the scenario has it without the sweep
/// (`known`).
pub(in crate::scenario) fn check(
    axes: &[Values],
    known: &[Problem],
    mut at_point: impl FnMut(&[(&Values, &Node)]) -> Vec<Problem>,
) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    let points: usize = axes.iter().map(|axis| axis.nodes.len()).product();
    for point in 0..if axes.is_empty() { 0 } else { points } {
        let mut left = point;
        let mut values = Vec::with_capacity(axes.len());
        for axis in axes.iter().rev() {
            values.push((axis, &axis.nodes[left % axis.nodes.len()]));
            left /= axis.nodes.len();
        }
        values.reverse();
        for problem in at_point(&values) {
            let mut told = known.iter().chain(&found);
            if told.all(|told| told.place() != problem.place()) {
                found.push(problem);
            }
        }
    }
    found
}
