//! Sessions and gaps drawn from two laws, in equilibrium at time 0.

use super::{Law, lane};
use crate::node::{Key, NodeId, Span};
use crate::sim::dist;

/// An alternating renewal process per node.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    session: Law,
    gap: Law,
    availability: f64,
}

impl Renewal {
    pub(super) fn new(session: Law, gap: Law) -> Self {
        let (up, down) = (session.mean_s(), gap.mean_s());
        // Both zero: nobody can say what such a node does; it counts as up.
        let availability = if up + down > 0.0 { up / (up + down) } else { 1.0 };
        Self { session, gap, availability }
    }

    /// The long-run share of time that a node is online.
    pub(super) const fn availability(&self) -> f64 {
        self.availability
    }

    pub(super) fn is_up_at_start(&self, key: Key, node: NodeId) -> bool {
        // Draw 0 of phase 0; draws 1 and 2 are the phase's length.
        key.lane(node.0, 0, lane::PHASE).chance(self.availability)
    }

    /// The length of a phase: of phase 0, what is left of it at time 0.
    pub(super) fn length(&self, key: Key, node: NodeId, index: u32) -> Span {
        let mut stream = key.lane(node.0, index, lane::PHASE).resume(1);
        let u = dist::open_unit(stream.word());
        let up = self.is_up_at_start(key, node) == index.is_multiple_of(2);
        let law = if up { &self.session } else { &self.gap };
        if index == 0 { law.residual(u, dist::open_unit(stream.word())) } else { law.quantile(u) }
    }
}
