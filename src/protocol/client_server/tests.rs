//! A client and a server, step by step.

use super::{ClientServer, Config, Timer, World};
use crate::node::{
    Answer, Context, Effect, FailureCause, Input, Key, NodeId, ObjectId, Observation, Operation,
    OperationId, Order, Outcome, Protocol, Role, Setup, Span, Time, Timers, Version,
};
use crate::protocol::serving::groups::{self, Back, Deliver, Element};
use crate::protocol::serving::{Message, Request, Response};
use std::sync::Arc;

const SERVER: NodeId = NodeId(1);
const CLIENT: NodeId = NodeId(9);
const UPDATE: Operation = Operation::Update { object: ObjectId(0) };

/// One node with its timers, driven by hand.
struct Bench {
    id: NodeId,
    now: Time,
    node: Option<ClientServer>,
    timers: Timers<Timer>,
    durable: <ClientServer as Protocol>::Durable,
    incarnation: u32,
}

/// What a step did, in order.
#[derive(Debug, Default)]
struct Did {
    sent: Vec<(NodeId, Message)>,
    armed: Vec<(Timer, Span)>,
    told: Vec<Observation>,
}

impl Bench {
    fn new(id: NodeId) -> Self {
        let (timers, durable) = (Timers::default(), Default::default());
        Self { id, now: Time::ZERO, node: None, timers, durable, incarnation: 0 }
    }

    fn boot(&mut self, config: Config) -> Did {
        self.incarnation += 1;
        let (config, world) = (Arc::new(config), World { servers: 1, object_bytes: 100 });
        let role = if self.id == SERVER { Role::Peer } else { Role::Client };
        let durable = std::mem::take(&mut self.durable);
        let did = self.with(|_, cx| {
            let setup =
                Setup { role, config: &config, durable: &durable, contacts: &[], world: &world };
            ClientServer::boot(setup, cx)
        });
        self.durable = durable;
        did
    }

    fn step(&mut self, input: Input<ClientServer>) -> Did {
        self.with(|node, cx| {
            let mut node = node.expect("it has booted");
            node.step(input, cx);
            node
        })
    }

