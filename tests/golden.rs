//! Golden runs: digest and table of some scenarios, pinned. A change that moves one is made with
//! `scripts/bless.sh` and explained in CHANGELOG.md under "Changed behaviour".

use clippee_sim::experiment::{Options, run};
use clippee_sim::scenario::{LoadOptions, load};
use std::fs;
use std::path::Path;

/// Runs a shipped scenario, cut down by `set`, and compares its table with the pinned one.
fn golden(scenario: &str, set: &[&str]) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let options = LoadOptions {
        set: set.iter().map(|&pair| pair.to_owned()).collect(),
        ..LoadOptions::default()
    };
    let path = top.join("scenarios").join(scenario).with_extension("toml");
    let loaded =
        load(&path, &options).unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let outcome = run(&loaded.scenario, &Options::default(), &mut |_| {}).unwrap().unwrap();
    let pinned = top.join("tests/golden").join(scenario).with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&pinned, &outcome.summary).unwrap();
    }
    let expected = fs::read_to_string(&pinned).unwrap_or_default();
    assert_eq!(
        outcome.summary, expected,
        "{scenario} changed; if it should have: scripts/bless.sh, and CHANGELOG.md"
    );
    assert!(outcome.summary.contains(&outcome.digest), "the table pins the digest");
}

#[test]
fn smoke() {
    golden("smoke", &[]);
}

#[test]
fn churn() {
    golden("churn", &["duration=6min", "warmup=1min", "clients.count=1000"]);
}

#[test]
fn contention() {
    golden("contention", &["duration=2min", "warmup=20s"]);
}

#[test]
fn overlay_hops() {
    golden("overlay-hops", &["peers.count=2000"]);
}

#[test]
fn consensus() {
    golden("consensus", &["duration=3min", "warmup=30s"]);
}

#[test]
fn server() {
    golden("server", &["duration=1min", "warmup=10s"]);
}

#[test]
fn steady() {
    golden("steady", &["duration=3min", "warmup=30s"]);
}
