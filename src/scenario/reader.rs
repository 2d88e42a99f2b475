//! Takes keys out of the tree: one call a key reads it, checks it, writes it into the resolved scenario, and makes it
//! known. What no call asked for is an unknown key. Mistakes are gathered, and reading goes on with a stand-in.
//!
//! The same calls, run as a survey over an empty tree, list every key with its kind and default: the reference that
//! `docs/scenario.md` is checked against can't differ from what is read.

use super::data::Files;
use super::error::Problem;
use super::kind::{Kind, Refusal};
use super::reference::{Key, is_known};
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

    /// Tells that values don't go together, and points at those of them that somebody wrote, the worst first.
    pub fn conflict(&mut self, message: String, help: Option<String>, marks: &[(Mark, &str)]) {
        if marks.iter().any(|(mark, _)| !mark.sound) {
            return;
        }
        let mut problem = Problem::new(message).help(help);
        for (place, label) in marks.iter().filter_map(|(mark, label)| Some((mark.at?, label))) {
            problem = problem.at(place, self.sources, label);
        }
        if problem.place().is_none() {
            // Defaults alone don't contradict each other; were it so, at least the file should be named.
            problem = problem.at(Place { source: 0, start: 0, end: 0 }, self.sources, "defaults");
        }
        self.tell(problem);
    }

    fn record(&mut self, path: &str, takes: String, default: Option<String>) {
        if let Some(keys) = &mut self.survey {
            keys.push(Key { path: path.into(), takes, default, alternatives: Vec::new() });
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

    fn entry(&mut self, name: &'static str) -> Option<&'t Entry> {
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
        s.record(&self.path(name), kind.describe(), Some(default_shown));
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
        s.record(&self.path(name), kind.describe(), None);
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

    /// A key that takes a word, or a table with one of several alternatives in it.
    pub fn choice<T: Clone>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        choice: &Choice<'_, T>,
    ) -> Field<T> {
        let path = self.path(name);
        if s.is_survey() {
            return choice.survey(s, &path);
        }
        let written = self.entry(name);
        if written.is_none() && choice.default.is_empty() {
            self.missing(s, name, choice.noun);
            return Field { value: choice.stand_in.clone(), mark: Mark { at: None, sound: false } };
        }
        let default = super::tree::default_value(choice.default);
        let node = written.map_or(&default, |entry| &entry.node);
        let before = s.count();
        let (value, resolved) = match &node.value {
            Value::Text(text) => match choice.words.iter().find(|(word, _)| word == text) {
                Some((_, value)) => (value.clone(), Json::from(text.as_str())),
                None => choice.refuse(s, &path, node.place, text),
            },
            Value::Table(entries) => choice.read(s, Table::new(path, node.place, entries)),
            other => {
                let message = format!("`{path}` {}", Refusal::kind(other).what);
                let help = Some(choice.forms());
                s.tell_at(node.place, message, &format!("expected {}", choice.noun), help);
                (choice.stand_in.clone(), Json::Null)
            }
        };
        self.put(name, resolved);
        let at = written.map(|entry| entry.node.place).filter(|place| place.is_written());
        Field { value, mark: Mark { at, sound: s.count() == before } }
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

/// Words and alternatives of a choice.
pub(super) struct Choice<'a, T> {
    /// What is chosen, with its article.
    pub noun: &'static str,
    /// Words that stand for a value.
    pub words: &'a [(&'static str, T)],
    /// Tables that do; exactly one of them.
    pub alternatives: &'a [Alternative<T>],
    /// The default as TOML.
    pub default: &'static str,
    /// What reading goes on with after a mistake.
    pub stand_in: T,
}

/// One alternative of a choice.
pub(super) struct Alternative<T> {
    /// The keys of which any says that this one is meant.
    pub keys: &'static [&'static str],
    /// What it looks like.
    pub form: &'static str,
    /// Takes its keys out of the choice's table.
    pub read: fn(&mut Table<'_>, &mut Session<'_>) -> T,
}

