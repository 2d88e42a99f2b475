//! Parameters of the client-server baseline.

use crate::node::Span;

/// Parameters of the client-server baseline, as plain data. Names are those of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How many of the peers, from the first on, are servers; at least 1.
    pub servers: u32,
    /// How often a client asks its home server for a sign of life.
    pub heartbeat_interval: Span,
    /// After this long an operation fails.
    pub operation_timeout: Span,
    /// A request is repeated after the retransmission timeout, but not sooner than this. RFC 6298
    /// (2.4) asks for 1 s, and there is a reason: where the timeout is closer to the round trip, a
    /// short queue at the server makes clients repeat what is already in it, the repeats make the
    /// queue longer, and a server at 70 % load never recovers.
    pub rto_min: Span,
    /// How many operation ids an object remembers of its lineage.
    pub dedupe: u32,
    /// How many messages of a group a server keeps, for members that lack some.
    pub group_log: u32,
    /// Whether a server's objects, and the messages of its groups, survive its crash or leave.
    pub durable: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: 1,
            heartbeat_interval: Span::from_secs(5),
            operation_timeout: Span::from_secs(15),
            rto_min: Span::from_secs(1),
            dedupe: 32,
            group_log: 64,
            // A server has a disk; a peer of Clippee need not.
            durable: true,
        }
    }
}
