//! The one big match: which protocol a scenario names, and what its world is made of.

use super::placement;
use super::run::{Options, Outcome, Progress, Run};
use super::timeline::Timeline;
use crate::node::{Key, NodeId, Purpose, Role, Span};
use crate::protocol::clippee::{self, Clippee};
use crate::protocol::overlay::{self, Lookups, Start};
use crate::scenario::{ProtocolConfig, Scenario};
use crate::sim::network::Network;
use crate::sim::workload::Workload;
use crate::sim::{Group, Plan};
use std::sync::Arc;

/// Boots of nodes that join by message at the start lie this far apart, so that each finds others to join through.
const STAGGER: Span = Span::from_millis(10);

/// The parts of a plan that don't depend on the protocol.
struct Parts {
    timeline: Timeline,
    peers: Group,
    clients: Group,
    network: Arc<Network>,
    workload: Workload,
    ids: Vec<u64>,
}
