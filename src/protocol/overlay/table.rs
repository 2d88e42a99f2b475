//! The routing table: for every position of the first differing digit and every value of that
//! digit, one peer (CLIPPEE 2). Rows that nobody needs don't exist.

use super::Key;
use super::ring::{digit, shared_digits};
use crate::node::{NodeId, WORLD};

/// No peer: [`WORLD`] never is one.
const EMPTY: NodeId = WORLD;

/// The routing table of one peer: about log_2^b(n) rows of 2^b cells of four bytes.
#[derive(Debug)]
pub(super) struct Table {
    me: Key,
    bits: u32,
    cells: Vec<NodeId>,
    filled: u32,
}

impl Table {
    /// Empty, for digits of `bits` bits.
    pub fn new(me: Key, bits: u32) -> Self {
        Self { me, bits, cells: Vec::new(), filled: 0 }
    }

    /// Cells a row.
    pub fn width(&self) -> usize {
        1 << self.bits
    }

    /// Rows that exist; the last one has an entry.
    pub fn rows(&self) -> u32 {
        (self.cells.len() / self.width()) as u32
    }

    /// Entries in all rows.
    pub fn len(&self) -> u32 {
        self.filled
    }

    /// The row that peers of this key belong to: the digits they share with this peer.
    pub fn row_of(&self, key: Key) -> u32 {
        shared_digits(self.me, key, self.bits)
    }

    fn index(&self, key: Key) -> Option<usize> {
        let row = self.row_of(key);
        (key != self.me).then(|| row as usize * self.width() + digit(key, row, self.bits))
    }

    /// The entry whose shared prefix with `key` is longer than this peer's.
    pub fn towards(&self, key: Key) -> Option<NodeId> {
        let entry = *self.cells.get(self.index(key)?)?;
        (entry != EMPTY).then_some(entry)
    }

    /// Puts `node` into its cell if that is empty, or if `nearer` says that it is nearer than the
    /// one there. Returns whether it entered.
    pub fn offer(&mut self, key: Key, node: NodeId, nearer: impl FnOnce(NodeId) -> bool) -> bool {
        let Some(index) = self.index(key) else { return false };
        if index >= self.cells.len() {
            let width = self.width();
            let needed = (index / width + 1) * width;
            self.cells.reserve_exact(needed - self.cells.len());
            self.cells.resize(needed, EMPTY);
        }
        let cell = &mut self.cells[index];
        if *cell == node || (*cell != EMPTY && !nearer(*cell)) {
            return false;
        }
        self.filled += u32::from(*cell == EMPTY);
        *cell = node;
        true
    }

    /// Takes `node` out. Returns whether it was there.
    pub fn remove(&mut self, key: Key, node: NodeId) -> bool {
        let Some(cell) = self.index(key).and_then(|index| self.cells.get_mut(index)) else {
            return false;
        };
        if *cell != node {
            return false;
        }
        *cell = EMPTY;
        self.filled -= 1;
        let width = self.width();
        while self.cells.len() >= width
            && self.cells[self.cells.len() - width..].iter().all(|&c| c == EMPTY)
        {
            self.cells.truncate(self.cells.len() - width);
        }
        true
    }

    /// The entries of one row; none if it doesn't exist.
    pub fn row(&self, row: u32) -> impl Iterator<Item = NodeId> + '_ {
        let width = self.width();
        let cells = self.cells.chunks_exact(width).nth(row as usize).unwrap_or(&[]);
        cells.iter().copied().filter(|&cell| cell != EMPTY)
    }

    /// The entries of `row` and all rows below it: those that share at least `row` digits with this
    /// peer.
    pub fn rows_from(&self, row: u32) -> impl Iterator<Item = NodeId> + '_ {
        let start = (row as usize * self.width()).min(self.cells.len());
        self.cells[start..].iter().copied().filter(|&cell| cell != EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn an_entry_gives_way_to_a_nearer_one_only() {
        let mut table = Table::new(0, 4);
        assert!(table.offer(0x1000_0000_0000_0000, NodeId(1), |_| false));
        assert!(!table.offer(0x1100_0000_0000_0000, NodeId(2), |_| false));
        assert!(table.offer(0x1200_0000_0000_0000, NodeId(3), |_| true));
        assert_eq!(table.towards(0x1fff_0000_0000_0000), Some(NodeId(3)));
        assert!(!table.offer(0, NodeId(9), |_| true), "nobody has this peer's id");
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn rows_exist_only_where_needed() {
        let mut table = Table::new(0, 4);
        table.offer(0x0001_0000_0000_0000, NodeId(1), |_| false);
        assert_eq!((table.rows(), table.len()), (4, 1));
        assert_eq!(table.row(3).collect::<Vec<_>>(), [NodeId(1)]);
        assert_eq!(table.row(9).count(), 0);
        assert!(!table.remove(0x0001_0000_0000_0000, NodeId(2)));
        assert!(table.remove(0x0001_0000_0000_0000, NodeId(1)));
        assert_eq!((table.rows(), table.len()), (0, 0));
    }

    proptest! {
        /// Against a map from (shared digits, next digit) to the first peer offered.
        #[test]
        fn the_first_of_each_cell_stays(
            me: u64, target: u64, keys in vec((any::<u64>(), 0_u32..64), 0..60),
            bits in prop::sample::select(vec![1_u32, 2, 4, 8]),
        ) {
            let mut table = Table::new(me, bits);
            let mut model = BTreeMap::new();
            for (i, &(noise, keep)) in keys.iter().enumerate() {
                // Long shared prefixes are rare among random keys: make some.
                let key = me ^ (noise >> keep);
                if key == me { continue }
                let row = shared_digits(me, key, bits);
                let cell = (row, digit(key, row, bits));
                let node = NodeId(i as u32 + 1);
                let free = !model.contains_key(&cell);
                prop_assert_eq!(table.offer(key, node, |_| false), free);
                model.entry(cell).or_insert((node, key));
            }
            prop_assert_eq!(table.len() as usize, model.len());
            let all: Vec<NodeId> = model.values().map(|&(node, _)| node).collect();
            prop_assert_eq!(table.rows_from(0).collect::<Vec<_>>(), all);
            if let Some(entry) = table.towards(target) {
                let key = model.values().find(|(node, _)| *node == entry).expect("in the model").1;
                prop_assert!(shared_digits(target, key, bits) > shared_digits(target, me, bits));
            }
            for (node, key) in model.into_values() {
                prop_assert!(table.remove(key, node));
            }
            prop_assert_eq!((table.len(), table.rows()), (0, 0));
        }
    }
}
