//! The state of an object: what a replica holds, transfers and saves.

use crate::node::{Bug, Digestible, Hasher, OperationId, Order, Value, Version, planted};
use crate::protocol::clippee::groups::Multicast;
use crate::protocol::clippee::{Commit, Config, GroupChange};

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

    /// What a version made from `of` takes over, if it follows from this state: it is that version,
    /// or was made from it (then the lists lack at most their oldest entries, which any version made
    /// from `of` forgets anyway).
    #[must_use]
    pub fn lineage_of(&self, of: Version) -> Option<Lineage<'_>> {
        let group = self.group.as_deref();
        let log = group.map_or(&[][..], |group| &group.log);
        if of == self.version {
            let view = group.map(|group| group.view).unwrap_or_default();
            Some(Lineage { recent: &self.recent, log, view })
        } else if of == self.base {
            let recent = self.recent.get(1..).unwrap_or_default();
            let log = log.get(1..).unwrap_or_default();
            let view = group.map(|group| group.base_view).unwrap_or_default();
            Some(Lineage { recent, log, view })
        } else {
            None
        }
    }
}

/// What a version takes over from the one that it is made from. The default is what version 0
/// leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lineage<'a> {
    /// The operations of the last `dedupe` versions, newest first.
    pub recent: &'a [OperationId],
    /// Of a group: the last `group_log` messages, newest first.
    pub log: &'a [Multicast],
    /// Of a group: its view.
    pub view: View,
}

/// The state that `commit` makes of its base (CLIPPEE 5.4).
pub(super) fn successor(commit: &Commit, base: Lineage<'_>, config: &Config) -> State {
    let lineage = base.recent.iter().copied().filter(|_| !planted(Bug::LineageForgotten));
    let recent = std::iter::once(commit.operation).chain(lineage);
    State {
        version: commit.version,
        base: commit.base,
        value: commit.value,
        recent: recent.take(config.dedupe as usize).collect(),
        group: commit.multicast.map(|change| Box::new(grown(commit, change, base, config))),
    }
}

/// A group after one more message (CLIPPEE 7). It is a function of the commit and its base alone,
/// so that all replicas with one version have one log and one view, whatever their rolls are.
fn grown(commit: &Commit, change: GroupChange, base: Lineage<'_>, config: &Config) -> GroupState {
    let message = Multicast {
        id: commit.operation,
        order: Order::Total,
        number: commit.version.counter,
        first: 0,
        bytes: change.bytes,
        check: Multicast::check_of(commit.value),
    };
    let log = std::iter::once(message).chain(base.log.iter().copied());
    let number = base.view.number + u32::from(change.view != base.view.hash);
    GroupState {
        log: log.take(config.group_log as usize).collect(),
        view: View { number, hash: change.view },
        base_view: base.view,
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

    fn config(dedupe: u32, group_log: u32) -> Config {
        Config { dedupe, group_log, ..Config::default() }
    }

    /// The same as a message to a group with a view of this hash.
    fn message(commit: Commit, view: u64) -> Commit {
        Commit { multicast: Some(GroupChange { bytes: 10, roll: 0, view }), ..commit }
    }

    #[test]
    fn a_sibling_follows_from_a_full_list_without_loss() {
        let config = config(3, 2);
        let mut state = State::initial(Value::default());
        let mut before = state.clone();
        for counter in 1..=5 {
            before = state.clone();
            let next = message(commit(counter, 1, state.version), u64::from(counter / 2));
            let base = state.lineage_of(state.version).expect("it is that version");
            state = successor(&next, base, &config);
        }
        assert_eq!(&*state.recent, [operation(105), operation(104), operation(103)]);
        let sibling = message(commit(5, 2, before.version), 9);
        let base = before.lineage_of(before.version).expect("it is that version");
        let from_base = successor(&sibling, base, &config);
        let known = state.lineage_of(before.version).expect("it was made from there");
        assert_eq!(successor(&sibling, known, &config), from_base);
        assert_eq!(state.lineage_of(Version::ZERO), None);
    }

    #[test]
    fn the_log_is_cut_and_the_views_number_rises_when_the_access_peers_change() {
        let mut state = State::initial(Value::default());
        let mut numbers = Vec::new();
        for (counter, view) in (1..).zip([7, 7, 8, 7, 7]) {
            let next = message(commit(counter, 1, state.version), view);
            let base = state.lineage_of(state.version).expect("it is that version");
            state = successor(&next, base, &config(32, 2));
            numbers.push(state.group.as_ref().expect("a group").view.number);
        }
        assert_eq!(numbers, [1, 1, 2, 3, 3]);
        let log = state.group.expect("a group").log;
        let last = Multicast {
            id: operation(105),
            order: Order::Total,
            number: 5,
            first: 0,
            bytes: 10,
            check: 1,
        };
        assert_eq!(*log, [last, Multicast { id: operation(104), number: 4, ..last }]);
    }

    #[test]
    fn nothing_is_remembered_where_dedupe_is_zero() {
        let first = message(commit(1, 1, Version::ZERO), 0);
        let state = successor(&first, Lineage::default(), &config(0, 0));
        assert!(state.recent.is_empty() && !state.has(operation(101)));
        assert!(state.group.as_ref().is_some_and(|group| group.log.is_empty()));
        assert_eq!(state.lineage_of(Version::ZERO), Some(Lineage::default()));
    }
}
