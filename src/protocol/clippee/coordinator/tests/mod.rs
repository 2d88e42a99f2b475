//! A coordinator alone, at a desk where the test plays overlay, replicas and clock.

mod groups;
mod reads;
mod updates;

use super::super::groups::{Fill, Filled, Poll, PollReply, Register, Registered};
use super::super::{
    Commit, CommitVerdict, Lock, LockVerdict, Message, Quorum, Read, ReadVerdict, Refusal, Timer,
    Unlock,
};
use super::*;
use crate::node::{
    AttemptId, Incarnation, Key as StreamKey, Observation, RoundOutcome, Span, Stream, Time,
    TimerId, Timers, Value, Version,
};
use crate::protocol::overlay;

const ME: NodeId = NodeId(1);
const OBJECT: ObjectId = ObjectId(0);
const GROUP: ObjectId = ObjectId(3);
const OLD: Value = Value { bytes: 100, fingerprint: 5 };

struct Fake {
    now: Time,
    stream: Stream,
    timers: Timers<Timer>,
    armed: Vec<(Time, TimerId, Timer)>,
    sent: Vec<(NodeId, Message)>,
    told: Vec<Observation>,
    lookups: Vec<u32>,
    measured: Vec<(NodeId, Span)>,
    own: LockVerdict,
}

impl Fake {
    fn new() -> Self {
        Self {
            now: Time::ZERO + Span::from_secs(100),
            stream: StreamKey::from_word(1).stream(1, 1),
            timers: Timers::default(),
            armed: Vec::new(),
            sent: Vec::new(),
            told: Vec::new(),
            lookups: Vec::new(),
            measured: Vec::new(),
            own: LockVerdict::Refused(Refusal::Busy),
        }
    }

    fn pass(&mut self, span: Span) {
        self.now += span;
    }

    fn sent(&mut self) -> Vec<(NodeId, Message)> {
        std::mem::take(&mut self.sent)
    }

    /// Who was sent a message of this kind, in order, since this was last asked.
    fn sent_to(&mut self, kind: &str) -> Vec<u32> {
        use crate::node::MessageKind;
        let named = |message: &Message| Message::KINDS[message.kind()] == kind;
        let sent = self.sent();
        sent.iter().filter(|(_, message)| named(message)).map(|(to, _)| to.0).collect()
    }

    fn rounds(&self) -> Vec<RoundOutcome> {
        let outcome = |observation: &Observation| match observation {
            Observation::RoundEnded { outcome, .. } => Some(*outcome),
            _ => None,
        };
        self.told.iter().filter_map(outcome).collect()
    }

    fn attempt(&self) -> AttemptId {
        let began = |observation: &Observation| match observation {
            Observation::RoundBegan { attempt, .. } => Some(*attempt),
            _ => None,
        };
        self.told.iter().rev().find_map(began).expect("a round began")
    }
}

