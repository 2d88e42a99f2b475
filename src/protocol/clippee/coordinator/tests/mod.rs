//! A coordinator alone, at a desk where the test plays overlay, replicas and clock.

mod groups;
mod policies;
mod reads;
mod updates;

use super::super::fake::{Fake, ME, OLD};
use super::super::{CommitVerdict, LockVerdict, Message, Quorum, ReadVerdict, Refusal, Timer};
use super::*;
use crate::node::{AttemptId, Incarnation, Observation, RoundOutcome, Span, Version};
use crate::protocol::overlay;

const OBJECT: ObjectId = ObjectId(0);
const GROUP: ObjectId = ObjectId(3);

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
    coordinator.begin(id(1), Operation::Update { object: OBJECT }, Count::default(), fake);
    coordinator.found(fake.lookups[0], NodeId(set[0]), &nodes(set), 2, fake);
    coordinator
}

fn say(coordinator: &mut Coordinator, from: u32, verdict: LockVerdict, fake: &mut Fake) {
    let reply = LockReply { object: OBJECT, attempt: fake.attempt(), verdict };
    coordinator.on_lock_reply(NodeId(from), reply, fake);
}

fn granted(version: Version, recent: &[OperationId]) -> LockVerdict {
    let (recent, roll) = (recent.into(), Box::default());
    LockVerdict::Granted { version, value: OLD, recent, roll, turn: None }
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
            coordinator.begin(id(count), operation, Count::default(), &mut fake);
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
    coordinator.begin(id(1), Operation::Lookup { target: NodeId(7) }, Count::default(), &mut fake);
    coordinator.found(fake.lookups[0], NodeId(7), &nodes(&[7, 2]), 3, &mut fake);
    let answer = Outcome::Ok(Answer::Found { root: NodeId(7), hops: 3 });
    assert_eq!(coordinator.take_ended(), [(id(1), answer)]);
}
