//! Parameters of the consensus baseline.

use crate::node::Span;
use crate::protocol::overlay;

/// Parameters of the consensus baseline, as plain data. Names are those of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// r: how many peers keep a log; 3 at least.
    pub replicas: u32,
    /// How many logs the ring of keys is divided among.
    pub logs: u32,
    /// A tick of the library: heartbeats among members, elections, repeats. An answer must be back
    /// within one, so it is longer than the longest round trip.
    pub election_timeout: Span,
    /// How long messages of one log gather at a member, so that entries travel together.
    pub flush_interval: Span,
    /// A member that the leader hasn't heard of for so long is replaced; a peer that is closer to
    /// the log than a member takes its place when it has been so for as long.
    pub replace_after: Span,
    /// How often a client asks its access peer for a sign of life.
    pub heartbeat_interval: Span,
    /// After this long an operation fails.
    pub operation_timeout: Span,
    /// A peer refuses further clients above this.
    pub max_clients: u32,
    /// How many messages of a group are kept: by the log's members, and by access peers.
    pub group_log: u32,
    /// How many other access peers a peer sends a message of a group to.
    pub fanout: u32,
    /// How often an access peer asks a member of the log for the last place of a group that it has
    /// members of.
    pub repair_interval: Span,
    /// Parameters of the overlay.
    pub overlay: overlay::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            replicas: 5,
            logs: 64,
            election_timeout: Span::from_secs(1),
            flush_interval: Span::from_millis(1),
            replace_after: Span::from_secs(5),
            heartbeat_interval: Span::from_secs(5),
            operation_timeout: Span::from_secs(15),
            max_clients: 10_000,
            group_log: 64,
            fanout: 16,
            repair_interval: Span::from_secs(30),
            overlay: overlay::Config::default(),
        }
    }
}
