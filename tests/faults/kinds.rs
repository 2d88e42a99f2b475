//! What plans of faults do to whole runs.

use super::{checked, metrics};
use clippee_sim::experiment::Outcome;
use serde_json::Value;

fn with(faults: &str) -> Outcome {
    checked("smoke.toml", 1, "clippee", &[format!("fault=[{faults}]")])
}

fn plain() -> Outcome {
    checked("smoke.toml", 1, "clippee", &[])
}

fn dropped(outcome: &Outcome, cause: &str) -> u64 {
    metrics(outcome)["network"]["dropped"][cause].as_u64().unwrap()
}

fn rows(outcome: &Outcome) -> Vec<Vec<String>> {
    let text = outcome.faults_csv.as_ref().unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_cut_shows_in_the_metrics_and_in_the_schedule() {
    let cut = with(
        "{ at = \"40s\", for = \"20s\", cut = { side = { share = \"40%\", of = \"nodes\" } } }",
    );
    assert!(dropped(&cut, "cut") > 100);
    assert_eq!(dropped(&plain(), "cut"), 0);
    let rows = rows(&cut);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][..5], ["1", "cut", "40", "60", "side"]);
    let divergence =
        |outcome: &Outcome| metrics(outcome)["consistency"]["divergence_seconds"].as_f64().unwrap();
    assert!(divergence(&cut) > 2.0 * divergence(&plain()));
    assert_eq!(plain().faults_csv, None);
}

#[test]
fn a_plan_without_length_changes_nothing() {
    let faults = ["pause = { targets = { share = \"50%\" } }", "loss = { share = \"100%\" }"]
        .map(|what| format!("{{ at = \"40s\", for = \"0s\", {what} }}"));
    let (none, plain) = (with(&faults.join(", ")), plain());
    assert_eq!(none.digest, plain.digest);
    assert_eq!(none.metrics_json, plain.metrics_json);
    assert_eq!(none.checks_json, plain.checks_json);
    assert!(rows(&none).is_empty());
}

#[test]
fn a_plan_is_a_function_of_the_scenario_and_its_seed() {
    let plan = super::drawn::plan(7);
    let run = || checked("smoke.toml", 7, "clippee", std::slice::from_ref(&plan));
    let (one, other) = (run(), run());
    assert_eq!(one.digest, other.digest);
    assert_eq!(one.metrics_json, other.metrics_json);
    assert!(one.faults_csv.is_some());
    assert_eq!(one.faults_csv, other.faults_csv);
}

/// Common random numbers: who comes and goes, and what is asked, stays where it is.
#[test]
fn a_fault_moves_no_draw_of_churn_and_workload() {
    let lossy = with("{ at = \"40s\", for = \"20s\", loss = { share = \"20%\" } }");
    let (lossy, plain) = (metrics(&lossy), metrics(&plain()));
    assert_ne!(lossy["digest"], plain["digest"]);
    assert_eq!(lossy["churn"], plain["churn"]);
    let issued = |run: &Value, kind: &str| run["operations"][kind]["issued"].clone();
    for kind in ["read", "update"] {
        assert_eq!(issued(&lossy, kind), issued(&plain, kind));
    }
}

#[test]
fn parts_are_resolved_when_their_fault_begins() {
    let faults =
        [("root = 3", 40), ("busiest = 2", 50), ("coordinator = 0", 60)].map(|(who, at)| {
            format!("{{ at = \"{at}s\", for = \"10s\", crash = {{ targets = {{ {who} }} }} }}")
        });
    let run = with(&faults.join(", "));
    let rows = rows(&run);
    let struck: Vec<usize> =
        rows.iter().map(|row| row[5].split([' ', '-']).filter(|n| !n.is_empty()).count()).collect();
    assert_eq!(struck, [1, 2, 1], "{rows:?}");
    let crashes = |run: &Value| run["churn"]["crashes"].as_u64().unwrap();
    assert!(crashes(&metrics(&run)) >= crashes(&metrics(&plain())) + 2);
}

#[test]
fn the_network_is_bad_from_the_first_instant_on() {
    let run = with("{ at = \"0s\", for = \"never\", loss = { share = \"100%\" } }");
    let run = metrics(&run);
    assert_eq!(run["load"]["peer_messages_per_s"]["max"], 0.0);
    assert_eq!(run["network"]["dropped"]["loss"], run["network"]["messages"]);
}

#[test]
fn only_the_messages_of_a_kind_are_struck() {
    let commits =
        r#"{ at = "0s", for = "never", corrupt = { share = "100%", kinds = ["commit"] } }"#;
    let set = ["network.loss=0%", "network.uplink=unlimited"].map(str::to_owned);
    let set = [set.to_vec(), vec![format!("fault=[{commits}]")]].concat();
    let run = checked("smoke.toml", 1, "clippee", &set);
    let network = metrics(&run)["network"].clone();
    assert_eq!(network["dropped"]["corrupt"], network["by_kind"]["commit"]);
    assert!(network["by_kind"]["commit"].as_u64().unwrap() > 100);
}

#[test]
fn disks_are_kept_or_lost_in_a_blackout() {
    let vanished = |disk: &str| {
        let faults = format!(
            "fault=[{{ at = \"60s\", for = \"20s\", \
             crash = {{ targets = {{ share = \"100%\" }}, disk = \"{disk}\" }} }}]"
        );
        let set = ["protocol.clippee.durable=true".into(), "peers.churn=none".into(), faults];
        let run = checked("smoke.toml", 1, "clippee", &set);
        assert_eq!(super::broken(&run), Vec::<String>::new(), "it recovers");
        metrics(&run)["consistency"]["detail"]["vanished_updates"].as_u64().unwrap()
    };
    assert_eq!(vanished("kept"), 0);
    assert!(vanished("lost") > 20);
}

#[test]
fn nodes_that_crash_for_good_stay_away() {
    let run = |lasts: &str| {
        let fault = format!(
            "{{ at = \"40s\", for = \"{lasts}\", crash = {{ targets = {{ share = \"50%\" }} }} }}"
        );
        let set = [format!("fault=[{fault}]"), "peers.churn=none".to_owned()];
        metrics(&checked("smoke.toml", 1, "clippee", &set))["churn"].clone()
    };
    let (back, gone) = (run("20s"), run("never"));
    assert_eq!([&back["crashes"], &back["joins"]], [15, 15]);
    assert_eq!([&gone["crashes"], &gone["joins"]], [15, 0]);
}
