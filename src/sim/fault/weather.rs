//! What is wrong with the network now, and what becomes of a message in it.

use super::config::{Direction, Fault, Trouble};
use super::lane;
use super::schedule::{Planned, Schedule};
use super::set::NodeSet;
use super::swizzle::Stops;
use crate::node::{DropCause, Key, NodeId, Span, Time};
use crate::sim::network::{Chance, Fate, Network};

/// A message at the moment at which it leaves its sender.
#[derive(Clone, Copy, Debug)]
pub struct Passing {
    /// When.
    pub at: Time,
    /// From where.
    pub from: NodeId,
    /// To where.
    pub to: NodeId,
    /// The sender's count.
    pub seq: u32,
    /// The index of its kind.
    pub kind: usize,
}

/// The faults of the network that are on. They change at the instants of the schedule alone, before
/// anything else at that instant; so what becomes of a message is a pure function of the schedule
/// and of [`Passing`].
#[derive(Clone, Debug)]
pub struct Weather {
    key: Key,
    on: Vec<Front>,
}

/// One of them.
#[derive(Clone, Debug)]
struct Front {
    number: u32,
    until: Time,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Cut {
        side: NodeSet,
        from: Option<NodeSet>,
        direction: Direction,
    },
    /// By node: the part that it is in, from 1; 0: in none.
    Split(Vec<u8>),
    Swizzle(Stops),
    Trouble {
        trouble: Trouble,
        filter: Filter,
    },
}

/// Which messages a trouble strikes.
#[derive(Clone, Debug)]
struct Filter {
    share: Chance,
    /// By kind; `None`: all.
    kinds: Option<Vec<bool>>,
    /// `None`: those of all nodes.
    targets: Option<NodeSet>,
    direction: Direction,
}

/// Nodes by part; no nodes: all of them.
pub type Found = [(&'static str, Option<Vec<NodeId>>)];

impl Weather {
    /// Nothing is wrong yet.
    #[must_use]
    pub const fn new(schedule: &Schedule) -> Self {
        Self { key: schedule.key, on: Vec::new() }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.on.is_empty()
    }

    /// A fault of the network begins; `found` says whom it concerns, `kinds` are the names of the
    /// protocol's kinds of message.
    pub fn begin(&mut self, planned: &Planned, found: &Found, kinds: &[&str]) {
        let set = |part: usize| -> Option<NodeSet> {
            let nodes = found.get(part)?.1.as_ref()?;
            Some(nodes.iter().collect())
        };
        let what = match &planned.fault {
            Fault::Cut { direction, .. } => {
                What::Cut { side: set(0).unwrap_or_default(), from: set(1), direction: *direction }
            }
            Fault::Split { .. } => What::Split(parts(found)),
            Fault::Swizzle { .. } => {
                let nodes = found.first().and_then(|part| part.1.as_deref()).unwrap_or_default();
                let draw = (self.key, planned.number);
                What::Swizzle(Stops::new(nodes, planned.at, planned.until, draw))
            }
            Fault::Messages { trouble, share, kinds: only, direction, .. } => {
                let is_meant = |name: &&str| only.iter().any(|kind| kind == name);
                let filter = Filter {
                    share: Chance::new(*share),
                    kinds: (!only.is_empty()).then(|| kinds.iter().map(is_meant).collect()),
                    targets: set(0),
                    direction: *direction,
                };
                What::Trouble { trouble: *trouble, filter }
            }
            Fault::Crash { .. } | Fault::Pause { .. } | Fault::Clock { .. } => return,
        };
        self.on.push(Front { number: planned.number, until: planned.until, what });
    }

    /// The fault of that number is over.
    pub fn end(&mut self, number: u32) {
        self.on.retain(|front| front.number != number);
    }

    /// What becomes of a message. One to the node itself meets no weather.
    #[must_use]
    #[cold]
    pub fn fate(&self, network: &Network, message: Passing) -> (Fate, DropCause) {
        let Passing { at, from, to, seq, kind } = message;
        let mut fate = network.fate(from, to, seq);
        if from == to {
            return (fate, DropCause::Loss);
        }
        if self.on.iter().any(|front| front.what.cuts(at, from, to)) {
            return (Fate { first: None, second: None }, DropCause::Cut);
        }
        let Some(first) = fate.first else { return (fate, DropCause::Loss) };
        let (mut later, mut second) = (Span::ZERO, fate.second);
        for front in &self.on {
            let What::Trouble { trouble, filter } = &front.what else { continue };
            if !filter.concerns(from, to, kind) {
                continue;
            }
            let [struck, amount, ..] = self.key.block([front.number, lane::MESSAGE, from.0, seq]);
            if !filter.share.happens(struck) {
                continue;
            }
            let left = front.until.since(at);
            match *trouble {
                Trouble::Loss => return (Fate { first: None, second: None }, DropCause::Loss),
                Trouble::Corrupt => {
                    return (Fate { first: None, second: None }, DropCause::Corrupt);
                }
                Trouble::Duplicate => second = network.doubled(from, to, seq).second,
                // A fault that is over delays nothing any more.
                Trouble::Clog(delay) => later = later + delay.min(left),
                Trouble::Reorder(within) => later = later + part(within, amount).min(left),
            }
        }
        fate = Fate { first: Some(first + later), second: second.map(|delay| delay + later) };
        (fate, DropCause::Loss)
    }
}

/// A uniform share of a span.
fn part(span: Span, bits: u32) -> Span {
    let ns = (u128::from(span.nanos()) * u128::from(bits)) >> 32;
    Span::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

fn parts(found: &Found) -> Vec<u8> {
    let mut parts = Vec::new();
    for (part, (_, nodes)) in (1..=u8::MAX).zip(found) {
        for node in nodes.iter().flatten() {
            if parts.len() <= node.index() {
                parts.resize(node.index() + 1, 0);
            }
            parts[node.index()] = part;
        }
    }
    parts
}

impl What {
    /// Whether a message sent now is dropped on the way.
    fn cuts(&self, at: Time, from: NodeId, to: NodeId) -> bool {
        match self {
            Self::Cut { side, from: others, direction } => {
                let is_other = |node: NodeId| {
                    !side.contains(node) && others.as_ref().is_none_or(|set| set.contains(node))
                };
                let out = || side.contains(from) && is_other(to);
                let back = || side.contains(to) && is_other(from);
                match direction {
                    Direction::Both => out() || back(),
                    Direction::Out => out(),
                    Direction::In => back(),
                }
            }
            Self::Split(parts) => {
                let part = |node: NodeId| parts.get(node.index()).copied().unwrap_or(0);
                let (from, to) = (part(from), part(to));
                from != to && from != 0 && to != 0
            }
            Self::Swizzle(stops) => stops.contains(from, at) || stops.contains(to, at),
            Self::Trouble { .. } => false,
        }
    }
}

impl Filter {
    fn concerns(&self, from: NodeId, to: NodeId, kind: usize) -> bool {
        if self.kinds.as_ref().is_some_and(|kinds| !kinds.get(kind).copied().unwrap_or(false)) {
            return false;
        }
        let Some(targets) = &self.targets else { return true };
        match self.direction {
            Direction::Both => targets.contains(from) || targets.contains(to),
            Direction::Out => targets.contains(from),
            Direction::In => targets.contains(to),
        }
    }
}
