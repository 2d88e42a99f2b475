//! The tree, and the names of members.

use super::*;
use crate::node::Answer;
use crate::protocol::clippee::groups::access::branches::Passed;
use crate::protocol::serving::groups::tree::{Tree, parts};
use proptest::prelude::*;

fn relays(stage: &mut Stage) -> Vec<(u32, Vec<u32>)> {
    let relays = stage.out();
    let relays = relays.into_iter().filter_map(|(to, message)| match message {
        Message::Relay(relay) => {
            Some((to.0, relay.list.iter().map(|entry| entry.peer.0).collect()))
        }
        _ => None,
    });
    relays.collect()
}

fn cast(stage: &mut Stage, multicast: Multicast, peers: impl IntoIterator<Item = u32>) {
    let roll = peers.into_iter().map(entry).collect();
    stage.access.cast(Cast { group: GROUP, multicast, roll }, &mut stage.fake);
    stage.run();
}

fn ack(stage: &mut Stage, from: u32, multicast: Multicast) {
    stage.say(from, Message::RelayAck { group: GROUP, id: multicast.id });
}

#[test]
fn a_message_goes_to_members_here_and_down_in_nearly_equal_parts() {
    let mut stage = Stage::with_members(Config { fanout: 4, ..three() }, 1);
    cast(&mut stage, total(1), 1..=11);
    stage.out.iter().for_each(|(to, _)| assert_ne!(*to, ME));
    let out = stage.out.clone();
    assert_eq!(stage.delivered(1), [(1, 1)]);
    stage.out = out;
    let relays = relays(&mut stage);
    let mut sizes: Vec<usize> = relays.iter().map(|(_, list)| list.len() + 1).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [2, 2, 3, 3]);
    let mut all: Vec<u32> =
        relays.iter().flat_map(|(to, list)| list.iter().chain([to])).copied().collect();
    all.sort_unstable();
    assert_eq!(all, (2..=11).collect::<Vec<u32>>());
}

#[test]
fn an_acknowledged_child_costs_nothing_more_and_is_a_sample() {
    let mut stage = Stage::new(three());
    cast(&mut stage, total(1), [5]);
    stage.pass(Span::from_millis(70));
    ack(&mut stage, 5, total(1));
    assert_eq!(stage.fake.measured, [(NodeId(5), Span::from_millis(70))]);
    assert_eq!(stage.access.sizes().relays, 0);
    assert!(stage.fake.armed.is_empty());
}

#[test]
fn a_silent_childs_list_goes_to_its_first_living_member_and_it_is_dead_after_three_sends() {
    let mut stage = Stage::new(Config { fanout: 1, ..three() });
    cast(&mut stage, total(1), [5, 6, 7]);
    let (child, list) = relays(&mut stage).remove(0);
    stage.pass(stage.fake.timeout(NodeId(child)));
    let (heir, rest) = (list[0], list[1..].to_vec());
    assert_eq!(relays(&mut stage), [(child, vec![]), (heir, rest)]);
    ack(&mut stage, heir, total(1));
    stage.pass(Span::from_secs(10));
    assert_eq!(relays(&mut stage), [(child, vec![])]);
    let dead = Entry { members: 0, ..entry(child) };
    assert_eq!(stage.store.borrow().registered, [dead, dead, dead]);
    assert!(stage.fake.armed.is_empty());
    assert!(stage.fake.measured.iter().all(|(peer, _)| peer.0 == heir));
}

#[test]
fn a_relay_is_acknowledged_passed_on_and_then_delivered() {
    let mut stage = Stage::with_members(three(), 2);
    stage.relay(5, total(1), &[6, 7]);
    let order: Vec<u32> = stage.out.iter().map(|(to, _)| to.0).collect();
    assert_eq!(order, [5, 6, 7, 1_001, 1_002]);
    stage.out();
    stage.relay(8, total(1), &[]);
    assert_eq!(stage.out_to("relay_ack"), [8]);
    stage.relay(8, total(1), &[9]);
    assert_eq!(relays(&mut stage), [(9, vec![])], "passed on, not delivered again");
}

#[test]
fn a_peer_without_members_says_so_once_an_interval() {
    let mut stage = Stage::new(three());
    stage.relay(5, total(1), &[6]);
    stage.relay(5, total(2), &[]);
    assert_eq!(stage.out_to("relay"), [6]);
    assert_eq!(stage.store.borrow().registered.len(), 3);
    assert_eq!(stage.store.borrow().roll[&ME].members, 0);
    stage.pass(Span::from_secs(30));
    stage.relay(5, total(3), &[]);
    let store = stage.store.borrow();
    assert_eq!(store.registered.iter().filter(|entry| entry.peer == ME).count(), 6);
}

