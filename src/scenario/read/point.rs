//! What claims and figures may refer to: axes of the sweep, their values, protocols.

use super::sweep::{Axis, AxisValue, Sweep};
use crate::scenario::kind::OneOf;
use crate::scenario::reader::{Session, Table, join};
use crate::scenario::reference::Key;
use crate::scenario::study::Filter;
use crate::scenario::suggest::{either, nearest};
use crate::scenario::tree::{Entry, Node, Value};
use serde_json::Value as Json;

/// Axes and protocols of a sweep.
pub(super) struct Grid<'a> {
    axes: &'a [Axis],
    zips: &'a [Vec<usize>],
    /// The keys of the axes.
    pub keys: Vec<&'a str>,
    /// The protocols that it compares.
    pub protocols: Vec<&'a str>,
}

impl<'a> Grid<'a> {
    /// Of a sweep; without one, of nothing.
    pub fn new(sweep: Option<&'a Sweep>) -> Self {
        let axes = sweep.map_or(&[][..], |sweep| &sweep.axes);
        let zips = sweep.map_or(&[][..], |sweep| &sweep.zips);
        let protocols = sweep.map_or(&[][..], |sweep| &sweep.protocols);
        let keys = axes.iter().map(|axis| axis.key.as_str()).collect();
        Self { axes, zips, keys, protocols: protocols.iter().map(String::as_str).collect() }
    }

    /// A key that takes an axis.
    pub fn axis_key(&self) -> OneOf<'_> {
        OneOf { noun: "the key of an axis of the sweep", names: &self.keys }
    }

    /// A key that takes a protocol.
    pub fn protocol_name(&self) -> OneOf<'_> {
        OneOf { noun: "a protocol that the sweep runs", names: &self.protocols }
    }

    /// The values of an axis; none if there is no such axis.
    pub fn values(&self, key: &str) -> &'a [AxisValue] {
        self.axes.iter().find(|axis| axis.key == key).map_or(&[], |axis| &axis.values)
    }

    /// The axis's own value that is written like `wanted`, or is the same number.
    pub fn value_like(&self, key: &str, wanted: &Json) -> Option<&'a Json> {
        let is_same =
            |a: &Json| a == wanted || a.as_f64().zip(wanted.as_f64()).is_some_and(|(a, b)| a == b);
        self.values(key).iter().map(|value| &value.written).find(|value| is_same(value))
    }

    /// The axes that advance with this one, itself included.
    pub fn zipped_with(&self, key: &str) -> Vec<&'a str> {
        let place = self.keys.iter().position(|own| *own == key);
        let zip = place.and_then(|place| self.zips.iter().find(|zip| zip.contains(&place)));
        match zip {
            Some(zip) => zip.iter().map(|axis| self.keys[*axis]).collect(),
            None => self.keys.iter().copied().filter(|own| *own == key).collect(),
        }
    }

    /// A key that takes values of axes, `{ "clients.count" = 1000 }`; with `many`, also lists of
    /// them.
    pub fn filters(
        &self,
        t: &mut Table<'_>,
        s: &mut Session<'_>,
        name: &'static str,
        many: bool,
        default: &str,
    ) -> Vec<Filter> {
        let takes = match many {
            true => "a table: for each axis a value, or a list of values",
            false => "a table: for each axis a value",
        };
        s.record(|| Key::plain(t.path(name), takes.into(), Some(default.into())));
        let Some(entry) = t.entry(name) else { return Vec::new() };
        let mut filters = Vec::new();
        match &entry.node.value {
            Value::Table(entries) => self.walk(s, "", entries, many, &mut filters),
            other => {
                let message = format!("`{}` is {}", t.path(name), other.kind());
                s.tell_at(entry.node.place, message, &format!("expected {takes}"), None);
            }
        }
        filters
    }

    fn walk(
        &self,
        s: &mut Session<'_>,
        path: &str,
        entries: &[Entry],
        many: bool,
        filters: &mut Vec<Filter>,
    ) {
        for entry in entries {
            let key = join(path, &entry.key);
            let is_axis = self.keys.contains(&key.as_str());
            match &entry.node.value {
                Value::Table(inner) if !is_axis => self.walk(s, &key, inner, many, filters),
                _ if !is_axis => {
                    let message = format!("`{key}` is no axis of the sweep");
                    let help = match nearest(&key, self.keys.iter().copied()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None if self.keys.is_empty() => "the sweep has no axes".into(),
                        None => format!("axes are {}", either(self.keys.iter().copied(), '`')),
                    };
                    s.tell_at(entry.at, message, "expected the key of an axis", help);
                }
                Value::List(nodes) if many && !nodes.is_empty() => {
                    let values = nodes.iter().filter_map(|node| self.value(s, &key, node));
                    let values = values.collect();
                    filters.push(Filter { key, values });
                }
                _ => {
                    let values = self.value(s, &key, &entry.node).into_iter().collect();
                    filters.push(Filter { key, values });
                }
            }
        }
    }

    /// The axis's own value that `node` means.
    fn value(&self, s: &mut Session<'_>, key: &str, node: &Node) -> Option<Json> {
        let wanted = node.json();
        let found = self.value_like(key, &wanted);
        if found.is_none() {
            let message = format!("{wanted} is no value of the axis `{key}`");
            let values = self.values(key).iter().map(|value| value.written.to_string());
            let help = format!("its values are {}", values.collect::<Vec<_>>().join(", "));
            s.tell_at(node.place, message, "expected one of the axis's values", help);
        }
        found.cloned()
    }
}
