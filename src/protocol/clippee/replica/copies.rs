//! What is held: copies by key, so that the objects of a stretch of the ring are a range.

use super::message::{Entry, PAGE, Page};
use super::ring::Stretch;
use super::state::State;
use crate::node::{Bug, NodeId, ObjectId, Version, planted};
use crate::protocol::clippee::World;
use crate::protocol::overlay::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One held object.
#[derive(Debug)]
pub(super) struct Copy {
    pub state: State,
    /// The replica set when this peer last looked, closest first: who presumably holds the object
    /// too. Neighbours on the ring that have the same share it: repair looks at those of all copies.
    pub view: Arc<[NodeId]>,
}

/// The view of these peers: that of a neighbour, if one has the same.
pub(super) fn shared<'a>(
    view: Vec<NodeId>,
    neighbours: impl IntoIterator<Item = &'a Arc<[NodeId]>>,
) -> Arc<[NodeId]> {
    let same = neighbours.into_iter().find(|neighbour| ***neighbour == *view);
    same.map_or_else(|| view.into(), Arc::clone)
}

/// Whether all of `peers` are in a copy's view, for copies in the order of their keys: a view is
/// looked at once for all neighbours that share it.
pub(super) fn seen_with<'a>(peers: [NodeId; 2]) -> impl FnMut(&'a Copy) -> bool {
    let mut last: Option<(&Arc<[NodeId]>, bool)> = None;
    move |copy| match last {
        Some((view, has_all)) if Arc::ptr_eq(view, &copy.view) => has_all,
        _ => {
            let has_all = peers.iter().all(|peer| copy.view.contains(peer));
            last = Some((&copy.view, has_all));
            has_all
        }
    }
}

/// All held objects. An object that is absent at a ready, responsible replica is in version 0
/// (CLIPPEE 6).
pub(super) struct Copies {
    world: Arc<World>,
    by_key: BTreeMap<(Key, ObjectId), Copy>,
}

impl Copies {
    pub const fn new(world: Arc<World>) -> Self {
        Self { world, by_key: BTreeMap::new() }
    }

    fn place(&self, object: ObjectId) -> (Key, ObjectId) {
        (self.world.key(object), object)
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The copy of `object`, if it is held. O(log n), as are all methods on one object.
    pub fn copy(&self, object: ObjectId) -> Option<&Copy> {
        self.by_key.get(&self.place(object))
    }

    pub fn state(&self, object: ObjectId) -> Option<&State> {
        self.copy(object).map(|copy| &copy.state)
    }

    pub fn holds(&self, object: ObjectId) -> bool {
        self.copy(object).is_some()
    }

    /// The version held; version 0 if none is.
    pub fn version(&self, object: ObjectId) -> Version {
        self.state(object).map_or(Version::ZERO, |state| state.version)
    }

    /// Takes a state in; a first copy asks for its replica set. Says what was held before.
    pub fn put(
        &mut self,
        object: ObjectId,
        state: State,
        view: impl FnOnce(Key) -> Vec<NodeId>,
    ) -> Option<Version> {
        let place = self.place(object);
        if let Some(copy) = self.by_key.get_mut(&place) {
            let before = copy.state.version;
            debug_assert!(
                before < state.version || goes_back_on_purpose(),
                "a version went back within a tenure"
            );
            copy.state = state;
            return Some(before);
        }
        let below = self.by_key.range(..place).next_back();
        let above = self.by_key.range(place..).next();
        let neighbours = below.into_iter().chain(above);
        let view = shared(view(place.0), neighbours.map(|(_, copy)| &copy.view));
        self.by_key.insert(place, Copy { state, view });
        None
    }

    pub fn remove(&mut self, object: ObjectId) -> Option<Copy> {
        self.by_key.remove(&self.place(object))
    }

    /// All copies, by key.
    pub fn iter(&self) -> impl Iterator<Item = (Key, ObjectId, &Copy)> {
        self.by_key.iter().map(|(&(key, object), copy)| (key, object, copy))
    }

    /// All copies, by key, to change what is known of their replica sets.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Key, ObjectId, &mut Copy)> {
        self.by_key.iter_mut().map(|(&(key, object), copy)| (key, object, copy))
    }

