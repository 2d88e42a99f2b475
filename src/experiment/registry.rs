//! The one big match: which protocol a scenario names, and what its world is made of.

use super::placement;
use super::timeline::Timeline;
use crate::node::{NodeId, Protocol, Role, Span, Time};
use crate::observe::consistency::Census;
use crate::protocol::clippee::{self, Clippee};
use crate::protocol::overlay::{self, Lookups, LookupsConfig, Start};
use crate::scenario::{ProtocolConfig, Scenario};
use crate::sim::fault::{Cast, Schedule, Scope};
use crate::sim::network::Network;
use crate::sim::workload::{Given, Workload, WorkloadConfig};
use crate::sim::{Action, Group, Plan, Scripted};
use std::sync::Arc;

/// Boots of peers that join by message at the start lie this far apart, so that each finds others
/// to join through.
const STAGGER: Span = Span::from_millis(10);

/// Something to be done with a plan, whatever its protocol.
pub(super) trait Task {
    /// What comes of it.
    type Output;

    /// Does it. The census is what observers must know of the plan.
    fn perform<P: Protocol>(self, plan: Plan<P>, census: &Census) -> Self::Output;
}

/// Makes the plan of the scenario's first protocol, and lets `task` do with it what it does.
pub(super) fn with_plan<T: Task>(scenario: &Scenario, task: T) -> T::Output {
    let protocol = scenario.protocols.first().expect("a valid scenario names a protocol");
    let world = Surroundings::new(scenario, protocol);
    match protocol {
        ProtocolConfig::Clippee(config) => {
            let census = world.census(scenario, Some(config), config.operation_timeout);
            task.perform(world.clippee(scenario, config), &census)
        }
        ProtocolConfig::ClientServer(config) => {
            let (plan, census) = world.client_server(scenario, config);
            task.perform(plan, &census)
        }
        ProtocolConfig::Consensus(config) => {
            let (plan, census) = world.consensus(scenario, config);
            task.perform(plan, &census)
        }
        ProtocolConfig::TokenRing(config) => {
            let (plan, census) = world.token_ring(scenario, config);
            task.perform(plan, &census)
        }
        ProtocolConfig::Overlay { overlay, operation_timeout } => {
            let census = world.census(scenario, None, *operation_timeout);
            task.perform(world.lookups(scenario, overlay, *operation_timeout), &census)
        }
    }
}

/// The faults of the scenario's first protocol, resolved as far as they can be before the run.
pub(super) fn schedule(scenario: &Scenario) -> Schedule {
    let protocol = scenario.protocols.first().expect("a valid scenario names a protocol");
    Surroundings::new(scenario, protocol).faults(scenario)
}

/// What surrounds the nodes, whatever their protocol.
pub(super) struct Surroundings {
    pub timeline: Timeline,
    pub peers: Group,
    pub clients: Group,
    pub network: Arc<Network>,
    pub ids: Arc<Vec<u64>>,
    /// Of plain objects, then of groups.
    pub keys: Arc<Vec<u64>>,
    pub groups: u32,
    /// How many peers are responsible for an object.
    replicas: u32,
    /// Whether peers that boot later join by message.
    joins: bool,
}

impl Surroundings {
    fn new(scenario: &Scenario, protocol: &ProtocolConfig) -> Self {
        let seed = scenario.seed;
        let peers = Group::new(&scenario.peers, NodeId(1), seed);
        let clients = Group::new(&scenario.clients, NodeId(peers.identities + 1), seed);
        let nodes = (peers.identities + clients.identities) as usize;
        let groups = scenario.workload.groups.as_ref().map_or(0, |groups| groups.count);
        let (objects, groups) = match protocol {
            ProtocolConfig::Clippee(_)
            | ProtocolConfig::ClientServer(_)
            | ProtocolConfig::Consensus(_)
            | ProtocolConfig::TokenRing(_) => (scenario.workload.objects, groups),
            ProtocolConfig::Overlay { .. } => (0, 0),
        };
        Self {
            timeline: Timeline::new(scenario, protocol),
            network: Arc::new(Network::new(&scenario.network, nodes, seed)),
            ids: Arc::new(placement::ids(seed, peers.identities)),
            keys: Arc::new(placement::keys(seed, objects + groups)),
            groups,
            peers,
            clients,
            replicas: match protocol {
                ProtocolConfig::Clippee(config) => config.replicas,
                ProtocolConfig::Consensus(config) => config.replicas,
                ProtocolConfig::ClientServer(_) => 1,
                ProtocolConfig::TokenRing(config) => config.daemons.unwrap_or(u32::MAX),
                ProtocolConfig::Overlay { .. } => 0,
            },
            joins: !matches!(
                protocol,
                ProtocolConfig::ClientServer(_) | ProtocolConfig::TokenRing(_)
            ),
        }
    }

    /// The faults of the run, resolved as far as they can be.
    fn faults(&self, scenario: &Scenario) -> Schedule {
        let cast = Cast {
            peers: self.peers.identities,
            clients: self.clients.identities,
            network: &self.network,
        };
        let scope = Scope {
            ids: self.ids.clone(),
            keys: self.keys.clone(),
            replicas: self.replicas,
            joins: self.joins,
        };
        Schedule::new(&scenario.faults, cast, scope, (self.timeline.duration, scenario.seed))
    }

