//! `--set KEY=VALUE`: values merged into the tree before it is read, so that they meet the same
//! checks.

use super::reader::join;
use super::reference::{Key, reference};
use super::resolved::written;
use super::source::Place;
use super::tree::{Entry, Node, Value, lone_value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// One `--set`, taken apart.
pub(super) struct Setting {
    /// The parts of the dotted key, and where each is written.
    pub path: Vec<(String, Place)>,
    /// The value.
    pub node: Node,
}

/// Takes `KEY=VALUE` apart.
///
/// # Errors
/// What is wrong with it; the place is all of it.
pub(super) fn parse(text: &str, source: usize) -> Result<Setting, &'static str> {
    let (key, value) = text.split_once('=').ok_or("has no `=`")?;
    if value.is_empty() {
        return Err("has no value");
    }
    let mut path = Vec::new();
    let mut start = 0;
    for part in key.split('.') {
        let name = part.trim().trim_matches('"');
        if name.is_empty() {
            return Err("has a key with an empty part");
        }
        path.push((name.to_owned(), Place { source, start, end: start + part.trim_end().len() }));
        start += part.len() + 1;
    }
    let indent = value.len() - value.trim_start().len();
    let node = lone_value(value.trim(), source, key.len() + 1 + indent);
    Ok(Setting { path, node })
}

/// A key and its value as `--set` takes them.
#[must_use]
pub fn setting(key: &str, value: &Json) -> String {
    if let Json::String(text) = value
        && matches!(lone_value(text, 0, 0).value, Value::Text(plain) if plain == *text)
        && text.trim() == text
        && !text.is_empty()
    {
        return format!("{key}={text}");
    }
    format!("{key}={}", written(value))
}

/// The dotted key `key`, written at `at`, as a path.
pub(super) fn dotted(key: &str, at: Place) -> Vec<(String, Place)> {
    key.split('.').map(|part| (part.to_owned(), at)).collect()
}

/// Which keys are choices, and what each lets one choose from: setting one alternative replaces
/// another.
pub(super) struct Choices(BTreeMap<String, Vec<&'static [&'static str]>>);

impl Choices {
    /// As the reader has them.
    pub fn new() -> Self {
        let is_choice = |key: &Key| !key.alternatives.is_empty();
        let choices = reference().into_iter().filter(is_choice);
        Self(choices.map(|key| (key.path, key.alternatives)).collect())
    }

    /// Puts `node` at `path` below `entries`, making the tables on the way.
    pub fn assign(&self, entries: &mut Vec<Entry>, path: &[(String, Place)], node: &Node) {
        self.assign_below("", entries, path, node);
    }

    fn assign_below(
        &self,
        above: &str,
        entries: &mut Vec<Entry>,
        path: &[(String, Place)],
        node: &Node,
    ) {
        let [(name, at), rest @ ..] = path else { return };
        let here = join(above, name);
        let index = entries.iter().position(|entry| entry.key == *name).unwrap_or_else(|| {
            let empty = Node { place: *at, value: Value::Table(Vec::new()) };
            entries.push(Entry { key: name.clone(), at: *at, node: empty, assigned: true });
            entries.len() - 1
        });
        let entry = &mut entries[index];
        let Some((next, _)) = rest.first() else {
            *entry = Entry { key: name.clone(), at: *at, node: node.clone(), assigned: true };
            return;
        };
        if let Some(item) = numbered(&mut entry.node.value, next) {
            match &rest[1..] {
                [] => *item = node.clone(),
                deeper => self.assign_in(&here, *at, item, deeper, node),
            }
            return;
        }
        self.assign_in(&here, *at, &mut entry.node, rest, node);
    }

    /// Puts `node` at `path` below `inside`, which becomes a table if it isn't one.
    fn assign_in(
        &self,
        here: &str,
        at: Place,
        inside: &mut Node,
        path: &[(String, Place)],
        node: &Node,
    ) {
        if !matches!(inside.value, Value::Table(_)) {
            *inside = Node { place: at, value: Value::Table(Vec::new()) };
        }
        if let (Value::Table(inner), Some((next, _))) = (&mut inside.value, path.first()) {
            if let Some(alternatives) = self.0.get(here) {
                make_way(inner, alternatives, next);
            }
            self.assign_below(here, inner, path, node);
        }
    }
}

/// The entry of a list that `number` names: the first is 1.
fn numbered<'a>(value: &'a mut Value, number: &str) -> Option<&'a mut Node> {
    let Value::List(items) = value else { return None };
    items.get_mut(number.parse::<usize>().ok()?.checked_sub(1)?)
}

/// Setting `next` chooses its alternative: the others go, and with them what the file said beside
/// them.
fn make_way(entries: &mut Vec<Entry>, alternatives: &[&[&str]], next: &str) {
    let Some(chosen) = alternatives.iter().find(|keys| keys.contains(&next)) else { return };
    let of_any = |entry: &Entry| alternatives.iter().any(|keys| keys.contains(&&*entry.key));
    let of_chosen = |entry: &Entry| chosen.contains(&entry.key.as_str());
    if entries.iter().any(|entry| of_any(entry) && !of_chosen(entry)) {
        entries.retain(|entry| of_chosen(entry) || (entry.assigned && !of_any(entry)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_back_as_they_were() {
        let values = [
            json!("50ms"),
            json!("5"),
            json!("true"),
            json!(" a "),
            json!(""),
            json!(1.5),
            json!({ "constant": "5ms" }),
            json!([1, [2]]),
        ];
        for value in values {
            let text = setting("a.b", &value);
            let back = parse(&text, 0).map(|setting| setting.node.json());
            assert_eq!(back, Ok(value), "{text}");
        }
        assert_eq!(setting("network.loss", &json!("5%")), "network.loss=5%");
    }
}
