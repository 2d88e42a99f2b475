//! A coordinator alone, at a desk where the test plays overlay, replicas and clock.

use super::super::{
    Commit, CommitVerdict, Lock, LockVerdict, Message, Quorum, Read, ReadVerdict, Refusal, Timer,
    Unlock,
};
use super::*;
use crate::node::{
    Incarnation, Key as StreamKey, Observation, RoundOutcome, Stream, Time, TimerId, Timers, Value,
    Version, WORLD,
};
use crate::protocol::overlay;

const ME: NodeId = NodeId(1);
const OBJECT: ObjectId = ObjectId(0);
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
        Some(CommitReply { object, version, verdict: CommitVerdict::Applied })
    }
    fn own_unlock(&mut self, _: Unlock) {}
    fn own_read(&mut self, read: Read) -> ReadReply {
        let verdict = ReadVerdict::Value { version: Version::ZERO, value: OLD };
        ReadReply { object: read.object, token: read.token, verdict }
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
    let overlay = overlay::World {
        ids: (0..10).collect(),
        online: Vec::new(),
        nearness: Box::new(|_, _| Span::ZERO),
    };
    let world = World { overlay: Arc::new(overlay), keys: vec![5; 4], object_bytes: OLD.bytes };
    Coordinator::new(Arc::new(config), Arc::new(world))
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
    coordinator.begin(id(1), Operation::Update { object: OBJECT }, fake);
    coordinator.found(fake.lookups[0], NodeId(set[0]), &nodes(set), 2, fake);
    coordinator
}

fn say(coordinator: &mut Coordinator, from: u32, verdict: LockVerdict, fake: &mut Fake) {
    let reply = LockReply { object: OBJECT, attempt: fake.attempt(), verdict };
    coordinator.on_lock_reply(NodeId(from), reply, fake);
}

fn granted(version: Version, recent: &[OperationId]) -> LockVerdict {
    LockVerdict::Granted { version, value: OLD, recent: recent.into() }
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
    let reply = CommitReply { object: OBJECT, version, verdict };
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
fn an_update_locks_commits_to_all_and_is_answered_after_the_write_acks() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    fake.pass(Span::from_millis(70));
    grant(&mut coordinator, 3, &mut fake);
    assert!(fake.sent().is_empty());
    grant(&mut coordinator, 2, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Granted]);
    assert_eq!(fake.sent_to("commit"), [2, 3, 4]);
    let version = made(&fake);
    acknowledge(&mut coordinator, 4, version, CommitVerdict::Applied, &mut fake);
    acknowledge(&mut coordinator, 4, version, CommitVerdict::Applied, &mut fake);
    assert!(coordinator.take_ended().is_empty(), "a repeated acknowledgement counts once");
    acknowledge(&mut coordinator, 2, version, CommitVerdict::Have, &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
    acknowledge(&mut coordinator, 3, version, CommitVerdict::Applied, &mut fake);
    assert!(fake.armed.is_empty());
    assert_eq!(coordinator.sizes(), (1, 0, 0));
    let trip = Span::from_millis(70);
    assert_eq!(fake.measured, [(NodeId(3), trip), (NodeId(2), trip)]);
}

#[test]
fn the_newest_version_among_the_grants_is_the_base() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    let newer = Version { counter: 7, attempt: AttemptId { count: 3, ..fake.attempt() } };
    grant(&mut coordinator, 2, &mut fake);
    say(&mut coordinator, 3, granted(newer, &[id(8)]), &mut fake);
    let commits = fake.sent();
    let Some((_, Message::Commit(commit))) = commits.last() else { panic!("{commits:?}") };
    assert_eq!((commit.base, commit.version.counter, commit.holder), (newer, 8, NodeId(3)));
    assert_eq!(commit.value, OLD.changed(id(1)));
}

#[test]
fn an_own_replica_is_asked_without_a_message_and_counts() {
    let mut fake = Fake::new();
    fake.own = granted(Version::ZERO, &[]);
    let mut coordinator = begin_update(three(), &[1, 3, 4], &mut fake);
    assert_eq!(fake.sent_to("lock"), [3, 4]);
    grant(&mut coordinator, 4, &mut fake);
    assert_eq!(fake.sent_to("commit"), [3, 4]);
    let version = made(&fake);
    acknowledge(&mut coordinator, 3, version, CommitVerdict::Applied, &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
    assert!(fake.measured.iter().all(|&(peer, _)| peer != ME));
}

#[test]
fn a_peer_that_is_the_only_replica_needs_no_time_at_all() {
    let mut fake = Fake::new();
    fake.own = granted(Version::ZERO, &[]);
    let mut coordinator = begin_update(Config { replicas: 1, ..three() }, &[1], &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(made(&fake)))]);
    assert!(fake.sent().is_empty() && fake.armed.is_empty());
}

