//! The consensus baseline as a whole: what an update costs when nothing goes wrong, that it loses
//! nothing when something does, and that members are replaced.

mod support;

use clippee_sim::experiment::{Options, run};
use clippee_sim::node::*;
use clippee_sim::protocol::consensus::{Config, Consensus, World};
use clippee_sim::protocol::overlay;
use clippee_sim::scenario::{LoadOptions, load_str};
use clippee_sim::sim::{Action, Scripted, Simulation};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Metrics of a checked run, in which no check fails.
fn checked(text: &str) -> Value {
    let loaded = load_str(text, "consensus.toml", Path::new("."), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let options = Options { check: true, ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    assert_eq!(outcome.failed_checks, 0, "{}", outcome.checks_json.unwrap());
    serde_json::from_str(&outcome.metrics_json).unwrap()
}

/// Without contention, loss or churn, an update takes what leader-based replication takes: client to
/// access peer, to the leader, to the members and back, and the same way home: 6 delays. Of messages
/// that is 4 on the way there and home, and r - 1 each to accept, to answer that, and to decide.
#[test]
fn an_update_costs_what_theory_says() {
    for r in [3_u32, 5] {
        let metrics = checked(&format!(
            r#"
            schema = 1
            name = "clean"
            duration = "20min"
            warmup = "10min"
            [protocol.consensus]
            replicas = {r}
            logs = 8
            flush_interval = "0s"
            [peers]
            count = 40
            service_time = "0s"
            [clients]
            count = 100
            [network]
            latency = {{ constant = "50ms" }}
            [workload]
            rate = "0.05/s"
            mix = {{ update = "100%" }}
            objects = {{ count = 2000, popularity = "uniform", size = "1KiB" }}
            "#
        ));
        let update = &metrics["operations"]["update"];
        assert_eq!(update["ok"], update["issued"]);
        let issued = update["issued"].as_f64().unwrap();
        let median = update["latency_ms"]["p50"].as_f64().unwrap();
        assert!((median / 300.0 - 1.0).abs() < 0.01, "{median} ms, not 6 delays");
        let kind = |name: &str| metrics["network"]["by_kind"][name].as_f64().unwrap() / issued;
        let followers = f64::from(r - 1);
        for name in ["accept", "accepted", "decide"] {
            assert!((kind(name) / followers - 1.0).abs() < 0.01, "{} of {name}", kind(name));
        }
        // An access peer that is a member itself hands the command on as the library does; one that
        // leads sends nothing.
        let there = kind("propose") + kind("forward");
        assert!((0.9..1.01).contains(&there), "{there} ways to the leader");
        assert!((0.9..1.01).contains(&kind("answer")), "{} answers", kind("answer"));
        let work = kind("request") + there + 3.0 * followers + kind("answer") + kind("response");
        println!("r = {r}: {work:.2} messages an update, {median:.1} ms");
        assert!((work / (4.0 + 3.0 * followers) - 1.0).abs() < 0.02, "{work} messages");
        assert_eq!(metrics["network"]["by_kind"]["recruit"], 0);
    }
}

/// Harsh churn, half of it crashes, loss, duplicates, and delays that overtake each other.
fn harsh(seed: u64, replicas: u32, logs: u32) -> Value {
    checked(&format!(
        r#"
        schema = 1
        name = "harsh"
        seed = {seed}
        duration = "3min"
        warmup = "0s"
        [protocol.consensus]
        replicas = {replicas}
        logs = {logs}
        election_timeout = "500ms"
        replace_after = "2s"
        [protocol.consensus.overlay]
        maintenance_interval = "5s"
        [peers]
        count = 12
        churn = {{ session = {{ exponential = "2min" }}, gap = {{ exponential = "20s" }} }}
        [clients]
        count = 40
        [network]
        latency = {{ exponential = "30ms" }}
        loss = "2%"
        duplicate = "2%"
        [workload]
        rate = "0.5/s"
        mix = {{ read = "50%", update = "50%" }}
        objects = {{ count = 12, popularity = "uniform", size = "1KiB" }}
        [check]
        require = ["linearizable", "read_your_writes", "monotonic_reads", "monotonic_writes",
                   "writes_follow_reads"]
        "#
    ))
}

/// Objects are linearizable, whoever crashes (which `harsh` demands). Reads stand in the log, so none may be stale on any seed, and no update may be lost as long as a
/// log keeps a majority of its members (which 5 of 12 do here).
#[test]
fn nothing_is_lost_or_stale_under_harsh_churn() {
    let (mut ok, mut issued, mut crashes) = (0.0, 0.0, 0);
    for seed in [1, 2, 3, 15, 16, 43, 57, 58, 66, 67, 68, 70] {
        let metrics = harsh(seed, 5, 2);
        let consistency = &metrics["consistency"];
        for damage in ["lost_updates", "stale_reads", "concurrent_commits"] {
            assert_eq!(consistency[damage], 0, "{damage} with seed {seed}");
        }
        let sessions = consistency["detail"]["sessions"].as_object().unwrap();
        assert!(sessions.values().all(|violations| violations == 0), "{sessions:?}");
        for kind in ["read", "update"] {
            ok += metrics["operations"][kind]["ok"].as_f64().unwrap();
            issued += metrics["operations"][kind]["issued"].as_f64().unwrap();
        }
        crashes += metrics["churn"]["crashes"].as_u64().unwrap();
    }
    println!("{} of operations succeeded under {crashes} crashes", ok / issued);
    assert!(ok / issued > 0.97 && crashes > 60, "{} succeeded, {crashes} crashes", ok / issued);
}

/// With three members, a log is gone with two of them at once: it answers nobody, but never wrongly.
#[test]
fn a_log_without_a_majority_is_silent_and_not_wrong() {
    let mut silent = 0;
    for seed in [3, 10, 14] {
        let metrics = harsh(seed, 3, 4);
        assert_eq!(metrics["consistency"]["stale_reads"], 0, "seed {seed}");
        assert_eq!(metrics["consistency"]["concurrent_commits"], 0, "seed {seed}");
        silent += metrics["operations"]["read"]["failed"]["timeout"].as_u64().unwrap();
    }
    assert!(silent > 100, "{silent}");
}

const PEERS: u32 = 12;

#[derive(Default)]
struct Watch {
    asked: BTreeMap<OperationId, Operation>,
    ended: BTreeMap<OperationId, Outcome>,
    handovers: u32,
}

impl Observer<Consensus> for Watch {
    fn step(&mut self, step: &Step<'_, Consensus>) {
        match step.happening {
            Happening::Operation { id, operation } => {
                self.asked.insert(id, *operation);
            }
            Happening::Message { message, .. } => {
                let kind = <Consensus as Protocol>::Message::KINDS[message.kind()];
                self.handovers += u32::from(kind == "handover");
            }
            _ => {}
        }
    }

    fn observation(&mut self, _: Time, _: NodeId, observation: &Observation) {
        if let Observation::Ended { id, outcome } = *observation {
            self.ended.insert(id, outcome);
        }
    }
}

/// Four of the five first members crash one after the other, the leader first. Had they not been
/// replaced, the third crash would have been the end.
#[test]
fn members_that_crash_are_replaced() {
    let seed = Key::from_word(3);
    let ids: Vec<u64> = (0..=PEERS).map(|node| seed.stream(node, 0).word()).collect();
    let mut online: Vec<(u64, NodeId)> =
        (1..=PEERS).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
    online.sort_unstable();
    let overlay = overlay::World { ids, online, nearness: Box::new(|_, _| Span::from_millis(1)) };
    // A client whose access peer is one of those that crash must find another in time.
    let heartbeat_interval = Span::from_secs(2);
    let config = Config { logs: 1, heartbeat_interval, ..Config::default() };
    let world = World::new(Arc::new(overlay), vec![7], (1, 5), 1_000);
    let members: Vec<NodeId> = world.members[0].iter().map(|member| member.node).collect();
    let network = support::constant(Span::from_millis(20));
    let mut plan =
        support::plan::<Consensus>(Arc::new(config), Arc::new(world), (PEERS, 10), 0.0, &network);
    let at = |seconds: u64| Time::ZERO + Span::from_secs(seconds);
    for (turn, &member) in (0..).zip(&members[..4]) {
        let crash = Scripted { at: at(20 + 30 * turn), node: Some(member), action: Action::Crash };
        plan.script.push(crash);
    }
    let object = ObjectId(0);
    for second in 5..150 {
        let action = Action::Issue(Operation::Update { object });
        plan.script.push(Scripted { at: at(second), node: None, action });
    }
    let action = Action::Issue(Operation::Read { object });
    plan.script.push(Scripted { at: at(170), node: None, action });
    plan.end = at(200);
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let watch = run.into_observer();
    assert_eq!(watch.ended.len(), watch.asked.len());
    for (id, outcome) in &watch.ended {
        assert!(matches!(outcome, Outcome::Ok(_)), "{id}: {outcome:?}");
    }
    let last = watch.ended.values().find_map(|outcome| match outcome {
        Outcome::Ok(Answer::Read { version, .. }) => Some(version.counter),
        _ => None,
    });
    assert_eq!(last, Some(145), "each update counts once");
    assert!((4..=8).contains(&watch.handovers), "{} states were handed over", watch.handovers);
}