    pub fn census(
        &self,
        scenario: &Scenario,
        clippee: Option<&clippee::Config>,
        operation_timeout: Span,
    ) -> Census {
        let r = clippee.map_or(0, |config| config.replicas);
        Census {
            peers: self.peers.identities,
            nodes: self.peers.identities + self.clients.identities,
            ids: self.ids.clone(),
            keys: self.keys.clone(),
            groups: self.groups,
            replicas: r,
            read_quorum: clippee.map_or(0, |config| config.read_quorum.of(r)),
            lock_quorum: clippee.map_or(0, clippee::Config::lock_grants),
            write_acks: clippee.map_or(0, |config| config.write_acks.of(r)),
            lock_lease: clippee.map_or(Span::ZERO, |config| config.lock_lease),
            lock_patience: clippee.map_or(Span::ZERO, clippee::Config::longest_lock_timeout),
            cache_ttl: clippee.map_or(Span::ZERO, |config| config.cache_ttl),
            operation_timeout,
            servers: 0,
            max_clients: clippee.map_or(0, |config| config.max_clients),
            service_time: scenario.peers.service_time,
            dedupe: clippee.map_or(0, |config| config.dedupe),
            object_bytes: scenario.workload.object_bytes,
            warmup: self.timeline.warmup,
            duration: self.timeline.duration,
            settle: self.timeline.settle,
            end: self.timeline.end,
        }
    }

    pub fn overlay_world(&self) -> Arc<overlay::World> {
        let network = self.network.clone();
        Arc::new(overlay::World {
            ids: self.ids.to_vec(),
            online: placement::online(&self.ids, &self.peers),
            nearness: Box::new(move |a, b| network.nearness(a, b)),
        })
    }

    /// The operations that the scenario gives.
    fn given(&self, scenario: &Scenario) -> Vec<Scripted> {
        let first = self.peers.identities;
        let entry = |given: &Given| Scripted {
            at: Time::ZERO + given.at,
            node: Some(NodeId(first + given.client)),
            action: Action::Issue(given.operation),
        };
        scenario.operations.iter().map(entry).collect()
    }

    fn clippee(self, scenario: &Scenario, config: &clippee::Config) -> Plan<Clippee> {
        let world = clippee::World {
            overlay: self.overlay_world(),
            keys: self.keys.to_vec(),
            groups: self.groups,
            object_bytes: scenario.workload.object_bytes,
        };
        let start = config.overlay.start;
        self.plan(scenario, Arc::new(config.clone()), Arc::new(world), start)
    }

    fn lookups(
        self,
        scenario: &Scenario,
        config: &overlay::Config,
        operation_timeout: Span,
    ) -> Plan<Lookups> {
        let start = config.start;
        let world = self.overlay_world();
        let config = LookupsConfig { overlay: Arc::new(config.clone()), operation_timeout };
        self.plan(scenario, Arc::new(config), world, start)
    }

    pub fn plan<P: Protocol>(
        self,
        scenario: &Scenario,
        config: P::Config,
        world: P::World,
        start: Start,
    ) -> Plan<P> {
        let seed = scenario.seed;
        let objects = u32::try_from(self.keys.len()).unwrap_or(0) - self.groups;
        let faults = self.faults(scenario);
        let probes = |settle| placement::probes(seed, objects, settle);
        let probes = self.timeline.settle.map(probes).unwrap_or_default();
        let silent = || WorkloadConfig {
            rate: 0.0,
            groups: None,
            changes: Vec::new(),
            ..scenario.workload.clone()
        };
        let given = self.given(scenario);
        let drawn = if scenario.drawn { scenario.workload.clone() } else { silent() };
        Plan {
            seed,
            config,
            world,
            network: self.network,
            uplink: scenario.network.uplink,
            downlink: scenario.network.downlink,
            workload: Workload::new(&drawn, self.peers.identities, self.clients.identities, seed),
            issuers: if self.clients.identities > 0 { Role::Client } else { Role::Peer },
            stagger: match start {
                Start::Converged => Span::ZERO,
                Start::Join => STAGGER,
            },
            duration: self.timeline.duration,
            end: self.timeline.end,
            // Probes come first: their draws are named by their places.
            script: probes.into_iter().chain(given).collect(),
            faults,
            peers: self.peers,
            clients: self.clients,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{ObjectId, Operation};
    use crate::scenario::{LoadOptions, load_str};
    use std::path::Path;

    fn clippee_plan(rest: &str) -> (Plan<Clippee>, Census) {
        let text = format!("schema = 1\nname = \"t\"\n[protocol.clippee]\n{rest}");
        let loaded = load_str(&text, "t", Path::new(""), &LoadOptions::default()).unwrap();
        let scenario = loaded.scenario;
        let world = Surroundings::new(&scenario, &scenario.protocols[0]);
        let ProtocolConfig::Clippee(config) = &scenario.protocols[0] else { panic!() };
        let census = world.census(&scenario, Some(config), config.operation_timeout);
        (world.clippee(&scenario, config), census)
    }

    #[test]
    fn groups_come_after_the_objects_and_move_none_of_them() {
        let objects = "[workload]\nobjects = { count = 20 }\n";
        let (plain, _) = clippee_plan(objects);
        let (plan, census) = clippee_plan(&format!("{objects}groups = {{ count = 5 }}\n"));
        assert_eq!((plan.world.keys.len(), plan.world.groups, plain.world.groups), (25, 5, 0));
        assert_eq!(plan.world.keys[..20], plain.world.keys[..]);
        assert_eq!((census.objects(), census.groups), (25, 5));
        let first = plan.workload.groups().unwrap().group(0);
        assert!(plan.world.is_group(first) && !plan.world.is_group(ObjectId(19)));
    }

    #[test]
    fn probes_leave_groups_alone() {
        let (plan, _) =
            clippee_plan("[workload]\nobjects = { count = 20 }\ngroups = { count = 5 }\n");
        assert_eq!(plan.script.len(), 20);
        for entry in &plan.script {
            let Action::Issue(Operation::Update { object }) = entry.action else { panic!() };
            assert!(!plan.world.is_group(object));
        }
    }
}
