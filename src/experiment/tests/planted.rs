//! Planted bugs ([`Bug`]): each is found by the checks, in drawn scenarios.
//!
//! One known seed of each is replayed here; `scripts/planted.sh` explores them all.

use super::drawn::drawn;
use crate::experiment::{Options, run};
use crate::node::{Bug, plant};
use crate::scenario::{LoadOptions, load_str};
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The checks that the drawn run of a seed breaks, the one that saw it first in front; `panic` if it
/// doesn't get to its end.
fn broken(seed: u64, bug: Option<Bug>) -> Vec<String> {
    let text = drawn(seed);
    let loaded = load_str(&text, "drawn", Path::new(""), &LoadOptions::default());
    let scenario = loaded.unwrap_or_else(|e| panic!("{}\n{text}", e.render(100, false))).scenario;
    let options = Options { check: true, ..Options::default() };
    plant(bug);
    let ended = catch_unwind(AssertUnwindSafe(|| run(&scenario, &options, &mut |_| {})));
    plant(None);
    let Ok(outcome) = ended else { return vec!["panic".to_owned()] };
    let checks = outcome.unwrap().unwrap().checks_json.unwrap();
    let checks: Vec<Value> = serde_json::from_str(&checks).unwrap();
    let failed = checks.iter().filter(|check| check["required"] == true);
    let mut failed: Vec<(f64, String)> = failed
        .filter_map(|check| {
            let witness = check["verdict"].get("fail")?;
            let seconds = witness["time"].as_str()?.trim_end_matches([' ', 's']).parse();
            Some((seconds.unwrap_or(0.0), check["id"].as_str()?.to_owned()))
        })
        .collect();
    failed.sort_by(|one, other| one.0.total_cmp(&other.0));
    failed.into_iter().map(|(_, id)| id).collect()
}

/// `PLANTED_SEEDS` seeds of each bug, or of those that `PLANTED_BUGS` names.
#[test]
#[ignore = "takes minutes; scripts/planted.sh calls it"]
fn explore() {
    let wanted = |name: &str| std::env::var(name).ok();
    let seeds: u64 = wanted("PLANTED_SEEDS").map_or(100, |seeds| seeds.parse().unwrap());
    let first: u64 = wanted("PLANTED_FIRST").map_or(1, |seeds| seeds.parse().unwrap());
    let names = wanted("PLANTED_BUGS");
    let is_wanted = |bug: &Bug| {
        names.as_ref().is_none_or(|names| names.split(',').any(|name| name == bug.name()))
    };
    let seeds = first..first + seeds;
    let plain: Vec<Vec<String>> = seeds.clone().map(|seed| broken(seed, None)).collect();
    for (seed, broken) in seeds.clone().zip(&plain).filter(|(_, broken)| !broken.is_empty()) {
        println!("without any bug, seed {seed} breaks {broken:?}");
    }
    println!("| bug | first found | found in | by |\n|---|---|---|---|");
    for &bug in Bug::ALL.iter().filter(|bug| is_wanted(bug)) {
        let (mut found, mut by) = (Vec::new(), BTreeMap::<String, u32>::new());
        for (seed, plain) in seeds.clone().zip(&plain).filter(|(_, plain)| plain.is_empty()) {
            let _ = plain;
            if let Some(check) = broken(seed, Some(bug)).into_iter().next() {
                found.push(seed);
                *by.entry(check).or_default() += 1;
            }
        }
        let by: Vec<String> = by.iter().map(|(check, times)| format!("{check} {times}")).collect();
        let first = found.first().map_or("-".to_owned(), ToString::to_string);
        println!("| {} | {first} | {} | {} |", bug.name(), found.len(), by.join(", "));
    }
}
