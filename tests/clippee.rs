//! Clippee as a whole on the simulator: what takes how long when nothing goes wrong, and what
//! becomes of operations when something does.

mod support;

use clippee_sim::node::*;
use clippee_sim::protocol::clippee::{Clippee, Config, Message, Quorum, World};
use clippee_sim::protocol::overlay;
use clippee_sim::sim::network::NetworkConfig;
use clippee_sim::sim::{Action, Plan, Scripted, Simulation};
use std::collections::BTreeMap;
use std::sync::Arc;

const DELAY: Span = Span::from_millis(50);
const PEERS: u32 = 20;
const CLIENTS: u32 = 50;

/// Gathers when operations were asked for and how they ended, and what became of locks.
#[derive(Default)]
struct Watch {
    asked: BTreeMap<OperationId, (Time, Operation)>,
    ended: BTreeMap<OperationId, (Time, Outcome)>,
    attached: BTreeMap<NodeId, NodeId>,
    made: BTreeMap<OperationId, u32>,
    locked: u32,
    released: u32,
    expired: u32,
    reported_twice: u32,
}

impl Observer<Clippee> for Watch {
    fn step(&mut self, step: &Step<'_, Clippee>) {
        if let Happening::Operation { id, operation } = step.happening {
            self.asked.insert(id, (step.at, *operation));
        }
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Ended { id, outcome } => {
                assert_eq!(node, id.client, "an operation ends where it was asked for");
                self.reported_twice += u32::from(self.ended.insert(id, (at, outcome)).is_some());
            }
            Observation::Attached { peer } => {
                self.attached.insert(node, peer);
            }
            Observation::Made { id, .. } => *self.made.entry(id).or_default() += 1,
            Observation::Locked { .. } => self.locked += 1,
            Observation::LockEnded { how: LockEnd::Expired, .. } => self.expired += 1,
            Observation::LockEnded { .. } => self.released += 1,
            _ => {}
        }
    }
}

impl Watch {
    fn latency(&self, id: OperationId) -> Span {
        self.ended[&id].0.since(self.asked[&id].0)
    }

    fn outcome(&self, id: OperationId) -> Outcome {
        self.ended[&id].1
    }
}

/// Object k is held around the id of peer k + 1, so that a lookup of that peer takes the same way.
fn plan(config: Config, network: &NetworkConfig) -> Plan<Clippee> {
    plan_with_groups(0, config, network)
}

/// The same; the last objects are groups.
fn plan_with_groups(groups: u32, config: Config, network: &NetworkConfig) -> Plan<Clippee> {
    let seed = Key::from_word(3);
    let ids: Vec<u64> = (0..=PEERS).map(|node| seed.stream(node, 0).word()).collect();
    let mut online: Vec<(u64, NodeId)> =
        (1..=PEERS).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
    online.sort_unstable();
    let keys = ids[1..].to_vec();
    let overlay = overlay::World { ids, online, nearness: Box::new(|_, _| Span::from_millis(1)) };
    let world = World { overlay: Arc::new(overlay), keys, groups, object_bytes: 1_000 };
    let mut plan =
        support::plan::<Clippee>(Arc::new(config), Arc::new(world), (PEERS, CLIENTS), 0.0, network);
    plan.end = at(100_000);
    plan
}

fn at(ms: u64) -> Time {
    Time::ZERO + Span::from_millis(ms)
}

fn ask(ms: u64, node: u32, operation: Operation) -> Scripted {
    Scripted { at: at(ms), node: Some(NodeId(node)), action: Action::Issue(operation) }
}

fn update(object: u32) -> Operation {
    Operation::Update { object: ObjectId(object) }
}

fn read(object: u32) -> Operation {
    Operation::Read { object: ObjectId(object) }
}

fn id(node: u32, count: u32) -> OperationId {
    // A client's first number belongs to the workload, which would issue it after an endless wait.
    let count = if node > PEERS { count + 1 } else { count };
    OperationId { client: NodeId(node), count }
}

fn play(plan: Plan<Clippee>) -> Watch {
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let watch = run.into_observer();
    assert_eq!(watch.reported_twice, 0, "each operation ends once");
    watch
}

