//! Whether two manifests are of the same scenario, and if not, what differs first.

use serde_json::{Map, Value};
use std::fmt;

/// A key with different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key, dotted as for `--set`.
    pub key: String,
    /// The value in the stored result; `None` if it isn't there.
    pub stored: Option<String>,
    /// The value of the new one; `None` if it isn't there.
    pub wanted: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        let (stored, wanted) = (shown(&self.stored), shown(&self.wanted));
        write!(f, "`{}` is {stored} there and {wanted} now", self.key)
    }
}

/// The first difference between what two manifests say about the scenario, its protocol and its
/// data files; keys in the order of the new one, then those that only the stored one has. Versions
/// and commits may differ: the results of an old version may be replaced by those of a new one.
#[must_use]
pub fn first_difference(stored: &Value, wanted: &Value) -> Option<Difference> {
    let part = |manifest: &Value, key: &str| manifest.get(key).cloned().unwrap_or(Value::Null);
    differing("", &part(stored, "resolved"), &part(wanted, "resolved"))
        .or_else(|| differing("protocol", &part(stored, "protocol"), &part(wanted, "protocol")))
        .or_else(|| differing("files", &hashes(stored), &hashes(wanted)))
}

/// The data files as a table from path to hash.
fn hashes(manifest: &Value) -> Value {
    let files = manifest["files"].as_array().into_iter().flatten();
    let entry = |file: &Value| Some((file["path"].as_str()?.to_owned(), file["sha256"].clone()));
    Value::Object(files.filter_map(entry).collect::<Map<_, _>>())
}

fn differing(path: &str, stored: &Value, wanted: &Value) -> Option<Difference> {
    if stored == wanted {
        return None;
    }
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (stored, wanted) {
        (Value::Object(old), Value::Object(new)) => {
            let changed = new.iter().find_map(|(key, value)| match old.get(key) {
                Some(stored) => differing(&join(key), stored, value),
                None => Some(difference(join(key), None, Some(value))),
            });
            changed.or_else(|| {
                let (key, value) = old.iter().find(|(key, _)| !new.contains_key(*key))?;
                Some(difference(join(key), Some(value), None))
            })
        }
        _ => Some(difference(path.to_owned(), Some(stored), Some(wanted))),
    }
}

fn difference(key: String, stored: Option<&Value>, wanted: Option<&Value>) -> Difference {
    Difference { key, stored: stored.map(shown), wanted: wanted.map(shown) }
}

/// A value in one short line.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn difference(stored: Value, wanted: Value) -> Option<String> {
        let manifest = |resolved| json!({ "resolved": resolved, "protocol": "clippee" });
        first_difference(&manifest(stored), &manifest(wanted)).map(|found| found.to_string())
    }

    #[test]
    fn the_first_differing_key_is_named_with_both_values() {
        let stored = json!({ "duration": "30min", "network": { "loss": "0.1%", "jitter": "2%" } });
        let wanted = json!({ "duration": "30min", "network": { "jitter": "2%", "loss": "1%" } });
        let found = difference(stored.clone(), wanted).unwrap();
        assert_eq!(found, "`network.loss` is \"0.1%\" there and \"1%\" now");
        assert_eq!(difference(stored.clone(), stored), None);
    }

    #[test]
    fn keys_of_one_side_and_other_kinds_of_values_differ() {
        let found = difference(json!({}), json!({ "seed": 1 })).unwrap();
        assert_eq!(found, "`seed` is absent there and 1 now");
        let found = difference(json!({ "a": { "b": 1 } }), json!({ "a": {} })).unwrap();
        assert_eq!(found, "`a.b` is 1 there and absent now");
        let found = difference(json!({ "churn": "none" }), json!({ "churn": { "p": 1 } })).unwrap();
        assert_eq!(found, "`churn` is \"none\" there and {\"p\":1} now");
    }

    #[test]
    fn other_contents_of_a_data_file_and_another_protocol_differ() {
        let manifest = |protocol, hash| {
            let files = json!([{ "path": "m.csv", "sha256": hash }]);
            json!({ "resolved": {}, "protocol": protocol, "files": files })
        };
        let found = first_difference(&manifest("a", "1"), &manifest("a", "2")).unwrap();
        assert_eq!(found.key, "files.m.csv");
        let found = first_difference(&manifest("a", "1"), &manifest("b", "1")).unwrap();
        assert_eq!(found.key, "protocol");
        let versions = [json!({ "version": "1" }), json!({ "version": "2" })];
        assert_eq!(first_difference(&versions[0], &versions[1]), None);
    }

    #[test]
    fn long_values_are_shortened() {
        let long = "x".repeat(500);
        let found = difference(json!({ "a": long }), json!({ "a": 1 })).unwrap();
        assert!(found.len() < 120, "{found}");
    }
}