impl Desk for Fake {
    fn id(&self) -> NodeId {
        ME
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
        assert_ne!(to, ME, "its own replica is called directly");
        self.sent.push((to, message));
    }
    fn own_lock(&mut self, lock: Lock) -> LockReply {
        let Lock { object, attempt } = lock;
        LockReply { object, attempt, verdict: self.own.clone() }
    }
    fn own_commit(&mut self, commit: Commit) -> Option<CommitReply> {
        let Commit { object, version, .. } = commit;
        Some(CommitReply { object, version, verdict: CommitVerdict::Applied, roll: Box::default() })
    }
    fn own_unlock(&mut self, _: Unlock) {}
    fn own_read(&mut self, read: Read) -> ReadReply {
        let verdict = ReadVerdict::Value { version: Version::ZERO, value: OLD };
        ReadReply { object: read.object, token: read.token, verdict }
    }
    fn own_register(&mut self, _: Register) -> Registered {
        unreachable!("a coordinator doesn't register")
    }
    fn own_poll(&mut self, _: Poll) -> PollReply {
        unreachable!("a coordinator doesn't poll")
    }
    fn own_fill(&mut self, _: Fill) -> Filled {
        unreachable!("a coordinator doesn't fill gaps")
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

fn coordinator(config: Config) -> Coordinator {
    reborn(config, 1)
}

fn reborn(config: Config, incarnation: Incarnation) -> Coordinator {
    let overlay = overlay::World {
        ids: (0..10).collect(),
        online: Vec::new(),
        nearness: Box::new(|_, _| Span::ZERO),
    };
    let world =
        World { overlay: Arc::new(overlay), keys: vec![5; 4], groups: 1, object_bytes: OLD.bytes };
    Coordinator::new(Arc::new(config), Arc::new(world), incarnation)
}

fn three() -> Config {
    Config { replicas: 3, ..Config::default() }
}

fn id(count: u32) -> OperationId {
    OperationId { client: NodeId(9), count }
}

fn nodes(numbers: &[u32]) -> Vec<NodeId> {
    numbers.iter().map(|&number| NodeId(number)).collect()
}

/// An update begins, and its lookup finds `set`.
fn begin_update(config: Config, set: &[u32], fake: &mut Fake) -> Coordinator {
    let mut coordinator = coordinator(config);
    coordinator.begin(id(1), Operation::Update { object: OBJECT }, 0, fake);
    coordinator.found(fake.lookups[0], NodeId(set[0]), &nodes(set), 2, fake);
    coordinator
}

fn say(coordinator: &mut Coordinator, from: u32, verdict: LockVerdict, fake: &mut Fake) {
    let reply = LockReply { object: OBJECT, attempt: fake.attempt(), verdict };
    coordinator.on_lock_reply(NodeId(from), reply, fake);
}

fn granted(version: Version, recent: &[OperationId]) -> LockVerdict {
    LockVerdict::Granted { version, value: OLD, recent: recent.into(), roll: Box::default() }
}

fn busy() -> LockVerdict {
    LockVerdict::Refused(Refusal::Busy)
}

fn grant(coordinator: &mut Coordinator, from: u32, fake: &mut Fake) {
    say(coordinator, from, granted(Version::ZERO, &[]), fake);
}

fn acknowledge(
    coordinator: &mut Coordinator,
    from: u32,
    version: Version,
    verdict: CommitVerdict,
    fake: &mut Fake,
) {
    let reply = CommitReply { object: OBJECT, version, verdict, roll: Box::default() };
    coordinator.on_commit_reply(NodeId(from), &reply, fake);
}

fn made(fake: &Fake) -> Version {
    Version { counter: 1, attempt: fake.attempt() }
}

fn ok(version: Version) -> Outcome {
    Outcome::Ok(Answer::Updated { version })
}

fn failed(cause: FailureCause, maybe_applied: bool) -> Outcome {
    Outcome::Failed { cause, maybe_applied }
}

/// Lets the coordinator's only timer go off.
fn go_off(coordinator: &mut Coordinator, fake: &mut Fake) -> Timer {
    assert_eq!(fake.armed.len(), 1, "{:?}", fake.armed);
    let (due, _, timer) = fake.armed.remove(0);
    fake.now = due;
    match timer {
        Timer::Update(object) => coordinator.on_update_timer(object, fake),
        Timer::Spread(object) => coordinator.on_spread_timer(object, fake),
        Timer::Read(token) => coordinator.on_read_timer(token, fake),
        _ => panic!("not the coordinator's: {timer:?}"),
    }
    timer
}

#[test]
fn an_abandoned_operation_leaves_nothing_behind() {
    for steps in 0..3 {
        let mut fake = Fake::new();
        let mut coordinator = coordinator(three());
        let operations = [Operation::Read { object: OBJECT }, Operation::Update { object: OBJECT }];
        for (count, operation) in (1..).zip(operations) {
            coordinator.begin(id(count), operation, 0, &mut fake);
        }
        for lookup in fake.lookups.clone() {
            match steps {
                0 => {}
                1 => coordinator.lost(lookup, &mut fake),
                _ => coordinator.found(lookup, NodeId(2), &nodes(&[2, 3, 4]), 1, &mut fake),
            }
        }
        for (count, operation) in (1..).zip(operations) {
            assert!(!coordinator.abandon(id(count), operation, &mut fake));
        }
        let (_, lines, reads) = coordinator.sizes();
        assert_eq!((lines, reads, fake.armed.len()), (0, 0, 0));
        assert!(coordinator.take_ended().is_empty());
    }
}

#[test]
fn a_lookup_answers_with_the_root() {
    let mut fake = Fake::new();
    let mut coordinator = coordinator(three());
    coordinator.begin(id(1), Operation::Lookup { target: NodeId(7) }, 0, &mut fake);
    coordinator.found(fake.lookups[0], NodeId(7), &nodes(&[7, 2]), 3, &mut fake);
    let answer = Outcome::Ok(Answer::Found { root: NodeId(7), hops: 3 });
    assert_eq!(coordinator.take_ended(), [(id(1), answer)]);
}
