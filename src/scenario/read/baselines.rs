//! `[protocol.client_server]`: what Clippee is compared with.

use super::protocol::{Chosen, operation_timeout};
use crate::node::{OperationKind, Span};
use crate::protocol::client_server as server;
use crate::scenario::kind::{Count32, Flag, Time};
use crate::scenario::reader::{Mark, Session, Table};
use crate::scenario::types::ProtocolConfig;

/// What is done to objects, in Clippee's usual shares.
const USUAL: &[(OperationKind, f64)] = &[(OperationKind::Read, 0.8), (OperationKind::Update, 0.2)];

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
    };
    Chosen {
        config: ProtocolConfig::ClientServer(config),
        mark: Mark { at: None, sound: true },
        crew: Some((servers, "servers")),
        serves_clients: true,
        serves: &[OperationKind::Read, OperationKind::Update],
        usual_mix: USUAL,
    }
}
