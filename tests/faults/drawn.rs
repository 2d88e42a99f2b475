//! Drawn plans: every kind of fault, at any targets, several at once, with churn and without.

use super::{broken, checked};
use clippee_sim::node::{Key, Stream};
use std::panic::catch_unwind;

const KINDS: [&str; 11] = [
    "cut",
    "split",
    "swizzle",
    "crash",
    "pause",
    "loss",
    "duplicate",
    "corrupt",
    "clog",
    "reorder",
    "clock",
];

fn targets(draw: &mut Stream, peers: u64, objects: u64) -> String {
    let of = ["peers", "clients", "nodes"][draw.below(3) as usize];
    let share = 5 + draw.below(50);
    let object = draw.below(objects);
    match draw.below(8) {
        0 => format!("{{ peers = [{}, {}] }}", 1 + draw.below(peers), 1 + draw.below(peers)),
        1 => format!("{{ clients = [{}] }}", 1 + draw.below(20)),
        2 => format!("{{ share = \"{share}%\", of = \"{of}\" }}"),
        3 => format!("{{ region = \"{share}%\", of = \"{of}\" }}"),
        4 => format!("{{ root = {object} }}"),
        5 => format!("{{ replica = {object} }}"),
        6 => format!("{{ coordinator = {object} }}"),
        _ => format!("{{ busiest = {} }}", 1 + draw.below(3)),
    }
}

fn what(kind: &str, draw: &mut Stream, commit: &str) -> String {
    let direction = ["both", "out", "in"][draw.below(3) as usize];
    let whom = targets(draw, 20, 50);
    let kinds = if draw.chance(0.3) { format!(", kinds = [\"{commit}\"]") } else { String::new() };
    let share = 1 + draw.below(100);
    let of_messages = format!("targets = {whom}, direction = \"{direction}\"{kinds}");
    // Less than an operation may take: a request that comes later is taken for a new one.
    let size = 1 + draw.below(12_000);
    match kind {
        "cut" => {
            let from = match draw.chance(0.5) {
                true => "\"rest\"".to_owned(),
                false => targets(draw, 20, 50),
            };
            format!("cut = {{ side = {whom}, from = {from}, direction = \"{direction}\" }}")
        }
        "split" => {
            format!("split = {{ shares = [\"{}%\", \"20%\"], of = \"nodes\" }}", share * 4 / 5)
        }
        "swizzle" => format!("swizzle = {{ targets = {whom} }}"),
        "crash" => {
            let disk = ["kept", "lost"][draw.below(2) as usize];
            format!("crash = {{ targets = {whom}, disk = \"{disk}\" }}")
        }
        "pause" => format!("pause = {{ targets = {whom} }}"),
        "clog" => format!("clog = {{ delay = \"{size}ms\", share = \"{share}%\", {of_messages} }}"),
        "reorder" => format!("reorder = {{ within = \"{size}ms\", {of_messages} }}"),
        "clock" => {
            let error = match draw.below(4) {
                0 => format!("ahead = \"{size}ms\""),
                1 => format!("behind = \"{size}ms\""),
                2 => format!("fast = \"{}%\"", share / 2),
                _ => format!("slow = \"{}%\"", share / 2),
            };
            format!("clock = {{ targets = {whom}, error = {{ {error} }} }}")
        }
        other => format!("{other} = {{ share = \"{share}%\", {of_messages} }}"),
    }
}

/// A plan of faults as a setting. `commit`: a kind of message of the protocol.
pub(crate) fn plan(seed: u64, commit: &str) -> String {
    let mut draw = Key::from_word(seed).lane(0, 0, u32::from_be_bytes(*b"plan"));
    let fault = |index: u64, draw: &mut Stream| {
        // Each seed has a kind of its own for sure, so that few seeds see all kinds.
        let drawn = draw.below(KINDS.len() as u64);
        let kind = if index == 0 { seed % KINDS.len() as u64 } else { drawn };
        let at = 1_000 + draw.below(110_000);
        let lasts = draw.below(60_000);
        let what = what(KINDS[kind as usize], draw, commit);
        format!("{{ at = \"{at}ms\", for = \"{lasts}ms\", {what} }}")
    };
    let count = 1 + draw.below(5);
    let faults: Vec<String> = (0..count).map(|index| fault(index, &mut draw)).collect();
    format!("fault=[{}]", faults.join(", "))
}

/// Runs seeds `from` to `to` (more: `FAULT_SEEDS=1000-2000`); whatever breaks is shown with all
/// that is needed to run it again.
fn survive(protocol: &str, commit: &str, set: &[&str], (from, to): (u64, u64)) {
    let wanted = std::env::var("FAULT_SEEDS").ok();
    let given = wanted.as_deref().and_then(|text| text.split_once('-'));
    let (from, to) = given.map_or((from, to), |(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
    let mut wrong = Vec::new();
    for seed in from..=to {
        let mut set: Vec<String> = set.iter().map(|&setting| setting.to_owned()).collect();
        set.push(plan(seed, commit));
        let outcome = catch_unwind(|| checked("smoke.toml", seed, protocol, &set));
        let broken = outcome.map_or_else(|_| vec!["it panicked".to_owned()], |it| broken(&it));
        if !broken.is_empty() {
            wrong.push(format!("{protocol}, seed {seed}, {set:?}:\n{}", broken.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), to - from + 1, wrong.join("\n\n"));
}

/// What the baselines give and Clippee doesn't.
const STRONG: &str =
    r#"check.require=["linearizable", "read_your_writes", "monotonic_reads", "monotonic_writes"]"#;

#[test]
fn clippee_keeps_its_hard_rules_without_churn() {
    survive("clippee", "commit", &["peers.churn=none"], (1, 22));
}

#[test]
fn clippee_keeps_its_hard_rules_with_churn_and_groups() {
    let set = [
        "workload.groups.count=5",
        "workload.mix={ read = \"50%\", update = \"20%\", multicast = \"30%\" }",
    ];
    survive("clippee", "commit", &set, (101, 122));
}

#[test]
fn durable_clippee_keeps_its_hard_rules() {
    survive("clippee", "lock", &["protocol.clippee.durable=true"], (201, 211));
}

#[test]
fn consensus_keeps_its_hard_rules() {
    survive("consensus", "accept", &["protocol.consensus={}", STRONG], (301, 311));
}

#[test]
fn servers_keep_their_hard_rules() {
    let servers =
        ["protocol.client_server={ servers = 3, durable = true }", "peers.churn=none", STRONG];
    survive("client_server", "response", &servers, (401, 411));
}