#[test]
fn a_round_is_refused_as_soon_as_the_quorum_is_out_of_reach_and_all_are_unlocked() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    fake.sent();
    say(&mut coordinator, 2, busy(), &mut fake);
    assert!(fake.rounds().is_empty());
    say(&mut coordinator, 3, busy(), &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Refused]);
    assert_eq!(fake.sent_to("unlock"), [2, 3, 4]);
    let waited = fake.armed[0].0.since(fake.now);
    assert!(waited <= Span::from_millis(100), "{waited}");
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    assert_eq!(fake.lookups.len(), 1, "the set is cached");
}

#[test]
fn after_the_last_attempt_busy_locks_are_contention_and_silence_is_unreachable() {
    let twice = Config { attempts: 2, ..three() };
    let mut fake = Fake::new();
    let mut coordinator = begin_update(twice.clone(), &[2, 3, 4], &mut fake);
    for round in 0..2 {
        say(&mut coordinator, 2, busy(), &mut fake);
        say(&mut coordinator, 3, busy(), &mut fake);
        if round == 0 {
            go_off(&mut coordinator, &mut fake);
        }
    }
    let contention = failed(FailureCause::Contention, false);
    assert_eq!(coordinator.take_ended(), [(id(1), contention)]);

    let mut fake = Fake::new();
    let mut coordinator = begin_update(twice, &[2, 3, 4], &mut fake);
    say(&mut coordinator, 2, busy(), &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2, "a round that timed out asks who is responsible now");
    coordinator.found(fake.lookups[1], NodeId(2), &nodes(&[2, 3, 4]), 1, &mut fake);
    go_off(&mut coordinator, &mut fake);
    let unreachable = failed(FailureCause::Unreachable, false);
    assert_eq!(coordinator.take_ended(), [(id(1), unreachable)]);
    assert!(fake.armed.is_empty());
}

#[test]
fn the_lock_timeout_is_the_largest_of_the_set_below_half_the_lease() {
    let mut fake = Fake::new();
    begin_update(three(), &[2, 3, 4], &mut fake);
    assert_eq!(fake.armed[0].0.since(fake.now), Span::from_millis(400));
    let mut fake = Fake::new();
    let short = Config { lock_lease: Span::from_millis(600), ..three() };
    begin_update(short, &[2, 3, 4], &mut fake);
    assert_eq!(fake.armed[0].0.since(fake.now).nanos(), 299_999_999);
}

#[test]
fn a_set_below_the_quorum_is_a_refused_round_without_messages() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2], &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Refused]);
    assert!(fake.sent().is_empty());
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
}

#[test]
fn who_is_not_responsible_forces_a_lookup() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    let moved = || LockVerdict::Refused(Refusal::NotResponsible { closer: Box::new([NodeId(5)]) });
    say(&mut coordinator, 2, moved(), &mut fake);
    say(&mut coordinator, 3, busy(), &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
}

#[test]
fn a_grant_as_old_as_the_lease_does_not_count() {
    let mut fake = Fake::new();
    let patient = Config { lock_timeout: Some(Span::from_secs(60)), ..three() };
    let mut coordinator = begin_update(patient, &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    fake.sent();
    fake.pass(Span::from_secs(5));
    grant(&mut coordinator, 3, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
    assert_eq!(fake.sent_to("unlock"), [2, 3, 4]);
}

#[test]
fn a_commit_is_sent_again_to_the_silent_twice_and_then_nobody_knows() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    fake.sent();
    acknowledge(&mut coordinator, 3, made(&fake), CommitVerdict::Applied, &mut fake);
    let began = fake.now;
    for _ in 0..2 {
        assert_eq!(go_off(&mut coordinator, &mut fake), Timer::Spread(OBJECT));
        assert_eq!(fake.sent_to("commit"), [2, 4]);
        assert!(coordinator.take_ended().is_empty());
    }
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.now.since(began), Span::from_millis(1_200));
    let unknown = failed(FailureCause::Unreachable, true);
    assert_eq!(coordinator.take_ended(), [(id(1), unknown)]);
    assert!(fake.sent().is_empty() && fake.armed.is_empty());
}

