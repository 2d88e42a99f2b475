//! Parameters of the token-ring baseline.

use crate::node::Span;

/// When a daemon hands a message on to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Once every daemon of the ring has it (Totem's safe delivery).
    Safe,
    /// Once all messages ordered before it are there (Totem's agreed delivery).
    Agreed,
}

/// Parameters of the token-ring baseline, as plain data. Names are those of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How many of the peers, from the first on, are daemons; `None`: all.
    pub daemons: Option<u32>,
    /// When messages are handed on to clients.
    pub delivery: Delivery,
    /// Packets that all daemons together send in one rotation of the token (Spread's global
    /// window); more only if each has just one.
    pub window: u32,
    /// Packets that one daemon sends while it has the token (Spread's personal window).
    pub personal_window: u32,
    /// Messages are packed into packets of at most so many bytes of content; a larger message has
    /// one to itself.
    pub packet: u32,
    /// A daemon that hasn't seen the token for so long looks for a new ring; `None`: 2 s, and 150
    /// ms for each daemon in the ring. It must be longer than a rotation.
    pub token_timeout: Option<Span>,
    /// A token that the next daemon hasn't acknowledged is sent again after the measured
    /// retransmission timeout, but not sooner than this.
    pub token_retransmit: Span,
    /// So often; then a new ring is looked for.
    pub token_retransmits: u32,
    /// A token that has overtaken packets waits for them, but not longer than this.
    pub reorder_wait: Span,
    /// How often a daemon that looks for a ring repeats itself to those that haven't agreed.
    pub join_timeout: Span,
    /// Daemons that haven't agreed after so long are left out.
    pub consensus_timeout: Span,
    /// How often a daemon looks whether one that was left out is there after all.
    pub merge_interval: Span,
    /// How often a client asks its daemon for a sign of life.
    pub heartbeat_interval: Span,
    /// After this long an operation fails.
    pub operation_timeout: Span,
    /// A daemon refuses further clients above this.
    pub max_clients: u32,
    /// How many messages of a group are kept, for members that lack some.
    pub group_log: u32,
}

impl Config {
    /// How long a daemon in a ring of `daemons` waits for the token.
    #[must_use]
    pub fn patience(&self, daemons: usize) -> Span {
        let each = Span::from_millis(150).times(daemons as u64);
        self.token_timeout.unwrap_or(Span::from_secs(2) + each)
    }
}

impl Config {
    /// After so long a ring of `daemons` that nobody enters or leaves any more works, and all members
    /// have the same state: the loss of a token is noticed, agreement is reached in the second try, the
    /// ring is made and states are handed over; and whoever was left out is found.
    #[must_use]
    pub fn settling_bound(&self, daemons: usize) -> Span {
        let merge = if self.merge_interval.is_never() { Span::ZERO } else { self.merge_interval };
        self.patience(daemons).times(6) + self.consensus_timeout.times(4) + merge.times(3)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            daemons: None,
            delivery: Delivery::Safe,
            // The sample configuration that comes with Spread 4.3.
            window: 100,
            personal_window: 20,
            // What fits into an Ethernet frame.
            packet: 1_400,
            token_timeout: None,
            token_retransmit: Span::from_millis(200),
            // As Corosync.
            token_retransmits: 4,
            reorder_wait: Span::from_millis(50),
            // As Spread in wide-area networks.
            join_timeout: Span::from_millis(250),
            consensus_timeout: Span::from_millis(2_500),
            merge_interval: Span::from_secs(10),
            heartbeat_interval: Span::from_secs(5),
            operation_timeout: Span::from_secs(15),
            max_clients: 10_000,
            group_log: 64,
        }
    }
}
