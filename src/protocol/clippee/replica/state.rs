//! The state of an object: what a replica holds, transfers and saves.

use crate::node::{Digestible, Hasher, OperationId, Value, Version};
use crate::protocol::clippee::Commit;
use crate::protocol::clippee::groups::Multicast;

/// One version of an object with what its lineage must remember (CLIPPEE 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The version.
    pub version: Version,
    /// The version it was made from.
    pub base: Version,
    /// Its value.
    pub value: Value,
    /// The operations of the last `dedupe` versions of its lineage, newest first.
    pub recent: Box<[OperationId]>,
    /// What a group's versions hold beside; `None`: no group, or version 0 of one.
    pub group: Option<Box<GroupState>>,
}

/// What a version of a group holds (CLIPPEE 7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupState {
    /// The last `group_log` messages of its lineage, newest first.
    pub log: Box<[Multicast]>,
    /// The view of this version.
    pub view: View,
    /// The view of its base, so that a sibling's can be told.
    pub base_view: View,
}

/// A membership view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// One more with each message whose access peers differ from those of the one before.
    pub number: u32,
    /// [`Roll::view_hash`](crate::protocol::clippee::groups::Roll::view_hash) of its access peers.
    pub hash: u64,
}

impl State {
    /// What every object is at boot.
    #[must_use]
    pub fn initial(value: Value) -> Self {
        Self {
            version: Version::ZERO,
            base: Version::ZERO,
            value,
            recent: Box::default(),
            group: None,
        }
    }

    /// Whether `operation` is part of this version, as far as it remembers. Linear in `dedupe`.
    #[must_use]
    pub fn has(&self, operation: OperationId) -> bool {
        self.recent.contains(&operation)
    }

    /// The operations of version `of`, if they follow from this state: it is that version, or was
    /// made from it (then the list lacks at most its oldest operation, which any version made from
    /// `of` forgets anyway).
    #[must_use]
    pub fn recent_of(&self, of: Version) -> Option<&[OperationId]> {
        if of == self.version {
            Some(&self.recent)
        } else if of == self.base {
            Some(self.recent.get(1..).unwrap_or_default())
        } else {
            None
        }
    }
}

/// The state that `commit` makes of a base whose operations are `recent` (CLIPPEE 5.4).
pub(super) fn successor(commit: &Commit, recent: &[OperationId], dedupe: u32) -> State {
    let lineage = std::iter::once(commit.operation).chain(recent.iter().copied());
    State {
        version: commit.version,
        base: commit.base,
        value: commit.value,
        recent: lineage.take(dedupe as usize).collect(),
        group: None,
    }
}

impl Digestible for State {
    fn digest(&self, hasher: &mut Hasher) {
        (self.version, self.base, self.value).digest(hasher);
        self.recent.digest(hasher);
        if let Some(group) = &self.group {
            group.log.digest(hasher);
            for View { number, hash } in [group.view, group.base_view] {
                (number, hash).digest(hasher);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{AttemptId, NodeId, ObjectId};

    fn operation(count: u32) -> OperationId {
        OperationId { client: NodeId(9), count }
    }

    fn commit(counter: u32, coordinator: u32, base: Version) -> Commit {
        let attempt =
            AttemptId { coordinator: NodeId(coordinator), incarnation: 1, count: counter };
        Commit {
            object: ObjectId(0),
            version: Version { counter, attempt },
            base,
            operation: operation(coordinator * 100 + counter),
            value: Value::default(),
            holder: NodeId(1),
            multicast: None,
        }
    }

    #[test]
    fn a_sibling_follows_from_a_full_list_without_loss() {
        let dedupe = 3;
        let mut state = State::initial(Value::default());
        let mut before = state.clone();
        for counter in 1..=5 {
            before = state.clone();
            state = successor(&commit(counter, 1, state.version), &state.recent, dedupe);
        }
        assert_eq!(&*state.recent, [operation(105), operation(104), operation(103)]);
        let sibling = commit(5, 2, before.version);
        let from_base = successor(&sibling, &before.recent, dedupe);
        let known = state.recent_of(before.version).expect("it was made from there");
        assert_eq!(successor(&sibling, known, dedupe), from_base);
        assert_eq!(state.recent_of(Version::ZERO), None);
    }

    #[test]
    fn nothing_is_remembered_where_dedupe_is_zero() {
        let state = successor(&commit(1, 1, Version::ZERO), &[], 0);
        assert!(state.recent.is_empty() && !state.has(operation(101)));
        assert_eq!(state.recent_of(Version::ZERO), Some(&[][..]));
    }
}
