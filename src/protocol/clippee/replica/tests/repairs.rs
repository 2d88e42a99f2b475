//! Periodic comparison: CLIPPEE 6.

use super::lab::config;
use super::*;

const V0: Version = Version::ZERO;
const INTERVAL: Span = Span::from_secs(30);

fn lab() -> Lab {
    Lab::new(config(3), &[at(1), at(4), at(7), at(10), at(13)], &[at(4), at(5)])
}

#[test]
fn a_missed_commit_is_repaired_within_an_interval() {
    for missed_by in [1, 2, 3] {
        let mut lab = lab();
        let written = commit(V0, 1, 2);
        for peer in [1, 2, 3].into_iter().filter(|&peer| peer != missed_by) {
            lab.commit(peer, written);
        }
        lab.run(INTERVAL + SECOND);
        assert_eq!(lab.version(missed_by, OBJECT), Some(written.version));
        assert_eq!(lab.recent(missed_by, OBJECT), [operation(1)]);
    }
}

#[test]
fn the_newest_wins() {
    let mut lab = lab();
    let branches: Vec<Commit> = (1..4).map(|n| commit(V0, n, n)).collect();
    for (peer, branch) in (1..4).zip(&branches) {
        lab.commit(peer, *branch);
    }
    let newest = branches.iter().max_by_key(|commit| commit.version).expect("three");
    lab.run(INTERVAL.times(2) + SECOND);
    for peer in 1..4 {
        assert_eq!(lab.version(peer, OBJECT), Some(newest.version));
    }
}

#[test]
fn where_nothing_differs_only_digests_are_sent_and_where_nothing_was_written_nothing() {
    let mut lab = lab();
    lab.run(INTERVAL.times(3));
    assert!(lab.sent.is_empty());
    for peer in [1, 2, 3] {
        lab.commit(peer, commit(V0, 1, 2));
    }
    lab.run(INTERVAL);
    assert_eq!(lab.count_of("repair_digest"), 6, "three replicas, two neighbours each");
    assert_eq!(lab.sent.len(), 6);
}

#[test]
fn a_newer_version_is_not_served_before_it_is_here() {
    let mut lab = lab();
    let written = commit(V0, 1, 2);
    lab.commit(2, written);
    lab.latency = SECOND;
    let entries = Box::new([Entry { object: OBJECT, version: written.version }]);
    lab.step(3, |replica, overlay, cx, answers| {
        replica.on_message(NodeId(2), Message::Offer(entries), overlay, cx, answers);
    });
    assert_eq!(lab.read(3, OBJECT), ReadVerdict::Refused(Refusal::NotReady));
    assert_eq!(lab.version(3, ObjectId(1)), Some(V0));
    lab.run(SECOND.times(3));
    assert_eq!(lab.version(3, OBJECT), Some(written.version));
}

#[test]
fn a_stranger_that_never_sends_what_it_named_is_forgotten() {
    let mut lab = lab();
    let version = version(V0, 1);
    let entries = Box::new([Entry { object: OBJECT, version }]);
    lab.step(2, |replica, overlay, cx, answers| {
        replica.on_message(NodeId(77), Message::Offer(entries), overlay, cx, answers);
    });
    lab.run(SECOND);
    assert_eq!(lab.version(2, OBJECT), None);
    lab.run(SECOND.times(5));
    assert_eq!(lab.version(2, OBJECT), Some(V0));
}

#[test]
fn who_has_nothing_says_so_and_is_not_asked_again() {
    let mut lab = lab();
    let entries = Box::new([Entry { object: OBJECT, version: version(V0, 1) }]);
    lab.step(2, |replica, overlay, cx, answers| {
        replica.on_message(NodeId(1), Message::Offer(entries), overlay, cx, answers);
    });
    lab.run(MS.times(150));
    assert_eq!(lab.count_of("fetch_absent"), 1);
    assert_eq!(lab.version(2, OBJECT), Some(V0));
}

#[test]
fn a_transfer_of_what_is_not_its_business_is_left_alone() {
    let mut lab = lab();
    let state = State { version: version(V0, 1), ..State::initial(Default::default()) };
    for (peer, taken) in [(2, true), (4, false)] {
        let transfer = Box::new(Transfer { object: OBJECT, state: state.clone(), confirm: true });
        lab.step(peer, |replica, overlay, cx, answers| {
            replica.on_message(NodeId(1), Message::Transfer(transfer), overlay, cx, answers);
        });
        assert_eq!(lab.holds(peer, OBJECT), taken);
    }
    assert_eq!(lab.count_of("offer_ack"), 1, "only a responsible peer acknowledges");
}

#[test]
fn a_list_gets_what_is_newer_and_the_offer_of_what_it_lacks() {
    let mut lab = lab();
    let second = commit(V0, 1, 2);
    lab.commit(2, second);
    let other = Commit { object: ObjectId(1), ..second };
    lab.commit(2, other);
    let older = Version { counter: 0, attempt: attempt(9) };
    let stretch = Stretch { start: at(4), length: at(2) };
    let entries = Box::new([Entry { object: OBJECT, version: older }]);
    lab.step(2, |replica, overlay, cx, answers| {
        let page = Page { stretch, entries };
        replica.on_message(NodeId(1), Message::Differs(page), overlay, cx, answers);
    });
    let offer = Box::new([Entry { object: ObjectId(1), version: other.version }]);
    assert!(matches!(&lab.sent[0].2, Message::Transfer(transfer) if transfer.object == OBJECT));
    assert_eq!(lab.sent[1].2, Message::Offer(offer));
    assert_eq!(lab.sent.len(), 2);
}
