//! Words, names, paths, and words beside something else.

use super::{Count32, Kind, Refusal};
use crate::protocol::clippee::Quorum;
use crate::scenario::suggest::{either, nearest};
use crate::scenario::tree::Value;
use serde_json::Value as Json;

/// true or false.
#[derive(Clone, Copy)]
pub struct Flag;

impl Kind for Flag {
    type Value = bool;
    fn read(&self, value: &Value) -> Result<bool, Refusal> {
        match value {
            Value::Flag(flag) => Ok(*flag),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &bool) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        "true or false".into()
    }
}

/// One of a few words.
#[derive(Clone, Copy)]
pub struct Word<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Kind for Word<T> {
    type Value = T;
    fn read(&self, value: &Value) -> Result<T, Refusal> {
        let names = self.0.iter().map(|(name, _)| *name);
        match value {
            Value::Text(text) => (self.0.iter().find(|(name, _)| name == text))
                .map(|(_, meaning)| *meaning)
                .ok_or_else(|| unknown_word(text, names)),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &T) -> Json {
        Json::from(self.0.iter().find(|(_, meaning)| meaning == value).map(|(name, _)| *name))
    }
    fn describe(&self) -> String {
        either(self.0.iter().map(|(name, _)| *name), '"')
    }
}

/// One of a few names, which stand for themselves.
#[derive(Clone, Copy)]
pub struct Named(pub &'static [&'static str]);

impl Kind for Named {
    type Value = &'static str;
    fn read(&self, value: &Value) -> Result<&'static str, Refusal> {
        match value {
            Value::Text(text) => (self.0.iter().find(|name| *name == text).copied())
                .ok_or_else(|| unknown_word(text, self.0.iter().copied())),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &&'static str) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        either(self.0.iter().copied(), '"')
    }
}

/// A list of a few names, each at most once.
#[derive(Clone, Copy)]
pub struct Names {
    /// What they name, in the plural.
    pub noun: &'static str,
    /// The names.
    pub all: &'static [&'static str],
}

impl Kind for Names {
    type Value = Vec<&'static str>;
    fn read(&self, value: &Value) -> Result<Vec<&'static str>, Refusal> {
        let known = format!("{} are {}", self.noun, self.all.join(", "));
        let Value::List(items) = value else { return Err(Refusal::kind(value).help(known)) };
        let mut names = Vec::new();
        for (item, number) in items.iter().zip(1..) {
            let name = Named(self.all).read(&item.value).map_err(|refusal| Refusal {
                what: format!("has an entry, number {number}, that {}", refusal.what),
                help: refusal.help.or_else(|| Some(known.clone())),
            })?;
            if names.contains(&name) {
                return Err(Refusal::new(format!("has \"{name}\" twice")));
            }
            names.push(name);
        }
        Ok(names)
    }
    fn write(&self, value: &Vec<&'static str>) -> Json {
        Json::from(value.as_slice())
    }
    fn describe(&self) -> String {
        format!("a list of {}, such as [\"{}\"]", self.noun, self.all[0])
    }
}

/// A word that isn't among those known.
fn unknown_word<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Refusal {
    let refusal = Refusal::new(format!("is \"{text}\", which isn't known"));
    match nearest(text, names) {
        Some(meant) => refusal.help(format!("did you mean \"{meant}\"?")),
        None => refusal,
    }
}

/// A kind, or a word that stands for leaving it open.
#[derive(Clone, Copy)]
pub struct Or<K>(pub &'static str, pub K);

impl<K: Kind> Kind for Or<K> {
    type Value = Option<K::Value>;
    fn read(&self, value: &Value) -> Result<Option<K::Value>, Refusal> {
        match value {
            Value::Text(text) if text == self.0 => Ok(None),
            Value::Text(text) if nearest(text, [self.0]).is_some() => {
                Err(unknown_word(text, [self.0]))
            }
            other => self.1.read(other).map(Some),
        }
    }
    fn write(&self, value: &Option<K::Value>) -> Json {
        value.as_ref().map_or_else(|| Json::from(self.0), |value| self.1.write(value))
    }
    fn describe(&self) -> String {
        format!("\"{}\", or {}", self.0, self.1.describe())
    }
    fn is_whole(&self) -> bool {
        self.1.is_whole()
    }
}

/// How many of the replicas.
#[derive(Clone, Copy)]
pub struct QuorumOf {
    /// The largest number.
    pub max: u32,
}

impl Kind for QuorumOf {
    type Value = Quorum;
    fn read(&self, value: &Value) -> Result<Quorum, Refusal> {
        match value {
            Value::Text(text) => match text.as_str() {
                "all" => Ok(Quorum::All),
                "majority" => Ok(Quorum::Majority),
                other => Err(unknown_word(other, ["all", "majority"])),
            },
            other => Count32::of(1, self.max).read(other).map(Quorum::Number),
        }
    }
    fn write(&self, value: &Quorum) -> Json {
        match value {
            Quorum::All => "all".into(),
            Quorum::Majority => "majority".into(),
            Quorum::Number(n) => Json::from(*n),
        }
    }
    fn describe(&self) -> String {
        format!("\"all\", \"majority\", or a whole number from 1 to {}", self.max)
    }
    fn is_whole(&self) -> bool {
        true
    }
}

/// A path, as written.
#[derive(Clone, Copy)]
pub struct FilePath;

impl Kind for FilePath {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        match value {
            Value::Text(text) if !text.is_empty() => Ok(text.clone()),
            Value::Text(_) => Err(Refusal::new("is empty")),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        "the path of a file".into()
    }
}

/// A name that every file system takes as a folder.
#[derive(Clone, Copy)]
pub struct FolderName;

impl Kind for FolderName {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        const LONGEST: usize = 100;
        let Value::Text(text) = value else { return Err(Refusal::kind(value)) };
        let plain = |c: char| c.is_ascii_alphanumeric();
        let fits = |c: char| plain(c) || matches!(c, '-' | '_' | '.');
        if text.starts_with(plain)
            && text.ends_with(plain)
            && text.chars().all(fits)
            && text.len() <= LONGEST
        {
            return Ok(text.clone());
        }
        let dashed: String =
            text.chars().map(|c| if fits(c) { c } else { '-' }).take(LONGEST).collect();
        let better = dashed.trim_matches(|c| !plain(c));
        let refusal = Refusal::new("can't be a folder's name");
        Err(if better.is_empty() { refusal } else { refusal.help(format!("write \"{better}\"")) })
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        "a folder's name: letters, digits, and inside also `-`, `_`, `.`".into()
    }
}
