//! Order, gaps, and what members lost.

use super::*;

#[test]
fn numbers_are_delivered_in_order_and_once() {
    let mut stage = Stage::with_members(three(), 1);
    for number in [2, 3, 1, 1, 3, 4] {
        stage.relay(5, total(number), &[]);
    }
    assert_eq!(stage.delivered(1), [(1, 1), (2, 2), (3, 3), (4, 4)]);
    stage.number(1..=4);
    stage.enter(2, None);
    assert_eq!(stage.welcomes()[0].1.value, stage.store.borrow().value);
}

#[test]
fn a_gap_is_filled_after_a_while() {
    let mut stage = Stage::with_members(three(), 1);
    stage.number(1..=4);
    stage.relay(5, total(4), &[]);
    stage.pass(Span::from_millis(999));
    assert_eq!(stage.delivered(1), []);
    stage.pass(Span::from_millis(1));
    assert_eq!(stage.delivered(1), [(1, 1), (2, 2), (3, 3), (4, 4)]);
}

#[test]
fn what_all_replicas_have_lost_is_told_to_be_lost_at_once() {
    let mut stage = Stage::with_members(three(), 1);
    stage.number(1..=4);
    stage.store.borrow_mut().messages.remove(&2);
    stage.relay(5, total(4), &[]);
    stage.pass(SECOND);
    assert_eq!(stage.delivered(1), [(1, 1), (2, -2), (3, 3), (4, 4)]);
    stage.enter(2, None);
    let (welcomes, store) = (stage.welcomes(), stage.store.borrow());
    assert_eq!((welcomes[0].1.number, welcomes[0].1.value), (4, store.value), "asked for at once");
}

#[test]
fn silent_replicas_lose_a_gap_in_the_end() {
    let mut stage = Stage::with_members(three(), 1);
    stage.up.clear();
    stage.relay(5, total(3), &[]);
    stage.pass(Span::from_secs(20));
    let out = stage.out();
    assert_eq!(out.iter().filter(|(_, m)| matches!(m, Message::Fill(_))).count(), 8, "2 r + 2");
    stage.out = out;
    assert_eq!(stage.delivered(1), [(1, -2), (2, 3)]);
}

#[test]
fn a_last_message_that_did_not_come_is_found_by_a_poll() {
    let mut stage = Stage::with_members(three(), 1);
    stage.number(1..=1);
    stage.pass(Span::from_secs(32));
    assert_eq!(stage.delivered(1), [(1, 1)]);
}

#[test]
fn an_unanswered_poll_makes_the_set_be_looked_for() {
    let mut stage = Stage::with_members(three(), 1);
    stage.up.clear();
    stage.pass(Span::from_secs(61));
    // Two at each of two ticks; each but the first asks afresh who the replicas are.
    assert_eq!(stage.out_to("poll").len(), 4);
    assert_eq!(stage.lookups, [false, true, true, true]);
}

#[test]
fn too_many_early_ones_are_fetched_later() {
    let mut stage = Stage::with_members(Config { group_log: 16, ..three() }, 1);
    stage.number(1..=40);
    for number in 2..=40 {
        stage.relay(5, total(number), &[]);
    }
    stage.pass(SECOND);
    let numbers: Vec<i64> = stage.delivered(1).iter().map(|&(_, number)| number).collect();
    assert_eq!(numbers, (1..=40).collect::<Vec<i64>>());
}

#[test]
fn lost_places_are_sent_again_to_members_as_far_as_the_log_goes() {
    let mut stage = Stage::with_members(Config { group_log: 16, ..three() }, 1);
    for number in 1..=20 {
        stage.relay(5, total(number), &[]);
    }
    stage.out();
    stage.access.missing(client(1), GROUP, (3, 6), &mut stage.fake);
    stage.access.missing(client(1), GROUP, (20, 99), &mut stage.fake);
    stage.access.missing(client(2), GROUP, (20, 20), &mut stage.fake);
    stage.run();
    assert_eq!(stage.delivered(1), [(5, 5), (6, 6), (20, 20)]);
}

fn lacks(stage: &mut Stage) -> Vec<(u32, u32, u32)> {
    let out = stage.out();
    let lacks = out.iter().filter_map(|(to, message)| match message {
        Message::Lack { after, before, .. } => Some((to.0, *after, *before)),
        _ => None,
    });
    let lacks = lacks.collect();
    stage.out = out;
    lacks
}

fn supply(stage: &mut Stage, from: u32, before: u32, counts: &[u32]) {
    let messages = counts.iter().map(|&count| fifo(7, count)).collect();
    let supply = Supply { group: GROUP, sender: client(7), before, messages };
    stage.say(from, Message::Supply(Box::new(supply)));
}

#[test]
fn counts_are_delivered_in_order_and_a_gap_is_asked_for_where_they_came_from() {
    let mut stage = Stage::with_members(three(), 1);
    for count in [1, 1, 2, 5, 6] {
        stage.relay(5, fifo(7, count), &[]);
    }
    assert_eq!(stage.delivered(1), [(1, 1), (2, 2)]);
    stage.pass(SECOND);
    assert_eq!(lacks(&mut stage), [(5, 2, 5)]);
    supply(&mut stage, 5, 5, &[4]);
    assert_eq!(stage.delivered(1), [(3, 4), (4, 5), (5, 6)], "3 can't be had");
}