/// CLIPPEE 9, "Alone": 6 d with a cached set, (7 + h) d after a lookup of h hops; also when the
/// coordinator is one of several replicas. A read takes 4 d, and 2 d if the access peer holds the
/// object.
#[test]
fn alone_an_update_takes_six_delays_to_the_nanosecond() {
    let config = Config { replicas: 3, ..Config::default() };
    let mut plan = plan(config, &support::constant(DELAY));
    // One client at a time, so that nothing of one operation concerns another.
    for client in 0..CLIENTS {
        let (node, object, start) =
            (PEERS + 1 + client, client % PEERS, 1_000 + 1_900 * u64::from(client));
        let target = NodeId(object + 1);
        plan.script.push(ask(start, node, Operation::Lookup { target }));
        plan.script.push(ask(start + 600, node, update(object)));
        plan.script.push(ask(start + 1_100, node, update(object)));
        plan.script.push(ask(start + 1_500, node, read(object)));
    }
    let watch = play(plan);
    let (mut looked_up, mut own) = (0, 0);
    let mut known = std::collections::BTreeSet::new();
    for client in PEERS + 1..=PEERS + CLIENTS {
        let Outcome::Ok(Answer::Found { hops, .. }) = watch.outcome(id(client, 0)) else {
            panic!("the lookup of n{client} failed");
        };
        let access = watch.attached[&NodeId(client)];
        let Operation::Read { object } = watch.asked[&id(client, 3)].1 else { unreachable!() };
        // An earlier client of this access peer may have made it look the object up less than a
        // minute ago.
        let fresh = known.insert((access, object));
        let first = watch.latency(id(client, 1));
        if hops > 0 && fresh {
            looked_up += 1;
            assert_eq!(first, DELAY.times(7 + u64::from(hops)));
        } else if hops == 0 {
            assert_eq!(first, DELAY.times(6));
        }
        assert_eq!(watch.latency(id(client, 2)), DELAY.times(6));
        let read = watch.latency(id(client, 3));
        assert!(read == DELAY.times(4) || read == DELAY.times(2), "{read}");
        own += u32::from(read == DELAY.times(2));
    }
    assert!(looked_up > 20 && own > 0, "{looked_up} looked up, {own} at a replica");
    assert_eq!((watch.locked, watch.expired), (2 * 3 * CLIENTS, 0));
    assert_eq!(watch.locked, watch.released);
}

/// Many at once: nothing fails, each operation makes one version, and no lock is left.
#[test]
fn a_crowd_on_few_objects_waits_but_nothing_is_lost() {
    let config = Config { replicas: 5, read_quorum: Quorum::Majority, ..Config::default() };
    let mut plan = plan(config, &support::constant(DELAY));
    for client in 0..CLIENTS {
        for turn in 0..4 {
            let start = 1_000 + 10_000 * turn + 37 * u64::from(client);
            plan.script.push(ask(start, PEERS + 1 + client, update(client % 10)));
        }
    }
    for object in 0..10 {
        plan.script.push(ask(60_000, PEERS + 1 + object, read(object)));
    }
    let watch = play(plan);
    for (id, (_, outcome)) in &watch.ended {
        assert!(matches!(outcome, Outcome::Ok(_)), "{id}: {outcome:?}");
    }
    assert_eq!(watch.ended.len(), 210);
    assert!(watch.made.len() == 200 && watch.made.values().all(|&versions| versions == 1));
    for object in 0..10 {
        let Outcome::Ok(Answer::Read { version, .. }) = watch.outcome(id(PEERS + 1 + object, 4))
        else {
            panic!("object {object} wasn't read");
        };
        assert_eq!(version.counter, 20, "four updates of five clients, one on the other");
    }
    assert_eq!((watch.locked - watch.released, watch.expired), (0, 0));
}

/// Peers issue operations themselves where there are no clients; they are no members of groups.
#[test]
fn a_peer_serves_its_own_application() {
    let mut plan = plan_with_groups(1, Config::default(), &support::constant(DELAY));
    plan.script.push(ask(1_000, 4, update(9)));
    plan.script.push(ask(2_000, 4, update(9)));
    plan.script.push(ask(2_500, 4, Operation::Lookup { target: NodeId(4) }));
    plan.script.push(ask(3_000, 4, Operation::Join { group: ObjectId(PEERS - 1) }));
    let watch = play(plan);
    assert_eq!(watch.latency(id(4, 1)), DELAY.times(4));
    let found = Outcome::Ok(Answer::Found { root: NodeId(4), hops: 0 });
    assert_eq!((watch.outcome(id(4, 2)), watch.latency(id(4, 2))), (found, Span::ZERO));
    let failed = Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
    assert_eq!((watch.outcome(id(4, 3)), watch.latency(id(4, 3))), (failed, Span::ZERO));
}

