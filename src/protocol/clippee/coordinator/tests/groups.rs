//! Groups: multicasts, and the question for members.

use super::*;
use crate::node::Order;
use crate::protocol::clippee::groups::{Multicast, Roll, Stamp};

const BYTES: u32 = 200;
const TOTAL: Operation = Operation::Multicast { group: GROUP, order: Order::Total, bytes: BYTES };
const FIFO: Operation = Operation::Multicast { group: GROUP, order: Order::Fifo, bytes: BYTES };

fn member(peer: u32, members: u32) -> Entry {
    Entry { peer: NodeId(peer), stamp: Stamp { incarnation: 1, count: 1 }, members }
}

fn union(entries: &[Entry]) -> Roll {
    let mut roll = Roll::default();
    for &entry in entries {
        roll.take(entry);
    }
    roll
}

/// An operation on the group begins, and its lookup finds 2, 3 and 4.
fn begin(config: Config, operation: Operation, fake: &mut Fake) -> Coordinator {
    let mut coordinator = coordinator(config);
    coordinator.begin(id(1), operation, Count { number: 5, first: 1 }, fake);
    coordinator.found(fake.lookups[0], NodeId(2), &nodes(&[2, 3, 4]), 2, fake);
    coordinator
}

fn grant_as(
    coordinator: &mut Coordinator,
    from: u32,
    (version, recent): (Version, &[OperationId]),
    roll: &[Entry],
    fake: &mut Fake,
) {
    let (recent, roll) = (recent.into(), roll.into());
    let verdict = LockVerdict::Granted { version, value: OLD, recent, roll, turn: None };
    let reply = LockReply { object: GROUP, attempt: fake.attempt(), verdict };
    coordinator.on_lock_reply(NodeId(from), reply, fake);
}

fn grant_new(coordinator: &mut Coordinator, from: u32, roll: &[Entry], fake: &mut Fake) {
    grant_as(coordinator, from, (Version::ZERO, &[]), roll, fake);
}

fn acknowledge(
    coordinator: &mut Coordinator,
    from: u32,
    version: Version,
    roll: &[Entry],
    fake: &mut Fake,
) {
    let verdict = CommitVerdict::Applied;
    let reply = CommitReply { object: GROUP, version, verdict, roll: roll.into() };
    coordinator.on_commit_reply(NodeId(from), &reply, fake);
}

fn cast(count: u32, order: Order, number: u32, roll: &[Entry]) -> Cast {
    // All that grant in these tests hold the same state.
    let check = match order {
        Order::Total => Multicast::check_of(OLD.changed(id(count))),
        Order::Fifo => 0,
    };
    let multicast = Multicast {
        id: id(count),
        order,
        number,
        first: u32::from(order == Order::Fifo),
        bytes: BYTES,
        check,
    };
    Cast { group: GROUP, multicast, roll: roll.to_vec() }
}

/// What observers were told to be numbered: operation, number, access peers, members.
fn numbered(fake: &Fake) -> Vec<(u32, u32, u32, u32)> {
    let numbered = |observation: &Observation| match *observation {
        Observation::Numbered { id, number, access_peers, members, .. } => {
            Some((id.count, number, access_peers, members))
        }
        _ => None,
    };
    fake.told.iter().filter_map(numbered).collect()
}

fn token(fake: &Fake) -> u32 {
    match fake.sent.last() {
        Some((_, Message::Read(read))) => read.token,
        other => panic!("not a read: {other:?}"),
    }
}

fn tell(coordinator: &mut Coordinator, from: u32, verdict: ReadVerdict, fake: &mut Fake) {
    let reply = ReadReply { object: GROUP, token: token(fake), verdict };
    coordinator.on_read_reply(NodeId(from), &reply, fake);
}

fn roll(view: u32, entries: &[Entry]) -> ReadVerdict {
    ReadVerdict::Roll { view, entries: entries.into() }
}

