//! Sweeps without a command line: identities, the journal, commands.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use super::*;
use crate::experiment::{Estimate, weight};
use crate::scenario::{LoadOptions, load_str};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SCENARIO: &str = "schema = 1\nname = \"t\"\nduration = \"5s\"\ndrain = \"1s\"\n\
                        [protocol.client_server]\n[protocol.clippee]\nreplicas = 2\n\
                        [peers]\ncount = 6\n[clients]\ncount = 4\n[workload]\nrate = \"1/s\"\n\
                        [sweep]\nrepeat = 2\nprotocol = [\"clippee\", \"client_server\"]\n\
                        network.loss = [\"0%\", \"5%\"]\n";

fn grid_of(text: &str, seeds: Option<&str>) -> Grid {
    let mut loaded = load_str(text, "t", Path::new(""), &LoadOptions::default()).unwrap();
    let sweep = loaded.sweep.take().unwrap();
    Grid::new(loaded, sweep, seeds.map(|seeds| seeds.parse().unwrap()))
}

fn keys(grid: &Grid) -> Vec<&str> {
    grid.runs.iter().map(|run| run.key.as_str()).collect()
}

/// Runs a grid, with so many jobs, and returns which runs were run.
fn run(grid: &Grid, journal: &Journal, jobs: usize) -> Vec<usize> {
    let is_missing = |run: &usize| journal.read(&grid.runs[*run].key).is_none();
    let missing: Vec<usize> = (0..grid.runs.len()).filter(is_missing).collect();
    let jobs = NonZeroUsize::new(jobs).unwrap();
    let (stop, origin) = (Arc::new(AtomicBool::new(false)), Origin::default());
    let mut done = Vec::new();
    work(grid, &missing, &origin, journal, jobs, &stop, &mut |told| {
        if let Told::Done { run, .. } = told {
            done.push(run);
        }
    })
    .unwrap();
    done.sort_unstable();
    done
}

#[test]
fn runs_come_by_point_protocol_and_seed() {
    let grid = grid_of(SCENARIO, None);
    let order: Vec<_> = (grid.runs.iter())
        .map(|run| {
            let case = grid.case(run);
            (case.values[0].unwrap(), case.protocol.as_str(), run.seed)
        })
        .collect();
    let (a, b) = ("clippee", "client_server");
    let expected = [(0, a, 1), (0, a, 2), (0, b, 1), (0, b, 2)];
    assert_eq!(order[..4], expected);
    assert_eq!((order[4], order.len()), ((1, a, 1), 8));
    let later = grid_of(SCENARIO, Some("2..3"));
    assert_eq!(later.runs[0], grid.runs[1], "a seed more or less changes no other run");
}

#[test]
fn a_key_stands_for_what_decides_the_result_and_for_nothing_else() {
    let grid = grid_of(SCENARIO, None);
    let mut distinct = keys(&grid);
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 8);

    let renamed = grid_of(&SCENARIO.replace("\"t\"", "\"u\""), None);
    assert_eq!(keys(&renamed), keys(&grid));
    let rewritten = grid_of(&SCENARIO.replace("\"5s\"", "\"5000ms\""), None);
    assert_eq!(keys(&rewritten), keys(&grid));
    let swapped = SCENARIO.replace("\"0%\", \"5%\"", "\"5%\", \"0%\"");
    assert_eq!(keys(&grid_of(&swapped, None))[4..], keys(&grid)[..4]);

    // The replicas of Clippee are nothing to a server; the workload is.
    let other = grid_of(&SCENARIO.replace("replicas = 2", "replicas = 3"), None);
    let same: Vec<bool> = keys(&other).iter().zip(keys(&grid)).map(|(a, b)| *a == b).collect();
    assert_eq!(same, [false, false, true, true, false, false, true, true]);
    let other = grid_of(&SCENARIO.replace("\"1/s\"", "\"2/s\""), None);
    assert!(keys(&other).iter().all(|key| !keys(&grid).contains(key)));
}

#[test]
fn commands_say_all_that_differs_from_the_file() {
    let axes =
        "\"network.latency\" = [{ constant = \"5ms\" }]\n\"protocol.clippee.replicas\" = [3]\n";
    let grid = grid_of(&format!("{SCENARIO}{axes}"), None);
    let set = ["sweep.repeat=2", "peers.count=7"].map(str::to_owned).to_vec();
    let origin = Origin { file: "my scenarios/a.toml".into(), set };
    let command = |run: usize| grid.command(&grid.runs[run], &origin);
    let head = "clippee-sim run 'my scenarios/a.toml' --set peers.count=7 --protocol";
    let latency = "--set 'network.latency={ constant = \"5ms\" }'";
    assert_eq!(
        command(1),
        format!(
            "{head} clippee --seed 2 --set network.loss=0% {latency} \
             --set protocol.clippee.replicas=3"
        )
    );
    let server = format!("{head} client_server --seed 1 --set network.loss=0% {latency}");
    assert_eq!(command(2), server);
}

