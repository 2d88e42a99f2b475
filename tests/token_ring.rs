//! The token-ring baseline as a whole: what a message costs when nothing goes wrong, that nothing is lost
//! when something does, and how it falls off as daemons are added.

mod support;

use clippee_sim::experiment::{Options, run};
use clippee_sim::node::*;
use clippee_sim::protocol::token_ring::{Config, TokenRing, World};
use clippee_sim::scenario::{LoadOptions, load_str};
use clippee_sim::sim::{Action, Scripted, Simulation};
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;

/// Metrics of a checked run, in which no check fails.
fn checked(text: &str) -> Json {
    let loaded = load_str(text, "ring.toml", Path::new("."), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    assert_eq!(outcome.failed_checks, 0, "{}\n{text}", outcome.checks_json.unwrap());
    serde_json::from_str(&outcome.metrics_json).unwrap()
}

fn number(metrics: &Json, path: &[&str]) -> f64 {
    let found = path.iter().fold(metrics, |value, key| &value[key]);
    found.as_f64().unwrap_or_else(|| panic!("{path:?}: {found}"))
}

const DELAY_MS: f64 = 20.0;
const SERVICE_MS: f64 = 0.05;

/// One group of fixed members on a ring that nothing happens to; messages are rare.
fn quiet(own: &str, daemons: u32, members: u32) -> String {
    format!(
        r#"
        schema = 1
        name = "quiet"
        duration = "20min"
        warmup = "5min"
        [protocol.token_ring]
        heartbeat_interval = "1h"
        {own}
        [peers]
        count = {daemons}
        service_time = "50us"
        [clients]
        count = {members}
        [network]
        latency = {{ constant = "20ms" }}
        [workload]
        rate = "0.01/s"
        mix = {{ multicast = "100%" }}
        objects = {{ count = 1 }}
        [workload.groups]
        count = 1
        sizes = {{ fixed = {members} }}
        "#
    )
}

/// A rotation takes R = n (d + s). A message waits R / 2 for the token; then it is safe at its daemon
/// after R, and at the others after R more and a part of R by their place, R / 2 on average. What is
/// agreed needs no rotation at all. Of messages a multicast is n - 1 packets and a copy to each member.
#[test]
fn a_message_takes_the_rotations_that_theory_says() {
    for (daemons, delivery) in [(5_u32, "safe"), (20, "safe"), (20, "agreed")] {
        let metrics = checked(&quiet(&format!("delivery = \"{delivery}\""), daemons, 40));
        let n = f64::from(daemons);
        let rotation = n * (DELAY_MS + SERVICE_MS);
        let kind = |name: &str| number(&metrics, &["network", "by_kind", name]);
        // Tokens are counted from warm-up to duration.
        let measured = 15.0 * 60_000.0 / (kind("token") / n);
        assert!((measured / rotation - 1.0).abs() < 0.02, "{measured} ms, not {rotation} ms");
        assert_eq!(kind("token"), kind("token_ack"));
        let multicast = &metrics["operations"]["multicast"];
        assert_eq!(multicast["ok"], multicast["issued"]);
        let issued = multicast["issued"].as_f64().unwrap();
        let packets = kind("packet") / issued;
        assert!((packets / (n - 1.0) - 1.0).abs() < 0.03, "{packets} packets, not {}", n - 1.0);
        assert!((kind("deliver") / issued / 40.0 - 1.0).abs() < 0.01);
        assert_eq!(kind("packet_again") + kind("ring_join") + kind("commit"), 0.0);
        let latency = number(multicast, &["latency_ms", "mean"]);
        let delivered = number(&metrics, &["delivery", "detail", "latency_to_median_ms", "mean"]);
        let ways = 2.0 * (DELAY_MS + SERVICE_MS);
        let (answered, median) = match delivery {
            "safe" => (ways + 1.5 * rotation, ways + 2.0 * rotation),
            _ => (ways + 0.5 * rotation, ways + DELAY_MS + 0.5 * rotation),
        };
        println!(
            "{daemons} daemons, {delivery}: rotation {measured:.1} ms ({rotation:.1}), answered after \
             {latency:.0} ms ({answered:.0}), half of the members after {delivered:.0} ms ({median:.0}), \
             {packets:.2} packets"
        );
        assert!((latency / answered - 1.0).abs() < 0.06, "{latency} ms, not {answered} ms");
        assert!((delivered / median - 1.0).abs() < 0.08, "{delivered} ms, not {median} ms");
    }
}

/// Harsh churn, half of it crashes, loss, duplicates, and delays that overtake each other.
fn harsh(seed: u64) -> Json {
    checked(&format!(
        r#"
        schema = 1
        name = "harsh"
        seed = {seed}
        duration = "4min"
        warmup = "0s"
        [protocol.token_ring]
        heartbeat_interval = "2s"
        [peers]
        count = 9
        churn = {{ session = {{ exponential = "2min" }}, gap = {{ exponential = "20s" }} }}
        [clients]
        count = 40
        [network]
        latency = {{ exponential = "20ms" }}
        loss = "2%"
        duplicate = "2%"
        [workload]
        rate = "0.3/s"
        mix = {{ read = "20%", update = "30%", multicast = "50%" }}
        objects = {{ count = 12, popularity = "uniform", size = "1KiB" }}
        [workload.groups]
        count = 3
        sizes = {{ fixed = 20 }}
        total = "70%"
        stay = "2min"
        away = "1min"
        "#
    ))
}

/// All who go on together have delivered the same, so a crash takes nothing along that anybody was told
/// of; and those who come get the state of those who are there.
#[test]
fn crashes_and_loss_take_nothing_along() {
    let (mut ok, mut issued, mut crashes, mut missing, mut expected) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut lost, mut joins) = (0.0, 0.0);
    let hidden = |metrics: &Json| {
        let told = number(metrics, &["delivery", "detail", "gap_messages"]);
        number(metrics, &["delivery", "missing"]) - told
    };
    // In the last one a daemon that had just booted once tore a member out of its ring.
    for seed in (1..=12).chain([281]) {
        let metrics = harsh(seed);
        for name in ["duplicate", "out_of_order"] {
            assert_eq!(number(&metrics, &["delivery", name]), 0.0, "{name}, seed {seed}");
        }
        // A copy is lost, and the daemon crashes that could send it again: the member tells a gap. (In
        // fifo order it can't if it never heard of that sender: one of 23 in 300 seeds.)
        assert!(hidden(&metrics) <= 0.0, "seed {seed}: {} copies", hidden(&metrics));
        lost += number(&metrics, &["consistency", "lost_updates"]);
        missing += number(&metrics, &["delivery", "missing"]);
        expected += number(&metrics, &["delivery", "expected"]);
        for kind in ["update", "multicast"] {
            ok += number(&metrics, &["operations", kind, "ok"]);
            issued += number(&metrics, &["operations", kind, "issued"]);
        }
        crashes += number(&metrics, &["churn", "crashes"]);
        joins += number(&metrics, &["network", "by_kind", "ring_join"]);
    }
    println!(
        "{crashes} crashes: {lost} lost updates, {missing} of {expected} copies missing, {:.4} of \
         operations succeeded, {joins} join messages",
        ok / issued
    );
    assert!(crashes > 60.0 && ok / issued > 0.9, "{crashes} crashes, {} ok", ok / issued);
    assert!(missing / expected < 1e-4, "{missing} of {expected}");
    assert_eq!(lost, 0.0);
}

