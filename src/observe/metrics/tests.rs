//! A small run, fed by hand, and every number it must give.

use super::*;
use crate::node::{
    Answer, AttemptId, FailureCause, MessageKind, ObjectId, Operation, OperationId, Outcome,
    RoundOutcome, Span,
};
use crate::observe::fake::{Fake, Word};
use std::collections::BTreeSet;

fn ms(ms: u64) -> Time {
    Time::ZERO + Span::from_millis(ms)
}

/// Peers 1 and 2, clients 3 and 4; warm-up 2 s, workload to 10 s, drain to 12 s; buckets of 1 s.
struct Run {
    metrics: Metrics,
}

impl Run {
    fn new() -> Self {
        let background = (0..Word::KINDS.len()).map(Word::is_background).collect();
        let (warmup, duration, end) = (ms(2_000), ms(10_000), ms(12_000));
        let (peers, clients, kinds) = (2, 2, Word::KINDS);
        let config = MetricsConfig { warmup, duration, end, peers, clients, kinds, background };
        Self { metrics: Metrics::new(config) }
    }

    fn step(&mut self, at: u64, node: u32, happening: Happening<'_, Fake>) {
        let role = if node <= 2 { Role::Peer } else { Role::Client };
        let node = NodeId(node);
        let (incarnation, number, cause) = (1, 0, None);
        let step = Step { at: ms(at), node, role, incarnation, number, cause, happening };
        self.metrics.step(&step);
    }

    fn message(&mut self, at: u64, to: u32) {
        self.step(at, to, Happening::Message { from: NodeId(9), message: &Word::Work(1) });
    }

    fn ask(&mut self, at: u64, client: u32, count: u32, operation: Operation) {
        let id = OperationId { client: NodeId(client), count };
        self.step(at, client, Happening::Operation { id, operation: &operation });
    }

    fn observe(&mut self, at: u64, observation: &Observation) {
        Observer::<Fake>::observation(&mut self.metrics, ms(at), NodeId(1), observation);
    }

    fn end(&mut self, at: u64, client: u32, count: u32, outcome: Outcome) {
        let id = OperationId { client: NodeId(client), count };
        self.observe(at, &Observation::Ended { id, outcome });
    }

    fn round(&mut self, at: u64, outcome: RoundOutcome) {
        let (id, object) = (OperationId::default(), ObjectId(0));
        let attempt = AttemptId::default();
        self.observe(at, &Observation::RoundEnded { id, object, attempt, outcome });
    }

    fn send(&mut self, at: u64, kind: usize, bytes: u32) {
        let (from, to) = (NodeId(1), NodeId(2));
        Observer::<Fake>::sent(&mut self.metrics, ms(at), from, to, kind, bytes);
    }

    fn drop(&mut self, at: u64, cause: DropCause) {
        let (from, to) = (NodeId(1), NodeId(2));
        Observer::<Fake>::dropped(&mut self.metrics, ms(at), from, to, 0, 100, cause);
    }

    fn finish(self) -> Results {
        self.metrics.finish(Digest::new(), 42)
    }
}

const READ: Operation = Operation::Read { object: ObjectId(1) };
const UPDATE: Operation = Operation::Update { object: ObjectId(1) };
const LOOKUP: Operation = Operation::Lookup { target: NodeId(2) };
const OK: Outcome = Outcome::Ok(Answer::Done);

const fn failed(cause: FailureCause) -> Outcome {
    Outcome::Failed { cause, maybe_applied: false }
}

const fn found(hops: u32) -> Outcome {
    Outcome::Ok(Answer::Found { root: NodeId(2), hops })
}

/// Everything at once: each number of the results is touched.
fn small_run() -> Results {
    let mut run = Run::new();
    (1..=4).for_each(|node| run.step(0, node, Happening::Boot));
    run.ask(1_999, 3, 0, READ); // before the window
    run.ask(2_000, 3, 1, READ);
    run.ask(2_500, 3, 2, READ);
    run.ask(3_000, 4, 0, UPDATE);
    run.ask(3_000, 4, 1, UPDATE);
    run.ask(3_200, 4, 2, LOOKUP);
    run.ask(3_300, 4, 3, LOOKUP);
    run.end(2_300, 3, 0, OK);
    run.end(2_100, 3, 1, OK);
    run.end(2_800, 3, 2, OK);
    run.end(3_100, 4, 0, failed(FailureCause::Contention));
    run.end(3_240, 4, 2, found(3));
    run.end(3_380, 4, 3, found(1));
    run.step(5_000, 4, Happening::Leave);
    run.step(5_500, 4, Happening::Stop { crash: false }); // update 1 is abandoned
    run.end(5_600, 4, 1, OK); // nobody is there to hear it
    run.ask(9_999, 3, 3, READ);
    run.ask(9_999, 3, 4, READ);
    run.ask(10_000, 3, 5, UPDATE); // a probe
    run.end(11_000, 3, 5, OK);
    run.end(11_999, 3, 3, OK); // in the drain; read 4 stays open
    run.round(1_000, RoundOutcome::Granted);
    run.round(2_000, RoundOutcome::Granted);
    run.round(3_000, RoundOutcome::Granted);
    run.round(4_000, RoundOutcome::Refused);
    run.round(4_100, RoundOutcome::TimedOut);
    run.round(10_000, RoundOutcome::Refused);
    run.observe(4_200, &Observation::Retried { id: OperationId::default() });
    run.send(1_000, 0, 1_000);
    run.send(2_000, 0, 100);
    run.send(2_100, 0, 150);
    run.send(2_200, 1, 50);
    run.send(10_000, 1, 50);
    run.drop(1_000, DropCause::Loss);
    run.drop(3_000, DropCause::Loss);
    run.drop(3_000, DropCause::Crash);
    run.step(6_000, 2, Happening::Stop { crash: true });
    run.step(8_000, 2, Happening::Boot);
    run.message(1_000, 1);
    (0..8).for_each(|_| run.message(3_000, 1));
    (0..12).for_each(|_| run.message(9_000, 2));
    run.message(9_000, 3);
    run.finish()
}

