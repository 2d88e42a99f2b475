//! How large a peer's tables are.

use super::super::gauge::Gauge;
use super::super::groups::Sizes;
use super::super::{Clippee, Config, World, requests};
use super::Peer;
use crate::node::Context;

impl Peer {
    pub(super) fn tell_sizes(&mut self, cx: &mut Context<'_, Clippee>) {
        let (pending, answers) = self.requests.len();
        let (cached_sets, update_lines, reads) = self.coordinator.sizes();
        let Sizes { groups, members, relays, censuses } = self.access.sizes();
        let gauges = &mut self.gauges;
        gauges.clients.note(self.sessions.len(), cx);
        gauges.requests.note(pending, cx);
        gauges.answers.note(answers, cx);
        gauges.cached_sets.note(cached_sets, cx);
        gauges.update_lines.note(update_lines, cx);
        gauges.reads.note(reads, cx);
        gauges.groups.note(groups, cx);
        gauges.members.note(members, cx);
        gauges.relays.note(relays, cx);
        gauges.censuses.note(censuses, cx);
    }

    /// Depends on the sizes of all tables: each part is looked at after each step.
    pub(in crate::protocol::clippee) fn glance(&self) -> u32 {
        let (pending, answers) = self.requests.len();
        let (sets, lines, reads) = self.coordinator.sizes();
        let Sizes { groups, relays, .. } = self.access.sizes();
        let sizes = pending ^ answers ^ sets ^ lines ^ reads ^ groups ^ relays ^ self.notices.len();
        let gauges = self.gauges.clients.glance() ^ self.gauges.censuses.glance();
        (sizes ^ self.sessions.len()) as u32
            ^ gauges
            ^ self.replica.glance()
            ^ self.overlay.glance()
    }
}

/// Of the tables whose sizes depend on what is asked (CLIPPEE H11).
pub(super) struct Gauges {
    clients: Gauge,
    requests: Gauge,
    answers: Gauge,
    cached_sets: Gauge,
    update_lines: Gauge,
    reads: Gauge,
    groups: Gauge,
    members: Gauge,
    relays: Gauge,
    censuses: Gauge,
}

impl Gauges {
    pub fn new(config: &Config, world: &World) -> Self {
        let objects = u32::try_from(world.keys.len()).unwrap_or(u32::MAX);
        Self {
            clients: Gauge::new("clients", config.max_clients),
            requests: Gauge::new("requests", requests::PENDING_BOUND as u32),
            answers: Gauge::new("answers", requests::ANSWERS_BOUND as u32),
            cached_sets: Gauge::new("cached_sets", objects),
            update_lines: Gauge::new("update_lines", objects),
            reads: Gauge::new("reads", requests::PENDING_BOUND as u32),
            groups: Gauge::new("groups", world.groups),
            // Each client may be in every group.
            members: Gauge::new("members", config.max_clients.saturating_mul(world.groups)),
            relays: Gauge::new("relays", Sizes::RELAYS),
            censuses: Gauge::new("censuses", requests::PENDING_BOUND as u32),
        }
    }
}
