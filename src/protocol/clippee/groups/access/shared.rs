//! What all groups of one access peer share, and small tools of theirs.

use super::sent::Sent;
use crate::node::{Incarnation, NodeId, ObjectId, Span, Time, TimerId};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Entry, Stamp};
use crate::protocol::clippee::{Config, Timer};
pub(super) use crate::protocol::serving::groups::tree::{LONGEST, patience};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A message that hasn't come this long after a later one isn't on its way: the paths down the tree
/// differ by less.
pub(super) const GAP_PATIENCE: Span = Span::from_secs(1);

/// What all groups share.
pub(super) struct Shared {
    pub config: Arc<Config>,
    pub incarnation: Incarnation,
    pub wanted: Vec<(ObjectId, bool)>,
    /// Groups whose sets have been asked for and haven't come.
    asked: BTreeSet<ObjectId>,
    stamps: u32,
    /// What was sent from here in fifo order.
    pub sent: Sent,
}

impl Shared {
    pub fn new(config: Arc<Config>, incarnation: Incarnation) -> Self {
        let sent = Sent::new(log_length(&config));
        let (wanted, asked) = (Vec::new(), BTreeSet::new());
        Self { config, incarnation, wanted, asked, stamps: 0, sent }
    }

    /// The replica set of `group` is wanted; `is_wrong`: what was known of it has proved wrong.
    /// One question at a time: its answer serves all who want it.
    pub fn want(&mut self, group: ObjectId, is_wrong: bool) {
        if self.asked.insert(group) {
            self.wanted.push((group, is_wrong));
        } else if let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.0 == group) {
            wanted.1 |= is_wrong;
        }
    }

    /// It came.
    pub fn came(&mut self, group: ObjectId) {
        self.asked.remove(&group);
    }

    /// A new entry of this peer's.
    pub fn entry(&mut self, me: NodeId, members: u32) -> Entry {
        self.stamps += 1;
        let stamp = Stamp { incarnation: self.incarnation, count: self.stamps };
        Entry { peer: me, stamp, members }
    }

    /// The next entry is to be later than `known`.
    pub fn pass(&mut self, known: Stamp) {
        if known.incarnation == self.incarnation {
            self.stamps = self.stamps.max(known.count);
        }
    }

    pub fn write_acks(&self) -> usize {
        self.config.write_acks.of(self.config.replicas) as usize
    }

    /// So often is a question put to replicas before it is given up.
    pub fn tries(&self) -> u32 {
        2 * self.config.replicas + 2
    }

    pub fn log_length(&self) -> usize {
        log_length(&self.config)
    }
}

/// Elements of a delivery stream, or messages sent in fifo order, that are kept for each group.
fn log_length(config: &Config) -> usize {
    (config.group_log as usize).max(16)
}

/// A number below `n`, drawn at random.
pub(super) fn draw(n: usize, desk: &mut impl Desk) -> usize {
    desk.draw(Span::from_nanos((n as u64).saturating_sub(1))).nanos() as usize
}

/// `replicas`, the nearest first; this peer itself before all, and those of unknown distance last.
pub(super) fn nearest_first(replicas: &[NodeId], desk: &impl Desk) -> Vec<NodeId> {
    let distance = |peer: NodeId| match desk.round_trip(peer) {
        _ if peer == desk.id() => Span::ZERO,
        Some(round_trip) => round_trip,
        None => Span::NEVER,
    };
    let mut order = replicas.to_vec();
    order.sort_by_key(|&replica| (distance(replica), replica));
    order
}

/// The earlier of two times, of which there may be none.
pub(super) fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

/// One timer for many due times: armed for the earliest.
pub(super) struct Alarm {
    timer: Timer,
    set: Option<(Time, TimerId)>,
}

impl Alarm {
    pub const fn new(timer: Timer) -> Self {
        Self { timer, set: None }
    }

    /// It is to go off at `due`, or not at all. An alarm that would go off earlier is left alone,
    /// unless nothing is due any more: it costs less to find nothing due than to arm timers anew.
    pub fn set(&mut self, due: Option<Time>, desk: &mut impl Desk) {
        let due = due.filter(|&due| due != Time::NEVER);
        if let Some((at, id)) = self.set {
            if due.is_some_and(|due| at <= due) {
                return;
            }
            desk.disarm(id);
            self.set = None;
        }
        if let Some(due) = due {
            self.set = Some((due, desk.arm(self.timer, due.since(desk.now()))));
        }
    }

    /// It went off.
    pub const fn went_off(&mut self) {
        self.set = None;
    }

    /// Whether it will go off.
    pub const fn is_set(&self) -> bool {
        self.set.is_some()
    }
}
