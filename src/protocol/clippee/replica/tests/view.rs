//! What a peer sees of the ring: what its test says.

use super::super::*;
use crate::node::Span;

/// One of sixteen even positions on the ring.
pub const fn at(position: u64) -> Key {
    position << 60
}

/// One peer's view of the ring.
#[derive(Clone, Debug)]
pub struct Ring {
    pub me: NodeId,
    pub id: Key,
    pub joined: bool,
    /// All that it knows to be alive, itself included.
    pub alive: Vec<(Key, NodeId)>,
}

fn distance(a: Key, b: Key) -> u64 {
    a.wrapping_sub(b).min(b.wrapping_sub(a))
}

impl Neighbourhood for Ring {
    fn is_joined(&self) -> bool {
        self.joined
    }
    fn replicas(&self, key: Key, r: usize) -> Vec<NodeId> {
        let mut peers = self.alive.clone();
        peers.retain(|&(_, peer)| self.joined || peer != self.me);
        peers.sort_by_key(|&(id, _)| (distance(id, key), id));
        peers.into_iter().map(|(_, peer)| peer).take(r).collect()
    }
    fn is_responsible(&self, key: Key, r: usize) -> bool {
        self.joined && self.replicas(key, r).contains(&self.me)
    }
    fn arc(&self, r: usize) -> (u64, u64) {
        if self.alive.len() <= r {
            return (u64::MAX, u64::MAX);
        }
        let reach = |key: &dyn Fn(u64) -> Key| {
            // The farthest distance at which it is still responsible, by bisection.
            (0..63).rev().fold(0_u64, |reach, bit| {
                let farther = reach | 1 << bit;
                if self.is_responsible(key(farther), r) { farther } else { reach }
            })
        };
        (reach(&|d| self.id.wrapping_sub(d)), reach(&|d| self.id.wrapping_add(d)))
    }
    fn leaves(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.alive.iter().map(|&(_, peer)| peer).filter(|&peer| peer != self.me)
    }
    fn timeout(&self, _: NodeId) -> Span {
        Span::from_millis(200)
    }
}
