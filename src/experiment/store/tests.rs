//! Results come into place whole, and none gets lost.

use super::*;
use crate::experiment::Outcome;
use crate::scenario::{LoadOptions, load_str};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn manifest(settings: &[&str]) -> Manifest {
    let text = "schema = 1\nname = \"small\"\nseed = 3\nduration = \"10s\"\nwarmup = \"2s\"\n\
                [protocol.clippee]\n[peers]\ncount = 20\n[clients]\ncount = 30\n";
    let set = settings.iter().map(|setting| (*setting).to_owned()).collect();
    let options = LoadOptions { set, ..LoadOptions::default() };
    Manifest::new(&load_str(text, "small.toml", Path::new(""), &options).unwrap())
}

fn outcome(digest: &str) -> Outcome {
    Outcome {
        summary: String::new(),
        metrics_json: "{\"simulated_s\": 12.0}\n".to_owned(),
        series_csv: "time_s,quantity,label,value\n0,peers_alive,,20\n1,peers_alive,,19\n"
            .to_owned(),
        distributions_csv: "quantity,label,x,share\n".to_owned(),
        steady: Vec::new(),
        faults_csv: None,
        checks_json: None,
        digest: digest.to_owned(),
        events: 10,
        failed_checks: 0,
    }
}

/// Writes a result with a digest and returns its place.
fn write(out: &TempDir, digest: &str) -> std::path::PathBuf {
    let slot = Store::new(out.path()).reserve(manifest(&[])).unwrap();
    slot.fill(&outcome(digest), &Stopwatch::start().timing(10)).unwrap();
    slot.publish().unwrap()
}

