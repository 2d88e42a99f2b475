//! `explore`, `replay` and `shrink`: what they print, and what they leave.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Best effort breaks this sooner or later, so that there is something to find.
const STRONG: &str = r#"check.require=["linearizable"]"#;

/// Exit code, stdout and stderr.
fn program(words: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("clippee-sim").unwrap().args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// What a search for a broken guarantee prints and leaves.
fn found(jobs: &str) -> (TempDir, String) {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let words = ["explore", "--seeds", "1..12", "--set", STRONG, "--quiet"];
    let words = [&words[..], &["--jobs", jobs, "--out", folder]].concat();
    let (code, stdout, stderr) = program(&words);
    assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
    let stdout = stdout.replace(folder, "OUT");
    (out, stdout)
}

fn left(out: &Path) -> Vec<PathBuf> {
    let mut left: Vec<PathBuf> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    left.sort();
    left
}

#[test]
fn the_same_seeds_find_the_same_whatever_the_jobs() {
    let ((one, alone), (two, together)) = (found("1"), found("3"));
    assert_eq!(alone, together);
    let texts = |out: &Path| -> Vec<String> {
        left(out).iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    };
    assert_eq!(texts(one.path()), texts(two.path()));
    assert!(alone.contains("12 seeds, "), "{alone}");
    assert!(alone.contains("clippee-sim replay OUT/seed-"), "{alone}");
    assert!(alone.contains("two attempts held locks of one object at once"), "{alone}");
}

#[test]
fn what_was_found_can_be_replayed_and_reduced() {
    let (out, _) = found("2");
    let file = left(out.path()).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# breaks G1: "), "{text}");
    assert!(text.contains("drawn = false") && text.contains("operation = [\n"), "{text}");
    let name = file.to_str().unwrap();
    let (code, told, _) = program(&["replay", name, "--trace"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("still breaks G1"), "{told}");
    assert!(file.with_extension("jsonl").metadata().unwrap().len() > 1_000);
    assert_eq!(program(&["replay", name]).1, told.split("trace ").next().unwrap());
    // Nothing has happened by then.
    let (code, told, _) = program(&["replay", name, "--until", "1ms"]);
    assert_eq!((code, told.lines().last()), (0, Some("no longer breaks G1")), "{told}");

    let (code, told, _) = program(&["shrink", name, "--runs", "300", "--quiet"]);
    assert_eq!(code, 1, "{told}");
    let small =
        file.with_file_name(format!("{}-small.toml", file.file_stem().unwrap().to_str().unwrap()));
    let size = |path: &Path| fs::read_to_string(path).unwrap().len();
    assert!(2 * size(&small) < size(&file), "{told}");
    let (code, again, _) = program(&["replay", small.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(again.contains("still breaks G1"), "{again}");
    // It is a scenario like others.
    assert_eq!(program(&["show", small.to_str().unwrap()]).0, 0);
    assert_eq!(program(&["verify", small.to_str().unwrap(), "--quiet"]).0, 0);
}

#[test]
fn a_scenario_can_be_explored_by_its_faults_alone() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("none");
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.toml");
    let words = ["explore", scenario.to_str().unwrap(), "--seeds", "3", "--quiet", "--out"];
    let words = [&words[..], &[folder.to_str().unwrap(), "--set", "duration=30s"]].concat();
    let (code, told, _) = program(&words);
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("3 seeds, 0 of them failed") && told.contains("never reached: "),
        "{told}"
    );
    assert!(!folder.exists(), "nothing was found, nothing is left");
}

#[test]
fn a_search_ends_when_its_time_is_up() {
    let (code, told, progress) = program(&["explore", "--for", "1s", "--jobs", "2"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains(" seeds, 0 of them failed"), "{told}");
    assert!(progress.contains(" a minute"), "{progress}");
}

#[test]
fn mistakes_end_in_2_and_leave_nothing() {
    for (words, told) in [
        (&["explore"][..], "--seeds"),
        (&["explore", "--seeds", "9..7"], "expected 7..9"),
        (&["explore", "--seeds", "0"], "expected a whole number from 1"),
        (&["explore", "--for", "soon"], "expected a time"),
        (&["explore", "--seeds", "3", "--set", "peers.cout=3"], "did you mean `count`?"),
        (&["explore", "nowhere.toml", "--seeds", "3"], "no such file"),
        (&["replay", "nowhere.toml"], "no such file"),
        (&["shrink", "nowhere.toml"], "no such file"),
    ] {
        let (code, stdout, stderr) = program(words);
        assert_eq!((code, stdout.as_str()), (2, ""), "{words:?}");
        assert!(stderr.contains(told), "{words:?}: {stderr}");
    }
}

#[test]
fn what_breaks_nothing_is_not_reduced() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.toml");
    let file = tempfile::tempdir().unwrap();
    let file = file.path().join("smoke.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::copy(scenario, &file).unwrap();
    let (code, told, _) = program(&["shrink", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("doesn't break anything"), "{told}");
    let (code, told, _) = program(&["replay", file.to_str().unwrap(), "--until", "20s"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.ends_with("breaks nothing\n"), "{told}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_tells_what_was_covered() {
    use std::process::{Command, Stdio};
    let binary = assert_cmd::cargo::cargo_bin("clippee-sim");
    let words = ["explore", "--for", "1h", "--jobs", "1"];
    let mut command = Command::new(binary);
    let child = command.args(words).stdout(Stdio::piped()).stderr(Stdio::null());
    let child = child.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains(" seeds, "), "{told}");
}
