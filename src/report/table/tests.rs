use super::*;
use crate::node::{FailureCause, Span, Time};
use crate::observe::Digest;
use crate::observe::metrics::{LatencySummary, Metrics, MetricsConfig, Named};

const HEADER: Header<'_> = Header {
    scenario: "churn",
    seed: 1,
    protocol: "clippee",
    warmup: Span::from_secs(300),
    duration: Span::from_secs(1_800),
};

fn empty(clients: u32) -> Results {
    let secs = |s| Time::ZERO + Span::from_secs(s);
    let config = MetricsConfig {
        warmup: secs(300),
        duration: secs(1_800),
        end: secs(1_976),
        peers: 689,
        clients,
        kinds: &["lock", "heartbeat"],
        background: vec![false, true],
    };
    Metrics::new(config).finish(Digest::new(), 51_234_567)
}

fn operation(issued: u64, failed: [u64; 5], latency_ms: LatencySummary) -> OperationResults {
    let ok = issued - failed.iter().sum::<u64>();
    let causes = FailureCause::ALL.into_iter().zip(failed);
    let failed = Named(causes.map(|(cause, count)| (cause.name(), count)).collect());
    OperationResults { issued, ok, failed, latency_ms }
}

fn full() -> Results {
    let mut results = empty(5_000);
    let quick = LatencySummary {
        mean: Some(101.2),
        p50: Some(92.14),
        p90: Some(180.3),
        p99: Some(402.75),
        p999: Some(1_204.1),
        max: Some(14_003.9),
    };
    results.operations = Named(vec![
        ("read", operation(120_012, [0, 31, 100, 0, 0], quick.clone())),
        ("update", operation(30_003, [120, 0, 52, 3, 0], quick)),
        ("join", operation(1_000_000, [0; 5], LatencySummary::default())),
    ]);
    let locks = &mut results.locks;
    (locks.attempts, locks.granted, locks.refused) = (30_611, 30_201, 380);
    (locks.timed_out, locks.retries) = (30, 401);
    results.consistency = Some(serde_json::json!({
        "lost_updates": 3, "stale_reads": 1_204, "divergent_objects": 0,
        "divergence_seconds": 12.345, "concurrent_commits": null, "late_commits": 2,
        "detail": {"x": 1},
    }));
    results.delivery = Some(serde_json::json!({
        "expected": 1_234_567, "delivered": 1_234_321, "missing": 246, "duplicate": 0,
        "out_of_order": 1, "latency_ms": {"p50": 212.3, "p99": 1_530.2, "max": 29_411.7},
        "detail": {"messages_per_copy": 1.084, "ratio": null},
    }));
    let network = &mut results.network;
    (network.messages, network.bytes, network.background) = (12_345_678, 1_234_567_890, 9_000_000);
    network.messages_per_operation = Some(22.298);
    network.dropped = Named(vec![("loss", 12_345), ("dead", 0), ("crash", 17)]);
    let load = &mut results.load.peer_messages_per_s;
    (load.mean, load.p99, load.max) = (Some(41.2), Some(80.05), Some(123.4));
    results.churn.joins = 321;
    results.churn.leaves = 160;
    results.churn.crashes = 155;
    results.churn.peers_alive_mean = Some(201.33);
    results.overlay.hops.mean = Some(1.75);
    results.overlay.hops.histogram = vec![0, 25, 75];
    results.unfinished = 2;
    results
}

fn verdict(name: &str, verdict: &str) -> Verdict {
    Verdict { name: name.to_owned(), verdict: verdict.to_owned() }
}

#[test]
fn a_full_summary_looks_like_this() {
    let checks = [verdict("H1", "pass"), verdict("H11", "FAIL at 12.5 s: n3 holds 70 of 64")];
    let text = text(&HEADER, &full(), &checks);
    let expected = "\
churn   clippee   seed 1
689 peers (201 online), 5,000 clients; 32 min 56 s simulated, measured 5 min to 30 min

operations      issued         ok     p50 ms     p90 ms     p99 ms   p99.9 ms     max ms
read           120,012    99.89 %       92.1        180        403      1,204     14,004
update          30,003    99.42 %       92.1        180        403      1,204     14,004
join         1,000,000   100.00 %          -          -          -          -          -

failed             all contention unreachable    timeout no access peer
read               131          0          31        100              0
update             175        120           0         52              3
2 hadn't ended when the run was over

locks           30,611 rounds                98.66 % granted                   401 retries
                1.24 % refused                0.10 % timed out

consistency          3 lost updates            1,204 stale reads                 0 divergent objects
                  12.3 divergence seconds          - concurrent commits          2 late commits

delivery     1,234,567 copies expected       99.98 % delivered                 246 missing
                     0 duplicate                   1 out of order             1.08 messages per copy
                   212 ms, p50                 1,530 ms, p99                29,412 ms, max

network     12,345,678 messages                 22.3 per operation         72.90 % background
               1.23 GB sent                   12,345 dropped, loss              17 dropped, crash

peer load         41.2 messages/s, mean         80.0 messages/s, p99           123 messages/s, max

hops              1.75 mean                  25.00 % 1 hop                 75.00 % 2 hops

churn              321 joins                     160 leaves                    155 crashes

checks      H1   pass
            H11  FAIL at 12.5 s: n3 holds 70 of 64

digest      00000000000000000000000000000000   51,234,567 events
";
    assert_eq!(text, expected, "\n{text}");
    assert!(text.lines().all(|line| line.len() <= 100 && line.trim_end() == line));
}

#[test]
fn blocks_without_measurements_are_left_out() {
    let text = text(&HEADER, &empty(0), &[]);
    let expected = "\
churn   clippee   seed 1
689 peers (0 online); 32 min 56 s simulated, measured 5 min to 30 min

network              0 messages                    - per operation               - background
                   0 B sent

digest      00000000000000000000000000000000   51,234,567 events
";
    assert_eq!(text, expected, "\n{text}");
}
