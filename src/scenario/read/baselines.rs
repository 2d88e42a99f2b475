//! `[protocol.client_server]`, `[protocol.consensus]`: what Clippee is compared with.

use super::protocol::{Chosen, MOST_REPLICAS, check_leaves, operation_timeout, routing};
use crate::node::{OperationKind, Span};
use crate::protocol::{client_server as server, consensus as log};
use crate::scenario::kind::{Count32, Flag, Time};
use crate::scenario::reader::{Mark, Session, Table};
use crate::scenario::types::ProtocolConfig;

/// What is done to objects, in Clippee's usual shares.
const USUAL: &[(OperationKind, f64)] = &[(OperationKind::Read, 0.8), (OperationKind::Update, 0.2)];

/// What Clippee serves.
const SERVES: &[OperationKind] = &[
    OperationKind::Read,
    OperationKind::Update,
    OperationKind::Join,
    OperationKind::Leave,
    OperationKind::Multicast,
    OperationKind::Members,
];

/// `[protocol.client_server]`.
pub(super) fn client_server(t: &mut Table<'_>, s: &mut Session<'_>) -> Chosen {
    let d = server::Config::default();
    let servers = t.take(s, "servers", Count32::of(1, 1_000_000), d.servers);
    let interval = t.take(s, "heartbeat_interval", Time::interval(), d.heartbeat_interval);
    let config = server::Config {
        servers: servers.value,
        heartbeat_interval: interval.value,
        operation_timeout: operation_timeout(t, s, d.operation_timeout),
        rto_min: t.take(s, "rto_min", Time::from(Span::ZERO), d.rto_min).value,
        dedupe: t.take(s, "dedupe", Count32::of(1, 1_024), d.dedupe).value,
        durable: t.take(s, "durable", Flag, d.durable).value,
        group_log: t.take(s, "group_log", Count32::of(1, 65_536), d.group_log).value,
    };
    Chosen {
        config: ProtocolConfig::ClientServer(config),
        mark: Mark { at: None, sound: true },
        crew: Some((servers, "servers")),
        serves_clients: true,
        serves: SERVES,
        usual_mix: USUAL,
    }
}

/// `[protocol.consensus]`.
pub(super) fn consensus(t: &mut Table<'_>, s: &mut Session<'_>) -> Chosen {
    let mut c = log::Config::default();
    let replicas = t.take(s, "replicas", Count32::of(3, MOST_REPLICAS), c.replicas);
    c.replicas = replicas.value;
    c.logs = t.take(s, "logs", Count32::of(1, 65_536), c.logs).value;
    c.election_timeout = t.take(s, "election_timeout", Time::wait(), c.election_timeout).value;
    let flush_interval = t.take(s, "flush_interval", Time::from(Span::ZERO), c.flush_interval);
    c.flush_interval = flush_interval.value;
    c.replace_after = t.take(s, "replace_after", Time::interval(), c.replace_after).value;
    let heartbeat = t.take(s, "heartbeat_interval", Time::interval(), c.heartbeat_interval);
    c.heartbeat_interval = heartbeat.value;
    c.operation_timeout = operation_timeout(t, s, c.operation_timeout);
    c.max_clients = t.take(s, "max_clients", Count32::of(1, 10_000_000), c.max_clients).value;
    c.group_log = t.take(s, "group_log", Count32::of(1, 65_536), c.group_log).value;
    c.fanout = t.take(s, "fanout", Count32::of(2, 1_024), c.fanout).value;
    c.repair_interval = t.take(s, "repair_interval", Time::interval(), c.repair_interval).value;
    let start = c.overlay.start;
    let (overlay, leaf_set) = t.section(s, "overlay", |t, s| routing(t, s, start));
    c.overlay = overlay;
    check_leaves(s, &replicas, &leaf_set);
    Chosen {
        config: ProtocolConfig::Consensus(c),
        mark: Mark { at: None, sound: true },
        crew: Some((replicas, "replicas")),
        serves_clients: true,
        serves: SERVES,
        usual_mix: USUAL,
    }
}
