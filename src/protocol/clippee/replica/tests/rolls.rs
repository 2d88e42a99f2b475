//! How rolls survive: CLIPPEE 7.

use super::lab::config;
use super::*;
use crate::protocol::clippee::groups::{Entry as Member, Register, Stamp};
use proptest::prelude::*;

const INTERVAL: Span = Span::from_secs(30);
const GROUPS: u32 = 2;

/// Peers 1 to 5 at the even positions; both groups' set is {2, 1, 3}. Peer 6, next to them, isn't
/// there yet: with it the sets are {6, 2, 3}.
fn lab(config: Config) -> Lab {
    let ids = [at(1), at(4), at(7), at(10), at(13), at(5)];
    let mut lab = Lab::with_groups(config, &ids, &[at(5) - 1, at(5) - 2], GROUPS);
    for peer in 1..=5 {
        lab.boot(peer, &[1, 2, 3, 4, 5], true);
    }
    lab.run(MS);
    lab
}

fn member(peer: u32, count: u32, members: u32) -> Member {
    Member { peer: NodeId(peer), stamp: Stamp { incarnation: 1, count }, members }
}

fn register(lab: &mut Lab, at: u32, entry: Member) {
    let register = Register { group: OBJECT, entry };
    lab.step(at, |replica, ring, cx, _| replica.register(register, ring, cx));
}

fn known(lab: &Lab, peer: u32) -> Vec<Member> {
    lab.nodes[&NodeId(peer)].replica.rolls.entries(OBJECT).into_vec()
}

#[test]
fn a_missed_registration_is_known_everywhere_within_an_interval() {
    let mut lab = lab(config(3));
    let (one, two) = (member(7, 1, 3), member(8, 1, 1));
    register(&mut lab, 2, one);
    register(&mut lab, 1, two);
    lab.run(INTERVAL + SECOND);
    for peer in [1, 2, 3] {
        assert_eq!(known(&lab, peer), [one, two], "at {peer}");
    }
    let entries = lab.sent.iter().filter_map(|sent| match &sent.2 {
        Message::Roll(told) => Some(told.entries.len()),
        _ => None,
    });
    assert!(entries.max() <= Some(2));
    lab.sent.clear();
    lab.run(INTERVAL);
    assert_eq!(lab.count_of("roll_digest"), 6, "three replicas, two neighbours each");
    assert_eq!(lab.count_of("roll"), 0, "nothing differs");
    assert!(known(&lab, 4).is_empty());
}

#[test]
fn the_dead_win_over_what_others_still_believe() {
    let mut lab = lab(config(3));
    for peer in [1, 2, 3] {
        register(&mut lab, peer, member(7, 1, 3));
    }
    register(&mut lab, 2, member(7, 1, 0));
    lab.run(INTERVAL + SECOND);
    for peer in [1, 2, 3] {
        assert_eq!(known(&lab, peer), [member(7, 1, 0)]);
    }
}

#[test]
fn an_old_absence_still_answers_who_believes_otherwise() {
    let mut lab = lab(config(3));
    register(&mut lab, 2, member(7, 2, 0));
    lab.run(INTERVAL.times(7));
    register(&mut lab, 1, member(7, 1, 3));
    lab.run(INTERVAL + SECOND);
    assert_eq!(known(&lab, 1), [member(7, 2, 0)]);
}

#[test]
fn absences_are_forgotten_after_ten_intervals_even_if_replicas_go_on_talking() {
    let mut lab = lab(config(3));
    for peer in [1, 2, 3] {
        register(&mut lab, peer, member(7, 1, 0));
    }
    for count in 1..=9 {
        // Something always differs.
        register(&mut lab, count % 3 + 1, member(8, count, 1));
        lab.run(INTERVAL);
        assert!(known(&lab, 2).contains(&member(7, 1, 0)), "after {count}");
    }
    for count in 10..=12 {
        register(&mut lab, count % 3 + 1, member(8, count, 1));
        lab.run(INTERVAL);
    }
    for peer in [1, 2, 3] {
        assert_eq!(known(&lab, peer), [member(8, 12, 1)]);
        assert!(!lab.nodes[&NodeId(peer)].replica.rolls.remembers_anybody());
    }
}

