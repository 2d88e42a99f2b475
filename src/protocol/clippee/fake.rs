//! A peer's desk for tests of its parts: the test plays overlay, replicas and clock.

use super::coordinator::Desk;
use super::groups::{
    Entry, Fill, Filled, Multicast, Poll, PollReply, Register, RegisterVerdict, Registered,
};
use super::{
    Commit, CommitReply, CommitVerdict, Lock, LockReply, LockVerdict, Message, Read, ReadReply,
    ReadVerdict, Refusal, Timer, Unlock, Yield,
};
use crate::node::{
    AttemptId, Incarnation, Key as StreamKey, NodeId, Observation, RoundOutcome, Span, Stream,
    Time, TimerId, Timers, Value, Version,
};
use crate::protocol::overlay;
use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

pub const ME: NodeId = NodeId(1);
pub const OLD: Value = Value { bytes: 100, fingerprint: 5 };

/// What replicas know of a group that always agree and forget nothing, unless told to.
#[derive(Debug)]
pub struct Store {
    pub number: u32,
    pub value: Value,
    pub messages: BTreeMap<u32, Multicast>,
    pub roll: BTreeMap<NodeId, Entry>,
    /// Registrations in order.
    pub registered: Vec<Entry>,
}

impl Store {
    pub const fn new() -> Self {
        Self {
            number: 0,
            value: OLD,
            messages: BTreeMap::new(),
            roll: BTreeMap::new(),
            registered: Vec::new(),
        }
    }

    /// The group's next message.
    pub fn push(&mut self, multicast: Multicast) {
        self.number = multicast.number;
        self.value = self.value.changed(multicast.id);
        self.messages.insert(multicast.number, multicast);
    }

    pub fn register(&mut self, register: Register) -> Registered {
        let Register { group, entry } = register;
        let known = *self.roll.entry(entry.peer).or_insert(entry);
        let verdict = if known == entry || entry.replaces(&known) {
            self.roll.insert(entry.peer, entry);
            self.registered.push(entry);
            let others = self.roll.values().filter(|other| other.members > 0);
            let others = others.map(|other| other.peer).filter(|&other| other != entry.peer);
            RegisterVerdict::Taken {
                number: self.number,
                value: self.value,
                others: others.collect(),
            }
        } else {
            RegisterVerdict::Outdated { known }
        };
        Registered { group, entry, verdict }
    }

    pub fn poll(&self, Poll { group, entry }: Poll) -> PollReply {
        let known = self.roll.get(&entry.peer) == Some(&entry);
        PollReply { group, number: self.number, known }
    }

    pub fn fill(&self, Fill { group, after, upto }: Fill) -> Filled {
        let upto = upto.unwrap_or(u32::MAX).max(after);
        let messages = self.messages.range(after + 1..).take_while(|(number, _)| **number <= upto);
        let messages = messages.map(|(_, multicast)| *multicast).collect();
        let (number, value) = (self.number, self.value);
        Filled { group, after, number, value, messages, responsible: true }
    }
}

pub struct Fake {
    pub me: NodeId,
    pub now: Time,
    pub stream: Stream,
    pub timers: Timers<Timer>,
    pub armed: Vec<(Time, TimerId, Timer)>,
    pub sent: Vec<(NodeId, Message)>,
    pub told: Vec<Observation>,
    pub lookups: Vec<u32>,
    pub measured: Vec<(NodeId, Span)>,
    /// What its own replica says to a lock request.
    pub own: LockVerdict,
    /// What was yielded there.
    pub yielded: Vec<Yield>,
    /// What its own replica knows of the group, if it is a replica.
    pub group: Option<Rc<RefCell<Store>>>,
}

impl Fake {
    pub fn new() -> Self {
        Self {
            me: ME,
            now: Time::ZERO + Span::from_secs(100),
            stream: StreamKey::from_word(1).stream(1, 1),
            timers: Timers::default(),
            armed: Vec::new(),
            sent: Vec::new(),
            told: Vec::new(),
            lookups: Vec::new(),
            measured: Vec::new(),
            own: LockVerdict::Refused(Refusal::Busy),
            yielded: Vec::new(),
            group: None,
        }
    }

