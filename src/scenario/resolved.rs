//! The resolved scenario as a file again.

use serde_json::Value as Json;

/// A resolved scenario as TOML; loading it gives the same scenario, seed and order of protocols
/// included.
///
/// Data files are named as they were written: relative paths start at the new file's folder.
#[must_use]
pub fn to_toml(resolved: &Json) -> String {
    let mut text = String::new();
    table(&mut text, "", resolved);
    text
}

fn table(text: &mut String, path: &str, value: &Json) {
    let Json::Object(keys) = value else { return };
    // Keys must come before the headers of inner tables: what is no protocol is written inline.
    let (headed, inline): (Vec<_>, Vec<_>) =
        keys.iter().partition(|(key, value)| value.is_object() && is_headed(path, key));
    for (key, value) in inline {
        text.push_str(&format!("{key} = {}\n", lines(value)));
    }
    for (key, value) in headed {
        let path = super::reader::join(path, key);
        if path != "protocol" {
            text.push_str(&format!("\n[{path}]\n"));
        }
        table(text, &path, value);
    }
}

/// A value, a list of tables with one of them a line.
fn lines(value: &Json) -> String {
    match value {
        Json::Array(items) if items.iter().any(Json::is_object) => {
            let lines = items.iter().map(|item| format!("  {},\n", written(item)));
            format!("[\n{}]", lines.collect::<String>())
        }
        other => written(other),
    }
}

/// Tables of the first level, of protocols, and of what protocols embed have headers.
fn is_headed(path: &str, key: &str) -> bool {
    path.is_empty() || path == "protocol" || (path.starts_with("protocol.") && key == "overlay")
}

/// One value as TOML, on one line.
#[must_use]
pub fn written(value: &Json) -> String {
    match value {
        Json::Object(keys) => {
            let keys: Vec<_> = keys.iter().map(|(k, v)| format!("{k} = {}", written(v))).collect();
            format!("{{ {} }}", keys.join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        // JSON's strings, numbers and flags are TOML's too, except DEL, which TOML wants escaped.
        other => other.to_string().replace('\u{7f}', "\\u007f"),
    }
}
