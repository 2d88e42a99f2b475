//! The measured matrix and the measured trace, end to end by `--set`. The data lie outside the project; without them
//! these tests say so and pass.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A data file beside the project; `None`, with a message, if it isn't there.
fn data(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent", path.display());
    None
}

/// Runs `churn.toml` with these settings, and returns its metrics and its manifest.
fn run(settings: &[String]) -> (Value, Value) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_clippee-sim"));
    command.current_dir(top).arg("run").arg("scenarios/churn.toml").arg("--quiet").arg("--check");
    command.arg("--out").arg(out.path());
    for setting in settings {
        command.arg("--set").arg(setting);
    }
    command.assert().success();
    let read = |name: &str| {
        let text = std::fs::read_to_string(out.path().join("churn/seed-1").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    (read("metrics.json"), read("manifest.json"))
}

fn success(metrics: &Value) -> f64 {
    let operations = metrics["operations"].as_object().unwrap();
    let sum = |what: &str| operations.values().map(|o| o[what].as_f64().unwrap()).sum::<f64>();
    sum("ok") / sum("issued")
}

#[test]
fn the_measured_matrix_runs_end_to_end() {
    let Some(file) = data("planetlab-490/rtt-median-ms.csv.gz") else { return };
    let matrix = format!(
        r#"network.latency={{ matrix = {{ file = "{}", unit = "rtt_ms" }} }}"#,
        file.display()
    );
    let settings = [&matrix, "duration=3min", "warmup=30s", "clients.count=300"].map(str::to_owned);
    let (metrics, manifest) = run(&settings);
    assert!(success(&metrics) > 0.98, "{metrics}");
    // A read costs four one-way delays, of 73 ms in the mean; the median lies somewhat lower.
    let median = metrics["operations"]["read"]["latency_ms"]["p50"].as_f64().unwrap();
    assert!((100.0..500.0).contains(&median), "{median} ms");
    assert!(manifest.to_string().contains("rtt-median-ms.csv.gz"), "{manifest}");
}

#[test]
fn the_measured_trace_runs_for_a_day_from_its_seventh() {
    let Some(file) = data("skype-2005/availability.csv.gz") else { return };
    let trace = format!(
        r#"peers.churn={{ trace = {{ file = "{}", start = "7d" }} }}"#,
        file.display()
    );
    // A day at full size takes minutes; a small share of the identities shows the same machinery.
    let settings = [
        &trace,
        "peers.count=120",
        "clients.count=20",
        "duration=1d",
        "warmup=1h",
        "workload.rate=0.01/s",
        "protocol.clippee.heartbeat_interval=60s",
        "protocol.clippee.repair_interval=5min",
        "protocol.clippee.overlay.maintenance_interval=2min",
    ]
    .map(str::to_owned);
    let (metrics, _) = run(&settings);
    assert!(success(&metrics) > 0.95, "{metrics}");
    let joins = metrics["churn"]["joins"].as_u64().unwrap();
    assert!(joins > 20, "{joins} joins in a day");
}