#[test]
fn a_multicast_is_an_update_that_is_cast_after_the_write_acks() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), TOTAL, &mut fake);
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    let base = Version { counter: 6, attempt: AttemptId { count: 9, ..fake.attempt() } };
    let (one, two, gone) = (member(7, 3), member(8, 1), member(9, 0));
    grant_as(&mut coordinator, 2, (base, &[]), &[one, gone], &mut fake);
    grant_as(&mut coordinator, 3, (Version::ZERO, &[]), &[two], &mut fake);
    let version = Version { counter: 7, attempt: fake.attempt() };
    let sent = fake.sent();
    assert_eq!(sent.len(), 3);
    let Some((_, Message::Commit(commit))) = sent.last() else { panic!("{sent:?}") };
    assert_eq!((commit.version, commit.base, commit.operation), (version, base, id(1)));
    let change = commit.multicast.expect("of a group");
    let known = union(&[one, two, gone]);
    assert_eq!((change.bytes, change.roll, change.view), (BYTES, known.hash(), known.view_hash()));
    acknowledge(&mut coordinator, 4, version, &[], &mut fake);
    assert!(coordinator.take_casts().is_empty() && numbered(&fake).is_empty());
    acknowledge(&mut coordinator, 2, version, &[], &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(1, Order::Total, 7, &[one, two])]);
    assert_eq!(numbered(&fake), [(1, 7, 2, 4)]);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
    acknowledge(&mut coordinator, 3, version, &[], &mut fake);
    assert!(coordinator.take_casts().is_empty(), "once");
    assert!(fake.armed.is_empty() && coordinator.sizes().1 == 0);
}

#[test]
fn who_registered_before_the_commit_came_is_told_by_its_answer() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), TOTAL, &mut fake);
    let (one, late, later) = (member(7, 3), member(8, 1), member(9, 1));
    grant_new(&mut coordinator, 2, &[one], &mut fake);
    grant_new(&mut coordinator, 3, &[one], &mut fake);
    let version = made(&fake);
    // It left meanwhile, and another came.
    acknowledge(&mut coordinator, 3, version, &[member(7, 0), late], &mut fake);
    acknowledge(&mut coordinator, 4, version, &[one, later], &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(1, Order::Total, 1, &[late, later])]);
}

#[test]
fn a_superseded_replica_does_not_count_but_what_it_knows_does() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), TOTAL, &mut fake);
    let late = member(8, 1);
    grant_new(&mut coordinator, 2, &[], &mut fake);
    grant_new(&mut coordinator, 3, &[], &mut fake);
    let version = made(&fake);
    let verdict = CommitVerdict::Superseded;
    let reply = CommitReply { object: GROUP, version, verdict, roll: Box::new([late]) };
    coordinator.on_commit_reply(NodeId(3), &reply, &mut fake);
    acknowledge(&mut coordinator, 4, version, &[], &mut fake);
    assert!(coordinator.take_casts().is_empty());
    acknowledge(&mut coordinator, 2, version, &[], &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(1, Order::Total, 1, &[late])]);
}

#[test]
fn a_repeat_of_what_is_numbered_is_cast_again_under_its_number() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), TOTAL, &mut fake);
    fake.sent();
    let (one, late) = (member(7, 3), member(8, 1));
    let held = Version { counter: 9, attempt: AttemptId { count: 77, ..fake.attempt() } };
    grant_new(&mut coordinator, 2, &[], &mut fake);
    grant_as(&mut coordinator, 3, (held, &[id(8), id(6), id(1), id(4)]), &[one], &mut fake);
    assert_eq!(fake.sent_to("commit"), [2, 4], "the holder has it");
    assert!(!fake.told.iter().any(|told| matches!(told, Observation::Made { .. })));
    assert!(coordinator.take_casts().is_empty());
    acknowledge(&mut coordinator, 4, held, &[late], &mut fake);
    // Of a message that others came after, the state after it isn't known.
    let mut again = cast(1, Order::Total, 7, &[one, late]);
    again.multicast.check = 0;
    assert_eq!(coordinator.take_casts(), [again]);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(held))]);
}

#[test]
fn multicasts_of_a_group_are_numbered_one_after_the_other() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), TOTAL, &mut fake);
    coordinator.begin(id(2), TOTAL, Count::default(), &mut fake);
    let one = member(7, 3);
    for (count, base) in [(1, Version::ZERO), (2, made(&fake))] {
        assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
        grant_as(&mut coordinator, 2, (base, &[]), &[one], &mut fake);
        grant_as(&mut coordinator, 3, (base, &[]), &[], &mut fake);
        let version = Version { counter: count, attempt: fake.attempt() };
        assert_eq!(fake.sent_to("commit"), [2, 3, 4]);
        for replica in [2, 3] {
            acknowledge(&mut coordinator, replica, version, &[], &mut fake);
        }
        assert_eq!(coordinator.take_ended(), [(id(count), ok(version))]);
        assert_eq!(coordinator.take_casts(), [cast(count, Order::Total, count, &[one])]);
    }
}

