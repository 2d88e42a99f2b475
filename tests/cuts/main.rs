//! Baselines in a small network that is cut in two, and cut between single pairs.

mod consensus;
mod token_ring;

use clippee_sim::experiment::{Options, run};
use clippee_sim::node::{Key, Stream};
use clippee_sim::scenario::{LoadOptions, load_str};
use serde_json::Value;
use std::path::Path;

const PEERS: u64 = 9;
/// One pattern of cuts lasts so long, in seconds.
const PATTERN: u64 = 8;
const HEALED: u64 = 120;

/// The scenario `text` with the cuts of `seed`.
fn cut(text: &str, seed: u64) -> String {
    format!("{text}{}", faults(&mut Key::from_word(seed).lane(0, 0, 3)))
}

/// Halves, single pairs, and lone peers: what omnipaxos is said to live with.
fn faults(draw: &mut Stream) -> String {
    let mut faults = String::new();
    for turn in 0..HEALED / PATTERN {
        let lone = draw.below(PEERS) + 1;
        let sides: Vec<String> = match turn % 4 {
            0 => vec![r#"side = { share = "40%" }, from = { share = "100%" }"#.to_owned()],
            1 => pairs(draw),
            2 => {
                vec![format!(r#"side = {{ peers = [{lone}] }}, from = {{ share = "100%" }}"#)]
            }
            _ => Vec::new(),
        };
        for side in sides {
            let at = turn * PATTERN;
            faults.push_str(&format!(
                "[[fault]]\nat = \"{at}s\"\nfor = \"{PATTERN}s\"\ncut = {{ {side} }}\n"
            ));
        }
    }
    faults
}

/// Each pair of peers with a probability of 30 %.
fn pairs(draw: &mut Stream) -> Vec<String> {
    let mut cuts = Vec::new();
    for a in 1..=PEERS {
        for b in a + 1..=PEERS {
            if draw.chance(0.3) {
                cuts.push(format!("side = {{ peers = [{a}] }}, from = {{ peers = [{b}] }}"));
            }
        }
    }
    cuts
}

/// Metrics of operations asked from `warmup` seconds on, and the hard rules that were broken.
fn measured(text: &str, seed: u64, warmup: u64) -> (Value, Vec<Value>) {
    let set = vec![format!("warmup={warmup}s")];
    let options = LoadOptions { seed: Some(seed), set, ..LoadOptions::default() };
    let loaded = load_str(text, "cuts", Path::new(""), &options)
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    let checks: Vec<Value> = serde_json::from_str(&outcome.checks_json.unwrap()).unwrap();
    let broken = checks.into_iter().filter(|check| !check["verdict"]["fail"].is_null());
    (serde_json::from_str(&outcome.metrics_json).unwrap(), broken.collect())
}

fn failed(metrics: &Value) -> u64 {
    let kinds = metrics["operations"].as_object().unwrap().values();
    kinds.map(|kind| kind["issued"].as_u64().unwrap() - kind["ok"].as_u64().unwrap()).sum()
}
