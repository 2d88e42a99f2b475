//! Plans of faults on whole runs: what each kind does, that hard rules hold under all of them, and
//! that all of it is a function of the scenario and its seed.

mod drawn;
mod kinds;
mod nodes;
#[path = "../support/mod.rs"]
mod support;
#[path = "../toy/mod.rs"]
mod toy;

use clippee_sim::experiment::{Options, Outcome, run};
use clippee_sim::scenario::{LoadOptions, load};
use serde_json::Value;
use std::path::Path;

/// A checked run of a shipped scenario with settings.
pub(crate) fn checked(scenario: &str, seed: u64, protocol: &str, set: &[String]) -> Outcome {
    let options =
        LoadOptions { seed: Some(seed), protocol: Some(protocol.to_owned()), set: set.to_vec() };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    let loaded = load(&path, &options).unwrap_or_else(|e| panic!("{}", e.render(100, false)));
    let options = Options { check: true, ..Options::default() };
    run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap()
}

pub(crate) fn metrics(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.metrics_json).unwrap()
}

/// The checks that failed, with their witnesses, but for guarantees that nobody demanded.
pub(crate) fn broken(outcome: &Outcome) -> Vec<String> {
    let checks: Value = serde_json::from_str(outcome.checks_json.as_ref().unwrap()).unwrap();
    let failed = |check: &&Value| check["required"] != false && !check["verdict"]["fail"].is_null();
    checks.as_array().unwrap().iter().filter(failed).map(ToString::to_string).collect()
}
