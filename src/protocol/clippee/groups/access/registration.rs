//! How the replicas of a group learn that this peer has members, and are kept knowing (CLIPPEE 7).
//!
//! Nothing is locked: each access peer writes its own entry, under its own stamps, to all replicas.
//! The first member costs a registration at once; after that a tick each `repair_interval` carries
//! the count, if it has changed by a factor of two, or else asks one replica whether anything is
//! new, and whether it still knows this peer.

use super::shared::{LONGEST, Shared, draw, earlier, patience};
use crate::node::{NodeId, ObjectId, Span, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{
    Entry, Message, Poll, PollReply, Register, RegisterVerdict, Registered, Stamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The wait before the replica set is looked for once more; it doubles.
const WAIT: Span = Span::from_secs(1);
/// So often is the entry sent to a replica that is silent.
const SENDS: u32 = 4;

/// One group's registration.
#[derive(Default)]
pub(super) struct Registration {
    set: Option<Arc<[NodeId]>>,
    entry: Option<Entry>,
    /// Of the first entry: what was addressed to this peer under an older one was for members that
    /// have left.
    since: Stamp,
    /// Whether enough replicas know that there are members here.
    confirmed: bool,
    /// Since when they have known it without a break; and the last time at which that was sure.
    known: Option<(Time, Time)>,
    /// From when on this peer was taken for dead: it was left out of what was sent since.
    lapse: Option<Time>,
    /// Other access peers that have members, as replicas named them.
    others: BTreeSet<NodeId>,
    /// Replicas that haven't answered.
    pending: BTreeMap<NodeId, Pending>,
    /// Those that have taken the entry, and the group's number there.
    taken: BTreeMap<NodeId, u32>,
    /// What has been heard of the group's number since this was last asked.
    heard: Option<u32>,
    /// Whether the set has come or is waited for.
    seeks: bool,
    /// When it is looked for again.
    seek_at: Option<Time>,
    /// Vain searches in a row.
    failures: u32,
    /// Whether a replica was silent, or said that it isn't one any more: the next tick looks for
    /// the set afresh.
    stale: bool,
    tick_at: Option<Time>,
    /// The replica that was asked whether anything is new, and until when its answer is waited for.
    poll: Option<(NodeId, Time)>,
    /// Whether one is to be asked as soon as the set comes.
    polls: bool,
    /// Whether a second one has been asked since the last tick, because the first was silent.
    repolled: bool,
}

#[derive(Clone, Copy)]
struct Pending {
    due: Time,
    sends: u32,
}

impl Registration {
    /// Whether enough replicas know that there are members here.
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// Since when enough replicas have known, without a break, that there are members here; `None`:
    /// they don't now.
    pub fn known_since(&self) -> Option<Time> {
        self.known.map(|(since, _)| since)
    }

    /// From when on this peer may have been left out, if there is news of that.
    pub const fn take_lapse(&mut self) -> Option<Time> {
        self.lapse.take()
    }

    /// Other access peers that have members, a few of them.
    pub const fn others(&self) -> &BTreeSet<NodeId> {
        &self.others
    }

    /// The replica set, as far as it is known.
    pub const fn set(&self) -> Option<&Arc<[NodeId]>> {
        self.set.as_ref()
    }

    /// The highest number heard of since this was last asked.
    pub const fn take_heard(&mut self) -> Option<u32> {
        self.heard.take()
    }

    /// The highest number at a replica that took the entry, and who was there.
    pub fn front(&self) -> (u32, BTreeSet<NodeId>) {
        let front = self.taken.values().copied().max().unwrap_or(0);
        let there = self.taken.iter().filter(|&(_, &number)| number == front);
        (front, there.map(|(&replica, _)| replica).collect())
    }

    /// There are members.
    pub fn begin(&mut self, group: ObjectId, members: u32, shared: &mut Shared, desk: &impl Desk) {
        let entry = shared.entry(desk.id(), members);
        (self.entry, self.since) = (Some(entry), entry.stamp);
        self.seek(group, false, shared);
    }

    /// The stamp of the first entry since there are members.
    pub const fn since(&self) -> Stamp {
        self.since
    }

    /// Whether there is anything to tell yet.
    pub const fn has_begun(&self) -> bool {
        self.entry.is_some()
    }

    fn seek(&mut self, group: ObjectId, is_wrong: bool, shared: &mut Shared) {
        (self.seeks, self.seek_at) = (true, None);
        shared.want(group, is_wrong);
    }

    /// What is known of the set has proved wrong: it is looked for afresh, and all of it told; the
    /// first time at once, then after a wait.
    pub fn renew(&mut self, group: ObjectId, shared: &mut Shared, desk: &impl Desk) {
        self.confirmed = false;
        self.pending.clear();
        if self.seeks || self.seek_at.is_some() {
            return;
        }
        self.failures += 1;
        if self.failures == 1 {
            return self.seek(group, true, shared);
        }
        let wait = WAIT.times(1 << (self.failures - 2).min(16)).min(LONGEST);
        self.seek_at = Some(desk.now() + wait);
    }

    /// The set came, or it can't be found.
    pub fn on_set(
        &mut self,
        group: ObjectId,
        set: Option<Arc<[NodeId]>>,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        if !self.seeks {
            return;
        }
        self.seeks = false;
        let Some(set) = set.filter(|set| set.len() >= shared.write_acks()) else {
            if self.confirmed {
                self.stale = true;
            } else {
                self.failures = self.failures.max(1);
                self.renew(group, shared, desk);
            }
            return;
        };
        self.taken.retain(|replica, _| set.contains(replica));
        (self.set, self.stale) = (Some(set), false);
        if std::mem::take(&mut self.polls) && self.confirmed {
            self.ask(group, desk, shared);
        } else {
            self.tell(group, shared, desk);
        }
    }

    /// Sends the entry to all that haven't taken it.
    fn tell(&mut self, group: ObjectId, shared: &mut Shared, desk: &mut impl Desk) {
        let (Some(set), Some(entry)) = (self.set.clone(), self.entry) else { return };
        self.pending.clear();
        let register = Register { group, entry };
        let (now, me) = (desk.now(), desk.id());
        for &replica in set.iter().filter(|&&replica| replica != me) {
            if !self.taken.contains_key(&replica) {
                let due = now + patience(desk.timeout(replica), 0);
                self.pending.insert(replica, Pending { due, sends: 1 });
                desk.send(replica, Message::Register(register).into());
            }
        }
        if set.contains(&me) && !self.taken.contains_key(&me) {
            let own = desk.own_register(register);
            self.on_registered(me, &own, shared, desk);
        }
        self.confirm(shared, desk);
    }

    /// A replica answers.
    pub fn on_registered(
        &mut self,
        from: NodeId,
        reply: &Registered,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let group = reply.group;
        if self.entry != Some(reply.entry) {
            return;
        }
        match &reply.verdict {
            RegisterVerdict::Taken { number, others, .. } => {
                self.others.extend(others);
                self.pending.remove(&from);
                self.taken.insert(from, *number);
                self.heard = self.heard.max(Some(*number));
                self.confirm(shared, desk);
            }
            RegisterVerdict::Outdated { known } => {
                // Somebody took this peer for dead.
                shared.pass(known.stamp);
                if let Some((_, sure)) = self.known.take() {
                    self.lapse = self.lapse.or(Some(sure));
                }
                self.next_entry(group, reply.entry.members, shared, desk);
            }
            RegisterVerdict::NotResponsible { .. } => {
                self.pending.remove(&from);
                if self.confirmed {
                    self.stale = true;
                } else {
                    self.renew(group, shared, desk);
                }
            }
        }
    }

    fn next_entry(
        &mut self,
        group: ObjectId,
        members: u32,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        self.entry = Some(shared.entry(desk.id(), members));
        self.taken.clear();
        self.tell(group, shared, desk);
    }

    fn confirm(&mut self, shared: &Shared, desk: &impl Desk) {
        let Some(set) = &self.set else { return };
        let taken = set.iter().filter(|replica| self.taken.contains_key(replica)).count();
        if taken < shared.write_acks() {
            return;
        }
        self.known = self.known.or(Some((desk.now(), desk.now())));
        if !self.confirmed {
            self.confirmed = true;
            self.stale |= self.seek_at.is_some();
            (self.failures, self.seek_at) = (0, None);
            let interval = shared.config.repair_interval;
            if self.tick_at.is_none() && !interval.is_never() {
                self.tick_at = Some(desk.now() + interval);
            }
        }
    }

    /// When something is due.
    pub fn due(&self) -> Option<Time> {
        let pending = self.pending.values().map(|pending| pending.due).min();
        let polled = self.poll.map(|(_, due)| due);
        earlier(earlier(pending, polled), earlier(self.seek_at, self.tick_at))
    }

    /// Does what is due; `members`: how many there are now.
    pub fn on_due(
        &mut self,
        group: ObjectId,
        members: u32,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let now = desk.now();
        self.repeat(group, shared, desk);
        if self.poll.is_some_and(|(_, due)| due <= now) {
            (self.poll, self.stale) = (None, true);
            if self.confirmed && !self.seeks && !self.repolled {
                (self.polls, self.repolled) = (true, true);
                self.seek(group, true, shared);
            }
        }
        if self.seek_at.is_some_and(|due| due <= now) {
            self.seek(group, true, shared);
        }
        if self.tick_at.is_some_and(|due| due <= now) {
            self.tick_at = Some(now + shared.config.repair_interval);
            self.repolled = false;
            if self.confirmed && !self.seeks {
                self.tick(group, members, shared, desk);
            }
        }
    }

    /// Sends the entry again to those that are silent.
    fn repeat(&mut self, group: ObjectId, shared: &mut Shared, desk: &mut impl Desk) {
        let (now, Some(entry)) = (desk.now(), self.entry) else { return };
        let due: Vec<NodeId> = self
            .pending
            .iter()
            .filter(|(_, p)| p.due <= now)
            .map(|(&replica, _)| replica)
            .collect();
        let mut gave_up = false;
        for replica in due {
            let Some(pending) = self.pending.get_mut(&replica) else { continue };
            if pending.sends >= SENDS {
                gave_up = true;
                self.pending.remove(&replica);
                continue;
            }
            pending.due = now + patience(desk.timeout(replica), pending.sends);
            pending.sends += 1;
            desk.send(replica, Message::Register(Register { group, entry }).into());
        }
        if gave_up && self.confirmed {
            self.stale = true;
        } else if gave_up && self.pending.is_empty() {
            self.renew(group, shared, desk);
        }
    }

    /// Once an interval: the count, if it has changed much, or else a question to one replica.
    fn tick(&mut self, group: ObjectId, members: u32, shared: &mut Shared, desk: &mut impl Desk) {
        let Some(entry) = self.entry else { return };
        let (known, now) = (u64::from(entry.members), u64::from(members));
        if now >= 2 * known || 2 * now <= known {
            self.entry = Some(shared.entry(desk.id(), members));
            self.taken.clear();
            self.others.clear();
            if self.stale {
                self.seek(group, true, shared);
            } else {
                self.tell(group, shared, desk);
            }
        } else if self.stale {
            self.polls = true;
            self.seek(group, true, shared);
        } else {
            self.ask(group, desk, shared);
        }
    }

    fn ask(&mut self, group: ObjectId, desk: &mut impl Desk, shared: &mut Shared) {
        let (Some(set), Some(entry)) = (&self.set, self.entry) else { return };
        let Some(&replica) = set.get(draw(set.len(), desk)) else { return };
        self.poll = Some((replica, desk.now() + desk.timeout(replica)));
        let poll = Poll { group, entry };
        if replica == desk.id() {
            let own = desk.own_poll(poll);
            return self.on_poll_reply(replica, own, shared, desk);
        }
        desk.send(replica, Message::Poll(poll).into());
    }

    /// A replica answers whether anything is new.
    pub fn on_poll_reply(
        &mut self,
        from: NodeId,
        reply: PollReply,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        if self.poll.is_none_or(|(replica, _)| replica != from) {
            return;
        }
        self.poll = None;
        self.heard = self.heard.max(Some(reply.number));
        if reply.known {
            self.known = self.known.map(|(since, _)| (since, desk.now()));
        } else {
            self.taken.clear();
            self.others.clear();
            self.renew(reply.group, shared, desk);
        }
    }
}
