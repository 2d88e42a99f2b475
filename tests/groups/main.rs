//! Groups as a whole on the simulator (CLIPPEE 7): what is promised without faults, on many seeds,
//! judged by an observer of its own.

#[path = "../support/mod.rs"]
mod support;
mod watch;

use clippee_sim::node::*;
use clippee_sim::protocol::clippee::{Clippee, Config, Quorum, World};
use clippee_sim::protocol::overlay;
use clippee_sim::sim::network::{Latency, NetworkConfig};
use clippee_sim::sim::{Action, Group, Plan, Scripted, Simulation};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::Watch;

/// A small system with groups, and what happens in it.
#[derive(Clone, Debug)]
struct Story {
    seed: u64,
    peers: u32,
    clients: u32,
    groups: u32,
    config: Config,
    network: NetworkConfig,
    script: Vec<(u64, u32, Operation)>,
    end_s: u64,
}

impl Story {
    fn plan(&self) -> Plan<Clippee> {
        let seed = Key::from_word(self.seed);
        let ids: Vec<u64> = (0..=self.peers).map(|node| seed.stream(node, 0).word()).collect();
        let mut online: Vec<(u64, NodeId)> =
            (1..=self.peers).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
        online.sort_unstable();
        let keys = (0..self.groups).map(|group| seed.stream(group, 1).word()).collect();
        let nearness = Box::new(|_, _| Span::from_millis(1));
        let overlay = Arc::new(overlay::World { ids, online, nearness });
        let world = World { overlay, keys, groups: self.groups, object_bytes: 1_000 };
        let mut plan = support::plan::<Clippee>(
            Arc::new(self.config.clone()),
            Arc::new(world),
            (self.peers, self.clients),
            0.0,
            &self.network,
        );
        plan.seed = self.seed;
        plan.end = Time::ZERO + Span::from_secs(self.end_s);
        plan.script = self
            .script
            .iter()
            .map(|&(ms, client, operation)| self.line(ms, client, operation))
            .collect();
        plan
    }

    fn line(&self, ms: u64, client: u32, operation: Operation) -> Scripted {
        Scripted {
            at: Time::ZERO + Span::from_millis(ms),
            node: Some(NodeId(self.peers + 1 + client)),
            action: Action::Issue(operation),
        }
    }

    fn play(&self) -> Watch {
        let mut run = Simulation::new(self.plan(), Watch::default());
        run.run_to_end();
        run.into_observer()
    }
}

fn join(group: u32) -> Operation {
    Operation::Join { group: ObjectId(group) }
}

fn leave(group: u32) -> Operation {
    Operation::Leave { group: ObjectId(group) }
}

fn say(group: u32, order: Order) -> Operation {
    Operation::Multicast { group: ObjectId(group), order, bytes: 200 }
}

fn law(number: u32) -> Latency {
    let ms = Span::from_millis;
    match number % 4 {
        0 => support::constant(ms(50)).latency,
        1 => Latency::Uniform { min: ms(5), max: ms(200) },
        2 => Latency::Exponential { mean: ms(50), least: ms(2) },
        _ => Latency::Euclid { min: ms(5), max: ms(150) },
    }
}

/// A story drawn from a seed: of everything a little, no faults.
fn drawn(seed: u64) -> Story {
    let mut dice = Key::from_word(seed ^ 0x6772_6f75).stream(1, 1);
    let mut below = |bound: u32| dice.below(u64::from(bound)) as u32;
    let peers = 1 + below(30);
    let clients = 2 + below(40);
    let groups = 1 + below(4);
    let mut config = Config {
        replicas: [1, 3, 5][below(3) as usize],
        fanout: 2 + below(15),
        group_log: 16 + below(60),
        heartbeat_interval: Span::from_secs(2 + u64::from(below(8))),
        repair_interval: Span::from_secs(5 + u64::from(below(30))),
        ..Config::default()
    };
    if below(4) == 0 {
        config.lock_quorum = Quorum::All;
    }
    config.replicas = config.replicas.min(if peers < 3 {
        1
    } else if peers < 5 {
        3
    } else {
        5
    });
    let network = NetworkConfig {
        latency: law(below(4)),
        jitter: f64::from(below(3)) * 0.05,
        ..NetworkConfig::default()
    };
    let mut script = Vec::new();
    for group in 0..groups {
        for client in 0..clients {
            if below(3) > 0 {
                let at = 3_000 + u64::from(below(40_000));
                script.push((at, client, join(group)));
                if below(4) == 0 {
                    script.push((at + 5_000 + u64::from(below(30_000)), client, leave(group)));
                }
            }
        }
        // No more than the lock of a group sustains.
        for second in 0..30 {
            let at = 10_000 + second * 2_000 + u64::from(below(2_000));
            let order = if below(3) == 0 { Order::Fifo } else { Order::Total };
            script.push((at, below(clients), say(group, order)));
        }
    }
    Story { seed, peers, clients, groups, config, network, script, end_s: 150 }
}