fn digest(place: &Path) -> String {
    let text = fs::read_to_string(place.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["digest"].as_str().unwrap().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_result_has_all_its_files_and_nothing_beside_it() {
    let out = tempfile::tempdir().unwrap();
    let place = write(&out, "d1");
    assert_eq!(place, out.path().join("small/seed-3"));
    let expected = [
        "distributions.csv",
        "figures",
        "manifest.json",
        "metrics.json",
        "series.csv",
        "timing.json",
    ];
    assert_eq!(names(&place), expected);
    assert_eq!(names(&place.join("figures")), ["peers-alive.png", "peers-alive.svg"]);
    assert_eq!(names(&out.path().join("small")), ["seed-3"]);
}

#[test]
fn a_manifest_redoes_the_run() {
    let content = manifest(&["peers.count=25"]).content().clone();
    let expected =
        [("name", "small"), ("protocol", "clippee"), ("version", env!("CARGO_PKG_VERSION"))];
    for (key, value) in expected {
        assert_eq!(content[key], value);
    }
    assert_eq!((&content["seed"], &content["schema"]), (&3.into(), &1.into()));
    assert_eq!(content["resolved"]["peers"]["count"], 25);
}

#[test]
fn the_same_scenario_replaces_its_result() {
    let out = tempfile::tempdir().unwrap();
    write(&out, "d1");
    let place = write(&out, "d2");
    assert_eq!(digest(&place), "d2");
    assert_eq!(names(&out.path().join("small")), ["seed-3"]);
}

#[test]
fn another_scenario_is_refused_before_the_run_and_at_its_end() {
    let out = tempfile::tempdir().unwrap();
    let store = Store::new(out.path());
    let late = store.reserve(manifest(&["peers.count=25"])).unwrap();
    let place = write(&out, "d1");
    late.fill(&outcome("d2"), &Stopwatch::start().timing(10)).unwrap();
    let early = store.reserve(manifest(&["peers.count=25"])).unwrap_err();
    for error in [early, late.publish().unwrap_err()] {
        let StoreError::OtherScenario { difference, .. } = &error else { panic!("{error}") };
        assert_eq!(difference.key, "peers.count");
        assert!(error.help().unwrap().contains("--set name=..."));
    }
    assert_eq!(digest(&place), "d1");
    assert_eq!(names(&out.path().join("small")), ["seed-3"]);
}

#[test]
fn what_is_no_result_is_not_touched() {
    let out = tempfile::tempdir().unwrap();
    let place = out.path().join("small/seed-3");
    fs::create_dir_all(&place).unwrap();
    let store = Store::new(out.path());
    drop(store.reserve(manifest(&[])).expect("an empty directory is free"));
    for (name, text) in [("notes.txt", "mine"), ("manifest.json", "{")] {
        fs::write(place.join(name), text).unwrap();
        let error = store.reserve(manifest(&[])).unwrap_err();
        assert!(matches!(error, StoreError::NoResult { .. }), "{error}");
    }
    assert_eq!(names(&place), ["manifest.json", "notes.txt"]);
}

#[test]
fn a_dropped_slot_leaves_nothing_that_was_not_there() {
    let out = tempfile::tempdir().unwrap();
    let deep = out.path().join("a/b");
    let slot = Store::new(&deep).reserve(manifest(&[])).unwrap();
    slot.fill(&outcome("d1"), &Stopwatch::start().timing(10)).unwrap();
    assert_eq!(names(&deep.join("small")).len(), 1);
    drop(slot);
    assert!(names(out.path()).is_empty());
}

#[test]
fn what_a_killed_run_left_is_removed_but_not_what_a_living_one_uses() {
    let out = tempfile::tempdir().unwrap();
    let store = Store::new(out.path());
    let living = store.reserve(manifest(&[])).unwrap();
    let left = out.path().join("small/.seed-3.tmp-dead");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("metrics.json"), "{").unwrap();
    let place = write(&out, "d1");
    assert!(!left.exists());
    living.fill(&outcome("d2"), &Stopwatch::start().timing(10)).unwrap();
    assert_eq!(living.publish().unwrap(), place);
    assert_eq!(digest(&place), "d2");
}

#[test]
fn a_kill_between_the_two_renames_loses_nothing() {
    let out = tempfile::tempdir().unwrap();
    let place = write(&out, "d1");
    let aside = out.path().join("small/.seed-3.old");
    fs::rename(&place, &aside).unwrap();
    Stored::open(&place).expect("the old one is put back");
    assert_eq!(digest(&place), "d1");

    fs::rename(&place, &aside).unwrap();
    drop(Store::new(out.path()).reserve(manifest(&[])).unwrap());
    assert_eq!(digest(&place), "d1");

    fs::create_dir(&aside).unwrap();
    assert_eq!(digest(&write(&out, "d2")), "d2");
    assert!(!aside.exists());
}

#[test]
fn figures_are_redrawn_to_the_same_bytes_and_old_ones_go() {
    let out = tempfile::tempdir().unwrap();
    let place = write(&out, "d1");
    let svg = place.join("figures/peers-alive.svg");
    let first = fs::read(&svg).unwrap();
    fs::write(&svg, "broken").unwrap();
    fs::write(place.join("figures/old.svg"), "").unwrap();
    let drawn = Stored::open(&place).unwrap().draw().unwrap();
    assert_eq!(drawn.len(), 2);
    assert_eq!(fs::read(&svg).unwrap(), first);
    assert_eq!(names(&place.join("figures")), ["peers-alive.png", "peers-alive.svg"]);
}

#[test]
fn what_is_missing_or_broken_is_named() {
    let out = tempfile::tempdir().unwrap();
    let place = write(&out, "d1");
    let error = Stored::open(&out.path().join("small")).unwrap_err();
    assert!(error.to_string().contains("manifest.json is missing"), "{error}");
    assert!(error.help().unwrap().contains("seed-3"));
    fs::write(place.join("metrics.json"), "{").unwrap();
    let error = Stored::open(&place).unwrap_err();
    assert!(error.to_string().contains("metrics.json"), "{error}");
    fs::remove_file(place.join("series.csv")).unwrap();
    let error = Stored::open(&place).unwrap_err();
    assert!(error.to_string().contains("series.csv is missing"), "{error}");
    let error = Stored::open(&out.path().join("nowhere")).unwrap_err();
    assert!(error.to_string().contains("no such directory"), "{error}");
}
