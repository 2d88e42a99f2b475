//! How large a peer's tables are.

use super::super::groups::Sizes;
use super::super::{Clippee, gauge, requests};
use super::Peer;
use crate::node::Context;

impl Peer {
    /// Tells of those tables whose sizes depend on what is asked (CLIPPEE H11).
    pub(super) fn tell_sizes(&mut self, cx: &mut Context<'_, Clippee>) {
        let (pending, answers) = self.requests.len();
        let (cached_sets, update_lines, reads) = self.coordinator.sizes();
        let Sizes { groups, members, relays, censuses } = self.access_sizes();
        let (clients, objects) = (self.config.max_clients, self.world.objects());
        // Each client may be in every group.
        let memberships = clients.saturating_mul(self.world.groups);
        let sizes = [
            (self.sessions.len(), ("clients", clients)),
            (pending, ("requests", requests::PENDING_BOUND as u32)),
            (answers, ("answers", requests::ANSWERS_BOUND as u32)),
            (cached_sets, ("cached_sets", objects)),
            (update_lines, ("update_lines", objects)),
            (reads, ("reads", requests::PENDING_BOUND as u32)),
            (groups, ("groups", self.world.groups)),
            (members, ("members", memberships)),
            (relays, ("relays", Sizes::RELAYS)),
            (censuses, ("censuses", requests::PENDING_BOUND as u32)),
        ];
        gauge::note_all(&mut self.gauges, sizes, cx);
    }

    fn access_sizes(&self) -> Sizes {
        self.access.as_ref().map(|access| access.sizes()).unwrap_or_default()
    }

    /// Depends on the sizes of all tables: each part is looked at after each step.
    pub(in crate::protocol::clippee) fn glance(&self) -> u32 {
        let (pending, answers) = self.requests.len();
        let (sets, lines, reads) = self.coordinator.sizes();
        let Sizes { groups, relays, .. } = self.access_sizes();
        let sizes = pending ^ answers ^ sets ^ lines ^ reads ^ groups ^ relays ^ self.notices.len();
        (sizes ^ self.sessions.len()) as u32
            ^ self.gauges[0].glance()
            ^ self.replica.glance()
            ^ self.overlay.glance()
    }
}
