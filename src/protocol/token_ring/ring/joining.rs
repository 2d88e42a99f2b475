//! A daemon that looks for a ring (Totem's gather state).

use super::committing::Committing;
use super::gather::{Gather, Heard};
use super::message::Message;
use super::token::{Commit, Info, Join, Pass, RingId};
use super::{Due, Phase, Ring};
use crate::node::{Context, NodeId, Span, Time};
use crate::protocol::token_ring::TokenRing;
use std::sync::Arc;

/// Whoever has just booted asks its contacts with each so manieth repeat.
const INVITES: u64 = 4;
/// Who has just booted, and finds nobody who was in a ring for so long, makes one without.
const GIVES_UP: Span = Span::from_secs(60);

/// Looking for a ring.
#[derive(Debug)]
pub(super) struct Joining {
    gather: Gather,
    repeats: u64,
    /// When its sets changed last: the others have had so long to agree.
    changed: Time,
    /// Since when all agree, and the maker's commit is waited for.
    complete: Option<Time>,
}

impl Ring {
    /// Looks for a ring: of those that it was with, and `other`.
    pub(super) fn look(&mut self, other: Option<NodeId>, cx: &mut Context<'_, TokenRing>) {
        let gather =
            Gather::new(self.me, self.order.is_some(), self.members().iter().copied().chain(other));
        self.look_with(gather, cx);
    }

    fn look_with(&mut self, gather: Gather, cx: &mut Context<'_, TokenRing>) {
        let changed = cx.now();
        self.enter(Phase::Joining(Joining { gather, repeats: 0, changed, complete: None }));
        self.early.clear();
        cx.arm(Due::Join(self.turn), self.config.join_timeout.max(Span::from_nanos(1)));
        cx.arm(Due::Consensus(self.turn), self.config.consensus_timeout.max(Span::from_nanos(1)));
        self.tell_all(cx);
        self.invite(cx);
    }

    /// Whoever has just booted asks its contacts, who needn't agree.
    fn invite(&self, cx: &mut Context<'_, TokenRing>) {
        let Phase::Joining(joining) = &self.phase else { return };
        if self.order.is_none() && !joining.gather.is_rooted() {
            let join = joining.gather.join(self.number, true);
            for &contact in &self.contacts {
                cx.send(contact, Message::Join(Box::new(join.clone())));
            }
        }
    }

    fn tell_all(&self, cx: &mut Context<'_, TokenRing>) {
        let Phase::Joining(joining) = &self.phase else { return };
        let join = joining.gather.join(self.number, false);
        for to in joining.gather.members().filter(|&to| to != self.me) {
            cx.send(to, Message::Join(Box::new(join.clone())));
        }
    }

    /// Another daemon looks for a ring.
    pub(super) fn on_join(&mut self, from: NodeId, join: &Join, cx: &mut Context<'_, TokenRing>) {
        if join.failed.contains(&from) && !self.leaving.contains(&from) {
            self.leaving.push(from);
        }
        self.number = self.number.max(join.number);
        if self.order.is_none() && join.failed.contains(&self.me) {
            // Who has just booted is not meant, but its former self.
            return;
        }
        let is_heard = match &self.phase {
            // It was sent before that ring was made; or by one that has booted anew, who will be
            // heard once the ring has noticed that it is gone.
            Phase::Running => {
                let ring = self.id().map_or(0, |ring| ring.number);
                !self.members().contains(&from) || join.number >= ring
            }
            Phase::Committing(Committing { commit, .. }) => {
                commit.members.contains(&from) && join.number >= commit.ring.number
            }
            Phase::Joining(_) => true,
            Phase::Left => false,
        };
        if !is_heard {
            // So that it doesn't hold this one for failed; and if it isn't known yet that it fell out of
            // that ring, or never was in it, it says so.
            if let Some(ring) = self.at_work().filter(|_| join.asks) {
                cx.send(from, Message::Probe(ring));
            }
            return;
        }
        if let Phase::Joining(joining) = &mut self.phase {
            match joining.gather.hear(from, join) {
                Heard::Sets => {
                    (joining.complete, joining.changed) = (None, cx.now());
                    self.tell_all(cx);
                }
                Heard::Nothing if join.asks => {
                    let own = joining.gather.join(self.number, false);
                    cx.send(from, Message::Join(Box::new(own)));
                }
                Heard::Nothing => {}
            }
        } else {
            let mut gather =
                Gather::new(self.me, self.order.is_some(), self.members().iter().copied());
            gather.hear(from, join);
            self.look_with(gather, cx);
        }
        self.check_complete(cx);
    }

    /// The ring that works, or is being made.
    fn at_work(&self) -> Option<RingId> {
        match &self.phase {
            Phase::Running => self.id(),
            Phase::Committing(committing) => Some(committing.commit.ring),
            Phase::Joining(_) | Phase::Left => None,
        }
    }

    /// Another daemon is in a ring, or about to be, and says that it is there.
    pub(super) fn on_probe(&mut self, from: NodeId, ring: RingId, cx: &mut Context<'_, TokenRing>) {
        let is_foreign = !self.members().contains(&from) && self.id() != Some(ring);
        match &mut self.phase {
            Phase::Running if is_foreign => self.look(Some(from), cx),
            Phase::Joining(joining) => {
                joining.changed = cx.now();
                if ring.number > self.number {
                    self.number = ring.number;
                    let own = joining.gather.join(self.number, true);
                    cx.send(from, Message::Join(Box::new(own)));
                }
            }
            Phase::Running | Phase::Committing(_) | Phase::Left => {}
        }
    }

