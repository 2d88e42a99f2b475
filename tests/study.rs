//! What sweeps conclude, by the program itself: verdicts, points, figures.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use assert_cmd::Command;
use clippee_sim::scenario::{LoadOptions, load_str};
use serde_json::Value;
use std::fs;
use std::path::Path;

const SCENARIO: &str = r#"
schema = 1
name = "tiny"
duration = "30s"
warmup = "5s"
drain = "5s"
[protocol.clippee]
replicas = 3
[protocol.client_server]
[peers]
count = 12
[workload]
rate = "1/s"
[sweep]
repeat = 3
note = "quick grid"
protocol = ["clippee", "client_server"]
clients.count = [5, 20]
[[claim]]
id = "A1"
text = "Most of what is asked is answered within five seconds"
quantity = "operations.read.ok_within.5s / operations.read.issued"
above = 0.5
[[claim]]
id = "A2"
text = "Clippee sends fewer messages than a server"
quantity = "network.messages"
against = { protocol = "client_server" }
below = 0
[[claim]]
id = "A3"
text = "Reads are as many as asked for"
quantity = "mser5.operations_per_s.read.ok.mean / clients.count"
within = [0.7999, 0.8]
[[figure]]
name = "latency"
title = "How fast are reads?"
y = "operations.read.latency_ms.p50"
unit = "ms"
x = "clients.count"
x_scale = "log"
"#;

fn sweep(folder: &Path, out: &str, more: &[&str]) -> String {
    fs::write(folder.join("tiny.toml"), SCENARIO).unwrap();
    let mut command = Command::cargo_bin("clippee-sim").unwrap();
    command.current_dir(folder).args(["sweep", "tiny.toml", "--quiet", "--out", out]).args(more);
    String::from_utf8(command.assert().code(0).get_output().stdout.clone()).unwrap()
}

#[test]
fn a_sweep_ends_in_verdicts_points_and_figures() {
    let place = tempfile::tempdir().unwrap();
    let shown = sweep(place.path(), "a", &["--jobs", "1"]);
    assert!(shown.contains("\nsupported  A1: Most of what"), "{shown}");
    assert!(shown.contains("\nrefuted    A2: Clippee sends"), "{shown}");
    assert!(shown.contains("\nundecided  A3: Reads"), "{shown}");
    let folder = |out: &str| place.path().join(out).join("tiny/sweep");
    let read = |out: &str, name: &str| fs::read(folder(out).join(name)).unwrap();
    let verdict: Value = serde_json::from_slice(&read("a", "verdict.json")).unwrap();
    assert_eq!((&verdict["sweep"], &verdict["note"]), (&"tiny".into(), &"quick grid".into()));
    let first = &verdict["claims"][0];
    assert_eq!((&first["verdict"], &first["places"][0]["n"]), (&"supported".into(), &3.into()));
    let points = String::from_utf8(read("a", "points.csv")).unwrap();
    assert_eq!(points.lines().count(), 1 + 4 * 4, "points times quantities: {points}");
    let svg = String::from_utf8(read("a", "figures/latency.svg")).unwrap();
    assert!(svg.contains("n = 3 seeds, means with 95 % t-intervals") && svg.contains("quick grid"));

    sweep(place.path(), "b", &["--jobs", "2"]);
    for name in ["runs.csv", "points.csv", "verdict.json", "figures/latency.png"] {
        assert!(read("a", name) == read("b", name), "{name}");
    }
    // One seed: the same command says that nothing is known.
    let shown = sweep(place.path(), "a", &["--seeds", "1..1"]);
    assert!(shown.contains("undecided  A1") && shown.contains("no interval of"), "{shown}");
    let svg = String::from_utf8(read("a", "figures/latency.svg")).unwrap();
    assert!(svg.contains("n = 1, no interval"));
    let left = fs::read_dir(folder("a")).unwrap().map(|e| e.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}

/// A claim can be about every documented metric: the reader knows all groups.
#[test]
fn every_documented_metric_is_a_quantity() {
    let docs = fs::read_to_string("docs/metrics.md").unwrap();
    let section = docs.split("\n## metrics.json\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut known = 0;
    for name in names.filter(|name| !["schema", "digest"].contains(name)) {
        let name = name.replace("<kind>", "read").replace("<limit>", "1s").replace("<cause>", "x");
        let name = name.replace("<statistic>", "p50").replace("<size>", "10-99");
        let claim =
            format!("[[claim]]\nid = \"a\"\ntext = \"a\"\nquantity = \"{name}\"\nbelow = 1\n");
        let text = format!("schema = 1\nname = \"t\"\n[protocol.clippee]\n[sweep]\n{claim}");
        load_str(&text, "t.toml", Path::new(""), &LoadOptions::default())
            .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
        known += 1;
    }
    assert!(known > 60, "{known}");
}
