//! The same bytes: twice, in pieces, watched closely or not. (Debug against release, and different directories, are
//! compared by scripts/check.sh.)

use clippee_sim::experiment::{Options, Outcome, run};
use clippee_sim::scenario::{LoadOptions, load};
use std::path::Path;

fn smoke(seed: u64, set: &[&str], check: bool) -> Outcome {
    let options = LoadOptions {
        seed: Some(seed),
        set: set.iter().map(|&pair| pair.to_owned()).collect(),
        ..LoadOptions::default()
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.toml");
    let loaded =
        load(&path, &options).unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let options = Options { check, ..Options::default() };
    run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap()
}

#[test]
fn two_runs_give_the_same_bytes_and_another_seed_gives_others() {
    let (first, second, other) = (smoke(1, &[], false), smoke(1, &[], false), smoke(2, &[], false));
    assert_eq!(first.digest, second.digest);
    assert_eq!(first.metrics_json, second.metrics_json);
    assert_eq!(first.series_csv, second.series_csv);
    assert_eq!(first.distributions_csv, second.distributions_csv);
    assert_eq!(first.summary, second.summary);
    assert_ne!(first.digest, other.digest);
}

#[test]
fn checking_changes_nothing() {
    let (plain, checked) = (smoke(3, &[], false), smoke(3, &[], true));
    assert_eq!(plain.digest, checked.digest);
    assert_eq!(plain.metrics_json, checked.metrics_json);
    assert_eq!(checked.failed_checks, 0, "{}", checked.checks_json.unwrap_or_default());
    assert!(plain.checks_json.is_none());
}

/// Common random numbers: what doesn't depend on a parameter doesn't move with it.
#[test]
fn churn_stays_where_it_is_when_the_workload_changes() {
    let churn = |outcome: &Outcome| {
        let metrics: serde_json::Value = serde_json::from_str(&outcome.metrics_json).unwrap();
        metrics["churn"].clone()
    };
    let (plain, busier) = (smoke(4, &[], false), smoke(4, &["workload.rate=0.5/s"], false));
    assert_ne!(plain.digest, busier.digest);
    assert_eq!(churn(&plain), churn(&busier));
}
