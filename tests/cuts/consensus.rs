//! The consensus baseline under cuts: it stays linearizable, and serves again when all is whole.

use super::{HEALED, cut, failed, measured};

/// All operations asked from here on succeed: the cuts have healed 40 s ago.
const SETTLED: u64 = HEALED + 40;

const SCENARIO: &str = r#"
schema = 1
name = "cuts"
duration = "240s"
[protocol.consensus]
logs = 2
election_timeout = "500ms"
replace_after = "3s"
overlay = { maintenance_interval = "5s" }
[peers]
count = 9
[clients]
count = 12
[network]
latency = { uniform = { min = "10ms", max = "30ms" } }
[workload]
rate = "0.35/s"
mix = { read = "50%", update = "50%" }
objects = { count = 6, popularity = "uniform", size = "100B" }
"#;

#[test]
fn cuts_lose_nothing_and_nothing_is_stale() {
    let mut failures = 0;
    for seed in 1..=30 {
        let text = cut(SCENARIO, seed);
        let (metrics, broken) = measured(&text, seed, 0);
        assert!(broken.is_empty(), "seed {seed}: {broken:?}");
        let dropped = metrics["network"]["dropped"]["cut"].as_u64().unwrap();
        assert!(dropped > 1_000, "seed {seed}: {dropped} messages were cut off");
        let consistency = &metrics["consistency"];
        for what in ["lost_updates", "stale_reads", "concurrent_commits"] {
            assert_eq!(consistency[what], 0, "seed {seed}: {what}");
        }
        let sessions = &consistency["detail"]["sessions"];
        for what in ["monotonic_reads", "read_your_writes"] {
            assert_eq!(sessions[what], 0, "seed {seed}: {what}");
        }
        let (settled, _) = measured(&text, seed, SETTLED);
        assert_eq!(failed(&settled), 0, "seed {seed}: after healing");
        failures += failed(&metrics);
    }
    assert!(failures > 0, "cuts that hurt nobody show nothing");
}
