//! Parameters of Clippee.

use crate::node::Span;
use crate::protocol::overlay;

/// Parameters of Clippee, as plain data. Names are those of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// r: how many peers hold an object; at most half the leaf set + 1.
    pub replicas: u32,
    /// Grants that make a lock, of `replicas`; not read with [`LockPolicy::Subset`].
    pub lock_quorum: Quorum,
    /// Acknowledged commits before the client is answered.
    pub write_acks: Quorum,
    /// Replicas asked by a read.
    pub read_quorum: Quorum,
    /// Whom a coordinator asks for locks, and whether it waits where one is taken.
    pub lock_policy: LockPolicy,
    /// How long a replica keeps a lock without hearing from its holder.
    pub lock_lease: Span,
    /// How long a coordinator waits for grants; `None` ("auto"): the largest retransmission timeout
    /// among the replicas, kept below half the lease.
    pub lock_timeout: Option<Span>,
    /// Lock rounds per operation, the first included.
    pub attempts: u32,
    /// Mean-doubling wait between rounds: uniform up to backoff * 2^(k-1) after the k-th failure.
    pub backoff: Span,
    /// Upper end of that wait.
    pub backoff_max: Span,
    /// How long a coordinator trusts a replica set it has looked up.
    pub cache_ttl: Span,
    /// How often replicas exchange summaries.
    pub repair_interval: Span,
    /// How often a client asks its access peer for a sign of life.
    pub heartbeat_interval: Span,
    /// After this long an operation fails.
    pub operation_timeout: Span,
    /// How many operation ids an object remembers of its lineage.
    pub dedupe: u32,
    /// Whether a peer's objects survive its crash.
    pub durable: bool,
    /// A peer refuses further clients above this.
    pub max_clients: u32,
    /// Messages a group keeps for gap filling.
    pub group_log: u32,
    /// Children of an inner peer in a dissemination tree.
    pub fanout: u32,
    /// Parameters of the overlay, `start` included.
    pub overlay: overlay::Config,
}

impl Config {
    /// The longest that a lock round may wait for grants (CLIPPEE 5.5): `lock_timeout`, or just
    /// below half the lease where that is "auto".
    #[must_use]
    pub fn longest_lock_timeout(&self) -> Span {
        let below_half = self.lock_lease.part(2).less(Span::from_nanos(1));
        self.lock_timeout.unwrap_or(below_half)
    }

    /// How many replicas are asked for a lock, of `replicas`.
    #[must_use]
    pub const fn lock_asked(&self) -> u32 {
        match self.lock_policy {
            LockPolicy::Refuse | LockPolicy::Queue => self.replicas,
            LockPolicy::Subset(size) => size,
        }
    }

    /// How many of them must grant.
    #[must_use]
    pub const fn lock_grants(&self) -> u32 {
        match self.lock_policy {
            LockPolicy::Refuse | LockPolicy::Queue => self.lock_quorum.of(self.replicas),
            LockPolicy::Subset(size) => size,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            replicas: 5,
            lock_quorum: Quorum::Majority,
            write_acks: Quorum::Majority,
            read_quorum: Quorum::Number(1),
            lock_policy: LockPolicy::Refuse,
            lock_lease: Span::from_secs(5),
            lock_timeout: None,
            attempts: 8,
            backoff: Span::from_millis(100),
            backoff_max: Span::from_millis(3_200),
            cache_ttl: Span::from_secs(60),
            repair_interval: Span::from_secs(30),
            heartbeat_interval: Span::from_secs(5),
            operation_timeout: Span::from_secs(15),
            dedupe: 32,
            durable: false,
            max_clients: 10_000,
            group_log: 64,
            fanout: 16,
            overlay: overlay::Config::default(),
        }
    }
}

/// How many of r replicas are needed. Always of r, never of the set found (CLIPPEE 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// r.
    All,
    /// r / 2 + 1.
    Majority,
    /// A fixed number, 1 to r.
    Number(u32),
}

impl Quorum {
    /// The number needed of `r`.
    #[must_use]
    pub const fn of(self, r: u32) -> u32 {
        match self {
            Self::All => r,
            Self::Majority => r / 2 + 1,
            Self::Number(n) => n,
        }
    }
}

/// Whom a coordinator asks for locks, and whether it waits where one is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockPolicy {
    /// All replicas, a quorum of which must grant at once: a try-lock.
    Refuse,
    /// All replicas; who can't grant at once queues the request, and grants it when its turn comes.
    Queue,
    /// So many replicas, drawn anew for each round, all of which must grant at once. Two rounds may
    /// both be granted if they drew disjoint subsets: a stochastic lock.
    Subset(u32),
}

impl LockPolicy {
    /// Whether requests wait where the lock is taken.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Queue)
    }
}
