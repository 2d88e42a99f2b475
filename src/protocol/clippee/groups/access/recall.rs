//! What other access peers delivered in fifo order while this one had no members (CLIPPEE 7).
//!
//! No replica keeps that. So for members that come back, one of the others is asked, whom replicas
//! named; it answers from its log, and says whether that is all. What it still didn't have then,
//! because it was on its way to it and never on its way to here, is asked for once more a little
//! later. The same is done where this peer was taken for dead, and left out for a while.

use super::shared::{GAP_PATIENCE, nearest_first, patience};
use crate::node::{NodeId, ObjectId, Order, Span, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Message, Multicast, Recalled};
use std::collections::{BTreeMap, BTreeSet};

/// So often are others asked, one after the other, and the silent ones again.
const TRIES: usize = 4;
/// A message that was addressed before this peer was known is at all the others after this time, also
/// where an access peer on its way was dead.
const STRAGGLING: Span = Span::from_secs(10);

/// For whom others are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Members that come back, and wait for their welcome.
    Returning,
    /// All members here.
    All,
}

/// What was sent from `from` on is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub from: Time,
    pub purpose: Purpose,
}

/// A question under way.
struct Question {
    wanted: Wanted,
    began: Time,
    /// Those that haven't answered.
    order: Vec<NodeId>,
    tries: usize,
    /// Who was asked last and hasn't answered, and how.
    waits: Option<(NodeId, Span)>,
    due: Time,
}

/// The questions of one group, one at a time.
#[derive(Default)]
pub(super) struct Recalls {
    question: Option<Question>,
    /// What was told for members that come back, by sender and count.
    messages: BTreeMap<(NodeId, u32), Multicast>,
    /// All is among them that was sent from here on, until this peer was registered.
    reached: Option<Time>,
    /// When all members are to be asked for once more, and from when on.
    again: Option<(Time, Time)>,
}

impl Recalls {
    /// Whether all that was sent from `since` on, before this peer was registered, is known here.
    pub fn reaches(&self, since: Time) -> bool {
        self.reached.is_some_and(|reached| reached <= since)
    }

    /// Whether nothing is being asked.
    pub const fn is_idle(&self) -> bool {
        self.question.is_none()
    }

    /// At `due`, all that was sent from `from` on is to be asked for.
    pub fn ask_at(&mut self, due: Time, from: Time) {
        let (sooner, former) = self.again.unwrap_or((due, from));
        self.again = Some((due.min(sooner), from.min(former)));
    }

    /// From when on is to be asked now for all members, if it is time to.
    pub fn take_due(&mut self, now: Time) -> Option<Time> {
        let (_, from) = self.again.take_if(|again| again.0 <= now)?;
        Some(from)
    }

    /// When something is due.
    pub fn due(&self) -> Option<Time> {
        let question = self.question.as_ref().map(|question| question.due);
        // What is to be asked later waits for what is being asked.
        question.or(self.again.map(|(due, _)| due))
    }

    /// Others are asked, the nearest first.
    pub fn begin(&mut self, wanted: Wanted, others: &BTreeSet<NodeId>, desk: &impl Desk) {
        if wanted.purpose == Purpose::Returning {
            (self.messages, self.reached) = (BTreeMap::new(), None);
        }
        let others: Vec<NodeId> = others.iter().copied().collect();
        let (order, now) = (nearest_first(&others, desk), desk.now());
        let (began, due) = (now, now);
        self.question = Some(Question { wanted, began, order, tries: 0, waits: None, due });
    }

    /// Asks the next one, if it is time to. What was asked for, if nobody is left to be asked.
    pub fn step(&mut self, group: ObjectId, desk: &mut impl Desk) -> Option<Wanted> {
        let question = self.question.as_mut().filter(|question| question.due <= desk.now())?;
        if question.tries >= TRIES || question.order.is_empty() {
            return self.question.take().map(|question| question.wanted);
        }
        // A silent one is the last to be asked again.
        let peer = question.order.remove(0);
        question.order.push(peer);
        let (now, round) = (desk.now(), (question.tries / question.order.len()) as u32);
        let age = now.since(question.wanted.from);
        question.tries += 1;
        question.waits = Some((peer, age));
        question.due = now + patience(desk.timeout(peer), round);
        desk.send(peer, Message::Recall { group, age }.into());
        None
    }

    /// An answer. What is for all members, with where it entered the tree; for those that come back
    /// it is kept here.
    pub fn on_recalled(
        &mut self,
        from: NodeId,
        recalled: &Recalled,
        now: Time,
    ) -> Vec<(Multicast, NodeId)> {
        let Some(question) = &mut self.question else { return Vec::new() };
        if question.waits.take_if(|waits| *waits == (from, recalled.age)).is_none() {
            return Vec::new();
        }
        // If that isn't all, the next one is asked at once.
        question.due = now;
        question.order.retain(|&other| other != from);
        let Question { wanted, began, .. } = *question;
        if recalled.whole {
            self.question = None;
        }
        let fifo = recalled.messages.iter().filter(|(one, _)| one.order == Order::Fifo);
        if wanted.purpose == Purpose::All {
            return fifo.copied().collect();
        }
        self.messages.extend(fifo.map(|&(one, _)| ((one.id.client, one.number), one)));
        if recalled.whole {
            self.reached = Some(wanted.from);
            self.ask_at(now + STRAGGLING, began - GAP_PATIENCE);
        }
        Vec::new()
    }

    /// What a member missed that comes back from before this peer was registered: what others
    /// delivered, and `missed`, which was delivered here.
    pub fn join(&self, missed: Vec<Multicast>) -> Vec<Multicast> {
        let (fifo, total): (Vec<_>, Vec<_>) =
            missed.into_iter().partition(|one| one.order == Order::Fifo);
        let mut all = self.messages.clone();
        all.extend(fifo.into_iter().map(|one| ((one.id.client, one.number), one)));
        all.into_values().chain(total).collect()
    }
}
