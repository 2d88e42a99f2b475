//! The peers that a client may turn to (CLIPPEE 1).

use crate::node::{NodeId, WORLD};

const BOOT: usize = 8;
const FRESH: usize = 4;

/// Peers heard of lately, then those known from the start. Empty places hold [`WORLD`]; no list on
/// the heap, because every idle client has one of these.
#[derive(Debug)]
pub(in crate::protocol) struct Contacts {
    boot: [NodeId; BOOT],
    /// Newest first.
    fresh: [NodeId; FRESH],
    /// How many of `boot` are used up.
    used: u8,
    /// How many were named by peers that are full, since it last started over.
    referred: u8,
}

impl Contacts {
    /// Those known from the start; more than eight are cut off.
    pub fn new(known: &[NodeId]) -> Self {
        let mut boot = [WORLD; BOOT];
        for (place, &peer) in boot.iter_mut().zip(known) {
            *place = peer;
        }
        Self { boot, fresh: [WORLD; FRESH], used: 0, referred: 0 }
    }

    /// The access peer names another peer: it is the first to be tried. The oldest such is
    /// forgotten.
    pub fn learn(&mut self, peer: NodeId) {
        if !self.fresh.contains(&peer) {
            self.fresh.rotate_right(1);
            self.fresh[0] = peer;
        }
    }

    /// A peer that is full names another: it is the next to be tried. A few only are taken before it
    /// starts over, or peers that are all full would send it round and round.
    pub fn refer(&mut self, peer: NodeId) {
        if usize::from(self.referred) < FRESH {
            self.referred += 1;
            self.learn(peer);
        }
    }

    /// Uses up one contact; `None` when all are, and the next call starts over with those known
    /// from the start.
    pub fn next(&mut self) -> Option<NodeId> {
        let fresh = self.fresh[0];
        if fresh != WORLD {
            self.fresh[0] = WORLD;
            self.fresh.rotate_left(1);
            return Some(fresh);
        }
        let boot = self.boot.get(usize::from(self.used)).copied().filter(|&peer| peer != WORLD);
        if boot.is_some() {
            self.used += 1;
        } else {
            (self.used, self.referred) = (0, 0);
        }
        boot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(contacts: &mut Contacts) -> Vec<u32> {
        std::iter::from_fn(|| contacts.next()).map(|peer| peer.0).collect()
    }

    #[test]
    fn fresh_ones_come_first_and_the_first_ones_again_after_all() {
        let mut contacts = Contacts::new(&[NodeId(1), NodeId(2), NodeId(3)]);
        assert_eq!(contacts.next(), Some(NodeId(1)));
        for peer in [7, 8, 8] {
            contacts.learn(NodeId(peer));
        }
        assert_eq!(all(&mut contacts), [8, 7, 2, 3]);
        assert_eq!(all(&mut contacts), [1, 2, 3]);
    }

    #[test]
    fn full_peers_send_it_round_a_few_times_only() {
        let mut contacts = Contacts::new(&[NodeId(1), NodeId(2)]);
        let mut asked = Vec::new();
        while let Some(NodeId(peer)) = contacts.next() {
            asked.push(peer);
            contacts.refer(NodeId(10 + peer));
        }
        assert_eq!(asked, [1, 11, 21, 31, 41, 2]);
        contacts.refer(NodeId(7));
        assert_eq!(all(&mut contacts), [7, 1, 2]);
    }

    #[test]
    fn the_oldest_of_many_fresh_ones_is_forgotten() {
        let mut contacts = Contacts::new(&[]);
        (10..16).for_each(|peer| contacts.learn(NodeId(peer)));
        assert_eq!(all(&mut contacts), [15, 14, 13, 12]);
        assert_eq!(all(&mut contacts), [0; 0]);
    }

    #[test]
    fn eight_are_all_used() {
        let known: Vec<NodeId> = (1..=9).map(NodeId).collect();
        let mut contacts = Contacts::new(&known);
        assert_eq!(all(&mut contacts), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(all(&mut contacts).len(), 8);
    }
}
