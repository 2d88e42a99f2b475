//! What others delivered in fifo order while there were no members here.

use super::*;

/// Peers 5 and 6 have members, and member 1 comes back.
fn returned() -> Stage {
    let mut stage = Stage::new(three());
    for peer in [5, 6] {
        stage.store.borrow_mut().roll.insert(NodeId(peer), entry(peer));
    }
    stage.enter(1, Some(0));
    stage
}

/// Whom it asks, and about how long a time.
fn recalls(stage: &mut Stage) -> Vec<(u32, Span)> {
    let out = stage.out();
    let recalls = out.iter().filter_map(|(to, message)| match message {
        Message::Recall { age, .. } => Some((to.0, *age)),
        _ => None,
    });
    let recalls = recalls.collect();
    stage.out = out;
    recalls
}

/// The last one that was asked answers with these of sender 7's, which entered the tree at 9.
fn answer_last(stage: &mut Stage, counts: &[u32], whole: bool) {
    let (peer, age) = *recalls(stage).last().expect("somebody was asked");
    let messages = counts.iter().map(|&count| (fifo(7, count), NodeId(9))).collect();
    stage.out.clear();
    let recalled = Recalled { group: GROUP, age, messages, whole };
    stage.say(peer, Message::Recalled(Box::new(recalled)));
}

fn welcome(stage: &mut Stage) -> (Box<[Multicast]>, bool) {
    let [(to, welcome)] = &stage.welcomes()[..] else { panic!("one is waited for") };
    assert_eq!(*to, client(1));
    (welcome.missed.clone(), welcome.doubt)
}

#[test]
fn a_member_that_comes_back_waits_for_what_another_access_peer_delivered() {
    let mut stage = returned();
    assert_eq!(recalls(&mut stage), [(5, Span::from_secs(100))]);
    assert!(stage.access.places(client(1)).is_empty(), "it isn't welcomed yet");
    answer_last(&mut stage, &[3, 4], true);
    assert_eq!(welcome(&mut stage), ([fifo(7, 3), fifo(7, 4)].into(), false));
    stage.enter(2, Some(0));
    assert_eq!(stage.welcomes()[0].1.missed.len(), 2, "the next one needn't ask");
}

#[test]
fn who_does_not_know_all_is_followed_by_the_next_and_in_the_end_there_is_a_doubt() {
    let mut stage = returned();
    answer_last(&mut stage, &[4], false);
    assert_eq!(recalls(&mut stage).len(), 1);
    answer_last(&mut stage, &[3, 4], false);
    assert_eq!(welcome(&mut stage), ([fifo(7, 3), fifo(7, 4)].into(), true));
}

#[test]
fn silent_ones_are_waited_for_a_while_only() {
    let mut stage = returned();
    stage.pass(SECOND.times(10));
    let asked: Vec<u32> = recalls(&mut stage).iter().map(|&(peer, _)| peer).collect();
    assert_eq!(asked, [5, 6, 5, 6]);
    assert_eq!(welcome(&mut stage), (Box::default(), true));
}

#[test]
fn new_members_and_a_group_that_is_nowhere_else_ask_nobody() {
    let mut stage = returned();
    answer_last(&mut stage, &[], true);
    stage.exit(1);
    stage.out.clear();
    stage.enter(1, None);
    assert_eq!(recalls(&mut stage), []);
    assert_eq!(welcome(&mut stage), (Box::default(), false));
    let mut alone = Stage::new(three());
    alone.enter(1, Some(0));
    assert_eq!(recalls(&mut alone), []);
    assert_eq!(welcome(&mut alone), (Box::default(), true), "nobody knows");
}

#[test]
fn what_came_late_to_others_is_asked_for_once_more() {
    let mut stage = returned();
    answer_last(&mut stage, &[], true);
    stage.out.clear();
    stage.pass(SECOND.times(10));
    assert_eq!(recalls(&mut stage), [(5, SECOND.times(11))]);
    answer_last(&mut stage, &[1], true);
    stage.pass(SECOND.times(20));
    assert_eq!(stage.delivered(1), [(1, 1)], "after 9 was asked for what comes before it");
}

/// An answer holds what was delivered, and is whole from the registration on.
#[test]
fn who_is_asked_says_what_it_delivered_and_whether_that_is_all() {
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, Multicast { first: 1, ..fifo(7, 1) }, &[]);
    stage.pass(SECOND.times(20));
    stage.relay(5, fifo(7, 2), &[]);
    stage.out.clear();
    let asked = |stage: &mut Stage, age| {
        stage.say(8, Message::Recall { group: GROUP, age });
        let (to, Message::Recalled(recalled)) = stage.out.remove(0) else {
            panic!("{:?}", stage.out)
        };
        assert_eq!((to, recalled.age), (NodeId(8), age));
        (recalled.messages, recalled.whole)
    };
    let told = |count| (fifo(7, count), NodeId(5));
    assert_eq!(asked(&mut stage, SECOND.times(5)), ([told(2)].into(), true));
    assert_eq!(asked(&mut stage, SECOND.times(50)), ([told(1), told(2)].into(), false));
    stage.exit(1);
    stage.out.clear();
    assert_eq!(asked(&mut stage, SECOND), (Box::default(), false), "no members any more");
}

/// Replicas had been told that this peer is dead, and it was left out meanwhile.
#[test]
fn who_was_taken_for_dead_asks_for_what_was_said_meanwhile() {
    let mut stage = returned();
    answer_last(&mut stage, &[], true);
    stage.pass(SECOND.times(11));
    answer_last(&mut stage, &[], true);
    stage.out.clear();
    let dead = |entry: &mut Entry| entry.members = 0;
    stage.store.borrow_mut().roll.get_mut(&ME).into_iter().for_each(dead);
    stage.pass(SECOND.times(30));
    let asked = recalls(&mut stage);
    assert!(!asked.is_empty() && asked[0].1 >= SECOND.times(25), "{asked:?}");
    stage.pass(SECOND.times(20));
    let doubts = stage.out().into_iter().filter(|(_, message)| {
        let Message::Deliver(deliver) = message else { return false };
        deliver.element == Element::Doubt { sender: None }
    });
    assert_eq!(doubts.count(), 1, "nobody has answered");
}
