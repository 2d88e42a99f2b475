//! TOML as a tree that knows where each key and value was written.
//!
//! `serde` would stop at the first mistake and lose positions on the way; this keeps both.

use super::source::{DEFAULTS, Place};
use serde_json::Value as Json;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it is written; of a table with a header, the header.
    pub place: Place,
    /// What is written.
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// An integer; those beyond 128 bits become the nearest that fits (every range ends far below).
    Integer(i128),
    /// A float, possibly NaN or infinite.
    Real(f64),
    /// true or false.
    Flag(bool),
    /// A date or time; no key takes one.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table, in the order of the text.
    Table(Vec<Entry>),
}

/// A key of a table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub at: Place,
    /// Its value.
    pub node: Node,
    /// Whether `--set` or a sweep put it there.
    pub assigned: bool,
}

impl Value {
    /// What it is, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Real(x) if x.is_nan() => "NaN (not a number)",
            Self::Real(x) if x.is_infinite() => "infinite",
            Self::Real(_) => "a fraction",
            Self::Flag(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The value as JSON.
    pub fn json(&self) -> Json {
        match &self.value {
            Value::Text(text) | Value::Date(text) => Json::from(text.as_str()),
            Value::Integer(n) => i64::try_from(*n).map_or(Json::Null, Json::from),
            Value::Real(x) => Json::from(*x),
            Value::Flag(flag) => Json::from(*flag),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Table(entries) => {
                Json::Object(entries.iter().map(|e| (e.key.clone(), e.node.json())).collect())
            }
        }
    }
}

/// A mistake in TOML's syntax: what, and where.
pub(super) type SyntaxError = (String, Range<usize>);

/// A whole document.
///
/// # Errors
/// All mistakes of syntax that the parser finds; after any the tree would be guesswork.
pub(super) fn document(text: &str, source: usize) -> Result<Vec<Entry>, Vec<SyntaxError>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(entries(table.get_ref(), source, 0));
    }
    let place = |error: &toml::de::Error| error.span().unwrap_or(0..0);
    Err(errors.iter().map(|error| (error.message().to_owned(), place(error))).collect())
}

/// The value of a `--set`, which begins `offset` bytes into its source: TOML, or else a string.
pub(super) fn lone_value(text: &str, source: usize, offset: usize) -> Node {
    match DeValue::parse(text) {
        Ok(value) if !value.get_ref().is_datetime() => {
            node(value.get_ref(), value.span(), source, offset)
        }
        _ => Node {
            place: Place { source, start: offset, end: offset + text.len() },
            value: Value::Text(text.into()),
        },
    }
}

/// A default, written as TOML in this project's own code.
pub(super) fn default_value(text: &str) -> Node {
    lone_value(text, DEFAULTS, 0)
}

fn entries(table: &DeTable<'_>, source: usize, offset: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| {
            let span = key.span();
            Entry {
                key: key.get_ref().to_string(),
                at: Place { source, start: offset + span.start, end: offset + span.end },
                node: node(value.get_ref(), value.span(), source, offset),
                assigned: false,
            }
        })
        .collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn node(value: &DeValue<'_>, span: Range<usize>, source: usize, offset: usize) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(n) => {
            let beyond = if n.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
            Value::Integer(i128::from_str_radix(n.as_str(), n.radix()).unwrap_or(beyond))
        }
        DeValue::Float(x) => Value::Real(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            let item = |item: &toml::Spanned<_>| node(item.get_ref(), item.span(), source, offset);
            Value::List(items.iter().map(item).collect())
        }
        DeValue::Table(table) => Value::Table(entries(table, source, offset)),
    };
    Node { place: Place { source, start: offset + span.start, end: offset + span.end }, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_place() {
        let text = "b = 1\n[z.y]\nq = \"x\"\n[a]\n";
        let tree = document(text, 0).unwrap();
        let keys: Vec<&str> = tree.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["b", "z", "a"]);
        assert_eq!(&text[tree[2].at.start..tree[2].at.end], "a");
        assert_eq!(&text[tree[2].node.place.start..tree[2].node.place.end], "[a]");
    }

    #[test]
    fn all_mistakes_of_syntax_are_told() {
        assert!(document("a = \nb = 1\nc = = 2\n", 0).unwrap_err().len() >= 2);
    }

    #[test]
    fn a_lone_value_that_is_no_toml_is_a_string() {
        assert!(matches!(lone_value("50ms", 1, 0).value, Value::Text(text) if text == "50ms"));
        assert!(matches!(lone_value("0.02/s", 1, 0).value, Value::Text(_)));
        assert!(matches!(lone_value("2024-01-01", 1, 0).value, Value::Text(_)));
        assert!(matches!(lone_value("7", 1, 0).value, Value::Integer(7)));
        assert!(matches!(lone_value("{ a = 1 }", 1, 0).value, Value::Table(_)));
    }
}
