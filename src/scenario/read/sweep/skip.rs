//! `[[sweep.skip]]`: points that are left out.

use super::axes::Values;
use crate::scenario::reader::{Session, join};
use crate::scenario::suggest::{either, nearest};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units::measure;
use serde_json::Value as Json;

const COMPARISONS: [&str; 4] = ["above", "at_least", "at_most", "below"];

/// Leaves out the cases in which all conditions hold.
pub(in crate::scenario) struct Skip {
    conditions: Vec<Condition>,
    /// As written.
    pub json: Json,
}

struct Condition {
    subject: Subject,
    /// Which values, by index, or which protocols it holds for.
    holds: Vec<bool>,
}

enum Subject {
    Protocol,
    Axis(usize),
}

impl Skip {
    /// Whether the case of a protocol, by index, and of the axes' values is left out. A condition
    /// on an axis that the protocol doesn't have doesn't hold.
    pub fn leaves_out(&self, protocol: usize, values: &[Option<usize>]) -> bool {
        self.conditions.iter().all(|condition| match condition.subject {
            Subject::Protocol => condition.holds[protocol],
            Subject::Axis(axis) => values[axis].is_some_and(|value| condition.holds[value]),
        })
    }
}

/// Reads one table of conditions; `None` after a mistake.
pub(super) fn read(
    s: &mut Session<'_>,
    table: &Node,
    axes: &[Values],
    protocols: &[String],
) -> Option<Skip> {
    let Value::Table(entries) = &table.value else { return None };
    let before = s.count();
    let mut conditions = Vec::new();
    for entry in entries {
        flatten(s, "", entry, axes, protocols, &mut conditions);
    }
    if conditions.is_empty() && s.count() == before {
        let help = "write the axis and its value: clients.count = 1000".to_owned();
        s.tell_at(table.place, "no condition says what to skip", "expected conditions", help);
    }
    (s.count() == before).then(|| Skip { conditions, json: table.json() })
}

fn flatten(
    s: &mut Session<'_>,
    path: &str,
    entry: &Entry,
    axes: &[Values],
    protocols: &[String],
    conditions: &mut Vec<Condition>,
) {
    let key = join(path, &entry.key);
    if let Value::Table(inner) = &entry.node.value
        && !inner.iter().any(|entry| COMPARISONS.contains(&entry.key.as_str()))
    {
        inner.iter().for_each(|entry| flatten(s, &key, entry, axes, protocols, conditions));
        return;
    }
    if key == "protocol" {
        let holds = named(s, &entry.node, protocols);
        conditions.extend(holds.map(|holds| Condition { subject: Subject::Protocol, holds }));
        return;
    }
    let Some(index) = axes.iter().position(|axis| axis.key == key) else {
        let names = || axes.iter().map(|axis| axis.key.as_str()).chain(["protocol"]);
        let help = nearest(&key, names()).map(|meant| format!("did you mean `{meant}`?"));
        let expected = format!("expected {}", either(names(), '`'));
        s.tell_at(entry.at, format!("`{key}` isn't swept"), &expected, help);
        return;
    };
    let holds = match &entry.node.value {
        Value::Table(bounds) => compared(s, &entry.node, bounds, &axes[index]),
        Value::List(nodes) => among(s, nodes, &axes[index]),
        _ => among(s, std::slice::from_ref(&entry.node), &axes[index]),
    };
    conditions.extend(holds.map(|holds| Condition { subject: Subject::Axis(index), holds }));
}

/// `protocol = "consensus"`, or a list.
fn named(s: &mut Session<'_>, node: &Node, protocols: &[String]) -> Option<Vec<bool>> {
    let nodes = match &node.value {
        Value::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut holds = vec![false; protocols.len()];
    let mut sound = true;
    for node in nodes {
        let index = match &node.value {
            Value::Text(text) => protocols.iter().position(|name| name == text),
            _ => None,
        };
        if let Some(index) = index {
            holds[index] = true;
        } else {
            let expected = either(protocols.iter().map(String::as_str), '"');
            let message = "the condition names no protocol of the sweep";
            s.tell_at(node.place, message, &format!("expected {expected}"), None);
            sound = false;
        }
    }
    sound.then_some(holds)
}

/// `key = VALUE`, or a list: the axis has one of these values.
fn among(s: &mut Session<'_>, nodes: &[Node], axis: &Values) -> Option<Vec<bool>> {
    let measures = axis.measures();
    for node in nodes {
        let unit = measure(&node.value).map(|measure| measure.unit());
        if let Some((expected, _)) = &measures
            && unit != Some(*expected)
        {
            not_alike(s, node, axis, expected);
            return None;
        }
    }
    let is_among = |value: &Node| {
        let number = measure(&value.value).map(|measure| (measure.unit(), measure.number()));
        nodes.iter().any(|node| {
            let other = measure(&node.value).map(|measure| (measure.unit(), measure.number()));
            node.json() == value.json() || (other.is_some() && other == number)
        })
    };
    Some(axis.nodes.iter().map(is_among).collect())
}

/// `key = { above = VALUE }` and the like: all of these hold.
fn compared(
    s: &mut Session<'_>,
    node: &Node,
    bounds: &[Entry],
    axis: &Values,
) -> Option<Vec<bool>> {
    let Some((unit, numbers)) = axis.measures() else {
        let message = format!("the values of `{}` have no order", axis.key);
        s.tell_at(node.place, message, "expected a value, or a list of values", None);
        return None;
    };
    let mut holds = vec![true; numbers.len()];
    for bound in bounds {
        let test: fn(f64, f64) -> bool = match bound.key.as_str() {
            "above" => |x, bound| x > bound,
            "at_least" => |x, bound| x >= bound,
            "at_most" => |x, bound| x <= bound,
            "below" => |x, bound| x < bound,
            other => {
                let help = nearest(other, COMPARISONS);
                let expected = format!("expected {}", either(COMPARISONS, '`'));
                let help = help.map(|meant| format!("did you mean `{meant}`?"));
                s.tell_at(bound.at, format!("unknown comparison `{other}`"), &expected, help);
                return None;
            }
        };
        let limit = measure(&bound.node.value).filter(|limit| limit.unit() == unit);
        let Some(limit) = limit else {
            not_alike(s, &bound.node, axis, unit);
            return None;
        };
        for (holds, number) in holds.iter_mut().zip(&numbers) {
            *holds &= test(*number, limit.number());
        }
    }
    Some(holds)
}

fn not_alike(s: &mut Session<'_>, node: &Node, axis: &Values, unit: &str) {
    let expected = match unit {
        "" => "expected a number without a unit".to_owned(),
        "s" => "expected a time".to_owned(),
        unit => format!("expected a quantity in {unit}"),
    };
    let message = format!("this can't be compared with the values of `{}`", axis.key);
    s.tell_at(node.place, message, &expected, None);
}
