//! The tables that a peer would have after running for long: how those begin that are up at time 0.
//!
//! The peers are sorted by id, so those of one table cell are a stretch of the list, found by
//! binary search; of a long stretch only a few, spread over it from a random start, compete by
//! nearness. Work per peer: about log_2^b(n) * 2^b cells, each a binary search and at most
//! [`CANDIDATES`] calls of nearness.

use super::Key;
use super::node::Overlay;
use super::ring::digit;
use crate::node::{NodeId, Stream, mix};

/// Peers that compete for a cell.
const CANDIDATES: usize = 8;

impl Overlay {
    /// Fills the tables of the peer at `place` of the list of those online.
    pub(super) fn converge(&mut self, place: usize, rng: &mut Stream) {
        self.fill_leaves(place);
        self.fill_table(rng.word());
    }

    fn fill_leaves(&mut self, place: usize) {
        let world = self.world.clone();
        let (online, count) = (&world.online, world.online.len());
        let half = ((self.config.leaf_set / 2) as usize).min(count - 1);
        self.leaves.reserve();
        for step in 1..=half {
            for index in [(place + step) % count, (place + count - step) % count] {
                let (key, node) = online[index];
                self.leaves.insert(key, node);
            }
        }
        self.leaves.take_stock();
    }

    fn fill_table(&mut self, noise: u64) {
        let world = self.world.clone();
        let bits = self.config.digit_bits;
        // The stretch of those that share `row` digits with this peer.
        let mut stretch = &world.online[..];
        for row in 0..64 / bits {
            if stretch.len() < 2 {
                break;
            }
            let own = digit(self.key, row, bits);
            let mut mine = stretch;
            let mut rest = stretch;
            for value in 0..1 << bits {
                let end = rest.partition_point(|&(key, _)| digit(key, row, bits) <= value);
                let (cell, after) = rest.split_at(end);
                rest = after;
                if value == own {
                    mine = cell;
                } else if let Some((key, node)) =
                    self.nearest_in(cell, mix(noise ^ u64::from(row) << 8 ^ value as u64))
                {
                    self.table.offer(key, node, |_| false);
                }
            }
            stretch = mine;
        }
    }

    /// The nearest of a few peers of a stretch.
    fn nearest_in(&self, cell: &[(Key, NodeId)], noise: u64) -> Option<(Key, NodeId)> {
        if cell.len() < 2 {
            return cell.first().copied();
        }
        let count = cell.len().min(CANDIDATES);
        let start = (noise % cell.len() as u64) as usize;
        let candidates = (0..count).map(|i| cell[(start + i * cell.len() / count) % cell.len()]);
        candidates.min_by_key(|&(_, node)| ((self.world.nearness)(self.id, node), node))
    }
}