    fn group(&self) -> RefMut<'_, Store> {
        self.group.as_ref().expect("it is no replica").borrow_mut()
    }

    pub fn pass(&mut self, span: Span) {
        self.now += span;
    }

    pub fn sent(&mut self) -> Vec<(NodeId, Message)> {
        std::mem::take(&mut self.sent)
    }

    /// Who was sent a message of this kind, in order, since this was last asked.
    pub fn sent_to(&mut self, kind: &str) -> Vec<u32> {
        use crate::node::MessageKind;
        let named = |message: &Message| Message::KINDS[message.kind()] == kind;
        let sent = self.sent();
        sent.iter().filter(|(_, message)| named(message)).map(|(to, _)| to.0).collect()
    }

    pub fn rounds(&self) -> Vec<RoundOutcome> {
        let outcome = |observation: &Observation| match observation {
            Observation::RoundEnded { outcome, .. } => Some(*outcome),
            _ => None,
        };
        self.told.iter().filter_map(outcome).collect()
    }

    pub fn attempt(&self) -> AttemptId {
        let began = |observation: &Observation| match observation {
            Observation::RoundBegan { attempt, .. } => Some(*attempt),
            _ => None,
        };
        self.told.iter().rev().find_map(began).expect("a round began")
    }
}

impl Desk for Fake {
    fn id(&self) -> NodeId {
        self.me
    }
    fn incarnation(&self) -> Incarnation {
        1
    }
    fn now(&self) -> Time {
        self.now
    }
    fn draw(&mut self, most: Span) -> Span {
        Span::from_nanos(self.stream.below(most.nanos() + 1))
    }
    fn arm(&mut self, timer: Timer, after: Span) -> TimerId {
        let id = self.timers.insert(1, timer);
        self.armed.push((self.now + after, id, timer));
        id
    }
    fn disarm(&mut self, timer: TimerId) {
        self.armed.retain(|&(_, id, _)| id != timer);
    }
    fn observe(&mut self, observation: Observation) {
        self.told.push(observation);
    }
    fn send(&mut self, to: NodeId, message: Message) {
        assert_ne!(to, self.me, "its own replica is called directly");
        self.sent.push((to, message));
    }
    fn own_lock(&mut self, lock: Lock) -> LockReply {
        let Lock { object, attempt, .. } = lock;
        LockReply { object, attempt, verdict: self.own.clone() }
    }
    fn own_commit(&mut self, commit: Commit) -> Option<CommitReply> {
        let Commit { object, version, .. } = commit;
        Some(CommitReply { object, version, verdict: CommitVerdict::Applied, roll: Box::default() })
    }
    fn own_unlock(&mut self, _: Unlock) {}
    fn own_yield(&mut self, yielded: Yield) {
        self.yielded.push(yielded);
    }
    fn own_read(&mut self, read: Read) -> ReadReply {
        let verdict = ReadVerdict::Value { version: Version::ZERO, value: OLD };
        ReadReply { object: read.object, token: read.token, verdict }
    }
    fn own_register(&mut self, register: Register) -> Registered {
        self.group().register(register)
    }
    fn own_poll(&mut self, poll: Poll) -> PollReply {
        self.group().poll(poll)
    }
    fn own_fill(&mut self, fill: Fill) -> Filled {
        self.group().fill(fill)
    }
    fn look_up(&mut self, _: overlay::Key, token: u32) {
        self.lookups.push(token);
    }
    fn timeout(&self, peer: NodeId) -> Span {
        Span::from_millis(100 * u64::from(peer.0))
    }
    fn round_trip(&self, peer: NodeId) -> Option<Span> {
        (peer.0 < 5).then(|| Span::from_millis(100 - u64::from(peer.0)))
    }
    fn measured(&mut self, peer: NodeId, round_trip: Span) {
        self.measured.push((peer, round_trip));
    }
}