/// A group that nobody is a member of: messages are numbered in the order of their commits all the
/// same, and only those in total order change the group.
#[test]
fn multicasts_of_a_group_are_numbered_by_its_replicas() {
    let group = ObjectId(PEERS - 1);
    let mut plan = plan_with_groups(1, Config::default(), &support::constant(DELAY));
    let multicast = |order| Operation::Multicast { group, order, bytes: 100 };
    let members = Operation::Members { group, names: false };
    plan.script.push(ask(1_000, 4, members));
    plan.script.push(ask(2_000, 4, multicast(Order::Total)));
    plan.script.push(ask(3_000, 7, multicast(Order::Total)));
    plan.script.push(ask(4_000, 7, multicast(Order::Fifo)));
    plan.script.push(ask(5_000, 4, multicast(Order::Total)));
    plan.script.push(ask(6_000, 7, members));
    let watch = play(plan);
    let view = |view| Outcome::Ok(Answer::Members { view, access_peers: 0, members: 0 });
    assert_eq!(watch.outcome(id(4, 0)), view(0));
    for (number, id) in [(1, id(4, 1)), (2, id(7, 0)), (3, id(4, 2))] {
        let outcome = watch.outcome(id);
        assert!(
            matches!(outcome, Outcome::Ok(Answer::Updated { version }) if version.counter == number),
            "{id}: {outcome:?}"
        );
    }
    assert_eq!(watch.outcome(id(7, 1)), Outcome::Ok(Answer::Done));
    assert_eq!(watch.outcome(id(7, 2)), view(1));
    assert_eq!((watch.locked - watch.released, watch.expired), (0, 0));
}

/// Crashes under load: every operation ends within its timeout, and clients find other access
/// peers.
#[test]
fn operations_end_in_time_whoever_crashes() {
    let mut network = support::constant(DELAY);
    (network.loss, network.duplicate) = (0.05, 0.05);
    let mut plan = plan(Config::default(), &network);
    for client in 0..CLIENTS {
        for turn in 0..20 {
            let start = 1_000 + 4_000 * turn + 71 * u64::from(client);
            let object = (client + turn as u32) % PEERS;
            let operation = if turn % 2 == 0 { update(object) } else { read(object) };
            plan.script.push(ask(start, PEERS + 1 + client, operation));
        }
    }
    for (place, victim) in [3, 8, 13, 17].into_iter().enumerate() {
        let at = at(15_000 + 12_345 * place as u64);
        plan.script.push(Scripted { at, node: Some(NodeId(victim)), action: Action::Crash });
    }
    let timeout = plan.config.operation_timeout;
    plan.end = at(100_000);
    let watch = play(plan);
    assert_eq!(watch.ended.len(), watch.asked.len(), "none is forgotten");
    let mut ok = 0;
    for (&id, (_, outcome)) in &watch.ended {
        assert!(watch.latency(id) <= timeout);
        ok += u32::from(matches!(outcome, Outcome::Ok(_)));
    }
    let share = f64::from(ok) / watch.ended.len() as f64;
    assert!(share > 0.97, "{share} succeeded");
    assert!(watch.attached.values().all(|peer| ![3, 8, 13, 17].contains(&peer.0)));
}

/// A peer with as many clients as it takes sends the next one on.
#[test]
fn a_full_access_peer_refuses() {
    let config = Config { max_clients: 3, ..Config::default() };
    let watch = play(plan(config, &support::constant(DELAY)));
    let mut clients = [0_u32; PEERS as usize + 1];
    for peer in watch.attached.values() {
        clients[peer.index()] += 1;
    }
    assert!(clients.iter().all(|&count| count <= 3), "{clients:?}");
    assert_eq!(clients.iter().sum::<u32>(), CLIENTS);
}

#[test]
fn messages_and_timers_are_small() {
    assert!(size_of::<Message>() <= 48);
    assert!(size_of::<Option<<Clippee as Protocol>::Timer>>() <= 16);
}
