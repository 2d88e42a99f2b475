//! The network: how long a message takes, and whether it arrives.
//!
//! A message is named by its sender and the sender's count; its fate is a pure function of that
//! name, so it is the same on every shard and in every order. Latency is one way. Models that are
//! "fixed per pair" place the nodes when they are built and give every message between two nodes
//! the same latency, before jitter.
//!
//! What isn't here: queues (a node's service time, and what waits for its links, belongs to the
//! node), faults of a plan (`fault`), and anything else that remembers. The models and their sources are explained in
//! `docs/models.md`.

mod config;
mod drawn;
mod fixed;
pub mod planetlab;

pub use config::{Latency, Matrix, NetworkConfig};

use crate::node::{Key, NodeId, Purpose, Span};
use crate::sim::dist;
use drawn::Drawn;
use fixed::{Fixed, Measured, Square};
use planetlab::Planetlab;
use std::sync::Arc;

/// How long a message of a node to itself takes: the loopback interface of one machine.
pub const LOOPBACK: Span = Span::from_micros(10);

/// The lanes that this folder draws from: names no other part uses.
mod lane {
    /// Of [`super::Purpose::Network`]; counter (block, lane, sender, sender's count).
    pub const MESSAGE: u32 = u32::from_be_bytes(*b"fate");
    /// Of [`super::Purpose::Network`]; counter (0, lane, lesser node, greater node).
    pub const PAIR: u32 = u32::from_be_bytes(*b"pair");
    /// Of [`super::Purpose::Placement`]; counter (draw, lane, node, 0).
    pub const SITE: u32 = u32::from_be_bytes(*b"site");
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// After what delay it arrives; `None`: it is lost.
    pub first: Option<Span>,
    /// After what delay its duplicate arrives, if the network makes one. A lost message has none.
    pub second: Option<Span>,
}

/// A latency model, ready for use.
#[derive(Clone, Debug)]
enum Model {
    Drawn(Drawn),
    Fixed(Fixed),
}

impl Model {
    fn new(latency: &Latency, nodes: usize, seed: u64) -> Self {
        let ns = |span: Span| span.nanos() as f64;
        match *latency {
            Latency::Constant(span) => Self::Fixed(Fixed::Constant(ns(span))),
            Latency::Uniform { min, max } => {
                Self::Drawn(Drawn::Uniform { min: ns(min), max: ns(max) })
            }
            Latency::Exponential { mean, least } => {
                Self::Drawn(Drawn::Exponential { mean: ns(mean), least: ns(least) })
            }
            Latency::Lognormal { median, sigma, max } => {
                Self::Drawn(Drawn::Lognormal { median: ns(median), sigma, max: ns(max) })
            }
            Latency::Euclid { min, max } => {
                Self::Fixed(Fixed::Euclid(Square::new(ns(min), ns(max), nodes, seed)))
            }
            Latency::Planetlab => Self::Fixed(Fixed::Planetlab(Planetlab::new(nodes, seed))),
            Latency::Matrix(ref matrix) => {
                Self::Fixed(Fixed::Matrix(Measured::new(Arc::clone(matrix), nodes, seed)))
            }
        }
    }
}

/// The network between the nodes. Immutable; all draws are functions of who sends what to whom.
#[derive(Clone, Debug)]
pub struct Network {
    key: Key,
    model: Model,
    jitter: f64,
    loss: Chance,
    duplicate: Chance,
    /// Whether there is no jitter, loss, or duplicate.
    is_plain: bool,
}

impl Network {
    /// The network between nodes 1 to `nodes`. Memory: at most 16 bytes a node.
    #[must_use]
    pub fn new(config: &NetworkConfig, nodes: usize, seed: u64) -> Self {
        Self {
            key: Key::new(seed, Purpose::Network),
            model: Model::new(&config.latency, nodes, seed),
            jitter: config.jitter,
            loss: Chance::new(config.loss),
            duplicate: Chance::new(config.duplicate),
            is_plain: [config.jitter, config.loss, config.duplicate] == [0.0; 3],
        }
    }

    /// What becomes of message number `seq` of `from`, sent to `to`. Every delay is at least 1 ns,
    /// and between different nodes at least [`Network::least_delay`]. A message to oneself takes
    /// [`LOOPBACK`] and isn't lost or duplicated. Bandwidth and service come on top.
    #[must_use]
    pub fn fate(&self, from: NodeId, to: NodeId, seq: u32) -> Fate {
        self.decide(from, to, seq, false)
    }

