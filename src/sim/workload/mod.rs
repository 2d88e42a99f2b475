//! The workload: which operations are issued where, and when.
//!
//! Open loop: every issuer has a Poisson process of its own that doesn't wait for answers, so a
//! slow system is not spared (no "coordinated omission"). Operation `count` of a node is a pure
//! function of (seed, node, count), and for groups of those that the node has joined then.
//!
//! Group members join and leave by themselves ([`Groups`]), not by the mix.
//!
//! What isn't here: operation ids (the driver numbers them), and retries (the protocol's).

mod config;
mod groups;
mod members;
mod popularity;
mod surges;

pub use config::{Change, Given, GroupsConfig, LoadChange, Popularity, Sizes, WorkloadConfig};
pub use groups::Groups;
pub use members::Members;

use crate::node::{Key, NodeId, ObjectId, Operation, OperationKind, Purpose, Span, Stream, Time};
use crate::sim::dist;
use popularity::Chooser;
use surges::Surges;

/// The lanes of [`Purpose::Workload`] that this module draws from; counter (draw, lane, node,
/// count), unless another one is said.
mod lane {
    pub const GAP: u32 = u32::from_be_bytes(*b"wait");
    pub const OPERATION: u32 = u32::from_be_bytes(*b"work");
    pub const ORDER: u32 = u32::from_be_bytes(*b"rank");
    pub const ROW: u32 = u32::from_be_bytes(*b"more");
    /// Counter (draw, lane, world, group).
    pub const CAST: u32 = u32::from_be_bytes(*b"cast");
    /// Counter (draw, lane, world, change).
    pub const CROWD: u32 = u32::from_be_bytes(*b"mass");
    /// Counter (group, lane, client, 0).
    pub const TAKEN: u32 = u32::from_be_bytes(*b"seat");
    /// Counter (group, lane, client, phase).
    pub const TURN: u32 = u32::from_be_bytes(*b"turn");
    /// Counter (group, lane, client, change).
    pub const ARRIVAL: u32 = u32::from_be_bytes(*b"come");
    /// Counter (2 group and 2 group + 1, lane, client, change).
    pub const EXODUS: u32 = u32::from_be_bytes(*b"quit");
    /// Counter (draw, lane, client, incarnation).
    pub const RAMP: u32 = u32::from_be_bytes(*b"ramp");
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
    groups: Option<Groups>,
    surges: Surges,
}

impl Workload {
    /// The workload of a run. `peers` is the number of peers, ids 1 to `peers`: the targets of
    /// lookups. `clients` is the number of clients, whose ids follow: the members of groups.
    ///
    /// Memory: 8 bytes an object where popularity follows Zipf's law; 4 bytes a client's place in a
    /// group.
    ///
    /// # Panics
    /// If `peers` or the number of objects is 0, the mix is empty, or there are too many groups or
    /// changes ([`Groups::new`]).
    #[must_use]
    pub fn new(config: &WorkloadConfig, peers: u32, clients: u32, seed: u64) -> Self {
        assert!(peers > 0, "a workload needs peers");
        assert!(!config.mix.is_empty(), "a workload needs at least one kind of operation");
        let mut end = 0.0;
        let kinds = (config.mix.iter())
            .map(|&(kind, share)| {
                end += share;
                (kind, end)
            })
            .collect();
        let key = Key::new(seed, Purpose::Workload);
        let nodes = (NodeId(peers + 1), clients);
        let groups = (config.groups.as_ref())
            .map(|groups| Groups::new(groups, &config.changes, nodes, config.objects, key));
        Self {
            key,
            peers,
            mean_gap_ns: (config.rate > 0.0).then(|| 1e9 / config.rate),
            kinds,
            objects: Chooser::new(config.popularity, config.objects),
            groups,
            surges: Surges::new(&config.changes),
        }
    }

    /// The groups, if there are any.
    #[must_use]
    pub const fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
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

    /// When `node` issues its operation `count`, if the one before came at `from` (before the first:
    /// if its process began then). A surge runs through the gap faster. Always later than `from`.
    #[must_use]
    pub fn next(&self, node: NodeId, count: u32, from: Time) -> Time {
        self.surges.after(from, self.gap(node, count))
    }

    /// What `node` asks for as its operation `count`: a kind by the mix, an object by popularity, a
    /// group uniformly among those that it has joined (and sends in, if it is a multicast); a
    /// lookup's target is a uniformly drawn peer other than `node` (itself only if it is the sole
    /// peer). `None`: there is no such group, or it wasn't the beginning of a row of messages.
    #[must_use]
    pub fn operation(&self, node: NodeId, count: u32, members: &Members) -> Option<Operation> {
        let mut stream = self.key.lane(node.0, count, lane::OPERATION);
        let share = stream.unit();
        let last = self.kinds.len() - 1;
        // The shares may sum to a little less than 1: the last kind takes what is left.
        let kind = self.kinds[self.kinds.partition_point(|&(_, end)| end <= share).min(last)].0;
        let object = |stream: &mut Stream| ObjectId(self.objects.choose(stream));
        let operation = match kind {
            OperationKind::Read => Operation::Read { object: object(&mut stream) },
            OperationKind::Update => Operation::Update { object: object(&mut stream) },
            OperationKind::Lookup => Operation::Lookup { target: self.target(node, &mut stream) },
            OperationKind::Multicast => {
                return self.groups.as_ref()?.multicast(node, count, members, &mut stream);
            }
            OperationKind::Members => {
                return self.groups.as_ref()?.members(node, members, &mut stream);
            }
            // They follow from the groups' turnover.
            OperationKind::Join | OperationKind::Leave => return None,
        };
        Some(operation)
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
