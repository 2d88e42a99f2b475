//! Every key that a scenario may have, as the reader itself lists them.

use super::data::Files;
use super::read;
use super::reader::{Session, Table};
use super::source::{DEFAULTS, Place};

/// A key, what it takes, and its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Dotted path, as for `--set`.
    pub path: String,
    /// What is expected, with its range.
    pub takes: String,
    /// The default as TOML, or in words where it follows from other keys; `None`: must be given.
    pub default: Option<String>,
    /// For a choice: the keys of each alternative.
    pub(super) alternatives: Vec<&'static [&'static str]>,
    /// Whether a number that it takes must be whole.
    pub(super) whole: bool,
}

impl Key {
    /// A key that is no choice.
    pub(super) const fn plain(path: String, takes: String, default: Option<String>) -> Self {
        Self { path, takes, default, alternatives: Vec::new(), whole: false }
    }

    /// With whether its numbers are whole.
    pub(super) const fn whole(mut self, whole: bool) -> Self {
        self.whole = whole;
        self
    }
}

/// All keys, in the order of the reference.
#[must_use]
pub fn reference() -> Vec<Key> {
    let mut files = Files::default();
    let mut session = Session::survey(&mut files);
    let nowhere = Place { source: DEFAULTS, start: 0, end: 0 };
    read::scenario(&mut Table::new(String::new(), nowhere, &[]), &mut session);
    let mut keys: Vec<Key> = Vec::new();
    for key in session.into_keys() {
        // What several alternatives share is met several times.
        if keys.iter().all(|known| known.path != key.path) {
            keys.push(key);
        }
    }
    keys
}

/// Whether a key of that path exists.
pub(super) fn is_known(path: &str) -> bool {
    reference().iter().any(|key| key.path == path)
}

/// Whether the key of that path, which may go through entries of lists (`fault.1.for`), takes only
/// whole numbers.
pub(super) fn is_whole(path: &str) -> bool {
    let names = path.split('.').filter(|part| part.parse::<usize>().is_err());
    let plain = names.collect::<Vec<_>>().join(".");
    reference().iter().any(|key| key.path == plain && key.whole)
}

/// Where else a key of this name belongs: for one that stands in the wrong table.
pub(super) fn elsewhere(name: &str) -> Option<String> {
    let keys = reference();
    let found = keys.iter().find(|key| key.path.rsplit('.').next() == Some(name))?;
    Some(format!("did you mean `{}`?", found.path))
}