#[test]
fn operations_belong_to_when_they_were_asked_for() {
    let results = small_run();
    let names: Vec<_> = results.operations.0.iter().map(|entry| entry.0).collect();
    assert_eq!(names, ["read", "update", "lookup"]);
    let read = results.operations.named("read").unwrap();
    assert_eq!((read.issued, read.ok), (4, 3));
    assert_eq!(read.failed.named("timeout"), Some(&1));
    assert_eq!(read.latency_ms.mean, Some(800.0)); // (100 + 300 + 2000) / 3
    assert_eq!(read.latency_ms.max, Some(2_000.0));
    let within = ["100ms", "200ms", "500ms", "1s", "2s"].map(|limit| read.ok_within.named(limit));
    assert_eq!(within, [1, 1, 2, 2, 3].each_ref().map(Some), "the limit itself is within");
    let p50 = read.latency_ms.p50.unwrap();
    assert!((300.0..=300.3).contains(&p50), "{p50}");
    let update = results.operations.named("update").unwrap();
    assert_eq!((update.issued, update.ok), (2, 0));
    assert_eq!(update.failed.named("contention"), Some(&1));
    assert_eq!(update.failed.named("abandoned"), Some(&1));
    assert_eq!(update.latency_ms, LatencySummary::default());
    assert_eq!(results.unfinished, 1);
}

#[test]
fn what_is_issued_ends_and_what_is_tried_ends() {
    let results = small_run();
    for (kind, operation) in &results.operations.0 {
        let failed: u64 = operation.failed.0.iter().map(|entry| entry.1).sum();
        assert_eq!(operation.issued, operation.ok + failed, "{kind}");
        assert_eq!(operation.failed.0.len(), FailureCause::ALL.len());
    }
    let LockResults { attempts, granted, refused, timed_out, .. } = results.locks;
    assert_eq!(attempts, granted + refused + timed_out);
    let by_kind: u64 = results.network.by_kind.0.iter().map(|entry| entry.1).sum();
    assert_eq!(by_kind, results.network.messages);
}

#[test]
fn locks_and_messages_are_counted_within_the_window() {
    let results = small_run();
    let locks = LockResults {
        attempts: 4,
        granted: 2,
        refused: 1,
        timed_out: 1,
        retries: 1,
        success_ratio: Some(0.5),
    };
    assert_eq!(results.locks, locks);
    let network = NetworkResults {
        messages: 3,
        bytes: 300,
        messages_per_operation: Some(2.0 / 8.0),
        background: 1,
        dropped: Named(vec![("loss", 1), ("dead", 0), ("crash", 1), ("cut", 0), ("corrupt", 0)]),
        by_kind: Named(vec![("work", 2), ("upkeep", 1)]),
    };
    assert_eq!(results.network, network);
}

#[test]
fn load_hops_and_churn_are_counted_within_the_window() {
    let results = small_run();
    // Peer 1: 8 messages in 8 s; peer 2: 12 in the 4 + 2 s that it was online.
    let load = LoadResults { mean: Some(20.0 / 14.0), p99: Some(2.0), max: Some(2.0) };
    assert_eq!(results.load.peer_messages_per_s, load);
    let hops = HopResults { mean: Some(2.0), histogram: vec![0, 1, 0, 1] };
    assert_eq!(results.overlay.hops, hops);
    let churn =
        ChurnResults { joins: 1, leaves: 0, crashes: 1, peers_alive_mean: Some(14.0 / 8.0) };
    assert_eq!(results.churn, churn);
    assert_eq!(results.nodes, Nodes { peers: 2, clients: 2 });
    assert_eq!((results.events, results.simulated_s), (42, 12.0));
}

fn values(results: &Results, quantity: &str, label: &str) -> Vec<(u64, f64)> {
    let rows = results.series.iter();
    let rows = rows.filter(|point| point.quantity == quantity && point.label == label);
    rows.map(|point| (point.at.nanos() / 1_000_000_000, point.value)).collect()
}

