//! Hand-over: CLIPPEE 6.

use super::lab::config;
use super::*;

const V0: Version = Version::ZERO;
const INTERVAL: Span = Span::from_secs(30);

/// Peer 6, next to the object, isn't there yet. The object's set is {2, 3, 1}, then {6, 2, 3}.
fn lab(durable: bool) -> Lab {
    let ids = [at(1), at(4), at(7), at(10), at(13), at(5)];
    let mut lab = Lab::empty(Config { durable, ..config(3) }, &ids, &[at(5) - 1]);
    for peer in 1..=5 {
        lab.boot(peer, &[1, 2, 3, 4, 5], true);
    }
    lab.run(MS);
    lab
}

fn write(lab: &mut Lab, peers: &[u32]) -> Version {
    let commit = commit(V0, 1, peers[0]);
    for &peer in peers {
        assert_eq!(lab.commit(peer, commit), Some(CommitVerdict::Applied));
    }
    commit.version
}

fn transfers(lab: &Lab) -> Vec<(u32, u32)> {
    let transfers = lab.sent.iter().filter(|sent| matches!(sent.2, Message::Transfer(_)));
    transfers.map(|sent| (sent.0.0, sent.1.0)).collect()
}

#[test]
fn the_nearest_holder_sends_to_a_newcomer() {
    let mut lab = lab(false);
    write(&mut lab, &[1, 2, 3]);
    lab.boot(6, &[1, 6], false);
    lab.sent.clear();
    for peer in 1..=5 {
        lab.sees(peer, &[1, 2, 3, 4, 5, 6]);
    }
    assert_eq!(transfers(&lab), [(2, 6)]);
    // Peer 6 hasn't joined yet: it isn't its business.
    lab.run(SECOND);
    assert!(!lab.holds(6, OBJECT));
}

#[test]
fn a_holder_that_was_pushed_out_drops_its_copy_when_r_others_acknowledged() {
    let mut lab = lab(false);
    let written = write(&mut lab, &[1, 2, 3]);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    // Peer 3 hears nothing from peer 1: two of three acknowledgements aren't enough.
    lab.cut.insert((NodeId(1), NodeId(3)));
    lab.all_see_all();
    lab.run(INTERVAL.times(3));
    assert!(lab.holds(6, OBJECT) && lab.holds(1, OBJECT));
    assert!(matches!(lab.read(1, OBJECT), ReadVerdict::Refused(Refusal::NotResponsible { .. })));
    lab.cut.clear();
    lab.news(1);
    lab.run(INTERVAL + SECOND);
    assert!(!lab.holds(1, OBJECT));
    assert_eq!(lab.news(1), [Observation::Forgot { object: OBJECT, version: written }]);
    lab.sent.clear();
    lab.run(INTERVAL);
    assert_eq!(lab.count_of("offer"), 0);
}

#[test]
fn acknowledgements_of_an_older_version_do_not_count_for_a_newer_one() {
    let mut lab = lab(false);
    let first = write(&mut lab, &[1, 2, 3]);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.all_see_all();
    let ack = |lab: &mut Lab, peer: u32, version: Version| {
        let entries = Box::new([Entry { object: OBJECT, version }]);
        lab.step(1, |replica, overlay, cx, answers| {
            replica.on_message(NodeId(peer), Message::Ack(entries), overlay, cx, answers);
        });
    };
    ack(&mut lab, 2, first);
    ack(&mut lab, 3, first);
    let newer = version(first, 2);
    let state = State { version: newer, ..State::initial(Default::default()) };
    let transfer = Box::new(Transfer { object: OBJECT, state, confirm: false });
    lab.step(1, |replica, overlay, cx, answers| {
        replica.on_message(NodeId(2), Message::Transfer(transfer), overlay, cx, answers);
    });
    ack(&mut lab, 6, newer);
    ack(&mut lab, 2, first);
    ack(&mut lab, 2, newer);
    ack(&mut lab, 5, newer);
    assert!(lab.holds(1, OBJECT), "peer 3 may have the older one, and peer 5 isn't in the set");
    ack(&mut lab, 3, newer);
    assert!(!lab.holds(1, OBJECT));
}

