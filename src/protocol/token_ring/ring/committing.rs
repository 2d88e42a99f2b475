//! The making of a ring (Totem's commit and recovery states): the token that makes it goes around
//! twice if nobody lacks anything of the ring before, else four times.

use super::message::Message;
use super::order::Order;
use super::recovery::{at_hand, floor, is_idle, lacks, sender, sends};
use super::token::{Commit, Pass, RingId};
use super::{Due, Event, Phase, Ring};
use crate::node::{Context, NodeId, Span};
use crate::protocol::token_ring::TokenRing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What lacks is asked for again after so long.
const ASK_AGAIN: Span = Span::from_millis(500);

/// A ring is being made.
#[derive(Debug)]
pub(super) struct Committing {
    /// As it was here last.
    pub commit: Commit,
    /// Of the old ring: what this daemon lacks and another one has.
    lacks: BTreeSet<u32>,
    /// The token is held until nothing lacks.
    holds: bool,
}

impl Committing {
    pub const fn new(commit: Commit) -> Self {
        Self { commit, lacks: BTreeSet::new(), holds: false }
    }
}

impl Ring {
    /// Whether that ring is being made.
    pub(super) fn is_being_made(&self, ring: RingId) -> bool {
        matches!(&self.phase, Phase::Committing(committing) if committing.commit.ring == ring)
    }

    /// The token that makes a ring comes.
    pub(super) fn on_commit(
        &mut self,
        from: NodeId,
        commit: Commit,
        cx: &mut Context<'_, TokenRing>,
    ) {
        let took = Message::Took(commit.ring, commit.visit);
        if let Phase::Running = self.phase {
            let Some(order) = self.order.as_ref().filter(|order| order.ring == commit.ring) else {
                return;
            };
            cx.send(from, took);
            // It has been everywhere: all have begun.
            if commit.visit > order.visit() && commit.members.first() == Some(&self.me) {
                self.begin_token(commit.visit, cx);
            }
        } else if let Phase::Committing(committing) = &self.phase {
            if committing.commit.ring != commit.ring {
                return;
            }
            cx.send(from, took);
            if commit.visit > committing.commit.visit {
                self.take_commit(commit, cx);
            }
        } else if self.agrees_to(&commit) {
            cx.send(from, took);
            self.number = commit.ring.number;
            self.enter(Phase::Committing(Committing::new(commit.clone())));
            self.take_commit(commit, cx);
        } else {
            self.object_to(&commit, cx);
        }
    }

    fn take_commit(&mut self, mut commit: Commit, cx: &mut Context<'_, TokenRing>) {
        self.seen = cx.now();
        let is_maker = commit.members.first() == Some(&self.me);
        if is_maker {
            // It has been everywhere. (Where nobody lacks anything, all begin in the second pass; then
            // it finds its maker at work.)
            commit.pass = match commit.pass {
                Pass::Collect => Pass::Share,
                Pass::Share => Pass::Recover,
                Pass::Recover | Pass::Begin => Pass::Begin,
            };
        } else if commit.pass == Pass::Collect {
            Arc::make_mut(&mut commit.infos).push(self.info());
        }
        let Phase::Committing(committing) = &mut self.phase else { return };
        committing.commit = commit.clone();
        match commit.pass {
            Pass::Collect => self.hand_commit(cx),
            Pass::Share => {
                self.share(&commit, cx);
                self.hand_commit(cx);
                if is_idle(&commit) {
                    self.begin(commit, cx);
                }
            }
            Pass::Recover if committing.lacks.is_empty() => self.hand_commit(cx),
            Pass::Recover => committing.holds = true,
            Pass::Begin => {
                self.hand_commit(cx);
                self.begin(commit, cx);
            }
        }
    }

    /// Hands the token that makes a ring to the next member.
    pub(super) fn hand_commit(&mut self, cx: &mut Context<'_, TokenRing>) {
        let Phase::Committing(committing) = &self.phase else { return };
        let mut commit = committing.commit.clone();
        let place = commit.members.iter().position(|&member| member == self.me).unwrap_or(0);
        let to = commit.members[(place + 1) % commit.members.len()];
        commit.visit += 1;
        self.hand(to, Message::Commit(Box::new(commit)), cx);
    }

