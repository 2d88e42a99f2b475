//! Sweeps by the program itself: killed and resumed, extended, sharded, in parallel, one run alone.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Six cases (two protocols, two losses; replicas are Clippee's alone), four seeds each.
const SCENARIO: &str = r#"
schema = 1
name = "tiny"
duration = "30s"
warmup = "5s"
drain = "5s"
[protocol.clippee]
[protocol.client_server]
[peers]
count = 12
[clients]
count = 20
[workload]
rate = "1/s"
[sweep]
repeat = 4
protocol = ["clippee", "client_server"]
network.loss = ["0%", "2%"]
"protocol.clippee.replicas" = [1, 3]
"#;
const RUNS: usize = 24;

/// A folder with a scenario, in which commands run.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path().join("tiny.toml"), SCENARIO).unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("clippee-sim").unwrap();
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// `clippee-sim sweep tiny.toml --out <out>`, with more arguments; what it says on stderr.
    fn sweep(&self, out: &str, more: &[&str]) -> String {
        let mut command = self.command(&["sweep", "tiny.toml", "--out", out]);
        let done = command.args(more).assert().code(0);
        String::from_utf8(done.get_output().stderr.clone()).unwrap()
    }

    fn folder(&self, out: &str) -> PathBuf {
        self.path().join(out).join("tiny/sweep")
    }

    /// The final files.
    fn files(&self, out: &str) -> [String; 2] {
        ["runs.csv", "sweep.json"]
            .map(|name| fs::read_to_string(self.folder(out).join(name)).unwrap())
    }

    /// The records, by file name.
    fn records(&self, out: &str) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.folder(out).join("runs")).unwrap();
        let record = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().unwrap();
            name.ends_with(".json").then(|| (name, fs::read_to_string(entry.path()).unwrap()))
        };
        entries.filter_map(|entry| record(entry.unwrap())).collect()
    }
}

#[test]
fn a_sweep_leaves_a_row_for_each_run() {
    let place = Place::new();
    let mut command = place.command(&["sweep", "tiny.toml"]);
    let done = command.assert().code(0);
    let stdout = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    let stderr = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("24 runs (6 cases with 4 seeds each)"), "{stderr}");
    assert!(stderr.contains("an estimate"), "{stderr}");
    assert!(stdout.contains("client_server") && stdout.contains("results  "), "{stdout}");
    let [runs, manifest] = place.files("results");
    let head = "protocol,network.loss,protocol.clippee.replicas,seed,digest,events,simulated_s,";
    let lines: Vec<&str> = runs.lines().collect();
    assert!(lines[0].starts_with(head), "{}", lines[0]);
    assert_eq!(lines.len(), RUNS + 1);
    let begins = ["clippee,0%,1,1,", "clippee,0%,1,2,"];
    assert!(lines[1].starts_with(begins[0]) && lines[2].starts_with(begins[1]), "{}", lines[1]);
    assert!(lines[5].starts_with("client_server,0%,,1,"), "{}", lines[5]);
    assert!(!runs.contains("null") && !lines[0].contains("histogram"));
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["sweep"]["seeds"], serde_json::json!([1, 2, 3, 4]));
    assert_eq!(manifest["sweep"]["axes"][0]["numbers"], serde_json::json!([0.0, 2.0]));
    assert_eq!(manifest["resolved"]["clients"]["count"], 20);
}

#[test]
fn jobs_and_shards_change_nothing() {
    let place = Place::new();
    place.sweep("one", &["--jobs", "1"]);
    place.sweep("two", &["--jobs", "2"]);
    assert_eq!(place.files("one"), place.files("two"));
    for shard in ["1/3", "2/3", "3/3"] {
        place.sweep(&shard[..1], &["--shard", shard]);
    }
    assert!(!place.folder("1").join("runs.csv").exists());
    assert_eq!(["1", "2", "3"].map(|out| place.records(out).len()), [8; 3]);
    let lacking = place.command(&["merge", "tiny.toml", "1", "3", "--out", "all"]).assert().code(3);
    let stderr = String::from_utf8(lacking.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("8 of the 24 runs"), "{stderr}");
    place.command(&["merge", "tiny.toml", "1", "2", "3", "--out", "all"]).assert().code(0);
    assert_eq!(place.files("all"), place.files("one"));

    // A shared folder needs no merge: the last shard finds all runs there.
    place.sweep("shared", &["--shard", "2/2"]);
    place.sweep("shared", &["--shard", "1/2"]);
    assert_eq!(place.files("shared"), place.files("one"));
}

#[test]
fn seeds_and_points_are_added_without_running_anything_again() {
    let place = Place::new();
    place.sweep("grown", &[]);
    let before = place.records("grown");
    let stderr = place.sweep("grown", &["--seeds", "1..9"]);
    assert!(stderr.contains("24 are there") && stderr.contains("30 to run"), "{stderr}");
    let after = place.records("grown");
    assert_eq!(after.len(), 54);
    // Records say how long they took: the same bytes were not made anew.
    assert!(before.iter().all(|(name, record)| after[name] == *record));
    place.sweep("whole", &["--seeds", "1..9"]);
    assert_eq!(place.files("grown"), place.files("whole"));

    let wider = SCENARIO.replace("\"2%\"]", "\"2%\", \"4%\"]");
    fs::write(place.path().join("tiny.toml"), wider).unwrap();
    let stderr = place.sweep("grown", &["--seeds", "1..4"]);
    assert!(stderr.contains("24 are there") && stderr.contains("12 to run"), "{stderr}");

    // Another parameter of Clippee's runs Clippee again, and nothing else.
    fs::write(
        place.path().join("tiny.toml"),
        SCENARIO.replace("[protocol.clippee]", "[protocol.clippee]\nattempts = 3"),
    )
    .unwrap();
    let stderr = place.sweep("grown", &[]);
    assert!(stderr.contains("8 are there") && stderr.contains("16 to run"), "{stderr}");
}

