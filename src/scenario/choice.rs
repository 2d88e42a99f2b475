//! Keys that take a word, or a table with one of several alternatives in it.

use super::kind::Refusal;
use super::reader::{Field, Mark, Session, Table, join};
use super::reference::{Key, is_known};
use super::source::{DEFAULTS, Place};
use super::suggest::nearest;
use super::tree::{Entry, Value, default_value};
use serde_json::Value as Json;

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

impl Table<'_> {
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
        let default = default_value(choice.default);
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
}

impl Table<'_> {
    /// A key that takes a list of tables, each with one of several alternatives in it; left out, the
    /// list is empty, and stays out of the resolved scenario. Its tables are named as the list is:
    /// mistakes point at their place.
    pub fn choices<T: Clone>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        choice: &Choice<'_, T>,
    ) -> Vec<T> {
        let path = self.path(name);
        if s.is_survey() {
            choice.survey_alternatives(s, &path);
            return Vec::new();
        }
        let Some(entry) = self.entry(name) else { return Vec::new() };
        let expected = format!("expected a list of tables, each {}", choice.noun);
        let Value::List(items) = &entry.node.value else {
            let message = format!("`{path}` {}", Refusal::kind(&entry.node.value).what);
            let help = format!("write `[[{path}]]` over each of them");
            s.tell_at(entry.node.place, message, &expected, help);
            return Vec::new();
        };
        let (mut values, mut resolved) = (Vec::new(), Vec::new());
        for item in items {
            if let Value::Table(entries) = &item.value {
                let table = Table::new(path.clone(), item.place, entries);
                let (value, json) = choice.read(s, table);
                values.push(value);
                resolved.push(json);
            } else {
                let message = format!("an entry of `{path}` {}", Refusal::kind(&item.value).what);
                s.tell_at(item.place, message, &expected, None);
            }
        }
        if !resolved.is_empty() {
            self.put(name, Json::Array(resolved));
        }
        values
    }
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
            .filter_map(|a| Some((a, table.entries().iter().find(|e| a.keys.contains(&&*e.key))?)))
            .collect();
        match hits.as_slice() {
            [(alternative, _)] => {
                let value = (alternative.read)(&mut table, s);
                (value, table.close(s))
            }
            [] => {
                let forms = Some(self.forms());
                let label = format!("expected {}", self.noun);
                let is_strange = |e: &&Entry| !is_known(&join(table.name(), &e.key));
                let strange: Vec<Entry> =
                    table.entries().iter().filter(is_strange).cloned().collect();
                if strange.is_empty() {
                    // Empty, or nothing but what the alternatives share.
                    let message = format!("`{}` doesn't choose", table.name());
                    s.tell_at(table.place(), message, &label, forms);
                } else {
                    let mut rest = Table::new(table.name().to_owned(), table.place(), &strange);
                    self.alternatives.iter().flat_map(|a| a.keys).for_each(|key| rest.know(key));
                    rest.close(s);
                }
                (self.stand_in.clone(), Json::Null)
            }
            [(_, first), (_, second), ..] => {
                let message =
                    format!("`{}` is `{}` and `{}` at once", table.name(), first.key, second.key);
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
        s.record(|| Key {
            path: path.to_owned(),
            takes: format!("{}: {}", self.noun, takes.join(", ")),
            default,
            alternatives: self.alternatives.iter().map(|a| a.keys).collect(),
            whole: false,
        });
        self.survey_alternatives(s, path);
        Field { value: self.stand_in.clone(), mark: Mark { at: None, sound: true } }
    }

    fn survey_alternatives(&self, s: &mut Session<'_>, path: &str) {
        for alternative in self.alternatives {
            let nowhere = Place { source: DEFAULTS, start: 0, end: 0 };
            (alternative.read)(&mut Table::new(path.to_owned(), nowhere, &[]), s);
        }
    }
}