    /// All know what all have: sends what others lack.
    fn share(&mut self, commit: &Commit, cx: &mut Context<'_, TokenRing>) {
        let Some(order) = &self.order else { return };
        for (to, seq) in sends(commit, order.ring, self.me) {
            if let Some(packet) = order.kept(seq).cloned() {
                let known = packet.is_known_to(to);
                cx.send(to, Message::Packet { packet, known, again: true });
            }
        }
        let mut lacking = lacks(commit, order.ring, self.me);
        lacking.retain(|&seq| order.kept(seq).is_none());
        if !lacking.is_empty() {
            cx.arm(Due::Lacks(self.turn), ASK_AGAIN);
        }
        let Phase::Committing(committing) = &mut self.phase else { return };
        committing.lacks = lacking;
    }

    /// A packet of the old ring has come.
    pub(super) fn on_recovered(&mut self, seq: u32, cx: &mut Context<'_, TokenRing>) {
        let Phase::Committing(committing) = &mut self.phase else { return };
        committing.lacks.remove(&seq);
        if committing.holds && committing.lacks.is_empty() {
            committing.holds = false;
            self.seen = cx.now();
            self.hand_commit(cx);
        }
    }

    pub(super) fn on_lacks_due(&mut self, cx: &mut Context<'_, TokenRing>) {
        let (Phase::Committing(committing), Some(old)) = (&self.phase, self.id()) else { return };
        if committing.lacks.is_empty() {
            return;
        }
        let mut asks: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
        for &seq in &committing.lacks {
            if let Some(has) = sender(&committing.commit, old, seq) {
                asks.entry(has).or_default().push(seq);
            }
        }
        for (has, seqs) in asks {
            cx.send(has, Message::Want(old, seqs.into()));
        }
        cx.arm(Due::Lacks(self.turn), ASK_AGAIN);
    }

    /// Somebody lacks packets of the old ring.
    pub(super) fn on_want(
        &self,
        from: NodeId,
        ring: RingId,
        seqs: &[u32],
        cx: &mut Context<'_, TokenRing>,
    ) {
        let Some(order) = self.order.as_ref().filter(|order| order.ring == ring) else { return };
        for packet in seqs.iter().filter_map(|&seq| order.kept(seq)) {
            let (packet, known) = (packet.clone(), packet.is_known_to(from));
            cx.send(from, Message::Packet { packet, known, again: true });
        }
    }

    /// The ring begins here: what is left of the old one is delivered first.
    pub(super) fn begin(&mut self, commit: Commit, cx: &mut Context<'_, TokenRing>) {
        if let Some(order) = self.order.take() {
            let (old, before) = (order.ring, order.members.clone());
            let (rest, again) = order.finish(floor(&commit, old), &at_hand(&commit, old));
            self.events.extend(rest.into_iter().map(Event::Deliver));
            self.events.extend(again.into_iter().map(Event::Again));
            let gone =
                |node: &NodeId| !commit.members.contains(node) && !self.leaving.contains(node);
            self.lost.extend(before.iter().copied().filter(gone));
        }
        self.lost.retain(|node| !commit.members.contains(node));
        let mut known = BTreeSet::new();
        self.lost.retain(|&node| known.insert(node));
        let surplus = self.lost.len().saturating_sub(super::LOST);
        self.lost.drain(..surplus);
        self.leaving.clear();
        // What was to be handed over says what was before this.
        self.queue.forget_states();
        let mut order = Order::new(commit.ring, commit.members.clone(), self.me, commit.visit);
        self.early.drain(..).for_each(|packet| order.put(packet));
        self.order = Some(order);
        let handed = self.handed.take();
        self.enter(Phase::Running);
        // The next member may not have taken it yet.
        self.handed = handed;
        self.seen = cx.now();
        self.events.push(Event::Begins(Arc::new(commit)));
    }
}
