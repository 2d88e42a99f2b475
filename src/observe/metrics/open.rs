//! Operations that were asked for and haven't ended.

use crate::node::{NodeId, OperationId, OperationKind, Time};

/// Marks the end of a list.
const NONE: u32 = u32::MAX;

/// An operation in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its number at its node.
    pub count: u32,
    /// What was asked.
    pub kind: OperationKind,
    /// When.
    pub asked: Time,
}

#[derive(Debug)]
struct Slot {
    pending: Pending,
    next: u32,
}

/// One short list per node, all in one slab of reused slots: four bytes for a node with nothing in
/// flight. Operations take time linear in the number that the node has in flight.
#[derive(Debug)]
pub struct Open {
    heads: Vec<u32>,
    slots: Vec<Slot>,
    free: u32,
}

impl Open {
    /// For node ids up to `last`.
    #[must_use]
    pub fn new(last: NodeId) -> Self {
        Self { heads: vec![NONE; last.index() + 1], slots: Vec::new(), free: NONE }
    }

    /// Takes in an operation of `node`.
    ///
    /// # Panics
    /// If `node` is beyond the last one, or with 2^32 - 1 operations in flight.
    pub fn insert(&mut self, node: NodeId, pending: Pending) {
        let head = &mut self.heads[node.index()];
        let slot = Slot { pending, next: *head };
        *head = if self.free == NONE {
            self.slots.push(slot);
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 operations are in flight")
        } else {
            let index = self.free;
            self.free = std::mem::replace(&mut self.slots[index as usize], slot).next;
            index
        };
    }

    /// Takes an operation out; `None` if it isn't in flight.
    pub fn remove(&mut self, id: OperationId) -> Option<Pending> {
        let mut before = NONE;
        let mut index = *self.heads.get(id.client.index())?;
        while index != NONE {
            let Slot { pending, next } = self.slots[index as usize];
            if pending.count == id.count {
                self.unlink(id.client, before, index);
                return Some(pending);
            }
            (before, index) = (index, next);
        }
        None
    }

    /// Takes out any operation of `node`: the one asked for last.
    pub fn pop(&mut self, node: NodeId) -> Option<Pending> {
        let index = *self.heads.get(node.index())?;
        let pending = self.slots.get(index as usize)?.pending;
        self.unlink(node, NONE, index);
        Some(pending)
    }

    fn unlink(&mut self, node: NodeId, before: u32, index: u32) {
        let slot = &mut self.slots[index as usize];
        let next = std::mem::replace(&mut slot.next, self.free);
        self.free = index;
        if before == NONE {
            self.heads[node.index()] = next;
        } else {
            self.slots[before as usize].next = next;
        }
    }

    /// The ids of all nodes, for draining.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        let nodes = u32::try_from(self.heads.len()).expect("ids are 32 bits wide");
        (0..nodes).map(NodeId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pending(count: u32) -> Pending {
        Pending { count, kind: OperationKind::Read, asked: Time::from_nanos(u64::from(count)) }
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_list_of_pairs(
            steps in prop::collection::vec((0_u32..4, 0_u32..3, 0_u32..12), 1..200)
        ) {
            let mut open = Open::new(NodeId(2));
            let mut model: Vec<(u32, u32)> = Vec::new();
            for (step, (what, node, count)) in steps.into_iter().enumerate() {
                match what {
                    0 | 1 => {
                        let count = u32::try_from(step).unwrap() + 100;
                        open.insert(NodeId(node), pending(count));
                        model.push((node, count));
                    }
                    2 => {
                        let wanted = model.get(count as usize).copied().unwrap_or((node, 7));
                        let id = OperationId { client: NodeId(wanted.0), count: wanted.1 };
                        let found = model.iter().position(|&pair| pair == wanted);
                        prop_assert_eq!(open.remove(id), found.map(|_| pending(wanted.1)));
                        model.retain(|&pair| pair != wanted);
                    }
                    _ => {
                        let last = model.iter().rposition(|pair| pair.0 == node);
                        let expected = last.map(|index| pending(model.remove(index).1));
                        prop_assert_eq!(open.pop(NodeId(node)), expected);
                    }
                }
            }
            let mut left = 0;
            for node in open.nodes() {
                while open.pop(node).is_some() {
                    left += 1;
                }
            }
            prop_assert_eq!(left, model.len());
        }
    }
}
