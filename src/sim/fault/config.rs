//! The plan of faults, as plain data.

use crate::node::Span;

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultConfig {
    /// When it begins, after the start of the run.
    pub at: Span,
    /// How long it lasts, cut off at the end of the workload. Without length it does nothing;
    /// [`Span::NEVER`]: to the end of the workload, and nodes that crash never come back.
    pub lasts: Span,
    /// What goes wrong.
    pub what: Fault,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Messages between two sides are dropped.
    Cut {
        /// One side.
        side: Targets,
        /// The other: these, but for those on the first side.
        from: Targets,
        /// Which messages, as the first side sees it.
        direction: Direction,
    },
    /// Nodes are divided, and those of different parts can't hear each other.
    Split {
        /// The shares of the parts, summing to at most 1; the rest is one more.
        shares: Vec<f64>,
        /// Who is divided; the others hear and are heard by all.
        of: Population,
    },
    /// Targets are cut off one by one, and come back one by one in another order.
    Swizzle {
        /// Whom.
        targets: Targets,
    },
    /// Nodes crash, and boot again.
    Crash {
        /// Whom.
        targets: Targets,
        /// Whether what they have saved is lost too.
        loses_disk: bool,
    },
    /// Nodes do nothing for a while; what reaches them waits.
    Pause {
        /// Whom.
        targets: Targets,
    },
    /// Messages go wrong.
    Messages {
        /// How.
        trouble: Trouble,
        /// The probability of each.
        share: f64,
        /// Only those of these kinds; empty: of all kinds.
        kinds: Vec<String>,
        /// Only those of these nodes.
        targets: Targets,
        /// Which of theirs.
        direction: Direction,
    },
    /// Nodes' own clocks go wrong.
    Clock {
        /// Whose.
        targets: Targets,
        /// How.
        skew: Skew,
    },
}

impl Fault {
    /// The name in scenarios and results.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cut { .. } => "cut",
            Self::Split { .. } => "split",
            Self::Swizzle { .. } => "swizzle",
            Self::Crash { .. } => "crash",
            Self::Pause { .. } => "pause",
            Self::Messages { trouble, .. } => trouble.name(),
            Self::Clock { .. } => "clock",
        }
    }
}

/// Which messages of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// All.
    #[default]
    Both,
    /// What it sends.
    Out,
    /// What it is sent.
    In,
}

/// How messages go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// They are lost.
    Loss,
    /// They arrive twice.
    Duplicate,
    /// They are changed on the way; the checksum shows it, and they are dropped.
    Corrupt,
    /// They take so much longer.
    Clog(Span),
    /// They take longer by a uniform span up to this, so that later ones overtake them.
    Reorder(Span),
}

impl Trouble {
    /// The name in scenarios and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Duplicate => "duplicate",
            Self::Corrupt => "corrupt",
            Self::Clog(_) => "clog",
            Self::Reorder(_) => "reorder",
        }
    }
}

/// How a clock goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Skew {
    /// It is so much ahead.
    Ahead(Span),
    /// It is so much behind.
    Behind(Span),
    /// It runs by this share too fast (negative: too slow), above -1.
    Drift(f64),
}

/// Whom a fault strikes.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// All nodes.
    Everyone,
    /// By number, from 1 on among the peers and among the clients.
    Named {
        /// Peers.
        peers: Vec<u32>,
        /// Clients.
        clients: Vec<u32>,
    },
    /// Drawn ones.
    Share {
        /// How many of them, rounded to the nearest number.
        share: f64,
        /// Of whom.
        of: Population,
    },
    /// Those nearest to a peer, by latency; it is one of them.
    Region {
        /// How many, rounded to the nearest number.
        share: f64,
        /// The peer, by number from 1; `None`: a drawn one.
        around: Option<u32>,
        /// Of whom.
        of: Population,
    },
    /// Those that play a part when the fault begins.
    Role(Part),
}

/// A part that peers play for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The live peer closest to an object.
    Root(u32),
    /// A drawn one of the peers responsible for an object, other than its root.
    Replica(u32),
    /// All peers responsible for an object.
    Replicas(u32),
    /// The access peer of the client that asked last for an update of an object.
    Coordinator(u32),
    /// So many peers, those with the most clients.
    Busiest(u32),
}

/// A kind of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Population {
    /// The peers, online or not.
    #[default]
    Peers,
    /// The clients, online or not.
    Clients,
    /// Both.
    Nodes,
}
