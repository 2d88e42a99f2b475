//! Scenarios: a TOML file, checked as a whole, becomes plain data.

pub mod files;

use crate::node::Span;
use crate::protocol::{clippee, overlay};
use crate::sim::network::NetworkConfig;
use crate::sim::population::Population;
use crate::sim::workload::WorkloadConfig;

/// A validated scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The name, and the folder of its results.
    pub name: String,
    /// The seed of all randomness.
    pub seed: u64,
    /// How long the workload runs.
    pub duration: Span,
    /// How much of the beginning is left out of the statistics.
    pub warmup: Span,
    /// How long the run goes on afterwards; `None` ("auto"): as CLIPPEE section 4 says.
    pub drain: Option<Span>,
    /// The protocols, in the order of the file; `run` takes the first.
    pub protocols: Vec<ProtocolConfig>,
    /// The peers.
    pub peers: Population,
    /// The clients.
    pub clients: Population,
    /// The network.
    pub network: NetworkConfig,
    /// The workload.
    pub workload: WorkloadConfig,
}

/// A protocol and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum ProtocolConfig {
    /// `[protocol.clippee]`
    Clippee(clippee::Config),
    /// `[protocol.overlay]`
    Overlay(overlay::Config),
}
