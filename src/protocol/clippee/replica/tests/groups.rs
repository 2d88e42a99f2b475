//! Groups at one replica, and their state on its way: CLIPPEE 7.

use super::lab::config;
use super::*;
use crate::node::{Order, Value};
use crate::protocol::clippee::GroupChange;
use crate::protocol::clippee::groups::{
    Entry as Member, Fill, Multicast, Poll, Register, RegisterVerdict, Roll, Stamp,
};

const V0: Version = Version::ZERO;

/// Peers 1 to 5 at the even positions, and a group whose set is {2, 1, 3}. No repair.
fn lab() -> Lab {
    let config = Config { repair_interval: Span::NEVER, group_log: 3, ..config(3) };
    let ids = [at(1), at(4), at(7), at(10), at(13)];
    let mut lab = Lab::with_groups(config, &ids, &[at(4)], 1);
    for peer in 1..=5 {
        lab.boot(peer, &[1, 2, 3, 4, 5], true);
    }
    lab
}

fn member(peer: u32, count: u32, members: u32) -> Member {
    Member { peer: NodeId(peer), stamp: Stamp { incarnation: 1, count }, members }
}

fn register(lab: &mut Lab, at: u32, entry: Member) -> RegisterVerdict {
    let register = Register { group: OBJECT, entry };
    let reply = lab.step(at, |replica, ring, cx, _| replica.register(register, ring, cx));
    assert_eq!((reply.group, reply.entry), (OBJECT, entry));
    reply.verdict
}

fn poll(lab: &mut Lab, at: u32, entry: Member) -> (u32, bool) {
    let poll = Poll { group: OBJECT, entry };
    let reply = lab.step(at, |replica, ring, _, _| replica.poll(poll, ring));
    (reply.number, reply.known)
}

/// The numbers of the messages that a replica gives, and its last one.
fn fill(lab: &mut Lab, at: u32, after: u32, upto: Option<u32>) -> (Vec<u32>, u32) {
    let fill = Fill { group: OBJECT, after, upto };
    let filled = lab.step(at, |replica, ring, _, _| replica.fill(fill, ring));
    assert!(filled.responsible && filled.after == after);
    (filled.messages.iter().map(|message| message.number).collect(), filled.number)
}

/// The commit of a message whose coordinator knows `roll`.
fn message(base: Version, count: u32, holder: u32, roll: &[Member]) -> Commit {
    let mut known = Roll::default();
    for &entry in roll {
        known.take(entry);
    }
    let (roll, view) = (known.hash(), known.view_hash());
    Commit { multicast: Some(GroupChange { bytes: 10, roll, view }), ..commit(base, count, holder) }
}

fn state(lab: &Lab, peer: u32) -> State {
    lab.nodes[&NodeId(peer)].replica.copies.state(OBJECT).expect("it is held").clone()
}

fn view(lab: &Lab, peer: u32) -> u32 {
    state(lab, peer).group.expect("a group").view.number
}

#[test]
fn a_registration_is_taken_once_and_told_once() {
    let mut lab = lab();
    let value = lab.world.initial(OBJECT);
    let taken = RegisterVerdict::Taken { number: 0, value, others: Box::default() };
    let entry = member(7, 1, 3);
    assert_eq!(register(&mut lab, 2, entry), taken);
    assert_eq!(register(&mut lab, 2, entry), taken, "a repeat");
    let told = Observation::Registered { group: OBJECT, peer: NodeId(7), members: 3 };
    assert_eq!(lab.news(2), [told]);
    let first = message(V0, 1, 2, &[entry]);
    lab.commit(2, first);
    let taken = RegisterVerdict::Taken { number: 1, value: first.value, others: Box::default() };
    assert_eq!(register(&mut lab, 2, member(7, 2, 6)), taken);
    assert_eq!(poll(&mut lab, 2, member(7, 2, 6)), (1, true));
    assert_eq!(poll(&mut lab, 2, entry), (1, false), "an older registration");
    assert_eq!(poll(&mut lab, 3, entry), (0, false), "never heard of");
}