fn census(stage: &mut Stage, peers: &[u32]) -> OperationId {
    let id = OperationId { client: client(1), count: 1 };
    let roll = peers.iter().map(|&peer| entry(peer)).collect();
    stage.access.census(Census { id, group: GROUP, view: 4, roll }, &mut stage.fake);
    stage.run();
    id
}

fn answers(access_peers: u32, members: u32) -> Outcome {
    Outcome::Ok(Answer::Members { view: 4, access_peers, members })
}

#[test]
fn names_are_collected_from_those_that_answer() {
    let mut stage = Stage::with_members(three(), 2);
    let id = census(&mut stage, &[1, 5, 6, 7]);
    let (_, Message::Who { token, .. }) = stage.out[0] else { panic!("{:?}", stage.out) };
    assert_eq!(stage.out_to("who"), [5, 6, 7]);
    let names = Box::new([client(3), client(1)]);
    stage.say(5, Message::Names { group: GROUP, token, names });
    stage.say(6, Message::Names { group: GROUP, token, names: Box::default() });
    stage.pass(Span::from_millis(700));
    assert_eq!(stage.out_to("who"), [7]);
    assert!(stage.access.take_ended().is_empty());
    stage.pass(Span::from_millis(700));
    assert_eq!(stage.access.take_ended(), [(id, answers(3, 3))], "who moved is named twice");
    stage.say(7, Message::Names { group: GROUP, token, names: Box::default() });
    assert!(stage.access.take_ended().is_empty());
}

#[test]
fn names_that_are_all_here_come_at_once_and_an_abandoned_question_leaves_nothing() {
    let mut stage = Stage::with_members(three(), 2);
    let id = census(&mut stage, &[1]);
    assert_eq!(stage.access.take_ended(), [(id, answers(1, 2))]);
    census(&mut stage, &[5]);
    stage.access.abandon(id);
    assert_eq!(stage.access.sizes().censuses, 0);
    stage.pass(SECOND);
    assert!(stage.access.take_ended().is_empty());
    stage.say(5, Message::Who { group: GROUP, token: 9 });
    let (_, Message::Names { names, .. }) = stage.out.pop().unwrap() else { panic!() };
    assert_eq!(*names, [client(1), client(2)]);
}

#[test]
fn above_the_bound_relays_are_not_tracked() {
    let (mut fake, mut tree) = (Fake::new(), Tree::new(0, three().fanout, 1));
    for number in 1..=2 {
        let load = Passed { group: GROUP, multicast: total(number), origin: ME };
        tree.send(load, &[entry(5), entry(6)], &mut fake);
    }
    assert_eq!((fake.sent().len(), tree.len(), fake.armed.len()), (4, 1, 1));
}

proptest! {
    #[test]
    fn parts_are_contiguous_and_nearly_equal(peers in 0_u32..300, fanout in 0_u32..40) {
        let list: Vec<Entry> = (0..peers).map(entry).collect();
        let parts: Vec<&[Entry]> = parts(&list, fanout).collect();
        prop_assert_eq!(parts.len(), list.len().min(fanout.max(1) as usize));
        prop_assert_eq!(&parts.concat(), &list);
        let sizes = parts.iter().map(|part| part.len());
        prop_assert!(sizes.clone().max().unwrap_or(0) <= sizes.min().unwrap_or(0) + 1);
    }

    // Nothing fails: each gets it once, and nobody sends more than `fanout` copies.
    #[test]
    fn the_tree_reaches_all(peers in 0_u32..60, fanout in 1_u32..20) {
        let config = Arc::new(Config { fanout, ..three() });
        let mut machines: Vec<(Access, Fake)> = (1..=peers + 1)
            .map(|me| {
                let fake = Fake { me: NodeId(me), ..Fake::new() };
                (Access::new(config.clone(), 1), fake)
            })
            .collect();
        let roll = (1..=peers + 1).map(entry).collect();
        let (access, fake) = &mut machines[0];
        access.cast(Cast { group: GROUP, multicast: total(1), roll }, fake);
        let mut reached = vec![0; peers as usize + 2];
        reached[1] = 1;
        let mut sent = machines[0].1.sent();
        while let Some((to, message)) = sent.pop() {
            let clippee::Message::Group(Message::Relay(relay)) = message else { continue };
            reached[to.0 as usize] += 1;
            let (access, fake) = &mut machines[to.0 as usize - 1];
            access.on_message(ME, Message::Relay(relay), fake);
            let more = fake.sent();
            let copies = more.iter().filter(|(_, message)| {
                matches!(message, clippee::Message::Group(Message::Relay(_)))
            });
            prop_assert!(copies.count() <= fanout as usize);
            sent.extend(more);
        }
        prop_assert!(reached[1..].iter().all(|&times| times == 1), "{:?}", reached);
    }
}
