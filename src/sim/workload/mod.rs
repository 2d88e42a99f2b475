//! The workload: which operations are issued where, and when.
//!
//! Open loop: every issuer has a Poisson process of its own that doesn't wait for answers, so a
//! slow system is not spared (no "coordinated omission"). Operation `count` of a node is a pure
//! function of (seed, node, count).
//!
//! What isn't here: operation ids (the driver numbers them), retries (the protocol's), and group
//! membership.

mod config;
mod popularity;

pub use config::{Popularity, WorkloadConfig};

use crate::node::{Key, NodeId, ObjectId, Operation, OperationKind, Order, Purpose, Span, Stream};
use crate::sim::dist;
use popularity::Chooser;

/// The lanes of [`Purpose::Workload`] that this module draws from; counter (draw, lane, node,
/// count).
mod lane {
    pub const GAP: u32 = u32::from_be_bytes(*b"wait");
    pub const OPERATION: u32 = u32::from_be_bytes(*b"work");
}

/// Which operations are issued, and when. Immutable; all draws are functions of node and count.
#[derive(Clone, Debug)]
pub struct Workload {
    key: Key,
    peers: u32,
    /// Mean nanoseconds between operations of one node; `None`: no operation ever.
    mean_gap_ns: Option<f64>,
    /// Kinds with the upper end of their share of [0, 1), in the order of the scenario.
    kinds: Vec<(OperationKind, f64)>,
    objects: Chooser,
    object_bytes: u32,
}

impl Workload {
    /// The workload of a run. `peers` is the number of peers, ids 1 to `peers`: the targets of
    /// lookups.
    ///
    /// Memory: 8 bytes an object where popularity follows Zipf's law.
    ///
    /// # Panics
    /// If `peers` or the number of objects is 0, or the mix is empty.
    #[must_use]
    pub fn new(config: &WorkloadConfig, peers: u32, seed: u64) -> Self {
        assert!(peers > 0, "a workload needs peers");
        assert!(!config.mix.is_empty(), "a workload needs at least one kind of operation");
        let mut end = 0.0;
        let kinds = (config.mix.iter())
            .map(|&(kind, share)| {
                end += share;
                (kind, end)
            })
            .collect();
        Self {
            key: Key::new(seed, Purpose::Workload),
            peers,
            mean_gap_ns: (config.rate > 0.0).then(|| 1e9 / config.rate),
            kinds,
            objects: Chooser::new(config.popularity, config.objects),
            object_bytes: config.object_bytes,
        }
    }

    /// The time between operations `count - 1` and `count` of `node` (before the first: since the
    /// node's process began), exponential with mean 1 / rate; at least 1 ns. [`Span::NEVER`] at
    /// rate 0.
    #[must_use]
    pub fn gap(&self, node: NodeId, count: u32) -> Span {
        let Some(mean) = self.mean_gap_ns else { return Span::NEVER };
        let u = dist::open_unit(self.key.lane(node.0, count, lane::GAP).word());
        Span::from_nanos_f64(dist::exponential(u, mean)).max(Span::from_nanos(1))
    }

    /// What `node` asks for as its operation `count`: a kind by the mix, an object by popularity; a
    /// lookup's target is a uniformly drawn peer other than `node` (itself only if it is the sole
    /// peer).
    #[must_use]
    pub fn operation(&self, node: NodeId, count: u32) -> Operation {
        let mut stream = self.key.lane(node.0, count, lane::OPERATION);
        let share = stream.unit();
        let last = self.kinds.len() - 1;
        // The shares may sum to a little less than 1: the last kind takes what is left.
        let kind = self.kinds[self.kinds.partition_point(|&(_, end)| end <= share).min(last)].0;
        let mut object = || ObjectId(self.objects.choose(&mut stream));
        match kind {
            OperationKind::Read => Operation::Read { object: object() },
            OperationKind::Update => Operation::Update { object: object() },
            OperationKind::Join => Operation::Join { group: object() },
            OperationKind::Leave => Operation::Leave { group: object() },
            OperationKind::Members => Operation::Members { group: object(), names: false },
            OperationKind::Multicast => {
                let group = object();
                Operation::Multicast { group, order: Order::Total, bytes: self.object_bytes }
            }
            OperationKind::Lookup => Operation::Lookup { target: self.target(node, &mut stream) },
        }
    }

    /// A uniformly drawn peer other than `node`, if there is one.
    fn target(&self, node: NodeId, stream: &mut Stream) -> NodeId {
        let excluded = (1..=self.peers).contains(&node.0) && self.peers > 1;
        let drawn = stream.below(u64::from(self.peers - u32::from(excluded))) as u32 + 1;
        NodeId(drawn + u32::from(excluded && drawn >= node.0))
    }
}

#[cfg(test)]
mod tests;