/// Everything that is promised without faults.
fn assert_delivered(story: &Story) -> u64 {
    let watch = story.play();
    watch.assert_order();
    watch.assert_agreement();
    let (expected, missing) = watch.missing();
    assert!(
        missing.is_empty(),
        "{} of {expected} are missing: {missing:?}\n{story:?}",
        missing.len()
    );
    assert!(
        watch.gaps.is_empty(),
        "nothing was lost, and yet members were told so: {:?}\n{story:?}",
        watch.gaps
    );
    // Locks can be lost to others; and where latencies have no bound, a commit may be acknowledged
    // later than three lock timeouts let expect (CLIPPEE 5.4), so that nobody knows. Nothing else.
    for (id, outcome) in &watch.ended {
        let fine = match outcome {
            Outcome::Ok(_) => true,
            Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied } => {
                *maybe_applied && matches!(story.network.latency, Latency::Exponential { .. })
            }
            Outcome::Failed { cause, .. } => *cause == FailureCause::Contention,
        };
        assert!(fine, "{id}: {outcome:?}\n{story:?}");
    }
    expected
}

#[test]
fn without_faults_every_staying_member_gets_every_message_once_and_in_one_order() {
    let mut expected = 0;
    for seed in 0..100 {
        expected += assert_delivered(&drawn(seed));
    }
    assert!(expected > 50_000, "{expected} copies were expected: too few to mean anything");
}

/// One group, six clients; `steps` are instants, clients and operations.
fn small(
    seed: u64,
    peers: u32,
    fanout: u32,
    latency: Latency,
    steps: impl IntoIterator<Item = (u64, u32, u32)>,
) -> Story {
    let config = Config {
        replicas: if peers < 3 { 1 } else { 3 },
        fanout,
        repair_interval: Span::from_secs(10),
        ..Config::default()
    };
    let network = NetworkConfig { latency, ..NetworkConfig::default() };
    let operation = |what| match what {
        0 => join(0),
        1 => leave(0),
        2 => say(0, Order::Fifo),
        _ => say(0, Order::Total),
    };
    let script = steps.into_iter().map(|(ms, client, what)| (3_000 + ms, client, operation(what)));
    let script = script.collect();
    Story { seed, peers, clients: 6, groups: 1, config, network, script, end_s: 130 }
}

/// Found by the property below: the only replica answered later than its last answers let expect,
/// eight times in a row, and none of these answers taught the access peer to wait longer.
#[test]
fn an_only_replica_that_is_slower_than_before_is_waited_for() {
    let steps =
        [(8_117, 1, 0), (5_076, 0, 0), (0, 1, 1), (2_837, 3, 2), (6_205, 0, 2), (1_210, 3, 0)];
    assert_delivered(&small(9_008_945_450_559_309_269, 2, 1, law(1), steps));
}

/// Found by the property below: an access peer without members was sent a message on the strength
/// of its last registration; members that joined there later were told of it, and of a gap behind.
#[test]
fn what_was_addressed_to_members_that_have_left_is_not_for_those_who_come() {
    let steps = [
        (35_658, 4, 2),
        (33_892, 3, 0),
        (13_153, 4, 2),
        (0, 4, 0),
        (13_168, 3, 1),
        (12_935, 4, 2),
        (2_783, 3, 0),
    ];
    assert_delivered(&small(8_324_819_583_900_161_201, 4, 2, law(1), steps));
}

