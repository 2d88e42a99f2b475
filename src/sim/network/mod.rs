//! The network: how long a message takes, and whether it arrives.

mod config;

pub use config::{Latency, Matrix, NetworkConfig};

use crate::node::{NodeId, Span};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Its delay; `None`: lost.
    pub first: Option<Span>,
    /// The delay of its duplicate.
    pub second: Option<Span>,
}

/// Stand-in: constant delays.
#[derive(Debug)]
pub struct Network {
    delay: Span,
}

impl Network {
    /// Stand-in.
    #[must_use]
    pub fn new(config: &NetworkConfig, _nodes: usize, _seed: u64) -> Self {
        match config.latency {
            Latency::Constant(delay) => Self { delay },
            _ => Self { delay: Span::from_millis(50) },
        }
    }
    /// Stand-in.
    #[must_use]
    pub fn fate(&self, _from: NodeId, _to: NodeId, _seq: u32) -> Fate {
        Fate { first: Some(self.delay), second: None }
    }
    /// Stand-in.
    #[must_use]
    pub fn nearness(&self, _a: NodeId, _b: NodeId) -> Span {
        self.delay
    }
}

/// Time that `bytes` take on a link.
#[must_use]
pub fn transmission(bytes: u32, bits_per_second: u64) -> Span {
    Span::from_nanos((u64::from(bytes) * 8_000_000_000).div_ceil(bits_per_second).max(1))
}
