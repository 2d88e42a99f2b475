//! Drawn plans: every kind of fault, at any targets, several at once, with churn and without.

use clippee_sim::experiment::explore::{Generator, judge};
use clippee_sim::scenario::{LoadOptions, Loaded, load, written};
use std::path::Path;
use std::sync::atomic::AtomicBool;

fn smoke(protocol: &str, set: &[&str]) -> Loaded {
    let set = set.iter().map(ToString::to_string).collect();
    let options = LoadOptions { seed: None, protocol: Some(protocol.to_owned()), set };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.toml");
    load(&path, &options).unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)))
}

/// A drawn plan of faults as a setting.
pub(crate) fn plan(seed: u64) -> String {
    let generator = Generator::of(&smoke("clippee", &[]), "scenarios".into());
    let loaded = generator.draw(seed).unwrap_or_else(|e| panic!("{}", e.render(100, false)));
    format!("fault={}", written(&loaded.resolved["fault"]))
}

/// Runs seeds `from` to `to` (more: `FAULT_SEEDS=1000-2000`); whatever breaks is shown with all
/// that is needed to run it again.
fn survive(protocol: &str, set: &[&str], (from, to): (u64, u64)) {
    let wanted = std::env::var("FAULT_SEEDS").ok();
    let given = wanted.as_deref().and_then(|text| text.split_once('-'));
    let (from, to) = given.map_or((from, to), |(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
    let generator = Generator::of(&smoke(protocol, set), "scenarios".into());
    let mut wrong = Vec::new();
    for seed in from..=to {
        let loaded = generator.draw(seed).unwrap_or_else(|e| panic!("{}", e.render(100, false)));
        let judged = judge(&loaded.scenario, &AtomicBool::new(false)).unwrap();
        if !judged.failures.is_empty() {
            let (faults, failures) = (&loaded.resolved["fault"], &judged.failures);
            wrong.push(format!("{protocol}, seed {seed}, {set:?}: {failures:#?}\n{faults}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), to - from + 1, wrong.join("\n\n"));
}

/// What the baselines give and Clippee doesn't.
const STRONG: &str =
    r#"check.require=["linearizable", "read_your_writes", "monotonic_reads", "monotonic_writes"]"#;

#[test]
fn clippee_keeps_its_hard_rules_without_churn() {
    survive("clippee", &["peers.churn=none"], (1, 22));
}

#[test]
fn clippee_keeps_its_hard_rules_with_churn_and_groups() {
    let set = [
        "workload.groups.count=5",
        "workload.mix={ read = \"50%\", update = \"20%\", multicast = \"30%\" }",
    ];
    survive("clippee", &set, (101, 122));
}

#[test]
fn durable_clippee_keeps_its_hard_rules() {
    survive("clippee", &["protocol.clippee.durable=true"], (201, 211));
}

#[test]
fn consensus_keeps_its_hard_rules() {
    survive("consensus", &["protocol.consensus={}", STRONG], (301, 311));
}

#[test]
fn servers_keep_their_hard_rules() {
    let servers =
        ["protocol.client_server={ servers = 3, durable = true }", "peers.churn=none", STRONG];
    survive("client_server", &servers, (401, 411));
}