#[test]
fn who_is_behind_or_was_found_dead_must_register_anew() {
    let mut lab = lab();
    register(&mut lab, 2, member(7, 2, 3));
    let known = member(7, 2, 3);
    assert_eq!(register(&mut lab, 2, member(7, 1, 9)), RegisterVerdict::Outdated { known });
    let dead = member(7, 2, 0);
    assert!(matches!(register(&mut lab, 2, dead), RegisterVerdict::Taken { .. }));
    assert!(matches!(register(&mut lab, 2, dead), RegisterVerdict::Taken { .. }));
    let verdict = register(&mut lab, 2, member(7, 2, 3));
    assert_eq!(verdict, RegisterVerdict::Outdated { known: dead });
    assert_eq!(poll(&mut lab, 2, member(7, 2, 3)), (0, false));
    assert!(matches!(register(&mut lab, 2, member(7, 3, 3)), RegisterVerdict::Taken { .. }));
}

#[test]
fn who_is_not_responsible_takes_nothing_in_and_gives_nothing() {
    let mut lab = lab();
    let closer = Box::new([NodeId(2), NodeId(1), NodeId(3)]);
    let verdict = register(&mut lab, 4, member(7, 1, 3));
    assert_eq!(verdict, RegisterVerdict::NotResponsible { closer });
    assert_eq!(poll(&mut lab, 4, member(7, 1, 3)), (0, false));
    let fill = Fill { group: OBJECT, after: 0, upto: None };
    let filled = lab.step(4, |replica, ring, _, _| replica.fill(fill, ring));
    assert!(!filled.responsible && filled.messages.is_empty());
    assert_eq!(lab.news(4), []);
}

#[test]
fn a_grant_and_a_read_carry_the_roll_the_absent_included() {
    let mut lab = lab();
    let (here, gone) = (member(7, 1, 3), member(8, 4, 0));
    register(&mut lab, 2, here);
    register(&mut lab, 2, gone);
    let LockVerdict::Granted { roll, .. } = lab.lock(2, OBJECT, attempt(1)) else {
        panic!("it is free");
    };
    assert_eq!(*roll, [here, gone]);
    let read = ReadVerdict::Roll { view: 0, entries: Box::new([here, gone]) };
    assert_eq!(lab.read(2, OBJECT), read);
    lab.commit(2, message(V0, 1, 2, &[here]));
    assert!(matches!(lab.read(2, OBJECT), ReadVerdict::Roll { view: 1, .. }));
    let refused = lab.read(4, OBJECT);
    assert!(matches!(refused, ReadVerdict::Refused(Refusal::NotResponsible { .. })));
}

#[test]
fn a_commit_is_answered_with_the_roll_where_it_differs() {
    let mut lab = lab();
    let (here, late) = (member(7, 1, 3), member(8, 1, 1));
    register(&mut lab, 2, here);
    let first = message(V0, 1, 2, &[here]);
    assert!(lab.reply_to(2, first).is_some_and(|reply| reply.roll.is_empty()));
    register(&mut lab, 2, late);
    let second = message(first.version, 2, 2, &[here]);
    let reply = lab.reply_to(2, second).expect("at once");
    assert_eq!((reply.verdict, &*reply.roll), (CommitVerdict::Applied, &[here, late][..]));
    let reply = lab.reply_to(2, second).expect("at once");
    assert_eq!((reply.verdict, reply.roll.len()), (CommitVerdict::Have, 2));
    let reply = lab.reply_to(4, second).expect("at once");
    assert!(reply.roll.is_empty(), "not its business");
}