#[test]
fn an_abandoned_multicast_is_cast_only_if_it_gets_its_write_acks() {
    for acks in [&[][..], &[3], &[3, 4]] {
        let mut fake = Fake::new();
        let mut coordinator = begin(three(), TOTAL, &mut fake);
        grant_new(&mut coordinator, 2, &[member(7, 3)], &mut fake);
        grant_new(&mut coordinator, 3, &[], &mut fake);
        let version = made(&fake);
        assert!(coordinator.abandon(id(1), TOTAL, &mut fake), "it was committed");
        for &replica in acks {
            acknowledge(&mut coordinator, replica, version, &[], &mut fake);
        }
        while !fake.armed.is_empty() {
            go_off(&mut coordinator, &mut fake);
        }
        let numbers = if acks.len() == 2 { vec![(1, 1, 1, 3)] } else { vec![] };
        assert_eq!(numbered(&fake), numbers);
        assert_eq!(coordinator.take_casts().len(), numbers.len());
        assert!(coordinator.take_ended().is_empty() && coordinator.sizes().1 == 0);
    }
}

#[test]
fn one_that_fails_is_not_cast() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), TOTAL, &mut fake);
    grant_new(&mut coordinator, 2, &[member(7, 3)], &mut fake);
    grant_new(&mut coordinator, 3, &[], &mut fake);
    acknowledge(&mut coordinator, 3, made(&fake), &[], &mut fake);
    while !fake.armed.is_empty() {
        go_off(&mut coordinator, &mut fake);
    }
    let unknown = failed(FailureCause::Unreachable, true);
    assert_eq!(coordinator.take_ended(), [(id(1), unknown)]);
    assert!(coordinator.take_casts().is_empty() && numbered(&fake).is_empty());
}

#[test]
fn a_fifo_multicast_needs_no_lock_but_meets_every_registration() {
    for (acks, asked) in [(Quorum::All, 1), (Quorum::Majority, 2), (Quorum::Number(1), 3)] {
        let mut fake = Fake::new();
        let mut coordinator = begin(Config { write_acks: acks, ..three() }, FIFO, &mut fake);
        let sent: Vec<u32> = fake.sent.iter().map(|(to, _)| to.0).collect();
        assert_eq!(sent, [4, 3, 2][..asked], "the nearest first");
        let mut entries = Vec::new();
        for (place, &replica) in sent.iter().enumerate() {
            assert!(coordinator.take_casts().is_empty());
            let entry = member(10 + place as u32, 2);
            entries.push(entry);
            tell(&mut coordinator, replica, roll(1, &[entry, member(9, 0)]), &mut fake);
        }
        assert_eq!(coordinator.take_casts(), [cast(1, Order::Fifo, 5, &entries)]);
        let asked = asked as u32;
        assert_eq!(numbered(&fake), [(1, 5, asked, 2 * asked)]);
        assert_eq!(coordinator.take_ended(), [(id(1), Outcome::Ok(Answer::Done))]);
        assert_eq!((fake.armed.len(), coordinator.sizes().2), (0, 0));
    }
}

/// One in fifo order is under way, and its sender, which has given it up, asks for another.
fn given_up(fake: &mut Fake) -> Coordinator {
    let mut coordinator = begin(Config { write_acks: Quorum::All, ..three() }, FIFO, fake);
    coordinator.begin(id(2), FIFO, Count { number: 6, first: 1 }, fake);
    assert_eq!(fake.sent.len(), 1, "the first one's read");
    coordinator
}

#[test]
fn what_a_sender_asks_for_in_fifo_order_is_cast_in_that_order() {
    let mut fake = Fake::new();
    let mut coordinator = given_up(&mut fake);
    let first = token(&fake);
    // Somebody else's doesn't wait for it.
    let other = OperationId { client: NodeId(8), count: 1 };
    coordinator.begin(other, FIFO, Count { number: 1, first: 1 }, &mut fake);
    let roll_of = |members| roll(1, &[member(7, members)]);
    tell(&mut coordinator, 4, roll_of(1), &mut fake);
    assert_eq!(coordinator.take_ended(), [(other, Outcome::Ok(Answer::Done))]);
    coordinator.take_casts();
    let reply = ReadReply { object: GROUP, token: first, verdict: roll_of(2) };
    coordinator.on_read_reply(NodeId(4), &reply, &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(1, Order::Fifo, 5, &[member(7, 2)])]);
    tell(&mut coordinator, 4, roll_of(3), &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(2, Order::Fifo, 6, &[member(7, 3)])]);
    // Nothing is left that others would wait for.
    coordinator.begin(id(3), FIFO, Count { number: 7, first: 1 }, &mut fake);
    tell(&mut coordinator, 4, roll_of(4), &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(3, Order::Fifo, 7, &[member(7, 4)])]);
}

