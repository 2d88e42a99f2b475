//! Axes: keys with lists or ranges of values.

use super::range;
use super::types::{Axis, AxisValue};
use crate::scenario::reader::{Session, join};
use crate::scenario::source::Place;
use crate::scenario::suggest::either;
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units::{Measure, measure};

/// What decides where a sweep's results go, or is repeated otherwise.
const FIXED: [(&str, &str); 6] = [
    ("schema", "it is the same for all scenarios"),
    ("name", "it is where the results of the whole sweep are kept"),
    ("seed", "write how many seeds each point gets: `repeat = 10`"),
    ("sweep", "a sweep can't sweep itself"),
    ("claim", "no run depends on what is claimed"),
    ("figure", "no run depends on what is drawn"),
];

/// An axis as it is written.
#[derive(Clone)]
pub(in crate::scenario) struct Values {
    /// The dotted key.
    pub key: String,
    /// Where the key is written.
    pub at: Place,
    /// The values.
    pub nodes: Vec<Node>,
    /// Whether `--set` put it there.
    assigned: bool,
}

impl Values {
    /// The protocol whose table the key is in, if it is in one.
    pub fn protocol(&self) -> Option<&str> {
        self.key.strip_prefix("protocol.")?.split('.').next()
    }

    /// The values as numbers of one unit.
    pub fn measures(&self) -> Option<(&'static str, Vec<f64>)> {
        let found: Option<Vec<Measure>> = self.nodes.iter().map(|n| measure(&n.value)).collect();
        let found = found?;
        let unit = found.first()?.unit();
        let same = found.iter().all(|measure| measure.unit() == unit);
        same.then(|| (unit, found.iter().map(Measure::number).collect()))
    }

    /// As plain data.
    pub fn axis(&self) -> Axis {
        let (unit, numbers) = self.measures().unzip();
        let number = |index: usize| numbers.as_ref().map(|numbers| numbers[index]);
        let value = |(index, node): (usize, &Node)| AxisValue {
            written: node.json(),
            number: number(index),
        };
        let values = self.nodes.iter().enumerate().map(value).collect();
        Axis { key: self.key.clone(), unit, values }
    }

    /// Tells what can't be swept, given the axes `before` this one and the protocols that run.
    pub fn check(&self, s: &mut Session<'_>, before: &[Self], protocols: &[String]) {
        let key = &self.key;
        let above = |axis: &&Self| {
            let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|r| r.starts_with('.'));
            axis.key == *key || below(&axis.key, key) || below(key, &axis.key)
        };
        if let Some(other) = before.iter().find(above) {
            let message = match other.key == *key {
                true => format!("`{key}` is swept twice"),
                false => {
                    format!("`{key}` and `{}` are swept, and one is a part of the other", other.key)
                }
            };
            let help = "values of one axis may be tables, to change several keys at once";
            s.tell_at(self.at, message, "expected another key", help.to_owned());
        }
        if let Some(protocol) = self.protocol()
            && protocols.iter().all(|name| name != protocol)
        {
            let names = either(protocols.iter().map(String::as_str), '`');
            let message = format!("`{key}` is swept, but only {names} runs");
            let help = format!("add \"{protocol}\" to the sweep's `protocol`");
            s.tell_at(self.at, message, "expected a key that matters", help);
        }
    }
}

/// Tells if axes that advance `together` come to the same values twice.
pub(super) fn distinct(s: &mut Session<'_>, together: &[&Values]) {
    let [first, rest @ ..] = together else { return };
    let at = |index: usize| -> Vec<_> {
        together.iter().filter_map(|axis| axis.nodes.get(index)).map(Node::json).collect()
    };
    let twin = (1..first.nodes.len()).find(|&index| (0..index).any(|i| at(i) == at(index)));
    let Some(index) = twin else { return };
    let message = match rest {
        [] => format!("the sweep over `{}` has {} twice", first.key, first.nodes[index].json()),
        _ => format!("the zip of `{}` has the same values twice", first.key),
    };
    let help = "results are repeated by `repeat`; a range of whole numbers can't have more steps \
                than numbers";
    s.tell_at(first.nodes[index].place, message, "expected another value", help.to_owned());
}

/// Takes the axes at and below `entry`; what `--set` gives replaces what the file says.
pub(super) fn flatten(s: &mut Session<'_>, path: &str, entry: &Entry, axes: &mut Vec<Values>) {
    let key = join(path, &entry.key);
    if let Some((_, why)) = FIXED.iter().find(|(name, _)| key == *name) {
        let message = format!("`{key}` can't be swept");
        s.tell_at(entry.at, message, "expected another key", (*why).to_owned());
        return;
    }
    let nodes = match &entry.node.value {
        Value::Table(keys) if range::is_range(keys) => range::values(s, &key, &entry.node, keys),
        Value::Table(inner) => {
            return inner.iter().for_each(|entry| flatten(s, &key, entry, axes));
        }
        Value::List(nodes) if !nodes.is_empty() => nodes.clone(),
        Value::List(_) => {
            let message = format!("the sweep over `{key}` is empty");
            s.tell_at(entry.node.place, message, "expected at least one value", None);
            return;
        }
        other => {
            let message = format!("the sweep over `{key}` is {}", other.kind());
            let help = "write a list, [1, 2], or a range, { from = 1, to = 9, steps = 5 }";
            s.tell_at(entry.node.place, message, "expected several values", help.to_owned());
            return;
        }
    };
    if nodes.is_empty() {
        return;
    }
    let axis = Values { key, at: entry.at, nodes, assigned: entry.assigned };
    let twin = axes.iter_mut().find(|other| other.key == axis.key);
    match twin {
        Some(twin) if axis.assigned != twin.assigned => {
            if axis.assigned {
                *twin = axis;
            }
        }
        _ => axes.push(axis),
    }
}

/// Takes the axes of one `[[sweep.zip]]`, which advance together.
pub(super) fn zip(s: &mut Session<'_>, table: &Node, axes: &mut Vec<Values>) {
    let Value::Table(entries) = &table.value else { return };
    let mut zipped = Vec::new();
    entries.iter().for_each(|entry| flatten(s, "", entry, &mut zipped));
    if let Some((first, rest)) = zipped.split_first()
        && let Some(other) = rest.iter().find(|axis| axis.nodes.len() != first.nodes.len())
    {
        let (n, m) = (first.nodes.len(), other.nodes.len());
        let message = format!("`{}` has {n} values, but `{}` has {m}", first.key, other.key);
        let help = "the keys of a zip take their values side by side".to_owned();
        s.tell_at(other.at, message, &format!("expected {n} values"), help);
        return;
    }
    if entries.is_empty() {
        s.tell_at(table.place, "the zip is empty", "expected axes", None);
    }
    axes.append(&mut zipped);
}
