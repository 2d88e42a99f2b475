//! What the baselines' worlds are made of, and what their observers must know.
//!
//! Observers think in ring positions (who is responsible for an object: the closest by id). A
//! baseline places objects in its own way, so its objects get the ring positions of those who hold
//! them.

use super::registry::Surroundings;
use crate::node::{NodeId, ObjectId, Span};
use crate::observe::consistency::Census;
use crate::protocol::client_server::{self, ClientServer};
use crate::protocol::consensus::{self, Consensus};
use crate::protocol::overlay::Start;
use crate::protocol::token_ring::{self, TokenRing};
use crate::scenario::Scenario;
use crate::sim::Plan;
use std::sync::Arc;

/// An ordered state remembers operations by time; so many versions back checkers look for repeats.
const DEDUPE: u32 = 1_024;

impl Surroundings {
    /// The client-server baseline: each object's only copy, and each group, is at its server.
    pub fn client_server(
        mut self,
        scenario: &Scenario,
        config: &client_server::Config,
    ) -> (Plan<ClientServer>, Census) {
        let world = client_server::World {
            servers: config.servers,
            object_bytes: scenario.workload.object_bytes,
        };
        let objects = 0..scenario.workload.objects + self.groups;
        let server = |object| self.ids[world.server_of(ObjectId(object)).index()];
        self.keys = Arc::new(objects.map(server).collect());
        let census = Census {
            replicas: 1,
            dedupe: config.dedupe,
            servers: config.servers,
            ..self.register(scenario, config.operation_timeout)
        };
        (self.plan(scenario, Arc::new(config.clone()), world, Start::Converged), census)
    }

    /// The consensus baseline: an object or group is held by the members of its log, which are those closest
    /// to the log's place.
    pub fn consensus(
        mut self,
        scenario: &Scenario,
        config: &consensus::Config,
    ) -> (Plan<Consensus>, Census) {
        let world = consensus::World::new(
            self.overlay_world(),
            self.keys.to_vec(),
            (config.logs, config.replicas),
            scenario.workload.object_bytes,
        );
        let objects = (0..scenario.workload.objects + self.groups).map(ObjectId);
        self.keys = Arc::new(objects.map(|object| world.place(world.log_of(object))).collect());
        let census = Census {
            replicas: config.replicas,
            // Whoever reads or writes meets what was decided before: C1 applies.
            read_quorum: config.replicas,
            lock_quorum: config.replicas,
            dedupe: DEDUPE,
            max_clients: config.max_clients,
            ..self.register(scenario, config.operation_timeout)
        };
        let config = Arc::new(config.clone());
        (self.plan(scenario, config, Arc::new(world), Start::Converged), census)
    }

    /// The token-ring baseline: every daemon holds everything, and answers reads by itself.
    pub fn token_ring(
        self,
        scenario: &Scenario,
        config: &token_ring::Config,
    ) -> (Plan<TokenRing>, Census) {
        let identities = self.peers.identities;
        let daemons = config.daemons.unwrap_or(identities).min(identities);
        let daemon = |&node: &NodeId| self.peers.churn.is_up_at_start(node);
        let world = token_ring::World {
            daemons,
            online: (1..=daemons).map(NodeId).filter(daemon).collect(),
            peers: identities,
            object_bytes: scenario.workload.object_bytes,
        };
        let census = Census {
            // Other peers hold nothing, and are clients to observers.
            peers: daemons,
            replicas: daemons,
            dedupe: DEDUPE,
            max_clients: config.max_clients,
            ..self.register(scenario, config.operation_timeout)
        };
        (self.plan(scenario, Arc::new(config.clone()), Arc::new(world), Start::Converged), census)
    }

    /// The census of a protocol without locks in which one answer is all that it takes: what it
    /// answers is decided.
    fn register(&self, scenario: &Scenario, operation_timeout: Span) -> Census {
        Census {
            read_quorum: 1,
            lock_quorum: 1,
            write_acks: 1,
            max_clients: u32::MAX,
            ..self.census(scenario, None, operation_timeout)
        }
    }
}