/// The point of the comparison: all daemons take part in everything. A rotation, and so a message,
/// takes longer by each daemon; a change of the ring costs messages by their square, and nothing is
/// ordered meanwhile.
#[test]
fn it_falls_off_as_daemons_are_added() {
    let mut rows = Vec::new();
    for daemons in [10_u32, 20, 40, 80] {
        let metrics = checked(&format!(
            r#"
            schema = 1
            name = "more"
            duration = "10min"
            warmup = "1min"
            [protocol.token_ring]
            [peers]
            count = {daemons}
            churn = {{ session = {{ exponential = "60min" }}, gap = {{ exponential = "1min" }} }}
            [clients]
            count = 200
            [network]
            latency = {{ constant = "50ms" }}
            [workload]
            rate = "0.02/s"
            mix = {{ multicast = "100%" }}
            objects = {{ count = 1 }}
            [workload.groups]
            count = 5
            sizes = {{ fixed = 40 }}
            "#
        ));
        let multicast = &metrics["operations"]["multicast"];
        let changes: f64 = ["joins", "leaves", "crashes"]
            .iter()
            .map(|kind| number(&metrics, &["churn", kind]))
            .sum();
        let joins = number(&metrics, &["network", "by_kind", "ring_join"]);
        let of = |what: &str| number(multicast, &[what]);
        let (share, p50) = (of("ok") / of("issued"), number(multicast, &["latency_ms", "p50"]));
        println!(
            "{daemons} daemons: {:.2} % of multicasts succeeded, median {p50:.0} ms, {changes} changes, \
             {:.0} join messages each",
            100.0 * share,
            joins / changes
        );
        rows.push((f64::from(daemons), share, p50, joins / changes));
    }
    for pair in rows.windows(2) {
        let growth = pair[1].2 / pair[0].2;
        assert!((1.6..2.4).contains(&growth), "twice the daemons, {growth} times the latency");
    }
    let joins = rows[3].3 / rows[0].3;
    assert!(joins > 2.0 * 8.0, "8 times the daemons, {joins} times the join messages");
    assert!(rows[3].1 < rows[0].1 - 0.1, "{rows:?}");
}

