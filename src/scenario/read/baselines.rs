//! `[protocol.client_server]`, `[protocol.consensus]`, `[protocol.token_ring]`: what Clippee is compared
//! with.

use super::protocol::{Chosen, MOST_REPLICAS, check_leaves, operation_timeout, routing};
use crate::node::{OperationKind, Span};
use crate::protocol::{client_server as server, consensus as log, token_ring as ring};
use crate::scenario::kind::{Bytes, Count32, Flag, Or, Time, Word};
use crate::scenario::reader::{Field, Mark, Session, Table};
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

/// `[protocol.token_ring]`.
pub(super) fn token_ring(t: &mut Table<'_>, s: &mut Session<'_>) -> Chosen {
    let mut c = ring::Config::default();
    let daemons = t.take(s, "daemons", Or("all", Count32::of(1, 1_000_000)), c.daemons);
    c.daemons = daemons.value;
    let deliveries = Word(&[("safe", ring::Delivery::Safe), ("agreed", ring::Delivery::Agreed)]);
    c.delivery = t.take(s, "delivery", deliveries, c.delivery).value;
    let packets = Count32::of(1, 65_536);
    c.window = t.take(s, "window", packets, c.window).value;
    c.personal_window = t.take(s, "personal_window", packets, c.personal_window).value;
    c.packet = t.take(s, "packet", Bytes, c.packet).value;
    rings(t, s, &mut c);
    let heartbeat = t.take(s, "heartbeat_interval", Time::interval(), c.heartbeat_interval);
    c.heartbeat_interval = heartbeat.value;
    c.operation_timeout = operation_timeout(t, s, c.operation_timeout);
    c.max_clients = t.take(s, "max_clients", Count32::of(1, 10_000_000), c.max_clients).value;
    c.group_log = t.take(s, "group_log", Count32::of(1, 65_536), c.group_log).value;
    let crew = daemons.value.map(|value| (Field { value, mark: daemons.mark }, "daemons"));
    Chosen {
        config: ProtocolConfig::TokenRing(c),
        mark: Mark { at: None, sound: true },
        crew,
        serves_clients: true,
        serves: SERVES,
        usual_mix: USUAL,
    }
}

/// When a ring is over, and how the next one is found.
fn rings(t: &mut Table<'_>, s: &mut Session<'_>, c: &mut ring::Config) {
    let timeout = t.take(s, "token_timeout", Or("auto", Time::wait()), c.token_timeout);
    c.token_timeout = timeout.value;
    c.token_retransmit = t.take(s, "token_retransmit", Time::wait(), c.token_retransmit).value;
    let retransmits = Count32::of(0, 1_000);
    c.token_retransmits = t.take(s, "token_retransmits", retransmits, c.token_retransmits).value;
    let reorder = t.take(s, "reorder_wait", Time::from(Span::ZERO), c.reorder_wait);
    c.reorder_wait = reorder.value;
    let join = t.take(s, "join_timeout", Time::wait(), c.join_timeout);
    let consensus = t.take(s, "consensus_timeout", Time::wait(), c.consensus_timeout);
    if join.value >= consensus.value {
        s.conflict(
            format!(
                "`join_timeout` is {}, but `consensus_timeout` {}",
                join.value, consensus.value
            ),
            Some("who hasn't agreed is told again before it is left out".into()),
            &[
                (join.mark, "expected less than `consensus_timeout`"),
                (consensus.mark, "after so long the silent are left out"),
            ],
        );
    }
    (c.join_timeout, c.consensus_timeout) = (join.value, consensus.value);
    c.merge_interval = t.take(s, "merge_interval", Time::interval(), c.merge_interval).value;
}
