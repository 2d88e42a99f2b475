//! Who plays which part, from what nodes were seen to do: ground truth that no protocol has, and
//! that is not read out of one.
//!
//! All that is kept belongs to one node or to one object, and is asked for at one instant only.

use super::config::{Fault, Part, Targets};
use super::schedule::{Schedule, Scope};
use crate::node::{Incarnation, NodeId, Observation, Operation, Stream};
use std::collections::{BTreeMap, BTreeSet};

/// What the driver knows of nodes.
pub trait View {
    /// The incarnation of a node that runs and isn't leaving; `None`: it doesn't.
    fn up(&self, node: NodeId) -> Option<Incarnation>;
    /// Whether a peer that is up has been so from the start.
    fn is_founder(&self, peer: NodeId) -> bool;
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The incarnation in which a peer told that it joined.
    joined: BTreeMap<NodeId, Incarnation>,
    /// Each client's access peer, and the client's incarnation in which it told so.
    access: BTreeMap<NodeId, (Incarnation, NodeId)>,
    /// Who asked last for an update of an object that a fault looks at.
    asked: BTreeMap<u32, Option<NodeId>>,
}

impl Registry {
    /// Of a run with these faults.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Self {
        let objects = schedule.planned.iter().flat_map(|planned| roles(&planned.fault));
        let asked = objects.filter_map(|part| match part {
            Part::Coordinator(object) => Some((object, None)),
            _ => None,
        });
        Self { asked: asked.collect(), ..Self::default() }
    }

    /// A node told something.
    pub fn told(&mut self, node: NodeId, incarnation: Incarnation, observation: &Observation) {
        match *observation {
            Observation::Joined => {
                self.joined.insert(node, incarnation);
            }
            Observation::Attached { peer } => {
                self.access.insert(node, (incarnation, peer));
            }
            _ => {}
        }
    }

    /// An application asked for something.
    pub fn asked(&mut self, node: NodeId, operation: &Operation) {
        if let Operation::Update { object } = *operation
            && let Some(last) = self.asked.get_mut(&object.0)
        {
            *last = Some(node);
        }
    }

    /// Those that play `part` now, sorted; nobody if there is none. O(peers) or O(clients).
    #[must_use]
    pub fn find(
        &self,
        part: Part,
        scope: &Scope,
        view: &impl View,
        draw: &mut Stream,
    ) -> Vec<NodeId> {
        let closest = |object: u32, count: u32| self.closest(object, count, scope, view);
        let mut found = match part {
            Part::Root(object) => closest(object, 1),
            Part::Replicas(object) => closest(object, scope.replicas),
            Part::Replica(object) => {
                let replicas = closest(object, scope.replicas);
                draw.pick(replicas.get(1..).unwrap_or_default()).copied().into_iter().collect()
            }
            Part::Coordinator(object) => {
                let client = self.asked.get(&object).copied().flatten();
                client
                    .and_then(|client| self.access_peer(client, scope, view))
                    .into_iter()
                    .collect()
            }
            Part::Busiest(count) => self.busiest(count, scope, view),
        };
        found.sort_unstable();
        found
    }

    fn is_member(&self, peer: NodeId, scope: &Scope, view: &impl View) -> bool {
        let joined = |incarnation| self.joined.get(&peer) == Some(&incarnation);
        (view.up(peer)).is_some_and(|it| joined(it) || view.is_founder(peer) || !scope.joins)
    }

    /// The members closest to an object, closest first.
    fn closest(&self, object: u32, count: u32, scope: &Scope, view: &impl View) -> Vec<NodeId> {
        let Some(&key) = scope.keys.get(object as usize) else { return Vec::new() };
        let peers = (1..scope.ids.len() as u32).map(NodeId);
        let members = peers.filter(|&peer| self.is_member(peer, scope, view));
        let mut all: Vec<(u64, bool, NodeId)> = members
            .map(|peer| {
                let above = scope.ids[peer.index()].wrapping_sub(key);
                // Of two that are equally far, the one above comes first.
                (above.min(above.wrapping_neg()), above > 1 << 63, peer)
            })
            .collect();
        all.sort_unstable();
        all.truncate(count as usize);
        all.into_iter().map(|(_, _, peer)| peer).collect()
    }

    /// The live access peer of a live client; a peer serves itself.
    fn access_peer(&self, client: NodeId, scope: &Scope, view: &impl View) -> Option<NodeId> {
        let now = view.up(client)?;
        if client.index() < scope.ids.len() {
            return Some(client);
        }
        let &(then, peer) = self.access.get(&client)?;
        (then == now && view.up(peer).is_some()).then_some(peer)
    }

    fn busiest(&self, count: u32, scope: &Scope, view: &impl View) -> Vec<NodeId> {
        let mut clients: BTreeMap<NodeId, u32> = BTreeMap::new();
        for &client in self.access.keys() {
            if let Some(peer) = self.access_peer(client, scope, view) {
                *clients.entry(peer).or_default() += 1;
            }
        }
        let ranked: BTreeSet<(std::cmp::Reverse<u32>, NodeId)> =
            clients.into_iter().map(|(peer, n)| (std::cmp::Reverse(n), peer)).collect();
        ranked.into_iter().take(count as usize).map(|(_, peer)| peer).collect()
    }
}

fn roles(fault: &Fault) -> Vec<Part> {
    let targets = match fault {
        Fault::Cut { side, from, .. } => vec![side, from],
        Fault::Split { .. } => Vec::new(),
        Fault::Swizzle { targets }
        | Fault::Crash { targets, .. }
        | Fault::Pause { targets }
        | Fault::Messages { targets, .. }
        | Fault::Clock { targets, .. } => vec![targets],
    };
    let role = |targets: &Targets| match targets {
        Targets::Role(part) => Some(*part),
        _ => None,
    };
    targets.into_iter().filter_map(role).collect()
}
