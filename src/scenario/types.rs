//! What a scenario is once it has been read: plain data.

use crate::node::Span;
use crate::protocol::{client_server, clippee, consensus, overlay, token_ring};
use crate::sim::fault::FaultConfig;
use crate::sim::network::NetworkConfig;
use crate::sim::population::Population;
use crate::sim::workload::{Given, WorkloadConfig};

/// A validated scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The name, and the folder of its results.
    pub name: String,
    /// The seed of all randomness, 0 to 2^63 - 1 (TOML's integers end there).
    pub seed: u64,
    /// How long the workload runs.
    pub duration: Span,
    /// How much of the beginning is left out of the statistics; shorter than `duration`.
    pub warmup: Span,
    /// How long the run goes on afterwards; `None` ("auto"): as CLIPPEE section 4 says.
    pub drain: Option<Span>,
    /// The protocols, in the order of the file, the chosen one first; at least one. `run` takes the
    /// first.
    pub protocols: Vec<ProtocolConfig>,
    /// The peers.
    pub peers: Population,
    /// The clients.
    pub clients: Population,
    /// The network.
    pub network: NetworkConfig,
    /// The workload.
    pub workload: WorkloadConfig,
    /// Whether the workload draws operations, and lets clients join groups.
    pub drawn: bool,
    /// Operations that are given, beside those.
    pub operations: Vec<Given>,
    /// The plan of faults.
    pub faults: Vec<FaultConfig>,
    /// The guarantees that the run must keep, by their names; each at most once.
    pub require: Vec<&'static str>,
}

/// A protocol and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum ProtocolConfig {
    /// `[protocol.clippee]`
    Clippee(clippee::Config),
    /// `[protocol.client_server]`
    ClientServer(client_server::Config),
    /// `[protocol.consensus]`
    Consensus(consensus::Config),
    /// `[protocol.token_ring]`
    TokenRing(token_ring::Config),
    /// `[protocol.overlay]`: lookups alone.
    Overlay {
        /// Parameters of the overlay, `start` included.
        overlay: overlay::Config,
        /// After this long a lookup fails.
        operation_timeout: Span,
    },
}

impl ProtocolConfig {
    /// The name of the protocol's table.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Clippee(_) => "clippee",
            Self::ClientServer(_) => "client_server",
            Self::Consensus(_) => "consensus",
            Self::TokenRing(_) => "token_ring",
            Self::Overlay { .. } => "overlay",
        }
    }
}
