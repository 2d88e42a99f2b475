//! What concerns all nodes at once: faults that begin, and draws among everybody.
//!
//! It is a function of the plan, of who is online, and of what was seen to happen, at one instant at
//! which nothing else does; who asks knows those, whatever drives the run.

use super::fault::{Aim, Found, Planned, Registry, View};
use super::plan::Plan;
use crate::node::{FaultBegun, Key, NodeId, Observer, Protocol, Purpose, Role, WORLD};

/// Whom a fault concerns, now that it begins; no nodes: all of them, of a fault of the network.
pub fn find_targets<P: Protocol>(
    plan: &Plan<P>,
    planned: &Planned,
    registry: Option<&Registry>,
    view: &impl View,
) -> Vec<(&'static str, Option<Vec<NodeId>>)> {
    let find = |(part, (name, aim)): (u32, &(&'static str, Aim))| {
        let nodes = match aim {
            Aim::Everyone if planned.is_weather() => None,
            Aim::Everyone => {
                Some(plan.members(Role::Peer).chain(plan.members(Role::Client)).collect())
            }
            Aim::Known(nodes) => Some(nodes.clone()),
            Aim::Role(role) => {
                let mut draw = plan.faults.stream(part, planned.number);
                let scope = &plan.faults.scope;
                let found = registry.map(|known| known.find(*role, scope, view, &mut draw));
                Some(found.unwrap_or_default())
            }
        };
        (*name, nodes)
    };
    (0..).zip(&planned.aims).map(find).collect()
}

/// Tells an observer that a fault begins.
pub fn announce<P: Protocol>(observer: &mut impl Observer<P>, planned: &Planned, found: &Found) {
    let targets: Vec<(&'static str, Vec<NodeId>)> =
        found.iter().filter_map(|(part, nodes)| Some((*part, nodes.clone()?))).collect();
    let Planned { number, at, until, .. } = *planned;
    let ((skew, drift), kind) = (planned.skew(), planned.fault.name());
    observer.fault(&FaultBegun { number, kind, at, until, targets: &targets, skew, drift });
}

/// An issuer that is online now, for a script entry that names none; `None` if nobody is.
pub fn draw_issuer<P: Protocol>(plan: &Plan<P>, entry: u32, view: &impl View) -> Option<NodeId> {
    let online: Vec<NodeId> =
        plan.members(plan.issuers).filter(|&node| view.up(node).is_some()).collect();
    let key = Key::new(plan.seed, Purpose::Workload);
    key.lane(WORLD.0, entry, 0).pick(&online).copied()
}