#[test]
fn a_commit_that_waited_for_its_base_is_answered_with_the_roll_too() {
    let mut lab = lab();
    let (here, late) = (member(7, 1, 3), member(8, 1, 1));
    let first = message(V0, 1, 2, &[here]);
    lab.commit(2, first);
    register(&mut lab, 3, late);
    assert!(lab.reply_to(3, message(first.version, 2, 2, &[here])).is_none());
    lab.run(SECOND);
    assert_eq!(lab.answers[0].1.verdict, CommitVerdict::Applied);
    assert_eq!(*lab.answers[0].1.roll, [late]);
}

#[test]
fn messages_are_held_in_order_and_the_oldest_are_forgotten() {
    let mut lab = lab();
    let mut last = V0;
    for count in 1..=5 {
        let next = message(last, count, 2, &[]);
        lab.commit(2, next);
        last = next.version;
    }
    assert_eq!(fill(&mut lab, 2, 0, None), (vec![3, 4, 5], 5));
    assert_eq!(fill(&mut lab, 2, 3, Some(4)), (vec![4], 5));
    assert_eq!(fill(&mut lab, 2, 5, None), (vec![], 5));
    assert_eq!(fill(&mut lab, 3, 0, None), (vec![], 0), "nothing came here");
    let log = state(&lab, 2).group.expect("a group").log;
    let newest = Multicast {
        id: operation(5),
        order: Order::Total,
        number: 5,
        first: 0,
        bytes: 10,
        check: 5,
    };
    assert_eq!(log[0], newest);
}

#[test]
fn views_are_numbered_alike_by_siblings_and_by_whom_the_base_had_to_be_brought() {
    let mut lab = lab();
    let (one, two) = ([member(7, 1, 3)], [member(7, 1, 3), member(8, 1, 1)]);
    let first = message(V0, 1, 2, &one);
    let mut siblings = [message(first.version, 2, 2, &two), message(first.version, 3, 2, &one)];
    siblings.sort_by_key(|sibling| sibling.version);
    lab.commit(2, first);
    for sibling in siblings {
        assert_eq!(lab.commit(2, sibling), Some(CommitVerdict::Applied));
    }
    lab.commit(1, first);
    lab.commit(1, siblings[1]);
    // Peer 3 has nothing, and fetches the base, or what came after it.
    lab.commit(3, siblings[1]);
    lab.run(SECOND);
    assert_eq!(state(&lab, 1), state(&lab, 2));
    assert_eq!(state(&lab, 1), state(&lab, 3));
    let third = message(siblings[1].version, 4, 2, &two);
    lab.commit(3, third);
    let two_is_in = siblings[1].operation == operation(2);
    assert_eq!(view(&lab, 1), 1 + u32::from(two_is_in));
    assert_eq!(view(&lab, 3), 2);
    assert_eq!(fill(&mut lab, 3, 0, None), (vec![1, 2, 3], 3));
}

#[test]
fn log_and_view_survive_a_crash_where_copies_do_and_rolls_never_do() {
    let mut lab = Lab::with_groups(Config { durable: true, ..config(3) }, &[at(1)], &[at(1)], 1);
    lab.boot(1, &[1], true);
    let entry = member(7, 1, 3);
    register(&mut lab, 1, entry);
    lab.commit(1, message(V0, 1, 1, &[entry]));
    let before = state(&lab, 1);
    lab.crash(1);
    lab.boot(1, &[1], true);
    assert_eq!(state(&lab, 1), before);
    assert_eq!(poll(&mut lab, 1, entry), (1, false));
}

#[test]
fn what_is_no_group_has_neither_log_nor_roll() {
    let mut lab = Lab::new(config(3), &[at(1)], &[at(1)]);
    lab.commit(1, commit(V0, 1, 1));
    assert!(
        matches!(lab.lock(1, OBJECT, attempt(2)), LockVerdict::Granted { roll, .. } if roll.is_empty())
    );
    assert_eq!(state(&lab, 1).group, None);
    assert!(
        matches!(lab.read(1, OBJECT), ReadVerdict::Value { value, .. } if value != Value::default())
    );
}
