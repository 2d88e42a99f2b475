//! The token ring under cuts: each side makes a ring and serves on; when all is whole they become one
//! again, and what only one side holds is lost, and counted.

use super::{HEALED, cut, failed, measured};

/// By then the sides have found each other and made one ring of it.
const SETTLED: u64 = HEALED + 60;

const SCENARIO: &str = r#"
schema = 1
name = "cuts"
duration = "240s"
[protocol.token_ring]
merge_interval = "5s"
[peers]
count = 9
[clients]
count = 12
[network]
latency = { uniform = { min = "10ms", max = "30ms" } }
[workload]
rate = "0.35/s"
mix = { read = "33%", update = "33%", multicast = "34%" }
objects = { count = 6, popularity = "uniform", size = "100B" }
groups = { count = 1, sizes = { fixed = 12 }, message = "50B", total = "50%" }
"#;

#[test]
fn each_side_serves_on_and_all_become_one_again() {
    let (mut lost, mut broken_off, mut all) = (0, 0, 0);
    for seed in 1..=30 {
        let text = cut(SCENARIO, seed);
        let (metrics, broken) = measured(&text, seed, 0);
        // Guarantees of strong systems are what both sides give up.
        let owed = |check: &&serde_json::Value| check["required"] != false;
        let broken: Vec<_> = broken.iter().filter(owed).collect();
        assert!(broken.is_empty(), "seed {seed}: {broken:?}");
        let dropped = metrics["network"]["dropped"]["cut"].as_u64().unwrap();
        assert!(dropped > 1_000, "seed {seed}: {dropped} messages were cut off");
        let (settled, _) = measured(&text, seed, SETTLED);
        assert_eq!(failed(&settled), 0, "seed {seed}: after healing");
        lost += metrics["consistency"]["lost_updates"].as_u64().unwrap();
        broken_off += failed(&metrics);
        let kinds = metrics["operations"].as_object().unwrap().values();
        all += kinds.map(|kind| kind["issued"].as_u64().unwrap()).sum::<u64>();
    }
    assert!(lost > 0, "cuts under which both sides serve cost updates");
    assert!(broken_off * 5 < all, "{broken_off} of {all} operations failed");
}
