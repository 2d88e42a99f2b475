//! Churn: when each node is online, and how its sessions end.

mod config;

pub use config::{ChurnConfig, Law, Trace};

use crate::node::{NodeId, Time};

/// What a phase ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The node boots.
    Boot = 0,
    /// It leaves politely.
    Leave = 1,
    /// It crashes.
    Crash = 2,
}

/// The end of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseEnd {
    /// When.
    pub at: Time,
    /// In what.
    pub change: Change,
}

/// Stand-in: none.
#[derive(Debug)]
pub struct Churn;

impl Churn {
    /// Stand-in.
    #[must_use]
    pub fn new(_config: &ChurnConfig, _first: NodeId, _count: u32, _seed: u64) -> Self {
        Self
    }
    /// Stand-in.
    #[must_use]
    pub fn identities(_config: &ChurnConfig, count: u32) -> u32 {
        count
    }
    /// Stand-in.
    #[must_use]
    pub fn is_up_at_start(&self, _node: NodeId) -> bool {
        true
    }
    /// Stand-in.
    #[must_use]
    pub fn phase_end(&self, _node: NodeId, _index: u32, _began: Time) -> Option<PhaseEnd> {
        None
    }
}
