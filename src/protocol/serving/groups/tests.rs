//! Who serves a group, and its members, played against each other without a network.

use super::{Audiences, Back, Element, Here, Memberships, Message, Multicast, Said};
use crate::node::{
    Context, Effect, Key, NodeId, ObjectId, Observation, OperationId, Order, Span, Time, Timers,
    Value,
};
use crate::protocol::client_server::{ClientServer, Timer};
use crate::protocol::serving;
use std::collections::{BTreeMap, VecDeque};

const GROUP: ObjectId = ObjectId(3);
const SERVER: NodeId = NodeId(1);
const STATE: Value = Value { bytes: 100, fingerprint: 5 };

fn message(number: u32) -> Element {
    let id = OperationId { client: NodeId(9), count: number };
    Element::Message(Multicast { id, order: Order::Total, number, first: 0, bytes: 10, check: 0 })
}

/// What a step of `node` sent and told.
#[derive(Debug, Default)]
struct Did {
    sent: Vec<(NodeId, Message)>,
    told: Vec<Observation>,
}

fn step(node: NodeId, seconds: u64, act: impl FnOnce(&mut Context<'_, ClientServer>)) -> Did {
    let mut stream = Key::from_word(1).stream(node.0, 1);
    let (mut timers, mut effects): (Timers<Timer>, _) = (Timers::default(), Vec::new());
    let now = Time::ZERO + Span::from_secs(seconds);
    act(&mut Context::new(node, 1, now, &mut stream, &mut timers, &mut effects));
    let mut did = Did::default();
    for effect in effects {
        match effect {
            Effect::Send { to, message: serving::Message::Group(message) } => {
                did.sent.push((to, message));
            }
            Effect::Observe(observation) => did.told.push(observation),
            _ => {}
        }
    }
    did
}

fn serve(act: impl FnOnce(&mut Context<'_, ClientServer>)) -> Vec<(NodeId, Message)> {
    step(SERVER, 0, act).sent
}

fn places(sent: &[(NodeId, Message)], client: u32) -> Vec<u32> {
    let to = sent.iter().filter(|(to, _)| to.0 == client);
    let places = to.filter_map(|(_, message)| match message {
        Message::Deliver(deliver) => Some(deliver.place),
        _ => None,
    });
    places.collect()
}

#[test]
fn only_the_welcomed_get_messages_and_each_place_once() {
    let mut here = Audiences::new(4);
    assert!(here.enter(NodeId(7), GROUP, 1, None));
    assert!(!here.enter(NodeId(7), GROUP, 1, None), "a repeat");
    let none = BTreeMap::new();
    let sent = serve(|cx| {
        here.deliver(GROUP, message(1), cx);
        here.welcome(GROUP, (1, STATE), &none, cx);
        here.enter(NodeId(8), GROUP, 1, None);
        here.deliver(GROUP, message(2), cx);
    });
    assert!(matches!(&sent[0], (NodeId(7), Message::Welcome(welcome)) if welcome.place == 1));
    assert_eq!((places(&sent, 7), places(&sent, 8)), (vec![2], vec![]));
    assert_eq!(here.places(NodeId(7))[..], [(GROUP, 2)]);
    assert!(here.places(NodeId(8)).is_empty(), "it waits");
    assert_eq!(here.of(GROUP).unwrap().len(), 2);
    assert_eq!(here.lose(NodeId(8)), [GROUP]);
    assert!(!here.of(GROUP).unwrap().has_waiting() && here.len() == 1);
}

#[test]
fn an_exit_that_was_overtaken_by_a_later_join_is_not_heard() {
    let mut here = Audiences::new(4);
    here.enter(NodeId(7), GROUP, 5, None);
    assert!(serve(|cx| assert!(!here.exit(NodeId(7), GROUP, 4, cx))).is_empty());
    let sent = serve(|cx| assert!(here.exit(NodeId(7), GROUP, 6, cx)));
    assert_eq!(sent, [(NodeId(7), Message::Exited { group: GROUP })]);
    // One that is no member is told so too: its first answer may have been lost.
    assert_eq!(serve(|cx| assert!(!here.exit(NodeId(7), GROUP, 6, cx))).len(), 1);
    assert_eq!(here.len(), 0);
}

#[test]
fn a_member_that_comes_back_gets_what_it_missed_from_the_log_and_from_elsewhere() {
    let mut here = Audiences::new(2);
    here.open(GROUP, 3, VecDeque::from([message(2), message(3)]));
    here.enter(NodeId(7), GROUP, 1, Some(Back { number: 1, place: 1 }));
    here.enter(NodeId(8), GROUP, 1, Some(Back { number: 0, place: 0 }));
    assert_eq!(here.of(GROUP).unwrap().lacks_after(), Some(0));
    let Element::Message(first) = message(1) else { panic!() };
    let sent = serve(|cx| here.welcome(GROUP, (3, STATE), &BTreeMap::from([(1, first)]), cx));
    let missed: Vec<Vec<u32>> = sent
        .iter()
        .map(|(_, message)| match message {
            Message::Welcome(welcome) => welcome.missed.iter().map(|one| one.number).collect(),
            _ => panic!("{message:?}"),
        })
        .collect();
    assert_eq!(missed, [vec![2, 3], vec![1, 2, 3]]);
}

/// A member whose server restarts with its messages but without its members misses nothing.
#[test]
fn a_member_outlives_the_memory_of_who_serves_it() {
    let mut server = Audiences::new(8);
    let mut client = Memberships::tagged(SERVER.0);
    let here = Here { peer: Some(SERVER), patience: Span::from_secs(1), log: 8 };
    let none = BTreeMap::new();
    let mut delivered = Vec::new();
    let mut hear = |client: &mut Memberships, at: u64, sent: Vec<(NodeId, Message)>| {
        let did = step(NodeId(7), at, |cx| {
            for (_, message) in sent {
                match message {
                    Message::Welcome(welcome) => {
                        client.welcomed(&welcome, here, cx);
                        client.drain(GROUP, here, cx);
                    }
                    Message::Deliver(deliver) => client.on_deliver(deliver, here, cx),
                    _ => panic!("{message:?}"),
                }
            }
        });
        delivered.extend(did.told);
    };
    assert_eq!(client.joins(GROUP, 1, Time::ZERO), None);
    server.enter(NodeId(7), GROUP, 1, None);
    let sent = serve(|cx| {
        server.welcome(GROUP, (0, STATE), &none, cx);
        server.deliver(GROUP, message(1), cx);
    });
    hear(&mut client, 1, sent);
    // What is sent now is lost; then the server knows no members any more.
    serve(|cx| {
        server.deliver(GROUP, message(2), cx);
    });
    let mut server = Audiences::new(8);
    server.open(GROUP, 2, VecDeque::from([message(1), message(2)]));
    client.asks(Time::ZERO + Span::from_secs(5));
    let places = server.places(NodeId(7));
    let did = step(NodeId(7), 6, |cx| client.on_places(&places, |_| false, here, cx));
    let [(SERVER, Message::Enter { group: GROUP, turn: 1, back: Some(back) })] = did.sent[..]
    else {
        panic!("{did:?}");
    };
    assert_eq!(back, Back { number: 1, place: 1 });
    server.enter(NodeId(7), GROUP, 1, Some(back));
    let sent = serve(|cx| {
        server.welcome(GROUP, (2, STATE), &none, cx);
        server.deliver(GROUP, message(3), cx);
    });
    hear(&mut client, 7, sent);
    let numbers: Vec<u32> = delivered
        .iter()
        .map(|told| match told {
            Observation::Delivered { number, .. } => *number,
            _ => panic!("{told:?}"),
        })
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn said_words_become_messages_with_the_last_place() {
    let had = super::Had { number: 4, place: 6, age: Span::from_secs(9) };
    let said = Said::Enter { group: GROUP, turn: 2, had: Some(had) };
    let back = Some(Back { number: 4, place: 6 });
    assert_eq!(Message::from(said), Message::Enter { group: GROUP, turn: 2, back });
}
