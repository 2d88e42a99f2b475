//! What waits for the token.

use super::item::Item;
use std::collections::VecDeque;
use std::sync::Arc;

/// Items in the order in which they are to be sent.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Item>,
    bytes: u64,
}

impl Queue {
    /// Takes an item in, behind all others.
    pub fn push(&mut self, item: Item) {
        self.bytes += u64::from(item.wire_size(false));
        self.items.push_back(item);
    }

    /// Takes an item in, before all others.
    pub fn push_front(&mut self, item: Item) {
        self.bytes += u64::from(item.wire_size(false));
        self.items.push_front(item);
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many packets of `most` bytes they fill, about.
    pub fn packets(&self, most: u32) -> u32 {
        let packets = self.bytes.div_ceil(u64::from(most.max(1))).min(self.items.len() as u64);
        u32::try_from(packets).unwrap_or(u32::MAX)
    }

    /// Takes out the first items that fit into one packet of `most` bytes; at least one, if any.
    pub fn pack(&mut self, most: u32) -> Arc<[Item]> {
        let (mut items, mut bytes) = (Vec::new(), 0_u32);
        while let Some(size) = self.items.front().map(|item| item.wire_size(false)) {
            bytes = bytes.saturating_add(size);
            if !items.is_empty() && bytes > most {
                break;
            }
            self.bytes -= u64::from(size);
            items.extend(self.items.pop_front());
        }
        items.into()
    }

    /// Throws away the states that wait: they are out of date.
    pub fn forget_states(&mut self) {
        self.items.retain(|item| matches!(item, Item::Command(_)));
        self.bytes = self.items.iter().map(|item| u64::from(item.wire_size(false))).sum();
    }
}