    fn with(
        &mut self,
        act: impl FnOnce(Option<ClientServer>, &mut Context<'_, ClientServer>) -> ClientServer,
    ) -> Did {
        let mut stream = Key::from_word(1).stream(self.id.0, self.incarnation);
        let mut effects = Vec::new();
        let (id, now, timers) = (self.id, self.now, &mut self.timers);
        let mut cx = Context::new(id, self.incarnation, now, &mut stream, timers, &mut effects);
        self.node = Some(act(self.node.take(), &mut cx));
        let mut did = Did::default();
        for effect in effects {
            match effect {
                Effect::Send { to, message } => did.sent.push((to, message)),
                Effect::Arm { id, after } => {
                    let (_, timer) = self.timers.remove(id).expect("it was just armed");
                    did.armed.push((timer, after));
                }
                Effect::Disarm(_) => {}
                Effect::Save(record) => ClientServer::fold(&mut self.durable, record),
                Effect::Observe(observation) => did.told.push(observation),
            }
        }
        did
    }

    fn hear(&mut self, from: NodeId, message: Message) -> Did {
        self.step(Input::Message { from, message })
    }
}

fn id(count: u32) -> OperationId {
    OperationId { client: CLIENT, count }
}

fn request(count: u32, operation: Operation) -> Message {
    Message::Request(Request { id: id(count), operation, payload: 100 })
}

fn answer(did: &Did) -> Outcome {
    let [(CLIENT, Message::Response(response))] = did.sent.as_slice() else { panic!("{did:?}") };
    response.outcome
}

fn version(did: &Did) -> Version {
    match answer(did) {
        Outcome::Ok(Answer::Updated { version } | Answer::Read { version, .. }) => version,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_carries_out_each_operation_once() {
    let mut server = Bench::new(SERVER);
    server.boot(Config::default());
    let first = server.hear(CLIENT, request(1, UPDATE));
    assert!(matches!(
        first.told.as_slice(),
        [Observation::Made { .. }, Observation::Applied { .. }, Observation::Counted { .. }]
    ));
    let again = server.hear(CLIENT, request(1, UPDATE));
    assert!(again.told.is_empty());
    assert_eq!(version(&again), version(&first));
    let next = server.hear(CLIENT, request(2, UPDATE));
    assert_eq!(version(&next).counter, 2);
    let read = server.hear(CLIENT, request(3, Operation::Read { object: ObjectId(0) }));
    assert_eq!(version(&read), version(&next));
}

#[test]
fn what_is_durable_comes_back_with_its_operations() {
    for (durable, counter) in [(true, 1), (false, 0)] {
        let mut server = Bench::new(SERVER);
        server.boot(Config { durable, ..Config::default() });
        server.hear(CLIENT, request(1, UPDATE));
        let told = server.boot(Config { durable, ..Config::default() }).told;
        let copies = told.iter().filter(|o| matches!(o, Observation::Applied { .. })).count();
        assert_eq!(copies, usize::from(durable));
        let read = server.hear(CLIENT, request(2, Operation::Read { object: ObjectId(0) }));
        assert_eq!(version(&read).counter, counter);
        // The repeat of an update from before the crash.
        let again = server.hear(CLIENT, request(1, UPDATE));
        assert_eq!(version(&again).counter, 1);
        let made = again.told.iter().any(|o| matches!(o, Observation::Made { .. }));
        assert_eq!(made, !durable);
    }
}

#[test]
fn a_client_repeats_at_doubling_waits_until_its_time_is_up() {
    let mut client = Bench::new(CLIENT);
    client.boot(Config::default());
    let mut did = client.step(Input::Operation { id: id(5), operation: UPDATE });
    let mut waits = Vec::new();
    while let [(Timer::Pending(5), wait)] = did.armed[..] {
        assert!(matches!(did.sent.as_slice(), [(SERVER, Message::Request(_))]));
        waits.push(wait.nanos() / 1_000_000_000);
        client.now += wait;
        did = client.step(Input::Timer(Timer::Pending(5)));
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    let failed = Outcome::Failed { cause: FailureCause::Timeout, maybe_applied: true };
    assert_eq!(did.told, [Observation::Ended { id: id(5), outcome: failed }]);
}

#[test]
fn a_session_is_asked_for_until_it_stands_and_begun_anew_when_the_server_is_silent() {
    let mut client = Bench::new(CLIENT);
    let config = Config { heartbeat_interval: Span::from_secs(60), ..Config::default() };
    let mut did = client.boot(config);
    let mut waits = Vec::new();
    for _ in 0..5 {
        assert_eq!(did.sent, [(SERVER, Message::Attach)]);
        waits.push(did.armed[0].1.nanos() / 1_000_000_000);
        did = client.step(Input::Timer(Timer::Session));
    }
    assert_eq!(waits, [1, 2, 4, 5, 5]);
    let told = client.hear(SERVER, Message::Attached).told;
    assert_eq!(told, [Observation::Attached { peer: SERVER }]);
    for heard in [true, true, false, false] {
        assert_eq!(client.step(Input::Timer(Timer::Session)).sent, [(SERVER, Message::Heartbeat)]);
        if heard {
            client.hear(SERVER, Message::HeartbeatReply { fresh: None, places: Box::default() });
        }
    }
    assert_eq!(client.step(Input::Timer(Timer::Session)).sent, [(SERVER, Message::Attach)]);
}

#[test]
fn what_no_server_does_fails_at_once() {
    let mut client = Bench::new(CLIENT);
    client.boot(Config::default());
    let operation = Operation::Lookup { target: SERVER };
    let did = client.step(Input::Operation { id: id(1), operation });
    let failed = Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
    assert_eq!(did.told, [Observation::Ended { id: id(1), outcome: failed }]);
    // An answer that nobody waits for.
    let response = Response { id: id(1), outcome: Outcome::Ok(Answer::Done) };
    assert!(client.hear(SERVER, Message::Response(Box::new(response))).told.is_empty());
}

const GROUP: ObjectId = ObjectId(7);
const MEMBER: NodeId = NodeId(8);

fn say(order: Order) -> Operation {
    Operation::Multicast { group: GROUP, order, bytes: 20 }
}

fn enter(back: Option<Back>) -> Message {
    Message::Group(groups::Message::Enter { group: GROUP, turn: 1, back })
}

/// The copies that a step sent: to whom, place, number.
fn copies(did: &Did) -> Vec<(u32, u32, u32)> {
    let copies = did.sent.iter().filter_map(|(to, message)| match message {
        Message::Group(groups::Message::Deliver(Deliver {
            place,
            element: Element::Message(multicast),
            ..
        })) => Some((to.0, *place, multicast.number)),
        _ => None,
    });
    copies.collect()
}

#[test]
fn each_member_gets_one_copy_and_can_have_it_again() {
    let mut server = Bench::new(SERVER);
    server.boot(Config::default());
    for member in [MEMBER, CLIENT] {
        let did = server.hear(member, enter(None));
        assert!(matches!(
            did.sent.as_slice(),
            [(to, Message::Group(groups::Message::Welcome(welcome)))]
                if *to == member && (welcome.number, welcome.place) == (0, 0)
        ));
    }
    let first = server.hear(CLIENT, request(1, say(Order::Total)));
    assert_eq!(copies(&first), [(8, 1, 1), (9, 1, 1)]);
    let second = server.hear(CLIENT, request(2, say(Order::Fifo)));
    assert_eq!(copies(&second), [(8, 2, 1), (9, 2, 1)]);
    let again = server.hear(CLIENT, request(2, say(Order::Fifo)));
    assert!(copies(&again).is_empty() && again.sent.len() == 1, "{again:?}");
    let missing = groups::Message::Missing { group: GROUP, from: 1, to: 2 };
    let did = server.hear(MEMBER, Message::Group(missing));
    assert_eq!(copies(&did), [(8, 1, 1), (8, 2, 1)]);
    let members = Operation::Members { group: GROUP, names: false };
    let Outcome::Ok(Answer::Members { view: 2, access_peers: 1, members: 2 }) =
        answer(&server.hear(CLIENT, request(3, members)))
    else {
        panic!();
    };
    server.hear(MEMBER, Message::Goodbye);
    assert_eq!(copies(&server.hear(CLIENT, request(4, say(Order::Total)))), [(9, 3, 2)]);
}

#[test]
fn a_server_with_a_disk_still_has_the_messages_and_members_come_back_for_them() {
    let mut server = Bench::new(SERVER);
    server.boot(Config::default());
    server.hear(MEMBER, enter(None));
    for (count, order) in [(1, Order::Total), (2, Order::Fifo), (3, Order::Total)] {
        server.hear(CLIENT, request(count, say(order)));
    }
    server.boot(Config::default());
    let [(MEMBER, Message::HeartbeatReply { places, .. })] =
        &server.hear(MEMBER, Message::Heartbeat).sent[..]
    else {
        panic!();
    };
    assert!(places.is_empty(), "it knows no members");
    let did = server.hear(MEMBER, enter(Some(Back { number: 1, place: 1 })));
    let [(MEMBER, Message::Group(groups::Message::Welcome(welcome)))] = &did.sent[..] else {
        panic!("{did:?}");
    };
    let missed: Vec<_> = welcome.missed.iter().map(|one| (one.order, one.number)).collect();
    assert_eq!((welcome.place, welcome.number), (3, 2));
    assert_eq!(missed, [(Order::Fifo, 1), (Order::Total, 2)]);
    // The sender's count goes on too.
    let next = server.hear(CLIENT, request(4, say(Order::Fifo)));
    assert_eq!(copies(&next), [(8, 4, 2)]);
}

#[test]
fn members_that_fall_silent_are_no_members() {
    let mut server = Bench::new(SERVER);
    server.boot(Config::default());
    let [(Timer::Members, wait)] = server.hear(MEMBER, enter(None)).armed[..] else { panic!() };
    let mut looks = 1;
    server.now += wait;
    while let [(Timer::Members, wait)] = server.step(Input::Timer(Timer::Members)).armed[..] {
        looks += 1;
        server.now += wait;
    }
    assert_eq!(looks, 4, "three intervals of silence are borne");
    assert!(copies(&server.hear(CLIENT, request(1, say(Order::Total)))).is_empty());
}
