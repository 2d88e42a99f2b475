//! The consensus baseline under cuts: it stays linearizable, and serves again when all is whole.

use super::net::{CLIENTS, END, HEALED, Net, PEERS};
use clippee_sim::node::*;
use clippee_sim::observe::consistency::{Census, Consistency, ConsistencyReport};
use clippee_sim::protocol::consensus::{Config, Consensus, World};
use clippee_sim::protocol::overlay;
use std::sync::Arc;

const OBJECTS: u32 = 6;

fn build(seed: u64) -> Net<Consensus, Consistency> {
    let key = Key::from_word(seed);
    let ids: Vec<u64> = (0..=PEERS).map(|node| key.lane(node, 0, 1).word()).collect();
    let mut online: Vec<_> = (1..=PEERS).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
    online.sort_unstable();
    let keys: Vec<u64> = (0..OBJECTS).map(|object| key.lane(object, 0, 2).word()).collect();
    let config = Arc::new(Config {
        logs: 2,
        election_timeout: Span::from_millis(500),
        replace_after: Span::from_secs(3),
        overlay: overlay::Config {
            maintenance_interval: Span::from_secs(5),
            ..overlay::Config::default()
        },
        ..Config::default()
    });
    let nearness = Box::new(|_, _| Span::from_millis(1));
    let overlay = Arc::new(overlay::World { ids: ids.clone(), online, nearness });
    let world = Arc::new(World::new(overlay, keys.clone(), (2, 5), 100));
    let census = Census {
        peers: PEERS,
        nodes: PEERS + CLIENTS,
        ids: Arc::new(ids),
        keys: Arc::new(keys),
        replicas: 0,
        lock_quorum: 1,
        read_quorum: 1,
        write_acks: 1,
        lock_lease: Span::ZERO,
        lock_patience: Span::ZERO,
        operation_timeout: config.operation_timeout,
        dedupe: 32,
        object_bytes: 100,
        warmup: Time::ZERO,
        duration: END,
        servers: 0,
        groups: 0,
        max_clients: 100,
        service_time: Span::ZERO,
        settle: None,
        end: END,
    };
    let mut draw = key.lane(0, 0, 3);
    let mut net = Net::new(key, &mut draw, Consistency::new(census), &config, &world);
    // Four operations a second until well after the cuts have healed.
    for turn in 0..800_u32 {
        let client = NodeId(PEERS + 1 + turn % CLIENTS);
        let object = ObjectId(draw.below(u64::from(OBJECTS)) as u32);
        let write = draw.chance(0.5);
        let operation =
            if write { Operation::Update { object } } else { Operation::Read { object } };
        let id = OperationId { client, count: turn };
        net.issue(Span::from_millis(2_000 + 250 * u64::from(turn)), id, operation);
    }
    net
}

#[test]
fn cuts_lose_nothing_and_nothing_is_stale() {
    let mut failed = 0;
    for seed in 1..=30 {
        let mut net = build(seed);
        net.run();
        assert!(net.dropped > 1_000, "seed {seed}: {} messages were cut off", net.dropped);
        assert_eq!(net.ended.len(), net.asked.len(), "seed {seed}: every operation ends");
        let settled = HEALED + Span::from_secs(40);
        for (id, outcome) in &net.ended {
            let ok = matches!(outcome, Outcome::Ok(_));
            assert!(ok || net.asked[id] < settled, "seed {seed}: {id} {outcome:?} after healing");
            failed += u32::from(!ok);
        }
        let ConsistencyReport { lost_updates, stale_reads, concurrent_commits, detail, .. } =
            net.observer.finish();
        assert_eq!((lost_updates, stale_reads, concurrent_commits), (0, 0, 0), "seed {seed}");
        let sessions = detail.sessions;
        assert_eq!(sessions.monotonic_reads + sessions.read_your_writes, 0, "seed {seed}");
    }
    println!("{failed} of {} operations failed", 30 * 800);
    assert!(failed > 0, "cuts that hurt nobody show nothing");
}
