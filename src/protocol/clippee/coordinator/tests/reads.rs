//! Reads.

use super::*;
use crate::node::WORLD;

fn begin_read(quorum: u32, set: &[u32], fake: &mut Fake) -> Coordinator {
    let config = Config { read_quorum: Quorum::Number(quorum), ..three() };
    let mut coordinator = coordinator(config);
    coordinator.begin(id(1), Operation::Read { object: OBJECT }, Count::default(), fake);
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
    coordinator.begin(id(1), Operation::Read { object: OBJECT }, Count::default(), &mut fake);
    coordinator.lost(fake.lookups[0], &mut fake);
    go_off(&mut coordinator, &mut fake);
    coordinator.lost(fake.lookups[1], &mut fake);
    let unreachable = failed(FailureCause::Unreachable, false);
    assert_eq!(coordinator.take_ended(), [(id(1), unreachable)]);
    assert_eq!(coordinator.sizes(), (0, 0, 0));
}

#[test]
fn a_read_fails_as_soon_as_its_quorum_is_out_of_reach() {
    let mut fake = Fake::new();
    let mut coordinator = begin_read(3, &[2, 3, 4], &mut fake);
    let token = token(&fake);
    reply(&mut coordinator, 4, token, 1, &mut fake);
    let verdict = ReadVerdict::Refused(Refusal::NotReady);
    let refused = ReadReply { object: OBJECT, token, verdict };
    coordinator.on_read_reply(NodeId(3), &refused, &mut fake);
    let waited = fake.armed[0].0.since(fake.now);
    assert!(waited <= Span::from_millis(100), "the wait before the next try, not {waited}");
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
}

#[test]
fn an_answer_to_an_earlier_incarnation_is_no_answer() {
    let mut fake = Fake::new();
    begin_read(1, &[2, 3, 4], &mut fake);
    let earlier = token(&fake);
    let mut coordinator = reborn(three(), 2);
    coordinator.begin(id(2), Operation::Read { object: ObjectId(1) }, Count::default(), &mut fake);
    let found = fake.lookups.last().copied().expect("a lookup began");
    coordinator.found(found, NodeId(2), &nodes(&[2, 3, 4]), 1, &mut fake);
    reply(&mut coordinator, 4, earlier, 8, &mut fake);
    assert!(coordinator.take_ended().is_empty());
}

#[test]
fn an_answer_that_comes_too_late_still_tells_how_long_it_took() {
    let mut fake = Fake::new();
    let mut coordinator = begin_read(1, &[4], &mut fake);
    let first = token(&fake);
    go_off(&mut coordinator, &mut fake);
    fake.pass(Span::from_millis(250));
    reply(&mut coordinator, 4, first, 1, &mut fake);
    assert!(coordinator.take_ended().is_empty(), "that try is over");
    assert_eq!(fake.measured, [(NodeId(4), Span::from_millis(650))]);
}
