//! Parameters of the workload, as plain data.

use crate::node::{Operation, OperationKind, Span};

/// Parameters of the workload, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadConfig {
    /// Operations per second of each client (of each peer, where there are no clients), Poisson,
    /// open loop.
    pub rate: f64,
    /// Shares of the kinds, summing to 1. Joins and leaves have no share: they follow from `groups`
    /// and `changes`.
    pub mix: Vec<(OperationKind, f64)>,
    /// Number of objects, at least 1.
    pub objects: u32,
    /// How operations choose objects.
    pub popularity: Popularity,
    /// Size of an object in bytes.
    pub object_bytes: u32,
    /// Groups and their members; `None`: there are no groups.
    pub groups: Option<GroupsConfig>,
    /// Changes of the load that are known before the run.
    pub changes: Vec<LoadChange>,
}

/// An operation that is given, not drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given {
    /// When it is asked for, after the start of the run; if its client is away then, it isn't.
    pub at: Span,
    /// By which client, from 1.
    pub client: u32,
    /// What.
    pub operation: Operation,
}

/// How operations choose among objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Popularity {
    /// All alike.
    Uniform,
    /// The object of rank k (from 1), which is object k - 1, with a probability proportional to
    /// k^-s. (An object's place in the system is a hash of its number, so that popular ones aren't
    /// neighbours.)
    Zipf(f64),
}

/// Groups, who is in them, and what members do.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupsConfig {
    /// How many groups, at least 1.
    pub count: u32,
    /// Mean number of clients online, at least 1: sizes count members that are online.
    pub clients: u32,
    /// Mean numbers of members online.
    pub sizes: Sizes,
    /// Size of a multicast message in bytes.
    pub message_bytes: u32,
    /// Share of multicasts in total order; the others are fifo.
    pub total: f64,
    /// Mean number of members online in each group that send; `None`: all.
    pub senders: Option<u32>,
    /// Mean time in a group, exponential; [`Span::NEVER`]: for good.
    pub stay: Span,
    /// Mean time until a member that left comes back, exponential.
    pub away: Span,
    /// A client that boots joins its groups at uniform instants of this time.
    pub ramp: Span,
    /// Mean number of messages that a sender sends in a row, geometric; at least 1.
    pub burst: f64,
    /// The time between two messages of a row.
    pub burst_gap: Span,
}

/// Sizes of groups.
#[derive(Clone, Debug, PartialEq)]
pub enum Sizes {
    /// The group of rank r (from 1) has max(1, N r^-s) members, rounded; N is the number of
    /// clients.
    Rank(f64),
    /// All alike.
    Fixed(u32),
    /// One entry a group.
    List(Vec<u32>),
}

impl GroupsConfig {
    /// Mean number of members online of group `index`, as asked for.
    #[must_use]
    pub fn size(&self, index: u32) -> u32 {
        match &self.sizes {
            Sizes::Rank(s) => {
                let size = f64::from(self.clients) * libm::pow(f64::from(index + 1), -s);
                (libm::round(size) as u32).max(1)
            }
            Sizes::Fixed(size) => *size,
            Sizes::List(sizes) => sizes.get(index as usize).copied().unwrap_or(1),
        }
    }

    /// How many times more clients than its size a group needs, because each is away from it for
    /// part of the time: (stay + away) / stay.
    #[must_use]
    pub fn turnover(&self) -> f64 {
        if self.stay.is_never() {
            return 1.0;
        }
        (self.stay.seconds() + self.away.seconds()) / self.stay.seconds()
    }
}

/// A change of the load that is known before the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadChange {
    /// When it begins, after the start of the run.
    pub at: Span,
    /// How long it takes.
    pub lasts: Span,
    /// What changes.
    pub what: Change,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Clients that had nothing to do with a group join it, each at a uniform instant, and stay.
    Crowd {
        /// The group, by index from 0.
        group: u32,
        /// How many of them are online in the mean.
        clients: u32,
    },
    /// The rate of all clients' operations is multiplied meanwhile.
    Surge {
        /// By this, 0 or more.
        rate: f64,
    },
    /// Clients leave a group for good, each at a uniform instant.
    Exodus {
        /// The group, by index from 0.
        group: u32,
        /// The probability of each.
        share: f64,
    },
}