#[test]
fn seeds_are_read_with_both_ends() {
    assert_eq!("3..5".parse::<Seeds>().unwrap().0.count(), 3);
    assert_eq!("7..7".parse::<Seeds>().unwrap().0.count(), 1);
    for text in ["", "3", "5..3", "a..b", "1..", "0..10000", "-1..2", "1..9223372036854775808"] {
        assert!(text.parse::<Seeds>().is_err(), "{text}");
    }
}

#[test]
fn results_depend_on_neither_jobs_nor_order_and_nothing_is_run_twice() {
    let out = tempfile::tempdir().unwrap();
    let grid = grid_of(SCENARIO, None);
    let publish_to = |name: &str, jobs| {
        let folder = out.path().join(name);
        let journal = Journal::open(&folder.join("runs")).unwrap();
        assert_eq!(run(&grid, &journal, jobs).len(), 8);
        assert!(run(&grid, &journal, jobs).is_empty());
        publish(&grid, &journal, &folder).unwrap();
        ["runs.csv", "sweep.json"].map(|file| fs::read_to_string(folder.join(file)).unwrap())
    };
    assert_eq!(publish_to("a", 1), publish_to("b", 3));
}

#[test]
fn a_record_that_can_not_be_understood_is_run_again() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("runs");
    let grid = grid_of(SCENARIO, None);
    let journal = Journal::open(&folder).unwrap();
    run(&grid, &journal, 2);
    let path = |run: usize| journal.path(&grid.runs[run].key);
    let whole = fs::read_to_string(path(2)).unwrap();
    fs::write(path(2), &whole[..whole.len() / 2]).unwrap();
    // Of another run, and of another time.
    fs::copy(path(4), path(3)).unwrap();
    fs::write(
        path(5),
        fs::read_to_string(path(5)).unwrap().replace("\"schema\": 2", "\"schema\": 9"),
    )
    .unwrap();
    let error = publish(&grid, &journal, out.path()).unwrap_err().to_string();
    assert!(error.starts_with("3 of the 8 runs"), "{error}");
    assert!(!out.path().join("runs.csv").exists());
    assert_eq!(run(&grid, &journal, 2), [2, 3, 5]);
    publish(&grid, &journal, out.path()).unwrap();
}

#[test]
fn an_empty_journal_vanishes_and_half_written_files_do() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("a/sweep/runs");
    drop(Journal::open(&folder).unwrap());
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".0123.json.tmp"), "{").unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    drop(Journal::open(&folder).unwrap());
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
}

#[test]
fn two_results_of_one_run_are_told() {
    let out = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| Journal::open(&out.path().join(name)).unwrap());
    let grid = grid_of(SCENARIO, None);
    run(&grid, &a, 1);
    gather(&grid, &a, &b).unwrap();
    assert!(run(&grid, &b, 1).is_empty());
    gather(&grid, &a, &b).unwrap();
    let mut record = b.read(&grid.runs[6].key).unwrap();
    record.digest = "0".repeat(32);
    b.add(&record).unwrap();
    let error = gather(&grid, &a, &b).unwrap_err().to_string();
    assert!(error.contains(&"0".repeat(32)) && error.contains(&grid.runs[6].key), "{error}");
}

#[test]
fn a_value_written_otherwise_is_shown_as_it_is_written_now() {
    let out = tempfile::tempdir().unwrap();
    let journal = Journal::open(&out.path().join("runs")).unwrap();
    run(&grid_of(SCENARIO, None), &journal, 2);
    let again = grid_of(&SCENARIO.replace("\"5%\"", "\"5.0%\""), None);
    let table = publish(&again, &journal, out.path()).unwrap().table;
    assert_eq!(table.columns[..4], ["protocol", "network.loss", "seed", "digest"]);
    assert_eq!(table.rows[7][..3], ["client_server", "5.0%", "2"]);
}

#[test]
fn heavier_runs_weigh_and_take_more() {
    let grid = grid_of(
        &SCENARIO.replace("network.loss = [\"0%\", \"5%\"]", "clients.count = [10, 5000]"),
        None,
    );
    let scenario = |case: usize| &grid.sweep.cases[case].scenario;
    assert!(weight(scenario(2)) > 100.0 * weight(scenario(0)));
    let bytes =
        |cases: &[usize], jobs| Estimate::new(cases.iter().map(|c| scenario(*c)), jobs, 1).bytes;
    assert!(bytes(&[0, 2], 1) == bytes(&[2], 1) && bytes(&[0, 2], 2) > bytes(&[2], 2));
}
