//! What the shipped scenarios promise, on shortened runs.

use clippee_sim::experiment::{Options, run};
use clippee_sim::scenario::{LoadOptions, load};
use serde_json::Value;
use std::path::Path;

/// Metrics and verdicts of a checked run.
fn checked(scenario: &str, set: &[&str]) -> (Value, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    let options = LoadOptions {
        set: set.iter().map(|&pair| pair.to_owned()).collect(),
        ..LoadOptions::default()
    };
    let loaded = load(&path, &options).unwrap_or_else(|invalid| panic!("{invalid:?}"));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    let parse = |text: &str| serde_json::from_str(text).unwrap();
    (parse(&outcome.metrics_json), parse(&outcome.checks_json.unwrap()))
}

fn sum(metrics: &Value, what: &str) -> u64 {
    metrics["operations"].as_object().unwrap().values().map(|o| o[what].as_u64().unwrap()).sum()
}

#[test]
fn steady_loses_nothing_and_passes_every_check() {
    let (metrics, checks) = checked("steady.toml", &["duration=4min", "warmup=30s"]);
    assert!(sum(&metrics, "issued") > 4_000);
    assert_eq!(sum(&metrics, "ok"), sum(&metrics, "issued"), "no operation fails");
    assert_eq!(metrics["consistency"]["lost_updates"], 0);
    assert_eq!(metrics["consistency"]["stale_reads"], 0);
    for check in checks.as_array().unwrap() {
        assert_eq!(check["verdict"], "pass", "{check}");
        assert!(check["judged"].as_u64().unwrap() > 0, "{check} judged nothing");
    }
}

#[test]
fn churn_serves_and_breaks_no_hard_rule() {
    let set = ["duration=8min", "warmup=2min", "clients.count=2000"];
    let (metrics, checks) = checked("churn.toml", &set);
    let share = sum(&metrics, "ok") as f64 / sum(&metrics, "issued") as f64;
    assert!(share >= 0.99, "{share} of the operations succeeded");
    for check in checks.as_array().unwrap() {
        // Of the guarantees, which nobody demands here, churn breaks one or the other.
        let fails = check["required"] == true && !check["verdict"]["fail"].is_null();
        assert!(!fails, "{check}");
    }
}

/// Best effort has its price, and the observer sees it: sessions of two minutes, all ending in
/// crashes, lose updates that were acknowledged.
#[test]
fn harsh_churn_loses_updates_and_breaks_no_hard_rule() {
    let set = [
        "duration=10min",
        "warmup=1min",
        "workload.rate=0.5/s",
        r#"peers.churn={ session = { exponential = "2min" }, gap = { exponential = "2min" }, crash = "100%" }"#,
    ];
    let (metrics, checks) = checked("smoke.toml", &set);
    let consistency = &metrics["consistency"];
    let lost = consistency["lost_updates"].as_u64().unwrap();
    let stale = consistency["stale_reads"].as_u64().unwrap();
    assert!(lost + stale > 0, "{consistency}");
    for check in checks.as_array().unwrap() {
        let hard = check["id"].as_str().unwrap().starts_with('H');
        assert!(!hard || check["verdict"] == "pass", "{check}");
    }
}

/// A cut is served on both sides, which diverge, and agree again once it has healed.
#[test]
fn cut_serves_both_sides_and_heals() {
    let set = ["duration=10min", "warmup=1min", "clients.count=500"];
    let (metrics, checks) = checked("cut.toml", &set);
    let share = sum(&metrics, "ok") as f64 / sum(&metrics, "issued") as f64;
    assert!(share >= 0.98, "{share} of the operations succeeded");
    assert!(metrics["network"]["dropped"]["cut"].as_u64().unwrap() > 1_000);
    assert!(metrics["consistency"]["lost_updates"].as_u64().unwrap() > 0);
    for check in checks.as_array().unwrap() {
        // Both sides go on with an old version each: what strong systems give is what a cut takes.
        let given = check["id"].as_str().unwrap().starts_with('G');
        assert!(given || check["verdict"]["fail"].is_null(), "{check}");
        let healed = ["C2", "C3"].contains(&check["id"].as_str().unwrap());
        assert!(!healed || check["verdict"] == "pass", "{check}");
    }
}
