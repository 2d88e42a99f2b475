//! Ranges: `{ from = 1000, to = 100000, steps = 5, scale = "geometric" }`.

use crate::scenario::kind::{Count32, Kind, Refusal, Word};
use crate::scenario::reader::{Field, Session, Table};
use crate::scenario::reference::is_whole;
use crate::scenario::source::{DEFAULTS, Place};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units::{Measure, measure};
use serde_json::Value as Json;

const KEYS: [&str; 4] = ["from", "to", "steps", "scale"];

/// How the values between the ends are spaced.
#[derive(Clone, Copy, PartialEq)]
enum Scale {
    Linear,
    Geometric,
}

/// One end of a range.
struct End;

impl Kind for End {
    type Value = Option<Measure>;
    fn read(&self, value: &Value) -> Result<Self::Value, Refusal> {
        measure(value).map(Some).ok_or_else(|| match value {
            Value::Text(text) => Refusal::new(format!("is \"{text}\", which is no quantity")),
            other => Refusal::kind(other),
        })
    }
    fn write(&self, _: &Self::Value) -> Json {
        Json::Null
    }
    fn describe(&self) -> String {
        "a number, or a quantity with a unit".into()
    }
}

/// Whether a table is a range and not a part of the path to one.
pub(super) fn is_range(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| KEYS.contains(&entry.key.as_str()))
}

/// Lists the keys of ranges for the reference.
pub(super) fn survey(s: &mut Session<'_>) {
    if s.is_survey() {
        let nowhere = Place { source: DEFAULTS, start: 0, end: 0 };
        read(s, &mut Table::new("RANGE".into(), nowhere, &[]));
    }
}

struct Range {
    from: Field<Option<Measure>>,
    to: Field<Option<Measure>>,
    steps: Field<u32>,
    scale: Scale,
}

fn read(s: &mut Session<'_>, t: &mut Table<'_>) -> Range {
    let scales = Word(&[("linear", Scale::Linear), ("geometric", Scale::Geometric)]);
    Range {
        from: t.require(s, "from", End, None),
        to: t.require(s, "to", End, None),
        steps: t.require(s, "steps", Count32::of(2, 10_000), 2),
        scale: t.take(s, "scale", scales, Scale::Linear).value,
    }
}

/// The values of the range for `key` that `node` is, a table of `entries`: the ends as written, and
/// between them whole numbers where the key takes only those, else six significant digits. Empty
/// after a mistake.
pub(super) fn values(s: &mut Session<'_>, key: &str, node: &Node, entries: &[Entry]) -> Vec<Node> {
    let before = s.count();
    let mut table = Table::new(format!("sweep.{key}"), node.place, entries);
    let range = read(s, &mut table);
    table.close(s);
    let (Some(from), Some(to)) = (&range.from.value, &range.to.value) else { return Vec::new() };
    check(s, key, &range, from, to);
    if s.count() > before {
        return Vec::new();
    }
    let whole = is_whole(key);
    let end = |name: &str| entries.iter().find(|e| e.key == name).map(|e| e.node.value.clone());
    let last = range.steps.value - 1;
    let value = |step: u32| match step {
        0 => end("from"),
        _ if step == last => end("to"),
        _ => {
            let share = f64::from(step) / f64::from(last);
            let (a, b) = (from.amount, to.amount);
            Some(from.with(
                match range.scale {
                    Scale::Linear => a + (b - a) * share,
                    Scale::Geometric => a * libm::pow(b / a, share),
                },
                whole,
            ))
        }
    };
    let nodes = (0..=last).filter_map(value);
    nodes.map(|value| Node { place: node.place, value }).collect()
}

fn check(s: &mut Session<'_>, key: &str, range: &Range, from: &Measure, to: &Measure) {
    if from.unit() != to.unit() {
        let named = |unit: &'static str| if unit.is_empty() { "no unit" } else { unit };
        let units = (named(from.unit()), named(to.unit()));
        let message = format!("the range over `{key}` goes from {} to {}", units.0, units.1);
        let marks = [
            (range.to.mark, "expected the same kind of quantity as `from`"),
            (range.from.mark, "the beginning"),
        ];
        s.conflict(message, None, &marks);
        return;
    }
    let low = if from.amount <= to.amount { &range.from } else { &range.to };
    if range.scale == Scale::Geometric && from.amount.min(to.amount) <= 0.0 {
        let message = format!("the geometric range over `{key}` touches 0");
        let help = "start above 0, or write scale = \"linear\"".to_owned();
        s.conflict(message, Some(help), &[(low.mark, "expected more than 0")]);
    }
}
