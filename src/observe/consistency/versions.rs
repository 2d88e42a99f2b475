//! The tree of all versions ever made, object by object.
//!
//! A version survives as long as a live copy holds it or a descendant of it. That is counted by
//! reference, as a collector of garbage does: an entry's count is its copies plus its surviving
//! children, so that a change of one copy touches one entry almost always, and the moment at which
//! a branch dies out is known exactly, with its cause.
//!
//! Nothing is pruned: an entry takes 64 bytes and 4 in the index, a million versions 68 MB.

use crate::node::{ObjectId, OperationId, Value, Version};

/// Names a version in [`Versions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionIndex(u32);

impl VersionIndex {
    /// Version 0, of any object.
    pub const ZERO: Self = Self(u32::MAX);

    /// The index into tables of [`Versions::len`] entries; out of range for version 0.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// What became of a version in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// No replica ever held it.
    #[default]
    Unreached,
    /// A live copy holds it or a descendant.
    Alive,
    /// The last copy of it was overwritten by the commit of a version that wasn't made from it.
    Overwritten,
    /// The last copy of it was overwritten by hand-over or repair.
    Repaired,
    /// The last peer that had it dropped it after a hand-over, while others held something else.
    Dropped,
    /// The last peer that had it left, while others held something else.
    Left,
    /// The last peer that had it crashed, while others held something else.
    Crashed,
    /// It went with the last live copy of its object (CLIPPEE M8).
    Vanished,
}

/// One version.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub version: Version,
    /// What it was made from.
    pub base: VersionIndex,
    /// The operation whose change it holds.
    pub operation: OperationId,
    /// Its value.
    pub value: Value,
    /// Copies that hold it now, plus children that are alive.
    live: u32,
    /// The number of its death among all deaths; 0 while it lives.
    died: u32,
    fate: Fate,
    committed: bool,
}

impl Entry {
    /// What became of it so far.
    #[must_use]
    pub fn fate(&self) -> Fate {
        self.fate
    }

    /// Orders deaths; 0 while it lives.
    #[must_use]
    pub fn died(&self) -> u32 {
        self.died
    }

    /// Whether any replica ever held it.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.committed
    }
}

/// The versions of all objects. Bases come before what is made from them.
#[derive(Clone, Debug)]
pub struct Versions {
    entries: Vec<Entry>,
    /// By object, sorted by counter and attempt id.
    by_object: Vec<Vec<u32>>,
    deaths: u32,
}

impl Versions {
    /// No versions but version 0 of each of `objects` objects.
    #[must_use]
    pub fn new(objects: usize) -> Self {
        Self { entries: Vec::new(), by_object: vec![Vec::new(); objects], deaths: 0 }
    }

    /// How many there are, without versions 0.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry; `None` for version 0.
    #[must_use]
    pub fn entry(&self, index: VersionIndex) -> Option<&Entry> {
        self.entries.get(index.0 as usize)
    }

    /// The version's name.
    #[must_use]
    pub fn version(&self, index: VersionIndex) -> Version {
        self.entry(index).map_or(Version::ZERO, |entry| entry.version)
    }

    /// All entries, bases before what is made from them.
    pub fn entries(&self) -> impl Iterator<Item = (VersionIndex, &Entry)> {
        self.entries.iter().enumerate().map(|(at, entry)| (VersionIndex(at as u32), entry))
    }

    /// The versions of `object` other than version 0.
    pub fn of(&self, object: ObjectId) -> impl Iterator<Item = (VersionIndex, &Entry)> {
        let known = self.by_object[object.0 as usize].iter();
        known.map(|&at| (VersionIndex(at), &self.entries[at as usize]))
    }

    /// The version itself, its base, the base's base and so on, without version 0.
    pub fn lineage(&self, from: VersionIndex) -> impl Iterator<Item = (VersionIndex, &Entry)> {
        let mut next = from;
        std::iter::from_fn(move || {
            let at = next;
            let entry = self.entry(at)?;
            next = entry.base;
            Some((at, entry))
        })
    }

    /// Whether one of the last `dedupe` versions of the lineage of `from` holds `operation`.
    #[must_use]
    pub fn remembers(&self, from: VersionIndex, operation: OperationId, dedupe: u32) -> bool {
        self.lineage(from).take(dedupe as usize).any(|(_, entry)| entry.operation == operation)
    }

    /// Where `version` of `object` is; `None` if nobody made it. Takes O(log versions of the
    /// object).
    #[must_use]
    pub fn find(&self, object: ObjectId, version: Version) -> Option<VersionIndex> {
        if version == Version::ZERO {
            return Some(VersionIndex::ZERO);
        }
        let known = &self.by_object[object.0 as usize];
        self.place(known, version).ok().map(|at| VersionIndex(known[at]))
    }

    fn place(&self, known: &[u32], version: Version) -> Result<usize, usize> {
        let wanted = (version.counter, version.attempt);
        known.binary_search_by_key(&wanted, |&at| {
            let version = self.entries[at as usize].version;
            (version.counter, version.attempt)
        })
    }

    /// Where `version` is; one that nobody made is taken in as if made from version 0 by no
    /// operation, so that an observer of a broken protocol goes on (that it is broken, H4 says).
    pub fn find_or_adopt(&mut self, object: ObjectId, version: Version) -> VersionIndex {
        let nobody = OperationId::default();
        let found = self.find(object, version);
        found.unwrap_or_else(|| {
            self.add(object, version, VersionIndex::ZERO, nobody, Value::default())
        })
    }

    /// Takes in a version; one that is known stays as it is.
    ///
    /// # Panics
    /// Above 2^32 - 2 versions.
    pub fn add(
        &mut self,
        object: ObjectId,
        version: Version,
        base: VersionIndex,
        operation: OperationId,
        value: Value,
    ) -> VersionIndex {
        let known = &self.by_object[object.0 as usize];
        let place = match self.place(known, version) {
            Ok(at) => return VersionIndex(known[at]),
            Err(place) => place,
        };
        let index = u32::try_from(self.entries.len()).expect("fewer than 2^32 versions");
        assert!(index < u32::MAX, "the last index stands for version 0");
        self.by_object[object.0 as usize].insert(place, index);
        self.entries.push(Entry {
            version,
            base,
            operation,
            value,
            live: 0,
            died: 0,
            fate: Fate::Unreached,
            committed: false,
        });
        VersionIndex(index)
    }

    /// A copy of the version came to be.
    pub(super) fn gain(&mut self, index: VersionIndex) {
        if let Some(entry) = self.entries.get_mut(index.0 as usize) {
            entry.committed = true;
        }
        let mut at = index;
        while let Some(entry) = self.entries.get_mut(at.0 as usize) {
            entry.live += 1;
            if entry.live > 1 {
                return;
            }
            entry.fate = Fate::Alive;
            entry.died = 0;
            at = entry.base;
        }
    }

    /// A copy of the version is gone; `fate` is why.
    pub(super) fn lose(&mut self, index: VersionIndex, fate: Fate) {
        let mut at = index;
        while let Some(entry) = self.entries.get_mut(at.0 as usize) {
            entry.live -= 1;
            if entry.live > 0 {
                return;
            }
            self.deaths = self.deaths.saturating_add(1);
            entry.fate = fate;
            entry.died = self.deaths;
            at = entry.base;
        }
    }
}
