//! What a change of the leaf set asks of a replica (CLIPPEE 6).
//!
//! For each held object the nearest of the old holders still alive, in this peer's own view, sends
//! it to those who became responsible. What is lost on the way, or never sent because views differ,
//! is found by the newcomer's own questions (`readiness.rs`) and by the next comparison
//! (`repair.rs`). Locks don't move.

use super::copies::shared;
use super::neighbourhood::Neighbourhood;
use super::ring::{Direction, Place, Reach};
use super::{Replica, ReplicaHost};
use crate::node::{Context, NodeId, ObjectId};
use std::sync::Arc;

/// What decides about the replica sets of all keys of a peer's arc: nothing has to be done while it
/// is the same.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    pub reach: Reach,
    /// All peers that share keys with this one.
    sharers: Vec<NodeId>,
}

impl Surroundings {
    fn seen(place: Place, overlay: &impl Neighbourhood) -> Self {
        let reach = Reach::new(overlay.arc(place.r));
        let mut sharers = overlay.replicas(place.id, place.r);
        for direction in Direction::BOTH {
            let end = direction.at(place.id, reach.of(direction));
            sharers.extend(overlay.replicas(end, place.r));
        }
        sharers.sort_unstable();
        sharers.dedup();
        Self { reach, sharers }
    }
}

impl Replica {
    /// The overlay has joined, or its leaves changed: hands over and asks as section 6 says. O(r)
    /// if nobody near changed, else O(copies * r).
    pub fn on_leaves_changed<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        self.readiness.update(overlay, cx);
        if !overlay.is_joined() {
            return;
        }
        let seen = Surroundings::seen(self.place, overlay);
        if seen == self.surroundings {
            return;
        }
        self.surroundings = seen;
        for (newcomer, object) in self.newly_responsible(overlay) {
            self.send_copy(newcomer, object, overlay, cx);
        }
    }

    /// Looks at all replica sets anew: to whom this peer, as the nearest old holder, has to send
    /// what.
    fn newly_responsible(&mut self, overlay: &impl Neighbourhood) -> Vec<(NodeId, ObjectId)> {
        let Place { node: me, r, .. } = self.place;
        let mut leaves: Vec<NodeId> = overlay.leaves().collect();
        leaves.sort_unstable();
        let alive = |peer: &NodeId| *peer == me || leaves.binary_search(peer).is_ok();
        let mut newcomers = Vec::new();
        let mut before: Option<Arc<[NodeId]>> = None;
        for (key, object, copy) in self.copies.iter_mut() {
            let set = overlay.replicas(key, r);
            if *set != *copy.view {
                if copy.view.iter().find(|peer| alive(peer)) == Some(&me) {
                    let new = set.iter().filter(|&peer| *peer != me && !copy.view.contains(peer));
                    newcomers.extend(new.map(|&peer| (peer, object)));
                }
                if set.contains(&me) {
                    self.departing.remove(&object);
                }
            }
            copy.view = shared(set, before.iter().chain([&copy.view]));
            before = Some(Arc::clone(&copy.view));
        }
        newcomers
    }

    /// The peer is leaving politely: its objects go to those who become responsible. Called before
    /// or after the overlay's own goodbye.
    pub fn leave<H: ReplicaHost>(&mut self, overlay: &impl Neighbourhood, cx: &mut Context<'_, H>) {
        let Place { node: me, r, .. } = self.place;
        let mut parting = Vec::new();
        for (key, object, copy) in self.copies.iter() {
            let mut set = overlay.replicas(key, r + 1);
            set.retain(|&peer| peer != me);
            set.truncate(r);
            let acked = self.departing.get(&object);
            set.retain(|peer| match acked {
                Some(acked) => !acked.contains(peer),
                None => !copy.view.contains(peer),
            });
            parting.extend(set.into_iter().map(|peer| (peer, object)));
        }
        for (peer, object) in parting {
            self.send_copy(peer, object, overlay, cx);
        }
        self.leave_rolls(overlay, cx);
    }
}
