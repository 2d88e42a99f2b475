//! Takes keys out of the tree: one call a key reads it, checks it, writes it into the resolved
//! scenario, and makes it known. What no call asked for is an unknown key. Mistakes are gathered,
//! and reading goes on with a stand-in.
//!
//! The same calls, run as a survey over an empty tree, list every key with its kind and default:
//! the reference that
//! `docs/scenario.md` is checked against can't differ from what is read.

use super::data::Files;
use super::error::Problem;
use super::kind::{Kind, Refusal};
use super::reference::Key;
use super::source::{Place, Source};
use super::suggest::nearest;
use super::tree::{Entry, Value};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// One reading of a whole tree.
pub(super) struct Session<'s> {
    /// The texts that places point into.
    pub sources: &'s [Arc<Source>],
    /// Data files, read once.
    pub files: &'s mut Files,
    problems: Vec<Problem>,
    survey: Option<Vec<Key>>,
}

impl<'s> Session<'s> {
    /// A reading of texts.
    pub fn new(sources: &'s [Arc<Source>], files: &'s mut Files) -> Self {
        Self { sources, files, problems: Vec::new(), survey: None }
    }

    /// A reading that lists keys instead.
    pub fn survey(files: &'s mut Files) -> Self {
        Self { sources: &[], files, problems: Vec::new(), survey: Some(Vec::new()) }
    }

    /// The mistakes found.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The keys found by a survey.
    pub fn into_keys(self) -> Vec<Key> {
        self.survey.unwrap_or_default()
    }

    /// Whether this is a survey: everything is absent, and every choice is looked into.
    pub const fn is_survey(&self) -> bool {
        self.survey.is_some()
    }

    /// How many mistakes were found so far.
    pub const fn count(&self) -> usize {
        self.problems.len()
    }

    /// Tells a mistake.
    pub fn tell(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Tells a mistake at one place.
    pub fn tell_at(
        &mut self,
        place: Place,
        message: impl Into<String>,
        label: &str,
        help: impl Into<Option<String>>,
    ) {
        let problem = Problem::new(message).help(help).at(place, self.sources, label);
        self.tell(problem);
    }

    /// Tells that values don't go together, and points at those of them that somebody wrote, the
    /// worst first.
    pub fn conflict(&mut self, message: String, help: Option<String>, marks: &[(Mark, &str)]) {
        if marks.iter().any(|(mark, _)| !mark.sound) {
            return;
        }
        let mut problem = Problem::new(message).help(help);
        for (place, label) in marks.iter().filter_map(|(mark, label)| Some((mark.at?, label))) {
            problem = problem.at(place, self.sources, label);
        }
        if problem.place().is_none() {
            // Defaults alone don't contradict each other; were it so, at least the file should be
            // named.
            problem = problem.at(Place { source: 0, start: 0, end: 0 }, self.sources, "defaults");
        }
        self.tell(problem);
    }

    /// Lists a key, if this is a survey.
    pub fn record(&mut self, key: impl FnOnce() -> Key) {
        if let Some(keys) = &mut self.survey {
            keys.push(key());
        }
    }
}

/// A value that was read, or stands in for one that couldn't be.
#[derive(Clone, Debug)]
pub(super) struct Field<T> {
    /// The value.
    pub value: T,
    /// Where it is from.
    pub mark: Mark,
}

/// Where a value is from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Where it is written; `None`: a default.
    pub at: Option<Place>,
    /// Whether it is what the scenario says, not a stand-in after a mistake.
    pub sound: bool,
}

/// A table whose keys are being taken out.
pub(super) struct Table<'t> {
    path: String,
    place: Place,
    entries: &'t [Entry],
    known: Vec<&'static str>,
    open: bool,
    resolved: Map<String, Json>,
}

impl<'t> Table<'t> {
    /// The table `entries` at `path`; it is written at `place`.
    pub fn new(path: String, place: Place, entries: &'t [Entry]) -> Self {
        Self { path, place, entries, known: Vec::new(), open: false, resolved: Map::new() }
    }

    /// Where the table is written.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// The full name of this table; empty at the top.
    pub fn name(&self) -> &str {
        &self.path
    }

