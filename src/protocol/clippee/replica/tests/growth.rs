//! Readiness: CLIPPEE 6.

use super::super::message::PAGE;
use super::super::needs::WINDOW;
use super::lab::config;
use super::*;

const V0: Version = Version::ZERO;
const NOT_READY: ReadVerdict = ReadVerdict::Refused(Refusal::NotReady);

/// Peers 1 to 6 at even positions; peer 6 (next to the object) isn't there yet. The object's set is
/// {2, 3, 1}, then {6, 2, 3}.
fn lab(objects: usize) -> Lab {
    let ids = [at(1), at(4), at(7), at(10), at(13), at(5)];
    let keys: Vec<Key> = (0..objects as u64).map(|n| at(5) - 1 - n).collect();
    let mut lab = Lab::empty(config(3), &ids, &keys);
    for peer in 1..=5 {
        lab.boot(peer, &[1, 2, 3, 4, 5], true);
    }
    lab.run(MS);
    lab
}

fn write(lab: &mut Lab, object: u32, base: Version, count: u32, peers: &[u32]) -> Version {
    let commit = Commit { object: ObjectId(object), ..commit(base, count, peers[0]) };
    for &peer in peers {
        assert_eq!(lab.commit(peer, commit), Some(CommitVerdict::Applied));
    }
    commit.version
}

#[test]
fn who_was_always_there_is_ready() {
    let mut lab = lab(1);
    for peer in [1, 2, 3] {
        assert_eq!(lab.version(peer, OBJECT), Some(V0));
    }
    assert!(lab.sent.is_empty());
}

#[test]
fn a_newcomer_is_ready_when_all_neighbours_have_listed_and_sent() {
    let mut lab = lab(2);
    let written = write(&mut lab, 0, V0, 1, &[2, 1, 3]);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    assert_eq!(lab.read(6, OBJECT), NOT_READY);
    lab.run(MS.times(80));
    assert_eq!(lab.read(6, OBJECT), NOT_READY, "the summaries are still on their way");
    lab.run(MS.times(45));
    let other = ObjectId(1);
    assert_eq!(lab.version(6, other), Some(V0), "never written: absent is version 0");
    assert_eq!(lab.read(6, OBJECT), NOT_READY, "listed, not there yet");
    lab.run(MS.times(125));
    assert_eq!(lab.version(6, OBJECT), Some(written));
    assert_eq!(lab.count_of("fetch"), 1, "asked of one of those who named it");
}

#[test]
fn before_the_overlay_has_joined_nothing_is_claimed() {
    let mut lab = lab(1);
    lab.boot(6, &[1, 6], false);
    assert!(matches!(
        lab.read(6, OBJECT),
        ReadVerdict::Refused(Refusal::NotResponsible { closer }) if *closer == [NodeId(1)]
    ));
    assert!(lab.sent.is_empty());
    lab.sees(6, &[1, 2, 3, 4, 5, 6]);
    lab.run(SECOND);
    assert_eq!(lab.version(6, OBJECT), Some(V0));
}

#[test]
fn a_lost_request_is_repeated_and_a_silent_neighbour_awaited_until_it_is_found_dead() {
    let mut lab = lab(1);
    lab.cut.insert((NodeId(6), NodeId(1)));
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(SECOND.times(20));
    assert_eq!(lab.read(6, OBJECT), NOT_READY);
    let asked = lab.sent.iter().filter(|sent| sent.1 == NodeId(1)).count();
    assert!((6..=16).contains(&asked), "{asked} requests in 20 s, twice for two sides");
    lab.sees(6, &[2, 3, 4, 5, 6]);
    // Peer 5 has come into the set instead and is heard first.
    lab.run(SECOND);
    assert_eq!(lab.version(6, OBJECT), Some(V0));
    lab.sees(6, &[1, 2, 3, 4, 5, 6]);
    lab.cut.clear();
    lab.run(SECOND.times(6));
    assert_eq!(lab.version(6, OBJECT), Some(V0));
    assert!(!lab.nodes[&NodeId(6)].replica.readiness.is_waiting());
}

#[test]
fn an_object_whose_holder_dies_is_had_from_another_or_not_at_all() {
    let mut lab = lab(2);
    let everybody = write(&mut lab, 0, V0, 1, &[2, 1, 3]);
    let lonely = write(&mut lab, 1, V0, 2, &[2]);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(MS.times(130));
    lab.crash(2);
    lab.run(MS.times(200));
    assert_eq!(lab.version(6, OBJECT), Some(everybody), "fetched before or from another");
    let object = ObjectId(1);
    let (fetched, lost) = (lab.version(6, object) == Some(lonely), lab.read(6, object));
    lab.sees(6, &[1, 3, 4, 5, 6]);
    lab.run(SECOND.times(2));
    if !fetched {
        assert_eq!(lost, NOT_READY);
        assert_eq!(lab.version(6, object), Some(V0), "its only holder is dead");
    }
}

