//! The program itself: its exit codes, what it prints, and what it leaves on disk.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const RESULT: &str = "smoke/seed-1";

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.toml")
}

/// `clippee-sim run scenarios/smoke.toml --out <out>`, with more arguments.
fn run(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("clippee-sim").unwrap();
    command.arg("run").arg(scenario()).arg("--out").arg(out).args(more);
    command
}

fn plot(place: &Path) -> Command {
    let mut command = Command::cargo_bin("clippee-sim").unwrap();
    command.arg("plot").arg(place);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// All files below a folder, by their paths within it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// A finished result, in a folder of its own.
fn finished(more: &[&str]) -> TempDir {
    let out = tempfile::tempdir().unwrap();
    run(out.path(), more).assert().code(0);
    out
}

#[test]
fn a_run_leaves_its_files_and_prints_a_table() {
    let out = tempfile::tempdir().unwrap();
    let done = run(out.path(), &[]).assert().code(0);
    let left = files(&out.path().join(RESULT));
    for name in [
        "manifest.json",
        "metrics.json",
        "series.csv",
        "distributions.csv",
        "timing.json",
        "figures/peers-alive.svg",
        "figures/peers-alive.png",
    ] {
        assert!(left.get(name).is_some_and(|content| !content.is_empty()), "{name}");
    }
    assert!(!left.contains_key("checks.json"), "nobody asked for checks");
    let output = done.get_output();
    assert!(text(&output.stdout).contains("results  "), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("events in"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(out.path().join("smoke")).unwrap().count(), 1, "nothing is left over");
}

#[test]
fn two_runs_give_the_same_bytes_but_for_the_timing() {
    let (first, second) = (finished(&["--check"]), finished(&["--quiet"]));
    let (first, second) = (files(&first.path().join(RESULT)), files(&second.path().join(RESULT)));
    assert!(first.contains_key("checks.json"));
    for (name, content) in &second {
        if name != "timing.json" {
            assert!(first[name] == *content, "{name} differs");
        }
    }
}

#[test]
fn another_seed_gives_another_result_beside_the_first() {
    let out = finished(&[]);
    run(out.path(), &["--seed", "2"]).assert().code(0);
    let metrics = |place| fs::read(out.path().join(place).join("manifest.json")).unwrap();
    assert_ne!(metrics("smoke/seed-1"), metrics("smoke/seed-2"));
}

#[test]
fn the_same_scenario_replaces_its_result_and_another_one_is_refused() {
    let out = finished(&[]);
    let place = out.path().join(RESULT);
    let before = files(&place);
    let refused = run(out.path(), &["--set", "network.loss=7%"]).assert().code(3);
    let error = text(&refused.get_output().stderr);
    assert!(error.contains("`network.loss`") && error.contains("\"7%\""), "{error}");
    assert!(error.contains("--set name=") && error.contains("--out"), "{error}");
    assert_eq!(files(&place), before);

    fs::write(place.join("metrics.json"), "spoilt").unwrap();
    run(out.path(), &[]).assert().code(0);
    assert_eq!(files(&place)["metrics.json"], before["metrics.json"]);
}

#[test]
fn plot_draws_the_same_bytes_again() {
    let out = finished(&[]);
    let place = out.path().join(RESULT);
    let before = files(&place);
    fs::remove_dir_all(place.join("figures")).unwrap();
    let drawn = plot(&place).assert().code(0);
    assert!(text(&drawn.get_output().stdout).contains("peers-alive.png"));
    assert!(files(&place) == before);
}

#[test]
fn plot_says_what_is_missing() {
    let out = finished(&[]);
    let missing = plot(&out.path().join("smoke")).assert().code(3);
    let error = text(&missing.get_output().stderr);
    assert!(error.contains("manifest.json is missing") && error.contains("seed-1"), "{error}");
    fs::write(out.path().join(RESULT).join("series.csv"), "time_s\n").unwrap();
    let broken = plot(&out.path().join(RESULT)).assert().code(3);
    let error = text(&broken.get_output().stderr);
    assert!(error.contains("series.csv") && error.contains("quantity"), "{error}");
}

fn verify(place: &Path, more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("clippee-sim").unwrap();
    command.arg("verify").arg(place).args(more);
    command
}

#[test]
fn a_scenario_and_its_result_are_verified() {
    let out = finished(&[]);
    let place = out.path().join(RESULT);
    let before = files(out.path());
    let manifest: serde_json::Value =
        serde_json::from_slice(&before["smoke/seed-1/manifest.json"]).unwrap();
    let digest = manifest["digest"].as_str().unwrap();
    for what in [&scenario(), &place, &place.join("manifest.json")] {
        let told = verify(what, &["--quiet"]).assert().code(0);
        let told = text(&told.get_output().stdout);
        assert!(told.contains(digest) && told.contains("all 1000 checkpoints"), "{told}");
    }
    assert_eq!(files(out.path()), before, "nothing is written");
    // With other settings it is another run, of which nothing is stored.
    let other = verify(&place, &["--quiet", "--seed", "2"]).assert().code(0);
    assert!(!text(&other.get_output().stdout).contains("stored"));
}

#[test]
fn a_result_with_another_digest_ends_in_4() {
    let out = finished(&[]);
    let path = out.path().join(RESULT).join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    manifest["digest"] = "0123".into();
    fs::write(&path, manifest.to_string()).unwrap();
    let told = verify(&path, &["--quiet"]).assert().code(4);
    assert!(text(&told.get_output().stdout).contains("its digest is 0123"));
    manifest["resolved"] = 3.into();
    fs::write(&path, manifest.to_string()).unwrap();
    let broken = verify(&path, &[]).assert().code(3);
    assert!(text(&broken.get_output().stderr).contains("doesn't say `resolved`"));
    verify(&out.path().join("smoke"), &[]).assert().code(3);
}

fn diff(more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("clippee-sim").unwrap();
    command.arg("diff").arg(scenario()).arg("--quiet").args(more);
    command
}

#[test]
fn the_first_different_step_of_two_runs_is_shown_with_its_causes() {
    let out = finished(&[]);
    let same = diff(&[out.path().join(RESULT).to_str().unwrap()]).assert().code(0);
    assert!(text(&same.get_output().stdout).starts_with("the same to the end: digest"));
    let other = diff(&["--seed", "3", "--set-b", "network.latency.constant=70ms"]).assert().code(4);
    let told = text(&other.get_output().stdout);
    for part in ["steps are the same; then", "\nA  ", "\nB  ", "   caused by  "] {
        assert!(told.contains(part), "{told}");
    }
    let seeds = diff(&["--seed", "3", "--set-b", "seed=4"]).assert().code(4);
    assert_ne!(text(&seeds.get_output().stdout), told);
    diff(&["--set-b", "nonsense"]).assert().code(2);
    diff(&["no-such.toml"]).assert().code(2);
}

/// With a read quorum of one, reads under churn are stale now and then: that is best effort, and a
/// failure only for who demands more.
#[test]
fn a_broken_guarantee_ends_in_1_where_it_is_demanded() {
    let out = tempfile::tempdir().unwrap();
    let told = run(out.path(), &["--check"]).assert().code(0);
    let table = text(&told.get_output().stdout);
    assert!(table.contains("G1 objects are linearizable") && table.contains("broken ("), "{table}");
    let demand = ["--set", "check.require=[\"linearizable\"]", "--set", "name=strict"];
    let told = run(out.path(), &demand).assert().code(1);
    let table = text(&told.get_output().stdout);
    assert!(table.contains("FAIL (") && table.contains("1 failed: see"), "{table}");
    let checks = fs::read(out.path().join("strict/seed-1/checks.json")).unwrap();
    let checks: serde_json::Value = serde_json::from_slice(&checks).unwrap();
    let failed =
        checks.as_array().unwrap().iter().find(|check| check["verdict"]["fail"].is_object());
    assert_eq!(
        (&failed.unwrap()["id"], &failed.unwrap()["required"]),
        (&"G1".into(), &true.into())
    );
}

#[test]
fn bad_usage_and_bad_scenarios_end_in_2_and_write_nothing() {
    let out = tempfile::tempdir().unwrap();
    let none: &[&str] = &[];
    Command::cargo_bin("clippee-sim").unwrap().args(none).assert().code(2);
    Command::cargo_bin("clippee-sim").unwrap().args(["run"]).assert().code(2);
    Command::cargo_bin("clippee-sim").unwrap().args(["walk", "x.toml"]).assert().code(2);
    for wrong in [
        &["--seed", "many"][..],
        &["--set", "peers.cuont=3"],
        &["--set", "network.loss=120%"],
        &["--set", "nonsense"],
        &["--protocol", "carrier-pigeon"],
    ] {
        let refused = run(out.path(), wrong).assert().code(2);
        assert!(!refused.get_output().stderr.is_empty(), "{wrong:?}");
    }
    let mut absent = Command::cargo_bin("clippee-sim").unwrap();
    absent.args(["run", "no-such.toml", "--out"]).arg(out.path()).assert().code(2);
    assert!(files(out.path()).is_empty());
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn what_would_take_too_much_memory_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let many = ["--set", "clients.count=1000000", "--set", "peers.count=20000"];
    let refused =
        run(out.path(), &[&many[..], &["--max-memory", "1GiB"]].concat()).assert().code(2);
    let told = text(&refused.get_output().stderr);
    assert!(told.contains("--max-memory allows 1024 MiB"), "{told}");
    run(out.path(), &["--max-memory", "1"]).assert().code(2);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    let done = run(out.path(), &["--max-memory", "1GiB"]).assert().code(0);
    let told = text(&done.get_output().stderr);
    assert!(told.contains("smoke: memory about "), "{told}");
}

/// The environment of a run that has begun: large enough for huge pages, or not.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn environment_of_a_run(clients: &str, tunables: Option<&str>) -> String {
    let out = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_clippee-sim"));
    command.args(["run", "scenarios/smoke.toml", "--quiet", "--set", clients, "--out"]);
    command.arg(out.path()).env_remove("GLIBC_TUNABLES");
    command.envs(tunables.map(|value| ("GLIBC_TUNABLES", value)));
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    // Its result has a place when it is about to begin.
    while fs::read_dir(out.path()).unwrap().count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a result");
        std::thread::sleep(Duration::from_millis(5));
    }
    let environment = fs::read(format!("/proc/{}/environ", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    let environment = environment.unwrap();
    let mut variables = environment.split(|&byte| byte == 0).map(text);
    variables.find(|line| line.starts_with("GLIBC_TUNABLES")).unwrap_or_default().to_owned()
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn large_runs_ask_for_huge_pages_unless_it_was_decided_otherwise() {
    let (large, small) = ("clients.count=200000", "clients.count=5000");
    let asks = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
    assert_eq!(environment_of_a_run(large, None), asks);
    assert_eq!(environment_of_a_run(large, Some("")), "GLIBC_TUNABLES=");
    assert_eq!(environment_of_a_run(small, None), "");
}

#[test]
fn quiet_says_nothing_on_stderr() {
    let out = tempfile::tempdir().unwrap();
    let done = run(out.path(), &["--quiet"]).assert().code(0);
    assert_eq!(text(&done.get_output().stderr), "");
    assert!(!done.get_output().stdout.is_empty());
}

#[test]
fn a_place_that_cannot_be_written_ends_in_3() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let refused = run(&file, &[]).assert().code(3);
    let error = text(&refused.get_output().stderr);
    assert!(error.contains("can't create") && error.contains("--out"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
}

#[test]
fn help_and_version_are_no_errors() {
    for verb in [&["--help"][..], &["run", "--help"], &["plot", "--help"], &["--version"]] {
        let shown = Command::cargo_bin("clippee-sim").unwrap().args(verb).assert().code(0);
        assert!(!shown.get_output().stdout.is_empty());
    }
}

/// Runs that are ended from outside, by signals.
#[cfg(unix)]
mod ended {
    use super::*;
    use std::process::{Child, Stdio};
    use std::time::Duration;

    /// A run that takes for ever, once it has made its directory in `<out>/smoke`.
    fn begun(out: &Path) -> Child {
        let count = || fs::read_dir(out.join("smoke")).map_or(0, Iterator::count);
        let before = count();
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("clippee-sim"))
            .arg("run")
            .arg(scenario())
            .args(["--set", "duration=1000d", "--seed", "2", "--quiet", "--out"])
            .arg(out)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        for _ in 0..400 {
            if count() > before {
                return child;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("the run didn't begin");
    }

    fn signal(child: &Child, signal: &str) {
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    #[test]
    fn ctrl_c_ends_in_130_and_leaves_nothing() {
        let out = tempfile::tempdir().unwrap();
        let child = begun(out.path());
        // Twice, as `timeout` does: both are one wish.
        signal(&child, "-INT");
        signal(&child, "-INT");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_killed_run_harms_no_finished_result_and_is_cleared_away() {
        let out = finished(&[]);
        let before = files(&out.path().join(RESULT));
        let mut child = begun(out.path());
        signal(&child, "-KILL");
        child.wait().unwrap();
        let folder = out.path().join("smoke");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "the killed run left something");
        assert_eq!(files(&out.path().join(RESULT)), before);
        run(out.path(), &[]).assert().code(0);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "the next run cleared it away");
    }
}

#[test]
fn show_prints_a_scenario_again_and_whom_its_faults_strike() {
    let show = |file: &Path, more: &[&str]| {
        let mut command = Command::cargo_bin("clippee-sim").unwrap();
        text(&command.arg("show").arg(file).args(more).assert().code(0).get_output().stdout)
    };
    let plain = show(&scenario(), &[]);
    assert!(plain.contains("operation_timeout = \"15s\"") && !plain.contains('#'), "{plain}");
    let fault = "fault=[{ at = \"9s\", for = \"never\", pause = { targets = { peers = [3, 2] } } }, \
                 { at = \"1min\", for = \"1s\", cut = { side = { root = 7 } } }]";
    let shown = show(&scenario(), &["--seed", "5", "--set", fault]);
    for line in [
        "# The faults of seed 5:",
        "# 1 pause from 9s to the end, targets: nodes 2-3",
        "# 2 cut from 1min to 61s, side: the root of object 7 then",
        "# 2 cut from 1min to 61s, from: all others",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again.toml");
    fs::write(&again, &shown).unwrap();
    assert_eq!(show(&again, &[]), shown);
}

#[test]
fn a_run_with_faults_leaves_their_schedule() {
    let out = tempfile::tempdir().unwrap();
    let fault = "fault=[{ at = \"30s\", for = \"5s\", crash = { targets = { peers = [3] } } }]";
    run(out.path(), &["--set", fault, "--quiet"]).assert().code(0);
    let left = files(&out.path().join(RESULT));
    let expected = "number,kind,at_s,until_s,part,nodes\n1,crash,30,35,targets,3\n";
    assert_eq!(text(&left["faults.csv"]), expected);
    assert!(!files(&finished(&[]).path().join(RESULT)).contains_key("faults.csv"));
}