#[test]
fn without_repair_absences_stay() {
    let mut lab = lab(Config { repair_interval: Span::NEVER, ..config(3) });
    register(&mut lab, 2, member(7, 1, 0));
    lab.run(INTERVAL.times(20));
    assert_eq!(known(&lab, 2), [member(7, 1, 0)]);
}

#[test]
fn a_newcomer_knows_the_union_when_it_becomes_ready() {
    let mut lab = lab(Config { repair_interval: Span::NEVER, ..config(3) });
    register(&mut lab, 2, member(7, 1, 3));
    register(&mut lab, 3, member(8, 1, 1));
    register(&mut lab, 1, member(7, 2, 0));
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(MS.times(40));
    let refused = ReadVerdict::Refused(Refusal::NotReady);
    assert_eq!(lab.read(6, OBJECT), refused);
    lab.run(SECOND);
    let ReadVerdict::Roll { entries, .. } = lab.read(6, OBJECT) else { panic!("it is ready") };
    assert_eq!(*entries, [member(7, 2, 0), member(8, 1, 1)]);
}

#[test]
fn who_was_pushed_out_hands_its_roll_on_and_forgets_it() {
    let mut lab = lab(config(3));
    lab.boot(6, &[1, 2, 3, 4, 5, 6], true);
    lab.run(SECOND);
    // The newcomer has asked already; peer 1 still believes to be responsible.
    register(&mut lab, 1, member(7, 1, 3));
    lab.all_see_all();
    lab.run(INTERVAL + SECOND);
    for peer in [6, 2, 3] {
        assert_eq!(known(&lab, peer), [member(7, 1, 3)], "at {peer}");
    }
    assert!(known(&lab, 1).is_empty());
}

#[test]
fn a_polite_leaver_hands_its_roll_on() {
    let mut lab = lab(Config { repair_interval: Span::NEVER, ..config(3) });
    register(&mut lab, 1, member(7, 1, 3));
    lab.step(1, |replica, ring, cx, _| replica.leave(ring, cx));
    lab.crash(1);
    lab.all_see_all();
    lab.run(SECOND);
    for peer in [2, 3] {
        assert_eq!(known(&lab, peer), [member(7, 1, 3)], "at {peer}");
    }
}

#[test]
fn rolls_have_a_bound() {
    let mut lab = lab(Config { repair_interval: Span::NEVER, ..config(3) });
    lab.news(2);
    for peer in 0..9 {
        register(&mut lab, 2, member(peer, 1, 3));
    }
    let told = lab.news(2);
    // Six peers and the place of the world in the lab.
    let full = Observation::Held { table: "group_roll", entries: 8, bound: 7 };
    assert!(told.contains(&full), "{told:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// One writer a stamp: entries of equal peer and stamp have equal counts, or 0.
    #[test]
    fn replicas_agree_on_the_merge_after_exchanges(
        raw in proptest::collection::vec((1..=3_u32, 7..11_u32, 1..4_u32, any::<bool>()), 0..30),
    ) {
        let mut lab = lab(config(3));
        let mut merge = crate::protocol::clippee::groups::Roll::default();
        for (at, peer, count, dead) in raw {
            let entry = member(peer, count, if dead { 0 } else { count * 7 });
            register(&mut lab, at, entry);
            merge.take(entry);
            lab.run(MS.times(7 * u64::from(count)));
        }
        lab.loss = 0.3;
        lab.run(INTERVAL.times(2));
        lab.loss = 0.0;
        lab.run(INTERVAL.times(2));
        let present: Vec<Member> = merge.present().collect();
        for peer in 1..=3 {
            let known = known(&lab, peer);
            let members: Vec<Member> = known.iter().copied().filter(|e| e.members > 0).collect();
            prop_assert_eq!(&members, &present, "at {}", peer);
        }
    }
}