    /// The copies of a stretch, clockwise. O(log n + their number).
    pub fn within(&self, stretch: Stretch) -> impl Iterator<Item = (Key, ObjectId, &Copy)> {
        let (start, end) = (stretch.start, stretch.end());
        // A stretch over the ring's zero is two ranges; any other is one, and an empty one.
        let first = if start <= end { end } else { Key::MAX };
        let second = if start <= end { None } else { Some(end) };
        let bounds = |from: Key, to: Key| (from, ObjectId(0))..=(to, ObjectId(u32::MAX));
        let wrapped =
            second.into_iter().flat_map(move |end| self.by_key.range(bounds(Key::MIN, end)));
        let all = self.by_key.range(bounds(start, first)).chain(wrapped);
        all.map(|(&(key, object), copy)| (key, object, copy))
    }

    /// The first page of those copies of a stretch that are to be `listed`. Objects of equal keys
    /// stay together.
    pub fn page<'a>(&'a self, stretch: Stretch, mut listed: impl FnMut(&'a Copy) -> bool) -> Page {
        let mut entries = Vec::new();
        let mut last = None;
        for (key, object, copy) in self.within(stretch).filter(|(_, _, copy)| listed(copy)) {
            if let Some(end) = last.filter(|&end| entries.len() >= PAGE && end != key) {
                return Page { stretch: stretch.up_to(end), entries: entries.into() };
            }
            entries.push(Entry { object, version: copy.state.version });
            last = Some(key);
        }
        Page { stretch, entries: entries.into() }
    }
}

/// With these bugs the assertion would say what H3 is to say.
fn goes_back_on_purpose() -> bool {
    planted(Bug::CommitGoesBack) || planted(Bug::TransferGoesBack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{AttemptId, Span, Value};
    use crate::protocol::overlay;

    fn world(keys: Vec<Key>) -> Arc<World> {
        let nearness = Box::new(|_, _| Span::ZERO);
        let overlay = Arc::new(overlay::World { ids: vec![], online: vec![], nearness });
        Arc::new(World { overlay, keys, groups: 0, object_bytes: 1 })
    }

    fn copies(keys: Vec<Key>) -> Copies {
        let count = keys.len() as u32;
        let mut copies = Copies::new(world(keys));
        for object in (0..count).map(ObjectId) {
            let mut state = State::initial(Value::default());
            state.version = Version { counter: 1, attempt: AttemptId::default() };
            assert_eq!(copies.put(object, state, |_| vec![]), None);
        }
        copies
    }

    #[test]
    fn a_stretch_over_zero_is_listed_clockwise() {
        let copies = copies(vec![5, u64::MAX - 5, 50, 0, u64::MAX]);
        let listed = |start, length| -> Vec<u32> {
            copies.within(Stretch { start, length }).map(|(_, object, _)| object.0).collect()
        };
        assert_eq!(listed(u64::MAX - 5, 11), [1, 4, 3, 0]);
        assert_eq!(listed(0, 0), [3]);
        assert_eq!(listed(6, u64::MAX), [2, 1, 4, 3, 0]);
        assert!(listed(6, 10).is_empty());
    }

    #[test]
    fn pages_cover_the_stretch_without_overlap_and_keep_equal_keys_together() {
        let mut keys: Vec<Key> = (0..PAGE as u64 * 2).map(|n| n * 3).collect();
        let shared = keys[PAGE - 1];
        keys.extend([shared; 4]);
        let total = keys.len();
        let copies = copies(keys);
        let mut rest = Some(Stretch { start: 0, length: u64::MAX });
        let mut sizes = Vec::new();
        while let Some(stretch) = rest {
            let page = copies.page(stretch, |_| true);
            assert_eq!(page.stretch.start, stretch.start);
            sizes.push(page.entries.len());
            rest = stretch.after(page.stretch);
        }
        assert_eq!(sizes[0], PAGE + 4);
        assert_eq!(sizes.iter().sum::<usize>(), total);
    }
}
