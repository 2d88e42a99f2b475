//! What `[sweep]` says, with places, before it is tried out on the scenario.

use super::axes::{Values, distinct, flatten, zip};
use super::skip::{self, Skip};
use crate::scenario::kind::{Count32, Prose};
use crate::scenario::reader::{Session, Table};
use crate::scenario::reference::Key;
use crate::scenario::source::Place;
use crate::scenario::suggest::{either, nearest};
use crate::scenario::tree::{Entry, Node, Value};

/// More points than this are surely a mistake.
const MOST_POINTS: usize = 10_000;

/// `[sweep]` as written.
pub(in crate::scenario) struct Draft {
    pub place: Place,
    pub repeat: u32,
    pub note: String,
    pub protocols: Vec<String>,
    pub axes: Vec<Values>,
    /// Axes that advance together, by index; each axis is in one of them.
    pub dimensions: Vec<Vec<usize>>,
    pub skips: Vec<Skip>,
}

/// `[sweep]`; it stays out of the resolved scenario, because a run doesn't depend on it. `present`
/// are the protocols that have a table, the first to run first.
pub(in crate::scenario) fn read(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    present: &[&str],
    seed: u64,
) -> Option<Draft> {
    let is_given = t.keys().any(|key| key == "sweep");
    let draft = t.section(s, "sweep", |t, s| {
        let repeat = t.take(s, "repeat", Count32::of(1, 10_000), 10);
        let note = t.take(s, "note", Prose { most: 100, empty: true }, String::new()).value;
        let last = seed.saturating_add(u64::from(repeat.value) - 1);
        if is_given && last > i64::MAX.cast_unsigned() {
            let message = format!("{} seeds from {seed} on don't exist", repeat.value);
            s.conflict(message, None, &[(repeat.mark, "expected fewer, or a smaller `seed`")]);
        }
        list_keys(s);
        let zips = t.entry("zip");
        let skips = t.entry("skip");
        let (mut protocols, mut axes) = (None, Vec::new());
        for entry in t.rest() {
            match &entry.node.value {
                Value::List(names) if entry.key == "protocol" => {
                    protocols = Some(compared(s, entry, names, present));
                }
                _ => flatten(s, "", entry, &mut axes),
            }
        }
        let first = || present.first().map(|name| (*name).to_owned()).into_iter().collect();
        let protocols = protocols.unwrap_or_else(first);
        let mut dimensions: Vec<Vec<usize>> = (0..axes.len()).map(|axis| vec![axis]).collect();
        for table in zips.map(|entry| tables(s, entry)).unwrap_or_default() {
            let first = axes.len();
            zip(s, table, &mut axes);
            dimensions.push((first..axes.len()).collect());
        }
        dimensions.retain(|axes| !axes.is_empty());
        for (index, axis) in axes.iter().enumerate() {
            axis.check(s, &axes[..index], &protocols);
        }
        for dimension in &dimensions {
            distinct(s, &dimension.iter().map(|&axis| &axes[axis]).collect::<Vec<_>>());
        }
        let mut read = Vec::new();
        for table in skips.map(|entry| tables(s, entry)).unwrap_or_default() {
            read.extend(skip::read(s, table, &axes, &protocols));
        }
        Draft {
            place: t.place(),
            repeat: repeat.value,
            note,
            protocols,
            axes,
            dimensions,
            skips: read,
        }
    });
    t.leave_out("sweep");
    is_given.then(|| draft.limited(s))
}

impl Draft {
    /// How many combinations of values there are.
    pub fn points(&self) -> usize {
        let lengths = self.dimensions.iter().map(|axes| self.axes[axes[0]].nodes.len());
        lengths.fold(1, usize::saturating_mul)
    }

    /// Without axes if there are too many points.
    fn limited(mut self, s: &mut Session<'_>) -> Self {
        let points = self.points();
        if points > MOST_POINTS {
            let message = format!("the sweep has {points} points");
            s.tell_at(self.place, message, &format!("expected at most {MOST_POINTS}"), None);
            self.axes.clear();
            self.dimensions.clear();
            self.skips.clear();
        }
        self
    }
}

/// What the reference says of the keys that aren't read by kind.
fn list_keys(s: &mut Session<'_>) {
    let keys = [
        ("protocol", "a list of names of protocols, each with a table", "the first table's"),
        ("zip", "a list of tables, each with axes that have equally many values", "none"),
        ("skip", "a list of tables, each with conditions on axes and `protocol`", "none"),
    ];
    for (name, takes, default) in keys {
        s.record(|| Key::plain(format!("sweep.{name}"), takes.into(), Some(default.into())));
    }
    super::range::survey(s);
}

/// The tables of a list of tables.
fn tables<'t>(s: &mut Session<'_>, entry: &'t Entry) -> Vec<&'t Node> {
    let expected = "expected a list of tables";
    let Value::List(items) = &entry.node.value else {
        let message = format!("`sweep.{}` is {}", entry.key, entry.node.value.kind());
        let help = format!("write `[[sweep.{}]]` over each of them", entry.key);
        s.tell_at(entry.node.place, message, expected, help);
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        if matches!(item.value, Value::Table(_)) {
            found.push(item);
        } else {
            let message = format!("an entry of `sweep.{}` is {}", entry.key, item.value.kind());
            s.tell_at(item.place, message, expected, None);
        }
    }
    found
}

/// The protocols of the sweep.
fn compared(s: &mut Session<'_>, entry: &Entry, names: &[Node], present: &[&str]) -> Vec<String> {
    if names.is_empty() {
        let help = "leave it out to run the first protocol alone".to_owned();
        let message = "the sweep compares no protocols";
        s.tell_at(entry.node.place, message, "expected at least one name", help);
    }
    let mut found: Vec<String> = Vec::new();
    for node in names {
        let Some(name) = protocol(s, node, present) else { continue };
        if found.contains(&name) {
            let message = format!("the protocol \"{name}\" is there twice");
            s.tell_at(node.place, message, "expected another one", None);
        } else {
            found.push(name);
        }
    }
    found
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
