//! A client as a member of groups.

use super::*;
use crate::node::Order;
use crate::protocol::clippee::groups::{
    Back, Deliver, Element, Message as Group, Multicast, Welcome,
};

const GROUP: ObjectId = ObjectId(1);
const JOIN: Operation = Operation::Join { group: GROUP };
const LEAVE: Operation = Operation::Leave { group: GROUP };
/// Answers come at once here, and the least timeout follows from that.
const PATIENCE: Span = Span::from_millis(50);
const STATE: Value = Value { bytes: 100, fingerprint: 3 };

fn total(number: u32) -> Multicast {
    let id = OperationId { client: NodeId(20), count: number };
    Multicast { id, order: Order::Total, number, first: 0, bytes: 10, check: 0 }
}

fn fifo(sender: u32, number: u32) -> Multicast {
    let id = OperationId { client: NodeId(sender), count: 100 + number };
    Multicast { id, order: Order::Fifo, number, first: 1, bytes: 10, check: 0 }
}

fn welcome(place: u32, number: u32, missed: &[Multicast]) -> Message {
    let missed = missed.into();
    Group::Welcome(Box::new(Welcome {
        group: GROUP,
        place,
        number,
        value: STATE,
        missed,
        doubt: false,
    }))
    .into()
}

fn deliver(place: u32, multicast: Multicast) -> Message {
    let element = Element::Message(multicast);
    Group::Deliver(Deliver { group: GROUP, place, element }).into()
}

/// A member for so many seconds, that has had all messages up to `number`.
fn back(number: u32, seconds: u64) -> Option<Back> {
    Some(Back { number, age: Span::from_secs(seconds) })
}

impl Stage {
    /// What the application has got, and been told to be missing.
    fn got(&mut self) -> (Vec<(Order, u32)>, u32) {
        let (mut got, mut missed) = (Vec::new(), 0);
        for told in std::mem::take(&mut self.told) {
            match told {
                Observation::Delivered { order, number, .. } => got.push((order, number)),
                Observation::Gap { missing, .. } => missed += missing,
                _ => {}
            }
        }
        (got, missed)
    }

    fn group_messages(&mut self) -> Vec<(u32, Group)> {
        let sent = self.sent();
        let group = |(to, message)| match message {
            Message::Group(message) => Some((to, message)),
            _ => None,
        };
        sent.into_iter().filter_map(group).collect()
    }
}

fn numbers(got: &[(Order, u32)]) -> Vec<u32> {
    got.iter().map(|&(_, number)| number).collect()
}

/// A member at access peer 1, which has delivered place 7 and number 4 before.
fn member() -> Stage {
    let mut stage = attached(quiet(), &[1, 2]);
    stage.ask(0, JOIN);
    assert_eq!(stage.group_messages(), [(1, Group::Enter { group: GROUP, turn: 0, back: None })]);
    stage.hear(1, welcome(7, 4, &[]));
    let joined = Answer::Joined { number: 4, value: STATE };
    assert_eq!(stage.ended(), [(0, Outcome::Ok(joined))]);
    stage.told.clear();
    stage
}

#[test]
fn a_member_gets_what_comes_after_its_welcome() {
    let mut stage = attached(quiet(), &[1]);
    stage.ask(0, JOIN);
    // The first elements overtake the welcome; one of them is part of the state already.
    stage.hear(1, deliver(9, total(6)));
    stage.hear(1, deliver(7, total(4)));
    stage.hear(1, deliver(8, total(5)));
    assert_eq!(stage.got().0, []);
    stage.hear(1, welcome(7, 4, &[]));
    let told = stage.told.clone();
    assert!(matches!(told[0], Observation::Ended { .. }), "first it learns that it is a member");
    assert_eq!(numbers(&stage.got().0), [5, 6]);
}

#[test]
fn a_join_is_asked_again_until_it_is_welcomed() {
    let mut stage = attached(quiet(), &[1]);
    stage.ask(0, JOIN);
    stage.sent();
    stage.pass(Span::from_secs(1));
    assert_eq!(stage.group_messages(), [(1, Group::Enter { group: GROUP, turn: 0, back: None })]);
    stage.hear(1, welcome(7, 4, &[]));
    stage.hear(1, deliver(8, total(5)));
    // The second answer says what came since, and nothing may be passed over for it.
    stage.hear(1, welcome(9, 6, &[]));
    stage.hear(1, deliver(9, total(6)));
    assert_eq!(stage.got(), (vec![(Order::Total, 5), (Order::Total, 6)], 0));
    assert_eq!(stage.ended().len(), 0, "one end, told above");
}

#[test]
fn elements_that_are_lacking_are_asked_for() {
    let mut stage = member();
    stage.hear(1, deliver(10, total(7)));
    stage.hear(1, deliver(8, total(5)));
    assert_eq!(numbers(&stage.got().0), [5]);
    stage.pass(PATIENCE);
    assert_eq!(stage.group_messages(), [(1, Group::Missing { group: GROUP, from: 9, to: 9 })]);
    stage.hear(1, deliver(9, total(6)));
    assert_eq!(stage.got(), (vec![(Order::Total, 6), (Order::Total, 7)], 0));
    stage.pass(Span::from_secs(60));
    assert!(stage.group_messages().is_empty());
}

#[test]
fn what_cannot_be_had_is_told_as_a_gap() {
    let mut stage = member();
    stage.hear(1, deliver(11, total(8)));
    stage.pass(Span::from_secs(60));
    assert_eq!(stage.group_messages().len(), 4, "tries");
    assert_eq!(stage.got(), (vec![(Order::Total, 8)], 3));
    let lost = Element::Lost { number: 10 };
    let lost = Group::Deliver(Deliver { group: GROUP, place: 12, element: lost });
    stage.hear(1, lost.into());
    stage.hear(1, deliver(13, total(11)));
    assert_eq!(stage.got(), (vec![(Order::Total, 11)], 2));
}

