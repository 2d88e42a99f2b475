//! What clients were told to be done: the yardstick of staleness (CLIPPEE M2).

use super::versions::{VersionIndex, Versions};
use crate::node::{ObjectId, OperationId, Time};

/// One update that succeeded.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledgement {
    /// The version in the answer.
    pub version: VersionIndex,
    /// The operation.
    pub operation: OperationId,
    /// When its client heard.
    at: Time,
    /// The newest version acknowledged so far, this one included.
    newest: VersionIndex,
}

/// How far behind a read was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Acknowledged versions above the one read.
    pub versions: u64,
    /// When the first of them was acknowledged.
    pub since: Time,
}

/// All successful updates, by object, in the order of their ends; 24 bytes each.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    by_object: Vec<Vec<Acknowledgement>>,
}

impl Acknowledged {
    /// Nothing was acknowledged yet.
    #[must_use]
    pub fn new(objects: usize) -> Self {
        Self { by_object: vec![Vec::new(); objects] }
    }

    /// What was acknowledged of `object` so far.
    #[must_use]
    pub fn of(&self, object: ObjectId) -> &[Acknowledgement] {
        &self.by_object[object.0 as usize]
    }

    /// How many acknowledgements `object` has so far: a name for this moment, for
    /// [`Acknowledged::missed`].
    #[must_use]
    pub fn moment(&self, object: ObjectId) -> u32 {
        self.of(object).len() as u32
    }

    /// A client was told that `operation` is done, in `version`.
    pub fn add(
        &mut self,
        at: Time,
        object: ObjectId,
        operation: OperationId,
        version: VersionIndex,
        versions: &Versions,
    ) {
        let list = &mut self.by_object[object.0 as usize];
        let before = list.last().map_or(VersionIndex::ZERO, |last| last.newest);
        let newer = versions.version(version) > versions.version(before);
        let newest = if newer { version } else { before };
        list.push(Acknowledgement { version, operation, at, newest });
    }

    /// What a read that was asked for at `moment` and returned `version` missed; `None` if it
    /// wasn't stale. Takes O(1) if it wasn't; else O(what was acknowledged since).
    #[must_use]
    pub fn missed(
        &self,
        object: ObjectId,
        moment: u32,
        version: VersionIndex,
        versions: &Versions,
    ) -> Option<Missed> {
        let read = versions.version(version);
        let known = &self.of(object)[..moment as usize];
        // Where even the newest until then isn't above the version read, nothing before it is.
        let recent =
            known.iter().rev().take_while(|earlier| versions.version(earlier.newest) > read);
        let mut above: Vec<_> = recent
            .filter(|earlier| versions.version(earlier.version) > read)
            .map(|earlier| (earlier.version, earlier.at))
            .collect();
        let since = above.last()?.1;
        // Two operations can be told the same version: one made it, one was found in it.
        above.sort_unstable();
        above.dedup_by_key(|&mut (version, _)| version);
        Some(Missed { versions: above.len() as u64, since })
    }
}