#[test]
fn a_claimant_that_dies_before_it_sends_is_replaced_or_forgotten() {
    let mut lab = lab(2);
    let shared = write(&mut lab, 0, V0, 1, &[2, 1, 3]);
    write(&mut lab, 1, V0, 2, &[2]);
    lab.cut.insert((NodeId(6), NodeId(2)));
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    // It learns from peer 2 what peer 2 alone holds, but can't fetch it.
    lab.step(6, |replica, overlay, cx, answers| {
        let version = version(V0, 2);
        let entries = Box::new([Entry { object: ObjectId(1), version }]);
        replica.on_message(NodeId(2), Message::Offer(entries), overlay, cx, answers);
    });
    lab.run(SECOND);
    lab.crash(2);
    assert_eq!(lab.read(6, ObjectId(1)), NOT_READY);
    lab.sees(6, &[1, 3, 4, 5, 6]);
    lab.run(SECOND.times(2));
    assert_eq!(lab.version(6, OBJECT), Some(shared));
    assert_eq!(lab.version(6, ObjectId(1)), Some(V0));
}

#[test]
fn an_arc_that_shrinks_stays_ready_and_one_that_grows_again_asks_again() {
    let mut lab = lab(1);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.all_see_all();
    lab.run(SECOND);
    assert!(lab.version(1, OBJECT).is_none());
    // Peer 3 dies: peer 1 is responsible again.
    lab.crash(3);
    let written = write(&mut lab, 0, V0, 1, &[6, 2]);
    lab.all_see_all();
    assert_eq!(lab.read(1, OBJECT), NOT_READY);
    assert_eq!(lab.version(6, OBJECT), Some(written), "it was and stays responsible");
    lab.run(SECOND);
    assert_eq!(lab.version(1, OBJECT), Some(written));
}

#[test]
fn growth_while_waiting_is_waited_for_too() {
    let mut lab = lab(1);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(MS.times(60));
    // The arc grows on both sides while the first answers are on their way.
    lab.crash(2);
    lab.crash(3);
    lab.sees(6, &[1, 4, 5, 6]);
    // Peer 5 came into the set, and is heard one round trip after that.
    lab.run(MS.times(130));
    let replica = &lab.nodes[&NodeId(6)].replica;
    assert!(replica.readiness.covers(at(8)) && !replica.readiness.covers(at(10)));
    lab.run(SECOND);
    let replica = &lab.nodes[&NodeId(6)].replica;
    assert!(replica.readiness.covers(at(10)) && !replica.readiness.is_waiting());
}

#[test]
fn a_long_list_comes_in_pages_and_the_objects_in_windows() {
    let count = PAGE + 40;
    let mut lab = lab(count);
    for object in 0..count as u32 {
        write(&mut lab, object, V0, object + 1, &[2, 1]);
    }
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(MS.times(130));
    let read = lab.read(6, ObjectId(0));
    assert_eq!(read, NOT_READY, "the first page isn't all");
    let asked = |sent: &(NodeId, NodeId, Message)| match &sent.2 {
        Message::Fetch(objects) => objects.len(),
        _ => 0,
    };
    assert_eq!(lab.sent.iter().map(asked).sum::<usize>(), WINDOW);
    lab.run(SECOND.times(3));
    for object in 0..count as u32 {
        let expected = version(V0, object + 1);
        assert_eq!(lab.version(6, ObjectId(object)), Some(expected));
    }
    assert_eq!(lab.count_of("transfer"), count, "each was sent once");
}

#[test]
fn old_answers_to_an_earlier_incarnation_make_nothing_ready() {
    let mut lab = lab(1);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(MS.times(60));
    lab.crash(6);
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(MS.times(60));
    assert_eq!(lab.read(6, OBJECT), NOT_READY);
    lab.run(SECOND);
    assert_eq!(lab.version(6, OBJECT), Some(V0));
}

#[test]
fn not_ready_peers_answer_each_other_and_take_commits() {
    let mut lab = lab(1);
    lab.config = Arc::new(Config {
        overlay: crate::protocol::overlay::Config { start: Start::Join, ..Default::default() },
        ..config(3)
    });
    for peer in 1..=5 {
        lab.crash(peer);
    }
    for peer in 1..=5 {
        lab.boot(peer, &[1, 2, 3, 4, 5], true);
    }
    assert_eq!(lab.read(2, OBJECT), NOT_READY);
    let written = write(&mut lab, 0, V0, 1, &[2, 1, 3]);
    lab.run(SECOND);
    for peer in [1, 2, 3] {
        assert_eq!(lab.version(peer, OBJECT), Some(written));
    }
}