#[test]
fn a_lone_holder_that_is_not_responsible_sees_to_all_others() {
    let mut lab = lab(false);
    let written = write(&mut lab, &[1]);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.cut.extend([3, 2, 6].map(|peer| (NodeId(1), NodeId(peer))));
    lab.all_see_all();
    lab.run(SECOND);
    // What it answered got lost. It still offers.
    lab.cut.clear();
    lab.run(INTERVAL.times(2) + SECOND);
    for peer in [3, 2, 6] {
        assert_eq!(lab.version(peer, OBJECT), Some(written), "peer {peer}");
    }
    assert!(!lab.holds(1, OBJECT));
}

#[test]
fn after_a_death_the_nearest_survivor_sends_to_who_comes_in() {
    let mut lab = lab(false);
    let written = write(&mut lab, &[1, 2, 3]);
    lab.crash(2);
    lab.sent.clear();
    lab.all_see_all();
    // Of {1, 3}, peer 3 is nearer to the key; peer 4 comes in.
    assert_eq!(transfers(&lab), [(3, 4)]);
    lab.run(SECOND);
    assert_eq!(lab.version(4, OBJECT), Some(written));
}

#[test]
fn changes_far_away_cost_nothing() {
    let mut lab = lab(false);
    write(&mut lab, &[1, 2, 3]);
    lab.sent.clear();
    lab.sees(2, &[1, 2, 3, 4, 5]);
    lab.sees(2, &[1, 2, 3, 4, 5]);
    assert!(lab.sent.is_empty());
}

#[test]
fn a_polite_leave_hands_over_at_once() {
    let mut lab = lab(false);
    let written = write(&mut lab, &[1, 2, 3]);
    lab.sent.clear();
    lab.step(2, |replica, overlay, cx, _| replica.leave(overlay, cx));
    assert_eq!(transfers(&lab), [(2, 4)]);
    lab.run(MS.times(10));
    lab.crash(2);
    lab.all_see_all();
    lab.run(SECOND);
    assert_eq!(lab.version(4, OBJECT), Some(written));
}

#[test]
fn locks_do_not_move() {
    let mut lab = lab(false);
    lab.lock(3, OBJECT, attempt(1));
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.all_see_all();
    lab.run(SECOND);
    assert!(matches!(lab.lock(6, OBJECT, attempt(2)), LockVerdict::Granted { .. }));
    lab.news(3);
    lab.unlock(3, OBJECT, attempt(1));
    let ended =
        Observation::LockEnded { object: OBJECT, attempt: attempt(1), how: LockEnd::Unlocked };
    assert_eq!(lab.news(3), [ended]);
}

#[test]
fn durable_copies_survive_a_crash_and_are_not_trusted_before_the_neighbours_were_heard() {
    let mut lab = lab(true);
    let first = write(&mut lab, &[1, 2, 3]);
    lab.crash(2);
    let second = commit(first, 2, 1);
    for peer in [1, 3] {
        assert_eq!(lab.commit(peer, second), Some(CommitVerdict::Applied));
    }
    lab.run(MS);
    lab.news(2);
    lab.boot(2, &[1, 2, 3, 4, 5], true);
    assert!(lab.holds(2, OBJECT));
    let value = commit(V0, 1, 1).value;
    let told = Observation::Applied {
        object: OBJECT,
        version: first,
        value,
        previous: None,
        commit: None,
        late: false,
        responsible: false,
    };
    assert_eq!(lab.news(2), [told]);
    assert_eq!(lab.version(2, OBJECT), None);
    lab.run(SECOND);
    assert_eq!(lab.version(2, OBJECT), Some(second.version));
    assert_eq!(lab.recent(2, OBJECT), [operation(2), operation(1)]);
}

#[test]
fn what_was_dropped_does_not_come_back_from_the_disk() {
    let mut lab = lab(true);
    write(&mut lab, &[1, 2, 3]);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.all_see_all();
    lab.run(INTERVAL.times(2) + SECOND);
    lab.crash(1);
    lab.boot(1, &[1, 2, 3, 4, 5, 6], false);
    assert!(!lab.holds(1, OBJECT));
}

#[test]
fn without_durable_nothing_survives() {
    let mut lab = lab(false);
    write(&mut lab, &[1, 2, 3]);
    lab.crash(2);
    lab.boot(2, &[1, 2, 3, 4, 5], true);
    assert!(!lab.holds(2, OBJECT));
}