/// Where only some peers are daemons, clients find them, and other peers are clients too.
#[test]
fn few_daemons_serve_many() {
    for (clients, issuers) in [(30, 30), (0, 20)] {
        let metrics = checked(&format!(
            r#"
            schema = 1
            name = "few"
            duration = "2min"
            [protocol.token_ring]
            daemons = 3
            [peers]
            count = 20
            [clients]
            count = {clients}
            [network]
            latency = {{ constant = "20ms" }}
            [workload]
            rate = "0.2/s"
            objects = {{ count = 10 }}
            "#
        ));
        for kind in ["read", "update"] {
            let of = &metrics["operations"][kind];
            assert_eq!(of["ok"], of["issued"], "{kind}");
        }
        let issued = number(&metrics, &["operations", "read", "issued"]);
        assert!(issued > f64::from(issuers) * 0.2 * 60.0, "{issued}");
    }
}

/// When operations ended, and whether all did so well.
#[derive(Default)]
struct Pauses {
    ended: Vec<Time>,
    failed: u32,
}

impl Observer<TokenRing> for Pauses {
    fn observation(&mut self, at: Time, _: NodeId, observation: &Observation) {
        if let Observation::Ended { outcome, .. } = *observation {
            self.ended.push(at);
            self.failed += u32::from(!matches!(outcome, Outcome::Ok(_)));
        }
    }
}

/// How long nothing is ordered when one of ten daemons crashes: five times the token isn't
/// acknowledged (200 ms each), the silent one is left out after 2.5 s, and the new ring is made in two
/// rotations of 180 ms; then come the rotations of a message.
#[test]
fn the_ring_stands_still_for_as_long_as_its_timeouts_say() {
    let online = (1..=10).map(NodeId).collect();
    let world = World { daemons: 10, online, peers: 10, object_bytes: 100 };
    let network = support::constant(Span::from_millis(20));
    let config = Arc::new(Config::default());
    let mut plan = support::plan::<TokenRing>(config, Arc::new(world), (10, 30), 0.0, &network);
    let at = |ms: u64| Time::ZERO + Span::from_millis(ms);
    for turn in 0..1_500_u32 {
        let action = Action::Issue(Operation::Update { object: ObjectId(0) });
        let node = Some(NodeId(11 + turn % 30));
        plan.script.push(Scripted { at: at(5_000 + 20 * u64::from(turn)), node, action });
    }
    plan.script.push(Scripted { at: at(20_001), node: Some(NodeId(5)), action: Action::Crash });
    plan.script.sort_by_key(|entry| entry.at);
    plan.end = at(60_000);
    let mut run = Simulation::new(plan, Pauses::default());
    run.run_to_end();
    let Pauses { ended, failed } = run.into_observer();
    assert_eq!((ended.len(), failed), (1_500, 0));
    let pauses = ended.windows(2).map(|pair| pair[1].since(pair[0]).seconds());
    let longest = pauses.fold(0.0, f64::max);
    println!("nothing ends for {longest:.2} s");
    assert!((3.9..4.9).contains(&longest), "{longest} s");
}
