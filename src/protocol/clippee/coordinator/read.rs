//! Reads (CLIPPEE 4): the nearest q replicas are asked, the others when those are silent; the
//! newest version wins.
//!
//! Of a group the roll is read (CLIPPEE 7), and its answers are put together: by a multicast in fifo
//! order, which needs no number of the group's, and by the question for its members.

use super::super::groups::{Multicast, Roll};
use super::super::{Message, Read, ReadReply, ReadVerdict, Refusal, Timer};
use super::Census;
use super::desk::Desk;
use super::shared::{Seeker, Shared, census};
use crate::node::{
    Answer, Bug, FailureCause, NodeId, ObjectId, OperationId, Outcome, Span, Time, TimerId, Value,
    Version, planted,
};
use std::sync::Arc;

/// What is read, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An object's value: the answer.
    Value,
    /// A group's roll: this goes to its members.
    Cast(Multicast),
    /// A group's roll: the answer, or if names are wanted whom to ask for them.
    Members { names: bool },
}

/// A read under way.
#[derive(Debug)]
pub(super) struct Reading {
    pub id: OperationId,
    object: ObjectId,
    purpose: Purpose,
    failures: u32,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Finding,
    Asking(Asking),
    /// Before the next try.
    Waiting {
        timer: TimerId,
    },
}

/// One try: replicas in the order in which they are asked.
#[derive(Debug)]
struct Asking {
    order: Vec<NodeId>,
    /// When each of those asked so far was; `None`: it has answered.
    asked: Vec<Option<Time>>,
    answers: u32,
    found: Found,
    timer: Option<TimerId>,
}

/// What the answers say, put together.
#[derive(Debug, Default)]
struct Found {
    newest: Option<(Version, Value)>,
    /// Of a group: the number of the newest view, and the union of the rolls.
    view: u32,
    roll: Roll,
}

/// What becomes of a read after a step of it.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// It goes on.
    Goes,
    /// It goes on under a new number: answers to the old one don't count any more.
    Renumbered,
    /// It has ended.
    Ended(Outcome),
    /// The access peer's part ends it.
    HandedOn,
}

impl Reading {
    /// A read that begins; [`Reading::seek`] is its first step.
    pub const fn new(id: OperationId, object: ObjectId, purpose: Purpose) -> Self {
        Self { id, object, purpose, failures: 0, phase: Phase::Finding }
    }

    fn quorum(&self, shared: &Shared) -> u32 {
        match self.purpose {
            Purpose::Value => shared.read_quorum(),
            Purpose::Cast(_) | Purpose::Members { .. } => shared.roll_quorum(),
        }
    }

    /// The group to whose members this goes.
    pub const fn cast(&self) -> Option<ObjectId> {
        match self.purpose {
            Purpose::Cast(_) => Some(self.object),
            Purpose::Value | Purpose::Members { .. } => None,
        }
    }

    /// Finds the replica set and asks. `token` is the read's number.
    pub fn seek(&mut self, token: u32, shared: &mut Shared, desk: &mut impl Desk) -> Next {
        match shared.cache.find(self.object, desk.now()) {
            Some(set) => self.ask(token, &set, shared, desk),
            None => {
                self.phase = Phase::Finding;
                shared.look_up_as(token, self.object, Seeker::Read(token), desk);
                Next::Goes
            }
        }
    }

    /// The replica set was found.
    pub fn found(
        &mut self,
        token: u32,
        set: &Arc<[NodeId]>,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) -> Next {
        shared.cache.put(self.object, set.clone(), desk.now());
        match self.phase {
            Phase::Finding => self.ask(token, set, shared, desk),
            _ => Next::Goes,
        }
    }

    fn ask(
        &mut self,
        token: u32,
        set: &[NodeId],
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) -> Next {
        let quorum = self.quorum(shared);
        if set.len() < quorum as usize {
            return self.fail(shared);
        }
        let mut order = set.to_vec();
        let me = desk.id();
        order.sort_by_key(|&replica| {
            (replica != me, desk.round_trip(replica).unwrap_or(Span::NEVER))
        });
        let found = Found::default();
        let asking = Asking { order, asked: Vec::new(), answers: 0, found, timer: None };
        self.phase = Phase::Asking(asking);
        self.ask_more(quorum as usize, token, shared, desk)
    }

    /// Asks the next `count` replicas, and waits for as long as the slowest of them may take.
    fn ask_more(
        &mut self,
        count: usize,
        token: u32,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) -> Next {
        let Phase::Asking(asking) = &mut self.phase else { return Next::Goes };
        let (me, read) = (desk.id(), Read { object: self.object, token });
        let next: Vec<NodeId> =
            asking.order.iter().skip(asking.asked.len()).take(count).copied().collect();
        let mut own = None;
        for &replica in &next {
            asking.asked.push(Some(desk.now()));
            if replica == me {
                own = Some(desk.own_read(read));
            } else {
                desk.send(replica, Message::Read(read));
            }
        }
        let others = next.iter().filter(|&&replica| replica != me);
        if let Some(patience) = others.map(|&replica| desk.timeout(replica)).max() {
            asking.disarm(desk);
            asking.timer = Some(desk.arm(Timer::Read(token), patience));
        }
        match own {
            Some(reply) => self.on_reply(me, &reply, shared, desk),
            None => Next::Goes,
        }
    }

