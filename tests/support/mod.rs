//! What several test files share: a toy protocol, and plans to run it with.

use clippee_sim::node::*;
use clippee_sim::sim::churn::{ChurnConfig, Law};
use clippee_sim::sim::fault::Schedule;
use clippee_sim::sim::network::{Latency, Network, NetworkConfig};
use clippee_sim::sim::population::Population;
use clippee_sim::sim::workload::{Popularity, Workload, WorkloadConfig};
use clippee_sim::sim::{Group, Plan};

/// A small network of `peers` and `clients`, each issuing `rate` operations a second.
pub fn plan<P: Protocol>(
    config: P::Config,
    world: P::World,
    (peers, clients): (u32, u32),
    rate: f64,
    network: &NetworkConfig,
) -> Plan<P> {
    let seed = 1;
    let population = |count| Population {
        count,
        leave_grace: Span::from_secs(5),
        service_time: Span::ZERO,
        boot_within: Span::from_secs(1),
        churn: ChurnConfig::None,
    };
    let workload = WorkloadConfig {
        rate,
        mix: vec![(OperationKind::Update, 1.0)],
        objects: 1,
        popularity: Popularity::Uniform,
        object_bytes: 1024,
        groups: None,
        changes: Vec::new(),
    };
    Plan {
        seed,
        config,
        world,
        peers: Group::new(&population(peers), NodeId(1), seed),
        clients: Group::new(&population(clients), NodeId(peers + 1), seed),
        network: Network::new(network, (peers + clients) as usize, seed).into(),
        uplink: None,
        downlink: None,
        workload: Workload::new(&workload, peers, clients, seed),
        issuers: if clients > 0 { Role::Client } else { Role::Peer },
        stagger: Span::ZERO,
        duration: Time::NEVER,
        end: Time::NEVER,
        script: Vec::new(),
        faults: Schedule::default(),
    }
}

/// Clients with sessions of 90 s on average and gaps of 20 s, of which half end in a crash.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub fn coming_and_going(count: u32) -> Population {
    let law = |s| Law::Exponential { mean: Span::from_secs(s) };
    Population {
        count,
        leave_grace: Span::from_secs(5),
        service_time: Span::ZERO,
        boot_within: Span::from_secs(1),
        churn: ChurnConfig::Renewal { session: law(90), gap: law(20), crash: 0.5 },
    }
}

/// A network in which every message takes `delay`.
pub fn constant(delay: Span) -> NetworkConfig {
    NetworkConfig { latency: Latency::Constant(delay), ..NetworkConfig::default() }
}