    /// Whether this daemon has just booted, and won't make a ring with others that have.
    fn waits_for_others(&self, cx: &Context<'_, TokenRing>) -> bool {
        let gives_up = cx.now().since(self.booted) >= GIVES_UP;
        self.order.is_none() && !self.contacts.is_empty() && !gives_up
    }

    /// Once all agree, the one with the lowest id makes the ring.
    fn check_complete(&mut self, cx: &mut Context<'_, TokenRing>) {
        let waits = self.waits_for_others(cx);
        let Phase::Joining(joining) = &mut self.phase else { return };
        let is_ready = joining.gather.is_rooted() || !waits;
        if !joining.gather.is_complete() || joining.gather.is_alone() || !is_ready {
            return;
        }
        if joining.complete.is_none() {
            joining.complete = Some(cx.now());
        }
        let members: Arc<[NodeId]> = joining.gather.members().collect();
        if members.first() == Some(&self.me) {
            self.make(members, cx);
        }
    }

    /// Makes a ring of those who agree.
    fn make(&mut self, members: Arc<[NodeId]>, cx: &mut Context<'_, TokenRing>) {
        self.number += 1;
        let (maker, incarnation) = (self.me, cx.incarnation());
        let ring = RingId { number: self.number, maker, incarnation };
        let infos = Arc::new(vec![self.info()]);
        let commit = Commit { ring, members, visit: 0, pass: Pass::Collect, infos };
        self.seen = cx.now();
        self.enter(Phase::Committing(Committing::new(commit)));
        self.hand_commit(cx);
    }

    /// Alone, a daemon needs nobody's leave.
    fn make_alone(&mut self, cx: &mut Context<'_, TokenRing>) {
        self.number += 1;
        let (maker, incarnation) = (self.me, cx.incarnation());
        let ring = RingId { number: self.number, maker, incarnation };
        let (members, infos) = (Arc::new([self.me]), Arc::new(vec![self.info()]));
        let commit = Commit { ring, members, visit: 0, pass: Pass::Begin, infos };
        self.begin(commit, cx);
    }

    /// What this daemon has of its last ring.
    pub(super) fn info(&self) -> Info {
        let none = Info { old: None, lineage: None, aru: 0, beyond: Vec::new() };
        self.order.as_ref().map_or(none, |order| order.info(self.lineage))
    }

    /// A ring is being made: whether this daemon agrees to that one.
    pub(super) fn agrees_to(&self, commit: &Commit) -> bool {
        match &self.phase {
            Phase::Joining(joining) => {
                commit.pass == Pass::Collect
                    && commit.ring.number > self.number
                    && joining.gather.members().eq(commit.members.iter().copied())
            }
            _ => false,
        }
    }

    /// A ring is being made that this daemon doesn't agree to: its maker learns that, and why.
    pub(super) fn object_to(&mut self, commit: &Commit, cx: &mut Context<'_, TokenRing>) {
        let Phase::Joining(joining) = &self.phase else { return };
        if commit.ring.number > self.number && commit.members.contains(&self.me) {
            self.number = commit.ring.number;
            let own = joining.gather.join(self.number, false);
            cx.send(commit.ring.maker, Message::Join(Box::new(own)));
        }
    }

    pub(super) fn on_join_due(&mut self, cx: &mut Context<'_, TokenRing>) {
        let Phase::Joining(joining) = &mut self.phase else { return };
        joining.repeats += 1;
        let invites = joining.repeats.is_multiple_of(INVITES);
        let join = joining.gather.join(self.number, true);
        for to in joining.gather.silent() {
            cx.send(to, Message::Join(Box::new(join.clone())));
        }
        cx.arm(Due::Join(self.turn), self.config.join_timeout.max(Span::from_nanos(1)));
        if invites {
            self.invite(cx);
        }
    }

    pub(super) fn on_consensus_due(&mut self, cx: &mut Context<'_, TokenRing>) {
        let waits = self.waits_for_others(cx);
        let Phase::Joining(joining) = &mut self.phase else { return };
        let wait = self.config.consensus_timeout.max(Span::from_nanos(1));
        let had = cx.now().since(joining.changed);
        if had < wait && !joining.gather.is_complete() {
            cx.arm(Due::Consensus(self.turn), wait.less(had));
        } else if joining.gather.fail_silent() {
            (joining.complete, joining.changed) = (None, cx.now());
            cx.arm(Due::Consensus(self.turn), wait);
            self.tell_all(cx);
            self.check_complete(cx);
        } else if waits && !joining.gather.is_rooted() {
            self.look(None, cx);
        } else if joining.gather.is_alone() {
            self.make_alone(cx);
        } else {
            self.wait_for_maker(cx);
        }
    }

    /// All agree: the maker's token is on its way, or the maker has fallen silent.
    fn wait_for_maker(&mut self, cx: &mut Context<'_, TokenRing>) {
        let Phase::Joining(joining) = &mut self.phase else { return };
        let patience = self.config.patience(joining.gather.members().count());
        let waited = joining.complete.map_or(Span::ZERO, |since| cx.now().since(since));
        if waited < patience {
            cx.arm(Due::Consensus(self.turn), patience.less(waited).max(Span::from_nanos(1)));
        } else {
            let gather = Gather::new(self.me, self.order.is_some(), joining.gather.members());
            self.look_with(gather, cx);
        }
    }
}
