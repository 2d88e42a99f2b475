//! CLIPPEE 9: how long a lock round waits for q of n replicas when one-way delays are exponential
//! with a mean of 50 ms. The wait is the q-th smallest of n round trips, each the sum of two
//! exponential delays.

mod support;

use clippee_sim::node::*;
use clippee_sim::protocol::clippee::{Clippee, Config, Quorum, World};
use clippee_sim::protocol::overlay;
use clippee_sim::sim::network::{Latency, NetworkConfig};
use clippee_sim::sim::{Action, Plan, Scripted, Simulation};
use std::collections::BTreeMap;
use std::sync::Arc;

const PEERS: u32 = 30;
const ROUNDS: u64 = 4_000;

/// Lengths of lock rounds that were granted.
#[derive(Default)]
struct Rounds {
    began: BTreeMap<AttemptId, Time>,
    waits: Vec<Span>,
}

impl Observer<Clippee> for Rounds {
    fn observation(&mut self, at: Time, _: NodeId, observation: &Observation) {
        match *observation {
            Observation::RoundBegan { attempt, .. } => {
                self.began.insert(attempt, at);
            }
            Observation::RoundEnded { attempt, outcome, .. } => {
                assert_eq!(outcome, RoundOutcome::Granted, "nobody else wants the lock");
                self.waits.push(at.since(self.began[&attempt]));
            }
            _ => {}
        }
    }
}

/// One update after the other, ten seconds apart, at peers that aren't replicas.
fn plan(replicas: u32, lock_quorum: Quorum) -> Plan<Clippee> {
    let config = Config {
        replicas,
        lock_quorum,
        lock_timeout: Some(Span::from_secs(2)),
        cache_ttl: Span::NEVER,
        repair_interval: Span::NEVER,
        overlay: overlay::Config {
            maintenance_interval: Span::NEVER,
            ..overlay::Config::default()
        },
        ..Config::default()
    };
    // Evenly spread ids: the replicas of key 0 are the peers at both ends of the list.
    let step = u64::MAX / u64::from(PEERS);
    let ids: Vec<u64> =
        (0..=PEERS).map(|node| u64::from(node).wrapping_sub(1).wrapping_mul(step)).collect();
    let online = (1..=PEERS).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
    let nearness = Box::new(|_, _| Span::from_millis(50));
    let overlay = Arc::new(overlay::World { ids, online, nearness });
    let world = World { overlay, keys: vec![0], groups: 0, object_bytes: 1_000 };
    let latency = Latency::Exponential { mean: Span::from_millis(50), least: Span::ZERO };
    let network = NetworkConfig { latency, ..support::constant(Span::ZERO) };
    let mut plan =
        support::plan::<Clippee>(Arc::new(config), Arc::new(world), (PEERS, 0), 0.0, &network);
    let outsiders = u64::from(PEERS - 10);
    let update = |round: u64| Scripted {
        at: Time::ZERO + Span::from_secs(10 * (round + 1)),
        node: Some(NodeId((5 + round % outsiders) as u32 + 1)),
        action: Action::Issue(Operation::Update { object: ObjectId(0) }),
    };
    plan.script = (0..ROUNDS).map(update).collect();
    plan.end = Time::ZERO + Span::from_secs(10 * (ROUNDS + 2));
    plan
}

#[test]
fn a_round_waits_for_the_qth_of_n_round_trips() {
    for (replicas, quorum, expected_ms) in [
        (3, Quorum::Majority, 91.2),
        (3, Quorum::All, 160.6),
        (5, Quorum::Majority, 88.6),
        (5, Quorum::All, 190.4),
    ] {
        let mut run = Simulation::new(plan(replicas, quorum), Rounds::default());
        run.run_to_end();
        let waits = run.into_observer().waits;
        assert_eq!(waits.len() as u64, ROUNDS);
        let mean = waits.iter().map(|wait| wait.millis()).sum::<f64>() / waits.len() as f64;
        // The standard error is 0.6 to 1.3 ms.
        assert!((mean / expected_ms - 1.0).abs() < 0.025, "{quorum:?} of {replicas}: {mean} ms");
    }
}