#[test]
fn the_end_of_what_is_waited_for_is_its_abandonment_too() {
    let mut fake = Fake::new();
    let mut coordinator = given_up(&mut fake);
    assert!(!coordinator.abandon(id(1), FIFO, &mut fake));
    tell(&mut coordinator, 4, roll(1, &[member(7, 1)]), &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(2, Order::Fifo, 6, &[member(7, 1)])]);
    // What is abandoned while it waits is never cast.
    let mut fake = Fake::new();
    let mut coordinator = given_up(&mut fake);
    assert!(!coordinator.abandon(id(2), FIFO, &mut fake));
    tell(&mut coordinator, 4, roll(1, &[member(7, 1)]), &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(1, Order::Fifo, 5, &[member(7, 1)])]);
    assert_eq!(coordinator.sizes().2, 0);
}

#[test]
fn members_are_counted_in_the_newest_view() {
    let mut fake = Fake::new();
    let members = Operation::Members { group: GROUP, names: false };
    let mut coordinator = begin(three(), members, &mut fake);
    tell(&mut coordinator, 4, roll(7, &[member(7, 3), member(8, 2)]), &mut fake);
    assert!(coordinator.take_ended().is_empty());
    tell(&mut coordinator, 3, roll(6, &[member(7, 0), member(9, 5)]), &mut fake);
    let answer = Answer::Members { view: 7, access_peers: 2, members: 7 };
    assert_eq!(coordinator.take_ended(), [(id(1), Outcome::Ok(answer))]);
    assert!(coordinator.take_casts().is_empty() && numbered(&fake).is_empty());
}

#[test]
fn names_are_the_access_peers_part() {
    let mut fake = Fake::new();
    let members = Operation::Members { group: GROUP, names: true };
    let mut coordinator = begin(three(), members, &mut fake);
    let (one, two) = (member(7, 3), member(9, 5));
    tell(&mut coordinator, 4, roll(7, &[one, member(8, 0)]), &mut fake);
    tell(&mut coordinator, 3, roll(8, &[two]), &mut fake);
    let census = Census { id: id(1), group: GROUP, view: 8, roll: vec![one, two] };
    assert_eq!(coordinator.take_censuses(), [census]);
    assert!(coordinator.take_ended().is_empty());
    assert_eq!((fake.armed.len(), coordinator.sizes().2), (0, 0));
    assert!(!coordinator.abandon(id(1), members, &mut fake), "nothing is left here");
}

#[test]
fn a_replica_that_takes_it_for_no_group_is_passed_over() {
    let mut fake = Fake::new();
    let mut coordinator = begin(three(), FIFO, &mut fake);
    fake.sent.truncate(1);
    let value = ReadVerdict::Value { version: Version::ZERO, value: OLD };
    tell(&mut coordinator, 4, value, &mut fake);
    assert!(coordinator.take_casts().is_empty());
    tell(&mut coordinator, 3, roll(0, &[]), &mut fake);
    tell(&mut coordinator, 2, roll(0, &[]), &mut fake);
    assert_eq!(coordinator.take_casts(), [cast(1, Order::Fifo, 5, &[])]);
}

#[test]
fn abandoned_questions_about_groups_leave_nothing_behind() {
    for operation in [FIFO, TOTAL, Operation::Members { group: GROUP, names: true }] {
        for found in [false, true] {
            let mut fake = Fake::new();
            let mut coordinator = coordinator(three());
            coordinator.begin(id(1), operation, Count { number: 1, first: 1 }, &mut fake);
            if found {
                coordinator.found(fake.lookups[0], NodeId(2), &nodes(&[2, 3, 4]), 1, &mut fake);
            }
            assert!(!coordinator.abandon(id(1), operation, &mut fake));
            let (_, lines, reads) = coordinator.sizes();
            assert_eq!((lines, reads, fake.armed.len()), (0, 0, 0));
            assert!(coordinator.take_ended().is_empty() && coordinator.take_casts().is_empty());
        }
    }
}
