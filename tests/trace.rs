//! Traces of whole runs: what they hold, and that others can read what is made of them.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use assert_cmd::Command;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("clippee-sim").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    command
}

/// The smoke scenario with crashes, losses and duplicates, traced or not.
fn finished(more: &[&str]) -> (TempDir, PathBuf) {
    let out = tempfile::tempdir().unwrap();
    let place = out.path().to_str().unwrap();
    let run = ["run", "scenarios/smoke.toml", "--quiet", "--out", place, "--set"];
    program(&run).arg("network.duplicate=1%").args(more).assert().code(0);
    let result = out.path().join("smoke/seed-1");
    (out, result)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn lines(result: &Path) -> Vec<Value> {
    let text = fs::read_to_string(result.join("trace.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_trace_holds_every_step_in_order_and_changes_nothing() {
    let ((_plain, without), (_traced, with)) = (finished(&[]), finished(&["--trace"]));
    for name in ["manifest.json", "metrics.json", "series.csv", "distributions.csv"] {
        assert!(
            fs::read(without.join(name)).unwrap() == fs::read(with.join(name)).unwrap(),
            "{name}"
        );
    }
    assert!(!without.join("trace.jsonl").exists());
    let (lines, metrics) = (lines(&with), json(&with.join("metrics.json")));
    let steps: Vec<&Value> = lines.iter().filter_map(|line| line.get("step")).collect();
    assert_eq!(steps.len() as u64, metrics["events"].as_u64().unwrap());
    let place = |step: &Value| (step["at"].as_u64().unwrap(), step["node"].as_u64().unwrap());
    assert!(steps.windows(2).all(|pair| place(pair[0]) <= place(pair[1])), "canonical order");
    let sum = steps.iter().fold(0_u128, |sum, step| {
        let digest = step["digest"].as_str().unwrap();
        sum.wrapping_add(u128::from_str_radix(digest, 16).unwrap())
    });
    assert_eq!(format!("{sum:032x}"), metrics["digest"].as_str().unwrap());
}

/// Each message that was handled was sent by the step that is named as its cause, and not handled
/// more often than it was sent and copied.
#[test]
fn causes_are_the_steps_that_sent_the_messages() {
    let (_out, result) = finished(&["--trace"]);
    let lines = lines(&result);
    let mut left: BTreeMap<(u64, u64, u64, String), u64> = BTreeMap::new();
    let (mut copies, mut taken, mut timers) = (0_u64, 0_u64, 0_u64);
    let mut seen = BTreeSet::new();
    for line in &lines {
        copies += u64::from(line.get("copy").is_some());
        let Some(step) = line.get("step") else { continue };
        let (node, number) = (step["node"].as_u64().unwrap(), step["number"].as_u64().unwrap());
        let cause = &step["cause"];
        let by = (cause["node"].as_u64(), cause["number"].as_u64());
        if let Some(message) = step["input"].get("message") {
            let (from, by_number) = (by.0.unwrap(), by.1.unwrap());
            assert_eq!(message["from"], from);
            let kind = message["kind"].as_str().unwrap().to_owned();
            let sent = left.get_mut(&(from, by_number, node, kind)).expect("it was sent");
            if *sent == 0 {
                taken += 1;
            } else {
                *sent -= 1;
            }
        } else if step["input"].get("timer").is_some() {
            timers += 1;
            assert_eq!(by.0, Some(node), "a timer is its own node's");
            assert!(seen.contains(&(node, by.1.unwrap())), "an earlier step armed it");
        } else {
            assert!(cause.is_null(), "{step}");
        }
        seen.insert((node, number));
        for effect in step["effects"].as_array().into_iter().flatten() {
            if let Some(send) = effect.get("send") {
                let (to, kind) = (send["to"].as_u64().unwrap(), send["kind"].as_str().unwrap());
                *left.entry((node, number, to, kind.to_owned())).or_default() += 1;
            }
        }
    }
    assert!(copies > 100 && timers > 100, "{copies} copies, {timers} timers");
    assert!(taken > 0 && taken <= copies, "{taken} second copies of {copies} were handled");
}

/// Chrome's format, as its description has it: fields by phase, pairs, nesting.
#[test]
fn the_export_for_perfetto_is_well_formed() {
    let (_out, result) = finished(&["--trace"]);
    let told = program(&["trace", result.to_str().unwrap(), "--perfetto"]).assert().code(0);
    let path = result.join("trace-chrome.json");
    let told = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    assert!(told.starts_with(path.to_str().unwrap()), "{told}");
    let events = json(&path)["traceEvents"].as_array().unwrap().clone();
    let (mut slices, mut flows, mut spans) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let ns = |value: &Value| (value.as_f64().unwrap() * 1e3 + 0.5) as u64;
    let mut phases: BTreeMap<String, u64> = BTreeMap::new();
    for event in &events {
        let phase = event["ph"].as_str().unwrap();
        *phases.entry(phase.to_owned()).or_default() += 1;
        assert!(!event["name"].as_str().unwrap().is_empty());
        let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let (at, id) = (ns(&event["ts"]), event["id"].as_u64());
        match phase {
            "M" => assert!(event["args"]["name"].is_string()),
            "X" => slices.entry(track).or_insert_with(Vec::new).push((at, at + ns(&event["dur"]))),
            "s" => assert!(flows.insert(id.unwrap(), at).is_none()),
            "f" => {
                assert!(flows.remove(&id.unwrap()).is_some_and(|sent| sent < at));
                assert_eq!(event["bp"], "e");
            }
            "b" => assert!(spans.insert(id.unwrap(), (event["cat"].clone(), at)).is_none()),
            "e" => {
                let (category, began) = spans.remove(&id.unwrap()).expect("it began");
                assert!(category == event["cat"] && began <= at);
            }
            other => panic!("phase {other}"),
        }
    }
    assert!(flows.is_empty() && spans.is_empty(), "all that begins ends");
    for slices in slices.values_mut() {
        slices.sort_unstable();
        assert!(slices.windows(2).all(|pair| pair[0].1 <= pair[1].0), "slices don't overlap");
    }
    for phase in ["X", "s", "b"] {
        assert!(phases[phase] > 100, "{phases:?}");
    }
    let locks = events.iter().filter(|event| event["ph"] == "b" && event["cat"] == "lock").count();
    assert!(locks > 10, "{locks} locks");
}

#[test]
fn the_export_for_shiviz_has_clocks_that_count() {
    let (_out, result) = finished(&["--trace"]);
    let place = result.to_str().unwrap();
    program(&["trace", place, "--shiviz", "--from", "20s", "--until", "20500ms"]).assert().code(0);
    let text = fs::read_to_string(result.join("trace-shiviz.log")).unwrap();
    let log: Vec<&str> = text.lines().skip(2).collect();
    assert!(log.len() > 100 && log.len().is_multiple_of(2), "{}", log.len());
    let mut hosts: BTreeMap<String, u64> = BTreeMap::new();
    let mut heard = 0;
    for clock in log.iter().skip(1).step_by(2) {
        let (host, clock) = clock.split_once(' ').unwrap();
        let clock: BTreeMap<String, u64> = serde_json::from_str(clock).unwrap();
        let own = hosts.entry(host.to_owned()).or_default();
        *own += 1;
        assert_eq!(clock[host], *own, "its own events are counted one by one");
        heard += usize::from(clock.len() > 1);
        for (other, count) in &clock {
            assert!(hosts.get(other).is_some_and(|known| count <= known), "{host} {clock:?}");
        }
    }
    assert!(heard > 10, "some know of others");
}

#[test]
fn wrong_usage_ends_in_2_and_a_missing_trace_in_3() {
    let (_out, result) = finished(&[]);
    let place = result.to_str().unwrap();
    program(&["trace", place]).assert().code(2);
    program(&["trace", place, "--shiviz", "--chrome"]).assert().code(2);
    program(&["trace", place, "--shiviz", "--from", "yesterday"]).assert().code(2);
    let missing = program(&["trace", place, "--chrome"]).assert().code(3);
    let error = String::from_utf8(missing.get_output().stderr.clone()).unwrap();
    assert!(error.contains("trace.jsonl is missing") && error.contains("--trace"), "{error}");
    fs::write(result.join("trace.jsonl"), "no trace\n").unwrap();
    program(&["trace", place, "--chrome"]).assert().code(3);
    assert!(!result.join("trace-chrome.json").exists());
}