    /// What is in it, in the order of the text.
    pub const fn entries(&self) -> &'t [Entry] {
        self.entries
    }

    /// The keys that are there, in the order of the text.
    pub fn keys(&self) -> impl Iterator<Item = &'t str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// Makes a key known that this table may have, without taking it.
    pub fn know(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }

    /// The keys that nobody took; from now on they count as known.
    pub fn rest(&mut self) -> Vec<&'t Entry> {
        self.open = true;
        let is_left = |entry: &&Entry| !self.known.contains(&entry.key.as_str());
        self.entries.iter().filter(is_left).collect()
    }

    /// The full name of a key of this table.
    pub fn path(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// The entry of a key, which is known from now on.
    pub fn entry(&mut self, name: &'static str) -> Option<&'t Entry> {
        self.know(name);
        self.entries.iter().find(|entry| entry.key == name)
    }

    /// A key that may be left out.
    pub fn take<K: Kind>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        kind: K,
        default: K::Value,
    ) -> Field<K::Value> {
        let shown = kind.write(&default).to_string();
        self.take_derived(s, name, kind, default, shown)
    }

    /// A key whose default follows from others, as `default_shown` says in words.
    pub fn take_derived<K: Kind>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        kind: K,
        default: K::Value,
        default_shown: String,
    ) -> Field<K::Value> {
        s.record(|| {
            let key = Key::plain(self.path(name), kind.describe(), Some(default_shown));
            key.whole(kind.is_whole())
        });
        let field = match self.entry(name) {
            Some(entry) => self.value(s, entry, &kind, default),
            None => Field { value: default, mark: Mark { at: None, sound: true } },
        };
        self.put(name, kind.write(&field.value));
        field
    }

    /// A key that must be there; after a mistake `stand_in` is read.
    pub fn require<K: Kind>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        kind: K,
        stand_in: K::Value,
    ) -> Field<K::Value> {
        s.record(|| Key::plain(self.path(name), kind.describe(), None).whole(kind.is_whole()));
        let field = if let Some(entry) = self.entry(name) {
            self.value(s, entry, &kind, stand_in)
        } else {
            self.missing(s, name, &kind.describe());
            Field { value: stand_in, mark: Mark { at: None, sound: false } }
        };
        self.put(name, kind.write(&field.value));
        field
    }

    /// Tells that the key `name` must be there.
    pub fn missing(&self, s: &mut Session<'_>, name: &str, expected: &str) {
        let message = format!("`{}` is missing", self.path(name));
        s.tell_at(self.place, message, &format!("expected `{name}`: {expected}"), None);
    }

    fn value<K: Kind>(
        &self,
        s: &mut Session<'_>,
        entry: &Entry,
        kind: &K,
        stand_in: K::Value,
    ) -> Field<K::Value> {
        let at = Some(entry.node.place).filter(|place| place.is_written());
        match kind.read(&entry.node.value) {
            Ok(value) => Field { value, mark: Mark { at, sound: true } },
            Err(refusal) => {
                self.refuse(s, entry, &refusal, &kind.describe());
                Field { value: stand_in, mark: Mark { at, sound: false } }
            }
        }
    }

    fn refuse(&self, s: &mut Session<'_>, entry: &Entry, refusal: &Refusal, expected: &str) {
        let message = format!("`{}` {}", self.path(&entry.key), refusal.what);
        s.tell_at(entry.node.place, message, &format!("expected {expected}"), refusal.help.clone());
    }

    /// Writes a value of the resolved scenario; a place once given to a key stays.
    pub fn put(&mut self, name: &str, value: Json) {
        self.resolved.insert(name.into(), value);
    }

    /// Leaves a key out of the resolved scenario.
    pub fn leave_out(&mut self, name: &str) {
        self.resolved.shift_remove(name);
    }

    /// A table within this one; left out, it is empty.
    pub fn section<T>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        read: impl FnOnce(&mut Table<'_>, &mut Session<'_>) -> T,
    ) -> T {
        let path = self.path(name);
        let (place, entries) = match self.entry(name) {
            None => (self.place, [].as_slice()),
            Some(entry) => match &entry.node.value {
                Value::Table(entries) if entry.node.place.end > entry.node.place.start => {
                    (entry.node.place, entries.as_slice())
                }
                Value::Table(entries) => (entry.at, entries.as_slice()),
                other => {
                    self.refuse(s, entry, &Refusal::kind(other), "a table");
                    // Asking an absent table for its required keys would only repeat the mistake.
                    let before = s.problems.len();
                    let value = read(&mut Table::new(path, entry.node.place, &[]), s);
                    s.problems.truncate(before);
                    return value;
                }
            },
        };
        let mut table = Table::new(path, place, entries);
        let value = read(&mut table, s);
        let resolved = table.close(s);
        self.put(name, resolved);
        value
    }

    /// All keys have been taken: what is left isn't known. Returns the resolved table.
    pub fn close(self, s: &mut Session<'_>) -> Json {
        let is_known = |entry: &&Entry| self.open || self.known.contains(&entry.key.as_str());
        for entry in self.entries.iter().filter(|entry| !is_known(entry)) {
            let table = match self.path.as_str() {
                "" => "at the top".into(),
                path => format!("in `{path}`"),
            };
            let message = format!("unknown key `{}` {table}", entry.key);
            let known = format!("known keys are {}", self.known.join(", "));
            let meant = match nearest(&entry.key, self.known.iter().copied()) {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None => super::reference::elsewhere(&entry.key),
            };
            let help = meant.map_or(known.clone(), |meant| format!("{meant} {known}"));
            s.tell_at(entry.at, message, "expected another key", help);
        }
        Json::Object(self.resolved)
    }
}

/// `path.name`, or `name` at the top.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}