#[test]
fn a_commit_goes_on_after_the_answer() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    for replica in [2, 3] {
        acknowledge(&mut coordinator, replica, made(&fake), CommitVerdict::Applied, &mut fake);
    }
    assert_eq!(coordinator.take_ended().len(), 1);
    fake.sent();
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("commit"), [4]);
    go_off(&mut coordinator, &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert!(coordinator.take_ended().is_empty());
    assert_eq!(coordinator.sizes().1, 0);
}

#[test]
fn superseded_does_not_count_and_the_update_is_tried_again() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    fake.sent();
    let (first, version) = (fake.attempt(), made(&fake));
    acknowledge(&mut coordinator, 2, version, CommitVerdict::Superseded, &mut fake);
    assert!(fake.sent().is_empty());
    acknowledge(&mut coordinator, 4, version, CommitVerdict::Superseded, &mut fake);
    assert_eq!(fake.sent_to("unlock"), [3], "who is silent may hold the lock");
    go_off(&mut coordinator, &mut fake);
    assert_ne!(fake.attempt(), first);
    let outcome = coordinator.abandon(id(1), Operation::Update { object: OBJECT }, &mut fake);
    assert!(outcome, "the first commit may have been applied");
    assert_eq!(fake.rounds(), [RoundOutcome::Granted, RoundOutcome::TimedOut]);
    assert!(fake.armed.is_empty());
}

#[test]
fn an_operation_that_the_newest_grant_holds_makes_no_new_version() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    fake.sent();
    let attempt = AttemptId { coordinator: NodeId(7), incarnation: 1, count: 1 };
    let held = Version { counter: 4, attempt };
    grant(&mut coordinator, 2, &mut fake);
    say(&mut coordinator, 3, granted(held, &[id(8), id(1)]), &mut fake);
    let sent = fake.sent();
    let commits: Vec<_> = sent
        .iter()
        .filter_map(|(to, message)| match message {
            Message::Commit(commit) => Some((to.0, commit.version)),
            _ => None,
        })
        .collect();
    assert_eq!(commits, [(2, held), (4, held)], "the holder has it");
    let unlocks = sent.iter().filter(|(_, message)| matches!(message, Message::Unlock(_)));
    assert_eq!(unlocks.count(), 3, "the commit ends no lock of this attempt");
    assert!(!fake.told.iter().any(|told| matches!(told, Observation::Made { .. })));
    assert!(coordinator.take_ended().is_empty());
    acknowledge(&mut coordinator, 4, held, CommitVerdict::Have, &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(held))]);
}

#[test]
fn updates_of_one_object_run_one_after_the_other_and_others_beside_them() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    fake.sent();
    coordinator.begin(id(2), Operation::Update { object: OBJECT }, &mut fake);
    assert!(fake.sent().is_empty());
    coordinator.begin(id(3), Operation::Update { object: ObjectId(1) }, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    let version = made(&fake);
    for replica in [2, 3] {
        assert!(fake.sent_to("lock").is_empty());
        acknowledge(&mut coordinator, replica, version, CommitVerdict::Applied, &mut fake);
    }
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
}

#[test]
fn an_answer_after_the_round_still_measures_the_round_trip() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    let first = fake.attempt();
    go_off(&mut coordinator, &mut fake);
    fake.pass(Span::from_millis(500));
    for _ in 0..2 {
        let reply = LockReply { object: OBJECT, attempt: first, verdict: busy() };
        coordinator.on_lock_reply(NodeId(2), reply, &mut fake);
    }
    assert_eq!(fake.measured, [(NodeId(2), Span::from_millis(900))]);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
}

fn begin_read(quorum: u32, set: &[u32], fake: &mut Fake) -> Coordinator {
    let config = Config { read_quorum: Quorum::Number(quorum), ..three() };
    let mut coordinator = coordinator(config);
    coordinator.begin(id(1), Operation::Read { object: OBJECT }, fake);
    let found = fake.lookups.last().copied().expect("a lookup began");
    coordinator.found(found, NodeId(set[0]), &nodes(set), 2, fake);
    coordinator
}

fn token(fake: &Fake) -> u32 {
    match fake.sent.last() {
        Some((_, Message::Read(read))) => read.token,
        other => panic!("not a read: {other:?}"),
    }
}

