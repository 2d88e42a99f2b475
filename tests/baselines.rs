//! Groups on the baselines: the same promises as Clippee's on a clean network, what loss and crashes
//! do to them, and what a multicast costs, against theory.

use clippee_sim::experiment::{Options, run};
use clippee_sim::node::{Key, Stream};
use clippee_sim::scenario::{LoadOptions, load_str};
use serde_json::Value;
use std::path::Path;

/// Metrics and checks of a run.
struct Ran {
    metrics: Value,
    checks: Value,
    failed: u32,
}

fn ran(text: &str) -> Ran {
    let loaded = load_str(text, "groups.toml", Path::new("."), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{}\n{text}", invalid.render(100, false)));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    let checks = serde_json::from_str(&outcome.checks_json.unwrap()).unwrap();
    let metrics = serde_json::from_str(&outcome.metrics_json).unwrap();
    Ran { metrics, checks, failed: outcome.failed_checks }
}

impl Ran {
    fn number(&self, path: &[&str]) -> f64 {
        let found = path.iter().fold(&self.metrics, |value, key| &value[key]);
        found.as_f64().unwrap_or_else(|| panic!("{path:?}: {found}"))
    }

    fn delivery(&self, name: &str) -> f64 {
        self.number(&["delivery", name])
    }

    fn kind(&self, name: &str) -> f64 {
        self.number(&["network", "by_kind", name])
    }

    fn verdict(&self, id: &str) -> &str {
        let reports = self.checks.as_array().unwrap();
        let report = reports.iter().find(|report| report["id"] == id).unwrap();
        report["verdict"].as_str().unwrap()
    }
}

const BASELINES: [&str; 3] = ["client_server", "consensus", "token_ring"];

/// Some clients, some groups, members that come and go, and no faults: drawn from a seed.
fn drawn(protocol: &str, seed: u64) -> String {
    let mut dice: Stream = Key::from_word(seed ^ 0x6261_7365).stream(1, 1);
    let mut below = |bound: u64| dice.below(bound);
    let peers = 5 + below(20);
    // A client says one thing after the other to a group, and each waits for rotations: in a large ring
    // some would have to wait for too long.
    let peers = if protocol == "token_ring" { peers.min(8) } else { peers };
    let own = match protocol {
        "client_server" => {
            format!("servers = {}\nheartbeat_interval = \"{}s\"", 1 + below(4), 1 + below(8))
        }
        "token_ring" => format!(
            "delivery = \"{}\"\npersonal_window = {}\nwindow = {}\npacket = \"{}B\"\n\
             operation_timeout = \"30s\"",
            if below(3) == 0 { "agreed" } else { "safe" },
            1 + below(8),
            8 + below(40),
            300 + below(2_000)
        ),
        _ => format!(
            "logs = {}\nreplicas = {}\nfanout = {}\nrepair_interval = \"{}s\"",
            1 + below(6),
            3 + 2 * below(2),
            2 + below(15),
            5 + below(20)
        ),
    };
    let latency = match below(3) {
        0 => "{ constant = \"50ms\" }",
        1 => "{ uniform = { min = \"5ms\", max = \"200ms\" } }",
        _ => "{ exponential = \"40ms\", least = \"1ms\" }",
    };
    let turnover = match below(3) {
        0 => "",
        _ => "stay = \"40s\"\naway = \"20s\"",
    };
    format!(
        r#"
        schema = 1
        name = "drawn"
        seed = {seed}
        duration = "100s"
        warmup = "10s"
        drain = "60s"
        [protocol.{protocol}]
        {own}
        [peers]
        count = {peers}
        service_time = "{service}us"
        [clients]
        count = {clients}
        [network]
        latency = {latency}
        [workload]
        rate = "0.1/s"
        mix = {{ read = "10%", update = "10%", multicast = "70%", members = "10%" }}
        objects = {{ count = 10 }}
        [workload.groups]
        count = {groups}
        sizes = {{ rank = 1 }}
        total = "{total}%"
        burst = 2
        burst_gap = "50ms"
        {turnover}
        "#,
        service = below(1_000),
        clients = 10 + below(40),
        groups = 1 + below(5),
        total = 50 + 10 * below(6),
    )
}

#[test]
fn on_a_clean_network_every_staying_member_gets_every_message_once_and_in_one_order() {
    for protocol in BASELINES {
        let mut expected = 0.0;
        for seed in 0..30 {
            let text = drawn(protocol, seed);
            let ran = ran(&text);
            assert_eq!(ran.failed, 0, "{protocol}, seed {seed}: {:#}\n{text}", ran.checks);
            for id in ["C5", "H12"] {
                assert_eq!(ran.verdict(id), "pass", "{id} of {protocol}, seed {seed}\n{text}");
            }
            for name in ["missing", "duplicate", "out_of_order"] {
                assert_eq!(ran.delivery(name), 0.0, "{name}: {protocol}, seed {seed}\n{text}");
            }
            for (kind, of) in ran.metrics["operations"].as_object().unwrap() {
                assert_eq!(of["ok"], of["issued"], "{kind}: {protocol}, seed {seed}\n{text}");
            }
            assert_eq!(ran.number(&["delivery", "detail", "gaps"]), 0.0, "{protocol}, {seed}");
            expected += ran.delivery("expected");
        }
        println!("{protocol}: {expected} copies, none missing");
        assert!(expected > 10_000.0, "{protocol}: {expected} copies are too few to mean anything");
    }
}

/// One group of fixed members, for whom nothing changes.
fn quiet(protocol: &str, own: &str, members: u32, total: u32) -> String {
    format!(
        r#"
        schema = 1
        name = "quiet"
        duration = "20min"
        warmup = "10min"
        [protocol.{protocol}]
        {own}
        [peers]
        count = 40
        service_time = "0s"
        [clients]
        count = {members}
        [network]
        latency = {{ constant = "50ms" }}
        [workload]
        rate = "0.02/s"
        mix = {{ multicast = "100%" }}
        objects = {{ count = 1 }}
        [workload.groups]
        count = 1
        sizes = {{ fixed = {members} }}
        total = "{total}%"
        "#
    )
}

/// A star: the request, the answer, and a copy to each member.
#[test]
fn a_server_sends_one_copy_to_each_member() {
    for (members, total) in [(10, 100), (50, 0)] {
        let ran = ran(&quiet("client_server", "", members, total));
        let sent = ran.number(&["operations", "multicast", "issued"]);
        let per = |name| ran.kind(name) / sent;
        let all = per("request") + per("response") + per("deliver");
        let theory = 2.0 + f64::from(members);
        println!("client_server, {members} members: {all:.3} messages a multicast, {theory}");
        assert!((all / theory - 1.0).abs() < 0.01, "{all}, not {theory}");
        assert_eq!(ran.kind("missing") + ran.kind("enter"), 0.0);
        // There and back for the sender; one delay there and one to each member.
        assert_eq!(ran.number(&["operations", "multicast", "latency_ms", "p50"]).round(), 100.0);
        let delivery = ran.number(&["delivery", "latency_ms", "p50"]);
        assert!((delivery / 100.0 - 1.0).abs() < 0.02, "{delivery} ms");
    }
}

/// The command goes to the leader and through the log as an update does (`tests/consensus.rs`); then
/// the message goes to each other access peer once, each acknowledges, and each member gets a copy.
#[test]
fn a_log_decides_a_message_and_a_tree_carries_it() {
    for (r, fanout) in [(3_u32, 16), (5, 2)] {
        let own = format!("replicas = {r}\nlogs = 8\nflush_interval = \"0s\"\nfanout = {fanout}");
        let members = 100;
        let ran = ran(&quiet("consensus", &own, members, 50));
        let sent = ran.number(&["operations", "multicast", "issued"]);
        assert_eq!(ran.number(&["operations", "multicast", "ok"]), sent);
        let per = |name| ran.kind(name) / sent;
        let ends = ["request", "propose", "forward", "answer", "response"];
        let ends: f64 = ends.into_iter().map(per).sum();
        let agreement: f64 = ["accept", "accepted", "decide"].into_iter().map(per).sum();
        assert!((ends / 4.0 - 1.0).abs() < 0.05, "{ends} there and home");
        let theory = f64::from(3 * (r - 1));
        assert!((agreement / theory - 1.0).abs() < 0.02, "{agreement}, not {theory}");
        // 100 clients leave hardly any of 40 access peers without one.
        let relays = per("relay");
        assert!((34.0..40.0).contains(&relays), "{relays} relays");
        assert!((per("relay_ack") / relays - 1.0).abs() < 0.01);
        assert!((per("deliver") / f64::from(members) - 1.0).abs() < 0.01);
        assert_eq!(ran.kind("fill") + ran.kind("missing"), 0.0);
        let delivery = ran.number(&["delivery", "latency_ms", "p50"]);
        println!(
            "consensus, r = {r}, fanout {fanout}: {ends:.2} + {agreement:.2} + 2 * {relays:.2} + \
             {:.2} messages, {delivery:.0} ms",
            per("deliver")
        );
    }
}

/// The same with loss, duplicates, and delays that overtake each other.
fn harsh(protocol: &str, own: &str, peers: &str, loss: &str, seed: u64) -> Ran {
    ran(&format!(
        r#"
        schema = 1
        name = "harsh"
        seed = {seed}
        duration = "5min"
        warmup = "10s"
        drain = "3min"
        [protocol.{protocol}]
        {own}
        [peers]
        {peers}
        [clients]
        count = 60
        [network]
        latency = {{ exponential = "30ms" }}
        loss = "{loss}"
        duplicate = "{loss}"
        [workload]
        rate = "0.2/s"
        mix = {{ read = "20%", update = "20%", multicast = "60%" }}
        objects = {{ count = 10 }}
        [workload.groups]
        count = 4
        sizes = {{ fixed = 25 }}
        total = "70%"
        stay = "2min"
        away = "1min"
        "#
    ))
}

#[test]
fn what_the_network_loses_is_asked_for_until_it_comes() {
    for protocol in BASELINES {
        let (mut expected, mut missing, mut gaps) = (0.0, 0.0, 0.0);
        for seed in 1..=5 {
            let ran = harsh(protocol, "", "count = 20", "2%", seed);
            assert_eq!(ran.failed, 0, "{protocol}, seed {seed}: {:#}", ran.checks);
            expected += ran.delivery("expected");
            missing += ran.delivery("missing");
            gaps += ran.number(&["delivery", "detail", "gap_messages"]);
            assert_eq!(ran.delivery("duplicate") + ran.delivery("out_of_order"), 0.0);
        }
        println!("{protocol}: {missing} of {expected} missing, {gaps} told, with 2 % loss");
        assert_eq!((missing, gaps), (0.0, 0.0), "{protocol}");
    }
}

/// What a crash takes along: at a server nothing but time, if it has a disk. Without one its groups
/// begin anew: numbers are given twice, and members drop what has one that they had. In a log nothing
/// that was decided; and what an access peer was about to hand out or pass on, others get from the log.
#[test]
fn what_crashes_keep_and_lose() {
    let churn = "count = 12\nchurn = { session = { exponential = \"2min\" }, \
                 gap = { exponential = \"20s\" } }";
    let log = "logs = 2\nelection_timeout = \"500ms\"\nreplace_after = \"2s\"\n\
               heartbeat_interval = \"2s\"\nrepair_interval = \"5s\"\n\
               overlay = { maintenance_interval = \"5s\" }";
    let disk = "servers = 3\nheartbeat_interval = \"2s\"";
    let none = format!("{disk}\ndurable = false");
    let stories = [
        ("servers with disks", "client_server", disk),
        ("servers without", "client_server", none.as_str()),
        ("logs", "consensus", log),
        ("a ring", "token_ring", "heartbeat_interval = \"2s\""),
    ];
    for (story, protocol, own) in stories {
        let (mut expected, mut missing, mut wrong) = (0.0, 0.0, 0.0);
        let (mut ok, mut issued, mut crashes) = (0.0, 0.0, 0.0);
        for seed in 1..=6 {
            let ran = harsh(protocol, own, churn, "0%", seed);
            assert_eq!(ran.failed, 0, "{story}, seed {seed}: {:#}", ran.checks);
            expected += ran.delivery("expected");
            missing += ran.delivery("missing");
            wrong += ran.delivery("duplicate") + ran.delivery("out_of_order");
            ok += ran.number(&["operations", "multicast", "ok"]);
            issued += ran.number(&["operations", "multicast", "issued"]);
            crashes += ran.number(&["churn", "crashes"]);
        }
        println!(
            "{story}: {missing} of {expected} copies missing, {wrong} out of order, {:.4} of \
             multicasts succeeded, {crashes} crashes",
            ok / issued
        );
        assert!(crashes > 80.0 && expected > 100_000.0 && ok / issued > 0.9);
        if story == "servers without" {
            assert!(missing / expected > 0.1 && wrong > 1_000.0);
        } else {
            assert!(missing / expected < 1e-4, "{story}: {missing} of {expected} missing");
            assert_eq!(wrong, 0.0, "{story}");
        }
    }
}