#[test]
fn a_sender_that_moved_is_asked_for_at_its_former_access_peer_too() {
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, fifo(7, 1), &[]);
    stage.relay(6, fifo(7, 3), &[]);
    stage.pass(SECOND);
    assert_eq!(lacks(&mut stage), [(6, 1, 3)]);
    supply(&mut stage, 6, 3, &[]);
    stage.out();
    stage.pass(SECOND);
    assert_eq!(lacks(&mut stage), [(5, 1, 3)]);
    supply(&mut stage, 5, 3, &[2]);
    assert_eq!(stage.delivered(1), [(2, 2), (3, 3)]);
    stage.pass(Span::from_secs(20));
    assert!(stage.out().is_empty());
}

#[test]
fn an_unknown_sender_is_asked_about_at_once_and_not_for_ever() {
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, fifo(7, 50), &[]);
    assert_eq!(lacks(&mut stage), [(5, 0, 50)]);
    stage.relay(5, fifo(7, 51), &[]);
    stage.pass(Span::from_secs(20));
    assert_eq!(lacks(&mut stage).len(), 4);
    assert_eq!(stage.delivered(1), [(1, 50), (2, 51)]);
}

#[test]
fn what_was_sent_here_is_supplied_to_those_it_was_addressed_to() {
    let mut stage = Stage::new(three());
    for (count, peers) in [(1, vec![5]), (2, vec![5, 6]), (3, vec![6]), (4, vec![5])] {
        let roll = peers.into_iter().map(entry).collect();
        let cast = Cast { group: GROUP, multicast: fifo(7, count), roll };
        stage.access.cast(cast, &mut stage.fake);
    }
    stage.run();
    stage.out();
    let sender = client(7);
    let supplied = |stage: &mut Stage, since, age| {
        let lack = Message::Lack { group: GROUP, sender, after: 0, before: 4, since, age };
        stage.say(5, lack);
        let (to, Message::Supply(supply)) = stage.out.remove(0) else { panic!("{:?}", stage.out) };
        assert_eq!(to, NodeId(5));
        supply.messages
    };
    let (early, late) = (Stamp::default(), Stamp { incarnation: 9, count: 1 });
    assert_eq!(*supplied(&mut stage, early, Span::ZERO), [fifo(7, 1), fifo(7, 2)]);
    let to_former_members = supplied(&mut stage, late, Span::ZERO);
    assert!(to_former_members.is_empty());
    // To members that come back from elsewhere, whomever it was addressed to.
    stage.fake.now += SECOND;
    assert_eq!(*supplied(&mut stage, late, SECOND.times(2)), [1, 2, 3].map(|count| fifo(7, count)));
}

/// A member that comes back is due what senders said while it had no access peer, also of those that
/// this peer has never heard of.
#[test]
fn what_was_said_while_a_member_moved_is_asked_for() {
    let ages = |back: Option<u32>| {
        let mut stage = Stage::new(three());
        stage.enter(1, back);
        stage.out.clear();
        stage.relay(5, fifo(7, 50), &[]);
        let lacks = stage.out().into_iter().filter_map(|(_, message)| match message {
            Message::Lack { age, .. } => Some(age),
            _ => None,
        });
        lacks.collect::<Vec<_>>()
    };
    assert_eq!(ages(None), [Span::ZERO]);
    assert_eq!(ages(Some(0)), [Span::from_secs(100)], "as far back as there is time");
}

/// A sender's first message since it booted: whether it had sent more before is asked where its last
/// message had entered, and by those who never heard of it nowhere.
#[test]
fn what_a_sender_sent_before_it_rebooted_comes_before_what_it_sends_then() {
    let session = |first, number| Multicast { first, ..fifo(7, number) };
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, session(4, 4), &[]);
    assert_eq!(stage.delivered(1), [(1, 4)], "nothing can lack");
    stage.relay(6, session(20, 20), &[]);
    assert_eq!(stage.delivered(1), []);
    stage.pass(SECOND);
    assert_eq!(lacks(&mut stage), [(5, 4, 20)]);
    supply(&mut stage, 5, 20, &[5]);
    assert_eq!(stage.delivered(1), [(2, 5), (3, 20)]);
    stage.relay(6, session(4, 6), &[]);
    assert_eq!(stage.delivered(1), [], "too late");
    stage.relay(6, session(20, 21), &[]);
    assert_eq!(stage.delivered(1), [(4, 21)]);
}

#[test]
fn a_silent_former_access_peer_holds_up_a_rebooted_sender_for_a_few_seconds_only() {
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, fifo(7, 1), &[]);
    stage.relay(6, Multicast { first: 9, ..fifo(7, 9) }, &[]);
    stage.pass(SECOND.times(6));
    let doubt = Element::Doubt { sender: Some(client(7)) };
    let told = Message::Deliver(Deliver { group: GROUP, place: 2, element: doubt });
    assert!(stage.out.contains(&(client(1), told)), "whether there was more nobody knows");
    assert_eq!(stage.delivered(1), [(1, 1), (3, 9)]);
}
