//! What runs will cost, roughly: how long they take beside each other, and how much memory.

use crate::experiment::Timeline;
use crate::scenario::{ProtocolConfig, Scenario};

/// What every process needs, in bytes.
const BASE: u64 = 12 << 20;
/// What a run needs whatever its size: buffers, and what the allocator keeps for its thread.
const RUN: u64 = 4 << 20;
/// What a peer needs besides what it stores, by the mean number online. Measured: 16 kB in small
/// rings; three times as much with 20,000 peers, whose tables of round trips are full.
const PEER: u64 = 55_000;
/// What a client needs. Measured: 400 B, and more with what is under way.
const CLIENT: u64 = 700;
/// What a copy of an object needs that was written, in stores and in the observers' books. Measured:
/// 230 B; one that never was needs a tenth.
const COPY: u64 = 240;
/// What a node needs in each thread of a run but the first.
const ELSEWHERE: u64 = 40;

/// The memory that the heaviest runs will need at once: an estimate from numbers of nodes and
/// objects alone. Long queues and large groups need more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Of the whole process, in bytes.
    pub bytes: u64,
}

impl Estimate {
    /// For these runs, so many of them at a time, each on so many threads.
    #[must_use]
    pub fn new<'s>(runs: impl Iterator<Item = &'s Scenario>, jobs: usize, threads: u32) -> Self {
        let mut bytes: Vec<u64> = runs.map(|run| bytes(run, threads)).collect();
        bytes.sort_unstable_by(|a, b| b.cmp(a));
        Self { bytes: BASE + bytes.iter().take(jobs).sum::<u64>() }
    }
}

fn bytes(scenario: &Scenario, threads: u32) -> u64 {
    let copies = match scenario.protocols.first() {
        Some(ProtocolConfig::Clippee(config)) => config.replicas,
        Some(ProtocolConfig::Consensus(config)) => config.replicas,
        Some(ProtocolConfig::ClientServer(_)) => 1,
        // Every daemon holds everything.
        Some(ProtocolConfig::TokenRing(config)) => config.daemons.unwrap_or(scenario.peers.count),
        Some(ProtocolConfig::Overlay { .. }) | None => 0,
    };
    let objects = u64::from(scenario.workload.objects) * u64::from(copies) * COPY;
    let (peers, clients) = (u64::from(scenario.peers.count), u64::from(scenario.clients.count));
    let elsewhere = u64::from(threads.saturating_sub(1)) * (peers + clients) * ELSEWHERE;
    RUN + peers * PEER + clients * CLIENT + objects + elsewhere
}

/// How much there is to simulate: nodes times simulated seconds. Meaningful beside that of another
/// run only.
#[must_use]
pub fn weight(scenario: &Scenario) -> f64 {
    let Some(protocol) = scenario.protocols.first() else { return 0.0 };
    let nodes = f64::from(scenario.peers.count) + f64::from(scenario.clients.count);
    nodes * Timeline::new(scenario, protocol).end.seconds()
}