impl<T: Clone> Choice<'_, T> {
    fn forms(&self) -> String {
        let words = self.words.iter().map(|(word, _)| format!("\"{word}\""));
        let forms = self.alternatives.iter().map(|alternative| alternative.form.to_owned());
        let all: Vec<String> = words.chain(forms).collect();
        format!("write one of {}", all.join(", "))
    }

    fn read(&self, s: &mut Session<'_>, mut table: Table<'_>) -> (T, Json) {
        let hits: Vec<_> = self
            .alternatives
            .iter()
            .filter_map(|a| Some((a, table.entries.iter().find(|e| a.keys.contains(&&*e.key))?)))
            .collect();
        match hits.as_slice() {
            [(alternative, _)] => {
                let value = (alternative.read)(&mut table, s);
                (value, table.close(s))
            }
            [] => {
                let forms = Some(self.forms());
                let label = format!("expected {}", self.noun);
                if table.entries.iter().all(|e| is_known(&join(&table.path, &e.key))) {
                    // Empty, or nothing but what the alternatives share.
                    let message = format!("`{}` doesn't choose", table.path);
                    s.tell_at(table.place, message, &label, forms);
                } else {
                    self.alternatives.iter().flat_map(|a| a.keys).for_each(|key| table.know(key));
                    table.close(s);
                }
                (self.stand_in.clone(), Json::Null)
            }
            [(_, first), (_, second), ..] => {
                let message =
                    format!("`{}` is `{}` and `{}` at once", table.path, first.key, second.key);
                let mark = |entry: &Entry| Mark { at: Some(entry.at), sound: true };
                let marks = [(mark(first), "one of them"), (mark(second), "the other")];
                s.conflict(message, Some("keep one".into()), &marks);
                (self.stand_in.clone(), Json::Null)
            }
        }
    }

    fn refuse(&self, s: &mut Session<'_>, path: &str, at: Place, text: &str) -> (T, Json) {
        let message = format!("`{path}` is \"{text}\", which isn't known");
        let words = self.words.iter().map(|(word, _)| *word);
        let quoted = format!("\"{text}\"");
        let is_meant = |a: &&Alternative<T>| a.form.contains(&quoted) || a.keys.contains(&text);
        let help = if let Some(alternative) = self.alternatives.iter().find(is_meant) {
            format!("did you mean {}?", alternative.form)
        } else if let Some(meant) = nearest(text, words) {
            format!("did you mean \"{meant}\"? {}", self.forms())
        } else {
            self.forms()
        };
        s.tell_at(at, message, &format!("expected {}", self.noun), Some(help));
        (self.stand_in.clone(), Json::Null)
    }

    fn survey(&self, s: &mut Session<'_>, path: &str) -> Field<T> {
        let names = self.alternatives.iter().map(|a| a.keys.join(" and "));
        let words = self.words.iter().map(|(word, _)| format!("\"{word}\""));
        let takes = words.chain(names.map(|name| format!("`{name}`"))).collect::<Vec<_>>();
        let is_word = self.words.iter().any(|(word, _)| *word == self.default);
        let shown = if is_word { format!("\"{}\"", self.default) } else { self.default.into() };
        let default = Some(shown).filter(|text| !text.is_empty());
        s.record(path, format!("{}: {}", self.noun, takes.join(", ")), default);
        if let Some(key) = s.survey.as_mut().and_then(|keys| keys.last_mut()) {
            key.alternatives = self.alternatives.iter().map(|a| a.keys).collect();
        }
        for alternative in self.alternatives {
            let nowhere = Place { source: super::source::DEFAULTS, start: 0, end: 0 };
            (alternative.read)(&mut Table::new(path.to_owned(), nowhere, &[]), s);
        }
        Field { value: self.stand_in.clone(), mark: Mark { at: None, sound: true } }
    }
}

/// `path.name`, or `name` at the top.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}