proptest! {
    // The same cases each time, as of all that is pinned here; change the seed to go looking.
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    /// The same for systems that proptest makes as small as it can when it finds something.
    #[test]
    fn small_systems_deliver_everything(
        seed: u64,
        peers in 1_u32..8,
        fanout in 1_u32..4,
        law_number in 0_u32..4,
        steps in prop::collection::vec((0_u64..60_000, 0_u32..6, 0_u32..4), 1..40),
    ) {
        let story = small(seed, peers, fanout, law(law_number), steps);
        assert_delivered(&story);
    }
}

/// Clients whisper to one group for ten minutes, while `change` happens.
fn whispering((peers, clients): (u32, u32), change: impl FnOnce(&mut Plan<Clippee>)) -> Watch {
    let mut dice = Key::from_word(11).stream(1, 1);
    let mut script: Vec<_> = (0..clients)
        .flat_map(|client| (0..30).map(move |turn| (5_000 + turn * 20_000, client, join(0))))
        .collect();
    for number in 0..1_000 {
        let client = dice.below(u64::from(clients)) as u32;
        script.push((10_000 + number * 600, client, say(0, Order::Fifo)));
    }
    let network = NetworkConfig { latency: Latency::Planetlab, ..NetworkConfig::default() };
    let config = Config { replicas: 3, ..Config::default() };
    let story = Story { seed: 3, peers, clients, groups: 1, config, network, script, end_s: 700 };
    let mut plan = story.plan();
    change(&mut plan);
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let watch = run.into_observer();
    watch.assert_order();
    watch
}

/// Clients come and go, and those that come back go on sending: what they send is heard, in their
/// order, by members who knew them before.
#[test]
fn senders_that_reboot_are_heard_and_nothing_is_hidden() {
    let watch = whispering((12, 60), |plan| {
        let clients = Group::new(&support::coming_and_going(49), NodeId(13), 3);
        assert_eq!(clients.identities, 60);
        plan.clients = clients;
    });
    let (expected, missing) = watch.missing();
    assert!(expected > 5_000, "{expected} copies are too few");
    assert!(missing.is_empty(), "{} of {expected} are missing: {missing:?}", missing.len());
    assert!(watch.gaps.is_empty(), "{:?}", watch.gaps);
}

/// Peers crash one after the other, and their clients go to others: what was said meanwhile is
/// theirs as soon as its sender speaks again.
#[test]
fn members_whose_access_peer_crashes_get_what_was_said_meanwhile() {
    let watch = whispering((40, 20), |plan| {
        for peer in 1..=20 {
            let at = Time::ZERO + Span::from_secs(60 + 25 * u64::from(peer));
            let node = Some(NodeId(peer));
            plan.script.push(Scripted { at, node, action: Action::Crash });
        }
    });
    let (expected, missing) = watch.missing();
    assert!(expected > 15_000, "{expected} copies are too few");
    // What a crashed access peer had taken in and not sent on is gone with it.
    let told: u32 = watch.gaps.iter().map(|gap| gap.3).sum();
    println!("{} of {expected} are missing, {told} are told", missing.len());
    assert!(missing.len() as u64 * 1_000 <= expected, "{} of {expected}", missing.len());
    assert!(missing.len() <= told as usize, "{} are missing, {told} are told", missing.len());
}

/// The access peer of client 0 crashes; before that client has another one, those clients speak for
/// the last time. Of `joining` clients all are members, client 0 among them.
fn last_words(seed: u64, joining: u32, speaking: std::ops::Range<u32>) -> Watch {
    let joins = (0..joining).map(|client| (5_000, client, join(0)));
    let words = speaking.map(|client| (33_000, client, say(0, Order::Fifo)));
    let script = joins.chain(words).collect();
    let network = NetworkConfig { latency: Latency::Planetlab, ..NetworkConfig::default() };
    let config = Config { replicas: 3, ..Config::default() };
    let (peers, clients) = (20, 6);
    let story = Story { seed, peers, clients, groups: 1, config, network, script, end_s: 90 };
    let member = NodeId(peers + 1);
    let peer = story.play().attached[&member];
    let mut plan = story.plan();
    let at = Time::ZERO + Span::from_secs(30);
    plan.script.push(Scripted { at, node: Some(peer), action: Action::Crash });
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let watch = run.into_observer();
    watch.assert_order();
    assert_ne!(watch.attached[&member], peer, "it has moved");
    watch
}

