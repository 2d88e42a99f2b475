//! CLIPPEE section 9: what theory, and an independent prototype, say about the lock. Runs here are short and their
//! tolerances scaled to them; `scripts/oracles.sh` runs the same at full length (`ORACLE_HOURS`).

use clippee_sim::experiment::{Options, run};
use clippee_sim::scenario::{LoadOptions, load_str};
use serde_json::Value;

/// Simulated hours of each run.
fn hours() -> f64 {
    std::env::var("ORACLE_HOURS").ok().and_then(|hours| hours.parse().ok()).unwrap_or(0.5)
}

/// One object, open-loop Poisson attempts at `rate` a second in all, no jitter, loss, service time, bandwidth limit,
/// churn or repair.
fn scenario(rate: f64, replicas: u32, quorum: &str, latency: &str, attempts: u32) -> String {
    let seconds = (hours() * 3600.0) as u64;
    format!(
        r#"
        schema = 1
        name = "oracle"
        seed = 7
        duration = "{seconds}s"
        warmup = "60s"
        drain = "90s"
        [protocol.clippee]
        replicas = {replicas}
        lock_quorum = "{quorum}"
        write_acks = 1
        attempts = {attempts}
        lock_timeout = "2s"
        lock_lease = "5s"
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

/// Metrics of a checked run; fails if a lease ran out, a lock was left or an update was lost.
fn measure(text: &str) -> Value {
    let loaded = load_str(text, "oracle.toml", std::path::Path::new("."), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{invalid:?}"));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    let checks = outcome.checks_json.unwrap();
    assert_eq!(outcome.failed_checks, 0, "{checks}");
    // C4: no lock ended by its lease, all were freed by message, none is left.
    let checks: Value = serde_json::from_str(&checks).unwrap();
    let freed = checks.as_array().unwrap().iter().find(|check| check["id"] == "C4").unwrap();
    assert_eq!(freed["verdict"], "pass", "{freed}");
    let metrics: Value = serde_json::from_str(&outcome.metrics_json).unwrap();
    assert_eq!(metrics["consistency"]["lost_updates"], 0);
    metrics
}

/// The share of updates that succeed, and the standard error of that share.
fn success(text: &str) -> (f64, f64) {
    let metrics = measure(text);
    let update = &metrics["operations"]["update"];
    let (ok, issued) = (update["ok"].as_f64().unwrap(), update["issued"].as_f64().unwrap());
    let share = ok / issued;
    // Successes within a busy period aren't independent; three binomial errors leave room for that.
    (share, 3.0 * (share * (1.0 - share) / issued).sqrt())
}

const CONSTANT: &str = r#"{ constant = "50ms" }"#;
const EXPONENTIAL: &str = r#"{ exponential = "50ms" }"#;
/// The mean round trip of both.
const ROUND_TRIP: f64 = 0.1;
/// Attempts that a coordinator makes on its own replica take no time: one in a thousand with one replica.
const ELSEWHERE: f64 = 0.999;

/// One site is Erlang's loss system with one server: any delay law gives 1/(1 + L T).
#[test]
fn one_replica_follows_the_loss_formula_whatever_the_delays() {
    for (latency, rate, tolerance) in [
        (CONSTANT, 2.0, 0.009),
        (CONSTANT, 5.0, 0.008),
        (CONSTANT, 10.0, 0.006),
        (CONSTANT, 20.0, 0.0045),
        (EXPONENTIAL, 10.0, 0.006),
    ] {
        let expected = 1.0 / (1.0 + rate * ROUND_TRIP * ELSEWHERE);
        let (share, error) = success(&scenario(rate, 1, "majority", latency, 1));
        println!("{rate}/s: {share:.4}, expected {expected:.4}");
        let off = (share - expected).abs();
        assert!(off < error.max(tolerance), "{latency}, {rate}/s: {share}, not {expected}");
    }
}

#[test]
fn constant_equal_delays_make_a_majority_as_good_as_one_site() {
    for (replicas, rate) in [(3, 5.0), (3, 20.0), (5, 2.0), (5, 10.0)] {
        let expected = 1.0 / (1.0 + rate * ROUND_TRIP * ELSEWHERE);
        let (share, error) = success(&scenario(rate, replicas, "majority", CONSTANT, 1));
        println!("{rate}/s: {share:.4}, expected {expected:.4}");
        let off = (share - expected).abs();
        assert!(off < error.max(0.002), "r = {replicas}, {rate}/s: {share}, not {expected}");
    }
}

#[test]
fn exponential_delays_keep_within_their_bounds() {
    for (replicas, quorum, rate) in [
        (3, "all", 1.0),
        (3, "all", 2.0),
        (3, "all", 5.0),
        (5, "all", 2.0),
        (5, "all", 5.0),
        (3, "majority", 2.0),
        (3, "majority", 5.0),
        (3, "majority", 10.0),
        (5, "majority", 2.0),
        (5, "majority", 5.0),
        (5, "majority", 10.0),
    ] {
        let slowest = if replicas == 3 { 0.1606 } else { 0.1904 };
        let (low, high) = if quorum == "all" {
            (libm::exp(-2.0 * rate * slowest), 1.0 / (1.0 + rate * slowest))
        } else {
            let load = rate * ROUND_TRIP;
            (libm::exp(-1.2 * load), 1.0 / (1.0 + 0.65 * load))
        };
        let (share, error) = success(&scenario(rate, replicas, quorum, EXPONENTIAL, 1));
        println!("{quorum} of {replicas}, {rate}/s: {low:.4} <= {share:.4} <= {high:.4}");
        assert!(
            (low - error..=high + error).contains(&share),
            "{quorum} of {replicas}, {rate}/s: {share} isn't within {low}..{high}"
        );
    }
}

/// "It never collapses: with retries throughput tends to 1/T."
#[test]
fn one_replica_never_collapses_under_retries() {
    let text = scenario(40.0, 1, "majority", CONSTANT, 8);
    let metrics = measure(&text);
    let ok = metrics["operations"]["update"]["ok"].as_f64().unwrap();
    let seconds = ((hours() * 3600.0) as u64 - 60) as f64;
    let limit = 1.0 / (ROUND_TRIP * ELSEWHERE);
    let throughput = ok / seconds;
    assert!((0.8 * limit..1.02 * limit).contains(&throughput), "{throughput}/s of {limit}/s");
}