    /// A replica answers.
    pub fn on_reply(
        &mut self,
        from: NodeId,
        reply: &ReadReply,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) -> Next {
        let quorum = self.quorum(shared);
        let Phase::Asking(asking) = &mut self.phase else { return Next::Goes };
        let Some(asked) = asking.answer_of(from) else { return Next::Goes };
        if from != desk.id() {
            desk.measured(from, desk.now().since(asked));
        }
        if asking.found.take(self.purpose, &reply.verdict) {
            asking.answers += 1;
            if asking.answers >= quorum || planted(Bug::ReadTakesFirst) {
                asking.disarm(desk);
                let found = std::mem::take(&mut asking.found);
                return self.complete(found, shared, desk);
            }
        } else {
            if matches!(reply.verdict, ReadVerdict::Refused(Refusal::NotResponsible { .. })) {
                shared.cache.drop(self.object);
            }
            if asking.can_ask() {
                return self.ask_more(1, reply.token, shared, desk);
            }
        }
        if asking.most_answers() >= quorum as usize {
            return Next::Goes;
        }
        asking.disarm(desk);
        self.fail(shared)
    }

    /// Enough have answered.
    fn complete(&self, found: Found, shared: &mut Shared, desk: &mut impl Desk) -> Next {
        let Found { newest, view, roll } = found;
        match self.purpose {
            Purpose::Value => {
                let (version, value) = newest.expect("a quorum has at least one answer");
                Next::Ended(Outcome::Ok(Answer::Read { version, value }))
            }
            Purpose::Cast(multicast) => {
                shared.cast(self.object, multicast, &roll, desk);
                Next::Ended(Outcome::Ok(Answer::Done))
            }
            Purpose::Members { names: false } => {
                let (access_peers, members) = census(&roll);
                Next::Ended(Outcome::Ok(Answer::Members { view, access_peers, members }))
            }
            Purpose::Members { names: true } => {
                let (id, group, roll) = (self.id, self.object, roll.present().collect());
                shared.censuses.push(Census { id, group, view, roll });
                Next::HandedOn
            }
        }
    }

    /// Replicas are silent, or the wait before the next try is over.
    pub fn on_timer(&mut self, token: u32, shared: &mut Shared, desk: &mut impl Desk) -> Next {
        match &self.phase {
            Phase::Finding => Next::Goes,
            Phase::Waiting { .. } => self.seek(token, shared, desk),
            Phase::Asking(asking) if asking.can_ask() => {
                self.ask_more(usize::MAX, token, shared, desk)
            }
            Phase::Asking(_) => self.fail(shared),
        }
    }

    /// The replica set wasn't found.
    pub fn lost(&mut self, shared: &mut Shared) -> Next {
        match self.phase {
            Phase::Finding => self.fail(shared),
            _ => Next::Goes,
        }
    }

    /// This try has failed: another one after a wait, with a fresh lookup.
    fn fail(&mut self, shared: &mut Shared) -> Next {
        shared.cache.drop(self.object);
        self.failures += 1;
        if self.failures >= shared.config.attempts {
            let cause = FailureCause::Unreachable;
            return Next::Ended(Outcome::Failed { cause, maybe_applied: false });
        }
        Next::Renumbered
    }

    /// Waits before the next try, which has the number `token`.
    pub fn wait(&mut self, token: u32, shared: &Shared, desk: &mut impl Desk) {
        let wait = desk.draw(shared.backoff(self.failures));
        self.phase = Phase::Waiting { timer: desk.arm(Timer::Read(token), wait) };
    }

    /// Who else than `me` has been asked in this try and hasn't answered, and when each was.
    pub fn silent(&self, me: NodeId) -> impl Iterator<Item = (NodeId, Time)> + '_ {
        let asking = match &self.phase {
            Phase::Asking(asking) => Some(asking),
            Phase::Finding | Phase::Waiting { .. } => None,
        };
        let asked = asking.into_iter().flat_map(|asking| asking.order.iter().zip(&asking.asked));
        let asked = asked.filter_map(|(&replica, &at)| Some((replica, at?)));
        asked.filter(move |&(replica, _)| replica != me)
    }

    /// The operation has had its time.
    pub fn abandon(self, desk: &mut impl Desk) {
        match self.phase {
            Phase::Finding => {}
            Phase::Asking(asking) => asking.disarm(desk),
            Phase::Waiting { timer } => desk.disarm(timer),
        }
    }
}

impl Found {
    /// Takes an answer in; false if it isn't one: a refusal, or of something that is no group where
    /// one was expected, or the other way round.
    fn take(&mut self, purpose: Purpose, verdict: &ReadVerdict) -> bool {
        match (purpose, verdict) {
            (Purpose::Value, ReadVerdict::Value { version, value }) => {
                let is_newer = |(newest, _)| match planted(Bug::ReadTakesOldest) {
                    true => *version < newest,
                    false => *version > newest,
                };
                if self.newest.is_none_or(is_newer) {
                    let first = self.newest.filter(|_| planted(Bug::ReadMixesAnswers));
                    self.newest = Some((*version, first.map_or(*value, |(_, first)| first)));
                }
            }
            (Purpose::Cast(_) | Purpose::Members { .. }, ReadVerdict::Roll { view, entries }) => {
                self.view = self.view.max(*view);
                for &entry in entries {
                    self.roll.take(entry);
                }
            }
            _ => return false,
        }
        true
    }
}

impl Asking {
    /// When `from` was asked, if its answer hasn't come before; now it has.
    fn answer_of(&mut self, from: NodeId) -> Option<Time> {
        let place = self.order.iter().position(|&replica| replica == from)?;
        self.asked.get_mut(place)?.take()
    }

    fn can_ask(&self) -> bool {
        self.asked.len() < self.order.len()
    }

    fn disarm(&self, desk: &mut impl Desk) {
        if let Some(timer) = self.timer {
            desk.disarm(timer);
        }
    }

    /// How many answers there are if all whose word is still out give one.
    fn most_answers(&self) -> usize {
        let silent = self.asked.iter().flatten().count();
        self.answers as usize + silent + self.order.len() - self.asked.len()
    }
}