#[test]
fn every_run_can_be_repeated_alone() {
    let place = Place::new();
    place.sweep("out", &["--seeds", "3..3", "--set", "peers.count=11"]);
    let program = assert_cmd::cargo::cargo_bin("clippee-sim");
    let records = place.records("out");
    assert_eq!(records.len(), 6);
    for record in records.values() {
        let record: Value = serde_json::from_str(record).unwrap();
        let command = record["command"].as_str().unwrap();
        let arguments = command.strip_prefix("clippee-sim").unwrap();
        let key = record["key"].as_str().unwrap();
        let done = std::process::Command::new("sh")
            .arg("-c")
            .arg(format!("'{}' {arguments} --quiet --out {key}", program.display()))
            .current_dir(place.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
        let result = place.path().join(key).join("tiny/seed-3");
        let read = |name: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(result.join(name)).unwrap()).unwrap()
        };
        assert_eq!(read("metrics.json"), record["metrics"], "{command}");
        let manifest = read("manifest.json");
        assert_eq!(manifest["digest"], record["digest"], "{command}");
        assert_eq!(manifest["protocol"], record["protocol"], "{command}");
    }
}

#[test]
fn bad_sweeps_end_in_2_and_leave_nothing() {
    let place = Place::new();
    for wrong in [
        &["--set", "sweep.network.loss=[\"200%\"]"][..],
        &["--set", "sweep.protocol=[\"consensus\"]"],
        &["--seeds", "9..1"],
        &["--shard", "3/2"],
        &["--jobs", "0"],
    ] {
        let mut command = place.command(&["sweep", "tiny.toml"]);
        let refused = command.args(wrong).assert().code(2);
        assert!(!refused.get_output().stderr.is_empty(), "{wrong:?}");
    }
    let plain = SCENARIO.split("[sweep]").next().unwrap();
    fs::write(place.path().join("plain.toml"), plain).unwrap();
    let refused = place.command(&["sweep", "plain.toml"]).assert().code(2);
    let stderr = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("no table `[sweep]`"), "{stderr}");
    place.command(&["merge", "tiny.toml", "nowhere"]).assert().code(3);
    assert!(!place.path().join("results").exists());
}

/// Sweeps that are ended from outside, by signals.
#[cfg(unix)]
mod ended {
    use super::*;
    use std::process::{Child, Stdio};

    fn begin(place: &Place, out: &str, more: &[&str]) -> Child {
        std::process::Command::new(assert_cmd::cargo::cargo_bin("clippee-sim"))
            .args(["sweep", "tiny.toml", "--jobs", "2", "--out", out])
            .args(more)
            .current_dir(place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// How many runs are finished.
    fn finished(place: &Place, out: &str) -> usize {
        let entries = fs::read_dir(place.folder(out).join("runs"));
        let is_record =
            |entry: &fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
        entries.map_or(0, |entries| entries.flatten().filter(is_record).count())
    }

    /// Waits until so many runs are finished, or the sweep is over.
    fn wait(place: &Place, out: &str, child: &mut Child, runs: usize) {
        for _ in 0..100_000 {
            if finished(place, out) >= runs || child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        panic!("the sweep doesn't go on");
    }

    #[test]
    fn twenty_kills_lose_nothing() {
        let place = Place::new();
        let seeds = ["--seeds", "1..12"];
        place.sweep("unbroken", &seeds);
        // Kills come after 1 to 4 further runs, wherever in a run or a write that is.
        let mut state = 2003_u64;
        let mut kept = 0;
        for kill in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut child = begin(&place, "killed", &seeds);
            wait(&place, "killed", &mut child, kept + 1 + (state >> 62) as usize);
            child.kill().unwrap();
            child.wait().unwrap();
            let now = finished(&place, "killed");
            assert!(now >= kept, "kill {kill}: {now} of {kept}");
            assert!(now < 72 || kill > 10, "the kills come too late to matter");
            kept = now;
        }
        place.sweep("killed", &seeds);
        assert_eq!(place.files("killed"), place.files("unbroken"));
        assert_eq!(place.records("killed").len(), 72);
    }

    #[test]
    fn ctrl_c_ends_in_130_and_keeps_what_is_finished() {
        let place = Place::new();
        let long = ["--set", "duration=20min"];
        let mut child = begin(&place, "out", &long);
        wait(&place, "out", &mut child, 1);
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        let kept = finished(&place, "out");
        assert!((1..RUNS).contains(&kept), "{kept}");
        assert!(stderr.contains(&format!("{kept} of 24 runs are kept")), "{stderr}");
        assert!(!place.folder("out").join("runs.csv").exists());
    }
}
