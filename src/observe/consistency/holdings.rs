//! Who holds which version of what, now.

use super::versions::{Fate, VersionIndex, Versions};
use crate::node::{NodeId, ObjectId, OperationId, Value, Version};
use std::collections::BTreeSet;

/// One explicit copy at a live peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Who holds it.
    pub holder: NodeId,
    /// Which version.
    pub version: VersionIndex,
}

/// All explicit copies at live peers, and the versions that they are copies of. A responsible peer
/// without an explicit copy holds version 0 (CLIPPEE 6).
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The versions.
    pub versions: Versions,
    copies: Vec<Vec<Copy>>,
    by_node: Vec<BTreeSet<ObjectId>>,
    vanishings: u64,
}

impl Holdings {
    /// Nothing is held explicitly by any of `peers` peers.
    #[must_use]
    pub fn new(peers: u32, objects: usize) -> Self {
        Self {
            versions: Versions::new(objects),
            copies: vec![Vec::new(); objects],
            by_node: vec![BTreeSet::new(); peers as usize + 1],
            vanishings: 0,
        }
    }

    /// The number of objects.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.copies.len()
    }

    /// The copies of `object`, in no particular order.
    #[must_use]
    pub fn copies(&self, object: ObjectId) -> &[Copy] {
        &self.copies[object.0 as usize]
    }

    /// What `node` holds explicitly of `object`.
    #[must_use]
    pub fn held(&self, node: NodeId, object: ObjectId) -> Option<VersionIndex> {
        self.copies(object).iter().find(|copy| copy.holder == node).map(|copy| copy.version)
    }

    /// The objects that `node` holds explicitly.
    pub fn objects_at(&self, node: NodeId) -> impl Iterator<Item = ObjectId> + '_ {
        self.by_node.get(node.index()).into_iter().flatten().copied()
    }

    /// The newest version of `object` that a live peer holds; `None` if none does.
    #[must_use]
    pub fn newest(&self, object: ObjectId) -> Option<VersionIndex> {
        let held = self.copies(object).iter().map(|copy| copy.version);
        held.max_by_key(|&index| self.versions.version(index))
    }

    /// How often an object lost its last explicit copy.
    #[must_use]
    pub fn vanishings(&self) -> u64 {
        self.vanishings
    }

    /// Objects that were held explicitly once and are no more.
    #[must_use]
    pub fn vanished(&self) -> u64 {
        let gone = (0..self.copies.len()).filter(|&object| {
            self.copies[object].is_empty()
                && self.versions.of(ObjectId(object as u32)).any(|(_, entry)| entry.is_committed())
        });
        gone.count() as u64
    }

    /// A coordinator made a version.
    pub fn made(
        &mut self,
        object: ObjectId,
        version: Version,
        base: Version,
        operation: OperationId,
        value: Value,
    ) -> VersionIndex {
        let base = self.versions.find_or_adopt(object, base);
        self.versions.add(object, version, base, operation, value)
    }

    /// `node` holds `version` now, by a commit or by hand-over and repair.
    pub fn applied(&mut self, node: NodeId, object: ObjectId, version: Version, by_commit: bool) {
        let index = self.versions.find_or_adopt(object, version);
        self.versions.gain(index);
        let copies = &mut self.copies[object.0 as usize];
        let Some(copy) = copies.iter_mut().find(|copy| copy.holder == node) else {
            copies.push(Copy { holder: node, version: index });
            if let Some(held) = self.by_node.get_mut(node.index()) {
                held.insert(object);
            }
            return;
        };
        let before = std::mem::replace(&mut copy.version, index);
        // Gained before lost: a version that is replaced by its own child doesn't die in between.
        self.versions.lose(before, if by_commit { Fate::Overwritten } else { Fate::Repaired });
    }

    /// `node` dropped its copy of `object`.
    pub fn forgot(&mut self, node: NodeId, object: ObjectId) {
        if let Some(held) = self.by_node.get_mut(node.index()) {
            held.remove(&object);
        }
        self.remove(node, object, Fate::Dropped);
    }

    /// `node` stopped, and its copies with it. (Those that are durable are told again at its next
    /// boot.)
    pub fn stopped(&mut self, node: NodeId, crash: bool) {
        let held = self.by_node.get_mut(node.index()).map(std::mem::take).unwrap_or_default();
        for object in held {
            self.remove(node, object, if crash { Fate::Crashed } else { Fate::Left });
        }
    }

    fn remove(&mut self, node: NodeId, object: ObjectId, fate: Fate) {
        let copies = &mut self.copies[object.0 as usize];
        let Some(at) = copies.iter().position(|copy| copy.holder == node) else { return };
        let copy = copies.swap_remove(at);
        let last = copies.is_empty();
        self.vanishings += u64::from(last);
        self.versions.lose(copy.version, if last { Fate::Vanished } else { fate });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::consistency::script::{op, version};
    use proptest::prelude::*;

    const OBJECT: ObjectId = ObjectId(0);

    #[derive(Clone, Debug)]
    enum Change {
        Make(prop::sample::Index),
        Apply(u32, prop::sample::Index, bool),
        Forget(u32),
        Stop(u32),
    }

    fn change() -> impl Strategy<Value = Change> {
        let any_version = any::<prop::sample::Index>;
        prop_oneof![
            2 => any_version().prop_map(Change::Make),
            4 => (1..5_u32, any_version(), any::<bool>())
                .prop_map(|(peer, which, commit)| Change::Apply(peer, which, commit)),
            1 => (1..5_u32).prop_map(Change::Forget),
            1 => (1..5_u32).prop_map(Change::Stop),
        ]
    }

    proptest! {
        /// Counting references says what a search of every copy's lineage says.
        #[test]
        fn a_version_lives_as_long_as_a_copy_descends_from_it(
            changes in prop::collection::vec(change(), 1..120)
        ) {
            let mut holdings = Holdings::new(4, 1);
            let mut made = vec![Version::ZERO];
            for change in changes {
                match change {
                    Change::Make(base) => {
                        let base = *base.get(&made);
                        let next = version(base.counter + 1, made.len() as u32);
                        holdings.made(OBJECT, next, base, op(6, 0), Value::default());
                        made.push(next);
                    }
                    Change::Apply(peer, which, commit) => {
                        holdings.applied(NodeId(peer), OBJECT, *which.get(&made), commit);
                    }
                    Change::Forget(peer) => holdings.forgot(NodeId(peer), OBJECT),
                    Change::Stop(peer) => holdings.stopped(NodeId(peer), true),
                }
                let copies = holdings.copies(OBJECT).iter();
                let alive: BTreeSet<VersionIndex> = copies
                    .flat_map(|copy| holdings.versions.lineage(copy.version))
                    .map(|(index, _)| index)
                    .collect();
                for (index, entry) in holdings.versions.entries() {
                    prop_assert_eq!(entry.fate() == Fate::Alive, alive.contains(&index));
                    let dead = !matches!(entry.fate(), Fate::Alive | Fate::Unreached);
                    prop_assert_eq!(entry.died() > 0, dead);
                }
            }
        }
    }
}