#[test]
fn a_lost_last_element_is_noticed_by_the_next_heartbeat() {
    let mut stage = member();
    let places = Box::new([(GROUP, 8)]);
    stage.hear(1, Message::HeartbeatReply { fresh: None, places });
    stage.pass(PATIENCE);
    assert_eq!(stage.group_messages(), [(1, Group::Missing { group: GROUP, from: 8, to: 8 })]);
}

#[test]
fn with_a_new_access_peer_it_gets_what_it_missed() {
    let mut stage = member();
    stage.hear(1, deliver(8, total(5)));
    stage.hear(1, deliver(9, fifo(21, 3)));
    stage.hear(1, Message::Refused { instead: None });
    stage.hear(2, Message::Attached);
    let entered = (2, Group::Enter { group: GROUP, turn: 0, back: back(5, 0) });
    assert_eq!(stage.group_messages(), [entered]);
    stage.pass(Span::from_secs(1));
    let entered = (2, Group::Enter { group: GROUP, turn: 0, back: back(5, 1) });
    assert_eq!(stage.group_messages(), [entered], "asked again");
    stage.got();
    // The former access peer is heard no more; the new one's stream waits for the welcome.
    stage.hear(1, deliver(10, total(6)));
    stage.hear(2, deliver(3, total(9)));
    assert_eq!(stage.got().0, []);
    let missed = [total(5), fifo(21, 3), total(6), fifo(21, 4), total(8)];
    stage.hear(2, welcome(2, 8, &missed));
    let got = [6, 4, 8, 9];
    let (delivered, gap) = stage.got();
    assert_eq!((numbers(&delivered), gap), (got.to_vec(), 1), "number 7 is gone");
}

#[test]
fn an_access_peer_that_forgot_a_member_is_told_again_and_one_that_remembers_too_many_too() {
    let mut stage = member();
    let other = ObjectId(2);
    let places = Box::new([(other, 5)]);
    stage.hear(1, Message::HeartbeatReply { fresh: None, places });
    let told = [
        (1, Group::Exit { group: other, turn: 0 }),
        (1, Group::Enter { group: GROUP, turn: 0, back: back(4, 0) }),
    ];
    assert_eq!(stage.group_messages(), told);
}

#[test]
fn an_answer_to_a_heartbeat_from_before_the_welcome_says_nothing() {
    let mut stage = attached(quiet(), &[1]);
    stage.pass(Span::from_secs(1));
    stage.ask(0, JOIN);
    stage.hear(1, welcome(7, 4, &[]));
    stage.sent();
    stage.hear(1, Message::HeartbeatReply { fresh: None, places: Box::default() });
    assert!(stage.group_messages().is_empty());
}

#[test]
fn after_leaving_nothing_is_delivered() {
    let mut stage = member();
    stage.ask(1, LEAVE);
    stage.hear(1, deliver(8, total(5)));
    assert_eq!(stage.group_messages(), [(1, Group::Exit { group: GROUP, turn: 1 })]);
    stage.hear(1, Group::Exited { group: GROUP }.into());
    assert_eq!(stage.ended(), [(1, Outcome::Ok(Answer::Done))]);
    assert_eq!(stage.got().0, []);
}

#[test]
fn joins_and_leaves_of_one_group_wait_for_each_other() {
    let mut stage = member();
    stage.ask(1, LEAVE);
    stage.ask(2, JOIN);
    assert_eq!(stage.group_messages(), [(1, Group::Exit { group: GROUP, turn: 1 })]);
    stage.hear(1, Group::Exited { group: GROUP }.into());
    assert_eq!(stage.group_messages(), [(1, Group::Enter { group: GROUP, turn: 2, back: None })]);
    stage.hear(1, welcome(9, 9, &[]));
    assert_eq!(stage.ended().len(), 2);
}

#[test]
fn multicasts_to_one_group_go_out_one_by_one_and_are_counted() {
    let mut stage = member();
    let say = |order| Operation::Multicast { group: GROUP, order, bytes: 10 };
    for (count, order) in [(1, Order::Fifo), (2, Order::Total), (3, Order::Fifo)] {
        stage.ask(count, say(order));
    }
    let mut counts = Vec::new();
    for expected in 1..=3 {
        let sent = stage.sent();
        let [(1, Message::Request(request))] = &*sent else { panic!("{sent:?}") };
        assert_eq!(request.id, id(expected));
        counts.push(request.count.number);
        stage.hear(1, response(expected, Outcome::Ok(Answer::Done)));
    }
    assert_eq!(counts, [2, 0, 3], "from the first operation's own count on");
}

#[test]
fn a_held_multicast_ends_in_time_and_uses_no_count() {
    let mut stage = member();
    let say = Operation::Multicast { group: GROUP, order: Order::Fifo, bytes: 10 };
    stage.ask(1, say);
    stage.pass(Span::from_secs(1));
    stage.ask(2, say);
    stage.pass(Span::from_secs(14));
    assert_eq!(stage.ended(), [(1, failed(FailureCause::Timeout, true))]);
    stage.pass(Span::from_secs(1));
    let ended =
        [(1, failed(FailureCause::Timeout, true)), (2, failed(FailureCause::Timeout, true))];
    assert_eq!(stage.ended(), ended);
    assert_eq!(stage.client.as_ref().expect("it is up").pending.len(), 0);
}

#[test]
fn a_client_without_groups_keeps_nothing_of_them() {
    let mut stage = attached(quiet(), &[1]);
    stage.hear(1, Message::HeartbeatReply { fresh: None, places: Box::default() });
    assert!(stage.client.as_ref().expect("it is up").memberships.is_none());
}
