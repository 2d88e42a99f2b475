//! Lists of values of one kind.

use super::{Kind, Refusal};
use crate::scenario::tree::{Node, Value};
use serde_json::Value as Json;

/// A list of values of a kind, at least one.
#[derive(Clone, Copy)]
pub struct ListOf<K>(pub K);

impl<K: Kind> Kind for ListOf<K> {
    type Value = Vec<K::Value>;
    fn read(&self, value: &Value) -> Result<Self::Value, Refusal> {
        let Value::List(items) = value else { return Err(Refusal::kind(value)) };
        if items.is_empty() {
            return Err(Refusal::new("is empty"));
        }
        let item = |(index, item): (usize, &Node)| {
            self.0.read(&item.value).map_err(|refusal| Refusal {
                what: format!("has an entry, number {}, that {}", index + 1, refusal.what),
                ..refusal
            })
        };
        items.iter().enumerate().map(item).collect()
    }
    fn write(&self, value: &Self::Value) -> Json {
        value.iter().map(|item| self.0.write(item)).collect()
    }
    fn describe(&self) -> String {
        format!("a list, each entry {}", self.0.describe())
    }
}

/// A name, checked later.
#[derive(Clone, Copy)]
pub struct Name(pub &'static str);

impl Kind for Name {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        self.0.into()
    }
}