#[test]
fn the_series_cover_the_whole_run() {
    let results = small_run();
    assert_eq!(values(&results, "phase", "warmup"), [(0, 2.0)]);
    assert_eq!(values(&results, "phase", "window"), [(2, 8.0)]);
    assert_eq!(values(&results, "phase", "drain"), [(10, 2.0)]);
    let ok = values(&results, "operations_per_s", "read.ok");
    assert_eq!(ok.len(), 10, "no rates where the workload has ended");
    assert_eq!((ok[0], ok[1], ok[2], ok[9]), ((0, 0.0), (1, 1.0), (2, 2.0), (9, 1.0)));
    assert_eq!(values(&results, "operations_per_s", "read.failed")[9], (9, 1.0));
    let success = values(&results, "success_ratio", "read");
    assert_eq!(success, [(1, 1.0), (2, 1.0), (9, 0.5)]);
    assert_eq!(values(&results, "latency_ms_p99", "lookup"), [(3, 80.0)]);
    assert_eq!(values(&results, "latency_ms_p50", "update"), []);
    let granted = values(&results, "locks_per_s", "granted");
    assert_eq!((granted.len(), granted[1], granted[3]), (12, (1, 1.0), (3, 1.0)));
    assert_eq!(values(&results, "messages_per_s", "work")[2], (2, 2.0));
    assert_eq!(values(&results, "messages_per_s", "background")[10], (10, 1.0));
    assert_eq!(values(&results, "peers_alive", "")[7], (7, 1.0));
    assert_eq!(values(&results, "clients_alive", "")[5], (5, 1.5));
}

#[test]
fn the_distributions_cover_the_window() {
    let results = small_run();
    let of = |quantity, label| -> Vec<(f64, f64)> {
        let points = results.distributions.iter();
        let points = points.filter(|point| point.quantity == quantity && point.label == label);
        points.map(|point| (point.x, point.share)).collect()
    };
    let read = of("latency_ms", "read");
    assert_eq!((read[0], read[3]), ((100.0, 0.0), (2_000.0, 1.0)));
    assert!(of("latency_ms", "update").is_empty());
    assert_eq!(of("peer_messages_per_s", ""), [(2.0, 0.5), (1.0, 1.0)]);
    assert_eq!(of("hops", ""), [(0.0, 0.0), (1.0, 0.5), (2.0, 0.0), (3.0, 0.5)]);
}

#[test]
fn nothing_measured_is_null() {
    let results = Run::new().finish();
    let json = serde_json::to_value(&results).unwrap();
    assert_eq!(json["operations"], serde_json::json!({}));
    for name in ["/locks/success_ratio", "/network/messages_per_operation", "/overlay/hops/mean"] {
        assert!(json.pointer(name).unwrap().is_null(), "{name}");
    }
    assert!(json.pointer("/load/peer_messages_per_s/max").unwrap().is_null());
    assert_eq!(json.pointer("/churn/peers_alive_mean").unwrap(), 0.0);
    assert!(results.distributions.is_empty());
}

/// The names of all leaves of `value`, where names that depend on the run become those of the
/// documentation.
fn leaves(path: &str, value: &serde_json::Value, names: &mut BTreeSet<String>) {
    let Some(object) = value.as_object() else {
        names.insert(path.to_owned());
        return;
    };
    for (key, inner) in object {
        let key = match path {
            "operations" | "network.by_kind" => "<kind>",
            "operations.<kind>.ok_within" => "<limit>",
            "network.dropped" | "operations.<kind>.failed" => "<cause>",
            "delivery.detail.by_size" => "<size>",
            of if of.starts_with("delivery.") && of.ends_with("_ms") => "<statistic>",
            "delivery.detail.view_lag_s" => "<statistic>",
            _ => key,
        };
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        leaves(&path, inner, names);
    }
}

/// The names in the first column of the tables below the heading `section`.
fn documented(section: &str) -> BTreeSet<String> {
    const DOCS: &str = include_str!("../../../docs/metrics.md");
    let start = DOCS.find(&format!("\n## {section}\n")).expect("the section exists") + 1;
    let rest = &DOCS[start..];
    let section = rest[3..].find("\n## ").map_or(rest, |end| &rest[..end + 3]);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned())).collect()
}

#[test]
fn the_documentation_names_what_is_produced_and_nothing_else() {
    let mut results = small_run();
    let mut delivery = crate::observe::delivery::tests::small_chat();
    results.series.append(&mut delivery.series);
    results.distributions.append(&mut delivery.distributions);
    results.delivery = Some(serde_json::to_value(delivery).unwrap());
    let mut produced = BTreeSet::new();
    leaves("", &serde_json::to_value(&results).unwrap(), &mut produced);
    produced.remove("consistency");
    let listed = documented("metrics.json");
    assert_eq!(listed, produced);
    let set = |names: &mut dyn Iterator<Item = &'static str>| -> BTreeSet<String> {
        names.map(str::to_owned).collect()
    };
    let series = set(&mut results.series.iter().map(|point| point.quantity));
    assert_eq!(documented("series.csv"), series);
    let distributions = set(&mut results.distributions.iter().map(|point| point.quantity));
    assert_eq!(documented("distributions.csv"), distributions);
}