/// No replica keeps what is said in fifo order, and who is silent for ever shows no jump of its
/// counts: other access peers tell what there was.
#[test]
fn the_last_words_of_senders_reach_a_member_that_moved() {
    for seed in 0..10 {
        let watch = last_words(seed, 6, 1..6);
        let (expected, missing) = watch.missing();
        assert!(expected >= 25, "{expected} copies, seed {seed}");
        assert!(missing.is_empty(), "{missing:?}, seed {seed}");
        assert!(watch.gaps.is_empty(), "{:?}, seed {seed}", watch.gaps);
    }
}

/// Where there are no others, nobody knows: the member is told so.
#[test]
fn the_last_words_of_senders_that_nobody_heard_are_told_to_a_member_that_moved() {
    for seed in 0..10 {
        let watch = last_words(seed, 1, 1..2);
        let (expected, missing) = watch.missing();
        assert_eq!((expected, missing.len()), (1, 1), "seed {seed}");
        let told: Vec<_> = watch.gaps.iter().map(|gap| (gap.0, gap.2, gap.3)).collect();
        assert_eq!(told, [(NodeId(21), Order::Fifo, 0)], "seed {seed}");
    }
}

/// CLIPPEE 7: an access peer's first member costs a registration, further ones at most one count
/// per repair interval, and joins never lock.
#[test]
fn a_crowd_costs_the_replicas_three_registrations_per_access_peer_and_no_lock() {
    let (peers, clients) = (200, 10_000);
    let mut dice = Key::from_word(5).stream(1, 1);
    let script: Vec<_> =
        (0..clients).map(|client| (10_000 + dice.below(60_000), client, join(0))).collect();
    let network = NetworkConfig { latency: Latency::Planetlab, ..NetworkConfig::default() };
    let config = Config::default();
    let story = Story { seed: 5, peers, clients, groups: 1, config, network, script, end_s: 75 };
    let watch = story.play();
    let slow = watch.slowest_percent();
    assert!(slow < Span::from_secs(2), "p99 of the joins: {slow}");
    let joined = watch.ended.values().filter(|outcome| matches!(outcome, Outcome::Ok(_))).count();
    assert_eq!(joined, clients as usize);
    assert_eq!(watch.locks, 0);
    let most = watch.registers.values().max();
    assert!(most.is_some_and(|&most| most <= 3), "{:?}", watch.registers);
}

/// CLIPPEE 7: without faults no peer sends more than `fanout` copies of one message to other peers.
#[test]
fn no_peer_sends_more_copies_than_the_fanout() {
    let (peers, clients) = (60, 240);
    let mut script: Vec<_> =
        (0..clients).map(|c| (5_000 + u64::from(c) * 20, c, join(0))).collect();
    for number in 0..20 {
        let order = if number % 2 == 0 { Order::Total } else { Order::Fifo };
        script.push((20_000 + u64::from(number) * 2_000, number * 7, say(0, order)));
    }
    for fanout in [2, 4, 16] {
        let network = NetworkConfig { latency: Latency::Planetlab, ..NetworkConfig::default() };
        let config = Config { fanout, ..Config::default() };
        let script = script.clone();
        let story =
            Story { seed: 9, peers, clients, groups: 1, config, network, script, end_s: 100 };
        let watch = story.play();
        let (expected, missing) = watch.missing();
        assert_eq!((expected, missing.len()), (20 * u64::from(clients), 0));
        let most = watch.copies.values().copied().max();
        assert!(most <= Some(fanout) && most >= Some(fanout.min(3)), "{most:?} of {fanout}");
        // Each access peer but the sender's gets one copy.
        let access: std::collections::BTreeSet<_> = watch.attached.values().collect();
        let mut total: BTreeMap<OperationId, u32> = BTreeMap::new();
        watch.copies.iter().for_each(|(&(_, id), n)| *total.entry(id).or_default() += n);
        let others = access.len() as u32 - 1;
        assert!(total.values().all(|&copies| copies == others), "{total:?} for {others}");
    }
}
