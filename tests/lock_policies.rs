//! What the lock policies promise: `queue` refuses nobody and is a single-server queue, `subset`
//! locks as well as random subsets intersect, and neither breaks a hard rule in a storm.

mod support;

use clippee_sim::experiment::{Options, run};
use clippee_sim::node::*;
use clippee_sim::protocol::clippee::{Clippee, Config, LockPolicy, Quorum, World};
use clippee_sim::protocol::overlay;
use clippee_sim::scenario::{LoadOptions, load_str};
use clippee_sim::sim::{Action, Plan, Scripted, Simulation};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

const PEERS: u32 = 1_000;

/// Metrics and checks of a checked run; fails if a check does, or if one that is named isn't
/// passed.
fn measure(text: &str, passed: &[&str]) -> Value {
    let loaded = load_str(text, "policy.toml", std::path::Path::new("."), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{invalid:?}"));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    let checks = outcome.checks_json.unwrap();
    assert_eq!(outcome.failed_checks, 0, "{text}\n{checks}");
    let checks: Value = serde_json::from_str(&checks).unwrap();
    for check in checks.as_array().unwrap() {
        let is_named = passed.iter().any(|id| check["id"] == **id);
        assert!(!is_named || check["verdict"] == "pass", "{check}");
    }
    let metrics: Value = serde_json::from_str(&outcome.metrics_json).unwrap();
    let count = |name: &str| metrics["locks"][name].as_u64().unwrap();
    let ended = count("granted") + count("refused") + count("timed_out");
    assert_eq!(count("attempts"), ended);
    metrics
}

/// Sessions of two minutes and many losses, for 20 peers and a few objects that everybody wants;
/// with some seeds copies survive, with others leases are hardly longer than round trips.
fn storm(policy: &str, seed: u32) -> String {
    let durable = seed.is_multiple_of(2);
    let lease = if seed.is_multiple_of(3) { "800ms" } else { "5s" };
    format!(
        r#"
        schema = 1
        name = "storm"
        seed = {seed}
        duration = "3min"
        warmup = "10s"
        [protocol.clippee]
        lock_policy = {policy}
        durable = {durable}
        lock_lease = "{lease}"
        repair_interval = "10s"
        [protocol.clippee.overlay]
        maintenance_interval = "10s"
        [peers]
        count = 20
        churn = {{ session = {{ exponential = "2min" }}, gap = {{ exponential = "1min" }} }}
        [clients]
        count = 40
        [network]
        latency = {{ exponential = "50ms" }}
        loss = "3%"
        duplicate = "2%"
        [workload]
        rate = "0.2/s"
        objects = {{ count = 3, size = "1KiB" }}
        groups = {{ count = 1, sizes = {{ fixed = 10 }} }}
        mix = {{ read = "20%", update = "70%", multicast = "10%" }}
        "#
    )
}

#[test]
fn no_storm_breaks_a_hard_rule() {
    for policy in [r#""queue""#, "{ subset = 2 }", "{ subset = 4 }"] {
        let (mut yields, mut granted) = (0, 0);
        for seed in 1..=30 {
            let metrics = measure(&storm(policy, seed), &["H1", "H2", "H5", "H10", "H11"]);
            granted += metrics["locks"]["granted"].as_u64().unwrap();
            yields += metrics["network"]["by_kind"]["yield"].as_u64().unwrap();
        }
        println!("{policy}: {granted} rounds granted, {yields} yields");
        assert!(granted > 2_000, "{policy}: {granted}");
        assert_eq!(yields > 100, policy == r#""queue""#, "{policy}: {yields} yields");
    }
}

/// One object, open-loop Poisson updates at `rate` a second, as in `oracles.rs`.
fn contention(
    policy: &str,
    (replicas, quorum): (u32, &str),
    rate: f64,
    latency: &str,
    attempts: u32,
) -> String {
    format!(
        r#"
        schema = 1
        name = "contention"
        seed = 7
        duration = "20min"
        warmup = "60s"
        drain = "90s"
        [protocol.clippee]
        replicas = {replicas}
        lock_quorum = "{quorum}"
        lock_policy = {policy}
        attempts = {attempts}
        lock_timeout = "2s"
        operation_timeout = "60s"
        repair_interval = "never"
        heartbeat_interval = "1h"
        cache_ttl = "24h"
        [protocol.clippee.overlay]
        maintenance_interval = "never"
        [peers]
        count = 1000
        service_time = "0s"
        [clients]
        count = 2000
        [network]
        latency = {latency}
        [workload]
        rate = "{per_client}/s"
        mix = {{ update = "100%" }}
        objects = {{ count = 1, popularity = "uniform", size = "1KiB" }}
        "#,
        per_client = rate / 2000.0,
    )
}

const CONSTANT: &str = r#"{ constant = "50ms" }"#;
const EXPONENTIAL: &str = r#"{ exponential = "50ms" }"#;

fn share(metrics: &Value) -> f64 {
    let update = &metrics["operations"]["update"];
    update["ok"].as_f64().unwrap() / update["issued"].as_f64().unwrap()
}

/// Votes split all the time with these delays: coordinators that wait for each other would time
/// out, and locks would end by their leases.
#[test]
fn who_waits_gets_the_lock_however_votes_split() {
    for (replicas, quorum, latency, rate) in [
        (3, "majority", CONSTANT, 8.0),
        (5, "majority", EXPONENTIAL, 2.0),
        (5, "majority", EXPONENTIAL, 4.0),
        (4, "majority", EXPONENTIAL, 4.0),
        (5, "all", EXPONENTIAL, 2.0),
    ] {
        let measured = |policy: &str, attempts: u32| {
            let text = contention(policy, (replicas, quorum), rate, latency, attempts);
            measure(&text, &["C4"])
        };
        let (queue, refuse) = (measured(r#""queue""#, 1), measured(r#""refuse""#, 1));
        let again = measured(r#""refuse""#, 8);
        let ms = |metrics: &Value, what: &str| {
            metrics["operations"]["update"]["latency_ms"][what].as_f64().unwrap()
        };
        let yields = queue["network"]["by_kind"]["yield"].as_u64().unwrap();
        println!(
            "{quorum} of {replicas}, {latency}, {rate}/s: queue {:.4} ({:.0}, {:.0} ms, {yields} yields, \
             {:.1} messages), refuse {:.4} ({:.0} ms), with 8 attempts {:.4} ({:.0}, {:.0} ms, \
             {:.1} messages)",
            share(&queue),
            ms(&queue, "mean"),
            ms(&queue, "p99"),
            queue["network"]["messages_per_operation"].as_f64().unwrap(),
            share(&refuse),
            ms(&refuse, "mean"),
            share(&again),
            ms(&again, "mean"),
            ms(&again, "p99"),
            again["network"]["messages_per_operation"].as_f64().unwrap(),
        );
        assert_eq!(share(&queue), 1.0, "{quorum} of {replicas}: somebody waited in vain");
        assert_eq!(queue["consistency"]["lost_updates"], 0);
        assert!(share(&refuse) < 0.9, "{quorum} of {replicas}: nobody was in the way");
    }
}

/// How long rounds took, and how many were granted in the same instants.
#[derive(Default)]
struct Rounds {
    began: BTreeMap<AttemptId, Time>,
    granted: Vec<(Time, Span)>,
    failed: u64,
}

impl Observer<Clippee> for Rounds {
    fn observation(&mut self, at: Time, _: NodeId, observation: &Observation) {
        match *observation {
            Observation::RoundBegan { attempt, .. } => {
                self.began.insert(attempt, at);
            }
            Observation::RoundEnded { attempt, outcome, .. } => {
                let began = self.began.remove(&attempt).expect("it began");
                if outcome == RoundOutcome::Granted {
                    self.granted.push((began, at.since(began)));
                } else {
                    self.failed += 1;
                }
            }
            _ => {}
        }
    }
}

/// A single object; every message takes 50 ms.
fn plan(config: Config, peers: u32, rate: f64) -> Plan<Clippee> {
    let config = Config {
        lock_timeout: Some(Span::from_secs(2)),
        cache_ttl: Span::NEVER,
        repair_interval: Span::NEVER,
        overlay: overlay::Config {
            maintenance_interval: Span::NEVER,
            ..overlay::Config::default()
        },
        ..config
    };
    // Evenly spread ids: the replicas of key 0 are the peers at both ends of the list.
    let step = u64::MAX / u64::from(peers);
    let ids: Vec<u64> =
        (0..=peers).map(|node| u64::from(node).wrapping_sub(1).wrapping_mul(step)).collect();
    let online = (1..=peers).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
    let delay = Span::from_millis(50);
    let overlay = Arc::new(overlay::World { ids, online, nearness: Box::new(move |_, _| delay) });
    let world = World { overlay, keys: vec![0], groups: 0, object_bytes: 1_000 };
    let network = support::constant(delay);
    support::plan::<Clippee>(Arc::new(config), Arc::new(world), (peers, 0), rate, &network)
}

/// With one replica and constant delays the lock is an M/D/1 queue: requests are served for one
/// round trip each (grant to commit), and wait s u / (2 (1 - u)) in the mean.
#[test]
fn one_replica_with_a_queue_is_a_single_server() {
    const SERVICE: f64 = 0.1;
    for (load, hours, tolerance) in [(0.5, 4, 0.05), (0.7, 4, 0.05), (0.9, 8, 0.12)] {
        let config = Config { replicas: 1, lock_policy: LockPolicy::Queue, ..Config::default() };
        let mut plan = plan(config, PEERS, load / SERVICE / f64::from(PEERS));
        plan.end = Time::ZERO + Span::from_secs(hours * 3_600);
        let mut run = Simulation::new(plan, Rounds::default());
        run.run_to_end();
        let Rounds { granted, failed, .. } = run.into_observer();
        let waits = granted.iter().map(|(_, length)| length.millis() / 1_000.0 - SERVICE);
        let mean = waits.sum::<f64>() / granted.len() as f64;
        let expected = SERVICE * load / (2.0 * (1.0 - load));
        println!("load {load}: {mean:.5} s, expected {expected:.5} s, of {}", granted.len());
        assert_eq!(failed, 0);
        assert!((mean / expected - 1.0).abs() < tolerance, "{load}: {mean} s, not {expected} s");
    }
}

/// Above its capacity it serves one update per round trip, and refuses nobody: those that can't be
/// served wait until their operation's time is up.
#[test]
fn above_its_capacity_a_queue_serves_one_update_per_round_trip() {
    let metrics =
        measure(&contention(r#""queue""#, (1, "majority"), 20.0, CONSTANT, 8), &["H2", "H11"]);
    let throughput = metrics["locks"]["granted"].as_f64().unwrap() / (19.0 * 60.0);
    println!("{throughput:.3}/s of 10/s; {}", metrics["locks"]);
    assert_eq!(metrics["locks"]["refused"], 0);
    assert!((9.8..10.05).contains(&throughput), "{throughput}/s");
}

/// Two that draw q of r replicas at once both get their lock exactly if they drew disjoint subsets:
/// with the probability C(r - q, q) / C(r, q).
#[test]
fn two_hold_a_stochastic_lock_as_often_as_random_subsets_are_disjoint() {
    const ROUNDS: u64 = 4_000;
    for (replicas, subset) in [(5_u32, 2_u32), (8, 2), (8, 3), (8, 4), (8, 5)] {
        let lock_policy = LockPolicy::Subset(subset);
        let write_acks = Quorum::Number(1);
        let config = Config { replicas, lock_policy, write_acks, attempts: 1, ..Config::default() };
        let mut plan = plan(config, 30, 0.0);
        // The first update finds the replicas, alone.
        let at = |round: u64| Time::ZERO + Span::from_secs(10 * (round + 1));
        for round in 0..=ROUNDS {
            for node in [NodeId(12), NodeId(18)] {
                let update = Operation::Update { object: ObjectId(0) };
                let action = Action::Issue(update);
                let after =
                    if round == 0 { Span::from_secs(u64::from(node.0) - 12) } else { Span::ZERO };
                plan.script.push(Scripted { at: at(round) + after, node: Some(node), action });
            }
        }
        plan.end = at(ROUNDS + 1);
        let mut run = Simulation::new(plan, Rounds::default());
        run.run_to_end();
        let mut holders: BTreeMap<Time, u64> = BTreeMap::new();
        let Rounds { granted, .. } = run.into_observer();
        for (began, _) in granted.into_iter().filter(|(began, _)| *began >= at(1)) {
            *holders.entry(began).or_default() += 1;
        }
        let both = holders.values().filter(|count| **count == 2).count() as f64;
        // C(r - q, q) / C(r, q), factor by factor.
        let expected: f64 = (0..subset)
            .map(|place| {
                f64::from((replicas - subset).saturating_sub(place)) / f64::from(replicas - place)
            })
            .product();
        let rounds = ROUNDS as f64;
        let error = 3.3 * (expected * (1.0 - expected) / rounds).sqrt();
        let rate = both / rounds;
        println!("{subset} of {replicas}: {rate:.4}, expected {expected:.4}");
        assert!((rate - expected).abs() <= error, "{subset} of {replicas}: {rate}, not {expected}");
    }
}
