//! The workload: which operations are issued where, and when.

use crate::node::OperationKind;

/// Parameters of the workload, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadConfig {
    /// Operations per second of each client (of each peer, where there are no clients), Poisson, open loop.
    pub rate: f64,
    /// Shares of the kinds, summing to 1.
    pub mix: Vec<(OperationKind, f64)>,
    /// Number of objects, at least 1.
    pub objects: u32,
    /// How operations choose objects.
    pub popularity: Popularity,
    /// Size of an object in bytes.
    pub object_bytes: u32,
}

/// How operations choose among objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Popularity {
    /// All alike.
    Uniform,
    /// The object of rank k (from 1) with a probability proportional to k^-s.
    Zipf(f64),
}

use crate::node::{Key, NodeId, ObjectId, Operation, Purpose, Span};

/// Stand-in.
#[derive(Debug)]
pub struct Workload {
    config: WorkloadConfig,
    peers: u32,
    key: Key,
}

impl Workload {
    /// Stand-in.
    #[must_use]
    pub fn new(config: &WorkloadConfig, peers: u32, seed: u64) -> Self {
        Self { config: config.clone(), peers, key: Key::new(seed, Purpose::Workload) }
    }
    /// Stand-in.
    #[must_use]
    pub fn gap(&self, node: NodeId, count: u32) -> Span {
        if self.config.rate == 0.0 {
            return Span::NEVER;
        }
        let unit = self.key.lane(node.0, count, 1).unit_open();
        Span::from_secs_f64(-libm::log(unit) / self.config.rate)
    }
    /// Stand-in.
    #[must_use]
    pub fn operation(&self, node: NodeId, count: u32) -> Operation {
        let mut stream = self.key.lane(node.0, count, 2);
        let object = ObjectId(stream.below(u64::from(self.config.objects)) as u32);
        let mut u = stream.unit();
        for &(kind, share) in &self.config.mix {
            u -= share;
            if u <= 0.0 {
                return match kind {
                    OperationKind::Read => Operation::Read { object },
                    OperationKind::Lookup => {
                        let other = stream.below(u64::from(self.peers) - 1) as u32 + 1;
                        Operation::Lookup { target: NodeId(other + u32::from(other >= node.0)) }
                    }
                    _ => Operation::Update { object },
                };
            }
        }
        Operation::Update { object }
    }
}
