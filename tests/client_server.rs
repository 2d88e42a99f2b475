//! The client-server baseline as a whole: the queue that theory knows, and what becomes of objects
//! when their server goes away and comes back.

use clippee_sim::experiment::{Options, run};
use clippee_sim::scenario::{LoadOptions, load, load_str};
use serde_json::Value;
use std::path::Path;

/// Metrics and checks of `scenarios/server.toml` with some keys set.
fn server(set: &[&str]) -> Value {
    let set = set.iter().map(|&pair| pair.to_owned()).collect();
    let options = LoadOptions { set, ..LoadOptions::default() };
    let loaded = load(Path::new("scenarios/server.toml"), &options)
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let outcome = run(&loaded.scenario, &Options::default(), &mut |_| {}).unwrap().unwrap();
    serde_json::from_str(&outcome.metrics_json).unwrap()
}

/// CLIPPEE 9, acceptance of E1: the mean wait of M/D/1 is s u / (2 (1 - u)). Every message that the
/// server handles counts: `u` is measured, and must be what was asked for.
#[test]
fn a_request_waits_as_queueing_theory_says() {
    // Waits of neighbours are alike, the more so the higher the load: a mean takes longer to settle.
    for (load, minutes) in [(0.5, 3), (0.7, 5), (0.9, 20)] {
        let rate = format!("workload.rate={load}/s");
        let metrics = server(&[&rate, &format!("duration={minutes}min")]);
        let u = metrics["load"]["peer_messages_per_s"]["mean"].as_f64().unwrap() / 1_000.0;
        assert!((u / load - 1.0).abs() < 0.01, "{u} of the server's time is taken, not {load}");
        let operations = &metrics["operations"];
        let (mut sum, mut count) = (0.0, 0.0);
        for kind in ["read", "update"] {
            let (ok, issued) = (&operations[kind]["ok"], &operations[kind]["issued"]);
            assert_eq!(ok, issued);
            let ok = ok.as_f64().unwrap();
            sum += ok * operations[kind]["latency_ms"]["mean"].as_f64().unwrap();
            count += ok;
        }
        // There and back takes 40 ms, the server's work 1 ms.
        let wait = sum / count - 41.0;
        let theory = load / (2.0 * (1.0 - load));
        println!("load {load}: u = {u:.4}, wait {wait:.3} ms, M/D/1 {theory:.3} ms");
        assert!((wait / theory - 1.0).abs() < 0.05, "load {load}: {wait} ms, not {theory} ms");
    }
}

/// One object or many, on servers that crash, in a network that loses and repeats; checked.
fn harsh(servers: u32, durable: bool, seed: u32) -> (Value, u32, Value) {
    let text = format!(
        r#"
        schema = 1
        name = "harsh"
        seed = {seed}
        duration = "10min"
        warmup = "0s"
        [protocol.client_server]
        servers = {servers}
        durable = {durable}
        rto_min = "0s"
        [peers]
        count = 8
        churn = {{ session = {{ exponential = "60s" }}, gap = {{ exponential = "10s" }} }}
        [clients]
        count = 50
        [network]
        latency = {{ exponential = "20ms" }}
        loss = "2%"
        duplicate = "2%"
        [workload]
        rate = "0.5/s"
        mix = {{ read = "50%", update = "50%" }}
        objects = {{ count = 20, popularity = "uniform", size = "1KiB" }}
        "#
    );
    let loaded = load_str(&text, "harsh.toml", Path::new("."), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    let metrics = serde_json::from_str(&outcome.metrics_json).unwrap();
    let checks = serde_json::from_str(&outcome.checks_json.unwrap()).unwrap();
    (metrics, outcome.failed_checks, checks)
}

#[test]
fn a_server_with_a_disk_loses_nothing_and_serves_whenever_it_is_up() {
    for (seed, servers) in [(1, 1), (2, 3), (3, 8)] {
        let (metrics, failed, checks) = harsh(servers, true, seed);
        assert_eq!(failed, 0, "{checks:#}");
        let consistency = &metrics["consistency"];
        for damage in ["lost_updates", "stale_reads", "concurrent_commits", "divergent_objects"] {
            assert_eq!(consistency[damage], 0, "{damage} with {servers} servers");
        }
        for kind in ["read", "update"] {
            let of = |what: &str| metrics["operations"][kind][what].as_f64().unwrap();
            // Away one seventh of the time, and most gaps are shorter than the timeout.
            let share = of("ok") / of("issued");
            assert!((0.85..0.9999).contains(&share), "{share} of {kind} with {servers} servers");
        }
    }
}

#[test]
fn a_server_without_one_forgets_and_the_observers_see_it() {
    let (metrics, failed, checks) = harsh(1, false, 1);
    assert_eq!(failed, 0, "{checks:#}");
    let detail = &metrics["consistency"]["detail"];
    assert!(detail["vanished_updates"].as_u64().unwrap() > 100, "{detail:#}");
    assert!(metrics["consistency"]["stale_reads"].as_u64().unwrap() > 10, "{detail:#}");
}

#[test]
fn without_clients_the_peers_ask() {
    let text = r#"
        schema = 1
        name = "peers"
        duration = "60s"
        [protocol.client_server]
        servers = 2
        [peers]
        count = 5
        [clients]
        count = 0
        [network]
        latency = { constant = "20ms" }
        [workload]
        rate = "1/s"
        objects = { count = 10 }
        "#;
    let loaded = load_str(text, "peers.toml", Path::new("."), &LoadOptions::default()).unwrap();
    let outcome = run(&loaded.scenario, &Options::default(), &mut |_| {}).unwrap().unwrap();
    let metrics: Value = serde_json::from_str(&outcome.metrics_json).unwrap();
    let read = &metrics["operations"]["read"];
    assert!(read["issued"].as_u64().unwrap() > 100);
    assert_eq!(read["ok"], read["issued"]);
}
