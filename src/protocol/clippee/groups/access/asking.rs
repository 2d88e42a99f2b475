//! A question to replicas, one after the other, until one knows (CLIPPEE 7).

use super::shared::{Shared, nearest_first, patience};
use crate::node::{NodeId, ObjectId, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Fill, Filled, Message};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A question under way.
pub(super) struct Asking {
    pub after: u32,
    pub upto: Option<u32>,
    set: Arc<[NodeId]>,
    order: Vec<NodeId>,
    tries: u32,
    /// Who has been asked and hasn't answered.
    waits: Option<NodeId>,
    due: Time,
    /// Who has had the number `upto`, and has lost what lacks.
    gone: BTreeSet<NodeId>,
}

/// What a step of a question came to.
pub(super) enum Step {
    /// Nothing is to be done now.
    Waits,
    /// This peer's own replica part was asked, and answers at once.
    Own(Filled),
    /// Nobody is left to be asked.
    Exhausted,
}

impl Asking {
    /// Begins at once, with the nearest of `set`; those of `first` before all others.
    pub fn new(
        (after, upto): (u32, Option<u32>),
        set: &Arc<[NodeId]>,
        first: &BTreeSet<NodeId>,
        desk: &impl Desk,
    ) -> Self {
        let mut order = nearest_first(set, desk);
        order.sort_by_key(|replica| !first.contains(replica));
        let (set, gone, due) = (set.clone(), BTreeSet::new(), desk.now());
        Self { after, upto, set, order, tries: 0, waits: None, due, gone }
    }

    pub const fn due(&self) -> Time {
        self.due
    }

    /// The replica set has changed: others are asked from now on.
    pub fn renew(&mut self, set: &Arc<[NodeId]>, desk: &impl Desk) {
        if self.set != *set {
            (self.order, self.set) = (nearest_first(set, desk), set.clone());
        }
    }

    /// Asks the next one if it is time to.
    pub fn step(&mut self, group: ObjectId, shared: &Shared, desk: &mut impl Desk) -> Step {
        if desk.now() < self.due {
            return Step::Waits;
        }
        if self.tries >= shared.tries() || self.order.is_empty() || self.all_gone() {
            return Step::Exhausted;
        }
        let (round, place) =
            (self.tries / self.order.len() as u32, self.tries as usize % self.order.len());
        let replica = self.order[place];
        self.tries += 1;
        self.waits = Some(replica);
        self.due = desk.now() + patience(desk.timeout(replica), round);
        let fill = Fill { group, after: self.after, upto: self.upto };
        if replica == desk.id() {
            return Step::Own(desk.own_fill(fill));
        }
        desk.send(replica, Message::Fill(fill).into());
        Step::Waits
    }

    /// Whether this is the answer that is waited for. If so, the next one isn't waited for in vain:
    /// it is asked at once, unless all have been asked.
    pub fn is_answer(&mut self, from: NodeId, filled: &Filled, now: Time) -> bool {
        let is_answer = self.waits == Some(from) && filled.after == self.after;
        if is_answer {
            self.waits = None;
            if (self.tries as usize) < self.order.len() {
                self.due = now;
            }
        }
        is_answer
    }

    /// `replica` doesn't have what lacks, and never will.
    pub fn is_gone_at(&mut self, replica: NodeId, now: Time) {
        self.gone.insert(replica);
        if self.all_gone() {
            self.due = now;
        }
    }

    fn all_gone(&self) -> bool {
        self.order.iter().all(|replica| self.gone.contains(replica))
    }
}