fn reply(coordinator: &mut Coordinator, from: u32, token: u32, counter: u32, fake: &mut Fake) {
    let version =
        Version { counter, attempt: AttemptId { coordinator: WORLD, ..Default::default() } };
    let verdict = ReadVerdict::Value { version, value: OLD };
    let reply = ReadReply { object: OBJECT, token, verdict };
    coordinator.on_read_reply(NodeId(from), &reply, fake);
}

fn version_read(coordinator: &mut Coordinator) -> u32 {
    match coordinator.take_ended()[..] {
        [(_, Outcome::Ok(Answer::Read { version, .. }))] => version.counter,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_read_asks_the_nearest_and_the_newest_wins() {
    let mut fake = Fake::new();
    // 4 is nearer than 3; nothing is known of 7.
    let mut coordinator = begin_read(2, &[7, 3, 4], &mut fake);
    let token = token(&fake);
    assert_eq!(fake.sent_to("read"), [4, 3]);
    reply(&mut coordinator, 3, token, 6, &mut fake);
    reply(&mut coordinator, 3, token, 9, &mut fake);
    assert!(coordinator.take_ended().is_empty());
    reply(&mut coordinator, 4, token, 2, &mut fake);
    assert_eq!(version_read(&mut coordinator), 6);
    assert!(fake.armed.is_empty());
    assert_eq!(coordinator.sizes(), (1, 0, 0));
}

#[test]
fn an_own_replica_is_read_first_and_at_once() {
    let mut fake = Fake::new();
    let mut coordinator = begin_read(1, &[4, 3, 1], &mut fake);
    assert_eq!(version_read(&mut coordinator), 0);
    assert!(fake.sent().is_empty());
}

#[test]
fn silent_replicas_make_a_read_ask_the_others() {
    let mut fake = Fake::new();
    let mut coordinator = begin_read(1, &[2, 3, 4], &mut fake);
    let token = token(&fake);
    assert_eq!(fake.sent_to("read"), [4]);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("read"), [3, 2]);
    reply(&mut coordinator, 2, token, 3, &mut fake);
    assert_eq!(version_read(&mut coordinator), 3);
}

#[test]
fn a_refused_read_asks_the_next_and_in_the_end_looks_up_again() {
    let mut fake = Fake::new();
    let mut coordinator = begin_read(1, &[2, 3, 4], &mut fake);
    let first = token(&fake);
    for replica in [4, 3, 2] {
        assert_eq!(fake.sent_to("read"), [replica]);
        let verdict = ReadVerdict::Refused(Refusal::NotReady);
        let reply = ReadReply { object: OBJECT, token: first, verdict };
        coordinator.on_read_reply(NodeId(replica), &reply, &mut fake);
    }
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
    coordinator.found(fake.lookups[1], NodeId(2), &nodes(&[2, 3, 4]), 1, &mut fake);
    let second = token(&fake);
    reply(&mut coordinator, 4, first, 1, &mut fake);
    assert!(coordinator.take_ended().is_empty(), "an answer to the first try");
    reply(&mut coordinator, 4, second, 1, &mut fake);
    assert_eq!(version_read(&mut coordinator), 1);
}

#[test]
fn a_read_that_finds_nobody_ends_as_unreachable() {
    let mut fake = Fake::new();
    let mut coordinator = coordinator(Config { attempts: 2, ..three() });
    coordinator.begin(id(1), Operation::Read { object: OBJECT }, &mut fake);
    coordinator.lost(fake.lookups[0], &mut fake);
    go_off(&mut coordinator, &mut fake);
    coordinator.lost(fake.lookups[1], &mut fake);
    let unreachable = failed(FailureCause::Unreachable, false);
    assert_eq!(coordinator.take_ended(), [(id(1), unreachable)]);
    assert_eq!(coordinator.sizes(), (0, 0, 0));
}

#[test]
fn an_abandoned_operation_leaves_nothing_behind() {
    for steps in 0..3 {
        let mut fake = Fake::new();
        let mut coordinator = coordinator(three());
        let operations = [Operation::Read { object: OBJECT }, Operation::Update { object: OBJECT }];
        for (count, operation) in (1..).zip(operations) {
            coordinator.begin(id(count), operation, &mut fake);
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
    coordinator.begin(id(1), Operation::Lookup { target: NodeId(7) }, &mut fake);
    coordinator.found(fake.lookups[0], NodeId(7), &nodes(&[7, 2]), 3, &mut fake);
    let answer = Outcome::Ok(Answer::Found { root: NodeId(7), hops: 3 });
    assert_eq!(coordinator.take_ended(), [(id(1), answer)]);
}