    /// The same, but a message that isn't lost has a duplicate.
    #[must_use]
    #[cold]
    pub fn doubled(&self, from: NodeId, to: NodeId, seq: u32) -> Fate {
        self.decide(from, to, seq, true)
    }

    // Inlined: `fate` is asked for each message, and `doubled` hardly ever.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is asked for each message")]
    fn decide(&self, from: NodeId, to: NodeId, seq: u32, twice: bool) -> Fate {
        if from == to {
            return Fate { first: Some(LOOPBACK), second: None };
        }
        // A network that never makes use of these draws needn't make them.
        let [lost, doubled, jitter, second_jitter] = if self.is_plain && !twice {
            [u32::MAX; 4]
        } else {
            self.key.block([0, lane::MESSAGE, from.0, seq])
        };
        if self.loss.happens(lost) {
            return Fate { first: None, second: None };
        }
        let doubled = self.duplicate.happens(doubled) || twice;
        let (first, second) = match &self.model {
            Model::Fixed(fixed) => {
                let ns = fixed.latency_ns(from, to);
                (ns, ns)
            }
            Model::Drawn(law) => {
                let [a, b, c, d] = self.key.block([1, lane::MESSAGE, from.0, seq]);
                (law.quantile_ns(unit(a, b)), law.quantile_ns(unit(c, d)))
            }
        };
        Fate {
            first: Some(self.delay(first, jitter)),
            second: doubled.then(|| self.delay(second, second_jitter)),
        }
    }

    /// Looks at where a node is, so that it is at hand when the node sends; gives something that
    /// depends on it.
    #[must_use]
    pub fn glance(&self, node: NodeId) -> u32 {
        match &self.model {
            Model::Fixed(fixed) => fixed.glance(node),
            Model::Drawn(_) => 0,
        }
    }

    /// The expected one-way latency from `a` to `b`, without jitter.
    #[must_use]
    pub fn nearness(&self, a: NodeId, b: NodeId) -> Span {
        if a == b {
            return LOOPBACK;
        }
        let ns = match &self.model {
            Model::Fixed(fixed) => fixed.latency_ns(a, b),
            Model::Drawn(law) => law.mean_ns(),
        };
        Span::from_nanos_f64(ns).max(Span::from_nanos(1))
    }

    /// A lower bound of every delay between different nodes: the lookahead of a parallel driver. At
    /// least 1 ns.
    #[must_use]
    pub fn least_delay(&self) -> Span {
        let ns = match &self.model {
            Model::Fixed(fixed) => fixed.least_ns(),
            Model::Drawn(law) => law.least_ns(),
        };
        Span::from_nanos_f64(ns).max(Span::from_nanos(1))
    }

    /// `latency_ns` and its jitter, rounded to whole nanoseconds.
    fn delay(&self, latency_ns: f64, jitter: u32) -> Span {
        let share = f64::from(jitter) / 4_294_967_296.0;
        Span::from_nanos_f64(latency_ns + latency_ns * self.jitter * share).max(Span::from_nanos(1))
    }
}

/// Two quarters of a block as a number in (0, 1).
fn unit(low: u32, high: u32) -> f64 {
    dist::open_unit(u64::from(low) | u64::from(high) << 32)
}

/// A probability, compared with 32 random bits: exact at 0 and 1, and to 2^-33 between.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Chance {
    threshold: u64,
}

impl Chance {
    pub fn new(probability: f64) -> Self {
        Self { threshold: (probability * 4_294_967_296.0 + 0.5) as u64 }
    }

    pub fn happens(self, bits: u32) -> bool {
        u64::from(bits) < self.threshold
    }
}

/// How long a link of `bits_per_second` is busy with `bytes`: rounded up, at least 1 ns.
#[must_use]
pub fn transmission(bytes: u32, bits_per_second: u64) -> Span {
    // 2^32 bytes are 3.4e19 bit-nanoseconds per second: more than 64 bits hold.
    let work = u128::from(bytes) * 8 * 1_000_000_000;
    let ns = work.div_ceil(u128::from(bits_per_second.max(1)));
    Span::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX).max(1))
}

#[cfg(test)]
mod tests;
